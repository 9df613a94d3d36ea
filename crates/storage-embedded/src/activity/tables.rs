//! fjall: its keyspaces, and the one consistent view of them that readers share.

use std::path::Path;
use std::sync::Arc;

use fjall::compaction::Leveled;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Snapshot};
use sonde_core::event::EVENT_LIFETIME;
use sonde_core::time::Timestamp;
use sonde_storage::StorageError;

use super::background;
use super::present::Present;
use crate::error;
use crate::events::{Day, DayView};
use crate::folder::{Folder, sync_folder};
use crate::journal;

const MIB: u64 = 1024 * 1024;
/// Blocks, filters and indexes of files; filled only as they are read, so an idle server has next to none of it.
const CACHE_BYTES: u64 = 64 * MIB;
/// All journals together. What is in them is read again at start, so this bounds the time to be ready.
const JOURNALS_BYTES: u64 = 128 * MIB;
/// What is held in memory of users, displays or a day's marks before it goes to a file. Up to four such wait while the disk
/// is busy.
const USERS_MEMORY_BYTES: u64 = 8 * MIB;
/// The same for the keyspaces that stay small.
const SMALL_MEMORY_BYTES: u64 = 2 * MIB;
/// Writing out memory must not wait until files are merged: once four sealed tables wait, fjall stops writers for a tenth of
/// a second at a time. With more than one, fjall keeps the first free for writing out; asked to merge, that one passes the
/// request on, over and over for as long as all others merge. Of three there is nearly always one to take it.
pub(super) const WORKERS: usize = 3;
/// A file that merging makes. It is synced as a whole, and a group of writes that is synced meanwhile waits for it: 64 MiB, fjall's
/// own choice, take the disk tens of milliseconds.
const FILE_BYTES: u64 = 8 * MIB;

const MARKS_PREFIX: &str = "marks-";
/// Up to format 2 of the data folder, events lay in fjall: a keyspace for each day, with its marks.
const EVENTS_PREFIX: &str = "events-";

/// Where a row lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Space {
    /// The state of each user.
    Users,
    /// Displays, by user.
    Displays,
    /// Anonymous ids, by the user they stand for.
    Aliases,
    /// What SQLite is still to be told.
    Outbox,
    /// Statistics of triggers.
    Triggers,
    /// What is kept of refusals, by user.
    Refusals,
    /// How often decisions looked at each survey, by day.
    Decisions,
    /// Names of attributes, by workspace.
    Attributes,
    /// Single rows about the store itself.
    Meta,
    /// Marks of events that were received on one UTC day.
    Marks(i32),
}

impl Space {
    /// The name of its keyspace.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Users => "users".to_owned(),
            Self::Displays => "displays".to_owned(),
            Self::Aliases => "aliases".to_owned(),
            Self::Outbox => "outbox".to_owned(),
            Self::Triggers => "trigger_stats".to_owned(),
            Self::Refusals => "refusals".to_owned(),
            Self::Decisions => "decisions".to_owned(),
            Self::Attributes => "attribute_stats".to_owned(),
            Self::Meta => "meta".to_owned(),
            Self::Marks(day) => format!("{MARKS_PREFIX}{day}"),
        }
    }

    const fn memory_bytes(self) -> u64 {
        match self {
            Self::Users | Self::Displays | Self::Marks(_) => USERS_MEMORY_BYTES,
            Self::Aliases | Self::Outbox | Self::Triggers | Self::Attributes | Self::Refusals | Self::Decisions | Self::Meta => {
                SMALL_MEMORY_BYTES
            }
        }
    }
}

/// Everything received on one UTC day, for the one writer.
pub(crate) struct Bucket {
    pub(crate) day: i32,
    pub(crate) events: Day,
    pub(crate) marks: Keyspace,
    /// Who may have marks in it.
    pub(crate) present: Arc<Present>,
}

/// The same for readers.
#[derive(Clone)]
pub(crate) struct BucketView {
    pub(crate) day: i32,
    pub(crate) events: DayView,
    pub(crate) marks: Keyspace,
    pub(crate) present: Arc<Present>,
}

impl Bucket {
    /// Whether nothing in it can matter any more.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        Timestamp::from_utc_day(self.day.saturating_add(1)) + EVENT_LIFETIME <= now
    }

    pub(crate) fn view(&self) -> BucketView {
        BucketView { day: self.day, events: self.events.view(), marks: self.marks.clone(), present: Arc::clone(&self.present) }
    }
}

/// What readers see: one moment, right after a group was committed.
///
/// Readers never take a snapshot of their own. fjall raises the number up to which rows are visible not only when a
/// batch is complete but also when one of its background threads has written a file, and a snapshot taken just then
/// sees the part of a batch that is already in memory. The writer takes the snapshot between two batches.
pub(crate) struct View {
    pub(crate) snapshot: Snapshot,
    /// The newest first.
    pub(crate) buckets: Vec<BucketView>,
    /// The version of a user nobody has written.
    pub(crate) version_floor: u64,
}

/// The open database with its keyspaces, other than those of days.
pub(crate) struct Tables {
    pub(crate) users: Keyspace,
    pub(crate) displays: Keyspace,
    pub(crate) aliases: Keyspace,
    pub(crate) outbox: Keyspace,
    pub(crate) triggers: Keyspace,
    pub(crate) refusals: Keyspace,
    pub(crate) decisions: Keyspace,
    pub(crate) attributes: Keyspace,
    pub(crate) meta: Keyspace,
    db: Database,
}

impl Tables {
    /// Opens fjall in the data folder, and makes it at the first start.
    pub(crate) fn open(folder: &Folder) -> Result<Self, StorageError> {
        let path = folder.activity();
        if !path.exists() {
            make(folder)?;
        }
        journal::mend(&path)?;
        Self::open_at(&path)
    }

    /// Opens fjall in a folder of its own.
    pub(crate) fn open_at(path: &Path) -> Result<Self, StorageError> {
        let db = background::at_low_priority(|| open_database(path))?;
        let open = |space: Space| keyspace(&db, &space.name(), space.memory_bytes());
        let tables = Self {
            users: open(Space::Users)?,
            displays: open(Space::Displays)?,
            aliases: open(Space::Aliases)?,
            outbox: open(Space::Outbox)?,
            triggers: open(Space::Triggers)?,
            refusals: open(Space::Refusals)?,
            decisions: open(Space::Decisions)?,
            attributes: open(Space::Attributes)?,
            meta: open(Space::Meta)?,
            db,
        };
        tables.note_keyspaces_changed()?;
        Ok(tables)
    }

    /// The days that have marks, and the days whose events lie in fjall as up to format 2.
    pub(crate) fn days(&self) -> (Vec<i32>, Vec<i32>) {
        let days = |prefix: &str| {
            let names = self.db.list_keyspace_names();
            let mut days: Vec<i32> = names.iter().filter_map(|name| name.strip_prefix(prefix)?.parse().ok()).collect();
            days.sort_unstable();
            days
        };
        (days(MARKS_PREFIX), days(EVENTS_PREFIX))
    }

    /// All keyspaces but those of days.
    pub(crate) fn fixed(&self) -> [(Space, &Keyspace); 9] {
        [
            (Space::Users, &self.users),
            (Space::Displays, &self.displays),
            (Space::Aliases, &self.aliases),
            (Space::Outbox, &self.outbox),
            (Space::Triggers, &self.triggers),
            (Space::Refusals, &self.refusals),
            (Space::Decisions, &self.decisions),
            (Space::Attributes, &self.attributes),
            (Space::Meta, &self.meta),
        ]
    }

    /// What is stored now. Only the writer may call this, see [`View`].
    pub(crate) fn view(&self, buckets: &[Bucket], version_floor: u64) -> View {
        View { snapshot: self.db.snapshot(), buckets: buckets.iter().map(Bucket::view).collect(), version_floor }
    }

    /// An empty batch that is durable once it is committed. There is no other kind: of two batches in a journal the first
    /// was synced before the second was written, by which a torn end is told from damage ([`journal::mend`]).
    pub(crate) fn batch(&self, rows: usize) -> fjall::OwnedWriteBatch {
        fjall::OwnedWriteBatch::with_capacity(self.db.clone(), rows).durability(Some(PersistMode::SyncData))
    }

    /// The marks of a day; made, durably, where there are none yet.
    pub(crate) fn marks(&self, day: i32) -> Result<Keyspace, StorageError> {
        let space = Space::Marks(day);
        self.open_or_create(&space.name(), space.memory_bytes())
    }

    /// The keyspace with the events of a day as up to format 2; made, durably, where there is none yet.
    pub(crate) fn events_of_format_2(&self, day: i32) -> Result<Keyspace, StorageError> {
        self.open_or_create(&events_of_format_2(day), USERS_MEMORY_BYTES)
    }

    fn open_or_create(&self, name: &str, memory_bytes: u64) -> Result<Keyspace, StorageError> {
        let is_there = self.db.keyspace_exists(name);
        let keyspace = keyspace(&self.db, name, memory_bytes)?;
        if !is_there {
            self.note_keyspaces_changed()?;
        }
        Ok(keyspace)
    }

    /// Deletes the keyspace of a day. Its files go once the last reader of an earlier view is done.
    pub(crate) fn delete(&self, keyspace: Keyspace) -> Result<(), StorageError> {
        self.db.delete_keyspace(keyspace).map_err(|error| error::fjall("delete a bucket", error))?;
        self.note_keyspaces_changed()
    }

    /// Writes a row after keyspaces were created or deleted, durably.
    ///
    /// At start fjall counts on from the highest number it finds in rows, and does not look at those its own list of
    /// keyspaces was last changed with. Without a later row, a change of that list after a restart could get a lower
    /// number than an earlier one and be hidden by it: a deleted keyspace's id would be given to a new keyspace that the
    /// next start does not find.
    fn note_keyspaces_changed(&self) -> Result<(), StorageError> {
        let mut batch = self.batch(1);
        batch.insert(&self.meta, b"keyspaces_changed".as_slice(), b"".as_slice());
        batch.commit().map_err(|error| error::fjall("note a change of keyspaces", error))
    }
}

/// Makes an empty database under another name first: fjall cannot open one whose making was cut short.
fn make(folder: &Folder) -> Result<(), StorageError> {
    let unnamed = folder.activity_being_made();
    if unnamed.exists() {
        std::fs::remove_dir_all(&unnamed).map_err(|error| error::io("remove", &unnamed, error))?;
    }
    drop(open_database(&unnamed)?);
    sync_folder(&unnamed)?;
    std::fs::rename(&unnamed, folder.activity()).map_err(|error| error::io("rename", &unnamed, error))?;
    folder.sync()
}

fn open_database(path: &Path) -> Result<Database, StorageError> {
    Database::builder(path)
        .cache_size(CACHE_BYTES)
        .max_journaling_size(JOURNALS_BYTES)
        .worker_threads(WORKERS)
        .open()
        .map_err(|error| error::fjall(&format!("open {}", path.display()), error))
}

fn keyspace(db: &Database, name: &str, memory_bytes: u64) -> Result<Keyspace, StorageError> {
    let merging = Leveled::default().with_table_target_size(FILE_BYTES);
    let options = || KeyspaceCreateOptions::default().max_memtable_size(memory_bytes).compaction_strategy(Arc::new(merging));
    db.keyspace(name, options).map_err(|error| error::fjall(&format!("open keyspace {name}"), error))
}

/// The name of the keyspace that held a day's events up to format 2; in backups it still does.
pub(crate) fn events_of_format_2(day: i32) -> String {
    format!("{EVENTS_PREFIX}{day}")
}

/// The day whose marks a keyspace with this name holds.
pub(crate) fn day_of_marks(name: &str) -> Option<i32> {
    name.strip_prefix(MARKS_PREFIX)?.parse().ok()
}

/// The day whose events a keyspace with this name held up to format 2.
pub(crate) fn day_of_format_2(name: &str) -> Option<i32> {
    name.strip_prefix(EVENTS_PREFIX)?.parse().ok()
}
