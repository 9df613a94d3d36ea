//! Making keys: 256 random bits in base64url behind a prefix. Shown once, stored hashed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sonde_core::id::WorkspaceId;
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::time::Timestamp;
use sonde_storage::ApiKey;

use crate::random;

/// A new key: its text, to be shown once, and what is stored of it.
pub(crate) fn mint(workspace: WorkspaceId, kind: KeyKind, now: Timestamp) -> (String, ApiKey) {
    let text = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(random::bytes::<32>()));
    let key = ApiKey { workspace, kind, hash: KeyHash::of(&text), created_at: now };
    (text, key)
}
