//! Sessions of members: a random token in the browser, its hash in the store.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use sonde_core::id::MemberId;
use sonde_core::time::Span;
use sonde_storage::{Member, MemberSession, SessionHash};
use subtle::ConstantTimeEq as _;

use crate::error::Error;
use crate::{Engine, Service, random};

/// How long a session lasts after it was last used.
pub const SESSION_LIFETIME: Span = Span::from_days(30);
/// A session is not written again for every use: only once it has lost this much of its lifetime.
const EXTENDED_AFTER: Span = Span::DAY;
/// Longest token looked at; ours are shorter.
const TOKEN_BYTES_MAX: usize = 64;

const SIGN_IN: &str = "sign in first";

/// A member who is logged in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub id: MemberId,
    /// Their log-in name.
    pub email: String,
    pub(super) session: SessionHash,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct NewSession {
    /// For the browser's cookie; kept nowhere else.
    pub token: String,
    /// Whose it is.
    pub member: SignedIn,
}

impl<E: Engine> Service<E> {
    /// The member whose session a token is of.
    pub async fn signed_in(&self, token: Option<&str>) -> Result<SignedIn, Error> {
        let token = token.filter(|token| token.len() <= TOKEN_BYTES_MAX).ok_or(Error::Unauthenticated(SIGN_IN))?;
        let hash = hash(token);
        let now = self.now();
        let session = self.engine.session(hash).await?;
        let session = session.filter(|session| bool::from(session.hash.0.ct_eq(&hash.0)) && now < session.expires_at);
        let session = session.ok_or(Error::Unauthenticated("the session has ended; sign in again"))?;
        let member = self.engine.member(session.member).await?.ok_or(Error::Unauthenticated(SIGN_IN))?;
        let fresh = now + SESSION_LIFETIME;
        if fresh.since(session.expires_at) >= EXTENDED_AFTER {
            self.engine.extend_session(hash, fresh).await?;
        }
        Ok(SignedIn { id: member.id, email: member.email, session: hash })
    }

    /// What a page must send with every change.
    pub fn page_token(&self, member: &SignedIn) -> String {
        self.tokens.page_token(&member.session.0)
    }

    /// Refuses a change that no page of this installation asked for.
    pub fn expect_page_token(&self, member: &SignedIn, given: Option<&str>) -> Result<(), Error> {
        let fits = given.is_some_and(|given| self.tokens.is_page_token(&member.session.0, given));
        if fits { Ok(()) } else { Err(Error::Forbidden("the header x-sonde-csrf must carry the csrf_token of GET /api/v1/auth/state")) }
    }

    /// Ends the member's session.
    pub async fn log_out(&self, member: &SignedIn) -> Result<(), Error> {
        Ok(self.engine.end_session(member.session).await?)
    }

    pub(super) async fn start_member_session(&self, member: Member) -> Result<NewSession, Error> {
        let token = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        let hash = hash(&token);
        let session = MemberSession { hash, member: member.id, expires_at: self.now() + SESSION_LIFETIME };
        self.engine.create_session(session).await?;
        Ok(NewSession { token, member: SignedIn { id: member.id, email: member.email, session: hash } })
    }
}

fn hash(token: &str) -> SessionHash {
    SessionHash(Sha256::digest(token.as_bytes()).into())
}
