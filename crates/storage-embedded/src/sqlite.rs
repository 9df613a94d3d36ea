//! SQLite: its file, its connections, its schema.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use sonde_storage::{StorageError, StorageErrorKind};

use crate::error;
use crate::failure::Failure;

/// How long a writer waits for another; the projector's transactions are short.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Brings the schema from version n to n + 1, in order. Never changed once released, only added to.
pub(crate) const MIGRATIONS: [&str; 7] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
];

/// One connection, shared by those who block on it.
#[derive(Clone)]
pub(crate) struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    /// Who is told when the disk refuses to keep what was written through it.
    failure: Option<Failure>,
}

impl Sqlite {
    /// Opens a connection, and brings the schema up to date.
    pub(crate) fn open(path: &Path, failure: Option<Failure>) -> Result<Self, StorageError> {
        let mut connection = Connection::open(path).map_err(|error| error::sqlite("open the catalogue", error))?;
        prepare(&connection).map_err(|error| error::sqlite("prepare the catalogue", error))?;
        migrate(&mut connection)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), failure })
    }

    /// Brings everything into the database and leaves nothing in the [log](crate::wal): what a cut write left there would else
    /// lie behind those to come.
    pub(crate) fn empty_log(&self) -> Result<(), StorageError> {
        self.try_with(|connection| {
            let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
            let is_busy = emptied.map_err(|error| error::sqlite("bring the catalogue up to date", error))?;
            debug_assert!(!is_busy, "nobody else has the folder");
            Ok(())
        })
    }

    /// Does something with the connection, blocking.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> T {
        // A panic rolled its transaction back when it was dropped.
        work(&mut self.connection.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does something with the connection on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let sqlite = self.clone();
        tokio::task::spawn_blocking(move || sqlite.try_with(work))
            .await
            .map_err(|error| StorageError::with_source(StorageErrorKind::Unavailable, "the catalogue's task did not end", error))?
    }

    /// Does something that may write, blocking. After a failed write nobody knows what is on disk: it is told on, and
    /// nothing is written any more.
    pub(crate) fn try_with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StorageError>) -> Result<T, StorageError> {
        if self.failure.as_ref().is_some_and(Failure::has_happened) {
            return Err(StorageError::new(StorageErrorKind::Fatal, "the disk refused to keep data before"));
        }
        self.with(work).inspect_err(|error| self.tell_failure(error))
    }

    /// Passes on an error after which nothing may be written any more.
    pub(crate) fn tell_failure(&self, error: &StorageError) {
        if let Some(failure) = self.failure.as_ref().filter(|_| error.kind() == StorageErrorKind::Fatal) {
            failure.tell(error);
        }
    }
}

/// A transaction that holds the write lock from its beginning, so that it never fails half-way for the want of it.
pub(crate) fn write<T>(
    connection: &mut Connection,
    what: &str,
    work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    let failed = |error| error::sqlite(what, error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let result = work(&transaction)?;
    transaction.commit().map_err(failed)?;
    Ok(result)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The statements of catalogue, projection and responses, all kept prepared.
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), StorageError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    write(connection, "migrate the catalogue", |transaction| {
        let failed = |error| error::sqlite("migrate the catalogue", error);
        let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
        if version > known {
            return Err(StorageError::new(
                StorageErrorKind::NewerFormat,
                format!("the catalogue was written by a newer version of Sonde (schema {version}, this one knows {known})"),
            ));
        }
        for (brings_to, migration) in (1..).zip(MIGRATIONS).skip_while(|(brings_to, _)| *brings_to <= version) {
            transaction.execute_batch(migration).map_err(failed)?;
            transaction.pragma_update(None, "user_version", brings_to).map_err(failed)?;
        }
        Ok(())
    })
}
