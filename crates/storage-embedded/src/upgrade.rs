//! From older formats of the data folder, and from backups, which keep the rows of format 2.
//!
//! Up to format 2 a day's events were rows of fjall, together with its marks. They are copied to a log, a day at a time, and only
//! then is the day's keyspace deleted: one that is cut short is begun again.

use std::collections::BTreeMap;
use std::path::Path;

use sonde_storage::{EventFingerprint, StorageError};

use crate::activity::keys::{self, Key, kind};
use crate::activity::tables::{Tables, events_of_format_2};
use crate::error::{self, BadRow};
use crate::events::record::Event;
use crate::events::{Day, Pending};
use crate::rows;

/// So many bytes of events are written at a time.
const FRAME_BYTES: u64 = 4 * 1024 * 1024;
/// So many marks are written at a time.
const MARKS_PER_BATCH: usize = 4_096;

/// Brings all events that are in fjall into logs.
pub(crate) fn bring_events_into_logs(tables: &Tables, events: &Path) -> Result<(), StorageError> {
    crate::folder::create(events)?;
    let (_, days) = tables.days();
    for day in days {
        tracing::info!(day, "bringing the events of a day into a log");
        bring_day(tables, events, day)?;
    }
    Ok(())
}

fn bring_day(tables: &Tables, events: &Path, day: i32) -> Result<(), StorageError> {
    let old = tables.events_of_format_2(day)?;
    if crate::events::days(events)?.contains(&day) {
        Day::open(events, day, 0, &mut |_| {})?.drop_folder()?;
        crate::events::remove_leftovers(events)?;
    }
    let mut log = Log::new(Day::create(events, day)?);
    let marks = tables.marks(day)?;
    let (mut batch, mut marked) = (tables.batch(MARKS_PER_BATCH), 0);
    let mut user = OfUser::default();
    for guard in old.iter() {
        let (key, row) = guard.into_inner().map_err(|error| error::fjall("read the events of a day", error))?;
        let bad = |bad: BadRow| bad.at(&events_of_format_2(day), &key);
        let (_, length) = keys::read_user(&key).map_err(bad)?;
        let (owner, rest) = key.split_at(length);
        if user.key != owner {
            std::mem::replace(&mut user, OfUser { key: owner.to_vec(), ..OfUser::default() }).write(&mut log)?;
        }
        match rest.split_first() {
            Some((&kind::CANCELLED | &kind::MARK, _)) => {
                batch.insert(&marks, key.clone(), row);
                marked += 1;
            }
            Some((&kind::EVENT, suffix)) => user.events.push((suffix.to_vec(), row)),
            Some((&kind::EVENT_ID, id)) => user.add_id(id, &row).map_err(bad)?,
            Some((&kind::PRESENCE, [])) => {}
            _ => return Err(bad(BadRow::new("no kind of row"))),
        }
        if marked == MARKS_PER_BATCH {
            commit(std::mem::replace(&mut batch, tables.batch(MARKS_PER_BATCH)))?;
            marked = 0;
        }
    }
    user.write(&mut log)?;
    log.end()?;
    if marked > 0 {
        commit(batch)?;
    }
    // Counts of triggers are rows already, whatever the events are in.
    let mut counted = tables.batch(1);
    counted.insert(&tables.meta, keys::counted(day), log.day.end().to_be_bytes().as_slice());
    commit(counted)?;
    tables.delete(old)
}

fn commit(batch: fjall::OwnedWriteBatch) -> Result<(), StorageError> {
    batch.commit().map_err(|error| error::fjall("write marks", error))
}

/// What one user has of a day.
#[derive(Default)]
struct OfUser {
    key: Key,
    /// What their keys end with, and their rows.
    events: Vec<(Vec<u8>, fjall::Slice)>,
    ids: BTreeMap<String, EventFingerprint>,
}

impl OfUser {
    fn add_id(&mut self, id: &[u8], row: &[u8]) -> Result<(), BadRow> {
        let id = std::str::from_utf8(id).map_err(|error| BadRow::new(error.to_string()))?;
        let fingerprint = row.try_into().map_err(|_| BadRow::new("a fingerprint has 16 bytes"))?;
        self.ids.insert(id.to_owned(), EventFingerprint(fingerprint));
        Ok(())
    }

    /// Of several events with one id, which only a merge can have made, the first has the fingerprint.
    fn write(mut self, log: &mut Log) -> Result<(), StorageError> {
        for (suffix, row) in &self.events {
            let event = rows::event::decode(suffix, row).map_err(|bad| bad.at("the events of a day", &self.key))?;
            let fingerprint = self.ids.remove(event.id.as_str());
            log.add(Event {
                user: &self.key,
                trigger: event.trigger.as_str(),
                effective_at: event.effective_at,
                received_at: event.received_at,
                seq: event.seq,
                id: event.id.as_str(),
                fingerprint,
                properties: event.properties.as_str(),
            })?;
        }
        Ok(())
    }
}

struct Log {
    day: Day,
    pending: Pending,
}

impl Log {
    fn new(day: Day) -> Self {
        let pending = Pending::of(Some(&day));
        Self { day, pending }
    }

    fn add(&mut self, event: Event<'_>) -> Result<(), StorageError> {
        self.pending.add(event, false);
        if self.pending.end() - self.day.end() >= FRAME_BYTES { self.end() } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), StorageError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::replace(&mut self.pending, Pending::of(None));
        self.day.write(pending)?;
        self.day.work_off()?;
        self.pending = Pending::of(Some(&self.day));
        Ok(())
    }
}
