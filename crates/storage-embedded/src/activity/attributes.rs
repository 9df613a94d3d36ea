//! Which attributes the users of a workspace were seen with: a row per name, read whole when somebody asks.

use fjall::Readable;
use sonde_core::attribute::AttributeType;
use sonde_core::id::WorkspaceId;
use sonde_core::limits::{ATTRIBUTE_NAMES_MAX, PROPERTY_EXAMPLES_MAX};
use sonde_storage::{AttributeObservation, AttributeStats, AttributesSeen, Outcome, StorageError};

use super::keys::{Bytes, Key};
use super::tables::{Space, Tables, View};
use super::write::Pass;
use crate::error::{self, BadRow};

const VERSION: u8 = 1;

const TYPES: [AttributeType; 4] = [AttributeType::Text, AttributeType::Number, AttributeType::Boolean, AttributeType::Date];

impl Pass<'_> {
    pub(super) fn learn_attributes(&mut self, seen: &AttributesSeen) -> Result<Outcome, StorageError> {
        for one in &seen.seen {
            self.learn_attribute(seen.workspace, one)?;
        }
        Ok(Outcome::Observed)
    }

    fn learn_attribute(&mut self, workspace: WorkspaceId, seen: &AttributeObservation) -> Result<(), StorageError> {
        let key = key(workspace, &seen.name);
        let stored = self.group.get(Space::Attributes, &key)?;
        let mut stats = if let Some(row) = &stored {
            read(&key, row)?
        } else {
            let names = self.group.scan(Space::Attributes, workspace.as_bytes(), ATTRIBUTE_NAMES_MAX, usize::MAX)?;
            if names.rows.len() >= ATTRIBUTE_NAMES_MAX {
                return Ok(());
            }
            AttributeStats { name: seen.name.clone(), types: Vec::new(), examples: Vec::new() }
        };
        let is_new_type = !stats.types.contains(&seen.attribute_type);
        if is_new_type {
            stats.types.push(seen.attribute_type);
        }
        let is_full = stats.examples.len() >= PROPERTY_EXAMPLES_MAX;
        let example = seen.example.as_ref().filter(|example| !is_full && !stats.examples.contains(example));
        if let Some(example) = example {
            stats.examples.push(example.clone());
        }
        if is_new_type || example.is_some() {
            self.group.put(Space::Attributes, key, write(&stats));
        }
        Ok(())
    }
}

/// The attributes of a workspace, by name.
pub(super) fn list(tables: &Tables, view: &View, workspace: WorkspaceId) -> Result<Vec<AttributeStats>, StorageError> {
    let rows = view.snapshot.prefix(&tables.attributes, workspace.as_bytes()).map(|guard| {
        let (key, row) = guard.into_inner().map_err(|error| error::fjall("read attributes", error))?;
        read(&key, &row)
    });
    rows.collect()
}

fn key(workspace: WorkspaceId, name: &str) -> Key {
    [workspace.as_bytes().as_slice(), name.as_bytes()].concat()
}

/// Version, one bit per type as they stand in `TYPES`, examples with their lengths in front.
fn write(stats: &AttributeStats) -> Vec<u8> {
    let is_set = |(place, known): (usize, &AttributeType)| u8::from(stats.types.contains(known)) << place;
    let mut row = vec![VERSION, TYPES.iter().enumerate().map(is_set).fold(0, |types, bit| types | bit)];
    for example in &stats.examples {
        let length = u16::try_from(example.len()).expect("an example is limited to less");
        row.extend_from_slice(&length.to_be_bytes());
        row.extend_from_slice(example.as_bytes());
    }
    row
}

fn read(key: &[u8], row: &[u8]) -> Result<AttributeStats, StorageError> {
    let read = || -> Result<AttributeStats, BadRow> {
        let mut name = Bytes(key);
        name.take(size_of::<WorkspaceId>())?;
        let mut bytes = Bytes(row);
        let version = bytes.u8()?;
        if version != VERSION {
            return Err(BadRow::new(format!("version {version} of a row is unknown")));
        }
        let types = bytes.u8()?;
        let types = TYPES.into_iter().enumerate().filter(|(place, _)| types & (1 << place) != 0).map(|(_, known)| known).collect();
        let mut examples = Vec::new();
        while !bytes.0.is_empty() {
            examples.push(bytes.text()?.into());
        }
        Ok(AttributeStats { name: name.rest()?.into(), types, examples })
    };
    read().map_err(|bad| bad.at(&Space::Attributes.name(), key))
}
