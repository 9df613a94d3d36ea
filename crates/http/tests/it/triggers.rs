//! Triggers.

use serde_json::{Value, json};
use sonde_core::time::Span;

use crate::support::{Owner, TestApp};

async fn items(app: &TestApp, owner: &Owner, query: &str) -> Vec<Value> {
    app.get(&owner.persona, &owner.path(&format!("/triggers{query}"))).await.expect(200)["items"].as_array().unwrap().clone()
}

fn names(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_trigger_registers_itself_with_its_properties() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    for (user, hours) in [("ada", 7.5), ("ada", 8.25), ("bob", 8.25)] {
        let event = json!({"user_id": user, "event_name": "ended sleep", "properties": {"hours": hours, "note": "x".repeat(100)}});
        app.post(&owner.backend(), "/api/v1/connections/backend/event", event).await.expect(200);
    }
    let [only] = <[Value; 1]>::try_from(items(&app, &owner, "").await).unwrap();
    assert_eq!(
        (&only["kind"], &only["count"], &only["archived"], &only["stopped"]),
        (&json!("backend"), &json!(3), &json!(false), &json!(false))
    );
    assert_eq!(only["daily"], json!([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]));
    let expected = json!([
        {"key": "hours", "types": ["number"], "examples": ["8.25"]},
        {"key": "note", "types": ["string"], "examples": []},
    ]);
    assert_eq!(only["properties"], expected);
}

#[tokio::test]
async fn a_trigger_can_be_created_ahead_and_put_away() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let path = owner.path("/triggers");
    let of = |kind: &str, name: &str| json!({"kind": kind, "name": name});
    let created = app.post(&owner.persona, &path, of("frontend", "Größe opened")).await.expect(201);
    assert_eq!((&created["first_seen_at"], &created["count"]), (&Value::Null, &json!(0)));
    app.post(&owner.persona, &path, of("frontend", "Größe opened")).await.expect(409);
    app.post(&owner.persona, &path, of("backend", "Größe opened")).await.expect(201);
    app.post(&owner.persona, &path, of("backend", "order paid")).await.expect(201);
    for wrong in [of("backend", ""), of("else", "x"), json!({"kind": "backend", "name": "x", "more": 1})] {
        app.post(&owner.persona, &path, wrong).await.expect(422);
    }
    assert_eq!(names(&items(&app, &owner, "").await), ["Größe opened", "order paid", "Größe opened"]);
    assert_eq!(names(&items(&app, &owner, "?kind=backend&search=PAID").await), ["order paid"]);
    let archive = format!("{path}/archive");
    assert_eq!(app.post(&owner.persona, &archive, of("backend", "order paid")).await.expect(200)["archived"], true);
    app.post(&owner.persona, &archive, of("backend", "unknown")).await.expect(404);
    assert_eq!(names(&items(&app, &owner, "?archived=true").await), ["order paid"]);
    assert_eq!(items(&app, &owner, "").await.len(), 2);
    app.post(&owner.persona, &format!("{path}/restore"), of("backend", "order paid")).await.expect(200);
    assert_eq!(items(&app, &owner, "").await.len(), 3);
}

/// A document that waits for the backend trigger "ended sleep".
fn awaiting() -> Value {
    let mut document = crate::surveys::document();
    document["launch"]["activation"] = json!({"backend_triggers": [{"name": "ended sleep"}], "expires_after_secs": 3_600});
    document
}

#[tokio::test]
async fn a_trigger_that_a_live_survey_awaits_is_looked_after() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = owner.create(&app, awaiting()).await["id"].as_str().unwrap().to_owned();
    owner.act(&app, &survey, "launch").await.expect(200);
    for number in 0..3 {
        let event = json!({"user_id": "u", "event_name": "ended sleep", "event_id": format!("e{number}")});
        app.post(&owner.backend(), "/api/v1/connections/backend/event", event).await.expect(200);
        app.advance(Span::from_secs(3_600));
    }
    let events = app.get(&owner.persona, &owner.path("/events")).await.expect(200);
    assert_eq!(events["items"][0]["made_due"], json!([{"id": survey, "name": "Sleep"}]));
    let [only] = <[Value; 1]>::try_from(items(&app, &owner, "").await).unwrap();
    assert_eq!((&only["surveys"], &only["stopped"]), (&json!([{"id": survey, "name": "Sleep", "status": "live"}]), &json!(false)));
    app.advance(Span::DAY);
    assert_eq!(items(&app, &owner, "").await[0]["stopped"], true);
    let archive = owner.path("/triggers/archive");
    let refused = app.post(&owner.persona, &archive, json!({"kind": "backend", "name": "ended sleep"})).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("Sleep"));
    let confirmed = json!({"kind": "backend", "name": "ended sleep", "confirm": true});
    assert_eq!(app.post(&owner.persona, &archive, confirmed).await.expect(200)["archived"], true);
    owner.act(&app, &survey, "pause").await.expect(200);
    assert_eq!(items(&app, &owner, "?archived=true").await[0]["stopped"], false);
}
