//! Response rows in SQLite.

use rusqlite::{Connection, Row, Transaction, params};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::{ResponseQuery, ResponseRow, Responses, StorageError};

use crate::EmbeddedStore;
use crate::catalogue::read_all;
use crate::error::{self, BadRow};
use crate::rows::display;
use crate::rows::outbox::Entry;

impl Responses for EmbeddedStore {
    async fn responses(&self, query: &ResponseQuery) -> Result<Vec<ResponseRow>, StorageError> {
        self.projector.catch_up(self.activity.outbox_written()).await?;
        let query = query.clone();
        self.reader.run(move |connection| read(connection, &query)).await
    }
}

struct StoredRow {
    display_id: [u8; 16],
    anonymous: bool,
    user: String,
    display: String,
}

fn read(connection: &Connection, query: &ResponseQuery) -> Result<Vec<ResponseRow>, StorageError> {
    // No bytes at all come before every id.
    let after = query.after.as_ref().map_or(&[][..], |display| display.as_bytes());
    let workspace = query.workspace.as_bytes();
    let rows = match query.survey {
        None => {
            let sql = "SELECT display_id, anonymous, user_id, display FROM responses \
                       WHERE workspace_id = ?1 AND display_id > ?2 ORDER BY display_id LIMIT ?3";
            read_all(connection, "read responses", sql, params![workspace, after, query.limit], read_row)?
        }
        Some(survey) => {
            let sql = "SELECT display_id, anonymous, user_id, display FROM responses \
                       WHERE workspace_id = ?1 AND survey_id = ?4 AND display_id > ?2 ORDER BY display_id LIMIT ?3";
            read_all(connection, "read responses", sql, params![workspace, after, query.limit, survey.as_bytes()], read_row)?
        }
    };
    rows.into_iter()
        .map(|row| {
            let key = row.display_id;
            row.into_response(query.workspace).map_err(|bad| bad.at("responses", &key))
        })
        .collect()
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<StoredRow> {
    Ok(StoredRow { display_id: row.get(0)?, anonymous: row.get(1)?, user: row.get(2)?, display: row.get(3)? })
}

impl StoredRow {
    fn into_response(self, workspace: WorkspaceId) -> Result<ResponseRow, BadRow> {
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

/// Tells SQLite one entry of the outbox. Telling it twice changes nothing.
pub(crate) fn project(transaction: &Transaction<'_>, entry: &Entry) -> Result<(), StorageError> {
    let failed = |error| error::sqlite("store a response", error);
    match entry {
        Entry::Shown { user, display } => {
            let id = |text: &str, error: sonde_core::id::InvalidId| BadRow::new(format!("{text:?}: {error}")).at("outbox", &[]);
            let display_id: DisplayId = display.id().parse().map_err(|error| id(display.id(), error))?;
            let survey: SurveyId = display.survey().parse().map_err(|error| id(display.survey(), error))?;
            let sql = "INSERT INTO responses (workspace_id, display_id, survey_id, anonymous, user_id, display) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (workspace_id, display_id) DO UPDATE \
                       SET survey_id = excluded.survey_id, anonymous = excluded.anonymous, \
                       user_id = excluded.user_id, display = excluded.display";
            let row = params![
                user.workspace.as_bytes(),
                display_id.as_bytes(),
                survey.as_bytes(),
                user.namespace == Namespace::Anonymous,
                user.id.as_str(),
                display::encode_json(display)
            ];
            transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(row)).map_err(failed)?;
        }
        Entry::Merged { from, into } => {
            let sql = "UPDATE responses SET anonymous = 0, user_id = ?3 WHERE workspace_id = ?1 AND anonymous = 1 AND user_id = ?2";
            let row = params![from.workspace.as_bytes(), from.id.as_str(), into.as_str()];
            transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(row)).map_err(failed)?;
        }
    }
    Ok(())
}
