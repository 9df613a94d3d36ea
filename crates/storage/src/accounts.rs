//! Accounts: members, their sessions, and which workspaces they belong to.

use std::future::Future;

use sonde_core::id::{MemberId, WorkspaceId};
use sonde_core::time::Timestamp;

use crate::StorageError;

/// A person who logs in to the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// Log-in name; unique within the installation, compared without regard to ASCII case.
    pub email: String,
    /// argon2id in PHC string form.
    pub password_hash: String,
}

/// The SHA-256 of a session's token. The token is 256 random bits, so a plain hash cannot be reversed by guessing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionHash(pub [u8; 32]);

impl std::fmt::Debug for SessionHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionHash(…)")
    }
}

/// A member logged in from one browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberSession {
    /// Known by.
    pub hash: SessionHash,
    /// Whose.
    pub member: MemberId,
    /// From then on it is worth nothing.
    pub expires_at: Timestamp,
}

/// The store of accounts. Members come into being with a workspace: see
/// [`Catalogue::create_workspace`](crate::Catalogue::create_workspace).
pub trait Accounts: Send + Sync + 'static {
    /// Whether there is any member.
    fn has_members(&self) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// One member.
    fn member(&self, id: MemberId) -> impl Future<Output = Result<Option<Member>, StorageError>> + Send;

    /// The member with an address, whatever the case of its ASCII letters.
    fn member_by_email(&self, email: &str) -> impl Future<Output = Result<Option<Member>, StorageError>> + Send;

    /// Replaces a member's password and ends all of their sessions but `keep`, in one step.
    /// [`NotFound`](crate::StorageErrorKind::NotFound) when there is no such member.
    fn set_password(
        &self,
        member: MemberId,
        password_hash: String,
        keep: SessionHash,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// The workspaces that a member belongs to, by creation.
    fn workspaces_of(&self, member: MemberId) -> impl Future<Output = Result<Vec<WorkspaceId>, StorageError>> + Send;

    /// Whether a member belongs to a workspace.
    fn belongs_to(&self, member: MemberId, workspace: WorkspaceId) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Stores a new session. [`NotFound`](crate::StorageErrorKind::NotFound) when there is no such member.
    fn create_session(&self, session: MemberSession) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Gives a session another expiry; one that has ended stays ended.
    fn extend_session(&self, hash: SessionHash, expires_at: Timestamp) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// A session, expired or not.
    fn session(&self, hash: SessionHash) -> impl Future<Output = Result<Option<MemberSession>, StorageError>> + Send;

    /// Ends a session; one that is not there has ended.
    fn end_session(&self, hash: SessionHash) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Deletes sessions that have expired by `now`. Says how many.
    fn delete_expired_sessions(&self, now: Timestamp) -> impl Future<Output = Result<usize, StorageError>> + Send;
}
