//! `/api/v1/workspaces/{workspace}/cohorts`: conditions on users that surveys share.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::id::CohortId;
use sonde_service::cohorts::{CohortDetail, CohortInput};
use sonde_service::{Engine, Error, Service};
use utoipa::ToSchema;

use super::{InWorkspace, Refusals, read};
use crate::problem::{Problem, ProblemDocument};
use crate::wire::format_time;

/// Cohorts of a workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct CohortsBody {
    /// By creation.
    items: Vec<CohortBody>,
}

/// A cohort.
#[derive(Serialize, ToSchema)]
pub(crate) struct CohortBody {
    /// `coh_…`
    id: String,
    name: String,
    description: String,
    /// Who belongs to it: as `launch.audience` of a survey document, without cohorts.
    #[schema(value_type = Object)]
    condition: Box<RawValue>,
    created_at: String,
    updated_at: String,
    /// Live and paused surveys that name it; while there are any it cannot be deleted.
    used_by: Vec<CohortUseBody>,
}

/// A survey that uses a cohort.
#[derive(Serialize, ToSchema)]
pub(crate) struct CohortUseBody {
    id: String,
    name: String,
}

/// A cohort as members write it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CohortRequest {
    /// 1 to 200 characters.
    name: String,
    /// At most 4000 characters.
    #[serde(default)]
    description: String,
    /// Who belongs to it: as `launch.audience` of a survey document, without cohorts.
    #[schema(value_type = Object)]
    condition: Box<RawValue>,
}

impl From<CohortRequest> for CohortInput {
    fn from(request: CohortRequest) -> Self {
        Self { name: request.name, description: request.description, condition: request.condition.get().to_owned() }
    }
}

impl TryFrom<CohortDetail> for CohortBody {
    type Error = Problem;

    fn try_from(detail: CohortDetail) -> Result<Self, Problem> {
        let CohortDetail { record, used_by } = detail;
        let condition = RawValue::from_string(record.condition);
        Ok(Self {
            id: record.id.to_string(),
            name: record.name,
            description: record.description,
            condition: condition.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the stored condition is no JSON"))?,
            created_at: format_time(record.created_at),
            updated_at: format_time(record.updated_at),
            used_by: used_by.into_iter().map(|(id, name)| CohortUseBody { id: id.to_string(), name }).collect(),
        })
    }
}

/// The workspace's cohorts.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/cohorts", tag = "Cohorts", operation_id = "listCohorts", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`")),
    responses((status = 200, description = "All of them, at most 500", body = CohortsBody), Refusals<'_>)
)]
pub(crate) async fn list<E: Engine>(State(service): State<Arc<Service<E>>>, at: InWorkspace) -> Result<Json<CohortsBody>, Problem> {
    let items = service.cohorts(at.workspace).await?.into_iter().map(CohortBody::try_from);
    Ok(Json(CohortsBody { items: items.collect::<Result<_, _>>()? }))
}

/// Create a cohort.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/cohorts", tag = "Cohorts", operation_id = "createCohort",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")), request_body = CohortRequest,
    responses(
        (status = 201, description = "Created", body = CohortBody),
        (status = 409, description = "The workspace has 500 already", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn create<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<CohortBody>), Problem> {
    let request: CohortRequest = read(&headers, body).await?;
    let made = service.create_cohort(at.workspace, request.into()).await?;
    Ok((StatusCode::CREATED, Json(made.try_into()?)))
}

/// A cohort in the path.
#[derive(Deserialize)]
pub(crate) struct CohortPath {
    cohort: String,
}

impl CohortPath {
    fn id(&self) -> Result<CohortId, Error> {
        self.cohort.parse().map_err(|_| Error::NotFound("cohort"))
    }
}

/// One cohort.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/cohorts/{cohort}", tag = "Cohorts", operation_id = "showCohort",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("cohort" = String, Path, description = "`coh_…`")),
    responses((status = 200, description = "The cohort", body = CohortBody), Refusals<'_>)
)]
pub(crate) async fn show<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<CohortPath>,
) -> Result<Json<CohortBody>, Problem> {
    Ok(Json(service.cohort(at.workspace, path.id()?).await?.try_into()?))
}

/// Replace a cohort: surveys that use it go by the new condition from the next decision on.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}/cohorts/{cohort}", tag = "Cohorts", operation_id = "replaceCohort",
    security(("session" = [], "csrf" = [])), request_body = CohortRequest,
    params(("workspace" = String, Path, description = "`wsp_…`"), ("cohort" = String, Path, description = "`coh_…`")),
    responses((status = 200, description = "Replaced", body = CohortBody), Refusals<'_>)
)]
pub(crate) async fn replace<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<CohortPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CohortBody>, Problem> {
    let request: CohortRequest = read(&headers, body).await?;
    Ok(Json(service.change_cohort(at.workspace, path.id()?, request.into()).await?.try_into()?))
}

/// Delete a cohort that no live or paused survey uses.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/cohorts/{cohort}", tag = "Cohorts", operation_id = "deleteCohort",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("cohort" = String, Path, description = "`coh_…`")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 409, description = "A live or paused survey uses it", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn delete<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<CohortPath>,
) -> Result<StatusCode, Problem> {
    service.delete_cohort(at.workspace, path.id()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
