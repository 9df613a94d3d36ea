//! Journals whose end was torn, and journals that were damaged.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use sonde_storage::{Activity, Outcome, StorageErrorKind};

use super::files::{NOW, append, newest_journal, user};
use super::harness::{copy_folder, copy_running};
use crate::{EmbeddedStore, journal};

const GROUPS: usize = 6;

/// A copy of a running engine's files, and where each group ends in its journal: the first number is where they begin.
async fn groups() -> (tempfile::TempDir, Vec<u64>) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = EmbeddedStore::open(&data).unwrap();
    // The bucket of the day is made with the first.
    store.commit(vec![append("a", "first", "t", "{}")]).await.unwrap();
    let mut ends = vec![newest_journal(&data).1];
    for group in 0..GROUPS {
        let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(5_000));
        assert_eq!(store.commit(vec![append("a", &group.to_string(), "t", &text)]).await.unwrap(), [Outcome::Appended]);
        ends.push(newest_journal(&data).1);
    }
    (copy_running(&store, &data), ends)
}

/// The same files with bytes of the journal changed.
fn changed(original: &Path, at: u64, bytes: &[u8]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(original, copy.path());
    File::options().write(true).open(newest_journal(copy.path()).0).unwrap().write_all_at(bytes, at).unwrap();
    copy
}

async fn events(data: &Path) -> usize {
    let store = EmbeddedStore::open(data).unwrap();
    let before = store.load(&user("a"), NOW).await.unwrap().events.len();
    // It goes on where it was cut, and that is kept, too.
    assert_eq!(store.commit(vec![append("a", "after", "t", "{}")]).await.unwrap(), [Outcome::Appended]);
    store.close();
    let store = EmbeddedStore::open(data).unwrap();
    assert_eq!(store.load(&user("a"), NOW).await.unwrap().events.len(), before + 1);
    before
}

#[tokio::test]
async fn what_was_never_synced_may_be_anything() {
    let (copy, ends) = groups().await;
    let data = copy.path().join("data");
    let (last, end) = (ends[GROUPS - 1], ends[GROUPS]);
    let length = usize::try_from(end - last).unwrap();
    // As a disk leaves pages that it had not yet written, in any order: zeros, or what was there before.
    for bytes in [vec![0; length], vec![0xA5; length], vec![1; length]] {
        assert_eq!(events(changed(&data, last, &bytes).path()).await, GROUPS, "only the last group is gone");
    }
    for page in 0..length.div_ceil(512) {
        let at = last + 512 * page as u64;
        let bytes = vec![0; usize::try_from((end - at).min(512)).unwrap()];
        assert_eq!(events(changed(&data, at, &bytes).path()).await, GROUPS, "sector {page}");
    }
    // Behind the last group, one that never became whole.
    assert_eq!(events(changed(&data, end, &[0xA5; 700]).path()).await, GROUPS + 1);
    assert_eq!(events(changed(&data, end, &[1, 1, 0, 0, 0]).path()).await, GROUPS + 1);
}

#[tokio::test]
async fn damage_to_what_was_synced_is_refused_and_left_as_it_is() {
    let (copy, ends) = groups().await;
    let data = copy.path().join("data");
    for group in 0..GROUPS - 1 {
        // The first byte of a group, one within, its last.
        for at in [ends[group], ends[group] + 2_000, ends[group + 1] - 1] {
            let damaged = changed(&data, at, &[0xEE]);
            let (journal, _) = newest_journal(damaged.path());
            let before = fs::read(&journal).unwrap();
            let error = EmbeddedStore::open(damaged.path()).err().expect("it is damaged");
            assert_eq!(error.kind(), StorageErrorKind::Corrupt, "{error}");
            let place = format!("{} is damaged at byte {}", journal.display(), ends[group]);
            assert!(error.to_string().starts_with(&place), "{error}");
            assert_eq!(fs::read(&journal).unwrap(), before);
        }
    }
}

#[tokio::test]
async fn every_batch_that_fjall_writes_is_understood() {
    let (copy, ends) = groups().await;
    let scan = journal::scan(&newest_journal(&copy.path().join("data")).0).unwrap();
    assert_eq!((scan.end, scan.beyond), (ends[GROUPS], None));
    assert!(scan.batches > GROUPS as u64, "{scan:?}");
}
