//! Many events in one call.

use std::io::Write as _;

use axum::http::{Method, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sonde_core::limits::{EVENT_BATCH_BYTES_MAX, EVENT_BATCH_MAX, EVENT_BYTES_MAX};
use sonde_service::QueueOptions;

use crate::support::{Answer, Owner, TestApp};

const EVENTS: &str = "/api/v1/connections/backend/events";

/// Sends a body with these headers.
async fn send(app: &TestApp, owner: &Owner, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request = TestApp::request(&owner.backend(), Method::POST, EVENTS, None);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send_bytes([127, 0, 0, 1], request, body).await
}

async fn send_json(app: &TestApp, owner: &Owner, body: &Value) -> Answer {
    send(app, owner, &[("content-type", "application/json")], body.to_string().into_bytes()).await
}

async fn stored(app: &TestApp, owner: &Owner) -> u64 {
    let known = app.get(&owner.persona, &owner.path("/triggers")).await.expect(200);
    known["items"].as_array().unwrap().iter().map(|trigger| trigger["count"].as_u64().unwrap()).sum()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn good_events_are_kept_beside_bad_ones() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let body = json!({"events": [
        {"user_id": "u1", "event_name": "e", "event_id": "1", "properties": {"a": 1.50}},
        {"user_id": "u1", "anonymous_id": "x", "event_name": ""},
        {"user_id": "u1", "event_name": "e", "event_id": "1", "properties": {"a": 1.50}},
        7,
        {"user_id": "u1", "event_name": "e", "event_id": "1", "properties": {"a": 2}},
        {"user_id": 2, "event_name": "e", "timestamp": "2001-01-01T00:00:00Z"},
        {"user_id": 2, "event_name": "e"},
    ], "unknown": [1]});
    let answer = send_json(&app, &owner, &body).await.expect(200);
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&json!(2), &json!(1)));
    let errors: Vec<(u64, &str)> =
        answer["errors"].as_array().unwrap().iter().map(|e| (e["index"].as_u64().unwrap(), e["pointer"].as_str().unwrap())).collect();
    assert_eq!(errors, [(1, "/anonymous_id"), (1, "/event_name"), (3, ""), (4, "/event_id"), (5, "/timestamp")]);
    assert_eq!(stored(&app, &owner).await, 2);
    // Everything is listed as it was answered, what was read and what was not.
    let listed = app.get(&owner.persona, &owner.path("/events")).await.expect(200);
    let outcomes: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|e| e["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "rejected").count(), 4);
    assert_eq!(outcomes.len(), 7);
}

#[tokio::test]
async fn the_single_call_knows_the_duplicates_of_a_batch() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let event = json!({"user_id": "u1", "event_name": "e", "event_id": "1"});
    send_json(&app, &owner, &json!({"events": [event]})).await.expect(200);
    let answer = app.post(&owner.backend(), "/api/v1/connections/backend/event", event).await.expect(200);
    assert_eq!(answer["duplicate"], true);
}

#[tokio::test]
async fn events_may_come_by_lines_and_compressed() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let lines = b"{\"user_id\":\"u\",\"event_name\":\"e\"}\r\n\n  \n{oops\n{\"user_id\":\"v\",\"event_name\":\"e\"}".to_vec();
    let ndjson = ("content-type", "application/x-ndjson; charset=utf-8");
    let answer = send(&app, &owner, &[ndjson], lines.clone()).await.expect(200);
    assert_eq!((&answer["accepted"], &answer["errors"][0]["index"]), (&json!(2), &json!(1)));
    let answer = send(&app, &owner, &[ndjson, ("content-encoding", "gzip")], gzip(&lines)).await.expect(200);
    assert_eq!(answer["accepted"], 2);
    let body = json!({"events": [{"user_id": "u", "event_name": "e"}]}).to_string();
    let answer = send(&app, &owner, &[("content-encoding", "GZIP")], gzip(body.as_bytes())).await.expect(200);
    assert_eq!(answer["accepted"], 1);
    assert_eq!(send(&app, &owner, &[], Vec::new()).await.status, 400);
    assert_eq!(send(&app, &owner, &[ndjson], Vec::new()).await.expect(200)["accepted"], 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_whole() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let gzipped = ("content-encoding", "gzip");
    for (headers, body, status) in [
        (&[][..], &b"{\"events\":[{}"[..], 400),
        (&[], b"{\"events\":[{}]} x", 400),
        (&[], b"\xff", 400),
        (&[gzipped], b"{\"events\":[]}", 400),
        (&[gzipped], &gzip(b"{\"events\":[]}")[..20], 400),
        (&[("content-encoding", "br")], b"{\"events\":[]}", 415),
        (&[("content-encoding", "gzip, gzip")], b"{\"events\":[]}", 415),
        (&[("content-type", "text/plain")], b"{\"events\":[]}", 415),
        (&[("idempotency-key", "k1")], b"{\"events\":[]}", 422),
        (&[], b"{\"event\":[]}", 422),
        (&[], b"{\"events\":{}}", 422),
        (&[], b"{\"events\":[],\"events\":[]}", 422),
        (&[], b"[]", 422),
    ] {
        let answer = send(&app, &owner, headers, body.to_vec()).await;
        assert_eq!(answer.status, status, "{headers:?} {}: {:?}", String::from_utf8_lossy(body), answer.json());
    }
    assert_eq!(app.post(&owner.sdk(), EVENTS, json!({"events": []})).await.status, 401);
    assert_eq!(stored(&app, &owner).await, 0);
}

#[tokio::test]
async fn a_thousand_events_are_taken_and_one_more_is_not() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let batch = |count: usize| json!({"events": vec![json!({"user_id": "u", "event_name": "e"}); count]});
    let answer = send_json(&app, &owner, &batch(EVENT_BATCH_MAX)).await.expect(200);
    assert_eq!((&answer["accepted"], stored(&app, &owner).await), (&json!(1_000), 1_000));
    let refused = send_json(&app, &owner, &batch(EVENT_BATCH_MAX + 1)).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], "/events");
    let line = "{\"user_id\":\"u\",\"event_name\":\"e\"}\n".repeat(EVENT_BATCH_MAX + 1);
    let ndjson = [("content-type", "application/x-ndjson")];
    assert_eq!(send(&app, &owner, &ndjson, line.clone().into_bytes()).await.status, 422);
    assert_eq!(send(&app, &owner, &ndjson, line[..line.len() / (EVENT_BATCH_MAX + 1) * EVENT_BATCH_MAX].into()).await.status, 200);
    // A list of millions is a list that is too long.
    let endless = format!("{{\"events\":[{}1]}}", "1,".repeat(2_000_000));
    assert_eq!(send(&app, &owner, &[], endless.into_bytes()).await.status, 422);
    assert_eq!(stored(&app, &owner).await, 2_000);
}

#[tokio::test]
async fn an_event_over_32_kib_is_refused_alone() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let of_size = |size: usize| {
        let event = |filling: &str| format!(r#"{{"user_id":"u","event_name":"e","properties":{{"a":"{filling}"}}}}"#);
        event(&"x".repeat(size - event("").len()))
    };
    let body = format!(r#"{{"events":[{},{}]}}"#, of_size(EVENT_BYTES_MAX), of_size(EVENT_BYTES_MAX + 1));
    let answer = send(&app, &owner, &[], body.into_bytes()).await.expect(200);
    assert_eq!((&answer["accepted"], &answer["errors"][0]["index"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn four_mebibytes_of_text_are_taken_and_one_byte_more_is_not_compressed_or_not() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let of_size = |size: usize| {
        let mut body = br#"{"events":[{"user_id":"u","event_name":"e"}]}"#.to_vec();
        body.resize(size, b' ');
        body
    };
    for (size, status) in [(EVENT_BATCH_BYTES_MAX, 200), (EVENT_BATCH_BYTES_MAX + 1, 413)] {
        assert_eq!(send(&app, &owner, &[], of_size(size)).await.status, status, "{size}");
        let folded = gzip(&of_size(size));
        assert!(folded.len() < 10_000);
        assert_eq!(send(&app, &owner, &[("content-encoding", "gzip")], folded).await.status, status, "{size} folded");
    }
    // Half a gigabyte in half a megabyte: unfolding stops at the limit.
    let bomb: Vec<u8> = std::iter::repeat_n(gzip(&vec![b' '; 64 * 1024 * 1024]), 8).flatten().collect();
    let answer = send(&app, &owner, &[("content-encoding", "gzip")], bomb).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_batch_that_has_no_room_is_refused_whole() {
    let options = QueueOptions { waiting_bytes_max: 64 * 1024, ..QueueOptions::default() };
    let (app, owner) = TestApp::with_queue("http://localhost:8080", false, options).await.with_owner().await;
    let events = json!({"events": vec![json!({"user_id": "u", "event_name": "e"}); 500]});
    let answer = send_json(&app, &owner, &events).await;
    assert_eq!((answer.status.as_u16(), answer.header(header::RETRY_AFTER.as_str())), (503, "1"));
    assert_eq!(stored(&app, &owner).await, 0);
    let fewer = json!({"events": vec![json!({"user_id": "u", "event_name": "e"}); 50]});
    assert_eq!(send_json(&app, &owner, &fewer).await.expect(200)["accepted"], 50);
}
