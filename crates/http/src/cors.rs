//! Which sites may call the client API from a browser: all of them, with named headers, without cookies.

use std::time::Duration;

use axum::http::{HeaderName, Method, header};
use tower_http::cors::{Any, CorsLayer};

use crate::problem::{RATE_LIMIT, RATE_LIMIT_POLICY};

/// Header of the SDK key.
pub(crate) const SDK_KEY: &str = "x-sonde-key";
/// Header of the client token.
pub(crate) const CLIENT_TOKEN: &str = "x-sonde-token";

/// How long a browser may remember a preflight's answer; Chromium caps it at two hours.
const PREFLIGHT_AGE: Duration = Duration::from_hours(2);

/// The rules for the client API.
pub(crate) fn client_layer() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static(SDK_KEY),
            HeaderName::from_static(CLIENT_TOKEN),
        ])
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            HeaderName::from_static(RATE_LIMIT_POLICY),
            HeaderName::from_static(RATE_LIMIT),
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(PREFLIGHT_AGE)
}
