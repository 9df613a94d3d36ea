//! The life of a display: a table for each step, and sequences of steps by two clients.

mod machine;
mod steps;

use std::sync::Arc;

use super::{Claim, Display, DisplayState, Refusal, Responded, ResponseInput, UserChange, claim, respond};
use crate::answer::{Answer, Answers};
use crate::decide::{DueEvents, Winner, WorkspaceSnapshot};
use crate::event::{EventId, EventRecord, EventSeq};
use crate::id::{DisplayId, SurveyId, WorkspaceId};
use crate::properties::Properties;
use crate::survey::launch::Platform;
use crate::survey::{Survey, SurveyStatus, parse_document};
use crate::time::{Span, Timestamp};
use crate::trigger::TriggerName;
use crate::user::{Consumption, Namespace, UserActivity, UserId, UserRef, UserState};

const SURVEY: SurveyId = SurveyId::from_bytes([5; 16]);
const CLAIMED_AT: Timestamp = Timestamp::from_millis(1_000_000);
/// Ten seconds of delay and the 60 s of every lease.
const LEASE_END: Timestamp = Timestamp::from_millis(1_070_000);

const DOCUMENT: &str = r#"{"format_version": 1, "name": "Survey", "default_language": "en",
    "questions": [
        {"id": "score", "type": "nps_feedback", "title": {"en": "How likely?"}, "required": true},
        {"id": "why", "type": "input_feedback", "title": {"en": "Why?"}, "max_length": 10}],
    "launch": {"frontend_triggers": [{"name": "MainActivity"}], "display_delay_ms": 10000,
        "activation": {"backend_triggers": [{"name": "ended_sleep"}], "expires_after_secs": 7200}}}"#;

fn survey() -> Survey {
    Survey { id: SURVEY, version: 3, status: SurveyStatus::Live, document: Arc::new(parse_document(DOCUMENT).unwrap()) }
}

fn user() -> UserRef {
    UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace: Namespace::Identified, id: UserId::new("ada").unwrap() }
}

fn event(seq: u64) -> EventRecord {
    EventRecord {
        id: EventId::from_stored(&format!("e{seq}")),
        trigger: TriggerName::new("ended_sleep").unwrap(),
        effective_at: CLAIMED_AT - Span::from_secs(60),
        received_at: CLAIMED_AT - Span::from_secs(59),
        seq: EventSeq(seq),
        properties: Properties::parse(r#"{"hours": 7.50}"#).unwrap().0,
    }
}

fn mark(seq: u64) -> Consumption {
    Consumption::new(SURVEY, (&event(seq)).into())
}

fn display_id(number: u8) -> DisplayId {
    DisplayId::from_bytes([number; 16])
}

fn snapshot() -> WorkspaceSnapshot {
    WorkspaceSnapshot::new(user().workspace, Span::ZERO, vec![survey()])
}

fn woke_up() -> TriggerName {
    TriggerName::new("woke_up").unwrap()
}

/// What the claim of display `number` is made from.
fn details(number: u8) -> Claim {
    Claim {
        display: display_id(number),
        request_id: format!("r{number}").into(),
        locale: "de-CH".into(),
        platform: Platform::Android,
        trigger: TriggerName::new("MainActivity").unwrap(),
        trigger_properties: Properties::parse(r#"{"tab": 2}"#).unwrap().0,
    }
}

/// Claims display `number` for event 1 from `state`.
fn claimed(state: UserState, number: u8, now: Timestamp) -> (UserChange, Display) {
    let survey = survey();
    let event = event(1);
    let activity = UserActivity { user: user(), state, events: vec![event.clone()], ..UserActivity::unknown(user()) };
    let winner = Winner { survey: &survey, due: Some(DueEvents { newest: &event, by_trigger: Vec::new(), counted: vec![&event] }) };
    claim(&activity, &winner, now, details(number))
}

/// A display in `state` as the steps left it, with the user's state beside it.
fn in_state(to: DisplayState) -> (UserState, Display) {
    let (change, mut display) = claimed(UserState::default(), 1, CLAIMED_AT);
    let mut user = change.state;
    display.state = to;
    let was_shown = !matches!(to, DisplayState::Claimed | DisplayState::Lapsed);
    if was_shown {
        display.shown_at = Some(CLAIMED_AT);
        user.last_shown_at = Some(CLAIMED_AT);
        let history = user.surveys.entry(SURVEY).or_default();
        (history.shown_count, history.last_shown_at) = (1, Some(CLAIMED_AT));
    }
    if to != DisplayState::Claimed {
        user.open_claim = None;
    }
    (user, display)
}

fn score(number: i32) -> Answers {
    [("score".into(), Answer::Number(number))].into()
}

fn input(revision: u64, completed: bool, answers: Answers) -> ResponseInput {
    ResponseInput { revision, completed, answers, duration_ms: Some(1_000 * revision) }
}

/// [`respond`] against the document of [`survey`].
fn answer(state: &UserState, display: &Display, input: ResponseInput, now: Timestamp) -> Result<Responded, Refusal> {
    respond(&user(), state, display, &survey().document, input, now)
}

#[track_caller]
fn saved(outcome: Result<Responded, Refusal>) -> (UserChange, Display) {
    match outcome {
        Ok(Responded::Saved(change)) => {
            assert_eq!(change.displays.len(), 1);
            let display = change.displays[0].clone();
            (*change, display)
        }
        other => panic!("not saved: {other:?}"),
    }
}
