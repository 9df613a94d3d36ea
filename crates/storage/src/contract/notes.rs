//! What is noted beside decisions, and going over users.

use std::collections::BTreeSet;

use sonde_core::decide::{Explained, Fact, ReasonCode};
use sonde_core::display::UserChange;
use sonde_core::limits::{DECISION_DAYS, REFUSALS_PER_USER_MAX};
use sonde_core::refusal::{Refusal, RefusedSurvey};
use sonde_core::survey::launch::Platform;
use sonde_core::time::{Span, Timestamp};
use sonde_core::user::{UserRef, UserState};

use super::Harness;
use super::fixtures::{DAY, anonymous, change, commit, continue_merge, event, hours, merge, noon, store, survey, trigger, user, workspace};
use crate::{Activity, Append, DecisionCounts, DecisionNote, Outcome, RefusalNote, UsersWith, Write};

/// A refusal with a fact of every kind.
fn refusal(at: Timestamp, name: &str) -> Refusal {
    let facts = vec![
        ("at".into(), Fact::Time(noon())),
        ("window_secs".into(), Fact::Number(u64::MAX)),
        ("negated".into(), Fact::Boolean(true)),
        ("path".into(), Fact::Text("größe.\"x\"".into())),
        ("winner".into(), Fact::Survey(survey(2))),
    ];
    let reasons = ReasonCode::ALL.map(|code| Explained { code, detail: format!("{code:?}").into(), facts: facts.clone() });
    Refusal {
        first_at: at,
        last_at: at,
        count: 1,
        trigger: (!name.is_empty()).then(|| trigger(name)),
        platform: Platform::Android,
        surveys: vec![RefusedSurvey { survey: survey(1), reasons: reasons.to_vec() }],
    }
}

async fn refuse(engine: &impl Activity, user: &UserRef, refusals: Vec<Refusal>) {
    let note = RefusalNote { user: user.clone(), refusals };
    assert_eq!(commit(engine, Write::Refuse(note)).await, Outcome::Observed);
}

/// With every fact, also over a crash; those of others are their own.
pub async fn refusals_are_kept_as_they_were<H: Harness>() {
    let mut harness = H::create();
    let (first, second) = (refusal(noon(), "MainActivity"), refusal(noon() + hours(1), ""));
    refuse(harness.engine(), &user("a"), vec![first.clone()]).await;
    refuse(harness.engine(), &user("a"), vec![second.clone()]).await;
    for _ in 0..2 {
        assert_eq!(harness.engine().refusals(&user("a")).await.unwrap(), [second.clone(), first.clone()]);
        for other in [user("b"), anonymous("a"), UserRef { workspace: workspace(2), ..user("a") }] {
            assert_eq!(harness.engine().refusals(&other).await.unwrap(), []);
        }
        harness.crash();
    }
}

/// Ones alike in a row are counted, the newest stay.
pub async fn refusals_are_counted_and_limited<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let count = i64::try_from(REFUSALS_PER_USER_MAX).unwrap() + 5;
    for number in 0..count {
        let at = noon() + hours(number);
        refuse(engine, &user("a"), vec![refusal(at, &format!("t{number}"))]).await;
        refuse(engine, &user("a"), vec![refusal(at + Span::from_secs(1), &format!("t{number}"))]).await;
    }
    let kept = engine.refusals(&user("a")).await.unwrap();
    assert_eq!(kept.len(), REFUSALS_PER_USER_MAX);
    assert!(kept.iter().all(|refusal| refusal.count == 2 && refusal.last_at.since(refusal.first_at) == Span::from_secs(1)));
    assert_eq!(kept[0].first_at, noon() + hours(count - 1));
}

/// At once, and what still comes under the alias too.
pub async fn refusals_follow_a_merge<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    refuse(engine, &anonymous("anon"), vec![refusal(noon(), "x")]).await;
    refuse(engine, &user("u"), vec![refusal(noon() + hours(1), "y")]).await;
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    refuse(engine, &anonymous("anon"), vec![refusal(noon() + hours(2), "z")]).await;
    let expected = [refusal(noon() + hours(2), "z"), refusal(noon() + hours(1), "y"), refusal(noon(), "x")];
    assert_eq!(engine.refusals(&user("u")).await.unwrap(), expected);
    commit(engine, continue_merge(&anonymous("anon"), "u")).await;
    harness.crash();
    assert_eq!(harness.engine().refusals(&user("u")).await.unwrap(), expected);
    assert_eq!(harness.engine().refusals(&anonymous("anon")).await.unwrap(), []);
}

/// By survey, for the last days.
pub async fn decisions_are_counted_by_day_and_reason<H: Harness>() {
    let mut harness = H::create();
    let counts = |won: u64, refused: &[(ReasonCode, u64)]| DecisionCounts { won, refused: refused.iter().copied().collect() };
    let note = |day: i32, counts: DecisionCounts| DecisionNote { workspace: workspace(1), survey: survey(1), day: DAY + day, counts };
    let days = i32::try_from(DECISION_DAYS).unwrap();
    let group = vec![
        Write::CountDecisions(note(0, counts(9, &[]))),
        Write::CountDecisions(note(1, counts(1, &[(ReasonCode::NoEvent, 2)]))),
        Write::CountDecisions(note(days, counts(0, &[(ReasonCode::WaitPeriod, 3)]))),
        Write::CountDecisions(note(1, counts(1, &[(ReasonCode::NoEvent, u64::from(u32::MAX)), (ReasonCode::Audience, 1)]))),
    ];
    harness.engine().commit(group).await.unwrap();
    let elsewhere = DecisionNote { workspace: workspace(2), ..note(1, counts(7, &[])) };
    commit(harness.engine(), Write::CountDecisions(elsewhere)).await;
    for _ in 0..2 {
        let stored = harness.engine().decision_counts(workspace(1), survey(1)).await.unwrap();
        let first = counts(2, &[(ReasonCode::NoEvent, u64::from(u32::MAX) + 2), (ReasonCode::Audience, 1)]);
        let expected = [(DAY + 1, first), (DAY + days, counts(0, &[(ReasonCode::WaitPeriod, 3)]))];
        assert_eq!(stored.into_iter().collect::<Vec<_>>(), expected);
        assert!(harness.engine().decision_counts(workspace(1), survey(2)).await.unwrap().is_empty());
        harness.crash();
    }
}

/// All users over all pages; says how many pages there were.
async fn all(engine: &impl Activity, with: UsersWith, limit: usize) -> (BTreeSet<UserRef>, usize) {
    let (mut users, mut after, mut covered) = (BTreeSet::new(), None, 0.0);
    for pages in 1..1_000 {
        let page = engine.users_with(workspace(1), with, after.as_ref(), limit).await.unwrap();
        assert!(page.users.len() <= limit);
        assert!(page.covered >= covered && page.covered <= 1.0, "{} after {covered}", page.covered);
        assert_eq!(page.next.is_none(), page.covered >= 1.0, "{}", page.covered);
        for user in page.users {
            assert!(users.insert(user), "named twice");
        }
        (after, covered) = (page.next, page.covered);
        if after.is_none() {
            return (users, pages);
        }
    }
    panic!("the pages do not end");
}

/// Those of the workspace alone, each once, however small the pages.
pub async fn users_are_gone_over_in_pages<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let (mut group, mut with_events, mut with_state) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for number in 0..120 {
        let user = if number % 3 == 0 { anonymous(&format!("u{number}")) } else { user(&format!("u{number}")) };
        let elsewhere = UserRef { workspace: workspace(2), ..user.clone() };
        for day in 0..number % 4 {
            let at = noon() + hours(24 * i64::from(day));
            for id in ["x", "y"] {
                group.push(Write::append(event(&user, &format!("{id}{day}"), "t", at)));
            }
            with_events.insert(user.clone());
        }
        group.push(Write::append(Append { user: elsewhere.clone(), ..event(&user, "z", "t", noon()) }));
        let mut state = UserState::default();
        state.attributes.set_text("plan", "pro");
        group.push(change(UserChange::of_state(&elsewhere, state.clone())));
        if number % 2 == 0 {
            group.push(change(UserChange::of_state(&user, state)));
            with_state.insert(user);
        }
    }
    engine.commit(group).await.unwrap();
    for _ in 0..2 {
        for limit in [1, 7, 50, 1_000] {
            assert_eq!(all(harness.engine(), UsersWith::Events, limit).await.0, with_events, "{limit}");
            assert_eq!(all(harness.engine(), UsersWith::State, limit).await.0, with_state, "{limit}");
        }
        assert_eq!(all(harness.engine(), UsersWith::State, 1_000).await.1, 1);
        harness.crash();
    }
}

/// The user it stands for is gone over, not the alias.
pub async fn an_alias_is_not_gone_over<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    store(engine, event(&anonymous("anon"), "x", "t", noon())).await;
    commit(engine, merge(&anonymous("anon"), "u", noon())).await;
    while commit(engine, continue_merge(&anonymous("anon"), "u")).await != Outcome::MergeDone {}
    for with in [UsersWith::State, UsersWith::Events] {
        assert_eq!(all(engine, with, 10).await.0, BTreeSet::from([user("u")]));
    }
}

/// Without users there is one page, the last.
pub async fn there_may_be_no_users<H: Harness>() {
    let harness = H::create();
    for with in [UsersWith::State, UsersWith::Events] {
        assert_eq!(all(harness.engine(), with, 10).await, (BTreeSet::new(), 1));
    }
}
