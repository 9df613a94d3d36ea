//! Tabs that listen.

use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sonde_core::time::Span;
use sonde_service::admin::ImportInput;

use crate::support::{Owner, Persona, TestApp};

const EVENT: &str = "/api/v1/connections/backend/event";

fn survey(name: &str, also_while_there: bool, trigger: &str) -> Value {
    json!({
        "format_version": 1, "name": name, "default_language": "en",
        "questions": [{"id": "q1", "type": "nps_feedback", "title": {"en": "How likely?"}}],
        "launch": {
            "platforms": ["web"],
            "frontend_triggers": [{"name": trigger}],
            "activation": {"backend_triggers": [{"name": "ended_sleep"}], "expires_after_secs": 3_600},
            "also_while_there": also_while_there
        }
    })
}

async fn launch(app: &TestApp, owner: &Owner, document: &Value) {
    let input = ImportInput { workspace: owner.workspace, survey: None, document: document.to_string(), launch: true };
    app.service.import_survey(input).await.unwrap();
}

async fn with_survey() -> (TestApp, Owner) {
    let (app, owner) = TestApp::new().await.with_owner().await;
    launch(&app, &owner, &survey("Sleep", true, "MainActivity")).await;
    (app, owner)
}

async fn session(app: &TestApp, owner: &Owner, who: Value) -> Value {
    let mut body = json!({"platform": "web"});
    body.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    app.post(&owner.sdk(), "/api/v1/client/session", body).await.expect(200)
}

/// What an open tab hears.
struct Tab(Body);

impl Tab {
    async fn open(app: &TestApp, session: &Value) -> Self {
        let ticket = session["stream_ticket"].as_str().expect("a ticket");
        let response = app.open(&Persona::Anonymous, &format!("/api/v1/client/stream?ticket={ticket}")).await;
        assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"text/event-stream".parse().unwrap()));
        let mut tab = Self(response.into_body());
        // One may have become due before anybody listened.
        assert_eq!(tab.next().await, ("activation".to_owned(), json!({"triggers": ["MainActivity"]})));
        tab
    }

    /// The next event and its data.
    async fn next(&mut self) -> (String, Value) {
        let bytes = self.0.frame().await.expect("the stream goes on").unwrap().into_data().unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let field =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}")).trim().to_owned();
        (field("event:"), serde_json::from_str(&field("data:")).unwrap())
    }

    async fn hears(&mut self) -> Option<(String, Value)> {
        tokio::time::timeout(std::time::Duration::from_millis(200), self.next()).await.ok()
    }
}

async fn event(app: &TestApp, owner: &Owner, who: &Value, name: &str) {
    let mut body = json!({"event_name": name});
    body.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    app.post(&owner.backend(), EVENT, body).await.expect(200);
}

fn main_activity() -> (String, Value) {
    ("activation".to_owned(), json!({"triggers": ["MainActivity"]}))
}

#[tokio::test]
async fn an_event_reaches_the_open_tabs_of_its_user_and_nobody_elses() {
    let (app, owner) = with_survey().await;
    let (u1, u2) = (json!({"user_id": "u1"}), json!({"user_id": "u2"}));
    let mut first = Tab::open(&app, &session(&app, &owner, u1.clone()).await).await;
    let mut second = Tab::open(&app, &session(&app, &owner, u1.clone()).await).await;
    let mut other = Tab::open(&app, &session(&app, &owner, u2).await).await;
    event(&app, &owner, &u1, "ended_sleep").await;
    assert_eq!([first.hears().await, second.hears().await, other.hears().await], [Some(main_activity()), Some(main_activity()), None]);
    event(&app, &owner, &u1, "another_event").await;
    assert_eq!(first.hears().await, None);
    let batch = json!({"events": [{"user_id": "u1", "event_name": "ended_sleep"}]});
    app.post(&owner.backend(), "/api/v1/connections/backend/events", batch).await.expect(200);
    assert_eq!(first.hears().await, Some(main_activity()));
}

#[tokio::test]
async fn only_surveys_that_may_ask_while_the_user_is_there_are_told_of() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    launch(&app, &owner, &survey("Quiet", false, "Quiet")).await;
    let config = async || app.get(&owner.sdk(), "/api/v1/client/config").await.expect(200);
    assert_eq!((&config().await["push"], config().await["triggers"].clone()), (&Value::Null, json!(["Quiet"])));
    assert_eq!(session(&app, &owner, json!({"user_id": "u1"})).await["stream_ticket"], Value::Null);
    launch(&app, &owner, &survey("Sleep", true, "MainActivity")).await;
    assert_eq!(config().await["push"], true);
    assert_eq!(app.get(&owner.sdk(), "/api/v1/client/config?platform=ios").await.expect(200)["push"], Value::Null);
    let mut tab = Tab::open(&app, &session(&app, &owner, json!({"user_id": "u1"})).await).await;
    event(&app, &owner, &json!({"user_id": "u1"}), "ended_sleep").await;
    assert_eq!(tab.hears().await, Some(main_activity()));
}

#[tokio::test]
async fn an_anonymous_tab_and_its_users_tabs_hear_of_each_others_events() {
    let (app, owner) = with_survey().await;
    let (anonymous, known) = (json!({"anonymous_id": "a1"}), json!({"user_id": "u1"}));
    let begun = session(&app, &owner, anonymous.clone()).await;
    let mut stale = Tab::open(&app, &begun).await;
    event(&app, &owner, &anonymous, "ended_sleep").await;
    assert_eq!(stale.hears().await, Some(main_activity()));
    let body = json!({"user_id": "u1"});
    let token = begun["client_token"].as_str().unwrap();
    let request = TestApp::request(&owner.sdk(), Method::POST, "/api/v1/client/identify", Some(&body)).header("x-sonde-token", token);
    let identified = app.send(request, &body).await.expect(200);
    // The stream under the anonymous id ends; its ticket leads to the user from now on.
    assert!(stale.0.frame().await.is_none());
    let mut again = Tab::open(&app, &begun).await;
    let mut user = Tab::open(&app, &identified).await;
    for who in [&anonymous, &known] {
        event(&app, &owner, who, "ended_sleep").await;
        assert_eq!([again.hears().await, user.hears().await], [Some(main_activity()), Some(main_activity())], "{who}");
    }
}

#[tokio::test]
async fn a_change_of_the_catalogue_is_told_to_the_whole_workspace() {
    let (app, owner) = with_survey().await;
    let other = app.owner("other@example.org", "Games").await;
    launch(&app, &other, &survey("Sleep", true, "MainActivity")).await;
    let mut tab = Tab::open(&app, &session(&app, &owner, json!({"user_id": "u1"})).await).await;
    let mut elsewhere = Tab::open(&app, &session(&app, &other, json!({"user_id": "u1"})).await).await;
    launch(&app, &owner, &survey("Another", false, "Checkout")).await;
    assert_eq!(tab.hears().await, Some(("config".to_owned(), json!({}))));
    assert_eq!(elsewhere.hears().await, None);
    event(&app, &owner, &json!({"user_id": "u1"}), "ended_sleep").await;
    assert_eq!(elsewhere.hears().await, None);
    assert_eq!(tab.hears().await, Some(main_activity()));
    app.service.end_streams();
    assert!(tab.0.frame().await.is_none() && elsewhere.0.frame().await.is_none());
}

#[tokio::test]
async fn a_ticket_is_needed_lives_ten_minutes_and_is_no_token() {
    let (app, owner) = with_survey().await;
    let begun = session(&app, &owner, json!({"user_id": "u1"})).await;
    let (ticket, token) = (begun["stream_ticket"].as_str().unwrap(), begun["client_token"].as_str().unwrap());
    let open =
        async |ticket: &str| app.open(&Persona::Anonymous, &format!("/api/v1/client/stream?ticket={ticket}")).await.status().as_u16();
    assert_eq!([open(ticket).await, open(ticket).await, open(token).await, open("").await], [200, 200, 401, 401]);
    let request = Request::get("/api/v1/client/stream");
    assert_eq!(app.send(request, &Value::Null).await.status, 401);
    let body = json!({"attributes": {}});
    let request = TestApp::request(&owner.sdk(), Method::POST, "/api/v1/client/attributes", Some(&body)).header("x-sonde-token", ticket);
    app.send(request, &body).await.expect(401);
    app.advance(Span::from_secs(600));
    assert_eq!(open(ticket).await, 401);
    let request = TestApp::request(&owner.sdk(), Method::POST, "/api/v1/client/ticket", None).header("x-sonde-token", token);
    let fresh = app.send(request, &Value::Null).await.expect(200);
    assert_eq!(open(fresh["stream_ticket"].as_str().unwrap()).await, 200);
    app.post(&owner.sdk(), "/api/v1/client/ticket", Value::Null).await.expect(401);
}

#[tokio::test]
async fn a_site_that_is_not_allowed_hears_nothing() {
    let (app, owner) = with_survey().await;
    let begun = session(&app, &owner, json!({"user_id": "u1"})).await;
    let mut settings = app.get(&owner.persona, &owner.path("/settings")).await.expect(200);
    settings["allowed_origins"] = json!(["https://shop.example"]);
    app.put(&owner.persona, &owner.path("/settings"), settings).await.expect(200);
    let path = format!("/api/v1/client/stream?ticket={}", begun["stream_ticket"].as_str().unwrap());
    let request = Request::get(path).header("origin", "https://evil.example");
    let answer = app.send(request, &Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (403, "*"));
}
