//! The catalogue: workspaces, keys, what was decided about triggers, and the [`Surveys`].

use std::fmt;
use std::future::Future;

use sonde_core::id::{IdentitySecretId, KeyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::settings::WorkspaceSettings;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::{Cancels, TriggerKind, TriggerName};

use crate::{Cohorts, Member, StorageError, Surveys};

/// One product of the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name; unique within the installation.
    pub name: String,
    /// Minimum time between two surveys for one user; zero is none.
    pub wait_period: Span,
    /// Its other settings.
    pub settings: WorkspaceSettings,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A key, known by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its name, which opens nothing.
    pub id: KeyId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// Backend or SDK.
    pub kind: KeyKind,
    /// SHA-256 of its text.
    pub hash: KeyHash,
    /// Its text, of an SDK key alone: that one is public. `None` also for SDK keys older than this field.
    pub text: Option<String>,
    /// Its last characters, for people to tell keys apart; empty for keys older than this field.
    pub hint: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<Timestamp>,
    /// From then on it opens nothing.
    pub revoked_at: Option<Timestamp>,
}

/// A secret shared with the customer's server, which proves with it who its users are.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentitySecret {
    /// Its name, which proves nothing.
    pub id: IdentitySecretId,
    /// Whose.
    pub workspace: WorkspaceId,
    /// The secret itself: a keyed hash cannot be checked without it.
    pub text: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Without the secret.
impl fmt::Debug for IdentitySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, workspace, created_at, .. } = self;
        f.debug_struct("IdentitySecret").field("id", id).field("workspace", workspace).field("created_at", created_at).finish()
    }
}

/// What members have decided about a trigger; what was seen of it is in
/// [`TriggerStats`](crate::TriggerStats).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerRecord {
    /// Backend or frontend.
    pub kind: TriggerKind,
    /// Its name.
    pub name: TriggerName,
    /// Put away: no longer offered. It is counted all the same.
    pub archived: bool,
    /// Whose earlier events its own events cancel; of backend triggers alone.
    pub cancels: Vec<Cancels>,
}

/// A workspace with its first keys, created in one step.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    /// The workspace.
    pub workspace: Workspace,
    /// Its keys.
    pub keys: Vec<ApiKey>,
    /// Its owner. If a member with this e-mail address exists, that member owns it and nothing about them changes.
    pub owner: Member,
}

/// The store of what is small and read every time.
pub trait Catalogue: Surveys + Cohorts {
    /// Creates a workspace with keys and owner, all or nothing. [`AlreadyExists`](crate::StorageErrorKind::AlreadyExists)
    /// when the name is taken.
    fn create_workspace(&self, new: NewWorkspace) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// All workspaces, by creation.
    fn workspaces(&self) -> impl Future<Output = Result<Vec<Workspace>, StorageError>> + Send;

    /// Replaces a workspace's name, wait period and settings. [`NotFound`](crate::StorageErrorKind::NotFound) when there
    /// is no such workspace, [`AlreadyExists`](crate::StorageErrorKind::AlreadyExists) when the name is another's.
    fn update_workspace(&self, workspace: Workspace) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// All keys of all workspaces, also the revoked, by creation.
    fn keys(&self) -> impl Future<Output = Result<Vec<ApiKey>, StorageError>> + Send;

    /// One key by its hash.
    fn key(&self, hash: KeyHash) -> impl Future<Output = Result<Option<ApiKey>, StorageError>> + Send;

    /// Adds a key, unless the workspace has `live_max` keys of its kind that are not revoked:
    /// [`AlreadyExists`](crate::StorageErrorKind::AlreadyExists) then.
    /// [`NotFound`](crate::StorageErrorKind::NotFound) when there is no such workspace.
    fn create_key(&self, key: ApiKey, live_max: usize) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Revokes a key; one that is revoked stays as it is. [`NotFound`](crate::StorageErrorKind::NotFound) when the
    /// workspace has no such key.
    fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, now: Timestamp) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Notes when keys were last used; never back in time.
    fn touch_keys(&self, used: Vec<(KeyId, Timestamp)>) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// The secrets of a workspace for identity proof, by creation.
    fn identity_secrets(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<IdentitySecret>, StorageError>> + Send;

    /// Adds a secret, unless the workspace has `max`: [`AlreadyExists`](crate::StorageErrorKind::AlreadyExists) then.
    /// [`NotFound`](crate::StorageErrorKind::NotFound) when there is no such workspace.
    fn create_identity_secret(&self, secret: IdentitySecret, max: usize) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets a secret. [`NotFound`](crate::StorageErrorKind::NotFound) when the workspace has no such secret.
    fn delete_identity_secret(
        &self,
        workspace: WorkspaceId,
        secret: IdentitySecretId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// What was decided about triggers of a workspace, by kind and name.
    fn trigger_records(&self, workspace: WorkspaceId) -> impl Future<Output = Result<Vec<TriggerRecord>, StorageError>> + Send;

    /// Adds or replaces what was decided about a trigger. [`NotFound`](crate::StorageErrorKind::NotFound) when there is
    /// no such workspace.
    fn put_trigger_record(&self, workspace: WorkspaceId, record: TriggerRecord) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// The secret that signs client tokens of this installation, made from `fresh` at the first call and the same ever
    /// after.
    fn token_secret(&self, fresh: [u8; 32]) -> impl Future<Output = Result<[u8; 32], StorageError>> + Send;
}
