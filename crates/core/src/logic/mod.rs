//! Logic: which question comes after which, depending on the answers. The server checks with it what a completed
//! response needs; the widget goes by it; `spec/logic/*.json` keeps the two the same.
//!
//! The walk begins at the first question. After each question its rules are tried in order: the first that fits jumps
//! to a later question or ends the survey; without one the next question follows. A condition sees only answers to
//! questions on the path so far: an answer to a question that the user went back from and is no longer asked is none.
//!
//! Conditions over events, triggers and users are looked at on the server, once for a display. Here and in the widget they
//! are constants: true or false, by their number within the document.

use crate::answer::{Answer, Answers, is_blank};
use crate::survey::document::Question;

/// One rule: if its conditions hold after the question, it says what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether all conditions must hold, or any one.
    pub quantifier: Quantifier,
    /// At least one.
    pub conditions: Vec<RuleCondition>,
    /// What comes next.
    pub then: Then,
}

/// How many of the conditions must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// Every one.
    All,
    /// At least one.
    Any,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// The later question of this id.
    Jump(String),
    /// Nothing: the survey is over.
    End,
}

/// One condition of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleCondition {
    /// On an answer.
    Answer(AnswerCondition),
    /// On a fact: the number of one of the document's constants.
    Constant(usize),
}

/// A condition on one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerCondition {
    /// The question whose answer is looked at: this one or an earlier one.
    pub question: String,
    /// What must hold.
    pub test: Test,
}

/// What must hold of an answer. A question without an answer fits only `NotEquals` and `NotAnswered`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Something was answered; a blank text is nothing.
    Answered,
    /// Nothing was.
    NotAnswered,
    /// Exactly this: the one option chosen, the number, the whole text.
    Equals(Operand),
    /// Not exactly this.
    NotEquals(Operand),
    /// Any of these.
    In(Vec<Operand>),
    /// This option is among those chosen, or this is part of the text.
    Contains(String),
    /// A larger number.
    Greater(i32),
    /// A larger number, or the same.
    GreaterOrEqual(i32),
    /// A smaller number.
    Less(i32),
    /// A smaller number, or the same.
    LessOrEqual(i32),
}

/// What an answer is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// An option's id, or a whole text.
    Text(String),
    /// A number.
    Number(i32),
}

/// The questions that these answers lead through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerPath<'a> {
    /// In the order in which they are asked.
    pub questions: Vec<&'a Question>,
    /// Whether a rule ended the survey before its last question could.
    pub ended_by_rule: bool,
}

/// Walks through the questions. Rules only jump forwards, so every walk ends. `constants` are what the document's
/// conditions over facts come to; one that is not there does not hold.
pub fn path_of<'a>(questions: &'a [Question], constants: &[bool], answers: &Answers) -> AnswerPath<'a> {
    let mut path = AnswerPath { questions: Vec::new(), ended_by_rule: false };
    let mut at = 0;
    while let Some(question) = questions.get(at) {
        path.questions.push(question);
        let rule = question.logic.iter().find(|rule| rule.fits(&path.questions, constants, answers));
        at = match rule.map(|rule| &rule.then) {
            None => at + 1,
            Some(Then::End) => {
                path.ended_by_rule = true;
                return path;
            }
            // A target that is not ahead cannot be in a checked document; going on keeps the walk finite even so.
            Some(Then::Jump(target)) => {
                questions.iter().position(|question| question.id == *target).filter(|to| *to > at).unwrap_or(at + 1)
            }
        };
    }
    path
}

impl Rule {
    fn fits(&self, path: &[&Question], constants: &[bool], answers: &Answers) -> bool {
        let holds = |condition: &RuleCondition| match condition {
            RuleCondition::Constant(number) => constants.get(*number).is_some_and(|holds| *holds),
            RuleCondition::Answer(AnswerCondition { question, test }) => {
                let on_path = path.iter().any(|asked| asked.id == *question);
                test.holds(answers.get(question.as_str()).filter(|answer| on_path && !is_blank(Some(answer))))
            }
        };
        match self.quantifier {
            Quantifier::All => self.conditions.iter().all(holds),
            Quantifier::Any => self.conditions.iter().any(holds),
        }
    }
}

impl Test {
    fn holds(&self, answer: Option<&Answer>) -> bool {
        let Some(answer) = answer else { return matches!(self, Self::NotAnswered | Self::NotEquals(_)) };
        let number = |fits: &dyn Fn(i32) -> bool| matches!(answer, Answer::Number(number) if fits(*number));
        match self {
            Self::Answered => true,
            Self::NotAnswered => false,
            Self::Equals(operand) => operand.equals(answer),
            Self::NotEquals(operand) => !operand.equals(answer),
            Self::In(operands) => operands.iter().any(|operand| operand.equals(answer)),
            Self::Contains(part) => match answer {
                Answer::Choice { options, .. } => options.iter().any(|option| **option == **part),
                Answer::Text(text) => text.contains(part.as_str()),
                Answer::Number(_) => false,
            },
            Self::Greater(bound) => number(&|number| number > *bound),
            Self::GreaterOrEqual(bound) => number(&|number| number >= *bound),
            Self::Less(bound) => number(&|number| number < *bound),
            Self::LessOrEqual(bound) => number(&|number| number <= *bound),
        }
    }
}

impl Operand {
    fn equals(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Text(text), Answer::Choice { options, .. }) => matches!(options.as_slice(), [only] if **only == **text),
            (Self::Text(text), Answer::Text(answer)) => **answer == **text,
            (Self::Number(number), Answer::Number(answer)) => answer == number,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
