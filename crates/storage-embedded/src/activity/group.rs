//! The rows that one group of writes has changed so far: later writes of the group see them, nobody else does until the
//! whole group is committed.

use std::collections::BTreeMap;
use std::ops::Bound;

use fjall::{Keyspace, Slice};
use sonde_storage::StorageError;

use super::keys::Key;
use super::tables::{Bucket, Space, Tables};
use crate::error;
use crate::events::entry::UserEntry;
use crate::events::record::Event;
use crate::events::{Pending, Reading};

/// The rows of one keyspace that are changed; `None`: removed.
pub(crate) type Changed = BTreeMap<Key, Option<Slice>>;

/// Rows on the way to one batch.
pub(crate) struct Group<'a> {
    tables: &'a Tables,
    buckets: &'a [Bucket],
    spaces: BTreeMap<Space, Changed>,
    /// What goes to the logs of days.
    days: BTreeMap<i32, Pending>,
    /// How often anything was changed.
    changes: u64,
}

/// The first rows under a prefix.
pub(crate) struct Scanned {
    /// In order.
    pub(crate) rows: Vec<(Key, Slice)>,
    /// Whether there are no others.
    pub(crate) complete: bool,
}

impl<'a> Group<'a> {
    pub(crate) fn new(tables: &'a Tables, buckets: &'a [Bucket]) -> Self {
        Self { tables, buckets, spaces: BTreeMap::new(), days: BTreeMap::new(), changes: 0 }
    }

    /// How often anything was changed: whoever did not raise it left no trace.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether no row is to be stored; there may be events.
    pub(crate) fn has_no_rows(&self) -> bool {
        self.spaces.is_empty()
    }

    /// What is to be stored: rows, and what goes to the logs of days.
    pub(crate) fn into_parts(self) -> (BTreeMap<Space, Changed>, BTreeMap<i32, Pending>) {
        (self.spaces, self.days)
    }

    /// Puts an event into the log of a day: one that was received, or one that was another user's before.
    pub(crate) fn add_event(&mut self, day: i32, event: Event<'_>, is_moved: bool) {
        self.pending(day).add(event, is_moved);
    }

    /// Removes an event that lies at an entry of a day.
    pub(crate) fn remove_event(&mut self, day: i32, entry: &UserEntry, event: &Event<'_>) {
        self.pending(day).remove(entry, event);
    }

    fn pending(&mut self, day: i32) -> &mut Pending {
        self.changes += 1;
        let buckets = self.buckets;
        self.days.entry(day).or_insert_with(|| Pending::of(buckets.iter().find(|bucket| bucket.day == day).map(|bucket| &bucket.events)))
    }

    /// The events of a day as this group leaves them; `None`: it has none.
    pub(crate) fn events(&self, day: i32) -> Option<Reading<'_>> {
        let pending = self.days.get(&day);
        let bucket = self.buckets.iter().find(|bucket| bucket.day == day);
        bucket.map_or_else(|| pending.map(Reading::of_new), |bucket| Some(bucket.events.reading(pending)))
    }

    /// How far the logs reach once this is stored, by day.
    pub(crate) fn ends(&self) -> BTreeMap<i32, u64> {
        let stored = self.buckets.iter().map(|bucket| (bucket.day, bucket.events.end()));
        stored.chain(self.days.iter().map(|(day, pending)| (*day, pending.end()))).collect()
    }

    pub(crate) fn put(&mut self, space: Space, key: Key, row: Vec<u8>) {
        self.changes += 1;
        self.spaces.entry(space).or_default().insert(key, Some(row.into()));
    }

    pub(crate) fn remove(&mut self, space: Space, key: Key) {
        self.changes += 1;
        self.spaces.entry(space).or_default().insert(key, None);
    }

    /// A row as this group leaves it. Committed rows are read as they are now: nobody but the writer changes them.
    pub(crate) fn get(&self, space: Space, key: &[u8]) -> Result<Option<Slice>, StorageError> {
        if let Some(row) = self.spaces.get(&space).and_then(|changed| changed.get(key)) {
            return Ok(row.clone());
        }
        match self.keyspace(space) {
            Some(keyspace) => keyspace.get(key).map_err(|error| error::fjall("read a row", error)),
            None => Ok(None),
        }
    }

    pub(crate) fn contains(&self, space: Space, key: &[u8]) -> Result<bool, StorageError> {
        self.get(space, key).map(|row| row.is_some())
    }

    /// The first rows under a prefix: at most `rows_max`, and no more once they hold `bytes_max`.
    pub(crate) fn scan(&self, space: Space, prefix: &[u8], rows_max: usize, bytes_max: usize) -> Result<Scanned, StorageError> {
        let nothing = Changed::new();
        let changed = self.spaces.get(&space).unwrap_or(&nothing);
        let under_prefix = (Bound::Included(prefix), Bound::Unbounded);
        let mut fresh = changed.range::<[u8], _>(under_prefix).take_while(|(key, _)| key.starts_with(prefix)).peekable();
        let mut committed = self.keyspace(space).map(|keyspace| keyspace.prefix(prefix)).into_iter().flatten();
        let mut next_committed =
            || committed.next().map(fjall::Guard::into_inner).transpose().map_err(|error| error::fjall("read rows", error));

        let mut scanned = Scanned { rows: Vec::new(), complete: false };
        let mut bytes = 0;
        let mut old = next_committed()?;
        while scanned.rows.len() < rows_max && bytes < bytes_max {
            let take_fresh = match (&old, fresh.peek()) {
                (None, None) => {
                    scanned.complete = true;
                    break;
                }
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (Some((old, _)), Some((new, _))) => new.as_slice() <= &**old,
            };
            let (key, row) = if take_fresh {
                let Some((key, row)) = fresh.next() else { break };
                if old.as_ref().is_some_and(|(old, _)| **old == **key) {
                    old = next_committed()?;
                }
                (key.clone(), row.clone())
            } else {
                let Some((key, row)) = std::mem::replace(&mut old, next_committed()?) else { break };
                (key.to_vec(), Some(row))
            };
            if let Some(row) = row {
                bytes += row.len();
                scanned.rows.push((key, row));
            }
        }
        Ok(scanned)
    }

    /// Whether a day has a bucket, or will have one once this group is committed.
    pub(crate) fn has_bucket(&self, day: i32) -> bool {
        self.days.contains_key(&day) || self.buckets.iter().any(|bucket| bucket.day == day)
    }

    /// All such days, the newest first.
    pub(crate) fn days(&self) -> Vec<i32> {
        let mut days: Vec<i32> = self.buckets.iter().map(|bucket| bucket.day).collect();
        days.extend(self.days.keys());
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        days
    }

    fn keyspace(&self, space: Space) -> Option<&Keyspace> {
        match space {
            Space::Users => Some(&self.tables.users),
            Space::Displays => Some(&self.tables.displays),
            Space::Aliases => Some(&self.tables.aliases),
            Space::Outbox => Some(&self.tables.outbox),
            Space::Triggers => Some(&self.tables.triggers),
            Space::Refusals => Some(&self.tables.refusals),
            Space::Decisions => Some(&self.tables.decisions),
            Space::Attributes => Some(&self.tables.attributes),
            Space::Meta => Some(&self.tables.meta),
            Space::Marks(day) => self.buckets.iter().find(|bucket| bucket.day == day).map(|bucket| &bucket.marks),
        }
    }
}
