//! Points in time and spans, in milliseconds.

use std::ops::{Add, Sub};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Only ever made by a clock outside this crate or read from
/// a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The UTC day this point lies in, as days since 1970-01-01. Days before the epoch are negative.
    pub const fn utc_day(self) -> i32 {
        // A day number of an i64 of milliseconds can exceed i32 only some five million years from now.
        self.0.div_euclid(Span::DAY.0) as i32
    }

    /// The first moment of a UTC day given as days since 1970-01-01.
    pub const fn from_utc_day(day: i32) -> Self {
        Self(day as i64 * Span::DAY.0)
    }

    /// How long after `earlier` this is; negative when it is before.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Twenty-four hours.
    pub const DAY: Self = Self::from_secs(86_400);

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds; saturates.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// From whole days of 24 hours; saturates.
    pub const fn from_days(days: i64) -> Self {
        Self(days.saturating_mul(Self::DAY.0))
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_ends_one_millisecond_before_the_next() {
        let midnight = Timestamp::from_utc_day(20_000);
        assert_eq!(midnight.utc_day(), 20_000);
        assert_eq!((midnight - Span::from_millis(1)).utc_day(), 19_999);
        assert_eq!((midnight + Span::from_millis(86_399_999)).utc_day(), 20_000);
        assert_eq!(Timestamp::from_millis(-1).utc_day(), -1);
    }
}
