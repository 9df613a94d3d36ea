//! Decisions by survey and reason: counted, not logged. A decision adds to a number of the survey in the snapshot it
//! looked at; every few seconds what was added is written by UTC day.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sonde_core::decide::{Decision, ReasonCode, Verdict};
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::limits::DECISION_DAYS;
use sonde_core::time::Timestamp;
use sonde_storage::{DecisionCounts, DecisionNote, Write};

use crate::cache::CachedWorkspace;
use crate::error::Error;
use crate::{Engine, Service};

/// How often counts are written.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// The reasons, and behind them the place of "won".
const PLACES: usize = ReasonCode::ALL.len() + 1;
const WON: usize = ReasonCode::ALL.len();

type Counts = [u64; PLACES];

/// Of one survey, since the start. Over all versions of the snapshot it is the same.
pub(crate) struct Tally {
    counts: [AtomicU64; PLACES],
    /// The day that counts now go to.
    day: AtomicI32,
    noted: Mutex<Noted>,
}

struct Noted {
    /// How much of the counts was taken.
    taken: Counts,
    /// What is still to be written of days that are over, or that could not be written.
    waiting: BTreeMap<i32, Counts>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            day: AtomicI32::new(i32::MIN),
            noted: Mutex::new(Noted { taken: [0; PLACES], waiting: BTreeMap::new() }),
        }
    }
}

impl Tally {
    fn count(&self, place: usize, day: i32) {
        if self.day.load(Ordering::Relaxed) != day {
            self.begin(day);
        }
        self.counts[place].fetch_add(1, Ordering::Relaxed);
    }

    /// Once a day. Decisions that are under way at midnight may go to either day.
    #[cold]
    fn begin(&self, day: i32) {
        let mut noted = self.lock();
        let before = self.day.load(Ordering::Relaxed);
        if before < day {
            self.set_aside(&mut noted, before);
            self.day.store(day, Ordering::Relaxed);
        }
    }

    fn set_aside(&self, noted: &mut Noted, day: i32) {
        let now = self.now();
        let added: Counts = std::array::from_fn(|place| now[place] - noted.taken[place]);
        noted.taken = now;
        noted.wait(day, &added);
    }

    fn now(&self) -> Counts {
        std::array::from_fn(|place| self.counts[place].load(Ordering::Relaxed))
    }

    /// What was added since this was last asked, by day.
    fn take(&self) -> BTreeMap<i32, Counts> {
        let mut noted = self.lock();
        self.set_aside(&mut noted, self.day.load(Ordering::Relaxed));
        std::mem::take(&mut noted.waiting)
    }

    /// Keeps what could not be written for the next time.
    fn give_back(&self, taken: &BTreeMap<i32, Counts>) {
        let mut noted = self.lock();
        for (day, counts) in taken {
            noted.wait(*day, counts);
        }
        while noted.waiting.len() > DECISION_DAYS {
            noted.waiting.pop_first();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    fn wait(&mut self, day: i32, added: &Counts) {
        if added.iter().any(|added| *added > 0) {
            let waiting = self.waiting.entry(day).or_insert([0; PLACES]);
            waiting.iter_mut().zip(added).for_each(|(waiting, added)| *waiting += added);
        }
    }
}

fn written(counts: &Counts) -> DecisionCounts {
    let refused = ReasonCode::ALL.into_iter().map(|code| (code, counts[code.place()])).filter(|(_, count)| *count > 0);
    DecisionCounts { won: counts[WON], refused: refused.collect() }
}

/// How often decisions looked at one survey on the last days.
#[derive(Clone, Debug)]
pub struct SurveyDecisions {
    /// The UTC days, the oldest first, today last.
    pub days: [i32; DECISION_DAYS],
    /// What was counted on each of them.
    pub counts: [DecisionCounts; DECISION_DAYS],
}

/// The verdicts of one call's decision are counted; `place`s are those of the live surveys of its trigger.
pub(crate) fn count(workspace: &CachedWorkspace, trigger: &str, decision: &Decision<'_>, now: Timestamp) {
    let day = now.utc_day();
    for (place, looked_at) in workspace.snapshot.live_places(trigger).iter().zip(&decision.verdicts) {
        let counted = match &looked_at.verdict {
            Verdict::Due { .. } => WON,
            Verdict::Refused(reasons) => reasons.first().map_or(WON, |reason| reason.kind().place()),
        };
        workspace.tallies[*place].count(counted, day);
    }
}

impl<E: Engine> Service<E> {
    /// How often decisions looked at a survey on the last days, up to this moment.
    pub async fn survey_decisions(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<SurveyDecisions, Error> {
        self.survey_record(workspace, survey).await?;
        self.flush_decisions().await;
        let mut by_day = self.engine.decision_counts(workspace, survey).await?;
        let today = self.now().utc_day();
        let ago = |place: usize| i32::try_from(DECISION_DAYS - 1 - place).unwrap_or(0);
        let days: [i32; DECISION_DAYS] = std::array::from_fn(|place| today.saturating_sub(ago(place)));
        Ok(SurveyDecisions { counts: days.map(|day| by_day.remove(&day).unwrap_or_default()), days })
    }

    /// How often decisions looked at any survey since the process started, by what became of it. Cheap: one sum over
    /// numbers in memory.
    pub fn decision_totals(&self) -> DecisionCounts {
        let mut sum = [0; PLACES];
        for workspace in self.cache.all_workspaces() {
            for tally in &*workspace.tallies {
                sum.iter_mut().zip(tally.now()).for_each(|(sum, count)| *sum += count);
            }
        }
        written(&sum)
    }

    /// Writes what was counted since the last time.
    pub(crate) async fn flush_decisions(&self) {
        // Whoever reads afterwards also sees what an earlier flush is still writing.
        let _turn = self.flushing_decisions.lock().await;
        for workspace in self.cache.all_workspaces() {
            for (survey, tally) in workspace.snapshot.surveys().iter().zip(workspace.tallies.iter()) {
                let taken = tally.take();
                if taken.is_empty() {
                    continue;
                }
                let note = |(day, counts): (&i32, &Counts)| {
                    let (workspace, survey, day) = (workspace.record.id, survey.id, *day);
                    Write::CountDecisions(DecisionNote { workspace, survey, day, counts: written(counts) })
                };
                match self.queue.submit_many(taken.iter().map(note).collect()).await {
                    // They would meet the same damage the next time.
                    Ok(written) => written.into_iter().filter_map(Result::err).for_each(|error| {
                        tracing::error!(%error, survey = %survey.id, "counts of decisions were not kept");
                    }),
                    Err(error) => {
                        tally.give_back(&taken);
                        tracing::warn!(%error, "counts of decisions wait for the next time");
                        return;
                    }
                }
            }
        }
    }
}

/// Flushes until the service is gone.
pub(crate) fn start<E: Engine>(service: &Arc<Service<E>>) {
    let service = Arc::downgrade(service);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(FLUSH_EVERY).await;
            let Some(service) = service.upgrade() else { return };
            service.flush_decisions().await;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_goes_to_its_day_once() {
        let tally = Tally::default();
        assert!(tally.take().is_empty());
        tally.count(0, 10);
        tally.count(0, 10);
        tally.count(WON, 11);
        // A clock of another thread that is a little behind.
        tally.count(1, 10);
        let taken = tally.take();
        let days: Vec<_> = taken.iter().map(|(day, counts)| (*day, counts[0], counts[1], counts[WON])).collect();
        assert_eq!(days, [(10, 2, 0, 0), (11, 0, 1, 1)]);
        tally.give_back(&taken);
        tally.count(0, 11);
        let again: Vec<_> = tally.take().iter().map(|(day, counts)| (*day, counts[0], counts[WON])).collect();
        assert_eq!(again, [(10, 2, 0), (11, 1, 1)]);
        assert!(tally.take().is_empty());
        assert_eq!((tally.now()[0], tally.now()[1], tally.now()[WON]), (3, 1, 1));
    }
}
