//! Checks of events that are a little too lenient, or too strict, and settings that are overlooked: for each, some vector
//! says otherwise.

use serde_json::Value;
use serde_json::value::RawValue;

use super::vectors::{Vector, all, notices};
use crate::decide::activation::{self, CHECKS, Check, Finding, Look, Why};
use crate::decide::{Cancellation, RULES, Rules};
use crate::event::EventRecord;
use crate::filter::Condition;
use crate::time::{Span, Timestamp};

type Finds = for<'a> fn(&Look<'_, 'a>) -> Option<Finding<'a>>;

fn why<'f, 'a>(finding: &'f Finding<'a>) -> &'f Why<'a> {
    let (Finding::Skip(why) | Finding::Stop(why)) = finding;
    why
}

/// The cancellation of an event as if it had come at another time.
fn cancelled_as_if<'a>(look: &Look<'_, 'a>, effective_at: Timestamp) -> Option<Finding<'a>> {
    let case = look.search.case;
    let moved = EventRecord { effective_at, ..look.event.clone() };
    let cancellation = case.snapshot.cancellation(case.activity, &moved)?;
    Some(Finding::Skip(Why::Cancelled(cancellation)))
}

fn stop(found: Finding<'_>) -> Finding<'_> {
    Finding::Stop(*why(&found))
}

/// The event's filter with some of its conditions.
fn with_conditions<'a>(look: &Look<'_, 'a>, some: fn(&[Condition]) -> &[Condition]) -> Option<Finding<'a>> {
    let failed = some(&look.rule.filter.all).iter().find(|condition| !condition.holds(&look.event.properties))?;
    Some(Finding::Skip(Why::Filter(failed)))
}

/// Each check, a little off.
const OFF: [(&str, &str, Finds); 26] = [
    ("expired", "still open at its very end", |look| {
        let now = look.search.case.moment.now;
        activation::expired(look).filter(|found| !matches!(why(found), Why::Expired { expired_at, .. } if *expired_at == now))
    }),
    ("expired", "closed a moment early", |look| {
        let expired_at = look.event.effective_at + look.search.activation.expires_after;
        let is_over = look.search.case.moment.now + Span::from_millis(1) >= expired_at;
        is_over.then_some(Finding::Stop(Why::Expired { expired_at }))
    }),
    ("consumed", "an event counts again", |look| activation::consumed(look).filter(|found| !matches!(why(found), Why::Consumed))),
    ("consumed", "an older event counts", |look| activation::consumed(look).filter(|found| !matches!(why(found), Why::Superseded { .. }))),
    ("cancelled", "not by id", |look| {
        activation::cancelled(look).filter(|found| !matches!(why(found), Why::Cancelled(Cancellation { by: None, .. })))
    }),
    ("cancelled", "only by id", |look| {
        activation::cancelled(look).filter(|found| matches!(why(found), Why::Cancelled(Cancellation { by: None, .. })))
    }),
    ("cancelled", "at the same moment, too", |look| cancelled_as_if(look, look.event.effective_at - Span::from_millis(1))),
    ("cancelled", "before, too", |look| cancelled_as_if(look, Timestamp::from_millis(i64::MIN))),
    ("cancelled", "a moment later only", |look| cancelled_as_if(look, look.event.effective_at + Span::from_millis(1))),
    ("not_yet", "closed at its very beginning", |look| {
        let opens_at = look.event.effective_at + look.search.activation.delay;
        let is_early = look.search.case.moment.now <= opens_at;
        is_early.then_some(Finding::Skip(Why::NotYet { opens_at }))
    }),
    ("not_yet", "open a moment early", |look| {
        let now = look.search.case.moment.now + Span::from_millis(1);
        activation::not_yet(look).filter(|found| !matches!(why(found), Why::NotYet { opens_at, .. } if now >= *opens_at))
    }),
    ("expired", "by the receipt", |look| {
        let expired_at = look.event.received_at + look.search.activation.expires_after;
        let is_over = look.search.case.moment.now >= expired_at;
        is_over.then_some(Finding::Stop(Why::Expired { expired_at }))
    }),
    ("expired", "the delay lengthens the window", |look| {
        let Look { search, event, .. } = look;
        let window = search.activation.expires_after;
        let is_over = search.case.moment.now >= event.effective_at + window + search.activation.delay;
        activation::expired(look).filter(|_| is_over)
    }),
    ("consumed", "older by time alone", |look| {
        let newest = look.search.newest_consumed?;
        activation::consumed(look).filter(|found| matches!(why(found), Why::Consumed) || look.event.effective_at < newest.effective_at)
    }),
    ("consumed", "up to the same moment", |look| {
        let (event, newest) = (look.event, look.search.newest_consumed?);
        let tied =
            (event.effective_at == newest.effective_at).then_some(Finding::Stop(Why::Superseded { consumed_at: event.effective_at }));
        activation::consumed(look).or(tied)
    }),
    ("consumed", "by any survey", |look| {
        let (event, case) = (look.event, look.search.case);
        let any = case.activity.consumed.iter().any(|mark| mark.seq == event.seq);
        activation::consumed(look).or(any.then_some(Finding::Stop(Why::Consumed)))
    }),
    ("consumed", "by events of its own trigger only", |look| {
        let case = look.search.case;
        let newest = look.search.newest_consumed?;
        let of_mark = case.activity.events.iter().find(|event| event.seq == newest.seq)?;
        activation::consumed(look).filter(|_| of_mark.trigger == look.event.trigger)
    }),
    ("consumed", "superseded is consumed", |look| activation::consumed(look).map(|_| Finding::Stop(Why::Consumed))),
    ("filter", "without its first", |look| with_conditions(look, |all| all.get(1..).unwrap_or_default())),
    ("filter", "without its last", |look| with_conditions(look, |all| all.split_last().map_or(&[][..], |(_, rest)| rest))),
    ("filter", "of the first trigger", |look| {
        let failed = look.search.activation.backend_triggers[0].filter.first_failure(&look.event.properties)?;
        Some(Finding::Skip(Why::Filter(failed)))
    }),
    ("filter", "no older event stands in", |look| activation::filter(look).map(stop)),
    ("filter", "on the frontend trigger", |look| {
        let failed = look.rule.filter.first_failure(look.search.case.moment.properties)?;
        Some(Finding::Skip(Why::Filter(failed)))
    }),
    ("cancelled", "no older event stands in", |look| activation::cancelled(look).map(stop)),
    ("not_yet", "no older event stands in", |look| activation::not_yet(look).map(stop)),
    ("not_yet", "by the receipt", |look| {
        let opens_at = look.event.received_at + look.search.activation.delay;
        let is_early = look.search.case.moment.now < opens_at;
        is_early.then_some(Finding::Skip(Why::NotYet { opens_at }))
    }),
];

#[test]
fn no_check_of_events_can_be_a_little_off() {
    let vectors = all();
    let mut unnoticed = Vec::new();
    for (name, how, finds) in OFF {
        let checks = CHECKS.map(|check| if check.name == name { Check { name: check.name, finds } } else { check });
        assert!(checks.iter().any(|check| check.name == name), "there is no check {name}");
        if !notices(&vectors, &Rules { checks: &checks, ..RULES }) {
            unnoticed.push((name, how));
        }
    }
    assert_eq!(unnoticed, [], "no vector notices these");
}

#[test]
fn every_check_has_weakened_mutants() {
    let untried: Vec<&str> = CHECKS.iter().map(|check| check.name).filter(|check| !OFF.iter().any(|(of, ..)| of == check)).collect();
    assert!(untried.is_empty(), "{untried:?}");
}

/// Setting, how it is overlooked, and where.
type Overlook = (&'static str, &'static str, fn(&mut Vector));

/// The same vectors under other settings: each setting is noticed.
const OVERLOOKED: [Overlook; 15] = [
    ("match", "all is any", |vector| each_activation(vector, |activation| set(activation, "match", "any".into()))),
    ("at_least", "one suffices", |vector| each_activation(vector, |activation| without(activation, "at_least"))),
    ("at_least", "one fewer", |vector| each_activation(vector, |activation| shift(activation, "at_least", -1, 1))),
    ("at_least", "one more", |vector| each_activation(vector, |activation| shift(activation, "at_least", 1, 1))),
    ("delay", "none", |vector| each_activation(vector, |activation| without(activation, "delay_secs"))),
    ("delay", "a second less", |vector| each_activation(vector, |activation| shift(activation, "delay_secs", -1, 1))),
    ("expiry", "a second more", |vector| each_activation(vector, |activation| shift(activation, "expires_after_secs", 1, 1))),
    ("expiry", "a second less", |vector| each_activation(vector, |activation| shift(activation, "expires_after_secs", -1, 60))),
    ("backend triggers", "the first only", |vector| each_activation(vector, |activation| keep_one(activation, 0))),
    ("backend triggers", "the last only", |vector| each_activation(vector, |activation| keep_one(activation, usize::MAX))),
    ("event filter", "none", |vector| {
        each_activation(vector, |activation| each_of(&mut activation["backend_triggers"], |rule| without(rule, "filter")));
    }),
    ("trigger filter", "none", |vector| {
        each_launch(vector, |launch| each_of(&mut launch["frontend_triggers"], |rule| without(rule, "filter")));
    }),
    ("equal_property", "not looked at", |vector| vector.cancels.iter_mut().for_each(|rule| rule.equal_property = None)),
    ("cancelled", "by no rule", |vector| vector.cancels.clear()),
    ("cancelled", "by no call", |vector| vector.cancelled.clear()),
];

#[test]
fn no_setting_of_activations_can_be_overlooked() {
    let mut unnoticed = Vec::new();
    for (setting, how, overlook) in OVERLOOKED {
        let mut vectors = all();
        vectors.iter_mut().for_each(overlook);
        if !notices(&vectors, &RULES) {
            unnoticed.push((setting, how));
        }
    }
    assert_eq!(unnoticed, [], "no vector notices these");
}

fn each_of(list: &mut Value, change: impl FnMut(&mut Value)) {
    list.as_array_mut().expect("a list").iter_mut().for_each(change);
}

fn without(value: &mut Value, key: &str) {
    value.as_object_mut().expect("an object").remove(key);
}

fn set(value: &mut Value, key: &str, new: Value) {
    value[key] = new;
}

fn shift(value: &mut Value, key: &str, by: i64, min: i64) {
    if let Some(number) = value[key].as_i64() {
        value[key] = (number + by).max(min).into();
    }
}

/// Of a place past the end the last.
fn keep_one(activation: &mut Value, place: usize) {
    let rules = activation["backend_triggers"].as_array_mut().expect("a list");
    let kept = rules.swap_remove(place.min(rules.len() - 1));
    *rules = vec![kept];
}

fn each_launch(vector: &mut Vector, change: impl Fn(&mut Value)) {
    for survey in &mut vector.surveys {
        let mut document: Value = serde_json::from_str(survey.document.get()).unwrap();
        change(&mut document["launch"]);
        survey.document = RawValue::from_string(document.to_string()).unwrap();
    }
}

fn each_activation(vector: &mut Vector, change: impl Fn(&mut Value)) {
    each_launch(vector, |launch| {
        if launch.get("activation").is_some_and(Value::is_object) {
            change(&mut launch["activation"]);
        }
    });
}
