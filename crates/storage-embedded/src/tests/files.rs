//! Folder, files, and what becomes of them when they are cut or changed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

pub(crate) fn append(owner: &str, id: &str, trigger: &str, properties: &str) -> Write {
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
    assert_eq!(fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "4\n");
    fs::write(folder.path().join("FORMAT"), "5\n").unwrap();
    assert_eq!(refusal(folder.path()).0, StorageErrorKind::NewerFormat);
    assert_eq!(fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "5\n");
    for unknown in ["", "0", "one"] {
        fs::write(folder.path().join("FORMAT"), unknown).unwrap();
        assert_eq!(refusal(folder.path()).0, StorageErrorKind::Corrupt, "{unknown:?}");
    }
    fs::remove_file(folder.path().join("FORMAT")).unwrap();
    assert_eq!(refusal(folder.path()).0, StorageErrorKind::Corrupt, "data without a format");
    for older in ["1", "2\n", "3\n"] {
        fs::write(folder.path().join("FORMAT"), older).unwrap();
        EmbeddedStore::open(folder.path()).unwrap().close();
        assert_eq!(fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "4\n", "an older format is upgraded");
    }
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

/// Enough events that their index goes to a file.
fn many_events() -> Vec<Write> {
    (0..64).map(|number| append("a", &number.to_string(), "t", "{}")).collect()
}

#[tokio::test]
async fn an_index_that_cannot_be_written_is_told_at_once() {
    const PATIENCE: Duration = Duration::from_secs(10);
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    {
        let _no_files = store.activity.filing.lock().unwrap();
        store.activity.commit(&many_events()).unwrap();
        let (log, end) = only_log(folder.path());
        // What has a folder in its place cannot be written, by whomever.
        fs::create_dir(log.with_file_name(format!("16-{end}.ids.new"))).unwrap();
    }
    tokio::time::timeout(PATIENCE, store.failed()).await.expect("no write is needed for it");
    assert_eq!(store.commit(vec![append("a", "later", "t", "{}")]).await.unwrap_err().kind(), StorageErrorKind::Fatal);
    assert_eq!(store.touch_keys(Vec::new()).await.unwrap_err().kind(), StorageErrorKind::Fatal);
    assert_eq!(store.load(&user("a"), NOW).await.unwrap().events.len(), 64, "what is stored can still be read");
}

/// Groups of events of one user, growing in size; the running engine's files are copied at the end. With `a_trigger_each`
/// every group is of another trigger, so that it writes statistics, too.
async fn some_groups(groups: usize, a_trigger_each: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("data")).unwrap();
    for group in 0..groups {
        let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(37 * group));
        let trigger = if a_trigger_each { format!("t{group}") } else { "t".to_owned() };
        let writes = (0..=group).map(|number| append("a", &format!("{group}-{number}"), &trigger, &text));
        assert!(store.commit(writes.collect()).await.unwrap().iter().all(|outcome| *outcome == Outcome::Appended));
    }
    copy_running(&store, &folder.path().join("data"))
}

/// The journal being written, and how far it is.
pub(super) fn newest_journal(data: &Path) -> (PathBuf, u64) {
    let journals = fs::read_dir(data.join("activity")).unwrap().map(|entry| entry.unwrap().path());
    let journals = journals.filter(|path| path.extension().is_some_and(|extension| extension == "jnl"));
    let number = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap();
    let newest = journals.max_by_key(number).unwrap();
    let end = written(&newest);
    (newest, end)
}

/// The log of the only day, and how far it is.
pub(super) fn only_log(data: &Path) -> (PathBuf, u64) {
    let days: Vec<PathBuf> = fs::read_dir(data.join("events")).unwrap().map(|day| day.unwrap().path()).collect();
    let [day] = days.as_slice() else { panic!("{days:?}") };
    (day.join("log"), written(&day.join("log")))
}

fn written(file: &Path) -> u64 {
    fs::read(file).unwrap().iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1
}

/// What is there must be whole groups, the first ones, counted as many times as they are stored. Says how many.
async fn assert_first_groups(data: &Path) -> usize {
    let store = EmbeddedStore::open(data).unwrap();
    let events = store.events_of(&user("a"), None, 1_000).await.unwrap().events;
    let counted = store.trigger_stats(WorkspaceId::from_bytes([1; 16])).await.unwrap().iter().map(|stats| stats.count).sum::<u64>();
    assert_eq!(counted, events.len() as u64);
    let of_group = |group: usize| {
        let begin = format!("{group}-");
        events.iter().filter(|event| event.id.as_str().starts_with(&begin)).count()
    };
    let groups = (0..=GROUPS).take_while(|group| of_group(*group) > 0).count();
    for group in 0..groups {
        assert_eq!(of_group(group), group + 1, "group {group} of {groups}");
    }
    assert_eq!(events.len(), groups * (groups + 1) / 2);
    // The store goes on where it was cut.
    let again = append("a", &format!("{groups}-0"), "t", "{}");
    assert_eq!(store.commit(vec![again.clone()]).await.unwrap(), [Outcome::Appended]);
    store.close();
    let store = EmbeddedStore::open(data).unwrap();
    assert_eq!(store.commit(vec![again]).await.unwrap(), [Outcome::Duplicate]);
    assert_eq!(store.events_of(&user("a"), None, 1_000).await.unwrap().events.len(), events.len() + 1);
    store.workspaces().await.unwrap();
    groups
}

/// A copy with a file cut; half of the cuts have zeros behind, as a file system leaves it that had reserved the room but not
/// yet written the bytes.
fn cut(data: &Path, file: impl Fn(&Path) -> PathBuf, at: u64, zeros_behind: bool) -> tempfile::TempDir {
    let again = tempfile::tempdir().unwrap();
    copy_folder(data, again.path());
    let file = File::options().write(true).open(file(again.path())).unwrap();
    file.set_len(at).unwrap();
    if zeros_behind {
        file.set_len(at + 1024 * 1024).unwrap();
    }
    again
}

/// So few events that no index of them is in a file: what that knows of must be in the log.
const GROUPS: usize = 6;
const CUTS: u64 = 48;

#[tokio::test]
async fn a_log_cut_anywhere_behind_what_is_counted_leaves_whole_groups() {
    let copy = some_groups(GROUPS, false).await;
    let data = copy.path().join("data");
    let (_, end) = only_log(&data);
    // The first group brought a new trigger: that it is in the log was written down.
    let refused = EmbeddedStore::open(cut(&data, |data| only_log(data).0, 100, false).path()).err().expect("it was acknowledged");
    assert_eq!(refused.kind(), StorageErrorKind::Corrupt);
    assert!(refused.to_string().contains("were acknowledged"), "{refused}");
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..=CUTS {
        let at = end - (end - 300) * number / CUTS;
        seen.insert(assert_first_groups(cut(&data, |data| only_log(data).0, at, number % 2 == 0).path()).await);
    }
    assert_eq!((seen.first(), seen.last()), (Some(&1), Some(&GROUPS)), "a whole log loses nothing");
    assert!(seen.len() > GROUPS / 2, "the cuts fall into many groups: {seen:?}");
}

/// Events are written first: whatever of the rows is not there yet, they are, and are counted.
#[tokio::test]
async fn a_journal_cut_anywhere_leaves_all_events_counted() {
    let copy = some_groups(GROUPS, true).await;
    let data = copy.path().join("data");
    let (_, end) = newest_journal(&data);
    for number in 0..=CUTS {
        let at = end * number / CUTS;
        let groups = assert_first_groups(cut(&data, |data| newest_journal(data).0, at, number % 2 == 0).path()).await;
        assert_eq!(groups, GROUPS);
    }
}
