//! `/api/v1/workspaces`: founding and naming them.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use sonde_service::accounts::NamedWorkspace;
use sonde_service::{Engine, Service};
use utoipa::ToSchema;

use super::{InWorkspace, Member, Refusals, read};
use crate::problem::{Problem, ProblemDocument};

/// A workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct WorkspaceBody {
    id: String,
    name: String,
}

impl From<NamedWorkspace> for WorkspaceBody {
    fn from(workspace: NamedWorkspace) -> Self {
        Self { id: workspace.id.to_string(), name: workspace.name }
    }
}

/// The name of a workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameRequest {
    name: String,
}

/// Create a workspace that the caller owns.
#[utoipa::path(
    post, path = "/api/v1/workspaces", tag = "Workspaces", operation_id = "createWorkspace", security(("session" = [], "csrf" = [])),
    request_body = NameRequest,
    responses(
        (status = 201, description = "Created", body = WorkspaceBody),
        (status = 409, description = "The name is taken", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn create<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    member: Member,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<WorkspaceBody>), Problem> {
    let wire: NameRequest = read(&headers, body).await?;
    let founded = service.found_workspace(&member.0, &wire.name).await?;
    Ok((StatusCode::CREATED, Json(founded.into())))
}

/// Give a workspace another name.
#[utoipa::path(
    patch, path = "/api/v1/workspaces/{workspace}", tag = "Workspaces", operation_id = "renameWorkspace",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")), request_body = NameRequest,
    responses(
        (status = 200, description = "Renamed", body = WorkspaceBody),
        (status = 409, description = "The name is taken", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn rename<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<WorkspaceBody>, Problem> {
    let wire: NameRequest = read(&headers, body).await?;
    Ok(Json(service.rename_workspace(at.workspace, &wire.name).await?.into()))
}
