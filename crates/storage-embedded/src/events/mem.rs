//! Entries of the newest records, in memory.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use sonde_core::time::Timestamp;

use super::entry::{IdEntry, UserEntry};
use super::filter::Filter;
use super::index::MEM_ENTRIES;

/// Entries, each with the position of the record that made it.
pub(crate) type Entries<const N: usize> = BTreeMap<[u64; N], u64>;

/// What was written from one position of the log on.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) users: Entries<5>,
    pub(crate) ids: Entries<2>,
    pub(crate) newest: Newest,
}

/// The latest of what records carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    /// The highest sequence number; 0: none.
    pub(crate) seq: u64,
    /// The latest receipt.
    pub(crate) received_at: Option<Timestamp>,
}

impl Newest {
    pub(crate) fn united(self, other: Self) -> Self {
        Self { seq: self.seq.max(other.seq), received_at: self.received_at.max(other.received_at) }
    }
}

/// The same, to be read while more is added. Once another takes its place nothing changes any more.
pub(crate) struct Mem(RwLock<Filtered>);

/// With filters of the entries' first words: most who ask have nothing here, and searching a tree tells them ten times as late.
struct Filtered {
    rows: Rows,
    users: Filter,
    ids: Filter,
}

impl Default for Mem {
    fn default() -> Self {
        Self::of(Rows::default())
    }
}

impl Mem {
    pub(crate) fn of(rows: Rows) -> Self {
        let filter = |entries: usize| Filter::with_room_for(entries.max(MEM_ENTRIES));
        let (users, ids) = (filter(rows.users.len()), filter(rows.ids.len()));
        let mem = Self(RwLock::new(Filtered { rows: Rows::default(), users, ids }));
        mem.add(rows);
        mem
    }

    /// Only for as long as it takes to copy a few entries: the writer waits.
    pub(crate) fn read(&self) -> impl Deref<Target = Rows> {
        RowsGuard(self.lock())
    }

    /// `false`: no entry begins with the word.
    pub(crate) fn may_hold<const N: usize>(&self, first: u64) -> bool
    where
        Rows: Listed<N>,
    {
        let filtered = self.lock();
        Rows::filter(&filtered.users, &filtered.ids).may_hold(first)
    }

    fn lock(&self) -> RwLockReadGuard<'_, Filtered> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what a group came to.
    pub(crate) fn add(&self, rows: Rows) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Filtered { rows: known, users, ids } = &mut *all;
        rows.users.keys().for_each(|entry| users.add(entry[0]));
        rows.ids.keys().for_each(|entry| ids.add(entry[0]));
        known.users.extend(rows.users);
        known.ids.extend(rows.ids);
        known.newest = known.newest.united(rows.newest);
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        let rows = self.read();
        rows.users.len().max(rows.ids.len())
    }
}

struct RowsGuard<'a>(RwLockReadGuard<'a, Filtered>);

impl Deref for RowsGuard<'_> {
    type Target = Rows;

    fn deref(&self) -> &Rows {
        &self.0.rows
    }
}

/// The two lists of entries, so that what goes for the one goes for the other.
pub(crate) trait Listed<const N: usize> {
    fn entries(&self) -> &Entries<N>;

    /// Of the filters of both lists the one of this.
    fn filter<'a>(users: &'a Filter, ids: &'a Filter) -> &'a Filter;
}

impl Listed<5> for Rows {
    fn entries(&self) -> &Entries<{ size_of::<UserEntry>() / 8 }> {
        &self.users
    }

    fn filter<'a>(users: &'a Filter, _: &'a Filter) -> &'a Filter {
        users
    }
}

impl Listed<2> for Rows {
    fn entries(&self) -> &Entries<{ size_of::<IdEntry>() / 8 }> {
        &self.ids
    }

    fn filter<'a>(_: &'a Filter, ids: &'a Filter) -> &'a Filter {
        ids
    }
}
