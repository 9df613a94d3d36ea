//! Which anonymous ids stand for a user. The other way round, each alias says it itself, in its state.

use fjall::Readable;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::StorageError;

use super::keys;
use super::tables::{Space, Tables, View};
use crate::error::{self, BadRow};
use crate::rows;

/// The key of the row that says that every alias is listed.
const ALL_LISTED: &[u8] = b"aliases_listed";

/// The anonymous ids that stand for a user.
pub(super) fn of(tables: &Tables, view: &View, user: &UserRef, limit: usize) -> Result<Vec<UserId>, StorageError> {
    let key = keys::user(user);
    let rows = view.snapshot.prefix(&tables.aliases, &key).take(limit).map(|guard| {
        let row = guard.key().map_err(|error| error::fjall("read the aliases of a user", error))?;
        read(&row, key.len())
    });
    rows.collect()
}

/// The anonymous id that a row's key ends with, after the bytes of the user.
pub(super) fn read(row: &[u8], user_length: usize) -> Result<UserId, StorageError> {
    let id = std::str::from_utf8(&row[user_length..]).map_err(|error| BadRow::new(error.to_string()));
    let id = id.and_then(|id| UserId::new(id).map_err(|error| BadRow::new(format!("a user id {error}"))));
    id.map_err(|bad| bad.at(&Space::Aliases.name(), row))
}

/// Lists the aliases of a folder that was written before there was a list, once.
pub(super) fn list_those_of_before(tables: &Tables) -> Result<(), StorageError> {
    if tables.meta.contains_key(ALL_LISTED).map_err(|error| error::fjall("read whether aliases are listed", error))? {
        return Ok(());
    }
    let mut batch = tables.batch(1);
    for guard in tables.users.iter() {
        let (key, row) = guard.into_inner().map_err(|error| error::fjall("read users", error))?;
        let bad = |bad: BadRow| bad.at(&Space::Users.name(), &key);
        if !rows::state::decode_header(&row).map_err(bad)?.is_alias {
            continue;
        }
        let (alias, _) = keys::read_user(&key).map_err(bad)?;
        if let Some(id) = rows::state::decode(&row).map_err(bad)?.alias_of {
            let user = UserRef { workspace: alias.workspace, namespace: Namespace::Identified, id };
            batch.insert(&tables.aliases, keys::alias(&keys::user(&user), &alias.id), b"".as_slice());
        }
    }
    batch.insert(&tables.meta, ALL_LISTED, b"".as_slice());
    batch.commit().map_err(|error| error::fjall("list aliases", error))
}
