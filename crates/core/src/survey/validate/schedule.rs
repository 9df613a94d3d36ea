//! When a survey may be asked: moments, a time zone, days and hours.

use super::Check;
use crate::filter::instant;
use crate::survey::format::{ScheduleFile, WeekdayFile};
use crate::survey::schedule::{Hours, Schedule, TimeZone, Weekday, Weekdays, time_of_day};
use crate::time::Timestamp;

const AT: &str = "/launch/schedule";

impl Check {
    /// `None` only with an error.
    pub(super) fn schedule(&mut self, file: ScheduleFile) -> Option<Schedule> {
        let starts_at = self.moment(file.starts_at.as_deref(), "starts_at");
        let ends_at = self.moment(file.ends_at.as_deref(), "ends_at");
        if let (Some(starts_at), Some(ends_at)) = (starts_at, ends_at) {
            self.rule(starts_at < ends_at, format!("{AT}/ends_at"), "must be later than starts_at");
        }
        let weekdays = self.weekdays(file.weekdays);
        let hours = match &file.hours {
            None => None,
            Some(hours) => Some(self.hours(&hours.from, &hours.to)?),
        };
        match TimeZone::new(file.time_zone.as_deref().unwrap_or("UTC")) {
            Ok(time_zone) => Some(Schedule { starts_at, ends_at, time_zone, weekdays, hours }),
            Err(error) => {
                self.wrong(format!("{AT}/time_zone"), error.to_string());
                None
            }
        }
    }

    fn moment(&mut self, text: Option<&str>, field: &str) -> Option<Timestamp> {
        let text = text?;
        let moment = instant::parse_millis(text).map(Timestamp::from_millis);
        self.rule(moment.is_some(), format!("{AT}/{field}"), "must be a date and time such as 2026-11-23T16:10:08Z");
        moment
    }

    fn weekdays(&mut self, files: Option<Vec<WeekdayFile>>) -> Weekdays {
        let Some(files) = files else { return Weekdays::ALL };
        self.rule(!files.is_empty(), format!("{AT}/weekdays"), "must name at least one day");
        self.unique(files.iter(), |index| format!("{AT}/weekdays/{index}"));
        let day = |file: &WeekdayFile| match file {
            WeekdayFile::Mon => Weekday::Monday,
            WeekdayFile::Tue => Weekday::Tuesday,
            WeekdayFile::Wed => Weekday::Wednesday,
            WeekdayFile::Thu => Weekday::Thursday,
            WeekdayFile::Fri => Weekday::Friday,
            WeekdayFile::Sat => Weekday::Saturday,
            WeekdayFile::Sun => Weekday::Sunday,
        };
        Weekdays::of(&files.iter().map(day).collect::<Vec<_>>())
    }

    fn hours(&mut self, from: &str, to: &str) -> Option<Hours> {
        for (text, field) in [(from, "from"), (to, "to")] {
            self.rule(time_of_day(text).is_some(), format!("{AT}/hours/{field}"), "must be a time such as 09:30, 00:00 to 23:59");
        }
        let hours = Hours::new(from, to);
        let same = hours.is_none() && time_of_day(from).is_some() && time_of_day(to).is_some();
        self.rule(!same, format!("{AT}/hours/to"), "must be another time than from; without hours it is the whole day");
        hours
    }
}
