//! A workspace, its clock, and calls in few words.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sonde_core::answer::Answer;
use sonde_core::display::{DisplayState, ResponseInput};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::properties::Properties;
use sonde_core::survey::launch::Platform;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::memory::MemoryStore;

use crate::admin::InitInput;
use crate::client::{TriggerCall, Triggered};
use crate::explain::{DryRun, DryRunInput};
use crate::token::Session;
use crate::{IngestEvent, ManualClock, QueueOptions, Service};

pub(super) struct Desk {
    pub(super) service: Arc<Service<MemoryStore>>,
    pub(super) clock: Arc<ManualClock>,
    engine: Arc<MemoryStore>,
    pub(super) workspace: WorkspaceId,
    calls: AtomicU32,
}

pub(super) fn name(text: &str) -> TriggerName {
    TriggerName::new(text).unwrap()
}

pub(super) fn properties(json: &str) -> Properties {
    Properties::parse(json).unwrap().0
}

impl Desk {
    pub(super) async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_800_000_000_000)));
        let engine = Arc::new(MemoryStore::new());
        let service = Service::start(engine.clone(), clock.clone(), QueueOptions::default()).await.unwrap();
        let input = InitInput { workspace: "w".to_owned(), email: "ada@example.org".to_owned(), password: "correct horse".to_owned() };
        let workspace = service.init(input).await.unwrap().workspace;
        Self { service, clock, engine, workspace, calls: AtomicU32::new(0) }
    }

    /// Another process over the same store, which knows only what is stored.
    pub(super) async fn restarted(&self) -> Self {
        let service = Service::start(self.engine.clone(), self.clock.clone(), QueueOptions::default()).await.unwrap();
        let calls = AtomicU32::new(self.calls.load(Ordering::Relaxed) + 1_000);
        Self { service, clock: self.clock.clone(), engine: self.engine.clone(), workspace: self.workspace, calls }
    }

    pub(super) fn user(&self, id: &str) -> UserRef {
        UserRef { workspace: self.workspace, namespace: Namespace::Identified, id: UserId::new(id).unwrap() }
    }

    /// A live survey.
    pub(super) async fn survey(&self, launch: &str) -> SurveyId {
        let document = format!(
            r#"{{"format_version": 1, "name": "Survey", "default_language": "en", "launch": {launch},
                 "questions": [{{"id": "q1", "type": "nps_feedback", "title": {{"en": "Likely?"}}}}]}}"#
        );
        let id = self.service.create_survey(self.workspace, document).await.unwrap().record.id;
        self.service.launch_survey(self.workspace, id).await.unwrap_or_else(|error| panic!("{launch}: {error:?}"));
        id
    }

    pub(super) async fn event(&self, user: &UserRef, trigger: &str, json: &str, ago: Span) {
        let said_at = Some(self.service.now() - ago);
        let (properties, shapes) = Properties::parse(json).unwrap();
        let event = IngestEvent { user: user.clone(), trigger: name(trigger), said_at, id: None, properties, shapes };
        self.service.ingest(event).await.unwrap();
    }

    pub(super) fn session(user: &UserRef, platform: Platform) -> Session {
        Session { user: user.clone(), platform, proven: false }
    }

    pub(super) async fn fire(&self, session: &Session, trigger: &str, json: &str) -> Triggered {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let call = TriggerCall {
            request_id: format!("r{number}").into(),
            trigger: name(trigger),
            properties: properties(json),
            shapes: Vec::new(),
            sequence: Vec::new(),
            locale: "en".into(),
            debug: true,
        };
        self.service.trigger(session, call).await.unwrap()
    }

    pub(super) async fn dry_run(&self, user: &UserRef, trigger: &str, json: &str, platform: Platform, at: Option<Timestamp>) -> DryRun {
        let input = DryRunInput { trigger: Some(name(trigger)), properties: properties(json), platform: Some(platform), at };
        self.service.dry_run(user, &input).await.unwrap()
    }

    /// What the only survey is told about a user.
    pub(super) async fn reasons(&self, user: &UserRef) -> Vec<&'static str> {
        let run = self.dry_run(user, "Main", "{}", Platform::Web, None).await;
        run.surveys[0].reasons.iter().map(|reason| reason.code.as_str()).collect()
    }

    pub(super) async fn answer(&self, session: &Session, display: DisplayId, revision: u64, completed: bool) -> Option<DisplayState> {
        let answers = [("q1".into(), Answer::Number(9))].into_iter().collect();
        let input = ResponseInput { revision, completed, answers, duration_ms: None };
        self.service.save_response(session, display, input).await.ok().map(|(_, state)| state)
    }
}
