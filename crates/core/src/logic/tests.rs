//! Runs `spec/logic/*.json`.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::*;
use crate::pipe::tests::FactsJson;
use crate::survey::parse_document;

/// One vector as `spec/README.md` describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    why: String,
    questions: Box<RawValue>,
    #[serde(default)]
    facts: FactsJson,
    answers: BTreeMap<Box<str>, AnswerJson>,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    path: Vec<String>,
    ends: bool,
    #[serde(default)]
    constants: Vec<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerJson {
    options: Option<Vec<Box<str>>>,
    other_text: Option<Box<str>>,
    number: Option<i32>,
    text: Option<Box<str>>,
}

impl AnswerJson {
    fn answer(self) -> Answer {
        match (self.options, self.number, self.text) {
            (Some(options), None, None) => Answer::Choice { options, other_text: self.other_text },
            (None, Some(number), None) => Answer::Number(number),
            (None, None, Some(text)) => Answer::Text(text),
            _ => panic!("an answer is one of options, number and text"),
        }
    }
}

#[test]
fn every_vector_walks_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/logic");
    let mut names = HashSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for vector in serde_json::from_str::<Vec<Vector>>(&text).unwrap() {
            assert!(!vector.why.is_empty() && names.insert(vector.name.clone()), "{}", vector.name);
            let document = json!({"format_version": 1, "name": "Survey", "default_language": "en", "questions": vector.questions,
                "launch": {"frontend_triggers": [{"name": "MainActivity"}],
                    "activation": {"backend_triggers": [{"name": "ended sleep"}, {"name": "app.opened"}], "match": "all", "expires_after_secs": 60}}});
            let document = parse_document(&document.to_string()).unwrap_or_else(|errors| panic!("{}: {errors:?}", vector.name));
            let answers = vector.answers.into_iter().map(|(id, answer)| (id, answer.answer())).collect();
            let constants = vector.facts.with(|facts| document.constants(facts));
            assert_eq!(constants, vector.expect.constants, "{}", vector.name);
            let path = path_of(&document.questions, &constants, &answers);
            let ids: Vec<&str> = path.questions.iter().map(|question| question.id.as_str()).collect();
            assert_eq!(
                (ids, path.ended_by_rule),
                (vector.expect.path.iter().map(String::as_str).collect(), vector.expect.ends),
                "{}",
                vector.name
            );
        }
    }
    assert!(names.len() >= 30, "only {} vectors were found", names.len());
}
