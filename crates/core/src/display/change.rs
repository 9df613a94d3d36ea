//! The one thing a store applies atomically for a user.

use super::Display;
use crate::user::{CancelMark, Consumption, UserRef, UserState};

/// A change of one user, stored as a whole or not at all, and only when the stored version is `expected_version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserChange {
    /// Whose.
    pub user: UserRef,
    /// The version the change was made from.
    pub expected_version: u64,
    /// The state to store; its version is `expected_version + 1`.
    pub state: UserState,
    /// Displays to store, new or changed. One that was shown is also handed on to the response rows.
    pub displays: Vec<Display>,
    /// Marks to add; adding one that is there changes nothing.
    pub consumed: Vec<Consumption>,
    /// Marks of events cancelled by id to add; one that is there stays as it is.
    pub cancelled: Vec<CancelMark>,
}

impl UserChange {
    /// A change of the state alone. `state` is the state to store, still with the version it was loaded with.
    pub fn of_state(user: &UserRef, mut state: UserState) -> Self {
        let expected_version = state.version;
        state.version += 1;
        Self { user: user.clone(), expected_version, state, displays: Vec::new(), consumed: Vec::new(), cancelled: Vec::new() }
    }
}
