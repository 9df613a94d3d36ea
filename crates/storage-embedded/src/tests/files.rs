//! Folder, files, and what becomes of them when they are cut or changed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sonde_core::event::EventId;
use sonde_core::id::WorkspaceId;
use sonde_core::properties::Properties;
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::{Activity, Append, Catalogue, EventFingerprint, Outcome, StorageErrorKind, Write};

use super::harness::{copy_folder, copy_running};
use crate::EmbeddedStore;

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);

pub(super) fn user(id: &str) -> UserRef {
    UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace: Namespace::Identified, id: UserId::new(id).unwrap() }
}

pub(super) fn append(owner: &str, id: &str, trigger: &str, properties: &str) -> Write {
    Write::append(Append {
        user: user(owner),
        id: EventId::from_stored(id),
        fingerprint: Some(EventFingerprint([1; 16])),
        trigger: TriggerName::new(trigger).unwrap(),
        effective_at: NOW,
        received_at: NOW,
        properties: Properties::from_stored(properties),
        learn: Vec::new(),
    })
}

fn refusal(path: &Path) -> (StorageErrorKind, String) {
    let error = EmbeddedStore::open(path).err().expect("the folder is refused");
    (error.kind(), error.to_string())
}

#[test]
fn a_folder_has_one_user_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let (kind, text) = refusal(folder.path());
    assert_eq!(kind, StorageErrorKind::Locked);
    assert!(text.contains(&folder.path().display().to_string()), "{text}");
    store.close();
    drop(EmbeddedStore::open(folder.path()).unwrap());
}

#[test]
fn a_newer_format_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    EmbeddedStore::open(folder.path()).unwrap().close();
    assert_eq!(fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "2\n");
    fs::write(folder.path().join("FORMAT"), "3\n").unwrap();
    assert_eq!(refusal(folder.path()).0, StorageErrorKind::NewerFormat);
    assert_eq!(fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "3\n");
    for unknown in ["", "0", "one"] {
        fs::write(folder.path().join("FORMAT"), unknown).unwrap();
        assert_eq!(refusal(folder.path()).0, StorageErrorKind::Corrupt, "{unknown:?}");
    }
    fs::remove_file(folder.path().join("FORMAT")).unwrap();
    assert_eq!(refusal(folder.path()).0, StorageErrorKind::Corrupt, "data without a format");
    fs::write(folder.path().join("FORMAT"), "1").unwrap();
    EmbeddedStore::open(folder.path()).unwrap().close();
    assert_eq!(fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "2\n", "an older format is upgraded");
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    EmbeddedStore::open(folder.path()).unwrap().close();
    let connection = rusqlite::Connection::open(folder.path().join("catalogue.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert_eq!(refusal(folder.path()).0, StorageErrorKind::NewerFormat);
}

#[test]
fn a_first_start_that_was_cut_short_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("FORMAT"), "1\n").unwrap();
    fs::create_dir(folder.path().join("activity.new")).unwrap();
    fs::write(folder.path().join("activity.new").join("0.jnl"), "half").unwrap();
    EmbeddedStore::open(folder.path()).unwrap().close();
    assert!(!folder.path().join("activity.new").exists());
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("data");
    EmbeddedStore::open(&path).unwrap().close();
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn after_a_failed_write_every_later_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    store.commit(vec![append("a", "1", "t", "{}")]).await.unwrap();
    store.activity.fail("the disk is gone");
    for _ in 0..2 {
        let error = store.commit(vec![append("a", "2", "t", "{}")]).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Fatal);
        assert_eq!(store.drop_expired(NOW).await.unwrap_err().kind(), StorageErrorKind::Fatal);
    }
    assert_eq!(store.load(&user("a"), NOW).await.unwrap().events.len(), 1, "what is stored can still be read");
}

/// Groups of events of one user, growing in size; the running engine's files are copied at the end.
async fn some_groups(groups: usize) -> (tempfile::TempDir, usize) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("data")).unwrap();
    let mut events = 0;
    for group in 0..groups {
        let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(37 * group));
        let writes = (0..=group).map(|number| append("a", &format!("{group}-{number}"), &format!("t{group}"), &text));
        events += group + 1;
        assert!(store.commit(writes.collect()).await.unwrap().iter().all(|outcome| *outcome == Outcome::Appended));
    }
    let copy = copy_running(&store, &folder.path().join("data"));
    (copy, events)
}

/// The journal being written, and how far it is.
pub(super) fn newest_journal(data: &Path) -> (PathBuf, u64) {
    let journals = fs::read_dir(data.join("activity")).unwrap().map(|entry| entry.unwrap().path());
    let journals = journals.filter(|path| path.extension().is_some_and(|extension| extension == "jnl"));
    let number = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap();
    let newest = journals.max_by_key(number).unwrap();
    let end = fs::read(&newest).unwrap().iter().rposition(|byte| *byte != 0).unwrap() + 1;
    (newest, end as u64)
}

/// What is there must be whole groups, the first ones, counted as many times as they are stored.
async fn assert_first_groups(data: &Path) -> usize {
    let store = EmbeddedStore::open(data).unwrap();
    let events = store.load(&user("a"), NOW).await.unwrap().events;
    let triggers = store.trigger_stats(WorkspaceId::from_bytes([1; 16])).await.unwrap();
    let groups = triggers.len();
    for group in 0..groups {
        let name = format!("t{group}");
        let stored = events.iter().filter(|event| event.trigger.as_str() == name).count();
        let counted = triggers.iter().find(|stats| stats.name.as_str() == name).map(|stats| stats.count);
        assert_eq!((stored, counted), (group + 1, Some(group as u64 + 1)), "group {group} of {groups}");
    }
    assert_eq!(events.len(), groups * (groups + 1) / 2);
    // The store goes on where it was cut.
    let again = append("a", &format!("{groups}-0"), &format!("t{groups}"), "{}");
    assert_eq!(store.commit(vec![again]).await.unwrap(), [Outcome::Appended]);
    store.workspaces().await.unwrap();
    groups
}

#[tokio::test]
async fn a_journal_cut_anywhere_leaves_whole_groups() {
    const GROUPS: usize = 12;
    const CUTS: u64 = 48;
    let (copy, events) = some_groups(GROUPS).await;
    assert_eq!(events, GROUPS * (GROUPS + 1) / 2);
    let (_, end) = newest_journal(&copy.path().join("data"));
    let mut seen = std::collections::BTreeSet::new();
    for cut in 0..=CUTS {
        let at = end * cut / CUTS;
        let zeros_behind = cut % 2 == 0;
        let again = tempfile::tempdir().unwrap();
        copy_folder(&copy.path().join("data"), again.path());
        let (journal, _) = newest_journal(again.path());
        let file = File::options().write(true).open(journal).unwrap();
        file.set_len(at).unwrap();
        if zeros_behind {
            // As a file system leaves it that had reserved the room but not yet written the bytes.
            file.set_len(at + 1024 * 1024).unwrap();
        }
        seen.insert(assert_first_groups(again.path()).await);
    }
    assert_eq!(seen.first(), Some(&0));
    assert_eq!(seen.last(), Some(&GROUPS), "a whole journal loses nothing");
    assert!(seen.len() > GROUPS / 2, "the cuts fall into many groups: {seen:?}");
}
