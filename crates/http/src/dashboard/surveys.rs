//! `/api/v1/workspaces/{workspace}/surveys`: drafts, versions, launch and life.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::id::SurveyId;
use sonde_core::limits::SURVEY_DOCUMENT_BYTES_MAX;
use sonde_core::survey::SurveyStatus;
use sonde_service::surveys::{DraftSaved, SurveyDetail, SurveyQuery, SurveySummary};
use sonde_service::{Engine, Error, FieldError, Service};
use utoipa::ToSchema;

use super::params::Params;
use super::{InWorkspace, Refusals};
use crate::body::{self, MediaType};
use crate::problem::{Problem, ProblemDocument};
use crate::wire::format_time;

/// A document and what goes with it.
const BODY_BYTES_MAX: usize = SURVEY_DOCUMENT_BYTES_MAX + 64 * 1024;

type Answered<T> = Result<Json<T>, Problem>;

/// A survey in the path.
#[derive(Deserialize)]
pub(crate) struct SurveyPath {
    survey: String,
}

impl SurveyPath {
    pub(super) fn id(&self) -> Result<SurveyId, Problem> {
        Ok(self.survey.parse().map_err(|_| Error::NotFound("survey"))?)
    }
}

/// Which surveys.
#[derive(Deserialize)]
pub(crate) struct SurveysQuery {
    status: Option<String>,
    #[serde(default)]
    search: String,
}

/// The surveys of a workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct SurveysBody {
    /// Last changed first.
    items: Vec<SurveySummaryBody>,
    /// Always `null`: all of them fit.
    next: Option<String>,
}

/// One survey in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct SurveySummaryBody {
    /// `srv_…`
    id: String,
    /// The draft's.
    name: String,
    /// `draft`, `live`, `paused` or `ended`.
    status: &'static str,
    /// The published version; 0 before the first.
    version: u32,
    /// Whether the draft says something else than the published version.
    draft_differs: bool,
    /// Displays that were shown.
    shown: u64,
    /// Of these: had an answer.
    started: u64,
    /// Of these: were answered to the end.
    completed: u64,
    updated_at: String,
    launched_at: Option<String>,
}

impl From<SurveySummary> for SurveySummaryBody {
    fn from(survey: SurveySummary) -> Self {
        let record = survey.record;
        Self {
            id: record.id.to_string(),
            name: survey.name,
            status: status_name(record.status),
            version: record.published.map_or(0, |published| published.number),
            draft_differs: survey.draft_differs,
            shown: survey.counts.shown,
            started: survey.counts.started,
            completed: survey.counts.completed,
            updated_at: format_time(record.updated_at),
            launched_at: record.launched_at.map(format_time),
        }
    }
}

/// A survey.
#[derive(Serialize, ToSchema)]
pub(crate) struct SurveyDetailBody {
    /// `srv_…`
    id: String,
    /// `draft`, `live`, `paused` or `ended`.
    status: &'static str,
    /// The document being worked on, finished or not.
    #[schema(value_type = serde_json::Map<String, serde_json::Value>)]
    draft: Box<RawValue>,
    /// Rises with every change of the draft.
    draft_revision: u64,
    /// Why the draft cannot be published as it is: pointers into it.
    draft_errors: Vec<DraftErrorBody>,
    /// The version that is shown.
    published: Option<PublishedBody>,
    /// The newest first.
    versions: Vec<VersionBody>,
    created_at: String,
    updated_at: String,
}

/// One place of a draft that is wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftErrorBody {
    /// JSON pointer into the draft, `""` for the whole.
    pointer: String,
    detail: String,
}

impl From<FieldError> for DraftErrorBody {
    fn from(error: FieldError) -> Self {
        Self { pointer: error.pointer, detail: error.detail }
    }
}

/// The published version.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublishedBody {
    version: u32,
    #[schema(value_type = serde_json::Map<String, serde_json::Value>)]
    document: Box<RawValue>,
    published_at: String,
}

/// One version of a survey.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionBody {
    version: u32,
    published_at: String,
}

impl TryFrom<SurveyDetail> for SurveyDetailBody {
    type Error = Problem;

    fn try_from(survey: SurveyDetail) -> Result<Self, Problem> {
        let record = survey.record;
        let published = record.published.map(|published| {
            let (document, published_at) = (raw(published.document)?, format_time(published.published_at));
            Ok::<_, Problem>(PublishedBody { version: published.number, document, published_at })
        });
        let version = |(version, at)| VersionBody { version, published_at: format_time(at) };
        Ok(Self {
            id: record.id.to_string(),
            status: status_name(record.status),
            draft: raw(record.draft)?,
            draft_revision: record.draft_revision,
            draft_errors: survey.draft_errors.into_iter().map(DraftErrorBody::from).collect(),
            published: published.transpose()?,
            versions: survey.versions.into_iter().map(version).collect(),
            created_at: format_time(record.created_at),
            updated_at: format_time(record.updated_at),
        })
    }
}

/// Stored text is JSON: it was checked before it was stored.
fn raw(json: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(json).map_err(|error| {
        tracing::error!(%error, "a stored document is no JSON");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server")
    })
}

pub(crate) const fn status_name(status: SurveyStatus) -> &'static str {
    match status {
        SurveyStatus::Draft => "draft",
        SurveyStatus::Live => "live",
        SurveyStatus::Paused => "paused",
        SurveyStatus::Ended => "ended",
    }
}

fn status_of(name: &str) -> Result<SurveyStatus, Problem> {
    match name {
        "draft" => Ok(SurveyStatus::Draft),
        "live" => Ok(SurveyStatus::Live),
        "paused" => Ok(SurveyStatus::Paused),
        "ended" => Ok(SurveyStatus::Ended),
        _ => Err(Problem::invalid(vec![FieldError::new("/status", "must be draft, live, paused or ended")])),
    }
}

/// The surveys of a workspace, last changed first.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys", tag = "Surveys", operation_id = "listSurveys", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("status" = Option<String>, Query, description = "Only these"),
           ("search" = Option<String>, Query, description = "Part of the name")),
    responses((status = 200, description = "The surveys", body = SurveysBody), Refusals<'_>)
)]
pub(crate) async fn list<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Params(query): Params<SurveysQuery>,
) -> Answered<SurveysBody> {
    let status = query.status.as_deref().filter(|status| !status.is_empty()).map(status_of).transpose()?;
    let surveys = service.list_surveys(at.workspace, &SurveyQuery { status, search: query.search }).await?;
    Ok(Json(SurveysBody { items: surveys.into_iter().map(SurveySummaryBody::from).collect(), next: None }))
}

/// A new survey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSurveyRequest {
    /// The draft: any JSON object, finished or not.
    #[schema(value_type = serde_json::Map<String, serde_json::Value>)]
    document: Box<RawValue>,
}

/// Create a survey from a draft.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/surveys", tag = "Surveys", operation_id = "createSurvey",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")),
    request_body = CreateSurveyRequest,
    responses((status = 201, description = "Created", body = SurveyDetailBody), Refusals<'_>)
)]
pub(crate) async fn create<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<SurveyDetailBody>), Problem> {
    let wire: CreateSurveyRequest = read(&headers, body).await?;
    let survey = service.create_survey(at.workspace, wire.document.get().to_owned()).await?;
    Ok((StatusCode::CREATED, Json(survey.try_into()?)))
}

async fn read<T: serde::de::DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Problem> {
    body::json(&body::read(headers, body, BODY_BYTES_MAX, MediaType::Json).await?)
}

/// One survey.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}", tag = "Surveys", operation_id = "getSurvey",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses((status = 200, description = "The survey", body = SurveyDetailBody), Refusals<'_>)
)]
pub(crate) async fn show<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Answered<SurveyDetailBody> {
    Ok(Json(service.survey(at.workspace, path.id()?).await?.try_into()?))
}

/// A draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftRequest {
    /// Any JSON object, finished or not.
    #[schema(value_type = serde_json::Map<String, serde_json::Value>)]
    document: Box<RawValue>,
    /// The revision that it was made from.
    revision: u64,
}

/// The draft is stored.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftBody {
    /// To be sent with the next change.
    draft_revision: u64,
    /// Why it cannot be published as it is: pointers into the document.
    errors: Vec<DraftErrorBody>,
}

/// Save the draft, finished or not.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/draft", tag = "Surveys", operation_id = "saveDraft",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    request_body = DraftRequest,
    responses(
        (status = 200, description = "Stored", body = DraftBody),
        (status = 409, description = "Somebody else saved in between; `draft_revision` is theirs", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn save_draft<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
    headers: HeaderMap,
    body: Body,
) -> Answered<DraftBody> {
    let wire: DraftRequest = read(&headers, body).await?;
    match service.save_draft(at.workspace, path.id()?, wire.document.get().to_owned(), wire.revision).await? {
        DraftSaved::Saved { revision, errors } => {
            Ok(Json(DraftBody { draft_revision: revision, errors: errors.into_iter().map(DraftErrorBody::from).collect() }))
        }
        DraftSaved::Stale { revision } => Err(Problem::stale_draft(revision)),
    }
}

/// Publish the draft as the next version.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/publish", tag = "Surveys", operation_id = "publishSurvey",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses(
        (status = 200, description = "Published", body = SurveyDetailBody),
        (status = 409, description = "Ended, or changed in between", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn publish<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Answered<SurveyDetailBody> {
    Ok(Json(service.publish_survey(at.workspace, path.id()?).await?.try_into()?))
}

/// Publish the draft if it says anything new, and let the survey be shown.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/launch", tag = "Surveys", operation_id = "launchSurvey",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses(
        (status = 200, description = "Live", body = SurveyDetailBody),
        (status = 409, description = "Ended, or too many live surveys", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn launch<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Answered<SurveyDetailBody> {
    Ok(Json(service.launch_survey(at.workspace, path.id()?).await?.try_into()?))
}

/// Hold a live survey back.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/pause", tag = "Surveys", operation_id = "pauseSurvey",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses(
        (status = 200, description = "Paused", body = SurveyDetailBody),
        (status = 409, description = "Not launched, or ended", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn pause<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Answered<SurveyDetailBody> {
    Ok(Json(service.change_survey(at.workspace, path.id()?, SurveyStatus::Paused).await?.try_into()?))
}

/// Let a paused survey be shown again.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/resume", tag = "Surveys", operation_id = "resumeSurvey",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses(
        (status = 200, description = "Live", body = SurveyDetailBody),
        (status = 409, description = "Not launched, or ended", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn resume<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Answered<SurveyDetailBody> {
    Ok(Json(service.change_survey(at.workspace, path.id()?, SurveyStatus::Live).await?.try_into()?))
}

/// End a survey for good.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/end", tag = "Surveys", operation_id = "endSurvey",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses(
        (status = 200, description = "Ended", body = SurveyDetailBody),
        (status = 409, description = "Not launched", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn end<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Answered<SurveyDetailBody> {
    Ok(Json(service.change_survey(at.workspace, path.id()?, SurveyStatus::Ended).await?.try_into()?))
}

/// Create a survey whose draft is a copy of this one's.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/duplicate", tag = "Surveys", operation_id = "duplicateSurvey",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses((status = 201, description = "Created", body = SurveyDetailBody), Refusals<'_>)
)]
pub(crate) async fn duplicate<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Result<(StatusCode, Json<SurveyDetailBody>), Problem> {
    let copy = service.duplicate_survey(at.workspace, path.id()?).await?;
    Ok((StatusCode::CREATED, Json(copy.try_into()?)))
}

/// Delete a survey that was never published.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/surveys/{survey}", tag = "Surveys", operation_id = "deleteSurvey",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 409, description = "It was published", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn delete<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Result<StatusCode, Problem> {
    service.delete_survey(at.workspace, path.id()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A version in the path.
#[derive(Deserialize)]
pub(crate) struct VersionPath {
    survey: String,
    version: String,
}

/// What a version says.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionDocumentBody {
    #[schema(value_type = serde_json::Map<String, serde_json::Value>)]
    document: Box<RawValue>,
}

/// The document of one version.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/versions/{version}", tag = "Surveys", operation_id = "getSurveyVersion",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`"),
           ("version" = u32, Path, description = "From 1")),
    responses((status = 200, description = "The document", body = VersionDocumentBody), Refusals<'_>)
)]
pub(crate) async fn version<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<VersionPath>,
) -> Answered<VersionDocumentBody> {
    let missing = || Error::NotFound("survey version");
    let (survey, number) = (path.survey.parse().map_err(|_| missing())?, path.version.parse().map_err(|_| missing())?);
    let document = service.version_document(at.workspace, survey, number).await?;
    Ok(Json(VersionDocumentBody { document: raw(document)? }))
}
