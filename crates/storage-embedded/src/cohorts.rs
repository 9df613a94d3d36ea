//! Cohorts in SQLite.

use rusqlite::{Row, params};
use sonde_core::id::{CohortId, WorkspaceId};
use sonde_storage::{CohortRecord, Cohorts, StorageError, StorageErrorKind};

use crate::EmbeddedStore;
use crate::catalogue::{execute, expect_one, expect_workspace, read_all, timestamp};
use crate::sqlite::write;

impl Cohorts for EmbeddedStore {
    async fn cohorts(&self, workspace: WorkspaceId) -> Result<Vec<CohortRecord>, StorageError> {
        self.reader
            .run(move |connection| {
                let sql =
                    "SELECT id, name, description, condition, created_at, updated_at FROM cohorts WHERE workspace_id = ?1 ORDER BY id";
                read_all(connection, "read cohorts", sql, params![workspace.as_bytes()], |row| read_cohort(row, workspace))
            })
            .await
    }

    async fn create_cohort(&self, cohort: CohortRecord, max: usize) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                write(connection, "create a cohort", |transaction| {
                    expect_workspace(transaction, cohort.workspace)?;
                    let sql = "INSERT INTO cohorts (workspace_id, id, name, description, condition, created_at, updated_at) \
                               SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE (SELECT count(*) FROM cohorts WHERE workspace_id = ?1) < ?8";
                    let row = params![
                        cohort.workspace.as_bytes(),
                        cohort.id.as_bytes(),
                        cohort.name,
                        cohort.description,
                        cohort.condition,
                        cohort.created_at.as_millis(),
                        cohort.updated_at.as_millis(),
                        i64::try_from(max).unwrap_or(i64::MAX),
                    ];
                    match execute(transaction, "create a cohort", sql, row)? {
                        0 => Err(StorageError::new(StorageErrorKind::AlreadyExists, "there are as many cohorts as there may be")),
                        _ => Ok(()),
                    }
                })
            })
            .await
    }

    async fn update_cohort(&self, cohort: CohortRecord) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "UPDATE cohorts SET name = ?3, description = ?4, condition = ?5, updated_at = ?6 \
                           WHERE workspace_id = ?1 AND id = ?2";
                let row = params![
                    cohort.workspace.as_bytes(),
                    cohort.id.as_bytes(),
                    cohort.name,
                    cohort.description,
                    cohort.condition,
                    cohort.updated_at.as_millis()
                ];
                expect_one(execute(connection, "change a cohort", sql, row)?, "cohort")
            })
            .await
    }

    async fn delete_cohort(&self, workspace: WorkspaceId, cohort: CohortId) -> Result<(), StorageError> {
        self.writer
            .run(move |connection| {
                let sql = "DELETE FROM cohorts WHERE workspace_id = ?1 AND id = ?2";
                expect_one(execute(connection, "delete a cohort", sql, params![workspace.as_bytes(), cohort.as_bytes()])?, "cohort")
            })
            .await
    }
}

fn read_cohort(row: &Row<'_>, workspace: WorkspaceId) -> rusqlite::Result<CohortRecord> {
    Ok(CohortRecord {
        id: CohortId::from_bytes(row.get(0)?),
        workspace,
        name: row.get(1)?,
        description: row.get(2)?,
        condition: row.get(3)?,
        created_at: timestamp(row, 4)?,
        updated_at: timestamp(row, 5)?,
    })
}
