//! Ids. Sonde's own are `UUIDv7` and carry a prefix in text; a user carries the customer's id.

use std::fmt;
use std::str::FromStr;

use crate::time::Timestamp;

/// Why a text is no id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {prefix}_ followed by 32 hexadecimal digits")]
pub struct InvalidId {
    /// The prefix of the wanted kind, without the underscore.
    pub prefix: &'static str,
}

/// Sixteen bytes of a `UUIDv7` (RFC 9562): 48 bits of milliseconds, then version, variant and 74 random bits.
fn uuid_v7(now: Timestamp, random: [u8; 10]) -> [u8; 16] {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes()
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A new id for the moment `now` from ten random bytes.
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                Self(uuid_v7(now, random))
            }

            /// From the sixteen bytes an engine stored.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The sixteen bytes an engine stores.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), uuid::Uuid::from_bytes(self.0).simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { prefix: $prefix };
                let digits = text.strip_prefix(concat!($prefix, "_")).ok_or_else(|| invalid.clone())?;
                if digits.len() != 32 || digits.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(invalid);
                }
                let uuid = uuid::Uuid::try_parse(digits).map_err(|_| invalid)?;
                Ok(Self(uuid.into_bytes()))
            }
        }
    };
}

id_type!(
    /// One product of the customer, isolated from every other.
    WorkspaceId, "wsp"
);
id_type!(
    /// A survey over all its versions.
    SurveyId, "srv"
);
id_type!(
    /// One showing of one survey to one user.
    DisplayId, "dsp"
);
id_type!(
    /// A person who logs in to the dashboard.
    MemberId, "mbr"
);
id_type!(
    /// A saved audience, to be named by surveys.
    CohortId, "coh"
);
id_type!(
    /// An API key, to be named without showing it.
    KeyId, "key"
);
id_type!(
    /// A secret that proves users' identity, to be named without showing it.
    IdentitySecretId, "ids"
);
id_type!(
    /// An event id made by Sonde because the sender gave none.
    GeneratedEventId, "evt"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes() {
        let id = SurveyId::new(Timestamp::from_millis(1_700_000_000_000), [7; 10]);
        let text = id.to_string();
        assert!(text.starts_with("srv_018bcfe5"), "{text}");
        assert_eq!(text.parse::<SurveyId>().unwrap(), id);
    }

    #[test]
    fn another_prefix_or_spelling_is_refused() {
        let text = SurveyId::new(Timestamp::from_millis(0), [7; 10]).to_string();
        for bad in [text.replace("srv", "dsp"), text.to_uppercase(), text[..35].to_owned(), format!("{text}0"), String::new()] {
            assert!(bad.parse::<SurveyId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let early = DisplayId::new(Timestamp::from_millis(1_000), [255; 10]);
        let late = DisplayId::new(Timestamp::from_millis(1_001), [0; 10]);
        assert!(early < late);
    }
}
