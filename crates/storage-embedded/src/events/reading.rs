//! Reading a day's events: as of a view, or as the writer's group leaves them.

use sonde_storage::{EventFingerprint, StorageError};

use super::cursor::{Cursor, Source};
use super::day::{Log, Pending};
use super::entry::{self, Place, UserEntry};
use super::index::{Index, Pair};
use super::mem::{Listed, Rows};
use super::record::{self, Event, Record};
use crate::error::BadRow;

/// Events of one day as of one moment.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// `None`: a day that has no log yet.
    pub(super) stored: Option<Stored<'a>>,
    /// What the writer's group adds.
    pub(super) pending: Option<&'a Pending>,
}

/// What was written before.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    pub(super) log: &'a Log,
    /// Nothing behind this position is seen.
    pub(super) end: u64,
    pub(super) index: &'a Index,
}

/// An event, and where it lies.
pub(crate) struct Found<'a> {
    pub(crate) entry: UserEntry,
    pub(crate) event: Event<'a>,
}

impl<'a> Reading<'a> {
    /// Of what a group adds to a day that has no log yet.
    pub(crate) const fn of_new(pending: &'a Pending) -> Self {
        Self { stored: None, pending: Some(pending) }
    }

    fn runs(self) -> impl Iterator<Item = &'a Pair> {
        self.stored.into_iter().flat_map(|stored| &stored.index.runs).map(|pair| &**pair)
    }

    /// The events of the user with this key: trigger by trigger, the newest first.
    pub(crate) fn events_of(self, user: &'a [u8]) -> Result<Events<'a>, StorageError> {
        self.events_from(user, &[entry::user_hash(user), 0, 0, 0, 0])
    }

    /// The same from an entry on.
    pub(crate) fn events_from(self, user: &'a [u8], from: &UserEntry) -> Result<Events<'a>, StorageError> {
        let cursor = self.by_user(from, Some(entry::user_hash(user)))?;
        Ok(Events { reading: self, cursor, user: Some(user), bytes: Vec::new() })
    }

    /// The events of all users, those of one together.
    pub(crate) fn all(self) -> Result<Events<'a>, StorageError> {
        self.all_from(0)
    }

    /// The same from users with a hash on.
    pub(crate) fn all_from(self, hash: u64) -> Result<Events<'a>, StorageError> {
        let cursor = self.by_user(&[hash, 0, 0, 0, 0], None)?;
        Ok(Events { reading: self, cursor, user: None, bytes: Vec::new() })
    }

    fn by_user(self, from: &UserEntry, of: Option<u64>) -> Result<Cursor<'a, 5>, StorageError> {
        let runs = self.runs().map(|pair| &pair.users).filter(|run| of.is_none_or(|of| run.may_hold(of))).map(Source::Run);
        Cursor::new(self.in_memory(of).chain(runs), from, of)
    }

    fn in_memory<const N: usize>(self, of: Option<u64>) -> impl Iterator<Item = Source<'a, N>>
    where
        Rows: Listed<N>,
    {
        let group = self.pending.map(|pending| Source::Group(pending.rows()));
        let mems = self.stored.into_iter().flat_map(move |Stored { end, index, .. }| {
            let mems = index.frozen.iter().map(|frozen| &*frozen.mem).chain([&*index.newest]);
            mems.filter(move |mem| of.is_none_or(|of| mem.may_hold(of))).map(move |mem| Source::Mem(mem, end))
        });
        mems.chain(group)
    }

    /// The fingerprint of the event of a user with an id that was given by the sender.
    pub(crate) fn fingerprint(self, user: &[u8], id: &str) -> Result<Option<EventFingerprint>, StorageError> {
        let hash = entry::id_hash(user, id);
        let runs = self.runs().map(|pair| &pair.ids).filter(|run| run.may_hold(hash)).map(Source::Run);
        let mut cursor = Cursor::new(self.in_memory(Some(hash)).chain(runs), &[hash, 0], Some(hash))?;
        let mut bytes = Vec::new();
        while let Some([_, place]) = cursor.next()? {
            let event = self.event(Place(place), &mut bytes)?;
            if event.user == user && event.id == id {
                return Ok(event.fingerprint);
            }
        }
        Ok(None)
    }

    /// The event at a place, read into `bytes`.
    fn event(self, place: Place, bytes: &mut Vec<u8>) -> Result<Event<'_>, StorageError> {
        let bad = |bad: BadRow| match self.stored {
            Some(stored) => stored.log.bad(place.position(), &bad),
            None => bad.at("a group of events", &place.position().to_be_bytes()),
        };
        match (self.pending.and_then(|pending| pending.record(place)), self.stored) {
            (Some(record), _) => {
                bytes.clear();
                bytes.extend_from_slice(record);
            }
            (None, Some(stored)) => stored.log.read(place, bytes)?,
            (None, None) => return Err(bad(BadRow::new("there is nothing"))),
        }
        match record::read(bytes) {
            Ok(Record::Event(event) | Record::Moved(event)) => Ok(event),
            Ok(Record::Removed { .. }) => Err(bad(BadRow::new("a removal where an event should be"))),
            Err(wrong) => Err(bad(wrong)),
        }
    }
}

/// Events in the order of their entries.
pub(crate) struct Events<'a> {
    reading: Reading<'a>,
    cursor: Cursor<'a, 5>,
    /// Whose; `None`: everybody's.
    user: Option<&'a [u8]>,
    bytes: Vec<u8>,
}

impl Events<'_> {
    /// The next event.
    pub(crate) fn next(&mut self) -> Result<Option<Found<'_>>, StorageError> {
        // What a user with the same hash has is passed over.
        let entry = loop {
            let Some(entry) = self.cursor.next()? else { return Ok(None) };
            let event = self.reading.event(Place(entry[4]), &mut self.bytes)?;
            if self.user.is_none_or(|user| user == event.user) {
                break entry;
            }
        };
        let Ok(Record::Event(event) | Record::Moved(event)) = record::parse(&self.bytes) else { return Ok(None) };
        Ok(Some(Found { entry, event }))
    }

    /// Passes over all that is left of the trigger of an entry.
    pub(crate) fn skip_trigger(&mut self, entry: &UserEntry) -> Result<(), StorageError> {
        let [user, trigger, ..] = *entry;
        self.cursor.seek(&[user, trigger, u64::MAX, u64::MAX, u64::MAX])
    }

    /// Passes over all that is left of the user of an entry.
    pub(crate) fn skip_user(&mut self, entry: &UserEntry) -> Result<(), StorageError> {
        self.cursor.seek(&[entry[0], u64::MAX, u64::MAX, u64::MAX, u64::MAX])
    }
}
