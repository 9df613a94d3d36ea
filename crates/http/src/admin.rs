//! Setting up without a dashboard: served on the data folder's local socket only, for `sonde admin`. Whoever can open
//! the socket can read the data folder anyway, so it asks for no key.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::limits::SURVEY_DOCUMENT_BYTES_MAX;
use sonde_core::properties::JsonType;
use sonde_core::survey::SurveyStatus;
use sonde_core::trigger::TriggerKind;
use sonde_service::admin::{ImportInput, InitInput, SurveyNow};
use sonde_service::{Engine, FieldError, ResponseQuery, Service, TriggerStats};

use crate::body::{self, MediaType};
use crate::problem::Problem;
use crate::rows::RowBody;
use crate::wire::format_time;

/// A document may grow when it is written as a JSON string.
const ADMIN_BODY_BYTES_MAX: usize = 2 * SURVEY_DOCUMENT_BYTES_MAX + 64 * 1024;
/// Most response rows of one page.
const RESPONSES_PAGE_MAX: u32 = 1_000;

type Answered<T> = Result<Json<T>, Problem>;

async fn read<T: serde::de::DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Problem> {
    body::json(&body::read(headers, body, ADMIN_BODY_BYTES_MAX, MediaType::Json).await?)
}

fn id<T: std::str::FromStr>(pointer: &str, text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| Problem::invalid(vec![FieldError::new(pointer, error)]))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InitRequest {
    workspace: String,
    email: String,
    password: String,
}

#[derive(Serialize)]
pub(crate) struct InitBody {
    workspace_id: String,
    backend_key: String,
    sdk_key: String,
}

/// Creates a workspace with keys and owner.
pub(crate) async fn init<E: Engine>(State(service): State<Arc<Service<E>>>, headers: HeaderMap, body: Body) -> Answered<InitBody> {
    let wire: InitRequest = read(&headers, body).await?;
    let new = service.init(InitInput { workspace: wire.workspace, email: wire.email, password: wire.password }).await?;
    Ok(Json(InitBody { workspace_id: new.workspace.to_string(), backend_key: new.backend_key, sdk_key: new.sdk_key }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportRequest {
    workspace: String,
    survey: Option<String>,
    document: String,
    #[serde(default)]
    launch: bool,
}

#[derive(Serialize)]
pub(crate) struct SurveyNowBody {
    survey_id: String,
    version: u32,
    status: &'static str,
}

impl From<SurveyNow> for SurveyNowBody {
    fn from(now: SurveyNow) -> Self {
        Self { survey_id: now.survey.to_string(), version: now.version, status: status_name(now.status) }
    }
}

const fn status_name(status: SurveyStatus) -> &'static str {
    match status {
        SurveyStatus::Draft => "draft",
        SurveyStatus::Live => "live",
        SurveyStatus::Paused => "paused",
        SurveyStatus::Ended => "ended",
    }
}

/// Brings in a survey document.
pub(crate) async fn import_survey<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Answered<SurveyNowBody> {
    let wire: ImportRequest = read(&headers, body).await?;
    let workspace: WorkspaceId = id("/workspace", &wire.workspace)?;
    let survey = wire.survey.as_deref().map(|text| id::<SurveyId>("/survey", text)).transpose()?;
    let input = ImportInput { workspace, survey, document: wire.document, launch: wire.launch };
    Ok(Json(service.import_survey(input).await?.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurveyRequest {
    workspace: String,
    survey: String,
}

#[derive(Serialize)]
pub(crate) struct DocumentBody {
    document: String,
}

/// The document of a survey.
pub(crate) async fn export_survey<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Answered<DocumentBody> {
    let wire: SurveyRequest = read(&headers, body).await?;
    let document = service.export_survey(id("/workspace", &wire.workspace)?, id("/survey", &wire.survey)?).await?;
    Ok(Json(DocumentBody { document }))
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusWire {
    Live,
    Paused,
    Ended,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusRequest {
    workspace: String,
    survey: String,
    status: StatusWire,
}

/// Pauses, resumes or ends a survey.
pub(crate) async fn set_status<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Answered<SurveyNowBody> {
    let wire: StatusRequest = read(&headers, body).await?;
    let to = match wire.status {
        StatusWire::Live => SurveyStatus::Live,
        StatusWire::Paused => SurveyStatus::Paused,
        StatusWire::Ended => SurveyStatus::Ended,
    };
    let now = service.set_survey_status(id("/workspace", &wire.workspace)?, id("/survey", &wire.survey)?, to).await?;
    Ok(Json(now.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsRequest {
    workspace: String,
    wait_period_days: u32,
}

#[derive(Serialize)]
pub(crate) struct SettingsBody {
    wait_period_days: u32,
}

/// Sets the workspace's wait period.
pub(crate) async fn settings<E: Engine>(State(service): State<Arc<Service<E>>>, headers: HeaderMap, body: Body) -> Answered<SettingsBody> {
    let wire: SettingsRequest = read(&headers, body).await?;
    service.set_wait_period(id("/workspace", &wire.workspace)?, wire.wait_period_days).await?;
    Ok(Json(SettingsBody { wait_period_days: wire.wait_period_days }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkspaceRequest {
    workspace: String,
}

#[derive(Serialize)]
pub(crate) struct TriggersBody {
    triggers: Vec<TriggerBody>,
}

#[derive(Serialize)]
struct TriggerBody {
    kind: &'static str,
    name: String,
    first_seen_at: String,
    last_seen_at: String,
    count: u64,
    /// Types by property key.
    properties: BTreeMap<String, Vec<&'static str>>,
}

impl From<TriggerStats> for TriggerBody {
    fn from(stats: TriggerStats) -> Self {
        let types = |types: Vec<JsonType>| types.into_iter().map(type_name).collect();
        Self {
            kind: match stats.kind {
                TriggerKind::Backend => "backend",
                TriggerKind::Frontend => "frontend",
            },
            name: stats.name.to_string(),
            first_seen_at: format_time(stats.first_seen_at),
            last_seen_at: format_time(stats.last_seen_at),
            count: stats.count,
            properties: stats.properties.into_iter().map(|(key, known)| (key.into(), types(known.types))).collect(),
        }
    }
}

const fn type_name(json_type: JsonType) -> &'static str {
    match json_type {
        JsonType::Null => "null",
        JsonType::Boolean => "boolean",
        JsonType::Number => "number",
        JsonType::String => "string",
        JsonType::Array => "array",
        JsonType::Object => "object",
    }
}

/// What is known of a workspace's triggers.
pub(crate) async fn triggers<E: Engine>(State(service): State<Arc<Service<E>>>, headers: HeaderMap, body: Body) -> Answered<TriggersBody> {
    let wire: WorkspaceRequest = read(&headers, body).await?;
    let stats = service.triggers(id("/workspace", &wire.workspace)?).await?;
    Ok(Json(TriggersBody { triggers: stats.into_iter().map(TriggerBody::from).collect() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResponsesRequest {
    workspace: String,
    survey: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ResponsesBody {
    responses: Vec<RowBody>,
    /// To be passed as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// One page of response rows.
pub(crate) async fn responses<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Answered<ResponsesBody> {
    let wire: ResponsesRequest = read(&headers, body).await?;
    let query = ResponseQuery {
        workspace: id("/workspace", &wire.workspace)?,
        survey: wire.survey.as_deref().map(|text| id::<SurveyId>("/survey", text)).transpose()?,
        newest_first: false,
        after: wire.after.as_deref().map(|text| id::<DisplayId>("/after", text)).transpose()?,
        limit: RESPONSES_PAGE_MAX,
    };
    let rows = service.responses(&query).await?;
    let full = rows.len() == RESPONSES_PAGE_MAX as usize;
    let next = rows.last().filter(|_| full).map(|row| row.display.id.to_string());
    Ok(Json(ResponsesBody { responses: rows.into_iter().map(RowBody::from).collect(), next }))
}
