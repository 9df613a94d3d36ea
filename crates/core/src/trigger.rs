//! Names of backend and frontend triggers.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::limits::{FILTER_PATH_SCALARS_MAX, PROPERTIES_DEPTH_MAX, TRIGGER_NAME_SCALARS_MAX};

/// The name of a backend or frontend trigger: 1 to 128 scalars, no control characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TriggerName(Arc<str>);

/// Why a text is no name of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTriggerName {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// More than the limit.
    #[error("must be at most {TRIGGER_NAME_SCALARS_MAX} characters long")]
    TooLong,
    /// A control character, U+0000 to U+001F or U+007F to U+009F.
    #[error("must not contain control characters")]
    ControlCharacter,
}

impl TriggerName {
    /// Checks and wraps a name.
    pub fn new(name: &str) -> Result<Self, InvalidTriggerName> {
        if name.is_empty() {
            return Err(InvalidTriggerName::Empty);
        }
        if name.chars().count() > TRIGGER_NAME_SCALARS_MAX {
            return Err(InvalidTriggerName::TooLong);
        }
        if name.chars().any(char::is_control) {
            return Err(InvalidTriggerName::ControlCharacter);
        }
        Ok(Self(name.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<TriggerName> for Arc<str> {
    fn from(name: TriggerName) -> Self {
        name.0
    }
}

impl Borrow<str> for TriggerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TriggerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TriggerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// "An event of this trigger cancels the user's earlier events of that one." As everywhere a decision sees the newest
/// [`EVENTS_PER_TRIGGER_CONSIDERED`](crate::limits::EVENTS_PER_TRIGGER_CONSIDERED) events of each trigger: an event that cancels is
/// forgotten once so many newer ones of its trigger came within 100 hours. Without `equal_property` that changes nothing, for each of
/// them cancels all that it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancels {
    /// That trigger.
    pub trigger: TriggerName,
    /// Only those with the same value at this path; `None`: all of them.
    pub equal_property: Option<PropertyPath>,
}

/// Where a property is: keys joined by dots, as a filter writes them. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyPath(Arc<str>);

impl PropertyPath {
    /// Checks and wraps a path.
    pub fn new(path: &str) -> Result<Self, InvalidPropertyPath> {
        let scalars = path.chars().count();
        if !(1..=FILTER_PATH_SCALARS_MAX).contains(&scalars) || path.contains('\0') {
            return Err(InvalidPropertyPath::Form);
        }
        if path.split('.').count() > PROPERTIES_DEPTH_MAX {
            return Err(InvalidPropertyPath::TooDeep);
        }
        Ok(Self(path.into()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no path of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPropertyPath {
    /// Empty, too long, or with U+0000.
    #[error("must have 1 to {FILTER_PATH_SCALARS_MAX} characters, without U+0000")]
    Form,
    /// Deeper than properties may be.
    #[error("must name at most {PROPERTIES_DEPTH_MAX} levels")]
    TooDeep,
}

/// Which side a trigger is fired from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TriggerKind {
    /// Posted by a server; makes surveys due.
    Backend,
    /// Fired by an SDK; the place where surveys show.
    Frontend,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_at_their_edges() {
        let longest = "ü".repeat(TRIGGER_NAME_SCALARS_MAX);
        for good in ["ended sleep", "MainActivity", "购物车", longest.as_str()] {
            assert!(TriggerName::new(good).is_ok(), "{good}");
        }
        assert_eq!(TriggerName::new(""), Err(InvalidTriggerName::Empty));
        assert_eq!(TriggerName::new(&format!("{longest}x")), Err(InvalidTriggerName::TooLong));
        assert_eq!(TriggerName::new("a\nb"), Err(InvalidTriggerName::ControlCharacter));
        assert_eq!(TriggerName::new("a\u{85}b"), Err(InvalidTriggerName::ControlCharacter));
    }
}
