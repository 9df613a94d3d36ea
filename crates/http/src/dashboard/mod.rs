//! The dashboard's API. Whoever is signed in comes through [`Member`]; whatever lies in a workspace comes through
//! [`InWorkspace`], the one place that asks whether the member belongs to it.

pub(crate) mod auth;
pub(crate) mod cohorts;
pub(crate) mod connections;
mod csv;
mod edge;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod identity;
pub(crate) mod params;
pub(crate) mod results;
mod results_filter;
pub(crate) mod settings;
pub(crate) mod surveys;
pub(crate) mod triggers;
pub(crate) mod users;
pub(crate) mod workspaces;

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::header::{CACHE_CONTROL, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use serde::de::DeserializeOwned;
use sonde_core::id::WorkspaceId;
use sonde_service::accounts::SignedIn;
use sonde_service::{Engine, Error, Service};
use utoipa::IntoResponses;

pub(crate) use edge::{Edge, Transport};
pub use edge::{EdgeOptions, Peer};
pub(crate) use params::Params;

use crate::body::{self, MediaType};
use crate::problem::{Problem, ProblemDocument};

/// Header that every change carries. A browser asks the server before it sends one across origins, and gets no leave.
pub(crate) const CSRF: &str = "x-sonde-csrf";

/// Largest body of a call that carries no survey document, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Somebody who is signed in; for anything but reading, from a page of this installation.
pub(crate) struct Member(pub(crate) SignedIn);

/// A member in a workspace that they belong to: the `{workspace}` of the path.
pub(crate) struct InWorkspace {
    /// Which.
    pub(crate) workspace: WorkspaceId,
}

/// What any call of a member may be answered with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes the answers for OpenAPI")]
pub(crate) enum Refusals<'a> {
    /// Not signed in
    #[response(status = 401, content_type = "application/problem+json")]
    SignIn(#[to_schema] ProblemDocument<'a>),
    /// The header x-sonde-csrf is missing or wrong
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[to_schema] ProblemDocument<'a>),
    /// No such thing, or not the member's
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[to_schema] ProblemDocument<'a>),
    /// Breaks a rule; each place is named
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(#[to_schema] ProblemDocument<'a>),
}

impl<E: Engine> FromRequestParts<Arc<Service<E>>> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service<E>>) -> Result<Self, Problem> {
        let edge = Edge::of(parts)?;
        let member = service.signed_in(session_cookie(&parts.headers, edge.transport(parts))).await?;
        if !parts.method.is_safe() {
            service.expect_page_token(&member, header(&parts.headers, CSRF))?;
        }
        Ok(Self(member))
    }
}

impl<E: Engine> FromRequestParts<Arc<Service<E>>> for InWorkspace {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service<E>>) -> Result<Self, Problem> {
        let Member(member) = Member::from_request_parts(parts, service).await?;
        let no_such = || Problem::from(Error::NotFound("workspace"));
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, service).await.map_err(|_| no_such())?;
        let workspace = path.get("workspace").and_then(|text| text.parse().ok()).ok_or_else(no_such)?;
        service.expect_member(&member, workspace).await?;
        Ok(Self { workspace })
    }
}

/// The token in the session's cookie.
fn session_cookie(headers: &HeaderMap, transport: Transport) -> Option<&str> {
    let pairs = || {
        let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='))
    };
    transport.cookie_names().iter().find_map(|name| pairs().find(|(known, _)| known == name).map(|(_, token)| token))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Reads a body whose type refuses unknown fields.
pub(crate) async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Problem> {
    body::json(&body::read(headers, body, BODY_BYTES_MAX, MediaType::Json).await?)
}

/// What members see is kept by nobody on the way.
pub(crate) async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
