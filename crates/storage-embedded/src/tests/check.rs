//! What a check finds, and that it changes nothing.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sonde_core::display::UserChange;
use sonde_core::user::UserState;
use sonde_storage::{Activity, StorageErrorKind, Write};

use super::files::{append, newest_journal, user};
use crate::{EmbeddedStore, check};

/// A folder with a hundred events, half of them in a file of fjall's, and a user.
async fn some_data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(2_000));
    for number in 0..100 {
        store.commit(vec![append("a", &number.to_string(), "t", &text)]).await.unwrap();
        if number == 49 {
            store.activity.view().buckets[0].keyspace.rotate_memtable_and_wait().unwrap();
        }
    }
    store.commit(vec![Write::Change(Box::new(UserChange::of_state(&user("a"), UserState::default())))]).await.unwrap();
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
    assert_eq!((report.rows["events"], report.rows["event ids"], report.rows["users"]), (100, 100, 1), "{report:?}");
    assert!(contents(folder.path()) == before, "nothing is changed");
}

#[tokio::test]
async fn a_damaged_file_is_named_and_the_rest_is_read() {
    let folder = some_data().await;
    spoil(&largest(folder.path(), "/tables/"), 4_000);
    let before = contents(folder.path());
    let report = check(folder.path()).unwrap();
    assert_eq!(report.problems.len(), 1, "{report:?}");
    assert!(report.problems[0].place.starts_with("activity, events-"), "{report:?}");
    let events = report.rows["events"];
    assert!((1..100).contains(&events), "{events} events");
    assert_eq!(report.rows["users"], 1);
    assert!(contents(folder.path()) == before, "nothing is changed");
}

#[tokio::test]
async fn writes_behind_a_damaged_place_of_a_journal_are_counted_as_lost() {
    let folder = some_data().await;
    let (journal, end) = newest_journal(folder.path());
    spoil(&journal, end - 20_000);
    let refused = EmbeddedStore::open(folder.path()).err().expect("it is damaged");
    assert_eq!(refused.kind(), StorageErrorKind::Corrupt);
    let report = check(folder.path()).unwrap();
    assert_eq!(report.problems.len(), 1, "{report:?}");
    assert_eq!(report.problems[0].place, journal.display().to_string());
    assert!(report.problems[0].what.contains("writes after, of "), "{report:?}");
    let events = report.rows["events"];
    assert!((80..100).contains(&events), "{events} events");
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
