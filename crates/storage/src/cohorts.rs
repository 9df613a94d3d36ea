//! Cohorts: conditions on users, saved under a name. Part of the [`Catalogue`](crate::Catalogue).

use std::future::Future;

use sonde_core::id::{CohortId, WorkspaceId};
use sonde_core::time::Timestamp;

use crate::StorageError;

/// A cohort as members write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortRecord {
    /// Its id.
    pub id: CohortId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// What the team calls it.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Who belongs to it, as JSON text.
    pub condition: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The store of cohorts.
pub trait Cohorts: Send + Sync + 'static {
    /// All cohorts of a workspace, by id, which is by creation.
    fn cohorts(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<CohortRecord>, StorageError>> + Send;

    /// Adds a cohort, unless the workspace has `max`: [`AlreadyExists`](crate::StorageErrorKind::AlreadyExists) then.
    /// [`NotFound`](crate::StorageErrorKind::NotFound) when there is no such workspace.
    fn create_cohort(&self, cohort: CohortRecord, max: usize) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Replaces all of a cohort but when it was created. [`NotFound`](crate::StorageErrorKind::NotFound) when the
    /// workspace has no such cohort.
    fn update_cohort(&self, cohort: CohortRecord) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets a cohort. [`NotFound`](crate::StorageErrorKind::NotFound) when the workspace has no such cohort.
    fn delete_cohort(&self, workspace: WorkspaceId, cohort: CohortId) -> impl Future<Output = Result<(), StorageError>> + Send;
}
