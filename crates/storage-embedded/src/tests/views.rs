//! What readers see while others write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sonde_core::display::UserChange;
use sonde_core::event::EVENT_LIFETIME;
use sonde_core::time::Timestamp;
use sonde_core::user::{CancelMark, EventMark};
use sonde_storage::{Activity, Append, Outcome, Write};

use super::files::{NOW, append, user};
use crate::EmbeddedStore;
use crate::activity::{keys, present};

/// fjall's own snapshots do not promise this: while a background thread finishes a file, a snapshot taken at that moment
/// sees part of the batch that is being applied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_sees_part_of_a_group() {
    const GROUPS: usize = 150;
    const TRIGGERS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(EmbeddedStore::open(folder.path()).unwrap());
    let done = Arc::new(AtomicBool::new(false));
    let flushing = std::thread::spawn({
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        move || {
            while !done.load(Ordering::Relaxed) {
                store.activity.tables.meta.insert("flushed", "").unwrap();
                store.activity.tables.meta.rotate_memtable().unwrap();
                std::thread::sleep(std::time::Duration::from_micros(300));
            }
        }
    });
    let reading = std::thread::spawn({
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        move || {
            let mut loads = 0;
            while !done.load(Ordering::Relaxed) {
                let events = store.activity.load(&user("a"), NOW).unwrap().events;
                assert_eq!(events.len() % TRIGGERS, 0, "every group stores an event of each trigger");
                loads += 1;
            }
            loads
        }
    });
    for group in 0..GROUPS {
        let writes = (0..TRIGGERS).map(|number| append("a", &format!("{group}-{number}"), &format!("t{number}"), "{}"));
        store.commit(writes.collect()).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    flushing.join().unwrap();
    assert!(reading.join().unwrap() > 0);
}

/// After a start nobody knows who has marks in a bucket, until all of it was gone through.
#[tokio::test]
async fn marks_are_found_before_and_after_filters_are_filled() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(cancel(&store, "a").await, [Outcome::Changed]);
    store.close();

    let store = EmbeddedStore::open(folder.path()).unwrap();
    let count = |id: &str| store.activity.load(&user(id), NOW).unwrap().cancelled.len();
    assert_eq!((count("a"), count("b"), count("c")), (1, 0, 0));
    cancel(&store, "b").await;
    let bucket = store.activity.view().buckets[0].clone();
    assert!(present::fill(&bucket, &AtomicBool::new(false)).unwrap());
    assert_eq!((count("a"), count("b"), count("c")), (1, 1, 0));
    assert!(!bucket.present.may_have(&keys::user(&user("c"))), "nothing is searched for it");
    cancel(&store, "c").await;
    assert_eq!((count("a"), count("b"), count("c")), (1, 1, 1));
}

/// Stores an event of a user and cancels the newest.
async fn cancel(store: &EmbeddedStore, id: &str) -> Vec<Outcome> {
    store.commit(vec![append(id, "1", "t", "{}")]).await.unwrap();
    let activity = store.load(&user(id), NOW).await.unwrap();
    let event = &activity.events[0];
    let event = EventMark { seq: event.seq, effective_at: event.effective_at, received_at: event.received_at };
    let change = UserChange::of_state(&user(id), activity.state);
    let cancelled = vec![CancelMark { event, cancelled_at: NOW }];
    store.commit(vec![Write::Change(Box::new(UserChange { cancelled, ..change }))]).await.unwrap()
}

/// Buckets come and go under the readers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buckets_are_dropped_under_readers() {
    const DAYS: i32 = 12;
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(EmbeddedStore::open(folder.path()).unwrap());
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (store, done) = (Arc::clone(&store), Arc::clone(&done));
            std::thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let events = store.activity.load(&user("a"), NOW).unwrap().events;
                    assert!(events.is_sorted_by_key(|event| std::cmp::Reverse(event.recency())));
                }
            })
        })
        .collect();
    let first = NOW.utc_day();
    for day in first..first + DAYS {
        let at = Timestamp::from_utc_day(day);
        let Write::Append(new) = append("a", &format!("e{day}"), "t", "{}") else { unreachable!("it appends") };
        store.commit(vec![Write::append(Append { effective_at: at, received_at: at, ..Append::clone(&new) })]).await.unwrap();
        store.drop_expired(at).await.unwrap();
        assert!(store.activity.view().buckets.len() <= 6, "only live buckets are open");
    }
    assert_eq!(store.drop_expired(Timestamp::from_utc_day(first + DAYS) + EVENT_LIFETIME).await.unwrap(), 6);
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
    assert_eq!(crate::events::days(&folder.path().join("events")).unwrap(), [0; 0], "no log is left");
    store.activity.wait_until_gone();
    let left = std::fs::read_dir(folder.path().join("events")).unwrap().count();
    assert_eq!(left, 0, "nothing is left of dropped days");
    let keyspaces = || std::fs::read_dir(folder.path().join("activity").join("keyspaces")).unwrap().count();
    drop(Arc::into_inner(store).unwrap());
    // fjall's own list, and the nine that are no buckets.
    assert_eq!(keyspaces(), 10, "the files of dropped buckets are gone");
}

/// A clock that is set back brings a day again while what it was before is still being deleted.
#[tokio::test]
async fn a_day_that_comes_again_keeps_what_is_written_then() {
    const TIMES: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(EmbeddedStore::open(folder.path()).unwrap());
    // Until the first folder is deleted, further ones need other names.
    let before = store.activity.view();
    for time in 0..TIMES {
        if time > 0 {
            assert_eq!(store.drop_expired(NOW + EVENT_LIFETIME + EVENT_LIFETIME).await.unwrap(), 1);
        }
        assert_eq!(cancel(&store, "a").await, [Outcome::Changed]);
    }
    drop(before);
    store.activity.wait_until_gone();
    assert_eq!(store.activity.load(&user("a"), NOW).unwrap().cancelled.len(), 1, "its marks are there");
    drop(Arc::into_inner(store).unwrap());
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let activity = store.activity.load(&user("a"), NOW).unwrap();
    assert_eq!((activity.events.len(), activity.cancelled.len()), (1, 1), "and stay");
    assert_eq!(std::fs::read_dir(folder.path().join("events")).unwrap().count(), 1, "one folder of it is left");
}

/// Whoever reads a day that was dropped holds up its deletion, and nobody else.
#[tokio::test]
async fn writes_go_on_while_a_day_that_was_dropped_is_still_read() {
    const EVENTS: usize = 600;
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    store.commit(vec![append("a", "1", "t", "{}")]).await.unwrap();
    let reader = store.activity.view();
    let later = NOW + EVENT_LIFETIME + EVENT_LIFETIME;
    assert_eq!(store.drop_expired(later).await.unwrap(), 1);
    let writing = async {
        for number in 0..EVENTS {
            let Write::Append(new) = append("b", &number.to_string(), "t", "{}") else { unreachable!("it appends") };
            store.commit(vec![Write::append(Append { effective_at: later, received_at: later, ..Append::clone(&new) })]).await.unwrap();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(8), writing).await.expect("no write waits for the reader");
    let gone = || std::fs::read_dir(folder.path().join("events")).unwrap().count();
    assert_eq!(gone(), 2, "the day is kept for its reader");
    drop(reader);
    store.activity.wait_until_gone();
    assert_eq!(gone(), 1);
}
