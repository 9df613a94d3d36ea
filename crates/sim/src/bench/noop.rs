//! What ingest is measured against: a route that checks the same kind of key and the same body, and stores nothing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use bytes::Bytes;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::key::KeyHash;
use sonde_core::properties::Properties;
use sonde_core::trigger::TriggerName;
use sonde_core::user::UserId;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;

use crate::calls::EVENT_PATH;
use crate::output::{Verdict, say};

/// What the log says once it listens.
pub(super) const READY: &str = "the no-op server is ready";

/// Flags of `noop-server`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Address and port to listen on.
    #[arg(long)]
    listen: SocketAddr,
    /// The one key it knows.
    #[arg(long)]
    key: String,
}

/// The body, as the real route reads it.
#[derive(Deserialize)]
struct EventBody<'a> {
    user_id: &'a str,
    event_name: &'a str,
    #[serde(borrow)]
    properties: &'a RawValue,
    event_id: Option<&'a str>,
}

#[derive(Serialize)]
struct EventAccepted {
    status: &'static str,
    event_id: String,
    duplicate: bool,
}

type Keys = Arc<HashMap<KeyHash, KeyHash>>;

/// Serves until it is stopped.
pub(crate) async fn serve(options: Options) -> anyhow::Result<Verdict> {
    let hash = KeyHash::of(&options.key);
    let keys: Keys = Arc::new(HashMap::from([(hash, hash)]));
    let router = Router::new().route(EVENT_PATH, post(event)).with_state(keys);
    let listener = TcpListener::bind(options.listen).await?;
    say(READY);
    let nodelay = |connection: &mut tokio::net::TcpStream| {
        // As the server does; without it the no-op is the slower.
        let _refused = connection.set_nodelay(true);
    };
    axum::serve(listener.tap_io(nodelay), router).await?;
    Ok(Verdict::Holds)
}

async fn event(State(keys): State<Keys>, headers: HeaderMap, body: Bytes) -> Result<Json<EventAccepted>, StatusCode> {
    let key = headers.get("x-api-key").and_then(|value| value.to_str().ok()).ok_or(StatusCode::UNAUTHORIZED)?;
    let hash = KeyHash::of(key);
    let known = keys.get(&hash).is_some_and(|known| bool::from(known.as_bytes().ct_eq(hash.as_bytes())));
    if !known {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let text = std::str::from_utf8(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let body: EventBody<'_> = serde_json::from_str(text).map_err(|_| StatusCode::BAD_REQUEST)?;
    let user = UserId::new(body.user_id);
    let trigger = TriggerName::new(body.event_name);
    let properties = Properties::parse(body.properties.get());
    if user.is_err() || trigger.is_err() || properties.is_err() {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let event_id = body.event_id.unwrap_or("evt_00000000-0000-7000-8000-000000000000").to_owned();
    Ok(Json(EventAccepted { status: "ok", event_id, duplicate: false }))
}
