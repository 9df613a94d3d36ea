//! An installation to test: no socket, no disk, a clock that stands still.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sonde_core::id::WorkspaceId;
use sonde_core::time::{Span, Timestamp};
use sonde_http::{EdgeOptions, Peer, PublicApi, public_api};
use sonde_service::admin::InitInput;
use sonde_service::{ManualClock, QueueOptions, Service};
use sonde_storage::memory::MemoryStore;
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const OWNER: &str = "owner@example.org";

/// An installation.
pub(crate) struct TestApp {
    pub(crate) service: Arc<Service<MemoryStore>>,
    clock: Arc<ManualClock>,
    api: PublicApi<MemoryStore>,
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) enum Persona {
    /// Nobody in particular.
    Anonymous,
    /// A member, by cookie and page token.
    Member { cookie: String, csrf: String },
    /// A server.
    Backend(String),
    /// An app or site.
    Sdk(String),
}

/// A member with a workspace, and its keys.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub(crate) persona: Persona,
    pub(crate) workspace: WorkspaceId,
    pub(crate) backend_key: String,
    pub(crate) sdk_key: String,
}

impl Owner {
    /// A path within the workspace.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/workspaces/{}{rest}", self.workspace)
    }

    pub(crate) fn backend(&self) -> Persona {
        Persona::Backend(self.backend_key.clone())
    }

    pub(crate) fn sdk(&self) -> Persona {
        Persona::Sdk(self.sdk_key.clone())
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    async fn of(response: axum::response::Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Self { status: parts.status, headers: parts.headers, bytes }
    }

    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl TestApp {
    /// An empty installation, reached at `http://localhost:8080`.
    pub(crate) async fn new() -> Self {
        Self::at("http://localhost:8080", false).await
    }

    /// An empty installation under another public URL.
    pub(crate) async fn at(public_url: &str, insecure_cookie: bool) -> Self {
        Self::with_queue(public_url, insecure_cookie, QueueOptions::default()).await
    }

    /// An empty installation whose write queue has its own limits.
    pub(crate) async fn with_queue(public_url: &str, insecure_cookie: bool, queue: QueueOptions) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_800_000_000_000)));
        let service = Service::start(Arc::new(MemoryStore::new()), clock.clone(), queue).await.unwrap();
        let options = EdgeOptions { public_url: public_url.to_owned(), insecure_cookie, ..EdgeOptions::default() };
        Self { api: public_api(Arc::clone(&service), options), service, clock }
    }

    /// The same with an owner who is signed in.
    pub(crate) async fn with_owner(self) -> (Self, Owner) {
        let owner = self.owner(OWNER, "Books").await;
        (self, owner)
    }

    /// A member with a workspace of their own.
    pub(crate) async fn owner(&self, email: &str, workspace: &str) -> Owner {
        let input = InitInput { workspace: workspace.to_owned(), email: email.to_owned(), password: PASSWORD.to_owned() };
        let made = self.service.init(input).await.unwrap();
        let persona = self.sign_in(email, PASSWORD).await;
        Owner { persona, workspace: made.workspace, backend_key: made.backend_key, sdk_key: made.sdk_key }
    }

    /// Signs a member in.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Persona {
        let answer = self.log_in(email, password).await;
        let state = answer.expect(200);
        Persona::Member { cookie: cookie(&answer), csrf: state["csrf_token"].as_str().unwrap().to_owned() }
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.send(Self::request(&Persona::Anonymous, Method::POST, "/api/v1/auth/login", Some(&body)).header("x-sonde-csrf", "1"), &body)
            .await
    }

    /// Calls as somebody. A member's change carries the page token.
    pub(crate) async fn call(&self, persona: &Persona, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = Self::request(persona, method, path, body.as_ref());
        self.send(request, &body.unwrap_or(Value::Null)).await
    }

    pub(crate) async fn get(&self, persona: &Persona, path: &str) -> Answer {
        self.call(persona, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, persona: &Persona, path: &str, body: Value) -> Answer {
        self.call(persona, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, persona: &Persona, path: &str, body: Value) -> Answer {
        self.call(persona, Method::PUT, path, Some(body)).await
    }

    /// A request as somebody would send it, to be changed before it is [sent](Self::send).
    pub(crate) fn request(persona: &Persona, method: Method, path: &str, body: Option<&Value>) -> axum::http::request::Builder {
        let is_change = !method.is_safe();
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:8080");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        match persona {
            Persona::Anonymous => request,
            Persona::Backend(key) => request.header("x-api-key", key),
            Persona::Sdk(key) => request.header("x-sonde-key", key),
            Persona::Member { cookie, csrf } if is_change => request.header(header::COOKIE, cookie).header("x-sonde-csrf", csrf),
            Persona::Member { cookie, .. } => request.header(header::COOKIE, cookie),
        }
    }

    /// Sends a request from this machine.
    pub(crate) async fn send(&self, request: axum::http::request::Builder, body: &Value) -> Answer {
        self.send_from([127, 0, 0, 1], request, body).await
    }

    /// Sends a request from an address.
    pub(crate) async fn send_from(&self, address: [u8; 4], request: axum::http::request::Builder, body: &Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send_bytes(address, request, body).await
    }

    /// Sends a request with any bytes as its body.
    pub(crate) async fn send_bytes(&self, address: [u8; 4], request: axum::http::request::Builder, body: Vec<u8>) -> Answer {
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(Peer(SocketAddr::from((address, 40_000))));
        Answer::of(self.api.clone().oneshot(request).await.unwrap()).await
    }

    /// Sends a request with any body.
    pub(crate) async fn send_raw(&self, request: axum::http::request::Builder, body: String) -> Answer {
        Answer::of(self.api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()).await
    }

    /// The same through the router, whatever the call.
    pub(crate) async fn send_routed(&self, request: axum::http::request::Builder, body: String) -> Answer {
        Answer::of(self.api.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()).await
    }

    /// The response itself, for streams.
    pub(crate) async fn open(&self, persona: &Persona, path: &str) -> axum::response::Response {
        let mut request = Self::request(persona, Method::GET, path, None).body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        self.api.clone().oneshot(request).await.unwrap()
    }

    pub(crate) const fn api(&self) -> &PublicApi<MemoryStore> {
        &self.api
    }

    pub(crate) fn advance(&self, by: Span) {
        self.clock.advance(by);
    }
}

/// The cookie that an answer sets, as a browser sends it back.
pub(crate) fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}
