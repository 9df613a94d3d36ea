//! Which backend events make a survey due.

use super::Reason;
use super::gates::Case;
use crate::event::EventRecord;
use crate::survey::launch::{Activation, EventsNeeded, TriggerRule};
use crate::user::Consumption;

/// A reason for which an event does not count, and its name.
pub(super) struct Check {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the check in the tests' messages"))]
    pub(super) name: &'static str,
    pub(super) finds: fn(&Look<'_, '_>) -> Option<Finding>,
}

/// All checks of one event, the first that finds something counts. Those that stop come first.
pub(super) const CHECKS: [Check; 5] = [
    Check { name: "expired", finds: expired },
    Check { name: "consumed", finds: consumed },
    Check { name: "filter", finds: filter },
    Check { name: "cancelled", finds: cancelled },
    Check { name: "not_yet", finds: not_yet },
];

/// What a check finds.
pub(super) enum Finding {
    /// This event does not count; an older one may.
    Skip(Reason),
    /// Neither this event counts nor any older one.
    Stop(Reason),
}

/// One event as the checks see it.
pub(super) struct Look<'c, 'a> {
    pub(super) search: &'c Search<'c, 'a>,
    pub(super) rule: &'a TriggerRule,
    pub(super) event: &'a EventRecord,
}

/// A case whose survey waits for backend events.
pub(super) struct Search<'c, 'a> {
    pub(super) case: &'c Case<'a>,
    pub(super) activation: &'a Activation,
    /// The newest event that this survey has asked about.
    pub(super) newest_consumed: Option<&'a Consumption>,
}

impl<'c, 'a> Search<'c, 'a> {
    pub(super) fn new(case: &'c Case<'a>, activation: &'a Activation) -> Self {
        let marks = case.activity.consumed.iter().filter(|mark| mark.survey == case.survey.id);
        Self { case, activation, newest_consumed: marks.max_by_key(|mark| (mark.effective_at, mark.seq)) }
    }

    /// Takes every event that makes the survey due. On failure what was taken is void, and the reason speaks of the newest
    /// event: with *all of* of the first trigger that has none that counts.
    pub(super) fn each_due(&self, mut take: impl FnMut(&'a EventRecord)) -> Result<(), Reason> {
        let triggers = &self.activation.backend_triggers;
        match self.activation.needed {
            EventsNeeded::AtLeast(needed) => {
                let rule_of = |event: &EventRecord| triggers.iter().find(|rule| rule.name == event.trigger);
                let sole = || if let [rule] = &triggers[..] { Some(rule.name.clone()) } else { None };
                self.newest(needed, rule_of, take).map_err(|short| match (short.found, short.nearest) {
                    (1.., _) => Reason::EventTooFew { found: short.found, needed },
                    (0, nearest) => nearest.unwrap_or_else(|| Reason::NoEvent { trigger: sole() }),
                })
            }
            EventsNeeded::OfEach => triggers.iter().try_for_each(|rule| {
                let rule_of = |event: &EventRecord| (event.trigger == rule.name).then_some(rule);
                let none = || Reason::NoEvent { trigger: Some(rule.name.clone()) };
                self.newest(1, rule_of, &mut take).map_err(|short| short.nearest.unwrap_or_else(none))
            }),
        }
    }

    /// Takes the newest events that count, until there are as many as needed. Events come newest first.
    fn newest(
        &self,
        needed: u32,
        rule_of: impl Fn(&EventRecord) -> Option<&'a TriggerRule>,
        mut take: impl FnMut(&'a EventRecord),
    ) -> Result<(), Shortage> {
        let mut short = Shortage { found: 0, nearest: None };
        for (event, rule) in self.case.activity.events.iter().filter_map(|event| Some((event, rule_of(event)?))) {
            match self.finding(rule, event) {
                None => {
                    take(event);
                    short.found += 1;
                    if short.found >= needed {
                        return Ok(());
                    }
                }
                Some(Finding::Skip(reason)) => short.nearest = short.nearest.or(Some(reason)),
                Some(Finding::Stop(reason)) => {
                    short.nearest = short.nearest.or(Some(reason));
                    break;
                }
            }
        }
        Err(short)
    }

    fn finding(&self, rule: &'a TriggerRule, event: &'a EventRecord) -> Option<Finding> {
        let look = Look { search: self, rule, event };
        self.case.checks.iter().find_map(|check| (check.finds)(&look))
    }

    /// Whether this survey has asked about this very event.
    fn has_consumed(&self, event: &EventRecord) -> bool {
        self.case.activity.consumed.iter().any(|mark| mark.survey == self.case.survey.id && mark.seq == event.seq)
    }
}

/// Fewer events than needed.
struct Shortage {
    found: u32,
    /// Why the newest event that does not count does not.
    nearest: Option<Reason>,
}

/// Everything older has the same window: it is closed, too.
pub(super) fn expired(look: &Look<'_, '_>) -> Option<Finding> {
    let window = look.search.activation.expires_after;
    let expired_at = look.event.effective_at + window;
    let is_over = look.search.case.moment.now >= expired_at;
    is_over.then(|| Finding::Stop(Reason::EventExpired { trigger: look.event.trigger.clone(), expired_at, window }))
}

/// The survey was already shown for a moment at least as new as every event up to the newest it has asked about.
pub(super) fn consumed(look: &Look<'_, '_>) -> Option<Finding> {
    let (event, newest) = (look.event, look.search.newest_consumed?);
    if event.recency() > (newest.effective_at, newest.seq) {
        return None;
    }
    let (trigger, effective_at) = (event.trigger.clone(), event.effective_at);
    Some(Finding::Stop(if look.search.has_consumed(event) {
        Reason::EventConsumed { trigger, effective_at }
    } else {
        Reason::EventSuperseded { trigger, effective_at, consumed_at: newest.effective_at }
    }))
}

pub(super) fn filter(look: &Look<'_, '_>) -> Option<Finding> {
    let failed = look.rule.filter.first_failure(&look.event.properties)?;
    let (trigger, effective_at) = (look.event.trigger.clone(), look.event.effective_at);
    Some(Finding::Skip(Reason::EventFilter { trigger, effective_at, path: failed.path.clone() }))
}

/// Before its window is looked at: no waiting brings it back.
pub(super) fn cancelled(look: &Look<'_, '_>) -> Option<Finding> {
    let case = look.search.case;
    let cancellation = case.snapshot.cancellation(case.activity, look.event)?;
    Some(Finding::Skip(Reason::EventCancelled {
        trigger: look.event.trigger.clone(),
        effective_at: look.event.effective_at,
        by: cancellation.by.cloned(),
        cancelled_at: cancellation.at,
    }))
}

pub(super) fn not_yet(look: &Look<'_, '_>) -> Option<Finding> {
    let opens_at = look.event.effective_at + look.search.activation.delay;
    let is_early = look.search.case.moment.now < opens_at;
    is_early.then(|| Finding::Skip(Reason::EventNotYet { trigger: look.event.trigger.clone(), opens_at }))
}
