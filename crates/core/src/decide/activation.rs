//! Which backend events make a survey due.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use super::gates::Case;
use super::lookup::{Column, Index};
use super::{Cancellation, Reason};
use crate::event::EventRecord;
use crate::filter::Condition;
use crate::survey::launch::{Activation, EventsNeeded, TriggerRule};
use crate::time::Timestamp;
use crate::user::Consumption;

/// A reason for which an event does not count, and its name.
pub(super) struct Check {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the check in the tests' messages"))]
    pub(super) name: &'static str,
    pub(super) finds: for<'a> fn(&Look<'_, 'a>) -> Option<Finding<'a>>,
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
#[derive(Clone, Copy)]
pub(super) enum Finding<'a> {
    /// This event does not count; an older one may.
    Skip(Why<'a>),
    /// Neither this event counts nor any older one.
    Stop(Why<'a>),
}

/// Why an event does not count. Most are never told, so a [`Reason`] is made only of the one that is.
#[derive(Clone, Copy)]
pub(super) enum Why<'a> {
    Expired {
        expired_at: Timestamp,
    },
    Consumed,
    Superseded {
        consumed_at: Timestamp,
    },
    /// The condition that does not hold.
    Filter(&'a Condition),
    Cancelled(Cancellation<'a>),
    NotYet {
        opens_at: Timestamp,
    },
}

impl Why<'_> {
    fn reason(self, activation: &Activation, event: &EventRecord) -> Reason {
        let (trigger, effective_at) = (event.trigger.clone(), event.effective_at);
        match self {
            Self::Expired { expired_at } => Reason::EventExpired { trigger, expired_at, window: activation.expires_after },
            Self::Consumed => Reason::EventConsumed { trigger, effective_at },
            Self::Superseded { consumed_at } => Reason::EventSuperseded { trigger, effective_at, consumed_at },
            Self::Filter(failed) => Reason::EventFilter { trigger, effective_at, path: Arc::clone(&failed.path) },
            Self::Cancelled(Cancellation { by, at }) => Reason::EventCancelled { trigger, effective_at, by: by.cloned(), cancelled_at: at },
            Self::NotYet { opens_at } => Reason::EventNotYet { trigger, opens_at },
        }
    }
}

/// One event as the checks see it.
pub(super) struct Look<'c, 'a> {
    pub(super) search: &'c Search<'c, 'a>,
    pub(super) rule: &'a TriggerRule,
    pub(super) event: &'a EventRecord,
    index: &'c Index,
    next: Next<'c, 'a>,
}

/// A case whose survey waits for backend events.
pub(super) struct Search<'c, 'a> {
    pub(super) case: &'c Case<'c, 'a>,
    pub(super) activation: &'a Activation,
    /// The newest event that this survey has asked about.
    pub(super) newest_consumed: Option<&'a Consumption>,
}

/// The events of one backend trigger of the survey, newest first.
struct Queue<'c, 'a> {
    rule: &'a TriggerRule,
    number: usize,
    places: &'c [usize],
    /// How many of the places were taken.
    taken: usize,
    /// What the rule's filter is about; found out once the first event gets that far.
    columns: OnceCell<Vec<Rc<Column>>>,
}

/// The next event of a queue.
struct Next<'q, 'a> {
    queue: &'q Queue<'q, 'a>,
    /// Among all of the user's events.
    place: usize,
    /// Among those of the trigger.
    row: usize,
}

/// A queue for each trigger of which the user has events. Of two rules for one trigger the first has its events.
fn queues<'c, 'a>(index: &'c Index, rules: &'a [TriggerRule]) -> Vec<Queue<'c, 'a>> {
    let mut queues: Vec<Queue<'c, 'a>> = Vec::with_capacity(rules.len());
    for rule in rules {
        let number = index.number(&rule.name).filter(|number| queues.iter().all(|queue| queue.number != *number));
        queues.extend(number.map(|number| Queue { rule, number, places: index.places(number), taken: 0, columns: OnceCell::new() }));
    }
    queues
}

/// Takes the newest event of all queues.
fn next_of<'q, 'a>(queues: &'q mut [Queue<'_, 'a>]) -> Option<Next<'q, 'a>> {
    let newest = queues.iter_mut().filter(|queue| queue.taken < queue.places.len()).min_by_key(|queue| queue.places[queue.taken])?;
    newest.taken += 1;
    let row = newest.taken - 1;
    Some(Next { place: newest.places[row], row, queue: newest })
}

impl<'c, 'a> Search<'c, 'a> {
    pub(super) fn new(case: &'c Case<'c, 'a>, activation: &'a Activation) -> Self {
        let marks = case.activity.consumed.iter().filter(|mark| mark.survey == case.survey.id);
        Self { case, activation, newest_consumed: marks.max_by_key(|mark| (mark.effective_at, mark.seq)) }
    }

    /// Takes every event that makes the survey due. On failure what was taken is void, and the reason speaks of the newest
    /// event: with *all of* of the first trigger that has none that counts.
    pub(super) fn each_due(&self, mut take: impl FnMut(&'a EventRecord)) -> Result<(), Reason> {
        let triggers = &self.activation.backend_triggers;
        match self.activation.needed {
            EventsNeeded::AtLeast(needed) => {
                let sole = || if let [rule] = &triggers[..] { Some(rule.name.clone()) } else { None };
                self.newest(needed, triggers, take).map_err(|short| match (short.found, short.nearest) {
                    (1.., _) => Reason::EventTooFew { found: short.found, needed },
                    (0, nearest) => nearest.unwrap_or_else(|| Reason::NoEvent { trigger: sole() }),
                })
            }
            EventsNeeded::OfEach => triggers.iter().try_for_each(|rule| {
                let none = || Reason::NoEvent { trigger: Some(rule.name.clone()) };
                self.newest(1, std::slice::from_ref(rule), &mut take).map_err(|short| short.nearest.unwrap_or_else(none))
            }),
        }
    }

    /// Takes the newest events that count, until there are as many as needed.
    fn newest(&self, needed: u32, rules: &'a [TriggerRule], mut take: impl FnMut(&'a EventRecord)) -> Result<(), Shortage> {
        let Some(index) = self.case.lookup.index(self.case.activity) else { return Err(Shortage { found: 0, nearest: None }) };
        let mut queues = queues(index, rules);
        let (mut found, mut nearest) = (0, None);
        while let Some(next) = next_of(&mut queues) {
            let look = Look { search: self, rule: next.queue.rule, event: &self.case.activity.events[next.place], index, next };
            match self.finding(&look) {
                None => {
                    take(look.event);
                    found += 1;
                    if found >= needed {
                        return Ok(());
                    }
                }
                Some(Finding::Skip(why)) => nearest = nearest.or(Some((why, look.event))),
                Some(Finding::Stop(why)) => {
                    nearest = nearest.or(Some((why, look.event)));
                    break;
                }
            }
        }
        Err(Shortage { found, nearest: nearest.map(|(why, event)| why.reason(self.activation, event)) })
    }

    fn finding(&self, look: &Look<'_, 'a>) -> Option<Finding<'a>> {
        self.case.checks.iter().find_map(|check| (check.finds)(look))
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
pub(super) fn expired<'a>(look: &Look<'_, 'a>) -> Option<Finding<'a>> {
    let expired_at = look.event.effective_at + look.search.activation.expires_after;
    let is_over = look.search.case.moment.now >= expired_at;
    is_over.then_some(Finding::Stop(Why::Expired { expired_at }))
}

/// The survey was already shown for a moment at least as new as every event up to the newest it has asked about.
pub(super) fn consumed<'a>(look: &Look<'_, 'a>) -> Option<Finding<'a>> {
    let (event, newest) = (look.event, look.search.newest_consumed?);
    if event.recency() > (newest.effective_at, newest.seq) {
        return None;
    }
    Some(Finding::Stop(if look.search.has_consumed(event) { Why::Consumed } else { Why::Superseded { consumed_at: newest.effective_at } }))
}

pub(super) fn filter<'a>(look: &Look<'_, 'a>) -> Option<Finding<'a>> {
    let (queue, filter) = (look.next.queue, &look.rule.filter);
    if filter.all.is_empty() {
        return None;
    }
    let columns = queue.columns.get_or_init(|| look.index.columns(queue.number, filter));
    let properties = look.event.properties.as_str();
    let failed = filter.all.iter().zip(columns).find(|(condition, column)| !column.holds(condition, look.next.row, properties));
    failed.map(|(condition, _)| Finding::Skip(Why::Filter(condition)))
}

/// Before its window is looked at: no waiting brings it back.
pub(super) fn cancelled<'a>(look: &Look<'_, 'a>) -> Option<Finding<'a>> {
    let case = look.search.case;
    look.index.cancellation(case.snapshot, case.activity, look.next.place).map(|cancellation| Finding::Skip(Why::Cancelled(cancellation)))
}

pub(super) fn not_yet<'a>(look: &Look<'_, 'a>) -> Option<Finding<'a>> {
    let opens_at = look.event.effective_at + look.search.activation.delay;
    let is_early = look.search.case.moment.now < opens_at;
    is_early.then_some(Finding::Skip(Why::NotYet { opens_at }))
}
