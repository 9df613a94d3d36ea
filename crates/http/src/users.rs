//! `/api/v1/users/{user_id}`: what a customer's server says of its users, and asks to be forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::key::KeyKind;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_service::{Engine, ErasedAnswers, FieldError, Service};
use utoipa::{IntoParams, ToSchema};

use crate::body::{self, MediaType};
use crate::client::session::AttributesRequest;
use crate::dashboard::Params;
use crate::ingest::BACKEND_KEY;
use crate::problem::{Problem, ProblemDocument};
use crate::user_body::{self, attributes_map};

/// Largest body that sets attributes, in bytes: every attribute with the longest name and text, and some air.
const ATTRIBUTES_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Whose id it is.
#[derive(Deserialize, IntoParams)]
pub(crate) struct WhoQuery {
    /// The id is that of an anonymous user.
    #[serde(default)]
    anonymous: bool,
}

/// Whom to forget, and what of it.
#[derive(Deserialize, IntoParams)]
pub(crate) struct EraseQuery {
    /// The id is that of an anonymous user.
    #[serde(default)]
    anonymous: bool,
    /// What becomes of what the user answered; default: `delete`.
    #[serde(default)]
    #[param(inline)]
    responses: ErasedAnswersWire,
}

/// What becomes of what an erased user answered.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErasedAnswersWire {
    /// It goes, too.
    #[default]
    Delete,
    /// The answers stay; who gave them, attributes and properties of events and triggers go.
    Anonymise,
}

impl From<ErasedAnswersWire> for ErasedAnswers {
    fn from(wire: ErasedAnswersWire) -> Self {
        match wire {
            ErasedAnswersWire::Delete => Self::Delete,
            ErasedAnswersWire::Anonymise => Self::Anonymise,
        }
    }
}

/// The attributes that the user has now.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttributesBody {
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    attributes: BTreeMap<String, Box<RawValue>>,
}

/// The user of a path, in the workspace of a backend key.
async fn user<E: Engine>(service: &Service<E>, headers: &HeaderMap, id: &str, anonymous: bool) -> Result<UserRef, Problem> {
    let key = headers.get(BACKEND_KEY).and_then(|value| value.to_str().ok());
    let workspace = service.authorise(key, KeyKind::Backend).await?.workspace;
    let namespace = if anonymous { Namespace::Anonymous } else { Namespace::Identified };
    let id = UserId::new(id).map_err(|wrong| Problem::invalid(vec![FieldError::new("/user_id", wrong)]))?;
    Ok(UserRef { workspace, namespace, id })
}

/// Set attributes of a user: strings, numbers, booleans; null removes, all others stay. 200 means: durable on disk, and seen by
/// the very next decision.
#[utoipa::path(
    put, path = "/api/v1/users/{user_id}/attributes", tag = "Users", operation_id = "setUserAttributes", security(("backend_key" = [])),
    params(("user_id" = String, Path, description = "The customer's id, percent-encoded"), WhoQuery), request_body = AttributesRequest,
    responses(
        (status = 200, description = "Durable", body = AttributesBody),
        (status = 400, description = "Not JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "Missing or unknown key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Over 2 MiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule; each place is named", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy; nothing was stored", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set_attributes<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Path(id): Path<String>,
    Params(query): Params<WhoQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AttributesBody>, Problem> {
    let user = user(&service, &headers, &id, query.anonymous).await?;
    let bytes = body::read(&headers, body, ATTRIBUTES_BYTES_MAX, MediaType::Json).await?;
    let changes = body::json::<AttributesRequest>(&bytes)?.checked()?;
    let attributes = service.apply_attributes(&user, &changes).await?;
    Ok(Json(AttributesBody { attributes: attributes_map(&attributes) }))
}

/// Forget a user: events, attributes, history, the anonymous ids that stand for them, and what they answered. Also when nothing
/// is known of the user, and when repeated.
#[utoipa::path(
    delete, path = "/api/v1/users/{user_id}", tag = "Users", operation_id = "eraseUser", security(("backend_key" = [])),
    params(("user_id" = String, Path, description = "The customer's id, percent-encoded"), EraseQuery),
    responses(
        (status = 204, description = "Nothing is left"),
        (status = 401, description = "Missing or unknown key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy; try again", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn erase<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Path(id): Path<String>,
    Params(query): Params<EraseQuery>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let user = user(&service, &headers, &id, query.anonymous).await?;
    service.erase_user(&user, query.responses.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything that is stored of a user, as one document.
#[utoipa::path(
    get, path = "/api/v1/users/{user_id}/export", tag = "Users", operation_id = "exportUser", security(("backend_key" = [])),
    params(("user_id" = String, Path, description = "The customer's id, percent-encoded"), WhoQuery),
    responses(
        (status = 200, description = "Attributes, history, events, displays with answers", content_type = "application/json"),
        (status = 401, description = "Missing or unknown key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Nothing is known of this user", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Path(id): Path<String>,
    Params(query): Params<WhoQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let user = user(&service, &headers, &id, query.anonymous).await?;
    let export = service.export_user(&user).await?;
    Ok(user_body::export(service, export))
}
