//! The ports: what Sonde asks of an engine.
//!
//! An engine stores four aggregates, each behind a trait of its own:
//!
//! * [`Catalogue`] is small and read whole: workspaces, keys, surveys and their versions. Services keep it in memory as
//!   an immutable snapshot and read through the trait only on change.
//! * [`Accounts`] are members, their sessions, and which workspaces they belong to.
//! * [`Activity`] is large and keyed by user. Every operation touches exactly one user, and every write goes through
//!   [`Activity::commit`]: a group of [`Write`]s that is durable as a whole before any of them is answered.
//! * [`Responses`] are rows to query, fed from activity; no decision ever reads them.
//!
//! # What every engine promises
//!
//! 1. When `commit` returns `Ok`, every write of the group with a successful [`Outcome`] survives a power cut.
//! 2. A write that `commit` answered with `Ok` is seen by every later `load`, on every node.
//! 3. A [`UserChange`] is applied as a whole or not at all, and only when the stored version is the expected one: of
//!    several changes made from the same version exactly one is [`Outcome::Changed`].
//! 4. Identity of an event is (workspace, user, event id): of several appends with the same id exactly one is stored.
//! 5. A display that was shown becomes a row of [`Responses`]: always the latest state, never twice, never lost.
//! 6. Of a user who was erased nothing is found again, in no read and no row, and a change made from what was read before
//!    the erasure is never stored after it.
//! 7. What is written carries times, and the latest of them is known after a restart.
//!
//! The `contract` feature holds the one suite that checks these promises, and a reference model that keeps them in the
//! simplest way there is.

mod accounts;
mod activity;
mod catalogue;
mod cohorts;
mod error;
mod responses;
mod surveys;

#[cfg(feature = "contract")]
pub mod contract;
#[cfg(feature = "contract")]
pub mod memory;

pub use accounts::{Accounts, Member, MemberSession, SessionHash};
pub use activity::{
    Activity, Append, AttributeObservation, AttributeStats, AttributesSeen, DecisionCounts, DecisionNote, Erase, ErasedResponses,
    EventCursor, EventFingerprint, EventPage, KeyObservation, Merge, Observation, Outcome, PropertyStats, RefusalNote, TriggerStats,
    UserCursor, UserPage, UsersWith, Write,
};
pub use catalogue::{ApiKey, Catalogue, IdentitySecret, NewWorkspace, TriggerRecord, Workspace};
pub use cohorts::{CohortRecord, Cohorts};
pub use error::{StorageError, StorageErrorKind};
pub use responses::{ResponseCounts, ResponseQuery, ResponseRow, Responses};
pub use surveys::{SurveyRecord, SurveyVersion, Surveys};

use sonde_core::time::Timestamp;

/// Tells the time. The only way anything behind the edges learns it.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}
