//! Sessions, identify, attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::limits::CLIENT_BODY_BYTES_MAX;
use sonde_core::user::Namespace;
use sonde_service::{Engine, IdentifyInput, Service, SessionInput, Started};
use utoipa::ToSchema;

use super::config::platform;
use super::{authorised, session};
use crate::body::{self, MediaType};
use crate::problem::{Problem, ProblemDocument};
use crate::wire::{Fields, format_time};

pub(super) type AttributesWire = BTreeMap<String, Box<RawValue>>;

/// Who an SDK speaks for.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SessionRequest {
    /// The customer's id: a string or an integer. Exactly one of `user_id` and `anonymous_id`.
    #[schema(value_type = Option<String>)]
    user_id: Option<Box<RawValue>>,
    /// An id made by the SDK.
    #[schema(value_type = Option<String>)]
    anonymous_id: Option<Box<RawValue>>,
    /// Strings, numbers, booleans; null removes.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    attributes: AttributesWire,
    /// `web`, `ios` or `android`.
    platform: String,
    /// By which the customer's server vouches for the user: a JWT, or an HMAC. Needed where identity proof is on.
    proof: Option<String>,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// Carried by every later call, in `x-sonde-token`; good for 24 hours.
    client_token: String,
    /// With which `GET /stream` may be called for 10 minutes; absent where there is no reason to.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_ticket: Option<String>,
    /// The server's clock, RFC 3339.
    server_time: String,
}

/// Start a session.
#[utoipa::path(
    post, path = "/api/v1/client/session", tag = "Client", operation_id = "clientSession",
    security(("sdk_key" = [])), request_body = SessionRequest,
    responses(
        (status = 200, description = "Started", body = SessionBody),
        (status = 401, description = "Missing or unknown key, missing or bad proof", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn start<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<SessionBody>, Problem> {
    let authorised = authorised(&service, &headers).await?;
    let bytes = body::read(&headers, body, CLIENT_BODY_BYTES_MAX, MediaType::Json).await?;
    let wire: SessionRequest = body::json(&bytes)?;
    let platform = platform(&wire.platform)?;
    let mut fields = Fields::default();
    let user = fields.user(authorised.workspace, wire.user_id.as_deref(), wire.anonymous_id.as_deref());
    let attributes = fields.attributes(&wire.attributes);
    let Some(user) = user.filter(|_| fields.errors.is_empty()) else { return Err(Problem::invalid(fields.errors)) };
    let Started { client_token, stream_ticket } =
        service.start_session(SessionInput { user, platform, attributes, proof: wire.proof }).await?;
    Ok(Json(SessionBody { client_token, stream_ticket, server_time: format_time(service.now()) }))
}

/// Who the anonymous user is.
#[derive(Deserialize, ToSchema)]
pub(crate) struct IdentifyRequest {
    /// The customer's id: a string or an integer.
    #[schema(value_type = String)]
    user_id: Box<RawValue>,
    /// Strings, numbers, booleans; null removes.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    attributes: AttributesWire,
    /// As of a session.
    proof: Option<String>,
}

impl IdentifyRequest {
    pub(super) fn checked(&self, session: &sonde_service::Session) -> Result<IdentifyInput, Problem> {
        let mut fields = Fields::default();
        let user = fields.user(session.user.workspace, Some(&self.user_id), None);
        let attributes = fields.attributes(&self.attributes);
        match user {
            Some(user) if fields.errors.is_empty() => {
                debug_assert_eq!(user.namespace, Namespace::Identified);
                Ok(IdentifyInput { user: user.id, attributes, proof: self.proof.clone() })
            }
            _ => Err(Problem::invalid(fields.errors)),
        }
    }
}

/// A token for the identified user.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentifyBody {
    /// Replaces the token of the anonymous session.
    client_token: String,
    /// As of a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_ticket: Option<String>,
}

/// Unite the session's anonymous user with an identified one.
#[utoipa::path(
    post, path = "/api/v1/client/identify", tag = "Client", operation_id = "clientIdentify",
    security(("sdk_key" = [], "client_token" = [])), request_body = IdentifyRequest,
    responses(
        (status = 200, description = "United", body = IdentifyBody),
        (status = 401, description = "No valid session, missing or bad proof", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "The anonymous id belongs to another user", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn identify<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<IdentifyBody>, Problem> {
    let session = session(&service, &headers).await?;
    let bytes = body::read(&headers, body, CLIENT_BODY_BYTES_MAX, MediaType::Json).await?;
    let wire: IdentifyRequest = body::json(&bytes)?;
    let Started { client_token, stream_ticket } = service.identify(&session, wire.checked(&session)?).await?;
    Ok(Json(IdentifyBody { client_token, stream_ticket }))
}

/// Facts about the user.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AttributesRequest {
    /// Strings, numbers, booleans; null removes.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    attributes: AttributesWire,
}

impl AttributesRequest {
    pub(crate) fn checked(&self) -> Result<Vec<sonde_core::attribute::AttributeChange>, Problem> {
        let mut fields = Fields::default();
        let changes = fields.attributes(&self.attributes);
        if fields.errors.is_empty() { Ok(changes) } else { Err(Problem::invalid(fields.errors)) }
    }
}

/// Done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// `ok`
    pub(crate) status: &'static str,
}

/// Set attributes of the session's user.
#[utoipa::path(
    post, path = "/api/v1/client/attributes", tag = "Client", operation_id = "clientAttributes",
    security(("sdk_key" = [], "client_token" = [])), request_body = AttributesRequest,
    responses(
        (status = 200, description = "Set", body = Done),
        (status = 401, description = "No valid session", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn attributes<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Done>, Problem> {
    let session = session(&service, &headers).await?;
    let bytes = body::read(&headers, body, CLIENT_BODY_BYTES_MAX, MediaType::Json).await?;
    let wire: AttributesRequest = body::json(&bytes)?;
    service.set_attributes(&session, &wire.checked()?).await?;
    Ok(Json(Done { status: "ok" }))
}
