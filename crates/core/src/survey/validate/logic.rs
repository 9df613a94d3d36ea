//! Rules of logic: they name questions and options that exist, and only ever lead forwards.

use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde_json::value::RawValue;

use super::Check;
use crate::facts::{FactCondition, Source, names_trigger};
use crate::filter::json::{self, Json};
use crate::filter::{Condition, Operator};
use crate::limits::{CONDITIONS_MAX, FILTER_VALUE_SCALARS_MAX, FILTER_VALUES_MAX, RULES_PER_QUESTION_MAX};
use crate::logic::{AnswerCondition, Operand, Quantifier, Rule, RuleCondition, Test, Then};
use crate::survey::document::{Question, QuestionKind};
use crate::survey::format::{AnswerOperatorFile, RuleConditionFile, RuleFile, RuleIfFile, RuleThenFile, SourceFile};

impl Check {
    /// Gives the questions their rules, in the order of the questions.
    pub(super) fn logic(&mut self, questions: &mut [Question], files: Vec<Vec<RuleFile>>) {
        for (at, files) in files.into_iter().enumerate() {
            let place = format!("/questions/{at}/logic");
            self.count(files.len(), 0, RULES_PER_QUESTION_MAX, &place, "rules");
            let rules =
                files.into_iter().enumerate().map(|(index, file)| self.logic_rule(questions, at, file, &format!("{place}/{index}")));
            let rules: Vec<Rule> = rules.collect();
            if let Some(question) = questions.get_mut(at) {
                question.logic = rules;
            }
        }
    }

    fn logic_rule(&mut self, questions: &[Question], at: usize, file: RuleFile, place: &str) -> Rule {
        let (quantifier, name, files) = self.quantified(file.when, &format!("{place}/if"));
        let convert = |(index, file)| self.rule_condition(questions, at, file, &format!("{place}/if/{name}/{index}"));
        let conditions = files.into_iter().enumerate().filter_map(convert).collect();
        Rule { quantifier, conditions, then: self.then(questions, at, file.then, &format!("{place}/then")) }
    }

    fn quantified(&mut self, file: RuleIfFile, place: &str) -> (Quantifier, &'static str, Vec<RuleConditionFile>) {
        let (quantifier, name, files) = match (file.all, file.any) {
            (Some(all), None) => (Quantifier::All, "all", all),
            (None, Some(any)) => (Quantifier::Any, "any", any),
            _ => {
                self.wrong(place, "must have exactly one of all and any");
                return (Quantifier::All, "all", Vec::new());
            }
        };
        self.count(files.len(), 1, CONDITIONS_MAX, &format!("{place}/{name}"), "conditions");
        (quantifier, name, files)
    }

    fn then(&mut self, questions: &[Question], at: usize, file: RuleThenFile, place: &str) -> Then {
        match (file.jump, file.end) {
            (Some(target), None) => {
                match questions.iter().position(|question| question.id == target) {
                    None => self.wrong(format!("{place}/jump"), "there is no such question"),
                    Some(to) => self.rule(to > at, format!("{place}/jump"), "must be a later question: logic only leads forwards"),
                }
                Then::Jump(target)
            }
            (None, Some(end)) => {
                self.rule(end, format!("{place}/end"), "must be true");
                Then::End
            }
            _ => {
                self.wrong(place, "must have exactly one of jump and end");
                Then::End
            }
        }
    }

    fn rule_condition(&mut self, questions: &[Question], at: usize, file: RuleConditionFile, place: &str) -> Option<RuleCondition> {
        let RuleConditionFile { question, source, path, op, value } = file;
        match (question, source) {
            (Some(question), None) => {
                self.rule(path.is_none(), format!("{place}/path"), "belongs to \"source\"");
                let op = self.operator(&op, place)?;
                self.answer_condition(questions, at, question, (op, value.as_deref()), place).map(RuleCondition::Answer)
            }
            (None, Some(source)) => {
                let op = self.operator(&op, place)?;
                let condition = Condition::new(path.as_deref().unwrap_or_default(), op, value.as_deref());
                match condition {
                    Ok(condition) => {
                        if condition.operator() == Operator::Matches {
                            self.pattern(&format!("{place}/op"));
                        }
                        let names_one = source != SourceFile::Events || names_trigger(&condition.path, &self.backend_triggers);
                        self.rule(
                            names_one,
                            format!("{place}/path"),
                            "must name one of the survey's backend triggers and then a property of it",
                        );
                        self.constants.push(FactCondition { source: source_of(source), condition });
                        Some(RuleCondition::Constant(self.constants.len() - 1))
                    }
                    Err(error) => {
                        self.wrong(format!("{place}/{}", error.field), error.detail);
                        None
                    }
                }
            }
            _ => {
                self.wrong(place, "must have exactly one of question and source");
                None
            }
        }
    }

    fn operator<'a, T: Deserialize<'a>>(&mut self, name: &'a str, place: &str) -> Option<T> {
        let deserializer: StrDeserializer<'_, NameError> = name.into_deserializer();
        match T::deserialize(deserializer) {
            Ok(operator) => Some(operator),
            Err(error) => {
                self.wrong(format!("{place}/op"), error.to_string());
                None
            }
        }
    }

    fn answer_condition(
        &mut self,
        questions: &[Question],
        at: usize,
        question: String,
        (op, value): (AnswerOperatorFile, Option<&RawValue>),
        place: &str,
    ) -> Option<AnswerCondition> {
        let Some(of) = questions.iter().position(|known| known.id == question) else {
            self.wrong(format!("{place}/question"), "there is no such question");
            return None;
        };
        if of > at {
            self.wrong(format!("{place}/question"), "must be this question or an earlier one");
            return None;
        }
        match test(&questions[of].kind, op, value) {
            Ok(test) => Some(AnswerCondition { question, test }),
            Err((field, detail)) => {
                self.wrong(format!("{place}/{field}"), detail);
                None
            }
        }
    }
}

const fn source_of(file: SourceFile) -> Source {
    match file {
        SourceFile::Event => Source::Event,
        SourceFile::Events => Source::Events,
        SourceFile::Trigger => Source::Trigger,
        SourceFile::User => Source::User,
    }
}

type Refused = (&'static str, String);

fn test(kind: &QuestionKind, operator: AnswerOperatorFile, value: Option<&RawValue>) -> Result<Test, Refused> {
    use AnswerOperatorFile as Op;
    if matches!(operator, Op::Answered | Op::NotAnswered) {
        let nothing = if operator == Op::Answered { Test::Answered } else { Test::NotAnswered };
        return if value.is_none() { Ok(nothing) } else { Err(("value", "does not belong to this operator".to_owned())) };
    }
    let value = value.and_then(|raw| json::value(raw.get())).ok_or_else(|| ("value", "is missing".to_owned()))?;
    let wrong_operator = || ("op", "does not fit this type of question".to_owned());
    let is_number = matches!(kind, QuestionKind::Nps { .. } | QuestionKind::Star { .. });
    let bound = |make: fn(i32) -> Test| match operand(kind, value)? {
        Operand::Number(number) => Ok(make(number)),
        Operand::Text(_) => Err(wrong_operator()),
    };
    match operator {
        Op::Equals => operand(kind, value).map(Test::Equals),
        Op::NotEquals => operand(kind, value).map(Test::NotEquals),
        Op::In => list(kind, value).map(Test::In),
        Op::Contains if is_number => Err(wrong_operator()),
        Op::Contains => match operand(kind, value)? {
            Operand::Text(text) => Ok(Test::Contains(text)),
            Operand::Number(_) => Err(wrong_operator()),
        },
        _ if !is_number => Err(wrong_operator()),
        Op::Greater => bound(Test::Greater),
        Op::GreaterOrEqual => bound(Test::GreaterOrEqual),
        Op::Less => bound(Test::Less),
        Op::LessOrEqual => bound(Test::LessOrEqual),
        Op::Answered | Op::NotAnswered => Err(wrong_operator()),
    }
}

fn list(kind: &QuestionKind, value: Json<'_>) -> Result<Vec<Operand>, Refused> {
    let Json::Array(items) = value else { return Err(("value", "must be a list".to_owned())) };
    let list = json::items(items).map(|item| operand(kind, item)).collect::<Result<Vec<_>, _>>()?;
    if (1..=FILTER_VALUES_MAX).contains(&list.len()) {
        Ok(list)
    } else {
        Err(("value", format!("must have 1 to {FILTER_VALUES_MAX} values")))
    }
}

/// A value that an answer to this type of question can have.
fn operand(kind: &QuestionKind, value: Json<'_>) -> Result<Operand, Refused> {
    let wrong = |detail: &str| ("value", detail.to_owned());
    match (kind, value) {
        (QuestionKind::SingleSelect { options, .. }, Json::Text(id)) => {
            let known = options.iter().find(|option| id.is(&option.id));
            known.map(|option| Operand::Text(option.id.clone())).ok_or_else(|| wrong("there is no such option"))
        }
        (QuestionKind::SingleSelect { .. }, _) => Err(wrong("must be the id of an option")),
        (QuestionKind::Nps { .. } | QuestionKind::Star { .. }, Json::Number(number)) => {
            number.parse().map(Operand::Number).map_err(|_| wrong("must be a whole number"))
        }
        (QuestionKind::Nps { .. } | QuestionKind::Star { .. }, _) => Err(wrong("must be a whole number")),
        (QuestionKind::Input { .. }, Json::Text(text)) if text.read().chars().count() <= FILTER_VALUE_SCALARS_MAX => {
            Ok(Operand::Text(text.read().into_owned()))
        }
        (QuestionKind::Input { .. }, _) => Err(wrong("must be a text of at most 1024 characters")),
    }
}
