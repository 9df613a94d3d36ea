//! `/api/v1/workspaces/{workspace}/connections`: the keys of servers, apps and sites.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::key::KeyKind;
use sonde_core::limits::EVENT_BYTES_MAX;
use sonde_service::connections::KeyInUse;
use sonde_service::{Engine, Error, Service};
use utoipa::ToSchema;

use super::{Edge, InWorkspace, Refusals};
use crate::body::{self, MediaType};
use crate::problem::{Problem, ProblemDocument};
use crate::{ingest, wire::format_time};

/// How servers, apps and sites reach a workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionsBody {
    /// Where servers send events.
    event_url: String,
    backend: BackendConnection,
    sdk: SdkConnection,
}

/// The backend trigger.
#[derive(Serialize, ToSchema)]
pub(crate) struct BackendConnection {
    /// Whether any key works.
    enabled: bool,
    /// The keys that work, by creation.
    keys: Vec<BackendKeyBody>,
}

/// A key of servers, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct BackendKeyBody {
    /// `key_…`
    id: String,
    /// Begins and ends as the key does.
    hint: String,
    created_at: String,
    last_used_at: Option<String>,
}

/// What apps and sites use.
#[derive(Serialize, ToSchema)]
pub(crate) struct SdkConnection {
    /// The public key, `pk_…`.
    key: Option<String>,
    /// The web SDK.
    script_url: String,
    last_used_at: Option<String>,
}

/// A new key of servers.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewKeyBody {
    id: String,
    /// The key, shown this once.
    key: String,
    hint: String,
}

fn hint(kind: KeyKind, last: &str) -> String {
    format!("{}…{last}", kind.prefix())
}

impl From<&KeyInUse> for BackendKeyBody {
    fn from(key: &KeyInUse) -> Self {
        Self {
            id: key.id.to_string(),
            hint: hint(key.kind, &key.hint),
            created_at: format_time(key.created_at),
            last_used_at: key.last_used_at.map(format_time),
        }
    }
}

/// How servers, apps and sites reach the workspace.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/connections", tag = "Connections", operation_id = "getConnections",
    security(("session" = [])), params(("workspace" = String, Path, description = "`wsp_…`")),
    responses((status = 200, description = "URLs and keys", body = ConnectionsBody), Refusals<'_>)
)]
pub(crate) async fn show<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    edge: Edge,
    at: InWorkspace,
) -> Result<Json<ConnectionsBody>, Problem> {
    let keys = service.keys_in_use(at.workspace).await?;
    let (backend, sdk): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.kind == KeyKind::Backend);
    let url = &edge.0.public_url;
    Ok(Json(ConnectionsBody {
        event_url: format!("{url}/api/v1/connections/backend/event"),
        backend: BackendConnection { enabled: !backend.is_empty(), keys: backend.into_iter().map(BackendKeyBody::from).collect() },
        sdk: SdkConnection {
            key: sdk.iter().find_map(|key| key.text.clone()),
            script_url: format!("{url}/sdk/v1/sonde.js"),
            last_used_at: sdk.iter().filter_map(|key| key.last_used_at).max().map(format_time),
        },
    }))
}

/// Create a backend key; it is shown this once.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/connections/backend/keys", tag = "Connections", operation_id = "createBackendKey",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")),
    responses(
        (status = 201, description = "Created", body = NewKeyBody),
        (status = 409, description = "Two keys work already", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn create_key<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
) -> Result<(StatusCode, Json<NewKeyBody>), Problem> {
    let (text, key) = service.create_backend_key(at.workspace).await?;
    let body = NewKeyBody { id: key.id.to_string(), key: text, hint: hint(key.kind, &key.hint) };
    Ok((StatusCode::CREATED, Json(body)))
}

/// A key in the path.
#[derive(Deserialize)]
pub(crate) struct KeyPath {
    key: String,
}

/// Revoke a backend key, at once.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/connections/backend/keys/{key}", tag = "Connections", operation_id = "revokeBackendKey",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("key" = String, Path, description = "`key_…`")),
    responses((status = 204, description = "Revoked"), Refusals<'_>)
)]
pub(crate) async fn revoke_key<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<KeyPath>,
) -> Result<StatusCode, Problem> {
    let key = path.key.parse().map_err(|_| Error::NotFound("key"))?;
    service.revoke_backend_key(at.workspace, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An event to try the connection with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "says which fields there are; ingest reads them")]
pub(crate) struct TestEventRequest {
    /// The customer's id of the user: a string or an integer.
    #[schema(value_type = String)]
    user_id: Box<RawValue>,
    /// Name of the backend trigger.
    #[schema(value_type = String)]
    event_name: Box<RawValue>,
    /// Any JSON object.
    #[schema(value_type = Option<serde_json::Map<String, serde_json::Value>>)]
    properties: Option<Box<RawValue>>,
}

/// The event is durable.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestEventBody {
    event_id: String,
    duplicate: bool,
}

/// Send an event as a server would.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/connections/backend/test-event", tag = "Connections", operation_id = "sendTestEvent",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")),
    request_body = TestEventRequest,
    responses((status = 200, description = "Durable", body = TestEventBody), Refusals<'_>)
)]
pub(crate) async fn test_event<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TestEventBody>, Problem> {
    let bytes = body::read(&headers, body, EVENT_BYTES_MAX, MediaType::Json).await?;
    let _no_other_fields: TestEventRequest = body::json(&bytes)?;
    let taken = ingest::take_event(&service, at.workspace, &HeaderMap::new(), &bytes).await;
    let ingested = taken.map_err(|problem| ingest::rejected(&service, at.workspace, &bytes, problem))?;
    Ok(Json(TestEventBody { event_id: ingested.id.to_string(), duplicate: ingested.duplicate }))
}
