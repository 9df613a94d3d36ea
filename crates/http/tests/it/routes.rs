//! The OpenAPI document and the router say the same.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;

use crate::support::{Persona, TestApp};

/// Every (method, path) of the document.
pub(crate) fn documented() -> Vec<(Method, String)> {
    let document: Value = serde_json::from_str(&sonde_http::openapi_json()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if item.get(method.as_str().to_lowercase()).is_some() {
                routes.push((method, path.clone()));
            }
        }
    }
    routes
}

/// Paths that the router page names, as they are written there.
fn routed() -> BTreeSet<String> {
    let source = include_str!("../../src/router.rs");
    let mut paths = BTreeSet::new();
    for (function, prefix) in [
        ("let client = ", "/api/v1/client"),
        ("let workspace = ", "/api/v1/workspaces/{workspace}"),
        ("let survey = ", "/api/v1/workspaces/{workspace}/surveys/{survey}"),
    ] {
        let block = source.split(function).nth(1).unwrap().split(';').next().unwrap();
        paths.extend(in_block(block).map(|path| format!("{prefix}{}", path.trim_end_matches('/'))));
    }
    let absolute = in_block(source).filter(|path| path.starts_with("/api/v1/"));
    paths.extend(absolute.map(str::to_owned));
    paths
}

fn in_block(block: &str) -> impl Iterator<Item = &str> {
    block.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
}

#[tokio::test]
async fn every_documented_call_is_routed() {
    let (app, owner) = TestApp::new().await.with_owner().await;
    for (method, path) in documented() {
        let path = path.replace("{workspace}", &owner.workspace.to_string());
        let answer = app.call(&Persona::Anonymous, method.clone(), &path, None).await;
        let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert_ne!(answer.status.as_u16(), 405, "{method} {path}");
        assert!(!detail.starts_with("there is nothing at"), "{method} {path}");
    }
}

#[test]
fn every_routed_path_is_documented() {
    let documented: BTreeSet<String> = documented().into_iter().map(|(_, path)| path).collect();
    let routed = routed();
    assert!(routed.len() > 20, "{routed:?}");
    assert_eq!(routed.difference(&documented).collect::<Vec<_>>(), [] as [&String; 0]);
}
