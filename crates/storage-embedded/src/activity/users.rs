//! Going over users in the order of their keys: that of a stable hash, so that the first of them are a fair sample.

use std::collections::BTreeSet;
use std::ops::Bound;

use fjall::Readable;
use sonde_core::id::WorkspaceId;
use sonde_storage::{StorageError, UserCursor, UserPage, UsersWith};

use super::keys::{self, Key};
use super::tables::{BucketView, Space, Tables, View};
use crate::error;
use crate::events::{Events, Found, entry};
use crate::rows;

/// Rows read for each user that a page may name: users of other workspaces lie in between.
const ROWS_PER_USER: usize = 16;
/// Events looked at of one hash: two users share one about never, and a user may have a million.
const EVENTS_LOOKED_AT: usize = 32;

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
    let mut walks = view.buckets.iter().map(|bucket| Walk::behind(after, bucket)).collect::<Result<Vec<_>, _>>()?;
    let mut page = Page::new(limit);
    while let Some(least) = walks.iter().filter_map(|walk| walk.next.as_ref()).min().cloned() {
        if page.is_full() {
            return Ok(page.unfinished());
        }
        for walk in walks.iter_mut().filter(|walk| walk.next.as_ref() == Some(&least)) {
            walk.advance()?;
        }
        let (user, _) = keys::read_user(&least).map_err(|bad| bad.at("users of buckets", &least))?;
        let wanted = user.workspace == workspace;
        page.pass(least, wanted.then_some(user));
    }
    Ok(page.finished())
}

/// Goes over the users who have events in one bucket.
struct Walk<'a> {
    events: Events<'a>,
    /// The key of the next user.
    next: Option<Key>,
    /// Further ones with the same hash: in the log these lie in the order of their triggers.
    alike: BTreeSet<Key>,
    /// The first with another hash.
    behind: Option<(u64, Key)>,
}

impl<'a> Walk<'a> {
    fn behind(after: Option<&Key>, bucket: &'a BucketView) -> Result<Self, StorageError> {
        let events = bucket.events.reading().all_from(after.map_or(0, |user| entry::user_hash(user)))?;
        let mut walk = Self { events, next: None, alike: BTreeSet::new(), behind: None };
        walk.advance()?;
        while walk.next.as_ref().is_some_and(|user| after.is_some_and(|after| user <= after)) {
            walk.advance()?;
        }
        Ok(walk)
    }

    fn advance(&mut self) -> Result<(), StorageError> {
        if self.alike.is_empty() {
            self.read_alike()?;
        }
        self.next = self.alike.pop_first();
        Ok(())
    }

    fn read_alike(&mut self) -> Result<(), StorageError> {
        let mut hash = self.behind.take().map(|(hash, user)| {
            self.alike.insert(user);
            hash
        });
        let mut looked_at = 0;
        while let Some(Found { entry, event }) = self.events.next()? {
            if hash.is_some_and(|hash| hash != entry[0]) {
                self.behind = Some((entry[0], event.user.to_vec()));
                break;
            }
            hash = Some(entry[0]);
            if !self.alike.contains(event.user) {
                self.alike.insert(event.user.to_vec());
            }
            looked_at += 1;
            if looked_at % EVENTS_LOOKED_AT == 0 {
                self.events.skip_user(&entry)?;
            }
        }
        Ok(())
    }
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
