//! The projector: a thread that tells SQLite what the outbox holds, in order. Nothing that commits waits for it.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use fjall::Readable;
use sonde_storage::{StorageError, StorageErrorKind};
use tokio::sync::watch;

use crate::activity::tables::Space;
use crate::activity::{ActivityStore, read_number};
use crate::error;
use crate::responses::{project, set_projected_seq};
use crate::rows::outbox::{self, Entry, Shown};
use crate::sqlite::{Sqlite, write};

/// Most entries told in one transaction, and about how many bytes of them.
const ENTRIES_PER_TRANSACTION: usize = 8_192;
const BYTES_PER_TRANSACTION: usize = 16 * 1024 * 1024;
/// How long entries may gather while nobody waits for them: each transaction costs two syncs, and of the displays that were
/// saved several times meanwhile only the last state is told.
const GATHERING: Duration = Duration::from_millis(200);
/// How long the projector waits after an error, at first and at most.
const BACK_OFF: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(10);

/// How far the projector has come.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// The number of the last entry that SQLite knows.
    projected: u64,
    /// Whether it is waiting after an error.
    is_failing: bool,
}

/// What others want of the thread.
#[derive(Default)]
struct Wanted {
    stop: bool,
    /// Somebody waits: do not gather.
    at_once: bool,
    /// There may be entries.
    work: bool,
}

#[derive(Default)]
struct Signal {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

/// The thread, and how to speak to it.
pub(crate) struct Projector {
    signal: Arc<Signal>,
    progress: watch::Receiver<Progress>,
    thread: Option<JoinHandle<()>>,
}

impl Projector {
    /// Starts the thread; it begins with what an earlier run left in the outbox.
    pub(crate) fn start(activity: Arc<ActivityStore>, sqlite: Sqlite, projected: u64) -> Result<Self, StorageError> {
        let signal = Arc::new(Signal::default());
        signal.set(|wanted| wanted.work = true);
        let (sender, progress) = watch::channel(Progress { projected, is_failing: false });
        let worker = Worker { activity, sqlite, signal: Arc::clone(&signal), progress: sender };
        let thread = std::thread::Builder::new()
            .name("projector".to_owned())
            .spawn(move || worker.run())
            .map_err(|error| StorageError::with_source(StorageErrorKind::Unavailable, "cannot start the projector", error))?;
        Ok(Self { signal, progress, thread: Some(thread) })
    }

    /// There is something in the outbox.
    pub(crate) fn wake(&self) {
        self.signal.set(|wanted| wanted.work = true);
    }

    /// Waits until SQLite knows all entries up to `seq`.
    pub(crate) async fn catch_up(&self, seq: u64) -> Result<(), StorageError> {
        let mut progress = self.progress.clone();
        if progress.borrow().projected >= seq {
            return Ok(());
        }
        self.signal.set(|wanted| {
            wanted.work = true;
            wanted.at_once = true;
        });
        let unavailable = || StorageError::new(StorageErrorKind::Unavailable, "responses cannot be brought up to date now");
        let reached = progress.wait_for(|now| now.projected >= seq || now.is_failing).await.map_err(|_| unavailable())?;
        if reached.projected >= seq { Ok(()) } else { Err(unavailable()) }
    }
}

impl Drop for Projector {
    /// Stops the thread and waits for it; what is left in the outbox is told after the next start.
    fn drop(&mut self) {
        self.signal.set(|wanted| wanted.stop = true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the projector ended in a panic");
        }
    }
}

impl Signal {
    fn set(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut self.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// Waits for work, then lets more of it gather. `false`: stop.
    fn wait_for_work(&self) -> bool {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |wanted: &mut Wanted| !wanted.work && !wanted.stop;
        let wanted = self.changed.wait_while(wanted, idle).unwrap_or_else(PoisonError::into_inner);
        let gather = |wanted: &mut Wanted| !wanted.at_once && !wanted.stop;
        let (mut wanted, _) = self.changed.wait_timeout_while(wanted, GATHERING, gather).unwrap_or_else(PoisonError::into_inner);
        wanted.work = false;
        wanted.at_once = false;
        !wanted.stop
    }

    /// Waits after an error. `false`: stop.
    fn wait_after_error(&self, time: Duration) -> bool {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.changed.wait_timeout_while(wanted, time, |wanted| !wanted.stop);
        !result.unwrap_or_else(PoisonError::into_inner).0.stop
    }
}

struct Worker {
    activity: Arc<ActivityStore>,
    sqlite: Sqlite,
    signal: Arc<Signal>,
    progress: watch::Sender<Progress>,
}

impl Worker {
    fn run(self) {
        if let Err(error) = self.forget_told() {
            tracing::error!(%error, "cannot tidy the outbox");
        }
        while self.signal.wait_for_work() {
            let mut back_off = BACK_OFF;
            while let Err(error) = self.drain() {
                if error.kind() == StorageErrorKind::Fatal {
                    // Whoever runs the engine was told; a sync that failed is not tried again.
                    self.progress.send_modify(|progress| progress.is_failing = true);
                    return;
                }
                tracing::error!(%error, "cannot tell responses, trying again");
                self.progress.send_modify(|progress| progress.is_failing = true);
                if !self.signal.wait_after_error(back_off) {
                    return;
                }
                back_off = (2 * back_off).min(BACK_OFF_MAX);
            }
        }
    }

    /// Tells everything there is.
    fn drain(&self) -> Result<(), StorageError> {
        while self.step()? {}
        Ok(())
    }

    /// Tells some entries, and removes them from the outbox. Says whether there may be others.
    fn step(&self) -> Result<bool, StorageError> {
        let before = self.progress.borrow().projected;
        let (rows, are_all) = self.waiting(before + 1)?;
        let Some((last, _)) = rows.last() else {
            self.report(before);
            return Ok(false);
        };
        let last = *last;
        let mut entries = Vec::with_capacity(rows.len());
        for (seq, row) in &rows {
            entries.push(outbox::decode(row).map_err(|bad| bad.at(&Space::Outbox.name(), &seq.to_be_bytes()))?);
        }
        self.sqlite.try_with(|connection| {
            write(connection, "tell responses", |transaction| {
                without_outdated(&entries).try_for_each(|entry| project(transaction, entry))?;
                set_projected_seq(transaction, last)
            })
        })?;
        self.report(last);
        self.forget(rows.iter().map(|(seq, _)| *seq))?;
        Ok(!are_all)
    }

    /// Entries from `first` on, as of the last committed group: in a view of its own an entry could be there already
    /// and the one before it not yet. Says also whether these are all.
    fn waiting(&self, first: u64) -> Result<(Vec<(u64, fjall::Slice)>, bool), StorageError> {
        let view = self.activity.view();
        let from = first.to_be_bytes();
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for guard in view.snapshot.range(&self.activity.tables.outbox, from..) {
            if entries.len() == ENTRIES_PER_TRANSACTION || bytes >= BYTES_PER_TRANSACTION {
                return Ok((entries, false));
            }
            let (key, row) = guard.into_inner().map_err(|error| error::fjall("read the outbox", error))?;
            bytes += row.len();
            entries.push((read_number(Space::Outbox, &key, &key)?, row));
        }
        Ok((entries, true))
    }

    /// After a power cut entries may be there again that SQLite knows already.
    fn forget_told(&self) -> Result<(), StorageError> {
        let told_up_to = self.progress.borrow().projected.to_be_bytes();
        let mut told = Vec::new();
        for guard in self.activity.view().snapshot.range(&self.activity.tables.outbox, ..=told_up_to) {
            let key = guard.key().map_err(|error| error::fjall("read the outbox", error))?;
            told.push(read_number(Space::Outbox, &key, &key)?);
        }
        self.forget(told.into_iter())
    }

    fn forget(&self, told: impl Iterator<Item = u64>) -> Result<(), StorageError> {
        let told: Vec<u64> = told.collect();
        let mut batch = self.activity.tables.batch(told.len());
        for seq in told {
            batch.remove(&self.activity.tables.outbox, seq.to_be_bytes().as_slice());
        }
        batch.commit().map_err(|error| {
            let error = error::fjall("remove entries of the outbox", error);
            let error = StorageError::with_source(StorageErrorKind::Fatal, "nothing more can be written", error);
            self.sqlite.tell_failure(&error);
            error
        })
    }

    fn report(&self, projected: u64) {
        self.progress.send_modify(|progress| *progress = Progress { projected, is_failing: false });
    }
}

/// Entries in order, without those of displays that are told again before anybody is merged or erased.
fn without_outdated<'a>(entries: &'a [Entry<'a>]) -> impl Iterator<Item = &'a Entry<'a>> {
    let mut later = HashSet::new();
    let mut is_last: Vec<bool> = entries
        .iter()
        .rev()
        .map(|entry| match entry {
            Entry::Shown(Shown { user, display, .. }) => later.insert((user.workspace, *display)),
            Entry::Merged { .. } | Entry::Erased { .. } => {
                later.clear();
                true
            }
        })
        .collect();
    is_last.reverse();
    entries.iter().zip(is_last).filter_map(|(entry, is_last)| is_last.then_some(entry))
}

#[cfg(test)]
mod tests;
