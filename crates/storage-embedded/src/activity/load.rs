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
use super::tables::{BucketView, Space, Tables, View};
use crate::error::{self, BadRow};
use crate::events::Found as FoundEvent;
use crate::events::entry::{UserEntry, put_words, read_words};
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
    being_merged(tables, view, user, &state, id)
}

/// The same with what is kept of the user beside events and displays.
pub(crate) fn display_with_state(
    tables: &Tables,
    view: &View,
    user: &UserRef,
    id: DisplayId,
) -> Result<(UserState, Option<Display>), StorageError> {
    let key = keys::user(user);
    let state = read_state(tables, view, &key)?;
    if !has_rows(&state) {
        return Ok((state, None));
    }
    let own = read_display(tables, view, &keys::display(&key, id))?;
    let found = if own.is_some() { own } else { being_merged(tables, view, user, &state, id)? };
    Ok((state, found))
}

/// A display that still lies under an id that is being merged.
fn being_merged(tables: &Tables, view: &View, user: &UserRef, state: &UserState, id: DisplayId) -> Result<Option<Display>, StorageError> {
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
    let from = from.map(|EventCursor(bytes)| Place::read(bytes).map_err(|bad| bad.at("cursor", bytes))).transpose()?;
    let mut page = EventPage::default();
    for bucket in view.buckets.iter().filter(|bucket| from.as_ref().is_none_or(|from| bucket.day <= from.day)) {
        let in_midst = from.as_ref().filter(|from| from.day == bucket.day);
        let first_owner = in_midst.map_or(0, |from| {
            let known = owners.iter().position(|owner| *owner == from.owner);
            known.unwrap_or(owners.len().saturating_sub(1))
        });
        for owner in &owners[first_owner..] {
            let reading = bucket.events.reading();
            let mut events = match in_midst.filter(|from| from.owner == *owner) {
                Some(from) => reading.events_from(owner, &from.entry)?,
                None => reading.events_of(owner)?,
            };
            while let Some(FoundEvent { entry, event }) = events.next()? {
                if page.events.len() == limit {
                    page.next = Some(Place { day: bucket.day, owner: owner.clone(), entry }.write());
                    return Ok(page);
                }
                page.events.push(event.to_domain().map_err(|bad| bad_event(bucket, owner, bad))?);
            }
        }
    }
    Ok(page)
}

/// Where a page of events ended: a cursor is the day, the entry, and the key of whose events these are.
struct Place {
    day: i32,
    owner: Key,
    entry: UserEntry,
}

impl Place {
    fn write(&self) -> EventCursor {
        let mut bytes = self.day.to_be_bytes().to_vec();
        put_words(&self.entry, &mut bytes);
        bytes.extend_from_slice(&self.owner);
        EventCursor(bytes)
    }

    fn read(bytes: &[u8]) -> Result<Self, BadRow> {
        let mut bytes = Bytes(bytes);
        let day = i32::from_be_bytes(bytes.array()?);
        let entry = read_words(bytes.take(size_of::<UserEntry>())?);
        Ok(Self { day, owner: bytes.0.to_vec(), entry })
    }
}

fn bad_event(bucket: &BucketView, owner: &Key, bad: BadRow) -> StorageError {
    bad.at(&format!("the events of day {}", bucket.day), owner)
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
    for bucket in &view.buckets {
        for user in &places {
            find_in_bucket(bucket, user, id, &mut found)?;
        }
    }
    found.sort_by_key(|event| std::cmp::Reverse((event.received_at, event.seq)));
    Ok(found)
}

fn find_in_bucket(bucket: &BucketView, user: &Key, id: &EventId, found: &mut Vec<EventRecord>) -> Result<(), StorageError> {
    let mut events = bucket.events.reading().events_of(user)?;
    while let Some(FoundEvent { event, .. }) = events.next()? {
        if event.id == id.as_str() {
            found.push(event.to_domain().map_err(|bad| bad_event(bucket, user, bad))?);
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
        for bucket in &view.buckets {
            // Most users have no marks in most buckets: a filter in memory says so, nothing is searched.
            if bucket.present.may_have(user) {
                self.read_marks(view, bucket, user)?;
            }
            self.read_events(bucket, user, now)?;
        }
        Ok(())
    }

    fn read_marks(&mut self, view: &View, bucket: &BucketView, user: &Key) -> Result<(), StorageError> {
        for guard in view.snapshot.prefix(&bucket.marks, user) {
            let (key, row) = guard.into_inner().map_err(read_error)?;
            let bad = |bad: BadRow| bad.at(&Space::Marks(bucket.day).name(), &key);
            match key.get(user.len()..).and_then(<[u8]>::split_first) {
                Some((&kind::CANCELLED, suffix)) => self.cancelled.push(read_cancelled(suffix, &row).map_err(bad)?),
                Some((&kind::MARK, suffix)) => self.marks.push(read_mark(suffix, &row).map_err(bad)?),
                _ => return Err(bad(BadRow::new("it is no mark"))),
            }
        }
        Ok(())
    }

    /// Trigger by trigger and the newest first: of each trigger no more is read than can matter.
    fn read_events(&mut self, bucket: &BucketView, user: &Key, now: Timestamp) -> Result<(), StorageError> {
        let mut events = bucket.events.reading().events_of(user)?;
        let (mut trigger, mut of_trigger) = (0, 0);
        while let Some(FoundEvent { entry, event }) = events.next()? {
            of_trigger = if of_trigger > 0 && entry[1] == trigger { of_trigger + 1 } else { 1 };
            trigger = entry[1];
            if now.since(event.effective_at) > EVENT_LIFETIME || of_trigger > EVENTS_PER_TRIGGER_CONSIDERED {
                // All further ones of this trigger are older still.
                events.skip_trigger(&entry)?;
                continue;
            }
            self.events.push(event.to_domain().map_err(|bad| bad_event(bucket, user, bad))?);
        }
        Ok(())
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

fn read_error(error: fjall::Error) -> StorageError {
    error::fjall("read a user", error)
}
