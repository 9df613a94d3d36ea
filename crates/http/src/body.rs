//! Reading bodies: bounded before anything is allocated, the media type checked, errors with JSON pointers.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
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
    /// `application/x-ndjson` too: one JSON value a line.
    JsonOrLines,
}

/// The media type of JSON by lines.
const LINES: &str = "application/x-ndjson";

/// How long the rest of a body may take that did not come with its head.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// A body up to this size is read in any case, in bytes.
const SMALL_BYTES_MAX: usize = 64 * 1024;
/// What all larger bodies that are being read may hold together, in bytes.
const LARGE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// What they hold.
static LARGE_BYTES: AtomicUsize = AtomicUsize::new(0);

/// A share of what large bodies may hold, given back at the end.
#[derive(Default)]
struct Share(usize);

impl Share {
    /// Room for a body of this size.
    fn grow_to(&mut self, bytes: usize) -> Result<(), Problem> {
        if bytes <= SMALL_BYTES_MAX || bytes <= self.0 {
            return Ok(());
        }
        let more = bytes - self.0;
        let before = LARGE_BYTES.fetch_add(more, Ordering::Relaxed);
        self.0 = bytes;
        if before + more > LARGE_BYTES_MAX { Err(sonde_service::Error::Busy { retry_after_secs: 1 }.into()) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.0 > 0 {
            LARGE_BYTES.fetch_sub(self.0, Ordering::Relaxed);
        }
    }
}

/// How much of a refused body is still read, so that the refusal reaches a client that is in the middle of sending.
const DISCARDED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// And how long.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads a body of at most `max` bytes.
pub(crate) async fn read<B: HttpBody<Data = Bytes> + Unpin>(
    headers: &HeaderMap,
    mut body: B,
    max: usize,
    media_type: MediaType,
) -> Result<Bytes, Problem> {
    check_media_type(headers, media_type)?;
    let said = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let read = if said > max { None } else { collect_in_time(&mut body, max, said).await? };
    if read.is_none() {
        // Closing a connection with unread bytes resets it, and the client never sees why.
        let _late = tokio::time::timeout(DISCARD_TIMEOUT, discard(&mut body)).await;
    }
    read.ok_or_else(|| too_large(max))
}

/// 413
pub(crate) fn too_large(max: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body must be at most {max} bytes"))
}

/// The whole body; `None` when it is longer than `max`. A body that came with its head needs no timer.
async fn collect_in_time<B: HttpBody<Data = Bytes> + Unpin>(body: &mut B, max: usize, said: usize) -> Result<Option<Bytes>, Problem> {
    let mut collecting = pin!(collect(body, max, said));
    match std::future::poll_fn(|context| Poll::Ready(collecting.as_mut().poll(context))).await {
        Poll::Ready(collected) => collected,
        Poll::Pending => match tokio::time::timeout(BODY_TIMEOUT, collecting).await {
            Ok(collected) => collected,
            Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
        },
    }
}

/// The whole body; `None` when it is longer than `max`.
async fn collect<B: HttpBody<Data = Bytes> + Unpin>(body: &mut B, max: usize, said: usize) -> Result<Option<Bytes>, Problem> {
    let mut first: Option<Bytes> = None;
    let mut joined = Vec::new();
    let mut share = Share::default();
    while let Some(data) = next_data(body).await? {
        let length = first.as_ref().map_or(joined.len(), Bytes::len) + data.len();
        if length > max {
            return Ok(None);
        }
        share.grow_to(length)?;
        match first.take() {
            // The common case: all of it in one piece, nothing is copied.
            None if joined.is_empty() => first = Some(data),
            before => {
                joined.reserve(length.max(said) - joined.len());
                joined.extend_from_slice(before.as_deref().unwrap_or_default());
                joined.extend_from_slice(&data);
            }
        }
    }
    Ok(Some(first.unwrap_or_else(|| joined.into())))
}

async fn discard<B: HttpBody<Data = Bytes> + Unpin>(body: &mut B) {
    let mut discarded = 0;
    while let Ok(Some(data)) = next_data(body).await {
        discarded += data.len();
        if discarded > DISCARDED_BYTES_MAX {
            return;
        }
    }
}

async fn next_data<B: HttpBody<Data = Bytes> + Unpin>(body: &mut B) -> Result<Option<Bytes>, Problem> {
    loop {
        match std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            None => return Ok(None),
            Some(Err(_)) => return Err(Problem::malformed("the body could not be read")),
            // Anything that is not data is a trailer, which says nothing here.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

fn essence(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

/// Whether the body is said to be JSON by lines.
pub(crate) fn is_lines(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| essence(value).eq_ignore_ascii_case(LINES))
}

fn check_media_type(headers: &HeaderMap, wanted: MediaType) -> Result<(), Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = essence(value);
    let json = essence.eq_ignore_ascii_case("application/json");
    let text = wanted == MediaType::JsonOrText && essence.eq_ignore_ascii_case("text/plain");
    let lines = wanted == MediaType::JsonOrLines && essence.eq_ignore_ascii_case(LINES);
    if json || text || lines {
        return Ok(());
    }
    let or_lines = if wanted == MediaType::JsonOrLines { " or application/x-ndjson" } else { "" };
    let detail = format!("the body must be sent as content-type: application/json{or_lines}");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

/// The body as text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::malformed("the body is not valid UTF-8"))
}

/// Reads JSON into a wire type. Not JSON is 400; JSON of another shape is 422 with the place.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = text(bytes)?;
    // Keeping track of the place costs more than the reading itself: it is asked for once something is wrong.
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
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
            Segment::Seq { index } => pointer.extend(["/", &index.to_string()]),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}
