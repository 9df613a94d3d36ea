use std::sync::Arc;

use sonde_core::time::{Span, Timestamp};
use sonde_storage::memory::MemoryStore;

use super::*;
use crate::admin::InitInput;
use crate::{ManualClock, QueueOptions};

const DOCUMENT: &str = r#"{"format_version": 1, "name": "Sleep", "default_language": "en",
    "questions": [{"id": "q1", "type": "nps_feedback", "title": {"en": "Likely?"}}],
    "launch": {"frontend_triggers": [{"name": "MainActivity"}]}}"#;

struct Team {
    service: Arc<Service<MemoryStore>>,
    clock: Arc<ManualClock>,
    workspace: WorkspaceId,
}

impl Team {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_800_000_000_000)));
        let service = Service::start(Arc::new(MemoryStore::new()), clock.clone(), QueueOptions::default()).await.unwrap();
        let input = InitInput { workspace: "w".to_owned(), email: "ada@example.org".to_owned(), password: "correct horse".to_owned() };
        let workspace = service.init(input).await.unwrap().workspace;
        Self { service, clock, workspace }
    }

    async fn create(&self, draft: &str) -> SurveyDetail {
        self.service.create_survey(self.workspace, draft.to_owned()).await.unwrap()
    }

    /// Status and version as decisions see them.
    fn decided_on(&self, survey: SurveyId) -> (SurveyStatus, u32) {
        let cached = self.service.workspace(self.workspace).unwrap();
        let known = cached.snapshot.surveys().iter().find(|known| known.id == survey).unwrap();
        (known.status, known.version)
    }
}

#[track_caller]
fn pointers<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid(fields)) => fields.into_iter().map(|field| field.pointer).collect(),
        other => panic!("expected broken rules, found {other:?}"),
    }
}

#[track_caller]
fn conflicts<T: std::fmt::Debug>(result: &Result<T, Error>) {
    assert!(matches!(result, Err(Error::Conflict(_))), "{result:?}");
}

#[tokio::test]
async fn an_unfinished_draft_is_kept_and_shown_nowhere() {
    let team = Team::new().await;
    let survey = team.create(r#"{"name": 5}"#).await;
    assert!(!survey.draft_errors.is_empty());
    let id = survey.record.id;
    assert_eq!(team.decided_on(id), (SurveyStatus::Draft, 0));
    assert!(!pointers(team.service.publish_survey(team.workspace, id).await).is_empty());
    assert!(!pointers(team.service.launch_survey(team.workspace, id).await).is_empty());
    let missing = DOCUMENT.replace("MainActivity", "");
    let saved = team.service.save_draft(team.workspace, id, missing, 1).await.unwrap();
    let DraftSaved::Saved { revision: 2, errors } = saved else { panic!("{saved:?}") };
    assert_eq!(errors[0].pointer, "/launch/frontend_triggers/0/name");
    assert_eq!(pointers(team.service.launch_survey(team.workspace, id).await), ["/launch/frontend_triggers/0/name"]);
    assert_eq!(team.service.survey(team.workspace, id).await.unwrap().record.status, SurveyStatus::Draft);
}

#[tokio::test]
async fn of_two_editors_the_second_is_told() {
    let team = Team::new().await;
    let id = team.create("{}").await.record.id;
    let save = async |text: &str, revision| team.service.save_draft(team.workspace, id, text.to_owned(), revision).await.unwrap();
    assert!(matches!(save(r#"{"a": 1}"#, 1).await, DraftSaved::Saved { revision: 2, .. }));
    assert!(matches!(save(r#"{"b": 1}"#, 1).await, DraftSaved::Stale { revision: 2 }));
    assert_eq!(team.service.survey(team.workspace, id).await.unwrap().record.draft, r#"{"a": 1}"#);
    assert_eq!(pointers(team.service.save_draft(team.workspace, id, "[]".to_owned(), 2).await), ["/document"]);
}

#[tokio::test]
async fn a_launch_publishes_only_what_is_new() {
    let team = Team::new().await;
    let id = team.create(DOCUMENT).await.record.id;
    let live = team.service.launch_survey(team.workspace, id).await.unwrap();
    assert_eq!((live.record.status, live.versions.len(), live.record.launched_at), (SurveyStatus::Live, 1, Some(team.service.now())));
    assert_eq!(team.decided_on(id), (SurveyStatus::Live, 1));
    team.service.launch_survey(team.workspace, id).await.unwrap();
    assert_eq!(team.decided_on(id), (SurveyStatus::Live, 1), "nothing new to publish");
    team.service.save_draft(team.workspace, id, DOCUMENT.replace("Sleep", "Sleep well"), 1).await.unwrap();
    assert!(team.service.list_surveys(team.workspace, &SurveyQuery::default()).await.unwrap()[0].draft_differs);
    assert_eq!(team.decided_on(id), (SurveyStatus::Live, 1), "a draft is not published by being saved");
    team.service.publish_survey(team.workspace, id).await.unwrap();
    assert_eq!(team.decided_on(id), (SurveyStatus::Live, 2));
    assert_eq!(team.service.version_document(team.workspace, id, 1).await.unwrap(), DOCUMENT);
    assert!(!team.service.list_surveys(team.workspace, &SurveyQuery::default()).await.unwrap()[0].draft_differs);
}

#[tokio::test]
async fn a_life_goes_one_way() {
    let team = Team::new().await;
    let id = team.create(DOCUMENT).await.record.id;
    let change = async |to| team.service.change_survey(team.workspace, id, to).await;
    for to in [SurveyStatus::Live, SurveyStatus::Paused, SurveyStatus::Ended] {
        conflicts(&change(to).await);
    }
    team.service.launch_survey(team.workspace, id).await.unwrap();
    for to in
        [SurveyStatus::Paused, SurveyStatus::Paused, SurveyStatus::Live, SurveyStatus::Live, SurveyStatus::Paused, SurveyStatus::Ended]
    {
        assert_eq!(change(to).await.unwrap().record.status, to);
        assert_eq!(team.decided_on(id).0, to);
    }
    conflicts(&change(SurveyStatus::Live).await);
    conflicts(&team.service.launch_survey(team.workspace, id).await);
    conflicts(&team.service.publish_survey(team.workspace, id).await);
    conflicts(&team.service.save_draft(team.workspace, id, "{}".to_owned(), 1).await);
    conflicts(&team.service.delete_survey(team.workspace, id).await);
    let copy = team.service.duplicate_survey(team.workspace, id).await.unwrap();
    assert_eq!((copy.record.status, name_of(&copy.record.draft)), (SurveyStatus::Draft, "Sleep (copy)".to_owned()));
    assert_eq!(copy.draft_errors, []);
    team.service.delete_survey(team.workspace, copy.record.id).await.unwrap();
    assert!(matches!(team.service.survey(team.workspace, copy.record.id).await, Err(Error::NotFound("survey"))));
}

#[tokio::test]
async fn surveys_are_found_by_status_and_name() {
    let team = Team::new().await;
    for name in ["Sleep", "Größe", "Price"] {
        team.create(&DOCUMENT.replace("Sleep", name)).await;
        team.clock.advance(Span::from_secs(1));
    }
    let names = async |status, search: &str| -> Vec<String> {
        let query = SurveyQuery { status, search: search.to_owned() };
        team.service.list_surveys(team.workspace, &query).await.unwrap().into_iter().map(|survey| survey.name).collect()
    };
    assert_eq!(names(None, "").await, ["Price", "Größe", "Sleep"]);
    assert_eq!(names(None, " GRÖ").await, ["Größe"]);
    assert_eq!(names(Some(SurveyStatus::Draft), "e").await.len(), 3);
    assert_eq!(names(Some(SurveyStatus::Live), "").await, [""; 0]);
}

#[tokio::test]
async fn another_workspace_sees_nothing() {
    let team = Team::new().await;
    let id = team.create(DOCUMENT).await.record.id;
    let other = InitInput { workspace: "other".to_owned(), email: "b@example.org".to_owned(), password: "correct horse".to_owned() };
    let other = team.service.init(other).await.unwrap().workspace;
    assert!(matches!(team.service.survey(other, id).await, Err(Error::NotFound("survey"))));
    assert!(matches!(team.service.launch_survey(other, id).await, Err(Error::NotFound("survey"))));
    assert!(matches!(team.service.delete_survey(other, id).await, Err(Error::NotFound("survey"))));
    assert!(team.service.list_surveys(other, &SurveyQuery::default()).await.unwrap().is_empty());
}
