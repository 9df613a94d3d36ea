//! What the cases are made of.

use std::sync::Arc;

use sonde_core::answer::Answer;
use sonde_core::attribute::{AttributeValue, Attributes};
use sonde_core::display::{Display, DisplayState, UserChange};
use sonde_core::event::{EventId, EventRecord};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::properties::{JsonType, Properties};
use sonde_core::survey::launch::Platform;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Consumption, EventMark, Namespace, OpenClaim, UserActivity, UserId, UserRef, UserState};

use crate::{
    Activity, Append, EventFingerprint, KeyObservation, Merge, Observation, Outcome, ResponseQuery, ResponseRow, Responses, Write,
};

pub(super) const DAY: i32 = 20_780;
pub(super) const HOUR: Span = Span::from_secs(3_600);
pub(super) const MILLI: Span = Span::from_millis(1);

/// Noon of a day in 2026.
pub(super) fn noon() -> Timestamp {
    Timestamp::from_utc_day(DAY) + Span::from_secs(12 * 3_600)
}

pub(super) fn hours(count: i64) -> Span {
    Span::from_secs(count * 3_600)
}

pub(super) fn workspace(number: u8) -> WorkspaceId {
    WorkspaceId::from_bytes([number; 16])
}

pub(super) fn survey(number: u8) -> SurveyId {
    SurveyId::from_bytes([number; 16])
}

pub(super) fn display_id(number: u16) -> DisplayId {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    DisplayId::from_bytes(bytes)
}

pub(super) fn user_id(id: &str) -> UserId {
    UserId::new(id).expect("an id")
}

pub(super) fn trigger(name: &str) -> TriggerName {
    TriggerName::new(name).expect("a name")
}

/// An identified user of workspace 1.
pub(super) fn user(id: &str) -> UserRef {
    UserRef { workspace: workspace(1), namespace: Namespace::Identified, id: user_id(id) }
}

/// An anonymous user of workspace 1.
pub(super) fn anonymous(id: &str) -> UserRef {
    UserRef { namespace: Namespace::Anonymous, ..user(id) }
}

/// An event that is received when it happens, under an id given by its sender.
pub(super) fn event(user: &UserRef, id: &str, name: &str, at: Timestamp) -> Append {
    Append {
        user: user.clone(),
        id: EventId::given(id).expect("an event id"),
        fingerprint: Some(EventFingerprint([7; 16])),
        trigger: trigger(name),
        effective_at: at,
        received_at: at,
        properties: Properties::empty(),
        learn: Vec::new(),
    }
}

pub(super) fn key(key: &str, json_type: JsonType) -> KeyObservation {
    KeyObservation { key: key.into(), json_type, example: None }
}

pub(super) fn observation(name: &str, count: u64, at: Timestamp) -> Observation {
    Observation { workspace: workspace(1), trigger: trigger(name), at, count, learn: Vec::new() }
}

/// A display that was claimed at `at`.
pub(super) fn claimed(number: u16, at: Timestamp) -> Display {
    Display {
        id: display_id(number),
        survey: survey(1),
        survey_version: 1,
        request_id: format!("request-{number}").into(),
        platform: Platform::Web,
        locale: "en".into(),
        state: DisplayState::Claimed,
        claimed_at: at,
        lease_until: at + Span::from_secs(60),
        shown_at: None,
        first_answered_at: None,
        completed_at: None,
        updated_at: at,
        trigger: trigger("MainActivity"),
        trigger_properties: Properties::empty(),
        attributes: Arc::default(),
        event: None,
        events: Vec::new(),
        consumes: Vec::new(),
        answers: std::collections::BTreeMap::new(),
        revision: 0,
        duration_ms: None,
    }
}

/// A display that was shown at `at`.
pub(super) fn shown(number: u16, at: Timestamp) -> Display {
    Display { state: DisplayState::Shown, shown_at: Some(at), updated_at: at, ..claimed(number, at) }
}

/// A display with everything set that can be.
pub(super) fn full_display(number: u16, at: Timestamp, event: Option<EventRecord>) -> Display {
    let mut attributes = Attributes::default();
    attributes.set_text("plan", "pro");
    let mut display = Display {
        platform: Platform::Android,
        locale: "ar-EG".into(),
        state: DisplayState::Completed,
        first_answered_at: Some(at + Span::from_secs(1)),
        completed_at: Some(at + Span::from_secs(2)),
        trigger: trigger("购物车 opened"),
        trigger_properties: Properties::from_stored(r#" {"total": 82.50, "n": 12345678901234567890} "#),
        attributes: Arc::new(attributes),
        events: event.iter().cloned().map(Arc::new).collect(),
        consumes: event.iter().map(EventMark::from).collect(),
        event: event.map(Arc::new),
        revision: 7,
        duration_ms: Some(u64::from(u32::MAX) + 1),
        ..shown(number, at)
    };
    let options = vec!["a".into(), "б".into()];
    display.answers.insert("choice".into(), Answer::Choice { options, other_text: Some("other \"text\"\n".into()) });
    display.answers.insert("plain choice".into(), Answer::Choice { options: Vec::new(), other_text: None });
    display.answers.insert("number".into(), Answer::Number(-3));
    display.answers.insert("text".into(), Answer::Text("long \u{1F600} text".into()));
    display
}

pub(super) fn all_attributes() -> Attributes {
    Attributes::from_pairs([
        ("text".into(), AttributeValue::Text("\u{1F600} \"quoted\"".into())),
        ("amount".into(), AttributeValue::Number("82.50".into())),
        ("large".into(), AttributeValue::Number("123456789012345678901234567890".into())),
        ("exponent".into(), AttributeValue::Number("1E+3".into())),
        ("yes".into(), AttributeValue::Boolean(true)),
    ])
}

/// A state with an open claim of a display.
pub(super) fn state_with_claim(mut state: UserState, display: &Display) -> UserState {
    state.open_claim = Some(OpenClaim {
        display: display.id,
        survey: display.survey,
        request_id: display.request_id.clone(),
        lease_until: display.lease_until,
    });
    state
}

pub(super) fn mark(survey: SurveyId, event: &EventRecord) -> Consumption {
    Consumption::new(survey, event.into())
}

pub(super) fn merge(from: &UserRef, into: &str, now: Timestamp) -> Write {
    Write::Merge(Merge { from: from.clone(), into: user_id(into), now })
}

pub(super) fn continue_merge(from: &UserRef, into: &str) -> Write {
    Write::ContinueMerge { from: from.clone(), into: user_id(into) }
}

pub(super) fn change(change: UserChange) -> Write {
    Write::Change(Box::new(change))
}

/// Commits one write.
pub(super) async fn commit(engine: &impl Activity, write: Write) -> Outcome {
    let outcomes = engine.commit(vec![write]).await.expect("a commit");
    let [outcome] = outcomes.try_into().expect("one outcome for one write");
    outcome
}

/// Commits one event that must be stored.
pub(super) async fn store(engine: &impl Activity, append: Append) {
    assert_eq!(commit(engine, Write::append(append)).await, Outcome::Appended);
}

/// Stores a display with the user's state raised by one version.
pub(super) async fn store_display(engine: &impl Activity, user: &UserRef, display: Display) {
    let state = load(engine, user, noon()).await.state;
    let mut new = UserChange::of_state(user, state);
    new.displays.push(display);
    assert_eq!(commit(engine, change(new)).await, Outcome::Changed);
}

pub(super) async fn load(engine: &impl Activity, user: &UserRef, now: Timestamp) -> UserActivity {
    let loaded = engine.load(user, now).await.expect("a load");
    let (state, _) = engine.display_with_state(user, display_id(1)).await.expect("a state");
    assert_eq!(state, loaded.state, "the state alone is that of the whole");
    loaded
}

/// A display, as both ways of asking for it find it.
pub(super) async fn display_of(engine: &impl Activity, user: &UserRef, id: DisplayId) -> Option<Display> {
    let found = engine.display(user, id).await.expect("a display");
    let (_, beside_state) = engine.display_with_state(user, id).await.expect("a display");
    assert_eq!(beside_state, found, "a display is the same with the state beside it");
    found
}

/// The ids of a user's events, as they were loaded.
pub(super) async fn event_ids(engine: &impl Activity, user: &UserRef, now: Timestamp) -> Vec<String> {
    load(engine, user, now).await.events.iter().map(|event| event.id.as_str().to_owned()).collect()
}

/// All responses of a workspace.
pub(super) async fn all_responses(engine: &impl Responses, workspace: WorkspaceId) -> Vec<ResponseRow> {
    let query = ResponseQuery { workspace, survey: None, newest_first: false, after: None, limit: 10_000 };
    engine.responses(&query).await.expect("responses")
}
