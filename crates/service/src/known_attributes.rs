//! Names, types and examples of attributes that the engine has been told of since start, so that each is told once and
//! not with every change; and those that wait to be told, off the path of whoever sets them.
//!
//! A value becomes an example only once two users have it: what one user alone has may be personal, and would be left
//! behind when that user is erased.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use sonde_core::attribute::{AttributeChange, AttributeType, AttributeValue};
use sonde_core::id::WorkspaceId;
use sonde_core::limits::{ATTRIBUTE_NAMES_MAX, PROPERTY_EXAMPLE_BYTES_MAX, PROPERTY_EXAMPLES_MAX};
use sonde_core::user::UserRef;
use sonde_storage::{AttributeObservation, AttributeStats, AttributesSeen, Write};

use crate::error::Error;
use crate::shared_values::Candidates;
use crate::{Engine, Service};

/// What was seen, by workspace.
#[derive(Default)]
pub(crate) struct KnownAttributes(Mutex<HashMap<WorkspaceId, Known>>);

#[derive(Default)]
struct Known {
    names: HashMap<Box<str>, KnownName>,
    /// Still to be told.
    waiting: Vec<AttributeObservation>,
}

#[derive(Default)]
struct KnownName {
    types: HashSet<AttributeType>,
    candidates: Candidates,
    /// Values that were told, as JSON text.
    examples: Vec<Box<str>>,
}

impl KnownAttributes {
    /// Notes what a user was given.
    pub(crate) fn note(&self, user: &UserRef, changes: &[AttributeChange]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(user.workspace).or_default();
        for (name, value) in changes {
            let Some(value) = value else { continue };
            if known.names.len() >= ATTRIBUTE_NAMES_MAX && !known.names.contains_key(name) {
                continue;
            }
            let of_name = known.names.entry(name.clone()).or_default();
            let attribute_type = value.attribute_type();
            let is_new = of_name.types.insert(attribute_type);
            let example = of_name.example(user, value);
            if is_new || example.is_some() {
                known.waiting.push(AttributeObservation { name: name.clone(), attribute_type, example });
            }
        }
    }

    fn take(&self) -> Vec<AttributesSeen> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = known.iter_mut().filter(|(_, known)| !known.waiting.is_empty());
        waiting.map(|(workspace, known)| AttributesSeen { workspace: *workspace, seen: std::mem::take(&mut known.waiting) }).collect()
    }
}

impl KnownName {
    /// The value as JSON text, if it may serve as an example now.
    fn example(&mut self, user: &UserRef, value: &AttributeValue) -> Option<Box<str>> {
        if self.examples.len() >= PROPERTY_EXAMPLES_MAX {
            return None;
        }
        let json: Box<str> = value.to_json().into();
        let is_new = json.len() <= PROPERTY_EXAMPLE_BYTES_MAX && !self.examples.contains(&json);
        if !is_new || !self.candidates.is_shared(user, &json) {
            return None;
        }
        self.examples.push(json.clone());
        Some(json)
    }
}

impl<E: Engine> Service<E> {
    /// Tells the engine what was seen since the last time.
    pub(crate) async fn flush_attributes(&self) {
        for seen in self.attributes_seen.take() {
            if let Err(error) = self.queue.submit(Write::LearnAttributes(seen)).await {
                tracing::warn!(%error, "names of attributes were not noted");
            }
        }
    }

    /// The attributes that users of a workspace were given, by name, as of a second ago at most.
    pub async fn known_attributes(&self, workspace: WorkspaceId) -> Result<Vec<AttributeStats>, Error> {
        Ok(self.engine.attribute_stats(workspace).await?)
    }
}

#[cfg(test)]
mod tests {
    use sonde_core::user::{Namespace, UserId};

    use super::*;

    /// What the engine is told once a user was given a value.
    fn told(known: &KnownAttributes, user: &str, value: AttributeValue) -> Vec<(AttributeType, Option<String>)> {
        let id = UserId::new(user).unwrap();
        let user = UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace: Namespace::Identified, id };
        known.note(&user, &[("plan".into(), Some(value)), ("gone".into(), None)]);
        let seen = known.take().into_iter().flat_map(|seen| seen.seen);
        seen.map(|seen| (seen.attribute_type, seen.example.map(String::from))).collect()
    }

    fn text(text: &str) -> AttributeValue {
        AttributeValue::Text(text.into())
    }

    #[test]
    fn a_type_is_told_once_and_a_value_when_a_second_user_has_it() {
        let known = KnownAttributes::default();
        assert_eq!(told(&known, "a", text("pro")), [(AttributeType::Text, None)]);
        assert_eq!(told(&known, "a", text("pro")), []);
        assert_eq!(told(&known, "b", text("pro")), [(AttributeType::Text, Some("\"pro\"".to_owned()))]);
        assert_eq!(told(&known, "c", text("pro")), []);
        assert_eq!(told(&known, "c", AttributeValue::Boolean(true)), [(AttributeType::Boolean, None)]);
        for value in ["x", "y"] {
            assert_eq!(told(&known, "a", text(value)), []);
            assert_eq!(told(&known, "b", text(value)).len(), 1);
        }
        assert_eq!((told(&known, "a", text("fourth")), told(&known, "b", text("fourth"))), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_long_value_is_no_example() {
        let known = KnownAttributes::default();
        let long = "x".repeat(PROPERTY_EXAMPLE_BYTES_MAX - 1);
        assert_eq!(told(&known, "a", text(&long)), [(AttributeType::Text, None)]);
        assert_eq!(told(&known, "b", text(&long)), []);
    }
}
