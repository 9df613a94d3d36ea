//! Metrics, as whoever watches reads them.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::json;
use sonde_http::{EdgeOptions, Metrics, metrics_router, public_api};
use sonde_service::rate_limit::{Rate, RateLimits};
use tower::ServiceExt as _;

use crate::support::{Owner, TestApp};

pub(crate) async fn scrape(app: &TestApp, metrics: &Metrics) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = metrics_router(Arc::clone(&app.service), metrics.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// Calls through a router that counts.
async fn call(app: &TestApp, metrics: &Metrics, method: &str, path: &str, owner: &Owner, body: String) -> u16 {
    let options = EdgeOptions { metrics: Some(metrics.clone()), ..EdgeOptions::default() };
    let request = Request::builder().method(method).uri(path).header("x-api-key", &owner.backend_key).header("x-sonde-key", &owner.sdk_key);
    let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
    public_api(Arc::clone(&app.service), options).oneshot(request).await.unwrap().status().as_u16()
}

#[track_caller]
pub(crate) fn expect(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|known| known == *line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn events_are_counted_by_what_became_of_them() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let metrics = Metrics::default();
    let event = "/api/v1/connections/backend/event";
    for (body, status) in [
        (json!({"user_id": "u", "event_name": "e", "event_id": "1"}).to_string(), 200),
        (json!({"user_id": "u", "event_name": "e", "event_id": "1"}).to_string(), 200),
        (json!({"user_id": "u", "event_name": "e", "event_id": "1", "properties": {"a": 1}}).to_string(), 422),
        (json!({"user_id": "u", "event_name": "e", "timestamp": "2001-01-01T00:00:00Z"}).to_string(), 422),
        (json!({"user_id": "u", "event_name": "e", "timestamp": "2901-01-01T00:00:00Z"}).to_string(), 422),
        (json!({"user_id": "u"}).to_string(), 422),
        ("{".to_owned(), 400),
    ] {
        assert_eq!(call(&app, &metrics, "POST", event, &owner, body.clone()).await, status, "{body}");
    }
    let batch = json!({"events": [{"user_id": "u", "event_name": "e"}, {"event_name": "e"}]}).to_string();
    assert_eq!(call(&app, &metrics, "POST", "/api/v1/connections/backend/events", &owner, batch).await, 200);
    expect(
        &scrape(&app, &metrics).await,
        &[
            "sonde_events_total{outcome=\"stored\"} 2",
            "sonde_events_total{outcome=\"duplicate\"} 1",
            "sonde_events_total{outcome=\"expired\"} 1",
            "sonde_events_total{outcome=\"rejected\",reason=\"event_id\"} 1",
            "sonde_events_total{outcome=\"rejected\",reason=\"timestamp\"} 1",
            "sonde_events_total{outcome=\"rejected\",reason=\"event_name\"} 1",
            "sonde_events_total{outcome=\"rejected\",reason=\"malformed\"} 1",
            "sonde_events_total{outcome=\"rejected\",reason=\"user\"} 1",
            "sonde_write_queue_depth 0",
            "sonde_write_queue_bytes 0",
            "sonde_healthy 1",
            "http_server_request_duration_seconds_count{http_request_method=\"POST\",http_response_status_code=\"422\",http_route=\"/api/v1/connections/backend/event\"} 4",
            "http_server_request_duration_seconds_count{http_request_method=\"POST\",http_response_status_code=\"200\",http_route=\"/api/v1/connections/backend/events\"} 1",
        ],
    );
}

#[tokio::test]
async fn whoever_calls_cannot_make_series() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let metrics = Metrics::default();
    for number in 0..50 {
        call(&app, &metrics, "GET", &format!("/api/v1/client/surveys/{number}/1/en"), &owner, String::new()).await;
        call(&app, &metrics, "GET", &format!("/api/v1/client/nowhere-{number}"), &owner, String::new()).await;
        call(&app, &metrics, &format!("M{number}"), &format!("/elsewhere-{number}"), &owner, String::new()).await;
    }
    let text = scrape(&app, &metrics).await;
    let counts: Vec<&str> = text.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count")).collect();
    assert!(counts.len() <= 4, "{counts:#?}");
    expect(&text, &["http_server_request_duration_seconds_count{http_request_method=\"_OTHER\",http_response_status_code=\"404\"} 50"]);
    assert!(text.contains("http_route=\"/api/v1/client/surveys/{survey}/{version}/{locale}\""), "{text}");
}

#[tokio::test]
async fn refused_calls_and_groups_are_counted() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    app.service.limit_rates(RateLimits { backend_key: Rate::new(1, 2), ..RateLimits::default() });
    let metrics = Metrics::default();
    let event = json!({"user_id": "u", "event_name": "e"}).to_string();
    for _ in 0..3 {
        call(&app, &metrics, "POST", "/api/v1/connections/backend/event", &owner, event.clone()).await;
    }
    let text = scrape(&app, &metrics).await;
    expect(&text, &["sonde_rate_limited_total{limit=\"backend-key\"} 1", "sonde_rate_limited_total{limit=\"address\"} 0"]);
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    assert_eq!(value("sonde_write_group_size_sum "), "2");
    assert!(value("sonde_write_group_duration_seconds_sum ").parse::<f64>().unwrap() > 0.0);
    assert_eq!(value("sonde_write_group_duration_seconds_bucket{le=\"+Inf\"} "), value("sonde_write_group_duration_seconds_count "));
    // Every name has its help and type, once.
    let types: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert_eq!(types.iter().collect::<std::collections::BTreeSet<_>>().len(), types.len());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(types.iter().any(|known| known.split(' ').next().is_some_and(|known| known == name || known == base)), "{line}");
    }
}

#[tokio::test]
async fn decisions_are_counted_by_reason() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let made = owner.create(&app, crate::surveys::document()).await;
    owner.act(&app, made["id"].as_str().unwrap(), "launch").await.expect(200);
    let metrics = Metrics::default();
    let session = app.post(&owner.sdk(), "/api/v1/client/session", json!({"platform": "web", "user_id": "u"})).await.expect(200);
    for (request, tab) in [("r1", 1), ("r2", 1), ("r3", 2)] {
        let body = json!({"request_id": request, "trigger": "MainActivity", "properties": {"tab": tab}});
        let call = TestApp::request(&owner.sdk(), axum::http::Method::POST, "/api/v1/client/trigger", Some(&body));
        app.send(call.header("x-sonde-token", session["client_token"].as_str().unwrap()), &body).await.expect(200);
    }
    expect(
        &scrape(&app, &metrics).await,
        &[
            "sonde_decisions_total{reason=\"shown\"} 1",
            "sonde_decisions_total{reason=\"trigger_filter\"} 2",
            "sonde_decisions_total{reason=\"no_event\"} 0",
            "sonde_refusals_dropped_total 0",
        ],
    );
}
