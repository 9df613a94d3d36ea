//! The facts of a display: what the server knew when it claimed. Texts pipe them in and logic asks about them; apart
//! from what texts pipe in they never leave the server.

use crate::attribute::{AttributeValue, Attributes};
use crate::filter::Condition;
use crate::filter::json::{self, Json, Text};
use crate::properties::Properties;

/// Which of the facts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// `event`: properties of the activating event.
    Event,
    /// `trigger`: properties of the frontend trigger.
    Trigger,
    /// `user`: the user's attributes.
    User,
}

impl Source {
    /// As texts and conditions write it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Trigger => "trigger",
            Self::User => "user",
        }
    }

    /// Whether it is about the user, rather than what the caller itself has just said.
    pub const fn is_personal(&self) -> bool {
        match self {
            Self::Event | Self::User => true,
            Self::Trigger => false,
        }
    }
}

/// Snapshots of one display.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Properties of the activating event, if there is one.
    pub event: Option<&'a Properties>,
    /// Properties of the frontend trigger.
    pub trigger: &'a Properties,
    /// The user's attributes.
    pub user: &'a Attributes,
}

impl<'a> Facts<'a> {
    /// One value. Properties are looked up by path (`author.name`), attributes by their whole name.
    pub fn find(&self, source: &Source, path: &str) -> Option<Json<'a>> {
        let properties = match source {
            Source::Event => self.event?,
            Source::Trigger => self.trigger,
            Source::User => return self.user.get(path).map(as_json),
        };
        match json::value(properties.as_str())? {
            Json::Object(object) => json::at_path(object, path),
            _ => None,
        }
    }
}

fn as_json(value: &AttributeValue) -> Json<'_> {
    match value {
        AttributeValue::Text(text) => Json::Text(Text::plain(text)),
        AttributeValue::Number(number) => Json::Number(number),
        AttributeValue::Boolean(boolean) => Json::Boolean(*boolean),
    }
}

/// A condition on a fact. Its outcome is settled at the claim and reaches the browser as true or false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactCondition {
    /// Where to look.
    pub source: Source,
    /// Where within, how to compare, and with what.
    pub condition: Condition,
}

impl FactCondition {
    /// Whether it holds.
    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        self.condition.holds_for(facts.find(&self.source, &self.condition.path))
    }
}
