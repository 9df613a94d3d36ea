//! How many responses were completed, kept in memory for quotas: read from the store at the start, counted on here with
//! each completion that is stored. Exact in one process; deleting responses lowers no count.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use sonde_core::decide::Completed;
use sonde_core::display::{Display, UserChange};
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_storage::{Responses, StorageError};

/// The counts of all workspaces: ids of surveys are unique over them.
#[derive(Default)]
pub(crate) struct Quotas(RwLock<Completed>);

impl Quotas {
    /// Reads what was completed before.
    pub(crate) async fn load(responses: &impl Responses, workspaces: &[WorkspaceId]) -> Result<Self, StorageError> {
        let mut completed = Completed::none();
        for workspace in workspaces {
            for (survey, count) in responses.completed_counts(*workspace).await? {
                completed.add(survey, count);
            }
        }
        Ok(Self(RwLock::new(completed)))
    }

    /// The counts as they are now. Held only while deciding.
    pub(crate) fn completed(&self) -> RwLockReadGuard<'_, Completed> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A completion was stored.
    pub(crate) fn count(&self, survey: SurveyId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).add(survey, 1);
    }
}

/// The survey that a change completes for the first time with this display.
pub(crate) fn completes(before: &Display, change: &UserChange) -> Option<SurveyId> {
    let is_first = |after: &&Display| after.id == before.id && before.completed_at.is_none() && after.completed_at.is_some();
    change.displays.iter().find(is_first).map(|after| after.survey)
}
