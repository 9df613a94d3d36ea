//! The outermost layer: gives every request an id, completes problem documents, logs each request once.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::Response;

use crate::problem::Problem;

/// Unique over restarts: the hash key that the standard library draws at random for each process.
static PROCESS: LazyLock<u64> = LazyLock::new(|| {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id())
});
static COUNTER: AtomicU64 = AtomicU64::new(0);

tokio::task_local! {
    /// The number of the request that is being answered.
    static NUMBER: u64;
}

/// The id of the request that the current task is answering: every line of the log that comes of it names it.
pub fn current() -> Option<String> {
    NUMBER.try_with(|number| text(*number).into_iter().map(char::from).collect()).ok()
}

/// Sixteen hexadecimal digits.
fn text(number: u64) -> [u8; 16] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let number = (*PROCESS << 32) | (number & 0xffff_ffff);
    let mut digits = [0; 16];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = DIGITS[usize::try_from((number >> (4 * place)) & 0xf).unwrap_or(0)];
    }
    digits
}

/// Names the response and completes a problem.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    numbered(&method, &uri, next.run(request)).await
}

/// Answers a request under a number of its own.
pub(crate) async fn numbered(method: &Method, uri: &Uri, answer: impl Future<Output = Response>) -> Response {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    NUMBER.scope(number, async { finished(number, method, uri, answer.await) }).await
}

fn finished(number: u64, method: &Method, uri: &Uri, mut response: Response) -> Response {
    let id = text(number);
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let completed = problem.into_response_for(std::str::from_utf8(&id).unwrap_or_default());
        let (parts, body) = completed.into_parts();
        response.headers_mut().extend(parts.headers);
        *response.body_mut() = body;
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    }
    if let Ok(value) = HeaderValue::from_bytes(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let status = response.status().as_u16();
    // The path alone: a query may carry a ticket, which is never logged.
    let path = uri.path();
    if status >= 500 {
        tracing::warn!(%method, path, status, "request failed");
    } else {
        tracing::debug!(%method, path, status, "request");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_sixteen_digits_and_ends_with_the_number() {
        let id = String::from_utf8(text(0xab_cdef).to_vec()).unwrap();
        assert_eq!(id, format!("{:08x}00abcdef", *PROCESS & 0xffff_ffff));
    }
}
