//! An installation in memory behind its real router, with one live survey, called by one thread.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sonde_core::id::WorkspaceId;
use sonde_core::time::Timestamp;
use sonde_http::{EdgeOptions, Peer, PublicApi, public_api};
use sonde_service::admin::{ImportInput, InitInput};
use sonde_service::{ManualClock, QueueOptions, Service};
use sonde_storage::memory::MemoryStore;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// Calls until an installation is thrown away: what is stored must not pile up.
const CALLS_MAX: u32 = 20_000;
const PASSWORD: &str = "correct horse battery";
const EMAIL: &str = "owner@example.org";

/// The installation and who may call it.
pub(crate) struct App {
    runtime: Runtime,
    api: PublicApi<MemoryStore>,
    calls: u32,
    /// Secret key of servers.
    pub(crate) backend_key: String,
    /// Public key of sites.
    pub(crate) sdk_key: String,
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// The live survey, as text.
    pub(crate) survey: String,
    /// Session cookie of the owner.
    pub(crate) cookie: String,
    /// Token of the user `ada`.
    pub(crate) token: String,
}

/// What came back.
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its body.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
}

/// Lends this thread's installation.
pub(crate) fn with<T>(run: impl FnOnce(&mut App) -> T) -> T {
    thread_local!(static APP: RefCell<Option<App>> = const { RefCell::new(None) });
    APP.with_borrow_mut(|app| {
        if app.as_ref().is_none_or(|app| app.calls >= CALLS_MAX) {
            *app = Some(App::new());
        }
        run(app.as_mut().expect("made just now"))
    })
}

impl App {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_800_000_000_000)));
        let (service, made, survey) = runtime.block_on(async {
            let service = Service::start(Arc::new(MemoryStore::new()), clock, QueueOptions::default()).await.expect("a service");
            let input = InitInput { workspace: "Books".to_owned(), email: EMAIL.to_owned(), password: PASSWORD.to_owned() };
            let made = service.init(input).await.expect("a workspace");
            let import = ImportInput { workspace: made.workspace, survey: None, document: document().to_string(), launch: true };
            let survey = service.import_survey(import).await.expect("a survey").survey;
            (service, made, survey)
        });
        let options = EdgeOptions { public_url: "http://localhost:8080".to_owned(), insecure_cookie: false, ..EdgeOptions::default() };
        let mut app = Self {
            runtime,
            api: public_api(service, options),
            calls: 0,
            backend_key: made.backend_key,
            sdk_key: made.sdk_key,
            workspace: made.workspace,
            survey: survey.to_string(),
            cookie: String::new(),
            token: String::new(),
        };
        app.cookie = app.signed_in();
        let session = app.session(&json!({"user_id": "ada", "platform": "web"})).json();
        session["client_token"].as_str().expect("a token").clone_into(&mut app.token);
        app
    }

    fn signed_in(&mut self) -> String {
        let request = Request::post("/api/v1/auth/login").header("x-sonde-csrf", "1").header(header::CONTENT_TYPE, "application/json");
        let mut request = request.body(Body::from(json!({"email": EMAIL, "password": PASSWORD}).to_string())).expect("a request");
        request.headers_mut().insert(header::HOST, "localhost:8080".parse().expect("a host"));
        let router = self.api.clone();
        let response = self.runtime.block_on(async { router.oneshot(with_peer(request)).await }).expect("an answer");
        let cookie = response.headers()[header::SET_COOKIE].to_str().expect("a cookie");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    /// Starts a session.
    pub(crate) fn session(&mut self, body: &Value) -> Answer {
        let key = self.sdk_key.clone();
        self.call(Method::POST, "/api/v1/client/session", &[("x-sonde-key", &key)], body.to_string().into_bytes())
    }

    /// Makes a call with a body that says it is JSON, unless `headers` say otherwise. Never may the answer be a 500.
    pub(crate) fn call(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.calls += 1;
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:8080");
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = with_peer(request.body(Body::from(body)).expect("a request"));
        let router = self.api.clone();
        let (status, bytes) = self.runtime.block_on(async {
            let response = router.oneshot(request).await.expect("an answer");
            (response.status(), response.into_body().collect().await.expect("a body").to_bytes().to_vec())
        });
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{}", String::from_utf8_lossy(&bytes));
        Answer { status, bytes }
    }
}

fn with_peer(mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(Peer(SocketAddr::from(([127, 0, 0, 1], 40_000))));
    request
}

fn document() -> Value {
    json!({
        "format_version": 1, "name": "Sleep", "default_language": "en",
        "questions": [{"id": "nps", "type": "nps_feedback", "title": {"en": "How likely?"}},
                      {"id": "say", "type": "input_feedback", "title": {"en": "Why?"}}],
        "launch": {"frontend_triggers": [{"name": "MainActivity"}], "repeat": {"until": "always"}}
    })
}
