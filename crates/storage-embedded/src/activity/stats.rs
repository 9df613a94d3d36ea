//! Statistics of triggers: held in memory whole, written in the batch of the events they count.

use std::collections::{BTreeMap, HashMap};

use sonde_core::id::WorkspaceId;
use sonde_core::limits::{TRIGGER_PROPERTY_KEYS_MAX, TRIGGERS_PER_WORKSPACE_MAX};
use sonde_core::properties::JsonType;
use sonde_core::time::Timestamp;
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_storage::{KeyObservation, PropertyStats, StorageError, TriggerStats};

use super::group::Group;
use super::keys::{self, Bytes};
use super::tables::{Space, Tables};
use crate::error::{self, BadRow};

const VERSION: u8 = 1;
/// The row of a trigger's counters; its property keys have rows of their own, written only when they are new.
const COUNTERS: u16 = 0;

const TYPES: [JsonType; 6] = [JsonType::Null, JsonType::Boolean, JsonType::Number, JsonType::String, JsonType::Array, JsonType::Object];

/// All triggers of all workspaces.
#[derive(Default)]
pub(crate) struct TriggerBook {
    workspaces: HashMap<(WorkspaceId, TriggerKind), HashMap<TriggerName, Known>>,
}

#[derive(Clone, Copy)]
struct Counters {
    first_seen_at: Timestamp,
    last_seen_at: Timestamp,
    count: u64,
}

struct Known {
    counters: Counters,
    properties: HashMap<Box<str>, Property>,
}

#[derive(Clone, Copy)]
struct Property {
    /// Its place in the trigger's rows, from 1.
    part: u16,
    /// One bit per type, as they stand in `TYPES`.
    types: u8,
}

/// What one group of writes adds.
#[derive(Default)]
pub(crate) struct Additions {
    triggers: BTreeMap<(WorkspaceId, TriggerKind, TriggerName), Addition>,
}

struct Addition {
    counters: Counters,
    properties: HashMap<Box<str>, Property>,
}

/// One or more occurrences of a trigger.
pub(crate) struct Seen<'a> {
    pub(crate) workspace: WorkspaceId,
    pub(crate) kind: TriggerKind,
    pub(crate) name: &'a TriggerName,
    pub(crate) at: Timestamp,
    pub(crate) count: u64,
    pub(crate) learn: &'a [KeyObservation],
}

impl TriggerBook {
    /// Reads everything that is stored.
    pub(crate) fn load(tables: &Tables) -> Result<Self, StorageError> {
        let mut book = Self::default();
        for guard in tables.triggers.iter() {
            let (key, row) = guard.into_inner().map_err(|error| error::fjall("read trigger statistics", error))?;
            book.learn_row(&key, &row).map_err(|bad| bad.at(&Space::Triggers.name(), &key))?;
        }
        Ok(book)
    }

    /// Counters sort before properties, so a property's trigger is always known.
    fn learn_row(&mut self, key: &[u8], row: &[u8]) -> Result<(), BadRow> {
        let (workspace, kind, name, part) = keys::read_trigger_key(key)?;
        let triggers = self.workspaces.entry((workspace, kind)).or_default();
        if part == COUNTERS {
            triggers.insert(name, Known { counters: read_counters(row)?, properties: HashMap::new() });
            return Ok(());
        }
        let known = triggers.get_mut(&name).ok_or_else(|| BadRow::new("a property key without its trigger"))?;
        let (types, text) = row.split_first().ok_or_else(|| BadRow::new("empty"))?;
        known.properties.insert(Bytes(text).rest()?.into(), Property { part, types: *types });
        Ok(())
    }

    /// Counts occurrences towards `additions`. `false`: the workspace has as many triggers of the kind as it may, and
    /// this is another.
    pub(crate) fn count(&self, additions: &mut Additions, seen: &Seen<'_>) -> bool {
        let triggers = self.workspaces.get(&(seen.workspace, seen.kind));
        let known = triggers.and_then(|triggers| triggers.get(seen.name));
        let place = (seen.workspace, seen.kind, seen.name.clone());
        if known.is_none() && !additions.triggers.contains_key(&place) {
            let new = additions.triggers.keys().filter(|(workspace, kind, name)| {
                (*workspace, *kind) == (seen.workspace, seen.kind) && !triggers.is_some_and(|triggers| triggers.contains_key(name))
            });
            if triggers.map_or(0, HashMap::len) + new.count() >= TRIGGERS_PER_WORKSPACE_MAX {
                return false;
            }
        }
        let addition = additions.triggers.entry(place).or_insert_with(|| Addition {
            counters: known.map_or(Counters { first_seen_at: seen.at, last_seen_at: seen.at, count: 0 }, |known| known.counters),
            properties: HashMap::new(),
        });
        let counters = &mut addition.counters;
        counters.first_seen_at = counters.first_seen_at.min(seen.at);
        counters.last_seen_at = counters.last_seen_at.max(seen.at);
        counters.count = counters.count.saturating_add(seen.count);
        for observation in seen.learn {
            addition.learn(known, observation);
        }
        true
    }

    /// Puts the rows of what was added into the group.
    pub(crate) fn write(additions: &Additions, group: &mut Group<'_>) {
        for ((workspace, kind, name), addition) in &additions.triggers {
            let key = keys::trigger(*workspace, *kind, name, COUNTERS);
            group.put(Space::Triggers, key, write_counters(addition.counters));
            for (text, property) in &addition.properties {
                let mut row = vec![property.types];
                row.extend_from_slice(text.as_bytes());
                group.put(Space::Triggers, keys::trigger(*workspace, *kind, name, property.part), row);
            }
        }
    }

    /// Takes over what was added, once it is durable.
    pub(crate) fn apply(&mut self, additions: Additions) {
        for ((workspace, kind, name), addition) in additions.triggers {
            let triggers = self.workspaces.entry((workspace, kind)).or_default();
            let known = triggers.entry(name).or_insert_with(|| Known { counters: addition.counters, properties: HashMap::new() });
            known.counters = addition.counters;
            known.properties.extend(addition.properties);
        }
    }

    /// The triggers of a workspace, by kind and name.
    pub(crate) fn list(&self, workspace: WorkspaceId) -> Vec<TriggerStats> {
        let mut list = Vec::new();
        for kind in [TriggerKind::Backend, TriggerKind::Frontend] {
            let triggers = self.workspaces.get(&(workspace, kind)).into_iter().flatten();
            list.extend(triggers.map(|(name, known)| TriggerStats {
                kind,
                name: name.clone(),
                first_seen_at: known.counters.first_seen_at,
                last_seen_at: known.counters.last_seen_at,
                count: known.counters.count,
                properties: known.properties.iter().map(|(key, property)| (key.clone(), property.stats())).collect(),
            }));
        }
        list.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        list
    }
}

impl Addition {
    fn learn(&mut self, known: Option<&Known>, observation: &KeyObservation) {
        let stored = known.map(|known| &known.properties);
        let bit = type_bit(observation.json_type);
        let before = self.properties.get(&observation.key).or_else(|| stored.and_then(|stored| stored.get(&observation.key)));
        let property = match before {
            Some(property) if property.types & bit != 0 => return,
            Some(property) => Property { types: property.types | bit, ..*property },
            None => {
                let new = self.properties.keys().filter(|key| !stored.is_some_and(|stored| stored.contains_key(*key))).count();
                let count = stored.map_or(0, HashMap::len) + new;
                if count >= TRIGGER_PROPERTY_KEYS_MAX {
                    return;
                }
                let part = u16::try_from(count + 1).expect("the number of property keys is limited");
                Property { part, types: bit }
            }
        };
        self.properties.insert(observation.key.clone(), property);
    }
}

impl Property {
    fn stats(self) -> PropertyStats {
        PropertyStats { types: TYPES.into_iter().filter(|json_type| self.types & type_bit(*json_type) != 0).collect() }
    }
}

const fn type_bit(json_type: JsonType) -> u8 {
    match json_type {
        JsonType::Null => 1,
        JsonType::Boolean => 1 << 1,
        JsonType::Number => 1 << 2,
        JsonType::String => 1 << 3,
        JsonType::Array => 1 << 4,
        JsonType::Object => 1 << 5,
    }
}

fn write_counters(counters: Counters) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + 3 * 8);
    row.push(VERSION);
    row.extend_from_slice(&counters.first_seen_at.as_millis().to_be_bytes());
    row.extend_from_slice(&counters.last_seen_at.as_millis().to_be_bytes());
    row.extend_from_slice(&counters.count.to_be_bytes());
    row
}

fn read_counters(row: &[u8]) -> Result<Counters, BadRow> {
    let mut bytes = Bytes(row);
    let version = bytes.u8()?;
    if version != VERSION {
        return Err(BadRow::new(format!("version {version} of a row is unknown")));
    }
    let counters = Counters { first_seen_at: bytes.timestamp()?, last_seen_at: bytes.timestamp()?, count: bytes.u64()? };
    bytes.end()?;
    Ok(counters)
}
