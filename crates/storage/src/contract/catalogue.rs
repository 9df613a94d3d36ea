//! Workspaces, keys, surveys and their versions.

use sonde_core::id::{IdentitySecretId, KeyId, MemberId, SurveyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::settings::{AllowedOrigins, IdentityProof, Position, Theme, WorkspaceSettings};
use sonde_core::survey::SurveyStatus;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::{Cancels, PropertyPath, TriggerKind};

use super::Harness;
use super::fixtures::{hours, noon, survey, trigger, user_id, workspace};
use crate::{
    ApiKey, Catalogue, IdentitySecret, Member, NewWorkspace, StorageError, StorageErrorKind, SurveyRecord, SurveyVersion, Surveys,
    TriggerRecord, Workspace,
};

/// A key whose number is unique.
fn key(of: WorkspaceId, number: u8, kind: KeyKind, created_at: Timestamp) -> ApiKey {
    let text = format!("{}{number}", kind.prefix());
    ApiKey {
        id: KeyId::from_bytes([number; 16]),
        workspace: of,
        kind,
        hash: KeyHash::of(&text),
        text: (kind == KeyKind::Sdk).then_some(text),
        hint: number.to_string(),
        created_at,
        last_used_at: None,
        revoked_at: None,
    }
}

pub(super) fn new_workspace(number: u8, name: &str, created_at: Timestamp) -> NewWorkspace {
    let id = workspace(number);
    NewWorkspace {
        workspace: Workspace {
            id,
            name: name.to_owned(),
            wait_period: Span::from_days(7),
            settings: WorkspaceSettings::default(),
            created_at,
        },
        keys: vec![key(id, number, KeyKind::Backend, created_at), key(id, 128 + number, KeyKind::Sdk, created_at)],
        owner: Member {
            id: MemberId::from_bytes([number; 16]),
            email: format!("owner{number}@example.org"),
            password_hash: "$argon2id$x".to_owned(),
        },
    }
}

pub(super) fn draft(of: WorkspaceId, id: SurveyId) -> SurveyRecord {
    SurveyRecord {
        id,
        workspace: of,
        status: SurveyStatus::Draft,
        draft: r#"{"name": "Größe", "n": 1.50}"#.to_owned(),
        draft_revision: 1,
        published: None,
        created_at: noon(),
        updated_at: noon(),
        launched_at: None,
    }
}

pub(super) fn kind<T: std::fmt::Debug>(result: Result<T, StorageError>) -> StorageErrorKind {
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

/// Of one workspace alone; a name that is another's is refused and nothing changes.
pub async fn a_workspace_can_be_changed<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    let (a, b) = (new_workspace(1, "a", noon()).workspace, new_workspace(2, "b", noon()).workspace);
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_workspace(new_workspace(2, "b", noon())).await.unwrap();
    let settings = WorkspaceSettings {
        languages: vec!["de-AT".into(), "ar".into()],
        theme: Theme { accent: "#010203".parse().unwrap(), position: Position::Center, ..Theme::default() },
        allowed_origins: AllowedOrigins::Listed(vec!["https://a.example".parse().unwrap()]),
        response_retention_days: Some(90),
        identity_proof: IdentityProof::JwtOrHmac,
        pipes_without_proof: true,
        test_users: vec![user_id("größe"), user_id("2")],
    };
    let changed = Workspace { name: "Größe".to_owned(), wait_period: Span::ZERO, settings, ..a };
    engine.update_workspace(Workspace { created_at: noon() + hours(1), ..changed.clone() }).await.unwrap();
    let taken = Workspace { name: "b".to_owned(), wait_period: Span::from_days(1), ..changed.clone() };
    assert_eq!(kind(engine.update_workspace(taken).await), StorageErrorKind::AlreadyExists);
    let unknown = Workspace { id: workspace(9), name: "c".to_owned(), ..changed.clone() };
    assert_eq!(kind(engine.update_workspace(unknown).await), StorageErrorKind::NotFound);
    harness.crash();
    assert_eq!(harness.engine().workspaces().await.unwrap(), [changed, b]);
}

/// At most so many that work, of one kind and workspace.
pub async fn keys_are_added_up_to_a_limit_and_revoked<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_workspace(new_workspace(2, "b", noon())).await.unwrap();
    let second = key(workspace(1), 11, KeyKind::Backend, noon() + hours(1));
    let third = key(workspace(1), 12, KeyKind::Backend, noon() + hours(2));
    engine.create_key(second.clone(), 2).await.unwrap();
    assert_eq!(kind(engine.create_key(third.clone(), 2).await), StorageErrorKind::AlreadyExists);
    let elsewhere = key(workspace(9), 13, KeyKind::Backend, noon());
    assert_eq!(kind(engine.create_key(elsewhere, 2).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.revoke_key(workspace(2), second.id, noon()).await), StorageErrorKind::NotFound);
    engine.revoke_key(workspace(1), second.id, noon() + hours(3)).await.unwrap();
    engine.revoke_key(workspace(1), second.id, noon() + hours(4)).await.unwrap();
    engine.create_key(third.clone(), 2).await.unwrap();
    assert_eq!(kind(engine.create_key(third.clone(), 9).await), StorageErrorKind::AlreadyExists);
    harness.crash();
    let revoked = ApiKey { revoked_at: Some(noon() + hours(3)), ..second };
    assert_eq!(harness.engine().key(revoked.hash).await.unwrap(), Some(revoked.clone()));
    let keys = harness.engine().keys().await.unwrap();
    assert_eq!(keys.iter().filter(|key| key.kind == KeyKind::Backend && key.workspace == workspace(1)).count(), 3);
    assert_eq!(keys[4..], [revoked, third]);
}

/// At most so many of one workspace; forgotten when deleted, and never told in a log.
pub async fn identity_secrets_are_kept_up_to_a_limit<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_workspace(new_workspace(2, "b", noon())).await.unwrap();
    let secret = |of, number: u8, created_at| IdentitySecret {
        id: IdentitySecretId::from_bytes([number; 16]),
        workspace: workspace(of),
        text: format!("ips_{number}é"),
        created_at,
    };
    let (later, earlier, third) = (secret(1, 1, noon() + hours(1)), secret(1, 2, noon()), secret(1, 3, noon() + hours(2)));
    engine.create_identity_secret(later.clone(), 2).await.unwrap();
    engine.create_identity_secret(earlier.clone(), 2).await.unwrap();
    assert_eq!(kind(engine.create_identity_secret(third.clone(), 2).await), StorageErrorKind::AlreadyExists);
    assert_eq!(kind(engine.create_identity_secret(secret(9, 4, noon()), 2).await), StorageErrorKind::NotFound);
    engine.create_identity_secret(secret(2, 5, noon()), 2).await.unwrap();
    assert_eq!(engine.identity_secrets(workspace(1)).await.unwrap(), [earlier.clone(), later.clone()]);
    assert_eq!(kind(engine.delete_identity_secret(workspace(2), earlier.id).await), StorageErrorKind::NotFound);
    engine.delete_identity_secret(workspace(1), earlier.id).await.unwrap();
    assert_eq!(kind(engine.delete_identity_secret(workspace(1), earlier.id).await), StorageErrorKind::NotFound);
    engine.create_identity_secret(third.clone(), 2).await.unwrap();
    harness.crash();
    assert!(!format!("{later:?}").contains(&later.text));
    assert_eq!(harness.engine().identity_secrets(workspace(1)).await.unwrap(), [later, third]);
    assert_eq!(harness.engine().identity_secrets(workspace(2)).await.unwrap(), [secret(2, 5, noon())]);
}

/// Never back in time.
pub async fn the_last_use_of_keys_is_noted<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    let new = new_workspace(1, "a", noon());
    let (backend, sdk) = (new.keys[0].clone(), new.keys[1].clone());
    engine.create_workspace(new).await.unwrap();
    engine.touch_keys(vec![(backend.id, noon() + hours(2)), (KeyId::from_bytes([99; 16]), noon())]).await.unwrap();
    engine.touch_keys(vec![(backend.id, noon() + hours(1))]).await.unwrap();
    assert_eq!(engine.key(backend.hash).await.unwrap().unwrap().last_used_at, Some(noon() + hours(2)));
    assert_eq!(engine.key(sdk.hash).await.unwrap(), Some(sdk));
}

/// By kind and name, kept apart by workspace.
pub async fn what_was_decided_about_triggers_is_kept<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_workspace(new_workspace(2, "b", noon())).await.unwrap();
    let record = |kind, name: &str, archived| TriggerRecord { kind, name: trigger(name), archived, cancels: Vec::new() };
    let (backend, frontend) = (record(TriggerKind::Backend, "same é", false), record(TriggerKind::Frontend, "same é", true));
    let other = record(TriggerKind::Backend, "other", false);
    for record in [&frontend, &backend, &other] {
        engine.put_trigger_record(workspace(1), record.clone()).await.unwrap();
    }
    let cancels = vec![
        Cancels { trigger: trigger("\"ended\" é"), equal_property: PropertyPath::new("order.\"id\" é").ok() },
        Cancels { trigger: trigger("other"), equal_property: None },
    ];
    engine.put_trigger_record(workspace(1), TriggerRecord { cancels: cancels.clone(), ..other.clone() }).await.unwrap();
    engine.put_trigger_record(workspace(1), other.clone()).await.unwrap();
    let archived = TriggerRecord { archived: true, cancels, ..backend };
    engine.put_trigger_record(workspace(1), archived.clone()).await.unwrap();
    assert_eq!(kind(engine.put_trigger_record(workspace(9), other.clone()).await), StorageErrorKind::NotFound);
    harness.crash();
    assert_eq!(harness.engine().trigger_records(workspace(1)).await.unwrap(), [other, archived, frontend]);
    assert_eq!(harness.engine().trigger_records(workspace(2)).await.unwrap(), []);
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
    engine.set_draft(workspace(1), survey(1), "{}".to_owned(), None, noon() + hours(1)).await.unwrap();
    let changed = SurveyRecord { draft: "{}".to_owned(), draft_revision: 2, updated_at: noon() + hours(1), ..first };
    assert_eq!(engine.surveys(workspace(1)).await.unwrap(), [changed.clone(), second.clone()]);
    for status in [SurveyStatus::Live, SurveyStatus::Paused, SurveyStatus::Ended, SurveyStatus::Draft] {
        engine.set_status(workspace(1), survey(1), status, noon() + hours(2)).await.unwrap();
        let expected = SurveyRecord { status, updated_at: noon() + hours(2), launched_at: Some(noon() + hours(2)), ..changed.clone() };
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
        engine.set_draft(workspace(1), survey(1), format!("{{\"v\":{number}}}"), None, at).await.unwrap();
        let version = engine.publish(workspace(1), survey(1), None, at).await.unwrap();
        assert_eq!(version, SurveyVersion { number, document: format!("{{\"v\":{number}}}"), published_at: at });
        let [record, other] = engine.surveys(workspace(1)).await.unwrap().try_into().expect("two surveys");
        assert_eq!((record.published.as_ref(), record.updated_at), (Some(&version), at));
        assert_eq!(other.published, None);
        published.push(version);
    }
    assert_eq!(engine.publish(workspace(1), survey(2), None, noon()).await.unwrap().number, 1);
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
    assert_eq!(kind(engine.set_draft(workspace(1), survey(1), String::new(), None, noon()).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.publish(workspace(1), survey(1), None, noon()).await), StorageErrorKind::NotFound);
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
    engine.publish(workspace(1), survey(1), None, noon()).await.unwrap();
    assert_eq!(engine.surveys(workspace(2)).await.unwrap(), []);
    assert_eq!(engine.survey_version(workspace(2), survey(1), 1).await.unwrap(), None);
    assert_eq!(kind(engine.set_draft(workspace(2), survey(1), String::new(), None, noon()).await), StorageErrorKind::NotFound);
    assert_eq!(kind(engine.publish(workspace(2), survey(1), None, noon()).await), StorageErrorKind::NotFound);
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
    let version = engine.publish(workspace(1), survey(1), None, noon()).await.unwrap();
    engine.set_status(workspace(1), survey(1), SurveyStatus::Live, noon()).await.unwrap();
    let (workspaces, surveys) = (engine.workspaces().await.unwrap(), engine.surveys(workspace(1)).await.unwrap());
    harness.crash();
    let engine = harness.engine();
    assert_eq!(engine.workspaces().await.unwrap(), workspaces);
    assert_eq!(engine.surveys(workspace(1)).await.unwrap(), surveys);
    assert_eq!(engine.keys().await.unwrap().len(), 2);
    assert_eq!(engine.survey_version(workspace(1), survey(1), 1).await.unwrap(), Some(version));
    assert_eq!(engine.publish(workspace(1), survey(1), None, noon()).await.unwrap().number, 2);
}
