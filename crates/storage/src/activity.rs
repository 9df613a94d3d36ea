//! Activity: everything keyed by user.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use sonde_core::attribute::AttributeType;
use sonde_core::decide::ReasonCode;
use sonde_core::display::{Display, UserChange};
use sonde_core::event::{EventId, EventRecord};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::properties::{JsonType, Properties};
use sonde_core::refusal::Refusal;
use sonde_core::time::Timestamp;
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_core::user::{UserActivity, UserId, UserRef, UserState};

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

/// "These calls of a user showed nothing": kept to be explained, not acknowledged one by one.
#[derive(Clone, Debug)]
pub struct RefusalNote {
    /// Whose. For an anonymous user that is an alias, they are kept for the user it stands for.
    pub user: UserRef,
    /// The newest first.
    pub refusals: Vec<Refusal>,
}

/// How often decisions looked at one survey, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionCounts {
    /// How often it won and was claimed.
    pub won: u64,
    /// How often it was refused, by the first reason.
    pub refused: BTreeMap<ReasonCode, u64>,
}

impl DecisionCounts {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.won = self.won.saturating_add(other.won);
        for (code, count) in &other.refused {
            let counted = self.refused.entry(*code).or_default();
            *counted = counted.saturating_add(*count);
        }
    }
}

/// "Decisions looked at this survey so often": counted, not acknowledged.
#[derive(Clone, Debug)]
pub struct DecisionNote {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which survey.
    pub survey: SurveyId,
    /// The UTC day, as days since 1970-01-01.
    pub day: i32,
    /// Since the last note.
    pub counts: DecisionCounts,
}

/// Which users to go over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsersWith {
    /// Those with a state, aliases left out.
    State,
    /// Those with events in any bucket that was not dropped yet, under whatever id these lie.
    Events,
}

/// Where a page of users ended; only the engine that gave it out can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCursor(pub Vec<u8>);

/// Some users of a workspace, in an order of the engine's own that has nothing to do with who they are, and that stays
/// the same.
#[derive(Clone, Debug, PartialEq)]
pub struct UserPage {
    /// At most as many as were asked for, none twice. May be none, and yet others follow.
    pub users: Vec<UserRef>,
    /// The share of all such users that lies behind after this page, 0 to 1, as near as the engine knows without
    /// counting them. Exactly 1 after the last page.
    pub covered: f64,
    /// Where the next page begins; `None` after the last.
    pub next: Option<UserCursor>,
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

/// An attribute as it was seen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeObservation {
    /// Its name.
    pub name: Box<str>,
    /// The type of its value.
    pub attribute_type: AttributeType,
    /// Its value as JSON text, at most
    /// [`PROPERTY_EXAMPLE_BYTES_MAX`](sonde_core::limits::PROPERTY_EXAMPLE_BYTES_MAX), if it may serve as an example.
    pub example: Option<Box<str>>,
}

/// "Users of this workspace have these attributes": not acknowledged one by one.
#[derive(Clone, Debug)]
pub struct AttributesSeen {
    /// Where.
    pub workspace: WorkspaceId,
    /// Which; only those that may be new need to be here.
    pub seen: Vec<AttributeObservation>,
}

/// What is known of one attribute of a workspace's users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeStats {
    /// Its name.
    pub name: Box<str>,
    /// Every type it was seen with.
    pub types: Vec<AttributeType>,
    /// The first different values that were offered as examples, as JSON text, at most
    /// [`PROPERTY_EXAMPLES_MAX`](sonde_core::limits::PROPERTY_EXAMPLES_MAX).
    pub examples: Vec<Box<str>>,
}

/// What becomes of the response rows of a user who is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErasedResponses {
    /// They go, too.
    Delete,
    /// The answers stay, as those of an anonymous user whom nobody has heard of; the snapshots of the activating event,
    /// the frontend trigger and the attributes go.
    Anonymise {
        /// The id of that user, made for this erasure alone.
        as_id: UserId,
    },
}

/// "Forget this user."
#[derive(Clone, Debug)]
pub struct Erase {
    /// Whom. Not an alias: that is erased with the user it stands for.
    pub user: UserRef,
    /// What becomes of the answers.
    pub responses: ErasedResponses,
}

/// One write of a group.
#[derive(Clone, Debug)]
pub enum Write {
    /// Store an event. Shared: whoever hands it over may go on looking at it, without a copy of its own.
    Append(Arc<Append>),
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
    /// Begin to erase a user. In one step the state loses everything, the response rows are deleted or anonymised, and
    /// from here on no read finds anything of the user and no write is taken ([`Outcome::Erasing`]) until the erasure is
    /// finished.
    Erase(Erase),
    /// Remove a bounded number of rows of a user who is being erased: events, marks, duplicates' records, displays,
    /// aliases, in the end the state. Repeat until [`Outcome::Erased`].
    ContinueErase {
        /// The user given to [`Write::Erase`].
        user: UserRef,
    },
    /// Count firings of a frontend trigger.
    Observe(Observation),
    /// Keep refusals of a user with those that are kept, as [`unite`](sonde_core::refusal::unite) does.
    Refuse(RefusalNote),
    /// Count decisions about a survey.
    CountDecisions(DecisionNote),
    /// Note names of attributes, with types and examples.
    LearnAttributes(AttributesSeen),
}

impl Write {
    /// The time that the write carries, if it does: none is later than the moment at which it was made.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Append(append) => Some(append.received_at),
            Self::Change(change) => {
                let cancelled = change.cancelled.iter().map(|mark| mark.cancelled_at);
                change.displays.iter().map(|display| display.updated_at).chain(cancelled).max()
            }
            Self::Merge(merge) => Some(merge.now),
            Self::Observe(observation) => Some(observation.at),
            Self::ContinueMerge { .. }
            | Self::Erase(_)
            | Self::ContinueErase { .. }
            | Self::LearnAttributes(_)
            | Self::Refuse(_)
            | Self::CountDecisions(_) => None,
        }
    }
}

impl Write {
    /// Store an event.
    pub fn append(append: Append) -> Self {
        Self::Append(Arc::new(append))
    }
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
    /// The user is marked as being erased (or was before), rows remain to be removed.
    EraseStarted,
    /// Nothing is left of the user.
    Erased,
    /// The user is being erased; nothing was stored. Finish that first, then try again.
    Erasing,
    /// Counted or noted; or ignored: an observation where the workspace has as many frontend triggers as it may, a refusal of
    /// a user who is being erased.
    Observed,
    /// What the write rests on is damaged and cannot be read; nothing was stored, and trying again does not help. Where, for
    /// the log. All other writes of the group are as if this one had not been among them.
    Unreadable(Box<str>),
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

/// A place in the list of a user's events. Only the engine that made it knows what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventCursor(pub Vec<u8>);

/// Some of a user's events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPage {
    /// In no particular order.
    pub events: Vec<EventRecord>,
    /// Where the rest begins, if there is any.
    pub next: Option<EventCursor>,
}

/// The store of everything keyed by user.
pub trait Activity: Send + Sync + 'static {
    /// What a decision about `user` reads at `now`, all of one moment: the state under exactly this id (an alias is not
    /// followed), and per backend trigger the newest events that are at most 100 hours old, with the marks of all buckets. Rows of
    /// anonymous ids that are still being merged into the user are included.
    fn load(&self, user: &UserRef, now: Timestamp) -> impl Future<Output = Result<UserActivity, StorageError>> + Send;

    /// The state that [`load`](Self::load) would read and the [`display`](Self::display) that would be found, of one moment: for
    /// those who look at no event.
    fn display_with_state(
        &self,
        user: &UserRef,
        id: DisplayId,
    ) -> impl Future<Output = Result<(UserState, Option<Display>), StorageError>> + Send;

    /// One display of one user, also while it still lies under an anonymous id that is being merged.
    fn display(&self, user: &UserRef, id: DisplayId) -> impl Future<Output = Result<Option<Display>, StorageError>> + Send;

    /// Displays of one user by id, which is by the time of the claim, the newest first: those before `before`, at most
    /// `limit` of them. Also while some still lie under an anonymous id that is being merged.
    fn displays_of(
        &self,
        user: &UserRef,
        before: Option<DisplayId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Display>, StorageError>> + Send;

    /// All events of one user that are stored, also those that no decision looks at any more; at most `limit` at a time.
    /// Following [`EventPage::next`] to the end finds each event that is there all the while exactly once.
    fn events_of(
        &self,
        user: &UserRef,
        from: Option<EventCursor>,
        limit: usize,
    ) -> impl Future<Output = Result<EventPage, StorageError>> + Send;

    /// Anonymous ids that stand for this user, in the order of their bytes, at most `limit` of them.
    fn aliases_of(&self, user: &UserRef, limit: usize) -> impl Future<Output = Result<Vec<UserId>, StorageError>> + Send;

    /// Users whose erasure was begun and not finished.
    fn erasures_under_way(&self) -> impl Future<Output = Result<Vec<UserRef>, StorageError>> + Send;

    /// The latest [time](Write::at) that any committed write carried: the clock must not start before it.
    fn latest_time(&self) -> impl Future<Output = Result<Option<Timestamp>, StorageError>> + Send;

    /// The stored events of one user with this id, also while they still lie under an anonymous id that is being merged, the
    /// newest received first. More than one only where merged users had events with the same id.
    fn find_events(&self, user: &UserRef, id: &EventId) -> impl Future<Output = Result<Vec<EventRecord>, StorageError>> + Send;

    /// Applies a group of writes, in order, each seeing those before it, and returns once all of it is durable.
    /// An error means that none of the group may be acknowledged. Damaged rows are none: they are the outcome of those writes
    /// alone that need them, [`Outcome::Unreadable`].
    fn commit(&self, group: Vec<Write>) -> impl Future<Output = Result<Vec<Outcome>, StorageError>> + Send;

    /// Deletes every day-bucket whose day ended at least 100 hours before `now`. Says how many.
    fn drop_expired(&self, now: Timestamp) -> impl Future<Output = Result<usize, StorageError>> + Send;

    /// The triggers of a workspace, by kind and name.
    fn trigger_stats(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<TriggerStats>, StorageError>> + Send;

    /// What is kept of refusals under exactly this id, the newest first. A merge gives them to the identified user at
    /// once.
    fn refusals(&self, user: &UserRef) -> impl Future<Output = Result<Vec<Refusal>, StorageError>> + Send;

    /// How often decisions looked at a survey, by UTC day, for the
    /// [`DECISION_DAYS`](sonde_core::limits::DECISION_DAYS) days that end with the newest on which they did.
    fn decision_counts(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
    ) -> impl Future<Output = Result<BTreeMap<i32, DecisionCounts>, StorageError>> + Send;

    /// Goes over users: at most `limit` of those behind `after`, and from the beginning with `None`. Reads a bounded
    /// number of rows for each user it may name.
    fn users_with(
        &self,
        workspace: WorkspaceId,
        with: UsersWith,
        after: Option<&UserCursor>,
        limit: usize,
    ) -> impl Future<Output = Result<UserPage, StorageError>> + Send;

    /// The attributes that users of a workspace were seen with, by name: at most
    /// [`ATTRIBUTE_NAMES_MAX`](sonde_core::limits::ATTRIBUTE_NAMES_MAX).
    fn attribute_stats(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<AttributeStats>, StorageError>> + Send;
}
