//! `/api/v1/workspaces/{workspace}/users/{id}`: why, and why not.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::refusal::Refusal;
use sonde_core::survey::launch::Platform;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_service::{DryRunInput, Engine, Estimate, Service};
use utoipa::{IntoParams, ToSchema};

use super::params::Params;
use super::{InWorkspace, Refusals, read};
use crate::problem::{Problem, ProblemDocument};
use crate::reasons::{ReasonBody, SurveyReasonsBody, bodies};
use crate::wire::{Fields, format_time, parse_time};

/// A user in the path: their id, percent-encoded.
#[derive(Deserialize)]
pub(crate) struct UserPath {
    id: String,
}

/// Whose id it is.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamespaceWire {
    /// The customer's own.
    #[default]
    Identified,
    /// Made by an SDK, or by a server that did not know the user.
    Anonymous,
}

/// Whose id the path names.
#[derive(Deserialize, IntoParams)]
pub(crate) struct NamespaceQuery {
    /// Default: `identified`.
    #[serde(default)]
    #[param(inline)]
    pub(crate) namespace: NamespaceWire,
}

/// The user that a path and a query name.
pub(crate) fn user_of(workspace: WorkspaceId, path: &UserPath, namespace: NamespaceWire) -> Result<UserRef, Problem> {
    let namespace = match namespace {
        NamespaceWire::Identified => Namespace::Identified,
        NamespaceWire::Anonymous => Namespace::Anonymous,
    };
    let mut fields = Fields::default();
    let id = fields.take("/id", UserId::new(&path.id));
    id.map(|id| UserRef { workspace, namespace, id }).ok_or_else(|| Problem::invalid(fields.errors))
}

/// What to suppose.
#[derive(Deserialize, IntoParams)]
pub(crate) struct DecisionsQuery {
    /// A frontend trigger; without one: any of each survey's own.
    trigger: Option<String>,
    /// Its properties, a JSON object; default: none.
    properties: Option<String>,
    /// `web`, `ios` or `android`; without one: any of each survey's own.
    platform: Option<String>,
    /// RFC 3339, from now to 100 hours ahead; default: now.
    at: Option<String>,
    /// Whose id the path names; default: `identified`.
    #[serde(default)]
    #[param(inline)]
    namespace: NamespaceWire,
}

impl DecisionsQuery {
    fn checked(&self) -> Result<DryRunInput, Problem> {
        let mut fields = Fields::default();
        let trigger = self.trigger.as_deref().and_then(|name| fields.take("/trigger", TriggerName::new(name)));
        let platform = self
            .platform
            .as_deref()
            .and_then(|name| fields.take("/platform", Platform::from_name(name).ok_or("must be web, ios or android")));
        let at = self
            .at
            .as_deref()
            .and_then(|text| fields.take("/at", parse_time(text).ok_or("must be a time in RFC 3339, such as 2026-01-31T08:00:00Z")));
        let raw = self.properties.as_deref().map(|text| RawValue::from_string(text.to_owned()).map_err(|_| "must be JSON"));
        let raw = raw.and_then(|raw| fields.take("/properties", raw));
        let properties = fields.properties("/properties", raw.as_deref());
        match properties {
            Some((properties, _)) if fields.errors.is_empty() => Ok(DryRunInput { trigger, properties, platform, at }),
            _ => Err(Problem::invalid(fields.errors)),
        }
    }
}

/// What would come of a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionsBody {
    at: String,
    trigger: Option<String>,
    platform: Option<String>,
    /// The survey that would be shown. Only with a trigger and a platform: otherwise surveys do not compete.
    winner: Option<SurveyRefBody>,
    /// Every survey that was ever published, by id.
    surveys: Vec<SurveyReasonsBody>,
}

/// A survey, by id and name.
#[derive(Serialize, ToSchema)]
pub(crate) struct SurveyRefBody {
    /// `srv_…`
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Dry run: what would come of this user firing a trigger, now or later. Nothing is claimed.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/users/{id}/decisions", tag = "Users", operation_id = "dryRun",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("id" = String, Path, description = "The user's id"), DecisionsQuery),
    responses((status = 200, description = "Every survey, with every reason", body = DecisionsBody), Refusals<'_>)
)]
pub(crate) async fn decisions<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<UserPath>,
    Params(query): Params<DecisionsQuery>,
) -> Result<Json<DecisionsBody>, Problem> {
    let user = user_of(at.workspace, &path, query.namespace)?;
    let input = query.checked()?;
    let run = service.dry_run(&user, &input).await?;
    Ok(Json(DecisionsBody {
        at: format_time(run.at),
        trigger: query.trigger,
        platform: query.platform,
        winner: run.winner.map(|(id, name)| SurveyRefBody { id: id.to_string(), name }),
        surveys: run.surveys.iter().map(SurveyReasonsBody::from).collect(),
    }))
}

/// Calls in a row that showed nothing although an event waited, refused alike.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusalBody {
    first_at: String,
    last_at: String,
    /// How many they were.
    count: u32,
    /// The frontend trigger that was fired; null for a session that was not let in.
    trigger: Option<String>,
    /// `web`, `ios` or `android`.
    platform: &'static str,
    /// At most 20 of the surveys that were looked at; those for which an event waited come first.
    surveys: Vec<RefusedSurveyBody>,
}

/// A survey that was not shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedSurveyBody {
    survey: SurveyRefBody,
    /// As of the last of the calls.
    reasons: Vec<ReasonBody>,
}

impl RefusalBody {
    /// With the surveys' names.
    pub(crate) fn of(refusal: &Refusal, name: &impl Fn(SurveyId) -> String) -> Self {
        let surveys = refusal.surveys.iter().map(|refused| RefusedSurveyBody {
            survey: SurveyRefBody { id: refused.survey.to_string(), name: name(refused.survey) },
            reasons: bodies(&refused.reasons),
        });
        Self {
            first_at: format_time(refusal.first_at),
            last_at: format_time(refusal.last_at),
            count: refusal.count,
            trigger: refusal.trigger.as_ref().map(ToString::to_string),
            platform: refusal.platform.as_str(),
            surveys: surveys.collect(),
        }
    }
}

/// What is kept of a user's refusals.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusalsBody {
    /// The newest first, at most 20.
    items: Vec<RefusalBody>,
}

/// Why was this user not asked? The last calls that showed nothing although an event waited.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/users/{id}/refusals", tag = "Users", operation_id = "listRefusals",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("id" = String, Path, description = "The user's id"), NamespaceQuery),
    responses((status = 200, description = "The newest first", body = RefusalsBody), Refusals<'_>)
)]
pub(crate) async fn refusals<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<UserPath>,
    Params(query): Params<NamespaceQuery>,
) -> Result<Json<RefusalsBody>, Problem> {
    let user = user_of(at.workspace, &path, query.namespace)?;
    let name = service.survey_names(at.workspace)?;
    let refusals = service.refusals(&user).await?;
    Ok(Json(RefusalsBody { items: refusals.iter().map(|refusal| RefusalBody::of(refusal, &name)).collect() }))
}

/// Whether the user is a test user.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestUserBody {
    is_test_user: bool,
}

/// Let the user's app ask for reasons, or no longer.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}/users/{id}/test", tag = "Users", operation_id = "setTestUser",
    security(("session" = [], "csrf" = [])), request_body = TestUserBody,
    params(("workspace" = String, Path, description = "`wsp_…`"), ("id" = String, Path, description = "The user's id"), NamespaceQuery),
    responses(
        (status = 200, description = "Set", body = TestUserBody),
        (status = 409, description = "There are 100 already", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn set_test_user<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<UserPath>,
    Params(query): Params<NamespaceQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TestUserBody>, Problem> {
    let wire: TestUserBody = read(&headers, body).await?;
    let user = user_of(at.workspace, &path, query.namespace)?;
    service.set_test_user(&user, wire.is_test_user).await?;
    Ok(Json(wire))
}

/// How often a survey was looked at, and why it was not shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct SurveyRefusalsBody {
    /// The last seven UTC days, `2026-11-17`, the oldest first, today last.
    days: Vec<String>,
    /// By total, the largest first; a call is counted under the first reason.
    reasons: Vec<ReasonCountBody>,
    /// How many calls looked at the survey.
    asked: u64,
    /// In how many of these it was chosen to be shown.
    shown: u64,
}

/// How often a reason refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReasonCountBody {
    /// As in a reason.
    code: &'static str,
    total: u64,
    /// For each of the days.
    daily: Vec<u64>,
}

/// Refusals of a survey by reason over the last seven days.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/refusals", tag = "Surveys", operation_id = "getSurveyRefusals",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses((status = 200, description = "Counted by day", body = SurveyRefusalsBody), Refusals<'_>)
)]
pub(crate) async fn survey_refusals<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<super::surveys::SurveyPath>,
) -> Result<Json<SurveyRefusalsBody>, Problem> {
    let counted = service.survey_decisions(at.workspace, path.id()?).await?;
    let daily = |code| counted.counts.iter().map(move |counts| counts.refused.get(&code).copied().unwrap_or(0));
    let codes = sonde_core::decide::ReasonCode::ALL.into_iter();
    let mut reasons: Vec<ReasonCountBody> = codes
        .map(|code| ReasonCountBody { code: code.as_str(), total: daily(code).sum(), daily: daily(code).collect() })
        .filter(|counted| counted.total > 0)
        .collect();
    reasons.sort_by_key(|counted| std::cmp::Reverse(counted.total));
    let shown: u64 = counted.counts.iter().map(|counts| counts.won).sum();
    let asked = shown + reasons.iter().map(|counted| counted.total).sum::<u64>();
    let date = |day: &i32| format_time(sonde_core::time::Timestamp::from_utc_day(*day)).chars().take(10).collect();
    Ok(Json(SurveyRefusalsBody { days: counted.days.iter().map(date).collect(), reasons, asked, shown }))
}

/// Who would get a survey now.
#[derive(Serialize, ToSchema)]
pub(crate) struct EstimateBody {
    /// How many users would get it; unless `exact`, extrapolated from those who were looked at.
    due: u64,
    /// How many users were looked at.
    looked_at: u64,
    /// How many users there are: with a backend event if the draft waits for one, else those of whom anything is kept.
    /// Unless `exact`, extrapolated.
    total: u64,
    /// Whether all of them were looked at.
    exact: bool,
    /// How the numbers came about: a sentence for people.
    how: String,
    /// Why not the others, of those who were looked at; the most frequent first.
    refused: Vec<RefusedCountBody>,
}

/// How many users a reason refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefusedCountBody {
    /// As in a reason; of several, the first.
    code: &'static str,
    count: u64,
}

/// Who would get this now? The draft, as if it were live, at any of its frontend triggers. Nothing is claimed or written.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/estimate", tag = "Surveys", operation_id = "estimateSurvey",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses((status = 200, description = "Counted, or estimated from a sample; 422 if the draft is not a survey yet", body = EstimateBody), Refusals<'_>)
)]
pub(crate) async fn estimate<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<super::surveys::SurveyPath>,
) -> Result<Json<EstimateBody>, Problem> {
    let Estimate { due, looked_at, total, exact, how, refused } = service.estimate(at.workspace, path.id()?).await?;
    let refused = refused.into_iter().map(|(code, count)| RefusedCountBody { code: code.as_str(), count }).collect();
    Ok(Json(EstimateBody { due, looked_at, total, exact, how, refused }))
}
