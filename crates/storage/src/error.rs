//! Errors of engines: few kinds, each saying what the caller must do.

use std::fmt;

/// What the caller must do about a storage error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageErrorKind {
    /// The engine cannot be reached or is busy: try again later.
    Unavailable,
    /// What was to be created is there already: choose another.
    AlreadyExists,
    /// It was changed in between by somebody else: read it again.
    Stale,
    /// What was to be changed is not there.
    NotFound,
    /// Stored bytes make no sense: stop, check the data.
    Corrupt,
    /// The data was written by a newer version of Sonde: upgrade the program.
    NewerFormat,
    /// Another process uses the data folder: stop it first.
    Locked,
    /// The disk refused to keep data: stop at once, nothing more can be acknowledged.
    Fatal,
}

/// An error of an engine.
#[derive(Debug)]
pub struct StorageError {
    kind: StorageErrorKind,
    detail: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StorageError {
    /// An error of a kind, with a detail for operators: lower case, no full stop.
    pub fn new(kind: StorageErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), source: None }
    }

    /// The same with the error that caused it.
    pub fn with_source(
        kind: StorageErrorKind,
        detail: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, detail: detail.into(), source: Some(source.into()) }
    }

    /// What the caller must do.
    pub const fn kind(&self) -> StorageErrorKind {
        self.kind
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StorageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
