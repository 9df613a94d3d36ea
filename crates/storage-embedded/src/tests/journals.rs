//! Journals and logs whose end was torn, and such that were damaged.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sonde_core::display::{Display, UserChange};
use sonde_core::id::DisplayId;
use sonde_core::properties::Properties;
use sonde_core::user::UserState;
use sonde_storage::{Activity, Outcome, StorageErrorKind, Write};

use super::backup::display;
use super::files::{append, newest_journal, only_log, user};
use super::harness::{copy_folder, copy_running};
use crate::{EmbeddedStore, journal};

const GROUPS: usize = 6;

/// Which of the two files that are synced before anything is acknowledged.
#[derive(Clone, Copy, Debug)]
enum Synced {
    /// Events.
    Log,
    /// fjall's: everything else.
    Journal,
}

impl Synced {
    const BOTH: [Self; 2] = [Self::Log, Self::Journal];

    fn of(self, data: &Path) -> (PathBuf, u64) {
        match self {
            Self::Log => only_log(data),
            Self::Journal => newest_journal(data),
        }
    }

    /// Something to store of some thousand bytes.
    fn write(self, number: usize) -> Write {
        let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(5_000));
        match self {
            Self::Log => append("a", &number.to_string(), "t", &text),
            Self::Journal => {
                let id = DisplayId::from_bytes([u8::try_from(number).unwrap() + 1; 16]);
                // Not shown: nothing is told to SQLite, and no entry of the outbox removed later.
                let large = Display { id, shown_at: None, trigger_properties: Properties::from_stored(&text), ..display(0) };
                let state = UserState { version: number as u64, ..UserState::default() };
                Write::Change(Box::new(UserChange { displays: vec![large], ..UserChange::of_state(&user("a"), state) }))
            }
        }
    }

    async fn stored(self, store: &EmbeddedStore) -> usize {
        match self {
            Self::Log => store.events_of(&user("a"), None, 100).await.unwrap().events.len(),
            Self::Journal => store.displays_of(&user("a"), None, 100).await.unwrap().len(),
        }
    }
}

/// A copy of a running engine's files, and where each group ends in the file: the first number is where they begin.
async fn groups(of: Synced) -> (tempfile::TempDir, Vec<u64>) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = EmbeddedStore::open(&data).unwrap();
    // The bucket of the day is made with the first event, and its trigger is written down.
    store.commit(vec![append("b", "first", "t", "{}")]).await.unwrap();
    let mut ends = vec![of.of(&data).1];
    for number in 0..GROUPS {
        let outcomes = store.commit(vec![of.write(number)]).await.unwrap();
        assert!(matches!(outcomes[0], Outcome::Appended | Outcome::Changed), "{outcomes:?}");
        ends.push(of.of(&data).1);
    }
    (copy_running(&store, &data), ends)
}

/// The same files with bytes of one changed.
fn changed(of: Synced, original: &Path, at: u64, bytes: &[u8]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(original, copy.path());
    File::options().write(true).open(of.of(copy.path()).0).unwrap().write_all_at(bytes, at).unwrap();
    copy
}

async fn stored(of: Synced, data: &Path) -> usize {
    let store = EmbeddedStore::open(data).unwrap();
    let before = of.stored(&store).await;
    // It goes on where it was cut, and that is kept, too.
    store.commit(vec![of.write(before)]).await.unwrap();
    store.close();
    let store = EmbeddedStore::open(data).unwrap();
    assert_eq!(of.stored(&store).await, before + 1);
    before
}

#[tokio::test]
async fn what_was_never_synced_may_be_anything() {
    for of in Synced::BOTH {
        let (copy, ends) = groups(of).await;
        let data = copy.path().join("data");
        let (last, end) = (ends[GROUPS - 1], ends[GROUPS]);
        let length = usize::try_from(end - last).unwrap();
        // As a disk leaves pages that it had not yet written, in any order: zeros, or what was there before.
        for bytes in [vec![0; length], vec![0xA5; length], vec![1; length]] {
            assert_eq!(stored(of, changed(of, &data, last, &bytes).path()).await, GROUPS - 1, "only the last group of the {of:?} is gone");
        }
        for page in 0..length.div_ceil(512) {
            let at = last + 512 * page as u64;
            let bytes = vec![0; usize::try_from((end - at).min(512)).unwrap()];
            assert_eq!(stored(of, changed(of, &data, at, &bytes).path()).await, GROUPS - 1, "sector {page} of the {of:?}");
        }
        // Behind the last group, one that never became whole.
        assert_eq!(stored(of, changed(of, &data, end, &[0xA5; 700]).path()).await, GROUPS);
        assert_eq!(stored(of, changed(of, &data, end, &[1, 1, 0, 0, 0]).path()).await, GROUPS);
    }
}

#[tokio::test]
async fn damage_to_what_was_synced_is_refused_and_left_as_it_is() {
    for of in Synced::BOTH {
        let (copy, ends) = groups(of).await;
        let data = copy.path().join("data");
        for group in 0..GROUPS - 1 {
            // The first byte of a group, one within, its last.
            for at in [ends[group], ends[group] + 2_000, ends[group + 1] - 1] {
                let damaged = changed(of, &data, at, &[0xEE]);
                let (file, _) = of.of(damaged.path());
                let before = fs::read(&file).unwrap();
                let error = EmbeddedStore::open(damaged.path()).err().expect("it is damaged");
                assert_eq!(error.kind(), StorageErrorKind::Corrupt, "{error}");
                let place = format!("{} is damaged at byte {}", file.display(), ends[group]);
                assert!(error.to_string().starts_with(&place), "{error}");
                assert_eq!(fs::read(&file).unwrap(), before);
            }
        }
    }
}

#[tokio::test]
async fn every_batch_that_fjall_writes_is_understood() {
    let (copy, ends) = groups(Synced::Journal).await;
    let scan = journal::scan(&newest_journal(&copy.path().join("data")).0).unwrap();
    assert_eq!((scan.end, scan.beyond), (ends[GROUPS], None));
    assert!(scan.batches > GROUPS as u64, "{scan:?}");
}
