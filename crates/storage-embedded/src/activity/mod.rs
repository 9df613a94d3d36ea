//! Activity in fjall: one writer, readers that share one view.

mod aliases;
mod attributes;
mod background;
mod erase;
mod group;
pub(crate) mod keys;
mod load;
mod merge;
mod notes;
pub(crate) mod present;
mod stats;
pub(crate) mod tables;
mod users;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use sonde_core::display::Display;
use sonde_core::event::{EventId, EventRecord};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::refusal::Refusal;
use sonde_core::time::Timestamp;
use sonde_core::user::{UserActivity, UserId, UserRef, UserState};
use sonde_storage::{
    AttributeStats, DecisionCounts, EventCursor, EventPage, Outcome, StorageError, StorageErrorKind, TriggerStats, UserCursor, UserPage,
    UsersWith, Write,
};

use crate::error::{self, BadRow};
use crate::folder::Folder;
use group::{Changed, Group};
use keys::Key;
use present::Filling;
use stats::TriggerBook;
use tables::{Bucket, Space, Tables, View};
use write::{LATEST_TIME, NEXT_EVENT_SEQ, Numbers, Pass, VERSION_FLOOR};

/// The store of everything keyed by user.
pub(crate) struct ActivityStore {
    /// The first to be dropped: it reads the tables.
    _filling: Option<Filling>,
    pub(crate) tables: Tables,
    writer: Mutex<Writer>,
    view: RwLock<Arc<View>>,
    /// Changed by the writer alone; apart from it, so that who lists triggers waits for no disk.
    book: RwLock<TriggerBook>,
    /// The number of the last outbox entry that is durable.
    outbox_written: AtomicU64,
}

/// What only the one writer touches.
pub(crate) struct Writer {
    numbers: Numbers,
    /// Who is being erased.
    erasing: BTreeSet<Key>,
    /// The newest first.
    buckets: Arc<[Bucket]>,
    /// Why nothing can be written any more.
    failed: Option<String>,
}

impl ActivityStore {
    /// Opens the store. `projected` is the number of the last outbox entry that SQLite knows.
    pub(crate) fn open(folder: &Folder, projected: u64) -> Result<Self, StorageError> {
        let (tables, buckets) = Tables::open(folder)?;
        aliases::list_those_of_before(&tables)?;
        let numbers = Numbers {
            event: stored_number(&tables, NEXT_EVENT_SEQ)?.unwrap_or(1),
            outbox: last_outbox_seq(&tables)?.max(projected) + 1,
            version_floor: stored_number(&tables, VERSION_FLOOR)?.unwrap_or(0),
            latest: stored_number(&tables, LATEST_TIME)?.map(|millis| Timestamp::from_millis(millis.cast_signed())),
        };
        let erasing = erase::under_way(&tables)?;
        let book = RwLock::new(TriggerBook::load(&tables)?);
        let buckets = newest_first(buckets);
        let filling = if buckets.is_empty() { None } else { Some(Filling::start(Arc::clone(&buckets))?) };
        let view = RwLock::new(Arc::new(tables.view(&buckets, numbers.version_floor)));
        let writer = Mutex::new(Writer { numbers, erasing, buckets, failed: None });
        Ok(Self { _filling: filling, tables, writer, view, book, outbox_written: AtomicU64::new(numbers.outbox - 1) })
    }

    /// What is stored, as of the last committed group.
    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of the last outbox entry that is durable.
    pub(crate) fn outbox_written(&self) -> u64 {
        self.outbox_written.load(Ordering::Acquire)
    }

    pub(crate) fn load(&self, user: &UserRef, now: Timestamp) -> Result<UserActivity, StorageError> {
        load::load(&self.tables, &self.view(), user, now)
    }

    pub(crate) fn state(&self, user: &UserRef) -> Result<UserState, StorageError> {
        load::state(&self.tables, &self.view(), user)
    }

    pub(crate) fn display(&self, user: &UserRef, id: DisplayId) -> Result<Option<Display>, StorageError> {
        load::display(&self.tables, &self.view(), user, id)
    }

    pub(crate) fn refusals(&self, user: &UserRef) -> Result<Vec<Refusal>, StorageError> {
        notes::refusals(&self.tables, &self.view(), user)
    }

    pub(crate) fn decision_counts(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<BTreeMap<i32, DecisionCounts>, StorageError> {
        notes::decision_counts(&self.tables, &self.view(), workspace, survey)
    }

    pub(crate) fn users_with(
        &self,
        workspace: WorkspaceId,
        with: UsersWith,
        after: Option<&UserCursor>,
        limit: usize,
    ) -> Result<UserPage, StorageError> {
        users::users_with(&self.tables, &self.view(), workspace, with, after, limit)
    }

    pub(crate) fn displays_of(&self, user: &UserRef, before: Option<DisplayId>, limit: usize) -> Result<Vec<Display>, StorageError> {
        load::displays_of(&self.tables, &self.view(), user, before, limit)
    }

    pub(crate) fn events_of(&self, user: &UserRef, from: Option<&EventCursor>, limit: usize) -> Result<EventPage, StorageError> {
        load::events_of(&self.tables, &self.view(), user, from, limit)
    }

    pub(crate) fn aliases_of(&self, user: &UserRef, limit: usize) -> Result<Vec<UserId>, StorageError> {
        aliases::of(&self.tables, &self.view(), user, limit)
    }

    pub(crate) fn erasures_under_way(&self) -> Result<Vec<UserRef>, StorageError> {
        let read = |key: &Key| keys::read_user(key).map(|(user, _)| user).map_err(|bad| bad.at(&Space::Meta.name(), key));
        self.lock()?.erasing.iter().map(read).collect()
    }

    /// The latest time that was stored with a write.
    pub(crate) fn latest_time(&self) -> Result<Option<Timestamp>, StorageError> {
        Ok(self.lock()?.numbers.latest)
    }

    pub(crate) fn attribute_stats(&self, workspace: WorkspaceId) -> Result<Vec<AttributeStats>, StorageError> {
        attributes::list(&self.tables, &self.view(), workspace)
    }

    pub(crate) fn find_events(&self, user: &UserRef, id: &EventId) -> Result<Vec<EventRecord>, StorageError> {
        load::find_events(&self.tables, &self.view(), user, id)
    }

    pub(crate) fn trigger_stats(&self, workspace: WorkspaceId) -> Vec<TriggerStats> {
        self.book.read().unwrap_or_else(PoisonError::into_inner).list(workspace)
    }

    /// Applies a group and makes it durable.
    pub(crate) fn commit(&self, group: &[Write]) -> Result<Vec<Outcome>, StorageError> {
        let mut guard = self.lock()?;
        let writer = &mut *guard;
        writer.refuse_after_failure()?;
        let applied = {
            let book = self.book.read().unwrap_or_else(PoisonError::into_inner);
            let group_rows = Group::new(&self.tables, &writer.buckets);
            Pass::new(group_rows, &book, writer.numbers, writer.erasing.clone()).apply_all(group)?
        };
        if !applied.spaces.is_empty() {
            // Before the rows: what readers see of them needs the numbers, and after a failure nothing is read or written.
            writer.numbers = applied.numbers;
            writer.erasing = applied.erasing;
            self.write(writer, applied.spaces)?;
            self.book.write().unwrap_or_else(PoisonError::into_inner).apply(applied.additions);
            self.outbox_written.store(applied.numbers.outbox - 1, Ordering::Release);
        }
        Ok(applied.outcomes)
    }

    /// Deletes buckets that nothing can matter of any more. Says how many.
    pub(crate) fn drop_expired(&self, now: Timestamp) -> Result<usize, StorageError> {
        let mut guard = self.lock()?;
        let writer = &mut *guard;
        writer.refuse_after_failure()?;
        let (expired, kept): (Vec<Bucket>, Vec<Bucket>) = writer.buckets.iter().cloned().partition(|bucket| bucket.is_expired(now));
        if expired.is_empty() {
            return Ok(0);
        }
        writer.buckets = newest_first(kept);
        let count = expired.len();
        for bucket in expired {
            let deleted = self.tables.delete_bucket(bucket);
            writer.fail_on_error("delete a bucket", deleted)?;
        }
        self.publish(writer);
        Ok(count)
    }

    /// One batch, one sync. Buckets that are missing are created before.
    fn write(&self, writer: &mut Writer, spaces: BTreeMap<Space, Changed>) -> Result<(), StorageError> {
        for space in spaces.keys() {
            if let Space::Bucket(day) = *space
                && !writer.buckets.iter().any(|bucket| bucket.day == day)
            {
                let created = self.tables.create_bucket(day);
                let bucket = writer.fail_on_error("create a bucket", created)?;
                writer.buckets = newest_first(writer.buckets.iter().cloned().chain([bucket]).collect());
            }
        }
        let mut batch = self.tables.batch(spaces.values().map(Changed::len).sum());
        for (space, changed) in spaces {
            let bucket = match space {
                Space::Bucket(day) => writer.buckets.iter().find(|bucket| bucket.day == day),
                _ => None,
            };
            let keyspace = match space {
                Space::Users => &self.tables.users,
                Space::Displays => &self.tables.displays,
                Space::Aliases => &self.tables.aliases,
                Space::Outbox => &self.tables.outbox,
                Space::Triggers => &self.tables.triggers,
                Space::Refusals => &self.tables.refusals,
                Space::Decisions => &self.tables.decisions,
                Space::Attributes => &self.tables.attributes,
                Space::Meta => &self.tables.meta,
                Space::Bucket(_) => match bucket {
                    Some(bucket) => &bucket.keyspace,
                    None => continue,
                },
            };
            for (key, row) in changed {
                // Before the row can be seen: who does not find its user in the filter does not look for it.
                if let Some(bucket) = bucket.filter(|_| row.is_some()) {
                    bucket.present.add(&key);
                }
                match row {
                    Some(row) => batch.insert(keyspace, key, row),
                    None => batch.remove(keyspace, key),
                }
            }
        }
        let committed = batch.commit().map_err(|error| error::fjall("commit a group", error));
        writer.fail_on_error("commit a group", committed)?;
        self.publish(writer);
        Ok(())
    }

    /// Lets readers see what was committed.
    fn publish(&self, writer: &Writer) {
        let view = Arc::new(self.tables.view(&writer.buckets, writer.numbers.version_floor));
        let before = std::mem::replace(&mut *self.view.write().unwrap_or_else(PoisonError::into_inner), view);
        // Outside the lock: it may be the last holder of a deleted bucket, whose files then go.
        drop(before);
    }

    /// As if the disk had refused a write.
    #[cfg(test)]
    pub(crate) fn fail(&self, why: &str) {
        self.lock().expect("no write panicked").failed = Some(why.to_owned());
    }

    /// The writer, waited for by blocking: a group is synced within a fraction of a millisecond.
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, Writer>, StorageError> {
        self.writer.lock().map_err(|_| StorageError::new(StorageErrorKind::Fatal, "a write ended in a panic, nothing more can be written"))
    }
}

impl Writer {
    fn refuse_after_failure(&self) -> Result<(), StorageError> {
        match &self.failed {
            None => Ok(()),
            Some(why) => Err(StorageError::new(StorageErrorKind::Fatal, format!("the store failed before: {why}"))),
        }
    }

    /// After a failed write nobody knows what is on disk: every later one is refused, none is tried again.
    fn fail_on_error<T>(&mut self, what: &str, result: Result<T, StorageError>) -> Result<T, StorageError> {
        result.map_err(|error| {
            tracing::error!(%error, "the disk refused to keep data, nothing more is accepted");
            self.failed = Some(error.to_string());
            StorageError::with_source(StorageErrorKind::Fatal, format!("cannot {what}, nothing more can be written"), error)
        })
    }
}

fn newest_first(mut buckets: Vec<Bucket>) -> Arc<[Bucket]> {
    buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket.day));
    buckets.into()
}

fn stored_number(tables: &Tables, key: &[u8]) -> Result<Option<u64>, StorageError> {
    let row = tables.meta.get(key).map_err(|error| error::fjall("read a number", error))?;
    row.map(|row| read_number(Space::Meta, key, &row)).transpose()
}

fn last_outbox_seq(tables: &Tables) -> Result<u64, StorageError> {
    match tables.outbox.last_key_value() {
        None => Ok(0),
        Some(guard) => {
            let key = guard.key().map_err(|error| error::fjall("read the outbox", error))?;
            read_number(Space::Outbox, &key, &key)
        }
    }
}

/// A number of eight bytes, found in the row at `key`.
pub(crate) fn read_number(space: Space, key: &[u8], bytes: &[u8]) -> Result<u64, StorageError> {
    let bytes: [u8; 8] = bytes.try_into().map_err(|_| BadRow::new("a number has 8 bytes").at(&space.name(), key))?;
    Ok(u64::from_be_bytes(bytes))
}
