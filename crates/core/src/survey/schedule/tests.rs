//! Days and hours on real clocks. Moments were worked out from the rules that were in force:
//! Berlin is at +01:00, and at +02:00 from 2027-03-28T01:00Z until 2027-10-31T01:00Z.

use super::*;
use crate::filter::instant;

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(instant::parse_millis(text).unwrap())
}

fn schedule(zone: &str, days: &[Weekday], hours: Option<(&str, &str)>) -> Schedule {
    Schedule {
        starts_at: None,
        ends_at: None,
        time_zone: TimeZone::new(zone).unwrap(),
        weekdays: Weekdays::of(days),
        hours: hours.map(|(from, to)| Hours::new(from, to).unwrap()),
    }
}

/// At each moment: open (`None`), or when it opens next.
#[track_caller]
fn check(schedule: &Schedule, moments: &[(&str, Option<&str>)]) {
    for (now, opens_at) in moments {
        let expected = opens_at.map(|opens_at| Closed::OutsideHours { opens_at: Some(at(opens_at)) });
        assert_eq!(schedule.closed(at(now)), expected, "{now}");
    }
}

#[test]
fn hours_include_their_beginning_and_not_their_end() {
    let office = schedule("UTC", &[], Some(("09:00", "17:00")));
    check(
        &office,
        &[
            ("2027-01-15T08:59:59.999Z", Some("2027-01-15T09:00:00Z")),
            ("2027-01-15T09:00:00Z", None),
            ("2027-01-15T16:59:59.999Z", None),
            ("2027-01-15T17:00:00Z", Some("2027-01-16T09:00:00Z")),
        ],
    );
}

#[test]
fn days_of_the_week_are_those_of_the_time_zone() {
    // 2027-01-15 is a Friday. In Auckland (+13:00 in January) Saturday begins at 11:00Z.
    let weekend = schedule("Pacific/Auckland", &[Weekday::Saturday, Weekday::Sunday], None);
    check(
        &weekend,
        &[
            ("2027-01-15T10:59:59.999Z", Some("2027-01-15T11:00:00Z")),
            ("2027-01-15T11:00:00Z", None),
            ("2027-01-17T10:59:59.999Z", None),
            ("2027-01-17T11:00:00Z", Some("2027-01-22T11:00:00Z")),
        ],
    );
}

#[test]
fn hours_past_midnight_belong_to_the_day_on_which_they_began() {
    // Friday 22:00 to Saturday 02:00, UTC.
    let night = schedule("UTC", &[Weekday::Friday], Some(("22:00", "02:00")));
    check(
        &night,
        &[
            // The early hours of Friday belong to Thursday.
            ("2027-01-15T01:00:00Z", Some("2027-01-15T22:00:00Z")),
            ("2027-01-15T21:59:59.999Z", Some("2027-01-15T22:00:00Z")),
            ("2027-01-15T22:00:00Z", None),
            ("2027-01-16T01:59:59.999Z", None),
            ("2027-01-16T02:00:00Z", Some("2027-01-22T22:00:00Z")),
            ("2027-01-16T22:00:00Z", Some("2027-01-22T22:00:00Z")),
        ],
    );
}

#[test]
fn hours_that_end_at_midnight_end_with_their_day() {
    let evening = schedule("UTC", &[Weekday::Friday], Some(("18:00", "00:00")));
    check(&evening, &[("2027-01-15T23:59:59.999Z", None), ("2027-01-16T00:00:00Z", Some("2027-01-22T18:00:00Z"))]);
}

#[test]
fn an_hour_that_does_not_exist_opens_nothing() {
    // On 2027-03-28 Berlin's clock goes from 02:00 to 03:00 at 01:00Z.
    let skipped = schedule("Europe/Berlin", &[], Some(("02:00", "03:00")));
    check(
        &skipped,
        &[
            ("2027-03-27T01:30:00Z", None),
            // Saturday's has passed, Sunday's never comes, Monday's begins at 02:00+02:00.
            ("2027-03-27T02:00:00Z", Some("2027-03-29T00:00:00Z")),
            ("2027-03-28T00:59:59.999Z", Some("2027-03-29T00:00:00Z")),
            ("2027-03-28T01:00:00Z", Some("2027-03-29T00:00:00Z")),
            ("2027-03-29T00:00:00Z", None),
        ],
    );
}

#[test]
fn hours_that_begin_in_a_skipped_hour_begin_after_it() {
    // 02:30 does not exist on 2027-03-28: the clock shows 03:00 at 01:00Z, within the hours.
    let early = schedule("Europe/Berlin", &[], Some(("02:30", "04:00")));
    check(
        &early,
        &[
            ("2027-03-28T00:59:59.999Z", Some("2027-03-28T01:00:00Z")),
            ("2027-03-28T01:00:00Z", None),
            // 04:00+02:00.
            ("2027-03-28T02:00:00Z", Some("2027-03-29T00:30:00Z")),
        ],
    );
}

#[test]
fn an_hour_that_comes_twice_counts_twice() {
    // On 2027-10-31 Berlin's clock shows 02:00 to 03:00 from 00:00Z (+02:00) and again from 01:00Z (+01:00).
    let twice = schedule("Europe/Berlin", &[], Some(("02:00", "02:30")));
    check(
        &twice,
        &[
            ("2027-10-30T23:59:59.999Z", Some("2027-10-31T00:00:00Z")),
            ("2027-10-31T00:00:00Z", None),
            ("2027-10-31T00:29:59.999Z", None),
            ("2027-10-31T00:30:00Z", Some("2027-10-31T01:00:00Z")),
            ("2027-10-31T01:00:00Z", None),
            ("2027-10-31T01:30:00Z", Some("2027-11-01T01:00:00Z")),
        ],
    );
}

#[test]
fn hours_that_end_in_a_doubled_hour_open_again() {
    // Until 02:30: over at 00:30Z, and open again when the clock goes back to 02:00 at 01:00Z.
    let night = schedule("Europe/Berlin", &[Weekday::Saturday], Some(("22:00", "02:30")));
    check(
        &night,
        &[
            ("2027-10-30T19:59:59.999Z", Some("2027-10-30T20:00:00Z")),
            ("2027-10-31T00:29:59.999Z", None),
            ("2027-10-31T00:30:00Z", Some("2027-10-31T01:00:00Z")),
            ("2027-10-31T01:29:59.999Z", None),
            // The next Saturday, at +01:00.
            ("2027-10-31T01:30:00Z", Some("2027-11-06T21:00:00Z")),
        ],
    );
}

#[test]
fn a_day_has_23_or_25_hours() {
    let sunday = schedule("Europe/Berlin", &[Weekday::Sunday], None);
    // From 00:00+01:00 to 00:00+02:00: 23 hours.
    check(
        &sunday,
        &[
            ("2027-03-27T22:59:59.999Z", Some("2027-03-27T23:00:00Z")),
            ("2027-03-27T23:00:00Z", None),
            ("2027-03-28T21:59:59.999Z", None),
            ("2027-03-28T22:00:00Z", Some("2027-04-03T22:00:00Z")),
        ],
    );
    // From 00:00+02:00 to 00:00+01:00: 25 hours.
    check(
        &sunday,
        &[
            ("2027-10-30T21:59:59.999Z", Some("2027-10-30T22:00:00Z")),
            ("2027-10-31T22:59:59.999Z", None),
            ("2027-10-31T23:00:00Z", Some("2027-11-06T23:00:00Z")),
        ],
    );
}

#[test]
fn a_day_may_begin_at_one_in_the_morning() {
    // Cairo's clock goes from 00:00 to 01:00 when the last Friday of April begins: at 2027-04-29T22:00Z.
    let friday = schedule("Africa/Cairo", &[Weekday::Friday], None);
    check(
        &friday,
        &[
            ("2027-04-29T21:59:59.999Z", Some("2027-04-29T22:00:00Z")),
            ("2027-04-29T22:00:00Z", None),
            // Friday ends at 24:00+03:00.
            ("2027-04-30T20:59:59.999Z", None),
            ("2027-04-30T21:00:00Z", Some("2027-05-06T21:00:00Z")),
        ],
    );
}

#[test]
fn a_leap_day_is_a_day() {
    // 2028-02-29 is a Tuesday.
    let tuesday = schedule("UTC", &[Weekday::Tuesday], Some(("09:00", "10:00")));
    check(
        &tuesday,
        &[
            ("2028-02-28T09:30:00Z", Some("2028-02-29T09:00:00Z")),
            ("2028-02-29T09:30:00Z", None),
            ("2028-03-01T09:30:00Z", Some("2028-03-07T09:00:00Z")),
        ],
    );
}

#[test]
fn a_day_that_a_zone_skipped_is_not_waited_for() {
    // Samoa went from Thursday 2011-12-29 to Saturday 2011-12-31: at 2011-12-30T10:00Z, from -10:00 to +14:00.
    let friday = schedule("Pacific/Apia", &[Weekday::Friday], None);
    check(&friday, &[("2011-12-30T09:59:59Z", Some("2012-01-05T10:00:00Z"))]);
}

#[test]
fn a_zone_whose_clock_is_off_by_half_an_hour() {
    // Lord Howe Island: +10:30, +11:00 until 2027-04-03T15:00Z, when 02:00 becomes 01:30.
    let twice = schedule("Australia/Lord_Howe", &[], Some(("01:45", "01:50")));
    check(
        &twice,
        &[
            ("2027-04-03T14:45:00Z", None),
            ("2027-04-03T14:50:00Z", Some("2027-04-03T15:15:00Z")),
            ("2027-04-03T15:15:00Z", None),
            ("2027-04-03T15:20:00Z", Some("2027-04-04T15:15:00Z")),
        ],
    );
}

#[test]
fn it_starts_at_its_start_and_ends_just_before_its_end() {
    let mut bounded = schedule("Europe/Berlin", &[], None);
    bounded.starts_at = Some(at("2027-01-15T08:00:00Z"));
    bounded.ends_at = Some(at("2027-01-16T08:00:00Z"));
    let (starts_at, ended_at) = (at("2027-01-15T08:00:00Z"), at("2027-01-16T08:00:00Z"));
    for (now, expected) in [
        ("2027-01-15T07:59:59.999Z", Some(Closed::NotStarted { starts_at })),
        ("2027-01-15T08:00:00Z", None),
        ("2027-01-16T07:59:59.999Z", None),
        ("2027-01-16T08:00:00Z", Some(Closed::Ended { ended_at })),
    ] {
        assert_eq!(bounded.closed(at(now)), expected, "{now}");
    }
}

#[test]
fn an_opening_at_or_after_the_end_never_comes() {
    let mut ending = schedule("UTC", &[], Some(("09:00", "17:00")));
    for (ends_at, opens_at) in
        [("2027-01-16T09:00:00Z", None), ("2027-01-16T09:00:00.001Z", Some(at("2027-01-16T09:00:00Z"))), ("2027-01-15T20:00:00Z", None)]
    {
        ending.ends_at = Some(at(ends_at));
        assert_eq!(ending.closed(at("2027-01-15T18:00:00Z")), Some(Closed::OutsideHours { opens_at }), "{ends_at}");
    }
}

#[test]
fn times_of_day_are_checked() {
    for (text, millis) in [("00:00", Some(0)), ("09:30", Some(34_200_000)), ("23:59", Some(86_340_000))] {
        assert_eq!(time_of_day(text), millis, "{text}");
    }
    for bad in ["", "9:30", "24:00", "23:60", "09:30:00", "0930", "+9:30", "ab:cd", "1é:0"] {
        assert_eq!(time_of_day(bad), None, "{bad}");
    }
    assert_eq!(Hours::new("09:00", "09:00"), None);
}

#[test]
fn no_moment_is_too_far_away() {
    let office = schedule("Europe/Berlin", &[Weekday::Monday], Some(("09:00", "17:00")));
    for far in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
        let _ = office.closed(Timestamp::from_millis(far));
    }
}

/// The next opening is open, and nothing before it is: over a year in zones of every kind.
#[test]
fn the_next_opening_is_the_first_open_moment() {
    let zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Africa/Casablanca"];
    let hours = [None, Some(("02:00", "03:00")), Some(("23:30", "00:30")), Some(("00:00", "00:30"))];
    for (zone, hours) in zones.into_iter().flat_map(|zone| hours.map(|hours| (zone, hours))) {
        let schedule = schedule(zone, &[Weekday::Sunday, Weekday::Friday], hours);
        let first = at("2027-01-01T00:00:00Z");
        let mut promised: Option<Timestamp> = None;
        for tenth_minute in 0..366 * 24 * 6 {
            let now = Timestamp::from_millis(first.as_millis() + tenth_minute * 10 * MINUTE);
            match schedule.closed(now) {
                None => {
                    assert!(promised.is_none_or(|promised| promised == now), "{zone} {hours:?}: {promised:?} but open at {now:?}");
                    promised = None;
                }
                Some(Closed::OutsideHours { opens_at: Some(opens_at) }) => {
                    assert!(opens_at > now && promised.is_none_or(|promised| promised == opens_at), "{zone} {hours:?} at {now:?}");
                    promised = Some(opens_at);
                }
                other => panic!("{zone} {hours:?} at {now:?}: {other:?}"),
            }
        }
    }
}
