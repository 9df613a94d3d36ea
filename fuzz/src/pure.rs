//! Text that the core reads.

use serde_json::value::RawValue;
use sonde_core::answer::{Answer, Answers};
use sonde_core::filter::{Condition, Operator};
use sonde_core::logic::path_of;
use sonde_core::properties::Properties;
use sonde_core::survey::parse_document;

/// Two halves of the input, parted by a zero byte, as text.
fn halves(data: &[u8]) -> Option<(&str, &str)> {
    let cut = data.iter().position(|byte| *byte == 0)?;
    Some((std::str::from_utf8(&data[..cut]).ok()?, std::str::from_utf8(&data[cut + 1..]).ok()?))
}

/// A condition `[path, operator, value]` and the properties it looks at.
pub(crate) fn filter(data: &[u8]) {
    let Some((condition, properties)) = halves(data) else { return };
    let Ok((path, operator, value)) = serde_json::from_str::<(String, Operator, Box<RawValue>)>(condition) else { return };
    let Ok((properties, _)) = Properties::parse(properties) else { return };
    let Ok(condition) = Condition::new(&path, operator, Some(&value)) else { return };
    let holds = |operator| condition.with_operator(operator).holds(&properties);
    match operator {
        Operator::Equals | Operator::NotEquals => assert_ne!(holds(Operator::Equals), holds(Operator::NotEquals)),
        Operator::Exists | Operator::NotExists => assert_ne!(holds(Operator::Exists), holds(Operator::NotExists)),
        Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => {
            assert!(!(holds(Operator::Greater) && holds(Operator::LessOrEqual)));
            assert!(!(holds(Operator::Less) && holds(Operator::GreaterOrEqual)));
            assert_eq!(holds(Operator::Greater) || holds(Operator::LessOrEqual), holds(Operator::Less) || holds(Operator::GreaterOrEqual));
        }
        _ => {
            condition.holds(&properties);
        }
    }
}

/// A survey and answers `{"q1": "text" | 3 | ["option"]}`: the walk ends, asks nothing twice and only goes forwards.
pub(crate) fn logic(data: &[u8]) {
    let Some((document, answers)) = halves(data) else { return };
    let Ok(document) = parse_document(document) else { return };
    let Ok(answers) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(answers) else { return };
    let answers: Answers = answers.into_iter().filter_map(|(question, value)| Some((question.into(), answer(value)?))).collect();
    let path = path_of(&document.questions, &[true, false, true], &answers);
    let place = |id: &str| document.questions.iter().position(|question| question.id == id);
    assert!(path.questions.iter().map(|question| place(&question.id)).is_sorted_by(|a, b| a < b), "backwards");
    assert!(path.questions.first().is_some_and(|first| first.id == document.questions[0].id), "begins elsewhere");
}

fn answer(value: serde_json::Value) -> Option<Answer> {
    Some(match value {
        serde_json::Value::String(text) => Answer::Text(text.into()),
        serde_json::Value::Number(number) => Answer::Number(i32::try_from(number.as_i64()?).ok()?),
        serde_json::Value::Array(options) => Answer::Choice {
            options: options.iter().map(|option| option.as_str().map(Into::into)).collect::<Option<_>>()?,
            other_text: None,
        },
        _ => return None,
    })
}

/// A survey document: what is wrong with it is said with a pointer to a place that is there, or to one that is missing there.
pub(crate) fn document(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse_document(text) {
        Ok(document) => assert!(!document.questions.is_empty() && !document.launch.frontend_triggers.is_empty()),
        Err(wrong) => {
            assert!(!wrong.is_empty());
            for error in wrong {
                assert!(error.pointer.is_empty() || error.pointer.starts_with('/'), "{error}");
                assert!(!error.detail.is_empty());
            }
        }
    }
}
