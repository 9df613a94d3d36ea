//! `DELETE /api/v1/connections/backend/event/{event_id}`: an event that is no longer true.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use sonde_core::event::EventId;
use sonde_core::key::KeyKind;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_service::{Engine, Service};
use utoipa::{IntoParams, ToSchema};

use crate::dashboard::params::Params;
use crate::ingest::BACKEND_KEY;
use crate::problem::{Problem, ProblemDocument};
use crate::wire::Fields;

/// Whose event: exactly one of the two.
#[derive(Deserialize, IntoParams)]
pub(crate) struct WhoseQuery {
    /// The customer's id of the user.
    user_id: Option<String>,
    /// Id of a user nobody has identified yet.
    anonymous_id: Option<String>,
}

/// The event makes no survey due any more.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventCancelled {
    /// `ok`
    status: &'static str,
    event_id: String,
}

/// Cancel an event that is still pending: it makes no survey due any more. What was shown before stays. Harmless when
/// repeated.
#[utoipa::path(
    delete, path = "/api/v1/connections/backend/event/{event_id}", tag = "Ingest", operation_id = "cancelEvent",
    security(("backend_key" = [])),
    params(("event_id" = String, Path, description = "The sender's id, or the `evt_…` that was answered"), WhoseQuery),
    responses(
        (status = 200, description = "Cancelled, now or before; durable, and seen by the very next decision", body = EventCancelled),
        (status = 401, description = "Missing or unknown key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "This user has no such event", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Not exactly one user", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many calls at once, see Retry-After; nothing was changed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy; nothing was changed", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn cancel<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    Path(event_id): Path<String>,
    query: Result<Params<WhoseQuery>, Problem>,
) -> Result<Json<EventCancelled>, Problem> {
    let key = headers.get(BACKEND_KEY).and_then(|value| value.to_str().ok());
    let workspace = service.authorise(key, KeyKind::Backend).await?.workspace;
    let Params(whose) = query?;
    let mut fields = Fields::default();
    let (namespace, pointer, id) = match (whose.user_id, whose.anonymous_id) {
        (Some(id), None) => (Namespace::Identified, "/user_id", id),
        (None, Some(id)) => (Namespace::Anonymous, "/anonymous_id", id),
        _ => {
            fields.wrong("/user_id", "exactly one of user_id and anonymous_id is needed");
            return Err(Problem::invalid(fields.errors));
        }
    };
    let Some(id) = fields.take(pointer, UserId::new(&id)) else { return Err(Problem::invalid(fields.errors)) };
    service.cancel_event(&UserRef { workspace, namespace, id }, &EventId::from_stored(&event_id)).await?;
    Ok(Json(EventCancelled { status: "ok", event_id }))
}
