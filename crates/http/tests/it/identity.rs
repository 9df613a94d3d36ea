//! Identity proof.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use sonde_core::time::Span;

use crate::support::{Answer, Owner, TestApp};

const SECRETS: &str = "/settings/identity-secrets";

fn mac(secret: &str, text: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}

pub(crate) fn hmac(secret: &str, user: &str) -> String {
    mac(secret, user).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// A token as a customer's server makes it; the clock of these tests stands at 1 800 000 000.
fn jwt(secret: &str, owner: &Owner, user: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let payload = json!({"sub": user, "aud": owner.workspace.to_string(), "exp": 1_800_000_000 + 300});
    let input = format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT"})), part(payload));
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac(secret, &input)))
}

async fn new_secret(app: &TestApp, owner: &Owner) -> Value {
    app.call(&owner.persona, Method::POST, &owner.path(SECRETS), None).await.expect(201)
}

pub(crate) async fn set_mode(app: &TestApp, owner: &Owner, mode: &str) -> Answer {
    let mut settings = app.get(&owner.persona, &owner.path("/settings")).await.expect(200);
    settings["identity_proof"]["mode"] = json!(mode);
    app.put(&owner.persona, &owner.path("/settings"), settings).await
}

async fn session(app: &TestApp, owner: &Owner, who: Value, proof: Option<&str>) -> Answer {
    let mut body = json!({"platform": "web"});
    body.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    if let Some(proof) = proof {
        body["proof"] = json!(proof);
    }
    app.post(&owner.sdk(), "/api/v1/client/session", body).await
}

async fn with_token(app: &TestApp, owner: &Owner, path: &str, token: &str, body: &Value) -> Answer {
    let request = TestApp::request(&owner.sdk(), Method::POST, &format!("/api/v1/client{path}"), Some(body));
    app.send(request.header("x-sonde-token", token), body).await
}

fn token(answer: &Answer) -> String {
    answer.expect(200)["client_token"].as_str().unwrap().to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_secret_is_told_once_and_there_are_at_most_two() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let first = new_secret(&app, &owner).await;
    app.advance(Span::from_secs(1));
    let second = new_secret(&app, &owner).await;
    app.call(&owner.persona, Method::POST, &owner.path(SECRETS), None).await.expect(409);
    let listed = app.get(&owner.persona, &owner.path(SECRETS)).await;
    let items = listed.expect(200)["items"].clone();
    assert_eq!((&items[0]["id"], &items[0]["hint"]), (&first["id"], &first["hint"]));
    let settings = app.get(&owner.persona, &owner.path("/settings")).await;
    for secret in [&first["secret"], &second["secret"]] {
        assert!(text(secret).starts_with("ips_"));
        for answer in [&listed, &settings] {
            assert!(!String::from_utf8_lossy(&answer.bytes).contains(text(secret)));
        }
    }
    let path = owner.path(&format!("{SECRETS}/{}", text(&first["id"])));
    let other = app.owner("other@example.org", "Games").await;
    let elsewhere = other.path(&format!("{SECRETS}/{}", text(&first["id"])));
    app.call(&other.persona, Method::DELETE, &elsewhere, None).await.expect(404);
    app.call(&owner.persona, Method::DELETE, &path, None).await.expect(204);
    app.call(&owner.persona, Method::DELETE, &path, None).await.expect(404);
    app.call(&owner.persona, Method::DELETE, &owner.path(&format!("{SECRETS}/nonsense")), None).await.expect(404);
    assert_eq!(app.get(&owner.persona, &owner.path(SECRETS)).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    new_secret(&app, &owner).await;
}

#[tokio::test]
async fn it_cannot_be_turned_on_without_a_secret() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let problem = set_mode(&app, &owner, "jwt").await.expect(422);
    assert_eq!(problem["errors"][0]["pointer"], "/identity_proof/mode");
    new_secret(&app, &owner).await;
    for mode in ["jwt", "jwt_or_hmac", "off"] {
        assert_eq!(set_mode(&app, &owner, mode).await.expect(200)["identity_proof"]["mode"], mode);
    }
}

#[tokio::test]
async fn identified_users_have_to_prove_who_they_are_and_anonymous_ones_do_not() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let other = app.owner("other@example.org", "Games").await;
    let user = json!({"user_id": "u1"});
    let early = token(&session(&app, &owner, user.clone(), Some("anything goes")).await);
    let (first, second) = (new_secret(&app, &owner).await, new_secret(&app, &owner).await);
    let (secret, spare) = (text(&first["secret"]), text(&second["secret"]));
    set_mode(&app, &owner, "jwt").await.expect(200);

    let changes = json!({"attributes": {"plan": "pro"}});
    let stale = with_token(&app, &owner, "/attributes", &early, &changes).await.expect(401);
    assert!(text(&stale["detail"]).contains("proof"), "{stale}");
    let bad = [None, Some("x"), Some("a.b.c")].map(|proof| proof.map(str::to_owned));
    let others = [jwt(secret, &owner, "u2"), jwt(secret, &other, "u1"), jwt("ips_", &owner, "u1"), hmac(secret, "u1")];
    for proof in bad.into_iter().chain(others.map(Some)) {
        let answer = session(&app, &owner, user.clone(), proof.as_deref()).await.expect(401);
        assert!(text(&answer["detail"]).contains("proof"), "{answer}");
    }
    let proven = token(&session(&app, &owner, user.clone(), Some(&jwt(secret, &owner, "u1"))).await);
    with_token(&app, &owner, "/attributes", &proven, &changes).await.expect(200);
    let anonymous = token(&session(&app, &owner, json!({"anonymous_id": "a1"}), None).await);
    with_token(&app, &owner, "/attributes", &anonymous, &changes).await.expect(200);
    token(&session(&app, &other, user.clone(), None).await);

    set_mode(&app, &owner, "jwt_or_hmac").await.expect(200);
    token(&session(&app, &owner, user.clone(), Some(&hmac(spare, "u1"))).await);
    let path = owner.path(&format!("{SECRETS}/{}", text(&second["id"])));
    app.call(&owner.persona, Method::DELETE, &path, None).await.expect(204);
    session(&app, &owner, user.clone(), Some(&hmac(spare, "u1"))).await.expect(401);
    session(&app, &owner, user, Some(&jwt(spare, &owner, "u1"))).await.expect(401);
}

#[tokio::test]
async fn identify_needs_a_proof_alone_and_in_a_batch() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let made = new_secret(&app, &owner).await;
    let proof = jwt(text(&made["secret"]), &owner, "u1");
    set_mode(&app, &owner, "jwt").await.expect(200);
    let anonymous = token(&session(&app, &owner, json!({"anonymous_id": "a1"}), None).await);
    with_token(&app, &owner, "/identify", &anonymous, &json!({"user_id": "u1"})).await.expect(401);
    with_token(&app, &owner, "/identify", &anonymous, &json!({"user_id": "u2", "proof": proof})).await.expect(401);
    let items = json!({"items": [
        {"type": "identify", "user_id": "u1"},
        {"type": "identify", "user_id": "u1", "proof": "x"},
        {"type": "identify", "user_id": "u1", "proof": proof},
    ]});
    let results = with_token(&app, &owner, "/batch", &anonymous, &items).await.expect(200)["results"].clone();
    let statuses: Vec<_> = results.as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [401, 401, 200]);
    let proven = token(&with_token(&app, &owner, "/identify", &anonymous, &json!({"user_id": "u1", "proof": proof})).await);
    with_token(&app, &owner, "/attributes", &proven, &json!({"attributes": {"plan": "pro"}})).await.expect(200);
}
