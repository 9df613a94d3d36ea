//! Days that were dropped, on their way off the disk.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use sonde_storage::StorageError;

use super::day::Log;
use crate::error;

/// So much is given back to the disk at a time: where a gigabyte goes at once, syncs wait until it is gone.
const SLICE_BYTES: u64 = 1024 * 1024;
/// So often it is looked whether somebody still reads the day, ten seconds with the pauses in between. Whose reading takes
/// longer gives back the disk when it ends.
const PATIENCE: u32 = 2_500;

/// The files of a day that was dropped. What is left of them when the store is closed goes when it is opened.
pub(crate) struct DroppedDay {
    folder: PathBuf,
    /// Who still reads it holds its log.
    readers: Weak<Log>,
    patience: u32,
}

impl DroppedDay {
    pub(super) fn new(folder: PathBuf, log: &Arc<Log>) -> Self {
        Self { folder, readers: Arc::downgrade(log), patience: PATIENCE }
    }

    /// Deletes a slice, unless somebody reads. `false`: nothing is left; otherwise the disk is to be left in peace for a moment.
    pub(crate) fn delete_some(&mut self) -> Result<bool, StorageError> {
        let is_read = self.readers.strong_count() > 0;
        if is_read && self.patience > 0 {
            self.patience -= 1;
            return Ok(true);
        }
        // Files that are still read keep their contents, without their names, until that ends.
        let delete = || Ok((!is_read && self.cut()?) || fs::remove_dir_all(&self.folder).map(|()| false)?);
        delete().map_err(|error| error::io("remove", &self.folder, error))
    }

    /// Cuts a slice off a file. `false`: all are empty.
    fn cut(&self) -> io::Result<bool> {
        for file in fs::read_dir(&self.folder)? {
            let file = file?;
            let length = file.metadata()?.len();
            if length > 0 {
                File::options().write(true).open(file.path())?.set_len(length.saturating_sub(SLICE_BYTES))?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
