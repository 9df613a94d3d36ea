//! The dashboard's files.

use axum::http::Method;

use crate::support::{Persona, TestApp};

#[tokio::test]
async fn every_other_path_is_the_page_under_a_strict_policy() {
    let app = TestApp::new().await;
    for path in ["/", "/setup", "/workspaces/wsp_x/surveys/srv_y"] {
        let answer = app.get(&Persona::Anonymous, path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
        assert_eq!((answer.header("x-content-type-options"), answer.header("referrer-policy")), ("nosniff", "no-referrer"));
    }
}

#[tokio::test]
async fn what_is_not_the_dashboards_is_not_the_page() {
    let app = TestApp::new().await;
    for path in ["/api/nothing", "/api", "/sdk/v1/nothing.js", "/sdk", "/healthz/x", "/assets/nothing.js"] {
        let answer = app.get(&Persona::Anonymous, path).await;
        assert_eq!(answer.expect(404)["status"], 404, "{path}");
    }
    app.call(&Persona::Anonymous, Method::POST, "/setup", None).await.expect(404);
    assert_eq!(app.get(&Persona::Anonymous, "/healthz").await.bytes, b"ok\n");
}
