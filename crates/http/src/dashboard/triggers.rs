//! `/api/v1/workspaces/{workspace}/triggers`: what was seen of them, and which surveys use them.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sonde_core::properties::JsonType;
use sonde_core::survey::SurveyStatus;
use sonde_core::trigger::{Cancels, PropertyPath, TriggerKind, TriggerName};
use sonde_service::triggers::Trigger;
use sonde_service::{Engine, FieldError, Service};
use utoipa::{IntoParams, ToSchema};

use super::{InWorkspace, Refusals, read};
use crate::problem::{Problem, ProblemDocument};
use crate::wire::{Fields, format_time};

/// Which.
#[derive(Deserialize, IntoParams)]
pub(crate) struct TriggersQuery {
    /// One kind; default: both.
    #[param(inline)]
    kind: Option<KindWire>,
    /// A part of the name, whatever its case.
    search: Option<String>,
    /// Those that were put away, instead of the others.
    #[serde(default)]
    archived: bool,
}

/// Which side a trigger is fired from.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindWire {
    /// Posted by a server.
    Backend,
    /// Fired by an SDK.
    Frontend,
}

impl From<KindWire> for TriggerKind {
    fn from(kind: KindWire) -> Self {
        match kind {
            KindWire::Backend => Self::Backend,
            KindWire::Frontend => Self::Frontend,
        }
    }
}

/// Triggers of a workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct TriggersBody {
    /// By kind and name.
    items: Vec<TriggerItem>,
}

/// A trigger.
#[derive(Serialize, ToSchema)]
pub(crate) struct TriggerItem {
    kind: KindWire,
    name: String,
    /// Null for one that was created ahead.
    first_seen_at: Option<String>,
    last_seen_at: Option<String>,
    /// How often: stored events, or observed firings.
    count: u64,
    /// How often on each of the last 14 UTC days, the oldest first, today last.
    daily: Vec<u64>,
    /// By key.
    properties: Vec<PropertyBody>,
    /// Surveys that use it.
    surveys: Vec<TriggerUseBody>,
    archived: bool,
    /// Whose earlier events its own events cancel.
    cancels: Vec<CancelsWire>,
    /// Whether a live survey waits for it in vain: silent for three times its usual gap, and for a day at least.
    stopped: bool,
}

/// "Events of this trigger cancel the user's earlier events of that one."
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelsWire {
    /// That backend trigger.
    trigger: String,
    /// Only events with the same value of this property, a path with dots; null: all earlier ones.
    equal_property: Option<String>,
}

/// A property key of a trigger.
#[derive(Serialize, ToSchema)]
pub(crate) struct PropertyBody {
    key: String,
    /// Every type it was seen with.
    types: Vec<JsonTypeWire>,
    /// Up to three values, each as JSON text.
    examples: Vec<String>,
}

/// The JSON type of a value.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JsonTypeWire {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// A survey that uses a trigger.
#[derive(Serialize, ToSchema)]
pub(crate) struct TriggerUseBody {
    id: String,
    name: String,
    status: UseStatus,
}

/// Where a survey is in its life.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UseStatus {
    Draft,
    Live,
    Paused,
    Ended,
}

impl From<Trigger> for TriggerItem {
    fn from(trigger: Trigger) -> Self {
        let surveys = trigger.surveys.into_iter().map(|using| TriggerUseBody {
            id: using.id.to_string(),
            name: using.name,
            status: match using.status {
                SurveyStatus::Draft => UseStatus::Draft,
                SurveyStatus::Live => UseStatus::Live,
                SurveyStatus::Paused => UseStatus::Paused,
                SurveyStatus::Ended => UseStatus::Ended,
            },
        });
        let properties = trigger.properties.into_iter().map(|(key, known)| PropertyBody {
            key: key.into(),
            types: known.types.into_iter().map(JsonTypeWire::from).collect(),
            examples: known.examples.into_iter().map(String::from).collect(),
        });
        Self {
            kind: match trigger.kind {
                TriggerKind::Backend => KindWire::Backend,
                TriggerKind::Frontend => KindWire::Frontend,
            },
            name: trigger.name.to_string(),
            first_seen_at: trigger.seen.map(|(first, _)| format_time(first)),
            last_seen_at: trigger.seen.map(|(_, last)| format_time(last)),
            count: trigger.count,
            daily: trigger.daily.to_vec(),
            properties: properties.collect(),
            surveys: surveys.collect(),
            archived: trigger.archived,
            cancels: trigger.cancels.into_iter().map(CancelsWire::from).collect(),
            stopped: trigger.stopped,
        }
    }
}

impl From<Cancels> for CancelsWire {
    fn from(cancels: Cancels) -> Self {
        let equal_property = cancels.equal_property.map(|path| path.as_str().to_owned());
        Self { trigger: cancels.trigger.to_string(), equal_property }
    }
}

impl From<JsonType> for JsonTypeWire {
    fn from(json_type: JsonType) -> Self {
        match json_type {
            JsonType::Null => Self::Null,
            JsonType::Boolean => Self::Boolean,
            JsonType::Number => Self::Number,
            JsonType::String => Self::String,
            JsonType::Array => Self::Array,
            JsonType::Object => Self::Object,
        }
    }
}

/// The triggers of the workspace, seen or created ahead.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/triggers", tag = "Triggers", operation_id = "listTriggers", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), TriggersQuery),
    responses((status = 200, description = "By kind and name", body = TriggersBody), Refusals<'_>)
)]
pub(crate) async fn list<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Query(query): Query<TriggersQuery>,
) -> Result<Json<TriggersBody>, Problem> {
    let search = query.search.unwrap_or_default().to_lowercase();
    let kind = query.kind.map(TriggerKind::from);
    let wanted = |trigger: &Trigger| {
        kind.is_none_or(|kind| kind == trigger.kind)
            && trigger.archived == query.archived
            && trigger.name.as_str().to_lowercase().contains(&search)
    };
    let triggers = service.list_triggers(at.workspace).await?;
    Ok(Json(TriggersBody { items: triggers.into_iter().filter(wanted).map(TriggerItem::from).collect() }))
}

/// A trigger's kind and name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriggerRequest {
    kind: KindWire,
    /// At most 128 characters, no control characters.
    name: String,
}

fn named(name: &str) -> Result<TriggerName, Problem> {
    TriggerName::new(name).map_err(|wrong| Problem::invalid(vec![FieldError::new("/name", wrong)]))
}

/// Create a trigger before it is first seen.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/triggers", tag = "Triggers", operation_id = "createTrigger",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")), request_body = TriggerRequest,
    responses(
        (status = 201, description = "Created", body = TriggerItem),
        (status = 409, description = "There is one of this name", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn create<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<TriggerItem>), Problem> {
    let wire: TriggerRequest = read(&headers, body).await?;
    let created = service.create_trigger(at.workspace, wire.kind.into(), named(&wire.name)?).await?;
    Ok((StatusCode::CREATED, Json(created.into())))
}

/// A trigger to put away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArchiveRequest {
    kind: KindWire,
    name: String,
    /// Also when live surveys use it.
    #[serde(default)]
    confirm: bool,
}

/// Put a trigger away. It is counted all the same.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/triggers/archive", tag = "Triggers", operation_id = "archiveTrigger",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")), request_body = ArchiveRequest,
    responses(
        (status = 200, description = "Put away", body = TriggerItem),
        (status = 409, description = "Live surveys use it; the detail names them", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn archive<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TriggerItem>, Problem> {
    let wire: ArchiveRequest = read(&headers, body).await?;
    let archived = service.archive_trigger(at.workspace, wire.kind.into(), named(&wire.name)?, wire.confirm).await?;
    Ok(Json(archived.into()))
}

/// Take a trigger out again.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/triggers/restore", tag = "Triggers", operation_id = "restoreTrigger",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")), request_body = TriggerRequest,
    responses((status = 200, description = "Restored", body = TriggerItem), Refusals<'_>)
)]
pub(crate) async fn restore<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TriggerItem>, Problem> {
    let wire: TriggerRequest = read(&headers, body).await?;
    Ok(Json(service.restore_trigger(at.workspace, wire.kind.into(), named(&wire.name)?).await?.into()))
}

/// What the events of a backend trigger cancel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelsRequest {
    /// The backend trigger whose events cancel others.
    name: String,
    /// At most 20, each trigger once, not itself. Empty: its events cancel nothing.
    cancels: Vec<CancelsWire>,
}

/// Set whose earlier events the events of a backend trigger cancel. Counts at once, also for events that are stored.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}/triggers/cancels", tag = "Triggers", operation_id = "setTriggerCancels",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")), request_body = CancelsRequest,
    responses((status = 200, description = "Set", body = TriggerItem), Refusals<'_>)
)]
pub(crate) async fn set_cancels<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TriggerItem>, Problem> {
    let wire: CancelsRequest = read(&headers, body).await?;
    let mut fields = Fields::default();
    let name = fields.take("/name", TriggerName::new(&wire.name));
    let mut cancels = Vec::with_capacity(wire.cancels.len());
    for (place, cancelled) in wire.cancels.into_iter().enumerate() {
        let trigger = fields.take(&format!("/cancels/{place}/trigger"), TriggerName::new(&cancelled.trigger));
        let path = cancelled.equal_property.map(|path| PropertyPath::new(&path)).transpose();
        let equal_property = fields.take(&format!("/cancels/{place}/equal_property"), path);
        cancels.extend(trigger.zip(equal_property).map(|(trigger, equal_property)| Cancels { trigger, equal_property }));
    }
    match name {
        Some(name) if fields.errors.is_empty() => Ok(Json(service.set_cancels(at.workspace, name, cancels).await?.into())),
        _ => Err(Problem::invalid(fields.errors)),
    }
}
