//! Reading bodies: bounded before anything is allocated, the media type checked, errors with JSON pointers.

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use sonde_service::FieldError;

use crate::problem::Problem;

/// Which media types a call takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// `application/json`, or none named.
    Json,
    /// `text/plain` too: what `sendBeacon` sends without a preflight.
    JsonOrText,
}

/// Reads a body of at most `max` bytes.
pub(crate) async fn read(headers: &HeaderMap, body: Body, max: usize, media_type: MediaType) -> Result<Bytes, Problem> {
    check_media_type(headers, media_type)?;
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body must be at most {max} bytes"));
    if body.size_hint().lower() > max as u64 {
        return Err(too_large());
    }
    axum::body::to_bytes(body, max).await.map_err(|error| {
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            if inner.to_string().contains("length limit") {
                return too_large();
            }
            source = inner.source();
        }
        if error.to_string().contains("length limit") { too_large() } else { Problem::malformed("the body could not be read") }
    })
}

fn check_media_type(headers: &HeaderMap, wanted: MediaType) -> Result<(), Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let json = essence.eq_ignore_ascii_case("application/json");
    let text = wanted == MediaType::JsonOrText && essence.eq_ignore_ascii_case("text/plain");
    if json || text {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be sent as content-type: application/json"))
}

/// The body as text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::malformed("the body is not valid UTF-8"))
}

/// Reads JSON into a wire type. Not JSON is 400; JSON of another shape is 422 with the place.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_str(text(bytes)?);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| shape_problem(&error))?;
    deserializer.end().map_err(|error| Problem::malformed(format!("the body is not valid JSON: {error}")))?;
    Ok(value)
}

fn shape_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if !error.inner().is_data() {
        return Problem::malformed(format!("the body is not valid JSON: {}", error.inner()));
    }
    Problem::invalid(vec![FieldError::new(pointer(error.path()), error.inner())])
}

/// A path as a JSON pointer.
pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}
