//! Client tokens: who an SDK speaks for, signed by this installation, kept nowhere.
//!
//! `base64url(payload) "." base64url(HMAC-SHA256(payload))`, where the payload is: version (1 byte, 2), namespace (1),
//! platform (1), whether identity was proven (1), workspace (16), time of issue in milliseconds (8, big-endian), then the user id in UTF-8.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sonde_core::id::WorkspaceId;
use sonde_core::survey::launch::Platform;
use sonde_core::time::{Span, Timestamp};
use sonde_core::user::{Namespace, UserId, UserRef};

/// How long a token is good for.
pub const TOKEN_LIFETIME: Span = Span::DAY;
/// Longest token, in bytes of text: a user id of 256 four-byte scalars, its header and signature in base64.
pub const TOKEN_BYTES_MAX: usize = 1_500;

const VERSION: u8 = 2;
/// The first byte of a ticket: no client token is one, and no ticket is a client token.
const TICKET: u8 = 0x81;
/// How long a ticket is good for, any number of times.
const TICKET_LIFETIME: Span = Span::from_secs(10 * 60);
const PAGE_TOKEN: &[u8] = b"page";
const HEADER_BYTES: usize = 4 + 16 + 8;

/// Who an SDK speaks for, and where it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user.
    pub user: UserRef,
    /// Where.
    pub platform: Platform,
    /// Whether the customer's server vouched for the user.
    pub proven: bool,
}

/// Signs and verifies tokens with one secret.
pub(crate) struct TokenSigner {
    keyed: Hmac<Sha256>,
}

impl TokenSigner {
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        // HMAC pads a key that is shorter than its block of 64 bytes with zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..secret.len()].copy_from_slice(&secret);
        Self { keyed: Hmac::new(&block.into()) }
    }

    /// A token for a session, issued now.
    pub(crate) fn issue(&self, session: &Session, now: Timestamp) -> String {
        self.sign(VERSION, session, now)
    }

    /// A ticket with which the session's user may be listened for: it travels in a URL, so it opens nothing else.
    pub(crate) fn issue_ticket(&self, session: &Session, now: Timestamp) -> String {
        self.sign(TICKET, session, now)
    }

    fn sign(&self, version: u8, session: &Session, now: Timestamp) -> String {
        let mut payload = Vec::with_capacity(HEADER_BYTES + session.user.id.as_str().len());
        let proven = u8::from(session.proven);
        payload.extend([version, namespace_byte(session.user.namespace), platform_byte(session.platform), proven]);
        payload.extend(session.user.workspace.as_bytes());
        payload.extend(now.as_millis().to_be_bytes());
        payload.extend(session.user.id.as_str().as_bytes());
        let signature = self.keyed.clone().chain_update(&payload).finalize().into_bytes();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&payload), URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a page must send with every change, bound to a member's session. No client token says the same: the first
    /// byte of theirs is a version number.
    pub(crate) fn page_token(&self, session: &[u8; 32]) -> String {
        URL_SAFE_NO_PAD.encode(self.keyed.clone().chain_update(PAGE_TOKEN).chain_update(session).finalize().into_bytes())
    }

    /// Whether a page's token is that of the session. Compares in constant time.
    pub(crate) fn is_page_token(&self, session: &[u8; 32], given: &str) -> bool {
        let keyed = self.keyed.clone().chain_update(PAGE_TOKEN).chain_update(session);
        URL_SAFE_NO_PAD.decode(given).is_ok_and(|given| keyed.verify_slice(&given).is_ok())
    }

    /// The session of a token that this installation issued and that has not expired.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Option<Session> {
        self.read(VERSION, TOKEN_LIFETIME, token, now)
    }

    /// The session of a ticket that this installation issued and that has not expired.
    pub(crate) fn verify_ticket(&self, ticket: &str, now: Timestamp) -> Option<Session> {
        self.read(TICKET, TICKET_LIFETIME, ticket, now)
    }

    fn read(&self, version: u8, lifetime: Span, token: &str, now: Timestamp) -> Option<Session> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (payload, signature) = token.split_once('.')?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Compares in constant time.
        self.keyed.clone().chain_update(&payload).verify_slice(&signature).ok()?;
        read_payload(&payload, version, lifetime, now)
    }
}

fn read_payload(payload: &[u8], version: u8, lifetime: Span, now: Timestamp) -> Option<Session> {
    let (header, id) = payload.split_at_checked(HEADER_BYTES)?;
    let [said, namespace, platform, proven @ (0 | 1), rest @ ..] = header else { return None };
    if *said != version {
        return None;
    }
    let (workspace, issued_at) = rest.split_at_checked(16)?;
    let issued_at = Timestamp::from_millis(i64::from_be_bytes(issued_at.try_into().ok()?));
    if now.since(issued_at) >= lifetime {
        return None;
    }
    let user = UserRef {
        workspace: WorkspaceId::from_bytes(workspace.try_into().ok()?),
        namespace: namespace_from(*namespace)?,
        id: UserId::new(std::str::from_utf8(id).ok()?).ok()?,
    };
    let platform = Platform::ALL.into_iter().find(|known| platform_byte(*known) == *platform)?;
    Some(Session { user, platform, proven: *proven == 1 })
}

const fn namespace_byte(namespace: Namespace) -> u8 {
    match namespace {
        Namespace::Identified => 0,
        Namespace::Anonymous => 1,
    }
}

const fn namespace_from(byte: u8) -> Option<Namespace> {
    match byte {
        0 => Some(Namespace::Identified),
        1 => Some(Namespace::Anonymous),
        _ => None,
    }
}

const fn platform_byte(platform: Platform) -> u8 {
    match platform {
        Platform::Web => 0,
        Platform::Ios => 1,
        Platform::Android => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str) -> Session {
        let user = UserRef { workspace: WorkspaceId::from_bytes([7; 16]), namespace: Namespace::Anonymous, id: UserId::new(id).unwrap() };
        Session { user, platform: Platform::Android, proven: id == "u1" }
    }

    #[test]
    fn a_token_reads_back_until_it_expires() {
        let signer = TokenSigner::new([1; 32]);
        let issued = Timestamp::from_millis(1_000);
        let longest = "\u{10348}".repeat(256);
        for id in ["u1", longest.as_str()] {
            let token = signer.issue(&session(id), issued);
            let last_moment = issued + TOKEN_LIFETIME + Span::from_millis(-1);
            assert_eq!(signer.verify(&token, last_moment), Some(session(id)));
            assert_eq!(signer.verify(&token, issued + TOKEN_LIFETIME), None);
        }
    }

    #[test]
    fn a_ticket_lives_ten_minutes_and_opens_nothing_else() {
        let signer = TokenSigner::new([1; 32]);
        let issued = Timestamp::from_millis(1_000);
        let ticket = signer.issue_ticket(&session("u1"), issued);
        let last_moment = issued + Span::from_secs(600) - Span::from_millis(1);
        assert_eq!(signer.verify_ticket(&ticket, last_moment), Some(session("u1")));
        assert_eq!(signer.verify_ticket(&ticket, issued + Span::from_secs(600)), None);
        assert_eq!(signer.verify(&ticket, issued), None);
        assert_eq!(signer.verify_ticket(&signer.issue(&session("u1"), issued), issued), None);
    }

    #[test]
    fn a_page_token_is_that_of_one_session() {
        let signer = TokenSigner::new([1; 32]);
        let token = signer.page_token(&[2; 32]);
        assert!(signer.is_page_token(&[2; 32], &token));
        assert!(!signer.is_page_token(&[3; 32], &token));
        assert!(!TokenSigner::new([2; 32]).is_page_token(&[2; 32], &token));
        for bad in ["", "1", &token[1..], "é"] {
            assert!(!signer.is_page_token(&[2; 32], bad));
        }
    }

    #[test]
    fn a_changed_or_foreign_token_is_refused() {
        let signer = TokenSigner::new([1; 32]);
        let now = Timestamp::from_millis(1_000);
        let token = signer.issue(&session("u1"), now);
        assert_eq!(TokenSigner::new([2; 32]).verify(&token, now), None);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(changed == token || signer.verify(&changed, now).is_none(), "{at}");
        }
        for bad in ["", ".", "a.b", "é"] {
            assert_eq!(signer.verify(bad, now), None);
        }
    }
}
