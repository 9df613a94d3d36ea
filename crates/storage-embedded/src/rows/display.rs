//! Displays, in activity and as response rows.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sonde_core::answer::Answer;
use sonde_core::display::{Display, DisplayState};
use sonde_core::event::{EventId, EventRecord, EventSeq};
use sonde_core::properties::Properties;
use sonde_core::survey::launch::Platform;
use sonde_core::time::Timestamp;
use sonde_core::user::EventMark;

use super::state::{AttributeRow, attributes_from_row, attributes_to_row};
use super::{from_json, id, to_json, trigger, version};
use crate::error::BadRow;

const VERSION: u8 = 1;

/// A display. Properties are held as a text within the JSON, so that not a byte of them changes. Texts are borrowed from where
/// they are, in the display or in the row.
#[derive(Serialize, Deserialize)]
pub(crate) struct DisplayRow<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    survey: Cow<'a, str>,
    survey_version: u32,
    #[serde(borrow)]
    request_id: Cow<'a, str>,
    #[serde(borrow)]
    platform: Cow<'a, str>,
    #[serde(borrow)]
    locale: Cow<'a, str>,
    state: StateName,
    claimed_at: i64,
    lease_until: i64,
    shown_at: Option<i64>,
    first_answered_at: Option<i64>,
    completed_at: Option<i64>,
    updated_at: i64,
    #[serde(borrow)]
    trigger: Cow<'a, str>,
    #[serde(borrow)]
    trigger_properties: Cow<'a, str>,
    attributes: Vec<(Box<str>, AttributeRow)>,
    #[serde(borrow)]
    event: Option<EventRow<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventRow<'a>>,
    /// What a showing consumes; absent where that is the event alone, as in all rows older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    consumes: Option<Vec<MarkRow>>,
    answers: BTreeMap<Box<str>, AnswerRow>,
    revision: u64,
    duration_ms: Option<u64>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateName {
    Claimed,
    Shown,
    Answered,
    Completed,
    Dismissed,
    Abandoned,
    Lapsed,
}

#[derive(Serialize, Deserialize)]
struct EventRow<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    trigger: Cow<'a, str>,
    effective_at: i64,
    received_at: i64,
    seq: u64,
    #[serde(borrow)]
    properties: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct MarkRow {
    seq: u64,
    effective_at: i64,
    received_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerRow {
    Choice {
        options: Vec<Box<str>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        other_text: Option<Box<str>>,
    },
    Number(i32),
    Text(Box<str>),
}

/// The row of a display in activity.
pub(crate) fn encode(display: &Display) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(to_json(&DisplayRow::from(display)).as_bytes());
    bytes
}

/// The JSON in such a row.
pub(crate) fn json_of(row: &[u8]) -> &[u8] {
    &row[1..]
}

/// The display of a row in activity.
pub(crate) fn decode(row: &[u8]) -> Result<Display, BadRow> {
    let (found, json) = row.split_first().ok_or_else(|| BadRow::new("empty"))?;
    version(*found, VERSION)?;
    decode_json(json)
}

/// A display as text, for SQLite.
pub(crate) fn encode_json(display: &DisplayRow<'_>) -> String {
    to_json(display)
}

/// A display from text.
pub(crate) fn decode_json(json: &[u8]) -> Result<Display, BadRow> {
    from_json::<DisplayRow<'_>>(json)?.try_into()
}

impl DisplayRow<'_> {
    /// The display's id as it was written.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The survey's id as it was written.
    pub(crate) fn survey(&self) -> &str {
        &self.survey
    }

    /// Whether it was answered to the end.
    pub(crate) const fn is_completed(&self) -> bool {
        self.completed_at.is_some()
    }
}

impl<'a> From<&'a Display> for DisplayRow<'a> {
    fn from(display: &'a Display) -> Self {
        let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millis);
        Self {
            id: display.id.to_string().into(),
            survey: display.survey.to_string().into(),
            survey_version: display.survey_version,
            request_id: Cow::Borrowed(&display.request_id),
            platform: display.platform.as_str().into(),
            locale: Cow::Borrowed(&display.locale),
            state: display.state.into(),
            claimed_at: display.claimed_at.as_millis(),
            lease_until: display.lease_until.as_millis(),
            shown_at: millis(display.shown_at),
            first_answered_at: millis(display.first_answered_at),
            completed_at: millis(display.completed_at),
            updated_at: display.updated_at.as_millis(),
            trigger: display.trigger.as_str().into(),
            trigger_properties: display.trigger_properties.as_str().into(),
            attributes: attributes_to_row(&display.attributes),
            event: display.event.as_deref().map(EventRow::from),
            events: display.events.iter().map(|event| EventRow::from(&**event)).collect(),
            consumes: (!consumes_its_event_alone(display)).then(|| display.consumes.iter().map(MarkRow::from).collect()),
            answers: display.answers.iter().map(|(question, answer)| (question.clone(), answer.into())).collect(),
            revision: display.revision,
            duration_ms: display.duration_ms,
        }
    }
}

impl TryFrom<DisplayRow<'_>> for Display {
    type Error = BadRow;
    fn try_from(row: DisplayRow<'_>) -> Result<Self, BadRow> {
        let time = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        let event = row.event.map(EventRecord::try_from).transpose()?.map(Arc::new);
        let consumes = match row.consumes {
            Some(marks) => marks.into_iter().map(EventMark::from).collect(),
            None => event.iter().map(|event| EventMark::from(&**event)).collect(),
        };
        Ok(Self {
            id: id(&row.id)?,
            survey: id(&row.survey)?,
            survey_version: row.survey_version,
            request_id: row.request_id.into(),
            platform: Platform::from_name(&row.platform).ok_or_else(|| BadRow::new(format!("no platform: {:?}", row.platform)))?,
            locale: row.locale.into(),
            state: row.state.into(),
            claimed_at: Timestamp::from_millis(row.claimed_at),
            lease_until: Timestamp::from_millis(row.lease_until),
            shown_at: time(row.shown_at),
            first_answered_at: time(row.first_answered_at),
            completed_at: time(row.completed_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            trigger: trigger(&row.trigger)?,
            trigger_properties: Properties::from_stored(&row.trigger_properties),
            attributes: Arc::new(attributes_from_row(row.attributes)),
            event,
            events: row.events.into_iter().map(|event| event.try_into().map(Arc::new)).collect::<Result<_, BadRow>>()?,
            consumes,
            answers: row.answers.into_iter().map(|(question, answer)| (question, answer.into())).collect(),
            revision: row.revision,
            duration_ms: row.duration_ms,
        })
    }
}

impl<'a> From<&'a EventRecord> for EventRow<'a> {
    fn from(event: &'a EventRecord) -> Self {
        Self {
            id: event.id.as_str().into(),
            trigger: event.trigger.as_str().into(),
            effective_at: event.effective_at.as_millis(),
            received_at: event.received_at.as_millis(),
            seq: event.seq.0,
            properties: event.properties.as_str().into(),
        }
    }
}

impl TryFrom<EventRow<'_>> for EventRecord {
    type Error = BadRow;
    fn try_from(row: EventRow<'_>) -> Result<Self, BadRow> {
        Ok(Self {
            id: EventId::from_stored(&row.id),
            trigger: trigger(&row.trigger)?,
            effective_at: Timestamp::from_millis(row.effective_at),
            received_at: Timestamp::from_millis(row.received_at),
            seq: EventSeq(row.seq),
            properties: Properties::from_stored(&row.properties),
        })
    }
}

fn consumes_its_event_alone(display: &Display) -> bool {
    let alone: Option<EventMark> = display.event.as_deref().map(EventMark::from);
    display.consumes == alone.as_slice()
}

impl From<&EventMark> for MarkRow {
    fn from(mark: &EventMark) -> Self {
        Self { seq: mark.seq.0, effective_at: mark.effective_at.as_millis(), received_at: mark.received_at.as_millis() }
    }
}

impl From<MarkRow> for EventMark {
    fn from(row: MarkRow) -> Self {
        let at = Timestamp::from_millis;
        Self { seq: EventSeq(row.seq), effective_at: at(row.effective_at), received_at: at(row.received_at) }
    }
}

impl From<&Answer> for AnswerRow {
    fn from(answer: &Answer) -> Self {
        match answer {
            Answer::Choice { options, other_text } => Self::Choice { options: options.clone(), other_text: other_text.clone() },
            Answer::Number(number) => Self::Number(*number),
            Answer::Text(text) => Self::Text(text.clone()),
        }
    }
}

impl From<AnswerRow> for Answer {
    fn from(row: AnswerRow) -> Self {
        match row {
            AnswerRow::Choice { options, other_text } => Self::Choice { options, other_text },
            AnswerRow::Number(number) => Self::Number(number),
            AnswerRow::Text(text) => Self::Text(text),
        }
    }
}

impl From<DisplayState> for StateName {
    fn from(state: DisplayState) -> Self {
        match state {
            DisplayState::Claimed => Self::Claimed,
            DisplayState::Shown => Self::Shown,
            DisplayState::Answered => Self::Answered,
            DisplayState::Completed => Self::Completed,
            DisplayState::Dismissed => Self::Dismissed,
            DisplayState::Abandoned => Self::Abandoned,
            DisplayState::Lapsed => Self::Lapsed,
        }
    }
}

impl From<StateName> for DisplayState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Claimed => Self::Claimed,
            StateName::Shown => Self::Shown,
            StateName::Answered => Self::Answered,
            StateName::Completed => Self::Completed,
            StateName::Dismissed => Self::Dismissed,
            StateName::Abandoned => Self::Abandoned,
            StateName::Lapsed => Self::Lapsed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"id":"e1","trigger":"t","effective_at":4,"received_at":5,"seq":6,"properties":"{}"}"#;

    /// A row as it was written before displays kept what they consume.
    fn old_row(event: &str) -> String {
        format!(
            r#"{{"id":"dsp_00000000000000000000000000000001","survey":"srv_00000000000000000000000000000002","survey_version":1,"request_id":"r",
            "platform":"web","locale":"en","state":"claimed","claimed_at":1,"lease_until":2,"shown_at":null,"first_answered_at":null,
            "completed_at":null,"updated_at":3,"trigger":"m","trigger_properties":"{{}}","attributes":[],"event":{event},"answers":{{}},
            "revision":0,"duration_ms":null}}"#
        )
    }

    #[test]
    fn a_row_that_does_not_say_what_it_consumes_consumes_its_event() {
        let display = decode_json(old_row(EVENT).as_bytes()).unwrap();
        let at = Timestamp::from_millis;
        assert_eq!(display.consumes, [EventMark { seq: EventSeq(6), effective_at: at(4), received_at: at(5) }]);
        assert!(display.events.is_empty());
        let display = decode_json(old_row("null").as_bytes()).unwrap();
        assert!(display.consumes.is_empty());
    }

    #[test]
    fn what_is_consumed_is_kept_whatever_becomes_of_the_event() {
        let display = decode_json(old_row(EVENT).as_bytes()).unwrap();
        let mark = display.consumes[0];
        for consumes in [Vec::new(), vec![mark], vec![mark, EventMark { seq: EventSeq(1), ..mark }]] {
            for event in [None, display.event.clone()] {
                let events = event.clone().into_iter().collect();
                let kept = Display { event, events, consumes: consumes.clone(), ..display.clone() };
                assert_eq!(decode(&encode(&kept)).unwrap(), kept);
            }
        }
    }
}
