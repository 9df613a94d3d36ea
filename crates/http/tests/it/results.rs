//! What was answered, as a team looks at it.

use axum::http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sonde_core::time::Span;

use crate::support::{Answer, Owner, Persona, TestApp};

/// An end user in an app.
pub(crate) struct Visitor {
    key: Persona,
    token: String,
    calls: std::cell::Cell<u32>,
}

impl Visitor {
    pub(crate) async fn new(app: &TestApp, owner: &Owner, user: &str) -> Self {
        let body = json!({"user_id": user, "platform": "web", "attributes": {"plan": "pro", "=cmd": "+1"}});
        let session = app.post(&owner.sdk(), "/api/v1/client/session", body).await.expect(200);
        Self { key: owner.sdk(), token: session["client_token"].as_str().unwrap().to_owned(), calls: std::cell::Cell::new(0) }
    }

    pub(crate) async fn call(&self, app: &TestApp, method: Method, path: &str, body: Value) -> Answer {
        let request: axum::http::request::Builder = TestApp::request(&self.key, method, path, Some(&body));
        app.send(request.header("x-sonde-token", &self.token), &body).await
    }

    pub(crate) async fn fire(&self, app: &TestApp, properties: Value) -> Value {
        self.calls.set(self.calls.get() + 1);
        self.fire_as(app, &format!("r{}", self.calls.get()), properties).await
    }

    /// As a call of this id.
    pub(crate) async fn fire_as(&self, app: &TestApp, request_id: &str, properties: Value) -> Value {
        let body = json!({"request_id": request_id, "trigger": "MainActivity", "properties": properties});
        self.call(app, Method::POST, "/api/v1/client/trigger", body).await.expect(200)
    }

    /// Fires with the names that were fired in the session, this one last.
    pub(crate) async fn fire_after(&self, app: &TestApp, sequence: Value) -> Value {
        self.calls.set(self.calls.get() + 1);
        let body = json!({"request_id": format!("r{}", self.calls.get()), "trigger": "MainActivity", "trigger_seq": sequence});
        self.call(app, Method::POST, "/api/v1/client/trigger", body).await.expect(200)
    }

    pub(crate) async fn report(&self, app: &TestApp, display: &str, state: &str) {
        self.call(app, Method::POST, &format!("/api/v1/client/displays/{display}"), json!({"state": state})).await.expect(200);
    }

    pub(crate) async fn answer(&self, app: &TestApp, display: &str, body: Value) -> Answer {
        self.call(app, Method::PUT, &format!("/api/v1/client/displays/{display}/response"), body).await
    }

    /// Is shown the survey and answers it. Says which display it was.
    async fn respond(&self, app: &TestApp, nps: i32, say: &str) -> String {
        let shown = self.fire(app, json!({"tab": 2, "price": 82.50})).await;
        let display = shown["display_id"].as_str().unwrap().to_owned();
        self.report(app, &display, "shown").await;
        let answers = json!({"nps": {"number": nps}, "say": {"text": say}});
        self.answer(app, &display, json!({"revision": 1, "completed": true, "answers": answers, "duration_ms": 4_000})).await.expect(200);
        app.advance(Span::from_secs(1));
        display
    }
}

/// A live survey with three responses, the last to the first of which are returned.
async fn asked() -> (TestApp, Owner, String, Vec<String>) {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let survey = owner.create(&app, crate::surveys::document()).await["id"].as_str().unwrap().to_owned();
    owner.act(&app, &survey, "launch").await.expect(200);
    let mut displays = Vec::new();
    for (user, nps, say) in [("ada", 10, "=1+1"), ("bob", 3, "too slow, \"really\""), ("eve", 8, "fine")] {
        displays.insert(0, Visitor::new(&app, &owner, user).await.respond(&app, nps, say).await);
    }
    let at = owner.path(&format!("/surveys/{survey}"));
    (app, owner, at, displays)
}

pub(crate) fn filtered(path: &str, filter: &Value) -> String {
    let encode = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    format!("{path}?filter={}", filter.to_string().bytes().map(encode).collect::<String>())
}

#[tokio::test]
async fn answers_become_figures_and_rows() {
    let (app, owner, at, displays) = asked().await;
    let results = app.get(&owner.persona, &format!("{at}/results")).await.expect(200);
    assert_eq!(results["funnel"], json!({"shown": 3, "started": 3, "completed": 3, "dismissed": 0}));
    assert_eq!(results["median_seconds_to_complete"], 4.0);
    assert_eq!(results["daily"], json!([{"date": "2027-01-15", "shown": 3, "completed": 3}]));
    assert_eq!(results["questions"][0]["nps"]["score"], 0.0);
    assert_eq!(results["questions"][1]["texts"]["latest"][0]["text"], "fine");
    assert_eq!(results["property_keys"], json!({"event": [], "events": [], "trigger": ["price", "tab"], "user": ["=cmd", "plan"]}));
    let list = app.get(&owner.persona, &format!("{at}/responses?limit=2")).await.expect(200);
    let ids = |page: &Value| {
        page["items"].as_array().unwrap().iter().map(|row| row["display_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((ids(&list), &list["total"]), (displays[..2].to_vec(), &json!(3)));
    let next = app.get(&owner.persona, &format!("{at}/responses?limit=2&after={}", list["next"].as_str().unwrap())).await.expect(200);
    assert_eq!((ids(&next), &next["next"]), (displays[2..].to_vec(), &Value::Null));
    let row = app.get(&owner.persona, &format!("{at}/responses/{}", displays[2])).await;
    assert_eq!((&row.expect(200)["user_id"], &row.json()["answers"]["nps"]), (&json!("ada"), &json!({"number": 10})));
    assert!(String::from_utf8_lossy(&row.bytes).contains("82.5"), "a number stays a number");
    let summary = app.get(&owner.persona, &owner.path("/surveys")).await.expect(200);
    assert_eq!((&summary["items"][0]["shown"], &summary["items"][0]["completed"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn rows_are_filtered_and_bad_filters_are_refused_in_their_place() {
    let (app, owner, at, displays) = asked().await;
    let low = json!({"from": "2027-01-15", "to": "2027-01-15", "all": [{"source": "answer", "path": "nps", "op": "less", "value": 7}]});
    let list = app.get(&owner.persona, &filtered(&format!("{at}/responses"), &low)).await.expect(200);
    assert_eq!(
        (&list["items"][0]["display_id"], list["items"].as_array().unwrap().len(), &list["total"]),
        (&json!(displays[1]), 1, &Value::Null)
    );
    let results = app.get(&owner.persona, &filtered(&format!("{at}/results"), &low)).await.expect(200);
    assert_eq!(results["questions"][0]["nps"]["score"], -100.0);
    let later = json!({"from": "2027-01-16"});
    assert_eq!(app.get(&owner.persona, &filtered(&format!("{at}/results"), &later)).await.expect(200)["funnel"]["shown"], 0);
    let bad = json!({"all": [{"source": "user", "path": "plan", "op": "in", "value": "pro"}]});
    for rest in ["results", "responses", "responses.csv"] {
        let problem = app.get(&owner.persona, &filtered(&format!("{at}/{rest}"), &bad)).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], "/all/0/value", "{problem}");
    }
    for query in ["after=dsp_1", "limit=many", "limit=-1"] {
        let problem = app.get(&owner.persona, &format!("{at}/responses?{query}")).await;
        problem.expect(422);
        assert_eq!(problem.header("content-type"), "application/problem+json", "{query}");
    }
}

#[tokio::test]
async fn texts_are_searched() {
    let (app, owner, at, displays) = asked().await;
    let texts = app.get(&owner.persona, &format!("{at}/responses/say/texts?search=SLOW")).await.expect(200);
    assert_eq!((&texts["items"][0]["display_id"], &texts["items"][0]["text"]), (&json!(displays[1]), &json!("too slow, \"really\"")));
    assert_eq!((texts["items"].as_array().unwrap().len(), &texts["next"]), (1, &Value::Null));
    let page = app.get(&owner.persona, &format!("{at}/responses/say/texts?limit=2")).await.expect(200);
    assert_eq!(page["next"], json!(displays[1]));
}

#[tokio::test]
async fn a_deleted_response_is_gone_and_does_not_come_back() {
    let (app, owner, at, displays) = asked().await;
    let one = format!("{at}/responses/{}", displays[0]);
    app.call(&owner.persona, Method::DELETE, &one, None).await.expect(204);
    app.call(&owner.persona, Method::DELETE, &one, None).await.expect(404);
    app.get(&owner.persona, &one).await.expect(404);
    let eve = Visitor::new(&app, &owner, "eve").await;
    let late = json!({"revision": 2, "completed": true, "answers": {"nps": {"number": 1}, "say": {"text": "late"}}});
    eve.answer(&app, &displays[0], late).await.expect(200);
    let results = app.get(&owner.persona, &format!("{at}/results")).await.expect(200);
    assert_eq!(results["funnel"]["shown"], 2);
    assert_eq!(app.get(&owner.persona, &format!("{at}/responses")).await.expect(200)["total"], 2);
}

#[tokio::test]
async fn a_table_is_complete_and_harmless() {
    let (app, owner, at, displays) = asked().await;
    let answer = app.get(&owner.persona, &format!("{at}/responses.csv")).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"responses-srv_"));
    let text = String::from_utf8(answer.bytes).unwrap();
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
    assert!(lines[0].starts_with("display_id,user_id,anonymous_id,state,"), "{}", lines[0]);
    assert!(lines[0].ends_with(",answer.nps,answer.say,trigger.price,trigger.tab,user.=cmd,user.plan"), "{}", lines[0]);
    assert_eq!((lines.len(), lines[4]), (5, ""));
    assert!(lines[1].starts_with(&format!("{},eve,,completed,web,", displays[0])), "{}", lines[1]);
    assert!(lines[2].contains(",3,\"too slow, \"\"really\"\"\",82.5,2,'+1,pro"), "{}", lines[2]);
    assert!(lines[3].contains(",10,'=1+1,82.5,2,'+1,pro"), "{}", lines[3]);
}

#[tokio::test]
async fn listeners_hear_of_changes_at_most_once_a_second() {
    let (app, owner, at, _) = asked().await;
    let response = app.open(&owner.persona, &format!("{at}/responses/stream")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    Visitor::new(&app, &owner, "mia").await.respond(&app, 9, "x").await;
    let frame = tokio::time::timeout(std::time::Duration::from_secs(5), body.frame()).await.unwrap().unwrap().unwrap();
    assert!(String::from_utf8_lossy(frame.data_ref().unwrap()).contains("event: changed"));
    // Several changes made one event; the next is not there yet.
    let again = tokio::time::timeout(std::time::Duration::from_millis(300), body.frame()).await;
    assert!(again.is_err(), "{again:?}");
}
