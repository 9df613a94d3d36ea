//! Errors of the service: few kinds, each saying what the caller must do. The HTTP edge maps each to one status.

use crate::rate_limit::OverLimit;
use sonde_storage::{StorageError, StorageErrorKind};

/// What is wrong with one field of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer into the input, `""` for the whole.
    pub pointer: String,
    /// What is wrong, for people.
    pub detail: String,
}

impl FieldError {
    /// A field error.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over the error that they turn into this one")]
    pub fn new(pointer: impl Into<String>, detail: impl ToString) -> Self {
        Self { pointer: pointer.into(), detail: detail.to_string() }
    }
}

/// An error of the service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key, token or proof is missing, unknown or expired: authenticate again.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller is known and may not do this: ask somebody who may.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Tried too often: wait this many seconds.
    #[error("too many attempts")]
    TooManyAttempts {
        /// How long.
        retry_after_secs: u32,
    },
    /// Called too often: wait.
    #[error("too many calls")]
    RateLimited(OverLimit),
    /// There is no such thing, or it is not the caller's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The thing is in a state that does not allow this: the caller must not go on.
    #[error("{0}")]
    Conflict(String),
    /// The input breaks rules: mend it.
    #[error("the input breaks {} rule(s)", .0.len())]
    Invalid(Vec<FieldError>),
    /// Too much at once: try again after this many seconds.
    #[error("the server is busy")]
    Busy {
        /// After how long.
        retry_after_secs: u32,
    },
    /// The store failed. Details are for the log, never for the caller.
    #[error("the store failed: {0}")]
    Storage(#[source] StorageError),
}

impl Error {
    /// One broken rule.
    pub fn invalid(pointer: impl Into<String>, detail: impl ToString) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error.kind() {
            StorageErrorKind::Unavailable => Self::Busy { retry_after_secs: 1 },
            StorageErrorKind::AlreadyExists | StorageErrorKind::Stale => Self::Conflict(error.to_string()),
            StorageErrorKind::NotFound => Self::NotFound("thing"),
            StorageErrorKind::Corrupt | StorageErrorKind::NewerFormat | StorageErrorKind::Locked | StorageErrorKind::Fatal => {
                Self::Storage(error)
            }
        }
    }
}
