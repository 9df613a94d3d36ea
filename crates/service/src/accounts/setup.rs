//! The first owner: created with a token that only somebody who sees the server's output knows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use sonde_core::key::KeyKind;
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use super::{NewOwner, NewSession, check_email, check_name};
use crate::error::{Error, FieldError};
use crate::{Engine, Service, passwords, random};

/// SHA-256 of the token, new at each start, kept in memory alone. The lock is held while the first owner is created, so
/// that there is only one.
#[derive(Default)]
pub(super) struct SetupToken(Mutex<Option<[u8; 32]>>);

/// The first owner and workspace.
#[derive(Debug)]
pub struct SetupInput {
    /// From the server's output.
    pub token: String,
    /// The owner's e-mail address.
    pub email: String,
    /// The owner's password.
    pub password: String,
    /// Name of the workspace.
    pub workspace: String,
}

impl<E: Engine> Service<E> {
    /// Whether nobody can log in yet.
    pub async fn is_setup_needed(&self) -> Result<bool, Error> {
        Ok(!self.engine.has_members().await?)
    }

    /// A new token to create the first owner with, unless there is a member. Earlier tokens are worth nothing then.
    pub async fn begin_setup(&self) -> Result<Option<String>, Error> {
        let mut current = self.doors.setup.0.lock().await;
        *current = None;
        if !self.is_setup_needed().await? {
            return Ok(None);
        }
        let token = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        *current = Some(Sha256::digest(token.as_bytes()).into());
        Ok(Some(token))
    }

    /// Creates the first owner with a workspace, and lets them in. The token works once.
    pub async fn set_up(&self, input: SetupInput) -> Result<NewSession, Error> {
        let mut current = self.doors.setup.0.lock().await;
        if !self.is_setup_needed().await? {
            return Err(Error::Conflict("this installation has an owner already; sign in".to_owned()));
        }
        let given: [u8; 32] = Sha256::digest(input.token.as_bytes()).into();
        if !current.is_some_and(|current| bool::from(current.ct_eq(&given))) {
            return Err(Error::Forbidden("this set-up link is not valid; take the one from the latest start of the server"));
        }
        let checks = [
            check_name("/workspace", &input.workspace),
            check_email("/email", &input.email),
            passwords::check("/password", &input.password),
        ];
        let wrong: Vec<FieldError> = checks.into_iter().filter_map(Result::err).collect();
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        let email = input.email.trim().to_owned();
        let owner = NewOwner { email: email.clone(), password_hash: passwords::hash(input.password).await? };
        self.create_workspace(&input.workspace, owner, &[KeyKind::Sdk]).await?;
        *current = None;
        let member = self.engine.member_by_email(&email).await?.ok_or(Error::NotFound("member"))?;
        self.start_member_session(member).await
    }
}
