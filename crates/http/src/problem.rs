//! Problem documents (RFC 9457), and the one table from error to status.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sonde_service::rate_limit::OverLimit;
use sonde_service::{Error, FieldError};
use utoipa::ToSchema;

/// What is allowed, and what is left of it.
pub(crate) const RATE_LIMIT_POLICY: &str = "ratelimit-policy";
/// The same.
pub(crate) const RATE_LIMIT: &str = "ratelimit";

/// Why a request was not done. The request id is added on the way out.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
    pub(crate) errors: Vec<FieldError>,
    retry_after_secs: Option<u32>,
    over_limit: Option<OverLimit>,
    draft_revision: Option<u64>,
}

/// `application/problem+json`
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemDocument<'a> {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, for people.
    detail: &'a str,
    /// To be named when asking for help; also in the server's log.
    request_id: &'a str,
    /// For bad input: every place that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<PointedError<'a>>,
    /// For a draft that somebody else changed in between: its revision now.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft_revision: Option<u64>,
}

/// One place of the input that is wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct PointedError<'a> {
    /// JSON pointer into the body, `""` for the whole.
    pointer: &'a str,
    /// What is wrong there.
    detail: &'a str,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), retry_after_secs: None, over_limit: None, draft_revision: None }
    }

    /// 400: the body cannot be read at all.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 422: the body can be read and breaks rules.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "the request breaks a rule") }
    }

    /// 409: somebody else changed the draft in between.
    pub(crate) fn stale_draft(revision: u64) -> Self {
        Self { draft_revision: Some(revision), ..Self::new(StatusCode::CONFLICT, "the draft was changed in between; look at it again") }
    }

    /// The status and what is wrong first, in one line.
    pub(crate) fn reason(&self) -> String {
        let status = self.status.as_u16();
        match self.errors.first() {
            Some(error) => format!("{status} {}: {}", error.pointer, error.detail),
            None => format!("{status} {}", self.detail),
        }
    }

    /// The document's text.
    pub(crate) fn document(&self, request_id: &str) -> String {
        let document = ProblemDocument {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            request_id,
            errors: self.errors.iter().map(|error| PointedError { pointer: &error.pointer, detail: &error.detail }).collect(),
            draft_revision: self.draft_revision,
        };
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// The response for a request. Everything but the request id is known when the problem arises.
    pub(crate) fn into_response_for(self, request_id: &str) -> Response {
        let mut response = Response::new(Body::from(self.document(request_id)));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(secs) = self.retry_after_secs {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::REQUEST_TIMEOUT {
            // What remains of the body would be taken for the next request.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(over) = self.over_limit {
            name_limit(response.headers_mut(), over);
        }
        response
    }
}

/// Says what is allowed and what is left of it: `RateLimit-Policy` and `RateLimit` of the IETF's draft 10, in which `q` is a
/// quota over a window of `w` seconds, `r` what remains of it, and `t` in how many seconds there is more.
fn name_limit(headers: &mut HeaderMap, over: OverLimit) {
    let (name, quota, window) = (over.limited.name(), over.rate.burst(), over.rate.window_secs());
    let policy = format!("\"{name}\";q={quota};w={window}");
    let state = format!("\"{name}\";r=0;t={}", over.retry_after_secs);
    for (header, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(header), value);
        }
    }
}

impl IntoResponse for Problem {
    /// Travels as an extension to the outermost layer, which knows the request id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The table.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Unauthenticated(detail) => Self::new(StatusCode::UNAUTHORIZED, detail),
            Error::Forbidden(detail) => Self::new(StatusCode::FORBIDDEN, detail),
            Error::TooManyAttempts { retry_after_secs } => Self {
                retry_after_secs: Some(retry_after_secs),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too many attempts; wait a while")
            },
            Error::RateLimited(over) => Self {
                retry_after_secs: Some(over.retry_after_secs),
                over_limit: Some(over),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too many calls at once; wait and try again")
            },
            Error::NotFound(what) => Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}")),
            Error::Conflict(detail) => Self::new(StatusCode::CONFLICT, detail),
            Error::Invalid(errors) => Self::invalid(errors),
            Error::Busy { retry_after_secs } => Self {
                retry_after_secs: Some(retry_after_secs),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "the server is busy; nothing was stored, try again")
            },
            Error::Storage(error) => {
                tracing::error!(%error, "the store failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server")
            }
        }
    }
}
