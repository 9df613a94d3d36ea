//! Filters over properties: typed, exact, and read from the JSON text itself.
//!
//! * A text is never a number: `"5"` is not `5`. Texts compare by their characters, numbers by their exact value.
//! * A key that is not there fits no operator but `not_equals` and `not_exists`. A key that is `null` is there.
//! * `contains` finds a part of a text, or an element of an array.
//! * `greater`, `less` and their kin compare two numbers, or two RFC 3339 dates as moments, and nothing else.

mod instant;
pub mod json;
mod number;

use std::cmp::Ordering;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::limits::{FILTER_PATH_SCALARS_MAX, FILTER_VALUE_SCALARS_MAX, FILTER_VALUES_MAX, PROPERTIES_DEPTH_MAX};
use crate::properties::Properties;
use json::{Json, Text};

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
    /// Part of a text, or element of an array.
    Contains,
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
    Number(Box<str>),
    /// Text.
    Text(Box<str>),
    /// For `in`: none of these is a list.
    List(Vec<FilterValue>),
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Where the value is: keys joined by dots.
    pub path: Arc<str>,
    operator: Operator,
    value: FilterValue,
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

impl Filter {
    /// The first condition that does not hold.
    pub fn first_failure(&self, properties: &Properties) -> Option<&Condition> {
        self.all.iter().find(|condition| !condition.holds(properties))
    }
}

impl Condition {
    /// Checks the parts of a condition. `value` is the JSON that was given for it, if any.
    pub fn new(path: &str, operator: Operator, value: Option<&RawValue>) -> Result<Self, InvalidCondition> {
        let scalars = path.chars().count();
        let wrong_path = |detail: String| Err(InvalidCondition { field: "path", detail });
        if !(1..=FILTER_PATH_SCALARS_MAX).contains(&scalars) || path.contains('\0') {
            return wrong_path(format!("must have 1 to {FILTER_PATH_SCALARS_MAX} characters, without U+0000"));
        }
        if path.split('.').count() > PROPERTIES_DEPTH_MAX {
            return wrong_path(format!("must name at most {PROPERTIES_DEPTH_MAX} levels"));
        }
        let value = filter_value(operator, value.map(RawValue::get)).map_err(|detail| InvalidCondition { field: "value", detail })?;
        Ok(Self { path: path.into(), operator, value })
    }

    /// Which way the value is compared.
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// The same comparison under another operator that takes the same values.
    #[must_use]
    pub fn with_operator(&self, operator: Operator) -> Self {
        Self { operator, ..self.clone() }
    }

    /// Whether it holds for an object.
    pub fn holds(&self, properties: &Properties) -> bool {
        let found = match json::value(properties.as_str()) {
            Some(Json::Object(object)) => json::at_path(object, &self.path),
            _ => None,
        };
        self.holds_for(found)
    }

    /// Whether it holds for a value, or for none.
    pub fn holds_for(&self, found: Option<Json<'_>>) -> bool {
        match (self.operator, found) {
            (Operator::NotExists, found) => found.is_none(),
            (Operator::NotEquals, None) | (Operator::Exists, Some(_)) => true,
            (Operator::Equals, Some(found)) => equals(found, &self.value),
            (Operator::NotEquals, Some(found)) => !equals(found, &self.value),
            (Operator::In, Some(found)) => matches!(&self.value, FilterValue::List(list) if list.iter().any(|value| equals(found, value))),
            (Operator::Contains, Some(Json::Array(items))) => json::items(items).any(|item| equals(item, &self.value)),
            (Operator::Contains, Some(Json::Text(text))) => self.on_text(text, |text, part| text.contains(part)),
            (Operator::StartsWith, Some(Json::Text(text))) => self.on_text(text, |text, start| text.starts_with(start)),
            (Operator::EndsWith, Some(Json::Text(text))) => self.on_text(text, |text, end| text.ends_with(end)),
            (_, None) | (Operator::Contains | Operator::StartsWith | Operator::EndsWith, Some(_)) => false,
            (Operator::Greater, Some(found)) => compare(found, &self.value).is_some_and(Ordering::is_gt),
            (Operator::GreaterOrEqual, Some(found)) => compare(found, &self.value).is_some_and(Ordering::is_ge),
            (Operator::Less, Some(found)) => compare(found, &self.value).is_some_and(Ordering::is_lt),
            (Operator::LessOrEqual, Some(found)) => compare(found, &self.value).is_some_and(Ordering::is_le),
        }
    }

    fn on_text(&self, found: Text<'_>, fits: impl Fn(&str, &str) -> bool) -> bool {
        matches!(&self.value, FilterValue::Text(value) if fits(&found.read(), value))
    }
}

/// Reads a `value` that is given, also if it is `null`: to be used with `#[serde(default, deserialize_with = …)]`.
pub fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(deserializer).map(Some)
}

fn equals(found: Json<'_>, value: &FilterValue) -> bool {
    match (found, value) {
        (Json::Null, FilterValue::Null) => true,
        (Json::Boolean(found), FilterValue::Boolean(value)) => found == *value,
        (Json::Number(found), FilterValue::Number(value)) => number::compare(found, value).is_eq(),
        (Json::Text(found), FilterValue::Text(value)) => found.is(value),
        _ => false,
    }
}

/// `None`: the two have no order.
fn compare(found: Json<'_>, value: &FilterValue) -> Option<Ordering> {
    match (found, value) {
        (Json::Number(found), FilterValue::Number(value)) => Some(number::compare(found, value)),
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
        (Operator::In, Json::Array(items)) => {
            let list = json::items(items).map(scalar).collect::<Result<Vec<_>, _>>()?;
            if !(1..=FILTER_VALUES_MAX).contains(&list.len()) {
                return Err(format!("must have 1 to {FILTER_VALUES_MAX} values"));
            }
            FilterValue::List(list)
        }
        (Operator::In, _) => return Err("must be a list".to_owned()),
        (_, found) => scalar(found)?,
    };
    let is_text = matches!(value, FilterValue::Text(_));
    match operator {
        Operator::StartsWith | Operator::EndsWith if !is_text => Err("must be a text".to_owned()),
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
        Json::Number(number) if number.len() <= FILTER_VALUE_SCALARS_MAX => Ok(FilterValue::Number(number.into())),
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
