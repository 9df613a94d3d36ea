//! What holds for any workspace, user and moment.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::decide::{Completed, Decision, Depth, DueEvents, Moment, Reason, Verdict, WorkspaceSnapshot, decide};
use crate::event::{EventId, EventRecord, EventSeq};
use crate::filter;
use crate::id::{DisplayId, SurveyId, WorkspaceId};
use crate::properties::Properties;
use crate::survey::launch::{Activation, Launch, Platform, Priority, Repeat, RepeatUntil, SamplingRate, TriggerRule};
use crate::survey::{Survey, SurveyDocument, SurveyStatus, parse_document};
use crate::time::{Span, Timestamp};
use crate::trigger::TriggerName;
use crate::user::{Consumption, Namespace, OpenClaim, SurveyHistory, UserActivity, UserId, UserRef, UserState};

const CASES: u32 = 500;
const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
const FIRED: &str = "MainActivity";
static NOTHING_COMPLETED: Completed = Completed::none();
static NO_PROPERTIES: LazyLock<Properties> = LazyLock::new(Properties::empty);

/// Everything a decision is made from.
#[derive(Clone, Debug)]
struct World {
    wait_period: Span,
    surveys: Vec<Survey>,
    activity: UserActivity,
    now: Timestamp,
}

impl World {
    fn snapshot(&self) -> WorkspaceSnapshot {
        WorkspaceSnapshot::new(WORKSPACE, self.wait_period, self.surveys.clone())
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

fn backend_trigger() -> impl Strategy<Value = TriggerName> {
    select(vec!["ended_sleep", "ended_nap"]).prop_map(name)
}

fn activation(times: Times) -> impl Strategy<Value = Activation> {
    (vec(backend_trigger().prop_map(TriggerRule::any), 1..=2), times.span_up_to_mins(12), times.span_up_to_mins(2))
        .prop_map(|(backend_triggers, expires_after, delay)| Activation { backend_triggers, expires_after, delay })
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
    (backend_trigger(), times.time()).prop_map(|(trigger, effective_at)| EventRecord {
        id: EventId::from_stored("e"),
        trigger,
        effective_at,
        received_at: effective_at,
        seq: EventSeq(0),
        properties: Properties::empty(),
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
    Consumption { survey, seq: event.seq, effective_at: event.effective_at, received_at: event.received_at }
}

fn claim_until(lease_until: Timestamp) -> OpenClaim {
    OpenClaim { display: DisplayId::from_bytes([9; 16]), survey: SurveyId::from_bytes([0; 16]), request_id: "r".into(), lease_until }
}

fn activity(times: Times) -> impl Strategy<Value = UserActivity> {
    (
        vec(event(times), 0..=8),
        vec((0_u8..5, any::<prop::sample::Index>()), 0..=3),
        proptest::option::of(times.time()),
        proptest::collection::btree_map((0_u8..5).prop_map(|place| SurveyId::from_bytes([place; 16])), history(times), 0..=2),
        prop_oneof![3 => Just(None), 1 => times.time().prop_map(Some)],
    )
        .prop_map(|(mut events, consumed, last_shown_at, surveys, claimed_until)| {
            for (seq, event) in (1..).zip(&mut events) {
                event.seq = EventSeq(seq);
            }
            events.sort_by_key(|event| std::cmp::Reverse(event.recency()));
            let some = if events.is_empty() { Vec::new() } else { consumed };
            let consumed = some.iter().map(|(place, index)| mark(SurveyId::from_bytes([*place; 16]), index.get(&events))).collect();
            let open_claim = claimed_until.map(claim_until);
            let user = UserRef { workspace: WORKSPACE, namespace: Namespace::Identified, id: UserId::new("ada").unwrap() };
            UserActivity { user, state: UserState { last_shown_at, surveys, open_claim, ..UserState::default() }, events, consumed }
        })
}

fn world(times: Times) -> impl Strategy<Value = World> {
    (times.span(), surveys(times), activity(times), times.time()).prop_map(|(wait_period, surveys, activity, now)| World {
        wait_period,
        surveys,
        activity,
        now,
    })
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

/// No firing and no event has any properties here.
fn filter_out(rule: &mut TriggerRule) {
    rule.filter.all.push(filter::Condition::new("key", filter::Operator::Exists, None).unwrap());
}

/// Ways to add one more condition that can only refuse.
const CONDITIONS: [(&str, Condition); 16] = [
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
            let never =
                || Activation { backend_triggers: vec![TriggerRule::any(name("never"))], expires_after: Span::DAY, delay: Span::ZERO };
            launch.activation.get_or_insert_with(never);
        };
        world.each_launch(activation);
    }),
    ("halve the windows", |world| {
        world.each_launch(|launch| {
            if let Some(activation) = &mut launch.activation {
                activation.expires_after = Span::from_millis(activation.expires_after.as_millis() / 2);
            }
        });
    }),
    ("forget the newest event", |world| drop(world.activity.events.drain(..1.min(world.activity.events.len())))),
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
        let reordered = WorkspaceSnapshot::new(WORKSPACE, world.wait_period, surveys);
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
            let alone = WorkspaceSnapshot::new(WORKSPACE, world.wait_period, vec![verdict.survey.clone()]);
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
