//! Each step by itself, over every state it can meet.

use super::*;
use crate::display::{Confirmed, close, confirm, forget};
use crate::trigger::Cancels;
use crate::user::{CancelMark, OpenClaim};

use DisplayState::{Abandoned, Answered, Claimed, Completed, Dismissed, Lapsed, Shown};

const ONE: Span = Span::from_millis(1);

/// [`confirm`] where nothing was cancelled.
fn confirm_in(state: &UserState, display: &Display, now: Timestamp) -> Result<Confirmed, Refusal> {
    confirm(&snapshot(), &UserActivity { state: state.clone(), ..UserActivity::unknown(user()) }, display, now)
}

fn after(secs: i64) -> Timestamp {
    CLAIMED_AT + Span::from_secs(secs)
}

#[test]
fn a_claim_takes_all_snapshots_and_opens_a_lease_of_the_delay_plus_sixty_seconds() {
    let mut before = UserState { version: 7, ..UserState::default() };
    before.attributes.set_text("plan", "pro");
    let (change, display) = claimed(before.clone(), 1, CLAIMED_AT);

    assert_eq!(display.state, Claimed);
    assert_eq!((display.claimed_at, display.lease_until, display.updated_at), (CLAIMED_AT, LEASE_END, CLAIMED_AT));
    assert_eq!((display.survey, display.survey_version), (SURVEY, 3));
    assert_eq!((&*display.request_id, &*display.locale, display.platform), ("r1", "de-CH", Platform::Android));
    assert_eq!(display.event.as_deref(), Some(&event(1)));
    assert_eq!((display.trigger.as_str(), display.trigger_properties.as_str()), ("MainActivity", r#"{"tab": 2}"#));
    assert_eq!(*display.attributes, before.attributes);
    assert_eq!((display.shown_at, display.first_answered_at, display.completed_at), (None, None, None));
    assert_eq!((display.revision, display.answers.len(), display.duration_ms), (0, 0, None));

    assert_eq!((change.expected_version, change.state.version), (7, 8));
    assert_eq!(change.displays, [display]);
    let claim = OpenClaim { display: display_id(1), survey: SURVEY, request_id: "r1".into(), lease_until: LEASE_END };
    assert_eq!(change.state, UserState { version: 8, open_claim: Some(claim), ..before });
}

#[test]
fn a_claim_consumes_nothing_and_counts_as_no_showing() {
    let (change, _) = claimed(UserState::default(), 1, CLAIMED_AT);
    assert!(change.consumed.is_empty());
    assert!(change.state.surveys.is_empty());
    assert_eq!(change.state.last_shown_at, None);
}

#[test]
fn a_claim_without_event_has_no_event() {
    let survey = survey();
    let activity = UserActivity::unknown(user());
    let (change, display) = claim(&activity, &Winner { survey: &survey, due: None }, CLAIMED_AT, details(1));
    assert_eq!(display.event, None);
    let Ok(Confirmed::Shown(shown)) = confirm_in(&change.state, &display, CLAIMED_AT) else { panic!("not shown") };
    assert!(shown.consumed.is_empty());
}

#[test]
fn a_lapsed_claim_gives_way_to_a_new_one() {
    let (first, _) = claimed(UserState::default(), 1, CLAIMED_AT);
    let (second, display) = claimed(first.state, 2, LEASE_END);
    let claim = second.state.open_claim.unwrap();
    assert_eq!((claim.display, claim.lease_until), (display.id, LEASE_END + Span::from_secs(70)));
}

#[test]
fn confirming_counts_the_showing_and_consumes_the_event() {
    let (change, display) = claimed(UserState { last_shown_at: Some(after(-9)), ..UserState::default() }, 1, CLAIMED_AT);
    let Ok(Confirmed::Shown(shown)) = confirm_in(&change.state, &display, after(5)) else { panic!("not shown") };

    assert_eq!((shown.expected_version, shown.state.version), (1, 2));
    assert_eq!(shown.state.open_claim, None);
    assert_eq!(shown.state.last_shown_at, Some(after(5)));
    let history = &shown.state.surveys[&SURVEY];
    assert_eq!((history.shown_count, history.last_shown_at), (1, Some(after(5))));
    assert_eq!((history.first_answered_at, history.completed_at), (None, None));
    assert_eq!(shown.displays, [Display { state: Shown, shown_at: Some(after(5)), updated_at: after(5), ..display }]);
    assert_eq!(shown.consumed, [mark(1)]);
}

/// Two events, the second the activating one, and a display about both.
fn claimed_for_two() -> (UserActivity, Display) {
    let (mut change, mut display) = claimed(UserState::default(), 1, CLAIMED_AT);
    let newer = EventRecord { effective_at: after(-30), ..event(2) };
    display.event = Some(Arc::new(newer.clone()));
    display.consumes = vec![(&newer).into(), (&event(1)).into()];
    change.displays[0] = display.clone();
    (UserActivity { state: change.state, events: vec![newer, event(1)], ..UserActivity::unknown(user()) }, display)
}

#[test]
fn a_claim_keeps_all_events_that_count_and_confirming_consumes_them_all() {
    let survey = survey();
    let (first, second) = (event(1), EventRecord { effective_at: after(-30), trigger: woke_up(), ..event(2) });
    let due = DueEvents { newest: &second, by_trigger: vec![&first, &second], counted: vec![&second, &first] };
    let winner = Winner { survey: &survey, due: Some(due) };
    let (change, display) = claim(&UserActivity::unknown(user()), &winner, CLAIMED_AT, details(1));
    assert_eq!(display.event.as_deref(), Some(&second));
    assert_eq!(display.events.iter().map(|event| &**event).collect::<Vec<_>>(), [&first, &second]);
    assert!(change.consumed.is_empty());
    let Ok(Confirmed::Shown(shown)) = confirm_in(&change.state, &display, after(5)) else { panic!("not shown") };
    assert_eq!(shown.consumed, [Consumption::new(SURVEY, (&second).into()), mark(1)]);
}

#[test]
fn a_display_is_not_confirmed_once_any_of_its_events_is_cancelled_by_id() {
    for cancelled in [event(1), event(2)] {
        let (mut activity, display) = claimed_for_two();
        assert!(matches!(confirm(&snapshot(), &activity, &display, after(5)), Ok(Confirmed::Shown(_))));
        activity.cancelled.push(CancelMark { event: (&cancelled).into(), cancelled_at: after(1) });
        for events in [activity.events.clone(), Vec::new()] {
            let activity = UserActivity { events, ..activity.clone() };
            let Err(Refusal::Cancelled(change)) = confirm(&snapshot(), &activity, &display, after(5)) else { panic!("painted") };
            assert_eq!(change.state.open_claim, None, "the claim is given back at once");
            assert_eq!((change.displays[0].state, change.displays[0].shown_at), (Lapsed, None));
            assert!(change.consumed.is_empty());
        }
    }
}

#[test]
fn a_display_is_not_confirmed_once_a_later_event_cancels_one_of_its_own() {
    let cancels = Cancels { trigger: event(1).trigger, equal_property: None };
    let snapshot = snapshot().with_cancels([(woke_up(), cancels)]);
    // The first event came at -60 s, the second at -30 s.
    for (at, is_cancelled) in [(-60, false), (-59, true), (-30, true), (1, true)] {
        let (mut activity, display) = claimed_for_two();
        activity.events.push(EventRecord { trigger: woke_up(), effective_at: after(at), ..event(3) });
        activity.events.sort_by_key(|event| std::cmp::Reverse(event.recency()));
        let confirmed = confirm(&snapshot, &activity, &display, after(5));
        assert_eq!(matches!(confirmed, Err(Refusal::Cancelled(_))), is_cancelled, "{at} s: {confirmed:?}");
    }
}

#[test]
fn what_was_shown_stays_shown_whatever_is_cancelled() {
    let (mut activity, display) = claimed_for_two();
    let Ok(Confirmed::Shown(shown)) = confirm(&snapshot(), &activity, &display, after(5)) else { panic!("not shown") };
    activity.state = shown.state;
    activity.cancelled.push(CancelMark { event: (&event(1)).into(), cancelled_at: after(6) });
    assert_eq!(confirm(&snapshot(), &activity, &shown.displays[0], after(7)), Ok(Confirmed::Already(Shown)));
}

#[test]
fn a_clock_that_is_behind_never_takes_the_latest_showing_back() {
    let (change, display) = claimed(UserState { last_shown_at: Some(after(30)), ..UserState::default() }, 1, CLAIMED_AT);
    let Ok(Confirmed::Shown(shown)) = confirm_in(&change.state, &display, after(5)) else { panic!("not shown") };
    assert_eq!(shown.state.last_shown_at, Some(after(30)));
}

#[test]
fn a_confirmation_is_refused_from_exactly_the_end_of_the_lease() {
    let (user_state, display) = in_state(Claimed);
    assert!(matches!(confirm_in(&user_state, &display, LEASE_END - ONE), Ok(Confirmed::Shown(_))));
    for late in [LEASE_END, LEASE_END + ONE] {
        assert_eq!(confirm_in(&user_state, &display, late), Err(Refusal::Lapsed), "{late:?}");
    }
}

#[test]
fn a_confirmation_is_refused_unless_the_claim_is_this_displays() {
    let (user_state, display) = in_state(Claimed);
    let none = UserState { open_claim: None, ..user_state.clone() };
    let (other, _) = claimed(user_state, 2, CLAIMED_AT);
    for state in [none, other.state] {
        assert_eq!(confirm_in(&state, &display, CLAIMED_AT), Err(Refusal::Lapsed), "{:?}", state.open_claim);
    }
}

#[test]
fn confirming_again_changes_nothing_however_late() {
    for state in [Shown, Answered, Completed, Dismissed, Abandoned] {
        let (user_state, display) = in_state(state);
        for now in [CLAIMED_AT, LEASE_END, after(1_000_000)] {
            assert_eq!(confirm_in(&user_state, &display, now), Ok(Confirmed::Already(state)));
        }
    }
    let (user_state, given_back) = in_state(Lapsed);
    assert_eq!(confirm_in(&user_state, &given_back, CLAIMED_AT), Err(Refusal::Lapsed));
}

#[test]
fn closing_leads_from_each_state_to_the_right_one() {
    let table = [
        (Claimed, Dismissed, Some(Lapsed)),
        (Claimed, Abandoned, Some(Lapsed)),
        (Shown, Dismissed, Some(Dismissed)),
        (Shown, Abandoned, Some(Abandoned)),
        (Answered, Dismissed, Some(Dismissed)),
        (Answered, Abandoned, Some(Abandoned)),
        (Abandoned, Dismissed, Some(Dismissed)),
        (Abandoned, Abandoned, None),
        (Dismissed, Dismissed, None),
        (Dismissed, Abandoned, None),
        (Completed, Dismissed, None),
        (Completed, Abandoned, None),
        (Lapsed, Dismissed, None),
        (Lapsed, Abandoned, None),
    ];
    for (from, to, expected) in table {
        let (user_state, display) = in_state(from);
        let change = close(&user(), &user_state, &display, to, after(9));
        let found = change.as_ref().map(|change| change.displays[0].state);
        assert_eq!(found, expected, "{from:?} closed as {to:?}");
        if let Some(change) = change {
            assert_eq!(change.displays[0].updated_at, after(9));
            assert_eq!(change.state.version, user_state.version + 1);
            assert!(change.consumed.is_empty(), "closing consumes nothing");
            assert_eq!(change.state.surveys, user_state.surveys, "closing is no showing");
        }
    }
}

#[test]
fn closing_before_the_showing_gives_the_claim_back() {
    let (user_state, display) = in_state(Claimed);
    let change = close(&user(), &user_state, &display, Dismissed, after(1)).unwrap();
    assert_eq!(change.state.open_claim, None);
    assert_eq!(change.state.last_shown_at, None);
}

#[test]
fn closing_a_lapsed_display_leaves_the_next_claim_alone() {
    let (user_state, lapsed) = in_state(Claimed);
    let (next, _) = claimed(user_state, 2, LEASE_END);
    let change = close(&user(), &next.state, &lapsed, Dismissed, LEASE_END).unwrap();
    assert_eq!(change.state.open_claim, next.state.open_claim);
}

#[test]
fn a_first_answer_is_saved_with_its_moment() {
    let (user_state, display) = in_state(Shown);
    let (change, display) = saved(answer(&user_state, &display, input(1, false, score(9)), after(3)));
    assert_eq!((display.state, display.revision, display.duration_ms), (Answered, 1, Some(1_000)));
    assert_eq!((display.first_answered_at, display.completed_at, display.updated_at), (Some(after(3)), None, after(3)));
    assert_eq!(display.answers, score(9));
    let history = &change.state.surveys[&SURVEY];
    assert_eq!((history.shown_count, history.first_answered_at, history.completed_at), (1, Some(after(3)), None));
    assert!(change.consumed.is_empty(), "it was consumed when it was shown");
    assert_eq!((change.expected_version, change.state.version), (user_state.version, user_state.version + 1));
}

#[test]
fn later_answers_keep_the_moment_of_the_first() {
    let (user_state, display) = in_state(Shown);
    let (change, display) = saved(answer(&user_state, &display, input(1, false, score(9)), after(3)));
    let without_duration = ResponseInput { duration_ms: None, ..input(2, true, score(8)) };
    let (change, display) = saved(answer(&change.state, &display, without_duration, after(6)));
    assert_eq!((display.state, display.revision, display.duration_ms), (Completed, 2, Some(1_000)));
    assert_eq!((display.first_answered_at, display.completed_at), (Some(after(3)), Some(after(6))));
    let history = &change.state.surveys[&SURVEY];
    assert_eq!((history.first_answered_at, history.completed_at), (Some(after(3)), Some(after(6))));
}

#[test]
fn a_revision_that_is_not_higher_stores_nothing() {
    let (user_state, display) = in_state(Shown);
    let (change, display) = saved(answer(&user_state, &display, input(5, false, score(9)), after(3)));
    for revision in [0, 4, 5] {
        let already = answer(&change.state, &display, input(revision, true, score(1)), after(4));
        assert_eq!(already, Ok(Responded::Already { revision: 5, state: Answered }), "{revision}");
    }
    let (_, display) = saved(answer(&change.state, &display, input(6, false, score(1)), after(4)));
    assert_eq!((display.revision, display.answers), (6, score(1)));
}

#[test]
fn revisions_go_to_the_last_number() {
    let (user_state, display) = in_state(Shown);
    let last = ResponseInput { duration_ms: None, ..input(0, false, score(9)) };
    let (change, display) = saved(answer(&user_state, &display, ResponseInput { revision: u64::MAX, ..last.clone() }, after(3)));
    let already = answer(&change.state, &display, ResponseInput { revision: u64::MAX, ..last }, after(4));
    assert_eq!(already, Ok(Responded::Already { revision: u64::MAX, state: Answered }));
}

#[test]
fn completed_latches() {
    let (user_state, display) = in_state(Shown);
    let (change, display) = saved(answer(&user_state, &display, input(1, true, score(9)), after(3)));
    let (change, display) = saved(answer(&change.state, &display, input(2, false, score(4)), after(8)));
    assert_eq!((display.state, display.completed_at), (Completed, Some(after(3))));
    assert_eq!(change.state.surveys[&SURVEY].completed_at, Some(after(3)));
    assert_eq!(display.answers, score(4), "the higher revision is what the user says now");
}

#[test]
fn what_is_completed_stays_complete() {
    let (user_state, display) = in_state(Shown);
    let (change, display) = saved(answer(&user_state, &display, input(1, true, score(9)), after(3)));
    let Err(Refusal::Answers(wrong)) = answer(&change.state, &display, input(2, false, Answers::new()), after(8)) else {
        panic!("a completed response lost its required answer")
    };
    assert_eq!(wrong[0].pointer, "/score");
}

#[test]
fn a_partial_answer_overtaken_by_the_completed_one_is_already_known() {
    let (user_state, display) = in_state(Shown);
    let (change, display) = saved(answer(&user_state, &display, input(2, true, score(9)), after(3)));
    let overtaken = answer(&change.state, &display, input(1, false, Answers::new()), after(4));
    assert_eq!(overtaken, Ok(Responded::Already { revision: 2, state: Completed }));
}

#[test]
fn an_answer_leads_from_each_state_to_the_right_one() {
    let table = [
        (Claimed, false, Answered),
        (Shown, false, Answered),
        (Answered, false, Answered),
        (Abandoned, false, Answered),
        (Dismissed, false, Dismissed),
        (Lapsed, false, Answered),
        (Claimed, true, Completed),
        (Shown, true, Completed),
        (Answered, true, Completed),
        (Abandoned, true, Completed),
        (Dismissed, true, Completed),
        (Lapsed, true, Completed),
    ];
    for (from, completed, expected) in table {
        let (user_state, display) = in_state(from);
        let (_, display) = saved(answer(&user_state, &display, input(1, completed, score(9)), after(3)));
        assert_eq!(display.state, expected, "{from:?}, completed: {completed}");
        assert!(display.shown_at.is_some(), "{from:?}: who answers has seen it");
    }
}

#[test]
fn an_empty_answer_set_is_a_showing_but_no_answer() {
    let (user_state, display) = in_state(Claimed);
    let (change, display) = saved(answer(&user_state, &display, input(1, false, Answers::new()), after(3)));
    assert_eq!((display.state, display.first_answered_at), (Shown, None));
    assert_eq!(change.state.surveys[&SURVEY].first_answered_at, None);
    assert_eq!(change.state.surveys[&SURVEY].shown_count, 1);
}

#[test]
fn an_answer_that_overtakes_the_confirmation_counts_one_showing() {
    let (user_state, display) = in_state(Claimed);
    let (change, display) = saved(answer(&user_state, &display, input(1, false, score(9)), after(3)));
    assert_eq!(change.state.open_claim, None);
    assert_eq!(change.consumed, [mark(1)]);
    assert_eq!(confirm_in(&change.state, &display, after(4)), Ok(Confirmed::Already(Answered)));
}

#[test]
fn a_late_answer_to_a_lapsed_display_marks_it_shown_and_consumes_once() {
    for state in [Claimed, Lapsed] {
        let (user_state, display) = in_state(state);
        let late = LEASE_END + Span::DAY;
        let (change, display) = saved(answer(&user_state, &display, input(1, false, score(9)), late));
        assert_eq!(change.consumed, [mark(1)]);
        assert_eq!(display.shown_at, Some(late));
        assert_eq!(change.state.last_shown_at, Some(late));
        assert_eq!(change.state.surveys[&SURVEY].shown_count, 1);
        assert_eq!(display.event.as_deref(), Some(&event(1)), "it kept its snapshot");

        let (change, _) = saved(answer(&change.state, &display, input(2, true, score(9)), late + ONE));
        assert!(change.consumed.is_empty());
        assert_eq!(change.state.surveys[&SURVEY].shown_count, 1);
    }
}

#[test]
fn a_late_answer_withdraws_a_new_claim_of_the_same_survey() {
    let (user_state, lapsed) = in_state(Claimed);
    let (next, second) = claimed(user_state, 2, LEASE_END);
    let (change, _) = saved(answer(&next.state, &lapsed, input(1, false, score(9)), LEASE_END + ONE));
    assert_eq!(change.state.open_claim, None);
    let painted = confirm_in(&change.state, &second, LEASE_END + ONE + ONE);
    assert_eq!(painted, Err(Refusal::Lapsed), "the user has just answered this survey about this event");
}

#[test]
fn a_late_answer_leaves_the_claim_of_another_survey_alone() {
    let (user_state, lapsed) = in_state(Claimed);
    let claim =
        OpenClaim { display: display_id(2), survey: SurveyId::from_bytes([6; 16]), request_id: "r2".into(), lease_until: after(200) };
    let next = UserState { open_claim: Some(claim), ..user_state };
    let (change, _) = saved(answer(&next, &lapsed, input(1, false, score(9)), LEASE_END));
    assert_eq!(change.state.open_claim, next.open_claim);
}

#[test]
fn an_answer_to_a_shown_display_leaves_a_new_claim_alone() {
    let (user_state, display) = in_state(Shown);
    let (next, _) = claimed(user_state, 2, after(9));
    let (change, _) = saved(answer(&next.state, &display, input(1, false, score(9)), after(10)));
    assert_eq!(change.state.open_claim, next.state.open_claim);
}

#[test]
fn answers_are_checked_against_the_displays_own_version() {
    let (user_state, display) = in_state(Shown);
    let mut answers = score(11);
    answers.insert("gone".into(), Answer::Text("x".into()));
    answers.insert("why".into(), Answer::Text("eleven char".into()));
    let Err(Refusal::Answers(wrong)) = answer(&user_state, &display, input(1, false, answers), after(3)) else { panic!("accepted") };
    let pointers: Vec<&str> = wrong.iter().map(|wrong| wrong.pointer.as_str()).collect();
    assert_eq!(pointers, ["/gone", "/score", "/why"]);
}

#[test]
fn refused_answers_leave_a_lapsed_display_lapsed() {
    let (user_state, display) = in_state(Lapsed);
    assert!(matches!(answer(&user_state, &display, input(1, true, Answers::new()), after(3)), Err(Refusal::Answers(_))));
}

#[test]
fn what_is_forgotten_leaves_the_showing() {
    let (state, display) = in_state(Completed);
    let answered = Display { answers: score(9), revision: 3, ..display };
    let change = forget(&user(), &state, &answered).unwrap();
    let [forgotten] = change.displays.as_slice() else { panic!("one display") };
    assert!(forgotten.answers.is_empty() && forgotten.attributes.is_empty() && forgotten.event.is_none());
    assert_eq!(forgotten.trigger_properties, Properties::empty());
    assert_eq!((forgotten.state, forgotten.shown_at, forgotten.revision), (Completed, answered.shown_at, 3));
    assert_eq!(change.state, UserState { version: state.version + 1, ..state.clone() });
    assert_eq!(forget(&user(), &change.state, forgotten), None);
}
