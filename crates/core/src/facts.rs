//! The facts of a display: what the server knew when it claimed. Texts pipe them in and logic asks about them; apart
//! from what texts pipe in they never leave the server.

use std::sync::Arc;

use crate::attribute::{AttributeValue, Attributes};
use crate::event::EventRecord;
use crate::filter::Condition;
use crate::filter::json::{self, Json, Text};
use crate::properties::Properties;

/// Which of the facts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// `event`: properties of the activating event.
    Event,
    /// `events`: with *all of* several backend triggers, properties of each one's event; a path begins with the trigger's name.
    Events,
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
            Self::Events => "events",
            Self::Trigger => "trigger",
            Self::User => "user",
        }
    }

    /// Whether it is about the user, rather than what the caller itself has just said.
    pub const fn is_personal(&self) -> bool {
        match self {
            Self::Event | Self::Events | Self::User => true,
            Self::Trigger => false,
        }
    }
}

/// Snapshots of one display.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Properties of the activating event, if there is one.
    pub event: Option<&'a Properties>,
    /// With *all of* several backend triggers, the event of each.
    pub events: &'a [Arc<EventRecord>],
    /// Properties of the frontend trigger.
    pub trigger: &'a Properties,
    /// The user's attributes.
    pub user: &'a Attributes,
}

impl<'a> Facts<'a> {
    /// One value. Properties are looked up by path (`author.name`), attributes by their whole name.
    pub fn find(&self, source: &Source, path: &str) -> Option<Json<'a>> {
        let (properties, path) = match source {
            Source::Event => (self.event?, path),
            Source::Events => self.event_of(path)?,
            Source::Trigger => (self.trigger, path),
            Source::User => return self.user.get(path).map(as_json),
        };
        json::at_path(json::within(properties.as_str()), path)
    }

    /// Properties of the event whose trigger's name a path begins with, the longest such name, and the rest of the path.
    pub fn event_of<'p>(&self, path: &'p str) -> Option<(&'a Properties, &'p str)> {
        let fits = |event: &'a Arc<EventRecord>| within(path, event.trigger.as_str()).map(|rest| (&event.properties, rest));
        self.events.iter().filter_map(fits).min_by_key(|(_, rest)| rest.len())
    }
}

/// The rest of a path that begins with a trigger's name.
pub(crate) fn within<'p>(path: &'p str, trigger: &str) -> Option<&'p str> {
    path.strip_prefix(trigger)?.strip_prefix('.')
}

/// Whether a path begins with the name of one of these triggers and goes on.
pub(crate) fn names_trigger(path: &str, triggers: &[String]) -> bool {
    triggers.iter().any(|name| within(path, name).is_some_and(|rest| !rest.is_empty()))
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
