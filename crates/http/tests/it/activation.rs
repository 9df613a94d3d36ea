//! From a server's events to a survey that is due, or no longer.

use axum::http::Method;
use serde_json::{Value, json};
use sonde_core::time::Span;

use crate::results::Visitor;
use crate::support::{Answer, Owner, Persona, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";

/// A live survey that waits for backend events. Says where it lies.
async fn asking(app: &TestApp, owner: &Owner, activation: Value) -> String {
    let mut document = crate::surveys::document();
    document["launch"]["activation"] = activation;
    document["launch"]["repeat"] = json!({"until": "always"});
    let survey = owner.create(app, document).await["id"].as_str().unwrap().to_owned();
    owner.act(app, &survey, "launch").await.expect(200);
    owner.path(&format!("/surveys/{survey}"))
}

fn waits_for(names: &[&str]) -> Value {
    let triggers: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
    json!({"backend_triggers": triggers, "expires_after_secs": 7_200})
}

/// Posts an event a second after the one before.
async fn post(app: &TestApp, owner: &Owner, name: &str, id: &str, properties: Value) {
    app.advance(Span::from_secs(1));
    let event = json!({"user_id": "ada", "event_name": name, "event_id": id, "properties": properties});
    app.post(&owner.backend(), EVENT, event).await.expect(200);
}

async fn cancel(app: &TestApp, persona: &Persona, rest: &str) -> Answer {
    app.call(persona, Method::DELETE, &format!("{EVENT}/{rest}"), None).await
}

impl Visitor {
    /// Opens the place where the survey shows. Says which display was claimed, if any.
    async fn opens(&self, app: &TestApp) -> Option<String> {
        self.fire(app, json!({"tab": 2})).await["display_id"].as_str().map(str::to_owned)
    }

    async fn confirm(&self, app: &TestApp, display: &str) -> Answer {
        self.call(app, Method::POST, &format!("/api/v1/client/displays/{display}"), json!({"state": "shown"})).await
    }
}

#[tokio::test]
async fn a_survey_that_waits_for_all_shows_with_all_their_properties() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let mut activation = waits_for(&["order_paid", "order.delivered"]);
    activation["match"] = json!("all");
    let at = asking(&app, &owner, activation).await;
    let ada = Visitor::new(&app, &owner, "ada").await;
    post(&app, &owner, "order.delivered", "d1", json!({"order": {"id": 7}, "rider": "Bo"})).await;
    assert_eq!(ada.opens(&app).await, None);
    post(&app, &owner, "order_paid", "p1", json!({"total": 82.5})).await;
    let display = ada.opens(&app).await.unwrap();
    ada.confirm(&app, &display).await.expect(200);
    assert_eq!(ada.opens(&app).await, None, "both are consumed");
    post(&app, &owner, "order_paid", "p2", json!({})).await;
    assert_eq!(ada.opens(&app).await, None, "it takes a new one of each");
    let row = app.get(&owner.persona, &format!("{at}/responses/{display}")).await;
    let body = row.expect(200);
    assert_eq!(body["activated_by"]["event_id"], "p1");
    assert!(String::from_utf8(row.bytes.clone()).unwrap().contains(r#""event":{"total":82.5}"#));
    assert_eq!(body["events"], json!({"order.delivered": {"order": {"id": 7}, "rider": "Bo"}, "order_paid": {"total": 82.5}}));
    let results = app.get(&owner.persona, &format!("{at}/results")).await.expect(200);
    assert_eq!(results["property_keys"]["events"], json!(["order.delivered.order", "order.delivered.rider", "order_paid.total"]));
    let csv = String::from_utf8(app.get(&owner.persona, &format!("{at}/responses.csv")).await.bytes).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].contains(",event.total,events.order.delivered.order,events.order.delivered.rider,events.order_paid.total,trigger.tab,")
    );
    assert!(lines[1].contains(r#",82.5,"{""id"":7}",Bo,82.5,2,"#), "{}", lines[1]);
    for (path, value, rows) in
        [("order.delivered.order.id", json!(7), 1), ("order_paid.total", json!(7), 0), ("order_paid.id", json!(7), 0)]
    {
        let filter = json!({"all": [{"source": "events", "path": path, "op": "equals", "value": value}]});
        let found = app.get(&owner.persona, &crate::results::filtered(&format!("{at}/responses"), &filter)).await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), rows, "{path}");
    }
}

#[tokio::test]
async fn at_least_three_events_are_consumed_together() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let mut activation = waits_for(&["song_played", "song_liked"]);
    activation["at_least"] = json!(3);
    asking(&app, &owner, activation).await;
    let ada = Visitor::new(&app, &owner, "ada").await;
    for (name, id) in [("song_played", "1"), ("song_liked", "2")] {
        post(&app, &owner, name, id, json!({})).await;
        assert_eq!(ada.opens(&app).await, None, "{id}");
    }
    post(&app, &owner, "song_played", "3", json!({})).await;
    let display = ada.opens(&app).await.unwrap();
    ada.confirm(&app, &display).await.expect(200);
    for id in ["4", "5"] {
        post(&app, &owner, "song_played", id, json!({})).await;
        assert_eq!(ada.opens(&app).await, None, "{id}");
    }
    post(&app, &owner, "song_played", "6", json!({})).await;
    assert!(ada.opens(&app).await.is_some());
}

#[tokio::test]
async fn an_event_can_be_cancelled_by_its_id() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let other = app.owner("other@example.org", "Games").await;
    asking(&app, &owner, waits_for(&["ended sleep"])).await;
    let ada = Visitor::new(&app, &owner, "ada").await;
    post(&app, &owner, "ended sleep", "night/1!", json!({})).await;
    for nobodys in ["night%2F1!?user_id=bob", "night%2F1!?anonymous_id=ada", "night?user_id=ada", "evt_1?user_id=ada"] {
        cancel(&app, &owner.backend(), nobodys).await.expect(404);
    }
    cancel(&app, &other.backend(), "night%2F1!?user_id=ada").await.expect(404);
    for persona in [Persona::Anonymous, owner.sdk(), owner.persona.clone(), Persona::Backend(owner.sdk_key.clone())] {
        cancel(&app, &persona, "night%2F1!?user_id=ada").await.expect(401);
    }
    for unclear in ["night%2F1!", "night%2F1!?user_id=ada&anonymous_id=x", "night%2F1!?user_id="] {
        cancel(&app, &owner.backend(), unclear).await.expect(422);
    }
    assert!(ada.opens(&app).await.is_some(), "nothing was cancelled so far");
    app.advance(Span::from_secs(61));
    for _ in 0..2 {
        let cancelled = cancel(&app, &owner.backend(), "night%2F1!?user_id=ada").await.expect(200);
        assert_eq!(cancelled, json!({"status": "ok", "event_id": "night/1!"}));
    }
    assert_eq!(ada.opens(&app).await, None);
    post(&app, &owner, "ended sleep", "night/2", json!({})).await;
    assert!(ada.opens(&app).await.is_some(), "another event is not cancelled");
}

#[tokio::test]
async fn a_survey_claimed_for_an_event_that_is_cancelled_is_not_painted() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    asking(&app, &owner, waits_for(&["ended sleep"])).await;
    let ada = Visitor::new(&app, &owner, "ada").await;
    post(&app, &owner, "ended sleep", "1", json!({})).await;
    post(&app, &owner, "ended sleep", "2", json!({})).await;
    let first = ada.opens(&app).await.unwrap();
    cancel(&app, &owner.backend(), "2?user_id=ada").await.expect(200);
    let refused = ada.confirm(&app, &first).await.expect(409);
    assert_eq!(refused["detail"], "the event that the survey is about was cancelled; do not show the survey");
    ada.confirm(&app, &first).await.expect(409);
    let second = ada.opens(&app).await.expect("the claim was given back, and the older event counts");
    assert_ne!(second, first);
    ada.confirm(&app, &second).await.expect(200);
    cancel(&app, &owner.backend(), "1?user_id=ada").await.expect(200);
    ada.confirm(&app, &second).await.expect(200);
}

#[tokio::test]
async fn an_event_of_an_anonymous_user_is_cancelled_under_either_id() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    asking(&app, &owner, waits_for(&["ended sleep"])).await;
    for (number, whose) in ["anonymous_id=anon", "user_id=ada"].into_iter().enumerate() {
        let event = json!({"anonymous_id": "anon", "event_name": "ended sleep", "event_id": format!("e{number}")});
        app.post(&owner.backend(), EVENT, event).await.expect(200);
        if number == 0 {
            let session = json!({"anonymous_id": "anon", "platform": "web"});
            let token = app.post(&owner.sdk(), "/api/v1/client/session", session).await.expect(200)["client_token"].clone();
            let body = json!({"user_id": "ada"});
            let request = TestApp::request(&owner.sdk(), Method::POST, "/api/v1/client/identify", Some(&body));
            app.send(request.header("x-sonde-token", token.as_str().unwrap()), &body).await.expect(200);
        }
        cancel(&app, &owner.backend(), &format!("e{number}?{whose}")).await.expect(200);
    }
    assert_eq!(Visitor::new(&app, &owner, "ada").await.opens(&app).await, None);
}

#[tokio::test]
async fn a_trigger_cancels_what_members_say_it_does() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    asking(&app, &owner, waits_for(&["order_delivered"])).await;
    let ada = Visitor::new(&app, &owner, "ada").await;
    let path = owner.path("/triggers/cancels");
    let rule = |trigger: &str, equal_property: Value| json!({"trigger": trigger, "equal_property": equal_property});
    let set = async |name: &str, cancels: Vec<Value>| app.put(&owner.persona, &path, json!({"name": name, "cancels": cancels})).await;
    set("order_refunded", vec![]).await.expect(404);
    post(&app, &owner, "order_delivered", "d1", json!({"order": {"id": 1}})).await;
    post(&app, &owner, "order_refunded", "r1", json!({"order": {"id": 1}})).await;
    let twice = vec![rule("order_delivered", Value::Null), rule("order_delivered", json!("order.id"))];
    for (cancels, pointer) in [
        (vec![rule("order_refunded", Value::Null)], "/cancels/0/trigger"),
        (twice, "/cancels/1/trigger"),
        (vec![rule("", Value::Null)], "/cancels/0/trigger"),
        (vec![rule("order_delivered", json!("a.b.c.d.e.f.g.h.i"))], "/cancels/0/equal_property"),
        ((0..21).map(|number| rule(&number.to_string(), Value::Null)).collect(), "/cancels"),
    ] {
        assert_eq!(set("order_refunded", cancels).await.expect(422)["errors"][0]["pointer"], pointer);
    }
    let by_order = rule("order_delivered", json!("order.id"));
    let set_now = set("order_refunded", vec![by_order.clone()]).await.expect(200);
    assert_eq!((&set_now["name"], &set_now["cancels"]), (&json!("order_refunded"), &json!([by_order])));
    assert_eq!(ada.opens(&app).await, None, "it counts for events that were there before");
    let archive = json!({"kind": "backend", "name": "order_refunded"});
    let archived = app.post(&owner.persona, &owner.path("/triggers/archive"), archive.clone()).await.expect(200);
    assert_eq!(archived["cancels"], json!([by_order]), "putting a trigger away changes no rule");
    app.post(&owner.persona, &owner.path("/triggers/restore"), archive).await.expect(200);
    assert_eq!(ada.opens(&app).await, None);
    post(&app, &owner, "order_delivered", "d2", json!({"order": {"id": 2}})).await;
    let display = ada.opens(&app).await.expect("another order");
    post(&app, &owner, "order_refunded", "r2", json!({"order": {"id": 2}})).await;
    ada.confirm(&app, &display).await.expect(409);
    assert_eq!(ada.opens(&app).await, None);
    cancel(&app, &owner.backend(), "r2?user_id=ada").await.expect(200);
    assert!(ada.opens(&app).await.is_some(), "the refund itself was taken back");
    app.advance(Span::from_secs(61));
    set("order_refunded", vec![rule("order_delivered", Value::Null)]).await.expect(200);
    assert!(ada.opens(&app).await.is_some(), "the refund that counts came before the second delivery");
    app.advance(Span::from_secs(61));
    post(&app, &owner, "order_refunded", "r3", json!({})).await;
    assert_eq!(ada.opens(&app).await, None, "whatever the order");
}
