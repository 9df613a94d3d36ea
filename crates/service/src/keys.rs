//! Making keys: 256 random bits in base64url behind a prefix. A backend key is shown once and
//! stored hashed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sonde_core::id::{KeyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::time::Timestamp;
use sonde_storage::ApiKey;

use crate::random;

/// How many of a key's last characters tell it apart for people.
const HINT_CHARS: usize = 4;

/// A new key: its text, and what is stored of it.
pub(crate) fn mint(workspace: WorkspaceId, kind: KeyKind, now: Timestamp) -> (String, ApiKey) {
    let text = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(random::bytes::<32>()));
    let key = ApiKey {
        id: KeyId::new(now, random::bytes()),
        workspace,
        kind,
        hash: KeyHash::of(&text),
        // An SDK key is public: it stands in every page that uses it.
        text: (kind == KeyKind::Sdk).then(|| text.clone()),
        hint: text[text.len() - HINT_CHARS..].to_owned(),
        created_at: now,
        last_used_at: None,
        revoked_at: None,
    };
    (text, key)
}
