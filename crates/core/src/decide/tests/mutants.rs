//! Gates that are a little too lenient, or too strict: for each, some vector says otherwise.

use std::sync::Arc;

use super::vectors::{all, notices};
use crate::audience::{Condition, Node};
use crate::decide::gates::{Case, GATES, Gate, sampling_point};
use crate::decide::{RULES, Reason, Rules};
use crate::filter;
use crate::id::SurveyId;
use crate::properties::Properties;
use crate::survey::launch::{Launch, Platform, RepeatUntil};
use crate::survey::schedule::Weekdays;
use crate::survey::{Survey, SurveyDocument, SurveyStatus};
use crate::time::Span;
use crate::user::{UserId, UserRef};

/// The gate that is changed, how, and what stands in its place.
type Mutant = (&'static str, &'static str, fn(&mut Case<'_, '_>) -> Option<Reason>);

fn original(gate: &str) -> fn(&mut Case<'_, '_>) -> Option<Reason> {
    GATES.into_iter().find(|known| known.name == gate).expect("a gate").refuses
}

/// What the gate says a little later or earlier.
fn shifted(case: &Case<'_, '_>, gate: &str, millis: i64) -> Option<Reason> {
    let mut moment = case.moment;
    moment.now = moment.now + Span::from_millis(millis);
    original(gate)(&mut Case { moment, ..*case })
}

/// What the gate says of other launch settings.
fn relaunched(case: &Case<'_, '_>, gate: &str, change: impl Fn(&mut Launch)) -> Option<Reason> {
    let mut document = SurveyDocument::clone(&case.survey.document);
    change(&mut document.launch);
    let survey = Survey { document: Arc::new(document), ..case.survey.clone() };
    original(gate)(&mut Case { survey: &survey, ..*case })
}

/// The same tree with other conditions.
fn with_conditions(node: &Node, change: fn(&mut Condition)) -> Node {
    match node {
        Node::All(nodes) => Node::All(nodes.iter().map(|node| with_conditions(node, change)).collect()),
        Node::Any(nodes) => Node::Any(nodes.iter().map(|node| with_conditions(node, change)).collect()),
        Node::Not(node) => Node::Not(Box::new(with_conditions(node, change))),
        Node::Fact(condition) => {
            let mut condition = condition.clone();
            change(&mut condition);
            Node::Fact(condition)
        }
    }
}

/// The same conditions with `all` and `any` changed into each other, or with `not` passed over.
fn with_shape(node: &Node, change: fn(Node) -> Node) -> Node {
    match node {
        Node::All(nodes) => change(Node::All(nodes.iter().map(|node| with_shape(node, change)).collect())),
        Node::Any(nodes) => change(Node::Any(nodes.iter().map(|node| with_shape(node, change)).collect())),
        Node::Not(node) => change(Node::Not(Box::new(with_shape(node, change)))),
        Node::Fact(condition) => Node::Fact(condition.clone()),
    }
}

fn ever(condition: &mut Condition) {
    if let Condition::Survey { within_days, .. } = condition {
        *within_days = None;
    }
}

/// The rule of the trigger that was fired, with other conditions.
fn refiltered(case: &Case<'_, '_>, change: fn(&mut Vec<filter::Condition>)) -> Option<Reason> {
    relaunched(case, "trigger_filter", |launch| launch.frontend_triggers.iter_mut().for_each(|rule| change(&mut rule.filter.all)))
}

/// What the gate says of names that are made alike first.
fn with_names(case: &Case<'_, '_>, alike: fn(&str) -> String) -> Option<Reason> {
    let fired = alike(case.moment.trigger?);
    let listed = case.survey.document.launch.frontend_triggers.iter().any(|rule| alike(rule.name.as_str()) == fired);
    (!listed).then_some(Reason::WrongTrigger)
}

/// The gate of platforms, where others pass, too.
fn lenient_platform(case: &Case<'_, '_>, passes: fn(&[Platform], Platform) -> bool) -> Option<Reason> {
    let fired = case.moment.platform?;
    (!passes(&case.survey.document.launch.platforms, fired)).then_some(Reason::WrongPlatform)
}

/// The gate of sampling with another comparison, or for somebody else.
fn sampled(case: &Case<'_, '_>, user: &UserRef, is_out: fn(u16, u16) -> bool) -> Option<Reason> {
    let rate = case.survey.document.launch.sampling.basis_points();
    let point = sampling_point(case.survey.id, user);
    is_out(point, rate).then_some(Reason::NotSampled { point, rate })
}

/// Passes if the gate passes or refuses for the reason looked for.
fn but_for(case: &Case<'_, '_>, gate: &str, is_overlooked: fn(&Reason) -> bool) -> Option<Reason> {
    original(gate)(&mut Case { ..*case }).filter(|reason| !is_overlooked(reason))
}

const MUTANTS: [Mutant; 57] = [
    ("live", "drafts are live", |case| but_for(case, "live", |reason| matches!(reason, Reason::NotLive { status: SurveyStatus::Draft }))),
    ("live", "a pause is none", |case| but_for(case, "live", |reason| matches!(reason, Reason::NotLive { status: SurveyStatus::Paused }))),
    ("live", "an end is none", |case| but_for(case, "live", |reason| matches!(reason, Reason::NotLive { status: SurveyStatus::Ended }))),
    ("trigger", "whatever the case", |case| with_names(case, str::to_lowercase)),
    ("trigger", "whatever the spaces", |case| with_names(case, |name| name.trim().to_owned())),
    ("trigger", "by its beginning", |case| with_names(case, |name| name.chars().take(4).collect())),
    ("trigger", "by what it looks like", |case| with_names(case, |name| name.replace("e\u{301}", "\u{e9}"))),
    ("trigger", "the first only", |case| relaunched(case, "trigger", |launch| launch.frontend_triggers.truncate(1))),
    ("trigger", "backend triggers, too", |case| {
        let fired = case.moment.trigger?;
        let activation = case.survey.document.launch.activation.as_ref();
        let is_backend = activation.is_some_and(|own| own.backend_triggers.iter().any(|rule| rule.name.as_str() == fired));
        if is_backend { None } else { original("trigger")(&mut Case { ..*case }) }
    }),
    ("trigger_filter", "without its first", |case| {
        refiltered(case, |all| {
            all.drain(..all.len().min(1));
        })
    }),
    ("trigger_filter", "without its last", |case| {
        refiltered(case, |all| {
            all.pop();
        })
    }),
    ("trigger_filter", "in another order", |case| refiltered(case, |all| all.reverse())),
    ("trigger_filter", "of whichever trigger", |case| {
        let rules = &case.survey.document.launch.frontend_triggers;
        let failed = rules.iter().find_map(|rule| rule.filter.first_failure(case.moment.properties))?;
        Some(Reason::TriggerFilter { path: failed.path.clone() })
    }),
    ("trigger_filter", "of the first trigger", |case| {
        let failed = case.survey.document.launch.frontend_triggers.first()?.filter.first_failure(case.moment.properties)?;
        Some(Reason::TriggerFilter { path: failed.path.clone() })
    }),
    ("trigger_filter", "any of its conditions", |case| {
        let rules = &case.survey.document.launch.frontend_triggers;
        let rule = rules.iter().find(|rule| Some(rule.name.as_str()) == case.moment.trigger)?;
        let fails =
            |condition: &filter::Condition| filter::Filter { all: vec![condition.clone()] }.first_failure(case.moment.properties).is_some();
        let failed = if rule.filter.all.iter().all(fails) { rule.filter.all.first() } else { None };
        failed.map(|failed| Reason::TriggerFilter { path: failed.path.clone() })
    }),
    ("trigger_filter", "a missing property passes", |case| {
        but_for_path(case, |properties, path| !properties.entries().iter().any(|(key, _)| key == path))
    }),
    ("platform", "the first only", |case| relaunched(case, "platform", |launch| launch.platforms.truncate(1))),
    ("platform", "browsers are everywhere", |case| {
        lenient_platform(case, |listed, fired| listed.contains(&fired) || fired == Platform::Web)
    }),
    ("platform", "an app is an app", |case| {
        lenient_platform(case, |listed, fired| {
            listed.contains(&fired) || (fired != Platform::Web && listed.iter().any(|one| *one != Platform::Web))
        })
    }),
    ("platform", "all but those listed", |case| lenient_platform(case, |listed, fired| !listed.contains(&fired))),
    ("sampling", "up to and with the rate", |case| sampled(case, &case.activity.user, |point, rate| point > rate)),
    ("sampling", "one fewer", |case| sampled(case, &case.activity.user, |point, rate| point + 1 >= rate)),
    ("sampling", "the others", |case| sampled(case, &case.activity.user, |point, rate| point < rate)),
    ("sampling", "whole per cents", |case| sampled(case, &case.activity.user, |point, rate| point / 100 >= rate / 100)),
    ("sampling", "everybody alike", |case| {
        let somebody = UserRef { id: UserId::new("somebody").expect("an id"), ..case.activity.user.clone() };
        sampled(case, &somebody, |point, rate| point >= rate)
    }),
    ("sampling", "every survey alike", |case| {
        let rate = case.survey.document.launch.sampling.basis_points();
        let point = sampling_point(SurveyId::from_bytes([0; 16]), &case.activity.user);
        (point >= rate).then_some(Reason::NotSampled { point, rate })
    }),
    ("quota", "of all surveys together", |case| {
        let quota = case.survey.document.launch.quota?;
        let completed = case.snapshot.surveys().iter().map(|survey| case.moment.completed.of(survey.id)).sum();
        (completed >= quota).then_some(Reason::QuotaReached { completed, quota })
    }),
    ("repeat", "late", |case| shifted(case, "repeat", -1)),
    ("repeat", "one more showing", |case| relaunched(case, "repeat", |launch| launch.repeat.until = one_more(launch.repeat.until))),
    ("repeat", "a first answer is none", |case| {
        relaunched(case, "repeat", |launch| {
            if launch.repeat.until == RepeatUntil::Answered {
                launch.repeat.until = RepeatUntil::Completed;
            }
        })
    }),
    ("repeat", "an answer completes", |case| {
        relaunched(case, "repeat", |launch| {
            if launch.repeat.until == RepeatUntil::Completed {
                launch.repeat.until = RepeatUntil::Answered;
            }
        })
    }),
    ("wait_period", "late", |case| shifted(case, "wait_period", -1)),
    ("wait_period", "of this survey's showings only", |case| {
        let own = case.activity.state.surveys.get(&case.survey.id);
        own.and_then(|history| history.last_shown_at).and_then(|_| original("wait_period")(&mut Case { ..*case }))
    }),
    ("claim", "late", |case| shifted(case, "claim", -1)),
    ("claim", "of this survey only", |case| {
        let claim = case.activity.state.open_claim.as_ref()?;
        if claim.survey == case.survey.id { original("claim")(&mut Case { ..*case }) } else { None }
    }),
    ("schedule", "early", |case| shifted(case, "schedule", 1)),
    ("schedule", "late", |case| shifted(case, "schedule", -1)),
    ("schedule", "no start", |case| relaunched(case, "schedule", |launch| launch.schedule.iter_mut().for_each(|own| own.starts_at = None))),
    ("schedule", "no end", |case| relaunched(case, "schedule", |launch| launch.schedule.iter_mut().for_each(|own| own.ends_at = None))),
    ("schedule", "every day", |case| {
        relaunched(case, "schedule", |launch| launch.schedule.iter_mut().for_each(|own| own.weekdays = Weekdays::ALL))
    }),
    ("schedule", "whole days", |case| relaunched(case, "schedule", |launch| launch.schedule.iter_mut().for_each(|own| own.hours = None))),
    ("quota", "one more", |case| relaunched(case, "quota", |launch| launch.quota = launch.quota.map(|quota| quota + 1))),
    ("quota", "one fewer", |case| relaunched(case, "quota", |launch| launch.quota = launch.quota.map(|quota| quota.max(2) - 1))),
    ("trigger_sequence", "without its first", |case| {
        relaunched(case, "trigger_sequence", |launch| launch.trigger_sequence = launch.trigger_sequence.iter().skip(1).cloned().collect())
    }),
    ("trigger_sequence", "without its last", |case| {
        relaunched(case, "trigger_sequence", |launch| {
            launch.trigger_sequence.pop();
        })
    }),
    ("trigger_sequence", "in any order", |case| {
        let fired = case.moment.sequence?;
        let missing = case.survey.document.launch.trigger_sequence.iter().find(|name| !fired.contains(name))?;
        Some(Reason::TriggerSequence { missing: missing.clone() })
    }),
    ("audience", "early", |case| shifted(case, "audience", 1)),
    ("audience", "late", |case| shifted(case, "audience", -1)),
    ("audience", "ever", |case| {
        relaunched(case, "audience", |launch| launch.audience = launch.audience.as_ref().map(|node| with_conditions(node, ever)))
    }),
    ("audience", "any for all", |case| {
        let change = |node| if let Node::All(nodes) = node { Node::Any(nodes) } else { node };
        relaunched(case, "audience", |launch| launch.audience = launch.audience.as_ref().map(|node| with_shape(node, change)))
    }),
    ("audience", "all for any", |case| {
        let change = |node| if let Node::Any(nodes) = node { Node::All(nodes) } else { node };
        relaunched(case, "audience", |launch| launch.audience = launch.audience.as_ref().map(|node| with_shape(node, change)))
    }),
    ("audience", "no not", |case| {
        let change = |node| if let Node::Not(node) = node { *node } else { node };
        relaunched(case, "audience", |launch| launch.audience = launch.audience.as_ref().map(|node| with_shape(node, change)))
    }),
    ("repeat", "early", |case| shifted(case, "repeat", 1)),
    ("repeat", "no pause", |case| relaunched(case, "repeat", |launch| launch.repeat.min_between = Span::ZERO)),
    ("wait_period", "early", |case| shifted(case, "wait_period", 1)),
    ("wait_period", "nobody is exempt", |case| relaunched(case, "wait_period", |launch| launch.ignores_wait_period = false)),
    ("claim", "early", |case| shifted(case, "claim", 1)),
];

fn one_more(until: RepeatUntil) -> RepeatUntil {
    if let RepeatUntil::ShownTimes(times) = until { RepeatUntil::ShownTimes(times + 1) } else { until }
}

/// A filter that overlooks what fails at some paths.
fn but_for_path(case: &Case<'_, '_>, is_overlooked: fn(&Properties, &str) -> bool) -> Option<Reason> {
    original("trigger_filter")(&mut Case { ..*case }).filter(|reason| match reason {
        Reason::TriggerFilter { path } => !is_overlooked(case.moment.properties, path),
        _ => true,
    })
}

/// A gate that nobody tries to weaken is proven by its absence alone. What makes events count is the business of the checks,
/// which have mutants of their own.
#[test]
fn every_gate_has_weakened_mutants() {
    let untried: Vec<&str> = GATES.iter().map(|gate| gate.name).filter(|gate| !MUTANTS.iter().any(|(of, ..)| of == gate)).collect();
    assert_eq!(untried, ["event"]);
}

#[test]
fn no_gate_can_be_weakened() {
    let vectors = all();
    let mut unnoticed = Vec::new();
    for (gate, how, refuses) in MUTANTS {
        let gates: Vec<Gate> =
            GATES.into_iter().map(|known| if known.name == gate { Gate { name: known.name, refuses } } else { known }).collect();
        if !notices(&vectors, &Rules { gates: &gates, ..RULES }) {
            unnoticed.push((gate, how));
        }
    }
    assert_eq!(unnoticed, [], "no vector notices these");
}
