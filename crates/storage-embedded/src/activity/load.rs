//! Reading one user.

use std::collections::BTreeMap;

use fjall::Readable;
use sonde_core::display::Display;
use sonde_core::event::{EVENT_LIFETIME, EventId, EventRecord, EventSeq};
use sonde_core::id::DisplayId;
use sonde_core::limits::EVENTS_PER_TRIGGER_CONSIDERED;
use sonde_core::time::Timestamp;
use sonde_core::user::{CancelMark, Consumption, EventMark, Namespace, UserActivity, UserId, UserRef, UserState};
use sonde_storage::{EventCursor, EventPage, StorageError};

use super::keys::{self, Bytes, Key, kind};
use super::tables::{Bucket, Space, Tables, View};
use crate::error::{self, BadRow};
use crate::rows;

/// Everything a decision reads of a user.
pub(crate) fn load(tables: &Tables, view: &View, user: &UserRef, now: Timestamp) -> Result<UserActivity, StorageError> {
    let key = keys::user(user);
    let mut activity = UserActivity::unknown(user.clone());
    activity.state = read_state(tables, view, &key)?;
    if !has_rows(&activity.state) {
        return Ok(activity);
    }
    let mut found = Found::default();
    found.read(view, &key, now)?;
    for from in &activity.state.merging {
        found.read(view, &keys::user(&anonymous(user, from)), now)?;
    }
    found.into_activity(&mut activity);
    Ok(activity)
}

/// What is kept of a user beside events and displays.
pub(crate) fn state(tables: &Tables, view: &View, user: &UserRef) -> Result<UserState, StorageError> {
    read_state(tables, view, &keys::user(user))
}

/// One display of a user.
pub(crate) fn display(tables: &Tables, view: &View, user: &UserRef, id: DisplayId) -> Result<Option<Display>, StorageError> {
    let key = keys::user(user);
    let header = match view.snapshot.get(&tables.users, &key).map_err(read_error)? {
        Some(row) => rows::state::decode_header(&row).map_err(|bad| bad.at(&Space::Users.name(), &key))?,
        None => rows::state::Header::default(),
    };
    if header.is_alias || header.is_erasing {
        return Ok(None);
    }
    let own = read_display(tables, view, &keys::display(&key, id))?;
    if own.is_some() || !header.is_merging {
        return Ok(own);
    }
    let state = read_state(tables, view, &key)?;
    for from in &state.merging {
        let display = read_display(tables, view, &keys::display(&keys::user(&anonymous(user, from)), id))?;
        if display.is_some() {
            return Ok(display);
        }
    }
    Ok(None)
}

/// Displays of a user, the newest first.
pub(crate) fn displays_of(
    tables: &Tables,
    view: &View,
    user: &UserRef,
    before: Option<DisplayId>,
    limit: usize,
) -> Result<Vec<Display>, StorageError> {
    let mut newest: BTreeMap<DisplayId, Display> = BTreeMap::new();
    for owner in owners(tables, view, user)? {
        let end = before.map_or_else(|| keys::display(&owner, DisplayId::from_bytes([0xFF; 16])), |before| keys::display(&owner, before));
        let of_owner = view.snapshot.range(&tables.displays, owner..end).rev().take(limit);
        for guard in of_owner {
            let (key, row) = guard.into_inner().map_err(read_error)?;
            let display = rows::display::decode(&row).map_err(|bad| bad.at(&Space::Displays.name(), &key))?;
            // The user's own row is the last that is looked at, and counts.
            newest.insert(display.id, display);
        }
    }
    Ok(newest.into_values().rev().take(limit).collect())
}

/// All events of a user: the newest bucket first, in each those of ids that are being merged before the user's own, so that
/// one that is moved meanwhile is not missed.
pub(crate) fn events_of(
    tables: &Tables,
    view: &View,
    user: &UserRef,
    from: Option<&EventCursor>,
    limit: usize,
) -> Result<EventPage, StorageError> {
    let owners = owners(tables, view, user)?;
    let from = from.map(|EventCursor(bytes)| read_cursor(bytes)).transpose()?;
    let mut page = EventPage::default();
    for bucket in view.buckets.iter().filter(|bucket| from.as_ref().is_none_or(|(day, _)| bucket.day <= *day)) {
        let in_midst = from.as_ref().filter(|(day, _)| *day == bucket.day).map(|(_, key)| key);
        let first_owner = in_midst.map_or(0, |key| {
            let known = owners.iter().position(|owner| key.starts_with(owner));
            known.unwrap_or(owners.len().saturating_sub(1))
        });
        for owner in &owners[first_owner..] {
            let start = in_midst.filter(|key| key.starts_with(owner)).cloned().unwrap_or_else(|| with_kind(owner, kind::EVENT));
            for guard in view.snapshot.range(&bucket.keyspace, start..with_kind(owner, kind::EVENT_ID)) {
                let (key, row) = guard.into_inner().map_err(read_error)?;
                if page.events.len() == limit {
                    page.next = Some(EventCursor([bucket.day.to_be_bytes().as_slice(), &key].concat()));
                    return Ok(page);
                }
                let event = rows::event::decode(&key[owner.len() + 1..], &row);
                page.events.push(event.map_err(|bad| bad.at(&Space::Bucket(bucket.day).name(), &key))?);
            }
        }
    }
    Ok(page)
}

fn read_cursor(bytes: &[u8]) -> Result<(i32, Key), StorageError> {
    let mut rest = Bytes(bytes);
    let day = rest.array().map_err(|bad| bad.at("cursor", bytes))?;
    Ok((i32::from_be_bytes(day), rest.0.to_vec()))
}

/// Under which keys the rows of a user lie: those of ids that are being merged first, the user's own last.
fn owners(tables: &Tables, view: &View, user: &UserRef) -> Result<Vec<Key>, StorageError> {
    let key = keys::user(user);
    let state = read_state(tables, view, &key)?;
    if !has_rows(&state) {
        return Ok(Vec::new());
    }
    let mut owners: Vec<Key> = state.merging.iter().map(|from| keys::user(&anonymous(user, from))).collect();
    owners.push(key);
    Ok(owners)
}

/// What still lies under an alias belongs to the user it stands for; what lies under a user who is being erased to nobody.
fn has_rows(state: &UserState) -> bool {
    state.alias_of.is_none() && !state.erasing
}

/// All events of a user with an id. All rows of the user in a bucket are gone through: this is for the rare call that
/// cancels an event.
pub(crate) fn find_events(tables: &Tables, view: &View, user: &UserRef, id: &EventId) -> Result<Vec<EventRecord>, StorageError> {
    let places = owners(tables, view, user)?;
    let mut found = Vec::new();
    for bucket in view.buckets.iter() {
        for user in &places {
            if bucket.present.may_have(user) {
                find_in_bucket(view, bucket, user, id, &mut found)?;
            }
        }
    }
    found.sort_by_key(|event| std::cmp::Reverse((event.received_at, event.seq)));
    Ok(found)
}

fn find_in_bucket(view: &View, bucket: &Bucket, user: &Key, id: &EventId, found: &mut Vec<EventRecord>) -> Result<(), StorageError> {
    for guard in view.snapshot.range(&bucket.keyspace, with_kind(user, kind::EVENT)..with_kind(user, kind::EVENT_ID)) {
        let (key, row) = guard.into_inner().map_err(read_error)?;
        let event = rows::event::decode(&key[user.len() + 1..], &row).map_err(|bad| bad.at(&Space::Bucket(bucket.day).name(), &key))?;
        if event.id == *id {
            found.push(event);
        }
    }
    Ok(())
}

/// The anonymous user of an id that is being merged into `user`.
pub(crate) fn anonymous(user: &UserRef, id: &UserId) -> UserRef {
    UserRef { workspace: user.workspace, namespace: Namespace::Anonymous, id: id.clone() }
}

fn read_state(tables: &Tables, view: &View, key: &Key) -> Result<UserState, StorageError> {
    match view.snapshot.get(&tables.users, key).map_err(read_error)? {
        Some(row) => rows::state::decode(&row).map_err(|bad| bad.at(&Space::Users.name(), key)),
        None => Ok(UserState { version: view.version_floor, ..UserState::default() }),
    }
}

fn read_display(tables: &Tables, view: &View, key: &Key) -> Result<Option<Display>, StorageError> {
    let row = view.snapshot.get(&tables.displays, key).map_err(read_error)?;
    row.map(|row| rows::display::decode(&row).map_err(|bad| bad.at(&Space::Displays.name(), key))).transpose()
}

/// Rows of a user in all buckets, under all ids.
#[derive(Default)]
struct Found {
    events: Vec<EventRecord>,
    marks: Vec<Consumption>,
    cancelled: Vec<CancelMark>,
}

impl Found {
    fn read(&mut self, view: &View, user: &Key, now: Timestamp) -> Result<(), StorageError> {
        for bucket in view.buckets.iter() {
            // Most users have nothing in most buckets: a filter in memory says so, nothing is searched.
            if bucket.present.may_have(user) {
                self.read_bucket(view, bucket, user, now)?;
            }
        }
        Ok(())
    }

    /// Marks, then events, trigger by trigger and the newest first: of each trigger no more is read than can matter.
    fn read_bucket(&mut self, view: &View, bucket: &Bucket, user: &Key, now: Timestamp) -> Result<(), StorageError> {
        let mut from = with_kind(user, kind::CANCELLED);
        let end = with_kind(user, kind::EVENT_ID);
        'triggers: loop {
            let mut of_trigger = 0;
            let first = self.events.len();
            for guard in view.snapshot.range(&bucket.keyspace, from.clone()..end.clone()) {
                let (key, row) = guard.into_inner().map_err(read_error)?;
                let bad = |bad: BadRow| bad.at(&Space::Bucket(bucket.day).name(), &key);
                let suffix = &key[user.len() + 1..];
                match key[user.len()] {
                    kind::CANCELLED => {
                        self.cancelled.push(read_cancelled(suffix, &row).map_err(bad)?);
                        continue;
                    }
                    kind::MARK => {
                        self.marks.push(read_mark(suffix, &row).map_err(bad)?);
                        continue;
                    }
                    _ => {}
                }
                let event = rows::event::decode(suffix, &row).map_err(bad)?;
                let same = self.events[first..].last().is_some_and(|before| before.trigger == event.trigger);
                of_trigger = if same { of_trigger + 1 } else { 1 };
                let is_old = now.since(event.effective_at) > EVENT_LIFETIME;
                if is_old || of_trigger > EVENTS_PER_TRIGGER_CONSIDERED {
                    // All further ones of this trigger are older still: go on behind them.
                    from = keys::events_of(user, &event.trigger);
                    from.extend_from_slice(&[0xFF; 17]);
                    continue 'triggers;
                }
                self.events.push(event);
            }
            return Ok(());
        }
    }

    /// Newest first, of each trigger the newest over all buckets and ids.
    fn into_activity(mut self, activity: &mut UserActivity) {
        self.events.sort_by_key(|event| std::cmp::Reverse(event.recency()));
        if self.events.len() > EVENTS_PER_TRIGGER_CONSIDERED {
            let mut counts = std::collections::HashMap::new();
            self.events.retain(|event| {
                let count = counts.entry(event.trigger.clone()).or_insert(0_usize);
                *count += 1;
                *count <= EVENTS_PER_TRIGGER_CONSIDERED
            });
        }
        self.marks.sort_unstable();
        self.marks.dedup();
        self.cancelled.sort_unstable();
        self.cancelled.dedup();
        activity.events = self.events;
        activity.consumed = self.marks;
        activity.cancelled = self.cancelled;
    }
}

/// A mark's row: effective time and receipt of its event.
pub(crate) fn write_mark(mark: &Consumption) -> Vec<u8> {
    [mark.effective_at.as_millis().to_be_bytes(), mark.received_at.as_millis().to_be_bytes()].concat()
}

fn read_mark(suffix: &[u8], row: &[u8]) -> Result<Consumption, BadRow> {
    let (mut key, mut row) = (Bytes(suffix), Bytes(row));
    let mark = Consumption {
        survey: sonde_core::id::SurveyId::from_bytes(key.array()?),
        seq: sonde_core::event::EventSeq(key.u64()?),
        effective_at: row.timestamp()?,
        received_at: row.timestamp()?,
    };
    key.end()?;
    row.end()?;
    Ok(mark)
}

/// A cancelled event's row: its effective time, its receipt, and when it was cancelled.
pub(crate) fn write_cancelled(mark: &CancelMark) -> Vec<u8> {
    [mark.event.effective_at, mark.event.received_at, mark.cancelled_at].map(|at| at.as_millis().to_be_bytes()).concat()
}

fn read_cancelled(suffix: &[u8], row: &[u8]) -> Result<CancelMark, BadRow> {
    let (mut key, mut row) = (Bytes(suffix), Bytes(row));
    let event = EventMark { seq: EventSeq(key.u64()?), effective_at: row.timestamp()?, received_at: row.timestamp()? };
    let mark = CancelMark { event, cancelled_at: row.timestamp()? };
    key.end()?;
    row.end()?;
    Ok(mark)
}

fn with_kind(user: &Key, kind: u8) -> Key {
    let mut key = user.clone();
    key.push(kind);
    key
}

fn read_error(error: fjall::Error) -> StorageError {
    error::fjall("read a user", error)
}
