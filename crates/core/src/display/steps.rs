//! The steps of a display's life.

use std::sync::Arc;

use super::{Display, DisplayState, UserChange};
use crate::answer::{Answers, InvalidAnswer, check_answers};
use crate::decide::{DueEvents, Winner, WorkspaceSnapshot};
use crate::event::EventRecord;
use crate::id::DisplayId;
use crate::limits::CLAIM_LEASE_MILLIS;
use crate::properties::Properties;
use crate::survey::SurveyDocument;
use crate::survey::launch::Platform;
use crate::time::{Span, Timestamp};
use crate::trigger::TriggerName;
use crate::user::{Consumption, EventMark, OpenClaim, UserActivity, UserRef, UserState};

/// What a claim is made from besides the decision.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The new display's id.
    pub display: DisplayId,
    /// The trigger call's id.
    pub request_id: Box<str>,
    /// BCP 47 tag the SDK asked for.
    pub locale: Box<str>,
    /// Where.
    pub platform: Platform,
    /// The frontend trigger.
    pub trigger: TriggerName,
    /// Its properties.
    pub trigger_properties: Properties,
}

/// What a display keeps of the events that made its survey due.
#[derive(Default)]
struct Snapshots {
    newest: Option<Arc<EventRecord>>,
    by_trigger: Vec<Arc<EventRecord>>,
    consumes: Vec<EventMark>,
}

impl Snapshots {
    fn of(due: Option<&DueEvents<'_>>) -> Self {
        let Some(due) = due else { return Self::default() };
        Self {
            newest: Some(Arc::new(due.newest.clone())),
            by_trigger: due.by_trigger.iter().map(|event| Arc::new((*event).clone())).collect(),
            consumes: due.counted.iter().map(|event| EventMark::from(*event)).collect(),
        }
    }
}

/// Claims the winner for the user: a lease of the survey's delay plus 60 s.
pub fn claim(activity: &UserActivity, winner: &Winner<'_>, now: Timestamp, claim: Claim) -> (UserChange, Display) {
    let lease = winner.survey.document.launch.display_delay + Span::from_millis(CLAIM_LEASE_MILLIS);
    let snapshots = Snapshots::of(winner.due.as_ref());
    let display = Display {
        id: claim.display,
        survey: winner.survey.id,
        survey_version: winner.survey.version,
        request_id: claim.request_id,
        platform: claim.platform,
        locale: claim.locale,
        state: DisplayState::Claimed,
        claimed_at: now,
        lease_until: now + lease,
        shown_at: None,
        first_answered_at: None,
        completed_at: None,
        updated_at: now,
        trigger: claim.trigger,
        trigger_properties: claim.trigger_properties,
        attributes: Arc::new(activity.state.attributes.clone()),
        events: snapshots.by_trigger,
        event: snapshots.newest,
        consumes: snapshots.consumes,
        answers: Answers::new(),
        revision: 0,
        duration_ms: None,
    };
    let mut state = activity.state.clone();
    state.open_claim = Some(OpenClaim {
        display: display.id,
        survey: display.survey,
        request_id: display.request_id.clone(),
        lease_until: display.lease_until,
    });
    let mut change = UserChange::of_state(&activity.user, state);
    change.displays.push(display.clone());
    (change, display)
}

/// Why a step is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The claim lapsed or was given back: nothing may be painted.
    Lapsed,
    /// An event that the display is about was cancelled since the claim: nothing may be painted. Store this, it gives the
    /// claim back.
    Cancelled(Box<UserChange>),
    /// The answers do not fit the survey.
    Answers(Vec<InvalidAnswer>),
}

/// The outcome of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Store this; the survey may be painted once it is stored.
    Shown(Box<UserChange>),
    /// It was confirmed before: nothing to store.
    Already(DisplayState),
}

/// Confirms that the survey is about to be painted: from here on it counts as shown, and its events are consumed.
pub fn confirm(snapshot: &WorkspaceSnapshot, activity: &UserActivity, display: &Display, now: Timestamp) -> Result<Confirmed, Refusal> {
    let UserActivity { user, state, .. } = activity;
    if display.has_lapsed(now) {
        return Err(Refusal::Lapsed);
    }
    if display.state != DisplayState::Claimed {
        return Ok(Confirmed::Already(display.state));
    }
    let holds_claim = state.open_claim.as_ref().is_some_and(|claim| claim.display == display.id);
    if !holds_claim {
        return Err(Refusal::Lapsed);
    }
    if snapshot.is_cancelled(activity, display) {
        let given_back = close(user, state, display, DisplayState::Dismissed, now);
        return Err(given_back.map_or(Refusal::Lapsed, |change| Refusal::Cancelled(Box::new(change))));
    }
    let mut state = state.clone();
    let mut display = display.clone();
    let consumed = mark_shown(&mut state, &mut display, now);
    let mut change = UserChange::of_state(user, state);
    change.displays.push(display);
    change.consumed = consumed;
    Ok(Confirmed::Shown(Box::new(change)))
}

/// Counts a display as shown: history, wait period, consumption of every event it is about, and the claim is no longer open. Neither is a claim
/// that followed a lapsed display of the same survey: a late answer proves that the user was asked, and confirming the
/// new claim would ask again, perhaps about the same event.
fn mark_shown(state: &mut UserState, display: &mut Display, now: Timestamp) -> Vec<Consumption> {
    display.state = DisplayState::Shown;
    display.shown_at = Some(now);
    display.updated_at = now;
    if state.open_claim.as_ref().is_some_and(|claim| claim.survey == display.survey) {
        state.open_claim = None;
    }
    state.last_shown_at = state.last_shown_at.max(Some(now));
    let history = state.surveys.entry(display.survey).or_default();
    history.shown_count = history.shown_count.saturating_add(1);
    history.last_shown_at = history.last_shown_at.max(Some(now));
    display.consumes.iter().map(|event| Consumption::new(display.survey, *event)).collect()
}

/// The user closed (`Dismissed`) or left (`Abandoned`) the survey. Before it was shown this gives the claim back.
/// `None`: nothing to store.
pub fn close(user: &UserRef, state: &UserState, display: &Display, to: DisplayState, now: Timestamp) -> Option<UserChange> {
    debug_assert!(matches!(to, DisplayState::Dismissed | DisplayState::Abandoned));
    let next = match display.state {
        DisplayState::Claimed => DisplayState::Lapsed,
        DisplayState::Shown | DisplayState::Answered | DisplayState::Abandoned => to,
        DisplayState::Completed | DisplayState::Dismissed | DisplayState::Lapsed => return None,
    };
    if next == display.state {
        return None;
    }
    let mut state = state.clone();
    if state.open_claim.as_ref().is_some_and(|claim| claim.display == display.id) {
        state.open_claim = None;
    }
    let display = Display { state: next, updated_at: now, ..display.clone() };
    let mut change = UserChange::of_state(user, state);
    change.displays.push(display);
    Some(change)
}

/// A display without its snapshots: nothing is left that was said about the user, only what the user answered.
#[must_use]
pub fn anonymised(display: &Display) -> Display {
    Display {
        request_id: "".into(),
        trigger_properties: Properties::empty(),
        attributes: Arc::default(),
        event: None,
        events: Vec::new(),
        consumes: Vec::new(),
        ..display.clone()
    }
}

/// Forgets what was answered and the snapshots; that the survey was shown, when and how often stays, so that nobody is
/// asked again. `None`: there is nothing to forget.
pub fn forget(user: &UserRef, state: &UserState, display: &Display) -> Option<UserChange> {
    let forgotten = Display { answers: Answers::new(), consumes: display.consumes.clone(), ..anonymised(display) };
    if forgotten == *display {
        return None;
    }
    let mut change = UserChange::of_state(user, state.clone());
    change.displays.push(forgotten);
    Some(change)
}

/// The whole answer set so far.
#[derive(Clone, Debug)]
pub struct ResponseInput {
    /// From 1, rises with every change; a lower one never overwrites a higher.
    pub revision: u64,
    /// Whether the last question was answered.
    pub completed: bool,
    /// By question id.
    pub answers: Answers,
    /// Time since the showing as the SDK measured it, in milliseconds.
    pub duration_ms: Option<u64>,
}

/// The outcome of saving answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Responded {
    /// Store this.
    Saved(Box<UserChange>),
    /// The stored revision is at least as high: nothing to store.
    Already {
        /// The stored revision.
        revision: u64,
        /// The stored state.
        state: DisplayState,
    },
}

/// Saves answers and advances the display, in one change. A display that lapsed still takes answers: somebody saw it,
/// so it is marked shown and its event consumed. `document` is the version that the display began with.
pub fn respond(
    user: &UserRef,
    state: &UserState,
    display: &Display,
    document: &SurveyDocument,
    input: ResponseInput,
    now: Timestamp,
) -> Result<Responded, Refusal> {
    if input.revision <= display.revision {
        return Ok(Responded::Already { revision: display.revision, state: display.state });
    }
    // What is completed stays complete: a later change may not take a required answer away.
    let completed = input.completed || display.completed_at.is_some();
    let wrong = check_answers(document, &display.facts(), &input.answers, completed);
    if !wrong.is_empty() {
        return Err(Refusal::Answers(wrong));
    }
    let mut state = state.clone();
    let mut display = display.clone();
    let consumed = if display.shown_at.is_none() { mark_shown(&mut state, &mut display, now) } else { Vec::new() };
    display.revision = input.revision;
    display.answers = input.answers;
    display.duration_ms = input.duration_ms.or(display.duration_ms);
    display.updated_at = now;
    let history = state.surveys.entry(display.survey).or_default();
    if !display.answers.is_empty() {
        display.first_answered_at.get_or_insert(now);
        history.first_answered_at.get_or_insert(now);
        history.last_answered_at = history.last_answered_at.max(display.first_answered_at);
    }
    if completed {
        display.completed_at.get_or_insert(now);
        history.completed_at.get_or_insert(now);
        history.last_completed_at = history.last_completed_at.max(display.completed_at);
    }
    display.state = state_after_answers(&display);
    let mut change = UserChange::of_state(user, state);
    change.displays.push(display);
    change.consumed = consumed;
    Ok(Responded::Saved(Box::new(change)))
}

/// `Completed` latches; an answer after closing keeps the closing, one after leaving brings the user back.
fn state_after_answers(display: &Display) -> DisplayState {
    if display.completed_at.is_some() {
        return DisplayState::Completed;
    }
    match display.state {
        DisplayState::Dismissed => DisplayState::Dismissed,
        _ if display.first_answered_at.is_some() => DisplayState::Answered,
        other => other,
    }
}
