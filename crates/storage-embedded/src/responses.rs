//! Response rows in SQLite.

use rusqlite::{Connection, Row, Transaction, params};
use sonde_core::display::anonymised;
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::time::Timestamp;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::{ErasedResponses, ResponseCounts, ResponseQuery, ResponseRow, Responses, StorageError};

use crate::EmbeddedStore;
use crate::catalogue::{execute, expect_one, read_all, read_one};
use crate::error::{self, BadRow};
use crate::rows::display;
use crate::rows::outbox::{Entry, Shown};
use crate::sqlite::write;

impl Responses for EmbeddedStore {
    async fn responses(&self, query: &ResponseQuery) -> Result<Vec<ResponseRow>, StorageError> {
        self.projector.catch_up(self.activity.outbox_written()).await?;
        let query = query.clone();
        self.reader.run(move |connection| read(connection, &query)).await
    }

    async fn response(&self, workspace: WorkspaceId, display: DisplayId) -> Result<Option<ResponseRow>, StorageError> {
        self.projector.catch_up(self.activity.outbox_written()).await?;
        self.reader
            .run(move |connection| {
                let sql = "SELECT display_id, anonymous, user_id, display FROM responses WHERE workspace_id = ?1 AND display_id = ?2";
                let params = params![workspace.as_bytes(), display.as_bytes()];
                read_one(connection, "read a response", sql, params, read_row)?.map(|row| row.into_response(workspace)).transpose()
            })
            .await
    }

    async fn delete_response(&self, workspace: WorkspaceId, display: DisplayId) -> Result<(), StorageError> {
        self.projector.catch_up(self.activity.outbox_written()).await?;
        self.writer
            .run(move |connection| {
                write(connection, "delete a response", |transaction| {
                    let key = [workspace.as_bytes(), display.as_bytes()];
                    let sql = "DELETE FROM responses WHERE workspace_id = ?1 AND display_id = ?2";
                    expect_one(execute(transaction, "delete a response", sql, key)?, "response")?;
                    let sql = "INSERT INTO deleted_responses (workspace_id, display_id) VALUES (?1, ?2)";
                    execute(transaction, "delete a response", sql, key).map(|_| ())
                })
            })
            .await
    }

    async fn delete_responses_before(&self, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<usize, StorageError> {
        self.projector.catch_up(self.activity.outbox_written()).await?;
        let first_kept = DisplayId::new(before, [0; 10]);
        self.writer
            .run(move |connection| {
                write(connection, "delete old responses", |transaction| {
                    let sql = "INSERT INTO deleted_responses (workspace_id, display_id) SELECT workspace_id, display_id \
                               FROM responses WHERE workspace_id = ?1 AND display_id < ?2 ORDER BY display_id LIMIT ?3";
                    let old = params![workspace.as_bytes(), first_kept.as_bytes(), limit];
                    let count = execute(transaction, "delete old responses", sql, old)?;
                    let sql = "DELETE FROM responses WHERE workspace_id = ?1 AND display_id IN (SELECT display_id FROM responses \
                               WHERE workspace_id = ?1 AND display_id < ?2 ORDER BY display_id LIMIT ?3)";
                    execute(transaction, "delete old responses", sql, old)?;
                    Ok(count)
                })
            })
            .await
    }

    async fn completed_counts(&self, workspace: WorkspaceId) -> Result<Vec<(SurveyId, u64)>, StorageError> {
        self.projector.catch_up(self.activity.outbox_written()).await?;
        self.reader
            .run(move |connection| {
                let sql = "SELECT survey_id, completed FROM completions WHERE workspace_id = ?1 ORDER BY survey_id";
                let read = |row: &Row<'_>| Ok((SurveyId::from_bytes(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned()));
                read_all(connection, "count completed responses", sql, params![workspace.as_bytes()], read)
            })
            .await
    }

    async fn response_counts(&self, workspace: WorkspaceId) -> Result<Vec<(SurveyId, ResponseCounts)>, StorageError> {
        self.projector.catch_up(self.activity.outbox_written()).await?;
        self.reader
            .run(move |connection| {
                let sql = "SELECT survey_id, count(*), sum(started), sum(completed) FROM responses \
                           WHERE workspace_id = ?1 GROUP BY survey_id ORDER BY survey_id";
                read_all(connection, "count responses", sql, params![workspace.as_bytes()], read_counts)
            })
            .await
    }
}

fn read_counts(row: &Row<'_>) -> rusqlite::Result<(SurveyId, ResponseCounts)> {
    let count = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok((SurveyId::from_bytes(row.get(0)?), ResponseCounts { shown: count(1)?, started: count(2)?, completed: count(3)? }))
}

struct StoredRow {
    display_id: [u8; 16],
    anonymous: bool,
    user: String,
    display: String,
}

fn read(connection: &Connection, query: &ResponseQuery) -> Result<Vec<ResponseRow>, StorageError> {
    let (order, comparison) = if query.newest_first { ("DESC", "<") } else { ("ASC", ">") };
    let survey = if query.survey.is_some() { "AND survey_id = ?2" } else { "AND ?2 IS NULL" };
    let after = if query.after.is_some() { format!("AND display_id {comparison} ?3") } else { "AND ?3 IS NULL".to_owned() };
    let sql = format!(
        "SELECT display_id, anonymous, user_id, display FROM responses \
         WHERE workspace_id = ?1 {survey} {after} ORDER BY display_id {order} LIMIT ?4"
    );
    let (survey, after) = (query.survey.as_ref().map(SurveyId::as_bytes), query.after.as_ref().map(DisplayId::as_bytes));
    let rows = read_all(connection, "read responses", &sql, params![query.workspace.as_bytes(), survey, after, query.limit], read_row)?;
    rows.into_iter().map(|row| row.into_response(query.workspace)).collect()
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<StoredRow> {
    Ok(StoredRow { display_id: row.get(0)?, anonymous: row.get(1)?, user: row.get(2)?, display: row.get(3)? })
}

impl StoredRow {
    fn into_response(self, workspace: WorkspaceId) -> Result<ResponseRow, StorageError> {
        let key = self.display_id;
        self.convert(workspace).map_err(|bad| bad.at("responses", &key))
    }

    fn convert(self, workspace: WorkspaceId) -> Result<ResponseRow, BadRow> {
        let namespace = if self.anonymous { Namespace::Anonymous } else { Namespace::Identified };
        let id = UserId::new(&self.user).map_err(|error| BadRow::new(format!("a user id {error}")))?;
        Ok(ResponseRow { user: UserRef { workspace, namespace, id }, display: display::decode_json(self.display.as_bytes())? })
    }
}

/// The number of the last outbox entry that SQLite knows.
pub(crate) fn projected_seq(connection: &Connection) -> Result<u64, StorageError> {
    connection
        .query_row("SELECT projected_seq FROM projection", [], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .map_err(|error| error::sqlite("read how far responses are told", error))
}

/// Says how far SQLite was told, in the transaction of what it was told.
pub(crate) fn set_projected_seq(transaction: &Transaction<'_>, seq: u64) -> Result<(), StorageError> {
    transaction
        .execute("UPDATE projection SET projected_seq = ?1", params![seq.cast_signed()])
        .map(|_| ())
        .map_err(|error| error::sqlite("note how far responses are told", error))
}

/// Counts a completed display once: before its row says that it is completed. Nothing lowers the count.
fn count_completion(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    display: DisplayId,
    survey: SurveyId,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO completions (workspace_id, survey_id, completed) SELECT ?1, ?3, 1 \
               WHERE NOT EXISTS (SELECT 1 FROM responses WHERE workspace_id = ?1 AND display_id = ?2 AND completed) \
               AND NOT EXISTS (SELECT 1 FROM deleted_responses WHERE workspace_id = ?1 AND display_id = ?2) \
               ON CONFLICT (workspace_id, survey_id) DO UPDATE SET completed = completed + 1";
    let row = params![workspace.as_bytes(), display.as_bytes(), survey.as_bytes()];
    let counted = transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(row));
    counted.map(|_| ()).map_err(|error| error::sqlite("count a completed response", error))
}

/// Tells SQLite one entry of the outbox. Telling it twice changes nothing.
pub(crate) fn project(transaction: &Transaction<'_>, entry: &Entry<'_>) -> Result<(), StorageError> {
    let failed = |error| error::sqlite("store a response", error);
    match entry {
        Entry::Shown(Shown { user, display, survey, is_completed, json }) => {
            if *is_completed {
                count_completion(transaction, user.workspace, *display, *survey)?;
            }
            let sql = "INSERT INTO responses (workspace_id, display_id, survey_id, anonymous, user_id, display) \
                       SELECT ?1, ?2, ?3, ?4, ?5, ?6 \
                       WHERE NOT EXISTS (SELECT 1 FROM deleted_responses WHERE workspace_id = ?1 AND display_id = ?2) ON CONFLICT (workspace_id, display_id) DO UPDATE \
                       SET survey_id = excluded.survey_id, anonymous = excluded.anonymous, \
                       user_id = excluded.user_id, display = excluded.display";
            let row = params![
                user.workspace.as_bytes(),
                display.as_bytes(),
                survey.as_bytes(),
                user.namespace == Namespace::Anonymous,
                user.id.as_str(),
                json
            ];
            transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(row)).map_err(failed)?;
        }
        Entry::Merged { from, into } => {
            let sql = "UPDATE responses SET anonymous = 0, user_id = ?3 WHERE workspace_id = ?1 AND anonymous = 1 AND user_id = ?2";
            let row = params![from.workspace.as_bytes(), from.id.as_str(), into.as_str()];
            transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(row)).map_err(failed)?;
        }
        Entry::Erased { user, responses: ErasedResponses::Delete } => {
            let sql = "DELETE FROM responses WHERE workspace_id = ?1 AND anonymous = ?2 AND user_id = ?3";
            let whose = params![user.workspace.as_bytes(), user.namespace == Namespace::Anonymous, user.id.as_str()];
            transaction.execute(sql, whose).map_err(failed)?;
        }
        Entry::Erased { user, responses: ErasedResponses::Anonymise { as_id } } => anonymise(transaction, user, as_id)?,
    }
    Ok(())
}

/// Makes a user's rows those of an anonymous user nobody has heard of, without the snapshots.
fn anonymise(transaction: &Transaction<'_>, user: &UserRef, as_id: &UserId) -> Result<(), StorageError> {
    let sql = "SELECT display_id, anonymous, user_id, display FROM responses WHERE workspace_id = ?1 AND anonymous = ?2 AND user_id = ?3";
    let whose = params![user.workspace.as_bytes(), user.namespace == Namespace::Anonymous, user.id.as_str()];
    for row in read_all(transaction, "read a user's responses", sql, whose, read_row)? {
        let id = row.display_id;
        let display = anonymised(&row.into_response(user.workspace)?.display);
        let sql = "UPDATE responses SET anonymous = 1, user_id = ?3, display = ?4 WHERE workspace_id = ?1 AND display_id = ?2";
        let row = params![user.workspace.as_bytes(), id, as_id.as_str(), display::encode_json(&(&display).into())];
        transaction.execute(sql, row).map_err(|error| error::sqlite("anonymise a response", error))?;
    }
    Ok(())
}
