//! The calls that go past the router are answered as the router answers them.

use axum::http::{Method, header};
use futures_util::future::Either;
use serde_json::{Value, json};

use crate::results::Visitor;
use crate::support::{Answer, Owner, Persona, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";
const TRIGGER: &str = "/api/v1/client/trigger";

/// Where answers of a display are sent.
fn response_of(display: &str) -> String {
    format!("/api/v1/client/displays/{display}/response")
}

const NO_DISPLAY: &str = "dsp_00000000000000000000000000000001";

fn method_of(path: &str) -> Method {
    if path.ends_with("/response") { Method::PUT } else { Method::POST }
}

/// Sends a call both ways. What differs from call to call is left out.
async fn both_ways(app: &TestApp, persona: &Persona, path: &str, headers: &[(&str, &str)], body: &str) -> [Answer; 2] {
    let request = || {
        let request = TestApp::request(persona, method_of(path), path, None);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let mut answers = [app.send_raw(request(), body.to_owned()).await, app.send_routed(request(), body.to_owned()).await];
    for answer in &mut answers {
        assert!(answer.headers.remove("x-request-id").is_some_and(|id| id.len() == 16));
        // hyper says how long a body is.
        answer.headers.remove(header::CONTENT_LENGTH);
    }
    answers
}

async fn assert_alike(app: &TestApp, persona: &Persona, path: &str, headers: &[(&str, &str)], body: &str, status: u16) {
    let [short, routed] = both_ways(app, persona, path, headers, body).await;
    assert_eq!(short.status, status, "{body}");
    assert_eq!((short.status, &short.headers), (routed.status, &routed.headers), "{path} {body}");
    let without_ids = |answer: &Answer| {
        let mut json = answer.json();
        json["request_id"].take();
        json["event_id"].take();
        json
    };
    assert_eq!(without_ids(&short), without_ids(&routed), "{path} {body}");
}

/// Futures hold each other: what a handler's future gains, those of the layers around it gain several times over.
#[tokio::test]
async fn what_an_answer_takes_while_it_is_made_is_small() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    for path in [EVENT, TRIGGER, &response_of(NO_DISPLAY)] {
        let request = TestApp::request(&owner.backend(), method_of(path), path, None).body(axum::body::Body::empty()).unwrap();
        let Either::Right(answering) = app.api().answer(None, request) else { panic!("{path} goes past the router") };
        let bytes = size_of_val(&*answering);
        assert!(bytes <= 2_048, "{path}: {bytes} bytes");
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn events_are_taken_alike() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let backend = owner.backend();
    let good = r#"{"user_id":"ada","event_name":"ended_sleep","properties":{"minutes":431}}"#;
    assert_alike(&app, &backend, EVENT, &[JSON], good, 200).await;
    assert_alike(&app, &backend, EVENT, &[JSON], r#"{"user_id":"ada"}"#, 422).await;
    assert_alike(&app, &backend, EVENT, &[JSON], "{", 400).await;
    assert_alike(&app, &backend, EVENT, &[("content-type", "text/html")], good, 415).await;
    assert_alike(&app, &backend, EVENT, &[JSON], &"x".repeat(40_000), 413).await;
    assert_alike(&app, &Persona::Anonymous, EVENT, &[JSON], good, 401).await;
    assert_alike(&app, &Persona::Backend("sk_none".to_owned()), EVENT, &[JSON], good, 401).await;
}

async fn token(app: &TestApp, owner: &Owner) -> String {
    let session = app.post(&owner.sdk(), "/api/v1/client/session", json!({"user_id": "ada", "platform": "web"})).await.expect(200);
    session["client_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn triggers_are_answered_alike_and_pages_may_read_the_answers() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let token = token(&app, &owner).await;
    let headers = [JSON, ("x-sonde-token", token.as_str()), ("origin", "https://shop.example.org")];
    let good = r#"{"request_id":"r1","trigger":"MainActivity"}"#;
    assert_alike(&app, &owner.sdk(), TRIGGER, &headers, good, 200).await;
    assert_alike(&app, &owner.sdk(), TRIGGER, &headers, r#"{"request_id":"","trigger":"MainActivity"}"#, 422).await;
    assert_alike(&app, &owner.sdk(), TRIGGER, &headers, "nothing", 400).await;
    assert_alike(&app, &owner.sdk(), TRIGGER, &[JSON], good, 401).await;
    let [short, _] = both_ways(&app, &owner.sdk(), TRIGGER, &headers, good).await;
    assert_eq!(short.json(), json!({"survey": Value::Null}));
    assert_eq!(short.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn answers_are_saved_alike_and_pages_may_read_that_they_were() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = owner.create(&app, crate::surveys::document()).await["id"].as_str().unwrap().to_owned();
    owner.act(&app, &survey, "launch").await.expect(200);
    let ada = Visitor::new(&app, &owner, "ada").await;
    let shown = ada.fire(&app, json!({"tab": 2})).await;
    let display = shown["display_id"].as_str().unwrap();
    ada.report(&app, display, "shown").await;
    let token = token(&app, &owner).await;
    let headers = [JSON, ("x-sonde-token", token.as_str()), ("origin", "https://shop.example.org")];
    let path = response_of(display);
    let good = r#"{"revision":1,"answers":{"nps":{"number":7}},"duration_ms":4000}"#;
    assert_alike(&app, &owner.sdk(), &path, &headers, good, 200).await;
    assert_alike(&app, &owner.sdk(), &path, &headers, r#"{"revision":0,"answers":{"nps":{"text":"x","number":1}}}"#, 422).await;
    assert_alike(&app, &owner.sdk(), &path, &headers, r#"{"revision":2,"answers":{"nps":{"number":11}}}"#, 422).await;
    assert_alike(&app, &owner.sdk(), &path, &headers, "nothing", 400).await;
    assert_alike(&app, &owner.sdk(), &path, &[JSON], good, 401).await;
    for nobodys in [NO_DISPLAY, "dsp_1", "_"] {
        assert_alike(&app, &owner.sdk(), &response_of(nobodys), &headers, good, 404).await;
    }
    // The router decodes: a display is the same under every spelling of its id.
    let spelled = response_of(&display.replace("dsp", "%64sp"));
    assert_alike(&app, &owner.sdk(), &spelled, &headers, good, 200).await;
    let [short, _] = both_ways(&app, &owner.sdk(), &path, &headers, good).await;
    assert_eq!(short.json(), json!({"revision": 1, "state": "answered"}));
    assert_eq!(short.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn other_methods_are_left_to_the_router() {
    let app = TestApp::new().await;
    for path in [EVENT, TRIGGER, &response_of(NO_DISPLAY)] {
        let request = TestApp::request(&Persona::Anonymous, Method::GET, path, None);
        assert_eq!(app.send_raw(request, String::new()).await.status, 405, "{path}");
    }
}
