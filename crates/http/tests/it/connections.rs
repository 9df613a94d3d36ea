//! Keys: made, shown, used, revoked.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Owner, Persona, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";

async fn connections(app: &TestApp, owner: &Owner) -> Value {
    app.get(&owner.persona, &owner.path("/connections")).await.expect(200)
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let keys = owner.path("/connections/backend/keys");
    let made = app.call(&owner.persona, Method::POST, &keys, None).await.expect(201);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!(made["hint"], format!("sk_…{}", &key[key.len() - 4..]));
    app.call(&owner.persona, Method::POST, &keys, None).await.expect(409);
    let server = Persona::Backend(key.to_owned());
    let event = json!({"user_id": "u", "event_name": "e"});
    app.post(&server, EVENT, event.clone()).await.expect(200);
    app.call(&owner.persona, Method::DELETE, &format!("{keys}/{id}"), None).await.expect(204);
    app.post(&server, EVENT, event.clone()).await.expect(401);
    app.post(&owner.backend(), EVENT, event).await.expect(200);
    app.call(&owner.persona, Method::DELETE, &format!("{keys}/{id}"), None).await.expect(404);
    app.call(&owner.persona, Method::DELETE, &format!("{keys}/nonsense"), None).await.expect(404);
    app.call(&owner.persona, Method::POST, &keys, None).await.expect(201);
}

#[tokio::test]
async fn a_secret_key_is_shown_once_and_the_public_one_always() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let before = connections(&app, &owner).await;
    assert_eq!(before["event_url"], "http://localhost:8080/api/v1/connections/backend/event");
    assert_eq!(before["sdk"]["script_url"], "http://localhost:8080/sdk/v1/sonde.js");
    assert_eq!((&before["backend"]["enabled"], &before["sdk"]["key"]), (&json!(true), &json!(owner.sdk_key)));
    assert_eq!((&before["backend"]["keys"][0]["last_used_at"], &before["sdk"]["last_used_at"]), (&Value::Null, &Value::Null));
    assert!(!before.to_string().contains(&owner.backend_key));
    app.post(&owner.backend(), EVENT, json!({"user_id": "u", "event_name": "e"})).await.expect(200);
    app.get(&owner.sdk(), "/api/v1/client/config").await.expect(200);
    let after = connections(&app, &owner).await;
    assert_eq!(after["backend"]["keys"][0]["last_used_at"], "2027-01-15T08:00:00.000Z");
    assert_eq!(after["sdk"]["last_used_at"], "2027-01-15T08:00:00.000Z");
}

#[tokio::test]
async fn the_backend_is_enabled_with_its_first_key() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let founded = app.post(&owner.persona, "/api/v1/workspaces", json!({"name": "Games"})).await.expect(201);
    let path = format!("/api/v1/workspaces/{}/connections", founded["id"].as_str().unwrap());
    let before = app.get(&owner.persona, &path).await.expect(200);
    assert_eq!((&before["backend"]["enabled"], &before["backend"]["keys"]), (&json!(false), &json!([])));
    assert!(before["sdk"]["key"].as_str().unwrap().starts_with("pk_"));
    app.call(&owner.persona, Method::POST, &format!("{path}/backend/keys"), None).await.expect(201);
    assert_eq!(app.get(&owner.persona, &path).await.expect(200)["backend"]["enabled"], true);
}

#[tokio::test]
async fn a_test_event_goes_the_way_of_every_event() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let path = owner.path("/connections/backend/test-event");
    let sent = app.post(&owner.persona, &path, json!({"user_id": 7, "event_name": "ended sleep", "properties": {"hours": 7.50}})).await;
    assert!(sent.expect(200)["event_id"].as_str().unwrap().starts_with("evt_"));
    for wrong in
        [json!({"user_id": "u"}), json!({"user_id": "u", "event_name": "e", "event_id": "x"}), json!({"user_id": [], "event_name": "e"})]
    {
        app.post(&owner.persona, &path, wrong).await.expect(422);
    }
    let listed = app.get(&owner.persona, &owner.path("/triggers")).await.expect(200);
    assert_eq!(listed["items"][0]["name"], "ended sleep");
}
