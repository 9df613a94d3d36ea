//! The decision: one pure function from (workspace snapshot, user activity, moment, now) to a verdict per survey and a
//! winner. `explain` is this function's output, never a second one.

mod code;
mod gates;
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
use crate::user::UserActivity;

pub use code::ReasonCode;
pub use gates::sampling_point;
use gates::{Case, GATES, Gate};
pub use reason::Reason;
pub use sentence::{Explained, Fact};
pub use snapshot::WorkspaceSnapshot;

/// The moment a frontend trigger was fired.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Name of the frontend trigger.
    pub trigger: &'a str,
    /// What the app or site said about it.
    pub properties: &'a Properties,
    /// Where.
    pub platform: Platform,
    /// When, by the server's clock.
    pub now: Timestamp,
}

/// What a decision looks at, and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The live surveys of the trigger, each up to its first refusing gate: what a trigger call needs.
    FirstRefusal,
    /// Every survey of the workspace, every refusing gate: what explain needs.
    EveryReason,
}

/// What one survey's gates say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// No gate refuses. With an activation: the event that makes the survey due.
    Due {
        /// The activating event, if the survey needs one.
        event: Option<&'a EventRecord>,
    },
    /// At least one gate refuses: the reasons in the order of the gates, never empty.
    Refused(Vec<Reason>),
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
    fn candidate(&self) -> Option<Winner<'a>> {
        match self.verdict {
            Verdict::Due { event } => Some(Winner { survey: self.survey, event }),
            Verdict::Refused(_) => None,
        }
    }
}

/// The survey to show.
#[derive(Clone, Copy, Debug)]
pub struct Winner<'a> {
    /// The survey.
    pub survey: &'a Survey,
    /// The event that activated it, if it needs one.
    pub event: Option<&'a EventRecord>,
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
    decide_with(&GATES, &RANKS, snapshot, activity, moment, depth)
}

/// [`decide`] with some gates and ranks; the tests prove with it that none can go.
fn decide_with<'a>(
    gates: &[Gate],
    ranks: &[Rank],
    snapshot: &'a WorkspaceSnapshot,
    activity: &'a UserActivity,
    moment: &Moment<'a>,
    depth: Depth,
) -> Decision<'a> {
    let surveys = match depth {
        Depth::FirstRefusal => snapshot.live_on(moment.trigger),
        Depth::EveryReason => snapshot.all(),
    };
    let mut verdicts: Vec<_> = surveys.map(|survey| verdict(gates, Case::new(snapshot, survey, activity, *moment), depth)).collect();
    let winner = verdicts.iter().filter_map(SurveyVerdict::candidate).max_by(|a, b| rank(ranks, a, b));
    if let Some(winner) = &winner {
        refuse_losers(&mut verdicts, winner.survey.id);
    }
    Decision { verdicts, winner }
}

fn verdict<'a>(gates: &[Gate], mut case: Case<'a>, depth: Depth) -> SurveyVerdict<'a> {
    let reasons = refusals(gates, &mut case, depth);
    let verdict = if reasons.is_empty() { Verdict::Due { event: case.event } } else { Verdict::Refused(reasons) };
    SurveyVerdict { survey: case.survey, verdict }
}

fn refusals(gates: &[Gate], case: &mut Case<'_>, depth: Depth) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for gate in gates {
        if let Some(reason) = (gate.refuses)(case) {
            reasons.push(reason);
            if depth == Depth::FirstRefusal {
                break;
            }
        }
    }
    reasons
}

fn refuse_losers(verdicts: &mut [SurveyVerdict<'_>], winner: SurveyId) {
    for verdict in verdicts {
        let lost = matches!(verdict.verdict, Verdict::Due { .. }) && verdict.survey.id != winner;
        if lost {
            verdict.verdict = Verdict::Refused(vec![Reason::LowerPriority { winner }]);
        }
    }
}

/// One key of the order among due surveys; `Greater` when the first is to be shown.
struct Rank {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the rank in the tests' messages"))]
    name: &'static str,
    compare: fn(&Winner<'_>, &Winner<'_>) -> Ordering,
}

/// Priority, then surveys with an activating event before those without, newest event first, then the survey id.
const RANKS: [Rank; 4] = [
    Rank { name: "priority", compare: |a, b| a.survey.document.launch.priority.cmp(&b.survey.document.launch.priority) },
    Rank { name: "has_event", compare: |a, b| a.event.is_some().cmp(&b.event.is_some()) },
    Rank { name: "newest_event", compare: newest_event },
    Rank { name: "survey_id", compare: |a, b| b.survey.id.cmp(&a.survey.id) },
];

/// Says nothing about a survey without an event: that is the business of the rank before.
fn newest_event(a: &Winner<'_>, b: &Winner<'_>) -> Ordering {
    match (a.event, b.event) {
        (Some(a), Some(b)) => a.recency().cmp(&b.recency()),
        _ => Ordering::Equal,
    }
}

fn rank(ranks: &[Rank], a: &Winner<'_>, b: &Winner<'_>) -> Ordering {
    ranks.iter().map(|rank| (rank.compare)(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests;
