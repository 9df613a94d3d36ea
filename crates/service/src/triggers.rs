//! Triggers as members see them: what was seen, what was decided, and which surveys use them.

use std::collections::BTreeMap;

use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::limits::{CANCELS_PER_TRIGGER_MAX, TRIGGER_DAYS, TRIGGERS_PER_WORKSPACE_MAX};
use sonde_core::survey::launch::TriggerRule;
use sonde_core::survey::{Survey, SurveyStatus};
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::{Cancels, TriggerKind, TriggerName};
use sonde_storage::{PropertyStats, TriggerRecord, TriggerStats};

use crate::error::{Error, FieldError};
use crate::{Engine, Service};

/// A silence shorter than this is never called one.
const SILENCE_MIN: Span = Span::DAY;
/// A silence is this many times the usual gap.
const SILENCE_GAPS: i64 = 3;

/// A trigger of a workspace.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Backend or frontend.
    pub kind: TriggerKind,
    /// Its name.
    pub name: TriggerName,
    /// When it was first and last seen; `None` for one that was created ahead.
    pub seen: Option<(Timestamp, Timestamp)>,
    /// How often.
    pub count: u64,
    /// How often on each of the last days, the oldest first, today last.
    pub daily: [u64; TRIGGER_DAYS],
    /// Its property keys.
    pub properties: BTreeMap<Box<str>, PropertyStats>,
    /// Surveys that use it, by id.
    pub surveys: Vec<TriggerUse>,
    /// Put away.
    pub archived: bool,
    /// Whose earlier events its own events cancel.
    pub cancels: Vec<Cancels>,
    /// Whether a live survey waits for it in vain.
    pub stopped: bool,
}

/// A survey that uses a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriggerUse {
    /// Which.
    pub id: SurveyId,
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub status: SurveyStatus,
}

impl<E: Engine> Service<E> {
    /// All triggers of a workspace, by kind and name, the archived too.
    pub async fn list_triggers(&self, workspace: WorkspaceId) -> Result<Vec<Trigger>, Error> {
        let mut known: BTreeMap<(TriggerKind, TriggerName), (Option<TriggerStats>, Option<TriggerRecord>)> = BTreeMap::new();
        for stats in self.engine.trigger_stats(workspace).await? {
            known.insert((stats.kind, stats.name.clone()), (Some(stats), None));
        }
        for record in self.engine.trigger_records(workspace).await? {
            let entry = known.entry((record.kind, record.name.clone())).or_default();
            entry.1 = Some(record);
        }
        let cached = self.workspace(workspace)?;
        let now = self.now();
        let triggers = known.into_iter().map(|((kind, name), (stats, record))| {
            let surveys = uses(cached.snapshot.surveys(), kind, &name);
            let record = record.unwrap_or(TriggerRecord { kind, name, archived: false, cancels: Vec::new() });
            trigger(record, stats, surveys, now)
        });
        Ok(triggers.collect())
    }

    /// Creates a trigger before it is first seen.
    pub async fn create_trigger(&self, workspace: WorkspaceId, kind: TriggerKind, name: TriggerName) -> Result<Trigger, Error> {
        let known = self.list_triggers(workspace).await?;
        if known.iter().any(|known| known.kind == kind && known.name == name) {
            return Err(Error::Conflict("there is a trigger of this name already".to_owned()));
        }
        if known.iter().filter(|known| known.kind == kind).count() >= TRIGGERS_PER_WORKSPACE_MAX {
            return Err(Error::Conflict(format!("this workspace has {TRIGGERS_PER_WORKSPACE_MAX} triggers of this kind already")));
        }
        self.set_trigger(workspace, TriggerRecord { kind, name, archived: false, cancels: Vec::new() }).await
    }

    /// Puts a trigger away. One that live surveys use is put away only when that is `confirmed`.
    pub async fn archive_trigger(
        &self,
        workspace: WorkspaceId,
        kind: TriggerKind,
        name: TriggerName,
        confirmed: bool,
    ) -> Result<Trigger, Error> {
        let known = self.known_trigger(workspace, kind, &name).await?;
        let live = known.surveys.iter().filter(|survey| survey.status == SurveyStatus::Live);
        let names: Vec<&str> = live.map(|survey| survey.name.as_str()).collect();
        if !names.is_empty() && !confirmed {
            return Err(Error::Conflict(format!("live surveys use this trigger: {}", names.join(", "))));
        }
        self.set_trigger(workspace, TriggerRecord { kind, name, archived: true, cancels: known.cancels }).await
    }

    /// Takes a trigger out again.
    pub async fn restore_trigger(&self, workspace: WorkspaceId, kind: TriggerKind, name: TriggerName) -> Result<Trigger, Error> {
        let known = self.known_trigger(workspace, kind, &name).await?;
        self.set_trigger(workspace, TriggerRecord { kind, name, archived: false, cancels: known.cancels }).await
    }

    /// Sets whose earlier events the events of a backend trigger cancel. Counts at once, also for events that are stored.
    pub async fn set_cancels(&self, workspace: WorkspaceId, name: TriggerName, cancels: Vec<Cancels>) -> Result<Trigger, Error> {
        let wrong = wrong_cancels(&name, &cancels);
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        let known = self.known_trigger(workspace, TriggerKind::Backend, &name).await?;
        let record = TriggerRecord { kind: TriggerKind::Backend, name, archived: known.archived, cancels };
        let set = self.set_trigger(workspace, record).await?;
        self.cache.refresh(&*self.engine, workspace).await?;
        Ok(set)
    }

    async fn set_trigger(&self, workspace: WorkspaceId, record: TriggerRecord) -> Result<Trigger, Error> {
        let (kind, name) = (record.kind, record.name.clone());
        self.engine.put_trigger_record(workspace, record).await?;
        self.known_trigger(workspace, kind, &name).await
    }

    async fn known_trigger(&self, workspace: WorkspaceId, kind: TriggerKind, name: &TriggerName) -> Result<Trigger, Error> {
        let known = self.list_triggers(workspace).await?;
        known.into_iter().find(|known| known.kind == kind && known.name == *name).ok_or(Error::NotFound("trigger"))
    }
}

/// What is wrong with a list of cancelled triggers.
fn wrong_cancels(name: &TriggerName, cancels: &[Cancels]) -> Vec<FieldError> {
    if cancels.len() > CANCELS_PER_TRIGGER_MAX {
        return vec![FieldError::new("/cancels", format!("must name at most {CANCELS_PER_TRIGGER_MAX} triggers"))];
    }
    let wrong = |(place, cancelled): (usize, &Cancels)| {
        let detail = if cancelled.trigger == *name {
            "a trigger cannot cancel itself"
        } else if cancels[..place].iter().any(|before| before.trigger == cancelled.trigger) {
            "is there twice"
        } else {
            return None;
        };
        Some(FieldError::new(format!("/cancels/{place}/trigger"), detail))
    };
    cancels.iter().enumerate().filter_map(wrong).collect()
}

fn trigger(record: TriggerRecord, stats: Option<TriggerStats>, surveys: Vec<TriggerUse>, now: Timestamp) -> Trigger {
    let TriggerRecord { kind, name, archived, cancels } = record;
    let is_awaited = surveys.iter().any(|survey| survey.status == SurveyStatus::Live);
    let stopped = is_awaited && stats.as_ref().is_some_and(|stats| has_stopped(stats, now));
    let daily = stats.as_ref().map_or([0; TRIGGER_DAYS], |stats| last_days(&stats.daily, now));
    let (seen, count, properties) = match stats {
        Some(stats) => (Some((stats.first_seen_at, stats.last_seen_at)), stats.count, stats.properties),
        None => (None, 0, BTreeMap::new()),
    };
    Trigger { kind, name, seen, count, daily, properties, surveys, archived, cancels, stopped }
}

fn uses(surveys: &[Survey], kind: TriggerKind, name: &TriggerName) -> Vec<TriggerUse> {
    let names_it = |rules: &[TriggerRule]| rules.iter().any(|rule| rule.name == *name);
    let using = surveys.iter().filter(|survey| {
        let launch = &survey.document.launch;
        match kind {
            TriggerKind::Backend => launch.activation.as_ref().is_some_and(|activation| names_it(&activation.backend_triggers)),
            TriggerKind::Frontend => names_it(&launch.frontend_triggers),
        }
    });
    using.map(|survey| TriggerUse { id: survey.id, name: survey.document.name.clone(), status: survey.status }).collect()
}

/// Counts of the days up to today, the oldest first.
fn last_days(daily: &BTreeMap<i32, u64>, now: Timestamp) -> [u64; TRIGGER_DAYS] {
    let mut counts = [0; TRIGGER_DAYS];
    for (ago, count) in (0..).zip(counts.iter_mut().rev()) {
        *count = daily.get(&now.utc_day().saturating_sub(ago)).copied().unwrap_or(0);
    }
    counts
}

/// Whether a trigger that was seen more than once has been silent for three times its usual gap, and for a day at
/// least.
///
/// The usual gap is the mean time between two occurrences; where there were days without any between days with some, the
/// mean distance of the days with some, so that a burst once a week is no reason to expect one every minute.
fn has_stopped(stats: &TriggerStats, now: Timestamp) -> bool {
    let silence = now.since(stats.last_seen_at);
    usual_gap(stats).is_some_and(|gap| silence >= SILENCE_MIN && silence.as_millis() >= gap.as_millis().saturating_mul(SILENCE_GAPS))
}

/// `None` for a trigger that was seen once: it has no gap.
fn usual_gap(stats: &TriggerStats) -> Option<Span> {
    let mean = |time: i64, gaps: u64| Some(Span::from_millis(time / i64::try_from(gaps).ok().filter(|gaps| *gaps > 0)?));
    let ends = stats.daily.first_key_value().zip(stats.daily.last_key_value());
    let (first_day, last_day) = ends.map(|((first, _), (last, _))| (*first, *last))?;
    let days = i64::from(last_day) - i64::from(first_day);
    let gaps_between_days = stats.daily.len() as u64 - 1;
    if u64::try_from(days).is_ok_and(|days| days > gaps_between_days) {
        return mean(days * Span::DAY.as_millis(), gaps_between_days);
    }
    let counted: u64 = stats.daily.values().sum();
    if counted < 2 {
        return mean(stats.last_seen_at.since(stats.first_seen_at).as_millis(), stats.count.saturating_sub(1));
    }
    let since = stats.first_seen_at.max(Timestamp::from_utc_day(first_day));
    mean(stats.last_seen_at.since(since).as_millis(), counted - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i32 = 20_780;

    fn at(day: i32, hour: i64) -> Timestamp {
        Timestamp::from_utc_day(DAY + day) + Span::from_secs(hour * 3_600)
    }

    /// A trigger that was seen this often on these days, from noon of the first to noon of the last.
    fn seen(days: &[(i32, u64)]) -> TriggerStats {
        let (first, last) = (days.first().unwrap().0, days.last().unwrap().0);
        TriggerStats {
            kind: TriggerKind::Backend,
            name: TriggerName::new("t").unwrap(),
            first_seen_at: at(first, 12),
            last_seen_at: at(last, 12),
            count: days.iter().map(|(_, count)| count).sum(),
            daily: days.iter().map(|(day, count)| (DAY + day, *count)).collect(),
            properties: BTreeMap::new(),
        }
    }

    fn stops(stats: &TriggerStats, hours: i64) {
        assert!(!has_stopped(stats, stats.last_seen_at + Span::from_secs(hours * 3_600) - Span::from_millis(1)));
        assert!(has_stopped(stats, stats.last_seen_at + Span::from_secs(hours * 3_600)));
    }

    #[test]
    fn a_busy_trigger_has_stopped_after_a_day() {
        stops(&seen(&[(0, 500), (1, 700), (2, 400)]), 24);
        stops(&seen(&[(0, 2), (1, 3)]), 24);
    }

    #[test]
    fn a_daily_trigger_has_stopped_after_three_days() {
        stops(&seen(&[(0, 1), (1, 1), (2, 1), (3, 1)]), 72);
    }

    #[test]
    fn a_burst_every_week_is_awaited_for_three_weeks() {
        stops(&seen(&[(0, 1_000), (7, 1_000)]), 3 * 7 * 24);
    }

    #[test]
    fn weekends_are_no_silence() {
        let weekdays = seen(&[(0, 50), (1, 50), (2, 50), (3, 50), (4, 50), (7, 50), (8, 50), (9, 50), (10, 50), (11, 50)]);
        assert!(!has_stopped(&weekdays, at(14, 12)));
    }

    #[test]
    fn a_trigger_seen_once_has_no_usual_gap() {
        assert!(!has_stopped(&seen(&[(0, 1)]), at(100, 0)));
        let rare = TriggerStats { count: 5, first_seen_at: at(-80, 12), ..seen(&[(0, 1)]) };
        stops(&rare, 3 * 20 * 24);
    }

    #[test]
    fn the_last_days_end_with_today() {
        let counts = last_days(&BTreeMap::from([(DAY - 13, 1), (DAY - 14, 9), (DAY, 3)]), at(0, 23));
        assert_eq!((counts[0], counts[12], counts[13]), (1, 0, 3));
        assert_eq!(last_days(&BTreeMap::from([(DAY, 3)]), at(14, 0)), [0; TRIGGER_DAYS]);
    }
}
