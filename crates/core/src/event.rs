//! Backend events.

use std::fmt;

use crate::limits::{EVENT_AHEAD_SECS_MAX, EVENT_ID_BYTES_MAX, EXPIRES_AFTER_SECS_MAX};
use crate::properties::Properties;
use crate::time::{Span, Timestamp};
use crate::trigger::TriggerName;

/// The longest an event can matter: the longest window of an activation.
pub const EVENT_LIFETIME: Span = Span::from_secs(EXPIRES_AFTER_SECS_MAX as i64);

/// An event's place in the order of receipt within one store; breaks ties of effective time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventSeq(pub u64);

/// Why a text is no event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEventId {
    /// Empty, too long, or not visible ASCII.
    #[error("must be 1 to {EVENT_ID_BYTES_MAX} visible ASCII characters")]
    Form,
    /// `evt_` is how ids made by Sonde begin.
    #[error("must not start with evt_, which marks ids made by Sonde")]
    Reserved,
}

/// Identity of an event within its user: given by the sender, or made by Sonde (`evt_…`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Box<str>);

impl EventId {
    /// Checks an id that a sender gave.
    pub fn given(id: &str) -> Result<Self, InvalidEventId> {
        if id.is_empty() || id.len() > EVENT_ID_BYTES_MAX || !id.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(InvalidEventId::Form);
        }
        if id.starts_with("evt_") {
            return Err(InvalidEventId::Reserved);
        }
        Ok(Self(id.into()))
    }

    /// An id of either kind as an engine stored it.
    pub fn from_stored(id: &str) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<crate::id::GeneratedEventId> for EventId {
    fn from(id: crate::id::GeneratedEventId) -> Self {
        Self(id.to_string().into())
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an event's `timestamp` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTimestamp {
    /// No window could still be open.
    #[error("must not be more than 100 hours ago")]
    TooOld,
    /// Clocks differ, but not by this much.
    #[error("must not be more than {} minutes ahead of the server's time", EVENT_AHEAD_SECS_MAX / 60)]
    TooFarAhead,
}

/// The time that counts for an event: what the sender said, but never later than the receipt.
pub fn effective_time(said: Option<Timestamp>, received_at: Timestamp) -> Result<Timestamp, InvalidTimestamp> {
    let Some(said) = said else { return Ok(received_at) };
    if received_at.since(said) > EVENT_LIFETIME {
        return Err(InvalidTimestamp::TooOld);
    }
    if said.since(received_at) > Span::from_secs(EVENT_AHEAD_SECS_MAX) {
        return Err(InvalidTimestamp::TooFarAhead);
    }
    Ok(said.min(received_at))
}

/// One stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Identity within the user.
    pub id: EventId,
    /// What kind of event.
    pub trigger: TriggerName,
    /// The time that counts.
    pub effective_at: Timestamp,
    /// When it came in; says which day's bucket it lives in.
    pub received_at: Timestamp,
    /// Order of receipt.
    pub seq: EventSeq,
    /// What the server said about it.
    pub properties: Properties,
}

impl EventRecord {
    /// Orders events: the larger is the newer. Ties of time go to the later receipt.
    pub fn recency(&self) -> (Timestamp, EventSeq) {
        (self.effective_at, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_are_checked_at_their_edges() {
        let longest = "x".repeat(EVENT_ID_BYTES_MAX);
        assert!(EventId::given(&longest).is_ok());
        assert!(EventId::given("order-7!").is_ok());
        for bad in ["", "a b", "é", &format!("{longest}x")] {
            assert_eq!(EventId::given(bad), Err(InvalidEventId::Form), "{bad}");
        }
        assert_eq!(EventId::given("evt_1"), Err(InvalidEventId::Reserved));
    }

    #[test]
    fn a_timestamp_counts_when_it_is_plausible_and_never_after_receipt() {
        let now = Timestamp::from_millis(1_000_000_000_000);
        let hundred_hours = Span::from_secs(360_000);
        let five_minutes = Span::from_secs(300);
        let one = Span::from_millis(1);
        assert_eq!(effective_time(None, now), Ok(now));
        assert_eq!(effective_time(Some(now - one), now), Ok(now - one));
        assert_eq!(effective_time(Some(now - hundred_hours), now), Ok(now - hundred_hours));
        assert_eq!(effective_time(Some(now - hundred_hours - one), now), Err(InvalidTimestamp::TooOld));
        assert_eq!(effective_time(Some(now + five_minutes), now), Ok(now));
        assert_eq!(effective_time(Some(now + five_minutes + one), now), Err(InvalidTimestamp::TooFarAhead));
    }
}
