//! "Forget this user."

use sonde_core::display::{Display, UserChange};
use sonde_core::id::DisplayId;
use sonde_core::properties::Properties;
use sonde_core::user::{Namespace, UserRef, UserState};

use super::Harness;
use super::fixtures::{
    HOUR, MILLI, all_responses, anonymous, change, claimed, commit, continue_merge, display_id, display_of, event, event_ids, full_display,
    hours, load, mark, merge, noon, shown, state_with_claim, store, store_display, survey, user, user_id, workspace,
};
use crate::{Activity, Erase, ErasedResponses, EventCursor, Outcome, Responses, Write};

fn erase(user: &UserRef) -> Write {
    Write::Erase(Erase { user: user.clone(), responses: ErasedResponses::Delete })
}

fn anonymise(user: &UserRef, as_id: &str) -> Write {
    Write::Erase(Erase { user: user.clone(), responses: ErasedResponses::Anonymise { as_id: user_id(as_id) } })
}

fn continue_erase(user: &UserRef) -> Write {
    Write::ContinueErase { user: user.clone() }
}

/// Erases until nothing is left. Says in how many steps.
async fn finish(engine: &impl Activity, user: &UserRef) -> usize {
    for step in 1..100 {
        match commit(engine, continue_erase(user)).await {
            Outcome::Erased => return step,
            other => assert_eq!(other, Outcome::EraseStarted),
        }
    }
    panic!("the erasure does not end");
}

/// A user with events, a mark, displays, attributes and an open claim.
async fn prepare(engine: &impl Activity, user: &UserRef, first_display: u16) {
    store(engine, event(user, "x", "t", noon())).await;
    store(engine, event(user, "y", "u", noon() - hours(30))).await;
    let loaded = load(engine, user, noon()).await;
    let mut state = loaded.state;
    state.attributes.set_text("email", "ada@example.org");
    state.last_shown_at = Some(noon());
    state.surveys.entry(survey(1)).or_default().shown_count = 1;
    let claim = claimed(first_display, noon());
    let mut new = UserChange::of_state(user, state_with_claim(state, &claim));
    new.displays = vec![claim, full_display(first_display + 1, noon(), Some(loaded.events[0].clone()))];
    new.consumed = vec![mark(survey(1), &loaded.events[0])];
    assert_eq!(commit(engine, change(new)).await, Outcome::Changed);
}

/// Nothing at all is found of a user.
async fn expect_nothing(engine: &(impl Activity + Responses), user: &UserRef) {
    let activity = load(engine, user, noon()).await;
    let is_empty = activity.events.is_empty() && activity.consumed.is_empty() && activity.state.attributes.is_empty();
    let state = UserState { version: activity.state.version, erasing: activity.state.erasing, ..UserState::default() };
    assert!(is_empty && UserState { merging: Vec::new(), ..activity.state.clone() } == state, "{activity:?}");
    assert_eq!(engine.displays_of(user, None, 10).await.unwrap(), []);
    assert_eq!(engine.events_of(user, None, 10).await.unwrap().events, []);
    for number in 0..10 {
        assert_eq!(display_of(engine, user, display_id(number)).await, None);
    }
    assert!(all_responses(engine, user.workspace).await.iter().all(|row| row.user != *user));
}

/// From the first step on nothing is found; in the end the user is as one nobody has heard of.
pub async fn an_erased_user_is_as_one_nobody_has_heard_of<H: Harness>() {
    let mut harness = H::create();
    prepare(harness.engine(), &user("a"), 1).await;
    prepare(harness.engine(), &user("ab"), 3).await;
    let others = load(harness.engine(), &user("ab"), noon()).await;
    assert_eq!(commit(harness.engine(), erase(&user("a"))).await, Outcome::EraseStarted);
    for _ in 0..2 {
        let engine = harness.engine();
        expect_nothing(engine, &user("a")).await;
        assert!(load(engine, &user("a"), noon()).await.state.erasing);
        assert_eq!(engine.erasures_under_way().await.unwrap(), [user("a")]);
        assert_eq!(commit(engine, Write::append(event(&user("a"), "z", "t", noon()))).await, Outcome::Erasing);
        let changed = UserChange::of_state(&user("a"), load(engine, &user("a"), noon()).await.state);
        assert_eq!(commit(engine, change(changed)).await, Outcome::Erasing);
        assert_eq!(commit(engine, erase(&user("a"))).await, Outcome::EraseStarted);
        harness.crash();
    }
    assert_eq!(finish(harness.engine(), &user("a")).await, 1);
    for _ in 0..2 {
        let engine = harness.engine();
        expect_nothing(engine, &user("a")).await;
        assert!(!load(engine, &user("a"), noon()).await.is_known());
        assert_eq!(engine.erasures_under_way().await.unwrap(), []);
        assert_eq!(commit(engine, continue_erase(&user("a"))).await, Outcome::Erased);
        assert_eq!(load(engine, &user("ab"), noon()).await, others);
        assert_eq!(all_responses(engine, workspace(1)).await.len(), 1);
        harness.crash();
    }
    store(harness.engine(), event(&user("a"), "x", "t", noon())).await;
    assert_eq!(event_ids(harness.engine(), &user("a"), noon()).await, ["x"]);
}

/// Nobody waits for the whole of it, and a crash in the middle costs nothing.
pub async fn a_large_erasure_is_done_in_steps_over_crashes<H: Harness>() {
    let mut harness = H::create();
    let group = (0..2_500).map(|number| Write::append(event(&user("a"), &format!("e{number}"), "t", noon() - MILLI)));
    harness.engine().commit(group.collect()).await.unwrap();
    prepare(harness.engine(), &user("a"), 1).await;
    commit(harness.engine(), erase(&user("a"))).await;
    let mut steps = 1;
    while commit(harness.engine(), continue_erase(&user("a"))).await == Outcome::EraseStarted {
        steps += 1;
        store(harness.engine(), event(&user("b"), &format!("between-{steps}"), "t", noon())).await;
        harness.crash();
        expect_nothing(harness.engine(), &user("a")).await;
        assert!(steps < 50, "the erasure does not end");
    }
    expect_nothing(harness.engine(), &user("a")).await;
    assert_eq!(event_ids(harness.engine(), &user("b"), noon()).await.len(), steps - 1);
}

/// Promise 6: whatever was read before the erasure, nothing made from it is stored after it.
pub async fn no_change_made_before_an_erasure_is_stored_after_it<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let claim_of = |state: UserState, number: u16| {
        let display = claimed(number, noon());
        let mut new = UserChange::of_state(&user("a"), state_with_claim(state, &display));
        new.displays.push(display);
        new
    };
    let mut outdated = vec![claim_of(load(engine, &user("a"), noon()).await.state, 5)];
    prepare(engine, &user("a"), 1).await;
    outdated.push(claim_of(load(engine, &user("a"), noon()).await.state, 6));
    for round in 0..3 {
        commit(harness.engine(), erase(&user("a"))).await;
        finish(harness.engine(), &user("a")).await;
        for number in 0..4_u16 {
            for change_before in &outdated {
                let outcome = commit(harness.engine(), change(change_before.clone())).await;
                assert_eq!(outcome, Outcome::VersionConflict, "round {round}, after {number} new changes");
            }
            // The user comes again and is written as often as before: no version may meet an earlier one.
            let state = load(harness.engine(), &user("a"), noon()).await.state;
            assert_eq!(commit(harness.engine(), change(UserChange::of_state(&user("a"), state))).await, Outcome::Changed);
        }
        let state = load(harness.engine(), &user("a"), noon()).await.state;
        outdated.push(claim_of(state, 7));
        harness.crash();
    }
}

/// An id that stood for the user is free again, and knows nothing.
pub async fn aliases_are_erased_with_their_user<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    for (number, id) in [(1, "done"), (3, "midway")] {
        prepare(engine, &anonymous(id), number).await;
        commit(engine, merge(&anonymous(id), "u", noon())).await;
        if id == "done" {
            assert_eq!(commit(engine, continue_merge(&anonymous(id), "u")).await, Outcome::MergeDone);
        }
    }
    prepare(engine, &anonymous("other"), 5).await;
    commit(engine, merge(&anonymous("other"), "v", noon())).await;
    assert_eq!(engine.aliases_of(&user("u"), 10).await.unwrap(), [user_id("done"), user_id("midway")]);
    assert_eq!(engine.aliases_of(&user("u"), 1).await.unwrap(), [user_id("done")]);
    assert_eq!(commit(engine, erase(&anonymous("done"))).await, Outcome::AliasConflict);

    assert_eq!(commit(engine, erase(&user("u"))).await, Outcome::EraseStarted);
    expect_nothing(engine, &user("u")).await;
    assert_eq!(commit(engine, Write::append(event(&anonymous("done"), "z", "t", noon()))).await, Outcome::Erasing);
    assert_eq!(commit(engine, merge(&anonymous("new"), "u", noon())).await, Outcome::Erasing);
    assert_eq!(commit(engine, merge(&anonymous("midway"), "u", noon())).await, Outcome::Erasing);
    assert_eq!(commit(engine, continue_merge(&anonymous("midway"), "u")).await, Outcome::MergeDone);
    harness.crash();
    finish(harness.engine(), &user("u")).await;
    for _ in 0..2 {
        let engine = harness.engine();
        for gone in [user("u"), anonymous("done"), anonymous("midway")] {
            expect_nothing(engine, &gone).await;
            assert!(!load(engine, &gone, noon()).await.is_known(), "{gone:?}");
        }
        assert_eq!(engine.aliases_of(&user("u"), 10).await.unwrap(), []);
        assert_eq!(engine.aliases_of(&user("v"), 10).await.unwrap(), [user_id("other")]);
        assert_eq!(load(engine, &user("v"), noon()).await.events.len(), 2);
        harness.crash();
    }
    // A free id may stand for somebody else.
    assert_eq!(commit(harness.engine(), merge(&anonymous("done"), "v", noon())).await, Outcome::MergeStarted);
    assert_eq!(event_ids(harness.engine(), &user("v"), noon()).await.len(), 2);
}

/// A merge made from what was there before changes nothing afterwards, and an anonymous user who is no alias is erased alone.
pub async fn an_anonymous_user_is_erased<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    prepare(engine, &anonymous("a"), 1).await;
    prepare(engine, &user("a"), 3).await;
    commit(engine, erase(&anonymous("a"))).await;
    assert_eq!(commit(engine, merge(&anonymous("a"), "u", noon())).await, Outcome::Erasing);
    finish(engine, &anonymous("a")).await;
    expect_nothing(engine, &anonymous("a")).await;
    assert_eq!(load(engine, &user("a"), noon()).await.events.len(), 2);
    assert_eq!(all_responses(engine, workspace(1)).await.len(), 1);
}

/// Everything of one group, in order.
pub async fn an_erasure_sees_earlier_writes_of_its_group<H: Harness>() {
    let mut harness = H::create();
    let mut new = UserChange::of_state(&user("u"), UserState::default());
    new.displays.push(shown(1, noon()));
    let append = |id: &str| Write::append(event(&user("u"), id, "t", noon()));
    let group = vec![
        append("x"),
        change(new.clone()),
        erase(&user("u")),
        append("y"),
        continue_erase(&user("u")),
        change(new),
        append("x"),
        erase(&user("nobody")),
        continue_erase(&user("nobody")),
    ];
    let expected = [
        Outcome::Appended,
        Outcome::Changed,
        Outcome::EraseStarted,
        Outcome::Erasing,
        Outcome::Erased,
        Outcome::VersionConflict,
        Outcome::Appended,
        Outcome::EraseStarted,
        Outcome::Erased,
    ];
    assert_eq!(harness.engine().commit(group).await.unwrap(), expected);
    for _ in 0..2 {
        assert_eq!(event_ids(harness.engine(), &user("u"), noon()).await, ["x"]);
        assert_eq!(all_responses(harness.engine(), workspace(1)).await, []);
        harness.crash();
    }
}

/// The rows go with the user, also those made a moment ago, and those of others stay.
pub async fn responses_are_deleted_with_their_user<H: Harness>() {
    let mut harness = H::create();
    let elsewhere = UserRef { workspace: workspace(2), ..user("a") };
    for (number, owner) in [(1, user("a")), (2, user("b")), (3, elsewhere.clone()), (4, anonymous("a"))] {
        store_display(harness.engine(), &owner, full_display(number, noon(), None)).await;
    }
    commit(harness.engine(), erase(&user("a"))).await;
    for _ in 0..3 {
        let ids: Vec<DisplayId> = all_responses(harness.engine(), workspace(1)).await.iter().map(|row| row.display.id).collect();
        assert_eq!(ids, [display_id(2), display_id(4)]);
        assert_eq!(all_responses(harness.engine(), workspace(2)).await[0].user, elsewhere);
        finish(harness.engine(), &user("a")).await;
        harness.crash();
    }
}

/// What was answered stays, and nothing says who answered it.
pub async fn responses_are_anonymised<H: Harness>() {
    let mut harness = H::create();
    let event = {
        store(harness.engine(), event(&user("a"), "x", "t", noon())).await;
        load(harness.engine(), &user("a"), noon()).await.events[0].clone()
    };
    let answered = full_display(1, noon(), Some(event));
    store_display(harness.engine(), &user("a"), answered.clone()).await;
    store_display(harness.engine(), &user("a"), claimed(2, noon())).await;
    store_display(harness.engine(), &user("b"), full_display(3, noon(), None)).await;
    commit(harness.engine(), anonymise(&user("a"), "fresh")).await;
    for round in 0..3 {
        let rows = all_responses(harness.engine(), workspace(1)).await;
        assert_eq!(rows.len(), 2, "round {round}");
        let kept = &rows[0];
        assert_eq!(kept.user, anonymous("fresh"));
        let expected = Display {
            request_id: "".into(),
            trigger_properties: Properties::empty(),
            attributes: std::sync::Arc::default(),
            event: None,
            events: Vec::new(),
            consumes: Vec::new(),
            ..answered.clone()
        };
        assert_eq!(kept.display, expected);
        assert_eq!(harness.engine().response(workspace(1), display_id(1)).await.unwrap().as_ref(), Some(kept));
        assert_eq!((&rows[1].user, rows[1].display.id), (&user("b"), display_id(3)));
        assert!(!load(harness.engine(), &anonymous("fresh"), noon()).await.is_known());
        finish(harness.engine(), &user("a")).await;
        harness.crash();
    }
    // Another erasure, of the rows' new owner, takes them.
    commit(harness.engine(), erase(&user("a"))).await;
    finish(harness.engine(), &user("a")).await;
    assert_eq!(all_responses(harness.engine(), workspace(1)).await.len(), 2);
}

/// The newest first, in pages, also while some still lie elsewhere.
pub async fn displays_of_a_user_are_listed_newest_first<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    for number in 0..20_u16 {
        let owner = if number % 3 == 0 { anonymous("anon") } else { user("u") };
        store_display(engine, &owner, claimed(number * 7 % 20, noon())).await;
    }
    store_display(engine, &user("ua"), claimed(30, noon())).await;
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    assert_eq!(engine.displays_of(&anonymous("anon"), None, 10).await.unwrap(), []);
    for _ in 0..2 {
        let ids = async |before: Option<u16>, limit| -> Vec<DisplayId> {
            let listed = engine.displays_of(&user("u"), before.map(display_id), limit).await.unwrap();
            listed.into_iter().map(|display| display.id).collect()
        };
        assert_eq!(ids(None, 3).await, [19, 18, 17].map(display_id));
        assert_eq!(ids(Some(17), 2).await, [16, 15].map(display_id));
        assert_eq!(ids(None, 100).await, (0..20).rev().map(display_id).collect::<Vec<_>>());
        assert_eq!(ids(Some(0), 5).await, [].map(display_id));
        assert_eq!(commit(engine, continue_merge(&anonymous("anon"), "u")).await, Outcome::MergeDone);
    }
}

/// All that are stored, whatever their age and number, each once.
pub async fn all_events_of_a_user_are_listed<H: Harness>() {
    let mut harness = H::create();
    let mut group = Vec::new();
    for number in 0..250_i64 {
        let owner = if number % 4 == 0 { anonymous("anon") } else { user("u") };
        let mut append = event(&owner, &format!("e{number}"), if number % 2 == 0 { "t" } else { "u" }, noon() + hours(24 * (number % 3)));
        append.effective_at = append.received_at - hours(number % 100);
        group.push(Write::append(append));
    }
    group.push(Write::append(event(&user("ua"), "other", "t", noon())));
    group.push(merge(&anonymous("anon"), "u", noon()));
    harness.engine().commit(group).await.unwrap();
    for round in 0..3 {
        for limit in [7, 250, 1_000] {
            let (mut ids, mut from): (Vec<String>, Option<EventCursor>) = (Vec::new(), None);
            loop {
                let page = harness.engine().events_of(&user("u"), from, limit).await.unwrap();
                assert!(page.events.len() <= limit);
                ids.extend(page.events.iter().map(|event| event.id.to_string()));
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
            ids.sort();
            let mut expected: Vec<String> = (0..250).map(|number| format!("e{number}")).collect();
            expected.sort();
            assert_eq!(ids, expected, "round {round}, limit {limit}");
        }
        if round == 0 {
            harness.crash();
        } else {
            commit(harness.engine(), continue_merge(&anonymous("anon"), "u")).await;
        }
    }
}

/// Promise 7.
pub async fn the_latest_time_is_known_after_a_crash<H: Harness>() {
    let mut harness = H::create();
    assert_eq!(harness.engine().latest_time().await.unwrap(), None);
    store(harness.engine(), event(&user("a"), "x", "t", noon())).await;
    store(harness.engine(), event(&user("a"), "late", "t", noon() - HOUR)).await;
    harness.crash();
    assert_eq!(harness.engine().latest_time().await.unwrap(), Some(noon()));
    let mut shown_later = shown(1, noon());
    shown_later.updated_at = noon() + HOUR;
    store_display(harness.engine(), &user("a"), shown_later).await;
    harness.crash();
    assert_eq!(harness.engine().latest_time().await.unwrap(), Some(noon() + HOUR));
    let from = UserRef { namespace: Namespace::Anonymous, ..user("b") };
    commit(harness.engine(), merge(&from, "u", noon() + hours(2))).await;
    harness.crash();
    assert_eq!(harness.engine().latest_time().await.unwrap(), Some(noon() + hours(2)));
}
