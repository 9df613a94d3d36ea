//! Entries: where in a log the events of a user lie, and where an event with an id.
//!
//! An entry is a few words that sort as events are read: all of one user together, trigger by trigger, the newest first.

use sonde_core::event::EventSeq;
use sonde_core::limits::EVENT_BYTES_MAX;
use sonde_core::time::Timestamp;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::activity::keys::ordered;

/// The user's hash, the trigger's hash, the effective time and the sequence number (both turned around, so that the newest
/// comes first), and the [place](Place).
pub(crate) type UserEntry = [u64; 5];

/// The hash of user and event id, and the [place](Place).
pub(crate) type IdEntry = [u64; 2];

/// Where a record lies: its position in the log (46 bits, 64 TiB), its length (17 bits), and whether it was removed. The entry
/// that says "removed" follows right behind the one it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) u64);

const LENGTH_BITS: u32 = 17;
const POSITION_BITS: u32 = u64::BITS - 1 - LENGTH_BITS;
/// A record has the texts of an event's body, whose user id is in it as a key, and some numbers.
const _: () = assert!(2 * EVENT_BYTES_MAX < 1 << LENGTH_BITS);

impl Place {
    pub(crate) fn new(position: u64, length: usize) -> Self {
        assert!(length < 1 << LENGTH_BITS && position < 1 << POSITION_BITS, "a record of {length} bytes at {position}");
        Self(position << (LENGTH_BITS + 1) | (length as u64) << 1)
    }

    pub(crate) const fn position(self) -> u64 {
        self.0 >> (LENGTH_BITS + 1)
    }

    /// In bytes.
    pub(crate) fn length(self) -> usize {
        usize::try_from(self.0 >> 1 & ((1 << LENGTH_BITS) - 1)).expect("17 bits")
    }
}

/// The entry says that the same without this is removed.
pub(crate) const REMOVED: u64 = 1;

/// All keys of a user begin with its hash.
pub(crate) fn user_hash(key: &[u8]) -> u64 {
    key.first_chunk().map_or(0, |hash| u64::from_be_bytes(*hash))
}

/// The entry of an event, under the user with this key.
pub(crate) fn of_event(user: &[u8], trigger: &str, effective_at: Timestamp, seq: EventSeq, place: Place) -> UserEntry {
    [user_hash(user), xxh3_64(trigger.as_bytes()), !ordered(effective_at), !seq.0, place.0]
}

/// The entry of an event's id.
pub(crate) fn of_id(user: &[u8], id: &str, place: Place) -> IdEntry {
    [id_hash(user, id), place.0]
}

/// Puts words behind other bytes.
pub(crate) fn put_words(words: &[u64], into: &mut Vec<u8>) {
    for word in words {
        into.extend_from_slice(&word.to_be_bytes());
    }
}

/// The first words of some bytes; what is missing is zero.
pub(crate) fn read_words<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_be_bytes(*bytes);
    }
    words
}

/// What a user's event ids are looked for by.
pub(crate) fn id_hash(user: &[u8], id: &str) -> u64 {
    xxh3_64_with_seed(id.as_bytes(), user_hash(user))
}
