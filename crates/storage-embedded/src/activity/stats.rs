//! Statistics of triggers: held in memory whole, and written now and then.
//!
//! How often backend triggers were seen is in the logs of events, too. So it is written only once many events were counted,
//! with the positions in the logs up to which they were; what is behind those is counted again after a start. What cannot be
//! counted again, a new trigger or property key, is written in the batch of the group that brought it.

mod daily;

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
use crate::events::record::Event;
use daily::Daily;

/// Version 1 had no counts by day.
const VERSION: u8 = 2;
/// Set beside the types of a property key whose row goes on with examples.
const HAS_EXAMPLES: u8 = 1 << 7;
/// The row of a trigger's counters; its property keys have rows of their own, written only when they are new.
const COUNTERS: u16 = 0;

const TYPES: [JsonType; 6] = [JsonType::Null, JsonType::Boolean, JsonType::Number, JsonType::String, JsonType::Array, JsonType::Object];

/// After so many events the counts are written.
const EVENTS_UNWRITTEN_MAX: u64 = 64 * 1024;

/// A trigger's place in the book.
type Place = (WorkspaceId, TriggerKind, TriggerName);

/// All triggers of all workspaces.
#[derive(Default)]
pub(crate) struct TriggerBook {
    workspaces: HashMap<(WorkspaceId, TriggerKind), HashMap<TriggerName, Known>>,
    /// Backend triggers that were counted since counts were written.
    unwritten: BTreeSet<Place>,
    /// How many events that was.
    unwritten_events: u64,
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
    triggers: BTreeMap<Place, Addition>,
    /// Backend events among them.
    events: u64,
    /// Counts of all backend triggers are written with the group.
    is_written: bool,
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
        if seen.kind == TriggerKind::Backend {
            additions.events += seen.count;
        }
        true
    }

    /// Puts the rows of what was added into the group, as far as they are to be written with it.
    pub(crate) fn write(&self, additions: &mut Additions, group: &mut Group<'_>) {
        let is_backend = |kind: TriggerKind| kind == TriggerKind::Backend;
        let is_new =
            |(place, addition): (&Place, &Addition)| is_backend(place.1) && (!addition.properties.is_empty() || !self.knows(place));
        let is_much = self.unwritten_events + additions.events >= EVENTS_UNWRITTEN_MAX;
        additions.is_written = is_much || additions.triggers.iter().any(is_new);
        for (place, addition) in &additions.triggers {
            if is_backend(place.1) && !additions.is_written {
                continue;
            }
            put_counters(place, addition.counters, group);
            for (text, property) in &addition.properties {
                let key = keys::trigger(place.0, place.1, &place.2, property.part);
                group.put(Space::Triggers, key, write_property(text, property));
            }
        }
        if additions.is_written {
            let others = self.unwritten.iter().filter(|place| !additions.triggers.contains_key(place));
            self.write_counts(others, group);
        }
    }

    /// Puts all counts that are not written into a group without events of its own.
    pub(crate) fn write_unwritten(&self, group: &mut Group<'_>) {
        self.write_counts(self.unwritten.iter(), group);
    }

    fn write_counts<'a>(&self, places: impl Iterator<Item = &'a Place>, group: &mut Group<'_>) {
        for place in places {
            if let Some(known) = self.known(place) {
                put_counters(place, known.counters, group);
            }
        }
        for (day, end) in group.ends() {
            group.put(Space::Meta, keys::counted(day), end.to_be_bytes().to_vec());
        }
    }

    /// Counts events that `open` reads in a log, behind the position up to which they were counted.
    pub(crate) fn recount<T>(
        &mut self,
        open: impl FnOnce(&mut dyn FnMut(&Event<'_>)) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let (mut additions, mut failed) = (Additions::default(), None);
        let opened = open(&mut |event| match self.count_again(&mut additions, event) {
            Ok(()) => {}
            Err(bad) => failed = Some(bad.at("a log of events", event.user)),
        })?;
        self.apply(additions);
        failed.map_or(Ok(opened), Err)
    }

    fn count_again(&self, additions: &mut Additions, event: &Event<'_>) -> Result<(), BadRow> {
        let workspace = keys::workspace(event.user)?;
        let name = &TriggerName::new(event.trigger).map_err(|error| BadRow::new(format!("name of a trigger {error}")))?;
        self.count(additions, &Seen { workspace, kind: TriggerKind::Backend, name, at: event.received_at, count: 1, learn: &[] });
        Ok(())
    }

    /// All counts are written.
    pub(crate) fn written(&mut self) {
        self.unwritten.clear();
        self.unwritten_events = 0;
    }

    fn known(&self, (workspace, kind, name): &Place) -> Option<&Known> {
        self.workspaces.get(&(*workspace, *kind))?.get(name)
    }

    fn knows(&self, place: &Place) -> bool {
        self.known(place).is_some()
    }

    /// Takes over what was added, once the events are durable.
    pub(crate) fn apply(&mut self, additions: Additions) {
        if additions.is_written {
            self.written();
        } else {
            self.unwritten_events += additions.events;
            self.unwritten.extend(additions.triggers.keys().filter(|place| place.1 == TriggerKind::Backend).cloned());
        }
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

fn put_counters((workspace, kind, name): &Place, counters: Counters, group: &mut Group<'_>) {
    group.put(Space::Triggers, keys::trigger(*workspace, *kind, name, COUNTERS), write_counters(counters));
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
