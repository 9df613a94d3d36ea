//! Members: how they get in, what they belong to.

mod attempts;
mod sessions;
mod setup;

use std::net::IpAddr;

use sonde_core::id::{MemberId, WorkspaceId};
use sonde_core::key::KeyKind;
use sonde_core::limits::NAME_SCALARS_MAX;
use sonde_core::settings::WorkspaceSettings;
use sonde_core::time::Span;
use sonde_storage::{Member, NewWorkspace, Workspace};

use crate::error::{Error, FieldError};
use crate::{Engine, Service, keys, passwords, random};

pub use sessions::{NewSession, SESSION_LIFETIME, SignedIn};
pub use setup::SetupInput;

/// Longest e-mail address, in bytes (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;

/// What guards the ways in: failed attempts, and the token of the first one.
#[derive(Default)]
pub(crate) struct Doors {
    attempts: attempts::Attempts,
    setup: setup::SetupToken,
}

/// Somebody who says who they are.
#[derive(Debug)]
pub struct LogIn {
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// Where the call comes from.
    pub address: Option<IpAddr>,
}

/// A new owner of a workspace, the password hashed already.
pub(crate) struct NewOwner {
    pub(crate) email: String,
    pub(crate) password_hash: String,
}

/// A workspace and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedWorkspace {
    /// Which.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

impl<E: Engine> Service<E> {
    /// Lets a member in. Takes as long for an unknown address as for a wrong password, and says the same.
    pub async fn log_in(&self, input: LogIn) -> Result<NewSession, Error> {
        let email = input.email.trim();
        self.doors.attempts.begin(input.address, email, self.now())?;
        let member = match check_email("/email", email) {
            Ok(()) => self.engine.member_by_email(email).await?,
            Err(_) => None,
        };
        let hashed = member.as_ref().map(|member| member.password_hash.clone());
        let is_right = passwords::verify(input.password, hashed).await?;
        match member {
            Some(member) if is_right => {
                self.doors.attempts.succeeded(input.address, email);
                self.start_member_session(member).await
            }
            _ => Err(Error::Unauthenticated("e-mail address or password is wrong")),
        }
    }

    /// Replaces the member's password and ends their other sessions.
    pub async fn change_password(&self, member: &SignedIn, address: Option<IpAddr>, current: String, new: String) -> Result<(), Error> {
        passwords::check("/new", &new).map_err(|wrong| Error::Invalid(vec![wrong]))?;
        self.doors.attempts.begin(address, &member.email, self.now())?;
        let stored = self.engine.member(member.id).await?.ok_or(Error::NotFound("member"))?;
        if !passwords::verify(current, Some(stored.password_hash)).await? {
            return Err(Error::invalid("/current", "is not the current password"));
        }
        self.doors.attempts.succeeded(address, &member.email);
        let hashed = passwords::hash(new).await?;
        Ok(self.engine.set_password(member.id, hashed, member.session).await?)
    }

    /// The workspaces that a member belongs to, by creation.
    pub async fn workspaces_of(&self, member: MemberId) -> Result<Vec<NamedWorkspace>, Error> {
        let ids = self.engine.workspaces_of(member).await?;
        let named = ids.into_iter().filter_map(|id| {
            let cached = self.cache.workspace(id)?;
            Some(NamedWorkspace { id, name: cached.record.name.clone() })
        });
        Ok(named.collect())
    }

    /// Refuses a member who does not belong to the workspace, as if it did not exist.
    pub async fn expect_member(&self, member: &SignedIn, workspace: WorkspaceId) -> Result<(), Error> {
        let belongs = self.engine.belongs_to(member.id, workspace).await?;
        if belongs { Ok(()) } else { Err(Error::NotFound("workspace")) }
    }

    /// Creates a workspace that the member owns.
    pub async fn found_workspace(&self, member: &SignedIn, name: &str) -> Result<NamedWorkspace, Error> {
        check_name("/name", name).map_err(|wrong| Error::Invalid(vec![wrong]))?;
        let stored = self.engine.member(member.id).await?.ok_or(Error::NotFound("member"))?;
        let owner = NewOwner { email: stored.email, password_hash: stored.password_hash };
        let (id, _) = self.create_workspace(name, owner, &[KeyKind::Sdk]).await?;
        Ok(NamedWorkspace { id, name: name.trim().to_owned() })
    }

    /// Gives a workspace another name.
    pub async fn rename_workspace(&self, workspace: WorkspaceId, name: &str) -> Result<NamedWorkspace, Error> {
        check_name("/name", name).map_err(|wrong| Error::Invalid(vec![wrong]))?;
        let stored = self.stored_workspace(workspace).await?;
        let name = name.trim().to_owned();
        self.change_workspace(Workspace { name: name.clone(), ..stored }).await?;
        Ok(NamedWorkspace { id: workspace, name })
    }

    /// Creates a workspace with keys and owner. Says its id and the texts of the keys, in the order of `kinds`.
    pub(crate) async fn create_workspace(
        &self,
        name: &str,
        owner: NewOwner,
        kinds: &[KeyKind],
    ) -> Result<(WorkspaceId, Vec<String>), Error> {
        let now = self.now();
        let id = WorkspaceId::new(now, random::bytes());
        let (texts, keys): (Vec<_>, Vec<_>) = kinds.iter().map(|kind| keys::mint(id, *kind, now)).unzip();
        let workspace = Workspace {
            id,
            name: name.trim().to_owned(),
            wait_period: Span::ZERO,
            settings: WorkspaceSettings::default(),
            created_at: now,
        };
        let owner = Member { id: MemberId::new(now, random::bytes()), email: owner.email, password_hash: owner.password_hash };
        let new = NewWorkspace { workspace, keys: keys.clone(), owner };
        self.engine.create_workspace(new).await.map_err(name_taken)?;
        self.cache.refresh(&*self.engine, id).await?;
        for key in keys {
            self.cache.add_key(key);
        }
        Ok((id, texts))
    }

    /// Stores a workspace's new name or settings, and lets everything see them.
    pub(crate) async fn change_workspace(&self, workspace: Workspace) -> Result<(), Error> {
        let id = workspace.id;
        self.engine.update_workspace(workspace).await.map_err(name_taken)?;
        Ok(self.cache.refresh(&*self.engine, id).await?)
    }
}

fn name_taken(error: sonde_storage::StorageError) -> Error {
    match Error::from(error) {
        Error::Conflict(_) => Error::Conflict("a workspace has this name already; choose another".to_owned()),
        Error::NotFound(_) => Error::NotFound("workspace"),
        other => other,
    }
}

/// Checks a workspace's name.
pub(crate) fn check_name(pointer: &str, name: &str) -> Result<(), FieldError> {
    let length = name.trim().chars().count();
    if (1..=NAME_SCALARS_MAX).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(FieldError::new(pointer, format!("must have 1 to {NAME_SCALARS_MAX} characters and no control characters")))
}

/// Checks that a text looks like an e-mail address.
pub(crate) fn check_email(pointer: &str, email: &str) -> Result<(), FieldError> {
    let email = email.trim();
    let looks_like_one = email.len() <= EMAIL_BYTES_MAX
        && email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    if looks_like_one { Ok(()) } else { Err(FieldError::new(pointer, "must be an e-mail address")) }
}
