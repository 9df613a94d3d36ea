//! Planted bugs: the schedules prove something only if they find these.

use sonde_core::display::{Display, UserChange};
use sonde_core::event::{EventId, EventRecord};
use sonde_core::id::DisplayId;
use sonde_core::time::{Span, Timestamp};
use sonde_core::user::{OpenClaim, UserActivity, UserRef, UserState};
use sonde_storage::{Activity, Outcome, StorageError, Write};

use super::world::BACKEND;

/// One bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Changes are stored whatever version they were made from.
    SkippedCompareAndSet,
    /// What a showing consumes is not stored.
    SkippedConsumption,
    /// A showing is confirmed whoever holds the claim.
    ConfirmWithoutClaim,
    /// That an event was cancelled by id is not stored.
    SkippedCancellation,
    /// Whether an event was cancelled is not looked at again when a showing is confirmed.
    ConfirmWithoutCancellation,
    /// Users nobody has written have no version, so what was decided before an erasure fits after it.
    ErasureForgetsVersions,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SkippedCompareAndSet,
        Self::SkippedConsumption,
        Self::ConfirmWithoutClaim,
        Self::SkippedCancellation,
        Self::ConfirmWithoutCancellation,
        Self::ErasureForgetsVersions,
    ];

    /// What the step that confirms gets to see.
    pub(super) fn before_confirm(self, activity: &mut UserActivity, display: &mut Display, now: Timestamp) {
        match self {
            Self::ConfirmWithoutClaim => {
                display.lease_until = display.lease_until.max(now + Span::from_millis(1));
                activity.state.open_claim = Some(OpenClaim {
                    display: display.id,
                    survey: display.survey,
                    request_id: display.request_id.clone(),
                    lease_until: display.lease_until,
                });
            }
            Self::ConfirmWithoutCancellation => {
                activity.cancelled.clear();
                activity.events.retain(|event| event.trigger.as_str() != BACKEND[2]);
            }
            Self::SkippedCompareAndSet | Self::SkippedConsumption | Self::SkippedCancellation | Self::ErasureForgetsVersions => {}
        }
    }
}

/// An engine, perhaps with a bug.
#[derive(Clone, Copy)]
pub(super) struct Store<'e, E> {
    pub(super) engine: &'e E,
    pub(super) fault: Option<Fault>,
}

impl<E: Activity> Store<'_, E> {
    /// As the service loads: an anonymous id that is an alias leads to the user it stands for, and whoever comes upon an
    /// erasure under way finishes it first.
    pub(super) async fn load(&self, user: &UserRef, now: Timestamp) -> Result<UserActivity, StorageError> {
        let activity = self.load_following(user, now).await?;
        if !activity.state.erasing {
            return Ok(activity);
        }
        self.finish_erasure(&activity.user).await?;
        self.load_following(user, now).await
    }

    pub(super) async fn finish_erasure(&self, user: &UserRef) -> Result<(), StorageError> {
        while self.commit(Write::ContinueErase { user: user.clone() }).await? != Outcome::Erased {}
        Ok(())
    }

    async fn load_following(&self, user: &UserRef, now: Timestamp) -> Result<UserActivity, StorageError> {
        let activity = self.engine.load(user, now).await?;
        match &activity.state.alias_of {
            Some(id) => {
                let namespace = sonde_core::user::Namespace::Identified;
                self.engine.load(&UserRef { workspace: user.workspace, namespace, id: id.clone() }, now).await
            }
            None => Ok(activity),
        }
    }

    pub(super) async fn display(&self, user: &UserRef, id: DisplayId) -> Result<Option<Display>, StorageError> {
        self.engine.display(user, id).await
    }

    pub(super) async fn find_events(&self, user: &UserRef, id: &EventId) -> Result<Vec<EventRecord>, StorageError> {
        self.engine.find_events(user, id).await
    }

    /// Commits one write.
    pub(super) async fn commit(&self, mut write: Write) -> Result<Outcome, StorageError> {
        if let Write::Change(change) = &mut write {
            self.spoil(change).await?;
        }
        let outcomes = self.engine.commit(vec![write]).await?;
        Ok(outcomes.into_iter().next().expect("one outcome for one write"))
    }

    async fn spoil(&self, change: &mut UserChange) -> Result<(), StorageError> {
        match self.fault {
            Some(Fault::SkippedCompareAndSet) => {
                let stored = self.engine.load(&change.user, Timestamp::from_millis(0)).await?.state.version;
                change.expected_version = stored;
                change.state.version = stored + 1;
            }
            Some(Fault::ErasureForgetsVersions) => {
                let stored = self.engine.load(&change.user, Timestamp::from_millis(0)).await?.state;
                if stored == (UserState { version: stored.version, ..UserState::default() }) {
                    change.expected_version = stored.version;
                    change.state.version = stored.version + 1;
                }
            }
            Some(Fault::SkippedConsumption) => change.consumed.clear(),
            Some(Fault::SkippedCancellation) => change.cancelled.clear(),
            Some(Fault::ConfirmWithoutClaim | Fault::ConfirmWithoutCancellation) | None => {}
        }
        Ok(())
    }
}
