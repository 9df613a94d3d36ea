//! Which events were taken back: by a later event of a trigger that cancels theirs, or one by one, by id.

use std::collections::HashMap;

use super::WorkspaceSnapshot;
use crate::display::Display;
use crate::event::{EventRecord, EventSeq};
use crate::filter::same_at;
use crate::time::Timestamp;
use crate::trigger::{Cancels, PropertyPath, TriggerName};
use crate::user::{CancelMark, UserActivity};

/// Why an event counts no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancellation<'a> {
    /// The backend trigger whose event cancelled it; `None`: it was cancelled by id.
    pub by: Option<&'a TriggerName>,
    /// The effective time of that event, or when the call came.
    pub at: Timestamp,
}

/// The rules of a workspace, by the trigger whose events they cancel.
#[derive(Clone, Debug, Default)]
pub(super) struct CancelRules(HashMap<TriggerName, Vec<CancelRule>>);

#[derive(Clone, Debug)]
struct CancelRule {
    by: TriggerName,
    equal_property: Option<PropertyPath>,
}

impl CancelRules {
    /// From what each trigger cancels.
    pub(super) fn new(rules: impl IntoIterator<Item = (TriggerName, Cancels)>) -> Self {
        let mut by_cancelled: HashMap<TriggerName, Vec<CancelRule>> = HashMap::new();
        for (by, cancels) in rules {
            by_cancelled.entry(cancels.trigger).or_default().push(CancelRule { by, equal_property: cancels.equal_property });
        }
        Self(by_cancelled)
    }

    /// The first event that cancelled `event`: of a cancelling trigger, later by effective time, at the same moment not.
    /// An event that was itself cancelled by id never happened, so it cancels nothing; one that another event cancelled
    /// did happen.
    fn first_later<'a>(&self, activity: &'a UserActivity, event: &EventRecord) -> Option<&'a EventRecord> {
        let rules = self.0.get(&event.trigger)?;
        let cancels = |later: &&EventRecord| rules.iter().any(|rule| rule.fits(later, event)) && mark_of(activity, later.seq).is_none();
        activity.events.iter().take_while(|later| later.effective_at > event.effective_at).filter(cancels).last()
    }
}

impl CancelRule {
    fn fits(&self, later: &EventRecord, event: &EventRecord) -> bool {
        let is_same = |path: &PropertyPath| same_at(path.as_str(), &later.properties, &event.properties);
        self.by == later.trigger && self.equal_property.as_ref().is_none_or(is_same)
    }
}

/// The mark that an event was cancelled by id.
fn mark_of(activity: &UserActivity, event: EventSeq) -> Option<&CancelMark> {
    activity.cancelled.iter().find(|mark| mark.event.seq == event)
}

impl WorkspaceSnapshot {
    /// Whether any event of this user can have been taken back at all.
    pub(super) fn may_cancel(&self, activity: &UserActivity) -> bool {
        !(activity.cancelled.is_empty() && self.cancels.0.is_empty())
    }

    /// Whether and why an event of this user was taken back. Like every decision it sees of each trigger the newest events
    /// that are at most 100 hours old.
    pub fn cancellation<'a>(&self, activity: &'a UserActivity, event: &EventRecord) -> Option<Cancellation<'a>> {
        if let Some(mark) = mark_of(activity, event.seq) {
            return Some(Cancellation { by: None, at: mark.cancelled_at });
        }
        let by = self.cancels.first_later(activity, event)?;
        Some(Cancellation { by: Some(&by.trigger), at: by.effective_at })
    }

    /// Whether any event that a display is about was taken back.
    pub(crate) fn is_cancelled(&self, activity: &UserActivity, display: &Display) -> bool {
        display.consumes.iter().any(|mark| {
            let snapshots = display.event.iter().chain(&display.events).map(|event| &**event);
            let event = snapshots.chain(&activity.events).find(|event| event.seq == mark.seq);
            match event {
                Some(event) => self.cancellation(activity, event).is_some(),
                None => mark_of(activity, mark.seq).is_some(),
            }
        })
    }
}
