//! The client API: what an SDK calls. The published contract is `docs/client-protocol.md`.

pub(crate) mod batch;
pub(crate) mod config;
pub(crate) mod content;
pub(crate) mod displays;
mod logic;
pub(crate) mod session;
pub(crate) mod trigger;

use axum::http::HeaderMap;
use sonde_core::key::KeyKind;
use sonde_service::{Authorised, Engine, Service, Session};

use crate::cors::{CLIENT_TOKEN, SDK_KEY};
use crate::problem::Problem;

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The holder of the SDK key.
async fn authorised<E: Engine>(service: &Service<E>, headers: &HeaderMap) -> Result<Authorised, Problem> {
    Ok(service.authorise(header(headers, SDK_KEY), KeyKind::Sdk).await?)
}

/// The session of the token.
async fn session<E: Engine>(service: &Service<E>, headers: &HeaderMap) -> Result<Session, Problem> {
    let authorised = authorised(service, headers).await?;
    Ok(service.session_of(&authorised, header(headers, CLIENT_TOKEN))?)
}
