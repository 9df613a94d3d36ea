//! Rules of logic as the content carries them: the same words as the survey document's.

use serde::Serialize;
use sonde_core::logic::{AnswerCondition, Operand, Quantifier, Rule, RuleCondition, Test, Then};
use utoipa::ToSchema;

/// One rule of logic.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleBody {
    #[serde(rename = "if")]
    when: RuleIfBody,
    then: RuleThenBody,
}

/// When a rule fits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RuleIfBody {
    /// When all of these hold.
    All(Vec<ConditionBody>),
    /// When any of these holds.
    Any(Vec<ConditionBody>),
}

/// What comes next.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RuleThenBody {
    /// The later question of this id.
    Jump(String),
    /// Nothing: always `true`.
    End(bool),
}

/// A condition of a rule.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum ConditionBody {
    /// On an answer.
    Answer(AnswerConditionBody),
    /// Settled by the server for each display.
    Constant(ConstantBody),
}

/// A condition that the server settles: it holds if the trigger answer's `values` say `true` under this name.
#[derive(Serialize, ToSchema)]
struct ConstantBody {
    /// `c0`, `c1`, …
    constant: String,
}

/// A condition on an answer.
#[derive(Serialize, ToSchema)]
struct AnswerConditionBody {
    /// This question or an earlier one.
    question: String,
    /// `equals`, `not_equals`, `in`, `answered`, `not_answered`, `greater`, `greater_or_equal`, `less`, `less_or_equal` or
    /// `contains`.
    op: &'static str,
    /// An option's id, a whole number or a text; a list of them for `in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    value: Option<serde_json::Value>,
}

impl From<&Rule> for RuleBody {
    fn from(rule: &Rule) -> Self {
        let conditions = rule.conditions.iter().map(ConditionBody::from).collect();
        Self {
            when: match rule.quantifier {
                Quantifier::All => RuleIfBody::All(conditions),
                Quantifier::Any => RuleIfBody::Any(conditions),
            },
            then: match &rule.then {
                Then::Jump(target) => RuleThenBody::Jump(target.clone()),
                Then::End => RuleThenBody::End(true),
            },
        }
    }
}

impl From<&RuleCondition> for ConditionBody {
    fn from(condition: &RuleCondition) -> Self {
        match condition {
            RuleCondition::Answer(condition) => Self::Answer(condition.into()),
            RuleCondition::Constant(number) => Self::Constant(ConstantBody { constant: constant_name(*number) }),
        }
    }
}

/// The name of a constant in content and values.
pub(super) fn constant_name(number: usize) -> String {
    format!("c{number}")
}

impl From<&AnswerCondition> for AnswerConditionBody {
    fn from(condition: &AnswerCondition) -> Self {
        let one = |operand: &Operand| match operand {
            Operand::Text(text) => serde_json::Value::from(text.as_str()),
            Operand::Number(number) => serde_json::Value::from(*number),
        };
        let (op, value) = match &condition.test {
            Test::Answered => ("answered", None),
            Test::NotAnswered => ("not_answered", None),
            Test::Equals(operand) => ("equals", Some(one(operand))),
            Test::NotEquals(operand) => ("not_equals", Some(one(operand))),
            Test::In(operands) => ("in", Some(operands.iter().map(one).collect())),
            Test::Contains(part) => ("contains", Some(part.as_str().into())),
            Test::Greater(bound) => ("greater", Some((*bound).into())),
            Test::GreaterOrEqual(bound) => ("greater_or_equal", Some((*bound).into())),
            Test::Less(bound) => ("less", Some((*bound).into())),
            Test::LessOrEqual(bound) => ("less_or_equal", Some((*bound).into())),
        };
        Self { question: condition.question.clone(), op, value }
    }
}
