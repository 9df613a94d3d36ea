//! Going over users in the order of their keys: that of a stable hash, so that the first of them are a fair sample.

use std::ops::Bound;

use fjall::{Keyspace, Readable};
use sonde_core::id::WorkspaceId;
use sonde_storage::{StorageError, UserCursor, UserPage, UsersWith};

use super::keys::{self, Key};
use super::tables::{Space, Tables, View};
use crate::error;
use crate::rows;

/// Rows read for each user that a page may name: users of other workspaces lie in between.
const ROWS_PER_USER: usize = 16;

/// A page of users of a workspace.
pub(crate) fn users_with(
    tables: &Tables,
    view: &View,
    workspace: WorkspaceId,
    with: UsersWith,
    after: Option<&UserCursor>,
    limit: usize,
) -> Result<UserPage, StorageError> {
    let after = after.map(|after| after.0.clone());
    match with {
        UsersWith::State => with_state(tables, view, workspace, after, limit),
        UsersWith::Events => with_events(view, workspace, after.as_ref(), limit),
    }
}

fn with_state(tables: &Tables, view: &View, workspace: WorkspaceId, after: Option<Key>, limit: usize) -> Result<UserPage, StorageError> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut page = Page::new(limit);
    for guard in view.snapshot.range::<Key, _>(&tables.users, (from, Bound::Unbounded)) {
        if page.is_full() {
            return Ok(page.unfinished());
        }
        let (key, row) = guard.into_inner().map_err(read_error)?;
        let bad = |bad: crate::error::BadRow| bad.at(&Space::Users.name(), &key);
        let (user, _) = keys::read_user(&key).map_err(bad)?;
        let wanted = user.workspace == workspace && !rows::state::decode_header(&row).map_err(bad)?.is_alias;
        page.pass(key.to_vec(), wanted.then_some(user));
    }
    Ok(page.finished())
}

/// The next user of each bucket is known; the least of them comes next.
fn with_events(view: &View, workspace: WorkspaceId, after: Option<&Key>, limit: usize) -> Result<UserPage, StorageError> {
    let mut next = Vec::with_capacity(view.buckets.len());
    for bucket in view.buckets.iter() {
        next.push(next_user(view, &bucket.keyspace, Space::Bucket(bucket.day), after)?);
    }
    let mut page = Page::new(limit);
    while let Some(least) = next.iter().flatten().min().cloned() {
        if page.is_full() {
            return Ok(page.unfinished());
        }
        for (next, bucket) in next.iter_mut().zip(view.buckets.iter()) {
            if next.as_ref() == Some(&least) {
                *next = next_user(view, &bucket.keyspace, Space::Bucket(bucket.day), Some(&least))?;
            }
        }
        let (user, _) = keys::read_user(&least).map_err(|bad| bad.at("users of buckets", &least))?;
        let wanted = user.workspace == workspace;
        page.pass(least, wanted.then_some(user));
    }
    Ok(page.finished())
}

/// The key of the first user behind another who has rows in a bucket.
fn next_user(view: &View, bucket: &Keyspace, space: Space, after: Option<&Key>) -> Result<Option<Key>, StorageError> {
    let from = after.map_or(Bound::Unbounded, |user| Bound::Excluded(keys::last_of(user)));
    let Some(guard) = view.snapshot.range::<Key, _>(bucket, (from, Bound::Unbounded)).next() else { return Ok(None) };
    let key = guard.key().map_err(read_error)?;
    let (_, length) = keys::read_user(&key).map_err(|bad| bad.at(&space.name(), &key))?;
    Ok(Some(key[..length].to_vec()))
}

struct Page {
    users: Vec<sonde_core::user::UserRef>,
    last: Key,
    limit: usize,
    rows_left: usize,
}

impl Page {
    fn new(limit: usize) -> Self {
        Self { users: Vec::new(), last: Key::new(), limit, rows_left: limit.saturating_mul(ROWS_PER_USER) }
    }

    fn is_full(&self) -> bool {
        self.users.len() == self.limit || self.rows_left == 0
    }

    fn pass(&mut self, key: Key, wanted: Option<sonde_core::user::UserRef>) {
        self.rows_left -= 1;
        self.last = key;
        self.users.extend(wanted);
    }

    /// Hashes are spread evenly: as much of their range lies behind as of the users.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits")]
    fn unfinished(self) -> UserPage {
        let hash = self.last.first_chunk().map_or(0, |hash| u64::from_be_bytes(*hash));
        let covered = (hash as f64 / u64::MAX as f64).min(1.0 - f64::EPSILON);
        UserPage { users: self.users, covered, next: Some(UserCursor(self.last)) }
    }

    fn finished(self) -> UserPage {
        UserPage { users: self.users, covered: 1.0, next: None }
    }
}

fn read_error(error: fjall::Error) -> StorageError {
    error::fjall("go over users", error)
}
