//! Response rows: what the dashboard, exports and people query.

use std::future::Future;

use sonde_core::display::Display;
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::time::Timestamp;
use sonde_core::user::UserRef;

use crate::StorageError;

/// One display that was shown, with its answers so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseRow {
    /// Who saw it. After a merge this is the identified user.
    pub user: UserRef,
    /// What was seen and answered.
    pub display: Display,
}

/// Which rows.
#[derive(Clone, Debug)]
pub struct ResponseQuery {
    /// Of this workspace.
    pub workspace: WorkspaceId,
    /// Of one survey, or of all.
    pub survey: Option<SurveyId>,
    /// By display id, which is by the time of the claim: backwards or forwards.
    pub newest_first: bool,
    /// After this display, in that order.
    pub after: Option<DisplayId>,
    /// At most this many.
    pub limit: u32,
}

/// How far the displays of a survey came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseCounts {
    /// Were shown.
    pub shown: u64,
    /// Of these: had an answer.
    pub started: u64,
    /// Of these: were answered to the end.
    pub completed: u64,
}

/// The store of response rows. Every call sees everything that was committed before it.
pub trait Responses: Send + Sync + 'static {
    /// Rows in the order of display ids.
    fn responses(&self, query: &ResponseQuery) -> impl Future<Output = Result<Vec<ResponseRow>, StorageError>> + Send;

    /// One row.
    fn response(
        &self,
        workspace: WorkspaceId,
        display: DisplayId,
    ) -> impl Future<Output = Result<Option<ResponseRow>, StorageError>> + Send;

    /// Deletes a row for good: whatever is still committed of its display makes no row again.
    /// [`NotFound`](crate::StorageErrorKind::NotFound) when there is none.
    fn delete_response(&self, workspace: WorkspaceId, display: DisplayId) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Deletes rows for good whose display was claimed before a moment, as its id says: the oldest first, at most `limit`
    /// of them. Says how many.
    fn delete_responses_before(
        &self,
        workspace: WorkspaceId,
        before: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<usize, StorageError>> + Send;

    /// How many responses of each survey of a workspace were ever completed, also those deleted afterwards; surveys without
    /// any are missing.
    fn completed_counts(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<(SurveyId, u64)>, StorageError>> + Send;

    /// How far the displays of each survey of a workspace came; surveys that were never shown are missing.
    fn response_counts(&self, workspace: WorkspaceId)
    -> impl Future<Output = Result<Vec<(SurveyId, ResponseCounts)>, StorageError>> + Send;
}
