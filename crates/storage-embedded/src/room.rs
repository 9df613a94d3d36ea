//! Room on the file system: new writes are refused while some is left, since the engine must go on writing out memory and
//! merging files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sonde_storage::{StorageError, StorageErrorKind};

use crate::error::io;

/// What must stay free.
pub(crate) struct Room {
    path: PathBuf,
    /// In bytes; 0: nobody looks.
    kept_free: u64,
    /// Whether it was too little last time, so that the log says it once.
    is_short: AtomicBool,
}

impl Room {
    pub(crate) fn new(path: &Path, kept_free: u64) -> Self {
        Self { path: path.to_owned(), kept_free, is_short: AtomicBool::new(false) }
    }

    /// Refuses while less is free. One system call, a microsecond: next to the sync of a group it is nothing.
    pub(crate) fn check(&self) -> Result<(), StorageError> {
        if self.kept_free == 0 {
            return Ok(());
        }
        let system = rustix::fs::statvfs(&self.path).map_err(|error| io("ask for the room on", &self.path, error.into()))?;
        let free = system.f_bavail.saturating_mul(system.f_frsize);
        let (path, kept_free) = (self.path.display(), self.kept_free);
        let is_short = free < kept_free;
        match (self.is_short.swap(is_short, Ordering::Relaxed), is_short) {
            (false, true) => tracing::error!(%path, free, kept_free, "the disk is nearly full: writes are refused until there is room"),
            (true, false) => tracing::info!(%path, free, "there is room on the disk again: writes are accepted"),
            _ => {}
        }
        if is_short {
            let detail = format!("{path} has {free} bytes free, and {kept_free} are kept free");
            return Err(StorageError::new(StorageErrorKind::Unavailable, detail));
        }
        Ok(())
    }
}
