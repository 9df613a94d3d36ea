//! Entries of the outbox: what SQLite is still to be told, in order.

use serde::{Deserialize, Serialize};
use sonde_core::display::Display;
use sonde_core::id::WorkspaceId;
use sonde_core::user::{Namespace, UserId, UserRef};

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
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EntryRow {
    Shown { workspace: String, anonymous: bool, user: String, display: Box<DisplayRow> },
    Merged { workspace: String, from: String, into: String },
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
        EntryRow::Shown { workspace, anonymous, user, display } => {
            let namespace = if anonymous { Namespace::Anonymous } else { Namespace::Identified };
            Entry::Shown { user: UserRef { workspace: id::<WorkspaceId>(&workspace)?, namespace, id: user_id(&user)? }, display }
        }
        EntryRow::Merged { workspace, from, into } => Entry::Merged {
            from: UserRef { workspace: id(&workspace)?, namespace: Namespace::Anonymous, id: user_id(&from)? },
            into: user_id(&into)?,
        },
    })
}

fn encode(row: &EntryRow) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(to_json(row).as_bytes());
    bytes
}
