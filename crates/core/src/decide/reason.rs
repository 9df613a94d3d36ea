//! Why a user is not asked: one closed list, the same codes in API, SDK debug log, dashboard and metrics.

use std::sync::Arc;

use crate::audience::Unmet;
use crate::id::SurveyId;
use crate::survey::SurveyStatus;
use crate::survey::launch::RepeatUntil;
use crate::time::{Span, Timestamp};
use crate::trigger::TriggerName;

/// One reason with its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The survey is a draft, paused or ended.
    NotLive {
        /// What it is instead.
        status: SurveyStatus,
    },
    /// The survey's schedule has not begun.
    NotStarted {
        /// When it begins.
        starts_at: Timestamp,
    },
    /// The survey's schedule is over.
    Ended {
        /// When it ended.
        ended_at: Timestamp,
    },
    /// It is none of the survey's weekdays or hours.
    OutsideHours {
        /// When the next of them begin; `None` when the schedule is over before.
        opens_at: Option<Timestamp>,
    },
    /// As many responses were completed as were wanted.
    QuotaReached {
        /// How many were completed.
        completed: u64,
        /// How many were wanted.
        quota: u64,
    },
    /// The survey does not show at this frontend trigger.
    WrongTrigger,
    /// The frontend trigger's properties do not pass the survey's filter.
    TriggerFilter {
        /// The path of the first condition that does not hold.
        path: Arc<str>,
    },
    /// Other frontend triggers had to be fired before.
    TriggerSequence {
        /// The first of them that was not, after those before it.
        missing: TriggerName,
    },
    /// The survey does not show on this platform.
    WrongPlatform,
    /// The user is not among those to be asked.
    Audience(Unmet),
    /// The user is outside the sample.
    NotSampled {
        /// Where the user falls, in hundredths of a per cent, 0 to 9 999.
        point: u16,
        /// The survey asks those below this.
        rate: u16,
    },
    /// No event that could matter has come for this user.
    NoEvent {
        /// The backend trigger that is missing; `None` where any of several would do.
        trigger: Option<TriggerName>,
    },
    /// The newest event's properties do not pass the survey's filter.
    EventFilter {
        /// The event's backend trigger.
        trigger: TriggerName,
        /// The event's effective time.
        effective_at: Timestamp,
        /// The path of the first condition that does not hold.
        path: Arc<str>,
    },
    /// Events came, but fewer than the survey asks for.
    EventTooFew {
        /// How many count now, at least 1.
        found: u32,
        /// How many it takes.
        needed: u32,
    },
    /// The newest event's window has not opened.
    EventNotYet {
        /// The event's backend trigger.
        trigger: TriggerName,
        /// When it opens.
        opens_at: Timestamp,
    },
    /// The newest event's window has closed.
    EventExpired {
        /// The event's backend trigger.
        trigger: TriggerName,
        /// When it closed.
        expired_at: Timestamp,
        /// How long it was after the event.
        window: Span,
    },
    /// The newest event was taken back.
    EventCancelled {
        /// The event's backend trigger.
        trigger: TriggerName,
        /// The event's effective time.
        effective_at: Timestamp,
        /// The backend trigger whose event cancelled it; `None`: it was cancelled by id.
        by: Option<TriggerName>,
        /// The effective time of that event, or when the call came.
        cancelled_at: Timestamp,
    },
    /// The newest event within its window has already been asked about by this survey.
    EventConsumed {
        /// The event's backend trigger.
        trigger: TriggerName,
        /// The event's effective time.
        effective_at: Timestamp,
    },
    /// Only events older than one already asked about remain.
    EventSuperseded {
        /// The remaining event's backend trigger.
        trigger: TriggerName,
        /// The newest remaining event's effective time.
        effective_at: Timestamp,
        /// The effective time of the event that was asked about.
        consumed_at: Timestamp,
    },
    /// The survey was shown, answered or completed as often as it may be.
    RepeatLimit {
        /// The survey's rule.
        until: RepeatUntil,
        /// How often the user saw it.
        shown_count: u32,
        /// If only time is missing: when it may be shown again.
        again_at: Option<Timestamp>,
    },
    /// Another survey was shown too recently.
    WaitPeriod {
        /// When the wait ends.
        until: Timestamp,
    },
    /// The user has an open claim in another tab, device or call.
    ClaimedElsewhere {
        /// When that claim lapses.
        lease_until: Timestamp,
    },
    /// Due, but another survey was shown; this one stays due.
    LowerPriority {
        /// The survey that won.
        winner: SurveyId,
    },
    /// The workspace asks for identity proof, and nobody vouched for the user. Only explain says this: such a call is
    /// refused before anything is decided.
    IdentityUnverified {
        /// When a call was last refused for it.
        refused_at: Timestamp,
    },
}

/// The reasons against one survey, in the order of the gates, never none. Behaves as a slice; the one reason of a first
/// refusal takes no allocation.
#[derive(Clone, Debug)]
pub enum Reasons {
    /// A first refusal.
    One(Reason),
    /// Every reason.
    Many(Vec<Reason>),
}

impl std::ops::Deref for Reasons {
    type Target = [Reason];
    fn deref(&self) -> &[Reason] {
        match self {
            Self::One(reason) => std::slice::from_ref(reason),
            Self::Many(reasons) => reasons,
        }
    }
}

impl PartialEq for Reasons {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Reasons {}
