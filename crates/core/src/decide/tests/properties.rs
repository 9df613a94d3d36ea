//! What holds for any workspace, user and moment.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::decide::gates::{GATES, Gate};
use crate::decide::{Completed, Decision, Depth, DueEvents, Moment, RULES, Reason, Rules, Verdict, WorkspaceSnapshot, decide, decide_with};
use crate::event::{EventId, EventRecord, EventSeq};
use crate::filter;
use crate::id::{DisplayId, SurveyId, WorkspaceId};
use crate::properties::Properties;
use crate::survey::launch::{Activation, EventsNeeded, Launch, Platform, Priority, Repeat, RepeatUntil, SamplingRate, TriggerRule};
use crate::survey::{Survey, SurveyDocument, SurveyStatus, parse_document};
use crate::time::{Span, Timestamp};
use crate::trigger::{Cancels, PropertyPath, TriggerName};
use crate::user::{CancelMark, Consumption, Namespace, OpenClaim, SurveyHistory, UserActivity, UserId, UserRef, UserState};

const CASES: u32 = 500;
const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
const FIRED: &str = "MainActivity";
static NOTHING_COMPLETED: Completed = Completed::none();
static NO_PROPERTIES: LazyLock<Properties> = LazyLock::new(Properties::empty);

/// Everything a decision is made from.
#[derive(Clone, Debug)]
struct World {
    wait_period: Span,
    cancels: Vec<(TriggerName, Cancels)>,
    surveys: Vec<Survey>,
    activity: UserActivity,
    now: Timestamp,
}

impl World {
    fn snapshot(&self) -> WorkspaceSnapshot {
        self.snapshot_of(self.surveys.clone())
    }

    fn snapshot_of(&self, surveys: Vec<Survey>) -> WorkspaceSnapshot {
        WorkspaceSnapshot::new(WORKSPACE, self.wait_period, surveys).with_cancels(self.cancels.clone())
    }

    fn moment(&self) -> Moment<'static> {
        Moment {
            trigger: Some(FIRED),
            properties: &NO_PROPERTIES,
            platform: Some(Platform::Web),
            sequence: None,
            completed: &NOTHING_COMPLETED,
            now: self.now,
        }
    }

    /// The surveys that no gate refuses, the winner among them.
    fn due(&self) -> BTreeSet<SurveyId> {
        let snapshot = self.snapshot();
        let decision = decide(&snapshot, &self.activity, &self.moment(), Depth::EveryReason);
        let is_due = |verdict: &Verdict<'_>| match verdict {
            Verdict::Due { .. } => true,
            Verdict::Refused(reasons) => matches!(reasons[..], [Reason::LowerPriority { .. }]),
        };
        decision.verdicts.iter().filter(|verdict| is_due(&verdict.verdict)).map(|verdict| verdict.survey.id).collect()
    }

    fn each_launch(&mut self, change: impl Fn(&mut Launch)) {
        for survey in &mut self.surveys {
            change(&mut Arc::make_mut(&mut survey.document).launch);
        }
    }

    fn each_activation(&mut self, change: impl Fn(&mut Activation)) {
        self.each_launch(|launch| launch.activation.iter_mut().for_each(&change));
    }

    fn each_history(&mut self, change: impl Fn(&mut SurveyHistory)) {
        for survey in &self.surveys {
            change(self.activity.state.surveys.entry(survey.id).or_default());
        }
    }
}

fn name(text: &str) -> TriggerName {
    TriggerName::new(text).unwrap()
}

static DOCUMENT: LazyLock<SurveyDocument> = LazyLock::new(|| {
    let json = r#"{"format_version": 1, "name": "Survey", "default_language": "en",
        "questions": [{"id": "q1", "type": "nps_feedback", "title": {"en": "How likely?"}}],
        "launch": {"frontend_triggers": [{"name": "MainActivity"}]}}"#;
    parse_document(json).unwrap()
});

/// Times that meet at the edges of windows, or any at all.
#[derive(Clone, Copy, Debug)]
enum Times {
    Near,
    Any,
}

impl Times {
    fn time(self) -> BoxedStrategy<Timestamp> {
        match self {
            Self::Near => (0_i64..=12).prop_map(|minutes| Timestamp::from_millis(1_000_000 + minutes * 60_000)).boxed(),
            Self::Any => prop_oneof![any::<i64>(), select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX])]
                .prop_map(Timestamp::from_millis)
                .boxed(),
        }
    }

    fn span(self) -> BoxedStrategy<Span> {
        self.span_up_to_mins(5)
    }

    fn span_up_to_mins(self, mins_max: i64) -> BoxedStrategy<Span> {
        match self {
            Self::Near => (0..=mins_max).prop_map(|mins| Span::from_secs(mins * 60)).boxed(),
            Self::Any => any::<i64>().prop_map(Span::from_millis).boxed(),
        }
    }
}

fn activation(times: Times) -> impl Strategy<Value = Activation> {
    let triggers = select(vec![&["ended_sleep"][..], &["ended_nap"], &["ended_sleep", "ended_nap"], &["ended_nap", "ended_sleep"]]);
    let rules = triggers.prop_map(|names| names.iter().map(|text| TriggerRule::any(name(text))).collect());
    let needed = select(vec![1, 1, 1, 2, 3, 0]).prop_map(|count| match count {
        0 => EventsNeeded::OfEach,
        count => EventsNeeded::AtLeast(count),
    });
    (rules, needed, times.span_up_to_mins(12), times.span_up_to_mins(2))
        .prop_map(|(backend_triggers, needed, expires_after, delay)| Activation { backend_triggers, needed, expires_after, delay })
}

/// Events of `woke_up` and `ended_nap` may cancel others, those of `ended_sleep` never do.
fn cancels() -> impl Strategy<Value = Vec<(TriggerName, Cancels)>> {
    let path = proptest::option::of(Just(PropertyPath::new("n").unwrap()));
    let pair = select(vec![("woke_up", "ended_sleep"), ("woke_up", "ended_nap"), ("ended_nap", "ended_sleep")]);
    let rule = (pair, path).prop_map(|((by, cancelled), equal_property)| (name(by), Cancels { trigger: name(cancelled), equal_property }));
    vec(rule, 0..=2)
}

fn repeat(times: Times) -> impl Strategy<Value = Repeat> {
    let until = prop_oneof![
        (1_u32..=3).prop_map(RepeatUntil::ShownTimes),
        Just(RepeatUntil::Answered),
        Just(RepeatUntil::Completed),
        Just(RepeatUntil::Always)
    ];
    (until, times.span()).prop_map(|(until, min_between)| Repeat { until, min_between })
}

fn launch(times: Times) -> impl Strategy<Value = Launch> {
    (
        prop_oneof![6 => Just(Platform::ALL.to_vec()), 1 => Just(vec![Platform::Ios])],
        prop_oneof![6 => Just(vec![TriggerRule::any(name(FIRED))]), 1 => Just(vec![TriggerRule::any(name("elsewhere"))])],
        proptest::option::weighted(0.7, activation(times)),
        select(vec![Priority::Lowest, Priority::Normal, Priority::Highest]),
        prop_oneof![4 => Just(10_000_u16), 1 => 0..=10_000_u16],
        repeat(times),
        any::<bool>(),
    )
        .prop_map(|(platforms, frontend_triggers, activation, priority, points, repeat, ignores_wait_period)| Launch {
            platforms,
            frontend_triggers,
            activation,
            priority,
            sampling: SamplingRate::from_basis_points(points).unwrap(),
            repeat,
            ignores_wait_period,
            ..DOCUMENT.launch.clone()
        })
}

fn surveys(times: Times) -> impl Strategy<Value = Vec<Survey>> {
    let status = prop_oneof![6 => Just(SurveyStatus::Live), 1 => Just(SurveyStatus::Paused)];
    vec((status, launch(times)), 0..=5).prop_map(|all| {
        let survey = |(place, (status, launch)): (u8, (SurveyStatus, Launch))| Survey {
            id: SurveyId::from_bytes([place; 16]),
            version: 1,
            status,
            document: Arc::new(SurveyDocument { launch, ..DOCUMENT.clone() }),
        };
        (0_u8..).zip(all).map(survey).collect()
    })
}

fn event(times: Times) -> impl Strategy<Value = EventRecord> {
    let trigger = select(vec!["ended_sleep", "ended_sleep", "ended_nap", "ended_nap", "woke_up"]);
    (trigger, times.time(), 0..2).prop_map(|(trigger, effective_at, n)| EventRecord {
        id: EventId::from_stored("e"),
        trigger: name(trigger),
        effective_at,
        received_at: effective_at,
        seq: EventSeq(0),
        properties: Properties::from_stored(&format!(r#"{{"n": {n}}}"#)),
    })
}

fn history(times: Times) -> impl Strategy<Value = SurveyHistory> {
    let time = || proptest::option::of(times.time());
    (0_u32..=3, time(), time(), time()).prop_map(|(shown_count, last_shown_at, first_answered_at, completed_at)| SurveyHistory {
        shown_count,
        last_shown_at,
        first_answered_at,
        completed_at,
        last_answered_at: first_answered_at,
        last_completed_at: completed_at,
    })
}

fn mark(survey: SurveyId, event: &EventRecord) -> Consumption {
    Consumption::new(survey, event.into())
}

fn cancel_mark(event: &EventRecord) -> CancelMark {
    CancelMark { event: event.into(), cancelled_at: event.received_at }
}

fn claim_until(lease_until: Timestamp) -> OpenClaim {
    OpenClaim { display: DisplayId::from_bytes([9; 16]), survey: SurveyId::from_bytes([0; 16]), request_id: "r".into(), lease_until }
}

fn activity(times: Times) -> impl Strategy<Value = UserActivity> {
    (
        vec(event(times), 0..=8),
        (vec((0_u8..5, any::<prop::sample::Index>()), 0..=3), vec(any::<prop::sample::Index>(), 0..=1)),
        proptest::option::of(times.time()),
        proptest::collection::btree_map((0_u8..5).prop_map(|place| SurveyId::from_bytes([place; 16])), history(times), 0..=2),
        prop_oneof![3 => Just(None), 1 => times.time().prop_map(Some)],
    )
        .prop_map(|(mut events, (consumed, cancelled), last_shown_at, surveys, claimed_until)| {
            for (seq, event) in (1..).zip(&mut events) {
                event.seq = EventSeq(seq);
            }
            events.sort_by_key(|event| std::cmp::Reverse(event.recency()));
            let (consumed, cancelled) = if events.is_empty() { (Vec::new(), Vec::new()) } else { (consumed, cancelled) };
            let cancelled = cancelled.iter().map(|index| cancel_mark(index.get(&events))).collect();
            let consumed = consumed.iter().map(|(place, index)| mark(SurveyId::from_bytes([*place; 16]), index.get(&events))).collect();
            let open_claim = claimed_until.map(claim_until);
            let user = UserRef { workspace: WORKSPACE, namespace: Namespace::Identified, id: UserId::new("ada").unwrap() };
            UserActivity {
                user,
                state: UserState { last_shown_at, surveys, open_claim, ..UserState::default() },
                events,
                consumed,
                cancelled,
            }
        })
}

fn world(times: Times) -> impl Strategy<Value = World> {
    let parts = (times.span(), cancels(), surveys(times), activity(times), times.time());
    parts.prop_map(|(wait_period, cancels, surveys, activity, now)| World { wait_period, cancels, surveys, activity, now })
}

/// Runs `law` on the same few hundred cases every time.
fn holds<T: Debug>(strategy: &impl Strategy<Value = T>, law: impl Fn(T) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    if let Err(error) = runner.run(strategy, law) {
        panic!("{error}");
    }
}

type Condition = fn(&mut World);

/// No firing and no event has this property here.
fn filter_out(rule: &mut TriggerRule) {
    rule.filter.all.push(filter::Condition::new("key", filter::Operator::Exists, None).unwrap());
}

/// Ways to add one more condition that can only refuse.
const CONDITIONS: [(&str, Condition); 23] = [
    ("pause everything", |world| world.surveys.iter_mut().for_each(|survey| survey.status = SurveyStatus::Paused)),
    ("show elsewhere", |world| world.each_launch(|launch| launch.frontend_triggers = vec![TriggerRule::any(name("elsewhere"))])),
    ("ask for a property of the trigger", |world| world.each_launch(|launch| launch.frontend_triggers.iter_mut().for_each(filter_out))),
    ("ask for a property of the event", |world| {
        world.each_launch(|launch| {
            launch.activation.iter_mut().flat_map(|activation| &mut activation.backend_triggers).for_each(filter_out);
        });
    }),
    ("another platform", |world| world.each_launch(|launch| launch.platforms = vec![Platform::Android])),
    ("ask for an event", |world| {
        let activation = |launch: &mut Launch| {
            let never = || Activation {
                backend_triggers: vec![TriggerRule::any(name("never"))],
                needed: EventsNeeded::AtLeast(1),
                expires_after: Span::DAY,
                delay: Span::ZERO,
            };
            launch.activation.get_or_insert_with(never);
        };
        world.each_launch(activation);
    }),
    ("ask for one more event", |world| {
        world.each_activation(|activation| {
            if let EventsNeeded::AtLeast(needed) = &mut activation.needed {
                *needed += 1;
            }
        });
    }),
    ("ask for all instead of any", |world| {
        world.each_activation(|activation| {
            if activation.needed == EventsNeeded::AtLeast(1) {
                activation.needed = EventsNeeded::OfEach;
            }
        });
    }),
    ("ask for another, too", |world| {
        world.each_activation(|activation| {
            if activation.needed == EventsNeeded::OfEach {
                activation.backend_triggers.push(TriggerRule::any(name("never")));
            }
        });
    }),
    ("open the windows later", |world| world.each_activation(|activation| activation.delay = activation.delay + Span::from_secs(60))),
    ("let events cancel others", |world| {
        let cancels = |equal_property: Option<&str>| {
            let equal_property = equal_property.map(|path| PropertyPath::new(path).unwrap());
            (name("woke_up"), Cancels { trigger: name("ended_nap"), equal_property })
        };
        world.cancels.extend([cancels(Some("n")), cancels(None)]);
    }),
    ("cancel the newest event that cancels nothing", |world| {
        let newest = world.activity.events.iter().find(|event| event.trigger == name("ended_sleep")).map(cancel_mark);
        world.activity.cancelled.extend(newest);
    }),
    ("cancel every event", |world| world.activity.cancelled.extend(world.activity.events.iter().map(cancel_mark))),
    ("halve the windows", |world| {
        world.each_activation(|activation| activation.expires_after = Span::from_millis(activation.expires_after.as_millis() / 2));
    }),
    ("forget the newest event that cancels nothing", |world| {
        let newest = world.activity.events.iter().position(|event| event.trigger == name("ended_sleep"));
        newest.map(|place| world.activity.events.remove(place));
    }),
    ("consume the newest event", |world| {
        let marks =
            world.activity.events.first().map(|event| world.surveys.iter().map(|survey| mark(survey.id, event)).collect::<Vec<_>>());
        world.activity.consumed.extend(marks.unwrap_or_default());
    }),
    ("sample nobody", |world| world.each_launch(|launch| launch.sampling = SamplingRate::from_basis_points(0).unwrap())),
    ("wait longer", |world| world.wait_period = world.wait_period + Span::DAY),
    ("shown just now", |world| world.activity.state.last_shown_at = world.activity.state.last_shown_at.max(Some(world.now))),
    ("more days between", |world| world.each_launch(|launch| launch.repeat.min_between = launch.repeat.min_between + Span::DAY)),
    ("shown once more", |world| world.each_history(|history| history.shown_count += 1)),
    ("answered and completed", |world| {
        let now = world.now;
        world.each_history(|history| (history.first_answered_at, history.completed_at) = (Some(now), Some(now)));
    }),
    ("claimed elsewhere", |world| world.activity.state.open_claim = Some(claim_until(world.now + Span::from_millis(1)))),
];

#[test]
fn one_more_condition_never_turns_no_into_yes() {
    holds(&world(Times::Near), |before| {
        let due_before = before.due();
        for (condition, add) in CONDITIONS {
            let mut after = before.clone();
            add(&mut after);
            prop_assert!(after.due().is_subset(&due_before), "{condition} makes something due: {after:?}");
        }
        Ok(())
    });
}

fn winner(decision: &Decision<'_>) -> Option<(SurveyId, Vec<EventSeq>)> {
    let seqs = |due: &DueEvents<'_>| due.counted.iter().map(|event| event.seq).collect();
    decision.winner.as_ref().map(|winner| (winner.survey.id, winner.due.as_ref().map(seqs).unwrap_or_default()))
}

#[test]
fn the_winner_does_not_depend_on_the_order_of_surveys() {
    let shuffled = world(Times::Near).prop_flat_map(|world| (Just(world.clone()), Just(world.surveys).prop_shuffle()));
    holds(&shuffled, |(world, surveys)| {
        let given = world.snapshot();
        let reordered = world.snapshot_of(surveys);
        let moment = world.moment();
        let first = decide(&given, &world.activity, &moment, Depth::FirstRefusal);
        let second = decide(&reordered, &world.activity, &moment, Depth::FirstRefusal);
        prop_assert_eq!(winner(&first), winner(&second));
        Ok(())
    });
}

#[test]
fn explain_and_decide_never_disagree() {
    holds(&world(Times::Near), |world| {
        let (snapshot, moment) = (world.snapshot(), world.moment());
        let explained = decide(&snapshot, &world.activity, &moment, Depth::EveryReason);
        let decided = decide(&snapshot, &world.activity, &moment, Depth::FirstRefusal);
        prop_assert_eq!(winner(&explained), winner(&decided));
        prop_assert_eq!(explained.verdicts.len(), world.surveys.len());
        for short in &decided.verdicts {
            let long =
                explained.verdicts.iter().find(|long| long.survey.id == short.survey.id).expect("explain says something of every survey");
            match (&short.verdict, &long.verdict) {
                (Verdict::Due { due: short }, Verdict::Due { due: long }) => prop_assert_eq!(short, long),
                (Verdict::Refused(short), Verdict::Refused(long)) => prop_assert_eq!(&short[..], &long[..1]),
                (short, long) => prop_assert!(false, "{short:?} is not {long:?}"),
            }
        }
        Ok(())
    });
}

/// The events of an activation that count, newest first, straight from the words of the rules.
fn counting<'a>(world: &'a World, survey: &Survey, activation: &Activation) -> Vec<&'a EventRecord> {
    let activity = &world.activity;
    let by_id = |event: &EventRecord| activity.cancelled.iter().any(|mark| mark.event.seq == event.seq);
    let cancelled = |event: &EventRecord| {
        let by = |later: &EventRecord| {
            let rules = world.cancels.iter().filter(|(by, cancels)| *by == later.trigger && cancels.trigger == event.trigger);
            let same = later.properties == event.properties;
            rules.into_iter().any(|(_, cancels)| same || cancels.equal_property.is_none())
        };
        by_id(event) || activity.events.iter().any(|later| later.effective_at > event.effective_at && by(later) && !by_id(later))
    };
    let asked_about: Vec<_> = activity.consumed.iter().filter(|mark| mark.survey == survey.id).collect();
    let counts = |event: &&EventRecord| {
        activation.backend_triggers.iter().any(|rule| rule.name == event.trigger)
            && event.effective_at + activation.delay <= world.now
            && world.now < event.effective_at + activation.expires_after
            && asked_about.iter().all(|mark| (mark.effective_at, mark.seq) < event.recency())
            && !cancelled(event)
    };
    activity.events.iter().filter(counts).collect()
}

#[test]
fn the_events_that_make_a_survey_due_are_those_of_the_rules() {
    let [any_due, many_due, all_due] = [const { std::cell::Cell::new(0_u32) }; 3];
    let event_gate: Vec<Gate> = GATES.into_iter().filter(|gate| gate.name == "event").collect();
    holds(&world(Times::Near), |world| {
        let (snapshot, moment) = (world.snapshot(), world.moment());
        let rules = Rules { gates: &event_gate, ..RULES };
        let decision = decide_with(&rules, &snapshot, &world.activity, &Moment { trigger: None, ..moment }, Depth::EveryReason);
        for verdict in &decision.verdicts {
            let Some(activation) = &verdict.survey.document.launch.activation else { continue };
            let counting = counting(&world, verdict.survey, activation);
            let newest_of = |rule: &TriggerRule| counting.iter().copied().find(|event| event.trigger == rule.name);
            let by_trigger: Vec<_> = activation.backend_triggers.iter().filter_map(newest_of).collect();
            let (is_due, due_count) = match activation.needed {
                EventsNeeded::AtLeast(1) => (!counting.is_empty(), &any_due),
                EventsNeeded::AtLeast(needed) => (counting.len() >= needed as usize, &many_due),
                EventsNeeded::OfEach => (by_trigger.len() == activation.backend_triggers.len(), &all_due),
            };
            let Verdict::Due { due } = &verdict.verdict else {
                prop_assert!(!is_due, "{:?}", verdict.verdict);
                continue;
            };
            prop_assert!(is_due, "{due:?}");
            due_count.set(due_count.get() + 1);
            let due = due.as_ref().expect("the events");
            prop_assert_eq!(due.newest, due.counted[0]);
            match activation.needed {
                EventsNeeded::AtLeast(needed) => {
                    prop_assert_eq!(&due.counted[..], &counting[..needed as usize]);
                    prop_assert!(due.by_trigger.is_empty());
                }
                EventsNeeded::OfEach => {
                    prop_assert_eq!(&due.by_trigger, &by_trigger);
                    let mut newest_first = by_trigger;
                    newest_first.sort_by_key(|event| std::cmp::Reverse(event.recency()));
                    prop_assert_eq!(&due.counted, &newest_first);
                }
            }
        }
        Ok(())
    });
    for (what, count) in [("any", any_due), ("several", many_due), ("all", all_due)] {
        assert!(count.get() >= 10, "{what}: due {} times", count.get());
    }
}

/// Without a trigger or a platform a survey is due where it would be at one of its own; nothing wins, nothing loses.
#[test]
fn at_any_of_its_own_triggers_a_survey_is_due_as_it_would_be_at_one() {
    holds(&world(Times::Near), |world| {
        let (snapshot, moment) = (world.snapshot(), world.moment());
        let anywhere = Moment { trigger: None, platform: None, ..moment };
        let decision = decide(&snapshot, &world.activity, &anywhere, Depth::EveryReason);
        prop_assert!(decision.winner.is_none());
        let live = decide(&snapshot, &world.activity, &anywhere, Depth::FirstRefusal);
        prop_assert!(live.winner.is_none());
        prop_assert_eq!(live.verdicts.len(), world.surveys.iter().filter(|survey| survey.status == SurveyStatus::Live).count());
        for verdict in decision.verdicts.iter().chain(&live.verdicts) {
            let launch = &verdict.survey.document.launch;
            let at_one = Moment { trigger: Some(launch.frontend_triggers[0].name.as_str()), platform: Some(launch.platforms[0]), ..moment };
            let alone = world.snapshot_of(vec![verdict.survey.clone()]);
            let there = decide(&alone, &world.activity, &at_one, Depth::EveryReason);
            let is_due = matches!(verdict.verdict, Verdict::Due { .. });
            prop_assert_eq!(is_due, matches!(there.verdicts[0].verdict, Verdict::Due { .. }), "{:?}", verdict);
        }
        Ok(())
    });
}

/// The winner, and only the winner, is left without a reason; there is one whenever anything is due.
#[test]
fn exactly_the_winner_has_no_reason_against_it() {
    holds(&world(Times::Near), |world| {
        let (snapshot, moment) = (world.snapshot(), world.moment());
        let decision = decide(&snapshot, &world.activity, &moment, Depth::EveryReason);
        let unopposed = |verdict: &&crate::decide::SurveyVerdict<'_>| matches!(verdict.verdict, Verdict::Due { .. });
        let left: Vec<SurveyId> = decision.verdicts.iter().filter(unopposed).map(|verdict| verdict.survey.id).collect();
        prop_assert_eq!(left, winner(&decision).map(|(id, _)| id).into_iter().collect::<Vec<_>>());
        let empty = |verdict: &Verdict<'_>| matches!(verdict, Verdict::Refused(reasons) if reasons.is_empty());
        prop_assert!(!decision.verdicts.iter().any(|verdict| empty(&verdict.verdict)));
        Ok(())
    });
}

#[test]
fn no_time_makes_a_decision_panic() {
    holds(&world(Times::Any), |world| {
        let (snapshot, moment) = (world.snapshot(), world.moment());
        let explained = decide(&snapshot, &world.activity, &moment, Depth::EveryReason);
        let decided = decide(&snapshot, &world.activity, &moment, Depth::FirstRefusal);
        prop_assert_eq!(winner(&explained), winner(&decided));
        Ok(())
    });
}

/// The laws above say something only if the worlds are neither all quiet nor all busy.
#[test]
fn the_generated_worlds_are_neither_all_yes_nor_all_no() {
    let due = std::cell::Cell::new(0_u32);
    let activated = std::cell::Cell::new(0_u32);
    holds(&world(Times::Near), |world| {
        let snapshot = world.snapshot();
        let decision = decide(&snapshot, &world.activity, &world.moment(), Depth::FirstRefusal);
        due.set(due.get() + u32::from(decision.winner.is_some()));
        activated.set(activated.get() + u32::from(decision.winner.is_some_and(|winner| winner.due.is_some())));
        Ok(())
    });
    assert!((CASES / 5..CASES * 4 / 5).contains(&due.get()), "{} of {CASES} have a winner", due.get());
    assert!(activated.get() > CASES / 20, "{} of {CASES} have a winner with an event", activated.get());
}
