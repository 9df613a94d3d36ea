//! Damage that a write comes upon concerns that write alone.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use sonde_core::attribute::AttributeType;
use sonde_core::id::WorkspaceId;
use sonde_core::user::UserRef;
use sonde_storage::{Activity, AttributeObservation, AttributesSeen, Outcome, StorageErrorKind, Write};

use super::files::{NOW, append, only_log, user};
use crate::EmbeddedStore;
use crate::activity::keys;

const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);

/// Makes the state of a user unreadable.
fn spoil_state(store: &EmbeddedStore, user: &UserRef) {
    let tables = &store.activity.tables;
    let mut batch = tables.batch(1);
    batch.insert(&tables.users, keys::user(user), [0xEE; 3].as_slice());
    batch.commit().unwrap();
}

/// Overwrites what a file holds at all places where it holds these bytes.
fn spoil_bytes(file: &Path, bytes: &[u8]) {
    let found = std::fs::read(file).unwrap();
    let places: Vec<usize> = found.windows(bytes.len()).enumerate().filter(|(_, window)| *window == bytes).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "it is in the file");
    let file = File::options().write(true).open(file).unwrap();
    for at in places {
        file.write_all_at(&vec![b'#'; bytes.len()], at as u64).unwrap();
    }
}

fn event(owner: &str, id: &str) -> Write {
    append(owner, id, "t", "{}")
}

/// The middle one of three outcomes is refused, and says where the damage is.
#[track_caller]
fn assert_middle_refused(outcomes: &[Outcome], place: &str) {
    let [Outcome::Appended, Outcome::Unreadable(why), Outcome::Appended] = outcomes else { panic!("{outcomes:?}") };
    assert!(why.contains(place), "{why}");
}

#[tokio::test]
async fn a_user_whose_row_cannot_be_read_is_refused_and_the_others_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    spoil_state(&store, &user("middle"));
    for round in ["1", "2"] {
        let group = ["first", "middle", "last"].map(|owner| event(owner, round)).to_vec();
        assert_middle_refused(&store.commit(group).await.unwrap(), "bad row in users");
    }
    store.close();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    for owner in ["first", "last"] {
        assert_eq!(store.load(&user(owner), NOW).await.unwrap().events.len(), 2);
        assert_eq!(store.commit(vec![event(owner, "1")]).await.unwrap(), [Outcome::Duplicate]);
    }
    let counted: u64 = store.trigger_stats(WORKSPACE).await.unwrap().iter().map(|trigger| trigger.count).sum();
    assert_eq!(counted, 4, "what was refused is not counted");
    assert_eq!(store.load(&user("middle"), NOW).await.unwrap_err().kind(), StorageErrorKind::Corrupt);
}

#[tokio::test]
async fn a_group_of_nothing_but_unreadable_writes_stores_nothing_and_others_follow() {
    const WRITES: usize = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    spoil_state(&store, &user("a"));
    let outcomes = store.commit((0..WRITES).map(|number| event("a", &number.to_string())).collect()).await.unwrap();
    assert_eq!(outcomes.len(), WRITES);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Unreadable(_))));
    assert!(store.activity.view().buckets.is_empty());
    assert_eq!(store.commit(vec![event("b", "1")]).await.unwrap(), [Outcome::Appended]);
}

#[tokio::test]
async fn an_event_whose_duplicate_cannot_be_read_is_refused_and_the_others_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(store.commit(vec![event("middle", "known-before")]).await.unwrap(), [Outcome::Appended]);
    spoil_bytes(&only_log(folder.path()).0, b"known-before");
    let group = vec![event("first", "1"), event("middle", "known-before"), event("last", "1")];
    assert_middle_refused(&store.commit(group).await.unwrap(), "log is damaged at byte");
    for owner in ["first", "last"] {
        assert_eq!(store.load(&user(owner), NOW).await.unwrap().events.len(), 1);
    }
}

#[tokio::test]
async fn an_event_whose_place_in_the_index_cannot_be_read_is_refused_and_the_others_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(store.commit(vec![event("middle", "known-before")]).await.unwrap(), [Outcome::Appended]);
    store.activity.file_indexes();
    let day = only_log(folder.path()).0;
    let mut files = std::fs::read_dir(day.parent().unwrap()).unwrap().map(|file| file.unwrap().path());
    let index = files.find(|path| path.extension().is_some_and(|end| end == "ids")).unwrap();
    File::options().write(true).open(&index).unwrap().write_all_at(&[0xEE; 16], 0).unwrap();
    let group = vec![event("first", "1"), event("middle", "known-before"), event("last", "1")];
    assert_middle_refused(&store.commit(group).await.unwrap(), &index.display().to_string());
    for owner in ["first", "last"] {
        assert_eq!(store.load(&user(owner), NOW).await.unwrap().events.len(), 1);
    }
}

/// One that had changed rows of the group before it came upon the damage leaves nothing of that behind.
#[tokio::test]
async fn half_of_an_unreadable_write_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let tables = &store.activity.tables;
    let mut batch = tables.batch(1);
    batch.insert(&tables.attributes, [WORKSPACE.as_bytes().as_slice(), b"bad"].concat(), [0xEE; 3].as_slice());
    batch.commit().unwrap();
    let learn = |names: &[&str]| {
        let seen =
            names.iter().map(|name| AttributeObservation { name: (*name).into(), attribute_type: AttributeType::Text, example: None });
        Write::LearnAttributes(AttributesSeen { workspace: WORKSPACE, seen: seen.collect() })
    };
    let group = vec![event("a", "1"), learn(&["left", "bad"]), learn(&["right"]), learn(&["bad"]), event("a", "2"), event("a", "1")];
    let outcomes = store.commit(group).await.unwrap();
    let [Outcome::Appended, Outcome::Unreadable(_), Outcome::Observed, Outcome::Unreadable(why), Outcome::Appended, Outcome::Duplicate] =
        outcomes.as_slice()
    else {
        panic!("{outcomes:?}")
    };
    assert!(why.contains("bad row in attribute_stats"), "{why}");
    let names = |store: &EmbeddedStore| {
        let rows = store.activity.tables.attributes.iter().map(|row| row.key().unwrap()[WORKSPACE.as_bytes().len()..].to_vec());
        rows.collect::<Vec<_>>()
    };
    assert_eq!(names(&store), [b"bad".to_vec(), b"right".to_vec()]);
    store.close();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(names(&store), [b"bad".to_vec(), b"right".to_vec()]);
    assert_eq!(store.load(&user("a"), NOW).await.unwrap().events.len(), 2);
}

/// Uniting it with others reads it whole, at every start again.
#[tokio::test]
async fn a_damaged_part_of_an_index_is_left_as_it_is_and_the_process_goes_on() {
    const PARTS: usize = 5;
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    let fill = |part: usize| (0..40).map(move |number| event(&format!("user-{part}"), &format!("{part}-{number}"))).collect::<Vec<_>>();
    let parts = || {
        let folder = only_log(folder.path()).0;
        let files = std::fs::read_dir(folder.parent().unwrap()).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|end| end == "users")).collect::<Vec<_>>()
    };
    for part in 0..PARTS {
        store.commit(fill(part)).await.unwrap();
        while parts().len() < part + 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if part == 0 {
            let [first] = parts().try_into().unwrap();
            File::options().write(true).open(first).unwrap().write_all_at(&[0xEE; 16], 0).unwrap();
        }
    }
    assert_eq!(store.load(&user("user-0"), NOW).await.unwrap_err().kind(), StorageErrorKind::Corrupt);
    store.close();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(store.commit(fill(PARTS)).await.unwrap().len(), 40);
    assert_eq!(store.load(&user("user-1"), NOW).await.unwrap().events.len(), 40);
    assert!(tokio::time::timeout(Duration::from_millis(200), store.failed()).await.is_err(), "nothing has failed");
}
