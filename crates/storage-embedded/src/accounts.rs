//! Accounts in SQLite.

use rusqlite::{Connection, Row, params};
use sonde_core::id::{MemberId, WorkspaceId};
use sonde_core::time::Timestamp;
use sonde_storage::{Accounts, Member, MemberSession, SessionHash, StorageError};

use crate::EmbeddedStore;
use crate::catalogue::{execute, expect_one, read_all, read_one, timestamp};
use crate::sqlite::write;

impl Accounts for EmbeddedStore {
    async fn has_members(&self) -> Result<bool, StorageError> {
        self.reader.run(|connection| exists(connection, "look for members", "SELECT 1 FROM members LIMIT 1", [])).await
    }

    async fn member(&self, id: MemberId) -> Result<Option<Member>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT id, email, password_hash FROM members WHERE id = ?1";
                read_one(connection, "read a member", sql, params![id.as_bytes()], read_member)
            })
            .await
    }

    async fn member_by_email(&self, email: &str) -> Result<Option<Member>, StorageError> {
        let email = email.to_owned();
        self.reader
            .run(move |connection| {
                let sql = "SELECT id, email, password_hash FROM members WHERE email = ?1";
                read_one(connection, "read a member", sql, params![email], read_member)
            })
            .await
    }

    async fn set_password(&self, member: MemberId, password_hash: String, keep: SessionHash) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                write(connection, "set a password", |transaction| {
                    let sql = "UPDATE members SET password_hash = ?2 WHERE id = ?1";
                    expect_one(execute(transaction, "set a password", sql, params![member.as_bytes(), password_hash])?, "member")?;
                    let sql = "DELETE FROM sessions WHERE member_id = ?1 AND hash <> ?2";
                    execute(transaction, "end sessions", sql, params![member.as_bytes(), keep.0]).map(|_| ())
                })
            })
            .await
    }

    async fn workspaces_of(&self, member: MemberId) -> Result<Vec<WorkspaceId>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT w.id FROM workspace_members m JOIN workspaces w ON w.id = m.workspace_id \
                           WHERE m.member_id = ?1 ORDER BY w.created_at, w.id";
                let id = |row: &Row<'_>| row.get(0).map(WorkspaceId::from_bytes);
                read_all(connection, "read a member's workspaces", sql, params![member.as_bytes()], id)
            })
            .await
    }

    async fn belongs_to(&self, member: MemberId, workspace: WorkspaceId) -> Result<bool, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT 1 FROM workspace_members WHERE workspace_id = ?1 AND member_id = ?2";
                exists(connection, "look for a membership", sql, params![workspace.as_bytes(), member.as_bytes()])
            })
            .await
    }

    async fn create_session(&self, session: MemberSession) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "INSERT INTO sessions (hash, member_id, expires_at) SELECT ?1, id, ?3 FROM members WHERE id = ?2";
                let row = params![session.hash.0, session.member.as_bytes(), session.expires_at.as_millis()];
                expect_one(execute(connection, "store a session", sql, row)?, "member")
            })
            .await
    }

    async fn extend_session(&self, hash: SessionHash, expires_at: Timestamp) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "UPDATE sessions SET expires_at = ?2 WHERE hash = ?1";
                execute(connection, "extend a session", sql, params![hash.0, expires_at.as_millis()]).map(|_| ())
            })
            .await
    }

    async fn session(&self, hash: SessionHash) -> Result<Option<MemberSession>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT hash, member_id, expires_at FROM sessions WHERE hash = ?1";
                read_one(connection, "read a session", sql, params![hash.0], read_session)
            })
            .await
    }

    async fn end_session(&self, hash: SessionHash) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                execute(connection, "end a session", "DELETE FROM sessions WHERE hash = ?1", params![hash.0]).map(|_| ())
            })
            .await
    }

    async fn delete_expired_sessions(&self, now: Timestamp) -> Result<usize, StorageError> {
        self.writer
            .run(move |connection| {
                execute(connection, "delete sessions", "DELETE FROM sessions WHERE expires_at <= ?1", params![now.as_millis()])
            })
            .await
    }
}

fn exists(connection: &Connection, what: &str, sql: &str, params: impl rusqlite::Params) -> Result<bool, StorageError> {
    read_one(connection, what, sql, params, |_| Ok(())).map(|found| found.is_some())
}

fn read_member(row: &Row<'_>) -> rusqlite::Result<Member> {
    Ok(Member { id: MemberId::from_bytes(row.get(0)?), email: row.get(1)?, password_hash: row.get(2)? })
}

fn read_session(row: &Row<'_>) -> rusqlite::Result<MemberSession> {
    Ok(MemberSession { hash: SessionHash(row.get(0)?), member: MemberId::from_bytes(row.get(1)?), expires_at: timestamp(row, 2)? })
}
