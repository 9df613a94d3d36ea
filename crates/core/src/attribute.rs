//! Typed facts about a user.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::limits::{ATTRIBUTE_NAME_SCALARS_MAX, ATTRIBUTE_TEXT_SCALARS_MAX, ATTRIBUTES_PER_USER_MAX};

/// One value. A number keeps its text, so that `82.50` and large integers come out as they went in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text.
    Text(Box<str>),
    /// A JSON number, as written.
    Number(Box<str>),
    /// True or false.
    Boolean(bool),
}

/// What a value is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeType {
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// Text that is a date in RFC 3339, with or without a time of day.
    Date,
}

impl AttributeType {
    /// As it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
        }
    }
}

impl AttributeValue {
    /// The one place that says which type a value has.
    pub fn attribute_type(&self) -> AttributeType {
        match self {
            Self::Text(text) if crate::filter::is_date(text) => AttributeType::Date,
            Self::Text(_) => AttributeType::Text,
            Self::Number(_) => AttributeType::Number,
            Self::Boolean(_) => AttributeType::Boolean,
        }
    }

    /// As JSON text; a number keeps its own.
    pub fn to_json(&self) -> String {
        match self {
            Self::Text(text) => serde_json::Value::from(&**text).to_string(),
            Self::Number(text) => text.to_string(),
            Self::Boolean(boolean) => boolean.to_string(),
        }
    }
}

/// Why an attribute is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttribute {
    /// Name empty, too long, or with a control character.
    #[error("an attribute's name must have 1 to {ATTRIBUTE_NAME_SCALARS_MAX} characters and no control characters")]
    Name,
    /// Text value too long.
    #[error("an attribute's text must be at most {ATTRIBUTE_TEXT_SCALARS_MAX} characters long")]
    TextTooLong,
    /// More attributes than a user may have.
    #[error("a user may have at most {ATTRIBUTES_PER_USER_MAX} attributes")]
    TooMany,
}

/// A change of one attribute: a new value, or `None` to remove it.
pub type AttributeChange = (Box<str>, Option<AttributeValue>);

/// The attributes of one user, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<Box<str>, AttributeValue>);

impl Attributes {
    /// From stored pairs, unchecked: they were checked when they came in.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (Box<str>, AttributeValue)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// All pairs, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One value.
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.0.get(name)
    }

    /// One value, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(AttributeValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Sets a text value, unchecked.
    pub fn set_text(&mut self, name: &str, value: &str) {
        self.0.insert(name.into(), AttributeValue::Text(value.into()));
    }

    /// Applies changes in order; says whether anything is different afterwards. Nothing is changed on an error.
    pub fn apply(&mut self, changes: &[AttributeChange]) -> Result<bool, InvalidAttribute> {
        let mut next = self.0.clone();
        for (name, value) in changes {
            check_name(name)?;
            match value {
                None => {
                    next.remove(name);
                }
                Some(value) => {
                    check_value(value)?;
                    next.insert(name.clone(), value.clone());
                }
            }
        }
        if next.len() > ATTRIBUTES_PER_USER_MAX {
            return Err(InvalidAttribute::TooMany);
        }
        let differs = next != self.0;
        self.0 = next;
        Ok(differs)
    }

    /// Takes over what `other` has and `self` lacks, up to the limit.
    pub(crate) fn fill_from(&mut self, other: &Self) {
        for (name, value) in &other.0 {
            let full = self.0.len() >= ATTRIBUTES_PER_USER_MAX;
            if let Entry::Vacant(place) = self.0.entry(name.clone())
                && !full
            {
                place.insert(value.clone());
            }
        }
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), InvalidAttribute> {
    let length = name.chars().count();
    if length == 0 || length > ATTRIBUTE_NAME_SCALARS_MAX || name.chars().any(char::is_control) {
        return Err(InvalidAttribute::Name);
    }
    Ok(())
}

fn check_value(value: &AttributeValue) -> Result<(), InvalidAttribute> {
    match value {
        AttributeValue::Text(text) if text.chars().count() > ATTRIBUTE_TEXT_SCALARS_MAX => Err(InvalidAttribute::TextTooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> AttributeValue {
        AttributeValue::Text(value.into())
    }

    #[test]
    fn changes_set_and_remove_and_say_whether_they_did() {
        let mut attributes = Attributes::default();
        assert_eq!(attributes.apply(&[("plan".into(), Some(text("pro")))]), Ok(true));
        assert_eq!(attributes.apply(&[("plan".into(), Some(text("pro")))]), Ok(false));
        assert_eq!(attributes.apply(&[("plan".into(), None)]), Ok(true));
        assert!(attributes.is_empty());
    }

    #[test]
    fn a_refused_change_leaves_everything_as_it_was() {
        let mut attributes = Attributes::default();
        let too_long = "x".repeat(ATTRIBUTE_TEXT_SCALARS_MAX + 1);
        let changes = [("plan".into(), Some(text("pro"))), ("note".into(), Some(text(&too_long)))];
        assert_eq!(attributes.apply(&changes), Err(InvalidAttribute::TextTooLong));
        assert!(attributes.is_empty());
    }

    #[test]
    fn a_text_is_a_date_when_rfc_3339_says_so_and_nothing_else_is() {
        for (value, expected) in [
            (text("2026-11-23"), AttributeType::Date),
            (text("2026-11-23T16:10:08Z"), AttributeType::Date),
            (text("2024-02-29T00:00:00+14:00"), AttributeType::Date),
            (text("2026-02-29"), AttributeType::Text),
            (text("2026-11-23T16:10:08"), AttributeType::Text),
            (text("20261123"), AttributeType::Text),
            (text(""), AttributeType::Text),
            (text("5"), AttributeType::Text),
            (text("true"), AttributeType::Text),
            (AttributeValue::Number("1763914208".into()), AttributeType::Number),
            (AttributeValue::Boolean(false), AttributeType::Boolean),
        ] {
            assert_eq!(value.attribute_type(), expected, "{value:?}");
        }
    }

    #[test]
    fn a_value_is_json_as_it_came() {
        assert_eq!(text("a \"b\"\n").to_json(), r#""a \"b\"\n""#);
        assert_eq!(AttributeValue::Number("82.50".into()).to_json(), "82.50");
        assert_eq!(AttributeValue::Boolean(true).to_json(), "true");
    }

    #[test]
    fn the_number_of_attributes_is_limited() {
        let mut attributes = Attributes::default();
        let most: Vec<AttributeChange> = (0..ATTRIBUTES_PER_USER_MAX).map(|n| (format!("a{n}").into(), Some(text("x")))).collect();
        assert_eq!(attributes.apply(&most), Ok(true));
        assert_eq!(attributes.apply(&[("one more".into(), Some(text("x")))]), Err(InvalidAttribute::TooMany));
    }
}
