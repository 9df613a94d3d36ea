//! `/api/v1/workspaces/{workspace}/settings/identity-secrets`: what the customer's server proves its users with.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sonde_service::{Engine, Error, Service};
use utoipa::ToSchema;

use super::{InWorkspace, Refusals};
use crate::problem::{Problem, ProblemDocument};
use crate::wire::format_time;

/// The secrets that work, by creation.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentitySecretsBody {
    items: Vec<IdentitySecretBody>,
}

/// A secret for identity proof, without the secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentitySecretBody {
    /// `ids_…`
    id: String,
    /// Begins and ends as the secret does.
    hint: String,
    created_at: String,
}

/// A new secret for identity proof.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewIdentitySecretBody {
    /// `ids_…`
    id: String,
    /// The secret. It is never told again.
    secret: String,
    /// Begins and ends as the secret does.
    hint: String,
}

/// The workspace's secrets for identity proof.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/settings/identity-secrets", tag = "Settings", operation_id = "listIdentitySecrets",
    security(("session" = [])), params(("workspace" = String, Path, description = "`wsp_…`")),
    responses((status = 200, description = "All of them, at most two", body = IdentitySecretsBody), Refusals<'_>)
)]
pub(crate) async fn list<E: Engine>(State(service): State<Arc<Service<E>>>, at: InWorkspace) -> Result<Json<IdentitySecretsBody>, Problem> {
    let secrets = service.identity_secrets(at.workspace)?.into_iter();
    let items = secrets.map(|secret| IdentitySecretBody {
        id: secret.id.to_string(),
        hint: secret.hint,
        created_at: format_time(secret.created_at),
    });
    Ok(Json(IdentitySecretsBody { items: items.collect() }))
}

/// Create a secret for identity proof.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/settings/identity-secrets", tag = "Settings", operation_id = "createIdentitySecret",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")),
    responses(
        (status = 201, description = "Created", body = NewIdentitySecretBody),
        (status = 409, description = "Two secrets work already", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn create<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
) -> Result<(StatusCode, Json<NewIdentitySecretBody>), Problem> {
    let (secret, shown) = service.create_identity_secret(at.workspace).await?;
    Ok((StatusCode::CREATED, Json(NewIdentitySecretBody { id: shown.id.to_string(), secret, hint: shown.hint })))
}

/// A secret in the path.
#[derive(Deserialize)]
pub(crate) struct SecretPath {
    secret: String,
}

/// Revoke a secret for identity proof: from now on it proves nothing. Client tokens that it opened last out their day.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/settings/identity-secrets/{secret}", tag = "Settings",
    operation_id = "revokeIdentitySecret", security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("secret" = String, Path, description = "`ids_…`")),
    responses((status = 204, description = "Revoked"), Refusals<'_>)
)]
pub(crate) async fn revoke<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SecretPath>,
) -> Result<StatusCode, Problem> {
    let secret = path.secret.parse().map_err(|_| Error::NotFound("identity secret"))?;
    service.revoke_identity_secret(at.workspace, secret).await?;
    Ok(StatusCode::NO_CONTENT)
}
