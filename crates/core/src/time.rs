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

    /// The UTC day this point lies in, as days since 1970-01-01. Days before the epoch are negative. Saturates at some
    /// five million years from now.
    pub const fn utc_day(self) -> i32 {
        let day = self.0.div_euclid(Span::DAY.0);
        if day < i32::MIN as i64 {
            i32::MIN
        } else if day > i32::MAX as i64 {
            i32::MAX
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "within i32, checked above; try_from is not const")]
            let day = day as i32;
            day
        }
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

    #[test]
    fn arithmetic_and_days_saturate() {
        let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        assert_eq!((first.utc_day(), last.utc_day()), (i32::MIN, i32::MAX));
        assert_eq!(last + Span::DAY, last);
        assert_eq!(first - Span::DAY, first);
        assert_eq!(last.since(first), Span::from_millis(i64::MAX));
        assert_eq!(first.since(last), Span::from_millis(i64::MIN));
        assert_eq!(Span::from_secs(i64::MAX), Span::from_millis(i64::MAX));
        assert_eq!(Span::from_days(i64::MIN), Span::from_millis(i64::MIN));
        assert_eq!(Timestamp::from_utc_day(i32::MAX).utc_day(), i32::MAX);
    }
}
