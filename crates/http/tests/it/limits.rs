//! Rate limits, from outside.

use axum::http::Method;
use serde_json::{Value, json};
use sonde_core::time::Span;
use sonde_service::rate_limit::{Rate, RateLimits};

use crate::support::{Answer, Owner, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";
const EVENTS: &str = "/api/v1/connections/backend/events";
const CONFIG: &str = "/api/v1/client/config";

async fn limited(limits: RateLimits) -> (TestApp, Owner) {
    let (app, owner) = TestApp::new().await.with_owner().await;
    app.service.limit_rates(limits);
    (app, owner)
}

async fn config_from(app: &TestApp, owner: &Owner, address: [u8; 4]) -> Answer {
    app.send_from(address, TestApp::request(&owner.sdk(), Method::GET, CONFIG, None), &Value::Null).await
}

fn refused(answer: &Answer) -> (u16, &str, &str, &str) {
    let header = |name| answer.header(name);
    (answer.status.as_u16(), header("retry-after"), header("ratelimit-policy"), header("ratelimit"))
}

#[tokio::test]
async fn a_key_has_its_bucket_and_the_refusal_says_what_is_allowed() {
    let (app, owner) = limited(RateLimits { backend_key: Rate::new(2, 5), ..RateLimits::default() }).await;
    let event = json!({"user_id": "u", "event_name": "e"});
    for _ in 0..5 {
        app.post(&owner.backend(), EVENT, event.clone()).await.expect(200);
    }
    let answer = app.post(&owner.backend(), EVENT, event.clone()).await;
    assert_eq!(refused(&answer), (429, "1", "\"backend-key\";q=5;w=3", "\"backend-key\";r=0;t=1"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    // The other workspace's key, and the same workspace's SDK key, are others.
    let other = app.owner("other@example.org", "Games").await;
    app.post(&other.backend(), EVENT, event.clone()).await.expect(200);
    app.get(&owner.sdk(), CONFIG).await.expect(200);
    app.advance(Span::from_millis(500));
    app.post(&owner.backend(), EVENT, event.clone()).await.expect(200);
    assert_eq!(app.post(&owner.backend(), EVENT, event).await.status, 429);
}

#[tokio::test]
async fn a_batch_takes_as_much_as_its_events() {
    let (app, owner) = limited(RateLimits { backend_key: Rate::new(10, 100), ..RateLimits::default() }).await;
    let batch = |count: usize| json!({"events": vec![json!({"user_id": "u", "event_name": "e"}); count]});
    assert_eq!(app.post(&owner.backend(), EVENTS, batch(90)).await.expect(200)["accepted"], 90);
    assert_eq!(app.post(&owner.backend(), EVENTS, batch(30)).await.status, 429);
    let known = app.get(&owner.persona, &owner.path("/triggers")).await.expect(200);
    assert_eq!(known["items"][0]["count"], 90);
}

#[tokio::test]
async fn an_address_has_its_bucket_whatever_keys_it_tries() {
    let limits = RateLimits { address: Rate::new(1, 3), ingest_address: Rate::new(1, 2), ..RateLimits::default() };
    let (app, owner) = limited(limits).await;
    let nobody = Owner { sdk_key: "pk_unknown".to_owned(), ..owner.clone() };
    let place = [203, 0, 113, 9];
    for _ in 0..3 {
        assert_eq!(config_from(&app, &nobody, place).await.status, 401);
    }
    let answer = config_from(&app, &owner, place).await;
    assert_eq!(refused(&answer), (429, "1", "\"address\";q=3;w=3", "\"address\";r=0;t=1"));
    assert_eq!(config_from(&app, &owner, [203, 0, 113, 10]).await.status, 200);
    // Servers are counted apart.
    let event = json!({"user_id": "u", "event_name": "e"});
    let post = async || {
        let request = TestApp::request(&owner.backend(), Method::POST, EVENT, Some(&event));
        app.send_from(place, request, &event).await.status.as_u16()
    };
    assert_eq!([post().await, post().await, post().await], [200, 200, 429]);
}

#[tokio::test]
async fn a_page_may_read_that_it_asks_too_often() {
    let (app, owner) = limited(RateLimits { address: Rate::new(1, 1), ..RateLimits::default() }).await;
    config_from(&app, &owner, [203, 0, 113, 9]).await.expect(200);
    let request = TestApp::request(&owner.sdk(), Method::GET, CONFIG, None).header("origin", "https://shop.example");
    let answer = app.send_from([203, 0, 113, 9], request, &Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (429, "*"));
    let exposed = answer.header("access-control-expose-headers").to_owned();
    assert!(["retry-after", "ratelimit", "ratelimit-policy"].iter().all(|name| exposed.split(',').any(|one| one == *name)), "{exposed}");
}

#[tokio::test]
async fn an_address_of_ones_own_network_is_a_proxy_nobody_told_of() {
    let (app, owner) = limited(RateLimits { address: Rate::new(1, 1), ..RateLimits::default() }).await;
    for _ in 0..5 {
        config_from(&app, &owner, [127, 0, 0, 1]).await.expect(200);
        config_from(&app, &owner, [10, 1, 2, 3]).await.expect(200);
    }
}
