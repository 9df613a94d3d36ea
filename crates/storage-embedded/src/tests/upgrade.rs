//! Folders of older formats.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sonde_core::event::{EventId, EventSeq};
use sonde_core::properties::Properties;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::TriggerName;
use sonde_core::user::{CancelMark, EventMark};
use sonde_storage::{Activity, Outcome};

use super::files::{NOW, append, user};
use crate::activity::keys::{self, kind};
use crate::activity::load::write_cancelled;
use crate::activity::tables::Tables;
use crate::folder::Folder;
use crate::{EmbeddedStore, check, rows};

const USERS: u64 = 40;

/// An event of a user as format 2 had it: its id, its trigger, and when.
fn old_event(number: u64) -> (EventId, TriggerName, Timestamp, EventSeq) {
    let id = EventId::from_stored(&format!("old-{number}"));
    let at = Timestamp::from_millis(NOW.as_millis() - i64::try_from(number).unwrap());
    (id, TriggerName::new(if number.is_multiple_of(2) { "even" } else { "odd" }).unwrap(), at, EventSeq(number + 1))
}

/// A folder as format 2 left it: each user has three events on each of two days, one of each day cancelled.
fn folder_of_format_2(path: &Path) {
    EmbeddedStore::open(path).unwrap().close();
    let folder = Folder::open(path).unwrap();
    let tables = Tables::open(&folder).unwrap();
    for (number, day) in (0..).zip([NOW.utc_day() - 1, NOW.utc_day()]) {
        let bucket = tables.events_of_format_2(day).unwrap();
        for owner in 0..USERS {
            let key = keys::user(&user(&format!("user-{owner}")));
            // Formats 1 and 2 differ by this row alone.
            bucket.insert([key.as_slice(), &[kind::PRESENCE]].concat(), "").unwrap();
            for event in 0..3 {
                let (id, trigger, at, seq) = old_event(6 * owner + 3 * number + event);
                let received_at = at + Span::from_days(i64::from(day - NOW.utc_day()));
                let row = rows::event::encode(received_at, &id, &Properties::from_stored(r#"{"old":true}"#));
                bucket.insert(keys::event(&key, &trigger, at, seq), row).unwrap();
                bucket.insert(keys::event_id(&key, &id), [1; 16]).unwrap();
                if event == 0 {
                    let mark = CancelMark { event: EventMark { seq, effective_at: at, received_at }, cancelled_at: NOW };
                    bucket.insert(keys::cancelled(&key, seq), write_cancelled(&mark)).unwrap();
                }
            }
        }
    }
    let mut batch = tables.batch(1);
    batch.insert(&tables.meta, b"next_event_seq".as_slice(), 1_000_u64.to_be_bytes().as_slice());
    batch.commit().unwrap();
    drop((tables, folder));
    fs::write(path.join("FORMAT"), "2\n").unwrap();
}

async fn assert_all_there(store: &EmbeddedStore) {
    for owner in 0..USERS {
        let name = format!("user-{owner}");
        let activity = store.load(&user(&name), NOW).await.unwrap();
        let found: BTreeMap<u64, _> = activity.events.iter().map(|event| (event.seq.0 - 1, event)).collect();
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), (6 * owner..6 * owner + 6).collect::<Vec<_>>());
        for (number, event) in found {
            let (id, trigger, at, _) = old_event(number);
            assert_eq!((&event.id, &event.trigger, event.effective_at), (&id, &trigger, at));
            assert_eq!(event.properties.as_str(), r#"{"old":true}"#);
        }
        assert_eq!(activity.cancelled.len(), 2);
    }
    // Ids are known, and numbers go on.
    assert_eq!(store.commit(vec![append("user-1", "old-6", "even", "{}")]).await.unwrap(), [Outcome::Duplicate]);
}

#[tokio::test]
async fn events_of_format_2_are_brought_into_logs() {
    let folder = tempfile::tempdir().unwrap();
    folder_of_format_2(folder.path());
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_all_there(&store).await;
    assert_eq!(store.commit(vec![append("new", "1", "even", "{}")]).await.unwrap(), [Outcome::Appended]);
    assert_eq!(store.load(&user("new"), NOW).await.unwrap().events[0].seq, EventSeq(1_000));
    store.close();
    assert_eq!(fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "4\n");
    let report = check(folder.path()).unwrap();
    assert!(report.problems.is_empty(), "{report:?}");
    assert_eq!((report.rows["events"], report.rows["marks of events"]), (6 * USERS + 1, 2 * USERS));
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_all_there(&store).await;
    assert_eq!(store.drop_expired(NOW + Span::from_days(8)).await.unwrap(), 2);
}

/// A power cut while a day is brought over: its log is there in part, and it is begun again.
#[tokio::test]
async fn an_upgrade_that_was_cut_short_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    folder_of_format_2(folder.path());
    let events = folder.path().join("events");
    let mut day = crate::events::Day::create(&events, NOW.utc_day()).unwrap();
    let mut half = crate::events::Pending::of(Some(&day));
    let (id, trigger, at, seq) = old_event(3);
    let key = keys::user(&user("user-0"));
    let event = crate::events::record::Event {
        user: &key,
        trigger: trigger.as_str(),
        effective_at: at,
        received_at: at,
        seq,
        id: id.as_str(),
        fingerprint: None,
        properties: "{}",
    };
    half.add(event, false);
    day.write(half).unwrap();
    drop(day);
    fs::create_dir(events.join("20000.new")).unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_all_there(&store).await;
}
