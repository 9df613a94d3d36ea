//! The gates, one small function each: a gate names the reason it refuses for, or lets the case pass.

use sha2::{Digest, Sha256};

use super::activation::{Check, Search};
use super::lookup::Lookup;
use super::{DueEvents, Moment, Reason, WorkspaceSnapshot};
use crate::audience::Person;
use crate::event::EventRecord;
use crate::id::SurveyId;
use crate::survey::launch::{EventsNeeded, RepeatUntil, SamplingRate, TriggerRule};
use crate::survey::schedule::Closed;
use crate::survey::{Survey, SurveyStatus};
use crate::time::{Span, Timestamp};
use crate::user::{UserActivity, UserRef};

/// One survey, one user, one moment.
pub(super) struct Case<'c, 'a> {
    pub(super) snapshot: &'a WorkspaceSnapshot,
    pub(super) survey: &'a Survey,
    pub(super) activity: &'a UserActivity,
    pub(super) moment: Moment<'a>,
    /// Of each event.
    pub(super) checks: &'c [Check],
    /// What was found out about the user's events for the surveys before.
    pub(super) lookup: &'c Lookup,
    /// The activating event, once the event gate has passed.
    pub(super) event: Option<&'a EventRecord>,
}

impl<'a> Case<'_, 'a> {
    /// The events of a case that no gate refused.
    pub(super) fn due_events(&self) -> Option<DueEvents<'a>> {
        let newest = self.event?;
        let activation = self.survey.document.launch.activation.as_ref()?;
        let mut counted = Vec::new();
        Search::new(self, activation).each_due(|event| counted.push(event)).ok()?;
        let by_trigger = if activation.needed == EventsNeeded::OfEach { counted.clone() } else { Vec::new() };
        counted.sort_by_key(|event| std::cmp::Reverse(event.recency()));
        Some(DueEvents { newest, by_trigger, counted })
    }
}

/// A gate and its name.
pub(super) struct Gate {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the gate in the tests' messages"))]
    pub(super) name: &'static str,
    pub(super) refuses: fn(&mut Case<'_, '_>) -> Option<Reason>,
}

/// All gates, cheapest and most telling first.
pub(super) const GATES: [Gate; 13] = [
    Gate { name: "live", refuses: live },
    Gate { name: "schedule", refuses: schedule },
    Gate { name: "quota", refuses: quota },
    Gate { name: "trigger", refuses: trigger },
    Gate { name: "trigger_filter", refuses: trigger_filter },
    Gate { name: "trigger_sequence", refuses: trigger_sequence },
    Gate { name: "platform", refuses: platform },
    Gate { name: "event", refuses: event },
    Gate { name: "audience", refuses: audience },
    Gate { name: "repeat", refuses: repeat },
    Gate { name: "wait_period", refuses: wait_period },
    Gate { name: "sampling", refuses: sampling },
    Gate { name: "claim", refuses: claim },
];

fn live(case: &mut Case<'_, '_>) -> Option<Reason> {
    let status = case.survey.status;
    (status != SurveyStatus::Live).then_some(Reason::NotLive { status })
}

fn schedule(case: &mut Case<'_, '_>) -> Option<Reason> {
    let closed = case.survey.document.launch.schedule.as_ref()?.closed(case.moment.now)?;
    Some(match closed {
        Closed::NotStarted { starts_at } => Reason::NotStarted { starts_at },
        Closed::Ended { ended_at } => Reason::Ended { ended_at },
        Closed::OutsideHours { opens_at } => Reason::OutsideHours { opens_at },
    })
}

fn quota(case: &mut Case<'_, '_>) -> Option<Reason> {
    let quota = case.survey.document.launch.quota?;
    let completed = case.moment.completed.of(case.survey.id);
    (completed >= quota).then_some(Reason::QuotaReached { completed, quota })
}

fn trigger(case: &mut Case<'_, '_>) -> Option<Reason> {
    case.moment.trigger?;
    listed_trigger(case).is_none().then_some(Reason::WrongTrigger)
}

/// The survey's rule for the trigger that was fired.
fn listed_trigger<'a>(case: &Case<'_, 'a>) -> Option<&'a TriggerRule> {
    let fired = case.moment.trigger?;
    case.survey.document.launch.frontend_triggers.iter().find(|rule| rule.name.as_str() == fired)
}

fn trigger_filter(case: &mut Case<'_, '_>) -> Option<Reason> {
    let failed = listed_trigger(case)?.filter.first_failure(case.moment.properties)?;
    Some(Reason::TriggerFilter { path: failed.path.clone() })
}

/// Each name is looked for after the one before it: whatever is found earliest leaves most for the others.
fn trigger_sequence(case: &mut Case<'_, '_>) -> Option<Reason> {
    let mut fired = case.moment.sequence?.iter();
    let wanted = &case.survey.document.launch.trigger_sequence;
    let missing = wanted.iter().find(|name| !fired.any(|fired| fired == *name))?;
    Some(Reason::TriggerSequence { missing: missing.clone() })
}

fn platform(case: &mut Case<'_, '_>) -> Option<Reason> {
    let listed = case.survey.document.launch.platforms.contains(&case.moment.platform?);
    (!listed).then_some(Reason::WrongPlatform)
}

fn event(case: &mut Case<'_, '_>) -> Option<Reason> {
    let activation = case.survey.document.launch.activation.as_ref()?;
    let mut newest: Option<&EventRecord> = None;
    let found = Search::new(case, activation).each_due(|event| {
        newest = newest.filter(|newest| newest.recency() > event.recency()).or(Some(event));
    });
    case.event = newest.filter(|_| found.is_ok());
    found.err()
}

fn audience(case: &mut Case<'_, '_>) -> Option<Reason> {
    let audience = case.survey.document.launch.audience.as_ref()?;
    let person = Person { state: &case.activity.state, cohorts: &case.snapshot.cohorts, now: case.moment.now };
    audience.unmet(person).map(Reason::Audience)
}

fn repeat(case: &mut Case<'_, '_>) -> Option<Reason> {
    let history = case.activity.state.surveys.get(&case.survey.id)?;
    let repeat = case.survey.document.launch.repeat;
    let used_up = match repeat.until {
        RepeatUntil::ShownTimes(times) => history.shown_count >= times,
        RepeatUntil::Answered => history.first_answered_at.is_some(),
        RepeatUntil::Completed => history.completed_at.is_some(),
        RepeatUntil::Always => false,
    };
    let again_at = history.last_shown_at.and_then(|shown| pause_end(shown, repeat.min_between));
    let too_soon = again_at.filter(|again| case.moment.now < *again);
    let limit = |again_at| Reason::RepeatLimit { until: repeat.until, shown_count: history.shown_count, again_at };
    if used_up { Some(limit(None)) } else { too_soon.map(|again| limit(Some(again))) }
}

/// When the pause after a showing ends. No pause holds nothing back, even if the showing was stamped by another node
/// whose clock is ahead.
fn pause_end(shown: Timestamp, pause: Span) -> Option<Timestamp> {
    (pause > Span::ZERO).then(|| shown + pause)
}

fn wait_period(case: &mut Case<'_, '_>) -> Option<Reason> {
    if case.survey.document.launch.ignores_wait_period {
        return None;
    }
    let until = pause_end(case.activity.state.last_shown_at?, case.snapshot.wait_period)?;
    (case.moment.now < until).then_some(Reason::WaitPeriod { until })
}

fn sampling(case: &mut Case<'_, '_>) -> Option<Reason> {
    let rate = case.survey.document.launch.sampling;
    if rate == SamplingRate::ALL {
        return None;
    }
    let point = sampling_point(case.survey.id, &case.activity.user);
    let rate = rate.basis_points();
    (point >= rate).then_some(Reason::NotSampled { point, rate })
}

/// Where a user falls for a survey, 0 to 9 999: the first eight bytes, big-endian, of SHA-256 over the survey id's
/// sixteen bytes and the user id's UTF-8, modulo 10 000. Stable over restarts, nodes, versions and the rate: raising
/// the rate only adds users.
pub fn sampling_point(survey: SurveyId, user: &UserRef) -> u16 {
    let digest = Sha256::new().chain_update(survey.as_bytes()).chain_update(user.id.as_str()).finalize();
    let mut first = [0_u8; 8];
    first.copy_from_slice(&digest[..8]);
    (u64::from_be_bytes(first) % 10_000) as u16
}

fn claim(case: &mut Case<'_, '_>) -> Option<Reason> {
    let claim = case.activity.state.live_claim(case.moment.now)?;
    Some(Reason::ClaimedElsewhere { lease_until: claim.lease_until })
}
