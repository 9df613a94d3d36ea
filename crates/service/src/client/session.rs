//! Who an SDK speaks for.

use std::sync::Arc;

use sonde_core::attribute::AttributeChange;
use sonde_core::id::WorkspaceId;
use sonde_core::key::KeyKind;
use sonde_core::settings::IdentityProof;
use sonde_core::survey::launch::Platform;
use sonde_core::user::{Namespace, UserId, UserRef};

use crate::cache::{Authorised, CachedWorkspace};
use crate::error::Error;
use crate::push::has_push;
use crate::token::Session;
use crate::users::identified;
use crate::{Engine, Service};

/// The start of a session, its parts checked.
#[derive(Clone, Debug)]
pub struct SessionInput {
    /// Identified or anonymous.
    pub user: UserRef,
    /// Where.
    pub platform: Platform,
    /// Attributes to set at once.
    pub attributes: Vec<AttributeChange>,
    /// By which the customer's server vouches for the user.
    pub proof: Option<String>,
}

/// A session has begun.
#[derive(Clone, Debug)]
pub struct Started {
    /// Carried by every later call.
    pub client_token: String,
    /// With which the user may be listened for, if there is a reason to.
    pub stream_ticket: Option<String>,
}

/// "This anonymous user is that user", its parts checked.
#[derive(Clone, Debug)]
pub struct IdentifyInput {
    /// The user.
    pub user: UserId,
    /// Attributes to set at once.
    pub attributes: Vec<AttributeChange>,
    /// By which the customer's server vouches for the user.
    pub proof: Option<String>,
}

impl<E: Engine> Service<E> {
    /// The holder of a key.
    pub async fn authorise(&self, key: Option<&str>, kind: KeyKind) -> Result<Authorised, Error> {
        let missing = match kind {
            KeyKind::Backend => "a backend key is needed in the header x-api-key",
            KeyKind::Sdk => "an SDK key is needed in the header x-sonde-key",
        };
        let key = key.ok_or(Error::Unauthenticated(missing))?;
        let authorised = self.cache.authorise(&*self.engine, key, kind, self.now()).await?;
        let authorised = authorised.ok_or(Error::Unauthenticated(match kind {
            KeyKind::Backend => "this backend key is not known",
            KeyKind::Sdk => "this SDK key is not known",
        }))?;
        self.charge_key(&authorised, 1)?;
        Ok(authorised)
    }

    /// The session of a token, which must be of the key's workspace.
    pub fn session_of(&self, authorised: &Authorised, token: Option<&str>) -> Result<Session, Error> {
        let token = token.ok_or(Error::Unauthenticated("a client token is needed in the header x-sonde-token"))?;
        let session = self.tokens.verify(token, self.now());
        let session = session
            .filter(|session| session.user.workspace == authorised.workspace)
            .ok_or(Error::Unauthenticated("this client token is not valid or has expired; start a new session"))?;
        let needs_proof = session.user.namespace == Namespace::Identified && !session.proven;
        if needs_proof && self.workspace(authorised.workspace)?.record.settings.identity_proof != IdentityProof::Off {
            self.note_unverified(&session.user, session.platform);
            return Err(Error::Unauthenticated("this workspace asks for identity proof; start a new session with a proof"));
        }
        Ok(session)
    }

    /// The catalogue of a workspace as it is now.
    pub fn workspace(&self, id: WorkspaceId) -> Result<Arc<CachedWorkspace>, Error> {
        self.cache.workspace(id).ok_or(Error::NotFound("workspace"))
    }

    /// Starts a session: sets the attributes, returns the token that every later call carries.
    pub async fn start_session(self: &Arc<Self>, input: SessionInput) -> Result<Started, Error> {
        let proven = self.let_in(&input.user, input.platform, input.proof.as_deref())?;
        self.set(&input.user, &input.attributes).await?;
        Ok(self.started(&Session { user: input.user, platform: input.platform, proven }))
    }

    /// Sets attributes of the session's user.
    pub async fn set_attributes(self: &Arc<Self>, session: &Session, changes: &[AttributeChange]) -> Result<(), Error> {
        self.set(&session.user, changes).await
    }

    async fn set(self: &Arc<Self>, user: &UserRef, changes: &[AttributeChange]) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        self.apply_attributes(user, changes).await.map(drop)
    }

    /// Makes the session's anonymous user an alias of an identified one and returns a token for the latter.
    pub async fn identify(self: &Arc<Self>, session: &Session, input: IdentifyInput) -> Result<Started, Error> {
        let same = session.user.namespace == Namespace::Identified && session.user.id == input.user;
        if session.user.namespace == Namespace::Identified && !same {
            return Err(Error::Conflict("this session belongs to another user; start a new session".to_owned()));
        }
        let user = identified(&session.user, &input.user);
        let proven = self.let_in(&user, session.platform, input.proof.as_deref())?;
        if !same {
            self.merge(&session.user, &input.user).await?;
            self.push_merged(&session.user);
        }
        self.set(&user, &input.attributes).await?;
        Ok(self.started(&Session { user, platform: session.platform, proven }))
    }

    /// A ticket with which the session's user may be listened for.
    pub fn stream_ticket(&self, session: &Session) -> String {
        self.tokens.issue_ticket(session, self.now())
    }

    /// The session's token, and its ticket where there is a reason to listen.
    fn started(&self, session: &Session) -> Started {
        let listens = self.workspace(session.user.workspace).is_ok_and(|workspace| has_push(&workspace, session.platform));
        let stream_ticket = listens.then(|| self.stream_ticket(session));
        Started { client_token: self.tokens.issue(session, self.now()), stream_ticket }
    }
}
