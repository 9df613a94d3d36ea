use super::*;
use crate::limits::RULES_PER_QUESTION_MAX;
use crate::survey::schedule::{Hours, Schedule, TimeZone, Weekday, Weekdays};
use crate::time::Timestamp;

const WHOLE: &str = r#"{
  "format_version": 1, "name": "Sleep quality", "default_language": "en", "languages": ["en", "de"],
  "questions": [
    {"id": "q1", "type": "single_select_feedback", "title": {"en": "How?", "de": "Wie?"}, "required": true,
     "options": [{"id": "well", "label": {"en": "Well"}}, {"id": "other", "label": {"en": "Other"}, "allows_text": true}], "randomise": "keep_last"},
    {"id": "q2", "type": "nps_feedback", "title": {"en": "Likely?"}, "labels": {"low": {"en": "No"}, "high": {"en": "Yes"}}},
    {"id": "q3", "type": "star_feedback", "title": {"en": "Stars?"}},
    {"id": "q4", "type": "input_feedback", "title": {"en": "More?"}, "placeholder": {"en": "…"}, "max_length": 10}],
  "thank_you": {"title": {"en": "Thanks"}},
  "launch": {"frontend_triggers": [{"name": "MainActivity"}],
    "activation": {"backend_triggers": [{"name": "ended sleep"}], "expires_after_secs": 7200, "delay_secs": 60},
    "priority": "high", "sampling_percent": 33.33, "repeat": {"until": "shown", "times": 3, "min_days_between": 7}}
}"#;

/// Replaces `from` with `to` in the whole document and expects exactly one complaint, at `pointer`.
#[track_caller]
fn refuses(from: &str, to: &str, pointer: &str) {
    assert!(WHOLE.contains(from), "{from} is not in the document");
    let errors = parse_document(&WHOLE.replacen(from, to, 1)).expect_err(to);
    let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, [pointer], "{errors:?}");
}

#[track_caller]
fn accepts(from: &str, to: &str) {
    assert!(WHOLE.contains(from), "{from} is not in the document");
    if let Err(errors) = parse_document(&WHOLE.replacen(from, to, 1)) {
        panic!("{errors:?}");
    }
}

#[test]
fn a_whole_document_is_read() {
    let document = parse_document(WHOLE).unwrap();
    assert_eq!(document.questions.len(), 4);
    assert_eq!(document.launch.priority, Priority::High);
    assert_eq!(document.launch.sampling.basis_points(), 3_333);
    assert_eq!(document.launch.repeat, Repeat { until: RepeatUntil::ShownTimes(3), min_between: Span::from_days(7) });
    let activation = document.launch.activation.unwrap();
    assert_eq!(activation.expires_after, Span::from_secs(7_200));
    assert_eq!(activation.delay, Span::from_secs(60));
    assert_eq!(document.questions[0].title.get("de", "en"), "Wie?");
}

#[test]
fn the_expiry_ends_at_exactly_one_minute_and_one_hundred_hours() {
    let expiry = "\"expires_after_secs\": 7200, \"delay_secs\": 60";
    accepts(expiry, "\"expires_after_secs\": 60");
    accepts(expiry, "\"expires_after_secs\": 360000");
    refuses(expiry, "\"expires_after_secs\": 59", "/launch/activation/expires_after_secs");
    refuses(expiry, "\"expires_after_secs\": 360001", "/launch/activation/expires_after_secs");
    refuses(expiry, "\"expires_after_secs\": 60, \"delay_secs\": 60", "/launch/activation/delay_secs");
}

/// Something more in the launch settings.
const LAUNCH: &str = "\"launch\": {";

#[test]
fn a_schedule_is_checked() {
    let schedule = |schedule: &str| format!("{LAUNCH}\"schedule\": {{{schedule}}}, ");
    let at = |rest: &str| format!("/launch/schedule{rest}");
    for good in [
        "",
        r#""starts_at": "2027-01-15T08:00:00Z", "ends_at": "2027-01-15T10:00:00+01:00""#,
        r#""time_zone": "America/Argentina/Buenos_Aires", "weekdays": ["mon", "sun"], "hours": {"from": "22:00", "to": "06:30"}"#,
        r#""hours": {"from": "18:00", "to": "00:00"}"#,
    ] {
        accepts(LAUNCH, &schedule(good));
    }
    for (bad, rest) in [
        (r#""starts_at": "2027-01-15""#, "/starts_at"),
        (r#""ends_at": "soon""#, "/ends_at"),
        (r#""starts_at": "2027-01-15T08:00:00Z", "ends_at": "2027-01-15T09:00:00+01:00""#, "/ends_at"),
        (r#""time_zone": "Mars/Olympus""#, "/time_zone"),
        (r#""weekdays": []"#, "/weekdays"),
        (r#""weekdays": ["mon", "tue", "mon"]"#, "/weekdays/2"),
        (r#""weekdays": ["monday"]"#, "/weekdays/0"),
        (r#""hours": {"from": "9:00", "to": "17:00"}"#, "/hours/from"),
        (r#""hours": {"from": "09:00", "to": "24:00"}"#, "/hours/to"),
        (r#""hours": {"from": "09:00", "to": "09:00"}"#, "/hours/to"),
        (r#""hours": {"from": "09:00"}"#, "/hours"),
        (r#""day": 1"#, "/day"),
    ] {
        refuses(LAUNCH, &schedule(bad), &at(rest));
    }
}

#[test]
fn a_schedule_is_read_with_all_its_parts() {
    let whole = r#"{"starts_at": "2027-01-15T08:00:00Z", "time_zone": "europe/berlin", "weekdays": ["sat"], "hours": {"from": "22:00", "to": "06:30"}}"#;
    let document = parse_document(&WHOLE.replacen(LAUNCH, &format!("{LAUNCH}\"schedule\": {whole}, "), 1)).unwrap();
    let expected = Schedule {
        starts_at: Some(Timestamp::from_millis(1_800_000_000_000)),
        ends_at: None,
        time_zone: TimeZone::new("Europe/Berlin").unwrap(),
        weekdays: Weekdays::of(&[Weekday::Saturday]),
        hours: Hours::new("22:00", "06:30"),
    };
    assert_eq!(document.launch.schedule, Some(expected));
}

#[test]
fn a_quota_and_a_sequence_are_limited() {
    for (good, bad) in [("1", "0"), ("1000000000", "1000000001")] {
        accepts(LAUNCH, &format!("{LAUNCH}\"quota\": {{\"completed\": {good}}}, "));
        refuses(LAUNCH, &format!("{LAUNCH}\"quota\": {{\"completed\": {bad}}}, "), "/launch/quota/completed");
    }
    let names = |names: &[&str]| format!("{LAUNCH}\"trigger_sequence\": {names:?}, ");
    accepts(LAUNCH, &names(&["a"; TRIGGER_SEQUENCE_MAX]));
    refuses(LAUNCH, &names(&["a"; TRIGGER_SEQUENCE_MAX + 1]), "/launch/trigger_sequence");
    refuses(LAUNCH, &names(&[]), "/launch/trigger_sequence");
    refuses(LAUNCH, &names(&["a", ""]), "/launch/trigger_sequence/1");
}

#[test]
fn an_audience_names_cohorts_and_its_errors_name_their_place() {
    let audience = |node: &str| format!("{LAUNCH}\"audience\": {node}, ");
    let cohort = r#"{"cohort": "coh_00000000000000000000000000000001"}"#;
    accepts(LAUNCH, &audience(&format!(r#"{{"not": {{"all": [{cohort}]}}}}"#)));
    refuses(LAUNCH, &audience(r#"{"any": [{"cohort": "vip"}]}"#), "/launch/audience/any/0/cohort");
    refuses(LAUNCH, &audience(r#"{"attribute": "a", "op": "in", "value": 1}"#), "/launch/audience/value");
}

#[test]
fn patterns_are_counted_over_filters_and_audience() {
    let filter = |count: usize| {
        let conditions = vec![r#"{"path": "a", "op": "matches", "value": "x"}"#; count].join(",");
        format!(r#"{{"name": "MainActivity", "filter": {{"all": [{conditions}]}}}}"#)
    };
    let trigger = r#"{"name": "MainActivity"}"#;
    accepts(trigger, &filter(PATTERNS_MAX));
    let one_more = format!("{LAUNCH}\"audience\": {{\"attribute\": \"a\", \"op\": \"matches\", \"value\": \"x\"}}, ");
    let full = WHOLE.replacen(trigger, &filter(PATTERNS_MAX), 1).replacen(LAUNCH, &one_more, 1);
    assert_eq!(parse_document(&full).unwrap_err()[0].pointer, "/launch/audience/op");
}

#[test]
fn every_rule_names_its_place() {
    refuses("\"format_version\": 1", "\"format_version\": 2", "/format_version");
    refuses("Sleep quality", " ", "/name");
    refuses("[\"en\", \"de\"]", "[\"en\", \"de\", \"en\"]", "/languages/2");
    refuses("\"id\": \"q2\"", "\"id\": \"q1\"", "/questions/1/id");
    refuses("\"id\": \"q2\"", "\"id\": \"q 2\"", "/questions/1/id");
    refuses("\"id\": \"other\"", "\"id\": \"well\"", "/questions/0/options/1/id");
    refuses("{\"en\": \"Stars?\"}", "{\"de\": \"Sterne?\"}", "/questions/2/title");
    refuses("{\"en\": \"Stars?\"}", "{\"en\": \"Stars?\", \"fr\": \"x\"}", "/questions/2/title/fr");
    refuses("\"max_length\": 10", "\"max_length\": 4001", "/questions/3/max_length");
    refuses("\"max_length\": 10", "\"randomise\": \"all\"", "/questions/3/randomise");
    refuses("[{\"name\": \"MainActivity\"}]", "[]", "/launch/frontend_triggers");
    refuses("MainActivity", "", "/launch/frontend_triggers/0/name");
    refuses("33.33", "33.333", "/launch/sampling_percent");
    refuses("33.33", "100.01", "/launch/sampling_percent");
    refuses("\"times\": 3", "\"times\": 0", "/launch/repeat/times");
    refuses("\"until\": \"shown\"", "\"until\": \"always\"", "/launch/repeat/times");
}

#[test]
fn a_wrong_shape_names_its_place_too() {
    refuses("\"max_length\": 10", "\"max_length\": \"10\"", "/questions/3/max_length");
    refuses("star_feedback", "stars", "/questions/2/type");
    refuses("\"title\": {\"en\": \"Thanks\"}", "\"titel\": {}", "/thank_you/titel");
    refuses("\"delay_secs\": 60", "\"delay_secs\": -1", "/launch/activation/delay_secs");
}

#[test]
fn everything_wrong_is_said_at_once() {
    let document = WHOLE.replace("Sleep quality", "").replace("\"max_length\": 10", "\"max_length\": 0");
    assert_eq!(parse_document(&document).unwrap_err().len(), 2);
}

#[test]
fn a_name_has_no_nul_and_is_bounded_with_its_spaces() {
    refuses("Sleep quality", "Sleep\\u0000", "/name");
    accepts("Sleep quality", &"é".repeat(NAME_SCALARS_MAX));
    refuses("Sleep quality", &"é".repeat(NAME_SCALARS_MAX + 1), "/name");
    refuses("Sleep quality", &format!("x{}", " ".repeat(NAME_SCALARS_MAX)), "/name");
}

#[test]
fn a_blank_translation_falls_back_to_the_default_language() {
    let document = parse_document(&WHOLE.replace("\"Wie?\"", "\" \"")).unwrap();
    assert_eq!(document.questions[0].title.get("de", "en"), "How?");
    refuses("{\"en\": \"How?\", \"de\": \"Wie?\"}", "{\"en\": \" \", \"de\": \"Wie?\"}", "/questions/0/title");
}

#[test]
fn languages_are_the_same_whatever_their_case() {
    refuses("[\"en\", \"de\"]", "[\"en\", \"de\", \"DE\"]", "/languages/2");
    refuses("[\"en\", \"de\"]", "[\"en\", \"de\", \"d\"]", "/languages/2");
    refuses("[\"en\", \"de\"]", "[\"de\", \"fr\", \"en\", \"it\", \"x\"]", "/languages/4");
}

#[test]
fn counts_are_checked_at_their_edges() {
    let options =
        "[{\"id\": \"well\", \"label\": {\"en\": \"Well\"}}, {\"id\": \"other\", \"label\": {\"en\": \"Other\"}, \"allows_text\": true}]";
    let many = |count: usize| {
        let option = |n| format!("{{\"id\": \"o{n}\", \"label\": {{\"en\": \"x\"}}}}");
        format!("[{}]", (0..count).map(option).collect::<Vec<_>>().join(","))
    };
    refuses(options, &many(0), "/questions/0/options");
    refuses(options, &many(1), "/questions/0/options");
    accepts(options, &many(2));
    accepts(options, &many(OPTIONS_PER_QUESTION_MAX));
    refuses(options, &many(OPTIONS_PER_QUESTION_MAX + 1), "/questions/0/options");
    accepts("\"max_length\": 10", "\"max_length\": 4000");
    refuses("\"max_length\": 10", "\"max_length\": 0", "/questions/3/max_length");
    accepts("\"min_days_between\": 7", "\"min_days_between\": 3650");
    refuses("\"min_days_between\": 7", "\"min_days_between\": 3651", "/launch/repeat/min_days_between");
    accepts("\"priority\": \"high\"", "\"display_delay_ms\": 600000");
    refuses("\"priority\": \"high\"", "\"display_delay_ms\": 600001", "/launch/display_delay_ms");
    let longest = "x".repeat(SURVEY_TEXT_SCALARS_MAX);
    accepts("Stars?", &longest);
    refuses("Stars?", &format!("{longest}x"), "/questions/2/title/en");
}

#[test]
fn the_sampling_percentage_has_two_decimals() {
    for (percent, points) in [("0", 0), ("0.01", 1), ("0.29", 29), ("1.1", 110), ("57.89", 5_789), ("99.99", 9_999), ("100", 10_000)] {
        let document = parse_document(&WHOLE.replace("33.33", percent)).unwrap();
        assert_eq!(document.launch.sampling.basis_points(), points, "{percent}");
    }
    refuses("33.33", "-0.01", "/launch/sampling_percent");
    refuses("33.33", "0.001", "/launch/sampling_percent");
}

#[test]
fn a_document_is_bounded_in_bytes_and_ends_where_it_ends() {
    let padded = format!("{WHOLE}{}", " ".repeat(SURVEY_DOCUMENT_BYTES_MAX - WHOLE.len()));
    assert!(parse_document(&padded).is_ok());
    assert_eq!(parse_document(&format!("{padded} ")).unwrap_err()[0].pointer, "");
    assert_eq!(parse_document(&format!("{WHOLE} x")).unwrap_err()[0].pointer, "");
    assert_eq!(parse_document("").unwrap_err()[0].pointer, "");
}

#[test]
fn defaults_are_as_the_format_says() {
    let json = r#"{"format_version": 1, "name": "n", "default_language": "en",
        "questions": [{"id": "q", "type": "input_feedback", "title": {"en": "t"}}], "launch": {"frontend_triggers": [{"name": "M"}]}}"#;
    let document = parse_document(json).unwrap();
    assert_eq!(document.languages, ["en"]);
    assert!(document.dismissible && document.show_progress);
    assert!(!document.questions[0].required);
    assert_eq!(document.questions[0].kind, QuestionKind::Input { placeholder: None, max_length: 2_000 });
    let launch = Launch {
        platforms: Platform::ALL.to_vec(),
        frontend_triggers: vec![TriggerRule::any(TriggerName::new("M").unwrap())],
        trigger_sequence: Vec::new(),
        schedule: None,
        audience: None,
        quota: None,
        activation: None,
        priority: Priority::Normal,
        sampling: SamplingRate::ALL,
        repeat: Repeat { until: RepeatUntil::ShownTimes(1), min_between: Span::ZERO },
        ignores_wait_period: false,
        also_while_there: false,
        display_delay: Span::ZERO,
    };
    assert_eq!(document.launch, launch);
}

const LOGIC: &str = r#""type": "nps_feedback", "title": {"en": "Likely?"}, "#;

/// A rule of q2, the second of four questions.
fn rule(rule: &str) -> String {
    format!("{LOGIC}\"logic\": [{rule}], ")
}

#[test]
fn logic_only_leads_forwards() {
    for target in ["q3", "q4"] {
        accepts(LOGIC, &rule(&format!(r#"{{"if": {{"all": [{{"question": "q2", "op": "answered"}}]}}, "then": {{"jump": "{target}"}}}}"#)));
    }
    for target in ["q1", "q2", "gone"] {
        let to = format!(r#"{{"if": {{"all": [{{"question": "q2", "op": "answered"}}]}}, "then": {{"jump": "{target}"}}}}"#);
        refuses(LOGIC, &rule(&to), "/questions/1/logic/0/then/jump");
    }
    accepts(LOGIC, &rule(r#"{"if": {"any": [{"question": "q1", "op": "equals", "value": "well"}]}, "then": {"end": true}}"#));
}

#[test]
fn rules_name_the_place_of_what_is_wrong() {
    let condition = |condition: &str| rule(&format!(r#"{{"if": {{"all": [{condition}]}}, "then": {{"end": true}}}}"#));
    let at = |field: &str| format!("/questions/1/logic/0/if/all/0/{field}");
    refuses(LOGIC, &condition(r#"{"question": "gone", "op": "answered"}"#), &at("question"));
    refuses(LOGIC, &condition(r#"{"question": "q3", "op": "answered"}"#), &at("question"));
    for (value, field) in [
        (r#""op": "equals", "value": "gone""#, "value"),
        (r#""op": "equals", "value": 5"#, "value"),
        (r#""op": "in", "value": "well""#, "value"),
        (r#""op": "in", "value": []"#, "value"),
        (r#""op": "in", "value": ["well", "gone"]"#, "value"),
        (r#""op": "equals""#, "value"),
        (r#""op": "answered", "value": 1"#, "value"),
        (r#""op": "greater", "value": 5"#, "op"),
    ] {
        refuses(LOGIC, &condition(&format!(r#"{{"question": "q1", {value}}}"#)), &at(field));
    }
    for value in [r#""op": "equals", "value": 6.5"#, r#""op": "equals", "value": "6""#, r#""op": "less", "value": null"#] {
        refuses(LOGIC, &condition(&format!(r#"{{"question": "q2", {value}}}"#)), &at("value"));
    }
    refuses(LOGIC, &condition(r#"{"question": "q2", "op": "contains", "value": 6}"#), &at("op"));
    refuses(LOGIC, &condition(""), "/questions/1/logic/0/if/all");
    refuses(LOGIC, &rule(r#"{"if": {}, "then": {"end": true}}"#), "/questions/1/logic/0/if");
    refuses(LOGIC, &rule(r#"{"if": {"all": [{"question": "q2", "op": "answered"}]}, "then": {}}"#), "/questions/1/logic/0/then");
    refuses(
        LOGIC,
        &rule(r#"{"if": {"all": [{"question": "q2", "op": "answered"}]}, "then": {"end": false}}"#),
        "/questions/1/logic/0/then/end",
    );
}

#[test]
fn rules_and_conditions_are_limited() {
    let condition = r#"{"question": "q2", "op": "answered"}"#;
    let rules = |count: usize| rule(&vec![format!(r#"{{"if": {{"all": [{condition}]}}, "then": {{"end": true}}}}"#); count].join(","));
    accepts(LOGIC, &rules(RULES_PER_QUESTION_MAX));
    refuses(LOGIC, &rules(RULES_PER_QUESTION_MAX + 1), "/questions/1/logic");
    let conditions =
        |count: usize| rule(&format!(r#"{{"if": {{"any": [{}]}}, "then": {{"end": true}}}}"#, vec![condition; count].join(",")));
    accepts(LOGIC, &conditions(CONDITIONS_MAX));
    refuses(LOGIC, &conditions(CONDITIONS_MAX + 1), "/questions/1/logic/0/if/any");
}

#[test]
fn filters_of_triggers_are_checked_in_their_place() {
    let event = r#"{"name": "ended sleep"}"#;
    let filter = |conditions: &str| format!(r#"{{"name": "ended sleep", "filter": {{"all": [{conditions}]}}}}"#);
    accepts(event, &filter(r#"{"path": "a.b", "op": "in", "value": [1, "x", null]}, {"path": "c", "op": "exists"}"#));
    accepts(event, &filter(r#"{"path": "a", "op": "equals", "value": null}"#));
    refuses(event, &filter(r#"{"path": "a", "op": "equals"}"#), "/launch/activation/backend_triggers/0/filter/all/0/value");
    refuses(event, &filter(r#"{"path": "", "op": "exists"}"#), "/launch/activation/backend_triggers/0/filter/all/0/path");
    let condition = r#"{"path": "a", "op": "exists"}"#;
    accepts(event, &filter(&vec![condition; CONDITIONS_MAX].join(",")));
    refuses(event, &filter(&vec![condition; CONDITIONS_MAX + 1].join(",")), "/launch/activation/backend_triggers/0/filter/all");
    let app = r#"{"name": "MainActivity"}"#;
    let other = r#"{"name": "MainActivity", "filter": {"all": [{"path": "tab", "op": "greater", "value": "x"}]}}"#;
    refuses(app, other, "/launch/frontend_triggers/0/filter/all/0/value");
}

#[test]
fn conditions_on_facts_name_the_place_of_what_is_wrong() {
    let condition = |condition: &str| rule(&format!(r#"{{"if": {{"all": [{condition}]}}, "then": {{"end": true}}}}"#));
    let at = |field: &str| format!("/questions/1/logic/0/if/all/0{field}");
    accepts(LOGIC, &condition(r#"{"source": "event", "path": "author.name", "op": "starts_with", "value": "U"}"#));
    accepts(LOGIC, &condition(r#"{"source": "user", "path": "plan", "op": "exists"}"#));
    for (wrong, field) in [
        (r#"{"source": "event", "op": "exists"}"#, "/path"),
        (r#"{"source": "event", "path": "", "op": "exists"}"#, "/path"),
        (r#"{"source": "event", "path": "a", "op": "answered"}"#, "/op"),
        (r#"{"question": "q2", "op": "starts_with", "value": "1"}"#, "/op"),
        (r#"{"source": "trigger", "path": "a", "op": "greater", "value": "x"}"#, "/value"),
        (r#"{"source": "trigger", "path": "a", "op": "equals"}"#, "/value"),
        (r#"{"source": "device", "path": "a", "op": "exists"}"#, "/source"),
        (r#"{"source": "events", "path": "another.hours", "op": "exists"}"#, "/path"),
        (r#"{"source": "event", "question": "q1", "path": "a", "op": "exists"}"#, ""),
        (r#"{"path": "a", "op": "exists"}"#, ""),
        (r#"{"question": "q2", "path": "a", "op": "answered"}"#, "/path"),
    ] {
        refuses(LOGIC, &condition(wrong), &at(field));
    }
}

#[test]
fn conditions_on_facts_are_limited_and_numbered_as_they_are_written() {
    let conditions = |count: usize| {
        let rule = |from: usize, to: usize| {
            let conditions = (from..to).map(|n| format!(r#"{{"source": "user", "path": "a{n}", "op": "exists"}}"#)).collect::<Vec<_>>();
            format!(r#"{{"if": {{"any": [{}]}}, "then": {{"end": true}}}}"#, conditions.join(","))
        };
        let rules = (0..count).step_by(CONDITIONS_MAX).map(|from| rule(from, count.min(from + CONDITIONS_MAX)));
        super::tests::rule(&rules.collect::<Vec<_>>().join(","))
    };
    let document = parse_document(&WHOLE.replacen(LOGIC, &conditions(FACT_CONDITIONS_PER_SURVEY_MAX), 1)).unwrap();
    let paths: Vec<&str> = document.constants.iter().map(|constant| &*constant.condition.path).collect();
    assert_eq!((paths.len(), paths[0], paths[499]), (FACT_CONDITIONS_PER_SURVEY_MAX, "a0", "a499"));
    refuses(LOGIC, &conditions(FACT_CONDITIONS_PER_SURVEY_MAX + 1), "/questions");
}

#[test]
fn a_pipe_is_wrong_in_the_text_and_language_in_which_it_stands() {
    refuses(r#""de": "Wie?""#, r#""de": "Wie {{user.name}}?""#, "/questions/0/title/de");
    refuses(r#""label": {"en": "Other"}"#, r#""label": {"en": "{{x}}"}"#, "/questions/0/options/1/label/en");
    refuses(r#""low": {"en": "No"}"#, r#""low": {"en": "{{"}"#, "/questions/1/labels/low/en");
    refuses(r#""placeholder": {"en": "…"}"#, r#""placeholder": {"en": "{{event. | \"\"}}"}"#, "/questions/3/placeholder/en");
    refuses(r#""title": {"en": "Thanks"}"#, r#""title": {"en": "{{user.a | x}}"}"#, "/thank_you/title/en");
}
