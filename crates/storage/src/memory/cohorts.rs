//! Cohorts in the model.

use sonde_core::id::{CohortId, WorkspaceId};

use super::{MemoryStore, already_exists, not_found};
use crate::{CohortRecord, Cohorts, StorageError};

impl Cohorts for MemoryStore {
    async fn cohorts(&self, workspace: WorkspaceId) -> Result<Vec<CohortRecord>, StorageError> {
        Ok(self.lock().cohorts.values().filter(|cohort| cohort.workspace == workspace).cloned().collect())
    }

    async fn create_cohort(&self, cohort: CohortRecord, max: usize) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if !everything.workspaces.contains_key(&cohort.workspace) {
            return Err(not_found("workspace"));
        }
        if everything.cohorts.keys().filter(|(workspace, _)| *workspace == cohort.workspace).count() >= max {
            return Err(already_exists("cohort"));
        }
        everything.cohorts.insert((cohort.workspace, cohort.id), cohort);
        Ok(())
    }

    async fn update_cohort(&self, cohort: CohortRecord) -> Result<(), StorageError> {
        let mut everything = self.lock();
        let known = everything.cohorts.get_mut(&(cohort.workspace, cohort.id)).ok_or_else(|| not_found("cohort"))?;
        *known = CohortRecord { created_at: known.created_at, ..cohort };
        Ok(())
    }

    async fn delete_cohort(&self, workspace: WorkspaceId, cohort: CohortId) -> Result<(), StorageError> {
        self.lock().cohorts.remove(&(workspace, cohort)).map(drop).ok_or_else(|| not_found("cohort"))
    }
}
