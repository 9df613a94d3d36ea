//! Every route on one page.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use sonde_service::{Engine, Service};
use tower_http::catch_panic::CatchPanicLayer;

use crate::problem::Problem;
use crate::{admin, assets, client, cors, ingest, openapi, request_id};

/// What the world may call.
pub fn public_router<E: Engine>(service: Arc<Service<E>>) -> Router {
    let client = Router::new()
        .route("/config", get(client::config::config::<E>))
        .route("/session", post(client::session::start::<E>))
        .route("/identify", post(client::session::identify::<E>))
        .route("/attributes", post(client::session::attributes::<E>))
        .route("/trigger", post(client::trigger::trigger::<E>))
        .route("/surveys/{survey}/{version}/{locale}", get(client::content::content::<E>))
        .route("/displays/{display_id}", post(client::displays::report::<E>))
        .route("/displays/{display_id}/response", put(client::displays::respond::<E>))
        .route("/batch", post(client::batch::batch::<E>))
        // Before the layer: a fallback set later would take the place of the one that answers preflights.
        .method_not_allowed_fallback(method_not_allowed)
        .layer(cors::client_layer());
    let router = Router::new()
        .route("/api/v1/connections/backend/event", post(ingest::event::<E>))
        .nest("/api/v1/client", client)
        .route("/api/openapi.json", get(openapi::serve))
        .route("/sdk/{*path}", get(assets::sdk))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready::<E>));
    finished(router, service)
}

/// What only the data folder's local socket may call.
pub fn admin_router<E: Engine>(service: Arc<Service<E>>) -> Router {
    let router = Router::new()
        .route("/init", post(admin::init::<E>))
        .route("/surveys/import", post(admin::import_survey::<E>))
        .route("/surveys/export", post(admin::export_survey::<E>))
        .route("/surveys/status", post(admin::set_status::<E>))
        .route("/settings", post(admin::settings::<E>))
        .route("/triggers", post(admin::triggers::<E>))
        .route("/responses", post(admin::responses::<E>));
    finished(router, service)
}

fn finished<E: Engine>(router: Router<Arc<Service<E>>>, service: Arc<Service<E>>) -> Router {
    router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn(request_id::layer))
        .with_state(service)
}

/// Whether new writes can be kept.
async fn ready<E: Engine>(State(service): State<Arc<Service<E>>>) -> Response {
    if service.is_healthy() {
        "ready\n".into_response()
    } else {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the disk refuses to keep data").into_response()
    }
}

async fn not_found(uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", uri.path()))
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not allowed here")
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(message, "a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server").into_response()
}
