//! `/api/v1/auth`: getting in and out.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sonde_service::accounts::{LogIn, NewSession, SESSION_LIFETIME, SetupInput, SignedIn};
use sonde_service::{Engine, Error, Service};
use utoipa::ToSchema;

use super::workspaces::WorkspaceBody;
use super::{CSRF, Edge, Member, Refusals, Transport, header, read, session_cookie};
use crate::problem::{Problem, ProblemDocument};

/// How long a browser keeps the session's cookie.
const COOKIE_SECS: i64 = SESSION_LIFETIME.as_millis() / 1_000;

/// Where the caller stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuthState {
    /// Whether nobody can sign in yet: the server's output has a link to create the first owner.
    setup_needed: bool,
    /// Who is signed in.
    member: Option<MemberBody>,
    /// The workspaces they belong to, by creation.
    workspaces: Vec<WorkspaceBody>,
    /// To be sent in the header `x-sonde-csrf` with every change.
    csrf_token: Option<String>,
    /// The URL under which browsers and servers reach this installation.
    public_url: String,
}

/// A person who logs in to the dashboard.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberBody {
    id: String,
    email: String,
}

async fn state_of<E: Engine>(service: &Service<E>, edge: &Edge, member: Option<&SignedIn>) -> Result<AuthState, Problem> {
    let workspaces = match member {
        Some(member) => service.workspaces_of(member.id).await?,
        None => Vec::new(),
    };
    Ok(AuthState {
        setup_needed: member.is_none() && service.is_setup_needed().await?,
        member: member.map(|member| MemberBody { id: member.id.to_string(), email: member.email.clone() }),
        workspaces: workspaces.into_iter().map(WorkspaceBody::from).collect(),
        csrf_token: member.map(|member| service.page_token(member)),
        public_url: edge.0.public_url.clone(),
    })
}

/// Where the caller stands: signed in or not, and what they may see.
#[utoipa::path(
    get, path = "/api/v1/auth/state", tag = "Accounts", operation_id = "authState",
    responses((status = 200, description = "Where the caller stands", body = AuthState))
)]
pub(crate) async fn state<E: Engine>(State(service): State<Arc<Service<E>>>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let edge = Edge::of(&parts)?;
    let transport = edge.transport(&parts);
    let token = session_cookie(&parts.headers, transport);
    let member = match service.signed_in(token).await {
        Ok(member) => Some(member),
        Err(Error::Unauthenticated(_)) => None,
        Err(other) => return Err(other.into()),
    };
    let body = Json(state_of(&service, &edge, member.as_ref()).await?);
    // The browser's copy lives on as the session does.
    match token.filter(|_| member.is_some()) {
        Some(token) => Ok((transport.cookies(token, COOKIE_SECS), body).into_response()),
        None => Ok(body.into_response()),
    }
}

/// The first owner and workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupRequest {
    /// From the link in the server's output.
    token: String,
    email: String,
    /// At least 10 characters.
    password: String,
    /// Name of the workspace.
    workspace: String,
}

/// Create the first owner and sign them in.
#[utoipa::path(
    post, path = "/api/v1/auth/setup", tag = "Accounts", operation_id = "authSetup",
    params(("x-sonde-csrf" = String, Header, description = "`1`")), request_body = SetupRequest,
    responses(
        (status = 201, description = "Created and signed in", body = AuthState),
        (status = 403, description = "Wrong token, or over plain http", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "There is an owner already", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule; each place is named", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn setup<E: Engine>(State(service): State<Arc<Service<E>>>, door: Door, body: Body) -> Result<Response, Problem> {
    let wire: SetupRequest = read(&door.headers, body).await?;
    let input = SetupInput { token: wire.token, email: wire.email, password: wire.password, workspace: wire.workspace };
    let session = service.set_up(input).await?;
    door.let_in(&service, StatusCode::CREATED, session).await
}

/// Who wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    email: String,
    password: String,
}

/// Sign in.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "Accounts", operation_id = "authLogin",
    params(("x-sonde-csrf" = String, Header, description = "`1`")), request_body = LoginRequest,
    responses(
        (status = 200, description = "Signed in", body = AuthState),
        (status = 401, description = "Wrong address or password", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Over plain http", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures; see Retry-After", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn login<E: Engine>(State(service): State<Arc<Service<E>>>, door: Door, body: Body) -> Result<Response, Problem> {
    let wire: LoginRequest = read(&door.headers, body).await?;
    let session = service.log_in(LogIn { email: wire.email, password: wire.password, address: door.address }).await?;
    door.let_in(&service, StatusCode::OK, session).await
}

/// Sign out.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", tag = "Accounts", operation_id = "authLogout", security(("session" = [], "csrf" = [])),
    responses((status = 204, description = "Signed out"), Refusals<'_>)
)]
pub(crate) async fn logout<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    member: Member,
    request: Request,
) -> Result<Response, Problem> {
    service.log_out(&member.0).await?;
    let (parts, _) = request.into_parts();
    let transport = Edge::of(&parts)?.transport(&parts);
    Ok((StatusCode::NO_CONTENT, transport.cookies("", 0)).into_response())
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRequest {
    current: String,
    /// At least 10 characters.
    new: String,
}

/// Change the password. The member's other sessions end.
#[utoipa::path(
    post, path = "/api/v1/auth/password", tag = "Accounts", operation_id = "authPassword", security(("session" = [], "csrf" = [])),
    request_body = PasswordRequest,
    responses(
        (status = 204, description = "Changed"),
        (status = 429, description = "Too many failures; see Retry-After", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn password<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    member: Member,
    door: Door,
    body: Body,
) -> Result<StatusCode, Problem> {
    let wire: PasswordRequest = read(&door.headers, body).await?;
    service.change_password(&member.0, door.address, wire.current, wire.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where secrets pass: private, and asked for by a page of this installation.
pub(crate) struct Door {
    edge: Edge,
    transport: Transport,
    address: Option<std::net::IpAddr>,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Door {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let edge = Edge::of(parts)?;
        let transport = edge.expect_private(parts)?;
        if header(&parts.headers, CSRF).is_none() {
            return Err(Problem::new(StatusCode::FORBIDDEN, "the header x-sonde-csrf is missing"));
        }
        let address = edge.client_address(parts);
        Ok(Self { edge, transport, address, headers: parts.headers.clone() })
    }
}

impl Door {
    async fn let_in<E: Engine>(&self, service: &Service<E>, status: StatusCode, session: NewSession) -> Result<Response, Problem> {
        let body = state_of(service, &self.edge, Some(&session.member)).await?;
        Ok((status, self.transport.cookies(&session.token, COOKIE_SECS), Json(body)).into_response())
    }
}
