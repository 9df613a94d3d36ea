//! Surveys: drafts, published versions, and where each is in its life. Part of the [`Catalogue`](crate::Catalogue).

use std::future::Future;

use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::survey::SurveyStatus;
use sonde_core::time::Timestamp;

use crate::StorageError;

/// A survey over all its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyRecord {
    /// Its id.
    pub id: SurveyId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Where it is in its life.
    pub status: SurveyStatus,
    /// The document being worked on, as text.
    pub draft: String,
    /// From 1; every change of the draft raises it by one.
    pub draft_revision: u64,
    /// The published version, if any.
    pub published: Option<SurveyVersion>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything about it was last changed.
    pub updated_at: Timestamp,
    /// When it first went live.
    pub launched_at: Option<Timestamp>,
}

/// A published version: never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyVersion {
    /// From 1, without gaps.
    pub number: u32,
    /// The document, as text.
    pub document: String,
    /// When it was published.
    pub published_at: Timestamp,
}

/// The store of surveys.
pub trait Surveys: Send + Sync + 'static {
    /// Creates a survey as a draft of revision 1. [`NotFound`](crate::StorageErrorKind::NotFound) when there is no such
    /// workspace.
    fn create_survey(&self, survey: SurveyRecord) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Replaces a survey's draft and returns its new revision. [`Stale`](crate::StorageErrorKind::Stale) when the stored
    /// revision is not the `expected` one, if one is.
    fn set_draft(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        draft: String,
        expected: Option<u64>,
        now: Timestamp,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// Publishes the draft as the next version and returns it. [`Stale`](crate::StorageErrorKind::Stale) when the stored
    /// revision is not the `expected` one, if one is.
    fn publish(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        expected: Option<u64>,
        now: Timestamp,
    ) -> impl Future<Output = Result<SurveyVersion, StorageError>> + Send;

    /// Sets a survey's status; the first time it becomes live is its launch.
    fn set_status(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        status: SurveyStatus,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Deletes a survey that was never published: one that was may have been shown, and is needed to read what was
    /// answered. [`NotFound`](crate::StorageErrorKind::NotFound) when there is none, or it was published.
    fn delete_survey(&self, workspace: WorkspaceId, survey: SurveyId) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// All surveys of a workspace, by id.
    fn surveys(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<SurveyRecord>, StorageError>> + Send;

    /// One survey.
    fn survey(&self, workspace: WorkspaceId, survey: SurveyId) -> impl Future<Output = Result<Option<SurveyRecord>, StorageError>> + Send;

    /// The versions of a survey and when each was published, the newest first.
    fn survey_versions(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
    ) -> impl Future<Output = Result<Vec<(u32, Timestamp)>, StorageError>> + Send;

    /// One version of a survey.
    fn survey_version(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        number: u32,
    ) -> impl Future<Output = Result<Option<SurveyVersion>, StorageError>> + Send;
}
