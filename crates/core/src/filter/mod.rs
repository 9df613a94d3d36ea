//! Filters over properties: typed, exact, and read from the JSON text itself.
//!
//! * A text is never a number: `"5"` is not `5`. Texts compare by their characters, numbers by their exact value.
//! * A key that is not there fits no operator but `not_equals`, `not_in`, `not_contains` and `not_exists`. A key that is
//!   `null` is there.
//! * `contains` finds a part of a text, or an element of an array; `any_of` and `all_of` find several elements of an array.
//! * `matches` finds a pattern in a text, in linear time.
//! * `greater`, `less` and their kin compare two numbers, or two RFC 3339 dates as moments, and nothing else.

pub(crate) mod instant;
pub mod json;
mod number;
mod pattern;
mod same;
mod spot;

use std::cmp::Ordering;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::limits::{FILTER_VALUE_SCALARS_MAX, FILTER_VALUES_MAX};
use crate::properties::Properties;
use crate::trigger::PropertyPath;
use json::Json;
use number::Number;
pub use pattern::Pattern;
pub use same::same_at;
pub(crate) use spot::Spot;

/// Whether a text is an RFC 3339 date, with or without a time of day.
pub(crate) fn is_date(text: &str) -> bool {
    instant::parse(text).is_some()
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The same type and value.
    Equals,
    /// Anything else, also nothing at all.
    NotEquals,
    /// One of a list.
    In,
    /// None of a list; also nothing at all.
    NotIn,
    /// Part of a text, or element of an array.
    Contains,
    /// Neither part of a text nor element of an array; also nothing at all.
    NotContains,
    /// An array that has at least one of a list.
    AnyOf,
    /// An array that has every one of a list.
    AllOf,
    /// A text in which a regular expression finds something: the syntax of Rust's `regex`, at most 256 characters.
    Matches,
    /// Beginning of a text.
    StartsWith,
    /// End of a text.
    EndsWith,
    /// A larger number or a later date.
    Greater,
    /// A larger or equal number, or a date that is not earlier.
    GreaterOrEqual,
    /// A smaller number or an earlier date.
    Less,
    /// A smaller or equal number, or a date that is not later.
    LessOrEqual,
    /// The key is there.
    Exists,
    /// The key is not there.
    NotExists,
}

/// What a condition compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterValue {
    /// Nothing: `exists`, `not_exists`.
    None,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number as written.
    Number(Number),
    /// Text.
    Text(Box<str>),
    /// For operators that take several: none of these is a list.
    List(Vec<FilterValue>),
    /// For `matches`.
    Pattern(Pattern),
}

/// An operator and what it compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    operator: Operator,
    value: FilterValue,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Where the value is: keys joined by dots.
    pub path: Arc<str>,
    comparison: Comparison,
}

/// Conditions that all must hold; none of them lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In the order written.
    pub all: Vec<Condition>,
}

/// Why a condition is refused, and in which of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCondition {
    /// `path` or `value`.
    pub field: &'static str,
    /// What is wrong, for people.
    pub detail: String,
}

/// Which orders are wanted.
type Fits = fn(Ordering) -> bool;

impl Filter {
    /// The first condition that does not hold.
    pub fn first_failure(&self, properties: &Properties) -> Option<&Condition> {
        self.all.iter().find(|condition| !condition.holds(properties))
    }
}

impl Condition {
    /// Checks the parts of a condition. `value` is the JSON that was given for it, if any.
    pub fn new(path: &str, operator: Operator, value: Option<&RawValue>) -> Result<Self, InvalidCondition> {
        PropertyPath::new(path).map_err(|error| InvalidCondition { field: "path", detail: error.to_string() })?;
        let comparison = Comparison::new(operator, value).map_err(|detail| InvalidCondition { field: "value", detail })?;
        Ok(Self { path: path.into(), comparison })
    }

    /// Which way the value is compared.
    pub const fn operator(&self) -> Operator {
        self.comparison.operator
    }

    /// The same comparison under another operator that takes the same values.
    #[must_use]
    pub fn with_operator(&self, operator: Operator) -> Self {
        Self { path: Arc::clone(&self.path), comparison: Comparison { operator, value: self.comparison.value.clone() } }
    }

    /// Whether it holds for an object.
    pub fn holds(&self, properties: &Properties) -> bool {
        self.holds_for(json::at_path(json::within(properties.as_str()), &self.path))
    }

    /// Whether it holds for what was found in an object at its path.
    pub(crate) fn holds_at(&self, spot: Option<Spot>, properties: &str) -> bool {
        match (spot.and_then(Spot::nearest), self.comparison.ordered_by()) {
            // Decided by the nearest doubles in all but the rarest cases.
            (Some(nearest), Some((number, fits))) if nearest != number.nearest => fits(nearest.cmp(&number.nearest)),
            _ => self.holds_for(spot.map(|spot| spot.read(properties))),
        }
    }

    /// Whether it holds for a value, or for none.
    pub fn holds_for(&self, found: Option<Json<'_>>) -> bool {
        self.comparison.holds_for(found)
    }
}

impl Comparison {
    /// Checks an operator and the JSON that was given as its value, if any. The error is for people.
    pub fn new(operator: Operator, value: Option<&RawValue>) -> Result<Self, String> {
        Ok(Self { operator, value: filter_value(operator, value.map(RawValue::get))? })
    }

    /// Which way the value is compared.
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// Whether it holds for a value, or for none.
    pub fn holds_for(&self, found: Option<Json<'_>>) -> bool {
        let Some(found) = found else { return self.operator.holds_for_nothing() };
        match self.operator {
            Operator::Exists => true,
            Operator::NotExists => false,
            Operator::Equals => equals(found, &self.value),
            Operator::NotEquals => !equals(found, &self.value),
            Operator::In => self.lists(found),
            Operator::NotIn => !self.lists(found),
            Operator::Contains => self.is_within(found),
            Operator::NotContains => !self.is_within(found),
            Operator::AnyOf => matches!(found, Json::Array(items) if self.values().iter().any(|value| has_item(items, value))),
            Operator::AllOf => matches!(found, Json::Array(items) if self.values().iter().all(|value| has_item(items, value))),
            Operator::StartsWith => self.on_text(found, |text, start| text.starts_with(start)),
            Operator::EndsWith => self.on_text(found, |text, end| text.ends_with(end)),
            Operator::Matches => match (found, &self.value) {
                (Json::Text(text), FilterValue::Pattern(pattern)) => pattern.is_match(&text.read()),
                _ => false,
            },
            Operator::Greater => compare(found, &self.value).is_some_and(Ordering::is_gt),
            Operator::GreaterOrEqual => compare(found, &self.value).is_some_and(Ordering::is_ge),
            Operator::Less => compare(found, &self.value).is_some_and(Ordering::is_lt),
            Operator::LessOrEqual => compare(found, &self.value).is_some_and(Ordering::is_le),
        }
    }

    /// The number it compares with, and of a number found which order to it is wanted.
    fn ordered_by(&self) -> Option<(&Number, Fits)> {
        let FilterValue::Number(number) = &self.value else { return None };
        let fits: Fits = match self.operator {
            Operator::Equals => Ordering::is_eq,
            Operator::NotEquals => Ordering::is_ne,
            Operator::Greater => Ordering::is_gt,
            Operator::GreaterOrEqual => Ordering::is_ge,
            Operator::Less => Ordering::is_lt,
            Operator::LessOrEqual => Ordering::is_le,
            _ => return None,
        };
        Some((number, fits))
    }

    /// The values of an operator that takes several.
    fn values(&self) -> &[FilterValue] {
        match &self.value {
            FilterValue::List(list) => list,
            _ => &[],
        }
    }

    fn lists(&self, found: Json<'_>) -> bool {
        self.values().iter().any(|value| equals(found, value))
    }

    /// Whether the value is part of a text or element of an array.
    fn is_within(&self, found: Json<'_>) -> bool {
        match found {
            Json::Array(items) => has_item(items, &self.value),
            found => self.on_text(found, |text, part| text.contains(part)),
        }
    }

    fn on_text(&self, found: Json<'_>, fits: impl Fn(&str, &str) -> bool) -> bool {
        matches!((found, &self.value), (Json::Text(text), FilterValue::Text(value)) if fits(&text.read(), value))
    }
}

impl Operator {
    /// As written in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEquals => "not_equals",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::Contains => "contains",
            Self::NotContains => "not_contains",
            Self::AnyOf => "any_of",
            Self::AllOf => "all_of",
            Self::Matches => "matches",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Greater => "greater",
            Self::GreaterOrEqual => "greater_or_equal",
            Self::Less => "less",
            Self::LessOrEqual => "less_or_equal",
            Self::Exists => "exists",
            Self::NotExists => "not_exists",
        }
    }

    /// Whether it holds where nothing is found: only what says that something is not so.
    const fn holds_for_nothing(self) -> bool {
        matches!(self, Self::NotEquals | Self::NotIn | Self::NotContains | Self::NotExists)
    }

    /// Whether it takes a list of values.
    const fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn | Self::AnyOf | Self::AllOf)
    }
}

fn has_item(items: &str, value: &FilterValue) -> bool {
    json::items(items).any(|item| equals(item, value))
}

/// Reads a `value` that is given, also if it is `null`: to be used with `#[serde(default, deserialize_with = …)]`.
pub fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(deserializer).map(Some)
}

fn equals(found: Json<'_>, value: &FilterValue) -> bool {
    match (found, value) {
        (Json::Null, FilterValue::Null) => true,
        (Json::Boolean(found), FilterValue::Boolean(value)) => found == *value,
        (Json::Number(found), FilterValue::Number(value)) => number::compare(found, &value.text).is_eq(),
        (Json::Text(found), FilterValue::Text(value)) => found.is(value),
        _ => false,
    }
}

/// `None`: the two have no order.
fn compare(found: Json<'_>, value: &FilterValue) -> Option<Ordering> {
    match (found, value) {
        (Json::Number(found), FilterValue::Number(value)) => Some(number::compare(found, &value.text)),
        (Json::Text(found), FilterValue::Text(value)) => Some(instant::parse(&found.read())?.cmp(&instant::parse(value)?)),
        _ => None,
    }
}

fn filter_value(operator: Operator, json: Option<&str>) -> Result<FilterValue, String> {
    if matches!(operator, Operator::Exists | Operator::NotExists) {
        return if json.is_none_or(|json| json == "null") {
            Ok(FilterValue::None)
        } else {
            Err("does not belong to this operator".to_owned())
        };
    }
    let found = json.and_then(json::value).ok_or("is missing")?;
    let value = match (operator, found) {
        (operator, Json::Array(items)) if operator.takes_list() => {
            let list = json::items(items).map(scalar).collect::<Result<Vec<_>, _>>()?;
            if !(1..=FILTER_VALUES_MAX).contains(&list.len()) {
                return Err(format!("must have 1 to {FILTER_VALUES_MAX} values"));
            }
            FilterValue::List(list)
        }
        (operator, _) if operator.takes_list() => return Err("must be a list".to_owned()),
        (_, found) => scalar(found)?,
    };
    match operator {
        Operator::StartsWith | Operator::EndsWith if !matches!(value, FilterValue::Text(_)) => Err("must be a text".to_owned()),
        Operator::Matches => match &value {
            FilterValue::Text(text) => Ok(FilterValue::Pattern(Pattern::new(text)?)),
            _ => Err("must be a text".to_owned()),
        },
        Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => match &value {
            FilterValue::Number(_) => Ok(value),
            FilterValue::Text(text) if instant::parse(text).is_some() => Ok(value),
            _ => Err("must be a number, or a date such as 2026-11-23 or 2026-11-23T16:10:08Z".to_owned()),
        },
        _ => Ok(value),
    }
}

fn scalar(found: Json<'_>) -> Result<FilterValue, String> {
    match found {
        Json::Null => Ok(FilterValue::Null),
        Json::Boolean(boolean) => Ok(FilterValue::Boolean(boolean)),
        Json::Number(number) if number.len() <= FILTER_VALUE_SCALARS_MAX => Ok(FilterValue::Number(Number::new(number))),
        Json::Text(text) => {
            let text = text.read();
            let fits = text.chars().count() <= FILTER_VALUE_SCALARS_MAX && !text.contains('\0');
            if fits { Ok(FilterValue::Text(text.into())) } else { Err(too_long()) }
        }
        Json::Number(_) => Err(too_long()),
        Json::Array(_) | Json::Object(_) => Err("must be a text, a number, true, false or null".to_owned()),
    }
}

fn too_long() -> String {
    format!("must be at most {FILTER_VALUE_SCALARS_MAX} characters long, without U+0000")
}

#[cfg(test)]
mod tests;
