//! The default engine: everything in one data folder, used by one process.
//!
//! * `catalogue.sqlite` holds the catalogue and the response rows.
//! * `events/` holds per UTC day of receipt a log of that day's events, and an index of it.
//! * `activity/` holds everything else that is keyed by user, in fjall: states, displays, marks of events, and the outbox
//!   that response rows are fed from.
//! * `FORMAT` says which version of the folder's format this is, `LOCK` keeps other processes out.
//!
//! No decision reads SQLite, no query of the dashboard reads fjall, and nothing is written to both at once: the outbox
//! is written with the change it comes from, and a thread tells SQLite afterwards, in order and without gaps.

mod accounts;
mod activity;
mod backup;
mod catalogue;
mod check;
mod cohorts;
mod error;
mod events;
mod failure;
mod folder;
mod journal;
mod projector;
mod responses;
mod room;
mod rows;
mod sqlite;
mod surveys;
mod upgrade;
mod wal;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sonde_core::display::Display;
use sonde_core::event::{EventId, EventRecord};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::refusal::Refusal;
use sonde_core::time::Timestamp;
use sonde_core::user::{UserActivity, UserId, UserRef, UserState};
use sonde_storage::{
    Activity, AttributeStats, DecisionCounts, EventCursor, EventPage, Outcome, StorageError, TriggerStats, UserCursor, UserPage, UsersWith,
    Write,
};

pub use crate::backup::{BackupManifest, restore};
pub use crate::check::{Problem, Report, check};

use crate::activity::ActivityStore;
use crate::activity::upkeep::Upkeep;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::projector::Projector;
use crate::room::Room;
use crate::sqlite::Sqlite;

/// The embedded engine on one data folder. Dropping it stops its thread and lets go of the folder.
///
/// [`Activity::load`], [`Activity::display`], [`Activity::display_with_state`] and [`Activity::commit`] work on the thread that polls them: a read is
/// over sooner than another thread would wake up, and a commit, which waits for the disk, is for the one thread that
/// gathers groups. Everything else that can wait for a disk moves to Tokio's blocking threads, so must be called within
/// a Tokio runtime.
pub struct EmbeddedStore {
    // In the order in which they are let go of: the thread that uses the others first, the lock of the folder last.
    projector: Projector,
    _upkeep: Upkeep,
    activity: Arc<ActivityStore>,
    /// Everything that is written to SQLite goes through one connection, so that no writer ever finds the file busy.
    writer: Sqlite,
    reader: Sqlite,
    failure: Failure,
    room: Room,
    _folder: Folder,
}

impl EmbeddedStore {
    /// Opens a data folder, and creates it at the first start. Blocks.
    ///
    /// [`Locked`](sonde_storage::StorageErrorKind::Locked) while another process uses it,
    /// [`NewerFormat`](sonde_storage::StorageErrorKind::NewerFormat) when a newer version of Sonde wrote it.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        Self::open_keeping_free(path, 0)
    }

    /// The same; once the file system has fewer than so many bytes free, [commits](Activity::commit) are refused as
    /// [`Unavailable`](sonde_storage::StorageErrorKind::Unavailable) until it has more again. What the engine does by
    /// itself, writing out memory and merging files, needs that room: where it finds none, nothing more can be written.
    pub fn open_keeping_free(path: &Path, bytes: u64) -> Result<Self, StorageError> {
        let folder = Folder::open(path)?;
        let failure = Failure::default();
        wal::refuse_damage(&folder.catalogue())?;
        let writer = Sqlite::open(&folder.catalogue(), Some(failure.clone()))?;
        writer.empty_log()?;
        let reader = Sqlite::open(&folder.catalogue(), None)?;
        folder.sync()?;
        let projected = reader.with(|connection| responses::projected_seq(connection))?;
        let activity = Arc::new(ActivityStore::open(&folder, projected, failure.clone())?);
        let upkeep = Upkeep::start(Arc::clone(&activity))?;
        let projector = Projector::start(Arc::clone(&activity), writer.clone(), projected)?;
        Ok(Self { projector, _upkeep: upkeep, activity, writer, reader, failure, room: Room::new(path, bytes), _folder: folder })
    }

    /// Resolves when the disk has refused to keep data, also that which nobody waits for: response rows, indexes of events,
    /// days that are dropped. The process must stop, nothing is tried again. Of a commit its error says so, too.
    pub async fn failed(&self) {
        self.failure.happened().await;
    }

    /// Stops cleanly and lets go of the folder. Dropping does the same; this says when it is done.
    pub fn close(self) {
        drop(self);
    }
}

impl Activity for EmbeddedStore {
    async fn load(&self, user: &UserRef, now: Timestamp) -> Result<UserActivity, StorageError> {
        self.activity.load(user, now)
    }

    async fn display_with_state(&self, user: &UserRef, id: DisplayId) -> Result<(UserState, Option<Display>), StorageError> {
        self.activity.display_with_state(user, id)
    }

    async fn display(&self, user: &UserRef, id: DisplayId) -> Result<Option<Display>, StorageError> {
        self.activity.display(user, id)
    }

    async fn displays_of(&self, user: &UserRef, before: Option<DisplayId>, limit: usize) -> Result<Vec<Display>, StorageError> {
        self.activity.displays_of(user, before, limit)
    }

    async fn events_of(&self, user: &UserRef, from: Option<EventCursor>, limit: usize) -> Result<EventPage, StorageError> {
        self.activity.events_of(user, from.as_ref(), limit)
    }

    async fn aliases_of(&self, user: &UserRef, limit: usize) -> Result<Vec<UserId>, StorageError> {
        self.activity.aliases_of(user, limit)
    }

    async fn erasures_under_way(&self) -> Result<Vec<UserRef>, StorageError> {
        self.activity.erasures_under_way()
    }

    async fn latest_time(&self) -> Result<Option<Timestamp>, StorageError> {
        self.activity.latest_time()
    }

    async fn find_events(&self, user: &UserRef, id: &EventId) -> Result<Vec<EventRecord>, StorageError> {
        self.activity.find_events(user, id)
    }

    async fn commit(&self, group: Vec<Write>) -> Result<Vec<Outcome>, StorageError> {
        self.room.check()?;
        let outcomes = self.activity.commit(&group)?;
        if group.iter().any(|write| matches!(write, Write::Change(_) | Write::Merge(_) | Write::Erase(_))) {
            self.projector.wake();
        }
        Ok(outcomes)
    }

    async fn drop_expired(&self, now: Timestamp) -> Result<usize, StorageError> {
        let activity = Arc::clone(&self.activity);
        tokio::task::spawn_blocking(move || activity.drop_expired(now)).await.map_err(|error| {
            StorageError::with_source(sonde_storage::StorageErrorKind::Unavailable, "the deletion of buckets did not end", error)
        })?
    }

    async fn attribute_stats(&self, workspace: WorkspaceId) -> Result<Vec<AttributeStats>, StorageError> {
        self.activity.attribute_stats(workspace)
    }

    async fn trigger_stats(&self, workspace: WorkspaceId) -> Result<Vec<TriggerStats>, StorageError> {
        Ok(self.activity.trigger_stats(workspace))
    }

    async fn refusals(&self, user: &UserRef) -> Result<Vec<Refusal>, StorageError> {
        self.activity.refusals(user)
    }

    async fn decision_counts(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<BTreeMap<i32, DecisionCounts>, StorageError> {
        self.activity.decision_counts(workspace, survey)
    }

    async fn users_with(
        &self,
        workspace: WorkspaceId,
        with: UsersWith,
        after: Option<&UserCursor>,
        limit: usize,
    ) -> Result<UserPage, StorageError> {
        let (activity, after) = (Arc::clone(&self.activity), after.cloned());
        let read = move || activity.users_with(workspace, with, after.as_ref(), limit);
        tokio::task::spawn_blocking(read).await.map_err(|error| {
            StorageError::with_source(sonde_storage::StorageErrorKind::Unavailable, "the reading of users did not end", error)
        })?
    }
}
