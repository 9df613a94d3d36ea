//! From the errors of the libraries to the few kinds of the ports.

use std::path::Path;

use sonde_storage::{StorageError, StorageErrorKind};

/// Why stored bytes make no sense; becomes an error that names the row.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadRow(pub(crate) String);

impl BadRow {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// The error for callers, naming the row.
    pub(crate) fn at(self, keyspace: &str, key: &[u8]) -> StorageError {
        StorageError::with_source(StorageErrorKind::Corrupt, format!("bad row in {keyspace} at key {}", hex(key)), self)
    }
}

/// Bytes as hexadecimal digits, for messages.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An error of the file system while preparing the data folder.
pub(crate) fn io(what: &str, path: &Path, error: std::io::Error) -> StorageError {
    StorageError::with_source(StorageErrorKind::Unavailable, format!("cannot {what} {}", path.display()), error)
}

/// An error of fjall while opening or reading.
pub(crate) fn fjall(what: &str, error: fjall::Error) -> StorageError {
    let kind = match &error {
        fjall::Error::Io(_) | fjall::Error::Storage(fjall::LsmError::Io(_)) => StorageErrorKind::Unavailable,
        fjall::Error::Locked => StorageErrorKind::Locked,
        fjall::Error::Poisoned => StorageErrorKind::Fatal,
        _ => StorageErrorKind::Corrupt,
    };
    StorageError::with_source(kind, format!("cannot {what}"), error)
}

/// An error of SQLite.
pub(crate) fn sqlite(what: &str, error: rusqlite::Error) -> StorageError {
    use rusqlite::ErrorCode;
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StorageErrorKind::Corrupt,
        Some(ErrorCode::SystemIoFailure) => StorageErrorKind::Fatal,
        Some(ErrorCode::ConstraintViolation) => StorageErrorKind::AlreadyExists,
        _ => StorageErrorKind::Unavailable,
    };
    StorageError::with_source(kind, format!("cannot {what}"), error)
}
