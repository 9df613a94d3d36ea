//! Activity: events in logs, everything else in fjall; one writer, readers that share one view.

mod aliases;
mod attributes;
mod background;
mod erase;
mod group;
pub(crate) mod keys;
pub(crate) mod load;
mod merge;
mod notes;
mod parts;
pub(crate) mod present;
mod stats;
pub(crate) mod tables;
pub(crate) mod upkeep;
mod users;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use fjall::Keyspace;
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
use crate::events::upkeep::{Done, Work};
use crate::events::{Day, DroppedDay, Newest, Pending};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::upgrade;
use group::{Changed, Group};
use keys::Key;
use parts::parts;
use present::{Filling, Present};
use stats::TriggerBook;
use tables::{Bucket, Space, Tables, View};
use upkeep::Bell;
use write::{Applied, LATEST_TIME, NEXT_EVENT_SEQ, Numbers, Pass, Unreadable, VERSION_FLOOR};

/// The store of everything keyed by user.
pub(crate) struct ActivityStore {
    /// The first to be dropped: it reads the tables.
    _filling: Option<Filling>,
    pub(crate) tables: Tables,
    /// The folder of events.
    events: PathBuf,
    writer: Mutex<Writer>,
    /// The writer need not wait for [`upkeep`] any more.
    caught_up: Condvar,
    bell: Bell,
    /// Held while [`upkeep`] writes or removes files: whoever holds it finds them all whole.
    pub(crate) filing: Mutex<()>,
    /// Held while the marks of a day are deleted that was dropped; taken behind `writer`.
    unmarking: Mutex<()>,
    view: RwLock<Arc<View>>,
    /// Changed by the writer alone; apart from it, so that who lists triggers waits for no disk.
    book: RwLock<TriggerBook>,
    /// The number of the last outbox entry that is durable.
    outbox_written: AtomicU64,
    failure: Failure,
}

/// What only the one writer touches.
pub(crate) struct Writer {
    numbers: Numbers,
    /// Who is being erased.
    erasing: BTreeSet<Key>,
    /// The newest first.
    buckets: Vec<Bucket>,
    /// Days that were dropped and are to be deleted.
    gone: Vec<Gone>,
    /// Why nothing can be written any more.
    failed: Option<String>,
    /// Who is told so.
    failure: Failure,
}

/// A day that was dropped: nobody finds it any more, and it still takes room.
struct Gone {
    day: i32,
    events: DroppedDay,
    /// `None`: already deleted.
    marks: Option<Keyspace>,
}

impl ActivityStore {
    /// Opens the store. `projected` is the number of the last outbox entry that SQLite knows; `failure` is told when the disk
    /// refuses to keep data, whoever was writing.
    pub(crate) fn open(folder: &Folder, projected: u64, failure: Failure) -> Result<Self, StorageError> {
        let tables = Tables::open(folder)?;
        aliases::list_those_of_before(&tables)?;
        let events = folder.events();
        upgrade::bring_events_into_logs(&tables, &events)?;
        let mut book = TriggerBook::load(&tables)?;
        let buckets = open_buckets(&tables, &events, &mut book)?;
        let newest = buckets.iter().map(|bucket| bucket.events.newest()).fold(Newest::default(), Newest::united);
        let latest = stored_number(&tables, LATEST_TIME)?.map(|millis| Timestamp::from_millis(millis.cast_signed()));
        let numbers = Numbers {
            event: stored_number(&tables, NEXT_EVENT_SEQ)?.unwrap_or(1).max(newest.seq + 1),
            outbox: last_outbox_seq(&tables)?.max(projected) + 1,
            version_floor: stored_number(&tables, VERSION_FLOOR)?.unwrap_or(0),
            latest: latest.max(newest.received_at),
        };
        let erasing = erase::under_way(&tables)?;
        let view = tables.view(&buckets, numbers.version_floor);
        let filling = if buckets.is_empty() { None } else { Some(Filling::start(view.buckets.clone())?) };
        let writer = Mutex::new(Writer { numbers, erasing, buckets, gone: Vec::new(), failed: None, failure: failure.clone() });
        Ok(Self {
            _filling: filling,
            tables,
            events,
            writer,
            caught_up: Condvar::new(),
            bell: Bell::default(),
            filing: Mutex::new(()),
            unmarking: Mutex::new(()),
            view: RwLock::new(Arc::new(view)),
            book: RwLock::new(book),
            outbox_written: AtomicU64::new(numbers.outbox - 1),
            failure,
        })
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

    pub(crate) fn display_with_state(&self, user: &UserRef, id: DisplayId) -> Result<(UserState, Option<Display>), StorageError> {
        load::display_with_state(&self.tables, &self.view(), user, id)
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
        let mut writer = self.lock()?;
        let must_wait = |writer: &mut Writer| writer.failed.is_none() && writer.buckets.iter().any(|bucket| bucket.events.is_behind());
        writer = self.caught_up.wait_while(writer, must_wait).map_err(|_| panicked())?;
        writer.refuse_after_failure()?;
        let mut outcomes = Vec::with_capacity(group.len());
        for part in parts(group) {
            outcomes.extend(self.commit_part(&mut writer, part)?);
        }
        Ok(outcomes)
    }

    fn commit_part(&self, writer: &mut Writer, group: &[Write]) -> Result<Vec<Outcome>, StorageError> {
        let applied = self.apply(writer, group)?;
        if !applied.spaces.is_empty() || !applied.days.is_empty() {
            // Before the rows: what readers see of them needs the numbers, and after a failure nothing is read or written.
            writer.numbers = applied.numbers;
            writer.erasing = applied.erasing;
            self.write(writer, applied.days, applied.spaces)?;
            self.book.write().unwrap_or_else(PoisonError::into_inner).apply(applied.additions);
            self.outbox_written.store(applied.numbers.outbox - 1, Ordering::Release);
        }
        Ok(applied.outcomes)
    }

    /// What a group comes to. A write that rests on what cannot be read is refused alone, else one bad row would end the
    /// process with every call that needs it, and so everybody's. Where it had changed rows of the group before it came
    /// upon that, the group is applied anew without it: each time one less, and in good order never.
    fn apply(&self, writer: &Writer, group: &[Write]) -> Result<Applied, StorageError> {
        let book = self.book.read().unwrap_or_else(PoisonError::into_inner);
        let mut unreadable = Unreadable::new();
        loop {
            let rows = Group::new(&self.tables, &writer.buckets);
            let pass = Pass::new(rows, &book, writer.numbers, writer.erasing.clone());
            if let Some(applied) = pass.apply_all(group, &mut unreadable)? {
                return Ok(applied);
            }
        }
    }

    /// Deletes buckets that nothing can matter of any more. Says how many.
    pub(crate) fn drop_expired(&self, now: Timestamp) -> Result<usize, StorageError> {
        let mut guard = self.lock()?;
        let writer = &mut *guard;
        writer.refuse_after_failure()?;
        let is_expired = |bucket: &Bucket| bucket.is_expired(now);
        if !writer.buckets.iter().any(is_expired) {
            return Ok(0);
        }
        let written = self.write_what_logs_say(writer);
        writer.fail_on_error("write statistics", written)?;
        let (expired, kept): (Vec<Bucket>, Vec<Bucket>) = std::mem::take(&mut writer.buckets).into_iter().partition(is_expired);
        writer.buckets = kept;
        let count = expired.len();
        for bucket in expired {
            let gone = bucket.events.drop_folder();
            let gone = writer.fail_on_error("drop a bucket", gone)?;
            writer.gone.push(Gone { day: bucket.day, events: gone, marks: Some(bucket.marks) });
        }
        self.publish(writer);
        self.bell.ring();
        self.caught_up.notify_all();
        Ok(count)
    }

    /// What is stored, with everything in rows that logs would say at the next start.
    pub(crate) fn settled_view(&self) -> Result<Arc<View>, StorageError> {
        let mut writer = self.lock()?;
        writer.refuse_after_failure()?;
        let written = self.write_what_logs_say(&writer);
        writer.fail_on_error("write statistics", written)?;
        self.publish(&writer);
        Ok(self.view())
    }

    /// Writes what is known from the logs only.
    fn write_what_logs_say(&self, writer: &Writer) -> Result<(), StorageError> {
        let mut group = Group::new(&self.tables, &writer.buckets);
        let mut book = self.book.write().unwrap_or_else(PoisonError::into_inner);
        book.write_unwritten(&mut group);
        for (key, number) in writer.numbers.rows() {
            group.put(Space::Meta, key.to_vec(), number.to_be_bytes().to_vec());
        }
        let (spaces, _) = group.into_parts();
        self.write_rows(writer, spaces)?;
        book.written();
        Ok(())
    }

    /// Events first, then rows, each synced: rows tell of events, never the other way round. Buckets that are missing are
    /// created before.
    fn write(&self, writer: &mut Writer, days: BTreeMap<i32, Pending>, spaces: BTreeMap<Space, Changed>) -> Result<(), StorageError> {
        for (day, pending) in days {
            if !writer.buckets.iter().any(|bucket| bucket.day == day) {
                let unmarked = self.unmark_before_reuse(writer, day);
                writer.fail_on_error("delete a bucket", unmarked)?;
                let created = create_bucket(&self.tables, &self.events, day);
                let bucket = writer.fail_on_error("create a bucket", created)?;
                writer.buckets.push(bucket);
                writer.buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket.day));
                finish_days(&mut writer.buckets);
                self.bell.ring();
            }
            let Some(bucket) = writer.buckets.iter_mut().find(|bucket| bucket.day == day) else { continue };
            let written = bucket.events.write(pending);
            if writer.fail_on_error("commit a group", written)? {
                self.bell.ring();
            }
        }
        if !spaces.is_empty() {
            let written = self.write_rows(writer, spaces);
            writer.fail_on_error("commit a group", written)?;
        }
        self.publish(writer);
        Ok(())
    }

    /// One batch, one sync.
    fn write_rows(&self, writer: &Writer, spaces: BTreeMap<Space, Changed>) -> Result<(), StorageError> {
        let mut batch = self.tables.batch(spaces.values().map(Changed::len).sum());
        for (space, changed) in spaces {
            let bucket = match space {
                Space::Marks(day) => writer.buckets.iter().find(|bucket| bucket.day == day),
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
                Space::Marks(_) => match bucket {
                    Some(bucket) => &bucket.marks,
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
        batch.commit().map_err(|error| error::fjall("commit a group", error))
    }

    /// Deletes the rows of a day that was dropped; its files are returned, to be deleted. Writes go on meanwhile.
    fn next_gone(&self) -> Result<Option<DroppedDay>, StorageError> {
        let mut writer = self.lock()?;
        let Some(gone) = writer.gone.pop() else { return Ok(None) };
        let _unmarking = self.unmarking.lock().unwrap_or_else(PoisonError::into_inner);
        drop(writer);
        if let Some(marks) = gone.marks {
            self.unmark(gone.day, marks)?;
        }
        Ok(Some(gone.events))
    }

    /// A clock that was set back can bring a day again that was dropped: what is left of its rows goes before.
    fn unmark_before_reuse(&self, writer: &mut Writer, day: i32) -> Result<(), StorageError> {
        let _unmarking = self.unmarking.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in writer.gone.iter_mut().filter(|gone| gone.day == day) {
            if let Some(marks) = gone.marks.take() {
                self.unmark(day, marks)?;
            }
        }
        Ok(())
    }

    fn unmark(&self, day: i32, marks: Keyspace) -> Result<(), StorageError> {
        self.tables.delete(marks)?;
        forget_count(&self.tables, day)
    }

    /// What is to go from memory to a file.
    fn next_filing(&self) -> Result<Option<(i32, Work)>, StorageError> {
        Ok(self.lock()?.buckets.iter().find_map(|bucket| Some((bucket.day, bucket.events.filing()?))))
    }

    /// Which files are to become one.
    fn next_uniting(&self) -> Result<Option<(i32, Work)>, StorageError> {
        Ok(self.lock()?.buckets.iter().find_map(|bucket| Some((bucket.day, bucket.events.uniting()?))))
    }

    /// Takes over what was done for a day. Returns files to be removed.
    fn take_work(&self, day: i32, done: Done) -> Result<Vec<PathBuf>, StorageError> {
        let mut writer = self.lock()?;
        let bucket = writer.buckets.iter_mut().find(|bucket| bucket.day == day);
        // That of a day that was dropped meanwhile goes with its folder.
        let replaced = bucket.map(|bucket| bucket.events.take(done)).unwrap_or_default();
        self.publish(&writer);
        self.caught_up.notify_all();
        Ok(replaced)
    }

    fn keep_runs_apart(&self, day: i32) -> Result<(), StorageError> {
        self.lock()?.buckets.iter_mut().filter(|bucket| bucket.day == day).for_each(|bucket| bucket.events.keep_runs_apart());
        Ok(())
    }

    fn has_day(&self, day: i32) -> Result<bool, StorageError> {
        Ok(self.lock()?.buckets.iter().any(|bucket| bucket.day == day))
    }

    /// The index cannot be kept in order: nothing more is accepted. Told before the writer is waited for, which a group on a
    /// slow disk may hold.
    fn fail_upkeep(&self, error: &StorageError) {
        self.failure.tell(error);
        if let Ok(mut writer) = self.lock() {
            writer.failed.get_or_insert_with(|| error.to_string());
        }
        self.caught_up.notify_all();
    }

    /// Lets readers see what was committed.
    fn publish(&self, writer: &Writer) {
        let view = Arc::new(self.tables.view(&writer.buckets, writer.numbers.version_floor));
        let before = std::mem::replace(&mut *self.view.write().unwrap_or_else(PoisonError::into_inner), view);
        // Outside the lock: it may be the last holder of a deleted bucket, whose files then go.
        drop(before);
    }

    /// Brings all indexes of events into files, as [`upkeep`] does.
    #[cfg(test)]
    pub(crate) fn file_indexes(&self) {
        let _filing = self.filing.lock().expect("no upkeep panicked");
        let mut guard = self.lock().expect("no write panicked");
        let writer = &mut *guard;
        for bucket in &mut writer.buckets {
            bucket.events.freeze();
            bucket.events.work_off().expect("the disk works");
        }
        self.publish(writer);
    }

    /// Waits until nothing is left of days that were dropped.
    #[cfg(test)]
    pub(crate) fn wait_until_gone(&self) {
        let is_gone = |path: PathBuf| path.extension().is_some_and(|end| end == "gone");
        let folders = || std::fs::read_dir(&self.events).expect("the folder is there");
        while folders().any(|folder| is_gone(folder.expect("it can be listed").path())) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// As if the disk had refused a write.
    #[cfg(test)]
    pub(crate) fn fail(&self, why: &str) {
        self.lock().expect("no write panicked").failed = Some(why.to_owned());
    }

    /// The writer, waited for by blocking: a group is synced within a fraction of a millisecond.
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, Writer>, StorageError> {
        self.writer.lock().map_err(|_| panicked())
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
            self.failure.tell(&error);
            self.failed = Some(error.to_string());
            StorageError::with_source(StorageErrorKind::Fatal, format!("cannot {what}, nothing more can be written"), error)
        })
    }
}

fn panicked() -> StorageError {
    StorageError::new(StorageErrorKind::Fatal, "a write ended in a panic, nothing more can be written")
}

/// The buckets that are there, the newest first. Events that are not in the statistics yet are counted.
fn open_buckets(tables: &Tables, events: &Path, book: &mut TriggerBook) -> Result<Vec<Bucket>, StorageError> {
    crate::events::remove_leftovers(events)?;
    let days = crate::events::days(events)?;
    let (marked, _) = tables.days();
    for day in marked.into_iter().filter(|day| !days.contains(day)) {
        tables.delete(tables.marks(day)?)?;
    }
    forget_counts(tables, &days)?;
    let mut buckets = Vec::with_capacity(days.len());
    for day in days.into_iter().rev() {
        let counted = stored_number(tables, &keys::counted(day))?.unwrap_or(0);
        let events = book.recount(|count| Day::open(events, day, counted, count))?;
        buckets.push(Bucket { day, events, marks: tables.marks(day)?, present: Arc::default() });
    }
    finish_days(&mut buckets);
    Ok(buckets)
}

/// All days but the newest are over: time never goes back.
fn finish_days(newest_first: &mut [Bucket]) {
    newest_first.iter_mut().skip(1).for_each(|bucket| bucket.events.finish());
}

/// The log first: marks without one are deleted at the next start.
fn create_bucket(tables: &Tables, events: &Path, day: i32) -> Result<Bucket, StorageError> {
    let events = Day::create(events, day)?;
    Ok(Bucket { day, events, marks: tables.marks(day)?, present: Arc::new(Present::of_an_empty_bucket()) })
}

/// Removes how far the events of days were counted that are gone.
fn forget_counts(tables: &Tables, days: &[i32]) -> Result<(), StorageError> {
    for guard in tables.meta.prefix(keys::COUNTED) {
        let key = guard.key().map_err(|error| error::fjall("read numbers", error))?;
        if let Some(day) = keys::read_counted(&key).filter(|day| !days.contains(day)) {
            forget_count(tables, day)?;
        }
    }
    Ok(())
}

fn forget_count(tables: &Tables, day: i32) -> Result<(), StorageError> {
    let mut batch = tables.batch(1);
    batch.remove(&tables.meta, keys::counted(day));
    batch.commit().map_err(|error| error::fjall("forget a bucket", error))
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
