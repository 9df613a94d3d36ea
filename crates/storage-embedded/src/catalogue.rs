//! The catalogue in SQLite.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use sonde_core::id::{IdentitySecretId, KeyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::settings::WorkspaceSettings;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_storage::{ApiKey, Catalogue, IdentitySecret, NewWorkspace, StorageError, StorageErrorKind, TriggerRecord, Workspace};

use crate::EmbeddedStore;
use crate::error;
use crate::rows;
use crate::sqlite::write;

const TOKEN_SECRET: &str = "client_token";

impl Catalogue for EmbeddedStore {
    async fn create_workspace(&self, new: NewWorkspace) -> Result<(), StorageError> {
        self.writer.run(move |connection| write(connection, "create a workspace", |transaction| create_workspace(transaction, &new))).await
    }

    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError> {
        self.reader
            .run(|connection| {
                let sql = "SELECT id, name, wait_ms, created_at, settings FROM workspaces ORDER BY created_at, id";
                read_all(connection, "read workspaces", sql, [], read_workspace)
            })
            .await
    }

    async fn update_workspace(&self, workspace: Workspace) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "UPDATE workspaces SET name = ?2, wait_ms = ?3, settings = ?4 WHERE id = ?1";
                let settings = rows::settings::encode(&workspace.settings);
                let row = params![workspace.id.as_bytes(), workspace.name, workspace.wait_period.as_millis(), settings];
                expect_one(execute(connection, "change a workspace", sql, row)?, "workspace")
            })
            .await
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StorageError> {
        self.reader
            .run(|connection| {
                let sql = "SELECT id, hash, workspace_id, kind, text, hint, created_at, last_used_at, revoked_at FROM api_keys \
                           ORDER BY created_at, id";
                read_all(connection, "read keys", sql, [], read_key)
            })
            .await
    }

    async fn key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT id, hash, workspace_id, kind, text, hint, created_at, last_used_at, revoked_at FROM api_keys \
                           WHERE hash = ?1";
                read_one(connection, "read a key", sql, params![hash.as_bytes()], read_key)
            })
            .await
    }

    async fn create_key(&self, key: ApiKey, live_max: usize) -> Result<(), StorageError> {
        self.writer.run(move |connection| write(connection, "create a key", |transaction| create_key(transaction, &key, live_max))).await
    }

    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, now: Timestamp) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?3) WHERE workspace_id = ?1 AND id = ?2";
                let row = params![workspace.as_bytes(), key.as_bytes(), now.as_millis()];
                expect_one(execute(connection, "revoke a key", sql, row)?, "key")
            })
            .await
    }

    async fn touch_keys(&self, used: Vec<(KeyId, Timestamp)>) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                write(connection, "note the use of keys", |transaction| {
                    let sql = "UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, ?2), ?2) WHERE id = ?1";
                    for (key, at) in &used {
                        execute(transaction, "note the use of keys", sql, params![key.as_bytes(), at.as_millis()])?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn identity_secrets(&self, workspace: WorkspaceId) -> Result<Vec<IdentitySecret>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT id, workspace_id, secret, created_at FROM identity_secrets WHERE workspace_id = ?1 \
                           ORDER BY created_at, id";
                read_all(connection, "read identity secrets", sql, params![workspace.as_bytes()], |row| {
                    Ok(IdentitySecret {
                        id: IdentitySecretId::from_bytes(row.get(0)?),
                        workspace: WorkspaceId::from_bytes(row.get(1)?),
                        text: row.get(2)?,
                        created_at: timestamp(row, 3)?,
                    })
                })
            })
            .await
    }

    async fn create_identity_secret(&self, secret: IdentitySecret, max: usize) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                write(connection, "store an identity secret", |transaction| create_identity_secret(transaction, &secret, max))
            })
            .await
    }

    async fn delete_identity_secret(&self, workspace: WorkspaceId, secret: IdentitySecretId) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "DELETE FROM identity_secrets WHERE workspace_id = ?1 AND id = ?2";
                let row = params![workspace.as_bytes(), secret.as_bytes()];
                expect_one(execute(connection, "delete an identity secret", sql, row)?, "identity secret")
            })
            .await
    }

    async fn trigger_records(&self, workspace: WorkspaceId) -> Result<Vec<TriggerRecord>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT kind, name, archived, cancels FROM triggers WHERE workspace_id = ?1 ORDER BY kind, name";
                read_all(connection, "read triggers", sql, params![workspace.as_bytes()], read_trigger)
            })
            .await
    }

    async fn put_trigger_record(&self, workspace: WorkspaceId, record: TriggerRecord) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                write(connection, "store a trigger", |transaction| {
                    expect_workspace(transaction, workspace)?;
                    let sql = "INSERT INTO triggers (workspace_id, kind, name, archived, cancels) VALUES (?1, ?2, ?3, ?4, ?5) \
                               ON CONFLICT (workspace_id, kind, name) DO UPDATE SET archived = excluded.archived, cancels = excluded.cancels";
                    let cancels = rows::cancels::encode(&record.cancels);
                    let row =
                        params![workspace.as_bytes(), trigger_kind_name(record.kind), record.name.as_str(), record.archived, cancels];
                    execute(transaction, "store a trigger", sql, row).map(|_| ())
                })
            })
            .await
    }

    async fn token_secret(&self, fresh: [u8; 32]) -> Result<[u8; 32], StorageError> {
        self.writer.run(move |connection| write(connection, "keep the token secret", |transaction| token_secret(transaction, fresh))).await
    }
}

fn create_workspace(transaction: &Transaction<'_>, new: &NewWorkspace) -> Result<(), StorageError> {
    let failed = |error| error::sqlite("create a workspace", error);
    let NewWorkspace { workspace, keys, owner } = new;
    let sql = "INSERT INTO workspaces (id, name, wait_ms, created_at, settings) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![
        workspace.id.as_bytes(),
        workspace.name,
        workspace.wait_period.as_millis(),
        workspace.created_at.as_millis(),
        rows::settings::encode(&workspace.settings)
    ];
    transaction.execute(sql, row).map_err(failed)?;
    for key in keys {
        insert_key(transaction, key)?;
    }
    let known: Option<[u8; 16]> = transaction
        .query_row("SELECT id FROM members WHERE email = ?1", params![owner.email], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let member = known.unwrap_or(*owner.id.as_bytes());
    if known.is_none() {
        let sql = "INSERT INTO members (id, email, password_hash) VALUES (?1, ?2, ?3)";
        transaction.execute(sql, params![member, owner.email, owner.password_hash]).map_err(failed)?;
    }
    let sql = "INSERT INTO workspace_members (workspace_id, member_id, role) VALUES (?1, ?2, 'owner')";
    transaction.execute(sql, params![workspace.id.as_bytes(), member]).map_err(failed)?;
    Ok(())
}

fn insert_key(transaction: &Transaction<'_>, key: &ApiKey) -> Result<(), StorageError> {
    let sql = "INSERT INTO api_keys (id, hash, workspace_id, kind, text, hint, created_at, last_used_at, revoked_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let row = params![
        key.id.as_bytes(),
        key.hash.as_bytes(),
        key.workspace.as_bytes(),
        kind_name(key.kind),
        key.text,
        key.hint,
        key.created_at.as_millis(),
        key.last_used_at.map(Timestamp::as_millis),
        key.revoked_at.map(Timestamp::as_millis)
    ];
    execute(transaction, "store a key", sql, row).map(|_| ())
}

fn create_key(transaction: &Transaction<'_>, key: &ApiKey, live_max: usize) -> Result<(), StorageError> {
    expect_workspace(transaction, key.workspace)?;
    let sql = "SELECT count(*) FROM api_keys WHERE workspace_id = ?1 AND kind = ?2 AND revoked_at IS NULL";
    let live = read_one(transaction, "count keys", sql, params![key.workspace.as_bytes(), kind_name(key.kind)], |row| row.get(0))?;
    let live: i64 = live.unwrap_or_default();
    if usize::try_from(live).unwrap_or(usize::MAX) >= live_max {
        return Err(StorageError::new(StorageErrorKind::AlreadyExists, format!("there are {live_max} such keys already")));
    }
    insert_key(transaction, key)
}

fn create_identity_secret(transaction: &Transaction<'_>, secret: &IdentitySecret, max: usize) -> Result<(), StorageError> {
    expect_workspace(transaction, secret.workspace)?;
    let sql = "SELECT count(*) FROM identity_secrets WHERE workspace_id = ?1";
    let known = read_one(transaction, "count identity secrets", sql, params![secret.workspace.as_bytes()], |row| row.get(0))?;
    let known: i64 = known.unwrap_or_default();
    if usize::try_from(known).unwrap_or(usize::MAX) >= max {
        return Err(StorageError::new(StorageErrorKind::AlreadyExists, format!("there are {max} identity secrets already")));
    }
    let sql = "INSERT INTO identity_secrets (id, workspace_id, secret, created_at) VALUES (?1, ?2, ?3, ?4)";
    let row = params![secret.id.as_bytes(), secret.workspace.as_bytes(), secret.text, secret.created_at.as_millis()];
    execute(transaction, "store an identity secret", sql, row).map(|_| ())
}

pub(crate) fn expect_workspace(transaction: &Transaction<'_>, workspace: WorkspaceId) -> Result<(), StorageError> {
    let sql = "SELECT 1 FROM workspaces WHERE id = ?1";
    let found = read_one(transaction, "look for a workspace", sql, params![workspace.as_bytes()], |_| Ok(()))?;
    found.ok_or_else(|| not_found("workspace"))
}

fn token_secret(transaction: &Transaction<'_>, fresh: [u8; 32]) -> Result<[u8; 32], StorageError> {
    let failed = |error| error::sqlite("keep the token secret", error);
    let sql = "INSERT INTO secrets (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
    transaction.execute(sql, params![TOKEN_SECRET, fresh]).map_err(failed)?;
    transaction.query_row("SELECT value FROM secrets WHERE name = ?1", params![TOKEN_SECRET], |row| row.get(0)).map_err(failed)
}

fn read_workspace(row: &Row<'_>) -> rusqlite::Result<Workspace> {
    let settings: Option<String> = row.get(4)?;
    Ok(Workspace {
        id: WorkspaceId::from_bytes(row.get(0)?),
        name: row.get(1)?,
        wait_period: Span::from_millis(row.get(2)?),
        created_at: timestamp(row, 3)?,
        settings: match settings {
            Some(json) => rows::settings::decode(&json).map_err(|bad| conversion(4, bad))?,
            None => WorkspaceSettings::default(),
        },
    })
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    let kind: String = row.get(3)?;
    Ok(ApiKey {
        id: KeyId::from_bytes(row.get(0)?),
        hash: KeyHash::from_bytes(row.get(1)?),
        workspace: WorkspaceId::from_bytes(row.get(2)?),
        kind: match kind.as_str() {
            "backend" => KeyKind::Backend,
            "sdk" => KeyKind::Sdk,
            _ => return Err(unknown_name(3, &kind)),
        },
        text: row.get(4)?,
        hint: row.get(5)?,
        created_at: timestamp(row, 6)?,
        last_used_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_millis),
        revoked_at: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_millis),
    })
}

fn read_trigger(row: &Row<'_>) -> rusqlite::Result<TriggerRecord> {
    let kind: String = row.get(0)?;
    let name: String = row.get(1)?;
    Ok(TriggerRecord {
        kind: match kind.as_str() {
            "backend" => TriggerKind::Backend,
            "frontend" => TriggerKind::Frontend,
            _ => return Err(unknown_name(0, &kind)),
        },
        name: TriggerName::new(&name).map_err(|error| conversion(1, error))?,
        archived: row.get(2)?,
        cancels: rows::cancels::decode(row.get::<_, Option<String>>(3)?.as_deref()).map_err(|error| conversion(3, error))?,
    })
}

pub(crate) fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

pub(crate) fn unknown_name(column: usize, name: &str) -> rusqlite::Error {
    conversion(column, format!("{name:?} is unknown"))
}

fn conversion(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

const fn trigger_kind_name(kind: TriggerKind) -> &'static str {
    match kind {
        TriggerKind::Backend => "backend",
        TriggerKind::Frontend => "frontend",
    }
}

const fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Backend => "backend",
        KeyKind::Sdk => "sdk",
    }
}
/// All rows of a query.
pub(crate) fn read_all<T>(
    connection: &Connection,
    what: &str,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StorageError> {
    let rows = connection.prepare_cached(sql).and_then(|mut statement| statement.query_map(params, read)?.collect());
    rows.map_err(|error| error::sqlite(what, error))
}

/// The row of a query, if there is one.
pub(crate) fn read_one<T>(
    connection: &Connection,
    what: &str,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StorageError> {
    let row = connection.prepare_cached(sql).and_then(|mut statement| statement.query_row(params, read).optional());
    row.map_err(|error| error::sqlite(what, error))
}

/// Changes rows. Says how many.
pub(crate) fn execute(connection: &Connection, what: &str, sql: &str, params: impl rusqlite::Params) -> Result<usize, StorageError> {
    let changed = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params));
    changed.map_err(|error| error::sqlite(what, error))
}

/// Nothing changed: there is no such thing.
pub(crate) fn expect_one(changed: usize, thing: &str) -> Result<(), StorageError> {
    match changed {
        0 => Err(not_found(thing)),
        _ => Ok(()),
    }
}

fn not_found(thing: &str) -> StorageError {
    StorageError::new(StorageErrorKind::NotFound, format!("no such {thing}"))
}
