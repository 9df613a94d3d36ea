//! Changes of a user: compare-and-set, and all or nothing.

use std::sync::Arc;

use sonde_core::display::{Display, DisplayState, UserChange};
use sonde_core::event::EVENT_LIFETIME;
use sonde_core::id::SurveyId;
use sonde_core::time::Timestamp;
use sonde_core::user::{CancelMark, Namespace, SurveyHistory, UserRef, UserState};

use super::Harness;
use super::fixtures::{
    DAY, MILLI, all_attributes, change, claimed, commit, display_id, display_of, event, full_display, load, mark, noon, state_with_claim,
    store, store_display, survey, user, user_id, workspace,
};
use crate::{Activity, Outcome};

/// Promise 3: state, displays and marks together.
pub async fn a_change_is_stored_as_a_whole<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&user("a"), "x", "t", noon())).await;
    let loaded = load(engine, &user("a"), noon()).await;
    let display = claimed(1, noon());
    let mut new = UserChange::of_state(&user("a"), state_with_claim(loaded.state, &display));
    new.displays = vec![display.clone(), claimed(2, noon())];
    new.consumed = vec![mark(survey(1), &loaded.events[0]), mark(survey(2), &loaded.events[0])];
    assert_eq!(commit(engine, change(new.clone())).await, Outcome::Changed);
    let changed = load(engine, &user("a"), noon()).await;
    assert_eq!(changed.state, new.state);
    assert_eq!(changed.state.version, 1);
    assert_eq!(changed.events, loaded.events);
    assert_eq!(changed.consumed, new.consumed);
    assert_eq!(display_of(engine, &user("a"), display.id).await, Some(display));
    assert!(display_of(engine, &user("a"), display_id(2)).await.is_some());
}

/// Older or newer: nothing of it is stored.
pub async fn a_change_from_another_version_stores_nothing<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&user("a"), "x", "t", noon())).await;
    store_display(engine, &user("a"), claimed(1, noon())).await;
    let before = load(engine, &user("a"), noon()).await;
    for version in [0, 2, u64::MAX - 1] {
        let mut state = UserState { version, ..UserState::default() };
        state.attributes.set_text("plan", "pro");
        let mut new = UserChange::of_state(&user("a"), state);
        new.displays = vec![Display { state: DisplayState::Lapsed, ..claimed(1, noon()) }, claimed(2, noon())];
        new.consumed = vec![mark(survey(1), &before.events[0])];
        assert_eq!(commit(engine, change(new)).await, Outcome::VersionConflict);
    }
    assert_eq!(load(engine, &user("a"), noon()).await, before);
    assert_eq!(display_of(engine, &user("a"), display_id(1)).await, Some(claimed(1, noon())));
    assert_eq!(display_of(engine, &user("a"), display_id(2)).await, None);
}

/// A group sees its own earlier writes.
pub async fn of_two_changes_in_one_group_the_first_is_stored<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let from = |version: u64, name: &str| {
        let mut state = UserState { version, ..UserState::default() };
        state.attributes.set_text("name", name);
        change(UserChange::of_state(&user("a"), state))
    };
    let outcomes = engine.commit(vec![from(0, "first"), from(0, "second"), from(1, "third"), from(1, "fourth")]).await.unwrap();
    assert_eq!(outcomes, [Outcome::Changed, Outcome::VersionConflict, Outcome::Changed, Outcome::VersionConflict]);
    let state = load(engine, &user("a"), noon()).await.state;
    assert_eq!((state.version, state.attributes.text("name")), (2, Some("third")));
}

/// Promise 3 under concurrency.
pub async fn of_64_concurrent_changes_one_is_stored<H: Harness>() {
    let harness = Arc::new(H::create());
    for round in 0..5 {
        let state = load(harness.engine(), &user("a"), noon()).await.state;
        assert_eq!(state.version, round);
        let tasks: Vec<_> = (0..64)
            .map(|number| {
                let harness = Arc::clone(&harness);
                let mut state = state.clone();
                state.attributes.set_text("winner", &number.to_string());
                let mut new = UserChange::of_state(&user("a"), state);
                new.displays.push(claimed(number, noon()));
                tokio::spawn(async move { (number, commit(harness.engine(), change(new)).await) })
            })
            .collect();
        let mut winners = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                (number, Outcome::Changed) => winners.push(number),
                (_, other) => assert_eq!(other, Outcome::VersionConflict),
            }
        }
        let [winner] = winners.try_into().expect("exactly one winner");
        let state = load(harness.engine(), &user("a"), noon()).await.state;
        assert_eq!(state.attributes.text("winner"), Some(winner.to_string().as_str()));
        assert!(display_of(harness.engine(), &user("a"), display_id(winner)).await.is_some());
    }
}

/// Field by field, also over a crash.
pub async fn everything_of_a_state_is_kept<H: Harness>() {
    let mut harness = H::create();
    let at = |millis| Some(Timestamp::from_millis(millis));
    let full = SurveyHistory {
        shown_count: u32::MAX,
        last_shown_at: at(-1),
        first_answered_at: at(i64::MAX),
        completed_at: at(0),
        last_answered_at: at(i64::MAX),
        last_completed_at: at(7),
    };
    let state = UserState {
        version: 0,
        erasing: false,
        alias_of: None,
        merging: Vec::new(),
        attributes: all_attributes(),
        last_shown_at: at(1_800_000_000_123),
        surveys: [(survey(1), full), (SurveyId::from_bytes([255; 16]), SurveyHistory::default())].into(),
        open_claim: state_with_claim(UserState::default(), &claimed(9, noon())).open_claim,
    };
    let full = UserChange::of_state(&user("full"), state);
    let alias =
        UserState { alias_of: Some(user_id("\"ü\" \u{1F600}")), merging: vec![user_id("m1"), user_id("m2")], ..UserState::default() };
    let alias = UserChange::of_state(&UserRef { namespace: Namespace::Anonymous, ..user("alias") }, alias);
    let empty = UserChange::of_state(&user("empty"), UserState::default());
    let changes = [full, alias, empty];
    harness.engine().commit(changes.iter().cloned().map(change).collect()).await.unwrap();
    for _ in 0..2 {
        for change in &changes {
            assert_eq!(load(harness.engine(), &change.user, noon()).await.state, change.state);
        }
        harness.crash();
    }
}

/// Field by field, in every state, also over a crash.
pub async fn everything_of_a_display_is_kept<H: Harness>() {
    let mut harness = H::create();
    let mut append = event(&user("a"), "x", "ended sleep", noon());
    append.properties = sonde_core::properties::Properties::from_stored(r#" {"hours": 7.50} "#);
    store(harness.engine(), append).await;
    let event = load(harness.engine(), &user("a"), noon()).await.events.remove(0);
    let states = [
        DisplayState::Claimed,
        DisplayState::Shown,
        DisplayState::Answered,
        DisplayState::Completed,
        DisplayState::Dismissed,
        DisplayState::Abandoned,
        DisplayState::Lapsed,
    ];
    let mut displays = vec![claimed(0, noon()), full_display(1, noon(), None)];
    displays.extend((2..).zip(states).map(|(number, state)| Display { state, ..full_display(number, noon(), Some(event.clone())) }));
    for display in &displays {
        store_display(harness.engine(), &user("a"), display.clone()).await;
    }
    for _ in 0..2 {
        for display in &displays {
            assert_eq!(display_of(harness.engine(), &user("a"), display.id).await.as_ref(), Some(display));
        }
        harness.crash();
    }
}

/// Nobody else finds it, and its user finds no other.
pub async fn a_display_belongs_to_its_user<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store_display(engine, &user("a"), claimed(1, noon())).await;
    let others = [user("ab"), UserRef { namespace: Namespace::Anonymous, ..user("a") }, UserRef { workspace: workspace(2), ..user("a") }];
    for other in others {
        assert_eq!(display_of(engine, &other, display_id(1)).await, None);
    }
    assert_eq!(display_of(engine, &user("a"), display_id(2)).await, None);
}

/// Adding a mark twice changes nothing; a mark of an event that is gone is not kept.
pub async fn a_mark_is_kept_once_and_goes_with_its_bucket<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&user("a"), "x", "t", noon())).await;
    let loaded = load(engine, &user("a"), noon()).await;
    let mark = mark(survey(1), &loaded.events[0]);
    let edge = Timestamp::from_utc_day(DAY + 1) + EVENT_LIFETIME;
    for round in 0..4 {
        let state = load(engine, &user("a"), noon()).await.state;
        let mut new = UserChange::of_state(&user("a"), state);
        new.consumed = vec![mark.clone(), mark.clone()];
        assert_eq!(commit(engine, change(new)).await, Outcome::Changed);
        let expected = if round < 2 { vec![mark.clone()] } else { Vec::new() };
        assert_eq!(load(engine, &user("a"), noon()).await.consumed, expected, "round {round}");
        if round == 1 {
            assert_eq!(engine.drop_expired(edge).await.unwrap(), 1);
            assert!(load(engine, &user("a"), noon()).await.consumed.is_empty());
        }
    }
    assert_eq!(engine.drop_expired(edge).await.unwrap(), 0, "no bucket came back for a mark");
}

/// The first mark of an event stays, over a crash; a mark goes with its event's bucket and never brings one back.
pub async fn a_cancelled_event_is_marked_once<H: Harness>() {
    let mut harness = H::create();
    store(harness.engine(), event(&user("a"), "x", "t", noon())).await;
    store(harness.engine(), event(&user("a"), "y", "t", noon())).await;
    let loaded = load(harness.engine(), &user("a"), noon()).await;
    assert!(loaded.cancelled.is_empty());
    let first = CancelMark { event: (&loaded.events[0]).into(), cancelled_at: noon() };
    let again = CancelMark { cancelled_at: noon() + MILLI, ..first };
    let other = CancelMark { event: (&loaded.events[1]).into(), ..again };
    for marks in [vec![first], vec![again, other, again]] {
        let state = load(harness.engine(), &user("a"), noon()).await.state;
        let mut new = UserChange::of_state(&user("a"), state);
        new.cancelled = marks;
        assert_eq!(commit(harness.engine(), change(new)).await, Outcome::Changed);
    }
    let mut expected = vec![first, other];
    expected.sort();
    for _ in 0..2 {
        let marked = load(harness.engine(), &user("a"), noon()).await;
        assert_eq!((&marked.cancelled, &marked.events, marked.state.version), (&expected, &loaded.events, 2));
        assert!(load(harness.engine(), &user("b"), noon()).await.cancelled.is_empty());
        harness.crash();
    }
    let engine = harness.engine();
    let edge = Timestamp::from_utc_day(DAY + 1) + EVENT_LIFETIME;
    assert_eq!(engine.drop_expired(edge).await.unwrap(), 1);
    let state = load(engine, &user("a"), noon()).await.state;
    let mut new = UserChange::of_state(&user("a"), state);
    new.cancelled = vec![first];
    assert_eq!(commit(engine, change(new)).await, Outcome::Changed);
    assert!(load(engine, &user("a"), noon()).await.cancelled.is_empty());
    assert_eq!(engine.drop_expired(edge).await.unwrap(), 0, "no bucket came back for a mark");
}

/// A change from another version marks nothing.
pub async fn a_stale_change_cancels_nothing<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&user("a"), "x", "t", noon())).await;
    let mut new = UserChange::of_state(&user("a"), UserState { version: 3, ..UserState::default() });
    new.cancelled.push(CancelMark { event: (&load(engine, &user("a"), noon()).await.events[0]).into(), cancelled_at: noon() });
    assert_eq!(commit(engine, change(new)).await, Outcome::VersionConflict);
    assert!(load(engine, &user("a"), noon()).await.cancelled.is_empty());
}

/// Promise 1.
pub async fn changes_survive_a_crash<H: Harness>() {
    let mut harness = H::create();
    for round in 0..3 {
        store_display(harness.engine(), &user("a"), claimed(round, noon())).await;
        harness.crash();
        assert_eq!(load(harness.engine(), &user("a"), noon()).await.state.version, u64::from(round) + 1);
        for number in 0..=round {
            assert!(display_of(harness.engine(), &user("a"), display_id(number)).await.is_some());
        }
    }
}
