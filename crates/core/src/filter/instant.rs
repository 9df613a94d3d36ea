//! Dates in properties, attributes and documents: RFC 3339, with or without a time of day.

use crate::time::Timestamp;

/// A moment: seconds since 1970-01-01T00:00:00Z and nanoseconds of the second. Anything finer is cut off.
pub(crate) type Instant = (i64, u32);

/// Reads `2026-11-23`, taken as its first moment in UTC, or `2026-11-23T16:10:08.25+01:00`.
pub(crate) fn parse(text: &str) -> Option<Instant> {
    if !text.is_ascii() {
        return None;
    }
    let (year, month, day) = (number(text, 0, 4)?, number(text, 5, 2)?, number(text, 8, 2)?);
    let dashes = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    if !dashes || !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let midnight = days_since_1970(year, month, day) * 86_400;
    if text.len() == 10 {
        return Some((midnight, 0));
    }
    let (hour, minute, second) = (number(text, 11, 2)?, number(text, 14, 2)?, number(text, 17, 2)?);
    let marks = matches!(text.as_bytes()[10], b'T' | b't' | b' ') && text.as_bytes()[13] == b':' && text.as_bytes()[16] == b':';
    if !marks || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (nanos, rest) = fraction(&text[19..])?;
    Some((midnight + hour * 3_600 + minute * 60 + second - offset(rest)?, nanos))
}

/// A moment of ours.
pub(crate) fn of(at: Timestamp) -> Instant {
    let (secs, millis) = (at.as_millis().div_euclid(1_000), at.as_millis().rem_euclid(1_000));
    (secs, u32::try_from(millis).unwrap_or(0) * 1_000_000)
}

/// Reads a date with a time of day, in milliseconds; anything finer is cut off.
pub(crate) fn parse_millis(text: &str) -> Option<i64> {
    let (secs, nanos) = parse(text).filter(|_| text.len() > 10)?;
    Some(secs * 1_000 + i64::from(nanos) / 1_000_000)
}

/// A number of exactly `length` digits.
fn number(text: &str, from: usize, length: usize) -> Option<i64> {
    let digits = text.get(from..from + length)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Nanoseconds, and what comes after them.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some((0, text)) };
    let length = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    let nanos = digits[..length].bytes().chain(std::iter::repeat(b'0')).take(9);
    (length > 0).then(|| (nanos.fold(0, |sum, digit| 10 * sum + u32::from(digit - b'0')), &digits[length..]))
}

/// Seconds by which the clock is ahead of UTC.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(text, 1, 2)?, number(text, 4, 2)?);
    let fits = text.len() == 6 && text.as_bytes()[3] == b':' && hours < 24 && minutes < 60;
    fits.then_some(sign * (hours * 3_600 + minutes * 60))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant's `days_from_civil` (<https://howardhinnant.github.io/date_algorithms.html>): years begin in March, so
/// that the leap day is the last of its year; eras are 400 years of 146 097 days.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_moments() {
        for (text, instant) in [
            ("1970-01-01", (0, 0)),
            ("1970-01-01T00:00:00Z", (0, 0)),
            ("1969-12-31T23:59:59.5Z", (-1, 500_000_000)),
            ("2000-02-29T12:00:00+01:00", (951_822_000, 0)),
            ("2026-11-23 16:10:08.250000000999-00:30", (1_795_452_008, 250_000_000)),
            ("0000-01-01", (-62_167_219_200, 0)),
        ] {
            assert_eq!(parse(text), Some(instant), "{text}");
        }
    }

    #[test]
    fn a_moment_in_milliseconds_needs_a_time_of_day() {
        assert_eq!(parse_millis("2027-01-15T08:00:00.0019Z"), Some(1_800_000_000_001));
        assert_eq!(parse_millis("1969-12-31T23:59:59.5Z"), Some(-500));
        assert_eq!(parse_millis("2027-01-15"), None);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-11-31",
            "20261123",
            "2026-11-23T16:10",
            "2026-11-23T16:10:08",
            "2026-11-23T24:00:00Z",
            "2026-11-23T16:10:08.Z",
            "2026-11-23T16:10:08+1:00",
            "2026-11-23T16:10:08Zulu",
            "2026-11-23T",
            "２０２６-11-23",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
