//! The requests that customers' servers and SDKs send.

use serde_json::{Value, json};

use crate::http::request;

/// Path of ingest.
pub(crate) const EVENT_PATH: &str = "/api/v1/connections/backend/event";
/// Path of ingest of many events.
pub(crate) const EVENTS_PATH: &str = "/api/v1/connections/backend/events";

/// Who a call is about.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// By the customer's id.
    User(String),
    /// By an id that an SDK made.
    Anonymous(String),
}

impl Subject {
    /// The field of a body that names it.
    const fn field(&self) -> (&'static str, &String) {
        match self {
            Self::User(id) => ("user_id", id),
            Self::Anonymous(id) => ("anonymous_id", id),
        }
    }
}

/// Answers to the survey of [`crate::site::survey`], as one revision holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) revision: u64,
    pub(crate) completed: bool,
    pub(crate) score: u64,
    pub(crate) why: String,
}

impl Answers {
    /// As calls and rows write them.
    pub(crate) fn wire(&self) -> Value {
        json!({"score": {"number": self.score}, "why": {"text": self.why}, "stars": {"number": 1 + self.score % 5}})
    }
}

/// Makes the requests of one workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    backend_key: String,
    sdk_key: String,
}

impl Calls {
    /// With a workspace's keys.
    pub(crate) fn new(backend_key: &str, sdk_key: &str) -> Self {
        Self { backend_key: backend_key.to_owned(), sdk_key: sdk_key.to_owned() }
    }

    /// The backend key.
    pub(crate) fn backend_key(&self) -> &str {
        &self.backend_key
    }

    /// An event. The same arguments make the same bytes.
    pub(crate) fn event(&self, subject: &Subject, name: &str, id: Option<&str>, properties: &Value) -> Vec<u8> {
        let (field, user) = subject.field();
        let mut body = json!({field: user, "event_name": name, "properties": properties});
        if let Some(id) = id {
            body["event_id"] = id.into();
        }
        request("POST", EVENT_PATH, &[("x-api-key", &self.backend_key)], &body.to_string())
    }

    /// The start of a session.
    pub(crate) fn session(&self, subject: &Subject) -> Vec<u8> {
        let (field, user) = subject.field();
        let body = json!({field: user, "platform": "web", "locale": "en", "sdk": "sonde-sim/0", "attributes": {"plan": "pro"}});
        request("POST", "/api/v1/client/session", &[("x-sonde-key", &self.sdk_key)], &body.to_string())
    }

    /// "This anonymous user is that user."
    pub(crate) fn identify(&self, token: &str, user: &str) -> Vec<u8> {
        self.client("POST", "/identify", token, &json!({"user_id": user, "attributes": {"city": "Bern"}}))
    }

    /// A firing of a frontend trigger.
    pub(crate) fn trigger(&self, token: &str, name: &str, request_id: &str) -> Vec<u8> {
        let body =
            json!({"request_id": request_id, "trigger": name, "properties": {"screen": "home"}, "trigger_seq": [name], "locale": "en"});
        self.client("POST", "/trigger", token, &body)
    }

    /// "I am about to paint it."
    pub(crate) fn shown(&self, token: &str, display: &str) -> Vec<u8> {
        self.client("POST", &format!("/displays/{display}"), token, &json!({"state": "shown"}))
    }

    /// Answers.
    pub(crate) fn respond(&self, token: &str, display: &str, answers: &Answers) -> Vec<u8> {
        let body = json!({"revision": answers.revision, "completed": answers.completed, "locale": "en", "duration_ms": 1_200,
                          "answers": answers.wire()});
        self.client("PUT", &format!("/displays/{display}/response"), token, &body)
    }

    fn client(&self, method: &str, path: &str, token: &str, body: &Value) -> Vec<u8> {
        let headers = [("x-sonde-key", self.sdk_key.as_str()), ("x-sonde-token", token)];
        request(method, &format!("/api/v1/client{path}"), &headers, &body.to_string())
    }
}
