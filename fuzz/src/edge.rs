//! Bytes from outside, through the router.

use std::collections::HashMap;
use std::io::Write as _;

use axum::http::{Method, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use serde_json::value::RawValue;

use crate::app::{self, App};

/// The body of one event.
pub(crate) fn ingest(data: &[u8]) {
    app::with(|app| {
        let key = app.backend_key.clone();
        let answer = app.call(Method::POST, "/api/v1/connections/backend/event", &[("x-api-key", &key)], data.to_vec());
        if answer.status == StatusCode::OK {
            // What was taken must be taken again, as the same event where it says which it is.
            // Read raw: a number may be larger than any that a program holds.
            let sent: HashMap<String, Box<RawValue>> = serde_json::from_slice(data).expect("only JSON is taken");
            let again = app.call(Method::POST, "/api/v1/connections/backend/event", &[("x-api-key", &key)], data.to_vec());
            assert_eq!(again.status, StatusCode::OK);
            assert_eq!(again.json()["duplicate"] == true, sent.get("event_id").is_some_and(|id| id.get() != "null"));
        } else {
            assert!(answer.status.is_client_error(), "{}", answer.status);
        }
    });
}

/// Many events: the first byte says in which form.
pub(crate) fn batch(data: &[u8]) {
    let Some((form, body)) = data.split_first() else { return };
    app::with(|app| {
        let key = app.backend_key.clone();
        let mut headers = vec![("x-api-key", key.as_str())];
        if form & 1 != 0 {
            headers.push(("content-type", "application/x-ndjson"));
        }
        let body = match (form >> 1) & 3 {
            0 => body.to_vec(),
            1 => compressed(body),
            _ => {
                headers.push(("content-encoding", "gzip"));
                if form & 8 == 0 { compressed(body) } else { body.to_vec() }
            }
        };
        let answer = app.call(Method::POST, "/api/v1/connections/backend/events", &headers, body);
        if answer.status == StatusCode::OK {
            let told = answer.json();
            assert!(told["accepted"].is_u64() && told["duplicates"].is_u64() && told["errors"].is_array(), "{told}");
        } else {
            assert!(answer.status.is_client_error(), "{}", answer.status);
        }
    });
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// What an SDK sends: the first byte says to which call.
pub(crate) fn client(data: &[u8]) {
    let Some((call, body)) = data.split_first() else { return };
    app::with(|app| {
        let display = if call % 9 >= 7 { claimed(app) } else { String::new() };
        let (method, path) = match call % 9 {
            0 => (Method::POST, "/api/v1/client/session".to_owned()),
            1 => (Method::POST, "/api/v1/client/identify".to_owned()),
            2 => (Method::POST, "/api/v1/client/attributes".to_owned()),
            3 => (Method::POST, "/api/v1/client/trigger".to_owned()),
            4 | 5 => (Method::POST, "/api/v1/client/batch".to_owned()),
            6 => (Method::POST, format!("/api/v1/client/displays/{}", claimed(app))),
            7 => (Method::POST, format!("/api/v1/client/displays/{display}")),
            _ => (Method::PUT, format!("/api/v1/client/displays/{display}/response")),
        };
        let (key, token) = (app.sdk_key.clone(), app.token.clone());
        // A beacon carries key and token in its body and says that it is plain text.
        let beacon = call % 9 == 5;
        let headers: &[(&str, &str)] =
            if beacon { &[("content-type", "text/plain")] } else { &[("x-sonde-key", &key), ("x-sonde-token", &token)] };
        app.call(method, &path, headers, body.to_vec());
    });
}

/// A display that waits for its confirmation.
fn claimed(app: &mut App) -> String {
    let (key, token) = (app.sdk_key.clone(), app.token.clone());
    let body = json!({"request_id": "r", "trigger": "MainActivity"}).to_string().into_bytes();
    let answer = app.call(Method::POST, "/api/v1/client/trigger", &[("x-sonde-key", &key), ("x-sonde-token", &token)], body);
    answer.json()["display_id"].as_str().unwrap_or("dsp_00000000000000000000000000000000").to_owned()
}

/// What somebody offers as a proof of identity, a client token, a key, an id.
pub(crate) fn proof(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    app::with(|app| {
        let (workspace, cookie) = (app.workspace, app.cookie.clone());
        app.session(&json!({"user_id": "ada", "platform": "web", "proof": text}));
        let visible: String = text.chars().filter(char::is_ascii_graphic).collect();
        let key = app.sdk_key.clone();
        let trigger = json!({"request_id": "r", "trigger": "MainActivity"}).to_string().into_bytes();
        let forged = [("x-sonde-key", key.as_str()), ("x-sonde-token", visible.as_str())];
        let answer = app.call(Method::POST, "/api/v1/client/trigger", &forged, trigger.clone());
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "a token from nowhere: {visible}");
        let answer = app.call(Method::POST, "/api/v1/client/trigger", &[("x-sonde-key", &visible)], trigger);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "a key from nowhere: {visible}");
        let path = data.iter().fold(String::new(), |path, byte| path + &format!("%{byte:02x}"));
        app.call(Method::GET, &format!("/api/v1/workspaces/{workspace}/surveys/{path}"), &[("cookie", &cookie)], Vec::new());
    });
}

/// A text that somebody answers: whatever it is, no cell of the export begins a formula, and it comes out as it went in.
pub(crate) fn csv(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    app::with(|app| {
        let (key, token, cookie) = (app.sdk_key.clone(), app.token.clone(), app.cookie.clone());
        let headers = [("x-sonde-key", key.as_str()), ("x-sonde-token", token.as_str())];
        let display = claimed(app);
        let body = json!({"revision": 1, "completed": false, "answers": {"say": {"text": text}}}).to_string().into_bytes();
        let is_saved =
            app.call(Method::PUT, &format!("/api/v1/client/displays/{display}/response"), &headers, body).status == StatusCode::OK;
        let rows = format!("/api/v1/workspaces/{}/surveys/{}/responses", app.workspace, app.survey);
        let export = app.call(Method::GET, &format!("{rows}.csv"), &[("cookie", &cookie)], Vec::new());
        assert_eq!(export.status, StatusCode::OK);
        let export = String::from_utf8(export.bytes).expect("UTF-8");
        let table = cells(export.trim_start_matches('\u{feff}'));
        assert!(table.windows(2).all(|lines| lines[0].len() == lines[1].len()), "lines of different lengths");
        for cell in table.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']), "a formula: {cell}");
        }
        if is_saved {
            let says_it = |cell: &String| *cell == text || cell.strip_prefix('\'') == Some(&text);
            assert!(table.iter().flatten().any(says_it), "the answer is not there: {text:?}");
        }
        let state = app.call(Method::GET, "/api/v1/auth/state", &[("cookie", &cookie)], Vec::new()).json();
        let csrf = state["csrf_token"].as_str().unwrap_or_default().to_owned();
        app.call(Method::DELETE, &format!("{rows}/{display}"), &[("cookie", &cookie), ("x-sonde-csrf", &csrf)], Vec::new());
    });
}

/// Reads RFC 4180, apart from how the product writes it.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut table, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '"' if quoted && rest.peek() == Some(&'"') => cell.extend(rest.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\r' if !quoted && rest.peek() == Some(&'\n') => {
                rest.next();
                line.push(std::mem::take(&mut cell));
                table.push(std::mem::take(&mut line));
            }
            other => cell.push(other),
        }
    }
    table
}
