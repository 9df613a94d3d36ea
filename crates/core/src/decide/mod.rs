//! The decision: one pure function from (workspace snapshot, user activity, moment, now) to a verdict per survey and a
//! winner. `explain` is this function's output, never a second one.

mod activation;
mod cancel;
mod code;
mod completed;
mod gates;
mod lookup;
mod reason;
mod sentence;
mod snapshot;

use std::cmp::Ordering;

use crate::event::EventRecord;
use crate::id::SurveyId;
use crate::properties::Properties;
use crate::survey::Survey;
use crate::survey::launch::Platform;
use crate::time::Timestamp;
use crate::trigger::TriggerName;
use crate::user::UserActivity;

use activation::{CHECKS, Check};
pub use cancel::Cancellation;
pub use code::ReasonCode;
pub use completed::Completed;
pub use gates::sampling_point;
use gates::{Case, GATES, Gate};
use lookup::Lookup;
pub use reason::{Reason, Reasons};
pub use sentence::{Explained, Fact};
pub use snapshot::WorkspaceSnapshot;

/// The moment a frontend trigger was fired, or might be.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Name of the frontend trigger. `None` asks about any of each survey's own, with properties that pass its filter:
    /// then surveys do not compete, there is no winner and no [`Reason::LowerPriority`].
    pub trigger: Option<&'a str>,
    /// What the app or site said about it.
    pub properties: &'a Properties,
    /// Where. `None` asks about any of each survey's own platforms, without a competition as above.
    pub platform: Option<Platform>,
    /// Names of the frontend triggers that were fired before in this session, oldest first. `None` asks about a session in
    /// which any sequence was fired.
    pub sequence: Option<&'a [TriggerName]>,
    /// Completed responses per survey, for quotas.
    pub completed: &'a Completed,
    /// When, by the server's clock.
    pub now: Timestamp,
}

/// What a decision looks at, and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The live surveys of the trigger, each up to its first refusing gate: what a trigger call needs. A survey that is
    /// refused before a single event is looked at takes no allocation.
    FirstRefusal,
    /// Every survey of the workspace, every refusing gate: what explain needs.
    EveryReason,
}

/// What one survey's gates say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// No gate refuses. With an activation: the events that make the survey due.
    Due {
        /// The events, if the survey needs any.
        due: Option<DueEvents<'a>>,
    },
    /// At least one gate refuses.
    Refused(Reasons),
}

/// The events that make a survey due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueEvents<'a> {
    /// The activating event, `event.*`: the newest of those below.
    pub newest: &'a EventRecord,
    /// With *all of*: the newest of each backend trigger, in the order of the survey's triggers. Else empty.
    pub by_trigger: Vec<&'a EventRecord>,
    /// All that a showing consumes together, newest first; never empty.
    pub counted: Vec<&'a EventRecord>,
}

/// The verdict on one survey.
#[derive(Clone, Debug)]
pub struct SurveyVerdict<'a> {
    /// The survey.
    pub survey: &'a Survey,
    /// What its gates say. A survey that is due but loses to another is `Refused` with [`Reason::LowerPriority`].
    pub verdict: Verdict<'a>,
}

impl<'a> SurveyVerdict<'a> {
    fn candidate(&self) -> Option<Candidate<'_, 'a>> {
        match &self.verdict {
            Verdict::Due { due } => Some(Candidate { survey: self.survey, due: due.as_ref() }),
            Verdict::Refused(_) => None,
        }
    }
}

/// A due survey among others.
#[derive(Clone, Copy)]
struct Candidate<'d, 'a> {
    survey: &'a Survey,
    due: Option<&'d DueEvents<'a>>,
}

/// The survey to show.
#[derive(Clone, Debug)]
pub struct Winner<'a> {
    /// The survey.
    pub survey: &'a Survey,
    /// The events that activated it, if it needs any.
    pub due: Option<DueEvents<'a>>,
}

/// A verdict per survey looked at, and at most one winner.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    /// In the order of the snapshot.
    pub verdicts: Vec<SurveyVerdict<'a>>,
    /// The survey to show.
    pub winner: Option<Winner<'a>>,
}

/// Decides. Says for every survey looked at whether it is due, and which due survey wins; claims nothing.
pub fn decide<'a>(snapshot: &'a WorkspaceSnapshot, activity: &'a UserActivity, moment: &Moment<'a>, depth: Depth) -> Decision<'a> {
    decide_with(&RULES, snapshot, activity, moment, depth)
}

/// What a decision is made of.
struct Rules<'r> {
    /// Of each survey.
    gates: &'r [Gate],
    /// Of each event that might make a survey due; the event gate's business.
    checks: &'r [Check],
    /// Among surveys that are due.
    ranks: &'r [Rank],
}

const RULES: Rules<'static> = Rules { gates: &GATES, checks: &CHECKS, ranks: &RANKS };

/// [`decide`] with other rules; the tests prove with it that none can go or be weaker.
fn decide_with<'a>(
    rules: &Rules<'a>,
    snapshot: &'a WorkspaceSnapshot,
    activity: &'a UserActivity,
    moment: &Moment<'a>,
    depth: Depth,
) -> Decision<'a> {
    let surveys = match (depth, moment.trigger) {
        (Depth::FirstRefusal, Some(trigger)) => snapshot.live_on(trigger),
        (Depth::FirstRefusal, None) => snapshot.live(),
        (Depth::EveryReason, _) => snapshot.all(),
    };
    let lookup = Lookup::default();
    let case =
        |survey: &'a Survey| Case { snapshot, survey, activity, moment: *moment, checks: rules.checks, lookup: &lookup, event: None };
    let mut verdicts: Vec<_> = surveys.map(|survey| verdict(rules.gates, case(survey), depth)).collect();
    let is_contest = moment.trigger.is_some() && moment.platform.is_some();
    let winner = if is_contest { winner(rules.ranks, &verdicts) } else { None };
    if let Some(winner) = &winner {
        refuse_losers(&mut verdicts, winner.survey.id);
    }
    Decision { verdicts, winner }
}

fn verdict<'a>(gates: &[Gate], mut case: Case<'_, 'a>, depth: Depth) -> SurveyVerdict<'a> {
    let verdict = match refusals(gates, &mut case, depth) {
        Some(reasons) => Verdict::Refused(reasons),
        None => Verdict::Due { due: case.due_events() },
    };
    SurveyVerdict { survey: case.survey, verdict }
}

/// `None`: no gate refuses.
fn refusals(gates: &[Gate], case: &mut Case<'_, '_>, depth: Depth) -> Option<Reasons> {
    let mut refused = gates.iter().filter_map(|gate| (gate.refuses)(case));
    let first = refused.next()?;
    if depth == Depth::FirstRefusal {
        return Some(Reasons::One(first));
    }
    let mut reasons = vec![first];
    reasons.extend(refused);
    Some(Reasons::Many(reasons))
}

fn winner<'a>(ranks: &[Rank], verdicts: &[SurveyVerdict<'a>]) -> Option<Winner<'a>> {
    let best = verdicts.iter().filter_map(SurveyVerdict::candidate).max_by(|a, b| rank(ranks, a, b))?;
    Some(Winner { survey: best.survey, due: best.due.cloned() })
}

fn refuse_losers(verdicts: &mut [SurveyVerdict<'_>], winner: SurveyId) {
    for verdict in verdicts {
        let lost = matches!(verdict.verdict, Verdict::Due { .. }) && verdict.survey.id != winner;
        if lost {
            verdict.verdict = Verdict::Refused(Reasons::One(Reason::LowerPriority { winner }));
        }
    }
}

/// One key of the order among due surveys; `Greater` when the first is to be shown.
struct Rank {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the rank in the tests' messages"))]
    name: &'static str,
    compare: fn(&Candidate<'_, '_>, &Candidate<'_, '_>) -> Ordering,
}

/// Priority, then surveys with an activating event before those without, newest event first, then the survey id.
const RANKS: [Rank; 4] = [
    Rank { name: "priority", compare: |a, b| a.survey.document.launch.priority.cmp(&b.survey.document.launch.priority) },
    Rank { name: "has_event", compare: |a, b| a.due.is_some().cmp(&b.due.is_some()) },
    Rank { name: "newest_event", compare: newest_event },
    Rank { name: "survey_id", compare: |a, b| b.survey.id.cmp(&a.survey.id) },
];

/// Says nothing about a survey without an event: that is the business of the rank before.
fn newest_event(a: &Candidate<'_, '_>, b: &Candidate<'_, '_>) -> Ordering {
    match (a.due, b.due) {
        (Some(a), Some(b)) => a.newest.recency().cmp(&b.newest.recency()),
        _ => Ordering::Equal,
    }
}

fn rank(ranks: &[Rank], a: &Candidate<'_, '_>, b: &Candidate<'_, '_>) -> Ordering {
    ranks.iter().map(|rank| (rank.compare)(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests;
