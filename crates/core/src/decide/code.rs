//! The closed list of reasons, without their facts: what is counted, stored and written.

use super::Reason;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// A reason's place in the closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ReasonCode {
            $($(#[$doc])* $variant),+
        }

        impl ReasonCode {
            /// All of them, in the order in which they are explained.
            pub const ALL: [Self; [$(Self::$variant),+].len()] = [$(Self::$variant),+];

            /// As written everywhere: API, SDK debug log, dashboard, metrics.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }
    };
}

codes!(
    /// A draft, paused or ended.
    NotLive = "not_live",
    /// Before the schedule's start.
    NotStarted = "not_started",
    /// After the schedule's end.
    Ended = "ended",
    /// Not one of the schedule's weekdays or hours.
    OutsideHours = "outside_hours",
    /// As many responses as wanted.
    QuotaReached = "quota_reached",
    /// Another frontend trigger.
    WrongTrigger = "wrong_trigger",
    /// The frontend trigger's properties do not fit.
    TriggerFilter = "trigger_filter",
    /// The frontend triggers before this one do not fit.
    TriggerSequence = "trigger_sequence",
    /// Another platform.
    WrongPlatform = "wrong_platform",
    /// The user is not one of those to be asked.
    Audience = "audience",
    /// The user is outside the sample.
    NotSampled = "not_sampled",
    /// No event that could matter.
    NoEvent = "no_event",
    /// The event's properties do not fit.
    EventFilter = "event_filter",
    /// Not as many events as wanted.
    EventTooFew = "event_too_few",
    /// The window has not opened.
    EventNotYet = "event_not_yet",
    /// The window has closed.
    EventExpired = "event_expired",
    /// Taken back.
    EventCancelled = "event_cancelled",
    /// Asked about before.
    EventConsumed = "event_consumed",
    /// Older than one asked about before.
    EventSuperseded = "event_superseded",
    /// Shown, answered or completed as often as it may be.
    RepeatLimit = "repeat_limit",
    /// Another survey was shown too recently.
    WaitPeriod = "wait_period",
    /// Due, but another survey goes first.
    LowerPriority = "lower_priority",
    /// Another tab, device or call holds a survey.
    ClaimedElsewhere = "claimed_elsewhere",
    /// Nobody vouched for the user; never a gate's, only explain's.
    IdentityUnverified = "identity_unverified",
);

impl ReasonCode {
    /// From its written form.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// Its place in [`Self::ALL`].
    pub const fn place(self) -> usize {
        self as usize
    }
}

impl Reason {
    /// Its place in the closed list.
    pub const fn kind(&self) -> ReasonCode {
        match self {
            Self::NotLive { .. } => ReasonCode::NotLive,
            Self::NotStarted { .. } => ReasonCode::NotStarted,
            Self::Ended { .. } => ReasonCode::Ended,
            Self::OutsideHours { .. } => ReasonCode::OutsideHours,
            Self::QuotaReached { .. } => ReasonCode::QuotaReached,
            Self::WrongTrigger => ReasonCode::WrongTrigger,
            Self::TriggerFilter { .. } => ReasonCode::TriggerFilter,
            Self::TriggerSequence { .. } => ReasonCode::TriggerSequence,
            Self::WrongPlatform => ReasonCode::WrongPlatform,
            Self::Audience(_) => ReasonCode::Audience,
            Self::NotSampled { .. } => ReasonCode::NotSampled,
            Self::NoEvent { .. } => ReasonCode::NoEvent,
            Self::EventFilter { .. } => ReasonCode::EventFilter,
            Self::EventTooFew { .. } => ReasonCode::EventTooFew,
            Self::EventNotYet { .. } => ReasonCode::EventNotYet,
            Self::EventExpired { .. } => ReasonCode::EventExpired,
            Self::EventCancelled { .. } => ReasonCode::EventCancelled,
            Self::EventConsumed { .. } => ReasonCode::EventConsumed,
            Self::EventSuperseded { .. } => ReasonCode::EventSuperseded,
            Self::RepeatLimit { .. } => ReasonCode::RepeatLimit,
            Self::WaitPeriod { .. } => ReasonCode::WaitPeriod,
            Self::ClaimedElsewhere { .. } => ReasonCode::ClaimedElsewhere,
            Self::LowerPriority { .. } => ReasonCode::LowerPriority,
            Self::IdentityUnverified { .. } => ReasonCode::IdentityUnverified,
        }
    }

    /// The code of the closed list.
    pub const fn code(&self) -> &'static str {
        self.kind().as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_know_their_places() {
        for (place, code) in ReasonCode::ALL.into_iter().enumerate() {
            assert_eq!((ReasonCode::from_name(code.as_str()), code.place()), (Some(code), place));
        }
        assert_eq!(ReasonCode::from_name("else"), None);
    }
}
