//! One English sentence per reason, and its facts by name: made once, here, for API, dashboard and SDK debug log.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Reason, ReasonCode};
use crate::audience::{SurveyEvent, Unmet, UnmetAbout};
use crate::id::SurveyId;
use crate::survey::SurveyStatus;
use crate::survey::launch::RepeatUntil;
use crate::time::{Span, Timestamp};
use crate::trigger::TriggerName;

/// A fact of a reason. Lengths of time are numbers of seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A point in time.
    Time(Timestamp),
    /// A number; its name says the unit.
    Number(u64),
    /// Yes or no.
    Boolean(bool),
    /// A text: a name, a path, a choice.
    Text(Arc<str>),
    /// Another survey.
    Survey(SurveyId),
}

/// A reason as people and programs read it, whole without the reason it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Which of the closed list.
    pub code: ReasonCode,
    /// One English sentence with the facts; times relative to the moment of the decision, and in UTC.
    pub detail: Arc<str>,
    /// By name, units last.
    pub facts: Vec<(Cow<'static, str>, Fact)>,
}

/// Names of other surveys, where they are known.
type Names<'a> = &'a dyn Fn(SurveyId) -> Option<String>;

impl Reason {
    /// The reason at `now`, the moment of the decision.
    pub fn explained(&self, now: Timestamp, survey_name: Names<'_>) -> Explained {
        let facts = self.facts().into_iter().map(|(name, fact)| (Cow::Borrowed(name), fact)).collect();
        Explained { code: self.kind(), detail: self.sentence(now, survey_name).into(), facts }
    }

    /// One English sentence with the facts. `now` is the moment of the decision.
    pub fn sentence(&self, now: Timestamp, survey_name: Names<'_>) -> String {
        match self {
            Self::NotLive { status } => match status {
                SurveyStatus::Draft => "The survey is a draft; it was never launched.".to_owned(),
                SurveyStatus::Live => "The survey is live.".to_owned(),
                SurveyStatus::Paused => "The survey is paused.".to_owned(),
                SurveyStatus::Ended => "The survey has ended.".to_owned(),
            },
            Self::NotStarted { starts_at } => format!("The survey starts {}.", moment(*starts_at, now)),
            Self::Ended { ended_at } => format!("The survey's time was over {}.", moment(*ended_at, now)),
            Self::OutsideHours { opens_at: Some(opens_at) } => {
                format!("It is none of the survey's days and hours; the next begin {}.", moment(*opens_at, now))
            }
            Self::OutsideHours { opens_at: None } => {
                "It is none of the survey's days and hours, and its time is over before the next begin.".to_owned()
            }
            Self::QuotaReached { completed, quota } => {
                let responses = if *completed == 1 { "response was" } else { "responses were" };
                format!("{completed} {responses} completed; the survey asks for {quota}.")
            }
            Self::WrongTrigger => "The survey does not show at this frontend trigger.".to_owned(),
            Self::TriggerFilter { path } => format!("The frontend trigger's property “{path}” does not pass the survey's filter."),
            Self::TriggerSequence { missing } => {
                format!("The frontend trigger “{missing}” must be fired before, in the survey's order and in the same session.")
            }
            Self::Audience(unmet) => format!("The user is not in the audience: {}.", unmet_sentence(unmet, survey_name)),
            Self::WrongPlatform => "The survey does not show on this platform.".to_owned(),
            Self::NotSampled { point, rate } => {
                format!("The survey asks {} of users; this user falls at {}, outside.", percent(*rate), percent(*point))
            }
            Self::NoEvent { trigger: None } => {
                "No backend event that the survey waits for has come for this user in the last 100 h.".to_owned()
            }
            Self::NoEvent { trigger: Some(trigger) } => {
                format!("No event “{trigger}”, which the survey waits for, has come for this user in the last 100 h.")
            }
            Self::EventTooFew { found, needed } => too_few(*found, *needed),
            Self::EventFilter { trigger, effective_at, path } => {
                format!("The event “{trigger}” of {} does not pass the survey's filter on “{path}”.", moment(*effective_at, now))
            }
            Self::EventNotYet { trigger, opens_at } => format!("The window of the event “{trigger}” opens {}.", moment(*opens_at, now)),
            Self::EventExpired { trigger, expired_at, window } => {
                format!("The event “{trigger}” expired {}; the window was {}.", moment(*expired_at, now), length(*window))
            }
            Self::EventCancelled { trigger, effective_at, by, cancelled_at } => {
                cancelled(trigger, &moment(*effective_at, now), by.as_ref(), &moment(*cancelled_at, now))
            }
            Self::EventConsumed { trigger, effective_at } => {
                format!("The survey was already shown for the event “{trigger}” of {}.", moment(*effective_at, now))
            }
            Self::EventSuperseded { trigger, effective_at, consumed_at } => {
                let (event, newer) = (moment(*effective_at, now), moment(*consumed_at, now));
                format!("The event “{trigger}” of {event} is older than the one of {newer}, for which the survey was already shown.")
            }
            Self::RepeatLimit { until, shown_count, again_at } => repeat_limit(*until, *shown_count, *again_at, now),
            Self::WaitPeriod { until } => {
                format!("This user was shown a survey a short time ago; the wait period ends {}.", moment(*until, now))
            }
            Self::ClaimedElsewhere { lease_until } => {
                let until = moment(*lease_until, now);
                format!("Another tab, device or call of this user holds a survey; it lets go {until} unless it shows it.")
            }
            Self::LowerPriority { winner } => match survey_name(*winner) {
                Some(name) => format!("Due, but “{name}” goes first; this survey stays due."),
                None => "Due, but another survey goes first; this survey stays due.".to_owned(),
            },
            Self::IdentityUnverified { refused_at } => {
                format!("The workspace asks for identity proof; a call for this user without one was refused {}.", moment(*refused_at, now))
            }
        }
    }

    /// The facts by name, as they are written: times as times, lengths of time in seconds.
    pub fn facts(&self) -> Vec<(&'static str, Fact)> {
        match self {
            Self::NotLive { status } => vec![("status", text(status_name(*status)))],
            Self::WrongTrigger | Self::WrongPlatform | Self::NoEvent { trigger: None } | Self::OutsideHours { opens_at: None } => {
                Vec::new()
            }
            Self::NotStarted { starts_at } => vec![("starts_at", Fact::Time(*starts_at))],
            Self::Ended { ended_at } => vec![("ended_at", Fact::Time(*ended_at))],
            Self::OutsideHours { opens_at: Some(opens_at) } => vec![("opens_at", Fact::Time(*opens_at))],
            Self::QuotaReached { completed, quota } => vec![("completed", Fact::Number(*completed)), ("quota", Fact::Number(*quota))],
            Self::TriggerSequence { missing } => vec![("missing", Fact::Text(missing.clone().into()))],
            Self::Audience(unmet) => unmet_facts(unmet),
            Self::NoEvent { trigger: Some(trigger) } => vec![name(trigger)],
            Self::EventTooFew { found, needed } => {
                vec![("found", Fact::Number((*found).into())), ("needed", Fact::Number((*needed).into()))]
            }
            Self::TriggerFilter { path } => vec![("path", Fact::Text(Arc::clone(path)))],
            Self::NotSampled { point, rate } => {
                vec![("point_basis_points", Fact::Number((*point).into())), ("rate_basis_points", Fact::Number((*rate).into()))]
            }
            Self::EventFilter { trigger, effective_at, path } => {
                vec![name(trigger), ("effective_at", Fact::Time(*effective_at)), ("path", Fact::Text(Arc::clone(path)))]
            }
            Self::EventNotYet { trigger, opens_at } => vec![name(trigger), ("opens_at", Fact::Time(*opens_at))],
            Self::EventExpired { trigger, expired_at, window } => {
                vec![name(trigger), ("expired_at", Fact::Time(*expired_at)), ("window_secs", secs(*window))]
            }
            Self::EventCancelled { trigger, effective_at, by, cancelled_at } => {
                let mut facts =
                    vec![name(trigger), ("effective_at", Fact::Time(*effective_at)), ("cancelled_at", Fact::Time(*cancelled_at))];
                facts.extend(by.clone().map(|by| ("cancelled_by", Fact::Text(by.into()))));
                facts
            }
            Self::EventConsumed { trigger, effective_at } => vec![name(trigger), ("effective_at", Fact::Time(*effective_at))],
            Self::EventSuperseded { trigger, effective_at, consumed_at } => {
                vec![name(trigger), ("effective_at", Fact::Time(*effective_at)), ("consumed_at", Fact::Time(*consumed_at))]
            }
            Self::RepeatLimit { until, shown_count, again_at } => {
                let mut facts = vec![("until", text(until_name(*until))), ("shown_count", Fact::Number((*shown_count).into()))];
                if let RepeatUntil::ShownTimes(times) = until {
                    facts.push(("shown_times", Fact::Number((*times).into())));
                }
                facts.extend(again_at.map(|again_at| ("again_at", Fact::Time(again_at))));
                facts
            }
            Self::WaitPeriod { until } => vec![("wait_until", Fact::Time(*until))],
            Self::ClaimedElsewhere { lease_until } => vec![("lease_until", Fact::Time(*lease_until))],
            Self::LowerPriority { winner } => vec![("winner", Fact::Survey(*winner))],
            Self::IdentityUnverified { refused_at } => vec![("refused_at", Fact::Time(*refused_at))],
        }
    }
}

fn unmet_sentence(unmet: &Unmet, survey_name: Names<'_>) -> String {
    let negated = unmet.is_negated;
    match &unmet.about {
        UnmetAbout::Attribute { name, operator } => {
            let does = if negated { "passes a condition that leaves out" } else { "does not pass the condition" };
            format!("the attribute “{name}” {does} ({operator})")
        }
        UnmetAbout::Survey { survey, event, within_days } => {
            let has = if negated { "has" } else { "has not" };
            let done = match event {
                SurveyEvent::Seen => "seen",
                SurveyEvent::Answered => "answered",
                SurveyEvent::Completed => "completed",
            };
            let which = survey_name(*survey).map_or_else(|| format!("the survey {survey}"), |name| format!("“{name}”"));
            let within = within_days.map_or_else(String::new, |days| format!(" in the last {days} d"));
            format!("the user {has} {done} {which}{within}")
        }
        UnmetAbout::Cohort { cohort, name } => {
            let is = if negated { "is" } else { "is not" };
            let which = if name.is_empty() { cohort.to_string() } else { format!("“{name}”") };
            format!("the user {is} in the cohort {which}")
        }
    }
}

fn unmet_facts(unmet: &Unmet) -> Vec<(&'static str, Fact)> {
    let mut facts = match &unmet.about {
        UnmetAbout::Attribute { name, operator } => vec![("attribute", Fact::Text(Arc::clone(name))), ("op", text(operator))],
        UnmetAbout::Survey { survey, event, within_days } => {
            let mut facts = vec![("survey", Fact::Survey(*survey)), ("op", text(event.as_str()))];
            facts.extend(within_days.map(|days| ("within_days", Fact::Number(days.into()))));
            facts
        }
        UnmetAbout::Cohort { cohort, name } => {
            vec![("cohort", Fact::Text(cohort.to_string().into())), ("cohort_name", Fact::Text(Arc::clone(name)))]
        }
    };
    if unmet.is_negated {
        facts.push(("negated", Fact::Boolean(true)));
    }
    facts
}

fn too_few(found: u32, needed: u32) -> String {
    let events = if found == 1 { "event counts" } else { "events count" };
    format!("{found} {events} so far; the survey waits for {needed}.")
}

fn cancelled(trigger: &TriggerName, event: &str, by: Option<&TriggerName>, cancelled: &str) -> String {
    match by {
        Some(by) => format!("The event “{trigger}” of {event} was cancelled by the event “{by}” of {cancelled}."),
        None => format!("The event “{trigger}” of {event} was cancelled by its id {cancelled}."),
    }
}

fn repeat_limit(until: RepeatUntil, shown_count: u32, again_at: Option<Timestamp>, now: Timestamp) -> String {
    let shown = times(shown_count);
    if let Some(again_at) = again_at {
        return format!("The survey was shown to this user {shown}; it may be shown again {}.", moment(again_at, now));
    }
    match until {
        RepeatUntil::ShownTimes(limit) => format!("The survey was shown to this user {shown}; it is shown {} at most.", times(limit)),
        RepeatUntil::Answered => "This user has answered the survey; it is shown until the first answer.".to_owned(),
        RepeatUntil::Completed => "This user has completed the survey; it is shown until then.".to_owned(),
        RepeatUntil::Always => format!("The survey was shown to this user {shown}."),
    }
}

const fn status_name(status: SurveyStatus) -> &'static str {
    match status {
        SurveyStatus::Draft => "draft",
        SurveyStatus::Live => "live",
        SurveyStatus::Paused => "paused",
        SurveyStatus::Ended => "ended",
    }
}

const fn until_name(until: RepeatUntil) -> &'static str {
    match until {
        RepeatUntil::ShownTimes(_) => "shown_times",
        RepeatUntil::Answered => "answered",
        RepeatUntil::Completed => "completed",
        RepeatUntil::Always => "always",
    }
}

/// The fact that names a backend trigger.
fn name(trigger: &TriggerName) -> (&'static str, Fact) {
    ("trigger", Fact::Text(trigger.clone().into()))
}

fn text(text: &str) -> Fact {
    Fact::Text(text.into())
}

fn secs(span: Span) -> Fact {
    Fact::Number(u64::try_from(span.as_millis() / 1_000).unwrap_or(0))
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{count} times"),
    }
}

/// Of hundredths of a per cent: `10 %`, `0.5 %`, `43.21 %`.
fn percent(basis_points: u16) -> String {
    let text = format!("{}.{:02}", basis_points / 100, basis_points % 100);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// `12 min ago (2026-11-23 19:12 UTC)`, `in 3 d (…)`.
fn moment(at: Timestamp, now: Timestamp) -> String {
    let ago = now.since(at);
    let relative = if ago.as_millis() >= 1_000 {
        format!("{} ago", length(ago))
    } else if ago.as_millis() > -1_000 {
        "just now".to_owned()
    } else {
        format!("in {}", length(at.since(now)))
    };
    format!("{relative} ({})", utc(at))
}

/// The two largest units that are not zero: `40 s`, `2 h`, `2 h 5 min`, `3 d 4 h`.
fn length(span: Span) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let secs = span.as_millis() / 1_000;
    let largest = UNITS.iter().position(|(unit, _)| secs >= *unit).unwrap_or(UNITS.len() - 1);
    let (unit, name) = UNITS[largest];
    // 100 hours is how a window is set; days only beyond it.
    if name == "d" && secs <= 100 * 3_600 {
        return two(secs, UNITS[1], UNITS[2]);
    }
    match UNITS.get(largest + 1) {
        Some(next) => two(secs, (unit, name), *next),
        None => format!("{secs} s"),
    }
}

fn two(secs: i64, (unit, name): (i64, &str), (next, next_name): (i64, &str)) -> String {
    match secs % unit / next {
        0 => format!("{} {name}", secs / unit),
        rest => format!("{} {name} {rest} {next_name}", secs / unit),
    }
}

/// `2026-11-23 19:12 UTC`. Howard Hinnant's `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
fn utc(at: Timestamp) -> String {
    let days = i64::from(at.utc_day()) + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    let year = days.div_euclid(146_097) * 400 + year_of_era + i64::from(month <= 2);
    let minutes = at.since(Timestamp::from_utc_day(at.utc_day())).as_millis() / 60_000;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CohortId;

    /// 2026-11-23 19:12:00 UTC.
    const NOW: Timestamp = Timestamp::from_millis(1_795_461_120_000);

    fn at(secs: i64) -> Timestamp {
        NOW + Span::from_secs(secs)
    }

    fn slept() -> TriggerName {
        TriggerName::new("ended sleep").unwrap()
    }

    fn known(survey: SurveyId) -> Option<String> {
        (survey == SurveyId::from_bytes([1; 16])).then(|| "Sleep quality".to_owned())
    }

    fn unmet(about: UnmetAbout, is_negated: bool) -> Reason {
        Reason::Audience(Unmet { about, is_negated })
    }

    fn survey(id: u8, event: SurveyEvent, within_days: Option<u32>) -> UnmetAbout {
        UnmetAbout::Survey { survey: SurveyId::from_bytes([id; 16]), event, within_days }
    }

    fn cohort(name: &str) -> UnmetAbout {
        UnmetAbout::Cohort { cohort: CohortId::from_bytes([3; 16]), name: name.into() }
    }

    /// Of schedule, quota, sequence and audience.
    fn of_launch_settings() -> Vec<(Reason, &'static str)> {
        vec![
            (Reason::NotStarted { starts_at: at(3_600) }, "The survey starts in 1 h (2026-11-23 20:12 UTC)."),
            (Reason::Ended { ended_at: at(-3_600) }, "The survey's time was over 1 h ago (2026-11-23 18:12 UTC)."),
            (
                Reason::OutsideHours { opens_at: Some(at(7_200)) },
                "It is none of the survey's days and hours; the next begin in 2 h (2026-11-23 21:12 UTC).",
            ),
            (
                Reason::OutsideHours { opens_at: None },
                "It is none of the survey's days and hours, and its time is over before the next begin.",
            ),
            (Reason::QuotaReached { completed: 1, quota: 1 }, "1 response was completed; the survey asks for 1."),
            (Reason::QuotaReached { completed: 203, quota: 200 }, "203 responses were completed; the survey asks for 200."),
            (
                Reason::TriggerSequence { missing: slept() },
                "The frontend trigger “ended sleep” must be fired before, in the survey's order and in the same session.",
            ),
            (
                unmet(UnmetAbout::Attribute { name: "plan".into(), operator: "equals" }, false),
                "The user is not in the audience: the attribute “plan” does not pass the condition (equals).",
            ),
            (
                unmet(UnmetAbout::Attribute { name: "plan".into(), operator: "equals" }, true),
                "The user is not in the audience: the attribute “plan” passes a condition that leaves out (equals).",
            ),
            (
                unmet(survey(1, SurveyEvent::Completed, Some(30)), true),
                "The user is not in the audience: the user has completed “Sleep quality” in the last 30 d.",
            ),
            (
                unmet(survey(2, SurveyEvent::Seen, None), false),
                "The user is not in the audience: the user has not seen the survey srv_02020202020202020202020202020202.",
            ),
            (unmet(cohort("Night owls"), false), "The user is not in the audience: the user is not in the cohort “Night owls”."),
            (unmet(cohort(""), true), "The user is not in the audience: the user is in the cohort coh_03030303030303030303030303030303."),
        ]
    }

    fn of_events() -> Vec<(Reason, &'static str)> {
        vec![
            (Reason::NoEvent { trigger: None }, "No backend event that the survey waits for has come for this user in the last 100 h."),
            (
                Reason::NoEvent { trigger: Some(slept()) },
                "No event “ended sleep”, which the survey waits for, has come for this user in the last 100 h.",
            ),
            (Reason::EventTooFew { found: 1, needed: 3 }, "1 event counts so far; the survey waits for 3."),
            (Reason::EventTooFew { found: 2, needed: 3 }, "2 events count so far; the survey waits for 3."),
            (
                Reason::EventFilter { trigger: slept(), effective_at: at(-300), path: "author.name".into() },
                "The event “ended sleep” of 5 min ago (2026-11-23 19:07 UTC) does not pass the survey's filter on “author.name”.",
            ),
            (
                Reason::EventNotYet { trigger: slept(), opens_at: at(90) },
                "The window of the event “ended sleep” opens in 1 min 30 s (2026-11-23 19:13 UTC).",
            ),
            (
                Reason::EventExpired { trigger: slept(), expired_at: at(-720), window: Span::from_secs(7_200) },
                "The event “ended sleep” expired 12 min ago (2026-11-23 19:00 UTC); the window was 2 h.",
            ),
            (
                Reason::EventCancelled {
                    trigger: slept(),
                    effective_at: at(-3_600),
                    by: TriggerName::new("woke up").ok(),
                    cancelled_at: at(-60),
                },
                "The event “ended sleep” of 1 h ago (2026-11-23 18:12 UTC) was cancelled by the event “woke up” of 1 min ago \
                 (2026-11-23 19:11 UTC).",
            ),
            (
                Reason::EventCancelled { trigger: slept(), effective_at: at(-3_600), by: None, cancelled_at: at(-60) },
                "The event “ended sleep” of 1 h ago (2026-11-23 18:12 UTC) was cancelled by its id 1 min ago (2026-11-23 19:11 UTC).",
            ),
            (
                Reason::EventConsumed { trigger: slept(), effective_at: at(-86_400) },
                "The survey was already shown for the event “ended sleep” of 24 h ago (2026-11-22 19:12 UTC).",
            ),
            (
                Reason::EventSuperseded { trigger: slept(), effective_at: at(-7_500), consumed_at: at(-60) },
                "The event “ended sleep” of 2 h 5 min ago (2026-11-23 17:07 UTC) is older than the one of 1 min ago (2026-11-23 19:11 UTC), \
                 for which the survey was already shown.",
            ),
        ]
    }

    #[test]
    fn every_reason_is_a_sentence_with_its_facts() {
        let limit = |until, shown_count, again_at| Reason::RepeatLimit { until, shown_count, again_at };
        let mut table = vec![
            (Reason::NotLive { status: SurveyStatus::Draft }, "The survey is a draft; it was never launched."),
            (Reason::NotLive { status: SurveyStatus::Paused }, "The survey is paused."),
            (Reason::NotLive { status: SurveyStatus::Ended }, "The survey has ended."),
            (Reason::WrongTrigger, "The survey does not show at this frontend trigger."),
            (
                Reason::TriggerFilter { path: "author.name".into() },
                "The frontend trigger's property “author.name” does not pass the survey's filter.",
            ),
            (Reason::WrongPlatform, "The survey does not show on this platform."),
            (Reason::NotSampled { point: 4_321, rate: 1_000 }, "The survey asks 10 % of users; this user falls at 43.21 %, outside."),
            (Reason::NotSampled { point: 50, rate: 0 }, "The survey asks 0 % of users; this user falls at 0.5 %, outside."),
            (limit(RepeatUntil::ShownTimes(1), 1, None), "The survey was shown to this user once; it is shown once at most."),
            (limit(RepeatUntil::ShownTimes(2), 3, None), "The survey was shown to this user 3 times; it is shown twice at most."),
            (limit(RepeatUntil::Answered, 1, None), "This user has answered the survey; it is shown until the first answer."),
            (limit(RepeatUntil::Completed, 1, None), "This user has completed the survey; it is shown until then."),
            (
                limit(RepeatUntil::Always, 2, Some(at(30 * 86_400))),
                "The survey was shown to this user twice; it may be shown again in 30 d (2026-12-23 19:12 UTC).",
            ),
            (
                Reason::WaitPeriod { until: at(6 * 86_400 + 3_600) },
                "This user was shown a survey a short time ago; the wait period ends in 6 d 1 h (2026-11-29 20:12 UTC).",
            ),
            (
                Reason::ClaimedElsewhere { lease_until: at(40) },
                "Another tab, device or call of this user holds a survey; it lets go in 40 s (2026-11-23 19:12 UTC) unless it shows it.",
            ),
            (
                Reason::LowerPriority { winner: SurveyId::from_bytes([1; 16]) },
                "Due, but “Sleep quality” goes first; this survey stays due.",
            ),
            (Reason::LowerPriority { winner: SurveyId::from_bytes([2; 16]) }, "Due, but another survey goes first; this survey stays due."),
            (
                Reason::IdentityUnverified { refused_at: NOW },
                "The workspace asks for identity proof; a call for this user without one was refused just now (2026-11-23 19:12 UTC).",
            ),
        ];
        table.extend(of_launch_settings());
        table.extend(of_events());
        for (reason, sentence) in &table {
            assert_eq!(reason.sentence(NOW, &known), *sentence);
        }
        let missing: Vec<_> = ReasonCode::ALL.into_iter().filter(|code| !table.iter().any(|(reason, _)| reason.kind() == *code)).collect();
        assert_eq!(missing, [], "reasons without a sentence in this table");
    }

    #[test]
    fn facts_are_named_with_their_units() {
        let expired = Reason::EventExpired { trigger: slept(), expired_at: at(-720), window: Span::from_secs(7_200) };
        let explained = expired.explained(NOW, &known);
        assert_eq!(explained.code, ReasonCode::EventExpired);
        let named = ("trigger".into(), Fact::Text("ended sleep".into()));
        assert_eq!(explained.facts, [named, ("expired_at".into(), Fact::Time(at(-720))), ("window_secs".into(), Fact::Number(7_200))]);
        let limit = Reason::RepeatLimit { until: RepeatUntil::ShownTimes(2), shown_count: 2, again_at: None };
        let keys: Vec<&str> = limit.facts().into_iter().map(|(name, _)| name).collect();
        assert_eq!(keys, ["until", "shown_count", "shown_times"]);
    }

    #[test]
    fn lengths_have_two_units_at_most() {
        for (secs, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min 59 s"),
            (3_600, "1 h"),
            (360_000, "100 h"),
            (360_001, "4 d 4 h"),
            (86_400 * 7, "7 d"),
        ] {
            assert_eq!(length(Span::from_secs(secs)), words);
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (millis, date) in [
            (0, "1970-01-01 00:00 UTC"),
            (-60_000, "1969-12-31 23:59 UTC"),
            (951_822_000_000, "2000-02-29 11:00 UTC"),
            (1_709_251_199_999, "2024-02-29 23:59 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(utc(Timestamp::from_millis(millis)), date);
        }
    }
}
