//! Applying one group of writes: what each becomes, and the rows it changes.

use std::collections::{BTreeMap, BTreeSet};

use sonde_core::display::UserChange;
use sonde_core::event::{EventId, EventSeq};
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerKind;
use sonde_core::user::{CancelMark, Namespace, UserRef, UserState};
use sonde_storage::{Append, EventFingerprint, Observation, Outcome, StorageError, StorageErrorKind, Write};

use super::group::{Changed, Group};
use super::keys::{self, Key};
use super::load::{anonymous, write_cancelled, write_mark};
use super::stats::{Additions, Seen, TriggerBook};
use super::tables::Space;
use crate::events::Pending;
use crate::events::record::Event;
use crate::rows;
use crate::rows::state::Header;

/// The key of the row that says which sequence number the next event gets, but for events in the logs that are newer than
/// the row.
pub(crate) const NEXT_EVENT_SEQ: &[u8] = b"next_event_seq";

/// The key of the row that says which version a user has whom nobody has written.
pub(crate) const VERSION_FLOOR: &[u8] = b"version_floor";
/// The key of the row that says which time was the latest that a write carried, in milliseconds since 1970; but for the
/// receipts of such events.
pub(crate) const LATEST_TIME: &[u8] = b"latest_time";

/// Numbers to be given out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    /// The next event's.
    pub(crate) event: u64,
    /// The next outbox entry's.
    pub(crate) outbox: u64,
    /// The version of a user nobody has written. It rises with every state that is erased, so that no change made
    /// before an erasure fits what is there after it.
    pub(crate) version_floor: u64,
    /// The latest time that a stored write carried.
    pub(crate) latest: Option<Timestamp>,
}

impl Numbers {
    /// What is written of them whenever rows are.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static [u8], u64)> {
        let latest = self.latest.map(|latest| (LATEST_TIME, latest.as_millis().cast_unsigned()));
        std::iter::once((NEXT_EVENT_SEQ, self.event)).chain(latest)
    }
}

/// Writes of a group that rest on what cannot be read, by their place in it, and why.
pub(crate) type Unreadable = BTreeMap<usize, Box<str>>;

/// One group on its way to a batch. Nothing outside changes until the batch is durable.
pub(crate) struct Pass<'a> {
    pub(super) group: Group<'a>,
    additions: Additions,
    pub(super) numbers: Numbers,
    /// Keys of users who are being erased.
    pub(super) erasing: BTreeSet<Key>,
    book: &'a TriggerBook,
}

/// What a whole group comes to.
pub(crate) struct Applied {
    /// In the order of the group.
    pub(crate) outcomes: Vec<Outcome>,
    /// The rows to store.
    pub(crate) spaces: BTreeMap<Space, Changed>,
    /// What goes to the logs of days.
    pub(crate) days: BTreeMap<i32, Pending>,
    /// For the statistics, once the rows are durable.
    pub(crate) additions: Additions,
    /// What the next group begins with.
    pub(crate) numbers: Numbers,
    /// Who is being erased then.
    pub(crate) erasing: BTreeSet<Key>,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(group: Group<'a>, book: &'a TriggerBook, numbers: Numbers, erasing: BTreeSet<Key>) -> Self {
        Self { group, additions: Additions::default(), numbers, erasing, book }
    }

    /// Applies all writes in order, each seeing those before it, but for those that are `unreadable`, to which it adds what
    /// turns out to be. `None`: such a write left something behind, this pass is of no use any more.
    pub(crate) fn apply_all(mut self, writes: &[Write], unreadable: &mut Unreadable) -> Result<Option<Applied>, StorageError> {
        let before = self.numbers;
        let mut outcomes = Vec::with_capacity(writes.len());
        for (place, write) in writes.iter().enumerate() {
            if let Some(why) = unreadable.get(&place) {
                outcomes.push(Outcome::Unreadable(why.clone()));
                continue;
            }
            let changes = self.group.changes();
            match self.apply(write) {
                Ok(outcome) => {
                    self.numbers.latest = self.numbers.latest.max(write.at());
                    outcomes.push(outcome);
                }
                Err(error) if error.kind() == StorageErrorKind::Corrupt => {
                    let why: Box<str> = error.to_string().into();
                    unreadable.insert(place, why.clone());
                    if self.group.changes() != changes {
                        return Ok(None);
                    }
                    outcomes.push(Outcome::Unreadable(why));
                }
                Err(error) => return Err(error),
            }
        }
        self.book.write(&mut self.additions, &mut self.group);
        self.put_numbers(before);
        let Self { group, additions, numbers, erasing, .. } = self;
        let (spaces, days) = group.into_parts();
        Ok(Some(Applied { outcomes, spaces, days, additions, numbers, erasing }))
    }

    /// The numbers that changed, with the rows that are stored anyway: where nothing but events is stored, those say them.
    fn put_numbers(&mut self, before: Numbers) {
        if self.group.has_no_rows() {
            return;
        }
        for (key, number) in self.numbers.rows() {
            self.group.put(Space::Meta, key.to_vec(), number.to_be_bytes().to_vec());
        }
        if self.numbers.version_floor != before.version_floor {
            self.group.put(Space::Meta, VERSION_FLOOR.to_vec(), self.numbers.version_floor.to_be_bytes().to_vec());
        }
    }

    fn apply(&mut self, write: &Write) -> Result<Outcome, StorageError> {
        match write {
            Write::Append(append) => self.append(append),
            Write::Change(change) => self.change(change),
            Write::Merge(merge) => self.merge(merge),
            Write::ContinueMerge { from, into } => self.continue_merge(from, into),
            Write::Erase(erase) => self.erase(erase),
            Write::ContinueErase { user } => self.continue_erase(user),
            Write::LearnAttributes(seen) => self.learn_attributes(seen),
            Write::Observe(observation) => Ok(self.observe(observation)),
            Write::Refuse(note) => self.refuse(note),
            Write::CountDecisions(note) => self.count_decisions(note),
        }
    }

    fn append(&mut self, append: &Append) -> Result<Outcome, StorageError> {
        let owner = self.owner(&append.user)?;
        let user = keys::user(&owner);
        if self.erasing.contains(&user) {
            return Ok(Outcome::Erasing);
        }
        if let Some(fingerprint) = append.fingerprint
            && let Some(stored) = self.stored_fingerprint(&owner, &user, &append.id)?
        {
            return Ok(if stored == fingerprint { Outcome::Duplicate } else { Outcome::FingerprintConflict });
        }
        let seen = Seen {
            workspace: owner.workspace,
            kind: TriggerKind::Backend,
            name: &append.trigger,
            at: append.received_at,
            count: 1,
            learn: &append.learn,
        };
        if !self.book.count(&mut self.additions, &seen) {
            return Ok(Outcome::TooManyTriggers);
        }
        let seq = EventSeq(self.numbers.event);
        self.numbers.event += 1;
        let event = Event {
            user: &user,
            trigger: append.trigger.as_str(),
            effective_at: append.effective_at,
            received_at: append.received_at,
            seq,
            id: append.id.as_str(),
            fingerprint: append.fingerprint,
            properties: append.properties.as_str(),
        };
        self.group.add_event(append.received_at.utc_day(), event, false);
        Ok(Outcome::Appended)
    }

    fn change(&mut self, change: &UserChange) -> Result<Outcome, StorageError> {
        debug_assert_eq!(change.state.version, change.expected_version + 1, "a change raises the version by one");
        let user = keys::user(&change.user);
        if self.erasing.contains(&user) {
            return Ok(Outcome::Erasing);
        }
        let header = self.header(&user)?;
        if header.version != change.expected_version {
            return Ok(Outcome::VersionConflict);
        }
        self.put_state(user.clone(), &change.state);
        for display in &change.displays {
            let row = rows::display::encode(display);
            if display.shown_at.is_some() {
                self.put_outbox(rows::outbox::encode_shown(&change.user, display, &row));
            }
            self.group.put(Space::Displays, keys::display(&user, display.id), row);
        }
        for mark in &change.consumed {
            let day = mark.received_at.utc_day();
            // Where the event's bucket is gone, so is all that the mark could ever matter for.
            if self.group.has_bucket(day) {
                self.group.put(Space::Marks(day), keys::mark(&user, mark), write_mark(mark));
            }
        }
        for mark in &change.cancelled {
            self.cancel(&change.user, &user, header.is_merging, mark)?;
        }
        Ok(Outcome::Changed)
    }

    /// The first mark of an event stays, also one that still lies under an id being merged.
    fn cancel(&mut self, owner: &UserRef, user: &Key, is_merging: bool, mark: &CancelMark) -> Result<(), StorageError> {
        let marks = Space::Marks(mark.event.received_at.utc_day());
        if !self.group.has_bucket(mark.event.received_at.utc_day()) {
            return Ok(());
        }
        let mut places = vec![user.clone()];
        if is_merging {
            places.extend(self.state(user)?.merging.iter().map(|from| keys::user(&anonymous(owner, from))));
        }
        for place in places {
            if self.group.contains(marks, &keys::cancelled(&place, mark.event.seq))? {
                return Ok(());
            }
        }
        self.group.put(marks, keys::cancelled(user, mark.event.seq), write_cancelled(mark));
        Ok(())
    }

    fn observe(&mut self, observation: &Observation) -> Outcome {
        let seen = Seen {
            workspace: observation.workspace,
            kind: TriggerKind::Frontend,
            name: &observation.trigger,
            at: observation.at,
            count: observation.count,
            learn: &observation.learn,
        };
        // One trigger too many is ignored: nobody waits for the answer.
        let _ = self.book.count(&mut self.additions, &seen);
        Outcome::Observed
    }

    /// Whose an event becomes: an alias's events go to the user it stands for.
    pub(super) fn owner(&self, user: &UserRef) -> Result<UserRef, StorageError> {
        if user.namespace == Namespace::Identified {
            return Ok(user.clone());
        }
        let key = keys::user(user);
        if !self.header(&key)?.is_alias {
            return Ok(user.clone());
        }
        Ok(match self.state(&key)?.alias_of {
            Some(id) => UserRef { workspace: user.workspace, namespace: Namespace::Identified, id },
            None => user.clone(),
        })
    }

    /// The fingerprint stored for an event id: the newest bucket first, and in each the user's own record before those
    /// of the ids being merged, in the order of the merges. Copying keeps to the same order.
    fn stored_fingerprint(&self, owner: &UserRef, user: &Key, id: &EventId) -> Result<Option<EventFingerprint>, StorageError> {
        let mut merging = Vec::new();
        if owner.namespace == Namespace::Identified && self.header(user)?.is_merging {
            merging.extend(self.state(user)?.merging.iter().map(|from| keys::user(&anonymous(owner, from))));
        }
        for day in self.group.days() {
            let Some(events) = self.group.events(day) else { continue };
            for user in std::iter::once(user).chain(&merging) {
                let stored = events.fingerprint(user, id.as_str())?;
                if stored.is_some() {
                    return Ok(stored);
                }
            }
        }
        Ok(None)
    }

    pub(super) fn header(&self, user: &Key) -> Result<Header, StorageError> {
        match self.group.get(Space::Users, user)? {
            Some(row) => rows::state::decode_header(&row).map_err(|bad| bad.at(&Space::Users.name(), user)),
            None => Ok(Header { version: self.numbers.version_floor, ..Header::default() }),
        }
    }

    pub(super) fn state(&self, user: &Key) -> Result<UserState, StorageError> {
        match self.group.get(Space::Users, user)? {
            Some(row) => rows::state::decode(&row).map_err(|bad| bad.at(&Space::Users.name(), user)),
            None => Ok(UserState { version: self.numbers.version_floor, ..UserState::default() }),
        }
    }

    pub(super) fn put_state(&mut self, user: Key, state: &UserState) {
        self.group.put(Space::Users, user, rows::state::encode(state));
    }

    pub(super) fn put_outbox(&mut self, row: Vec<u8>) {
        self.group.put(Space::Outbox, self.numbers.outbox.to_be_bytes().to_vec(), row);
        self.numbers.outbox += 1;
    }
}
