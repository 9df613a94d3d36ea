//! The thread that keeps the indexes of events in order: what is in memory goes to files, many files become one, and the
//! folders of days that were dropped are deleted. Nobody waits for it, but for a writer that is far ahead.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use sonde_storage::{StorageError, StorageErrorKind};

use super::{ActivityStore, background};
use crate::error;
use crate::events::DroppedDay;
use crate::events::upkeep::Work;

/// Between two slices of what is deleted.
const PAUSE: Duration = Duration::from_millis(4);

/// How the thread is told that there may be work.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        *self.changed.wait_while(rung, |rung| !*rung).unwrap_or_else(PoisonError::into_inner) = false;
    }
}

/// The thread. Dropping it waits until it has ended.
pub(crate) struct Upkeep {
    activity: Arc<ActivityStore>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Upkeep {
    pub(crate) fn start(activity: Arc<ActivityStore>) -> Result<Self, StorageError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (store, is_stopped) = (Arc::clone(&activity), Arc::clone(&stop));
        let run = move || {
            let _watched = Watched(&store);
            let mut worker = Worker { store: &store, stop: &is_stopped, dropped: None };
            while !worker.is_stopped() {
                match worker.step() {
                    Ok(Next::Step) => {}
                    Ok(Next::Pause) => std::thread::sleep(PAUSE),
                    Ok(Next::Wait) => store.bell.wait(),
                    Err(error) => return store.fail_upkeep(&error),
                }
            }
        };
        let start = || std::thread::Builder::new().name("upkeep".to_owned()).spawn(run);
        let thread = background::at_low_priority(start)
            .map_err(|error| StorageError::with_source(StorageErrorKind::Fatal, "cannot start a thread", error))?;
        activity.bell.ring();
        Ok(Self { activity, stop, thread: Some(thread) })
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.activity.bell.ring();
        if let Some(thread) = self.thread.take() {
            // A panic was told when it happened.
            let _told = thread.join();
        }
    }
}

/// Tells of a panic of the thread: writers that wait for it would wait for ever.
struct Watched<'a>(&'a ActivityStore);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail_upkeep(&StorageError::new(StorageErrorKind::Fatal, "the upkeep of events ended in a panic"));
        }
    }
}

/// What comes after a step.
enum Next {
    Step,
    /// The disk is left in peace for a moment first.
    Pause,
    /// There is nothing to do.
    Wait,
}

struct Worker<'a> {
    store: &'a ActivityStore,
    stop: &'a AtomicBool,
    /// Whose files are being deleted.
    dropped: Option<DroppedDay>,
}

impl Worker<'_> {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Does one thing. Indexes come first: a writer may wait for them, and nobody for what was dropped.
    fn step(&mut self) -> Result<Next, StorageError> {
        let _filing = self.store.filing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.file_next()? {
            return Ok(Next::Step);
        }
        if let Some((day, work)) = self.store.next_uniting()? {
            self.finish(day, &work)?;
            return Ok(Next::Step);
        }
        if self.dropped.is_none() {
            self.dropped = self.store.next_gone()?;
        }
        let Some(day) = &mut self.dropped else { return Ok(Next::Wait) };
        if day.delete_some()? {
            return Ok(Next::Pause);
        }
        self.dropped = None;
        Ok(Next::Step)
    }

    /// Writes a part of an index that is in memory. `false`: there is none.
    fn file_next(&self) -> Result<bool, StorageError> {
        let Some((day, work)) = self.store.next_filing()? else { return Ok(false) };
        self.finish(day, &work)?;
        Ok(true)
    }

    /// While files are united, which takes as long as a day is large, what a writer may wait for goes on. Whoever stops does not
    /// wait for it either: it is begun again after the next start.
    fn between(&self) -> Result<(), StorageError> {
        while self.file_next()? {}
        if self.is_stopped() { Err(StorageError::new(StorageErrorKind::Unavailable, "stopped")) } else { Ok(()) }
    }

    fn finish(&self, day: i32, work: &Work) -> Result<(), StorageError> {
        let replaced = match work.run(&|| self.between()) {
            Ok(done) => self.store.take_work(day, done)?,
            // Its folder went away meanwhile, or it can be left undone.
            Err(_) if (work.is_optional() && self.is_stopped()) || !self.store.has_day(day)? => Vec::new(),
            // The disk does what it is asked to; a start that ended here would end here again.
            Err(error) if error.kind() == StorageErrorKind::Corrupt && work.is_optional() => {
                tracing::error!(%error, day, "a part of an index is damaged, the parts of that day stay as they are");
                self.store.keep_runs_apart(day)?;
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        for path in replaced {
            std::fs::remove_file(&path).map_err(|error| error::io("remove", &path, error))?;
        }
        Ok(())
    }
}
