//! Surveys as a team works on them.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Owner, Persona, TestApp};

pub(crate) fn document() -> Value {
    json!({"format_version": 1, "name": "Sleep", "default_language": "en",
        "questions": [
            {"id": "nps", "type": "nps_feedback", "title": {"en": "Likely?"}, "required": true,
             "logic": [{"if": {"all": [{"question": "nps", "op": "greater", "value": 8}]}, "then": {"end": true}}]},
            {"id": "say", "type": "input_feedback", "title": {"en": "More?"}, "required": true}],
        "launch": {"frontend_triggers": [{"name": "MainActivity", "filter": {"all": [{"path": "tab", "op": "equals", "value": 2}]}}]}})
}

impl Owner {
    pub(crate) async fn create(&self, app: &TestApp, document: Value) -> Value {
        app.post(&self.persona, &self.path("/surveys"), json!({"document": document})).await.expect(201)
    }

    pub(crate) async fn act(&self, app: &TestApp, survey: &str, action: &str) -> crate::support::Answer {
        app.call(&self.persona, Method::POST, &self.path(&format!("/surveys/{survey}/{action}")), None).await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn from_an_empty_draft_to_a_live_survey() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = owner.create(&app, json!({})).await;
    let (id, at) = (text(&survey["id"]), owner.path(&format!("/surveys/{}", text(&survey["id"]))));
    assert_eq!(
        (&survey["status"], &survey["draft"], &survey["draft_revision"], &survey["published"]),
        (&json!("draft"), &json!({}), &json!(1), &Value::Null)
    );
    assert!(!survey["draft_errors"].as_array().unwrap().is_empty());
    let refused = owner.act(&app, id, "launch").await.expect(422);
    assert!(refused["errors"][0]["pointer"].is_string(), "{refused}");

    let saved = app.put(&owner.persona, &format!("{at}/draft"), json!({"document": document(), "revision": 1})).await.expect(200);
    assert_eq!(saved, json!({"draft_revision": 2, "errors": []}));
    let stale = app.put(&owner.persona, &format!("{at}/draft"), json!({"document": {}, "revision": 1})).await.expect(409);
    assert_eq!(stale["draft_revision"], 2);

    let live = owner.act(&app, id, "launch").await.expect(200);
    assert_eq!((&live["status"], &live["published"]["version"], &live["published"]["document"]), (&json!("live"), &json!(1), &document()));
    assert_eq!(app.get(&owner.persona, &format!("{at}/versions/1")).await.expect(200)["document"], document());
    app.get(&owner.persona, &format!("{at}/versions/2")).await.expect(404);
    let config = app.get(&owner.sdk(), "/api/v1/client/config?platform=web").await.expect(200);
    assert!(config.to_string().contains("MainActivity"), "{config}");

    for (action, status) in [("pause", "paused"), ("resume", "live"), ("end", "ended")] {
        assert_eq!(owner.act(&app, id, action).await.expect(200)["status"], status);
    }
    owner.act(&app, id, "launch").await.expect(409);
    app.call(&owner.persona, Method::DELETE, &at, None).await.expect(409);
    let copy = owner.act(&app, id, "duplicate").await.expect(201);
    assert_eq!((&copy["draft"]["name"], &copy["draft_errors"]), (&json!("Sleep (copy)"), &json!([])));
    let list = app.get(&owner.persona, &owner.path("/surveys?status=draft&search=COPY")).await.expect(200);
    assert_eq!(
        (&list["items"][0]["id"], &list["items"][0]["version"], &list["items"][0]["draft_differs"]),
        (&copy["id"], &json!(0), &json!(true))
    );
    app.call(&owner.persona, Method::DELETE, &owner.path(&format!("/surveys/{}", text(&copy["id"]))), None).await.expect(204);
    assert_eq!(app.get(&owner.persona, &owner.path("/surveys")).await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn every_wrong_place_of_a_draft_is_named() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let mut wrong = document();
    wrong["questions"][0]["logic"][0]["then"] = json!({"jump": "gone"});
    wrong["launch"]["frontend_triggers"][0]["filter"]["all"][0]["op"] = json!("starts_with");
    let survey = owner.create(&app, wrong).await;
    let pointers: Vec<&str> = survey["draft_errors"].as_array().unwrap().iter().map(|error| text(&error["pointer"])).collect();
    assert_eq!(pointers, ["/questions/0/logic/0/then/jump", "/launch/frontend_triggers/0/filter/all/0/value"]);
    let refused = owner.act(&app, text(&survey["id"]), "publish").await.expect(422);
    assert_eq!(refused["errors"], survey["draft_errors"]);
    app.post(&owner.persona, &owner.path("/surveys"), json!({"document": []})).await.expect(422);
    app.post(&owner.persona, &owner.path("/surveys"), json!({"document": {}, "launch": true})).await.expect(422);
    app.get(&owner.persona, &owner.path("/surveys?status=asleep")).await.expect(422);
}

#[tokio::test]
async fn a_survey_is_seen_by_its_workspace_alone() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let stranger = app.owner("stranger@example.org", "Other").await;
    let id = text(&owner.create(&app, document()).await["id"]).to_owned();
    for rest in ["", "/results", "/responses", "/responses.csv", "/responses/stream", "/versions/1"] {
        let mine = owner.path(&format!("/surveys/{id}{rest}"));
        let theirs = stranger.path(&format!("/surveys/{id}{rest}"));
        app.get(&Persona::Anonymous, &mine).await.expect(401);
        app.get(&stranger.persona, &mine).await.expect(404);
        app.get(&stranger.persona, &theirs).await.expect(404);
    }
    stranger.act(&app, &id, "launch").await.expect(404);
    let Persona::Member { cookie, .. } = owner.persona.clone() else { panic!() };
    let forged = Persona::Member { cookie, csrf: "1".to_owned() };
    app.call(&forged, Method::POST, &owner.path(&format!("/surveys/{id}/launch")), None).await.expect(403);
}

#[tokio::test]
async fn a_filter_and_the_logic_hold_for_sdks() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let id = text(&owner.create(&app, document()).await["id"]).to_owned();
    owner.act(&app, &id, "launch").await.expect(200);
    let caller = crate::results::Visitor::new(&app, &owner, "ada").await;
    assert_eq!(caller.fire(&app, json!({"tab": 3})).await["survey"], Value::Null);
    assert_eq!(caller.fire(&app, json!({"tab": "2"})).await["survey"], Value::Null);
    let shown = caller.fire(&app, json!({"tab": 2})).await;
    assert_eq!(shown["survey"]["content"]["questions"][0]["logic"], document()["questions"][0]["logic"]);
    let display = text(&shown["display_id"]);
    caller.report(&app, display, "shown").await;
    let answer = |nps: i32| json!({"revision": nps, "completed": true, "answers": {"nps": {"number": nps}}});
    let missing = caller.answer(&app, display, answer(8)).await.expect(422);
    assert_eq!(missing["errors"][0]["pointer"], "/answers/say");
    assert_eq!(caller.answer(&app, display, answer(9)).await.expect(200)["state"], "completed");
}
