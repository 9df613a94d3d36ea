//! Backups under load, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fjall::Readable;
use sonde_core::display::{Display, DisplayState, UserChange};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::properties::Properties;
use sonde_core::survey::launch::Platform;
use sonde_core::trigger::TriggerName;
use sonde_core::user::UserState;
use sonde_storage::{Activity, Outcome, ResponseQuery, Responses, StorageErrorKind, Write};

use super::files::{NOW, append, user};
use crate::activity::keys;
use crate::{EmbeddedStore, check, restore};

const TRIGGERS: usize = 3;

pub(super) fn display(number: u32) -> Display {
    let mut id = [0; 16];
    id[12..].copy_from_slice(&number.to_be_bytes());
    Display {
        id: DisplayId::from_bytes(id),
        survey: SurveyId::from_bytes([3; 16]),
        survey_version: 1,
        request_id: format!("request-{number}").into(),
        platform: Platform::Web,
        locale: "en".into(),
        state: DisplayState::Shown,
        claimed_at: NOW,
        lease_until: NOW,
        shown_at: Some(NOW),
        first_answered_at: None,
        completed_at: None,
        updated_at: NOW,
        trigger: TriggerName::new("MainActivity").unwrap(),
        trigger_properties: Properties::empty(),
        attributes: Arc::default(),
        event: None,
        events: Vec::new(),
        consumes: Vec::new(),
        answers: BTreeMap::new(),
        revision: 0,
        duration_ms: None,
    }
}

/// One group: an event for each trigger, and a display of the user, which also becomes a response row.
fn group(number: u32) -> Vec<Write> {
    let mut writes: Vec<Write> =
        (0..TRIGGERS).map(|trigger| append("a", &format!("{number}-{trigger}"), &format!("t{trigger}"), "{}")).collect();
    let state = UserState { version: u64::from(number), ..UserState::default() };
    writes.push(Write::Change(Box::new(UserChange { displays: vec![display(number)], ..UserChange::of_state(&user("a"), state) })));
    writes
}

/// All rows of activity, but for a row that is written anew at each start.
fn rows(store: &EmbeddedStore) -> BTreeMap<(String, Vec<u8>), Vec<u8>> {
    let (tables, view) = (&store.activity.tables, store.activity.view());
    let buckets = view.buckets.iter().map(|bucket| (bucket.day.to_string(), bucket.marks.clone()));
    let spaces = tables.fixed().into_iter().map(|(space, keyspace)| (space.name(), keyspace.clone())).chain(buckets);
    let mut found = BTreeMap::new();
    for (name, keyspace) in spaces {
        for guard in view.snapshot.iter(&keyspace) {
            let (key, row) = guard.into_inner().unwrap();
            // How far a log is counted depends on how it came to be.
            if keys::read_counted(&key).is_none() {
                found.insert((name.clone(), key.to_vec()), row.to_vec());
            }
        }
    }
    for bucket in &view.buckets {
        let mut events = bucket.events.reading().all().unwrap();
        while let Some(stored) = events.next().unwrap() {
            let key = format!("{:?}", (stored.event.user, stored.event.seq));
            found.insert((format!("events of {}", bucket.day), key.into_bytes()), format!("{:?}", stored.event).into_bytes());
        }
    }
    found
}

async fn responses(store: &EmbeddedStore) -> Vec<DisplayId> {
    let query =
        ResponseQuery { workspace: WorkspaceId::from_bytes([1; 16]), survey: None, newest_first: false, after: None, limit: 1_000_000 };
    store.responses(&query).await.unwrap().into_iter().map(|row| row.display.id).collect()
}

/// How many groups there are: the first ones, all of each, told to SQLite once.
async fn whole_groups(store: &EmbeddedStore) -> usize {
    let stats = store.trigger_stats(WorkspaceId::from_bytes([1; 16])).await.unwrap();
    let groups = usize::try_from(stats[0].count).unwrap();
    assert_eq!(stats.iter().map(|stats| stats.count).collect::<Vec<_>>(), [groups as u64; TRIGGERS]);
    let wanted: Vec<DisplayId> = (0..groups).map(|number| display(u32::try_from(number).unwrap()).id).collect();
    assert_eq!(responses(store).await, wanted);
    let mut displays = store.displays_of(&user("a"), None, 1_000_000).await.unwrap();
    displays.reverse();
    assert_eq!(displays.iter().map(|display| display.id).collect::<Vec<_>>(), wanted);
    let mut events = 0;
    let mut from = None;
    loop {
        let page = store.events_of(&user("a"), from, 1_000).await.unwrap();
        events += page.events.len();
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(events, groups * TRIGGERS);
    groups
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_has_all_that_was_acknowledged_before_and_nothing_half() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(EmbeddedStore::open(&folder.path().join("data")).unwrap());
    let (done, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load = tokio::spawn({
        let (store, done, acknowledged) = (Arc::clone(&store), Arc::clone(&done), Arc::clone(&acknowledged));
        async move {
            let mut number = 0;
            while !done.load(Ordering::Acquire) {
                let outcomes = store.commit(group(number)).await.unwrap();
                assert_eq!(outcomes.last(), Some(&Outcome::Changed));
                number += 1;
                acknowledged.store(number as usize, Ordering::Release);
                tokio::task::yield_now().await;
            }
        }
    });
    for round in 0..2 {
        let start = acknowledged.load(Ordering::Acquire);
        while acknowledged.load(Ordering::Acquire) < start + 25 {
            tokio::task::yield_now().await;
        }
        let before = acknowledged.load(Ordering::Acquire);
        let (copy, restored) = (folder.path().join(format!("backup-{round}")), folder.path().join(format!("restored-{round}")));
        tokio::task::spawn_blocking({
            let (store, copy) = (Arc::clone(&store), copy.clone());
            move || store.backup(&copy)
        })
        .await
        .unwrap()
        .unwrap();
        // A group may be stored and not yet counted as acknowledged.
        let after = acknowledged.load(Ordering::Acquire) + 1;
        restore(&copy, &restored).unwrap();
        let report = check(&restored).unwrap();
        assert!(report.problems.is_empty(), "{report:?}");
        let restored = EmbeddedStore::open(&restored).unwrap();
        let groups = whole_groups(&restored).await;
        assert!((before..=after).contains(&groups), "{before} to {after} groups, {groups} restored");
        // It goes on from there.
        let next = restored.commit(group(u32::try_from(groups).unwrap())).await.unwrap();
        assert_eq!(next, [Outcome::Appended, Outcome::Appended, Outcome::Appended, Outcome::Changed]);
        assert_eq!(whole_groups(&restored).await, groups + 1);
    }
    done.store(true, Ordering::Release);
    load.await.unwrap();
}

#[tokio::test]
async fn what_is_restored_is_what_was_backed_up_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&folder.path().join("data")).unwrap();
    for number in 0..50 {
        store.commit(group(number)).await.unwrap();
    }
    whole_groups(&store).await;
    let manifest = store.backup(&folder.path().join("backup")).unwrap();
    restore(&folder.path().join("backup"), &folder.path().join("restored")).unwrap();
    let restored = EmbeddedStore::open(&folder.path().join("restored")).unwrap();
    // Of the outbox all is told by now on both sides; when entries are removed is the projector's own business.
    let but_outbox = |mut rows: BTreeMap<(String, Vec<u8>), Vec<u8>>| {
        rows.retain(|(space, _), _| space != "outbox");
        rows
    };
    whole_groups(&restored).await;
    let (original, restored) = (but_outbox(rows(&store)), but_outbox(rows(&restored)));
    assert!(manifest.rows >= original.len() as u64);
    assert!(original == restored);
}

async fn some_backup(folder: &Path) {
    let store = EmbeddedStore::open(&folder.join("data")).unwrap();
    store.commit(group(0)).await.unwrap();
    store.backup(&folder.join("backup")).unwrap();
    let error = store.backup(&folder.join("backup")).unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::AlreadyExists, "nothing is written over");
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_leaves_no_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    some_backup(folder.path()).await;
    let backup = folder.path().join("backup");
    for (number, file) in ["catalogue.sqlite", "activity.rows", "BACKUP"].into_iter().enumerate() {
        let path = backup.join(file);
        let sound = fs::read(&path).unwrap();
        for cut in [false, true] {
            let opened = fs::File::options().write(true).open(&path).unwrap();
            if cut {
                opened.set_len(sound.len() as u64 - 9).unwrap();
            } else {
                opened.write_all_at(&[0xEE; 4], sound.len() as u64 / 2).unwrap();
            }
            let to = folder.path().join(format!("restored-{number}-{cut}"));
            let error = restore(&backup, &to).unwrap_err();
            assert!(matches!(error.kind(), StorageErrorKind::Corrupt | StorageErrorKind::Unavailable), "{file}: {error}");
            assert!(error.to_string().contains(file), "{error}");
            assert!(!to.join("FORMAT").exists(), "half a folder is none");
            fs::write(&path, &sound).unwrap();
        }
    }
    restore(&backup, &folder.path().join("restored")).unwrap();
}

#[tokio::test]
async fn nothing_is_restored_over_anything() {
    let folder = tempfile::tempdir().unwrap();
    some_backup(folder.path()).await;
    let before = fs::read_dir(folder.path().join("data")).unwrap().count();
    let error = restore(&folder.path().join("backup"), &folder.path().join("data")).unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::AlreadyExists);
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), before);
    fs::create_dir(folder.path().join("empty")).unwrap();
    restore(&folder.path().join("backup"), &folder.path().join("empty")).unwrap();
}
