//! Cohorts, quotas and sequences, from a member's settings to what an app is shown.

use axum::http::Method;
use serde_json::{Value, json};

use crate::results::Visitor;
use crate::support::{Owner, TestApp};

fn document(name: &str, launch: &Value) -> Value {
    let mut document = json!({"format_version": 1, "name": name, "default_language": "en",
        "questions": [{"id": "q", "type": "nps_feedback", "title": {"en": "Likely?"}}],
        "launch": {"frontend_triggers": [{"name": "MainActivity"}]}});
    for (key, value) in launch.as_object().unwrap() {
        document["launch"][key] = value.clone();
    }
    document
}

/// A live survey; its id.
async fn launched(app: &TestApp, owner: &Owner, launch: Value) -> String {
    let id = owner.create(app, document("Survey", &launch)).await["id"].as_str().unwrap().to_owned();
    owner.act(app, &id, "launch").await.expect(200);
    id
}

fn plan(value: &str) -> Value {
    json!({"name": "By plan", "condition": {"attribute": "plan", "op": "equals", "value": value}})
}

/// Whether a new user on the plan "pro" is shown anything.
async fn is_shown(app: &TestApp, owner: &Owner, user: &str) -> bool {
    let visitor = Visitor::new(app, owner, user).await;
    !visitor.fire(app, json!({})).await["survey"].is_null()
}

#[tokio::test]
async fn a_cohort_is_written_read_and_checked() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let list = owner.path("/cohorts");
    assert_eq!(app.get(&owner.persona, &list).await.expect(200), json!({"items": []}));
    let made = app.post(&owner.persona, &list, plan("pro")).await.expect(201);
    let at = owner.path(&format!("/cohorts/{}", made["id"].as_str().unwrap()));
    assert!(made["id"].as_str().unwrap().starts_with("coh_"));
    assert_eq!((&made["description"], &made["used_by"], &made["condition"]["value"]), (&json!(""), &json!([]), &json!("pro")));
    let mut other = plan("free");
    other["description"] = json!("who pays nothing");
    let changed = app.put(&owner.persona, &at, other).await.expect(200);
    assert_eq!((&changed["description"], &changed["created_at"]), (&json!("who pays nothing"), &made["created_at"]));
    assert_eq!(app.get(&owner.persona, &at).await.expect(200), changed);
    assert_eq!(app.get(&owner.persona, &list).await.expect(200)["items"], json!([changed]));
    for (body, pointer) in [
        (json!({"name": "", "condition": {"attribute": "a", "op": "exists"}}), "/name"),
        (json!({"name": "n", "condition": {"attribute": "a"}}), "/condition/op"),
        (json!({"name": "n", "condition": {"any": [{"cohort": made["id"]}]}}), "/condition/any/0/cohort"),
    ] {
        for refused in [app.post(&owner.persona, &list, body.clone()).await, app.put(&owner.persona, &at, body.clone()).await] {
            assert_eq!(refused.expect(422)["errors"][0]["pointer"], pointer);
        }
    }
    app.call(&owner.persona, Method::DELETE, &at, None).await.expect(204);
    for method in [Method::GET, Method::DELETE] {
        app.call(&owner.persona, method, &at, None).await.expect(404);
    }
    app.put(&owner.persona, &at, plan("pro")).await.expect(404);
}

#[tokio::test]
async fn a_cohort_decides_at_once_and_stays_while_it_is_used() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let made = app.post(&owner.persona, &owner.path("/cohorts"), plan("free")).await.expect(201);
    let at = owner.path(&format!("/cohorts/{}", made["id"].as_str().unwrap()));
    let survey = launched(&app, &owner, json!({"audience": {"cohort": made["id"]}})).await;
    assert_eq!(app.get(&owner.persona, &at).await.expect(200)["used_by"], json!([{"id": survey, "name": "Survey"}]));
    assert!(!is_shown(&app, &owner, "one").await);
    app.put(&owner.persona, &at, plan("pro")).await.expect(200);
    assert!(is_shown(&app, &owner, "two").await);
    for action in ["pause", "resume"] {
        app.call(&owner.persona, Method::DELETE, &at, None).await.expect(409);
        owner.act(&app, &survey, action).await.expect(200);
    }
    owner.act(&app, &survey, "end").await.expect(200);
    app.call(&owner.persona, Method::DELETE, &at, None).await.expect(204);
}

#[tokio::test]
async fn a_survey_is_not_launched_for_a_cohort_that_does_not_exist() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let cohort = json!({"cohort": "coh_00000000000000000000000000000009"});
    let made = owner.create(&app, document("Survey", &json!({"audience": {"not": cohort}}))).await;
    let refused = owner.act(&app, made["id"].as_str().unwrap(), "launch").await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], "/launch/audience");
}

#[tokio::test]
async fn a_quota_ends_the_showing_and_open_displays_may_finish() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = launched(&app, &owner, json!({"quota": {"completed": 1}})).await;
    let mut open = Vec::new();
    for user in ["one", "two"] {
        let visitor = Visitor::new(&app, &owner, user).await;
        let display = visitor.fire(&app, json!({})).await["display_id"].as_str().unwrap().to_owned();
        visitor.report(&app, &display, "shown").await;
        open.push((visitor, display));
    }
    for (visitor, display) in &open {
        let done = json!({"revision": 1, "completed": true, "answers": {"q": {"number": 9}}});
        visitor.answer(&app, display, done.clone()).await.expect(200);
        visitor.answer(&app, display, done).await.expect(200);
        assert!(!is_shown(&app, &owner, &format!("after {display}")).await);
    }
    let row = owner.path(&format!("/surveys/{survey}/responses/{}", open[0].1));
    app.call(&owner.persona, Method::DELETE, &row, None).await.expect(204);
    assert!(!is_shown(&app, &owner, "later").await, "a deleted response counts on");
    let draft = json!({"document": document("Survey", &json!({"quota": {"completed": 3}})), "revision": 1});
    app.put(&owner.persona, &owner.path(&format!("/surveys/{survey}/draft")), draft).await.expect(200);
    owner.act(&app, &survey, "publish").await.expect(200);
    assert!(is_shown(&app, &owner, "more").await, "two of three were completed");
}

#[tokio::test]
async fn a_sequence_is_what_was_fired_before_this_firing() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    launched(&app, &owner, json!({"trigger_sequence": ["cart_opened", "MainActivity"]})).await;
    let visitor = Visitor::new(&app, &owner, "ada").await;
    let noise: Vec<String> = (0..100).map(|n| format!("t{n}")).collect();
    let late = [&["cart_opened".to_owned(), "MainActivity".to_owned()][..], &noise[2..]].concat();
    let long_ago = [&["cart_opened".to_owned(), "MainActivity".to_owned()][..], &noise[1..]].concat();
    for (sequence, is_shown) in [
        (Value::Null, false),
        (json!(["cart_opened", "MainActivity"]), false),
        (json!(["MainActivity", "cart_opened", "MainActivity"]), false),
        // One more than a hundred: the oldest is forgotten.
        (json!([&long_ago[..], &["MainActivity".to_owned()]].concat()), false),
        (json!([&late[..], &["MainActivity".to_owned()]].concat()), true),
    ] {
        let answer = visitor.fire_after(&app, sequence.clone()).await;
        assert_eq!(!answer["survey"].is_null(), is_shown, "{sequence}");
    }
}
