//! Workspaces, keys, surveys and their versions.

use sonde_core::id::{MemberId, SurveyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::survey::SurveyStatus;
use sonde_core::time::{Span, Timestamp};

use super::Harness;
use super::fixtures::{hours, noon, survey, workspace};
use crate::{ApiKey, Catalogue, NewMember, NewWorkspace, StorageError, StorageErrorKind, SurveyRecord, SurveyVersion, Workspace};

fn new_workspace(number: u8, name: &str, created_at: Timestamp) -> NewWorkspace {
    let key = |kind, text: &str| ApiKey { workspace: workspace(number), kind, hash: KeyHash::of(&format!("{text}{number}")), created_at };
    NewWorkspace {
        workspace: Workspace { id: workspace(number), name: name.to_owned(), wait_period: Span::from_days(7), created_at },
        keys: vec![key(KeyKind::Backend, "sk_"), key(KeyKind::Sdk, "pk_")],
        owner: NewMember {
            id: MemberId::from_bytes([number; 16]),
            email: format!("owner{number}@example.org"),
            password_hash: "$argon2id$x".to_owned(),
        },
    }
}

fn draft(of: WorkspaceId, id: SurveyId) -> SurveyRecord {
    SurveyRecord {
        id,
        workspace: of,
        status: SurveyStatus::Draft,
        draft: r#"{"name": "Größe", "n": 1.50}"#.to_owned(),
        published: None,
        created_at: noon(),
        updated_at: noon(),
    }
}

fn kind<T: std::fmt::Debug>(result: Result<T, StorageError>) -> StorageErrorKind {
    result.expect_err("an error").kind()
}

/// Everything comes back, by creation.
pub async fn a_workspace_is_created_with_its_keys<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    assert_eq!(engine.workspaces().await.unwrap(), []);
    let (later, earlier) = (new_workspace(1, "later", noon()), new_workspace(2, "earlier", noon() - hours(1)));
    engine.create_workspace(later.clone()).await.unwrap();
    engine.create_workspace(earlier.clone()).await.unwrap();
    assert_eq!(engine.workspaces().await.unwrap(), [earlier.workspace, later.workspace]);
    assert_eq!(engine.keys().await.unwrap().len(), 4);
    for key in later.keys.iter().chain(&earlier.keys) {
        assert_eq!(engine.key(key.hash).await.unwrap().as_ref(), Some(key));
        assert!(engine.keys().await.unwrap().contains(key));
    }
    assert_eq!(engine.key(KeyHash::of("sk_unknown")).await.unwrap(), None);
}

/// A name that is taken leaves nothing behind: no workspace, no keys.
pub async fn a_workspace_is_created_as_a_whole_or_not_at_all<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "taken", noon())).await.unwrap();
    assert_eq!(kind(engine.create_workspace(new_workspace(2, "taken", noon())).await), StorageErrorKind::AlreadyExists);
    let mut with_known_key = new_workspace(3, "free", noon());
    with_known_key.keys.push(new_workspace(1, "", noon()).keys.remove(0));
    assert_eq!(kind(engine.create_workspace(with_known_key).await), StorageErrorKind::AlreadyExists);
    assert_eq!(engine.workspaces().await.unwrap().len(), 1);
    assert_eq!(engine.keys().await.unwrap().len(), 2);
    engine.create_workspace(new_workspace(2, "free", noon())).await.unwrap();
}

/// A member of one workspace may own another, whatever the case of the address's letters.
pub async fn an_owner_is_known_by_address<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    for (number, email) in [(1, "ada@example.org"), (2, "ADA@example.org"), (3, "ada@example.org")] {
        let mut new = new_workspace(number, &format!("w{number}"), noon());
        new.owner.email = email.to_owned();
        engine.create_workspace(new).await.unwrap();
    }
    assert_eq!(engine.workspaces().await.unwrap().len(), 3);
}

/// Of one workspace alone.
pub async fn the_wait_period_can_be_set<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_workspace(new_workspace(2, "b", noon())).await.unwrap();
    engine.set_wait_period(workspace(1), Span::ZERO).await.unwrap();
    let periods: Vec<Span> = engine.workspaces().await.unwrap().iter().map(|workspace| workspace.wait_period).collect();
    assert_eq!(periods, [Span::ZERO, Span::from_days(7)]);
    assert_eq!(kind(engine.set_wait_period(workspace(9), Span::ZERO).await), StorageErrorKind::NotFound);
}

/// The first one offered is kept.
pub async fn the_token_secret_never_changes<H: Harness>() {
    let mut harness = H::create();
    assert_eq!(harness.engine().token_secret([1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(harness.engine().token_secret([2; 32]).await.unwrap(), [1; 32]);
    harness.crash();
    assert_eq!(harness.engine().token_secret([3; 32]).await.unwrap(), [1; 32]);
}

/// Then its draft and status change.
pub async fn a_survey_begins_as_a_draft<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    let (first, second) = (draft(workspace(1), survey(1)), draft(workspace(1), survey(2)));
    engine.create_survey(second.clone()).await.unwrap();
    engine.create_survey(SurveyRecord { status: SurveyStatus::Live, ..first.clone() }).await.unwrap();
    assert_eq!(engine.surveys(workspace(1)).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(kind(engine.create_survey(first.clone()).await), StorageErrorKind::AlreadyExists);
    engine.set_draft(workspace(1), survey(1), "{}".to_owned(), noon() + hours(1)).await.unwrap();
    let changed = SurveyRecord { draft: "{}".to_owned(), updated_at: noon() + hours(1), ..first };
    assert_eq!(engine.surveys(workspace(1)).await.unwrap(), [changed.clone(), second.clone()]);
    for status in [SurveyStatus::Live, SurveyStatus::Paused, SurveyStatus::Ended, SurveyStatus::Draft] {
        engine.set_status(workspace(1), survey(1), status, noon() + hours(2)).await.unwrap();
        let expected = SurveyRecord { status, updated_at: noon() + hours(2), ..changed.clone() };
        assert_eq!(engine.surveys(workspace(1)).await.unwrap(), [expected, second.clone()]);
    }
}

/// From 1, each as it was published.
pub async fn versions_have_no_gaps_and_never_change<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_survey(draft(workspace(1), survey(1))).await.unwrap();
    engine.create_survey(draft(workspace(1), survey(2))).await.unwrap();
    let mut published = Vec::new();
    for number in 1..=5_u32 {
        let at = noon() + hours(i64::from(number));
        engine.set_draft(workspace(1), survey(1), format!("{{\"v\":{number}}}"), at).await.unwrap();
        let version = engine.publish(workspace(1), survey(1), at).await.unwrap();
        assert_eq!(version, SurveyVersion { number, document: format!("{{\"v\":{number}}}"), published_at: at });
        let [record, other] = engine.surveys(workspace(1)).await.unwrap().try_into().expect("two surveys");
        assert_eq!((record.published.as_ref(), record.updated_at), (Some(&version), at));
        assert_eq!(other.published, None);
        published.push(version);
    }
    assert_eq!(engine.publish(workspace(1), survey(2), noon()).await.unwrap().number, 1);
    for version in &published {
        assert_eq!(engine.survey_version(workspace(1), survey(1), version.number).await.unwrap().as_ref(), Some(version));
    }
    for number in [0, 6, u32::MAX] {
        assert_eq!(engine.survey_version(workspace(1), survey(1), number).await.unwrap(), None);
    }
}

/// Nor does the attempt create it.
pub async fn what_is_not_there_cannot_be_changed<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    assert_eq!(kind(engine.create_survey(draft(workspace(1), survey(1))).await), StorageErrorKind::NotFound);
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    assert_eq!(kind(engine.set_draft(workspace(1), survey(1), String::new(), noon()).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.publish(workspace(1), survey(1), noon()).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.set_status(workspace(1), survey(1), SurveyStatus::Live, noon()).await), StorageErrorKind::NotFound);
    assert_eq!(engine.surveys(workspace(1)).await.unwrap(), []);
}

/// A workspace neither sees nor changes another's.
pub async fn surveys_are_kept_apart_by_workspace<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_workspace(new_workspace(2, "b", noon())).await.unwrap();
    engine.create_survey(draft(workspace(1), survey(1))).await.unwrap();
    engine.publish(workspace(1), survey(1), noon()).await.unwrap();
    assert_eq!(engine.surveys(workspace(2)).await.unwrap(), []);
    assert_eq!(engine.survey_version(workspace(2), survey(1), 1).await.unwrap(), None);
    assert_eq!(kind(engine.set_draft(workspace(2), survey(1), String::new(), noon()).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.publish(workspace(2), survey(1), noon()).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.set_status(workspace(2), survey(1), SurveyStatus::Ended, noon()).await), StorageErrorKind::NotFound);
    let [record] = engine.surveys(workspace(1)).await.unwrap().try_into().expect("one survey");
    assert_eq!((record.status, record.published.map(|version| version.number)), (SurveyStatus::Draft, Some(1)));
}

/// Promise 1.
pub async fn the_catalogue_survives_a_crash<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_survey(draft(workspace(1), survey(1))).await.unwrap();
    let version = engine.publish(workspace(1), survey(1), noon()).await.unwrap();
    engine.set_status(workspace(1), survey(1), SurveyStatus::Live, noon()).await.unwrap();
    let (workspaces, surveys) = (engine.workspaces().await.unwrap(), engine.surveys(workspace(1)).await.unwrap());
    harness.crash();
    let engine = harness.engine();
    assert_eq!(engine.workspaces().await.unwrap(), workspaces);
    assert_eq!(engine.surveys(workspace(1)).await.unwrap(), surveys);
    assert_eq!(engine.keys().await.unwrap().len(), 2);
    assert_eq!(engine.survey_version(workspace(1), survey(1), 1).await.unwrap(), Some(version));
    assert_eq!(engine.publish(workspace(1), survey(1), noon()).await.unwrap().number, 2);
}
