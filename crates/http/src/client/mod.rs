//! The client API: what an SDK calls. The published contract is `docs/client-protocol.md`.

pub(crate) mod batch;
pub(crate) mod config;
pub(crate) mod content;
pub(crate) mod displays;
mod logic;
pub(crate) mod session;
pub(crate) mod stream;
pub(crate) mod trigger;

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use sonde_core::key::KeyKind;
use sonde_service::{Authorised, Engine, Service, Session};

use crate::cors::{CLIENT_TOKEN, SDK_KEY};
use crate::problem::Problem;

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The holder of the SDK key.
async fn authorised<E: Engine>(service: &Service<E>, headers: &HeaderMap) -> Result<Authorised, Problem> {
    holder(service, headers, header(headers, SDK_KEY)).await
}

/// The holder of an SDK key, who calls from a site that the workspace allows.
async fn holder<E: Engine>(service: &Service<E>, headers: &HeaderMap, key: Option<&str>) -> Result<Authorised, Problem> {
    let authorised = service.authorise(key, KeyKind::Sdk).await?;
    service.expect_allowed_origin(&authorised, header(headers, ORIGIN.as_str()))?;
    Ok(authorised)
}

/// The session of the token.
async fn session<E: Engine>(service: &Service<E>, headers: &HeaderMap) -> Result<Session, Problem> {
    let authorised = authorised(service, headers).await?;
    Ok(service.session_of(&authorised, header(headers, CLIENT_TOKEN))?)
}
