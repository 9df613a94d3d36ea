//! Runs `spec/pipes/*.json`, and what vectors cannot say.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::*;
use crate::attribute::{AttributeValue, Attributes};
use crate::event::{EventId, EventRecord, EventSeq};
use crate::properties::Properties;
use crate::survey::parse_document;
use crate::time::Timestamp;
use crate::trigger::TriggerName;

/// One vector as `spec/README.md` describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    why: String,
    text: String,
    #[serde(default)]
    facts: FactsJson,
    #[serde(default)]
    impersonal: bool,
    #[expect(dead_code, reason = "the direction is the widget's business")]
    direction: Option<String>,
    content: Option<String>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    #[expect(dead_code, reason = "what is said at last is the widget's business")]
    shown: Option<String>,
    error: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactsJson {
    event: Option<Box<RawValue>>,
    /// By trigger.
    #[serde(default)]
    events: BTreeMap<String, Box<RawValue>>,
    trigger: Option<Box<RawValue>>,
    user: Option<Box<RawValue>>,
}

impl FactsJson {
    /// Looks at something with these facts.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Facts<'_>) -> T) -> T {
        let properties = |json: &Option<Box<RawValue>>| json.as_ref().map(|json| Properties::parse(json.get()).unwrap().0);
        let attribute = |(name, value): (String, Box<RawValue>)| {
            let value = match crate::filter::json::value(value.get()).unwrap() {
                Json::Text(text) => AttributeValue::Text(text.read().into()),
                Json::Number(number) => AttributeValue::Number(number.into()),
                Json::Boolean(boolean) => AttributeValue::Boolean(boolean),
                other => panic!("no attribute is {other:?}"),
            };
            (name.into(), value)
        };
        let user = Attributes::from_pairs(properties(&self.user).unwrap_or_default().entries().into_iter().map(attribute));
        let (event, trigger) = (properties(&self.event), properties(&self.trigger).unwrap_or_default());
        let events: Vec<_> = self.events.iter().map(|(trigger, json)| Arc::new(event_of(trigger, json))).collect();
        look(&Facts { event: event.as_ref(), events: &events, trigger: &trigger, user: &user })
    }
}

fn event_of(trigger: &str, properties: &RawValue) -> EventRecord {
    let at = Timestamp::from_millis(0);
    EventRecord {
        id: EventId::given("e").unwrap(),
        trigger: TriggerName::new(trigger).unwrap(),
        effective_at: at,
        received_at: at,
        seq: EventSeq(1),
        properties: Properties::parse(properties.get()).unwrap().0,
    }
}

fn document(title: &serde_json::Value, languages: &[&str]) -> Result<SurveyDocument, Vec<crate::survey::DocumentError>> {
    let document = json!({"format_version": 1, "name": "Survey", "default_language": "en", "languages": languages,
        "questions": [{"id": "q", "type": "input_feedback", "title": title}],
        "launch": {"frontend_triggers": [{"name": "MainActivity"}],
            "activation": {"backend_triggers": [{"name": "ended sleep"}, {"name": "app"}, {"name": "app.opened"}], "expires_after_secs": 60}}});
    parse_document(&document.to_string())
}

#[test]
fn every_vector_says_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/pipes");
    let mut names = HashSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for vector in serde_json::from_str::<Vec<Vector>>(&text).unwrap() {
            assert!(!vector.why.is_empty() && names.insert(vector.name.clone()), "{}", vector.name);
            check_vector(&vector);
        }
    }
    assert!(names.len() >= 30, "only {} vectors were found", names.len());
}

fn check_vector(vector: &Vector) {
    let document = match (document(&json!({"en": vector.text}), &["en"]), &vector.error) {
        (Ok(document), None) => document,
        (Err(errors), Some(error)) => {
            let said: Vec<_> = errors.iter().map(|error| (error.pointer.as_str(), error.detail.as_str())).collect();
            assert_eq!(said, [("/questions/0/title/en", error.as_str())], "{}", vector.name);
            return;
        }
        (read, _) => panic!("{}: {read:?}", vector.name),
    };
    let content = document.pipes.in_content(document.questions[0].title.get("en", "en"));
    let values = vector.facts.with(|facts| {
        let values = document.pipes.values(&document, "en", facts, !vector.impersonal);
        values.into_iter().map(|(number, value)| (format!("p{number}"), value.into_owned())).collect::<BTreeMap<_, _>>()
    });
    assert_eq!((Some(&*content), &values), (vector.content.as_deref(), &vector.values), "{}", vector.name);
}

#[test]
fn numbers_are_the_same_in_every_language() {
    let texts = json!({"en": "{{event.a | \"x\"}} {{user.b | \"y\"}}", "de": "{{ user.b|\"y\" }} {{event.a | \"eins\"}}"});
    let document = document(&texts, &["en", "de"]).unwrap();
    let paths: Vec<(&str, &str)> = document.pipes.all().iter().map(|pipe| (&*pipe.path, &*pipe.fallback)).collect();
    assert_eq!(paths, [("b", "y"), ("a", "eins"), ("a", "x")]);
    let title = &document.questions[0].title;
    let said = |language| document.pipes.in_content(title.get(language, "en")).into_owned();
    assert_eq!((said("de"), said("en")), ("{{p0}} {{p1}}".to_owned(), "{{p2}} {{p0}}".to_owned()));
    let values = |language| {
        FactsJson::default().with(|facts| document.pipes.values(&document, language, facts, true).into_keys().collect::<Vec<_>>())
    };
    assert_eq!((values("de"), values("en"), values("fr")), (vec![0, 1], vec![0, 2], vec![0, 2]));
}

#[test]
fn every_text_of_a_survey_takes_values() {
    let text = |name: &str| json!({"en": format!("{{{{user.{name} | \"\"}}}}")});
    let document = json!({"format_version": 1, "name": "Survey {{", "default_language": "en",
        "questions": [
            {"id": "a", "type": "single_select_feedback", "title": text("a"), "description": text("b"),
             "options": [{"id": "x", "label": text("c")}, {"id": "y", "label": text("d")}]},
            {"id": "b", "type": "nps_feedback", "title": text("e"), "labels": {"low": text("f"), "high": text("g")}},
            {"id": "c", "type": "input_feedback", "title": text("h"), "placeholder": text("i")}],
        "thank_you": {"title": text("j"), "description": text("k")},
        "texts": {"next": text("l"), "submit": text("m"), "skip": text("n"), "close": text("o"), "required": text("p"), "other": text("q")},
        "launch": {"frontend_triggers": [{"name": "MainActivity"}]}});
    let document = parse_document(&document.to_string()).unwrap();
    let paths: Vec<&str> = document.pipes.all().iter().map(|pipe| &*pipe.path).collect();
    assert_eq!(paths.concat(), "abcdefghijklmnopq");
}

#[test]
fn values_are_bounded() {
    let facts = |text: &str| FactsJson { event: Some(RawValue::from_string(format!("{{\"a\":{text}}}")).unwrap()), ..FactsJson::default() };
    let pipe = Pipe { source: Source::Event, path: "a".into(), fallback: "none".into() };
    let said = |json: &str| facts(json).with(|facts| pipe.value(facts).into_owned());
    let longest = "é".repeat(PIPED_SCALARS_MAX);
    assert_eq!(said(&format!("\"{longest}\"")), longest);
    assert_eq!(said(&format!("\"{longest}é\"")), format!("{}…", "é".repeat(PIPED_SCALARS_MAX - 1)));
    let digits = "1".repeat(PIPED_SCALARS_MAX);
    assert_eq!(said(&digits), digits);
    assert_eq!(said(&format!("{digits}1")), "none");
}

#[test]
fn a_survey_has_so_many_values_and_no_more() {
    let texts = |count: usize| {
        let tag = |at: usize| {
            format!("a{}{}", char::from(b'a' + u8::try_from(at / 26).unwrap()), char::from(b'a' + u8::try_from(at % 26).unwrap()))
        };
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for number in 0..count {
            let text = texts.entry(tag(number / 100)).or_default();
            *text = format!("{text}{{{{user.a{number}|\"\"}}}}");
        }
        texts.insert("en".to_owned(), "x".to_owned());
        texts
    };
    let read = |count: usize| {
        let texts = texts(count);
        let languages: Vec<&str> = texts.keys().map(String::as_str).collect();
        document(&json!(texts), &languages).map(|document| document.pipes.all().len())
    };
    assert_eq!(read(PIPES_PER_SURVEY_MAX), Ok(PIPES_PER_SURVEY_MAX));
    assert_eq!(read(PIPES_PER_SURVEY_MAX + 1).unwrap_err()[0].pointer, "");
}

#[test]
fn results_read_the_fallbacks() {
    assert_eq!(with_fallbacks("How was {{event.title | \"your \\\"book\\\"\"}}, \\{{you}}?"), "How was your \"book\", {{you}}?");
    assert_eq!(with_fallbacks("plain }}"), "plain }}");
}
