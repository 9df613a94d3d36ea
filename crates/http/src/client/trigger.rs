//! `POST /client/trigger`: the decision and the claim.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::limits::{CLIENT_BODY_BYTES_MAX, EVENT_BYTES_MAX, REQUEST_ID_BYTES_MAX, TRIGGER_SEQUENCE_CONSIDERED};
use sonde_core::trigger::TriggerName;
use sonde_service::{Engine, Service, Shown, SurveyExplained, TriggerCall, Triggered, Values};
use utoipa::ToSchema;

use super::content::ContentBody;
use super::logic::constant_name;
use super::session;
use crate::body::{self, MediaType};
use crate::problem::{Problem, ProblemDocument};
use crate::reasons::{ReasonBody, bodies};
use crate::wire::Fields;

/// Where triggers are sent.
pub(crate) const PATH: &str = "/api/v1/client/trigger";
/// Content up to this size travels with the answer and saves a round trip.
const INLINE_BYTES_MAX: usize = 8 * 1024;

/// A fired frontend trigger.
#[derive(Deserialize, ToSchema)]
#[schema(as = FiredTrigger)]
pub(crate) struct TriggerRequest {
    /// New for every firing, kept over retries: at most 100 visible ASCII characters.
    request_id: String,
    /// Its name.
    trigger: String,
    /// Any JSON object, as for events.
    #[schema(value_type = Option<serde_json::Map<String, serde_json::Value>>)]
    properties: Option<Box<RawValue>>,
    /// Names of the frontend triggers fired in this session, in order, this one last. The newest 100 count.
    trigger_seq: Option<Vec<String>>,
    /// BCP 47 tag of the language wanted.
    #[serde(default)]
    locale: String,
    /// Asks for reasons; a workspace's test users get them, anybody else is not refused.
    #[serde(default)]
    debug: bool,
}

/// What to show, or `{"survey": null}`.
#[derive(Serialize, ToSchema)]
pub(crate) struct TriggerBody {
    /// To be confirmed before painting.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_id: Option<String>,
    /// The survey claimed for this caller.
    survey: Option<SurveyBody>,
    /// What the content leaves open: under `p0`, `p1`, … what its texts say in those places, to be shown as text and never
    /// as markup; under `c0`, `c1`, … whether those conditions of its logic hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<BTreeMap<String, ValueBody>>,
    /// How long to wait before showing, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<i64>,
    /// For a test user who asked: what the gates of every survey say.
    #[serde(skip_serializing_if = "Option::is_none")]
    debug: Option<Vec<DebugBody>>,
}

/// What the gates of one survey say.
#[derive(Serialize, ToSchema)]
pub(crate) struct DebugBody {
    survey: DebugSurveyBody,
    /// Whether it is shown, or stays due.
    due: bool,
    /// Every reason why not; empty when it is due.
    reasons: Vec<ReasonBody>,
}

/// Which survey.
#[derive(Serialize, ToSchema)]
pub(crate) struct DebugSurveyBody {
    /// `srv_…`
    id: String,
}

impl From<&SurveyExplained> for DebugBody {
    fn from(explained: &SurveyExplained) -> Self {
        let survey = DebugSurveyBody { id: explained.survey.to_string() };
        Self { survey, due: explained.due, reasons: bodies(&explained.reasons) }
    }
}

/// One value of a display.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ValueBody {
    /// What a text says.
    Text(String),
    /// Whether a condition holds.
    Holds(bool),
}

/// A survey to show.
#[derive(Serialize, ToSchema)]
pub(crate) struct SurveyBody {
    /// Its id.
    id: String,
    /// Its version.
    version: u32,
    /// Where its content is, relative to the API's origin.
    content_url: String,
    /// The content itself, if it is small.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<ContentBody>,
}

/// Ask whether a survey is due at this trigger, and claim it.
#[utoipa::path(
    post, path = "/api/v1/client/trigger", tag = "Client", operation_id = "clientTrigger",
    security(("sdk_key" = [], "client_token" = [])), request_body = TriggerRequest,
    responses(
        (status = 200, description = "A survey claimed for this caller, or none", body = TriggerBody),
        (status = 401, description = "No valid session", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy; nothing was claimed", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn trigger<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TriggerBody>, Problem> {
    ask(&service, &headers, body).await.map(Json)
}

/// The whole call, for the router and for the short cut past it.
pub(crate) async fn ask<E: Engine, B: HttpBody<Data = Bytes> + Unpin>(
    service: &Arc<Service<E>>,
    headers: &HeaderMap,
    body: B,
) -> Result<TriggerBody, Problem> {
    let session = session(service, headers).await?;
    let bytes = body::read(headers, body, CLIENT_BODY_BYTES_MAX, MediaType::Json).await?;
    let call = read_call(body::json(&bytes)?)?;
    let Triggered { shown, debug } = service.trigger(&session, call).await?;
    let nothing = TriggerBody { display_id: None, survey: None, values: None, delay_ms: None, debug: None };
    let debug = debug.map(|surveys| surveys.iter().map(DebugBody::from).collect());
    Ok(TriggerBody { debug, ..shown.map_or(nothing, TriggerBody::from) })
}

fn read_call(wire: TriggerRequest) -> Result<TriggerCall, Problem> {
    let mut fields = Fields::default();
    let id = &wire.request_id;
    if id.is_empty() || id.len() > REQUEST_ID_BYTES_MAX || !id.bytes().all(|b| b.is_ascii_graphic()) {
        fields.wrong("/request_id", format!("must be 1 to {REQUEST_ID_BYTES_MAX} visible ASCII characters"));
    }
    let trigger = fields.take("/trigger", TriggerName::new(&wire.trigger));
    let properties = trigger_properties(&mut fields, "/properties", wire.properties.as_deref());
    match (trigger, properties) {
        (Some(trigger), Some((properties, shapes))) if fields.errors.is_empty() => Ok(TriggerCall {
            request_id: wire.request_id.into(),
            sequence: fired_before(wire.trigger_seq.unwrap_or_default(), &trigger),
            trigger,
            properties,
            shapes,
            // A language nobody has is the default language; a tag has no business being longer.
            locale: wire.locale.chars().take(35).collect::<String>().into(),
            debug: wire.debug,
        }),
        _ => Err(Problem::invalid(fields.errors)),
    }
}

/// What was fired before this firing, which is the last of its session. A name that no trigger can have is none.
fn fired_before(mut names: Vec<String>, trigger: &TriggerName) -> Vec<TriggerName> {
    if names.last().is_some_and(|last| last == trigger.as_str()) {
        names.pop();
    }
    let first = names.len().saturating_sub(TRIGGER_SEQUENCE_CONSIDERED);
    names[first..].iter().filter_map(|name| TriggerName::new(name).ok()).collect()
}

/// Properties of a frontend trigger: the same rules and size as those of an event.
pub(super) fn trigger_properties(
    fields: &mut Fields,
    pointer: &str,
    raw: Option<&RawValue>,
) -> Option<(sonde_core::properties::Properties, Vec<sonde_core::properties::PropertyShape>)> {
    if raw.is_some_and(|raw| raw.get().len() > EVENT_BYTES_MAX) {
        fields.wrong(pointer, format!("must be at most {EVENT_BYTES_MAX} bytes"));
        return None;
    }
    fields.properties(pointer, raw)
}

fn values_body(values: Values) -> BTreeMap<String, ValueBody> {
    let texts = values.pipes.into_iter().map(|(number, text)| (format!("p{number}"), ValueBody::Text(text)));
    let constants = values.constants.into_iter().enumerate().map(|(number, holds)| (constant_name(number), ValueBody::Holds(holds)));
    texts.chain(constants).collect()
}

impl From<Shown> for TriggerBody {
    fn from(shown: Shown) -> Self {
        let (survey, version, language) = (shown.content.survey, shown.content.version, shown.content.language.clone());
        let content = ContentBody::from(&shown.content);
        let small = serde_json::to_string(&content).is_ok_and(|text| text.len() <= INLINE_BYTES_MAX);
        Self {
            display_id: Some(shown.display.to_string()),
            survey: Some(SurveyBody {
                id: survey.to_string(),
                version,
                content_url: format!("/api/v1/client/surveys/{survey}/{version}/{language}"),
                content: small.then_some(content),
            }),
            values: Some(values_body(shown.values)),
            delay_ms: Some(shown.delay.as_millis()),
            debug: None,
        }
    }
}
