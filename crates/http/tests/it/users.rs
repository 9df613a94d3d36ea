//! Users: attributes from a server, looking at one, forgetting one.

use axum::http::Method;
use serde_json::{Value, json};
use sonde_core::time::Span;

use crate::support::{Owner, Persona, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";

async fn set(app: &TestApp, owner: &Owner, user: &str, attributes: Value) -> crate::support::Answer {
    app.put(&owner.backend(), &format!("/api/v1/users/{user}/attributes"), json!({"attributes": attributes})).await
}

#[tokio::test]
async fn attributes_from_a_server_are_typed_merged_and_removed() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let first = json!({"plan": "pro", "age": 82.50, "born": "1990-02-28", "ok": true});
    let set_first = set(&app, &owner, "u%2F1", first.clone()).await.expect(200);
    assert_eq!(set_first, json!({"attributes": first}));
    let second = set(&app, &owner, "u%2F1", json!({"plan": null, "ok": false, "never": null})).await.expect(200);
    assert_eq!(second, json!({"attributes": {"age": 82.50, "born": "1990-02-28", "ok": false}}));
    assert_eq!(set(&app, &owner, "u%2F1", json!({})).await.expect(200), second);
    let shown = app.get(&owner.persona, &owner.path("/users/u%2F1")).await.expect(200);
    let expected = json!([
        {"name": "age", "type": "number", "value": 82.50},
        {"name": "born", "type": "date", "value": "1990-02-28"},
        {"name": "ok", "type": "boolean", "value": false},
    ]);
    assert_eq!((&shown["attributes"], &shown["user_id"], &shown["namespace"]), (&expected, &json!("u/1"), &json!("identified")));
    // The same id of an anonymous user is somebody else's.
    app.put(&owner.backend(), "/api/v1/users/u%2F1/attributes?anonymous=true", json!({"attributes": {"a": 1}})).await.expect(200);
    let anonymous = app.get(&owner.persona, &owner.path("/users/u%2F1?namespace=anonymous")).await.expect(200);
    assert_eq!(anonymous["attributes"], json!([{"name": "a", "type": "number", "value": 1}]));
}

#[tokio::test]
async fn attributes_are_limited_exactly_as_documented() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let many = |count: usize| -> Value {
        (0..count).map(|number| (format!("a{number}"), json!(number))).collect::<serde_json::Map<_, _>>().into()
    };
    set(&app, &owner, "full", many(256)).await.expect(200);
    set(&app, &owner, "full", json!({"one more": 1})).await.expect(422);
    set(&app, &owner, "full", json!({"one more": 1, "a0": null})).await.expect(200);
    set(&app, &owner, "over", many(257)).await.expect(422);
    app.get(&owner.persona, &owner.path("/users/over")).await.expect(404);
    for (attributes, status) in [
        (json!({"x".repeat(128): 1}), 200),
        (json!({"x".repeat(129): 1}), 422),
        (json!({"": 1}), 422),
        (json!({"t": "é".repeat(1_024)}), 200),
        (json!({"t": "é".repeat(1_025)}), 422),
        (json!({"list": [1]}), 422),
        (json!({"nul": "\u{0}"}), 422),
    ] {
        set(&app, &owner, "u", attributes.clone()).await.expect(status);
    }
    let wrong = set(&app, &owner, "u", json!({"a/b": {}, "c": []})).await.expect(422);
    let pointers: Vec<&str> = wrong["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/attributes/a~1b", "/attributes/c"]);
    set(&app, &owner, &"u".repeat(256), json!({"a": 1})).await.expect(200);
    set(&app, &owner, &"u".repeat(257), json!({"a": 1})).await.expect(422);
    set(&app, &owner, "%00", json!({"a": 1})).await.expect(422);
}

#[tokio::test]
async fn only_a_backend_key_speaks_of_users_and_only_of_its_own() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let other = app.owner("other@example.org", "Games").await;
    set(&app, &owner, "u", json!({"a": 1})).await.expect(200);
    for persona in [Persona::Anonymous, owner.sdk(), owner.persona.clone(), Persona::Backend(owner.sdk_key.clone())] {
        app.put(&persona, "/api/v1/users/u/attributes", json!({"attributes": {}})).await.expect(401);
        app.call(&persona, Method::DELETE, "/api/v1/users/u", None).await.expect(401);
        app.get(&persona, "/api/v1/users/u/export").await.expect(401);
    }
    app.get(&other.backend(), "/api/v1/users/u/export").await.expect(404);
    assert_eq!(app.call(&other.backend(), Method::DELETE, "/api/v1/users/u", None).await.status, 204);
    assert_eq!(app.get(&owner.backend(), "/api/v1/users/u/export").await.expect(200)["attributes"], json!({"a": 1}));
}

#[tokio::test]
async fn attributes_of_the_workspace_are_listed_with_what_two_users_share() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    for (user, plan) in [("a", json!("pro")), ("b", json!("pro")), ("b", json!("2026-11-23"))] {
        set(&app, &owner, user, json!({"plan": plan, "email": format!("{user}@example.org")})).await.expect(200);
    }
    let session = json!({"user_id": "c", "platform": "web", "attributes": {"logins": 5}});
    app.post(&owner.sdk(), "/api/v1/client/session", session).await.expect(200);
    app.service.drain().await;
    let listed = app.get(&owner.persona, &owner.path("/attributes")).await.expect(200);
    let expected = json!([
        {"name": "email", "types": ["text"], "examples": []},
        {"name": "logins", "types": ["number"], "examples": []},
        {"name": "plan", "types": ["text", "date"], "examples": ["\"pro\""]},
    ]);
    assert_eq!(listed["items"], expected);
}

/// A survey at `MainActivity` for whoever ended their sleep within the hour.
async fn launch(app: &TestApp, owner: &Owner) -> String {
    let mut document = crate::surveys::document();
    document["launch"]["activation"] = json!({"backend_triggers": [{"name": "ended sleep"}], "expires_after_secs": 3_600});
    document["launch"]["frontend_triggers"] = json!([{"name": "MainActivity"}]);
    let survey = owner.create(app, document).await["id"].as_str().unwrap().to_owned();
    owner.act(app, &survey, "launch").await.expect(200);
    survey
}

/// Lets an SDK ask as a user; the headers that its later calls carry.
async fn ask(app: &TestApp, owner: &Owner, who: Value, request_id: &str) -> (String, Value) {
    let mut session = json!({"platform": "web"});
    session.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    let token = app.post(&owner.sdk(), "/api/v1/client/session", session).await.expect(200)["client_token"].as_str().unwrap().to_owned();
    let body = json!({"request_id": request_id, "trigger": "MainActivity"});
    let request = TestApp::request(&owner.sdk(), Method::POST, "/api/v1/client/trigger", Some(&body)).header("x-sonde-token", &token);
    (token, app.send(request, &body).await.expect(200))
}

async fn as_user(app: &TestApp, owner: &Owner, token: &str, method: Method, path: &str, body: Value) -> crate::support::Answer {
    app.send(TestApp::request(&owner.sdk(), method, path, Some(&body)).header("x-sonde-token", token), &body).await
}

/// A user with an event, an attribute, an alias and an answered survey. Says the survey and the display.
async fn live(app: &TestApp, owner: &Owner) -> (String, String) {
    let survey = launch(app, owner).await;
    set(app, owner, "ada", json!({"email": "ada@example.org"})).await.expect(200);
    let event = json!({"anonymous_id": "anon-1", "event_name": "ended sleep", "event_id": "e1", "properties": {"hours": 7.50}});
    app.post(&owner.backend(), EVENT, event).await.expect(200);
    let session = json!({"anonymous_id": "anon-1", "platform": "web"});
    let token = app.post(&owner.sdk(), "/api/v1/client/session", session).await.expect(200)["client_token"].as_str().unwrap().to_owned();
    as_user(app, owner, &token, Method::POST, "/api/v1/client/identify", json!({"user_id": "ada"})).await.expect(200);
    let (token, shown) = ask(app, owner, json!({"user_id": "ada"}), "r1").await;
    let display = shown["display_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/client/displays/{display}");
    as_user(app, owner, &token, Method::POST, &path, json!({"state": "shown"})).await.expect(200);
    let answers = json!({"revision": 1, "completed": false, "answers": {}});
    as_user(app, owner, &token, Method::PUT, &format!("{path}/response"), answers).await.expect(200);
    (survey, display)
}

#[tokio::test]
async fn a_user_is_shown_with_events_windows_and_displays() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let (survey, display) = live(&app, &owner).await;
    let later = json!({"user_id": "ada", "event_name": "ended sleep", "event_id": "e2"});
    app.advance(Span::from_secs(60));
    app.post(&owner.backend(), EVENT, later).await.expect(200);
    app.post(&owner.backend(), EVENT, json!({"user_id": "ada", "event_name": "other"})).await.expect(200);
    let shown = app.get(&owner.persona, &owner.path("/users/ada")).await.expect(200);
    assert_eq!(shown["aliases"], json!(["anon-1"]));
    let events = shown["events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!((&events[0]["trigger"], &events[0]["windows"]), (&json!("other"), &json!([])));
    let window = &events[1]["windows"][0];
    assert_eq!((&window["survey"]["id"], &window["consumed"]), (&json!(survey), &json!(false)));
    let first = &events[2];
    assert_eq!(
        (&first["event_id"], &first["properties"], &first["windows"][0]["consumed"]),
        (&json!("e1"), &json!({"hours": 7.50}), &json!(true))
    );
    assert_eq!((&first["windows"][0]["opens_at"], &first["effective_at"]), (&first["effective_at"], &first["received_at"]));
    let only = &shown["displays"][0];
    assert_eq!(
        (&only["display_id"], &only["survey"], &only["trigger"]),
        (&json!(display), &json!({"id": survey, "name": "Sleep"}), &json!("MainActivity"))
    );
    assert_eq!((&shown["open_claim"], &shown["refusals"]), (&Value::Null, &json!([])));
    assert!(events.iter().all(|event| event["cancelled"] == false));
    let cancel = "/api/v1/connections/backend/event/e2?user_id=ada";
    app.call(&owner.backend(), Method::DELETE, cancel, None).await.expect(200);
    assert_eq!(app.get(&owner.persona, &owner.path("/users/ada")).await.expect(200)["events"][1]["cancelled"], true);
    app.advance(Span::from_secs(3_600 - 60));
    let shown = app.get(&owner.persona, &owner.path("/users/ada")).await.expect(200);
    let windows = |place: usize| shown["events"][place]["windows"].as_array().unwrap().clone();
    assert_eq!((windows(2).len(), windows(1).len(), windows(0).len()), (1, 1, 0), "closed windows are told, too");
    assert!(windows(2)[0]["expires_at"].as_str() < windows(1)[0]["expires_at"].as_str(), "{shown}");
    // Asked for by an anonymous id: the user it stands for.
    let alias = app.get(&owner.persona, &owner.path("/users/anon-1?namespace=anonymous")).await.expect(200);
    assert_eq!((&alias["user_id"], &alias["alias_of"], &alias["attributes"]), (&json!("anon-1"), &json!("ada"), &shown["attributes"]));
    app.get(&owner.persona, &owner.path("/users/anon-1")).await.expect(404);
}

#[tokio::test]
async fn users_are_found_by_their_id_and_by_having_been_seen() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    live(&app, &owner).await;
    set(&app, &owner, "Quiet%20Person", json!({"a": 1})).await.expect(200);
    app.advance(Span::from_secs(1));
    app.post(&owner.backend(), EVENT, json!({"user_id": "Adam", "event_name": "other"})).await.expect(200);
    let found = async |query: &str| -> Vec<(String, Value)> {
        let body = app.get(&owner.persona, &owner.path(&format!("/users{query}"))).await.expect(200);
        let items = body["items"].as_array().unwrap().iter();
        items.map(|item| (item["user_id"].as_str().unwrap().to_owned(), item["last_seen_by"].clone())).collect()
    };
    let (adam, ada) = (("Adam".to_owned(), json!("event")), ("ada".to_owned(), json!("response")));
    assert_eq!(found("?search=AD").await, [adam.clone(), ada.clone()]);
    assert_eq!(found("?search=ada").await, [ada.clone(), adam.clone()], "the exact one first");
    assert_eq!(found("?search=Quiet%20Person").await, [("Quiet Person".to_owned(), Value::Null)]);
    assert_eq!(found("?search=Quiet").await, []);
    assert_eq!(found("?limit=1").await, [adam]);
    assert_eq!(found("").await.len(), 3);
}

#[tokio::test]
async fn an_export_is_one_document_with_everything() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let (survey, display) = live(&app, &owner).await;
    for number in 0..450 {
        let event = json!({"user_id": "ada", "event_name": "flood", "event_id": format!("f{number}"), "properties": {"n": number}});
        app.post(&owner.backend(), EVENT, event).await.expect(200);
    }
    let by_member = app.get(&owner.persona, &owner.path("/users/ada/export")).await;
    assert_eq!(by_member.header("content-type"), "application/json");
    let export = by_member.expect(200);
    assert_eq!(app.get(&owner.backend(), "/api/v1/users/ada/export").await.expect(200), export);
    assert_eq!(
        (&export["user_id"], &export["aliases"], &export["attributes"]),
        (&json!("ada"), &json!(["anon-1"]), &json!({"email": "ada@example.org"}))
    );
    assert_eq!((&export["surveys"][0]["survey"]["id"], &export["surveys"][0]["shown_count"]), (&json!(survey), &json!(1)));
    let mut ids: Vec<&str> = export["events"].as_array().unwrap().iter().map(|event| event["event_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 451, "also those that no decision looks at");
    let [only] = export["displays"].as_array().unwrap().as_slice() else { panic!("one display") };
    assert_eq!((&only["display_id"], &only["event"]), (&json!(display), &json!({"hours": 7.50})));
    app.get(&owner.backend(), "/api/v1/users/nobody/export").await.expect(404);
    let anonymous = app.get(&owner.backend(), "/api/v1/users/anon-1/export?anonymous=true").await.expect(200);
    assert_eq!(anonymous["user_id"], "ada");
}

#[tokio::test]
async fn an_erased_user_is_nowhere() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let (survey, display) = live(&app, &owner).await;
    app.put(&owner.persona, &owner.path("/users/ada/test"), json!({"is_test_user": true})).await.expect(200);
    assert_eq!(app.get(&owner.persona, &owner.path("/users/ada")).await.expect(200)["is_test_user"], true);
    for _ in 0..2 {
        assert_eq!(app.call(&owner.backend(), Method::DELETE, "/api/v1/users/ada", None).await.status, 204);
    }
    assert_eq!(app.get(&owner.persona, &owner.path("/settings")).await.expect(200)["test_users"], json!([]));
    app.get(&owner.persona, &owner.path("/users/ada")).await.expect(404);
    app.get(&owner.persona, &owner.path("/users/anon-1?namespace=anonymous")).await.expect(404);
    app.get(&owner.backend(), "/api/v1/users/ada/export").await.expect(404);
    assert_eq!(app.get(&owner.persona, &owner.path("/events")).await.expect(200)["items"], json!([]));
    assert_eq!(app.get(&owner.persona, &owner.path("/users?search=a")).await.expect(200)["items"], json!([]));
    app.get(&owner.persona, &owner.path(&format!("/surveys/{survey}/responses/{display}"))).await.expect(404);
    // Nothing is remembered: the same event is new, and the survey shows again.
    let again = json!({"user_id": "ada", "event_name": "ended sleep", "event_id": "e1"});
    assert_eq!(app.post(&owner.backend(), EVENT, again).await.expect(200)["duplicate"], false);
    let (_, shown) = ask(&app, &owner, json!({"user_id": "ada"}), "r1").await;
    assert_eq!(shown["survey"]["id"], json!(survey));
    assert_ne!(shown["display_id"], json!(display));
}

#[tokio::test]
async fn a_claim_made_before_an_erasure_is_not_confirmed_after_it() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    launch(&app, &owner).await;
    app.post(&owner.backend(), EVENT, json!({"user_id": "ada", "event_name": "ended sleep"})).await.expect(200);
    let (token, claimed) = ask(&app, &owner, json!({"user_id": "ada"}), "r1").await;
    let path = format!("/api/v1/client/displays/{}", claimed["display_id"].as_str().unwrap());
    let open = app.get(&owner.persona, &owner.path("/users/ada")).await.expect(200);
    assert_eq!(open["open_claim"]["survey"]["name"], "Sleep");
    assert_eq!(app.call(&owner.persona, Method::DELETE, &owner.path("/users/ada"), None).await.status, 204);
    as_user(&app, &owner, &token, Method::POST, &path, json!({"state": "shown"})).await.expect(404);
    let answers = json!({"revision": 1, "completed": false, "answers": {}});
    as_user(&app, &owner, &token, Method::PUT, &format!("{path}/response"), answers).await.expect(404);
    app.get(&owner.persona, &owner.path("/users/ada")).await.expect(404);
}

#[tokio::test]
async fn answers_are_kept_without_their_user_where_that_is_asked_for() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let (survey, display) = live(&app, &owner).await;
    let row = owner.path(&format!("/surveys/{survey}/responses/{display}"));
    let before = app.get(&owner.persona, &row).await.expect(200);
    let path = owner.path("/users/ada?responses=anonymise");
    assert_eq!(app.call(&owner.persona, Method::DELETE, &path, None).await.status, 204);
    let after = app.get(&owner.persona, &row).await.expect(200);
    assert!(after["anonymous_id"].as_str().unwrap().starts_with("erased-") && after["user_id"].is_null());
    assert_eq!((&after["answers"], &after["state"], &after["shown_at"]), (&before["answers"], &before["state"], &before["shown_at"]));
    assert!(!after.to_string().contains("7.5") && !after.to_string().contains("example.org"), "{after}");
    assert_eq!((after.get("event"), after.get("activated_by"), &after["user"]), (None, None, &json!({})));
    app.get(&owner.persona, &owner.path("/users/ada")).await.expect(404);
    app.call(&owner.persona, Method::DELETE, &owner.path("/users/ada?responses=keep"), None).await.expect(422);
}
