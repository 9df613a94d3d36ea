//! `/api/v1/workspaces/{workspace}/surveys/{survey}/{results,responses}`: what was answered.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use sonde_core::id::{DisplayId, SurveyId};
use sonde_core::properties::Properties;
use sonde_core::time::Timestamp;
use sonde_core::user::Namespace;
use sonde_service::results::export::Export;
use sonde_service::results::{self, Figures, QuestionResult, ResponseWatch, state_name};
use sonde_service::{Engine, Error, FieldError, ResponseRow, Service};
use utoipa::ToSchema;

use super::params::Params;
use super::surveys::SurveyPath;
use super::{InWorkspace, Refusals, csv, results_filter};
use crate::problem::Problem;
use crate::rows::{RowBody, attribute_text, property_text};
use crate::wire::format_time;

const PAGE_DEFAULT: usize = 50;
const PAGE_MAX: usize = 500;
/// A listener hears of changes at most this often.
const CHANGED_EVERY: Duration = Duration::from_secs(1);
/// A comment this often keeps proxies from closing a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A filter in the query.
#[derive(Deserialize)]
pub(crate) struct FilterQuery {
    filter: Option<String>,
}

/// What the answers come to.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResultsBody {
    funnel: FunnelBody,
    /// Half of the completed ones took less.
    median_seconds_to_complete: Option<f64>,
    /// Per UTC day of the showing, without gaps.
    daily: Vec<DayBody>,
    /// In the order of the survey; then those of older versions that were answered.
    questions: Vec<QuestionResultBody>,
    property_keys: PropertyKeysBody,
}

/// How far the displays came.
#[derive(Serialize, ToSchema)]
pub(crate) struct FunnelBody {
    shown: u64,
    started: u64,
    completed: u64,
    dismissed: u64,
}

/// The displays shown on one day.
#[derive(Serialize, ToSchema)]
pub(crate) struct DayBody {
    /// For example `2026-11-23`.
    date: String,
    shown: u64,
    /// Of those shown on this day, whenever it was.
    completed: u64,
}

/// Keys to filter by.
#[derive(Serialize, ToSchema)]
pub(crate) struct PropertyKeysBody {
    event: BTreeSet<String>,
    /// With the trigger's name before each: `<trigger>.<key>`.
    events: BTreeSet<String>,
    trigger: BTreeSet<String>,
    user: BTreeSet<String>,
}

/// The figures of one question: exactly one of `nps`, `choices`, `scale` and `texts`.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuestionResultBody {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// In the default language.
    title: String,
    answered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nps: Option<NpsBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<ChoiceBody>>,
    /// With `choices`: how many typed a text for an option.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_texts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<ScaleBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<TextFiguresBody>,
}

/// Net Promoter Score.
#[derive(Serialize, ToSchema)]
pub(crate) struct NpsBody {
    /// -100 to 100.
    score: Option<f64>,
    promoters: u64,
    passives: u64,
    detractors: u64,
    /// By value, 0 to 10.
    counts: Vec<u64>,
}

/// How often an option was chosen.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChoiceBody {
    id: String,
    label: String,
    count: u64,
    /// Part of those who answered, 0 to 1.
    share: f64,
}

/// Answers on a scale.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScaleBody {
    average: Option<f64>,
    counts: Vec<ScaleCountBody>,
}

/// How often a value was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScaleCountBody {
    value: i32,
    count: u64,
}

/// Free texts.
#[derive(Serialize, ToSchema)]
pub(crate) struct TextFiguresBody {
    count: u64,
    /// Newest first.
    latest: Vec<TextAnswerBody>,
}

/// One text.
#[derive(Serialize, ToSchema)]
pub(crate) struct TextAnswerBody {
    display_id: String,
    text: String,
    at: String,
}

impl From<results::TextAnswer> for TextAnswerBody {
    fn from(answer: results::TextAnswer) -> Self {
        Self { display_id: answer.display.to_string(), text: answer.text, at: format_time(answer.at) }
    }
}

impl From<QuestionResult> for QuestionResultBody {
    fn from(result: QuestionResult) -> Self {
        let (id, kind, title, answered) = (result.id, result.kind, result.title, result.answered);
        let mut body = Self { id, kind, title, answered, nps: None, choices: None, other_texts: None, scale: None, texts: None };
        match result.figures {
            Figures::Nps(nps) => {
                let (score, counts) = (nps.score, nps.counts.to_vec());
                body.nps = Some(NpsBody { score, promoters: nps.promoters, passives: nps.passives, detractors: nps.detractors, counts });
            }
            Figures::Choices { choices, other_texts } => {
                let choice = |one: results::ChoiceResult| ChoiceBody { id: one.id, label: one.label, count: one.count, share: one.share };
                body.choices = Some(choices.into_iter().map(choice).collect());
                body.other_texts = Some(other_texts);
            }
            Figures::Scale { average, counts } => {
                let counts = counts.into_iter().map(|(value, count)| ScaleCountBody { value, count }).collect();
                body.scale = Some(ScaleBody { average, counts });
            }
            Figures::Texts { count, latest } => {
                body.texts = Some(TextFiguresBody { count, latest: latest.into_iter().map(TextAnswerBody::from).collect() });
            }
        }
        body
    }
}

impl From<results::Results> for ResultsBody {
    fn from(results: results::Results) -> Self {
        let funnel = results.funnel;
        let day = |day: results::Day| {
            let date = format_time(Timestamp::from_utc_day(day.day)).chars().take(10).collect();
            DayBody { date, shown: day.shown, completed: day.completed }
        };
        let keys = results.property_keys;
        Self {
            funnel: FunnelBody { shown: funnel.shown, started: funnel.started, completed: funnel.completed, dismissed: funnel.dismissed },
            median_seconds_to_complete: results.median_seconds_to_complete,
            daily: results.daily.into_iter().map(day).collect(),
            questions: results.questions.into_iter().map(QuestionResultBody::from).collect(),
            property_keys: PropertyKeysBody { event: keys.event, events: keys.events, trigger: keys.trigger, user: keys.user },
        }
    }
}

/// What the answers to a survey come to.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/results", tag = "Results", operation_id = "getResults",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`"),
           ("filter" = Option<String>, Query, description = "JSON: `from`, `to` (dates), `all` (conditions: `source`, `path`, `op`, `value`)")),
    responses((status = 200, description = "The figures", body = ResultsBody), Refusals<'_>)
)]
pub(crate) async fn show<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
    Params(query): Params<FilterQuery>,
) -> Result<Json<ResultsBody>, Problem> {
    let filter = results_filter::read(query.filter.as_deref())?;
    Ok(Json(service.results(at.workspace, path.id()?, &filter).await?.into()))
}

/// A page in the query.
#[derive(Deserialize)]
pub(crate) struct PageQuery {
    filter: Option<String>,
    search: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

impl PageQuery {
    fn after(&self) -> Result<Option<DisplayId>, Problem> {
        let wrong = |_| Problem::invalid(vec![FieldError::new("/after", "must be the `next` of the page before")]);
        self.after.as_deref().filter(|after| !after.is_empty()).map(str::parse).transpose().map_err(wrong)
    }

    fn limit(&self) -> usize {
        self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }
}

/// One page of rows.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResponsePageBody {
    /// Newest first.
    items: Vec<RowBody>,
    /// To be passed as `after` for the next page; `null` on the last.
    next: Option<String>,
    /// How many there are; `null` with a filter.
    total: Option<u64>,
}

/// The rows of a survey, newest first.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/responses", tag = "Results", operation_id = "listResponses",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`"),
           ("filter" = Option<String>, Query, description = "As for the results"),
           ("limit" = Option<usize>, Query, description = "1 to 500, default 50"), ("after" = Option<String>, Query, description = "Cursor")),
    responses((status = 200, description = "One page", body = ResponsePageBody), Refusals<'_>)
)]
pub(crate) async fn list<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
    Params(query): Params<PageQuery>,
) -> Result<Json<ResponsePageBody>, Problem> {
    let (survey, filter) = (path.id()?, results_filter::read(query.filter.as_deref())?);
    let page = service.response_page(at.workspace, survey, &filter, query.after()?, query.limit()).await?;
    let total = if filter.is_empty() { Some(service.response_total(at.workspace, survey).await?) } else { None };
    let items = page.items.into_iter().map(RowBody::from).collect();
    Ok(Json(ResponsePageBody { items, next: page.next.map(|id| id.to_string()), total }))
}

/// A display, or a question, in the path.
#[derive(Deserialize)]
pub(crate) struct ResponsePath {
    survey: String,
    id: String,
}

impl ResponsePath {
    fn survey(&self) -> Result<SurveyId, Problem> {
        Ok(self.survey.parse().map_err(|_| Error::NotFound("survey"))?)
    }

    fn display(&self) -> Result<DisplayId, Problem> {
        Ok(self.id.parse().map_err(|_| Error::NotFound("response"))?)
    }
}

/// One row.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/responses/{id}", tag = "Results", operation_id = "getResponse",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`"),
           ("id" = String, Path, description = "`dsp_…`")),
    responses((status = 200, description = "The row", body = RowBody), Refusals<'_>)
)]
pub(crate) async fn detail<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<ResponsePath>,
) -> Result<Json<RowBody>, Problem> {
    Ok(Json(service.response(at.workspace, path.survey()?, path.display()?).await?.into()))
}

/// Delete a row for good. It is gone from every figure.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/responses/{id}", tag = "Results", operation_id = "deleteResponse",
    security(("session" = [], "csrf" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`"),
           ("id" = String, Path, description = "`dsp_…`")),
    responses((status = 204, description = "Deleted"), Refusals<'_>)
)]
pub(crate) async fn delete<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<ResponsePath>,
) -> Result<StatusCode, Problem> {
    service.delete_response(at.workspace, path.survey()?, path.display()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One page of texts.
#[derive(Serialize, ToSchema)]
pub(crate) struct TextPageBody {
    /// Newest first.
    items: Vec<TextAnswerBody>,
    /// To be passed as `after` for the next page; `null` on the last.
    next: Option<String>,
}

/// The texts answered to a question, newest first.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/responses/{id}/texts", tag = "Results", operation_id = "listTexts",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`"),
           ("id" = String, Path, description = "Id of the question"), ("search" = Option<String>, Query, description = "Part of the text"),
           ("limit" = Option<usize>, Query, description = "1 to 500, default 50"), ("after" = Option<String>, Query, description = "Cursor")),
    responses((status = 200, description = "One page", body = TextPageBody), Refusals<'_>)
)]
pub(crate) async fn texts<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<ResponsePath>,
    Params(query): Params<PageQuery>,
) -> Result<Json<TextPageBody>, Problem> {
    let search = query.search.as_deref().unwrap_or_default();
    let of = (at.workspace, path.survey()?);
    let page = service.answer_texts(of, &path.id, search, query.after()?, query.limit()).await?;
    let items = page.items.into_iter().map(TextAnswerBody::from).collect();
    Ok(Json(TextPageBody { items, next: page.next.map(|id| id.to_string()) }))
}

/// Hear when rows of a survey change: an event `changed`, at most once a second.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/responses/stream", tag = "Results", operation_id = "streamResponses",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`")),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream"), Refusals<'_>)
)]
pub(crate) async fn stream_changes<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let survey = path.id()?;
    service.survey(at.workspace, survey).await?;
    let watch = service.watch_responses(at.workspace, survey);
    let listener = Listener { service, watch, pause: Duration::ZERO };
    Ok(Sse::new(stream::unfold(listener, Listener::next)).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Listener<E: Engine> {
    service: Arc<Service<E>>,
    watch: ResponseWatch,
    pause: Duration,
}

impl<E: Engine> Listener<E> {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let pause = std::mem::replace(&mut self.pause, CHANGED_EVERY);
        let watch = &mut self.watch;
        let changed = async {
            tokio::time::sleep(pause).await;
            watch.changed().await
        };
        tokio::select! {
            is_there = changed => if !is_there { return None },
            () = self.service.streams_end() => return None,
        }
        // Whoever hears of this change looks at all of them.
        self.watch.skip();
        Some((Ok(Event::default().event("changed").data("{}")), self))
    }
}

/// All rows as a table, newest first, ready for a spreadsheet.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/surveys/{survey}/responses.csv", tag = "Results", operation_id = "exportResponses",
    security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`"), ("survey" = String, Path, description = "`srv_…`"),
           ("filter" = Option<String>, Query, description = "As for the results")),
    responses((status = 200, description = "One line each", content_type = "text/csv"), Refusals<'_>)
)]
pub(crate) async fn export<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    Path(path): Path<SurveyPath>,
    Params(query): Params<FilterQuery>,
) -> Result<Response, Problem> {
    let (survey, filter) = (path.id()?, results_filter::read(query.filter.as_deref())?);
    let export = service.export(at.workspace, survey, filter).await?;
    let mut begin = csv::BOM.to_owned();
    csv::write_line(&mut begin, header(&export));
    let pages = stream::unfold((service, export, Some(begin)), |(service, mut export, begin)| async move {
        if let Some(begin) = begin {
            return Some((Ok(begin), (service, export, None)));
        }
        let rows = match service.export_page(&mut export).await {
            Ok(rows) if rows.is_empty() => return None,
            Ok(rows) => rows,
            // The status is sent already: a connection that breaks off says that this is not all.
            Err(error) => return Some((Err(error), (service, export, None))),
        };
        let mut lines = String::new();
        for row in &rows {
            csv::write_line(&mut lines, line(&export, row));
        }
        Some((Ok(lines), (service, export, None)))
    });
    let disposition = format!("attachment; filename=\"responses-{survey}.csv\"");
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(pages)).into_response())
}

/// Columns that every row has.
const COLUMNS: [&str; 15] = [
    "display_id",
    "user_id",
    "anonymous_id",
    "state",
    "platform",
    "locale",
    "survey_version",
    "shown_at",
    "first_answered_at",
    "completed_at",
    "duration_ms",
    "event_name",
    "event_id",
    "event_occurred_at",
    "trigger_name",
];

fn header(export: &Export) -> Vec<String> {
    let named = |prefix: &'static str| move |key: &String| format!("{prefix}.{key}");
    let mut header: Vec<String> = COLUMNS.iter().map(ToString::to_string).collect();
    header.extend(export.questions.iter().map(named("answer")));
    header.extend(export.keys.event.iter().map(named("event")));
    header.extend(export.keys.events.iter().map(named("events")));
    header.extend(export.keys.trigger.iter().map(named("trigger")));
    header.extend(export.keys.user.iter().map(named("user")));
    header
}

fn line(export: &Export, row: &ResponseRow) -> Vec<String> {
    let display = &row.display;
    let time = |at: Option<Timestamp>| at.map(format_time).unwrap_or_default();
    let id = row.user.id.as_str().to_owned();
    let (user, anonymous) = if row.user.namespace == Namespace::Identified { (id, String::new()) } else { (String::new(), id) };
    let event = display.event.as_deref();
    let mut line = vec![
        display.id.to_string(),
        user,
        anonymous,
        state_name(display.state).to_owned(),
        display.platform.as_str().to_owned(),
        display.locale.to_string(),
        display.survey_version.to_string(),
        time(display.shown_at),
        time(display.first_answered_at),
        time(display.completed_at),
        display.duration_ms.map(|duration| duration.to_string()).unwrap_or_default(),
        event.map(|event| event.trigger.to_string()).unwrap_or_default(),
        event.map(|event| event.id.to_string()).unwrap_or_default(),
        time(event.map(|event| event.effective_at)),
        display.trigger.to_string(),
    ];
    let empty = Properties::empty();
    let event = event.map_or(&empty, |event| &event.properties);
    line.extend(export.questions.iter().map(|question| export.cell(row, question)));
    line.extend(export.keys.event.iter().map(|key| property_text(event, key)));
    let facts = display.facts();
    let of_each = |path: &String| facts.event_of(path).map(|(properties, key)| property_text(properties, key));
    line.extend(export.keys.events.iter().map(|path| of_each(path).unwrap_or_default()));
    line.extend(export.keys.trigger.iter().map(|key| property_text(&display.trigger_properties, key)));
    line.extend(export.keys.user.iter().map(|key| display.attributes.get(key).map(attribute_text).unwrap_or_default()));
    line
}
