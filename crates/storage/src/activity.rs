//! Activity: everything keyed by user.

use std::collections::BTreeMap;
use std::future::Future;

use sonde_core::display::{Display, UserChange};
use sonde_core::event::EventId;
use sonde_core::id::{DisplayId, WorkspaceId};
use sonde_core::properties::{JsonType, Properties};
use sonde_core::time::Timestamp;
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_core::user::{UserActivity, UserId, UserRef};

use crate::StorageError;

/// Whether two events with the same id are the same: the first 16 bytes of SHA-256 over name, said timestamp and
/// property bytes, as the service computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventFingerprint(pub [u8; 16]);

/// An event to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// Whose. For an anonymous user that is an alias, the event goes to the user it stands for.
    pub user: UserRef,
    /// Identity within the user.
    pub id: EventId,
    /// Given by the sender: look for a duplicate, and remember it. An id made by Sonde needs neither.
    pub fingerprint: Option<EventFingerprint>,
    /// What kind of event.
    pub trigger: TriggerName,
    /// The time that counts.
    pub effective_at: Timestamp,
    /// When it came in; chooses the bucket.
    pub received_at: Timestamp,
    /// What the server said about it.
    pub properties: Properties,
    /// Top-level property keys and types, for the trigger's statistics. Only keys that may be new need to be here.
    pub learn: Vec<KeyObservation>,
}

/// A property key as it was seen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyObservation {
    /// The key.
    pub key: Box<str>,
    /// Its type.
    pub json_type: JsonType,
    /// Its value as JSON text, at most
    /// [`PROPERTY_EXAMPLE_BYTES_MAX`](sonde_core::limits::PROPERTY_EXAMPLE_BYTES_MAX), if it may serve as an example.
    pub example: Option<Box<str>>,
}

/// "This frontend trigger was fired": counted, not acknowledged one by one.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which.
    pub trigger: TriggerName,
    /// When last.
    pub at: Timestamp,
    /// How many times since the last observation.
    pub count: u64,
    /// Property keys that may be new.
    pub learn: Vec<KeyObservation>,
}

/// "This anonymous user is that user."
#[derive(Clone, Debug)]
pub struct Merge {
    /// The anonymous user.
    pub from: UserRef,
    /// The identified user of the same workspace.
    pub into: UserId,
    /// For claims: whether they are live.
    pub now: Timestamp,
}

/// One write of a group.
#[derive(Clone, Debug)]
pub enum Write {
    /// Store an event.
    Append(Append),
    /// Change a user, if its version is still the expected one. Boxed: far larger than the rest.
    Change(Box<UserChange>),
    /// Make an anonymous user an alias and unite the two states, in one step. The anonymous user's rows (events, marks,
    /// duplicates' records, displays) may be copied later; until then reads of the user look in both places.
    Merge(Merge),
    /// Copy a bounded number of rows of `from` that still wait for it to `into`. Repeat until [`Outcome::MergeDone`].
    ContinueMerge {
        /// The alias.
        from: UserRef,
        /// The user it stands for.
        into: UserId,
    },
    /// Count firings of a frontend trigger.
    Observe(Observation),
}

/// What became of one write, in the order of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event is stored.
    Appended,
    /// The same event was stored before.
    Duplicate,
    /// Another event with the same id was stored before; nothing was stored.
    FingerprintConflict,
    /// The workspace has as many backend triggers as it may; nothing was stored.
    TooManyTriggers,
    /// The change is stored.
    Changed,
    /// Somebody else changed the user in between; nothing was stored. Load and decide again.
    VersionConflict,
    /// The alias is set (or was set before, to the same user), rows remain to be copied.
    MergeStarted,
    /// Everything is copied.
    MergeDone,
    /// The anonymous user is an alias of another user; nothing was stored.
    AliasConflict,
    /// The observation is counted, or ignored where the workspace has as many frontend triggers as it may.
    Observed,
}

/// What is known of one property key of a trigger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyStats {
    /// Every type it was seen with.
    pub types: Vec<JsonType>,
    /// The first different values that were offered as examples, as JSON text, at most
    /// [`PROPERTY_EXAMPLES_MAX`](sonde_core::limits::PROPERTY_EXAMPLES_MAX).
    pub examples: Vec<Box<str>>,
}

/// What is known of one trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerStats {
    /// Backend or frontend.
    pub kind: TriggerKind,
    /// Its name.
    pub name: TriggerName,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// How often: stored events, or observed firings.
    pub count: u64,
    /// The same by UTC day of receipt, for the [`TRIGGER_DAYS`](sonde_core::limits::TRIGGER_DAYS) days that end with the
    /// newest on which it was seen. A day without any is missing.
    pub daily: BTreeMap<i32, u64>,
    /// Its property keys, at most [`TRIGGER_PROPERTY_KEYS_MAX`](sonde_core::limits::TRIGGER_PROPERTY_KEYS_MAX).
    pub properties: BTreeMap<Box<str>, PropertyStats>,
}

/// The store of everything keyed by user.
pub trait Activity: Send + Sync + 'static {
    /// What a decision about `user` reads at `now`, all of one moment: the state under exactly this id (an alias is not
    /// followed), and per backend trigger the newest events that are at most 100 hours old, with their marks. Rows of
    /// anonymous ids that are still being merged into the user are included.
    fn load(&self, user: &UserRef, now: Timestamp) -> impl Future<Output = Result<UserActivity, StorageError>> + Send;

    /// One display of one user, also while it still lies under an anonymous id that is being merged.
    fn display(&self, user: &UserRef, id: DisplayId) -> impl Future<Output = Result<Option<Display>, StorageError>> + Send;

    /// Applies a group of writes, in order, each seeing those before it, and returns once all of it is durable.
    /// An error means that none of the group may be acknowledged.
    fn commit(&self, group: Vec<Write>) -> impl Future<Output = Result<Vec<Outcome>, StorageError>> + Send;

    /// Deletes every day-bucket whose day ended at least 100 hours before `now`. Says how many.
    fn drop_expired(&self, now: Timestamp) -> impl Future<Output = Result<usize, StorageError>> + Send;

    /// The triggers of a workspace, by kind and name.
    fn trigger_stats(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<TriggerStats>, StorageError>> + Send;
}
