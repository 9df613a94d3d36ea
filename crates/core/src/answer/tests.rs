use super::*;
use crate::attribute::Attributes;
use crate::properties::Properties;
use crate::survey::parse_document;

const DOCUMENT: &str = r#"{"format_version": 1, "name": "Survey", "default_language": "en",
    "questions": [
        {"id": "pick", "type": "single_select_feedback", "title": {"en": "Which?"}, "required": true,
         "options": [{"id": "a", "label": {"en": "A"}}, {"id": "other", "label": {"en": "Other"}, "allows_text": true}]},
        {"id": "nps", "type": "nps_feedback", "title": {"en": "Likely?"}},
        {"id": "stars", "type": "star_feedback", "title": {"en": "Stars?"}},
        {"id": "say", "type": "input_feedback", "title": {"en": "More?"}, "required": true, "max_length": 4}],
    "launch": {"frontend_triggers": [{"name": "MainActivity"}]}}"#;

/// What a completed response misses where the activating event has these properties.
fn missing_with(document: &SurveyDocument, event: Option<&str>, answers: &Answers) -> Vec<String> {
    let event = event.map(Properties::from_stored);
    let facts = Facts { event: event.as_ref(), events: &[], trigger: &Properties::empty(), user: &Attributes::default() };
    check_answers(document, &facts, answers, true).into_iter().map(|wrong| wrong.pointer).collect()
}

fn choice(options: &[&str], other_text: Option<&str>) -> Answer {
    Answer::Choice { options: options.iter().map(|&option| option.into()).collect(), other_text: other_text.map(Into::into) }
}

fn text(text: &str) -> Answer {
    Answer::Text(text.into())
}

/// The places at which the answers are wrong.
fn wrong(answers: &[(&str, Answer)], completed: bool) -> Vec<String> {
    let document = parse_document(DOCUMENT).unwrap();
    let answers = answers.iter().map(|(id, answer)| ((*id).into(), answer.clone())).collect();
    let facts = Facts { event: None, events: &[], trigger: &Properties::empty(), user: &Attributes::default() };
    check_answers(&document, &facts, &answers, completed).into_iter().map(|wrong| wrong.pointer).collect()
}

#[track_caller]
fn fits(question: &str, answer: Answer) {
    assert_eq!(wrong(&[(question, answer)], false), [""; 0]);
}

#[track_caller]
fn refuses(question: &str, answer: Answer) {
    assert_eq!(wrong(&[(question, answer)], false), [format!("/{question}")]);
}

#[test]
fn one_option_of_the_question_is_chosen_by_its_id() {
    fits("pick", choice(&["a"], None));
    refuses("pick", choice(&["A"], None));
    refuses("pick", choice(&[], None));
    refuses("pick", choice(&["a", "other"], None));
    refuses("pick", choice(&["a", "a"], None));
}

#[test]
fn only_an_option_that_takes_text_comes_with_text() {
    fits("pick", choice(&["other"], None));
    fits("pick", choice(&["other"], Some("something else")));
    fits("pick", choice(&["other"], Some(&"x".repeat(ANSWER_TEXT_BYTES_MAX))));
    refuses("pick", choice(&["other"], Some(&"x".repeat(ANSWER_TEXT_BYTES_MAX + 1))));
    refuses("pick", choice(&["other"], Some("a\0b")));
    refuses("pick", choice(&["a"], Some("text")));
}

#[test]
fn numbers_stay_on_their_scale() {
    for (question, min, max) in [("nps", 0, 10), ("stars", 1, 5)] {
        fits(question, Answer::Number(min));
        fits(question, Answer::Number(max));
        for outside in [min - 1, max + 1, i32::MIN, i32::MAX] {
            refuses(question, Answer::Number(outside));
        }
    }
}

#[test]
fn text_is_counted_in_scalars() {
    fits("say", text("😴😴😴😴"));
    refuses("say", text("😴😴😴😴😴"));
    refuses("say", text("a\0"));
}

#[test]
fn an_answer_of_another_type_is_refused() {
    let of_each = [("pick", choice(&["a"], None)), ("nps", Answer::Number(3)), ("stars", Answer::Number(3)), ("say", text("3"))];
    for question in ["pick", "nps", "stars", "say"] {
        let own = of_each.iter().find(|(id, _)| *id == question).map(|(_, answer)| std::mem::discriminant(answer)).unwrap();
        for (_, answer) in of_each.iter().filter(|(_, answer)| std::mem::discriminant(answer) != own) {
            refuses(question, answer.clone());
        }
    }
}

#[test]
fn a_question_of_another_version_is_named_by_an_escaped_pointer() {
    assert_eq!(wrong(&[("gone/~1", text("x"))], false), ["/gone~1~01"]);
}

#[test]
fn required_questions_are_only_missed_at_the_end() {
    assert_eq!(wrong(&[], false), [""; 0]);
    assert_eq!(wrong(&[], true), ["/pick", "/say"]);
    assert_eq!(wrong(&[("pick", choice(&["a"], None)), ("say", text("x"))], true), [""; 0]);
}

#[test]
fn a_blank_text_answers_no_required_question() {
    for blank in ["", " ", "\n\t "] {
        let answers = [("pick", choice(&["a"], None)), ("say", text(blank))];
        assert_eq!(wrong(&answers, false), [""; 0], "while typing: {blank:?}");
        assert_eq!(wrong(&answers, true), ["/say"], "{blank:?}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    assert_eq!(wrong(&[("nps", Answer::Number(11)), ("stars", Answer::Number(0))], true), ["/nps", "/stars", "/pick", "/say"]);
}

#[test]
fn what_is_not_on_the_path_is_not_missed() {
    let jump =
        r#""logic": [{"if": {"all": [{"question": "nps", "op": "less", "value": 7}]}, "then": {"end": true}}], "title": {"en": "Likely?"}"#;
    let document = parse_document(&DOCUMENT.replace(r#""title": {"en": "Likely?"}"#, jump)).unwrap();
    let missing = |nps: i32| {
        let answers = [("pick".into(), choice(&["a"], None)), ("nps".into(), Answer::Number(nps))].into();
        missing_with(&document, None, &answers)
    };
    assert_eq!(missing(6), [""; 0]);
    assert_eq!(missing(7), ["/say"]);
}

#[test]
fn what_the_event_says_decides_which_answers_are_needed() {
    let jump = r#""title": {"en": "Which?"}, "logic": [{"if": {"all": [{"source": "event", "path": "short", "op": "equals", "value": true}]},
        "then": {"end": true}}]"#;
    let document = parse_document(&DOCUMENT.replace(r#""title": {"en": "Which?"}"#, jump)).unwrap();
    let answers = [("pick".into(), choice(&["a"], None))].into();
    assert_eq!(missing_with(&document, Some(r#"{"short":true}"#), &answers), [""; 0]);
    assert_eq!(missing_with(&document, Some(r#"{"short":false}"#), &answers), ["/say"]);
    assert_eq!(missing_with(&document, None, &answers), ["/say"]);
}
