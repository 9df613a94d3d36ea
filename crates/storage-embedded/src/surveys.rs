//! Surveys and their versions in SQLite.

use rusqlite::{Connection, Row, Transaction, params};
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::survey::SurveyStatus;
use sonde_core::time::Timestamp;
use sonde_storage::{StorageError, StorageErrorKind, SurveyRecord, SurveyVersion, Surveys};

use crate::EmbeddedStore;
use crate::catalogue::{execute, expect_one, expect_workspace, read_all, read_one, timestamp, unknown_name};
use crate::sqlite::write;

const SELECT: &str = "SELECT s.id, s.workspace_id, s.status, s.draft, s.draft_revision, s.created_at, s.updated_at, s.launched_at, \
                      v.number, v.document, v.published_at \
                      FROM surveys s LEFT JOIN survey_versions v \
                      ON v.workspace_id = s.workspace_id AND v.survey_id = s.id AND v.number = s.published \
                      WHERE s.workspace_id = ?1";

impl Surveys for EmbeddedStore {
    async fn create_survey(&self, survey: SurveyRecord) -> Result<(), StorageError> {
        self.writer.run(move |connection| write(connection, "create a survey", |transaction| create_survey(transaction, &survey))).await
    }

    async fn set_draft(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        draft: String,
        expected: Option<u64>,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        self.writer
            .run(move |connection| {
                write(connection, "set a draft", |transaction| {
                    let next = expect_revision(transaction, workspace, survey, expected)? + 1;
                    let sql = "UPDATE surveys SET draft = ?3, updated_at = ?4, draft_revision = ?5 WHERE workspace_id = ?1 AND id = ?2";
                    let row = params![workspace.as_bytes(), survey.as_bytes(), draft, now.as_millis(), next.cast_signed()];
                    execute(transaction, "set a draft", sql, row).map(|_| next)
                })
            })
            .await
    }

    async fn publish(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        expected: Option<u64>,
        now: Timestamp,
    ) -> Result<SurveyVersion, StorageError> {
        self.writer
            .run(move |connection| {
                write(connection, "publish a survey", |transaction| {
                    expect_revision(transaction, workspace, survey, expected)?;
                    publish(transaction, workspace, survey, now)
                })
            })
            .await
    }

    async fn set_status(&self, workspace: WorkspaceId, survey: SurveyId, status: SurveyStatus, now: Timestamp) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "UPDATE surveys SET status = ?3, updated_at = ?4, \
                           launched_at = iif(?3 = 'live', coalesce(launched_at, ?4), launched_at) WHERE workspace_id = ?1 AND id = ?2";
                let row = params![workspace.as_bytes(), survey.as_bytes(), status_name(status), now.as_millis()];
                expect_one(execute(connection, "set a status", sql, row)?, "survey")
            })
            .await
    }

    async fn delete_survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "DELETE FROM surveys WHERE workspace_id = ?1 AND id = ?2 AND published = 0";
                let row = params![workspace.as_bytes(), survey.as_bytes()];
                expect_one(execute(connection, "delete a survey", sql, row)?, "unpublished survey")
            })
            .await
    }

    async fn surveys(&self, workspace: WorkspaceId) -> Result<Vec<SurveyRecord>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = format!("{SELECT} ORDER BY s.id");
                read_all(connection, "read surveys", &sql, params![workspace.as_bytes()], read_survey)
            })
            .await
    }

    async fn survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<Option<SurveyRecord>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = format!("{SELECT} AND s.id = ?2");
                read_one(connection, "read a survey", &sql, params![workspace.as_bytes(), survey.as_bytes()], read_survey)
            })
            .await
    }

    async fn survey_versions(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<Vec<(u32, Timestamp)>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql = "SELECT number, published_at FROM survey_versions \
                           WHERE workspace_id = ?1 AND survey_id = ?2 ORDER BY number DESC";
                let params = params![workspace.as_bytes(), survey.as_bytes()];
                read_all(connection, "read versions", sql, params, |row| Ok((row.get(0)?, timestamp(row, 1)?)))
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

fn create_survey(transaction: &Transaction<'_>, survey: &SurveyRecord) -> Result<(), StorageError> {
    expect_workspace(transaction, survey.workspace)?;
    let sql = "INSERT INTO surveys (workspace_id, id, status, draft, published, created_at, updated_at) \
               VALUES (?1, ?2, 'draft', ?3, 0, ?4, ?5)";
    let row = params![
        survey.workspace.as_bytes(),
        survey.id.as_bytes(),
        survey.draft,
        survey.created_at.as_millis(),
        survey.updated_at.as_millis()
    ];
    execute(transaction, "create a survey", sql, row).map(|_| ())
}

/// The revision of a draft, if it is the expected one.
fn expect_revision(connection: &Connection, workspace: WorkspaceId, survey: SurveyId, expected: Option<u64>) -> Result<u64, StorageError> {
    let sql = "SELECT draft_revision FROM surveys WHERE workspace_id = ?1 AND id = ?2";
    let params = params![workspace.as_bytes(), survey.as_bytes()];
    let stored: Option<i64> = read_one(connection, "read a draft's revision", sql, params, |row| row.get(0))?;
    let stored = stored.ok_or_else(|| StorageError::new(StorageErrorKind::NotFound, "no such survey"))?.cast_unsigned();
    if expected.is_some_and(|expected| expected != stored) {
        return Err(StorageError::new(StorageErrorKind::Stale, "the draft was changed in between"));
    }
    Ok(stored)
}

fn publish(transaction: &Transaction<'_>, workspace: WorkspaceId, survey: SurveyId, now: Timestamp) -> Result<SurveyVersion, StorageError> {
    let sql = "UPDATE surveys SET published = published + 1, updated_at = ?3 WHERE workspace_id = ?1 AND id = ?2 \
               RETURNING published, draft";
    let row = params![workspace.as_bytes(), survey.as_bytes(), now.as_millis()];
    let published = read_one(transaction, "publish a survey", sql, row, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (number, document) = published.ok_or_else(|| StorageError::new(StorageErrorKind::NotFound, "no such survey"))?;
    let version = SurveyVersion { number, document, published_at: now };
    let sql = "INSERT INTO survey_versions (workspace_id, survey_id, number, document, published_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![workspace.as_bytes(), survey.as_bytes(), version.number, version.document, now.as_millis()];
    execute(transaction, "publish a survey", sql, row)?;
    Ok(version)
}

fn read_survey(row: &Row<'_>) -> rusqlite::Result<SurveyRecord> {
    let status: String = row.get(2)?;
    let number: Option<u32> = row.get(8)?;
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
        draft_revision: row.get::<_, i64>(4)?.cast_unsigned(),
        published: number.map(|_| read_version(row, 8)).transpose()?,
        created_at: timestamp(row, 5)?,
        updated_at: timestamp(row, 6)?,
        launched_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_millis),
    })
}

fn read_version(row: &Row<'_>, from: usize) -> rusqlite::Result<SurveyVersion> {
    Ok(SurveyVersion { number: row.get(from)?, document: row.get(from + 1)?, published_at: timestamp(row, from + 2)? })
}

const fn status_name(status: SurveyStatus) -> &'static str {
    match status {
        SurveyStatus::Draft => "draft",
        SurveyStatus::Live => "live",
        SurveyStatus::Paused => "paused",
        SurveyStatus::Ended => "ended",
    }
}
