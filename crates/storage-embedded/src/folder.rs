//! The data folder: who may use it, and which version of Sonde wrote it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use sonde_storage::{StorageError, StorageErrorKind};

use crate::error::io;

/// The format of the data folder that this program writes. An older one is upgraded when it is opened, a newer one is
/// refused.
///
/// 2: buckets have no row any more that says that a user has others. Version 1 would find nothing without it.
/// 3: events are in logs of their own ([`events`](crate::events)), fjall has the marks of a day only. What versions 1 and 2
/// wrote is brought there when it is opened ([`upgrade`](crate::upgrade)).
/// 4: an entry of the outbox says in front what SQLite's columns hold. Version 3 could not read it.
pub(crate) const FORMAT_VERSION: u32 = 4;
/// The oldest format that can be upgraded.
const FORMAT_VERSION_MIN: u32 = 1;

const FORMAT_FILE: &str = "FORMAT";
const LOCK_FILE: &str = "LOCK";

/// A data folder that this process alone uses, until this is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Held, never read: the lock ends with the handle, also when the process dies.
    _lock: File,
}

impl Folder {
    /// Creates the folder if need be, locks it, and checks its format.
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        create(path)?;
        let lock = lock(path)?;
        let folder = Self { path: path.to_owned(), _lock: lock };
        folder.check_format()?;
        Ok(folder)
    }

    /// The same for a folder that must be new or empty. It is no data folder before its format is written.
    pub(crate) fn open_empty(path: &Path) -> Result<Self, StorageError> {
        create(path)?;
        let mut entries = fs::read_dir(path).map_err(|error| io("list", path, error))?;
        if entries.next().is_some() {
            return Err(StorageError::new(StorageErrorKind::AlreadyExists, format!("{} is not empty", path.display())));
        }
        let lock = lock(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// SQLite's file.
    pub(crate) fn catalogue(&self) -> PathBuf {
        self.path.join("catalogue.sqlite")
    }

    /// fjall's folder.
    pub(crate) fn activity(&self) -> PathBuf {
        self.path.join("activity")
    }

    /// The folder of events.
    pub(crate) fn events(&self) -> PathBuf {
        self.path.join("events")
    }

    /// Where fjall's folder is made before it gets its name.
    pub(crate) fn activity_being_made(&self) -> PathBuf {
        self.path.join("activity.new")
    }

    /// Where [`check`](crate::check()) puts its copy.
    pub(crate) fn check(&self) -> PathBuf {
        self.path.join("check.tmp")
    }

    /// Whether there is one: opening makes one where there is none.
    pub(crate) fn is_one(path: &Path) -> bool {
        path.join(FORMAT_FILE).exists()
    }

    /// Makes the names in the folder durable.
    pub(crate) fn sync(&self) -> Result<(), StorageError> {
        sync_folder(&self.path)
    }

    fn check_format(&self) -> Result<(), StorageError> {
        let file = self.path.join(FORMAT_FILE);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return self.write_first_format(),
            Err(error) => return Err(io("read", &file, error)),
        };
        match text.trim().parse::<u32>() {
            Ok(FORMAT_VERSION) => Ok(()),
            Ok(FORMAT_VERSION_MIN..FORMAT_VERSION) => self.write_format(),
            Ok(newer) if newer > FORMAT_VERSION => Err(StorageError::new(
                StorageErrorKind::NewerFormat,
                format!(
                    "{} was written by a newer version of Sonde (format {newer}, this one knows {FORMAT_VERSION})",
                    self.path.display()
                ),
            )),
            _ => Err(StorageError::new(StorageErrorKind::Corrupt, format!("{} holds no known format version: {text:?}", file.display()))),
        }
    }

    /// The format is written before anything else: data without it was tampered with.
    fn write_first_format(&self) -> Result<(), StorageError> {
        if self.activity().exists() || self.catalogue().exists() {
            return Err(StorageError::new(
                StorageErrorKind::Corrupt,
                format!("{} holds data but no {FORMAT_FILE} file", self.path.display()),
            ));
        }
        self.write_format()
    }

    /// Makes it a data folder of the format that this program writes.
    pub(crate) fn write_format(&self) -> Result<(), StorageError> {
        let unnamed = self.path.join("FORMAT.new");
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&unnamed)?;
            writeln!(file, "{FORMAT_VERSION}")?;
            file.sync_all()?;
            fs::rename(&unnamed, self.path.join(FORMAT_FILE))
        };
        write().map_err(|error| io("write", &unnamed, error))?;
        self.sync()
    }
}

/// Creates a folder for its owner alone, where there is none.
pub(crate) fn create(path: &Path) -> Result<(), StorageError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        // Answers of people and hashes of keys: nobody else on the machine needs to read them.
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| io("create", path, error))?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

fn lock(path: &Path) -> Result<File, StorageError> {
    let file = path.join(LOCK_FILE);
    let handle = File::options().create(true).truncate(false).write(true).open(&file).map_err(|error| io("open", &file, error))?;
    match handle.try_lock() {
        Ok(()) => Ok(handle),
        Err(fs::TryLockError::WouldBlock) => {
            Err(StorageError::new(StorageErrorKind::Locked, format!("another process uses the data folder {}", path.display())))
        }
        Err(fs::TryLockError::Error(error)) => Err(io("lock", &file, error)),
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StorageError> {
    // Elsewhere a folder cannot be opened as a file, and names are durable with their files.
    if cfg!(unix) {
        File::open(path).and_then(|folder| folder.sync_all()).map_err(|error| io("sync", path, error))?;
    }
    Ok(())
}
