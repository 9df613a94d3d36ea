//! Entries of the newest records, in memory.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use sonde_core::time::Timestamp;

use super::entry::{IdEntry, UserEntry};

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
#[derive(Default)]
pub(crate) struct Mem(RwLock<Rows>);

impl Mem {
    pub(crate) fn of(rows: Rows) -> Self {
        Self(RwLock::new(rows))
    }

    /// Only for as long as it takes to copy a few entries: the writer waits.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Rows> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what a group came to.
    pub(crate) fn add(&self, rows: Rows) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.users.extend(rows.users);
        all.ids.extend(rows.ids);
        all.newest = all.newest.united(rows.newest);
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        let rows = self.read();
        rows.users.len().max(rows.ids.len())
    }
}

/// The two lists of entries, so that what goes for the one goes for the other.
pub(crate) trait Listed<const N: usize> {
    fn entries(&self) -> &Entries<N>;
}

impl Listed<5> for Rows {
    fn entries(&self) -> &Entries<{ size_of::<UserEntry>() / 8 }> {
        &self.users
    }
}

impl Listed<2> for Rows {
    fn entries(&self) -> &Entries<{ size_of::<IdEntry>() / 8 }> {
        &self.ids
    }
}
