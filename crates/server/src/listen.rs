//! Accepting connections, and letting them finish.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use sonde_http::Peer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests under way may take to finish after a stop was asked for.
const FINISH_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Something that accepts connections.
pub(crate) trait Accept: Send + 'static {
    /// One connection.
    type Connection: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// Waits for the next connection; says who is at its other end, where that has an address.
    fn accept(&self) -> impl Future<Output = std::io::Result<(Self::Connection, Option<Peer>)>> + Send;
}

impl Accept for TcpListener {
    type Connection = TcpStream;
    async fn accept(&self) -> std::io::Result<(TcpStream, Option<Peer>)> {
        let (connection, address) = Self::accept(self).await?;
        // An answer is one small write: waiting to fill a packet only adds latency.
        connection.set_nodelay(true)?;
        Ok((connection, Some(Peer(address))))
    }
}

impl Accept for UnixListener {
    type Connection = UnixStream;
    async fn accept(&self) -> std::io::Result<(UnixStream, Option<Peer>)> {
        Self::accept(self).await.map(|(connection, _)| (connection, None))
    }
}

/// Serves until `stop` resolves, then lets the requests under way finish.
pub(crate) async fn serve(listener: impl Accept, router: Router, stop: impl Future<Output = ()>) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES_MAX);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(Duration::from_secs(30)));
    let connections = GracefulShutdown::new();
    let service = TowerToHyperService::new(router);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((connection, peer)) => {
                    let service = service.clone();
                    let with_peer = service_fn(move |mut request: Request<Incoming>| {
                        if let Some(peer) = peer {
                            request.extensions_mut().insert(peer);
                        }
                        service.call(request)
                    });
                    let serving = builder.serve_connection_with_upgrades(TokioIo::new(connection), with_peer).into_owned();
                    let watched = connections.watch(serving);
                    tokio::spawn(async move {
                        if let Err(error) = watched.await {
                            tracing::debug!(%error, "a connection ended early");
                        }
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: give others time to close theirs.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(FINISH_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
}
