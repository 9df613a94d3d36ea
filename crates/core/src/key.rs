//! API keys: what kinds there are and how they look. Only the SHA-256 of a key is ever stored.

use sha2::{Digest, Sha256};

/// Who holds a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Secret key of servers, `sk_…`.
    Backend,
    /// Public key of apps and sites, `pk_…`.
    Sdk,
}

impl KeyKind {
    /// How a key of this kind begins.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Backend => "sk_",
            Self::Sdk => "pk_",
        }
    }
}

/// The SHA-256 of a key's text. Keys are 256 random bits, so a plain hash cannot be reversed by guessing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// Hashes the text of a key as it came in a header.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// From the bytes an engine stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes an engine stores.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHash(…)")
    }
}
