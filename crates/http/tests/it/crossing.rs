//! Nobody gets into a workspace that is not theirs, whatever the route.

use axum::http::Method;
use serde_json::{Value, json};

use crate::routes::documented;
use crate::support::{Owner, Persona, TestApp};

/// Every route within a workspace, its other parameters filled in with what could be real.
fn routes_of(workspace: &str) -> Vec<(Method, String)> {
    let within = documented().into_iter().filter(|(_, path)| path.starts_with("/api/v1/workspaces/{workspace}"));
    within
        .map(|(method, path)| {
            let path = path.replace("{workspace}", workspace);
            let filled = path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some("version" | "number" | "n") => "1".to_owned(),
                Some(name) => format!("{}_{}", prefix(name), "0".repeat(32)),
                None => part.to_owned(),
            });
            (method, filled.collect::<Vec<_>>().join("/"))
        })
        .collect()
}

fn prefix(parameter: &str) -> &str {
    match parameter {
        "survey" => "srv",
        "cohort" => "coh",
        "display" | "display_id" | "response" => "dsp",
        other => other,
    }
}

async fn expect_everywhere(app: &TestApp, persona: &Persona, workspace: &str, status: u16) {
    let routes = routes_of(workspace);
    assert!(routes.len() >= 12, "{routes:?}");
    for (method, path) in routes {
        let body = (!method.is_safe() && method != Method::DELETE).then(|| json!({}));
        let answer = app.call(persona, method.clone(), &path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path} as {persona:?}: {}", String::from_utf8_lossy(&answer.bytes));
        if status == 404 {
            assert_eq!(answer.json()["detail"], "there is no such workspace", "{method} {path}");
        }
    }
}

async fn two() -> (TestApp, Owner, Owner) {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let other = app.owner("other@example.org", "Games").await;
    (app, owner, other)
}

#[tokio::test]
async fn a_member_of_another_workspace_finds_nothing() {
    let (app, owner, other) = two().await;
    expect_everywhere(&app, &other.persona, &owner.workspace.to_string(), 404).await;
    for nowhere in ["wsp_00000000000000000000000000000000", "nonsense", "%00"] {
        expect_everywhere(&app, &owner.persona, nowhere, 404).await;
    }
}

#[tokio::test]
async fn nobody_else_gets_in_at_all() {
    let (app, owner, _) = two().await;
    let stranger = Persona::Member { cookie: "sonde=invented".to_owned(), csrf: "1".to_owned() };
    for persona in [Persona::Anonymous, owner.backend(), owner.sdk(), stranger] {
        expect_everywhere(&app, &persona, &owner.workspace.to_string(), 401).await;
    }
}

#[tokio::test]
async fn a_change_without_the_page_token_is_refused_before_anything_is_looked_up() {
    let (app, owner, other) = two().await;
    let Persona::Member { cookie, .. } = owner.persona.clone() else { panic!("a member") };
    let persona = Persona::Member { cookie, csrf: "1".to_owned() };
    for workspace in [owner.workspace, other.workspace] {
        for (method, path) in routes_of(&workspace.to_string()) {
            if !method.is_safe() {
                app.call(&persona, method, &path, Some(json!({}))).await.expect(403);
            }
        }
    }
}

#[tokio::test]
async fn a_key_opens_its_own_side_and_workspace_alone() {
    let (app, owner, other) = two().await;
    let event = json!({"user_id": "u", "event_name": "e"});
    let path = "/api/v1/connections/backend/event";
    for persona in [Persona::Anonymous, Persona::Backend(owner.sdk_key.clone()), owner.sdk(), owner.persona.clone()] {
        app.post(&persona, path, event.clone()).await.expect(401);
    }
    for persona in [Persona::Anonymous, Persona::Sdk(owner.backend_key.clone()), owner.backend(), owner.persona.clone()] {
        app.get(&persona, "/api/v1/client/config").await.expect(401);
    }
    app.post(&owner.backend(), path, event).await.expect(200);
    let seen = async |owner: &Owner| app.get(&owner.persona, &owner.path("/events")).await.expect(200)["items"].clone();
    assert_eq!(seen(&owner).await.as_array().map(Vec::len), Some(1));
    assert_eq!(seen(&other).await, Value::Array(Vec::new()));
}
