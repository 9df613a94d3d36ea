use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId};
use sonde_storage::memory::MemoryStore;

use super::*;
use crate::admin::InitInput;
use crate::{IngestEvent, ManualClock, QueueOptions};

const WAITING: &str = r#"{"format_version": 1, "name": "Sleep", "default_language": "en",
    "questions": [{"id": "q1", "type": "nps_feedback", "title": {"en": "Likely?"}}],
    "launch": {"frontend_triggers": [{"name": "MainActivity"}], "activation": {"backend_triggers": [{"name": "slept"}], "expires_after_secs": 3600}}}"#;

async fn with_users(events: impl IntoIterator<Item = (&'static str, usize)>) -> (Arc<Service<MemoryStore>>, WorkspaceId, SurveyId) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_800_000_000_000)));
    let service = Service::start(Arc::new(MemoryStore::new()), clock, QueueOptions::default()).await.unwrap();
    let input = InitInput { workspace: "w".to_owned(), email: "ada@example.org".to_owned(), password: "correct horse".to_owned() };
    let workspace = service.init(input).await.unwrap().workspace;
    for (name, count) in events {
        for number in 0..count {
            let user = UserRef { workspace, namespace: Namespace::Identified, id: UserId::new(&format!("{name} {number}")).unwrap() };
            let trigger = TriggerName::new(name).unwrap();
            let event = IngestEvent { user, trigger, said_at: None, id: None, properties: Properties::empty(), shapes: Vec::new() };
            service.ingest(event).await.unwrap();
        }
    }
    let survey = service.create_survey(workspace, WAITING.to_owned()).await.unwrap().record.id;
    (service, workspace, survey)
}

#[tokio::test]
async fn everybody_is_looked_at_over_many_pages() {
    let (service, workspace, survey) = with_users([("slept", 70), ("woke", 50)]).await;
    let found = service.estimate_with(workspace, survey, Effort { users: 120, time: Duration::from_hours(1) }).await.unwrap();
    assert_eq!((found.due, found.looked_at, found.total, found.exact), (70, 120, 120, true));
    assert_eq!(found.refused, [(ReasonCode::NoEvent, 50)]);
    assert!(found.how.starts_with("All 120 users with a backend event"), "{}", found.how);
}

#[tokio::test]
async fn the_others_are_taken_to_be_like_those_who_were_looked_at() {
    let (service, workspace, survey) = with_users([("slept", 120)]).await;
    let found = service.estimate_with(workspace, survey, Effort { users: 30, time: Duration::from_hours(1) }).await.unwrap();
    assert_eq!((found.due, found.looked_at, found.total, found.exact), (120, 30, 120, false));
    assert!(found.how.starts_with("30 of about 120 users"), "{}", found.how);
    let no_time = service.estimate_with(workspace, survey, Effort { users: 30, time: Duration::ZERO }).await.unwrap();
    assert_eq!((no_time.due, no_time.looked_at, no_time.total, no_time.exact), (0, 0, 0, false));
}
