//! The state of a user.
//!
//! A row begins with what a writer needs without reading the rest: version of the format, flags, version of the state.

use serde::{Deserialize, Serialize};
use sonde_core::attribute::{AttributeValue, Attributes};
use sonde_core::time::Timestamp;
use sonde_core::user::{OpenClaim, SurveyHistory, UserState};

use super::{from_json, id, to_json, user_id, version};
use crate::activity::keys::Bytes;
use crate::error::BadRow;

const VERSION: u8 = 1;
const IS_ALIAS: u8 = 1;
const IS_MERGING: u8 = 2;
const IS_ERASING: u8 = 4;

/// What a state's row says before its JSON.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Header {
    /// The state's version; 0 where there is no row.
    pub(crate) version: u64,
    /// Whether `alias_of` is set.
    pub(crate) is_alias: bool,
    /// Whether `merging` holds anything.
    pub(crate) is_merging: bool,
    /// Whether `erasing` is set.
    pub(crate) is_erasing: bool,
}

#[derive(Serialize, Deserialize)]
struct StateRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias_of: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    merging: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<(Box<str>, AttributeRow)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_shown_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    surveys: Vec<HistoryRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_claim: Option<ClaimRow>,
}

/// A number is kept as its text.
#[derive(Serialize, Deserialize)]
pub(super) enum AttributeRow {
    #[serde(rename = "text")]
    Text(Box<str>),
    #[serde(rename = "number")]
    Number(Box<str>),
    #[serde(rename = "boolean")]
    Boolean(bool),
}

#[derive(Serialize, Deserialize)]
struct HistoryRow {
    survey: String,
    shown_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_shown_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_answered_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed_at: Option<i64>,
    /// In rows older than this field the first time is the last that is known; so it is in rows where both are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_answered_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_completed_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct ClaimRow {
    display: String,
    survey: String,
    request_id: Box<str>,
    lease_until: i64,
}

pub(crate) fn encode(state: &UserState) -> Vec<u8> {
    let row = StateRow {
        alias_of: state.alias_of.as_ref().map(|user| user.as_str().to_owned()),
        merging: state.merging.iter().map(|user| user.as_str().to_owned()).collect(),
        attributes: attributes_to_row(&state.attributes),
        last_shown_at: state.last_shown_at.map(Timestamp::as_millis),
        surveys: state
            .surveys
            .iter()
            .map(|(survey, history)| HistoryRow {
                survey: survey.to_string(),
                shown_count: history.shown_count,
                last_shown_at: history.last_shown_at.map(Timestamp::as_millis),
                first_answered_at: history.first_answered_at.map(Timestamp::as_millis),
                completed_at: history.completed_at.map(Timestamp::as_millis),
                last_answered_at: later(history.last_answered_at, history.first_answered_at),
                last_completed_at: later(history.last_completed_at, history.completed_at),
            })
            .collect(),
        open_claim: state.open_claim.as_ref().map(|claim| ClaimRow {
            display: claim.display.to_string(),
            survey: claim.survey.to_string(),
            request_id: claim.request_id.clone(),
            lease_until: claim.lease_until.as_millis(),
        }),
    };
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = flag(state.alias_of.is_some(), IS_ALIAS) | flag(!state.merging.is_empty(), IS_MERGING) | flag(state.erasing, IS_ERASING);
    let mut bytes = vec![VERSION, flags];
    bytes.extend_from_slice(&state.version.to_be_bytes());
    bytes.extend_from_slice(to_json(&row).as_bytes());
    bytes
}

/// The last time, if it is another than the first.
fn later(last: Option<Timestamp>, first: Option<Timestamp>) -> Option<i64> {
    last.filter(|_| last != first).map(Timestamp::as_millis)
}

pub(crate) fn decode_header(row: &[u8]) -> Result<Header, BadRow> {
    read_header(&mut Bytes(row))
}

pub(crate) fn decode(row: &[u8]) -> Result<UserState, BadRow> {
    let mut bytes = Bytes(row);
    let header = read_header(&mut bytes)?;
    let row: StateRow = from_json(bytes.0)?;
    let surveys = row.surveys.into_iter().map(|history| {
        let survey = id(&history.survey)?;
        let history = SurveyHistory {
            shown_count: history.shown_count,
            last_shown_at: history.last_shown_at.map(Timestamp::from_millis),
            first_answered_at: history.first_answered_at.map(Timestamp::from_millis),
            completed_at: history.completed_at.map(Timestamp::from_millis),
            last_answered_at: history.last_answered_at.or(history.first_answered_at).map(Timestamp::from_millis),
            last_completed_at: history.last_completed_at.or(history.completed_at).map(Timestamp::from_millis),
        };
        Ok((survey, history))
    });
    Ok(UserState {
        version: header.version,
        erasing: header.is_erasing,
        alias_of: row.alias_of.as_deref().map(user_id).transpose()?,
        merging: row.merging.iter().map(|user| user_id(user)).collect::<Result<_, BadRow>>()?,
        attributes: attributes_from_row(row.attributes),
        last_shown_at: row.last_shown_at.map(Timestamp::from_millis),
        surveys: surveys.collect::<Result<_, BadRow>>()?,
        open_claim: row.open_claim.map(OpenClaim::try_from).transpose()?,
    })
}

fn read_header(bytes: &mut Bytes<'_>) -> Result<Header, BadRow> {
    version(bytes.u8()?, VERSION)?;
    let flags = bytes.u8()?;
    let is_set = |flag: u8| flags & flag != 0;
    Ok(Header { version: bytes.u64()?, is_alias: is_set(IS_ALIAS), is_merging: is_set(IS_MERGING), is_erasing: is_set(IS_ERASING) })
}

impl TryFrom<ClaimRow> for OpenClaim {
    type Error = BadRow;
    fn try_from(row: ClaimRow) -> Result<Self, BadRow> {
        Ok(Self {
            display: id(&row.display)?,
            survey: id(&row.survey)?,
            request_id: row.request_id,
            lease_until: Timestamp::from_millis(row.lease_until),
        })
    }
}

pub(super) fn attributes_to_row(attributes: &Attributes) -> Vec<(Box<str>, AttributeRow)> {
    let value = |value: &AttributeValue| match value {
        AttributeValue::Text(text) => AttributeRow::Text(text.clone()),
        AttributeValue::Number(number) => AttributeRow::Number(number.clone()),
        AttributeValue::Boolean(boolean) => AttributeRow::Boolean(*boolean),
    };
    attributes.iter().map(|(name, held)| (name.into(), value(held))).collect()
}

pub(super) fn attributes_from_row(rows: Vec<(Box<str>, AttributeRow)>) -> Attributes {
    Attributes::from_pairs(rows.into_iter().map(|(name, row)| {
        let value = match row {
            AttributeRow::Text(text) => AttributeValue::Text(text),
            AttributeRow::Number(number) => AttributeValue::Number(number),
            AttributeRow::Boolean(boolean) => AttributeValue::Boolean(boolean),
        };
        (name, value)
    }))
}
