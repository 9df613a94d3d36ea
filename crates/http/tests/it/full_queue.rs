//! What is refused while the write queue is full can be sent again afterwards, as if it had never been sent.

use axum::http::Method;
use serde_json::{Value, json};
use sonde_http::Metrics;
use sonde_service::QueueOptions;

use crate::metrics::{expect, scrape};
use crate::results::Visitor;
use crate::support::{Answer, Owner, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";
/// What an event of `BIG` properties holds in the queue, roughly, and what two of them leave: room for what is written in
/// the background now and then, none for another event of its kind or for a display.
const BIG: usize = 30_000;
const ROOM_LEFT: usize = 3_000;

/// An installation whose queue is full with two big events.
async fn small() -> (TestApp, Owner) {
    let options = QueueOptions { waiting_bytes_max: 2 * BIG + ROOM_LEFT, ..QueueOptions::default() };
    TestApp::with_queue("http://localhost:8080", false, options).await.with_owner().await
}

fn event(id: &str, filling: usize) -> Value {
    json!({"user_id": "u", "event_name": "e", "event_id": id, "properties": {"note": "x".repeat(filling)}})
}

async fn post(app: &TestApp, owner: &Owner, event: Value) -> Answer {
    app.post(&owner.backend(), EVENT, event).await
}

/// The same through the router instead of past it.
async fn post_routed(app: &TestApp, owner: &Owner, event: &Value) -> Answer {
    app.send_routed(TestApp::request(&owner.backend(), Method::POST, EVENT, Some(event)), event.to_string()).await
}

/// Sends what fills the queue and, before anything of that can be taken out, what `refused` stands for. The tests have one
/// thread: the queue is filled by the first turn of each call, and nobody hands it over before all of them had theirs.
async fn while_full<T>(app: &TestApp, owner: &Owner, refused: impl Future<Output = T>) -> T {
    let big = |id| post(app, owner, event(id, BIG - 300));
    let (first, second, refused) = tokio::join!(big("first"), big("second"), refused);
    for filled in [first, second] {
        assert_eq!(filled.expect(200)["duplicate"], false);
    }
    refused
}

#[track_caller]
fn assert_busy(answer: &Answer) {
    let problem = answer.expect(503);
    assert_eq!((answer.header("retry-after"), answer.header("content-type")), ("1", "application/problem+json"));
    assert_eq!((&problem["type"], &problem["status"]), (&json!("about:blank"), &json!(503)));
    assert_eq!(problem["detail"], "the server is busy; nothing was stored, try again");
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
}

#[tokio::test]
async fn an_event_that_meets_a_full_queue_is_refused_and_can_be_sent_again() {
    let (app, owner) = small().await;
    let (past, through) = (event("past-the-router", 4_000), event("through-it", 4_000));
    let both = async { tokio::join!(post(&app, &owner, past.clone()), post_routed(&app, &owner, &through)) };
    let (past_it, through_it) = while_full(&app, &owner, both).await;
    assert_busy(&past_it);
    assert_busy(&through_it);
    let refused = ["sonde_events_total{outcome=\"rejected\",reason=\"busy\"} 2", "sonde_events_total{outcome=\"stored\"} 2"];
    expect(&scrape(&app, &Metrics::default()).await, &refused);
    for duplicate in [false, true] {
        for event in [&past, &through] {
            let answer = post(&app, &owner, event.clone()).await.expect(200);
            assert_eq!((&answer["event_id"], &answer["duplicate"]), (&event["event_id"], &json!(duplicate)));
        }
    }
    let settled = ["sonde_events_total{outcome=\"stored\"} 4", "sonde_events_total{outcome=\"duplicate\"} 2"];
    expect(&scrape(&app, &Metrics::default()).await, &[&refused[..1], &settled].concat());
    let known = app.get(&owner.persona, &owner.path("/triggers")).await.expect(200);
    assert_eq!(known["items"][0]["count"], 4);
}

#[tokio::test]
async fn answers_that_meet_a_full_queue_are_refused_and_can_be_sent_again() {
    let (app, owner) = small().await;
    let survey = owner.create(&app, crate::surveys::document()).await["id"].as_str().unwrap().to_owned();
    owner.act(&app, &survey, "launch").await.expect(200);
    let ada = Visitor::new(&app, &owner, "ada").await;
    let display = ada.fire(&app, json!({"tab": 2})).await["display_id"].as_str().unwrap().to_owned();
    ada.report(&app, &display, "shown").await;
    let body = json!({"revision": 1, "completed": true, "answers": {"nps": {"number": 9}, "say": {"text": "fine"}}});
    assert_busy(&while_full(&app, &owner, ada.answer(&app, &display, body.clone())).await);
    let results = owner.path(&format!("/surveys/{survey}/results"));
    let funnel = async || app.get(&owner.persona, &results).await.expect(200)["funnel"].clone();
    assert_eq!(funnel().await, json!({"shown": 1, "started": 0, "completed": 0, "dismissed": 0}));
    ada.answer(&app, &display, body).await.expect(200);
    assert_eq!(funnel().await, json!({"shown": 1, "started": 1, "completed": 1, "dismissed": 0}));
}
