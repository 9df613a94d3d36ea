//! The outermost layer: gives every request an id, completes problem documents, logs each request once.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::http::HeaderValue;
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
    NUMBER.try_with(|number| text(*number)).ok()
}

fn text(number: u64) -> String {
    format!("{:08x}{number:08x}", *PROCESS & 0xffff_ffff)
}

/// Names the response and completes a problem.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    NUMBER.scope(number, numbered(number, request, next)).await
}

async fn numbered(number: u64, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    // The path alone: a query may carry a ticket, which is never logged.
    let path = tracing::enabled!(tracing::Level::INFO).then(|| request.uri().path().to_owned());
    let mut response = next.run(request).await;
    let id = text(number);
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let completed = problem.into_response_for(&id);
        let (parts, body) = completed.into_parts();
        response.headers_mut().extend(parts.headers);
        *response.body_mut() = body;
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    let status = response.status().as_u16();
    if status >= 500 {
        tracing::warn!(%method, path, status, "request failed");
    } else {
        tracing::debug!(%method, path, status, "request");
    }
    response
}
