//! One day: its log, written to by one thread, and views of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sonde_storage::{StorageError, StorageErrorKind};

use super::dropped::DroppedDay;
use super::entry::{self, Place, REMOVED, UserEntry};
use super::frame::{self, Beyond, Frames};
use super::index::{Index, MEM_ENTRIES, Pair};
use super::mem::{Mem, Newest, Rows};
use super::reading::{Reading, Stored};
use super::record::{self, Event, Record};
use crate::error::{self, BadRow};
use crate::folder::sync_folder;

pub(super) const LOG: &str = "log";
/// How the name of a folder ends that is being made, and of one that is being deleted.
const NEW: &str = "new";
const GONE: &str = "gone";
const MAGIC: [u8; 8] = *b"SONDELOG";
const VERSION: u32 = 1;
/// Where the first frame begins.
pub(super) const FIRST: u64 = HEAD_BYTES as u64;
const HEAD_BYTES: usize = 16;
/// By so much a log grows: where the file's length changes with a sync, that takes half as long again.
const RESERVED_BYTES: u64 = 16 * 1024 * 1024;
/// So many parts of an index may wait to be written to files.
const FROZEN_MAX: usize = 4;

/// A log that is open.
pub(crate) struct Log {
    file: File,
    path: PathBuf,
}

impl Log {
    /// Reads a whole record.
    pub(super) fn read(&self, place: Place, into: &mut Vec<u8>) -> Result<(), StorageError> {
        into.resize(place.length(), 0);
        self.file.read_exact_at(into, place.position()).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.bad(place.position(), &BadRow::new("the log ends before")),
            _ => error::io("read", &self.path, error),
        })
    }

    pub(super) fn bad(&self, position: u64, bad: &BadRow) -> StorageError {
        damaged(&self.path, position, &bad.to_string())
    }
}

pub(super) fn damaged(path: &Path, position: u64, why: &str) -> StorageError {
    StorageError::new(StorageErrorKind::Corrupt, format!("{} is damaged at byte {position}: {why}", path.display()))
}

/// A day, for its one writer.
pub(crate) struct Day {
    pub(super) folder: PathBuf,
    log: Arc<Log>,
    /// Behind the last frame.
    end: u64,
    /// The length of the file.
    reserved: u64,
    pub(super) index: Arc<Index>,
    pub(super) keeps_runs_apart: bool,
    /// No event is received on it any more.
    pub(super) is_over: bool,
}

/// A day, for readers.
#[derive(Clone)]
pub(crate) struct DayView {
    log: Arc<Log>,
    end: u64,
    index: Arc<Index>,
}

impl DayView {
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading { stored: Some(Stored { log: &self.log, end: self.end, index: &self.index }), pending: None }
    }
}

/// What a group adds to a day.
pub(crate) struct Pending {
    /// Where the first record will be.
    base: u64,
    /// Room for the head, and the records.
    frame: Vec<u8>,
    rows: Rows,
}

impl Pending {
    /// For a day with this end; `None`: that has no log yet.
    pub(crate) fn of(day: Option<&Day>) -> Self {
        let base = day.map_or(FIRST, |day| day.end) + frame::HEAD_BYTES as u64;
        Self { base, frame: vec![0; frame::HEAD_BYTES], rows: Rows::default() }
    }

    /// Adds an event: one that was received, or one that was somebody else's before.
    pub(crate) fn add(&mut self, event: Event<'_>, is_moved: bool) {
        let position = self.end();
        let record = if is_moved { Record::Moved(event) } else { Record::Event(event) };
        record.write(&mut self.frame);
        self.rows.list(&record, position, self.end());
    }

    /// Removes an event that lies at an entry.
    pub(crate) fn remove(&mut self, entry: &UserEntry, event: &Event<'_>) {
        let position = self.end();
        let id = event.fingerprint.map(|_| entry::of_id(event.user, event.id, Place(entry[4])));
        let record = Record::Removed { user: *entry, id };
        record.write(&mut self.frame);
        self.rows.list(&record, position, self.end());
    }

    /// Whether it adds nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.frame.len() == frame::HEAD_BYTES
    }

    /// The day's end once this is written.
    pub(crate) fn end(&self) -> u64 {
        self.base + (self.frame.len() - frame::HEAD_BYTES) as u64
    }

    pub(super) fn rows(&self) -> &Rows {
        &self.rows
    }

    pub(super) fn record(&self, place: Place) -> Option<&[u8]> {
        let start = usize::try_from(place.position().checked_sub(self.base)?).ok()? + frame::HEAD_BYTES;
        self.frame.get(start..start + place.length())
    }
}

impl Rows {
    /// Lists the record between two positions.
    fn list(&mut self, record: &Record<'_>, position: u64, end: u64) {
        match record {
            Record::Event(event) | Record::Moved(event) => {
                let place = Place::new(position, usize::try_from(end - position).unwrap_or(usize::MAX));
                self.users.insert(entry::of_event(event.user, event.trigger, event.effective_at, event.seq, place), position);
                if event.fingerprint.is_some() {
                    self.ids.insert(entry::of_id(event.user, event.id, place), position);
                }
                self.newest = self.newest.united(Newest { seq: event.seq.0, received_at: Some(event.received_at) });
            }
            Record::Removed { user, id } => {
                self.users.insert(removed(*user), position);
                if let Some(id) = id {
                    self.ids.insert(removed(*id), position);
                }
            }
        }
    }
}

fn removed<const N: usize>(mut entry: [u64; N]) -> [u64; N] {
    entry[N - 1] |= REMOVED;
    entry
}

impl Day {
    /// Creates the log of a day, durably.
    pub(crate) fn create(events: &Path, day: i32) -> Result<Self, StorageError> {
        let folder = events.join(day.to_string());
        let unnamed = events.join(format!("{day}.{NEW}"));
        let make = || -> io::Result<()> {
            if unnamed.exists() {
                fs::remove_dir_all(&unnamed)?;
            }
            fs::create_dir(&unnamed)?;
            let file = File::create_new(unnamed.join(LOG))?;
            file.write_all_at(&head(day), 0)?;
            file.set_len(RESERVED_BYTES)?;
            file.sync_all()
        };
        make().map_err(|error| error::io("make", &unnamed, error))?;
        sync_folder(&unnamed)?;
        fs::rename(&unnamed, &folder).map_err(|error| error::io("rename", &unnamed, error))?;
        sync_folder(events)?;
        Self::open(events, day, FIRST, &mut |_| {})
    }

    /// Opens a day. `each` is told every event that was received behind the position `counted`.
    ///
    /// [`Corrupt`](StorageErrorKind::Corrupt) when something was damaged that had been synced.
    pub(crate) fn open(events: &Path, day: i32, counted: u64, each: &mut dyn FnMut(&Event<'_>)) -> Result<Self, StorageError> {
        let folder = events.join(day.to_string());
        let path = folder.join(LOG);
        let file = File::options().read(true).write(true).open(&path).map_err(|error| error::io("open", &path, error))?;
        check_head(&file, &path, day)?;
        let runs = open_runs(&folder)?;
        let listed = runs.last().map_or(FIRST, |pair| pair.covered().positions.end);
        let log = Log { file, path };
        let Tail { rows, end } = read_tail(&log, listed, counted.max(FIRST), each)?;
        let reserved = mend(&log, end)?;
        let index = Index { from: listed, newest: Arc::new(Mem::of(rows)), frozen: Vec::new(), runs };
        let (log, index) = (Arc::new(log), Arc::new(index));
        let mut opened = Self { folder, log, end, reserved, index, keeps_runs_apart: false, is_over: false };
        opened.freeze_if_full();
        Ok(opened)
    }

    pub(crate) fn view(&self) -> DayView {
        DayView { log: Arc::clone(&self.log), end: self.end, index: Arc::clone(&self.index) }
    }

    /// The day as a group leaves it.
    pub(crate) fn reading<'a>(&'a self, pending: Option<&'a Pending>) -> Reading<'a> {
        Reading { stored: Some(Stored { log: &self.log, end: self.end, index: &self.index }), pending }
    }

    /// Behind the last frame.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    /// The latest of all that its records carry.
    pub(crate) fn newest(&self) -> Newest {
        self.index.newest_of_all()
    }

    /// Whether too much of its index waits to be written to files.
    pub(crate) fn is_behind(&self) -> bool {
        self.index.frozen.len() >= FROZEN_MAX
    }

    /// Writes what a group adds, durably. `true`: there is work for [upkeep](super::upkeep).
    ///
    /// After an error nobody knows what is on disk: nothing more may be written.
    pub(crate) fn write(&mut self, pending: Pending) -> Result<bool, StorageError> {
        let Pending { base, mut frame, rows } = pending;
        debug_assert_eq!(base, self.end + frame::HEAD_BYTES as u64, "a group goes behind the one before");
        frame::seal(&mut frame, self.end);
        let end = self.end + frame.len() as u64;
        let write = || -> io::Result<()> {
            if end > self.reserved {
                self.log.file.set_len(reserved_for(end))?;
            }
            self.log.file.write_all_at(&frame, self.end)?;
            self.log.file.sync_data()
        };
        write().map_err(|error| error::io("write", &self.log.path, error))?;
        self.reserved = self.reserved.max(reserved_for(end));
        self.end = end;
        self.index.newest.add(rows);
        Ok(self.freeze_if_full())
    }

    fn freeze_if_full(&mut self) -> bool {
        let is_full = self.index.newest.len() >= MEM_ENTRIES;
        if is_full {
            self.freeze();
        }
        is_full
    }

    /// What is in memory so far is to go to a file.
    pub(crate) fn freeze(&mut self) {
        if self.index.from < self.end {
            self.index = Arc::new(self.index.freezing(self.end));
        }
    }

    /// No event is received any more: what is in memory goes to a file, and all files become one. There may be work for
    /// [upkeep](super::upkeep).
    pub(crate) fn finish(&mut self) {
        if !self.is_over {
            self.is_over = true;
            self.freeze();
        }
    }

    /// A new run takes the place of what it was made of.
    pub(super) fn install(&mut self, pair: Pair) {
        self.index = Arc::new(self.index.with(pair));
    }

    /// Gives up the day: from here on it is not there any more.
    pub(crate) fn drop_folder(self) -> Result<DroppedDay, StorageError> {
        let mut gone = self.folder.with_extension(GONE);
        // A day that came again and was dropped again while its first folder is still being deleted.
        for time in 2.. {
            if !gone.exists() {
                break;
            }
            gone = self.folder.with_extension(format!("{time}.{GONE}"));
        }
        fs::rename(&self.folder, &gone).map_err(|error| error::io("rename", &self.folder, error))?;
        if let Some(events) = gone.parent() {
            sync_folder(events)?;
        }
        Ok(DroppedDay::new(gone, &self.log))
    }
}

fn reserved_for(end: u64) -> u64 {
    end.next_multiple_of(RESERVED_BYTES)
}

fn head(day: i32) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..8].copy_from_slice(&MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_be_bytes());
    head[12..].copy_from_slice(&day.to_be_bytes());
    head
}

pub(super) fn check_head(file: &File, path: &Path, day: i32) -> Result<(), StorageError> {
    let mut found = [0; HEAD_BYTES];
    match file.read_exact_at(&mut found, 0) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error::io("read", path, error)),
        Ok(()) if found == head(day) => Ok(()),
        _ => Err(damaged(path, 0, "it is not the log of this day")),
    }
}

/// The runs of a folder that follow one another from the beginning. All other files of runs go.
fn open_runs(folder: &Path) -> Result<Vec<Arc<Pair>>, StorageError> {
    let failed = |error| error::io("list", folder, error);
    let mut files: BTreeMap<PathBuf, Option<Range<u64>>> = BTreeMap::new();
    for file in fs::read_dir(folder).map_err(failed)? {
        let path = file.map_err(failed)?.path();
        if path.file_name().is_some_and(|name| name != LOG) {
            files.insert(path.clone(), Pair::positions(&path));
        }
    }
    let mut runs: Vec<Arc<Pair>> = Vec::new();
    let mut at = FIRST;
    loop {
        let mut next: Vec<Range<u64>> = files.values().flatten().filter(|run| run.start == at && run.end > at).cloned().collect();
        // Of one that was united and those it was made of, the one.
        next.sort_by_key(|run| std::cmp::Reverse(run.end));
        next.dedup();
        let mut opened = None;
        for positions in next {
            opened = Pair::open(folder, &positions)?;
            if opened.is_some() {
                break;
            }
            tracing::warn!(folder = %folder.display(), ?positions, "a part of an index cannot be read, it is made again");
        }
        let Some(pair) = opened else { break };
        at = pair.covered().positions.end;
        for path in Pair::paths(folder, &pair.covered().positions) {
            files.remove(&path);
        }
        runs.push(Arc::new(pair));
    }
    for path in files.into_keys() {
        fs::remove_file(&path).map_err(|error| error::io("remove", &path, error))?;
    }
    Ok(runs)
}

struct Tail {
    rows: Rows,
    end: u64,
}

/// Reads what is behind `listed` into memory, and tells what is behind `counted`.
fn read_tail(log: &Log, listed: u64, counted: u64, each: &mut dyn FnMut(&Event<'_>)) -> Result<Tail, StorageError> {
    let failed = |error| error::io("read", &log.path, error);
    let mut frames = Frames::of(&log.file, listed.min(counted)).map_err(failed)?;
    let mut rows = Rows::default();
    while let Some((mut position, mut records)) = frames.next().map_err(failed)? {
        while !records.is_empty() {
            let (bytes, rest) = record::split(records).map_err(|bad| log.bad(position, &bad))?;
            let end = position + bytes.len() as u64;
            let record = record::read(bytes).map_err(|bad| log.bad(position, &bad))?;
            if position >= counted
                && let Record::Event(event) = &record
            {
                each(event);
            }
            if position >= listed {
                rows.list(&record, position, end);
            }
            (position, records) = (end, rest);
        }
    }
    let end = frames.position;
    let known = listed.max(counted);
    if end < known {
        let detail = format!("writes up to byte {known} were acknowledged, none of those behind can be read");
        return Err(damaged(&log.path, end, &detail));
    }
    Ok(Tail { rows, end })
}

/// Cuts off what was torn. Says how long the file is then.
fn mend(log: &Log, end: u64) -> Result<u64, StorageError> {
    let beyond = frame::beyond(&log.file, end).map_err(|error| error::io("read", &log.path, error))?;
    if let Some(Beyond { bytes, frames }) = beyond {
        if frames > 0 {
            let detail = format!("{frames} writes behind it can be read, so it is no write that was cut short");
            return Err(damaged(&log.path, end, &detail));
        }
        tracing::warn!(path = %log.path.display(), at = end, bytes, "cutting off a write that was never finished");
        let cut = log.file.set_len(end).and_then(|()| log.file.sync_all());
        cut.map_err(|error| error::io("cut", &log.path, error))?;
    }
    let length = log.file.metadata().map_err(|error| error::io("read", &log.path, error))?.len();
    Ok(length)
}

/// The days of a folder.
pub(crate) fn days(events: &Path) -> Result<Vec<i32>, StorageError> {
    let failed = |error| error::io("list", events, error);
    let mut days = Vec::new();
    for folder in fs::read_dir(events).map_err(failed)? {
        days.extend(folder.map_err(failed)?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    days.sort_unstable();
    Ok(days)
}

/// Removes folders that were being made or deleted.
pub(crate) fn remove_leftovers(events: &Path) -> Result<(), StorageError> {
    let failed = |error| error::io("list", events, error);
    for folder in fs::read_dir(events).map_err(failed)? {
        let path = folder.map_err(failed)?.path();
        if path.extension().is_some_and(|end| end == NEW || end == GONE) {
            fs::remove_dir_all(&path).map_err(|error| error::io("remove", &path, error))?;
        }
    }
    Ok(())
}
