//! Accounts in memory.

use sonde_core::id::{MemberId, WorkspaceId};
use sonde_core::time::Timestamp;

use super::{MemoryStore, not_found};
use crate::{Accounts, Member, MemberSession, SessionHash, StorageError};

impl Accounts for MemoryStore {
    async fn has_members(&self) -> Result<bool, StorageError> {
        Ok(!self.lock().members.is_empty())
    }

    async fn member(&self, id: MemberId) -> Result<Option<Member>, StorageError> {
        Ok(self.lock().members.iter().find(|member| member.id == id).cloned())
    }

    async fn member_by_email(&self, email: &str) -> Result<Option<Member>, StorageError> {
        Ok(self.lock().members.iter().find(|member| member.email.eq_ignore_ascii_case(email)).cloned())
    }

    async fn set_password(&self, member: MemberId, password_hash: String, keep: SessionHash) -> Result<(), StorageError> {
        let mut everything = self.lock();
        let stored = everything.members.iter_mut().find(|other| other.id == member).ok_or_else(|| not_found("member"))?;
        stored.password_hash = password_hash;
        everything.sessions.retain(|hash, session| session.member != member || *hash == keep);
        Ok(())
    }

    async fn workspaces_of(&self, member: MemberId) -> Result<Vec<WorkspaceId>, StorageError> {
        let everything = self.lock();
        let mut workspaces: Vec<_> =
            everything.workspaces.values().filter(|workspace| everything.memberships.contains(&(workspace.id, member))).collect();
        workspaces.sort_by_key(|workspace| (workspace.created_at, workspace.id));
        Ok(workspaces.into_iter().map(|workspace| workspace.id).collect())
    }

    async fn belongs_to(&self, member: MemberId, workspace: WorkspaceId) -> Result<bool, StorageError> {
        Ok(self.lock().memberships.contains(&(workspace, member)))
    }

    async fn create_session(&self, session: MemberSession) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if !everything.members.iter().any(|member| member.id == session.member) {
            return Err(not_found("member"));
        }
        everything.sessions.insert(session.hash, session);
        Ok(())
    }

    async fn extend_session(&self, hash: SessionHash, expires_at: Timestamp) -> Result<(), StorageError> {
        if let Some(session) = self.lock().sessions.get_mut(&hash) {
            session.expires_at = expires_at;
        }
        Ok(())
    }

    async fn session(&self, hash: SessionHash) -> Result<Option<MemberSession>, StorageError> {
        Ok(self.lock().sessions.get(&hash).copied())
    }

    async fn end_session(&self, hash: SessionHash) -> Result<(), StorageError> {
        self.lock().sessions.remove(&hash);
        Ok(())
    }

    async fn delete_expired_sessions(&self, now: Timestamp) -> Result<usize, StorageError> {
        let mut everything = self.lock();
        let before = everything.sessions.len();
        everything.sessions.retain(|_, session| now < session.expires_at);
        Ok(before - everything.sessions.len())
    }
}
