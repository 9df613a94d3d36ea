//! When a survey may be asked: from when, until when, on which days of the week, within which hours.
//!
//! Days and hours are those of the clock on the wall in the schedule's time zone. An hour that the clock skips in spring
//! is never there, so nothing opens in it; one that comes twice in autumn counts both times. A day is as long as it is:
//! 23, 24 or 25 hours.

mod zone;

use crate::time::Timestamp;

pub use zone::{TimeZone, UnknownTimeZone};

/// Milliseconds of a day on a clock that is not changed.
const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
/// Changes of the clock looked past in search of the next opening; it is never more than eight days away.
const CLOCK_CHANGES_MAX: usize = 8;

/// Days of the week, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays(u8);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekday {
    /// The first.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The last.
    Sunday,
}

impl Weekdays {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);

    /// From a list; none is all.
    pub fn of(days: &[Weekday]) -> Self {
        let bits = days.iter().fold(0, |bits, day| bits | 1 << *day as u8);
        if bits == 0 { Self::ALL } else { Self(bits) }
    }

    /// Whether a day, counted from 1970-01-01, is one of them. That day was a Thursday.
    const fn has(self, day: i64) -> bool {
        self.0 & (1 << (day + 3).rem_euclid(7)) != 0
    }
}

/// Hours of a day, in whole minutes after midnight: from `from` until just before `to`. When `from` is later than `to`
/// they go on past midnight and belong to the day on which they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: i64,
    to: i64,
}

impl Hours {
    /// From two times such as `09:00`, 00:00 to 23:59; `None` when one is no time, or both are the same.
    pub fn new(from: &str, to: &str) -> Option<Self> {
        let (from, to) = (time_of_day(from)?, time_of_day(to)?);
        (from != to).then_some(Self { from, to })
    }
}

/// Milliseconds after midnight of `HH:MM`.
pub fn time_of_day(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let fits = bytes.len() == 5 && bytes[2] == b':' && [0, 1, 3, 4].iter().all(|place| bytes[*place].is_ascii_digit());
    if !fits {
        return None;
    }
    let (hour, minute): (i64, i64) = (text[..2].parse().ok()?, text[3..].parse().ok()?);
    (hour < 24 && minute < 60).then_some((hour * 60 + minute) * MINUTE)
}

/// When a survey may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Not before this moment.
    pub starts_at: Option<Timestamp>,
    /// Not from this moment on.
    pub ends_at: Option<Timestamp>,
    /// In which days and hours are told.
    pub time_zone: TimeZone,
    /// On these days.
    pub weekdays: Weekdays,
    /// Within these hours; `None` is the whole day.
    pub hours: Option<Hours>,
}

/// Why a survey may not be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is too early.
    NotStarted {
        /// The first moment.
        starts_at: Timestamp,
    },
    /// It is too late.
    Ended {
        /// The first moment that was too late.
        ended_at: Timestamp,
    },
    /// It is the wrong day or hour.
    OutsideHours {
        /// The next right moment; `None` when the schedule ends before.
        opens_at: Option<Timestamp>,
    },
}

impl Schedule {
    /// Why a survey may not be asked now; `None` when it may.
    pub fn closed(&self, now: Timestamp) -> Option<Closed> {
        if let Some(starts_at) = self.starts_at.filter(|starts_at| now < *starts_at) {
            return Some(Closed::NotStarted { starts_at });
        }
        if let Some(ended_at) = self.ends_at.filter(|ends_at| now >= *ends_at) {
            return Some(Closed::Ended { ended_at });
        }
        let is_open = (self.weekdays == Weekdays::ALL && self.hours.is_none()) || self.is_open_at(self.on_the_wall(now));
        (!is_open).then(|| Closed::OutsideHours { opens_at: self.next_opening(now) })
    }

    /// What the wall clock shows, in milliseconds since it showed 1970-01-01, 00:00.
    fn on_the_wall(&self, now: Timestamp) -> i64 {
        now.as_millis().saturating_add(self.time_zone.offset_millis(now))
    }

    fn is_open_at(&self, wall: i64) -> bool {
        let (day, time) = (wall.div_euclid(DAY), wall.rem_euclid(DAY));
        match self.hours {
            None => self.weekdays.has(day),
            Some(Hours { from, to }) if from < to => (from..to).contains(&time) && self.weekdays.has(day),
            Some(Hours { from, to }) => (time >= from && self.weekdays.has(day)) || (time < to && self.weekdays.has(day - 1)),
        }
    }

    /// The next moment on a wall clock that is not changed at which it is open: now, or where the hours of one of the next
    /// days begin. A week and a day holds every day of the week once from its beginning.
    fn opening_from(&self, wall: i64) -> i64 {
        if self.is_open_at(wall) {
            return wall;
        }
        let today = wall.div_euclid(DAY);
        let begin = self.hours.map_or(0, |hours| hours.from);
        let openings = (today..=today + 7).filter(|day| self.weekdays.has(*day)).map(|day| day.saturating_mul(DAY).saturating_add(begin));
        openings.filter(|opening| *opening >= wall).min().unwrap_or(i64::MAX)
    }

    /// Goes from one change of the clock to the next: in between the wall clock runs like any other.
    fn next_opening(&self, now: Timestamp) -> Option<Timestamp> {
        let mut from = now;
        for _ in 0..CLOCK_CHANGES_MAX {
            let offset = self.time_zone.offset_millis(from);
            let wall = from.as_millis().saturating_add(offset);
            let opening = Timestamp::from_millis(self.opening_from(wall).saturating_sub(offset));
            match self.time_zone.next_change(from).filter(|change| *change <= opening) {
                Some(change) => from = change,
                None => return Some(opening).filter(|opening| self.ends_at.is_none_or(|ends_at| *opening < ends_at)),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
