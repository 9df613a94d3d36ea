//! Members, sessions, and which workspaces they belong to.

use sonde_core::id::MemberId;
use sonde_core::time::Timestamp;

use super::Harness;
use super::catalogue::new_workspace;
use super::fixtures::{hours, noon, workspace};
use crate::{Accounts, Catalogue, Member, MemberSession, SessionHash, StorageErrorKind};

fn member(number: u8) -> MemberId {
    MemberId::from_bytes([number; 16])
}

fn session(number: u8, of: MemberId, expires_at: Timestamp) -> MemberSession {
    MemberSession { hash: SessionHash([number; 32]), member: of, expires_at }
}

/// With the workspace; one whose address is known owns the next workspace too, whatever the case of its letters.
pub async fn an_owner_becomes_a_member<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    assert!(!engine.has_members().await.unwrap());
    let (mut again, mut first) = (new_workspace(2, "b", noon()), new_workspace(1, "a", noon() + hours(1)));
    "Ada@example.org".clone_into(&mut first.owner.email);
    "ada@EXAMPLE.org".clone_into(&mut again.owner.email);
    let owner = first.owner.clone();
    engine.create_workspace(first).await.unwrap();
    engine.create_workspace(again).await.unwrap();
    engine.create_workspace(new_workspace(3, "c", noon())).await.unwrap();
    assert!(engine.has_members().await.unwrap());
    assert_eq!(engine.member_by_email("ADA@example.ORG").await.unwrap().as_ref(), Some(&owner));
    assert_eq!(engine.member(owner.id).await.unwrap(), Some(owner));
    assert_eq!(engine.member(member(2)).await.unwrap(), None);
    assert_eq!(engine.member_by_email("bob@example.org").await.unwrap(), None);
    assert_eq!(engine.workspaces_of(member(1)).await.unwrap(), [workspace(2), workspace(1)]);
    assert_eq!(engine.workspaces_of(member(3)).await.unwrap(), [workspace(3)]);
    assert_eq!(engine.workspaces_of(member(2)).await.unwrap(), []);
    assert!(engine.belongs_to(member(1), workspace(2)).await.unwrap());
    assert!(!engine.belongs_to(member(1), workspace(3)).await.unwrap());
    assert!(!engine.belongs_to(member(2), workspace(2)).await.unwrap());
}

/// Until they are ended or deleted; a new expiry takes the place of the old and revives nothing.
pub async fn sessions_are_kept_until_they_end<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    for number in 1..=3 {
        engine.create_session(session(number, member(1), noon() + hours(i64::from(number)))).await.unwrap();
    }
    let extended = session(1, member(1), noon() + hours(9));
    for hash in [extended.hash, SessionHash([9; 32])] {
        engine.extend_session(hash, extended.expires_at).await.unwrap();
    }
    assert_eq!(engine.create_session(session(4, member(9), noon())).await.expect_err("an error").kind(), StorageErrorKind::NotFound);
    assert_eq!(engine.session(extended.hash).await.unwrap(), Some(extended));
    assert_eq!(engine.session(SessionHash([9; 32])).await.unwrap(), None);
    assert_eq!(engine.delete_expired_sessions(noon() + hours(2)).await.unwrap(), 1);
    assert_eq!(engine.session(SessionHash([2; 32])).await.unwrap(), None);
    for _ in 0..2 {
        engine.end_session(SessionHash([3; 32])).await.unwrap();
        assert_eq!(engine.session(SessionHash([3; 32])).await.unwrap(), None);
    }
    assert_eq!(engine.session(extended.hash).await.unwrap(), Some(extended));
}

/// Of that member alone.
pub async fn a_new_password_ends_the_other_sessions<H: Harness>() {
    let harness = H::create();
    let engine = harness.engine();
    for number in 1..=2 {
        engine.create_workspace(new_workspace(number, &format!("w{number}"), noon())).await.unwrap();
    }
    let (kept, other, anothers) =
        (session(1, member(1), noon()), session(2, member(1), noon() + hours(1)), session(3, member(2), noon() + hours(1)));
    for session in [kept, other, anothers] {
        engine.create_session(session).await.unwrap();
    }
    engine.set_password(member(1), "$argon2id$new".to_owned(), kept.hash).await.unwrap();
    let hash = async |of| engine.member(of).await.unwrap().map(|member: Member| member.password_hash);
    assert_eq!(hash(member(1)).await.as_deref(), Some("$argon2id$new"));
    assert_eq!(hash(member(2)).await.as_deref(), Some("$argon2id$x"));
    for (session, stays) in [(kept, true), (other, false), (anothers, true)] {
        assert_eq!(engine.session(session.hash).await.unwrap().is_some(), stays);
    }
    let unknown = engine.set_password(member(9), String::new(), kept.hash).await;
    assert_eq!(unknown.expect_err("an error").kind(), StorageErrorKind::NotFound);
}

/// Promise 1.
pub async fn accounts_survive_a_crash<H: Harness>() {
    let mut harness = H::create();
    let engine = harness.engine();
    engine.create_workspace(new_workspace(1, "a", noon())).await.unwrap();
    engine.create_session(session(1, member(1), noon())).await.unwrap();
    engine.set_password(member(1), "$argon2id$new".to_owned(), SessionHash([1; 32])).await.unwrap();
    harness.crash();
    let engine = harness.engine();
    assert_eq!(engine.member(member(1)).await.unwrap().map(|member| member.password_hash).as_deref(), Some("$argon2id$new"));
    assert_eq!(engine.session(SessionHash([1; 32])).await.unwrap(), Some(session(1, member(1), noon())));
    assert_eq!(engine.workspaces_of(member(1)).await.unwrap(), [workspace(1)]);
}
