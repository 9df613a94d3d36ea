//! Statistics of triggers: held in memory whole, written in the batch of the events they count.

mod daily;

use std::collections::{BTreeMap, HashMap};

use sonde_core::id::WorkspaceId;
use sonde_core::limits::{PROPERTY_EXAMPLES_MAX, TRIGGER_PROPERTY_KEYS_MAX, TRIGGERS_PER_WORKSPACE_MAX};
use sonde_core::properties::JsonType;
use sonde_core::time::Timestamp;
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_storage::{KeyObservation, PropertyStats, StorageError, TriggerStats};

use super::group::Group;
use super::keys::{self, Bytes};
use super::tables::{Space, Tables};
use crate::error::{self, BadRow};
use daily::Daily;

/// Version 1 had no counts by day.
const VERSION: u8 = 2;
/// Set beside the types of a property key whose row goes on with examples.
const HAS_EXAMPLES: u8 = 1 << 7;
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
    daily: Daily,
}

struct Known {
    counters: Counters,
    properties: HashMap<Box<str>, Property>,
}

#[derive(Clone)]
struct Property {
    /// Its place in the trigger's rows, from 1.
    part: u16,
    /// One bit per type, as they stand in `TYPES`.
    types: u8,
    /// JSON texts of values it was seen with.
    examples: Vec<Box<str>>,
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
        let (text, property) = read_property(part, row)?;
        known.properties.insert(text, property);
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
            counters: known.map_or_else(|| Counters::new(seen.at), |known| known.counters),
            properties: HashMap::new(),
        });
        let counters = &mut addition.counters;
        counters.first_seen_at = counters.first_seen_at.min(seen.at);
        counters.last_seen_at = counters.last_seen_at.max(seen.at);
        counters.count = counters.count.saturating_add(seen.count);
        counters.daily.add(seen.at.utc_day(), seen.count);
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
                let key = keys::trigger(*workspace, *kind, name, property.part);
                group.put(Space::Triggers, key, write_property(text, property));
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
                daily: known.counters.daily.by_day(),
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
        let before = self.properties.get(&observation.key).or_else(|| stored.and_then(|stored| stored.get(&observation.key)));
        let property = before.cloned().or_else(|| {
            let new = self.properties.keys().filter(|key| !stored.is_some_and(|stored| stored.contains_key(*key))).count();
            let count = stored.map_or(0, HashMap::len) + new;
            let part = u16::try_from(count + 1).expect("the number of property keys is limited");
            (count < TRIGGER_PROPERTY_KEYS_MAX).then_some(Property { part, types: 0, examples: Vec::new() })
        });
        let Some(mut property) = property else { return };
        let mut is_changed = false;
        let bit = type_bit(observation.json_type);
        if property.types & bit == 0 {
            property.types |= bit;
            is_changed = true;
        }
        if let Some(example) = &observation.example
            && property.examples.len() < PROPERTY_EXAMPLES_MAX
            && !property.examples.contains(example)
        {
            property.examples.push(example.clone());
            is_changed = true;
        }
        if is_changed {
            self.properties.insert(observation.key.clone(), property);
        }
    }
}

impl Property {
    fn stats(&self) -> PropertyStats {
        let types = TYPES.into_iter().filter(|json_type| self.types & type_bit(*json_type) != 0).collect();
        PropertyStats { types, examples: self.examples.clone() }
    }
}

impl Counters {
    const fn new(at: Timestamp) -> Self {
        Self { first_seen_at: at, last_seen_at: at, count: 0, daily: Daily::new(at.utc_day()) }
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

/// Types, then the key, up to the end of the row; with examples the key has its length in front, and so has each of
/// them.
fn write_property(text: &str, property: &Property) -> Vec<u8> {
    if property.examples.is_empty() {
        return [&[property.types], text.as_bytes()].concat();
    }
    let mut row = vec![property.types | HAS_EXAMPLES];
    for text in std::iter::once(text).chain(property.examples.iter().map(|example| &**example)) {
        let length = u16::try_from(text.len()).expect("an event is limited to less");
        row.extend_from_slice(&length.to_be_bytes());
        row.extend_from_slice(text.as_bytes());
    }
    row
}

fn read_property(part: u16, row: &[u8]) -> Result<(Box<str>, Property), BadRow> {
    let mut bytes = Bytes(row);
    let marked = bytes.u8()?;
    let mut property = Property { part, types: marked & !HAS_EXAMPLES, examples: Vec::new() };
    if marked & HAS_EXAMPLES == 0 {
        return Ok((bytes.rest()?.into(), property));
    }
    let text = bytes.text()?.into();
    while !bytes.0.is_empty() {
        property.examples.push(bytes.text()?.into());
    }
    Ok((text, property))
}

fn write_counters(counters: Counters) -> Vec<u8> {
    let mut row = Vec::with_capacity(1 + 3 * 8 + daily::BYTES_MAX);
    row.push(VERSION);
    row.extend_from_slice(&counters.first_seen_at.as_millis().to_be_bytes());
    row.extend_from_slice(&counters.last_seen_at.as_millis().to_be_bytes());
    row.extend_from_slice(&counters.count.to_be_bytes());
    counters.daily.write(&mut row);
    row
}

fn read_counters(row: &[u8]) -> Result<Counters, BadRow> {
    let mut bytes = Bytes(row);
    let version = bytes.u8()?;
    let mut counters =
        Counters { first_seen_at: bytes.timestamp()?, last_seen_at: bytes.timestamp()?, ..Counters::new(Timestamp::default()) };
    counters.count = bytes.u64()?;
    counters.daily = match version {
        1 => Daily::new(counters.last_seen_at.utc_day()),
        VERSION => Daily::read(&mut bytes)?,
        _ => return Err(BadRow::new(format!("version {version} of a row is unknown"))),
    };
    bytes.end()?;
    Ok(counters)
}
