//! Events: identity, order, limits, buckets.

use sonde_core::event::{EVENT_LIFETIME, EventId, EventSeq};
use sonde_core::properties::Properties;
use sonde_core::time::{Span, Timestamp};
use sonde_core::user::{Namespace, UserActivity, UserRef};

use super::Harness;
use super::fixtures::{DAY, HOUR, MILLI, anonymous, commit, event, event_ids, hours, load, noon, store, user, user_id, workspace};
use crate::{Activity, Append, EventFingerprint, Outcome, Write};

/// A load of a user nobody has heard of is empty, and no error.
pub async fn an_unknown_user_has_nothing<H: Harness>() {
    let harness = H::create();
    assert_eq!(load(harness.engine(), &user("a"), noon()).await, UserActivity::unknown(user("a")));
}

/// Every field comes back.
pub async fn an_event_is_loaded_as_it_came<H: Harness>() {
    let harness = H::create();
    let mut append = event(&user("a"), "order-7!", "ended sleep", noon());
    append.effective_at = noon() - hours(30);
    append.properties = Properties::from_stored(r#"{"author": "Ķ", "price": 82.50}"#);
    store(harness.engine(), append.clone()).await;
    let mut generated = event(&user("a"), "evt", "ended sleep", noon());
    generated.id = sonde_core::id::GeneratedEventId::new(noon(), [3; 10]).into();
    generated.fingerprint = None;
    store(harness.engine(), generated.clone()).await;

    let loaded = load(harness.engine(), &user("a"), noon()).await;
    assert_eq!(loaded.user, user("a"));
    assert_eq!(loaded.state.version, 0, "events are no change of the state");
    let [newest, oldest] = loaded.events.try_into().expect("two events");
    assert_eq!(newest.id, generated.id);
    assert_eq!(oldest.id, append.id);
    assert_eq!(oldest.trigger, append.trigger);
    assert_eq!(oldest.effective_at, append.effective_at);
    assert_eq!(oldest.received_at, append.received_at);
    assert_eq!(oldest.properties, append.properties);
    assert!(newest.seq > oldest.seq);
}

/// Properties are a text to an engine.
pub async fn numbers_keep_their_text<H: Harness>() {
    let harness = H::create();
    let texts = [r#"{"a": 82.50, "b": 1E+3}"#, " {\"n\":123456789012345678901234567890}\n", "{}", r#"{"a":-0.0,"ü":"\u00e9"}"#];
    for (number, text) in texts.iter().enumerate() {
        let mut append = event(&user("a"), &format!("e{number}"), "t", noon());
        append.properties = Properties::from_stored(text);
        store(harness.engine(), append).await;
    }
    let loaded = load(harness.engine(), &user("a"), noon()).await;
    let stored: Vec<&str> = loaded.events.iter().rev().map(|event| event.properties.as_str()).collect();
    assert_eq!(stored, texts);
}

/// By the sender's id or by ours, however old it is while its bucket lives; nobody else's.
pub async fn an_event_is_found_by_its_id<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let yesterday = noon() - hours(24);
    store(engine, event(&user("a"), "x", "t", yesterday)).await;
    store(engine, event(&user("a"), "xy", "t", noon())).await;
    store(engine, event(&user("a"), "other", "u", noon() - hours(200))).await;
    store(engine, event(&user("b"), "x", "t", noon())).await;
    let made = Append { fingerprint: None, id: EventId::from_stored("evt_made"), ..event(&user("a"), "z", "u", noon()) };
    store(engine, made).await;
    for _ in 0..2 {
        for (id, trigger, at) in [("x", "t", yesterday), ("evt_made", "u", noon()), ("other", "u", noon() - hours(200))] {
            let found = harness.engine().find_events(&user("a"), &EventId::from_stored(id)).await.unwrap();
            let found: Vec<_> = found.iter().map(|event| (event.id.as_str(), event.trigger.as_str(), event.effective_at)).collect();
            assert_eq!(found, [(id, trigger, at)]);
        }
        for (user, id) in [(user("a"), "unknown"), (user("b"), "xy"), (user("c"), "x"), (anonymous("a"), "x")] {
            assert!(harness.engine().find_events(&user, &EventId::from_stored(id)).await.unwrap().is_empty(), "{id}");
        }
        harness.crash();
    }
}

/// In one group and in several: the first is stored, the same again is a duplicate, another with its id is refused.
pub async fn the_same_event_is_stored_once<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let first = event(&user("a"), "x", "t", noon());
    let mut other = first.clone();
    other.fingerprint = Some(EventFingerprint([8; 16]));
    other.trigger = super::fixtures::trigger("another");
    let group = [&first, &first, &other, &first].map(|append| Write::append(append.clone()));
    let outcomes = engine.commit(group.to_vec()).await.unwrap();
    assert_eq!(outcomes, [Outcome::Appended, Outcome::Duplicate, Outcome::FingerprintConflict, Outcome::Duplicate]);
    assert_eq!(commit(engine, Write::append(first.clone())).await, Outcome::Duplicate);
    assert_eq!(commit(engine, Write::append(other)).await, Outcome::FingerprintConflict);
    assert_eq!(event_ids(engine, &user("a"), noon()).await, ["x"]);
    // Identity is (workspace, user, id).
    let elsewhere = UserRef { workspace: workspace(2), ..user("a") };
    for another in [user("b"), UserRef { namespace: Namespace::Anonymous, ..user("a") }, elsewhere] {
        store(engine, event(&another, "x", "t", noon())).await;
    }
}

/// For as long as the bucket of its receipt is there; afterwards it may come again.
pub async fn an_id_is_remembered_over_days<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&user("a"), "x", "t", noon())).await;
    for days in 1..5 {
        let again = event(&user("a"), "x", "t", noon() + hours(24 * days));
        assert_eq!(commit(engine, Write::append(again)).await, Outcome::Duplicate, "after {days} days");
    }
    let much_later = Timestamp::from_utc_day(DAY + 1) + EVENT_LIFETIME;
    assert_eq!(engine.drop_expired(much_later).await.unwrap(), 1);
    store(engine, event(&user("a"), "x", "t", much_later)).await;
}

/// Promise 4.
pub async fn of_concurrent_appends_with_one_id_one_is_stored<H: Harness>() {
    let harness = std::sync::Arc::new(H::create());
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let harness = std::sync::Arc::clone(&harness);
            tokio::spawn(async move { commit(harness.engine(), Write::append(event(&user("a"), "x", "t", noon()))).await })
        })
        .collect();
    let mut appended = 0;
    for task in tasks {
        match task.await.unwrap() {
            Outcome::Appended => appended += 1,
            other => assert_eq!(other, Outcome::Duplicate),
        }
    }
    assert_eq!(appended, 1);
    assert_eq!(event_ids(harness.engine(), &user("a"), noon()).await, ["x"]);
}

/// Over all triggers.
pub async fn events_come_newest_first_and_ties_go_to_the_later_receipt<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    for (id, name, ago) in [("1", "b", 5), ("2", "a", 0), ("3", "c", 5), ("4", "a", 5), ("5", "b", 9)] {
        store(engine, event(&user("a"), id, name, noon() - hours(ago))).await;
    }
    assert_eq!(event_ids(engine, &user("a"), noon()).await, ["2", "4", "3", "1", "5"]);
}

/// A flood of one trigger hides neither its newest nor other triggers, also where one name begins with the other.
pub async fn the_newest_hundred_of_each_trigger_are_loaded<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let mut group: Vec<Write> = Vec::new();
    for number in 0..250 {
        group.push(Write::append(event(&user("a"), &format!("flood-{number}"), "t", noon())));
    }
    for (number, name) in ["", "t2", "a", "u"].iter().enumerate() {
        let name = format!("t{name}x");
        group.push(Write::append(event(&user("a"), &format!("single-{number}"), &name, noon() - HOUR)));
    }
    for number in 0..100 {
        group.push(Write::append(event(&user("a"), &format!("hundred-{number}"), "zz", noon() - hours(2))));
    }
    engine.commit(group).await.unwrap();
    let ids = event_ids(engine, &user("a"), noon()).await;
    assert_eq!(ids.len(), 100 + 4 + 100);
    let expected: Vec<String> = (150..250).rev().map(|number| format!("flood-{number}")).collect();
    assert_eq!(ids[..100], expected);
    assert_eq!(ids[100..104], ["single-3", "single-2", "single-1", "single-0"]);
}

/// A late receipt of an early event does not push out newer ones received before.
pub async fn the_newest_count_by_effective_time_over_all_days<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let mut group = Vec::new();
    for number in 0..80 {
        group.push(Write::append(event(&user("a"), &format!("early-{number}"), "t", noon() + MILLI)));
    }
    for number in 0..80 {
        let mut late = event(&user("a"), &format!("late-{number}"), "t", noon() + hours(24));
        late.effective_at = noon() + if number < 40 { Span::ZERO } else { hours(1) };
        group.push(Write::append(late));
    }
    engine.commit(group).await.unwrap();
    let ids = event_ids(engine, &user("a"), noon() + hours(25)).await;
    assert_eq!(ids.len(), 100);
    assert_eq!((ids[0].as_str(), ids[39].as_str(), ids[40].as_str(), ids[99].as_str()), ("late-79", "late-40", "early-79", "early-20"));
}

/// By effective time, to the millisecond.
pub async fn events_older_than_a_hundred_hours_are_not_loaded<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let mut old = event(&user("a"), "old", "t", noon());
    old.effective_at = noon() - hours(90);
    store(engine, old).await;
    store(engine, event(&user("a"), "new", "t", noon())).await;
    let edge = noon() + hours(10);
    assert_eq!(event_ids(engine, &user("a"), edge).await, ["new", "old"]);
    assert_eq!(event_ids(engine, &user("a"), edge + MILLI).await, ["new"]);
    assert_eq!(event_ids(engine, &user("a"), noon() + hours(100)).await, ["new"]);
    assert!(event_ids(engine, &user("a"), noon() + hours(100) + MILLI).await.is_empty());
}

/// Not a millisecond sooner, and only that day's.
pub async fn a_bucket_is_dropped_exactly_a_hundred_hours_after_its_day<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let midnight = Timestamp::from_utc_day(DAY + 1);
    store(engine, event(&user("a"), "last", "t", midnight - MILLI)).await;
    store(engine, event(&user("a"), "next", "t", midnight)).await;
    store(engine, event(&user("b"), "first", "t", Timestamp::from_utc_day(DAY))).await;
    let edge = midnight + EVENT_LIFETIME;
    assert_eq!(engine.drop_expired(edge - MILLI).await.unwrap(), 0);
    assert_eq!(event_ids(engine, &user("a"), edge - MILLI).await, ["next", "last"]);
    assert_eq!(engine.drop_expired(edge).await.unwrap(), 1);
    assert_eq!(engine.drop_expired(edge).await.unwrap(), 0);
    assert_eq!(event_ids(engine, &user("a"), midnight).await, ["next"]);
    assert!(event_ids(engine, &user("b"), noon()).await.is_empty());
    harness.crash();
    let engine = harness.engine();
    assert_eq!(event_ids(engine, &user("a"), midnight).await, ["next"]);
    assert_eq!(engine.drop_expired(edge + hours(24)).await.unwrap(), 1);
    assert!(event_ids(engine, &user("a"), midnight).await.is_empty());
    store(engine, event(&user("a"), "anew", "t", edge + hours(24))).await;
    harness.crash();
    assert_eq!(event_ids(harness.engine(), &user("a"), edge + hours(24)).await, ["anew"]);
}

/// Ids that begin with each other, that look like parts of keys, that are as long as may be.
pub async fn users_with_hostile_ids_are_kept_apart<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let longest = "\u{10FFFF}".repeat(256);
    let ids = [" ", "\u{1}", "\u{1}\u{1}", "a", "ab", "abc", "A", "é", "e\u{301}", "👩‍👩‍👧", "\u{FEFF}", "%", "' OR 1=1 --", "a/b", &longest];
    let mut users = Vec::new();
    for number in [1, 2, 255] {
        for namespace in [Namespace::Identified, Namespace::Anonymous] {
            users.extend(ids.iter().map(|id| UserRef { workspace: workspace(number), namespace, id: user_id(id) }));
        }
    }
    let group = users.iter().enumerate().map(|(number, user)| Write::append(event(user, &format!("e{number}"), "t", noon())));
    engine.commit(group.collect()).await.unwrap();
    for (number, user) in users.iter().enumerate() {
        assert_eq!(event_ids(engine, user, noon()).await, [format!("e{number}")], "{user:?}");
    }
}

/// Promise 1; and what comes after the crash is newer than what came before.
pub async fn events_survive_a_crash_and_the_order_of_receipt_goes_on<H: Harness>() {
    let mut harness = H::create();
    let mut last = EventSeq(0);
    for round in 0..3 {
        let engine = harness.engine();
        store(engine, event(&user("a"), &format!("e{round}"), "t", noon() + hours(24 * round))).await;
        let newest = load(engine, &user("a"), noon() + hours(24 * round)).await.events[0].clone();
        assert!(newest.seq > last);
        last = newest.seq;
        let before = load(engine, &user("a"), noon()).await;
        harness.crash();
        assert_eq!(load(harness.engine(), &user("a"), noon()).await, before);
        let again = event(&user("a"), "e0", "t", noon());
        assert_eq!(commit(harness.engine(), Write::append(again)).await, Outcome::Duplicate);
    }
}

/// Events of the largest size, and thousands in one group.
pub async fn large_events_and_large_groups_are_stored<H: Harness>() {
    let mut harness = H::create();
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(32_000));
    let mut group = Vec::new();
    for number in 0..2_000 {
        let mut append = event(&user(&format!("u{}", number % 500)), &format!("e{number}"), "t", noon());
        if number % 40 == 0 {
            append.properties = Properties::from_stored(&large);
        }
        group.push(Write::append(append));
    }
    let outcomes = harness.engine().commit(group).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Appended));
    harness.crash();
    for number in 0..500 {
        let loaded = load(harness.engine(), &user(&format!("u{number}")), noon()).await;
        assert_eq!(loaded.events.len(), 4);
        assert!(number % 40 != 0 || loaded.events.iter().any(|event| event.properties.as_str() == large));
    }
}
