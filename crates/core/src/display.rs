//! A display: one showing of one survey to one user, from its claim to its last answer. Every step is a pure function
//! from what is stored to the one change to store; the store applies a change only if the user's version is still the
//! one it was made from.

mod change;
mod steps;

use std::sync::Arc;

use crate::answer::Answers;
use crate::attribute::Attributes;
use crate::event::EventRecord;
use crate::facts::Facts;
use crate::id::{DisplayId, SurveyId};
use crate::properties::Properties;
use crate::survey::launch::Platform;
use crate::time::{Span, Timestamp};
use crate::trigger::TriggerName;
use crate::user::EventMark;

pub use change::UserChange;
pub use steps::{Claim, Confirmed, Refusal, Responded, ResponseInput, anonymised, claim, close, confirm, forget, respond};

/// Where a display is in its life. `lapsed` is not stored: it is `Claimed` with the lease run out or another claim in
/// its place; `abandoned` after 24 h without a word is a matter of reading, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisplayState {
    /// Promised to one tab, not yet on screen.
    Claimed,
    /// On screen, so far without an answer.
    Shown,
    /// At least one answer is saved.
    Answered,
    /// The last question was answered.
    Completed,
    /// Closed by the user before the end.
    Dismissed,
    /// Left by the user before the end.
    Abandoned,
    /// Given back before it was shown.
    Lapsed,
}

/// One display with its snapshots, taken at the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display {
    /// Its id.
    pub id: DisplayId,
    /// The survey.
    pub survey: SurveyId,
    /// The version it began with, and ends with.
    pub survey_version: u32,
    /// The trigger call that claimed it.
    pub request_id: Box<str>,
    /// Where.
    pub platform: Platform,
    /// BCP 47 tag the SDK asked for.
    pub locale: Box<str>,
    /// Where it is in its life.
    pub state: DisplayState,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// The first moment at which the claim has lapsed.
    pub lease_until: Timestamp,
    /// When the server confirmed the showing.
    pub shown_at: Option<Timestamp>,
    /// When the first answer was saved.
    pub first_answered_at: Option<Timestamp>,
    /// When the last question was answered.
    pub completed_at: Option<Timestamp>,
    /// When anything was last heard of it.
    pub updated_at: Timestamp,
    /// The frontend trigger that was fired.
    pub trigger: TriggerName,
    /// `trigger.*`: its properties.
    pub trigger_properties: Properties,
    /// `user.*`: the user's attributes.
    pub attributes: Arc<Attributes>,
    /// `event.*`: the activating event. `None` for a survey that needs none.
    pub event: Option<Arc<EventRecord>>,
    /// `events.<trigger>.*`: with *all of* the newest event of each backend trigger, in the order of the survey; else empty.
    pub events: Vec<Arc<EventRecord>>,
    /// Every event that the showing consumes; none for a survey that needs none.
    pub consumes: Vec<EventMark>,
    /// The answers so far.
    pub answers: Answers,
    /// The revision of the answers; 0 before the first.
    pub revision: u64,
    /// Time from showing to the last answer as the SDK measured it, in milliseconds.
    pub duration_ms: Option<u64>,
}

impl Display {
    /// Where it is for readers: a day without a word means that the user left.
    pub fn state_at(&self, now: Timestamp) -> DisplayState {
        let is_open = matches!(self.state, DisplayState::Shown | DisplayState::Answered);
        if is_open && now >= self.updated_at + Span::DAY { DisplayState::Abandoned } else { self.state }
    }

    /// Its snapshots, for texts and logic.
    pub fn facts(&self) -> Facts<'_> {
        let event = self.event.as_ref().map(|event| &event.properties);
        Facts { event, events: &self.events, trigger: &self.trigger_properties, user: &self.attributes }
    }

    /// Whether the claim has run out without a showing.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.state == DisplayState::Lapsed || (self.state == DisplayState::Claimed && now >= self.lease_until)
    }
}

#[cfg(test)]
mod tests;
