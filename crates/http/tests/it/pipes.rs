//! What texts and logic know of events, triggers and users, and what of it reaches a browser.

use axum::http::Method;
use serde_json::{Value, json};

use crate::results::Visitor;
use crate::support::{Answer, Owner, TestApp};

const SECRET: &str = "not for browsers";

/// Says who wrote the book; asks for stars only about poetry.
fn document() -> Value {
    json!({"format_version": 1, "name": "Books", "default_language": "en", "languages": ["en", "de"],
        "questions": [
            {"id": "like", "type": "nps_feedback", "required": true,
             "title": {"en": "How do you like {{event.author.name | \"your author\"}}?", "de": "Wie gefällt dir {{event.author.name | \"dein Autor\"}}?"},
             "logic": [{"if": {"all": [{"source": "event", "path": "genre", "op": "not_equals", "value": "poetry"}]}, "then": {"end": true}}]},
            {"id": "stars", "type": "star_feedback", "required": true,
             "title": {"en": "Stars at {{trigger.tab | \"home\"}} on {{user.plan | \"free\"}}?"}}],
        "launch": {"frontend_triggers": [{"name": "MainActivity"}], "repeat": {"until": "always"},
            "activation": {"backend_triggers": [{"name": "finished book"}], "expires_after_secs": 3600}}})
}

async fn allow(app: &TestApp, owner: &Owner, allowed: bool) {
    let mut settings = app.get(&owner.persona, &owner.path("/settings")).await.expect(200);
    settings["pipes_without_proof"] = json!(allowed);
    app.put(&owner.persona, &owner.path("/settings"), settings).await.expect(200);
}

async fn finished(app: &TestApp, owner: &Owner, user: &str, author: &str, genre: &str) {
    let properties = json!({"author": {"name": author}, "genre": genre, "note": SECRET});
    let event = json!({"user_id": user, "event_name": "finished book", "properties": properties});
    app.post(&owner.backend(), "/api/v1/connections/backend/event", event).await.expect(200);
}

/// A workspace that allows it, and the survey live in it.
async fn live() -> (TestApp, Owner, String) {
    let (app, owner) = TestApp::new().await.with_owner().await;
    allow(&app, &owner, true).await;
    let survey = owner.create(&app, document()).await;
    assert_eq!(survey["draft_errors"], json!([]));
    let id = survey["id"].as_str().unwrap().to_owned();
    owner.act(&app, &id, "launch").await.expect(200);
    (app, owner, id)
}

async fn content(app: &TestApp, owner: &Owner, survey: &str, language: &str) -> Answer {
    app.get(&owner.sdk(), &format!("/api/v1/client/surveys/{survey}/1/{language}")).await
}

#[tokio::test]
async fn a_value_reaches_its_user_and_the_content_is_everybodys() {
    let (app, owner, survey) = live().await;
    finished(&app, &owner, "ada", "<img src=x onerror=alert(1)>", "poetry").await;
    finished(&app, &owner, "bob", "نجيب محفوظ", "prose").await;
    let ada = Visitor::new(&app, &owner, "ada").await;
    let bob = Visitor::new(&app, &owner, "bob").await;
    let for_ada = ada.fire(&app, json!({"tab": 2.5, "hidden": SECRET})).await;
    let for_bob = bob.fire(&app, json!({})).await;
    assert_eq!(for_ada["values"], json!({"p1": "<img src=x onerror=alert(1)>", "p2": "2.5", "p3": "pro", "c0": false}));
    assert_eq!(for_bob["values"], json!({"p1": "نجيب محفوظ", "p2": "home", "p3": "pro", "c0": true}));
    assert_eq!(for_ada["survey"], for_bob["survey"]);
    assert!(!for_ada.to_string().contains(SECRET), "{for_ada}");
    let english = content(&app, &owner, &survey, "en").await;
    assert_eq!(english.expect(200), for_ada["survey"]["content"]);
    assert_eq!(english.header("cache-control"), "public, max-age=31536000, immutable");
    let said = english.json();
    assert_eq!(said["questions"][0]["title"], "How do you like {{p1}}?");
    assert_eq!(said["questions"][0]["logic"][0]["if"]["all"], json!([{"constant": "c0"}]));
    for word in ["author", "genre", "poetry", "plan"] {
        assert!(!said.to_string().contains(word), "{word}: {said}");
    }
    let german = content(&app, &owner, &survey, "de").await.expect(200);
    assert_eq!(german["questions"][0]["title"], "Wie gefällt dir {{p0}}?");
}

#[tokio::test]
async fn a_retry_is_told_the_same_and_later_events_change_nothing() {
    let (app, owner, _) = live().await;
    finished(&app, &owner, "ada", "Ursula", "poetry").await;
    let ada = Visitor::new(&app, &owner, "ada").await;
    let first = ada.fire_as(&app, "same", json!({"tab": 1})).await;
    finished(&app, &owner, "ada", "Stanisław", "prose").await;
    let again = ada.fire_as(&app, "same", json!({"tab": 9})).await;
    assert_eq!(first["values"]["p1"], "Ursula");
    assert_eq!(again, first);
}

#[tokio::test]
async fn what_the_event_said_decides_which_answers_a_response_needs() {
    let (app, owner, survey) = live().await;
    for (user, genre, status) in [("ada", "poetry", 422), ("bob", "prose", 200)] {
        finished(&app, &owner, user, "Ursula", genre).await;
        let visitor = Visitor::new(&app, &owner, user).await;
        let shown = visitor.fire(&app, json!({})).await;
        let display = shown["display_id"].as_str().unwrap();
        visitor.report(&app, display, "shown").await;
        let body = json!({"revision": 1, "completed": true, "answers": {"like": {"number": 9}}});
        let answered = visitor.answer(&app, display, body).await.expect(status);
        if status == 422 {
            assert_eq!(answered["errors"][0]["pointer"], "/answers/stars");
        }
    }
    let results = app.get(&owner.persona, &owner.path(&format!("/surveys/{survey}/results"))).await.expect(200);
    assert_eq!(results["questions"][0]["title"], "How do you like your author?");
}

#[tokio::test]
async fn without_proof_and_without_leave_it_is_not_launched() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = owner.create(&app, document()).await;
    let id = survey["id"].as_str().unwrap();
    let pointers: Vec<&str> = survey["draft_errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/questions/0/title/de", "/questions/1/title/en"]);
    let reason = survey["draft_errors"][0]["detail"].as_str().unwrap();
    assert!(reason.starts_with("says event.author.name while identity proof is off"), "{reason}");
    for action in ["publish", "launch"] {
        assert_eq!(owner.act(&app, id, action).await.expect(422)["errors"], survey["draft_errors"], "{action}");
    }
    allow(&app, &owner, true).await;
    assert_eq!(app.get(&owner.persona, &owner.path(&format!("/surveys/{id}"))).await.expect(200)["draft_errors"], json!([]));
    owner.act(&app, id, "launch").await.expect(200);
    owner.act(&app, id, "pause").await.expect(200);
    allow(&app, &owner, false).await;
    for action in ["resume", "launch", "publish"] {
        owner.act(&app, id, action).await.expect(422);
    }
    owner.act(&app, id, "end").await.expect(200);
}

#[tokio::test]
async fn leave_that_is_withdrawn_leaves_the_fallbacks() {
    let (app, owner, _) = live().await;
    finished(&app, &owner, "ada", "Ursula", "poetry").await;
    let ada = Visitor::new(&app, &owner, "ada").await;
    let named = ada.fire_as(&app, "same", json!({"tab": 1})).await;
    assert_eq!(named["values"], json!({"p1": "Ursula", "p2": "1", "p3": "pro", "c0": false}));
    allow(&app, &owner, false).await;
    let unnamed = ada.fire_as(&app, "same", json!({"tab": 1})).await;
    assert_eq!(unnamed["display_id"], named["display_id"]);
    // What the caller has said itself is no secret, and a condition is one bit that the logic needs.
    assert_eq!(unnamed["values"], json!({"p1": "your author", "p2": "1", "p3": "free", "c0": false}));
}

#[tokio::test]
async fn with_proof_an_alias_alone_does_not_hear_what_is_known_of_its_user() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let anonymous =
        app.post(&owner.sdk(), "/api/v1/client/session", json!({"anonymous_id": "anon-1", "platform": "web"})).await.expect(200);
    let token = anonymous["client_token"].as_str().unwrap().to_owned();
    let call = async |path: &str, body: Value| {
        let request = TestApp::request(&owner.sdk(), Method::POST, path, Some(&body));
        app.send(request.header("x-sonde-token", &token), &body).await.expect(200)
    };
    call("/api/v1/client/identify", json!({"user_id": "ada"})).await;
    let secret = app.call(&owner.persona, Method::POST, &owner.path("/settings/identity-secrets"), None).await;
    secret.expect(201);
    let mut settings = app.get(&owner.persona, &owner.path("/settings")).await.expect(200);
    settings["identity_proof"]["mode"] = json!("jwt");
    app.put(&owner.persona, &owner.path("/settings"), settings).await.expect(200);
    let survey = owner.create(&app, document()).await;
    owner.act(&app, survey["id"].as_str().unwrap(), "launch").await.expect(200);
    finished(&app, &owner, "ada", "Ursula", "poetry").await;
    let shown = call("/api/v1/client/trigger", json!({"request_id": "r", "trigger": "MainActivity"})).await;
    assert_eq!(shown["values"]["p1"], "your author");
}
