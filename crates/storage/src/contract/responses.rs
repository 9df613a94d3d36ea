//! Response rows.

use sonde_core::answer::Answer;
use sonde_core::display::{Display, DisplayState, UserChange};
use sonde_core::id::DisplayId;
use sonde_core::user::{UserRef, UserState};

use super::Harness;
use super::fixtures::{
    all_responses, anonymous, change, claimed, commit, continue_merge, display_id, full_display, hours, merge, noon, shown, store_display,
    survey, user, workspace,
};
use crate::{Activity, Outcome, ResponseCounts, ResponseQuery, Responses, StorageErrorKind};

/// A claim that was never shown is none.
pub async fn only_what_was_shown_is_a_response<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    assert_eq!(all_responses(engine, workspace(1)).await, []);
    store_display(engine, &user("a"), claimed(1, noon())).await;
    store_display(engine, &user("a"), Display { state: DisplayState::Lapsed, ..claimed(2, noon()) }).await;
    let full = full_display(3, noon(), None);
    store_display(engine, &user("a"), full.clone()).await;
    let [only] = all_responses(engine, workspace(1)).await.try_into().expect("one response");
    assert_eq!((only.user, only.display), (user("a"), full));
}

/// Promise 5; each call sees everything committed before it.
pub async fn a_response_is_the_latest_state_never_twice<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let mut display = claimed(1, noon());
    store_display(engine, &user("a"), display.clone()).await;
    display = shown(1, noon());
    for revision in 1..=20 {
        display.revision = revision;
        display.answers.insert("q".into(), Answer::Number(i32::try_from(revision).unwrap_or(0)));
        store_display(engine, &user("a"), display.clone()).await;
        let [only] = all_responses(engine, workspace(1)).await.try_into().expect("one response");
        assert_eq!(only.display, display);
    }
    // A refused change leaves no trace.
    let mut refused = UserChange::of_state(&user("a"), UserState::default());
    refused.displays.push(shown(2, noon()));
    assert_eq!(commit(engine, change(refused)).await, Outcome::VersionConflict);
    assert_eq!(all_responses(engine, workspace(1)).await.len(), 1);
}

/// By display id, whatever the order of showing.
pub async fn responses_come_in_order_and_in_pages<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let mut group = Vec::new();
    for number in 0..1_200_u16 {
        let mut new = UserChange::of_state(&user(&format!("u{number}")), UserState::default());
        // 7 has no divisor in common with 1,200: every number once.
        new.displays.push(shown(number * 7 % 1_200, noon()));
        group.push(change(new));
    }
    engine.commit(group).await.unwrap();
    let mut after: Option<DisplayId> = None;
    let mut seen = Vec::new();
    loop {
        let query = ResponseQuery { workspace: workspace(1), survey: None, newest_first: false, after, limit: 500 };
        let page = engine.responses(&query).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 500);
        after = Some(last.display.id);
        seen.extend(page.into_iter().map(|row| row.display.id));
    }
    assert_eq!(seen, (0..1_200).map(display_id).collect::<Vec<_>>());
}

/// A query of one finds nothing of another.
pub async fn responses_are_kept_apart_by_survey_and_workspace<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let elsewhere = UserRef { workspace: workspace(2), ..user("a") };
    for number in 0..6_u16 {
        let display = Display { survey: survey(1 + u8::from(number % 2 == 0)), ..shown(number, noon()) };
        let owner = if number < 4 { user("a") } else { elsewhere.clone() };
        store_display(engine, &owner, display).await;
    }
    let ids = async |of, survey| -> Vec<DisplayId> {
        let query = ResponseQuery { workspace: workspace(of), survey, newest_first: false, after: Some(display_id(0)), limit: 100 };
        engine.responses(&query).await.unwrap().into_iter().map(|row| row.display.id).collect()
    };
    assert_eq!(ids(1, None).await, [1, 2, 3].map(display_id));
    assert_eq!(ids(1, Some(survey(1))).await, [1, 3].map(display_id));
    assert_eq!(ids(1, Some(survey(2))).await, [2].map(display_id));
    assert_eq!(ids(2, None).await, [4, 5].map(display_id));
    assert_eq!(ids(3, None).await, [].map(display_id));
}

/// From the merge on, whether before or after it is copied, and nobody else's change hands.
pub async fn after_a_merge_a_response_is_the_users<H: Harness>() {
    let mut harness = H::create();
    store_display(harness.engine(), &anonymous("anon"), shown(1, noon())).await;
    store_display(harness.engine(), &anonymous("other"), shown(2, noon())).await;
    let elsewhere = UserRef { workspace: workspace(2), ..anonymous("anon") };
    store_display(harness.engine(), &elsewhere, shown(3, noon())).await;
    assert_eq!(all_responses(harness.engine(), workspace(1)).await[0].user, anonymous("anon"));
    commit(harness.engine(), merge(&anonymous("anon"), "u", noon())).await;
    for round in 0..3 {
        let rows = all_responses(harness.engine(), workspace(1)).await;
        let owners: Vec<&UserRef> = rows.iter().map(|row| &row.user).collect();
        assert_eq!(owners, [&user("u"), &anonymous("other")], "round {round}");
        assert_eq!(all_responses(harness.engine(), workspace(2)).await[0].user, elsewhere);
        if round == 0 {
            harness.crash();
        } else {
            assert_eq!(commit(harness.engine(), continue_merge(&anonymous("anon"), "u")).await, Outcome::MergeDone);
        }
    }
    store_display(harness.engine(), &user("u"), full_display(1, noon(), None)).await;
    assert_eq!(all_responses(harness.engine(), workspace(1)).await[0].display, full_display(1, noon(), None));
}

/// Never lost: nothing is asked for before the crash, so the rows may still have to be made.
pub async fn responses_survive_a_crash<H: Harness>() {
    let mut harness = H::create();
    for round in 0..4_u16 {
        for number in 0..50 {
            store_display(harness.engine(), &user(&format!("u{number}")), shown(50 * round + number, noon())).await;
        }
        harness.crash();
    }
    let rows = all_responses(harness.engine(), workspace(1)).await;
    assert_eq!(rows.iter().map(|row| row.display.id).collect::<Vec<_>>(), (0..200).map(display_id).collect::<Vec<_>>());
}

/// Backwards, in pages, of one survey or of all.
pub async fn responses_come_newest_first<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    for number in 0..10_u16 {
        let display = Display { survey: survey(1 + u8::from(number % 2 == 0)), ..shown(number * 7 % 10, noon()) };
        store_display(engine, &user(&format!("u{number}")), display).await;
    }
    let ids = async |survey, after: Option<u16>, limit| -> Vec<DisplayId> {
        let query = ResponseQuery { workspace: workspace(1), survey, newest_first: true, after: after.map(display_id), limit };
        engine.responses(&query).await.unwrap().into_iter().map(|row| row.display.id).collect()
    };
    assert_eq!(ids(None, None, 3).await, [9, 8, 7].map(display_id));
    assert_eq!(ids(None, Some(7), 100).await, [6, 5, 4, 3, 2, 1, 0].map(display_id));
    assert_eq!(ids(Some(survey(1)), None, 100).await, [9, 7, 5, 3, 1].map(display_id));
    assert_eq!(ids(Some(survey(1)), Some(4), 1).await, [3].map(display_id));
    assert_eq!(ids(None, Some(0), 100).await, [].map(display_id));
}

/// A row that was deleted is gone from every view, and nothing that is said of its display later makes it again.
pub async fn a_deleted_response_stays_deleted<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let kind = |result: Result<(), crate::StorageError>| result.expect_err("an error").kind();
    store_display(engine, &user("a"), shown(1, noon())).await;
    store_display(engine, &user("b"), shown(2, noon())).await;
    assert_eq!(kind(engine.delete_response(workspace(2), display_id(1)).await), StorageErrorKind::NotFound);
    engine.delete_response(workspace(1), display_id(1)).await.unwrap();
    assert_eq!(kind(engine.delete_response(workspace(1), display_id(1)).await), StorageErrorKind::NotFound);
    store_display(engine, &user("a"), full_display(1, noon(), None)).await;
    for _ in 0..2 {
        let engine = harness.engine();
        let ids: Vec<DisplayId> = all_responses(engine, workspace(1)).await.into_iter().map(|row| row.display.id).collect();
        assert_eq!(ids, [display_id(2)]);
        assert_eq!(engine.response(workspace(1), display_id(1)).await.unwrap(), None);
        assert_eq!(engine.response(workspace(1), display_id(2)).await.unwrap().unwrap().user, user("b"));
        assert_eq!(engine.response(workspace(2), display_id(2)).await.unwrap(), None);
        let counts = engine.response_counts(workspace(1)).await.unwrap();
        assert_eq!(counts, [(survey(1), ResponseCounts { shown: 1, started: 0, completed: 0 })]);
        harness.crash();
    }
}

/// Per survey, as far as each display came.
pub async fn responses_are_counted_by_survey<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    assert_eq!(engine.response_counts(workspace(1)).await.unwrap(), []);
    store_display(engine, &user("never"), claimed(0, noon())).await;
    for number in 1..=6_u16 {
        let mut display = Display { survey: survey(if number == 6 { 2 } else { 1 }), ..shown(number, noon()) };
        display.first_answered_at = (number <= 3).then(noon);
        display.completed_at = (number <= 1).then(noon);
        store_display(engine, &user(&format!("u{number}")), display).await;
    }
    let expected = [
        (survey(1), ResponseCounts { shown: 5, started: 3, completed: 1 }),
        (survey(2), ResponseCounts { shown: 1, started: 0, completed: 0 }),
    ];
    assert_eq!(engine.response_counts(workspace(1)).await.unwrap(), expected);
    assert_eq!(engine.response_counts(workspace(2)).await.unwrap(), []);
}

/// Every completed display once, whatever becomes of its row; one that was deleted before it was completed not at all.
pub async fn what_was_completed_stays_counted<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    assert_eq!(engine.completed_counts(workspace(1)).await.unwrap(), []);
    let completed = |number: u16| Display { completed_at: Some(noon()), state: DisplayState::Completed, ..shown(number, noon()) };
    store_display(engine, &user("a"), shown(1, noon())).await;
    for revision in 1..=3 {
        store_display(engine, &user("a"), Display { revision, ..completed(1) }).await;
    }
    store_display(engine, &user("b"), completed(2)).await;
    store_display(engine, &user("c"), Display { survey: survey(2), ..completed(3) }).await;
    store_display(engine, &user("d"), shown(4, noon())).await;
    assert_eq!(engine.completed_counts(workspace(1)).await.unwrap(), [(survey(1), 2), (survey(2), 1)]);
    for number in [2, 4] {
        engine.delete_response(workspace(1), display_id(number)).await.unwrap();
        store_display(engine, &user(if number == 2 { "b" } else { "d" }), Display { revision: 9, ..completed(number) }).await;
    }
    assert_eq!(engine.completed_counts(workspace(1)).await.unwrap(), [(survey(1), 2), (survey(2), 1)]);
    assert_eq!(engine.completed_counts(workspace(2)).await.unwrap(), []);
    harness.crash();
    assert_eq!(harness.engine().completed_counts(workspace(1)).await.unwrap(), [(survey(1), 2), (survey(2), 1)]);
}

/// Of one workspace alone, the oldest first, and for good: what is still told of their displays makes no row again.
pub async fn old_responses_are_deleted_in_steps<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let claimed_at = |number: u8| noon() + hours(i64::from(number));
    let id = |number: u8| DisplayId::new(claimed_at(number), [number; 10]);
    let (here, elsewhere) = (user("a"), UserRef { workspace: workspace(2), ..user("a") });
    for number in 0..6 {
        let display = Display { id: id(number), ..shown(u16::from(number), claimed_at(number)) };
        store_display(engine, if number == 5 { &elsewhere } else { &here }, display).await;
    }
    assert_eq!(engine.delete_responses_before(workspace(1), claimed_at(3), 2).await.unwrap(), 2);
    let ids = async |engine: &H::Engine| all_responses(engine, workspace(1)).await.iter().map(|row| row.display.id).collect::<Vec<_>>();
    assert_eq!(ids(engine).await, [2, 3, 4].map(id));
    assert_eq!(engine.delete_responses_before(workspace(1), claimed_at(3), 2).await.unwrap(), 1);
    assert_eq!(engine.delete_responses_before(workspace(1), claimed_at(3), 2).await.unwrap(), 0);
    store_display(engine, &here, Display { id: id(0), revision: 1, ..shown(0, claimed_at(0)) }).await;
    assert_eq!(ids(engine).await, [3, 4].map(id));
    assert_eq!(all_responses(engine, workspace(2)).await.len(), 1);
    harness.crash();
    assert_eq!(ids(harness.engine()).await, [3, 4].map(id));
}
