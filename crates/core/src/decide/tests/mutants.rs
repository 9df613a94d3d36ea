//! Gates that are a little too lenient, or too strict: for each, some vector says otherwise.

use std::sync::Arc;

use super::vectors::{all, failures};
use crate::audience::{Condition, Node};
use crate::decide::gates::{Case, GATES, Gate};
use crate::decide::{RULES, Reason, Rules};
use crate::survey::launch::Launch;
use crate::survey::schedule::Weekdays;
use crate::survey::{Survey, SurveyDocument};
use crate::time::Span;

/// The gate that is changed, how, and what stands in its place.
type Mutant = (&'static str, &'static str, fn(&mut Case<'_>) -> Option<Reason>);

fn original(gate: &str) -> fn(&mut Case<'_>) -> Option<Reason> {
    GATES.into_iter().find(|known| known.name == gate).expect("a gate").refuses
}

/// What the gate says a little later or earlier.
fn shifted(case: &Case<'_>, gate: &str, millis: i64) -> Option<Reason> {
    let mut moment = case.moment;
    moment.now = moment.now + Span::from_millis(millis);
    original(gate)(&mut Case { moment, ..*case })
}

/// What the gate says of other launch settings.
fn relaunched(case: &Case<'_>, gate: &str, change: impl Fn(&mut Launch)) -> Option<Reason> {
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

const MUTANTS: [Mutant; 22] = [
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

#[test]
fn no_gate_can_be_weakened() {
    let vectors = all();
    for (gate, how, refuses) in MUTANTS {
        let gates: Vec<Gate> =
            GATES.into_iter().map(|known| if known.name == gate { Gate { name: known.name, refuses } } else { known }).collect();
        assert!(!failures(&vectors, &Rules { gates: &gates, ..RULES }).is_empty(), "no vector misses {gate}: {how}");
    }
}
