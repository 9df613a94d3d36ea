//! `/api/v1/workspaces/{workspace}/users`: who was seen, and everything that is known of one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sonde_service::profiles::{FoundUser, SeenBy};
use sonde_service::{AttributeStats, Engine, Service};
use utoipa::{IntoParams, ToSchema};

use super::explain::{NamespaceQuery, NamespaceWire, UserPath, user_of};
use super::{InWorkspace, Params, Refusals};
use crate::problem::Problem;
use crate::user_body::{self, UserBody, namespace_name};
use crate::users::ErasedAnswersWire;
use crate::wire::format_time;

/// Most users in one list.
const LISTED_MAX: usize = 200;

/// Which.
#[derive(Deserialize, IntoParams)]
pub(crate) struct UsersQuery {
    /// A part of the id, whatever its case, or the whole of it.
    search: Option<String>,
    /// At most this many, up to 200; default: 50.
    limit: Option<usize>,
}

/// Users.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsersBody {
    /// The one with exactly the id that was searched for, then those seen lately, the latest first.
    items: Vec<FoundUserBody>,
}

/// A user in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundUserBody {
    user_id: String,
    /// `identified` or `anonymous`.
    namespace: &'static str,
    /// Null where nothing that is kept says so.
    last_seen_at: Option<String>,
    /// `event` or `response`.
    last_seen_by: Option<&'static str>,
}

impl From<FoundUser> for FoundUserBody {
    fn from(found: FoundUser) -> Self {
        Self {
            user_id: found.user.id.as_str().to_owned(),
            namespace: namespace_name(found.user.namespace),
            last_seen_at: found.last_seen.map(|(at, _)| format_time(at)),
            last_seen_by: found.last_seen.map(|(_, by)| match by {
                SeenBy::Event => "event",
                SeenBy::Response => "response",
            }),
        }
    }
}

/// Users lately seen: in the newest events since the server's start, and in the newest responses.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/users", tag = "Users", operation_id = "listUsers", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), UsersQuery),
    responses((status = 200, description = "The latest first", body = UsersBody), Refusals<'_>)
)]
pub(crate) async fn list<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Params(query): Params<UsersQuery>,
) -> Result<Json<UsersBody>, Problem> {
    let limit = query.limit.unwrap_or(50).min(LISTED_MAX);
    let users = service.find_users(at.workspace, query.search.as_deref().unwrap_or_default(), limit).await?;
    Ok(Json(UsersBody { items: users.into_iter().map(FoundUserBody::from).collect() }))
}

/// Everything that is known of a user.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/users/{id}", tag = "Users", operation_id = "showUser", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("id" = String, Path, description = "The customer's id, percent-encoded"),
           NamespaceQuery),
    responses((status = 200, description = "The user", body = UserBody), Refusals<'_>)
)]
pub(crate) async fn show<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<UserPath>,
    Params(query): Params<NamespaceQuery>,
) -> Result<Json<UserBody>, Problem> {
    let profile = service.user_profile(&user_of(at.workspace, &path, query.namespace)?).await?;
    Ok(Json(UserBody::from(&profile)))
}

/// Everything that is stored of a user, as one document.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/users/{id}/export", tag = "Users", operation_id = "exportUserAsMember",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("id" = String, Path, description = "The customer's id, percent-encoded"),
           NamespaceQuery),
    responses((status = 200, description = "Attributes, history, events, displays with answers", content_type = "application/json"), Refusals<'_>)
)]
pub(crate) async fn export<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<UserPath>,
    Params(query): Params<NamespaceQuery>,
) -> Result<Response, Problem> {
    let export = service.export_user(&user_of(at.workspace, &path, query.namespace)?).await?;
    Ok(user_body::export(service, export))
}

/// What becomes of what the user answered.
#[derive(Deserialize, IntoParams)]
pub(crate) struct EraseQuery {
    /// Default: `identified`.
    #[serde(default)]
    #[param(inline)]
    namespace: NamespaceWire,
    /// What becomes of what the user answered; default: `delete`.
    #[serde(default)]
    #[param(inline)]
    responses: ErasedAnswersWire,
}

/// Forget a user: events, attributes, history, the anonymous ids that stand for them, and what they answered. Also when nothing
/// is known of the user, and when repeated.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/users/{id}", tag = "Users", operation_id = "eraseUserAsMember",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("id" = String, Path, description = "The customer's id, percent-encoded"),
           EraseQuery),
    responses((status = 204, description = "Nothing is left"), Refusals<'_>)
)]
pub(crate) async fn erase<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<UserPath>,
    Params(query): Params<EraseQuery>,
) -> Result<StatusCode, Problem> {
    service.erase_user(&user_of(at.workspace, &path, query.namespace)?, query.responses.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Attributes of the workspace's users.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownAttributesBody {
    /// By name, at most 1,000.
    items: Vec<KnownAttributeBody>,
}

/// An attribute that users were given.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownAttributeBody {
    name: String,
    /// Every type it was seen with: `text`, `number`, `boolean`, `date`.
    types: Vec<&'static str>,
    /// Up to three values, each as JSON text. Only values that two users at least were given.
    examples: Vec<String>,
}

impl From<AttributeStats> for KnownAttributeBody {
    fn from(known: AttributeStats) -> Self {
        Self {
            name: known.name.into(),
            types: known.types.into_iter().map(sonde_core::attribute::AttributeType::as_str).collect(),
            examples: known.examples.into_iter().map(String::from).collect(),
        }
    }
}

/// The attributes that users of the workspace were given, as of a second ago at most.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/attributes", tag = "Users", operation_id = "listAttributes", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`")),
    responses((status = 200, description = "By name", body = KnownAttributesBody), Refusals<'_>)
)]
pub(crate) async fn attributes<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
) -> Result<Json<KnownAttributesBody>, Problem> {
    let known = service.known_attributes(at.workspace).await?;
    Ok(Json(KnownAttributesBody { items: known.into_iter().map(KnownAttributeBody::from).collect() }))
}
