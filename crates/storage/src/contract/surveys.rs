//! Drafts and their revisions, versions, deletion.

use sonde_core::survey::SurveyStatus;

use super::Harness;
use super::catalogue::{draft, kind, new_workspace};
use super::fixtures::{hours, noon, survey, workspace};
use crate::{Catalogue, StorageErrorKind, SurveyRecord, Surveys};

/// Of two editors with the same revision the second is told, and nothing of what the first wrote is lost.
pub async fn a_stale_draft_is_refused<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_survey(draft(workspace(1), survey(1))).await.unwrap();
    let set =
        async |engine: &H::Engine, text: &str, expected| engine.set_draft(workspace(1), survey(1), text.to_owned(), expected, noon()).await;
    assert_eq!(set(engine, "first", Some(1)).await.unwrap(), 2);
    assert_eq!(kind(set(engine, "second", Some(1)).await), StorageErrorKind::Stale);
    assert_eq!(kind(set(engine, "third", Some(3)).await), StorageErrorKind::Stale);
    assert_eq!(set(engine, "import", None).await.unwrap(), 3);
    assert_eq!(kind(engine.publish(workspace(1), survey(1), Some(2), noon()).await), StorageErrorKind::Stale);
    assert_eq!(engine.publish(workspace(1), survey(1), Some(3), noon()).await.unwrap().document, "import");
    assert_eq!(set(engine, "fourth", Some(3)).await.unwrap(), 4, "publishing changes no draft");
    harness.crash();
    let record = harness.engine().survey(workspace(1), survey(1)).await.unwrap().unwrap();
    assert_eq!((record.draft.as_str(), record.draft_revision), ("fourth", 4));
}

/// The first time it goes live is its launch.
pub async fn a_survey_is_launched_once<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_survey(draft(workspace(1), survey(1))).await.unwrap();
    let steps =
        [(SurveyStatus::Paused, None), (SurveyStatus::Live, Some(2)), (SurveyStatus::Paused, Some(2)), (SurveyStatus::Live, Some(2))];
    for (hour, (status, launched)) in (1..).zip(steps) {
        engine.set_status(workspace(1), survey(1), status, noon() + hours(hour)).await.unwrap();
        let record = engine.survey(workspace(1), survey(1)).await.unwrap().unwrap();
        assert_eq!((record.status, record.launched_at), (status, launched.map(|hour| noon() + hours(hour))));
    }
}

/// What was published is kept.
pub async fn only_an_unpublished_survey_is_deleted<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    for number in [1, 2] {
        engine.create_workspace(new_workspace(number, &format!("w{number}"), noon())).await.unwrap();
        engine.create_survey(draft(workspace(number), survey(1))).await.unwrap();
    }
    engine.create_survey(draft(workspace(1), survey(2))).await.unwrap();
    engine.publish(workspace(1), survey(2), None, noon()).await.unwrap();
    assert_eq!(kind(engine.delete_survey(workspace(1), survey(2)).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.delete_survey(workspace(1), survey(3)).await), StorageErrorKind::NotFound);
    engine.delete_survey(workspace(1), survey(1)).await.unwrap();
    assert_eq!(kind(engine.delete_survey(workspace(1), survey(1)).await), StorageErrorKind::NotFound);
    harness.crash();
    let engine = harness.engine();
    assert_eq!(engine.survey(workspace(1), survey(1)).await.unwrap(), None);
    assert_eq!(engine.survey(workspace(2), survey(1)).await.unwrap(), Some(draft(workspace(2), survey(1))));
    let ids = |records: Vec<SurveyRecord>| records.into_iter().map(|record| record.id).collect::<Vec<_>>();
    assert_eq!(ids(engine.surveys(workspace(1)).await.unwrap()), [survey(2)]);
}

/// The newest first, of one survey alone.
pub async fn versions_are_listed<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    for number in [1, 2, 3] {
        engine.create_survey(draft(workspace(1), survey(number))).await.unwrap();
    }
    for hour in 1..=11 {
        engine.publish(workspace(1), survey(1), None, noon() + hours(hour)).await.unwrap();
    }
    engine.publish(workspace(1), survey(2), None, noon()).await.unwrap();
    let expected: Vec<_> = (1..=11_u32).rev().map(|number| (number, noon() + hours(i64::from(number)))).collect();
    assert_eq!(engine.survey_versions(workspace(1), survey(1)).await.unwrap(), expected);
    assert_eq!(engine.survey_versions(workspace(1), survey(3)).await.unwrap(), []);
    assert_eq!(engine.survey_versions(workspace(2), survey(1)).await.unwrap(), []);
}
