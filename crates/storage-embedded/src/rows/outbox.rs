//! Entries of the outbox: what SQLite is still to be told, in order.

use serde::{Deserialize, Serialize};
use sonde_core::display::Display;
use sonde_core::id::WorkspaceId;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::ErasedResponses;

use super::display::DisplayRow;
use super::{from_json, id, to_json, user_id, version};
use crate::error::BadRow;

const VERSION: u8 = 1;

/// One entry.
pub(crate) enum Entry {
    /// The latest state of a display that was shown.
    Shown {
        /// Who saw it.
        user: UserRef,
        /// Boxed: far larger than the other kind.
        display: Box<DisplayRow>,
    },
    /// Everything that this anonymous user saw, that user saw.
    Merged {
        /// The anonymous user.
        from: UserRef,
        /// The identified user.
        into: UserId,
    },
    /// Nothing is known of this user any more.
    Erased {
        /// Who.
        user: UserRef,
        /// What becomes of the answers.
        responses: ErasedResponses,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryRow {
    Shown { workspace: String, anonymous: bool, user: String, display: Box<DisplayRow> },
    Merged { workspace: String, from: String, into: String },
    Erased { workspace: String, anonymous: bool, user: String, anonymise_as: Option<String> },
}

pub(crate) fn encode_erased(user: &UserRef, responses: &ErasedResponses) -> Vec<u8> {
    encode(&EntryRow::Erased {
        workspace: user.workspace.to_string(),
        anonymous: user.namespace == Namespace::Anonymous,
        user: user.id.as_str().to_owned(),
        anonymise_as: match responses {
            ErasedResponses::Delete => None,
            ErasedResponses::Anonymise { as_id } => Some(as_id.as_str().to_owned()),
        },
    })
}

pub(crate) fn encode_shown(user: &UserRef, display: &Display) -> Vec<u8> {
    encode(&EntryRow::Shown {
        workspace: user.workspace.to_string(),
        anonymous: user.namespace == Namespace::Anonymous,
        user: user.id.as_str().to_owned(),
        display: Box::new(display.into()),
    })
}

pub(crate) fn encode_merged(from: &UserRef, into: &UserId) -> Vec<u8> {
    encode(&EntryRow::Merged { workspace: from.workspace.to_string(), from: from.id.as_str().to_owned(), into: into.as_str().to_owned() })
}

pub(crate) fn decode(row: &[u8]) -> Result<Entry, BadRow> {
    let (found, json) = row.split_first().ok_or_else(|| BadRow::new("empty"))?;
    version(*found, VERSION)?;
    Ok(match from_json(json)? {
        EntryRow::Shown { workspace, anonymous, user, display } => Entry::Shown { user: user_ref(&workspace, anonymous, &user)?, display },
        EntryRow::Erased { workspace, anonymous, user, anonymise_as } => Entry::Erased {
            user: user_ref(&workspace, anonymous, &user)?,
            responses: match anonymise_as {
                None => ErasedResponses::Delete,
                Some(as_id) => ErasedResponses::Anonymise { as_id: user_id(&as_id)? },
            },
        },
        EntryRow::Merged { workspace, from, into } => Entry::Merged {
            from: UserRef { workspace: id(&workspace)?, namespace: Namespace::Anonymous, id: user_id(&from)? },
            into: user_id(&into)?,
        },
    })
}

fn user_ref(workspace: &str, anonymous: bool, user: &str) -> Result<UserRef, BadRow> {
    let namespace = if anonymous { Namespace::Anonymous } else { Namespace::Identified };
    Ok(UserRef { workspace: id::<WorkspaceId>(workspace)?, namespace, id: user_id(user)? })
}

fn encode(row: &EntryRow) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(to_json(row).as_bytes());
    bytes
}
