//! The records of a log: an event, an event on its way from one user to another, or the removal of one.
//!
//! ```text
//! length u32, checksum u32 (low half of the xxh3 of what follows), kind u8           every record
//! sequence u64, effective i64, received i64, fingerprint: is there one u8, 16 bytes  an event, and one that was moved
//! user's key: length u16, bytes; trigger, id: the same; properties up to the end
//! entry of the removed record 5 x u64, entry of its id: is there one u8, 2 x u64     a removal
//! ```
//!
//! Numbers are big-endian.

use sonde_core::event::{EventId, EventRecord, EventSeq};
use sonde_core::properties::Properties;
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_storage::EventFingerprint;
use xxhash_rust::xxh3::xxh3_64;

use super::entry::{IdEntry, UserEntry, put_words, read_words};
use crate::activity::keys::Bytes;
use crate::error::BadRow;

/// Length and checksum.
const HEAD_BYTES: usize = 8;

const EVENT: u8 = 1;
/// It was counted under the user it came from.
const MOVED: u8 = 2;
const REMOVED: u8 = 3;

/// An event as it is stored; its texts are still where they were read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    /// The key of the user it belongs to.
    pub(crate) user: &'a [u8],
    pub(crate) trigger: &'a str,
    pub(crate) effective_at: Timestamp,
    pub(crate) received_at: Timestamp,
    pub(crate) seq: EventSeq,
    pub(crate) id: &'a str,
    /// Where the id was given by the sender, and no other event of the user has it.
    pub(crate) fingerprint: Option<EventFingerprint>,
    pub(crate) properties: &'a str,
}

/// An event with texts of its own.
#[derive(Debug)]
pub(crate) struct Kept {
    user: Box<[u8]>,
    trigger: Box<str>,
    effective_at: Timestamp,
    received_at: Timestamp,
    seq: EventSeq,
    id: Box<str>,
    fingerprint: Option<EventFingerprint>,
    properties: Box<str>,
}

impl Kept {
    pub(crate) fn of(event: &Event<'_>) -> Self {
        let Event { user, trigger, effective_at, received_at, seq, id, fingerprint, properties } = *event;
        let (user, trigger, id, properties) = (user.into(), trigger.into(), id.into(), properties.into());
        Self { user, trigger, effective_at, received_at, seq, id, fingerprint, properties }
    }

    pub(crate) fn event(&self) -> Event<'_> {
        let Self { user, trigger, effective_at, received_at, seq, id, fingerprint, properties } = self;
        let (effective_at, received_at, seq, fingerprint) = (*effective_at, *received_at, *seq, *fingerprint);
        Event { user, trigger, effective_at, received_at, seq, id, fingerprint, properties }
    }
}

/// What a record says.
#[derive(Debug)]
pub(crate) enum Record<'a> {
    /// An event that was received.
    Event(Event<'a>),
    /// The same under another user.
    Moved(Event<'a>),
    /// A record that counts no more.
    Removed { user: UserEntry, id: Option<IdEntry> },
}

impl Event<'_> {
    /// For callers.
    pub(crate) fn to_domain(self) -> Result<EventRecord, BadRow> {
        Ok(EventRecord {
            id: EventId::from_stored(self.id),
            trigger: TriggerName::new(self.trigger).map_err(|error| BadRow::new(format!("name of a trigger {error}")))?,
            effective_at: self.effective_at,
            received_at: self.received_at,
            seq: self.seq,
            properties: Properties::from_stored(self.properties),
        })
    }
}

impl Record<'_> {
    /// Puts the record behind others. Says how many bytes it took.
    pub(crate) fn write(&self, into: &mut Vec<u8>) -> usize {
        let start = into.len();
        into.extend_from_slice(&[0; HEAD_BYTES]);
        match self {
            Self::Event(event) => write_event(EVENT, event, into),
            Self::Moved(event) => write_event(MOVED, event, into),
            Self::Removed { user, id } => {
                into.push(REMOVED);
                put_words(user, into);
                into.push(u8::from(id.is_some()));
                put_words(&id.unwrap_or_default(), into);
            }
        }
        let length = into.len() - start;
        let head = u32::try_from(length).expect("an event is limited to far less");
        into[start..start + 4].copy_from_slice(&head.to_be_bytes());
        let sum = checksum(&into[start + HEAD_BYTES..]);
        into[start + 4..start + HEAD_BYTES].copy_from_slice(&sum);
        length
    }
}

fn write_event(kind: u8, event: &Event<'_>, into: &mut Vec<u8>) {
    into.push(kind);
    into.extend_from_slice(&event.seq.0.to_be_bytes());
    into.extend_from_slice(&event.effective_at.as_millis().to_be_bytes());
    into.extend_from_slice(&event.received_at.as_millis().to_be_bytes());
    into.push(u8::from(event.fingerprint.is_some()));
    into.extend_from_slice(&event.fingerprint.unwrap_or(EventFingerprint([0; 16])).0);
    for text in [event.user, event.trigger.as_bytes(), event.id.as_bytes()] {
        let length = u16::try_from(text.len()).expect("the domain limits ids and names to a few hundred characters");
        into.extend_from_slice(&length.to_be_bytes());
        into.extend_from_slice(text);
    }
    into.extend_from_slice(event.properties.as_bytes());
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let [.., a, b, c, d] = xxh3_64(bytes).to_be_bytes();
    [a, b, c, d]
}

/// The first of several records, and the bytes behind it.
pub(crate) fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), BadRow> {
    let length = bytes.first_chunk().map(|length| u32::from_be_bytes(*length) as usize);
    let whole = length.filter(|length| *length > HEAD_BYTES).and_then(|length| bytes.split_at_checked(length));
    whole.ok_or_else(|| BadRow::new("a record has another length"))
}

/// What exactly one record says.
pub(crate) fn read(bytes: &[u8]) -> Result<Record<'_>, BadRow> {
    check(bytes)?;
    parse(bytes)
}

/// Whether the bytes are exactly one record, as it was written.
fn check(bytes: &[u8]) -> Result<(), BadRow> {
    let (whole, rest) = split(bytes)?;
    if !rest.is_empty() || checksum(&whole[HEAD_BYTES..]) != whole[4..HEAD_BYTES] {
        return Err(BadRow::new("the checksum of a record is another"));
    }
    Ok(())
}

/// The same of bytes that were [read] before.
pub(crate) fn parse(bytes: &[u8]) -> Result<Record<'_>, BadRow> {
    let mut bytes = Bytes(bytes);
    bytes.take(HEAD_BYTES)?;
    match bytes.u8()? {
        EVENT => Ok(Record::Event(read_event(bytes)?)),
        MOVED => Ok(Record::Moved(read_event(bytes)?)),
        REMOVED => {
            let user = read_words(bytes.take(size_of::<UserEntry>())?);
            let has_id = bytes.u8()? != 0;
            let id = read_words(bytes.take(size_of::<IdEntry>())?);
            bytes.end()?;
            Ok(Record::Removed { user, id: has_id.then_some(id) })
        }
        other => Err(BadRow::new(format!("no kind of record: {other}"))),
    }
}

fn read_event(mut bytes: Bytes<'_>) -> Result<Event<'_>, BadRow> {
    let seq = EventSeq(bytes.u64()?);
    let (effective_at, received_at) = (bytes.timestamp()?, bytes.timestamp()?);
    let has_fingerprint = bytes.u8()? != 0;
    let fingerprint = EventFingerprint(bytes.array()?);
    let user_length = u16::from_be_bytes(bytes.array()?);
    let user = bytes.take(usize::from(user_length))?;
    let (trigger, id) = (bytes.text()?, bytes.text()?);
    let fingerprint = has_fingerprint.then_some(fingerprint);
    Ok(Event { user, trigger, effective_at, received_at, seq, id, fingerprint, properties: bytes.rest()? })
}
