//! The small world of a run: one person under three ids, and four surveys about the same few events.

use std::sync::Arc;

use sonde_core::decide::WorkspaceSnapshot;
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::survey::{Survey, SurveyDocument, SurveyStatus, parse_document};
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::{Cancels, PropertyPath, TriggerName};
use sonde_core::user::{Namespace, UserId, UserRef};

/// Time between two surveys that respect it.
pub(super) const WAIT: Span = Span::from_secs(600);
/// Noon of a day in 2026: a leap of a few hours ends on another day.
pub(super) const START: Timestamp = Timestamp::from_millis(20_780 * 86_400_000 + 43_200_000);
pub(super) const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
/// Backend triggers. An event of the last cancels earlier ones of the first with the same order.
pub(super) const BACKEND: [&str; 3] = ["ended", "ordered", "undone"];
/// Frontend triggers.
pub(super) const FRONTEND: [&str; 2] = ["Main", "Cart"];
/// The property that a cancelling event shares with what it cancels.
pub(super) const ORDER: &str = "order";

/// Every survey repeats without an end, so that nothing but consumption keeps one event from asking twice.
const LAUNCHES: [&str; 4] = [
    r#"{"frontend_triggers": [{"name": "Main"}], "repeat": {"until": "always"},
        "activation": {"backend_triggers": [{"name": "ended"}], "expires_after_secs": 7200}}"#,
    r#"{"frontend_triggers": [{"name": "Main"}, {"name": "Cart"}], "repeat": {"until": "always"}, "ignores_wait_period": true,
        "display_delay_ms": 5000, "activation": {"backend_triggers": [{"name": "ended"}, {"name": "ordered"}], "expires_after_secs": 360000}}"#,
    r#"{"frontend_triggers": [{"name": "Cart"}], "repeat": {"until": "always"}, "ignores_wait_period": true, "priority": "high",
        "activation": {"backend_triggers": [{"name": "ended"}, {"name": "ordered"}], "at_least": 2, "expires_after_secs": 86400}}"#,
    r#"{"frontend_triggers": [{"name": "Cart"}, {"name": "Main"}], "repeat": {"until": "always"}, "priority": "low",
        "activation": {"backend_triggers": [{"name": "ended"}, {"name": "ordered"}], "match": "all", "expires_after_secs": 86400}}"#,
];

pub(super) struct World {
    pub(super) snapshot: WorkspaceSnapshot,
}

impl World {
    pub(super) fn new() -> Self {
        let surveys = (1_u8..).zip(LAUNCHES).map(|(number, launch)| Survey {
            id: SurveyId::from_bytes([number; 16]),
            version: 1,
            status: SurveyStatus::Live,
            document: document(launch),
        });
        let cancels = Cancels { trigger: name(BACKEND[0]), equal_property: Some(PropertyPath::new(ORDER).expect("a path")) };
        let snapshot = WorkspaceSnapshot::new(WORKSPACE, WAIT, surveys.collect()).with_cancels([(name(BACKEND[2]), cancels)]);
        Self { snapshot }
    }

    pub(super) fn survey(&self, id: SurveyId) -> &Survey {
        self.snapshot.surveys().iter().find(|survey| survey.id == id).expect("displays are of these surveys")
    }
}

fn document(launch: &str) -> Arc<SurveyDocument> {
    let json = format!(
        r#"{{"format_version": 1, "name": "Survey", "default_language": "en", "launch": {launch},
             "questions": [{{"id": "q1", "type": "nps_feedback", "title": {{"en": "How likely?"}}}}]}}"#
    );
    parse_document(&json).unwrap_or_else(|errors| panic!("{errors:?}: {json}")).into()
}

pub(super) fn name(text: &str) -> TriggerName {
    TriggerName::new(text).expect("a name")
}

/// Who the person is once identified.
pub(super) fn identified() -> UserRef {
    user(Namespace::Identified, "ada")
}

/// Every id the person is known by.
pub(super) fn users() -> [UserRef; 3] {
    [identified(), user(Namespace::Anonymous, "anon-1"), user(Namespace::Anonymous, "anon-2")]
}

fn user(namespace: Namespace, id: &str) -> UserRef {
    UserRef { workspace: WORKSPACE, namespace, id: UserId::new(id).expect("an id") }
}
