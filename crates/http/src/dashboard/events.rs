//! `/api/v1/workspaces/{workspace}/events`: what servers send, as it comes in.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::id::WorkspaceId;
use sonde_core::user::Namespace;
use sonde_service::live_events::{LIVE_EVENTS_MAX, LiveEvent, LiveEventReader, LiveOutcome};
use sonde_service::{Engine, Service};
use utoipa::{IntoParams, ToSchema};

use super::{InWorkspace, Refusals};
use crate::problem::{Problem, ProblemDocument};
use crate::wire::format_time;

/// How often a silent stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many.
#[derive(Deserialize, IntoParams)]
pub(crate) struct EventsQuery {
    /// At most this many, up to 200; default: 50.
    limit: Option<usize>,
}

/// The newest events since the server's start.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventsBody {
    /// The newest first. Kept in memory: at most the last 200, and none from before the start.
    items: Vec<LiveEventBody>,
}

/// One call of a server, as it was answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct LiveEventBody {
    /// Counts the events of the workspace since the server's start.
    id: u64,
    at: String,
    user_id: Option<String>,
    anonymous_id: Option<String>,
    event_name: Option<String>,
    event_id: Option<String>,
    outcome: OutcomeWire,
    /// Why it was rejected.
    reason: Option<String>,
    /// Left out where they are over 2 KiB.
    #[schema(value_type = Option<serde_json::Map<String, serde_json::Value>>)]
    properties: Option<Box<RawValue>>,
    /// Live surveys whose activation uses this trigger.
    made_due: Vec<MadeDue>,
}

/// What became of an event.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutcomeWire {
    Stored,
    Duplicate,
    Rejected,
}

/// A survey.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeDue {
    id: String,
    name: String,
}

fn body<E: Engine>(service: &Service<E>, workspace: WorkspaceId, event: &LiveEvent) -> LiveEventBody {
    let user = |wanted| event.user.as_ref().filter(|(namespace, _)| *namespace == wanted).map(|(_, id)| id.to_string());
    let (outcome, reason) = match &event.outcome {
        LiveOutcome::Stored => (OutcomeWire::Stored, None),
        LiveOutcome::Duplicate => (OutcomeWire::Duplicate, None),
        LiveOutcome::Rejected(reason) => (OutcomeWire::Rejected, Some(reason.to_string())),
    };
    let made_due = match (&event.event_name, outcome) {
        (Some(name), OutcomeWire::Stored) => service.surveys_activated_by(workspace, name),
        _ => Vec::new(),
    };
    LiveEventBody {
        id: event.number,
        at: format_time(event.at),
        user_id: user(Namespace::Identified),
        anonymous_id: user(Namespace::Anonymous),
        event_name: event.event_name.as_deref().map(str::to_owned),
        event_id: event.event_id.as_ref().map(ToString::to_string),
        outcome,
        reason,
        properties: event.properties.as_ref().and_then(|properties| RawValue::from_string(properties.as_str().to_owned()).ok()),
        made_due: made_due.into_iter().map(|(id, name)| MadeDue { id: id.to_string(), name }).collect(),
    }
}

/// The newest events, rejected ones too.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/events", tag = "Events", operation_id = "listEvents", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), EventsQuery),
    responses((status = 200, description = "The newest first", body = EventsBody), Refusals<'_>)
)]
pub(crate) async fn list<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Query(query): Query<EventsQuery>,
) -> Result<Json<EventsBody>, Problem> {
    let events = service.live_events(at.workspace, query.limit.unwrap_or(50).min(LIVE_EVENTS_MAX));
    Ok(Json(EventsBody { items: events.iter().map(|event| body(&service, at.workspace, event)).collect() }))
}

/// Events as they come: `hello` at once, then an `event` for each, with a comment every 15 s. A reader that falls behind
/// is dropped.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/events/stream", tag = "Events", operation_id = "streamEvents", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`")),
    responses(
        (status = 200, description = "Server-sent events; the data of `event` is a LiveEventBody", content_type = "text/event-stream", body = LiveEventBody),
        (status = 503, description = "Too many readers", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn stream<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let reader = service.read_live_events(at.workspace)?;
    let reading = Reading { service, workspace: at.workspace, reader, greeted: false };
    Ok(Sse::new(unfold(reading, Reading::next)).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Reading<E: Engine> {
    service: Arc<Service<E>>,
    workspace: WorkspaceId,
    reader: LiveEventReader,
    greeted: bool,
}

impl<E: Engine> Reading<E> {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if !self.greeted {
            self.greeted = true;
            return Some((Ok(Event::default().event("hello").data("{}")), self));
        }
        let event = tokio::select! {
            event = self.reader.next() => event?,
            () = self.service.streams_end() => return None,
        };
        let text = serde_json::to_string(&body(&self.service, self.workspace, &event)).unwrap_or_default();
        Some((Ok(Event::default().event("event").data(text)), self))
    }
}
