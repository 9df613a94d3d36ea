//! Statistics of triggers.

use std::collections::BTreeMap;

use sonde_core::attribute::AttributeType;
use sonde_core::limits::{ATTRIBUTE_NAMES_MAX, TRIGGER_PROPERTY_KEYS_MAX, TRIGGERS_PER_WORKSPACE_MAX};
use sonde_core::properties::JsonType;
use sonde_core::trigger::TriggerKind;

use super::Harness;
use super::fixtures::{commit, event, hours, key, load, noon, observation, store, trigger, user, workspace};
use crate::{
    Activity, Append, AttributeObservation, AttributeStats, AttributesSeen, EventFingerprint, KeyObservation, Observation, Outcome,
    TriggerStats, Write,
};

async fn stats(engine: &impl Activity) -> Vec<TriggerStats> {
    engine.trigger_stats(workspace(1)).await.expect("statistics")
}

/// The count equals the stored events.
pub async fn stored_events_are_counted_and_duplicates_are_not<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    assert_eq!(stats(engine).await, []);
    let first = event(&user("a"), "1", "ended sleep", noon());
    let conflict = Append { fingerprint: Some(EventFingerprint([1; 16])), ..first.clone() };
    let later = Append { effective_at: noon(), ..event(&user("b"), "2", "ended sleep", noon() + hours(1)) };
    let group = [&first, &first, &conflict, &later, &later].map(|append| Write::append(append.clone()));
    engine.commit(group.to_vec()).await.unwrap();
    commit(engine, Write::append(first)).await;
    let [only] = stats(engine).await.try_into().expect("one trigger");
    assert_eq!((only.kind, only.name, only.count), (TriggerKind::Backend, trigger("ended sleep"), 2));
    assert_eq!((only.first_seen_at, only.last_seen_at), (noon(), noon() + hours(1)));
}

/// One name may be of either kind.
pub async fn observations_are_counted_apart_from_events<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&user("a"), "1", "same", noon())).await;
    assert_eq!(commit(engine, Write::Observe(observation("same", 5, noon() - hours(1)))).await, Outcome::Observed);
    assert_eq!(commit(engine, Write::Observe(observation("same", 7, noon() + hours(1)))).await, Outcome::Observed);
    let [backend, frontend] = stats(engine).await.try_into().expect("two triggers");
    assert_eq!((backend.kind, backend.count), (TriggerKind::Backend, 1));
    assert_eq!((frontend.kind, frontend.count), (TriggerKind::Frontend, 12));
    assert_eq!((frontend.first_seen_at, frontend.last_seen_at), (noon() - hours(1), noon() + hours(1)));
}

/// Every type a key was seen with, also over a crash.
pub async fn property_keys_are_learnt_with_their_types<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let mut append = event(&user("a"), "1", "t", noon());
    append.learn = vec![key("author", JsonType::String), key("price", JsonType::Number)];
    store(engine, append.clone()).await;
    append.id = sonde_core::event::EventId::from_stored("2");
    append.learn = vec![key("price", JsonType::Null), key("price", JsonType::Number), key("ü\"", JsonType::Object)];
    store(engine, append.clone()).await;
    append.learn = vec![key("of a duplicate", JsonType::Array)];
    assert_eq!(commit(engine, Write::append(append)).await, Outcome::Duplicate);
    let seen = Observation { learn: vec![key("frontend", JsonType::Boolean)], ..observation("t", 1, noon()) };
    commit(engine, Write::Observe(seen)).await;
    for _ in 0..2 {
        let [backend, frontend] = stats(harness.engine()).await.try_into().expect("two triggers");
        let learnt: Vec<(&str, Vec<JsonType>)> = backend.properties.iter().map(|(key, of)| (&**key, of.types.clone())).collect();
        let expected =
            [("author", vec![JsonType::String]), ("price", vec![JsonType::Null, JsonType::Number]), ("ü\"", vec![JsonType::Object])];
        assert_eq!(learnt, expected);
        assert_eq!(frontend.properties.len(), 1);
        harness.crash();
    }
}

/// The first few different values, whatever their types, also over a crash; duplicates teach nothing.
pub async fn examples_of_values_are_kept<H: Harness>() {
    let mut harness = H::create();
    let example = |name: &str, json_type, value: &str| KeyObservation { example: Some(value.into()), ..key(name, json_type) };
    let values = [("a", "1.50"), ("a", "1.50"), ("b", "\"ü\""), ("a", "null"), ("a", "2"), ("a", "3"), ("b", "true")];
    for (number, (name, value)) in values.into_iter().enumerate() {
        let json_type = if value == "null" { JsonType::Null } else { JsonType::Number };
        let learn = vec![example(name, json_type, value)];
        store(harness.engine(), Append { learn, ..event(&user("a"), &number.to_string(), "t", noon()) }).await;
        if number == 3 {
            harness.crash();
        }
    }
    let learn = vec![key("a", JsonType::String), example("c", JsonType::Number, "0")];
    let mut group = event(&user("a"), "last", "t", noon());
    group.learn = learn;
    store(harness.engine(), group).await;
    for _ in 0..2 {
        let [only] = stats(harness.engine()).await.try_into().expect("one trigger");
        let examples = |name: &str| only.properties[name].examples.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(examples("a"), ["1.50", "null", "2"]);
        assert_eq!(examples("b"), ["\"ü\"", "true"]);
        assert_eq!(examples("c"), ["0"]);
        assert_eq!(only.properties["a"].types, [JsonType::Null, JsonType::Number, JsonType::String]);
        harness.crash();
    }
}

/// Of the last days up to the newest on which it was seen, by receipt.
pub async fn days_are_counted_one_by_one<H: Harness>() {
    let mut harness = H::create();
    let days = [(0, 1), (13, 2), (1, 3), (14, 4), (0, 5), (14, 6)];
    for (day, count) in days {
        let seen = observation("f", count, noon() + hours(24 * day));
        commit(harness.engine(), Write::Observe(seen)).await;
    }
    let late = Append { effective_at: noon() - hours(24), ..event(&user("a"), "1", "b", noon() + hours(24)) };
    store(harness.engine(), late).await;
    for _ in 0..2 {
        let [backend, frontend] = stats(harness.engine()).await.try_into().expect("two triggers");
        let first = noon().utc_day();
        assert_eq!(frontend.daily, BTreeMap::from([(first + 1, 3), (first + 13, 2), (first + 14, 10)]));
        assert_eq!((frontend.count, backend.daily), (21, BTreeMap::from([(first + 1, 1)])));
        harness.crash();
    }
}

/// A new key beyond the limit is not kept, a new type of a known one is.
pub async fn property_keys_are_limited<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    for group in 0..2 {
        let keys = (0..TRIGGER_PROPERTY_KEYS_MAX * 2 / 3).map(|number| key(&format!("k{group}-{number}"), JsonType::Number));
        let append = Append { learn: keys.collect(), ..event(&user("a"), &group.to_string(), "t", noon()) };
        store(engine, append).await;
    }
    let learn = vec![key("one more", JsonType::Null), key("k0-0", JsonType::Null)];
    store(engine, Append { learn, ..event(&user("a"), "x", "t", noon()) }).await;
    for _ in 0..2 {
        let [only] = stats(harness.engine()).await.try_into().expect("one trigger");
        assert_eq!(only.properties.len(), TRIGGER_PROPERTY_KEYS_MAX);
        assert_eq!(only.properties["k0-0"].types, [JsonType::Null, JsonType::Number]);
        assert!(!only.properties.contains_key("one more"));
        harness.crash();
    }
}

/// The first event of one too many is refused whole; known triggers go on.
pub async fn backend_triggers_are_limited<H: Harness>() {
    let mut harness = H::create();
    let group: Vec<Write> = (0..=TRIGGERS_PER_WORKSPACE_MAX)
        .map(|number| Write::append(event(&user("a"), &format!("e{number}"), &format!("t{number}"), noon())))
        .collect();
    let outcomes = harness.engine().commit(group).await.unwrap();
    let (last, others) = outcomes.split_last().expect("outcomes");
    assert!(others.iter().all(|outcome| *outcome == Outcome::Appended));
    assert_eq!(*last, Outcome::TooManyTriggers);
    for round in ["x", "y"] {
        let engine = harness.engine();
        let another = event(&user("b"), "b", "one more", noon());
        assert_eq!(commit(engine, Write::append(another.clone())).await, Outcome::TooManyTriggers);
        assert_eq!(load(engine, &user("b"), noon()).await.events, []);
        store(engine, event(&user("a"), round, "t0", noon())).await;
        let elsewhere = sonde_core::user::UserRef { workspace: workspace(2), ..user(round) };
        store(engine, Append { user: elsewhere, ..another }).await;
        assert_eq!(stats(engine).await.len(), TRIGGERS_PER_WORKSPACE_MAX);
        harness.crash();
    }
}

/// One too many is ignored.
pub async fn frontend_triggers_are_limited<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let group: Vec<Write> =
        (0..=TRIGGERS_PER_WORKSPACE_MAX).map(|number| Write::Observe(observation(&format!("t{number}"), 1, noon()))).collect();
    let outcomes = engine.commit(group).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Observed));
    assert_eq!(stats(engine).await.len(), TRIGGERS_PER_WORKSPACE_MAX);
    store(engine, event(&user("a"), "1", "backend triggers have a limit of their own", noon())).await;
    commit(engine, Write::Observe(observation("t0", 1, noon()))).await;
    let known = stats(engine).await.into_iter().find(|stats| stats.kind == TriggerKind::Frontend && stats.name == trigger("t0"));
    assert_eq!(known.map(|stats| stats.count), Some(2));
}

/// Of one workspace alone.
pub async fn triggers_are_listed_by_kind_and_name<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    for name in ["b", "a", "ab", "é", "B"] {
        store(engine, event(&user("a"), name.replace('é', "e-").as_str(), name, noon())).await;
        commit(engine, Write::Observe(observation(name, 1, noon()))).await;
    }
    let elsewhere = Observation { workspace: workspace(2), ..observation("elsewhere", 1, noon()) };
    commit(engine, Write::Observe(elsewhere)).await;
    let names: Vec<String> = stats(engine).await.iter().map(|stats| stats.name.as_str().to_owned()).collect();
    assert_eq!(names, ["B", "a", "ab", "b", "é", "B", "a", "ab", "b", "é"]);
}

/// The count lies in the batch of the events.
pub async fn after_a_crash_counts_equal_the_stored_events<H: Harness>() {
    let mut harness = H::create();
    for round in 1..=4_u64 {
        store(harness.engine(), event(&user("a"), &format!("e{round}"), "t", noon())).await;
        commit(harness.engine(), Write::Observe(observation("f", round, noon()))).await;
        harness.crash();
        let counts: Vec<u64> = stats(harness.engine()).await.iter().map(|stats| stats.count).collect();
        assert_eq!(counts, [round, round * (round + 1) / 2]);
    }
}

fn attribute(name: &str, attribute_type: AttributeType, example: Option<&str>) -> AttributeObservation {
    AttributeObservation { name: name.into(), attribute_type, example: example.map(Into::into) }
}

fn learn(number: u8, seen: Vec<AttributeObservation>) -> Write {
    Write::LearnAttributes(AttributesSeen { workspace: workspace(number), seen })
}

/// By name; each type once, the first few different examples, of one workspace alone.
pub async fn attributes_are_learnt_with_types_and_examples<H: Harness>() {
    let mut harness = H::create();
    let all = [AttributeType::Date, AttributeType::Boolean, AttributeType::Text, AttributeType::Number];
    let mut seen: Vec<AttributeObservation> = all.iter().map(|kind| attribute("plan", *kind, None)).collect();
    seen.extend(["1", "2", "1", "3", "4"].map(|example| attribute("größe", AttributeType::Number, Some(example))));
    let longest = format!("\"{}\"", "x".repeat(62));
    seen.push(attribute("long", AttributeType::Text, Some(&longest)));
    let group = vec![learn(1, seen.clone()), learn(2, vec![attribute("other", AttributeType::Text, None)]), learn(1, seen)];
    assert_eq!(harness.engine().commit(group).await.unwrap(), [Outcome::Observed, Outcome::Observed, Outcome::Observed]);
    let stats = |name: &str, types: &[AttributeType], examples: &[&str]| AttributeStats {
        name: name.into(),
        types: types.to_vec(),
        examples: examples.iter().map(|example| (*example).into()).collect(),
    };
    let expected = [
        stats("größe", &[AttributeType::Number], &["1", "2", "3"]),
        stats("long", &[AttributeType::Text], &[&longest]),
        stats("plan", &[AttributeType::Text, AttributeType::Number, AttributeType::Boolean, AttributeType::Date], &[]),
    ];
    for _ in 0..2 {
        assert_eq!(harness.engine().attribute_stats(workspace(1)).await.unwrap(), expected);
        assert_eq!(harness.engine().attribute_stats(workspace(2)).await.unwrap(), [stats("other", &[AttributeType::Text], &[])]);
        assert_eq!(harness.engine().attribute_stats(workspace(3)).await.unwrap(), []);
        harness.crash();
    }
}

/// One name too many is not noted; what is known goes on being learnt.
pub async fn names_of_attributes_are_limited<H: Harness>() {
    let harness = H::create();
    let names =
        |range: std::ops::Range<usize>| range.map(|number| attribute(&format!("a{number:04}"), AttributeType::Text, None)).collect();
    commit(harness.engine(), learn(1, names(0..ATTRIBUTE_NAMES_MAX - 1))).await;
    commit(harness.engine(), learn(1, names(ATTRIBUTE_NAMES_MAX - 1..ATTRIBUTE_NAMES_MAX + 1))).await;
    commit(harness.engine(), learn(1, vec![attribute("a0000", AttributeType::Date, None)])).await;
    commit(harness.engine(), learn(2, names(0..1))).await;
    let known = harness.engine().attribute_stats(workspace(1)).await.unwrap();
    assert_eq!((known.len(), &*known[ATTRIBUTE_NAMES_MAX - 1].name), (ATTRIBUTE_NAMES_MAX, "a0999"));
    assert_eq!(known[0].types, [AttributeType::Text, AttributeType::Date]);
    assert_eq!(harness.engine().attribute_stats(workspace(2)).await.unwrap().len(), 1);
}
