//! `POST /api/v1/connections/backend/event`: path, header and body are those of the product Sonde replaces.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::event::{EventId, InvalidTimestamp};
use sonde_core::id::WorkspaceId;
use sonde_core::key::KeyKind;
use sonde_core::limits::{EVENT_BYTES_MAX, TRIGGER_NAME_SCALARS_MAX, USER_ID_SCALARS_MAX};
use sonde_core::trigger::TriggerName;
use sonde_core::user::Namespace;
use sonde_service::figures::Rejection;
use sonde_service::{Engine, IngestEvent, Ingested, Service};
use utoipa::{IntoParams, ToSchema};

use crate::body::{self, MediaType};
use crate::dashboard::params::Params;
use crate::problem::{Problem, ProblemDocument};
use crate::reasons::SurveyReasonsBody;
use crate::wire::{Fields, parse_time, present};

/// Where events are sent.
pub(crate) const EVENT_PATH: &str = "/api/v1/connections/backend/event";
/// Header of the backend key.
pub(crate) const BACKEND_KEY: &str = "x-api-key";
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// An event. Unknown fields are ignored. Every field is taken raw first, so that all that is wrong is said at once.
#[derive(Deserialize)]
struct EventBody<'a> {
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    anonymous_id: Option<&'a RawValue>,
    #[serde(borrow)]
    event_name: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    event_id: Option<&'a RawValue>,
}

/// What just happened to a user.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for OpenAPI; `EventBody` reads it")]
pub(crate) struct EventRequest {
    /// The customer's id of the user: a string of at most 256 characters, or an integer (kept as its text). Exactly one of
    /// `user_id` and `anonymous_id`.
    #[schema(value_type = Option<UserIdSchema>)]
    user_id: Option<String>,
    /// Id of a user nobody has identified yet.
    anonymous_id: Option<String>,
    /// Name of the backend trigger: at most 128 characters, no control characters. Registers itself.
    event_name: String,
    /// Any JSON object: at most 8 levels deep, 256 keys over all levels. Attached to every response.
    properties: Option<serde_json::Map<String, serde_json::Value>>,
    /// When it happened, RFC 3339; at most 100 hours ago and 5 minutes ahead. Default: now.
    timestamp: Option<String>,
    /// Makes a retry harmless: at most 100 visible ASCII characters, not starting with `evt_`.
    event_id: Option<String>,
}

/// A string or an integer.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the field for OpenAPI")]
enum UserIdSchema {
    Text(String),
    Integer(i64),
}

/// The event is durable.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventAccepted {
    /// `ok`
    status: &'static str,
    /// The sender's id if one was given, else one made by Sonde.
    event_id: String,
    /// Whether the same event was stored before.
    duplicate: bool,
    /// With `explain=true`: the live surveys that wait for backend events, at any of their triggers and platforms. Left
    /// out should they be out of reach just now: the event is durable all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    surveys: Option<Vec<SurveyReasonsBody>>,
}

/// What to answer beside.
#[derive(Deserialize, IntoParams)]
pub(crate) struct EventQuery {
    /// Also say which surveys the user is due for now, and why not. For trying things out: it costs a decision.
    #[serde(default)]
    explain: bool,
}

/// Store an event. 200 means: durable on disk, and seen by the very next decision.
#[utoipa::path(
    post, path = "/api/v1/connections/backend/event", tag = "Ingest", operation_id = "ingestEvent",
    security(("backend_key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same as event_id; quoted or bare"), EventQuery),
    request_body = EventRequest,
    responses(
        (status = 200, description = "Durable", body = EventAccepted),
        (status = 400, description = "Not JSON", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "Missing or unknown key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Over 32 KiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule; each place is named", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many events at once, see Retry-After; nothing was stored", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy; nothing was stored", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn event<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Params(query): Params<EventQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EventAccepted>, Problem> {
    accept(&service, &headers, body, query.explain).await.map(Json)
}

/// The whole call, for the router and for the short cut past it.
pub(crate) async fn accept<E: Engine, B: HttpBody<Data = Bytes> + Unpin>(
    service: &Arc<Service<E>>,
    headers: &HeaderMap,
    body: B,
    explain: bool,
) -> Result<EventAccepted, Problem> {
    let key = headers.get(BACKEND_KEY).and_then(|value| value.to_str().ok());
    let authorised = service.authorise(key, KeyKind::Backend).await?;
    let workspace = authorised.workspace;
    let bytes = match body::read(headers, body, EVENT_BYTES_MAX, MediaType::Json).await {
        Ok(bytes) => bytes,
        Err(problem) => return Err(rejected(service, workspace, &[], problem)),
    };
    let taken = if explain {
        // Boxed: else every event's future had room for a decision.
        Box::pin(take_and_explain(service, workspace, headers, &bytes)).await
    } else {
        take_event(service, workspace, headers, &bytes).await.map(|ingested| (ingested, None))
    };
    match taken {
        Ok((Ingested { id, duplicate }, surveys)) => Ok(EventAccepted { status: "ok", event_id: id.into(), duplicate, surveys }),
        Err(problem) => Err(rejected(service, workspace, &bytes, problem)),
    }
}

/// Stores an event, and then says what it makes due.
async fn take_and_explain<E: Engine>(
    service: &Arc<Service<E>>,
    workspace: WorkspaceId,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<(Ingested, Option<Vec<SurveyReasonsBody>>), Problem> {
    let event = read_event(body::text(bytes)?, headers, workspace)?;
    let user = event.user.clone();
    let ingested = service.ingest(event).await?;
    let surveys = match service.explain_event(&user).await {
        Ok(surveys) => Some(surveys.iter().map(SurveyReasonsBody::from).collect()),
        // An error would say that nothing was stored.
        Err(error) => {
            tracing::warn!(%error, "a stored event could not be explained");
            None
        }
    };
    Ok((ingested, surveys))
}

/// Reads an event and stores it.
pub(crate) async fn take_event<E: Engine>(
    service: &Service<E>,
    workspace: WorkspaceId,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<Ingested, Problem> {
    let event = read_event(body::text(bytes)?, headers, workspace)?;
    Ok(service.ingest(event).await?)
}

/// Counts a refused call, and lists it among the live events, with what of it can be read.
pub(crate) fn rejected<E: Engine>(service: &Service<E>, workspace: WorkspaceId, bytes: &[u8], problem: Problem) -> Problem {
    #[derive(Default, Deserialize)]
    struct Readable {
        user_id: Option<serde_json::Value>,
        anonymous_id: Option<serde_json::Value>,
        event_name: Option<serde_json::Value>,
    }
    service.figures().rejected(rejection(&problem)).increment();
    let text = |value: Option<serde_json::Value>, scalars_max: usize| match value? {
        serde_json::Value::String(text) => Some(text.chars().take(scalars_max).collect::<String>()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let readable: Readable = serde_json::from_slice(bytes).unwrap_or_default();
    let user = text(readable.user_id, USER_ID_SCALARS_MAX).map(|id| (Namespace::Identified, id));
    let user = user.or_else(|| text(readable.anonymous_id, USER_ID_SCALARS_MAX).map(|id| (Namespace::Anonymous, id)));
    let user = user.as_ref().map(|(namespace, id)| (*namespace, id.as_str()));
    let event_name = text(readable.event_name, TRIGGER_NAME_SCALARS_MAX);
    service.note_rejected(workspace, user, event_name.as_deref(), &problem.reason());
    problem
}

/// What a refusal counts as.
fn rejection(problem: &Problem) -> Rejection {
    let Some(first) = problem.errors.first() else {
        return match problem.status {
            StatusCode::BAD_REQUEST => Rejection::Malformed,
            StatusCode::PAYLOAD_TOO_LARGE => Rejection::TooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Rejection::Busy,
            StatusCode::TOO_MANY_REQUESTS => Rejection::RateLimited,
            _ => Rejection::Other,
        };
    };
    match first.pointer.split('/').nth(1) {
        Some("timestamp") if first.detail == InvalidTimestamp::TooOld.to_string() => Rejection::Expired,
        Some("timestamp") => Rejection::Timestamp,
        Some("user_id" | "anonymous_id") => Rejection::User,
        Some("event_name") => Rejection::EventName,
        Some("properties") => Rejection::Properties,
        Some("event_id") => Rejection::EventId,
        _ => Rejection::Other,
    }
}

/// Reads one event and checks it.
pub(crate) fn read_event(json: &str, headers: &HeaderMap, workspace: WorkspaceId) -> Result<IngestEvent, Problem> {
    let raw: EventBody<'_> = serde_json::from_str(json).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Problem::invalid(vec![sonde_service::FieldError::new("", error)]),
        _ => Problem::malformed(format!("the body is not valid JSON: {error}")),
    })?;
    let mut fields = Fields::default();
    let user = fields.user(workspace, raw.user_id, raw.anonymous_id);
    let trigger = trigger_name(&mut fields, raw.event_name);
    let properties = fields.properties("/properties", raw.properties);
    let said_at = match fields.text("/timestamp", raw.timestamp) {
        Some(text) => fields.take("/timestamp", parse_time(&text).ok_or("must be a time in RFC 3339, such as 2026-01-31T08:00:00Z")),
        None => None,
    };
    let id = event_id(&mut fields, raw.event_id, headers);
    match (user, trigger, properties) {
        (Some(user), Some(trigger), Some((properties, shapes))) if fields.errors.is_empty() => {
            Ok(IngestEvent { user, trigger, said_at, id, properties, shapes })
        }
        _ => Err(Problem::invalid(fields.errors)),
    }
}

fn trigger_name(fields: &mut Fields, raw: Option<&RawValue>) -> Option<TriggerName> {
    if present(raw).is_none() {
        fields.wrong("/event_name", "is needed");
        return None;
    }
    let name = fields.text("/event_name", raw)?;
    fields.take("/event_name", TriggerName::new(&name))
}

/// The event's id from the body or the header; equal if both are there.
fn event_id(fields: &mut Fields, raw: Option<&RawValue>, headers: &HeaderMap) -> Option<EventId> {
    let in_body = fields.text("/event_id", raw);
    let in_body = in_body.and_then(|id| fields.take("/event_id", EventId::given(&id)));
    let Some(header) = headers.get(IDEMPOTENCY_KEY) else { return in_body };
    let text = header.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let in_header = EventId::given(bare).map_err(|error| format!("the header Idempotency-Key {error}"));
    let in_header = fields.take("/event_id", in_header)?;
    if in_body.as_ref().is_some_and(|id| *id != in_header) {
        fields.wrong("/event_id", "must be equal to the header Idempotency-Key");
    }
    Some(in_header)
}
