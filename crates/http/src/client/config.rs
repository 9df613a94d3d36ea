//! `GET /client/config`: what is the same for every user.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sonde_core::decide::WorkspaceSnapshot;
use sonde_core::survey::SurveyStatus;
use sonde_core::survey::launch::Platform;
use sonde_service::push::has_push;
use sonde_service::{Engine, FieldError, Service};
use utoipa::{IntoParams, ToSchema};

use super::authorised;
use crate::dashboard::settings::ThemeBody;
use crate::problem::{Problem, ProblemDocument};
use crate::wire::etag;

const POLL_AFTER_MS: u32 = 60_000;

/// Which platform asks.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ConfigQuery {
    /// `web`, `ios` or `android`.
    platform: Option<String>,
}

/// What is the same for every user of a workspace.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigBody<'a> {
    /// Frontend triggers of live surveys: the SDK asks `trigger` only for these.
    triggers: BTreeSet<&'a str>,
    /// Whether it is worth listening for activations; absent: it is not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    push: bool,
    /// How surveys look.
    theme: ThemeBody,
    /// How long the SDK may keep it, in milliseconds.
    poll_after_ms: u32,
}

/// The configuration of a platform: nothing about any user.
#[utoipa::path(
    get, path = "/api/v1/client/config", tag = "Client", operation_id = "clientConfig",
    security(("sdk_key" = [])), params(ConfigQuery),
    responses(
        (status = 200, description = "The configuration, with ETag", body = ConfigBody),
        (status = 304, description = "Unchanged"),
        (status = 401, description = "Missing or unknown key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Unknown platform", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn config<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Query(query): Query<ConfigQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let authorised = authorised(&service, &headers).await?;
    let platform = platform(query.platform.as_deref().unwrap_or("web"))?;
    let workspace = service.workspace(authorised.workspace)?;
    let theme = workspace.record.settings.theme.into();
    let push = has_push(&workspace, platform);
    let config = ConfigBody { push, triggers: live_triggers(&workspace.snapshot, platform), theme, poll_after_ms: POLL_AFTER_MS };
    let text = serde_json::to_string(&config).unwrap_or_default();
    let etag = etag(&Sha256::digest(text.as_bytes()).into());
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let caching = [(ETAG, etag), (CACHE_CONTROL, "private, no-cache".to_owned())];
    if fresh {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    Ok((caching, [(CONTENT_TYPE, "application/json")], Body::from(text)).into_response())
}

pub(super) fn platform(name: &str) -> Result<Platform, Problem> {
    let unknown = || Problem::invalid(vec![FieldError::new("/platform", "must be web, ios or android")]);
    Platform::from_name(name).ok_or_else(unknown)
}

fn live_triggers(snapshot: &WorkspaceSnapshot, platform: Platform) -> BTreeSet<&str> {
    let live = snapshot.surveys().iter().filter(|survey| survey.status == SurveyStatus::Live);
    let here = live.filter(|survey| survey.document.launch.platforms.contains(&platform));
    here.flat_map(|survey| &survey.document.launch.frontend_triggers).map(|trigger| trigger.name.as_str()).collect()
}
