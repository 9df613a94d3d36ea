//! Property keys and examples that the engine has been told of since start, so that each is told once and not with
//! every event. A value becomes an example only once two users had it: see [`Candidates`].

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use sonde_core::id::WorkspaceId;
use sonde_core::limits::{PROPERTY_EXAMPLE_BYTES_MAX, PROPERTY_EXAMPLES_MAX, TRIGGER_PROPERTY_KEYS_MAX};
use sonde_core::properties::{JsonType, Properties, PropertyShape};
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_core::user::UserRef;
use sonde_storage::KeyObservation;

use crate::shared_values::Candidates;

/// Most (key, type) pairs remembered per trigger: past it the engine has long stopped adding keys.
const PAIRS_MAX: usize = 2 * TRIGGER_PROPERTY_KEYS_MAX;
/// How many occurrences of a trigger are searched for examples: looking into every one would slow all of them down.
const SEARCHED_MAX: u32 = 64;

/// What the engine has been told.
#[derive(Default)]
pub(crate) struct KnownKeys {
    by_trigger: RwLock<HashMap<(WorkspaceId, TriggerKind, TriggerName), Known>>,
}

/// Of one trigger.
#[derive(Default)]
struct Known {
    pairs: HashSet<(Box<str>, JsonType)>,
    examples: HashMap<Box<str>, Vec<Box<str>>>,
    /// Of at most [`TRIGGER_PROPERTY_KEYS_MAX`] keys.
    candidates: Mutex<HashMap<Box<str>, Candidates>>,
    searched: AtomicU32,
}

impl KnownKeys {
    /// Those of an occurrence's keys and values that the engine may not have been told of. The values of a trigger's very
    /// first occurrence are passed over: nothing is remembered of a trigger before it is stored.
    pub(crate) fn unknown(
        &self,
        user: &UserRef,
        kind: TriggerKind,
        trigger: &TriggerName,
        properties: &Properties,
        shapes: Vec<PropertyShape>,
    ) -> Vec<KeyObservation> {
        if shapes.is_empty() {
            return Vec::new();
        }
        let known = self.by_trigger.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&(user.workspace, kind, trigger.clone()));
        if known.is_some_and(|known| known.pairs.len() >= PAIRS_MAX) {
            return Vec::new();
        }
        let searched = known.filter(|known| {
            known.searched.load(Ordering::Relaxed) < SEARCHED_MAX && known.searched.fetch_add(1, Ordering::Relaxed) < SEARCHED_MAX
        });
        let mut examples = searched.map(|known| known.new_examples(user, properties)).unwrap_or_default();
        let observations = shapes.into_iter().filter_map(|PropertyShape { key, json_type }| {
            let example = examples.remove(&*key);
            let pair = (key, json_type);
            let is_new = example.is_some() || known.is_none_or(|known| !known.pairs.contains(&pair));
            is_new.then_some(KeyObservation { key: pair.0, json_type, example })
        });
        observations.collect()
    }

    /// Remembers that the engine was told.
    pub(crate) fn add(&self, workspace: WorkspaceId, kind: TriggerKind, trigger: &TriggerName, told: Vec<KeyObservation>) {
        let mut known = self.by_trigger.write().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry((workspace, kind, trigger.clone())).or_default();
        for KeyObservation { key, json_type, example } in told {
            if known.pairs.len() >= PAIRS_MAX {
                return;
            }
            if let Some(example) = example {
                let examples = known.examples.entry(key.clone()).or_default();
                if examples.len() < PROPERTY_EXAMPLES_MAX && !examples.contains(&example) {
                    examples.push(example);
                }
            }
            known.pairs.insert((key, json_type));
        }
    }
}

impl Known {
    /// Values that are short enough to be examples, that another user had before and that were not told yet, by key.
    fn new_examples(&self, user: &UserRef, properties: &Properties) -> HashMap<String, Box<str>> {
        let mut candidates = self.candidates.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = properties.entries().into_iter().filter(|(_, value)| value.get().len() <= PROPERTY_EXAMPLE_BYTES_MAX);
        let new = entries.filter(|(key, value)| {
            let told = self.examples.get(key.as_str()).map_or(&[][..], Vec::as_slice);
            if told.len() >= PROPERTY_EXAMPLES_MAX || told.iter().any(|told| **told == *value.get()) {
                return false;
            }
            if candidates.len() >= TRIGGER_PROPERTY_KEYS_MAX && !candidates.contains_key(key.as_str()) {
                return false;
            }
            candidates.entry(key.as_str().into()).or_default().is_shared(user, value.get())
        });
        new.map(|(key, value)| (key, value.get().into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use sonde_core::user::{Namespace, UserId};

    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);

    struct Told(KnownKeys);

    impl Told {
        /// What the engine is told of an occurrence.
        fn of(&self, user: &str, json: &str) -> Vec<(String, Option<String>)> {
            let (properties, shapes) = Properties::parse(json).unwrap();
            let user = UserRef { workspace: WORKSPACE, namespace: Namespace::Identified, id: UserId::new(user).unwrap() };
            let trigger = TriggerName::new("t").unwrap();
            let told = self.0.unknown(&user, TriggerKind::Backend, &trigger, &properties, shapes);
            self.0.add(WORKSPACE, TriggerKind::Backend, &trigger, told.clone());
            told.into_iter().map(|told| (told.key.into(), told.example.map(String::from))).collect()
        }
    }

    #[test]
    fn keys_and_types_are_told_once_and_values_when_a_second_user_has_them() {
        let told = Told(KnownKeys::default());
        let key = |key: &str| (key.to_owned(), None);
        let example = |key: &str, value: &str| (key.to_owned(), Some(value.to_owned()));
        assert_eq!(told.of("ada", r#"{"a":1.50,"b":"x"}"#), [key("a"), key("b")]);
        assert_eq!(told.of("ada", r#"{"a":1.50,"b":"x"}"#), []);
        assert_eq!(told.of("ada", r#"{"a":1.50,"b":"x"}"#), [], "nobody else has it");
        assert_eq!(told.of("bob", r#"{"a":1.50,"b":"y"}"#), [example("a", "1.50")]);
        assert_eq!(told.of("bob", r#"{"a":null}"#), [key("a")]);
        for value in ["2", "3", "4"] {
            assert_eq!(told.of("ada", &format!(r#"{{"a":{value}}}"#)), []);
        }
        let of_bob = ["2", "3", "4"].map(|value| told.of("bob", &format!(r#"{{"a":{value}}}"#)).len());
        assert_eq!(of_bob, [1, 1, 0], "three examples are enough");
    }

    #[test]
    fn a_long_value_is_no_example_and_the_search_ends() {
        let told = Told(KnownKeys::default());
        let value = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 2));
        told.of("ada", r#"{"a":""}"#);
        for user in ["ada", "bob"] {
            assert_eq!(told.of(user, &value(PROPERTY_EXAMPLE_BYTES_MAX + 1)), []);
        }
        assert_eq!(told.of("ada", &value(PROPERTY_EXAMPLE_BYTES_MAX)), []);
        assert_eq!(told.of("bob", &value(PROPERTY_EXAMPLE_BYTES_MAX)).len(), 1);
        for _ in 0..SEARCHED_MAX {
            assert_eq!(told.of("ada", r#"{"a":"new"}"#), []);
        }
        assert_eq!(told.of("bob", r#"{"a":"new"}"#), []);
    }
}
