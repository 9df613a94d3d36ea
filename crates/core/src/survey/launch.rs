//! How a survey launches: where, for whom, when, how often.

use super::schedule::Schedule;
use crate::audience::Node;
use crate::filter::Filter;
use crate::time::Span;
use crate::trigger::TriggerName;

/// Where an SDK runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// A browser.
    Web,
    /// An iPhone or iPad app.
    Ios,
    /// An Android app.
    Android,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Web, Self::Ios, Self::Android];

    /// As written in documents and calls.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Ios => "ios",
            Self::Android => "android",
        }
    }

    /// From its written form.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == name)
    }
}

/// Which of several due surveys is shown. The larger wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Last.
    Lowest,
    /// Late.
    Low,
    /// As most.
    #[default]
    Normal,
    /// Early.
    High,
    /// First.
    Highest,
}

/// A trigger and what its properties must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerRule {
    /// Its name; once per list.
    pub name: TriggerName,
    /// Its properties must pass this.
    pub filter: Filter,
}

impl TriggerRule {
    /// Any firing of a trigger.
    pub fn any(name: TriggerName) -> Self {
        Self { name, filter: Filter::default() }
    }
}

/// Which events of an activation's backend triggers it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsNeeded {
    /// At least this many events, 1 to [`EVENTS_COUNTED_MAX`](crate::limits::EVENTS_COUNTED_MAX), of any of the triggers,
    /// counted together.
    AtLeast(u32),
    /// One event of each trigger.
    OfEach,
}

/// "These backend events make the survey due, within this window."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Whose events count; never empty.
    pub backend_triggers: Vec<TriggerRule>,
    /// How many of them it takes, each within its own window.
    pub needed: EventsNeeded,
    /// The window closes this long after the event's effective time; 1 minute to 100 hours.
    pub expires_after: Span,
    /// The window opens this long after the event's effective time; less than `expires_after`.
    pub delay: Span,
}

/// Until what a survey may be shown again to the same user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatUntil {
    /// Until it was shown this many times, at least 1.
    ShownTimes(u32),
    /// Until the first answer.
    Answered,
    /// Until a response was completed.
    Completed,
    /// No end.
    Always,
}

/// The repeat frequency of a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Until what.
    pub until: RepeatUntil,
    /// And not sooner than this after its last showing.
    pub min_between: Span,
}

/// Share of users that may be asked, in hundredths of a per cent: 10 000 is everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SamplingRate(u16);

impl SamplingRate {
    /// Everybody.
    pub const ALL: Self = Self(10_000);

    /// From hundredths of a per cent, 0 to 10 000.
    pub fn from_basis_points(points: u16) -> Option<Self> {
        (points <= Self::ALL.0).then_some(Self(points))
    }

    /// In hundredths of a per cent.
    pub const fn basis_points(self) -> u16 {
        self.0
    }
}

/// All launch settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Where it may show; never empty.
    pub platforms: Vec<Platform>,
    /// The moments at which it may show; never empty.
    pub frontend_triggers: Vec<TriggerRule>,
    /// Frontend triggers that were fired in this order before the one it shows at, others in between; may be empty.
    pub trigger_sequence: Vec<TriggerName>,
    /// When it may be asked; `None` is always.
    pub schedule: Option<Schedule>,
    /// Who may be asked; `None` is everybody.
    pub audience: Option<Node>,
    /// With so many completed responses it is not shown any more, at least 1.
    pub quota: Option<u64>,
    /// The backend events it waits for, if any.
    pub activation: Option<Activation>,
    /// Among several.
    pub priority: Priority,
    /// Share of users.
    pub sampling: SamplingRate,
    /// How often.
    pub repeat: Repeat,
    /// Whether the workspace's wait period does not hold it back.
    pub ignores_wait_period: bool,
    /// Whether an open tab may ask again about a trigger that was fired where the user still is.
    pub also_while_there: bool,
    /// How long the SDK waits between the trigger and the showing.
    pub display_delay: Span,
}
