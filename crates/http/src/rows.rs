//! Response rows as JSON, the same for the dashboard and for `sonde admin`; and their values as text, for tables.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use sonde_core::attribute::AttributeValue;
use sonde_core::filter::json::{self, Json};
use sonde_core::properties::Properties;
use sonde_core::time::Timestamp;
use sonde_core::user::Namespace;
use sonde_service::ResponseRow;
use utoipa::ToSchema;

use crate::client::displays::{AnswerWire, state_name};
use crate::wire::format_time;

/// One display with its answers, and the snapshots apart: `event.*`, `trigger.*`, `user.*`.
#[derive(Serialize, ToSchema)]
pub(crate) struct RowBody {
    display_id: String,
    survey_id: String,
    survey_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymous_id: Option<String>,
    state: &'static str,
    platform: &'static str,
    locale: String,
    shown_at: Option<String>,
    first_answered_at: Option<String>,
    completed_at: Option<String>,
    duration_ms: Option<u64>,
    revision: u64,
    answers: BTreeMap<String, AnswerWire>,
    /// The activating event. Absent for a survey that needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    activated_by: Option<ActivatedBy>,
    /// Properties of the activating event. Absent for a survey that needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Map<String, serde_json::Value>>)]
    event: Option<Box<RawValue>>,
    /// By backend trigger the properties of its event, for a survey that waits for one of each. Else absent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    events: BTreeMap<String, Box<RawValue>>,
    trigger_name: String,
    /// Properties of the frontend trigger.
    #[schema(value_type = Option<serde_json::Map<String, serde_json::Value>>)]
    trigger: Option<Box<RawValue>>,
    /// Attributes of the user.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    user: BTreeMap<String, Box<RawValue>>,
}

/// The event that made the survey due.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActivatedBy {
    event_name: String,
    event_id: String,
    occurred_at: String,
}

impl From<ResponseRow> for RowBody {
    fn from(row: ResponseRow) -> Self {
        let display = row.display;
        let raw = |text: &str| RawValue::from_string(text.to_owned()).ok();
        let time = |at: Option<Timestamp>| at.map(format_time);
        let user_id = row.user.id.as_str().to_owned();
        let (user_id, anonymous_id) = match row.user.namespace {
            Namespace::Identified => (Some(user_id), None),
            Namespace::Anonymous => (None, Some(user_id)),
        };
        Self {
            display_id: display.id.to_string(),
            survey_id: display.survey.to_string(),
            survey_version: display.survey_version,
            user_id,
            anonymous_id,
            state: state_name(display.state),
            platform: display.platform.as_str(),
            locale: display.locale.to_string(),
            shown_at: time(display.shown_at),
            first_answered_at: time(display.first_answered_at),
            completed_at: time(display.completed_at),
            duration_ms: display.duration_ms,
            revision: display.revision,
            answers: display.answers.iter().map(|(id, answer)| (id.to_string(), answer.into())).collect(),
            activated_by: display.event.as_ref().map(|event| ActivatedBy {
                event_name: event.trigger.to_string(),
                event_id: event.id.to_string(),
                occurred_at: format_time(event.effective_at),
            }),
            event: display.event.as_ref().and_then(|event| raw(event.properties.as_str())),
            events: display.events.iter().filter_map(|event| Some((event.trigger.to_string(), raw(event.properties.as_str())?))).collect(),
            trigger_name: display.trigger.to_string(),
            trigger: raw(display.trigger_properties.as_str()),
            user: display.attributes.iter().filter_map(|(name, value)| Some((name.to_owned(), attribute_json(value)?))).collect(),
        }
    }
}

/// A value as JSON; a number keeps its text.
pub(crate) fn attribute_json(value: &AttributeValue) -> Option<Box<RawValue>> {
    RawValue::from_string(value.to_json()).ok()
}

/// A top-level property as text: a string says what it says, everything else is JSON; nothing where there is no such key.
pub(crate) fn property_text(properties: &Properties, key: &str) -> String {
    let Some(Json::Object(object)) = json::value(properties.as_str()) else { return String::new() };
    match json::get(object, key) {
        None => String::new(),
        Some(Json::Null) => "null".to_owned(),
        Some(Json::Boolean(boolean)) => boolean.to_string(),
        Some(Json::Number(number)) => number.to_owned(),
        Some(Json::Text(text)) => text.read().into_owned(),
        Some(Json::Array(items)) => format!("[{items}]"),
        Some(Json::Object(entries)) => format!("{{{entries}}}"),
    }
}

/// An attribute as text.
pub(crate) fn attribute_text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.to_string(),
        AttributeValue::Number(number) => number.to_string(),
        AttributeValue::Boolean(boolean) => boolean.to_string(),
    }
}
