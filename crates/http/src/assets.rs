//! What is embedded in the binary: the web SDK with its widget under `/sdk/`, the dashboard everywhere else.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::Problem;
use crate::wire::etag;

/// Built by npm; empty where it was not built, so that cargo builds and tests without Node.
#[derive(RustEmbed)]
#[folder = "../../web/sdk-web/dist/embed/"]
#[allow_missing = true]
struct Sdk;

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A file of the SDK. Names with a hash never change; the loader is looked up again after five minutes.
pub(crate) async fn sdk(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let missing = || Problem::new(StatusCode::NOT_FOUND, "there is no such file; was the web SDK built?");
    let mut response = find::<Sdk>(&path, &headers).ok_or_else(missing)?;
    let immutable = path.rsplit('/').next().is_some_and(|name| name.starts_with("widget-") || name.starts_with("stream-"));
    let caching = if immutable { IMMUTABLE } else { "public, max-age=300" };
    let fixed = response.headers_mut();
    fixed.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    fixed.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    fixed.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    fixed.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    fixed.insert(VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

/// Built by npm; empty where it was not built.
#[derive(RustEmbed)]
#[folder = "../../web/dashboard/dist/"]
#[allow_missing = true]
struct Dashboard;

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// What a page of the dashboard may do: run its own scripts and talk to this server, nothing else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// Shown in place of a dashboard that was not built.
const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sonde</title>\
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}</style>\
<h1>Sonde is running</h1><p>This binary was built without its dashboard. Build it with <code>cargo xtask build</code>, \
or use <code>sonde admin</code> and the API: <a href=\"/api/openapi.json\">/api/openapi.json</a>.</p>";

/// A file of the dashboard, or its page: the page finds its own way by the path.
pub(crate) async fn dashboard(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let path = uri.path().trim_start_matches('/');
    let is_elsewhere = ["api", "sdk", "healthz", "readyz"].contains(&path.split('/').next().unwrap_or_default());
    if is_elsewhere || !matches!(method, Method::GET | Method::HEAD) {
        return Err(Problem::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", uri.path())));
    }
    let is_asset = path.starts_with("assets/");
    // A compressed sibling is no page of its own.
    let is_sibling = std::path::Path::new(path).extension().is_some_and(|end| end == "br" || end == "gz");
    let mut response = match find::<Dashboard>(path, &headers).filter(|_| !is_sibling) {
        Some(response) => response,
        None if is_asset => return Err(Problem::new(StatusCode::NOT_FOUND, "there is no such file")),
        None => match find::<Dashboard>("index.html", &headers) {
            Some(page) => page,
            None => ([(CONTENT_TYPE, "text/html; charset=utf-8")], PLACEHOLDER).into_response(),
        },
    };
    let caching = if is_asset { IMMUTABLE } else { "no-cache" };
    let fixed = response.headers_mut();
    fixed.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    fixed.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    fixed.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    fixed.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    fixed.insert(VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

/// A file in the smallest form that the browser takes.
fn find<Files: RustEmbed>(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Files::get(path)?;
    let compressed = [("br", ".br"), ("gzip", ".gz")].into_iter().filter(|(coding, _)| takes(headers, coding));
    let mut files = compressed.filter_map(|(coding, end)| Some((coding, Files::get(&format!("{path}{end}"))?)));
    let (coding, file) = match files.next() {
        Some((coding, file)) => (Some(coding), file),
        None => (None, plain),
    };
    let etag = etag(&file.metadata.sha256_hash());
    let mut response = unless_known(headers, &etag, file);
    let fixed = response.headers_mut();
    fixed.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    if let Some(coding) = coding {
        fixed.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        fixed.insert(ETAG, etag);
    }
    Some(response)
}

/// Whether the browser takes a coding: named, and not with the quality 0.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let quality = parts.find_map(|part| part.strip_prefix("q=")).and_then(|quality| quality.parse::<f32>().ok());
        is_named && quality.is_none_or(|quality| quality > 0.0)
    })
}

/// The file, unless the browser has it.
fn unless_known(headers: &HeaderMap, etag: &str, file: EmbeddedFile) -> Response {
    let is_known = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    if is_known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(file.data).into_response() }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("map" | "json") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_taken_when_it_is_named_and_not_refused() {
        let offered = |value: &'static str| HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]);
        for named in ["br", "gzip, deflate, br", "gzip;q=1.0, BR;q=0.5"] {
            assert!(takes(&offered(named), "br"), "{named}");
        }
        for other in ["", "gzip", "br;q=0", "gzip, br; q=0.0", "brotli"] {
            assert!(!takes(&offered(other), "br"), "{other}");
        }
    }
}
