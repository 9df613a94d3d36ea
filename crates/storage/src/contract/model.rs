//! Random histories: the engine and the reference model must answer alike and end alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use sonde_core::answer::Answer;
use sonde_core::display::{Display, DisplayState, UserChange};
use sonde_core::event::{EventId, EventRecord, EventSeq};
use sonde_core::id::DisplayId;
use sonde_core::properties::{JsonType, Properties};
use sonde_core::time::{Span, Timestamp};
use sonde_core::user::{CancelMark, Consumption, EventMark, Namespace, UserActivity, UserId, UserRef};

use super::Harness;
use super::fixtures::{
    all_responses, anonymous, change, claimed, continue_merge, display_id, display_of, key, load, merge, noon, observation,
    state_with_claim, survey, trigger, user, user_id, workspace,
};
use crate::memory::MemoryStore;
use crate::{Activity, Append, Erase, ErasedResponses, EventFingerprint, Observation, Outcome, ResponseRow, Write};

/// Histories per run. Each opens an engine of its own, crashes it and reopens it a few times, which is what takes the time.
const HISTORIES: u32 = 48;
const STEPS_MAX: usize = 30;
const WORKSPACES: u8 = 2;
const TRIGGERS: u8 = 3;
const DISPLAYS_MAX: u16 = 12;

/// One step of a history. Users, displays and the like are numbers, made to fit when they are used.
#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Op>),
    DropExpired,
    Wait(Span),
    Crash,
    Reopen,
}

#[derive(Clone, Debug)]
enum Op {
    Append { user: u8, id: Option<u8>, fingerprint: u8, trigger: u8, ago: Span },
    Change { user: u8, is_stale: bool, what: What },
    Merge { from: u8, into: u8 },
    ContinueMerge { from: u8, into: u8 },
    Erase { user: u8, keeps_answers: bool },
    ContinueErase { user: u8 },
    Observe { trigger: u8, count: u64 },
}

#[derive(Clone, Copy, Debug)]
enum What {
    Attribute(u8),
    /// Claims a display with one of the events.
    Claim {
        display: u16,
        event: usize,
    },
    /// Cancels one of the events by id, perhaps again.
    Cancel {
        event: usize,
    },
    /// Shows a display, consuming its events.
    Show {
        display: u16,
    },
    /// Saves another answer of a display.
    Answer {
        display: u16,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => prop::collection::vec(op(), 1..5).prop_map(Step::Commit),
        1 => Just(Step::DropExpired),
        3 => prop_oneof![Just(1), Just(3_600_000), Just(20 * 3_600_000), Just(60 * 3_600_000)].prop_map(|millis| Step::Wait(Span::from_millis(millis))),
        1 => Just(Step::Crash),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..STEPS_MAX)
}

fn op() -> impl Strategy<Value = Op> {
    let what = prop_oneof![
        any::<u8>().prop_map(What::Attribute),
        (0..DISPLAYS_MAX, 0..4_usize).prop_map(|(display, event)| What::Claim { display, event }),
        (0..4_usize).prop_map(|event| What::Cancel { event }),
        (0..DISPLAYS_MAX).prop_map(|display| What::Show { display }),
        (0..DISPLAYS_MAX).prop_map(|display| What::Answer { display }),
    ];
    let ago = prop_oneof![Just(0), 0..360_000_000_i64].prop_map(Span::from_millis);
    prop_oneof![
        5 => (any::<u8>(), prop::option::of(0..4_u8), 0..2_u8, 0..TRIGGERS, ago)
            .prop_map(|(user, id, fingerprint, trigger, ago)| Op::Append { user, id, fingerprint, trigger, ago }),
        5 => (any::<u8>(), prop::bool::weighted(0.1), what).prop_map(|(user, is_stale, what)| Op::Change { user, is_stale, what }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(from, into)| Op::Merge { from, into }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(from, into)| Op::ContinueMerge { from, into }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(user, keeps_answers)| Op::Erase { user, keeps_answers }),
        2 => any::<u8>().prop_map(|user| Op::ContinueErase { user }),
        1 => (0..TRIGGERS, 1..5_u64).prop_map(|(trigger, count)| Op::Observe { trigger, count }),
    ]
}

/// Few users, so that histories meet; most in one workspace.
fn users() -> Vec<UserRef> {
    let elsewhere = UserRef { workspace: workspace(2), ..user("a") };
    vec![user("a"), user("ab"), anonymous("a"), anonymous("b"), anonymous("c"), elsewhere]
}

fn one_of<T: Clone>(list: &[T], number: u8) -> T {
    list[usize::from(number) % list.len()].clone()
}

/// Events of both engines, known by what was sent: their sequence numbers may differ.
#[derive(Default)]
struct Names(BTreeMap<EventSeq, u64>);

impl Names {
    /// Every event carries its own number in its properties.
    fn learn(&mut self, events: &[EventRecord]) {
        for event in events {
            self.0.insert(event.seq, event.properties.as_str().parse().expect("the number of an event"));
        }
    }

    fn name(&self, seq: EventSeq) -> EventSeq {
        EventSeq(self.0[&seq])
    }

    fn rename_activity(&mut self, mut activity: UserActivity) -> UserActivity {
        self.learn(&activity.events);
        for event in &mut activity.events {
            event.seq = self.name(event.seq);
        }
        for mark in &mut activity.consumed {
            mark.seq = self.name(mark.seq);
        }
        activity.consumed.sort();
        for mark in &mut activity.cancelled {
            mark.event.seq = self.name(mark.event.seq);
        }
        activity.cancelled.sort();
        activity
    }

    fn rename_display(&self, mut display: Display) -> Display {
        let renamed = |event: &Arc<EventRecord>| Arc::new(EventRecord { seq: self.name(event.seq), ..(**event).clone() });
        display.event = display.event.as_ref().map(renamed);
        display.events = display.events.iter().map(renamed).collect();
        for mark in &mut display.consumes {
            mark.seq = self.name(mark.seq);
        }
        display
    }
}

/// One engine on its way through a history.
struct Side<'a, E> {
    engine: &'a E,
    names: &'a mut Names,
}

/// What is listed of a user.
#[derive(Debug, PartialEq)]
struct Lists {
    events: Vec<EventRecord>,
    displays: Vec<DisplayId>,
    aliases: Vec<UserId>,
}

/// Everything that can be read.
#[derive(Debug, PartialEq)]
struct Seen {
    activities: Vec<UserActivity>,
    displays: Vec<Option<Display>>,
    lists: Vec<Lists>,
    erasures: Vec<UserRef>,
    /// By user and id.
    found: Vec<Vec<EventRecord>>,
    triggers: Vec<Vec<crate::TriggerStats>>,
}

impl<E: Activity> Side<'_, E> {
    async fn look(&mut self, now: Timestamp) -> Seen {
        let mut erasures = self.engine.erasures_under_way().await.expect("erasures");
        erasures.sort();
        let mut seen =
            Seen { activities: Vec::new(), displays: Vec::new(), found: Vec::new(), lists: Vec::new(), erasures, triggers: Vec::new() };
        for user in users() {
            seen.lists.push(self.lists(&user).await);
            let activity = load(self.engine, &user, now).await;
            seen.activities.push(self.names.rename_activity(activity));
            for id in 0..4 {
                // What was never loaded has no name to compare by.
                let found = self.engine.find_events(&user, &EventId::from_stored(&format!("id{id}"))).await.expect("events");
                let named = |event: EventRecord| EventRecord { seq: EventSeq(0), ..event };
                seen.found.push(found.into_iter().map(named).collect());
            }
            for number in 0..DISPLAYS_MAX {
                let display = display_of(self.engine, &user, display_id(number)).await;
                seen.displays.push(display.map(|display| self.names.rename_display(display)));
            }
        }
        for number in 1..=WORKSPACES {
            seen.triggers.push(self.engine.trigger_stats(workspace(number)).await.expect("statistics"));
        }
        seen
    }

    async fn lists(&mut self, user: &UserRef) -> Lists {
        let mut events = Vec::new();
        let mut from = None;
        loop {
            let page = self.engine.events_of(user, from, 3).await.expect("events");
            events.extend(page.events);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        self.names.learn(&events);
        for event in &mut events {
            event.seq = self.names.name(event.seq);
        }
        events.sort_by_key(|event| event.seq);
        let displays = self.engine.displays_of(user, None, 5).await.expect("displays");
        let aliases = self.engine.aliases_of(user, 10).await.expect("aliases");
        Lists { events, displays: displays.into_iter().map(|display| display.id).collect(), aliases }
    }

    async fn exists(&self, id: DisplayId) -> bool {
        for user in users() {
            if display_of(self.engine, &user, id).await.is_some() {
                return true;
            }
        }
        false
    }

    /// The writes of a group, made from what this engine has stored.
    async fn writes(&mut self, ops: &[Op], now: Timestamp, first_number: u64) -> Vec<Write> {
        let mut writes = Vec::new();
        for (number, op) in (first_number..).zip(ops) {
            match op {
                Op::Append { user, id, fingerprint, trigger, ago } => {
                    writes.push(Write::append(append(number, *user, *id, *fingerprint, *trigger, now - *ago, now)));
                }
                Op::Change { user, is_stale, what } => writes.extend(self.change(*user, *is_stale, *what, now).await),
                Op::Merge { from, into } => writes.push(merge(&one_anonymous(*from), one_identified(*into), now)),
                Op::ContinueMerge { from, into } => writes.push(continue_merge(&one_anonymous(*from), one_identified(*into))),
                Op::Erase { user, keeps_answers } => writes.push(erase(&one_of(&users(), *user), *keeps_answers, number)),
                Op::ContinueErase { user } => writes.push(Write::ContinueErase { user: one_of(&users(), *user) }),
                Op::Observe { trigger, count } => {
                    let learn = vec![key(&format!("k{count}"), JsonType::Number)];
                    writes.push(Write::Observe(Observation { learn, ..observation(&format!("t{trigger}"), *count, now) }));
                }
            }
        }
        writes
    }

    /// A change as the service makes it: an alias is followed.
    async fn change(&mut self, number: u8, is_stale: bool, what: What, now: Timestamp) -> Option<Write> {
        let mut owner = one_of(&users(), number);
        let mut activity = load(self.engine, &owner, now).await;
        if let Some(id) = &activity.state.alias_of {
            owner = UserRef { namespace: Namespace::Identified, id: id.clone(), ..owner };
            activity = load(self.engine, &owner, now).await;
        }
        self.names.learn(&activity.events);
        if is_stale {
            activity.state.version = activity.state.version.checked_sub(1).unwrap_or(1);
        }
        let wanted = match what {
            What::Claim { display, .. } if self.exists(own_display(&owner, display)).await => return None,
            What::Attribute(_) | What::Cancel { .. } | What::Claim { .. } => None,
            What::Show { display } | What::Answer { display } => Some(display_of(self.engine, &owner, display_id(display)).await?),
        };
        let mut new = UserChange::of_state(&owner, activity.state);
        match (what, wanted) {
            (What::Attribute(value), _) => new.state.attributes.set_text("value", &value.to_string()),
            (What::Cancel { event }, _) => {
                let events = activity.events.get(event).into_iter();
                new.cancelled.extend(events.map(|event| CancelMark { event: event.into(), cancelled_at: now }));
            }
            (What::Claim { display, event }, _) => {
                // The more events, the more a showing consumes.
                let consumes: Vec<EventMark> = activity.events.iter().skip(event).step_by(2).map(EventMark::from).collect();
                let event = activity.events.get(event).cloned().map(Arc::new);
                let events = event.clone().into_iter().collect();
                let display = Display { id: own_display(&owner, display), event, events, consumes, ..claimed(display, now) };
                new.state = state_with_claim(new.state, &display);
                new.displays.push(display);
            }
            (What::Show { .. }, Some(mut display)) => {
                display.state = DisplayState::Shown;
                display.shown_at.get_or_insert(now);
                new.state.last_shown_at = Some(now);
                new.state.open_claim = None;
                new.state.surveys.entry(survey(1)).or_default().shown_count += 1;
                new.consumed.extend(display.consumes.iter().map(|event| Consumption::new(survey(1), *event)));
                new.displays.push(display);
            }
            (What::Answer { .. }, Some(mut display)) => {
                display.revision += 1;
                display.shown_at.get_or_insert(now);
                display.answers.insert("q".into(), Answer::Number(i32::try_from(display.revision).unwrap_or(0)));
                new.displays.push(display);
            }
            (What::Show { .. } | What::Answer { .. }, None) => return None,
        }
        Some(change(new))
    }
}

/// A display id is claimed by one user alone: ids are never given twice.
fn own_display(owner: &UserRef, number: u16) -> DisplayId {
    let place = users().iter().position(|user| user == owner).unwrap_or(0);
    let owners = u16::try_from(users().len()).unwrap_or(1);
    display_id(number - number % owners + u16::try_from(place).unwrap_or(0))
}

fn one_anonymous(number: u8) -> UserRef {
    one_of(&[anonymous("a"), anonymous("b"), anonymous("c")], number)
}

fn one_identified(number: u8) -> &'static str {
    one_of(&["a", "a", "ab"], number)
}

fn erase(user: &UserRef, keeps_answers: bool, number: u64) -> Write {
    let as_id = user_id(&format!("fresh-{number}"));
    let responses = if keeps_answers { ErasedResponses::Anonymise { as_id } } else { ErasedResponses::Delete };
    Write::Erase(Erase { user: user.clone(), responses })
}

fn append(number: u64, user: u8, id: Option<u8>, fingerprint: u8, name: u8, effective_at: Timestamp, received_at: Timestamp) -> Append {
    let given = id.map(|id| EventId::from_stored(&format!("id{id}")));
    Append {
        user: one_of(&users(), user),
        fingerprint: given.is_some().then_some(EventFingerprint([fingerprint; 16])),
        id: given.unwrap_or_else(|| EventId::from_stored(&format!("evt_{number}"))),
        trigger: trigger(&format!("t{name}")),
        effective_at,
        received_at,
        properties: Properties::from_stored(&number.to_string()),
        learn: vec![key(&format!("k{name}"), JsonType::String)],
    }
}

async fn rows<E: Activity + crate::Responses>(side: &Side<'_, E>) -> Vec<ResponseRow> {
    let mut all = Vec::new();
    for number in 1..=WORKSPACES {
        let rows = all_responses(side.engine, workspace(number)).await;
        all.extend(rows.into_iter().map(|row| ResponseRow { display: side.names.rename_display(row.display), ..row }));
    }
    all
}

/// Goes through one history with both.
async fn compare<H: Harness>(steps: &[Step]) {
    let mut harness = H::create();
    let model = MemoryStore::new();
    let (mut names, mut model_names) = (Names::default(), Names::default());
    let mut now = noon();
    let mut events = 0;
    for (place, step) in steps.iter().enumerate() {
        let mut outcomes = [Vec::new(), Vec::new()];
        match step {
            Step::Commit(ops) => {
                let writes = Side { engine: harness.engine(), names: &mut names }.writes(ops, now, events).await;
                let model_writes = Side { engine: &model, names: &mut model_names }.writes(ops, now, events).await;
                events += ops.len() as u64;
                outcomes = [harness.engine().commit(writes).await.expect("a commit"), model.commit(model_writes).await.expect("a commit")];
            }
            Step::DropExpired => {
                let dropped = harness.engine().drop_expired(now).await.expect("buckets are dropped");
                assert_eq!(dropped, model.drop_expired(now).await.expect("buckets are dropped"), "step {place}");
            }
            Step::Wait(time) => now = now + *time,
            Step::Crash => harness.crash(),
            Step::Reopen => harness.reopen(),
        }
        let [answered, expected]: [Vec<Outcome>; 2] = outcomes;
        assert_eq!(answered, expected, "step {place}");
        let mut side = Side { engine: harness.engine(), names: &mut names };
        let mut model_side = Side { engine: &model, names: &mut model_names };
        assert_eq!(side.look(now).await, model_side.look(now).await, "step {place}");
        if matches!(step, Step::Crash | Step::Reopen) || place + 1 == steps.len() {
            assert_eq!(rows(&side).await, rows(&model_side).await, "step {place}");
        }
    }
}

/// The same histories every time: a failure is found again by running the test again.
pub async fn any_history_ends_as_the_model_says<H: Harness>() {
    let runtime = tokio::runtime::Handle::current();
    let histories = move || {
        let config = Config { cases: HISTORIES, failure_persistence: None, rng_seed: RngSeed::Fixed(0x50de), ..Config::default() };
        let outcome = TestRunner::new(config).run(&steps(), |steps| {
            runtime.block_on(compare::<H>(&steps));
            Ok(())
        });
        assert!(outcome.is_ok(), "{}", outcome.err().map(|error| error.to_string()).unwrap_or_default());
    };
    tokio::task::spawn_blocking(histories).await.expect("all histories end as the model says");
}
