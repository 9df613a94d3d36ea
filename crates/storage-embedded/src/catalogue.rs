//! The catalogue in SQLite.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::survey::SurveyStatus;
use sonde_core::time::{Span, Timestamp};
use sonde_storage::{ApiKey, Catalogue, NewWorkspace, StorageError, StorageErrorKind, SurveyRecord, SurveyVersion, Workspace};

use crate::EmbeddedStore;
use crate::error;
use crate::sqlite::write;

const TOKEN_SECRET: &str = "client_token";

impl Catalogue for EmbeddedStore {
    async fn create_workspace(&self, new: NewWorkspace) -> Result<(), StorageError> {
        self.writer.run(move |connection| write(connection, "create a workspace", |transaction| create_workspace(transaction, &new))).await
    }

    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError> {
        self.reader
            .run(|connection| {
                let sql = "SELECT id, name, wait_ms, created_at FROM workspaces ORDER BY created_at, id";
                read_all(connection, "read workspaces", sql, [], read_workspace)
            })
            .await
    }

    async fn set_wait_period(&self, workspace: WorkspaceId, wait_period: Span) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "UPDATE workspaces SET wait_ms = ?2 WHERE id = ?1";
                let changed = connection
                    .prepare_cached(sql)
                    .and_then(|mut statement| statement.execute(params![workspace.as_bytes(), wait_period.as_millis()]));
                expect_one(changed, "set the wait period", "workspace")
            })
            .await
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StorageError> {
        self.reader
            .run(|connection| {
                let sql = "SELECT hash, workspace_id, kind, created_at FROM api_keys ORDER BY created_at, hash";
                read_all(connection, "read keys", sql, [], read_key)
            })
            .await
    }

    async fn key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT hash, workspace_id, kind, created_at FROM api_keys WHERE hash = ?1";
                read_one(connection, "read a key", sql, params![hash.as_bytes()], read_key)
            })
            .await
    }

    async fn token_secret(&self, fresh: [u8; 32]) -> Result<[u8; 32], StorageError> {
        self.writer.run(move |connection| write(connection, "keep the token secret", |transaction| token_secret(transaction, fresh))).await
    }

    async fn create_survey(&self, survey: SurveyRecord) -> Result<(), StorageError> {
        self.writer.run(move |connection| write(connection, "create a survey", |transaction| create_survey(transaction, &survey))).await
    }

    async fn set_draft(&self, workspace: WorkspaceId, survey: SurveyId, draft: String, now: Timestamp) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "UPDATE surveys SET draft = ?3, updated_at = ?4 WHERE workspace_id = ?1 AND id = ?2";
                let changed = connection
                    .prepare_cached(sql)
                    .and_then(|mut statement| statement.execute(params![workspace.as_bytes(), survey.as_bytes(), draft, now.as_millis()]));
                expect_one(changed, "set a draft", "survey")
            })
            .await
    }

    async fn publish(&self, workspace: WorkspaceId, survey: SurveyId, now: Timestamp) -> Result<SurveyVersion, StorageError> {
        self.writer
            .run(move |connection| write(connection, "publish a survey", |transaction| publish(transaction, workspace, survey, now)))
            .await
    }

    async fn set_status(&self, workspace: WorkspaceId, survey: SurveyId, status: SurveyStatus, now: Timestamp) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "UPDATE surveys SET status = ?3, updated_at = ?4 WHERE workspace_id = ?1 AND id = ?2";
                let changed = connection.prepare_cached(sql).and_then(|mut statement| {
                    statement.execute(params![workspace.as_bytes(), survey.as_bytes(), status_name(status), now.as_millis()])
                });
                expect_one(changed, "set a status", "survey")
            })
            .await
    }

    async fn surveys(&self, workspace: WorkspaceId) -> Result<Vec<SurveyRecord>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT s.id, s.workspace_id, s.status, s.draft, s.created_at, s.updated_at, \
                           v.number, v.document, v.published_at \
                           FROM surveys s LEFT JOIN survey_versions v \
                           ON v.workspace_id = s.workspace_id AND v.survey_id = s.id AND v.number = s.published \
                           WHERE s.workspace_id = ?1 ORDER BY s.id";
                read_all(connection, "read surveys", sql, params![workspace.as_bytes()], read_survey)
            })
            .await
    }

    async fn survey_version(&self, workspace: WorkspaceId, survey: SurveyId, number: u32) -> Result<Option<SurveyVersion>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT number, document, published_at FROM survey_versions \
                           WHERE workspace_id = ?1 AND survey_id = ?2 AND number = ?3";
                let params = params![workspace.as_bytes(), survey.as_bytes(), number];
                read_one(connection, "read a version", sql, params, |row| read_version(row, 0))
            })
            .await
    }
}

fn create_workspace(transaction: &Transaction<'_>, new: &NewWorkspace) -> Result<(), StorageError> {
    let failed = |error| error::sqlite("create a workspace", error);
    let NewWorkspace { workspace, keys, owner } = new;
    let sql = "INSERT INTO workspaces (id, name, wait_ms, created_at) VALUES (?1, ?2, ?3, ?4)";
    let row = params![workspace.id.as_bytes(), workspace.name, workspace.wait_period.as_millis(), workspace.created_at.as_millis()];
    transaction.execute(sql, row).map_err(failed)?;
    for key in keys {
        let sql = "INSERT INTO api_keys (hash, workspace_id, kind, created_at) VALUES (?1, ?2, ?3, ?4)";
        let row = params![key.hash.as_bytes(), key.workspace.as_bytes(), kind_name(key.kind), key.created_at.as_millis()];
        transaction.execute(sql, row).map_err(failed)?;
    }
    let known: Option<[u8; 16]> = transaction
        .query_row("SELECT id FROM members WHERE email = ?1", params![owner.email], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let member = match known {
        Some(member) => member,
        None => {
            let sql = "INSERT INTO members (id, email, password_hash) VALUES (?1, ?2, ?3)";
            transaction.execute(sql, params![owner.id.as_bytes(), owner.email, owner.password_hash]).map_err(failed)?;
            *owner.id.as_bytes()
        }
    };
    let sql = "INSERT INTO workspace_members (workspace_id, member_id, role) VALUES (?1, ?2, 'owner')";
    transaction.execute(sql, params![workspace.id.as_bytes(), member]).map_err(failed)?;
    Ok(())
}

fn token_secret(transaction: &Transaction<'_>, fresh: [u8; 32]) -> Result<[u8; 32], StorageError> {
    let failed = |error| error::sqlite("keep the token secret", error);
    let sql = "INSERT INTO secrets (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
    transaction.execute(sql, params![TOKEN_SECRET, fresh]).map_err(failed)?;
    transaction.query_row("SELECT value FROM secrets WHERE name = ?1", params![TOKEN_SECRET], |row| row.get(0)).map_err(failed)
}

fn create_survey(transaction: &Transaction<'_>, survey: &SurveyRecord) -> Result<(), StorageError> {
    let failed = |error| error::sqlite("create a survey", error);
    let sql = "SELECT 1 FROM workspaces WHERE id = ?1";
    let workspace = transaction.query_row(sql, params![survey.workspace.as_bytes()], |_| Ok(())).optional().map_err(failed)?;
    if workspace.is_none() {
        return Err(not_found("workspace"));
    }
    let sql = "INSERT INTO surveys (workspace_id, id, status, draft, published, created_at, updated_at) \
               VALUES (?1, ?2, 'draft', ?3, 0, ?4, ?5)";
    let row = params![
        survey.workspace.as_bytes(),
        survey.id.as_bytes(),
        survey.draft,
        survey.created_at.as_millis(),
        survey.updated_at.as_millis()
    ];
    transaction.execute(sql, row).map_err(failed)?;
    Ok(())
}

fn publish(transaction: &Transaction<'_>, workspace: WorkspaceId, survey: SurveyId, now: Timestamp) -> Result<SurveyVersion, StorageError> {
    let failed = |error| error::sqlite("publish a survey", error);
    let sql = "UPDATE surveys SET published = published + 1, updated_at = ?3 WHERE workspace_id = ?1 AND id = ?2 \
               RETURNING published, draft";
    let row = params![workspace.as_bytes(), survey.as_bytes(), now.as_millis()];
    let published = transaction.query_row(sql, row, |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(failed)?;
    let (number, document) = published.ok_or_else(|| not_found("survey"))?;
    let version = SurveyVersion { number, document, published_at: now };
    let sql = "INSERT INTO survey_versions (workspace_id, survey_id, number, document, published_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![workspace.as_bytes(), survey.as_bytes(), version.number, version.document, now.as_millis()];
    transaction.execute(sql, row).map_err(failed)?;
    Ok(version)
}

fn read_workspace(row: &Row<'_>) -> rusqlite::Result<Workspace> {
    Ok(Workspace {
        id: WorkspaceId::from_bytes(row.get(0)?),
        name: row.get(1)?,
        wait_period: Span::from_millis(row.get(2)?),
        created_at: timestamp(row, 3)?,
    })
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    let kind: String = row.get(2)?;
    Ok(ApiKey {
        hash: KeyHash::from_bytes(row.get(0)?),
        workspace: WorkspaceId::from_bytes(row.get(1)?),
        kind: match kind.as_str() {
            "backend" => KeyKind::Backend,
            "sdk" => KeyKind::Sdk,
            _ => return Err(unknown_name(2, &kind)),
        },
        created_at: timestamp(row, 3)?,
    })
}

fn read_survey(row: &Row<'_>) -> rusqlite::Result<SurveyRecord> {
    let status: String = row.get(2)?;
    let number: Option<u32> = row.get(6)?;
    Ok(SurveyRecord {
        id: SurveyId::from_bytes(row.get(0)?),
        workspace: WorkspaceId::from_bytes(row.get(1)?),
        status: match status.as_str() {
            "draft" => SurveyStatus::Draft,
            "live" => SurveyStatus::Live,
            "paused" => SurveyStatus::Paused,
            "ended" => SurveyStatus::Ended,
            _ => return Err(unknown_name(2, &status)),
        },
        draft: row.get(3)?,
        published: number.map(|_| read_version(row, 6)).transpose()?,
        created_at: timestamp(row, 4)?,
        updated_at: timestamp(row, 5)?,
    })
}

fn read_version(row: &Row<'_>, from: usize) -> rusqlite::Result<SurveyVersion> {
    Ok(SurveyVersion { number: row.get(from)?, document: row.get(from + 1)?, published_at: timestamp(row, from + 2)? })
}

fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

fn unknown_name(column: usize, name: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("{name:?} is unknown").into())
}

const fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Backend => "backend",
        KeyKind::Sdk => "sdk",
    }
}

const fn status_name(status: SurveyStatus) -> &'static str {
    match status {
        SurveyStatus::Draft => "draft",
        SurveyStatus::Live => "live",
        SurveyStatus::Paused => "paused",
        SurveyStatus::Ended => "ended",
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

fn read_one<T>(
    connection: &Connection,
    what: &str,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StorageError> {
    let row = connection.prepare_cached(sql).and_then(|mut statement| statement.query_row(params, read).optional());
    row.map_err(|error| error::sqlite(what, error))
}

fn expect_one(changed: rusqlite::Result<usize>, what: &str, thing: &str) -> Result<(), StorageError> {
    match changed.map_err(|error| error::sqlite(what, error))? {
        0 => Err(not_found(thing)),
        _ => Ok(()),
    }
}

fn not_found(thing: &str) -> StorageError {
    StorageError::new(StorageErrorKind::NotFound, format!("no such {thing}"))
}
