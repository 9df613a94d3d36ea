//! `sonde backup` and `sonde restore`. A running server makes the backup itself, asked through its local socket.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use sonde_storage_embedded::EmbeddedStore;

use crate::admin_client::AdminClient;
use crate::cli::{BackupOptions, RestoreOptions};
use crate::print;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupRequest {
    to: PathBuf,
}

/// The call that makes a backup, for the local socket.
pub(crate) fn router(store: Arc<EmbeddedStore>) -> Router {
    Router::new().route("/backup", post(make)).with_state(store)
}

async fn make(State(store): State<Arc<EmbeddedStore>>, Json(request): Json<BackupRequest>) -> Response {
    tracing::info!(to = %request.to.display(), "making a backup");
    let made = tokio::task::spawn_blocking(move || store.backup(&request.to)).await;
    let made = made.map_err(|error| error.to_string()).and_then(|made| made.map_err(|error| error.to_string()));
    match made {
        Ok(manifest) => Json(json!({"rows": manifest.rows})).into_response(),
        Err(detail) => {
            tracing::error!(detail, "no backup was made");
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"detail": detail}))).into_response()
        }
    }
}

/// Makes a backup, of a folder in use or not.
pub(crate) fn run(options: &BackupOptions) -> anyhow::Result<()> {
    let to = std::path::absolute(&options.to)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let made: Value = runtime.block_on(async {
        let client = AdminClient::open(&options.common.data).await?;
        client.call("/backup", &json!({"to": to})).await
    })?;
    let text = format!("{} is whole: {} rows of activity, and the catalogue\n", to.display(), made["rows"]);
    print(&if options.common.json { format!("{made}\n") } else { text })
}

/// Makes a data folder from a backup.
pub(crate) fn restore(options: &RestoreOptions) -> anyhow::Result<()> {
    let made = sonde_storage_embedded::restore(&options.from, &options.common.data)?;
    let text = format!("{} is restored: {} rows of activity, and the catalogue\n", options.common.data.display(), made.rows);
    print(&if options.common.json { format!("{}\n", json!({"rows": made.rows})) } else { text })
}
