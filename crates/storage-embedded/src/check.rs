//! `sonde check`: reads everything, changes nothing, says what can be read and what cannot.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use sonde_core::user::UserId;
use sonde_storage::{StorageError, StorageErrorKind};

use crate::activity::keys::{self, kind};
use crate::activity::read_number;
use crate::activity::tables::{Space, Tables, events_of_format_2};
use crate::error::{self, BadRow};
use crate::folder::Folder;
use crate::{events, journal, responses, rows, wal};

/// Most problems that are listed for one keyspace or table; the rest is counted.
const PROBLEMS_MAX: usize = 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many rows could be read, by what they are.
    pub rows: BTreeMap<String, u64>,
    /// What is wrong; nothing when all is well.
    pub problems: Vec<Problem>,
}

/// Something that is wrong.
#[derive(Debug)]
pub struct Problem {
    /// Where.
    pub place: String,
    /// What, and what is lost by it.
    pub what: String,
}

impl Report {
    fn problem(&mut self, place: &impl ToString, what: impl Into<String>) {
        self.problems.push(Problem { place: place.to_string(), what: what.into() });
    }

    fn count(&mut self, what: &str) {
        match self.rows.get_mut(what) {
            Some(count) => *count += 1,
            None => drop(self.rows.insert(what.to_owned(), 1)),
        }
    }
}

/// Reads a data folder from end to end. Blocks. The folder must be nobody else's meanwhile; nothing in it is changed but a
/// copy of small files, `check.tmp`, that is removed at the end.
///
/// An error only where nothing can be looked at: no data there, in use, written by a newer version.
pub fn check(path: &Path) -> Result<Report, StorageError> {
    if !Folder::is_one(path) {
        return Err(StorageError::new(StorageErrorKind::NotFound, format!("{} is no data folder", path.display())));
    }
    let folder = Folder::open(path)?;
    let mut report = Report::default();
    check_log(&folder.catalogue(), &mut report)?;
    let projected = check_catalogue(&folder.catalogue(), &mut report);
    if !folder.activity().is_dir() {
        report.problem(&folder.activity().display(), "is missing: all events, states of users and displays are lost");
        return Ok(report);
    }
    let copy = Copy::make(&folder, &mut report)?;
    match Tables::open_at(&copy.0) {
        Err(error) => report.problem(&folder.activity().display(), format!("cannot be opened, nothing in it can be read: {error}")),
        Ok(tables) => {
            for (space, keyspace) in tables.fixed() {
                check_space(&space.name(), &|key, row| read_row(space, key, row), keyspace, &mut report);
            }
            let (marked, of_format_2) = tables.days();
            for day in marked {
                check_space(&Space::Marks(day).name(), &read_bucket_row, &tables.marks(day)?, &mut report);
            }
            for day in of_format_2 {
                check_space(&events_of_format_2(day), &read_bucket_row, &tables.events_of_format_2(day)?, &mut report);
            }
            check_outbox(&tables, projected, &mut report)?;
            check_events(&folder, &tables, &mut report)?;
        }
    }
    Ok(report)
}

/// SQLite's log, before SQLite looks at it.
fn check_log(catalogue: &Path, report: &mut Report) -> Result<(), StorageError> {
    let path = wal::of(catalogue);
    if let Some(wal::Damage { at, before, after }) = wal::find_damage(&path).map_err(|error| error::io("read", &path, error))? {
        let what = format!(
            "is damaged at byte {at}: the {before} transactions before can be read; the one there and {after} or more after are lost"
        );
        report.problem(&path.display(), what);
    }
    Ok(())
}

/// Of activity: the large files, which never change, under a second name, and copies of the others. What fjall does when it
/// opens them is done to these.
struct Copy(PathBuf);

impl Copy {
    fn make(folder: &Folder, report: &mut Report) -> Result<Self, StorageError> {
        let path = folder.check();
        remove(&path).map_err(|error| error::io("remove", &path, error))?;
        let copy = Self(path);
        copy_folder(&folder.activity(), &copy.0).map_err(|error| error::io("copy to", &copy.0, error))?;
        for journal in journal::list(&copy.0)? {
            let scan = journal::scan(&journal).map_err(|error| error::io("read", &journal, error))?;
            let Some(beyond) = scan.beyond else { continue };
            let name = folder.activity().join(journal.file_name().unwrap_or_default());
            let what = if beyond.batches > 0 {
                format!(
                    "is damaged at byte {}: the {} writes before can be read; the write there and {} writes after, of {} rows, are lost",
                    scan.end, scan.batches, beyond.batches, beyond.rows
                )
            } else {
                format!("ends in {} bytes that make no whole write, as a power cut leaves them", beyond.bytes)
            };
            if beyond.batches > 0 {
                report.problem(&name.display(), what);
            } else {
                tracing::info!(path = %name.display(), "{what}");
            }
            let cut = File::options().write(true).open(&journal).and_then(|file| file.set_len(scan.end));
            cut.map_err(|error| error::io("cut", &journal, error))?;
        }
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "cannot remove the copy");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let is_immutable = from.file_name().is_some_and(|name| name == "tables");
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if !is_immutable || fs::hard_link(entry.path(), &target).is_err() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Says what a row is.
type ReadRow<'a> = &'a dyn Fn(&[u8], &[u8]) -> Result<&'static str, BadRow>;

/// Reads all rows of a keyspace: from the front to the first that cannot be read, then from the back to the last.
fn check_space(name: &str, read: ReadRow<'_>, keyspace: &fjall::Keyspace, report: &mut Report) {
    let place = format!("activity, {name}");
    let mut bad = 0;
    let mut check_row = |key: &[u8], row: &[u8], report: &mut Report| match read(key, row) {
        Ok(what) => report.count(what),
        Err(error) => {
            bad += 1;
            if bad <= PROBLEMS_MAX {
                report.problem(&place, error.at(name, key).to_string());
            }
        }
    };
    for guard in keyspace.iter() {
        match guard.into_inner() {
            Ok((key, row)) => check_row(&key, &row, report),
            Err(error) => {
                let mut behind = 0_u64;
                for (key, row) in keyspace.iter().rev().map_while(|guard| guard.into_inner().ok()) {
                    check_row(&key, &row, report);
                    behind += 1;
                }
                let what = format!("a part cannot be read ({error}); {behind} rows behind it can, those between are lost");
                report.problem(&place, what);
                break;
            }
        }
    }
    if bad > PROBLEMS_MAX {
        report.problem(&place, format!("{bad} rows make no sense in all"));
    }
}

/// Reads the logs of events. They are looked at where they are: nothing is done to a log before it is opened to be written.
fn check_events(folder: &Folder, tables: &Tables, report: &mut Report) -> Result<(), StorageError> {
    let events = folder.events();
    if !events.is_dir() {
        return Ok(());
    }
    for day in events::days(&events)? {
        let key = keys::counted(day);
        let counted = tables.meta.get(&key).map_err(|error| error::fjall("read numbers", error))?;
        let counted = counted.map_or(Ok(0), |row| read_number(Space::Meta, &key, &row))?;
        let found = events::check_day(&events, day, counted)?;
        *report.rows.entry("events".to_owned()).or_default() += found.events;
        *report.rows.entry("event ids".to_owned()).or_default() += found.ids;
        for (path, what) in found.problems {
            report.problem(&path.display(), what);
        }
    }
    Ok(())
}

/// What a row is.
fn read_row(space: Space, key: &[u8], row: &[u8]) -> Result<&'static str, BadRow> {
    Ok(match space {
        Space::Users => {
            keys::read_user(key)?;
            rows::state::decode(row)?;
            "users"
        }
        Space::Displays => {
            keys::read_user(key)?;
            rows::display::decode(row)?;
            "displays"
        }
        Space::Aliases => {
            keys::read_user(key)?;
            "aliases"
        }
        Space::Outbox => {
            if let rows::outbox::Entry::Shown(shown) = rows::outbox::decode(row)? {
                rows::display::decode_json(shown.json.as_bytes())?;
            }
            "outbox entries"
        }
        Space::Triggers => {
            keys::read_trigger_key(key)?;
            "rows of trigger statistics"
        }
        Space::Refusals => {
            rows::note::decode_refusals(row)?;
            "users with refusals"
        }
        Space::Decisions => {
            rows::note::decode_days(row)?;
            "surveys with counts of decisions"
        }
        Space::Attributes => "workspaces with attributes",
        Space::Meta => "numbers of the store",
        Space::Marks(_) => read_bucket_row(key, row)?,
    })
}

fn read_bucket_row(key: &[u8], row: &[u8]) -> Result<&'static str, BadRow> {
    let (_, length) = keys::read_user(key)?;
    let (of, suffix) = key[length..].split_first().ok_or_else(|| BadRow::new("no kind"))?;
    Ok(match *of {
        kind::EVENT => {
            rows::event::decode(suffix, row)?;
            "events"
        }
        kind::EVENT_ID => "event ids",
        kind::MARK | kind::CANCELLED => "marks of events",
        kind::PRESENCE => "users by day",
        other => return Err(BadRow::new(format!("no kind of row: {other}"))),
    })
}

/// Between what SQLite was told and what it is still to be told nothing may be missing.
fn check_outbox(tables: &Tables, projected: Option<u64>, report: &mut Report) -> Result<(), StorageError> {
    let (Some(projected), Some(first)) = (projected, tables.outbox.first_key_value()) else { return Ok(()) };
    let key = first.key().map_err(|error| error::fjall("read the outbox", error))?;
    let first = read_number(Space::Outbox, &key, &key)?;
    if first > projected + 1 {
        let missing = first - projected - 1;
        report.problem(&"catalogue.sqlite", format!("is behind activity: {missing} changes of response rows were forgotten and are lost"));
    }
    Ok(())
}

/// SQLite's file. Says how far it was told, if that can be read.
fn check_catalogue(path: &Path, report: &mut Report) -> Option<u64> {
    let place = path.display();
    if !path.is_file() {
        report.problem(&place, "is missing: workspaces, keys, surveys, accounts and response rows are lost");
        return None;
    }
    let checked = (|| {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let mut statement = connection.prepare(&format!("PRAGMA integrity_check({PROBLEMS_MAX})"))?;
        let said: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for problem in said.into_iter().filter(|said| said != "ok") {
            report.problem(&place, problem);
        }
        let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
        let mut broken = statement.query([])?;
        while let Some(row) = broken.next()? {
            report.problem(&place, format!("a row of {} belongs to one that is gone", row.get::<_, String>(0)?));
        }
        for table in ["workspaces", "api_keys", "surveys"] {
            let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            report.rows.insert(table.replace('_', " "), count.cast_unsigned());
        }
        check_responses(&connection, report)?;
        Ok::<_, rusqlite::Error>(responses::projected_seq(&connection))
    })();
    match checked {
        Ok(Ok(projected)) => Some(projected),
        Ok(Err(error)) => {
            report.problem(&place, error.to_string());
            None
        }
        Err(error) => {
            report.problem(&place, format!("cannot be read to its end: {error}"));
            None
        }
    }
}

fn check_responses(connection: &Connection, report: &mut Report) -> rusqlite::Result<()> {
    let mut bad = 0;
    let mut statement = connection.prepare("SELECT display_id, user_id, display FROM responses")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (id, user, display): ([u8; 16], String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let user = UserId::new(&user).map_err(|error| BadRow::new(format!("a user id {error}")));
        match user.and_then(|_| rows::display::decode_json(display.as_bytes())) {
            Ok(_) => report.count("responses"),
            Err(error) => {
                bad += 1;
                if bad <= PROBLEMS_MAX {
                    report.problem(&"catalogue.sqlite", error.at("responses", &id).to_string());
                }
            }
        }
    }
    Ok(())
}
