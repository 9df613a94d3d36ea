//! Which sites may call with an SDK key.

use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::support::{Owner, TestApp};

async fn config(app: &TestApp, owner: &Owner, origin: &str) -> u16 {
    let request = TestApp::request(&owner.sdk(), Method::GET, "/api/v1/client/config", None).header(header::ORIGIN, origin);
    app.send(request, &Value::Null).await.status.as_u16()
}

#[tokio::test]
async fn calls_from_sites_that_are_not_listed_are_refused() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let other = app.owner("other@example.org", "Games").await;
    assert_eq!(config(&app, &owner, "https://evil.example").await, 200);
    let mut settings = app.get(&owner.persona, &owner.path("/settings")).await.expect(200);
    settings["allowed_origins"] = json!(["https://Shop.example.org:443/"]);
    app.put(&owner.persona, &owner.path("/settings"), settings).await.expect(200);
    for (origin, status) in [("https://shop.example.org", 200), ("https://evil.example", 403), ("null", 403)] {
        assert_eq!(config(&app, &owner, origin).await, status, "{origin}");
        assert_eq!(config(&app, &other, origin).await, 200, "{origin}");
    }
    app.get(&owner.sdk(), "/api/v1/client/config").await.expect(200);
    let body = json!({"user_id": "u", "platform": "web"});
    let session =
        TestApp::request(&owner.sdk(), Method::POST, "/api/v1/client/session", Some(&body)).header(header::ORIGIN, "https://evil.example");
    app.send(session, &body).await.expect(403);
    let beacon = json!({"key": owner.sdk_key, "client_token": "x", "items": []});
    let request = axum::http::Request::post("/api/v1/client/batch").header(header::ORIGIN, "https://evil.example");
    app.send(request.header(header::CONTENT_TYPE, "text/plain"), &beacon).await.expect(403);
}

#[tokio::test]
async fn a_preflight_cannot_know_the_key_and_is_allowed() {
    let app = TestApp::new().await;
    let request = axum::http::Request::builder().method(Method::OPTIONS).uri("/api/v1/client/trigger");
    let request = request.header(header::ORIGIN, "https://evil.example").header("access-control-request-method", "POST");
    let answer = app.send(request, &Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, "*"));
}

#[tokio::test]
async fn no_other_site_may_call_the_dashboards_api() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    for path in ["/api/v1/auth/login".to_owned(), owner.path("/settings"), "/api/v1/auth/state".to_owned()] {
        let request = axum::http::Request::builder().method(Method::OPTIONS).uri(&path);
        let request = request.header(header::ORIGIN, "https://evil.example").header("access-control-request-method", "POST");
        let answer = app.send(request, &Value::Null).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}
