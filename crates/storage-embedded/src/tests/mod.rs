//! Tests of this engine.

use sonde_core::event::EventId;
use sonde_core::properties::Properties;
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::Append;

use super::*;

#[tokio::test]
async fn smoke() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let user = UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace: Namespace::Identified, id: UserId::new("a").unwrap() };
    let now = Timestamp::from_millis(1_800_000_000_000);
    let append = Append {
        user: user.clone(),
        id: EventId::from_stored("x"),
        fingerprint: Some(sonde_storage::EventFingerprint([1; 16])),
        trigger: TriggerName::new("t").unwrap(),
        effective_at: now,
        received_at: now,
        properties: Properties::empty(),
        learn: vec![],
    };
    let store = EmbeddedStore::open(&path).unwrap();
    assert_eq!(EmbeddedStore::open(&path).err().unwrap().kind(), sonde_storage::StorageErrorKind::Locked);
    let outcomes = store.commit(vec![Write::Append(append.clone()), Write::Append(append.clone())]).await.unwrap();
    assert_eq!(outcomes, [Outcome::Appended, Outcome::Duplicate]);
    let loaded = store.load(&user, now).await.unwrap();
    assert_eq!(loaded.events.len(), 1);
    store.close();
    let store = EmbeddedStore::open(&path).unwrap();
    assert_eq!(store.load(&user, now).await.unwrap(), loaded);
    assert_eq!(store.commit(vec![Write::Append(append.clone())]).await.unwrap(), [Outcome::Duplicate]);
}
