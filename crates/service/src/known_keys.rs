//! Property keys and examples that the engine has been told of since start, so that each is told once and not with
//! every event.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};

use sonde_core::id::WorkspaceId;
use sonde_core::limits::{PROPERTY_EXAMPLE_BYTES_MAX, PROPERTY_EXAMPLES_MAX, TRIGGER_PROPERTY_KEYS_MAX};
use sonde_core::properties::{JsonType, Properties, PropertyShape};
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_storage::KeyObservation;

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
    searched: AtomicU32,
}

impl KnownKeys {
    /// Those of an occurrence's keys and values that the engine may not have been told of.
    pub(crate) fn unknown(
        &self,
        workspace: WorkspaceId,
        kind: TriggerKind,
        trigger: &TriggerName,
        properties: &Properties,
        shapes: Vec<PropertyShape>,
    ) -> Vec<KeyObservation> {
        if shapes.is_empty() {
            return Vec::new();
        }
        let known = self.by_trigger.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&(workspace, kind, trigger.clone()));
        if known.is_some_and(|known| known.pairs.len() >= PAIRS_MAX) {
            return Vec::new();
        }
        let search = known.is_none_or(|known| {
            known.searched.load(Ordering::Relaxed) < SEARCHED_MAX && known.searched.fetch_add(1, Ordering::Relaxed) < SEARCHED_MAX
        });
        let mut examples = if search { examples(known, properties) } else { HashMap::new() };
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

/// Values that are short enough to be examples and were not told yet, by key.
fn examples(known: Option<&Known>, properties: &Properties) -> HashMap<String, Box<str>> {
    let entries = properties.entries().into_iter().filter(|(_, value)| value.get().len() <= PROPERTY_EXAMPLE_BYTES_MAX);
    let new = entries.filter(|(key, value)| {
        let told = known.and_then(|known| known.examples.get(key.as_str()));
        told.is_none_or(|told| told.len() < PROPERTY_EXAMPLES_MAX && !told.iter().any(|told| **told == *value.get()))
    });
    new.map(|(key, value)| (key, value.get().into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Told(KnownKeys);

    impl Told {
        /// What the engine is told of an occurrence.
        fn of(&self, json: &str) -> Vec<(String, Option<String>)> {
            let (properties, shapes) = Properties::parse(json).unwrap();
            let (workspace, trigger) = (WorkspaceId::from_bytes([1; 16]), TriggerName::new("t").unwrap());
            let told = self.0.unknown(workspace, TriggerKind::Backend, &trigger, &properties, shapes);
            self.0.add(workspace, TriggerKind::Backend, &trigger, told.clone());
            told.into_iter().map(|told| (told.key.into(), told.example.map(String::from))).collect()
        }
    }

    #[test]
    fn keys_types_and_the_first_few_values_are_told_once() {
        let told = Told(KnownKeys::default());
        let example = |key: &str, value: &str| (key.to_owned(), Some(value.to_owned()));
        assert_eq!(told.of(r#"{"a":1.50,"b":"x"}"#), [example("a", "1.50"), example("b", "\"x\"")]);
        assert_eq!(told.of(r#"{"a":1.50,"b":"x"}"#), []);
        assert_eq!(told.of(r#"{"a":2,"b":"x"}"#), [example("a", "2")]);
        assert_eq!(told.of(r#"{"a":null}"#), [example("a", "null")]);
        assert_eq!(told.of(r#"{"a":4}"#), []);
        assert_eq!(told.of(r#"{"a":true}"#), [("a".to_owned(), None)]);
    }

    #[test]
    fn a_long_value_is_no_example_and_the_search_ends() {
        let told = Told(KnownKeys::default());
        let value = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 2));
        assert_eq!(told.of(&value(PROPERTY_EXAMPLE_BYTES_MAX + 1)), [("a".to_owned(), None)]);
        assert_eq!(told.of(&value(PROPERTY_EXAMPLE_BYTES_MAX)).len(), 1);
        for _ in 0..SEARCHED_MAX {
            assert_eq!(told.of(&value(PROPERTY_EXAMPLE_BYTES_MAX)), []);
        }
        assert_eq!(told.of(r#"{"a":"new"}"#), []);
    }
}
