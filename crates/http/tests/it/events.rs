//! Live events.

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::support::{Owner, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";

async fn items(app: &TestApp, owner: &Owner, query: &str) -> Vec<Value> {
    app.get(&owner.persona, &owner.path(&format!("/events{query}"))).await.expect(200)["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_call_with_a_valid_key_is_listed_as_it_was_answered() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    assert_eq!(items(&app, &owner, "").await, [] as [Value; 0]);
    let event = json!({"user_id": "u", "event_name": "e", "event_id": "1", "properties": {"a": 1.50}});
    app.post(&owner.backend(), EVENT, event.clone()).await.expect(200);
    app.post(&owner.backend(), EVENT, event).await.expect(200);
    app.post(&owner.backend(), EVENT, json!({"anonymous_id": "x", "event_name": "e", "properties": []})).await.expect(422);
    app.post(&owner.backend(), EVENT, json!({"user_id": "u", "event_name": "big", "properties": {"a": "x".repeat(3_000)}}))
        .await
        .expect(200);
    let listed = items(&app, &owner, "").await;
    let outcomes: Vec<&str> = listed.iter().map(|event| event["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["stored", "rejected", "duplicate", "stored"]);
    assert_eq!((&listed[0]["properties"], &listed[0]["event_name"]), (&Value::Null, &json!("big")));
    assert_eq!((&listed[1]["anonymous_id"], &listed[1]["user_id"], &listed[1]["event_name"]), (&json!("x"), &Value::Null, &json!("e")));
    assert_eq!(listed[1]["reason"], "422 /properties: must be a JSON object");
    assert_eq!((&listed[3]["event_id"], &listed[3]["properties"]), (&json!("1"), &json!({"a": 1.5})));
    assert_eq!(items(&app, &owner, "?limit=1").await.len(), 1);
}

#[tokio::test]
async fn a_stream_says_hello_and_then_every_event() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let response = app.open(&owner.persona, &owner.path("/events/stream")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let mut next = async || String::from_utf8(body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap();
    assert!(next().await.contains("event: hello"));
    app.post(&owner.backend(), EVENT, json!({"user_id": "u", "event_name": "e"})).await.expect(200);
    let text = next().await;
    assert!(text.contains("event: event") && text.contains("\"event_name\":\"e\""), "{text}");
    app.service.end_streams();
    assert!(body.frame().await.is_none());
}
