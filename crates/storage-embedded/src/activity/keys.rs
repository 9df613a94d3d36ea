//! The keys of activity rows.
//!
//! Every row of a user begins with the same bytes: a stable hash of the user, which scatters users evenly, and then the
//! originals, so that a collision mixes up nothing. The id carries its length in front, so that no user's key is a
//! prefix of another's: a prefix read finds one user's rows and nobody else's.

use sonde_core::event::{EventId, EventSeq};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::time::Timestamp;
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_core::user::{Consumption, Namespace, UserId, UserRef};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::BadRow;

/// A key of a row.
pub(crate) type Key = Vec<u8>;

const HASH_BYTES: usize = 8;
/// How the rows begin that say how far events are counted.
pub(crate) const COUNTED: &[u8] = b"counted/";
/// How the rows begin that say who is being erased.
pub(crate) const ERASING: &[u8] = b"erasing/";

/// Kinds of rows of a user and a day, in the order they lie in. Events are in logs; rows of them are in backups, and in
/// folders up to format 2.
pub(crate) mod kind {
    /// A mark that an event was cancelled by id.
    pub(crate) const CANCELLED: u8 = 0;
    /// A mark that an event has made a survey due.
    pub(crate) const MARK: u8 = 1;
    /// An event.
    pub(crate) const EVENT: u8 = 2;
    /// An event id given by a sender.
    pub(crate) const EVENT_ID: u8 = 3;
    /// "This user has rows in this bucket", written up to format 1 of the data folder and not read any more.
    pub(crate) const PRESENCE: u8 = 0xFF;
}

/// How all keys of a user begin, and the key of the user's state.
pub(crate) fn user(user: &UserRef) -> Key {
    let id = user.id.as_str();
    // Room for the longest usual suffix: one allocation per key.
    let mut key = Vec::with_capacity(HASH_BYTES + 16 + 1 + 2 + id.len() + 64);
    key.extend_from_slice(&[0; HASH_BYTES]);
    key.extend_from_slice(user.workspace.as_bytes());
    key.push(match user.namespace {
        Namespace::Identified => 0,
        Namespace::Anonymous => 1,
    });
    push_text(&mut key, id);
    let hash = xxh3_64(&key[HASH_BYTES..]);
    key[..HASH_BYTES].copy_from_slice(&hash.to_be_bytes());
    key
}

/// Whose key this is, or the key of one of whose rows, and how many bytes of it say so.
pub(crate) fn read_user(key: &[u8]) -> Result<(UserRef, usize), BadRow> {
    let mut bytes = Bytes(key);
    bytes.take(HASH_BYTES)?;
    let workspace = WorkspaceId::from_bytes(bytes.array()?);
    let namespace = match bytes.u8()? {
        0 => Namespace::Identified,
        1 => Namespace::Anonymous,
        other => return Err(BadRow::new(format!("no namespace: {other}"))),
    };
    let id = UserId::new(bytes.text()?).map_err(|error| BadRow::new(format!("a user id {error}")))?;
    Ok((UserRef { workspace, namespace, id }, key.len() - bytes.0.len()))
}

/// The workspace of a user's key.
pub(crate) fn workspace(key: &[u8]) -> Result<WorkspaceId, BadRow> {
    let mut bytes = Bytes(key);
    bytes.take(HASH_BYTES)?;
    bytes.array().map(WorkspaceId::from_bytes)
}

/// Counts of decisions about a survey.
pub(crate) fn survey(workspace: WorkspaceId, survey: SurveyId) -> Key {
    [workspace.as_bytes().as_slice(), survey.as_bytes()].concat()
}

/// An anonymous id that stands for a user.
pub(crate) fn alias(user: &[u8], id: &UserId) -> Key {
    with(user, id.as_str().as_bytes())
}

/// The row that says that a user is being erased.
pub(crate) fn erasing(user: &[u8]) -> Key {
    [ERASING, user].concat()
}

/// The row that says up to which position of a day's log its events are counted in the statistics of triggers.
pub(crate) fn counted(day: i32) -> Key {
    [COUNTED, &day.to_be_bytes()].concat()
}

/// The day that such a key is about.
pub(crate) fn read_counted(key: &[u8]) -> Option<i32> {
    key.strip_prefix(COUNTED)?.try_into().ok().map(i32::from_be_bytes)
}

/// A display of a user.
pub(crate) fn display(user: &[u8], id: DisplayId) -> Key {
    with(user, id.as_bytes())
}

/// A mark of a user.
pub(crate) fn mark(user: &[u8], mark: &Consumption) -> Key {
    let mut key = with(user, &[kind::MARK]);
    key.extend_from_slice(mark.survey.as_bytes());
    key.extend_from_slice(&mark.seq.0.to_be_bytes());
    key
}

/// A mark that an event was cancelled by id.
pub(crate) fn cancelled(user: &[u8], event: EventSeq) -> Key {
    let mut key = with(user, &[kind::CANCELLED]);
    key.extend_from_slice(&event.0.to_be_bytes());
    key
}

/// An event id given by a sender.
pub(crate) fn event_id(user: &[u8], id: &EventId) -> Key {
    let mut key = with(user, &[kind::EVENT_ID]);
    key.extend_from_slice(id.as_str().as_bytes());
    key
}

/// How the keys of all events of one trigger begin.
pub(crate) fn events_of(user: &[u8], trigger: &TriggerName) -> Key {
    let mut key = with(user, &[kind::EVENT]);
    push_text(&mut key, trigger.as_str());
    key
}

/// An event: per trigger the newest first.
pub(crate) fn event(user: &[u8], trigger: &TriggerName, effective_at: Timestamp, seq: EventSeq) -> Key {
    let mut key = events_of(user, trigger);
    key.extend_from_slice(&(!ordered(effective_at)).to_be_bytes());
    key.extend_from_slice(&(!seq.0).to_be_bytes());
    key
}

/// What the key of an event says, after the user's bytes and the kind.
pub(crate) fn read_event(suffix: &[u8]) -> Result<(TriggerName, Timestamp, EventSeq), BadRow> {
    let mut bytes = Bytes(suffix);
    let trigger = read_trigger(&mut bytes)?;
    let effective_at = unordered(!bytes.u64()?);
    let seq = EventSeq(!bytes.u64()?);
    bytes.end()?;
    Ok((trigger, effective_at, seq))
}

/// Counters of a trigger (`part` 0) or one of its property keys (`part` from 1).
pub(crate) fn trigger(workspace: WorkspaceId, kind: TriggerKind, name: &TriggerName, part: u16) -> Key {
    let mut key = Vec::with_capacity(16 + 1 + 2 + name.as_str().len() + 2);
    key.extend_from_slice(workspace.as_bytes());
    key.push(match kind {
        TriggerKind::Backend => 0,
        TriggerKind::Frontend => 1,
    });
    push_text(&mut key, name.as_str());
    key.extend_from_slice(&part.to_be_bytes());
    key
}

/// What a key of a trigger says.
pub(crate) fn read_trigger_key(key: &[u8]) -> Result<(WorkspaceId, TriggerKind, TriggerName, u16), BadRow> {
    let mut bytes = Bytes(key);
    let workspace = WorkspaceId::from_bytes(bytes.array()?);
    let kind = match bytes.u8()? {
        0 => TriggerKind::Backend,
        1 => TriggerKind::Frontend,
        other => return Err(BadRow::new(format!("no kind of trigger: {other}"))),
    };
    let name = read_trigger(&mut bytes)?;
    let part = u16::from_be_bytes(bytes.array()?);
    bytes.end()?;
    Ok((workspace, kind, name, part))
}

fn read_trigger(bytes: &mut Bytes<'_>) -> Result<TriggerName, BadRow> {
    TriggerName::new(bytes.text()?).map_err(|error| BadRow::new(format!("name of a trigger {error}")))
}

fn with(user: &[u8], suffix: &[u8]) -> Key {
    let mut key = Vec::with_capacity(user.len() + suffix.len() + 64);
    key.extend_from_slice(user);
    key.extend_from_slice(suffix);
    key
}

fn push_text(key: &mut Key, text: &str) {
    let length = u16::try_from(text.len()).expect("the domain limits ids and names to a few hundred characters");
    key.extend_from_slice(&length.to_be_bytes());
    key.extend_from_slice(text.as_bytes());
}

/// A number that sorts as the time does.
pub(crate) fn ordered(at: Timestamp) -> u64 {
    at.as_millis().cast_unsigned() ^ (1 << 63)
}

fn unordered(number: u64) -> Timestamp {
    Timestamp::from_millis((number ^ (1 << 63)).cast_signed())
}

/// Stored bytes still to be read.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], BadRow> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| BadRow::new("too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], BadRow> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(|| BadRow::new("too short"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, BadRow> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, BadRow> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn timestamp(&mut self) -> Result<Timestamp, BadRow> {
        self.array().map(|bytes| Timestamp::from_millis(i64::from_be_bytes(bytes)))
    }

    /// Text with its length in two bytes in front.
    pub(crate) fn text(&mut self) -> Result<&'a str, BadRow> {
        let length = u16::from_be_bytes(self.array()?);
        utf8(self.take(usize::from(length))?)
    }

    /// Everything that is left, as text.
    pub(crate) fn rest(self) -> Result<&'a str, BadRow> {
        utf8(self.0)
    }

    pub(crate) fn end(self) -> Result<(), BadRow> {
        if self.0.is_empty() { Ok(()) } else { Err(BadRow::new("too long")) }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, BadRow> {
    std::str::from_utf8(bytes).map_err(|error| BadRow::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user_of(namespace: Namespace, id: &str) -> Key {
        user(&UserRef { workspace: WorkspaceId::from_bytes([7; 16]), namespace, id: UserId::new(id).unwrap() })
    }

    #[test]
    fn no_users_key_is_a_prefix_of_anothers() {
        let long = "x".repeat(256);
        let ids = ["a", "ab", "abc", "\u{1}", "\u{1}a", "é", "👩‍👩‍👧", &long];
        let keys: Vec<Key> = [Namespace::Identified, Namespace::Anonymous]
            .iter()
            .flat_map(|namespace| ids.iter().map(|id| user_of(*namespace, id)))
            .collect();
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys.iter().enumerate().any(|(other, longer)| other != place && longer.starts_with(key)));
        }
    }

    #[test]
    fn a_users_key_says_who_it_is() {
        for namespace in [Namespace::Identified, Namespace::Anonymous] {
            for id in ["a", "\u{1}", "👩‍👩‍👧"] {
                let (user, length) = read_user(&with(&user_of(namespace, id), &[kind::PRESENCE])).unwrap();
                assert_eq!(length, user_of(namespace, id).len());
                assert_eq!((user.namespace, user.id.as_str(), user.workspace), (namespace, id, WorkspaceId::from_bytes([7; 16])));
            }
        }
        assert!(read_user(&user_of(Namespace::Identified, "a")[1..]).is_err());
    }

    #[test]
    fn the_hash_in_a_key_never_changes() {
        assert_eq!(user_of(Namespace::Identified, "user-1")[..8], 0xb67f_ffd3_6587_4b89_u64.to_be_bytes());
    }

    #[test]
    fn events_of_a_trigger_lie_newest_first() {
        let user = user_of(Namespace::Identified, "a");
        let trigger = TriggerName::new("ended sleep").unwrap();
        let newest_first = [(5, 1), (4, 9), (4, 8), (-1, 7)];
        let keys: Vec<Key> =
            newest_first.iter().map(|(at, seq)| event(&user, &trigger, Timestamp::from_millis(*at), EventSeq(*seq))).collect();
        assert!(keys.is_sorted());
        for (key, (at, seq)) in keys.iter().zip(newest_first) {
            assert_eq!(read_event(&key[user.len() + 1..]).unwrap(), (trigger.clone(), Timestamp::from_millis(at), EventSeq(seq)));
        }
    }
}
