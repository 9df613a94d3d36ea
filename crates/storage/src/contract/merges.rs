//! "This anonymous user is that user."

use sonde_core::display::{Display, DisplayState, UserChange};
use sonde_core::event::EventId;
use sonde_core::user::{CancelMark, EventMark, UserActivity, UserState};

use super::Harness;
use super::fixtures::{
    MILLI, anonymous, change, claimed, commit, continue_merge, display_id, display_of, event, event_ids, hours, load, mark, merge, noon,
    shown, state_with_claim, store, store_display, survey, user, user_id,
};
use crate::{Activity, EventFingerprint, Outcome, Write};

/// Copies until everything is copied. Says in how many steps.
async fn finish(engine: &impl Activity, from: &str, into: &str) -> usize {
    for step in 1..100 {
        match commit(engine, continue_merge(&anonymous(from), into)).await {
            Outcome::MergeDone => return step,
            other => assert_eq!(other, Outcome::MergeStarted),
        }
    }
    panic!("the merge of {from} into {into} does not end");
}

/// An anonymous user with an event, a mark and two displays.
async fn prepare(engine: &impl Activity, id: &str) {
    store(engine, event(&anonymous(id), "x", "t", noon())).await;
    let loaded = load(engine, &anonymous(id), noon()).await;
    let mut state = loaded.state;
    state.attributes.set_text("city", "Bern");
    state.last_shown_at = Some(noon());
    let mut new = UserChange::of_state(&anonymous(id), state);
    new.displays = vec![claimed(1, noon()), shown(2, noon())];
    new.consumed = vec![mark(survey(1), &loaded.events[0])];
    assert_eq!(commit(engine, change(new)).await, Outcome::Changed);
}

fn without_merging(mut activity: UserActivity) -> UserActivity {
    activity.state.merging.clear();
    activity.state.version = 0;
    activity
}

/// Reads look in both places until everything is in one.
pub async fn a_merge_is_seen_at_once_and_stays_as_it_is_copied<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    prepare(engine, "anon").await;
    store(engine, event(&user("u"), "y", "t", noon() + MILLI)).await;
    let before = load(engine, &anonymous("anon"), noon()).await;
    assert_eq!(commit(engine, merge(&anonymous("anon"), "u", noon())).await, Outcome::MergeStarted);

    let merged = load(engine, &user("u"), noon()).await;
    assert_eq!(merged.state.merging, [user_id("anon")]);
    assert_eq!(merged.state.attributes.text("city"), Some("Bern"));
    assert_eq!(merged.state.last_shown_at, Some(noon()));
    assert_eq!(merged.events.len(), 2);
    assert_eq!(merged.events[1], before.events[0]);
    assert_eq!(merged.consumed, before.consumed);
    assert_eq!(display_of(engine, &user("u"), display_id(1)).await, Some(claimed(1, noon())));

    assert_eq!(finish(engine, "anon", "u").await, 1);
    for _ in 0..2 {
        let engine = harness.engine();
        let copied = load(engine, &user("u"), noon()).await;
        assert!(copied.state.merging.is_empty());
        assert!(copied.state.version > merged.state.version);
        assert_eq!(without_merging(copied), without_merging(merged.clone()));
        assert_eq!(display_of(engine, &user("u"), display_id(2)).await, Some(shown(2, noon())));
        let alias = load(engine, &anonymous("anon"), noon()).await;
        let expected = before.state.aliased_to(&user_id("u"));
        assert_eq!(alias, UserActivity { state: expected, ..UserActivity::unknown(anonymous("anon")) });
        assert_eq!(display_of(engine, &anonymous("anon"), display_id(2)).await, None);
        harness.crash();
    }
}

/// Both ids may be new.
pub async fn a_merge_of_an_unknown_user_sets_the_alias<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    assert_eq!(commit(engine, merge(&anonymous("anon"), "u", noon())).await, Outcome::MergeStarted);
    assert_eq!(load(engine, &anonymous("anon"), noon()).await.state.alias_of, Some(user_id("u")));
    assert_eq!(finish(engine, "anon", "u").await, 1);
    assert_eq!(load(engine, &user("u"), noon()).await.events, []);
}

/// Marks are found with their events at every moment; an id that both had finds both events.
pub async fn cancelled_events_stay_cancelled_over_a_merge<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    for (user, at) in [(anonymous("anon"), noon()), (user("u"), noon() + MILLI)] {
        store(engine, event(&user, "x", "t", at)).await;
        let loaded = load(engine, &user, noon()).await;
        let mut new = UserChange::of_state(&user, loaded.state);
        new.cancelled = vec![CancelMark { event: (&loaded.events[0]).into(), cancelled_at: at }];
        assert_eq!(commit(engine, change(new)).await, Outcome::Changed);
    }
    assert_eq!(commit(engine, merge(&anonymous("anon"), "u", noon())).await, Outcome::MergeStarted);
    for round in 0..3 {
        let engine = harness.engine();
        let merged = load(engine, &user("u"), noon()).await;
        let marked: Vec<_> = merged.cancelled.iter().map(|mark| mark.event).collect();
        let mut events: Vec<EventMark> = merged.events.iter().map(EventMark::from).collect();
        events.sort();
        assert_eq!((marked.len(), &marked), (2, &events), "round {round}");
        let found = engine.find_events(&user("u"), &EventId::from_stored("x")).await.unwrap();
        assert_eq!(found, merged.events, "round {round}");
        assert_eq!(engine.find_events(&anonymous("anon"), &EventId::from_stored("x")).await.unwrap(), []);
        if round == 0 {
            finish(engine, "anon", "u").await;
        }
        harness.crash();
    }
}

/// More rows than one step copies; after every step a crash; at every moment everything is seen.
pub async fn a_large_merge_is_copied_in_steps_over_crashes<H: Harness>() {
    let mut harness = H::create();
    let mut group = Vec::new();
    for number in 0..1_200_u16 {
        let name = format!("t{}", number % 12);
        let at = noon() + hours(24 * i64::from(number % 3));
        group.push(Write::append(event(&anonymous("anon"), &format!("e{number}"), &name, at)));
    }
    harness.engine().commit(group).await.unwrap();
    let mut new = UserChange::of_state(&anonymous("anon"), UserState::default());
    new.displays = (0..100).map(|number| shown(number, noon())).collect();
    commit(harness.engine(), change(new)).await;
    let now = noon() + hours(72);
    assert_eq!(commit(harness.engine(), merge(&anonymous("anon"), "u", now)).await, Outcome::MergeStarted);
    let merged = load(harness.engine(), &user("u"), now).await;
    assert_eq!(merged.events.len(), 1_200);
    for step in 0.. {
        assert!(step < 100, "the merge does not end");
        let outcome = commit(harness.engine(), continue_merge(&anonymous("anon"), "u")).await;
        harness.crash();
        assert_eq!(without_merging(load(harness.engine(), &user("u"), now).await), without_merging(merged.clone()));
        for number in [0, 50, 99] {
            assert!(display_of(harness.engine(), &user("u"), display_id(number)).await.is_some());
        }
        let again = event(&user("u"), "e1199", "t11", now);
        assert_eq!(commit(harness.engine(), Write::append(again)).await, Outcome::Duplicate);
        if outcome == Outcome::MergeDone {
            break;
        }
        assert_eq!(outcome, Outcome::MergeStarted);
    }
    assert!(load(harness.engine(), &user("u"), now).await.state.merging.is_empty());
}

/// Whether before or after everything is copied.
pub async fn a_repeated_merge_changes_nothing<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    prepare(engine, "anon").await;
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    let started = load(engine, &user("u"), noon()).await;
    let again = merge(&anonymous("anon"), "u", noon());
    assert_eq!(engine.commit(vec![again.clone(), again.clone()]).await.unwrap(), [Outcome::MergeStarted, Outcome::MergeStarted]);
    assert_eq!(load(engine, &user("u"), noon()).await, started);
    finish(engine, "anon", "u").await;
    let done = load(engine, &user("u"), noon()).await;
    assert_eq!(commit(engine, again).await, Outcome::MergeDone);
    assert_eq!(finish(engine, "anon", "u").await, 1);
    assert_eq!(load(engine, &user("u"), noon()).await, done);
}

/// Nor does the attempt leave a trace.
pub async fn an_alias_of_one_user_is_never_that_of_another<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    prepare(engine, "anon").await;
    let group = vec![merge(&anonymous("anon"), "u", noon()), merge(&anonymous("anon"), "v", noon())];
    assert_eq!(engine.commit(group).await.unwrap(), [Outcome::MergeStarted, Outcome::AliasConflict]);
    assert_eq!(commit(engine, continue_merge(&anonymous("anon"), "v")).await, Outcome::AliasConflict);
    assert_eq!(load(engine, &user("v"), noon()).await, UserActivity::unknown(user("v")));
    finish(engine, "anon", "u").await;
    assert_eq!(commit(engine, merge(&anonymous("anon"), "v", noon())).await, Outcome::AliasConflict);
    assert_eq!(load(engine, &anonymous("anon"), noon()).await.state.alias_of, Some(user_id("u")));
}

/// An identified user is nobody else.
pub async fn only_an_anonymous_user_becomes_an_alias<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&user("a"), "x", "t", noon())).await;
    assert_eq!(commit(engine, merge(&user("a"), "u", noon())).await, Outcome::AliasConflict);
    assert_eq!(event_ids(engine, &user("a"), noon()).await, ["x"]);
    assert_eq!(load(engine, &user("u"), noon()).await, UserActivity::unknown(user("u")));
}

/// Whether they come before or after the copying is done.
pub async fn events_of_an_alias_go_to_the_user<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    store(engine, event(&anonymous("anon"), "1", "t", noon())).await;
    finish(engine, "anon", "u").await;
    store(engine, event(&anonymous("anon"), "2", "t", noon())).await;
    assert_eq!(event_ids(engine, &user("u"), noon()).await, ["2", "1"]);
    assert!(event_ids(engine, &anonymous("anon"), noon()).await.is_empty());
    for id in ["1", "2"] {
        for sender in [anonymous("anon"), user("u")] {
            assert_eq!(commit(engine, Write::append(event(&sender, id, "t", noon()))).await, Outcome::Duplicate);
        }
    }
}

/// Under either id, before and after the copying.
pub async fn event_ids_are_known_in_both_places<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&anonymous("anon"), "x", "t", noon())).await;
    store(engine, event(&user("u"), "y", "t", noon())).await;
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    for _ in 0..2 {
        for sender in [anonymous("anon"), user("u")] {
            for id in ["x", "y"] {
                let mut again = event(&sender, id, "t", noon() + hours(24));
                assert_eq!(commit(engine, Write::append(again.clone())).await, Outcome::Duplicate);
                again.fingerprint = Some(EventFingerprint([9; 16]));
                assert_eq!(commit(engine, Write::append(again)).await, Outcome::FingerprintConflict);
            }
        }
        finish(engine, "anon", "u").await;
    }
    assert_eq!(event_ids(engine, &user("u"), noon()).await.len(), 2);
}

/// Whichever is copied first.
pub async fn of_several_users_with_one_event_id_the_first_merged_counts<H: Harness>() {
    for copied_first in ["a", "b"] {
        let harness = H::create();
        let engine = harness.engine();
        for (number, id) in [(1, "a"), (2, "b")] {
            let append = event(&anonymous(id), "x", "t", noon());
            store(engine, crate::Append { fingerprint: Some(EventFingerprint([number; 16])), ..append }).await;
        }
        commit(engine, merge(&anonymous("a"), "u", noon())).await;
        commit(engine, merge(&anonymous("b"), "u", noon())).await;
        let outcome = async |number| {
            let append = event(&user("u"), "x", "t", noon());
            commit(engine, Write::append(crate::Append { fingerprint: Some(EventFingerprint([number; 16])), ..append })).await
        };
        let copied_last = if copied_first == "a" { "b" } else { "a" };
        for id in [copied_first, copied_last] {
            assert_eq!(outcome(1).await, Outcome::Duplicate);
            assert_eq!(outcome(2).await, Outcome::FingerprintConflict);
            finish(engine, id, "u").await;
        }
        assert_eq!(outcome(1).await, Outcome::Duplicate);
        assert_eq!(outcome(2).await, Outcome::FingerprintConflict);
        assert_eq!(event_ids(engine, &user("u"), noon()).await, ["x", "x"], "both events were accepted, both stay");
    }
}

/// The user's change is newer than what is copied.
pub async fn a_display_changed_while_merging_is_not_overwritten<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    prepare(engine, "anon").await;
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    let newer = Display { state: DisplayState::Dismissed, revision: 3, ..shown(2, noon()) };
    store_display(engine, &user("u"), newer.clone()).await;
    for _ in 0..2 {
        assert_eq!(display_of(engine, &user("u"), display_id(2)).await, Some(newer.clone()));
        finish(engine, "anon", "u").await;
    }
}

/// It was made from a state that is no more.
pub async fn a_stale_change_of_the_anonymous_user_is_refused<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    prepare(engine, "anon").await;
    let stale = UserChange::of_state(&anonymous("anon"), load(engine, &anonymous("anon"), noon()).await.state);
    let of_user = UserChange::of_state(&user("u"), UserState::default());
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    assert_eq!(commit(engine, change(stale)).await, Outcome::VersionConflict);
    assert_eq!(commit(engine, change(of_user)).await, Outcome::VersionConflict);
    let during = UserChange::of_state(&user("u"), load(engine, &user("u"), noon()).await.state);
    finish(engine, "anon", "u").await;
    assert_eq!(commit(engine, change(during)).await, Outcome::VersionConflict, "it would bring the merge back");
}

/// Everything in one group.
pub async fn a_merge_sees_earlier_writes_of_its_group<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let mut new = UserChange::of_state(&anonymous("anon"), UserState::default());
    new.displays.push(shown(1, noon()));
    let again = event(&user("u"), "x", "t", noon());
    let group = vec![
        Write::append(event(&anonymous("anon"), "x", "t", noon())),
        change(new),
        merge(&anonymous("anon"), "u", noon()),
        Write::append(again.clone()),
        Write::append(event(&anonymous("anon"), "y", "t", noon())),
        continue_merge(&anonymous("anon"), "u"),
        Write::append(again),
    ];
    let expected = [
        Outcome::Appended,
        Outcome::Changed,
        Outcome::MergeStarted,
        Outcome::Duplicate,
        Outcome::Appended,
        Outcome::MergeDone,
        Outcome::Duplicate,
    ];
    assert_eq!(engine.commit(group).await.unwrap(), expected);
    for _ in 0..2 {
        assert_eq!(event_ids(harness.engine(), &user("u"), noon()).await, ["y", "x"]);
        assert_eq!(display_of(harness.engine(), &user("u"), display_id(1)).await, Some(shown(1, noon())));
        harness.crash();
    }
}

/// The user's own live claim stays; the anonymous one's display is there, but claims nothing.
pub async fn a_claim_cancelled_by_a_merge_no_longer_matches<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    for (number, owner) in [(1, anonymous("anon")), (2, user("u"))] {
        let display = claimed(number, noon());
        let mut new = UserChange::of_state(&owner, state_with_claim(UserState::default(), &display));
        new.displays.push(display);
        commit(engine, change(new)).await;
    }
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    for _ in 0..2 {
        let state = load(engine, &user("u"), noon()).await.state;
        assert_eq!(state.open_claim.map(|claim| claim.display), Some(display_id(2)));
        assert_eq!(display_of(engine, &user("u"), display_id(1)).await, Some(claimed(1, noon())));
        finish(engine, "anon", "u").await;
    }
}
