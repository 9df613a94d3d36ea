//! Trees, facts about a user, and which condition is named.

use super::*;
use crate::attribute::AttributeValue;
use crate::limits::{AUDIENCE_CHILDREN_MAX, AUDIENCE_DAYS_MAX, AUDIENCE_DEPTH_MAX, AUDIENCE_NODES_MAX, PATTERNS_MAX};
use crate::survey::parse_cohort_condition;

/// 2027-01-15T08:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const SURVEY: SurveyId = SurveyId::from_bytes([1; 16]);

fn node(json: &str) -> Node {
    parse_cohort_condition(json).unwrap_or_else(|errors| panic!("{json}: {errors:?}"))
}

fn state() -> UserState {
    let text = |text: &str| Some(AttributeValue::Text(text.into()));
    let mut state = UserState::default();
    let changes = [
        ("plan".into(), text("pro")),
        ("city.name".into(), text("Zürich")),
        ("orders".into(), Some(AttributeValue::Number("5".into()))),
        ("beta".into(), Some(AttributeValue::Boolean(true))),
        ("signed_up".into(), text("2027-01-08T08:00:00Z")),
        ("renews".into(), text("2027-01-22T08:00:00Z")),
        ("birthday".into(), text("2027-01-15")),
    ];
    state.attributes.apply(&changes).unwrap();
    state
}

fn holds(json: &str) -> bool {
    let (state, cohorts) = (state(), Cohorts::new());
    node(json).holds(Person { state: &state, cohorts: &cohorts, now: NOW })
}

fn unmet(json: &str) -> Option<(&'static str, String, bool)> {
    let (state, cohorts) = (state(), Cohorts::new());
    let unmet = node(json).unmet(Person { state: &state, cohorts: &cohorts, now: NOW })?;
    match unmet.about {
        UnmetAbout::Attribute { name, operator } => Some((operator, name.to_string(), unmet.is_negated)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn attributes_are_typed_and_their_names_are_whole() {
    for (json, expected) in [
        (r#"{"attribute": "plan", "op": "equals", "value": "pro"}"#, true),
        (r#"{"attribute": "plan", "op": "in", "value": ["free", "pro"]}"#, true),
        (r#"{"attribute": "plan", "op": "matches", "value": "^p"}"#, true),
        (r#"{"attribute": "orders", "op": "greater_or_equal", "value": 5.0}"#, true),
        (r#"{"attribute": "orders", "op": "equals", "value": "5"}"#, false),
        (r#"{"attribute": "beta", "op": "equals", "value": true}"#, true),
        (r#"{"attribute": "city.name", "op": "equals", "value": "Zürich"}"#, true),
        (r#"{"attribute": "signed_up", "op": "less", "value": "2027-01-09"}"#, true),
        (r#"{"attribute": "city", "op": "exists"}"#, false),
        (r#"{"attribute": "city", "op": "not_exists"}"#, true),
        (r#"{"attribute": "city", "op": "not_equals", "value": 1}"#, true),
        (r#"{"attribute": "city", "op": "not_in", "value": [1]}"#, true),
        (r#"{"attribute": "city", "op": "within_last_days", "value": 1}"#, false),
        (r#"{"attribute": "city", "op": "more_than_days_ago", "value": 1}"#, false),
        (r#"{"attribute": "plan", "op": "within_next_days", "value": 3650}"#, false),
        (r#"{"attribute": "orders", "op": "more_than_days_ago", "value": 1}"#, false),
    ] {
        assert_eq!(holds(json), expected, "{json}");
    }
}

#[test]
fn days_are_of_24_hours_and_include_their_edges() {
    for (days, signed_up, ago, renews) in [(6, false, true, false), (7, true, false, true), (8, true, false, true)] {
        assert_eq!(holds(&format!(r#"{{"attribute": "signed_up", "op": "within_last_days", "value": {days}}}"#)), signed_up, "{days}");
        assert_eq!(holds(&format!(r#"{{"attribute": "signed_up", "op": "more_than_days_ago", "value": {days}}}"#)), ago, "{days}");
        assert_eq!(holds(&format!(r#"{{"attribute": "renews", "op": "within_next_days", "value": {days}}}"#)), renews, "{days}");
    }
    // What is yet to come is not in the last days, and what was is not in the next; a date alone is its first moment.
    assert!(!holds(r#"{"attribute": "renews", "op": "within_last_days", "value": 3650}"#));
    assert!(!holds(r#"{"attribute": "signed_up", "op": "within_next_days", "value": 3650}"#));
    assert!(!holds(r#"{"attribute": "birthday", "op": "within_next_days", "value": 1}"#));
    assert!(holds(r#"{"attribute": "birthday", "op": "within_last_days", "value": 1}"#));
}

#[test]
fn now_is_both_past_and_future_and_milliseconds_count() {
    let mut state = UserState::default();
    let cohorts = Cohorts::new();
    for (text, last, next) in [
        ("2027-01-15T08:00:00Z", true, true),
        ("2027-01-15T08:00:00.001Z", false, true),
        ("2027-01-15T07:59:59.999Z", true, false),
        ("2027-01-14T08:00:00Z", true, false),
        ("2027-01-14T07:59:59.999999999Z", false, false),
        ("2027-01-16T08:00:00.000000001Z", false, false),
    ] {
        state.attributes.set_text("at", text);
        let person = Person { state: &state, cohorts: &cohorts, now: NOW };
        assert_eq!(node(r#"{"attribute": "at", "op": "within_last_days", "value": 1}"#).holds(person), last, "{text}");
        assert_eq!(node(r#"{"attribute": "at", "op": "within_next_days", "value": 1}"#).holds(person), next, "{text}");
    }
}

#[test]
fn what_happened_with_a_survey_counts_from_its_last_time() {
    let mut state = UserState::default();
    let days_ago = |days: i64| Some(NOW - Span::from_days(days));
    let history = SurveyHistory {
        shown_count: 3,
        last_shown_at: days_ago(2),
        first_answered_at: days_ago(90),
        completed_at: days_ago(80),
        last_answered_at: days_ago(10),
        last_completed_at: days_ago(30),
    };
    state.surveys.insert(SURVEY, history);
    let cohorts = Cohorts::new();
    let holds = |json: &str| node(json).holds(Person { state: &state, cohorts: &cohorts, now: NOW });
    for (op, days) in [("seen", 2), ("answered", 10), ("completed", 30)] {
        assert!(holds(&format!(r#"{{"survey": "{SURVEY}", "op": "{op}"}}"#)), "{op}");
        assert!(holds(&format!(r#"{{"survey": "{SURVEY}", "op": "{op}", "within_days": {days}}}"#)), "{op}");
        assert!(!holds(&format!(r#"{{"survey": "{SURVEY}", "op": "{op}", "within_days": {}}}"#, days - 1)), "{op}");
        let other = SurveyId::from_bytes([2; 16]);
        assert!(!holds(&format!(r#"{{"survey": "{other}", "op": "{op}"}}"#)), "{op}");
    }
}

#[test]
fn nobody_belongs_to_a_cohort_that_does_not_exist() {
    let state = state();
    let id = CohortId::from_bytes([3; 16]);
    let condition = node(r#"{"attribute": "plan", "op": "equals", "value": "pro"}"#);
    let known = Cohorts::from([(id, Cohort { id, name: "Pro".into(), condition })]);
    let unknown = Cohorts::new();
    let (within, without) = (Node::Fact(Condition::Cohort(id)), Node::Not(Box::new(Node::Fact(Condition::Cohort(id)))));
    for (cohorts, is_member) in [(&known, true), (&unknown, false)] {
        let person = Person { state: &state, cohorts, now: NOW };
        assert_eq!(within.holds(person), is_member);
        assert_eq!(without.holds(person), !is_member);
    }
    let unmet = without.unmet(Person { state: &state, cohorts: &known, now: NOW }).unwrap();
    assert_eq!(unmet, Unmet { about: UnmetAbout::Cohort { cohort: id, name: "Pro".into() }, is_negated: true });
}

#[test]
fn the_first_condition_that_settles_it_is_named() {
    let yes = r#"{"attribute": "plan", "op": "exists"}"#;
    let no = r#"{"attribute": "a", "op": "exists"}"#;
    let no_too = r#"{"attribute": "b", "op": "equals", "value": 1}"#;
    for (json, expected) in [
        (format!(r#"{{"all": [{yes}, {no}, {no_too}]}}"#), Some(("exists", "a", false))),
        (format!(r#"{{"any": [{no}, {no_too}]}}"#), Some(("exists", "a", false))),
        (format!(r#"{{"any": [{no}, {yes}]}}"#), None),
        (format!(r#"{{"not": {yes}}}"#), Some(("exists", "plan", true))),
        (format!(r#"{{"not": {no}}}"#), None),
        (format!(r#"{{"not": {{"any": [{no}, {yes}]}}}}"#), Some(("exists", "plan", true))),
        (format!(r#"{{"not": {{"not": {no_too}}}}}"#), Some(("equals", "b", false))),
        (format!(r#"{{"all": [{yes}, {{"not": {{"all": [{yes}, {no}]}}}}]}}"#), None),
    ] {
        let found = unmet(&json);
        assert_eq!(found.as_ref().map(|(op, name, negated)| (*op, name.as_str(), *negated)), expected, "{json}");
    }
}

fn pointer(json: &str) -> String {
    match parse_cohort_condition(json) {
        Ok(node) => panic!("{json} is {node:?}"),
        Err(errors) => errors[0].pointer.clone(),
    }
}

#[test]
fn a_node_is_of_one_kind() {
    let leaf = r#"{"attribute": "a", "op": "exists"}"#;
    for (json, at) in [
        ("{}".to_owned(), ""),
        (format!(r#"{{"all": [{leaf}], "any": [{leaf}]}}"#), ""),
        (format!(r#"{{"all": [{leaf}], "op": "exists"}}"#), "/op"),
        (r#"{"all": []}"#.to_owned(), "/all"),
        (format!(r#"{{"not": {leaf}, "value": 1}}"#), "/value"),
        (r#"{"attribute": "a"}"#.to_owned(), "/op"),
        (r#"{"attribute": "a", "op": "seen"}"#.to_owned(), "/op"),
        (r#"{"attribute": "a", "op": "later"}"#.to_owned(), "/op"),
        (r#"{"attribute": "", "op": "exists"}"#.to_owned(), "/attribute"),
        (r#"{"attribute": "a", "op": "equals"}"#.to_owned(), "/value"),
        (r#"{"attribute": "a", "op": "exists", "within_days": 1}"#.to_owned(), "/within_days"),
        (r#"{"survey": "srv_1", "op": "seen"}"#.to_owned(), "/survey"),
        (format!(r#"{{"survey": "{SURVEY}"}}"#), "/op"),
        (format!(r#"{{"survey": "{SURVEY}", "op": "equals"}}"#), "/op"),
        (format!(r#"{{"survey": "{SURVEY}", "op": "seen", "within_days": 0}}"#), "/within_days"),
        (format!(r#"{{"survey": "{SURVEY}", "op": "seen", "within_days": {}}}"#, AUDIENCE_DAYS_MAX + 1), "/within_days"),
        (r#"{"cohort": "coh_00000000000000000000000000000001"}"#.to_owned(), "/cohort"),
        (format!(r#"{{"any": [{leaf}, {{"not": {{"atribute": "a"}}}}]}}"#), "/any/1/not/atribute"),
    ] {
        assert_eq!(pointer(&json), at, "{json}");
    }
    assert!(parse_cohort_condition(&format!(r#"{{"survey": "{SURVEY}", "op": "seen", "within_days": {AUDIENCE_DAYS_MAX}}}"#)).is_ok());
}

#[test]
fn days_are_whole_and_limited() {
    let days = |value: &str| format!(r#"{{"attribute": "a", "op": "within_last_days", "value": {value}}}"#);
    for good in ["1", "3650"] {
        assert!(parse_cohort_condition(&days(good)).is_ok(), "{good}");
    }
    for bad in ["0", "3651", "1.5", "-1", "\"7\"", "null", "[7]"] {
        assert_eq!(pointer(&days(bad)), "/value", "{bad}");
    }
}

#[test]
fn a_tree_is_limited_in_depth_width_and_size() {
    let leaf = r#"{"attribute": "a", "op": "exists"}"#;
    let deep = |levels: usize| (1..levels).fold(leaf.to_owned(), |inner, _| format!(r#"{{"not": {inner}}}"#));
    assert!(parse_cohort_condition(&deep(AUDIENCE_DEPTH_MAX)).is_ok());
    assert_eq!(pointer(&deep(AUDIENCE_DEPTH_MAX + 1)), "/not".repeat(AUDIENCE_DEPTH_MAX));
    let wide = |children: usize| format!(r#"{{"all": [{}]}}"#, vec![leaf; children].join(","));
    assert!(parse_cohort_condition(&wide(AUDIENCE_CHILDREN_MAX)).is_ok());
    assert_eq!(pointer(&wide(AUDIENCE_CHILDREN_MAX + 1)), "/all");
    // The root and its four children are five nodes; the leaves below them make up the rest.
    let large = |last: usize| {
        let children = [wide(50), wide(50), wide(50), wide(last)];
        format!(r#"{{"any": [{}]}}"#, children.join(","))
    };
    assert!(parse_cohort_condition(&large(AUDIENCE_NODES_MAX - 5 - 150)).is_ok());
    assert_eq!(pointer(&large(AUDIENCE_NODES_MAX - 5 - 150 + 1)), "");
}

#[test]
fn patterns_are_limited_in_number() {
    let pattern = r#"{"attribute": "a", "op": "matches", "value": "x"}"#;
    let many = |count: usize| {
        let half = vec![pattern; count / 2].join(",");
        let rest = vec![pattern; count - count / 2].join(",");
        format!(r#"{{"all": [{{"all": [{half}]}}, {{"all": [{rest}]}}]}}"#)
    };
    assert!(parse_cohort_condition(&many(PATTERNS_MAX)).is_ok());
    assert_eq!(pointer(&many(PATTERNS_MAX + 1)), format!("/all/1/all/{}/op", PATTERNS_MAX / 2));
}
