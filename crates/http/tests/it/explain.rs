//! Why, and why not: for servers, test users and members.

use axum::http::Method;
use serde_json::{Value, json};
use sonde_core::time::Span;

use crate::support::{Answer, Owner, Persona, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";

/// Shows at `MainActivity`.
fn plain() -> Value {
    let mut document = crate::surveys::document();
    document["launch"]["frontend_triggers"] = json!([{"name": "MainActivity"}]);
    document["launch"]["platforms"] = json!(["web"]);
    document
}

/// Shows at `MainActivity` within an hour of "ended sleep".
fn awaiting() -> Value {
    let mut document = plain();
    document["launch"]["activation"] = json!({"backend_triggers": [{"name": "ended sleep"}], "expires_after_secs": 3_600});
    document
}

async fn launched(app: &TestApp, owner: &Owner, document: Value) -> String {
    let survey = owner.create(app, document).await["id"].as_str().unwrap().to_owned();
    owner.act(app, &survey, "launch").await.expect(200);
    survey
}

async fn ended_sleep(app: &TestApp, owner: &Owner, user: &str) {
    app.post(&owner.backend(), EVENT, json!({"user_id": user, "event_name": "ended sleep"})).await.expect(200);
}

async fn session(app: &TestApp, owner: &Owner, body: Value) -> Answer {
    let mut whole = json!({"platform": "web"});
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    app.post(&owner.sdk(), "/api/v1/client/session", whole).await
}

async fn token(app: &TestApp, owner: &Owner, body: Value) -> String {
    session(app, owner, body).await.expect(200)["client_token"].as_str().unwrap().to_owned()
}

async fn client(app: &TestApp, owner: &Owner, token: &str, path: &str, body: Value) -> Answer {
    let request = TestApp::request(&owner.sdk(), Method::POST, &format!("/api/v1/client{path}"), Some(&body));
    app.send(request.header("x-sonde-token", token), &body).await
}

async fn fire(app: &TestApp, owner: &Owner, token: &str, request: &str) -> Value {
    client(app, owner, token, "/trigger", json!({"request_id": request, "trigger": "MainActivity"})).await.expect(200)
}

fn codes(reasons: &Value) -> Vec<&str> {
    reasons.as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_server_may_ask_what_an_event_makes_due() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = launched(&app, &owner, awaiting()).await;
    let mut filtered = awaiting();
    filtered["launch"]["activation"]["backend_triggers"][0]["filter"] = json!({"all": [{"path": "hours", "op": "greater", "value": 6}]});
    let other = launched(&app, &owner, filtered).await;
    let path = format!("{EVENT}?explain=true");
    let event = json!({"user_id": "u", "event_name": "ended sleep", "event_id": "e1", "properties": {"hours": 5}});
    let answer = app.post(&owner.backend(), &path, event.clone()).await.expect(200);
    assert_eq!((&answer["event_id"], &answer["duplicate"]), (&json!("e1"), &json!(false)));
    let mut surveys = answer["surveys"].as_array().unwrap().clone();
    surveys.sort_by_key(|explained| explained["survey"]["id"] != json!(survey));
    assert_eq!(surveys[0], json!({"survey": {"id": survey, "name": "Sleep", "status": "live"}, "due": true, "reasons": []}));
    assert_eq!((&surveys[1]["survey"]["id"], &surveys[1]["due"]), (&json!(other), &json!(false)));
    let reason = &surveys[1]["reasons"][0];
    assert_eq!((&reason["code"], &reason["path"], &reason["trigger"]), (&json!("event_filter"), &json!("hours"), &json!("ended sleep")));
    assert!(reason["detail"].as_str().unwrap().contains("“hours”"), "{reason}");
    let plain = app.post(&owner.backend(), EVENT, event.clone()).await.expect(200);
    assert_eq!(plain, json!({"status": "ok", "event_id": "e1", "duplicate": true}));
    app.post(&owner.backend(), &format!("{EVENT}?explain=perhaps"), event).await.expect(422);
}

#[tokio::test]
async fn a_dry_run_says_what_would_come_of_a_call() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = launched(&app, &owner, awaiting()).await;
    owner.create(&app, awaiting()).await;
    ended_sleep(&app, &owner, "ada@b/1 ü").await;
    let at = |query: &str| owner.path(&format!("/users/ada%40b%2F1%20%C3%BC/decisions{query}"));
    let run = app.get(&owner.persona, &at("?trigger=MainActivity&platform=web")).await.expect(200);
    assert_eq!(run["winner"], json!({"id": survey, "name": "Sleep"}));
    let drafts_are_left_out = json!([{"survey": {"id": survey, "name": "Sleep", "status": "live"}, "due": true, "reasons": []}]);
    assert_eq!(run["surveys"], drafts_are_left_out);
    assert_eq!(
        (&run["trigger"], &run["platform"], &run["at"]),
        (&json!("MainActivity"), &json!("web"), &json!("2027-01-15T08:00:00.000Z"))
    );
    let anywhere = app.get(&owner.persona, &at("")).await.expect(200);
    assert_eq!((&anywhere["winner"], &anywhere["surveys"][0]["due"]), (&Value::Null, &json!(true)));
    let later = app.get(&owner.persona, &at("?at=2027-01-15T09:12:00Z")).await.expect(200);
    let reason = &later["surveys"][0]["reasons"][0];
    assert_eq!(
        *reason,
        json!({"code": "event_expired", "detail": "The event “ended sleep” expired 12 min ago (2027-01-15 09:00 UTC); the window was 1 h.",
            "trigger": "ended sleep", "expired_at": "2027-01-15T09:00:00.000Z", "window_secs": 3_600})
    );
    let wrong = app.get(&owner.persona, &at("?trigger=Other&platform=ios")).await.expect(200);
    assert_eq!(codes(&wrong["surveys"][0]["reasons"])[..2], ["wrong_trigger", "wrong_platform"]);
    let anonymous = app.get(&owner.persona, &at("?namespace=anonymous")).await.expect(200);
    assert_eq!(codes(&anonymous["surveys"][0]["reasons"]), ["no_event"]);
    app.get(&owner.persona, &at("?at=2027-01-19T12:00:00Z")).await.expect(200);
    for (query, pointer) in [
        ("?at=2027-01-19T12:00:00.001Z", "/at"),
        ("?at=2027-01-15T07:59:59.999Z", "/at"),
        ("?at=tomorrow", "/at"),
        ("?platform=watch", "/platform"),
        ("?trigger=", "/trigger"),
        ("?properties=5", "/properties"),
        ("?namespace=else", ""),
    ] {
        let refused = app.get(&owner.persona, &at(query)).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{query}");
    }
    owner.act(&app, &survey, "pause").await.expect(200);
    let paused = app.get(&owner.persona, &at("")).await.expect(200);
    assert_eq!(paused["surveys"][0]["reasons"][0]["status"], "paused");
}

#[tokio::test]
async fn a_dry_run_supposes_properties_of_the_trigger() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let mut document = crate::surveys::document();
    document["launch"]["frontend_triggers"][0]["filter"] = json!({"all": [{"path": "total", "op": "greater", "value": 50}]});
    launched(&app, &owner, document).await;
    let run = async |query: &str| {
        let path = owner.path(&format!("/users/u/decisions?trigger=MainActivity&platform=web{query}"));
        app.get(&owner.persona, &path).await.expect(200)["surveys"][0]["reasons"].clone()
    };
    assert_eq!(codes(&run("").await), ["trigger_filter"]);
    assert_eq!(codes(&run("&properties=%7B%22total%22%3A51%7D").await), [""; 0]);
}

#[tokio::test]
async fn why_was_she_not_asked() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = launched(&app, &owner, awaiting()).await;
    let unrelated = launched(&app, &owner, {
        let mut document = crate::surveys::document();
        document["launch"]["frontend_triggers"][0]["filter"] = json!({"all": [{"path": "total", "op": "greater", "value": 50}]});
        document
    })
    .await;
    let token = token(&app, &owner, json!({"user_id": "u"})).await;
    let refusals = async |user: &str| {
        app.get(&owner.persona, &owner.path(&format!("/users/{user}/refusals"))).await.expect(200)["items"].as_array().unwrap().clone()
    };
    fire(&app, &owner, &token, "r0").await;
    assert_eq!(refusals("u").await, [] as [Value; 0], "no event waited");
    ended_sleep(&app, &owner, "u").await;
    app.advance(Span::from_secs(3_600 + 720));
    fire(&app, &owner, &token, "r1").await;
    app.advance(Span::from_secs(60));
    fire(&app, &owner, &token, "r2").await;
    let [only] = <[Value; 1]>::try_from(refusals("u").await).unwrap();
    assert_eq!((&only["count"], &only["trigger"], &only["platform"]), (&json!(2), &json!("MainActivity"), &json!("web")));
    assert_eq!((&only["first_at"], &only["last_at"]), (&json!("2027-01-15T09:12:00.000Z"), &json!("2027-01-15T09:13:00.000Z")));
    assert_eq!(only["surveys"][0]["survey"], json!({"id": survey, "name": "Sleep"}), "the one for which an event waited comes first");
    assert_eq!(only["surveys"][1]["survey"]["id"], json!(unrelated));
    assert_eq!(codes(&only["surveys"][1]["reasons"]), ["trigger_filter"]);
    let reason = &only["surveys"][0]["reasons"][0];
    assert_eq!((&reason["code"], &reason["window_secs"]), (&json!("event_expired"), &json!(3_600)));
    assert!(reason["detail"].as_str().unwrap().contains("expired 13 min ago"), "{reason}");
    assert_eq!(refusals("v").await, [] as [Value; 0]);

    // Shown and answered: its event no longer waits.
    ended_sleep(&app, &owner, "u").await;
    let display = fire(&app, &owner, &token, "r3").await["display_id"].as_str().unwrap().to_owned();
    client(&app, &owner, &token, &format!("/displays/{display}"), json!({"state": "shown"})).await.expect(200);
    fire(&app, &owner, &token, "r4").await;
    assert_eq!(refusals("u").await.len(), 1);
}

#[tokio::test]
async fn refusals_follow_a_user_who_is_identified() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    launched(&app, &owner, awaiting()).await;
    let anonymous = token(&app, &owner, json!({"anonymous_id": "a1"})).await;
    app.post(&owner.backend(), EVENT, json!({"anonymous_id": "a1", "event_name": "ended sleep"})).await.expect(200);
    app.advance(Span::from_secs(3_601));
    fire(&app, &owner, &anonymous, "r1").await;
    client(&app, &owner, &anonymous, "/identify", json!({"user_id": "u"})).await.expect(200);
    for path in ["/users/u/refusals", "/users/a1/refusals?namespace=anonymous"] {
        let items = app.get(&owner.persona, &owner.path(path)).await.expect(200)["items"].clone();
        assert_eq!(codes(&items[0]["surveys"][0]["reasons"]), ["event_expired"], "{path}");
    }
}

#[tokio::test]
async fn a_user_without_proof_is_told_from_one_who_is_not_due() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    launched(&app, &owner, awaiting()).await;
    ended_sleep(&app, &owner, "u").await;
    let unproven = token(&app, &owner, json!({"user_id": "u"})).await;
    let secret = app.call(&owner.persona, Method::POST, &owner.path("/settings/identity-secrets"), None).await.expect(201);
    crate::identity::set_mode(&app, &owner, "jwt_or_hmac").await.expect(200);
    let run = async || app.get(&owner.persona, &owner.path("/users/u/decisions?trigger=MainActivity&platform=web")).await.expect(200);
    assert_eq!(run().await["surveys"][0]["due"], true, "nobody was refused yet");
    client(&app, &owner, &unproven, "/trigger", json!({"request_id": "r", "trigger": "MainActivity"})).await.expect(401);
    session(&app, &owner, json!({"user_id": "u"})).await.expect(401);
    session(&app, &owner, json!({"user_id": "nobody"})).await.expect(401);
    let refused = run().await;
    assert_eq!((&refused["winner"], &refused["surveys"][0]["due"]), (&Value::Null, &json!(false)));
    let reason = &refused["surveys"][0]["reasons"][0];
    assert_eq!((&reason["code"], &reason["refused_at"]), (&json!("identity_unverified"), &json!("2027-01-15T08:00:00.000Z")));
    let kept = app.get(&owner.persona, &owner.path("/users/u/refusals")).await.expect(200)["items"].clone();
    assert_eq!((&kept[0]["count"], &kept[0]["trigger"]), (&json!(2), &Value::Null));
    assert_eq!(codes(&kept[0]["surveys"][0]["reasons"]), ["identity_unverified"]);
    let nobody = app.get(&owner.persona, &owner.path("/users/nobody/refusals")).await.expect(200);
    assert_eq!(nobody["items"], json!([]), "no event waited");

    let proof = crate::identity::hmac(secret["secret"].as_str().unwrap(), "u");
    let proven = token(&app, &owner, json!({"user_id": "u", "proof": proof})).await;
    assert_eq!(run().await["surveys"][0]["due"], true, "let in since");
    assert!(fire(&app, &owner, &proven, "r2").await["survey"].is_object());
}

#[tokio::test]
async fn a_test_users_app_may_ask_for_reasons() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = launched(&app, &owner, awaiting()).await;
    let token = token(&app, &owner, json!({"user_id": "tess"})).await;
    let fire = async |request: &str, trigger: &str| {
        let body = json!({"request_id": request, "trigger": trigger, "debug": true});
        client(&app, &owner, &token, "/trigger", body).await.expect(200)
    };
    assert_eq!(fire("r0", "MainActivity").await, json!({"survey": null}), "anybody may ask, few are told");
    let test = owner.path("/users/tess/test");
    assert_eq!(app.put(&owner.persona, &test, json!({"is_test_user": true})).await.expect(200), json!({"is_test_user": true}));
    let settings = app.get(&owner.persona, &owner.path("/settings")).await.expect(200);
    assert_eq!(settings["test_users"], json!(["tess"]));
    let told = fire("r1", "MainActivity").await;
    assert_eq!(told["debug"][0]["survey"], json!({"id": survey}));
    assert_eq!(codes(&told["debug"][0]["reasons"]), ["no_event"]);
    assert_eq!(codes(&fire("r2", "Elsewhere").await["debug"][0]["reasons"])[0], "wrong_trigger");
    ended_sleep(&app, &owner, "tess").await;
    let shown = fire("r3", "MainActivity").await;
    assert_eq!((&shown["survey"]["id"], &shown["debug"][0]["due"]), (&json!(survey), &json!(true)));
    app.put(&owner.persona, &test, json!({"is_test_user": false})).await.expect(200);
    assert_eq!(fire("r4", "MainActivity").await, json!({"survey": null}));

    let mut settings = app.get(&owner.persona, &owner.path("/settings")).await.expect(200);
    let users: Vec<String> = (0..100).map(|number| format!("t{number}")).collect();
    settings["test_users"] = json!(users);
    app.put(&owner.persona, &owner.path("/settings"), settings.clone()).await.expect(200);
    app.put(&owner.persona, &test, json!({"is_test_user": true})).await.expect(409);
    app.put(&owner.persona, &owner.path("/users/t7/test"), json!({"is_test_user": true})).await.expect(200);
    settings["test_users"].as_array_mut().unwrap().push(json!("one more"));
    let refused = app.put(&owner.persona, &owner.path("/settings"), settings).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], "/test_users");
    app.put(&owner.persona, &owner.path("/users/a/test?namespace=anonymous"), json!({"is_test_user": true})).await.expect(422);
}

#[tokio::test]
async fn refusals_of_a_survey_are_counted_by_day_and_reason() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = launched(&app, &owner, awaiting()).await;
    let path = owner.path(&format!("/surveys/{survey}/refusals"));
    let empty = app.get(&owner.persona, &path).await.expect(200);
    assert_eq!((&empty["asked"], &empty["reasons"], &empty["days"][6]), (&json!(0), &json!([]), &json!("2027-01-15")));
    let ada = token(&app, &owner, json!({"user_id": "ada"})).await;
    let ben = token(&app, &owner, json!({"user_id": "ben"})).await;
    fire(&app, &owner, &ada, "r1").await;
    fire(&app, &owner, &ben, "r2").await;
    client(&app, &owner, &ada, "/trigger", json!({"request_id": "r", "trigger": "Elsewhere"})).await.expect(200);
    app.advance(Span::from_secs(20 * 3_600));
    ended_sleep(&app, &owner, "ada").await;
    fire(&app, &owner, &ada, "r3").await;
    fire(&app, &owner, &ada, "r3").await;
    fire(&app, &owner, &ada, "r4").await;
    fire(&app, &owner, &ben, "r5").await;
    owner.act(&app, &survey, "pause").await.expect(200);
    owner.act(&app, &survey, "resume").await.expect(200);
    fire(&app, &owner, &ben, "r6").await;
    let counted = app.get(&owner.persona, &path).await.expect(200);
    assert_eq!(
        counted,
        json!({"days": ["2027-01-10", "2027-01-11", "2027-01-12", "2027-01-13", "2027-01-14", "2027-01-15", "2027-01-16"],
            "reasons": [
                {"code": "no_event", "total": 4, "daily": [0, 0, 0, 0, 0, 2, 2]},
                {"code": "claimed_elsewhere", "total": 1, "daily": [0, 0, 0, 0, 0, 0, 1]},
            ],
            "asked": 6, "shown": 1})
    );
    let totals = app.service.decision_totals();
    assert_eq!((totals.won, totals.refused.values().sum::<u64>()), (1, 5));
    app.advance(Span::from_days(6));
    let later = app.get(&owner.persona, &path).await.expect(200);
    assert_eq!((&later["asked"], &later["reasons"][0]["daily"][0]), (&json!(4), &json!(2)));
    app.get(&owner.persona, &owner.path("/surveys/srv_00000000000000000000000000000000/refusals")).await.expect(404);
}

#[tokio::test]
async fn another_workspaces_users_are_others() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let other = app.owner("other@example.org", "Games").await;
    launched(&app, &owner, awaiting()).await;
    ended_sleep(&app, &owner, "u").await;
    app.advance(Span::from_secs(3_601));
    let token = token(&app, &owner, json!({"user_id": "u"})).await;
    fire(&app, &owner, &token, "r").await;
    let seen = app.get(&other.persona, &other.path("/users/u/refusals")).await.expect(200);
    assert_eq!(seen["items"], json!([]));
    app.get(&other.persona, &owner.path("/users/u/refusals")).await.expect(404);
    let Persona::Backend(key) = other.backend() else { panic!("a key") };
    let event = json!({"user_id": "u", "event_name": "ended sleep"});
    let explained = app.post(&Persona::Backend(key), &format!("{EVENT}?explain=true"), event).await.expect(200);
    assert_eq!(explained["surveys"], json!([]));
}

#[tokio::test]
async fn nothing_of_an_erased_users_refusals_comes_back() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    launched(&app, &owner, awaiting()).await;
    ended_sleep(&app, &owner, "u").await;
    app.advance(Span::from_secs(3_601));
    let token = token(&app, &owner, json!({"user_id": "u"})).await;
    let refusals = async || app.get(&owner.persona, &owner.path("/users/u/refusals")).await.expect(200)["items"].clone();
    fire(&app, &owner, &token, "r1").await;
    assert_eq!(refusals().await.as_array().map(Vec::len), Some(1));
    fire(&app, &owner, &token, "r2").await;
    let id = sonde_core::user::UserId::new("u").unwrap();
    let user = sonde_core::user::UserRef { workspace: owner.workspace, namespace: sonde_core::user::Namespace::Identified, id };
    app.service.erase_user(&user, sonde_service::ErasedAnswers::Delete).await.unwrap();
    assert_eq!(refusals().await, json!([]));
}

#[tokio::test]
async fn who_would_get_this_now() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = owner.create(&app, awaiting()).await["id"].as_str().unwrap().to_owned();
    let path = owner.path(&format!("/surveys/{survey}/estimate"));
    let nobody = app.get(&owner.persona, &path).await.expect(200);
    assert_eq!(
        (&nobody["due"], &nobody["looked_at"], &nobody["exact"], &nobody["refused"]),
        (&json!(0), &json!(0), &json!(true), &json!([]))
    );
    ended_sleep(&app, &owner, "late").await;
    app.advance(Span::from_secs(3_601));
    ended_sleep(&app, &owner, "ada").await;
    app.post(&owner.backend(), EVENT, json!({"user_id": "other", "event_name": "else"})).await.expect(200);
    let found = app.get(&owner.persona, &path).await.expect(200);
    let how = "All 3 users with a backend event that is still kept were looked at, as if the survey were live now and one of its frontend triggers were fired.";
    let mut expected = json!({"due": 1, "looked_at": 3, "total": 3, "exact": true, "how": how});
    expected["refused"] = json!([{"code": "no_event", "count": 1}, {"code": "event_expired", "count": 1}]);
    assert_eq!(found, expected);

    // Nothing was claimed, and it was a draft all the while.
    owner.act(&app, &survey, "launch").await.expect(200);
    let ada = token(&app, &owner, json!({"user_id": "ada"})).await;
    assert_eq!(fire(&app, &owner, &ada, "r").await["survey"]["id"], json!(survey));
    let other = app.owner("other@example.org", "Games").await;
    app.get(&other.persona, &path).await.expect(404);
    app.get(&other.persona, &other.path(&format!("/surveys/{survey}/estimate"))).await.expect(404);
}

#[tokio::test]
async fn an_estimate_without_events_goes_over_those_of_whom_anything_is_kept() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let mut document = plain();
    document["launch"]["audience"] = json!({"attribute": "plan", "op": "equals", "value": "pro"});
    let survey = owner.create(&app, document).await["id"].as_str().unwrap().to_owned();
    for (user, plan) in [("a", "pro"), ("b", "pro"), ("c", "free")] {
        token(&app, &owner, json!({"user_id": user, "attributes": {"plan": plan}})).await;
    }
    let found = app.get(&owner.persona, &owner.path(&format!("/surveys/{survey}/estimate"))).await.expect(200);
    assert_eq!((&found["due"], &found["total"], &found["exact"]), (&json!(2), &json!(3), &json!(true)));
    assert_eq!(found["refused"], json!([{"code": "audience", "count": 1}]));
}

#[tokio::test]
async fn a_draft_that_is_no_survey_yet_has_no_estimate() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let mut document = plain();
    document["launch"]["frontend_triggers"][0]["name"] = json!("");
    let survey = owner.create(&app, document).await["id"].as_str().unwrap().to_owned();
    let refused = app.get(&owner.persona, &owner.path(&format!("/surveys/{survey}/estimate"))).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], "/launch/frontend_triggers/0/name");
}
