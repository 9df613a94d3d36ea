//! Answers, and whether they fit the survey they claim to answer.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::limits::ANSWER_TEXT_BYTES_MAX;
use crate::logic::path_of;
use crate::survey::document::{Question, QuestionKind, SurveyDocument};

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Ids of the chosen options, and the text typed for an option that allows one.
    Choice {
        /// Option ids, in the order chosen.
        options: Vec<Box<str>>,
        /// Text for an option that allows it.
        other_text: Option<Box<str>>,
    },
    /// A number on the question's scale.
    Number(i32),
    /// Free text.
    Text(Box<str>),
}

/// All answers of one display, by question id.
pub type Answers = BTreeMap<Box<str>, Answer>;

/// Why an answer does not fit, and where within the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAnswer {
    /// JSON pointer within the answer set.
    pub pointer: String,
    /// What is wrong, for people.
    pub detail: String,
}

/// Checks every answer against the survey version that the display began with. A missing required answer is only
/// wrong once the response is `completed`, and only if the question is on the path that the answers take; what the
/// logic asks about events and the user it looks up in the display's `facts`.
pub fn check_answers(document: &SurveyDocument, facts: &Facts<'_>, answers: &Answers, completed: bool) -> Vec<InvalidAnswer> {
    let mut wrong = Vec::new();
    for (id, answer) in answers {
        let problem = match document.questions.iter().find(|question| question.id == **id) {
            None => Some("there is no such question in this version of the survey".to_owned()),
            Some(question) => check_answer(question, answer).err(),
        };
        if let Some(detail) = problem {
            wrong.push(InvalidAnswer { pointer: format!("/{}", id.replace('~', "~0").replace('/', "~1")), detail });
        }
    }
    if completed {
        let path = path_of(&document.questions, &document.constants(facts), answers).questions;
        let missing = path.iter().filter(|question| question.required && is_blank(answers.get(question.id.as_str())));
        wrong.extend(missing.map(|question| InvalidAnswer {
            pointer: format!("/{}", question.id),
            detail: "a required question has no answer".to_owned(),
        }));
    }
    wrong
}

/// Whether nothing was said: no answer, or a text of white space only.
pub(crate) fn is_blank(answer: Option<&Answer>) -> bool {
    match answer {
        None => true,
        Some(Answer::Text(text)) => text.trim().is_empty(),
        Some(Answer::Choice { .. } | Answer::Number(_)) => false,
    }
}

fn check_answer(question: &Question, answer: &Answer) -> Result<(), String> {
    match (&question.kind, answer) {
        (QuestionKind::SingleSelect { options, .. }, Answer::Choice { options: chosen, other_text }) => {
            let [chosen] = chosen.as_slice() else { return Err("exactly one option must be chosen".to_owned()) };
            let option = options.iter().find(|option| option.id == **chosen).ok_or("there is no such option")?;
            match other_text {
                Some(_) if !option.allows_text => Err("the chosen option takes no text".to_owned()),
                Some(text) => check_text(text, ANSWER_TEXT_BYTES_MAX),
                None => Ok(()),
            }
        }
        (QuestionKind::Nps { .. }, Answer::Number(number)) => check_range(*number, 0, 10),
        (QuestionKind::Star { .. }, Answer::Number(number)) => check_range(*number, 1, 5),
        (QuestionKind::Input { max_length, .. }, Answer::Text(text)) => {
            let longest = *max_length as usize;
            if text.chars().count() > longest {
                return Err(format!("must be at most {longest} characters long"));
            }
            check_text(text, ANSWER_TEXT_BYTES_MAX)
        }
        (QuestionKind::SingleSelect { .. }, _) => Err("expected {\"options\": […]}".to_owned()),
        (QuestionKind::Nps { .. } | QuestionKind::Star { .. }, _) => Err("expected {\"number\": …}".to_owned()),
        (QuestionKind::Input { .. }, _) => Err("expected {\"text\": \"…\"}".to_owned()),
    }
}

fn check_range(number: i32, min: i32, max: i32) -> Result<(), String> {
    if (min..=max).contains(&number) { Ok(()) } else { Err(format!("must be a whole number from {min} to {max}")) }
}

fn check_text(text: &str, bytes_max: usize) -> Result<(), String> {
    if text.len() > bytes_max {
        return Err(format!("must be at most {bytes_max} bytes long"));
    }
    if text.contains('\0') {
        return Err("must not contain U+0000".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
