//! Every route on one page.

use std::any::Any;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use axum::{Extension, Json, Router, middleware};
use serde::Serialize;
use sonde_service::rate_limit::Limited;
use sonde_service::{Engine, Service};
use tower_http::catch_panic::CatchPanicLayer;

use crate::dashboard::{self, Edge, EdgeOptions};
use crate::problem::Problem;
use crate::rate_limit::AddressLimit;
use crate::short_cut::PublicApi;
use crate::{admin, assets, client, cors, ingest, ingest_batch, ingest_cancel, metrics, openapi, request_id, users};

/// What the world may call.
pub fn public_api<E: Engine>(service: Arc<Service<E>>, options: EdgeOptions) -> PublicApi<E> {
    let short_cut = PublicApi::without_router(Arc::clone(&service), &options);
    short_cut.before(public_router(service, options))
}

fn public_router<E: Engine>(service: Arc<Service<E>>, options: EdgeOptions) -> Router {
    let limit = |limited| AddressLimit { service: Arc::clone(&service), limited, header: options.client_address.clone() };
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
        .route("/ticket", post(client::stream::ticket::<E>))
        .route("/stream", get(client::stream::stream::<E>))
        // Within the layer: pages may read these refusals, too. A fallback set outside would also take the place of the
        // one that answers preflights.
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        // Within it, too: a page may read that it asks too often.
        .layer(limit(Limited::Address))
        .layer(cors::client_layer());
    let backend = Router::new()
        .route("/api/v1/connections/backend/event", post(ingest::event::<E>))
        .route("/api/v1/connections/backend/event/{event_id}", delete(ingest_cancel::cancel::<E>))
        .route("/api/v1/connections/backend/events", post(ingest_batch::events::<E>))
        .route("/api/v1/users/{user_id}", delete(users::erase::<E>))
        .route("/api/v1/users/{user_id}/attributes", put(users::set_attributes::<E>))
        .route("/api/v1/users/{user_id}/export", get(users::export::<E>))
        .layer(limit(Limited::IngestAddress));
    let metrics = options.metrics.clone();
    let router = Router::new()
        .merge(backend)
        .nest("/api/v1/client", client)
        .merge(dashboard_routes())
        .route("/api/openapi.json", get(openapi::serve))
        .route("/sdk/{*path}", get(assets::sdk))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready::<E>))
        .fallback(assets::dashboard);
    let router = router.layer(Extension(Edge(Arc::new(options))));
    match metrics {
        Some(metrics) => finished(router, service).layer(middleware::from_fn_with_state(metrics, metrics::layer)),
        None => finished(router, service),
    }
}

/// What members call.
fn dashboard_routes<E: Engine>() -> Router<Arc<Service<E>>> {
    let workspace = Router::new()
        .route("/", patch(dashboard::workspaces::rename::<E>))
        .route("/connections", get(dashboard::connections::show::<E>))
        .route("/connections/backend/keys", post(dashboard::connections::create_key::<E>))
        .route("/connections/backend/keys/{key}", delete(dashboard::connections::revoke_key::<E>))
        .route("/connections/backend/test-event", post(dashboard::connections::test_event::<E>))
        .route("/events", get(dashboard::events::list::<E>))
        .route("/events/stream", get(dashboard::events::stream::<E>))
        .route("/triggers", get(dashboard::triggers::list::<E>).post(dashboard::triggers::create::<E>))
        .route("/triggers/archive", post(dashboard::triggers::archive::<E>))
        .route("/triggers/restore", post(dashboard::triggers::restore::<E>))
        .route("/triggers/cancels", put(dashboard::triggers::set_cancels::<E>))
        .route("/cohorts", get(dashboard::cohorts::list::<E>).post(dashboard::cohorts::create::<E>))
        .route(
            "/cohorts/{cohort}",
            get(dashboard::cohorts::show::<E>).put(dashboard::cohorts::replace::<E>).delete(dashboard::cohorts::delete::<E>),
        )
        .route("/users/{id}/decisions", get(dashboard::explain::decisions::<E>))
        .route("/users/{id}/refusals", get(dashboard::explain::refusals::<E>))
        .route("/users/{id}/test", put(dashboard::explain::set_test_user::<E>))
        .route("/users", get(dashboard::users::list::<E>))
        .route("/users/{id}", get(dashboard::users::show::<E>).delete(dashboard::users::erase::<E>))
        .route("/users/{id}/export", get(dashboard::users::export::<E>))
        .route("/attributes", get(dashboard::users::attributes::<E>))
        .route("/settings", get(dashboard::settings::show::<E>).put(dashboard::settings::replace::<E>))
        .route("/settings/identity-secrets", get(dashboard::identity::list::<E>).post(dashboard::identity::create::<E>))
        .route("/settings/identity-secrets/{secret}", delete(dashboard::identity::revoke::<E>));
    let workspace = workspace.merge(survey_routes());
    Router::new()
        .route("/api/v1/auth/state", get(dashboard::auth::state::<E>))
        .route("/api/v1/auth/setup", post(dashboard::auth::setup::<E>))
        .route("/api/v1/auth/login", post(dashboard::auth::login::<E>))
        .route("/api/v1/auth/logout", post(dashboard::auth::logout::<E>))
        .route("/api/v1/auth/password", post(dashboard::auth::password::<E>))
        .route("/api/v1/workspaces", post(dashboard::workspaces::create::<E>))
        .nest("/api/v1/workspaces/{workspace}", workspace)
        .layer(middleware::from_fn(dashboard::no_store))
}

/// Surveys and what was answered, within a workspace.
fn survey_routes<E: Engine>() -> Router<Arc<Service<E>>> {
    use dashboard::{results, surveys};
    let survey = Router::new()
        .route("/", get(surveys::show::<E>).delete(surveys::delete::<E>))
        .route("/draft", put(surveys::save_draft::<E>))
        .route("/publish", post(surveys::publish::<E>))
        .route("/launch", post(surveys::launch::<E>))
        .route("/pause", post(surveys::pause::<E>))
        .route("/resume", post(surveys::resume::<E>))
        .route("/end", post(surveys::end::<E>))
        .route("/duplicate", post(surveys::duplicate::<E>))
        .route("/versions/{version}", get(surveys::version::<E>))
        .route("/refusals", get(dashboard::explain::survey_refusals::<E>))
        .route("/estimate", get(dashboard::explain::estimate::<E>))
        .route("/results", get(results::show::<E>))
        .route("/responses", get(results::list::<E>))
        .route("/responses.csv", get(results::export::<E>))
        .route("/responses/stream", get(results::stream_changes::<E>))
        .route("/responses/{id}", get(results::detail::<E>).delete(results::delete::<E>))
        .route("/responses/{id}/texts", get(results::texts::<E>));
    Router::new().route("/surveys", get(surveys::list::<E>).post(surveys::create::<E>)).nest("/surveys/{survey}", survey)
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
        .route("/responses", post(admin::responses::<E>))
        .fallback(not_found);
    finished(router, service)
}

fn finished<E: Engine>(router: Router<Arc<Service<E>>>, service: Arc<Service<E>>) -> Router {
    router
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

/// An answer in JSON, or the problem.
pub(crate) fn response<T: Serialize>(result: Result<T, Problem>) -> Response {
    match result {
        Ok(body) => Json(body).into_response(),
        Err(problem) => problem.into_response(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(message, "a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server").into_response()
}
