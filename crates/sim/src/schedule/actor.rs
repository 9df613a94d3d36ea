//! Those who act: each is somewhere between reading and writing, while the others go on.

use std::sync::Arc;

use sonde_core::answer::{Answer, Answers};
use sonde_core::decide::{Completed, Depth, Moment, decide};
use sonde_core::display::{
    Claim, Confirmed, Display, DisplayState, Refusal, Responded, ResponseInput, UserChange, claim, close, confirm, respond,
};
use sonde_core::event::{EventId, EventRecord};
use sonde_core::id::DisplayId;
use sonde_core::properties::Properties;
use sonde_core::survey::launch::Platform;
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{CancelMark, UserActivity, UserRef};
use sonde_storage::{Activity, Append, Erase, ErasedResponses, Merge, StorageError, Write};

use super::fault::{Fault, Store};
use super::world::World;

/// A tab, a device, a server: makes one call at a time.
pub(super) struct Actor {
    pub(super) name: &'static str,
    /// Whom it speaks for.
    pub(super) user: UserRef,
    /// The displays it was told of, and the highest revision it sent for each.
    pub(super) displays: Vec<(DisplayId, u64)>,
    pub(super) phase: Phase,
}

/// How far its call has come.
pub(super) enum Phase {
    Idle,
    /// Sent, perhaps again after a crash.
    Called(Call),
    /// The server has read what it decides from, which may be stale by now.
    Read(Call, Box<Reading>),
    /// The server has decided what to write; others may write before it.
    Ready(Call, Box<Planned>),
}

/// What is asked of the server.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Event(Arc<Append>),
    CancelEvent(EventId),
    Trigger {
        trigger: TriggerName,
        request_id: Box<str>,
    },
    Confirm(DisplayId),
    Close(DisplayId, DisplayState),
    Answer(DisplayId, u64, bool),
    Identify(Merge),
    /// The server's own: go on with a merge.
    ContinueMerge(Merge),
    Erase(UserRef, ErasedResponses),
    /// The server's own: go on with an erasure.
    FinishErasure(UserRef),
}

/// What the server has read.
pub(super) struct Reading {
    pub(super) activity: UserActivity,
    pub(super) display: Option<Display>,
    found: Vec<EventRecord>,
    /// In which step and when.
    pub(super) at: (usize, Timestamp),
}

/// What is to be written, and what it was made from.
pub(super) struct Planned {
    pub(super) write: Write,
    pub(super) read: (usize, Timestamp),
}

/// What the server makes of a call.
pub(super) enum Plan {
    Write(Box<Planned>),
    /// There is nothing to write: this is the answer.
    Answer(Given),
}

/// An answer without a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Nothing,
    ClaimedBefore(DisplayId),
    AlreadyShown(DisplayId),
    AlreadySaved,
    AlreadyCancelled,
    Lapsed,
    Unknown,
}

impl Call {
    pub(super) fn display(&self) -> Option<DisplayId> {
        match self {
            Self::Confirm(id) | Self::Close(id, _) | Self::Answer(id, ..) => Some(*id),
            _ => None,
        }
    }
}

/// Reads what the call needs, as the service does.
pub(super) async fn read<E: Activity>(
    store: Store<'_, E>,
    user: &UserRef,
    call: &Call,
    (step, now): (usize, Timestamp),
) -> Result<Reading, StorageError> {
    let activity = match call {
        Call::Erase(whom, _) => store.load(whom, now).await?,
        Call::FinishErasure(whom) => store.engine.load(whom, now).await?,
        _ => store.load(user, now).await?,
    };
    let wanted = match call {
        Call::Trigger { request_id, .. } => {
            activity.state.live_claim(now).filter(|claim| claim.request_id == *request_id).map(|claim| claim.display)
        }
        other => other.display(),
    };
    let display = match wanted {
        Some(id) => store.display(&activity.user, id).await?,
        None => None,
    };
    let found = match call {
        Call::CancelEvent(id) => store.find_events(&activity.user, id).await?,
        _ => Vec::new(),
    };
    Ok(Reading { activity, display, found, at: (step, now) })
}

/// Decides what to write, by the core's own steps. `new` is the id of the display, should one be claimed.
pub(super) fn plan(world: &World, call: &Call, reading: Reading, (now, new): (Timestamp, DisplayId), fault: Option<Fault>) -> Plan {
    let read = reading.at;
    let write = match call {
        Call::Event(append) => Ok(Write::Append(append.clone())),
        Call::Identify(merge) => Ok(Write::Merge(merge.clone())),
        Call::ContinueMerge(merge) => Ok(Write::ContinueMerge { from: merge.from.clone(), into: merge.into.clone() }),
        Call::Erase(_, responses) => Ok(Write::Erase(Erase { user: reading.activity.user, responses: responses.clone() })),
        Call::FinishErasure(user) => Ok(Write::ContinueErase { user: user.clone() }),
        Call::CancelEvent(_) => plan_cancel(reading, now),
        Call::Trigger { trigger, request_id } => plan_trigger(world, &reading, trigger, request_id, (now, new)),
        Call::Confirm(_) => plan_confirm(world, reading, now, fault),
        Call::Close(_, to) => plan_close(&reading, *to, now),
        Call::Answer(_, revision, completed) => plan_answer(world, &reading, *revision, *completed, now),
    };
    match write {
        Ok(write) => Plan::Write(Box::new(Planned { write, read })),
        Err(given) => Plan::Answer(given),
    }
}

fn change(change: UserChange) -> Write {
    Write::Change(Box::new(change))
}

fn plan_cancel(reading: Reading, now: Timestamp) -> Result<Write, Given> {
    let Reading { activity, found, .. } = reading;
    if found.is_empty() {
        return Err(Given::Unknown);
    }
    let is_marked = |event: &&EventRecord| activity.cancelled.iter().any(|mark| mark.event.seq == event.seq);
    let missing = found.iter().filter(|event| !is_marked(event));
    let missing: Vec<_> = missing.map(|event| CancelMark { event: event.into(), cancelled_at: now }).collect();
    if missing.is_empty() {
        return Err(Given::AlreadyCancelled);
    }
    let mut new = UserChange::of_state(&activity.user, activity.state);
    new.cancelled = missing;
    Ok(change(new))
}

fn plan_trigger(
    world: &World,
    reading: &Reading,
    trigger: &TriggerName,
    request_id: &str,
    (now, display): (Timestamp, DisplayId),
) -> Result<Write, Given> {
    if let Some(claimed) = &reading.display {
        return Err(Given::ClaimedBefore(claimed.id));
    }
    let (properties, completed) = (Properties::empty(), Completed::default());
    let moment = Moment {
        trigger: Some(trigger.as_str()),
        properties: &properties,
        platform: Some(Platform::Web),
        sequence: Some(&[]),
        completed: &completed,
        now,
    };
    let decision = decide(&world.snapshot, &reading.activity, &moment, Depth::FirstRefusal);
    let winner = decision.winner.ok_or(Given::Nothing)?;
    let details = Claim {
        display,
        request_id: request_id.into(),
        locale: "en".into(),
        platform: Platform::Web,
        trigger: trigger.clone(),
        trigger_properties: properties.clone(),
    };
    Ok(change(claim(&reading.activity, &winner, now, details).0))
}

fn plan_confirm(world: &World, reading: Reading, now: Timestamp, fault: Option<Fault>) -> Result<Write, Given> {
    let Reading { mut activity, display, .. } = reading;
    let mut display = display.ok_or(Given::Unknown)?;
    if let Some(fault) = fault {
        fault.before_confirm(&mut activity, &mut display, now);
    }
    match confirm(&world.snapshot, &activity, &display, now) {
        // Shown; or the event was cancelled, and the claim is given back.
        Ok(Confirmed::Shown(new)) | Err(Refusal::Cancelled(new)) => Ok(change(*new)),
        Ok(Confirmed::Already(_)) => Err(Given::AlreadyShown(display.id)),
        Err(Refusal::Lapsed | Refusal::Answers(_)) => Err(Given::Lapsed),
    }
}

fn plan_close(reading: &Reading, to: DisplayState, now: Timestamp) -> Result<Write, Given> {
    let display = reading.display.as_ref().ok_or(Given::Unknown)?;
    let UserActivity { user, state, .. } = &reading.activity;
    close(user, state, display, to, now).map(change).ok_or(Given::Nothing)
}

fn plan_answer(world: &World, reading: &Reading, revision: u64, completed: bool, now: Timestamp) -> Result<Write, Given> {
    let display = reading.display.as_ref().ok_or(Given::Unknown)?;
    let document = &world.survey(display.survey).document;
    let number = Answer::Number(i32::try_from(revision % 11).unwrap_or(0));
    let answers: Answers = [("q1".into(), number)].into_iter().collect();
    let input = ResponseInput { revision, completed, answers, duration_ms: Some(revision) };
    match respond(&reading.activity.user, &reading.activity.state, display, document, input, now) {
        Ok(Responded::Saved(new)) => Ok(change(*new)),
        Ok(Responded::Already { .. }) => Err(Given::AlreadySaved),
        Err(Refusal::Lapsed | Refusal::Cancelled(_) | Refusal::Answers(_)) => Err(Given::Lapsed),
    }
}
