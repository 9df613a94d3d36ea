//! The catalogue: workspaces, keys, surveys and their versions.

use std::future::Future;

use sonde_core::id::{MemberId, SurveyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::survey::SurveyStatus;
use sonde_core::time::{Span, Timestamp};

use crate::StorageError;

/// One product of the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name; unique within the installation.
    pub name: String,
    /// Minimum time between two surveys for one user; zero is none.
    pub wait_period: Span,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A key, by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Backend or SDK.
    pub kind: KeyKind,
    /// SHA-256 of its text.
    pub hash: KeyHash,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The first member of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// Its id.
    pub id: MemberId,
    /// Log-in name; unique within the installation, compared without regard to ASCII case.
    pub email: String,
    /// argon2id in PHC string form.
    pub password_hash: String,
}

/// A workspace with its first keys, created in one step.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    /// The workspace.
    pub workspace: Workspace,
    /// Its keys.
    pub keys: Vec<ApiKey>,
    /// Its owner. If a member with this e-mail address exists, that member owns it and nothing about them changes.
    pub owner: NewMember,
}

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
    /// The published version, if any.
    pub published: Option<SurveyVersion>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything about it was last changed.
    pub updated_at: Timestamp,
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

/// The store of what is small and read every time.
pub trait Catalogue: Send + Sync + 'static {
    /// Creates a workspace with keys and owner, all or nothing. [`AlreadyExists`](crate::StorageErrorKind::AlreadyExists)
    /// when the name is taken.
    fn create_workspace(&self, new: NewWorkspace) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// All workspaces, by creation.
    fn workspaces(&self) -> impl Future<Output = Result<Vec<Workspace>, StorageError>> + Send;

    /// Sets a workspace's wait period. [`NotFound`](crate::StorageErrorKind::NotFound) when there is no such workspace.
    fn set_wait_period(&self, workspace: WorkspaceId, wait_period: Span) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// All keys of all workspaces.
    fn keys(&self) -> impl Future<Output = Result<Vec<ApiKey>, StorageError>> + Send;

    /// One key by its hash.
    fn key(&self, hash: KeyHash) -> impl Future<Output = Result<Option<ApiKey>, StorageError>> + Send;

    /// The secret that signs client tokens of this installation, made from `fresh` at the first call and the same ever
    /// after.
    fn token_secret(&self, fresh: [u8; 32]) -> impl Future<Output = Result<[u8; 32], StorageError>> + Send;

    /// Creates a survey as a draft. [`NotFound`](crate::StorageErrorKind::NotFound) when there is no such workspace.
    fn create_survey(&self, survey: SurveyRecord) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Replaces a survey's draft.
    fn set_draft(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        draft: String,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Publishes the draft as the next version and returns it.
    fn publish(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        now: Timestamp,
    ) -> impl Future<Output = Result<SurveyVersion, StorageError>> + Send;

    /// Sets a survey's status.
    fn set_status(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        status: SurveyStatus,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// All surveys of a workspace, by id.
    fn surveys(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<SurveyRecord>, StorageError>> + Send;

    /// One version of a survey.
    fn survey_version(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        number: u32,
    ) -> impl Future<Output = Result<Option<SurveyVersion>, StorageError>> + Send;
}
