//! Random sequences of steps by two clients, each with its own, perhaps outdated, view of one user. The store applies
//! a change only if the version is still the one it was made from, as every engine does.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::decide::{Completed, Depth, Moment, WorkspaceSnapshot, decide};
use crate::display::{Confirmed, close, confirm};
use crate::trigger::Cancels;
use crate::user::{CancelMark, EventMark};

const CASES: u32 = 600;
const STEPS_MAX: usize = 60;

fn ended_nap() -> TriggerName {
    TriggerName::new("ended_nap").unwrap()
}

/// What a client does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Reads everything anew.
    Load,
    /// Fires the frontend trigger: decides and claims.
    Trigger,
    /// Confirms the display it knows of, counted from the latest.
    Confirm { back: usize },
    /// Closes it.
    Close { back: usize, to: DisplayState },
    /// Answers it.
    Respond { back: usize, revision: u64, completed: bool, empty: bool },
    /// Time passes for everybody.
    Wait { millis: i64 },
    /// A server posts another event, of the first trigger or the other.
    Event { other: bool },
    /// A server cancels one of the events, counted from the newest.
    Cancel { back: usize },
    /// A server posts an event that cancels all others before it.
    TakeBack,
}

fn step() -> impl Strategy<Value = Step> {
    let back = || 0_usize..3;
    let to = prop_oneof![Just(DisplayState::Dismissed), Just(DisplayState::Abandoned)];
    prop_oneof![
        4 => Just(Step::Load),
        4 => Just(Step::Trigger),
        4 => back().prop_map(|back| Step::Confirm { back }),
        1 => (back(), to).prop_map(|(back, to)| Step::Close { back, to }),
        3 => (back(), 0_u64..6, any::<bool>(), any::<bool>())
            .prop_map(|(back, revision, completed, empty)| Step::Respond { back, revision, completed, empty }),
        2 => prop_oneof![Just(1_i64), Just(10_000), Just(69_999), Just(70_000)].prop_map(|millis| Step::Wait { millis }),
        2 => any::<bool>().prop_map(|other| Step::Event { other }),
        1 => back().prop_map(|back| Step::Cancel { back }),
        1 => Just(Step::TakeBack),
    ]
}

/// One user as a store holds it; a client's view is a copy.
#[derive(Clone)]
struct Store {
    activity: UserActivity,
    displays: BTreeMap<DisplayId, Display>,
}

impl Store {
    fn new() -> Self {
        Self { activity: UserActivity::unknown(user()), displays: BTreeMap::new() }
    }

    /// Compare and set; says whether the change was applied.
    fn apply(&mut self, change: &UserChange) -> bool {
        if self.activity.state.version != change.expected_version {
            return false;
        }
        self.activity.state = change.state.clone();
        self.displays.extend(change.displays.iter().map(|display| (display.id, display.clone())));
        for mark in &change.consumed {
            if !self.activity.consumed.contains(mark) {
                self.activity.consumed.push(mark.clone());
            }
        }
        self.activity.cancelled.extend(&change.cancelled);
        true
    }

    fn shown(&self) -> u32 {
        u32::try_from(self.displays.values().filter(|display| display.shown_at.is_some()).count()).unwrap()
    }

    fn could_be_confirmed(&self, snapshot: &WorkspaceSnapshot, now: Timestamp) -> usize {
        let shows = |display: &&Display| matches!(confirm(snapshot, &self.activity, display, now), Ok(Confirmed::Shown(_)));
        self.displays.values().filter(shows).count()
    }
}

/// The store, the two clients' views of it, and the time.
struct World {
    snapshot: WorkspaceSnapshot,
    survey: Survey,
    store: Store,
    views: [Store; 2],
    now: Timestamp,
    events: u64,
    /// How often something happened: the laws say nothing of what never does.
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    painted: u32,
    answered_late: u32,
    completed: u32,
    lost_race: u32,
    cancelled_after_claim: u32,
}

impl World {
    fn new(repeat: &str, activation: &str) -> Self {
        let document = DOCUMENT.replace("\"display_delay_ms\"", &format!("\"repeat\": {repeat}, \"display_delay_ms\""));
        let document = document.replace(r#""backend_triggers": [{"name": "ended_sleep"}]"#, activation);
        let cancels = [event(0).trigger, ended_nap()].map(|trigger| (woke_up(), Cancels { trigger, equal_property: None }));
        let survey = Survey { document: Arc::new(parse_document(&document).unwrap()), ..survey() };
        Self {
            snapshot: WorkspaceSnapshot::new(user().workspace, Span::ZERO, vec![survey.clone()]).with_cancels(cancels),
            survey,
            store: Store::new(),
            views: [Store::new(), Store::new()],
            now: CLAIMED_AT,
            events: 0,
            counts: Counts::default(),
        }
    }

    fn take(&mut self, client: usize, step: Step) -> Result<(), TestCaseError> {
        let before = self.store.clone();
        match step {
            Step::Load => self.views[client] = self.store.clone(),
            Step::Wait { millis } => self.now = self.now + Span::from_millis(millis),
            Step::Event { other } => self.receive(if other { ended_nap() } else { event(0).trigger }),
            Step::TakeBack => self.receive(woke_up()),
            Step::Cancel { back } => self.cancel(back),
            Step::Trigger => self.trigger(client),
            Step::Confirm { back } => self.confirm(client, back)?,
            Step::Close { back, to } => self.close(client, back, to),
            Step::Respond { back, revision, completed, empty } => {
                let answers = if empty { Answers::new() } else { score(7) };
                self.respond(client, back, input(revision, completed, answers));
            }
        }
        self.check(&before)
    }

    fn receive(&mut self, trigger: TriggerName) {
        self.events += 1;
        let event = EventRecord { trigger, effective_at: self.now, received_at: self.now, ..event(self.events) };
        self.store.activity.events.insert(0, event);
    }

    /// As the service does it: a change of the user, made from what is stored.
    fn cancel(&mut self, back: usize) {
        let activity = &self.store.activity;
        let Some(event) = activity.events.get(back).map(EventMark::from) else { return };
        if activity.cancelled.iter().any(|mark| mark.event == event) {
            return;
        }
        let mut change = UserChange::of_state(&user(), activity.state.clone());
        change.cancelled.push(CancelMark { event, cancelled_at: self.now });
        assert!(self.store.apply(&change));
    }

    /// The display a client knows of, counted from the latest.
    fn known(&self, client: usize, back: usize) -> Option<Display> {
        self.views[client].displays.values().rev().nth(back).cloned()
    }

    fn apply(&mut self, client: usize, change: &UserChange) -> bool {
        let applied = self.store.apply(change);
        self.counts.lost_race += u32::from(!applied);
        // Whoever lost reads anew, as the service does.
        self.views[client] = self.store.clone();
        applied
    }

    fn trigger(&mut self, client: usize) {
        let number = u8::try_from(self.store.displays.len() + 1).unwrap();
        let view = &self.views[client];
        let properties = Properties::empty();
        let completed = Completed::none();
        let moment = Moment {
            trigger: Some("MainActivity"),
            properties: &properties,
            platform: Some(Platform::Web),
            sequence: None,
            completed: &completed,
            now: self.now,
        };
        let decision = decide(&self.snapshot, &view.activity, &moment, Depth::FirstRefusal);
        let Some(winner) = decision.winner else { return };
        let details = Claim {
            display: display_id(number),
            request_id: format!("r{number}").into(),
            locale: "en".into(),
            platform: Platform::Web,
            trigger: TriggerName::new("MainActivity").unwrap(),
            trigger_properties: Properties::empty(),
        };
        let (change, _) = claim(&view.activity, &winner, self.now, details);
        self.apply(client, &change);
    }

    fn confirm(&mut self, client: usize, back: usize) -> Result<(), TestCaseError> {
        let Some(display) = self.known(client, back) else { return Ok(()) };
        let before = self.store.activity.clone();
        match confirm(&self.snapshot, &self.views[client].activity, &display, self.now) {
            Ok(Confirmed::Shown(change)) if self.apply(client, &change) => {
                self.counts.painted += 1;
                prop_assert_eq!(change.consumed.len(), display.consumes.len());
                for mark in &change.consumed {
                    prop_assert!(!before.consumed.contains(mark), "painted for an event that was asked about before");
                    let is_cancelled = before.cancelled.iter().any(|cancelled| cancelled.event.seq == mark.seq);
                    prop_assert!(!is_cancelled, "painted for an event that was cancelled before");
                }
            }
            Err(Refusal::Cancelled(change)) if self.apply(client, &change) => {
                self.counts.cancelled_after_claim += 1;
                prop_assert!(self.store.activity.state.open_claim.is_none(), "the claim is still open");
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, client: usize, back: usize, to: DisplayState) {
        let Some(display) = self.known(client, back) else { return };
        if let Some(change) = close(&user(), &self.views[client].activity.state, &display, to, self.now) {
            self.apply(client, &change);
        }
    }

    fn respond(&mut self, client: usize, back: usize, input: ResponseInput) {
        let Some(display) = self.known(client, back) else { return };
        let state = &self.views[client].activity.state;
        if let Ok(Responded::Saved(change)) = respond(&user(), state, &display, &self.survey.document, input, self.now)
            && self.apply(client, &change)
        {
            self.counts.answered_late += u32::from(display.has_lapsed(self.now));
            self.counts.completed += u32::from(change.displays[0].completed_at.is_some());
        }
    }

    fn check(&self, before: &Store) -> Result<(), TestCaseError> {
        let state = &self.store.activity.state;
        prop_assert!(self.store.could_be_confirmed(&self.snapshot, self.now) <= 1, "two displays could be painted");
        let history = state.surveys.get(&SURVEY).cloned().unwrap_or_default();
        prop_assert_eq!(history.shown_count, self.store.shown());
        prop_assert_eq!(history.last_shown_at, state.last_shown_at);
        for (id, was) in &before.displays {
            let is = &self.store.displays[id];
            prop_assert!(is.revision >= was.revision, "the revision fell");
            prop_assert!(was.completed_at.is_none() || is.completed_at == was.completed_at, "completed came undone");
            prop_assert!(was.completed_at.is_none() || is.answers.contains_key("score"), "a completed response lost an answer");
            prop_assert!(was.shown_at.is_none() || is.shown_at == was.shown_at, "it was shown twice");
            prop_assert_eq!(is.completed_at.is_some(), is.state == DisplayState::Completed);
        }
        for display in self.store.displays.values() {
            let consumed = |event: &EventMark| self.store.activity.consumed.iter().any(|mark| mark.seq == event.seq);
            let event = display.event.as_deref().expect("every display of this survey has an event");
            prop_assert_eq!(display.consumes[0], event.into(), "the activating event is the newest");
            prop_assert!(display.shown_at.is_none() || display.consumes.iter().all(consumed), "shown without consuming");
        }
        let mut marks: Vec<EventSeq> = self.store.activity.consumed.iter().map(|mark| mark.seq).collect();
        marks.sort_unstable();
        marks.dedup();
        prop_assert_eq!(marks.len(), self.store.activity.consumed.len(), "an event was consumed twice");
        prop_assert!(state.version >= before.activity.state.version, "the version fell");
        Ok(())
    }
}

/// Runs the same sequences every time; at the end, each thing worth racing for must have happened.
fn sequences_hold(repeat: &'static str, activation: &'static str) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let total = std::cell::RefCell::new(Counts::default());
    let outcome = runner.run(&vec((0_usize..2, step()), 1..STEPS_MAX), |steps| {
        let mut world = World::new(repeat, activation);
        world.receive(event(0).trigger);
        world.receive(ended_nap());
        for (client, step) in steps {
            world.take(client, step)?;
        }
        let mut total = total.borrow_mut();
        total.painted += world.counts.painted;
        total.answered_late += world.counts.answered_late;
        total.completed += world.counts.completed;
        total.lost_race += world.counts.lost_race;
        total.cancelled_after_claim += world.counts.cancelled_after_claim;
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let total = total.into_inner();
    for (what, count) in [
        ("painted", total.painted),
        ("answered late", total.answered_late),
        ("completed", total.completed),
        ("lost a race", total.lost_race),
        ("heard that the event was cancelled", total.cancelled_after_claim),
    ] {
        assert!(count >= CASES / 20, "only {count} times in {CASES} sequences a client {what}");
    }
}

const ANY: &str = r#""backend_triggers": [{"name": "ended_sleep"}, {"name": "ended_nap"}]"#;
const ALL: &str = r#""match": "all", "backend_triggers": [{"name": "ended_sleep"}, {"name": "ended_nap"}]"#;
const TWO: &str = r#""at_least": 2, "backend_triggers": [{"name": "ended_sleep"}, {"name": "ended_nap"}]"#;

#[test]
fn two_clients_never_break_the_laws_of_a_survey_shown_once() {
    sequences_hold(r#"{"until": "shown"}"#, ANY);
}

#[test]
fn two_clients_never_break_the_laws_of_a_survey_without_end() {
    sequences_hold(r#"{"until": "always"}"#, ANY);
}

#[test]
fn two_clients_never_break_the_laws_of_a_survey_that_waits_for_one_event_of_each() {
    sequences_hold(r#"{"until": "always"}"#, ALL);
}

#[test]
fn two_clients_never_break_the_laws_of_a_survey_that_waits_for_two_events() {
    sequences_hold(r#"{"until": "always"}"#, TWO);
}
