//! What a decision finds out about a user's events once, however many surveys ask: which are of a trigger, what stands at a
//! path of their properties, which were taken back. Nothing of it outlives the decision, nothing of it depends on a survey,
//! and none of it is made before the first survey looks at an event.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Cancellation, WorkspaceSnapshot};
use crate::filter::{Condition, Filter, Spot};
use crate::time::Timestamp;
use crate::trigger::TriggerName;
use crate::user::UserActivity;

/// Most values of properties that are remembered, 24 bytes each; what is beyond is read again for each survey.
const VALUES_MAX: usize = 100_000;

/// Empty until it is asked.
#[derive(Default)]
pub(super) struct Lookup(OnceCell<Index>);

impl Lookup {
    /// The index of the user's events; `None` where there are none.
    pub(super) fn index(&self, activity: &UserActivity) -> Option<&Index> {
        (!activity.events.is_empty()).then(|| self.0.get_or_init(|| Index::new(activity)))
    }
}

/// A user's events. Places are those in [`UserActivity::events`], so a lower one is that of a newer event.
pub(super) struct Index {
    numbers: HashMap<TriggerName, usize>,
    /// By a trigger's number, the places of its events, newest first.
    places: Vec<Vec<usize>>,
    columns: RefCell<Columns>,
    /// By place.
    cancelled: Box<[OnceCell<Option<Cancelled>>]>,
}

/// By number of the trigger and path.
#[derive(Default)]
struct Columns {
    known: HashMap<(usize, Arc<str>), Rc<Column>>,
    values: usize,
}

/// A [`Cancellation`], its trigger as a number.
struct Cancelled {
    by: Option<usize>,
    at: Timestamp,
}

impl Index {
    fn new(activity: &UserActivity) -> Self {
        let mut numbers = HashMap::new();
        let mut places: Vec<Vec<usize>> = Vec::new();
        for (place, event) in activity.events.iter().enumerate() {
            let number = *numbers.entry(event.trigger.clone()).or_insert(places.len());
            if number == places.len() {
                places.push(Vec::new());
            }
            places[number].push(place);
        }
        let cancelled = activity.events.iter().map(|_| OnceCell::new()).collect();
        Self { numbers, places, columns: RefCell::default(), cancelled }
    }

    /// A trigger's number; `None`: the user has no event of it.
    pub(super) fn number(&self, trigger: &TriggerName) -> Option<usize> {
        self.numbers.get(trigger).copied()
    }

    /// The places of a trigger's events, newest first, never none.
    pub(super) fn places(&self, number: usize) -> &[usize] {
        &self.places[number]
    }

    /// For each condition of a filter the values at its path.
    pub(super) fn columns(&self, number: usize, filter: &Filter) -> Vec<Rc<Column>> {
        filter.all.iter().map(|condition| self.column(number, &condition.path)).collect()
    }

    fn column(&self, number: usize, path: &Arc<str>) -> Rc<Column> {
        let mut columns = self.columns.borrow_mut();
        let key = (number, Arc::clone(path));
        if let Some(known) = columns.known.get(&key) {
            return Rc::clone(known);
        }
        let rows = self.places[number].len();
        let column = Rc::new(Column((0..rows).map(|_| OnceCell::new()).collect()));
        if columns.values + rows <= VALUES_MAX {
            columns.values += rows;
            columns.known.insert(key, Rc::clone(&column));
        }
        column
    }

    /// [`WorkspaceSnapshot::cancellation`] of the event at a place.
    pub(super) fn cancellation<'a>(
        &self,
        snapshot: &'a WorkspaceSnapshot,
        activity: &'a UserActivity,
        place: usize,
    ) -> Option<Cancellation<'a>> {
        if !snapshot.may_cancel(activity) {
            return None;
        }
        let found = self.cancelled[place].get_or_init(|| {
            let found = snapshot.cancellation(activity, &activity.events[place])?;
            Some(Cancelled { by: found.by.and_then(|by| self.number(by)), at: found.at })
        });
        let found = found.as_ref()?;
        let by = found.by.map(|number| &activity.events[self.places[number][0]].trigger);
        Some(Cancellation { by, at: found.at })
    }
}

/// What stands at one path of the properties of one trigger's events, newest first; each is looked for when first asked
/// for.
pub(super) struct Column(Box<[OnceCell<Option<Spot>>]>);

impl Column {
    /// Whether a condition, whose path is the column's, holds for the event in a row.
    pub(super) fn holds(&self, condition: &Condition, row: usize, properties: &str) -> bool {
        let spot = self.0[row].get_or_init(|| Spot::find(properties, &condition.path));
        condition.holds_at(*spot, properties)
    }
}

#[cfg(test)]
mod tests {
    use crate::decide::{Completed, Depth, Moment, Verdict, WorkspaceSnapshot, decide};
    use crate::event::{EventId, EventRecord, EventSeq};
    use crate::id::{SurveyId, WorkspaceId};
    use crate::properties::Properties;
    use crate::survey::{Survey, SurveyStatus, parse_document};
    use crate::time::{Span, Timestamp};
    use crate::trigger::TriggerName;
    use crate::user::{Namespace, UserActivity, UserId, UserRef};

    const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn survey(number: u8, trigger: &str, conditions: &str) -> Survey {
        let document = format!(
            r#"{{"format_version":1,"name":"S","default_language":"en","questions":[{{"id":"q","type":"nps_feedback","title":{{"en":"Q"}}}}],
            "launch":{{"frontend_triggers":[{{"name":"Here"}}],"activation":{{"backend_triggers":[{{"name":"{trigger}",
            "filter":{{"all":[{conditions}]}}}}],"expires_after_secs":3600}}}}}}"#
        );
        let document = parse_document(&document).unwrap_or_else(|wrong| panic!("{conditions}: {wrong:?}"));
        Survey { id: SurveyId::from_bytes([number; 16]), version: 1, status: SurveyStatus::Live, document: document.into() }
    }

    fn user(events: &[(&str, &str)]) -> UserActivity {
        let mut activity =
            UserActivity::unknown(UserRef { workspace: WORKSPACE, namespace: Namespace::Identified, id: UserId::new("a").unwrap() });
        for (ago, (trigger, properties)) in (1..).zip(events) {
            let at = NOW - Span::from_secs(ago);
            activity.events.push(EventRecord {
                id: EventId::from_stored("e"),
                trigger: TriggerName::new(trigger).unwrap(),
                effective_at: at,
                received_at: at,
                seq: EventSeq(1_000 - ago.unsigned_abs()),
                properties: Properties::parse(properties).unwrap().0,
            });
        }
        activity
    }

    /// What was remembered for the surveys before must not show: the event of each is the newest that passes its filter,
    /// read afresh.
    #[test]
    fn each_survey_finds_what_it_would_find_alone() {
        let values = ["7.5", "7.50", "\"7.5\"", "8", "-1e3", "9007199254740993", "null", "true", "\"caf\\u00e9\"", "[7.5,8]", "{\"b\":8}"];
        let mut events: Vec<(&str, String)> = Vec::new();
        for value in values {
            events.extend([("one", format!(r#"{{"z":0,"a":{value}}}"#)), ("other", format!(r#"{{"a":{{"b":{value}}}}}"#))]);
        }
        events.push(("one", "{}".to_owned()));
        let events: Vec<(&str, &str)> = events.iter().map(|(trigger, properties)| (*trigger, properties.as_str())).collect();
        let activity = user(&events);
        let operators = ["equals", "not_equals", "greater", "greater_or_equal", "less", "less_or_equal"];
        let mut conditions: Vec<String> = Vec::new();
        for path in ["a", "a.b"] {
            for operator in operators {
                for value in ["7.5", "8", "-1000", "9007199254740992"] {
                    conditions.push(format!(r#"{{"path":"{path}","op":"{operator}","value":{value}}}"#));
                }
            }
            conditions.push(format!(r#"{{"path":"{path}","op":"contains","value":8}},{{"path":"{path}","op":"exists"}}"#));
            conditions.push(format!(r#"{{"path":"{path}","op":"starts_with","value":"café"}}"#));
        }
        let both = conditions.iter().flat_map(|conditions| [("one", conditions), ("other", conditions)]);
        let surveys: Vec<Survey> = (1..).zip(both).map(|(number, (trigger, conditions))| survey(number, trigger, conditions)).collect();
        let snapshot = WorkspaceSnapshot::new(WORKSPACE, Span::ZERO, surveys);
        let (properties, completed) = (Properties::empty(), Completed::none());
        let moment = Moment { trigger: None, properties: &properties, platform: None, sequence: None, completed: &completed, now: NOW };
        let decision = decide(&snapshot, &activity, &moment, Depth::FirstRefusal);
        for looked_at in &decision.verdicts {
            let rule = &looked_at.survey.document.launch.activation.as_ref().unwrap().backend_triggers[0];
            let passes = |event: &&EventRecord| event.trigger == rule.name && rule.filter.first_failure(&event.properties).is_none();
            let found = match &looked_at.verdict {
                Verdict::Due { due } => due.as_ref().map(|due| due.newest),
                Verdict::Refused(_) => None,
            };
            assert_eq!(found, activity.events.iter().find(passes), "{rule:?}");
        }
        let due = decision.verdicts.iter().filter(|looked_at| matches!(looked_at.verdict, Verdict::Due { .. })).count();
        assert!(due > 0 && due < decision.verdicts.len());
    }
}
