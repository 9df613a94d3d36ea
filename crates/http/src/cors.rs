//! Which sites may call the client API from a browser: all of them, with named headers, without cookies.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use tower_http::cors::{Any, CorsLayer};

/// Header of the SDK key.
pub(crate) const SDK_KEY: &str = "x-sonde-key";
/// Header of the client token.
pub(crate) const CLIENT_TOKEN: &str = "x-sonde-token";

/// Headers that a page may read, as the answer names them.
const EXPOSED: &str = "etag,retry-after,ratelimit-policy,ratelimit,x-request-id";

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
        .expose_headers(EXPOSED.split(',').map(HeaderName::from_static).collect::<Vec<_>>())
        .max_age(PREFLIGHT_AGE)
}

/// What the layer adds to the answer of a call that is no preflight.
pub(crate) fn name_in(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}
