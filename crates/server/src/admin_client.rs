//! Where admin commands are carried out: by the running server through its local socket, else here, under the data
//! folder's lock. Both ways go through the same router.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sonde_service::{QueueOptions, Service, StorageErrorKind, SystemClock};
use sonde_storage_embedded::EmbeddedStore;
use tokio::net::UnixStream;
use tower::ServiceExt as _;

use crate::serve::{cannot_open, socket_path};

/// How long a server that holds the lock may take to open its socket.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// One way to the admin router.
pub(crate) enum AdminClient {
    /// The running server's.
    Running(std::path::PathBuf),
    /// Our own.
    Own(axum::Router),
}

/// What the router refused, as it said it.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The problem document.
    pub(crate) problem: Value,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.problem["detail"].as_str().unwrap_or("refused"))?;
        for error in self.problem["errors"].as_array().into_iter().flatten() {
            let pointer = error["pointer"].as_str().unwrap_or_default();
            write!(f, "\n  {}: {}", if pointer.is_empty() { "(document)" } else { pointer }, error["detail"].as_str().unwrap_or_default())?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

impl AdminClient {
    /// Finds the running server, or opens the data folder.
    pub(crate) async fn open(data: &Path) -> anyhow::Result<Self> {
        let socket = socket_path(data);
        let mut waited = Duration::ZERO;
        loop {
            if UnixStream::connect(&socket).await.is_ok() {
                return Ok(Self::Running(socket));
            }
            match EmbeddedStore::open(data) {
                Ok(store) => {
                    let store = Arc::new(store);
                    let service = Service::start(Arc::clone(&store), Arc::new(SystemClock), QueueOptions::default()).await?;
                    return Ok(Self::Own(sonde_http::admin_router(service).merge(crate::backup::router(store))));
                }
                // A server that is just starting or stopping.
                Err(error) if error.kind() == StorageErrorKind::Locked && waited < START_PATIENCE => {
                    let pause = Duration::from_millis(100);
                    tokio::time::sleep(pause).await;
                    waited += pause;
                }
                Err(error) => return Err(cannot_open(data, error)),
            }
        }
    }

    /// One call.
    pub(crate) async fn call<T: DeserializeOwned>(&self, path: &str, body: &Value) -> anyhow::Result<T> {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))?;
        let (status, bytes) = match self {
            Self::Own(router) => {
                let response = router.clone().oneshot(request).await?;
                (response.status(), response.into_body().collect().await?.to_bytes())
            }
            Self::Running(socket) => {
                let stream = UnixStream::connect(socket).await.context("the running server's local socket does not answer")?;
                let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
                let driving = tokio::spawn(connection);
                let response = sender.send_request(request).await?;
                let read = (response.status(), response.into_body().collect().await?.to_bytes());
                driving.abort();
                read
            }
        };
        if status == StatusCode::OK {
            return serde_json::from_slice(&bytes).context("the answer has another shape than this program knows");
        }
        Err(Refused { problem: serde_json::from_slice(&bytes).context("the answer is not JSON")? }.into())
    }
}
