//! Getting in and out.

use axum::http::{Method, header};
use serde_json::{Value, json};
use sonde_core::time::Span;

use crate::support::{Answer, OWNER, PASSWORD, Persona, TestApp, cookie};

const STATE: &str = "/api/v1/auth/state";

async fn set_up(app: &TestApp, token: &str) -> Answer {
    let body = json!({"token": token, "email": OWNER, "password": PASSWORD, "workspace": "Books"});
    let request = TestApp::request(&Persona::Anonymous, Method::POST, "/api/v1/auth/setup", Some(&body)).header("x-sonde-csrf", "1");
    app.send(request, &body).await
}

#[tokio::test]
async fn the_first_owner_is_created_with_the_token_once() {
    let app = TestApp::new().await;
    assert_eq!(app.get(&Persona::Anonymous, STATE).await.expect(200)["setup_needed"], true);
    let earlier = app.service.begin_setup().await.unwrap().unwrap();
    let token = app.service.begin_setup().await.unwrap().unwrap();
    set_up(&app, "guessed").await.expect(403);
    set_up(&app, &earlier).await.expect(403);
    let answer = set_up(&app, &token).await;
    let state = answer.expect(201);
    assert_eq!((&state["setup_needed"], &state["member"]["email"]), (&json!(false), &json!(OWNER)));
    assert_eq!(state["workspaces"][0]["name"], "Books");
    set_up(&app, &token).await.expect(409);
    assert_eq!(app.service.begin_setup().await.unwrap(), None);
    let persona = Persona::Member { cookie: cookie(&answer), csrf: String::new() };
    assert_eq!(app.get(&persona, STATE).await.expect(200)["csrf_token"], state["csrf_token"]);
}

#[tokio::test]
async fn a_set_up_that_breaks_a_rule_leaves_the_token_good() {
    let app = TestApp::new().await;
    let token = app.service.begin_setup().await.unwrap().unwrap();
    let body = json!({"token": token, "email": "nobody", "password": "short", "workspace": " "});
    let request = TestApp::request(&Persona::Anonymous, Method::POST, "/api/v1/auth/setup", Some(&body)).header("x-sonde-csrf", "1");
    let problem = app.send(request, &body).await.expect(422);
    let pointers: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/workspace", "/email", "/password"]);
    set_up(&app, &token).await.expect(201);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_say_the_same() {
    let (app, _) = TestApp::new().await.with_owner().await;
    let without_id = |answer: Answer| {
        let mut problem = answer.expect(401);
        problem["request_id"] = Value::Null;
        assert_eq!(answer.header("set-cookie"), "");
        problem
    };
    let wrong = without_id(app.log_in(OWNER, "not the password").await);
    assert_eq!(wrong, without_id(app.log_in("nobody@example.org", PASSWORD).await));
    assert_eq!(wrong, without_id(app.log_in("no address", PASSWORD).await));
    app.log_in(" OWNER@example.org ", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn ten_failures_are_enough() {
    let (app, _) = TestApp::new().await.with_owner().await;
    for _ in 0..10 {
        app.log_in(OWNER, "not the password").await.expect(401);
    }
    let refused = app.log_in(OWNER, PASSWORD).await;
    refused.expect(429);
    assert_eq!(refused.header("retry-after"), "900");
    app.advance(Span::from_secs(900));
    app.log_in(OWNER, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_session_slides_and_ends() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    for _ in 0..3 {
        app.advance(Span::from_days(29));
        let answer = app.get(&owner.persona, STATE).await;
        assert_eq!(answer.expect(200)["member"]["email"], OWNER);
        assert!(answer.header("set-cookie").contains("Max-Age=2592000"));
    }
    app.advance(Span::from_days(30));
    assert_eq!(app.get(&owner.persona, STATE).await.expect(200)["member"], Value::Null);
    app.get(&owner.persona, &owner.path("/settings")).await.expect(401);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let local = TestApp::new().await;
    local.owner(OWNER, "Books").await;
    let answer = local.log_in(OWNER, PASSWORD).await;
    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().split_once("; ").unwrap());
    let (prefixed, attributes) = cookies.next().unwrap();
    assert!(prefixed.starts_with("__Host-sonde=") && prefixed.len() > 50);
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=2592000");
    // For browsers that make no exception for this machine.
    let (plain, attributes) = cookies.next().unwrap();
    assert_eq!((plain, attributes), (&*prefixed.replace("__Host-", ""), "Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"));
    for pair in [prefixed, plain] {
        let persona = Persona::Member { cookie: format!("theme=dark; {pair}"), csrf: String::new() };
        assert_eq!(local.get(&persona, STATE).await.expect(200)["member"]["email"], OWNER);
    }
    let public = TestApp::at("https://sonde.example.org", false).await;
    public.owner(OWNER, "Books").await;
    let answer = public.log_in(OWNER, PASSWORD).await;
    let (pair, attributes) = answer.header("set-cookie").split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-sonde="));
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=2592000");
    // A cookie without the prefix may have been set by a neighbouring host.
    let planted = Persona::Member { cookie: pair.replace("__Host-", ""), csrf: String::new() };
    assert_eq!(public.get(&planted, STATE).await.expect(200)["member"], Value::Null);
}

#[tokio::test]
async fn passwords_are_not_taken_in_the_open() {
    let body = json!({"email": OWNER, "password": PASSWORD});
    let request = |host: &str| {
        Ok::<_, ()>(
            axum::http::Request::post("/api/v1/auth/login")
                .header(header::HOST, host)
                .header(header::CONTENT_TYPE, "application/json")
                .header("x-sonde-csrf", "1"),
        )
    };
    let app = TestApp::new().await;
    app.owner(OWNER, "Books").await;
    app.send_from([127, 0, 0, 1], request("127.0.0.1:8080").unwrap(), &body).await.expect(200);
    app.send_from([192, 0, 2, 1], request("127.0.0.1:8080").unwrap(), &body).await.expect(403);
    app.send_from([127, 0, 0, 1], request("sonde.example.org").unwrap(), &body).await.expect(403);
    let proxied = request("127.0.0.1:8080").unwrap().header("x-forwarded-for", "192.0.2.1");
    let refused = app.send_from([127, 0, 0, 1], proxied, &body).await.expect(403);
    assert!(refused["detail"].as_str().unwrap().contains("--insecure-cookie"));
    let careless = TestApp::at("http://sonde.example.org", true).await;
    careless.owner(OWNER, "Books").await;
    careless.send_from([192, 0, 2, 1], request("sonde.example.org").unwrap(), &body).await.expect(200);
}

#[tokio::test]
async fn a_change_needs_the_token_of_its_session() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let Persona::Member { cookie, csrf } = owner.persona.clone() else { panic!("a member") };
    let Persona::Member { csrf: anothers, .. } = app.sign_in(OWNER, PASSWORD).await else { panic!("a member") };
    let body = json!({"name": "Renamed"});
    for (given, status) in [("", 403), ("1", 403), (anothers.as_str(), 403), (csrf.as_str(), 200)] {
        let persona = Persona::Member { cookie: cookie.clone(), csrf: given.to_owned() };
        app.call(&persona, Method::PATCH, &owner.path(""), Some(body.clone())).await.expect(status);
    }
    let without = TestApp::request(&Persona::Anonymous, Method::PATCH, &owner.path(""), Some(&body)).header(header::COOKIE, &cookie);
    app.send(without, &body).await.expect(403);
    let login = json!({"email": OWNER, "password": PASSWORD});
    let without = TestApp::request(&Persona::Anonymous, Method::POST, "/api/v1/auth/login", Some(&login));
    app.send(without, &login).await.expect(403);
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let answer = app.call(&owner.persona, Method::POST, "/api/v1/auth/logout", None).await;
    answer.expect(204);
    assert!(answer.headers.get_all("set-cookie").iter().all(|cookie| cookie.to_str().unwrap().contains("Max-Age=0")));
    app.get(&owner.persona, &owner.path("/settings")).await.expect(401);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    let other = app.sign_in(OWNER, PASSWORD).await;
    let path = "/api/v1/auth/password";
    let problem = app.post(&owner.persona, path, json!({"current": "not it at all", "new": "another password"})).await.expect(422);
    assert_eq!(problem["errors"][0]["pointer"], "/current");
    app.post(&owner.persona, path, json!({"current": PASSWORD, "new": "short"})).await.expect(422);
    app.post(&owner.persona, path, json!({"current": PASSWORD, "new": "another password"})).await.expect(204);
    app.get(&owner.persona, &owner.path("/settings")).await.expect(200);
    app.get(&other, &owner.path("/settings")).await.expect(401);
    app.log_in(OWNER, PASSWORD).await.expect(401);
    app.log_in(OWNER, "another password").await.expect(200);
}

#[tokio::test]
async fn a_member_founds_and_names_workspaces() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    app.advance(Span::from_secs(1));
    let founded = app.post(&owner.persona, "/api/v1/workspaces", json!({"name": " Games "})).await.expect(201);
    assert_eq!(founded["name"], "Games");
    let path = format!("/api/v1/workspaces/{}", founded["id"].as_str().unwrap());
    let rename = async |name: &str| app.call(&owner.persona, Method::PATCH, &path, Some(json!({"name": name}))).await;
    rename("Books").await.expect(409);
    rename("").await.expect(422);
    assert_eq!(rename("Spiele").await.expect(200)["name"], "Spiele");
    let state = app.get(&owner.persona, STATE).await.expect(200);
    let names: Vec<&str> = state["workspaces"].as_array().unwrap().iter().map(|workspace| workspace["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Books", "Spiele"]);
    let unknown = app.post(&owner.persona, "/api/v1/workspaces", json!({"name": "x", "owner": "y"})).await.expect(422);
    assert!(unknown["errors"][0]["detail"].as_str().unwrap().contains("unknown field"));
    app.post(&Persona::Anonymous, "/api/v1/workspaces", json!({"name": "x"})).await.expect(401);
}
