//! Settings.

use serde_json::{Value, json};
use sonde_core::time::Span;

use crate::support::TestApp;

fn settings() -> Value {
    json!({
        "name": "Books", "wait_period_days": 14, "languages": ["de", "en-GB"],
        "theme": {"accent": "#00aa7f", "radius": "large", "appearance": "dark", "position": "bottom_left"},
        "allowed_origins": ["https://shop.example.org"], "response_retention_days": 90, "identity_proof": {"mode": "off"},
        "pipes_without_proof": true,
        "test_users": ["u2", "ü"],
    })
}

#[tokio::test]
async fn settings_are_kept_and_the_theme_reaches_the_sdk() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let path = owner.path("/settings");
    let fresh = app.get(&owner.persona, &path).await.expect(200);
    assert_eq!((&fresh["wait_period_days"], &fresh["allowed_origins"]), (&json!(0), &json!(["*"])));
    let before = app.get(&owner.sdk(), "/api/v1/client/config").await;
    assert_eq!(before.expect(200)["theme"], fresh["theme"]);
    assert_eq!(app.put(&owner.persona, &path, settings()).await.expect(200), settings());
    assert_eq!(app.get(&owner.persona, &path).await.expect(200), settings());
    let after = app.get(&owner.sdk(), "/api/v1/client/config").await;
    assert_eq!(after.expect(200)["theme"], settings()["theme"]);
    assert_ne!(before.header("etag"), after.header("etag"));
}

#[tokio::test]
async fn every_wrong_place_is_named() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let wrong = [
        ("/name", json!("")),
        ("/wait_period_days", json!(3_651)),
        ("/wait_period_days", json!(-1)),
        ("/languages", json!([])),
        ("/languages/1", json!(["en", "en"])),
        ("/languages/0", json!(["english please"])),
        ("/theme/accent", json!("red")),
        ("/theme/radius", json!("huge")),
        ("/allowed_origins/1", json!(["https://a.example", "*"])),
        ("/allowed_origins/0", json!(["https://a.example/path"])),
        ("/response_retention_days", json!(0)),
        ("/identity_proof/mode", json!("on")),
    ];
    for (pointer, value) in wrong {
        let mut body = settings();
        let place = if pointer.starts_with("/languages") { "/languages" } else { pointer };
        let place = if pointer.starts_with("/allowed") { "/allowed_origins" } else { place };
        *body.pointer_mut(place).unwrap() = value;
        let problem = app.put(&owner.persona, &owner.path("/settings"), body).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let mut unknown = settings();
    unknown["theme"]["font"] = json!("serif");
    app.put(&owner.persona, &owner.path("/settings"), unknown).await.expect(422);
}

#[tokio::test]
async fn responses_that_are_kept_no_longer_go_at_once() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = owner.create(&app, crate::surveys::document()).await["id"].as_str().unwrap().to_owned();
    owner.act(&app, &survey, "launch").await.expect(200);
    for user in ["old", "new"] {
        let visitor = crate::results::Visitor::new(&app, &owner, user).await;
        let shown = visitor.fire(&app, json!({"tab": 2})).await;
        visitor.report(&app, shown["display_id"].as_str().unwrap(), "shown").await;
        app.advance(Span::from_days(12));
    }
    let rows = owner.path(&format!("/surveys/{survey}/responses"));
    assert_eq!(app.get(&owner.persona, &rows).await.expect(200)["items"].as_array().map(Vec::len), Some(2));
    let mut body = settings();
    body["response_retention_days"] = json!(18);
    app.put(&owner.persona, &owner.path("/settings"), body).await.expect(200);
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let left = app.get(&owner.persona, &rows).await.expect(200);
    let users: Vec<&str> = left["items"].as_array().unwrap().iter().map(|row| row["user_id"].as_str().unwrap()).collect();
    assert_eq!(users, ["new"]);
}
