//! What a check finds, and that it changes nothing.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sonde_core::display::{Display, UserChange};
use sonde_core::properties::Properties;
use sonde_core::user::UserState;
use sonde_storage::{Activity, StorageErrorKind, Write};

use super::backup::display;
use super::files::{NOW, append, newest_journal, only_log, user};
use crate::{EmbeddedStore, check};

/// A folder with a hundred events, and as many users with a display: half of them in a file of fjall's.
async fn some_data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(2_000));
    for number in 0..100 {
        store.commit(vec![append("a", &number.to_string(), "t", &text)]).await.unwrap();
        let large = Display { shown_at: None, trigger_properties: Properties::from_stored(&text), ..display(number) };
        let of_state = UserChange::of_state(&user(&format!("user-{number}")), UserState::default());
        store.commit(vec![Write::Change(Box::new(UserChange { displays: vec![large], ..of_state }))]).await.unwrap();
        if number == 49 {
            store.activity.tables.displays.rotate_memtable_and_wait().unwrap();
            store.activity.file_indexes();
        }
    }
    store.close();
    folder
}

/// Every file below a folder with what it holds, but for SQLite's shared memory.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else if !["sqlite-shm", "sqlite-wal"].iter().any(|end| path.to_string_lossy().ends_with(end)) {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// The largest file of a kind.
fn largest(folder: &Path, part: &str) -> PathBuf {
    let found = contents(folder).into_iter().filter(|(path, _)| path.to_string_lossy().contains(part));
    found.max_by_key(|(_, bytes)| bytes.len()).unwrap().0
}

fn spoil(file: &Path, at: u64) {
    fs::File::options().write(true).open(file).unwrap().write_all_at(&[0xEE; 64], at).unwrap();
}

#[tokio::test]
async fn a_sound_folder_is_counted_and_left_as_it_is() {
    let folder = some_data().await;
    let before = contents(folder.path());
    let report = check(folder.path()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    assert_eq!((report.rows["events"], report.rows["event ids"], report.rows["users"]), (100, 100, 100), "{report:?}");
    assert!(contents(folder.path()) == before, "nothing is changed");
}

#[tokio::test]
async fn a_damaged_file_is_named_and_the_rest_is_read() {
    let folder = some_data().await;
    spoil(&largest(folder.path(), "/tables/"), 4_000);
    let before = contents(folder.path());
    let report = check(folder.path()).unwrap();
    assert_eq!(report.problems.len(), 1, "{report:?}");
    assert_eq!(report.problems[0].place, "activity, displays", "{report:?}");
    let displays = report.rows["displays"];
    assert!((1..100).contains(&displays), "{displays} displays");
    assert_eq!((report.rows["users"], report.rows["events"]), (100, 100));
    assert!(contents(folder.path()) == before, "nothing is changed");
}

#[tokio::test]
async fn writes_behind_a_damaged_place_of_a_journal_or_log_are_counted_as_lost() {
    for (file, what) in [(newest_journal as fn(&Path) -> (PathBuf, u64), "displays"), (only_log, "events")] {
        let folder = some_data().await;
        let (path, end) = file(folder.path());
        spoil(&path, end - 20_000);
        let refused = EmbeddedStore::open(folder.path()).err().expect("it is damaged");
        assert_eq!(refused.kind(), StorageErrorKind::Corrupt);
        let before = contents(folder.path());
        let report = check(folder.path()).unwrap();
        assert_eq!(report.problems.len(), 1, "{report:?}");
        assert_eq!(report.problems[0].place, path.display().to_string());
        assert!(report.problems[0].what.contains(" writes after"), "{report:?}");
        let left = report.rows[what];
        assert!((80..100).contains(&left), "{left} {what}");
        assert!(contents(folder.path()) == before, "nothing is changed");
    }
}

/// An index says nothing that the log does not.
#[tokio::test]
async fn a_damaged_index_is_named_and_nothing_is_lost_with_it() {
    let folder = some_data().await;
    let index = largest(folder.path(), ".users");
    spoil(&index, 100);
    let report = check(folder.path()).unwrap();
    assert_eq!(report.problems.len(), 1, "{report:?}");
    assert_eq!(report.problems[0].place, index.display().to_string());
    assert!(report.problems[0].what.contains("nothing is lost"), "{report:?}");
    let load = async || {
        let store = EmbeddedStore::open(folder.path()).unwrap();
        store.load(&user("a"), NOW).await.map(|activity| activity.events.len())
    };
    assert_eq!(load().await.unwrap_err().kind(), StorageErrorKind::Corrupt);
    fs::remove_file(index).unwrap();
    assert_eq!(load().await.unwrap(), 100);
}

#[tokio::test]
async fn a_damaged_catalogue_is_named() {
    let folder = some_data().await;
    let catalogue = folder.path().join("catalogue.sqlite");
    let pages = fs::metadata(&catalogue).unwrap().len() / 4_096;
    for page in 1..pages {
        spoil(&catalogue, page * 4_096);
    }
    let report = check(folder.path()).unwrap();
    assert!(!report.problems.is_empty());
    assert!(report.problems.iter().all(|problem| problem.place == catalogue.display().to_string()), "{report:?}");
    assert_eq!(report.rows["events"], 100, "the rest is read");
}

#[test]
fn what_is_no_data_folder_is_not_made_one() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(check(folder.path()).unwrap_err().kind(), StorageErrorKind::NotFound);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn damage_in_the_log_of_the_catalogue_is_refused_and_named() {
    let folder = some_data().await;
    let store = EmbeddedStore::open(folder.path()).unwrap();
    for number in 0..5 {
        let sql = "INSERT INTO workspaces (id, name, wait_ms, created_at) VALUES (?1, hex(?1), 0, 0)";
        store.writer.with(|connection| connection.execute(sql, [vec![number; 16]])).unwrap();
    }
    // As a killed process leaves it: closing would bring the log into the database.
    let copy = tempfile::tempdir().unwrap();
    let catalogue = |folder: &Path| folder.join("catalogue.sqlite");
    let [from, log] = [catalogue(folder.path()), crate::wal::of(&catalogue(folder.path()))];
    for path in [&from, &log] {
        fs::copy(path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    store.close();
    for path in [&from, &log] {
        fs::copy(copy.path().join(path.file_name().unwrap()), path).unwrap();
    }
    spoil(&log, 32 + 24 + 100);
    let error = EmbeddedStore::open(folder.path()).map(drop).unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains(&format!("{} is damaged at byte 32: ", log.display())), "{error}");
    let report = check(folder.path()).unwrap();
    assert_eq!(report.problems.len(), 1, "{report:?}");
    assert_eq!(report.problems[0].place, log.display().to_string(), "{report:?}");
}
