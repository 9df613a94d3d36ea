//! Rows that make no sense are reported where they lie, and harm nobody else.

use fjall::Keyspace;
use sonde_core::display::UserChange;
use sonde_core::id::{DisplayId, WorkspaceId};
use sonde_core::user::UserState;
use sonde_storage::{Activity, Outcome, ResponseQuery, Responses, StorageErrorKind, Write};

use super::files::{NOW, append, only_log, user};
use crate::EmbeddedStore;
use crate::activity::keys;

/// Changes a row behind the engine's back.
async fn spoil(store: &EmbeddedStore, keyspace: &Keyspace, key: Vec<u8>, row: &[u8]) {
    keyspace.insert(key, row).unwrap();
    // Readers see what the writer has published.
    assert_eq!(store.commit(vec![append("other", "next", &format!("t{}", row.len()), "{}")]).await.unwrap().len(), 1);
}

fn assert_corrupt<T: std::fmt::Debug>(result: Result<T, sonde_storage::StorageError>, keyspace: &str) {
    let error = result.expect_err("the row is bad");
    assert_eq!(error.kind(), StorageErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains(&format!("bad row in {keyspace} at key ")), "{error}");
}

#[tokio::test]
async fn a_bad_state_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let key = keys::user(&user("a"));
    for row in [&b""[..], b"\x01", b"\x02\x00\0\0\0\0\0\0\0\x01{}", b"\x01\x00\0\0\0\0\0\0\0\x01{\"surveys\":[{}]}"] {
        spoil(&store, &store.activity.tables.users.clone(), key.clone(), row).await;
        assert_corrupt(store.load(&user("a"), NOW).await, "users");
    }
    store.load(&user("other"), NOW).await.unwrap();
    assert_eq!(store.commit(vec![append("b", "1", "t", "{}")]).await.unwrap(), [Outcome::Appended]);
}

#[tokio::test]
async fn a_bad_display_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let id = DisplayId::from_bytes([4; 16]);
    let key = keys::display(&keys::user(&user("a")), id);
    for row in [&b""[..], b"\x09{}", b"\x01{}", b"\x01{"] {
        spoil(&store, &store.activity.tables.displays.clone(), key.clone(), row).await;
        assert_corrupt(store.display(&user("a"), id).await, "displays");
    }
}

#[tokio::test]
async fn a_bad_mark_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    store.commit(vec![append("a", "1", "t", "{}")]).await.unwrap();
    let bucket = store.activity.view().buckets[0].clone();
    bucket.present.add(&keys::user(&user("a")));
    for suffix in [&b"\x01short"[..], b"\x00short", b"\x02\x00\x01t1234567812345678", b"\x09"] {
        let key = [keys::user(&user("a")).as_slice(), suffix].concat();
        spoil(&store, &bucket.marks, key.clone(), b"").await;
        assert_corrupt(store.load(&user("a"), NOW).await, &format!("marks-{}", NOW.utc_day()));
        bucket.marks.remove(key).unwrap();
    }
}

#[tokio::test]
async fn a_bad_event_is_reported_and_harms_nobody_else() {
    use std::os::unix::fs::FileExt;
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    store.commit(vec![append("a", "1", "t", "{}")]).await.unwrap();
    let (log, end) = only_log(folder.path());
    store.commit(vec![append("b", "1", "t", "{}")]).await.unwrap();
    std::fs::File::options().write(true).open(&log).unwrap().write_all_at(b"!", end - 1).unwrap();
    let error = store.load(&user("a"), NOW).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains(&format!("{} is damaged at byte ", log.display())), "{error}");
    assert_eq!(store.load(&user("b"), NOW).await.unwrap().events.len(), 1);
}

#[tokio::test]
async fn a_bad_statistic_is_reported_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    spoil(&store, &store.activity.tables.triggers.clone(), b"short".to_vec(), b"").await;
    store.close();
    assert_corrupt(EmbeddedStore::open(folder.path()).map(drop), "trigger_stats");
}

#[tokio::test]
async fn a_bad_outbox_entry_holds_up_responses_but_no_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    store.activity.tables.outbox.insert(1_u64.to_be_bytes(), b"\x01{}").unwrap();
    store.close();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let query = ResponseQuery { workspace: WorkspaceId::from_bytes([1; 16]), survey: None, newest_first: false, after: None, limit: 10 };
    assert_eq!(store.responses(&query).await.unwrap_err().kind(), StorageErrorKind::Unavailable);
    let change = UserChange::of_state(&user("a"), UserState::default());
    assert_eq!(store.commit(vec![Write::Change(Box::new(change))]).await.unwrap(), [Outcome::Changed]);
}
