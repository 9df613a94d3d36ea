//! "Why was she not asked yesterday?": calls that showed nothing although an event waited, gathered in memory and
//! written once a second. Losing a second's worth in a crash loses nothing that was acknowledged.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sonde_core::decide::{Decision, Reason, ReasonCode, Reasons, SurveyVerdict, Verdict};
use sonde_core::id::SurveyId;
use sonde_core::limits::REFUSAL_SURVEYS_MAX;
use sonde_core::refusal::{Refusal, RefusedSurvey, unite};
use sonde_core::survey::launch::Platform;
use sonde_core::survey::{Survey, SurveyStatus};
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{UserActivity, UserRef};
use sonde_storage::{RefusalNote, Write};

use crate::cache::CachedWorkspace;
use crate::error::Error;
use crate::explain::explained;
use crate::{Engine, Service};

/// How often refusals are written.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// Most refusals waiting: beyond it a flood of calls is not kept until the next flush, but counted.
const WAITING_MAX: usize = 512;
/// Most users remembered as not let in for want of identity proof.
const UNVERIFIED_MAX: usize = 4_096;

/// What was refused since the last flush.
#[derive(Default)]
pub(crate) struct Refused {
    waiting: Mutex<Vec<Note>>,
    /// How many wait, to be read without the lock.
    length: AtomicUsize,
    dropped: AtomicU64,
    /// Users whose last call was refused for want of identity proof, and when.
    unverified: Mutex<HashMap<UserRef, Timestamp>>,
    flushing: tokio::sync::Mutex<()>,
}

struct Note {
    user: UserRef,
    at: Timestamp,
    platform: Platform,
    /// Names surveys.
    workspace: Arc<CachedWorkspace>,
    what: What,
}

enum What {
    /// A trigger was fired and these surveys were looked at.
    Trigger(TriggerName, Vec<(SurveyId, Reasons)>),
    /// A session was not let in; which surveys wait for an event of the user is looked up when this is written.
    Unverified,
}

impl Refused {
    fn add(&self, note: impl FnOnce() -> Note) {
        if self.length.load(Ordering::Relaxed) >= WAITING_MAX {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let note = note();
        let mut waiting = lock(&self.waiting);
        waiting.push(note);
        self.length.store(waiting.len(), Ordering::Relaxed);
    }

    fn take(&self) -> Vec<Note> {
        let mut waiting = lock(&self.waiting);
        self.length.store(0, Ordering::Relaxed);
        std::mem::take(&mut *waiting)
    }

    /// Waits for a flush that is under way, and lets none begin while this is held.
    pub(crate) async fn quiet(&self) -> Quiet<'_> {
        Quiet { refused: self, _turn: self.flushing.lock().await }
    }

    /// When the user was last refused for want of identity proof, unless let in since; as far as this process knows.
    pub(crate) fn unverified_at(&self, user: &UserRef) -> Option<Timestamp> {
        lock(&self.unverified).get(user).copied()
    }

    /// The user was let in with a proof.
    pub(crate) fn verified(&self, user: &UserRef) {
        lock(&self.unverified).remove(user);
    }
}

/// Nothing that was gathered is written while this is held.
pub(crate) struct Quiet<'a> {
    refused: &'a Refused,
    _turn: tokio::sync::MutexGuard<'a, ()>,
}

impl Quiet<'_> {
    /// Forgets what was gathered about users: who is erased must not come back.
    pub(crate) fn forget(&self, is_meant: impl Fn(&UserRef) -> bool) {
        let mut waiting = lock(&self.refused.waiting);
        waiting.retain(|note| !is_meant(&note.user));
        self.refused.length.store(waiting.len(), Ordering::Relaxed);
        lock(&self.refused.unverified).retain(|user, _| !is_meant(user));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an event waited that the survey could have been shown for: one that it asked about before does not.
fn waited_for(looked_at: &SurveyVerdict<'_>, activity: &UserActivity) -> bool {
    let Verdict::Refused(reasons) = &looked_at.verdict else { return false };
    let asked_before = |reason: &Reason| matches!(reason.kind(), ReasonCode::EventConsumed | ReasonCode::EventSuperseded);
    !reasons.iter().any(asked_before) && awaits(looked_at.survey, activity)
}

fn awaits(survey: &Survey, activity: &UserActivity) -> bool {
    let Some(activation) = &survey.document.launch.activation else { return false };
    activity.events.iter().any(|event| activation.backend_triggers.iter().any(|rule| rule.name == event.trigger))
}

impl<E: Engine> Service<E> {
    /// Notes a decision that did not show a survey for which an event waited.
    pub(crate) fn note_refusal(
        &self,
        workspace: &Arc<CachedWorkspace>,
        activity: &UserActivity,
        trigger: &TriggerName,
        platform: Platform,
        decision: &Decision<'_>,
        at: Timestamp,
    ) {
        if activity.events.is_empty() || !decision.verdicts.iter().any(|looked_at| waited_for(looked_at, activity)) {
            return;
        }
        self.refused.add(|| {
            let of = |waited: bool| decision.verdicts.iter().filter(move |looked_at| waited_for(looked_at, activity) == waited);
            let reasons = |looked_at: &SurveyVerdict<'_>| match &looked_at.verdict {
                Verdict::Refused(reasons) => Some((looked_at.survey.id, reasons.clone())),
                Verdict::Due { .. } => None,
            };
            let surveys = of(true).chain(of(false)).filter_map(reasons).take(REFUSAL_SURVEYS_MAX).collect();
            let what = What::Trigger(trigger.clone(), surveys);
            Note { user: activity.user.clone(), at, platform, workspace: Arc::clone(workspace), what }
        });
    }

    /// [`Self::prove`] for somebody who wants to be let in; who is not is remembered.
    pub(crate) fn let_in(&self, user: &UserRef, platform: Platform, proof: Option<&str>) -> Result<bool, Error> {
        let proven = self.prove(user, proof);
        match &proven {
            Ok(true) => self.refused.verified(user),
            Err(Error::Unauthenticated(_)) => self.note_unverified(user, platform),
            _ => {}
        }
        proven
    }

    /// Notes that a user was not let in for want of identity proof.
    pub(crate) fn note_unverified(&self, user: &UserRef, platform: Platform) {
        let Ok(workspace) = self.workspace(user.workspace) else { return };
        let at = self.now();
        let mut unverified = lock(&self.refused.unverified);
        if unverified.len() < UNVERIFIED_MAX || unverified.contains_key(user) {
            unverified.insert(user.clone(), at);
        }
        drop(unverified);
        self.refused.add(|| Note { user: user.clone(), at, platform, workspace, what: What::Unverified });
    }

    /// What is kept of a user's refusals, up to this moment, the newest first; an alias leads to the user it stands for.
    pub async fn refusals(self: &Arc<Self>, user: &UserRef) -> Result<Vec<Refusal>, Error> {
        self.flush_refusals().await;
        let user = self.load(user).await?.user;
        Ok(self.engine.refusals(&user).await?)
    }

    /// How many refusals were not kept since the start, because too many came at once.
    pub fn refusals_dropped(&self) -> u64 {
        self.refused.dropped.load(Ordering::Relaxed)
    }

    /// Writes what was gathered.
    pub(crate) async fn flush_refusals(self: &Arc<Self>) {
        // Whoever reads afterwards also sees what an earlier flush is still writing.
        let _turn = self.refused.flushing.lock().await;
        let mut by_user: BTreeMap<UserRef, Vec<Refusal>> = BTreeMap::new();
        for note in self.refused.take() {
            let user = note.user.clone();
            if let Some(refusal) = self.refusal(note).await {
                let kept = by_user.entry(user).or_default();
                *kept = unite(std::mem::take(kept), vec![refusal]);
            }
        }
        let counts: Vec<u64> = by_user.values().map(|refusals| refusals.len() as u64).collect();
        let writes = by_user.into_iter().map(|(user, refusals)| Write::Refuse(RefusalNote { user, refusals }));
        let dropped = |error: Error, count: u64| {
            self.refused.dropped.fetch_add(count, Ordering::Relaxed);
            tracing::warn!(%error, count, "refusals were not kept");
        };
        match self.queue.submit_many(writes.collect()).await {
            Ok(written) => written.into_iter().zip(counts).for_each(|(written, count)| {
                if let Err(error) = written {
                    dropped(error, count);
                }
            }),
            Err(error) => dropped(error, counts.iter().sum()),
        }
    }

    async fn refusal(self: &Arc<Self>, note: Note) -> Option<Refusal> {
        let Note { user, at, platform, workspace, what } = note;
        let (trigger, refused) = match what {
            What::Trigger(trigger, refused) => (Some(trigger), refused),
            What::Unverified => {
                let activity = self.load(&user).await.ok()?;
                let live = workspace.snapshot.surveys().iter().filter(|survey| survey.status == SurveyStatus::Live);
                let waited = live.filter(|survey| awaits(survey, &activity)).take(REFUSAL_SURVEYS_MAX);
                let reason = Reason::IdentityUnverified { refused_at: at };
                (None, waited.map(|survey| (survey.id, Reasons::One(reason.clone()))).collect())
            }
        };
        let surveys: Vec<_> = refused
            .into_iter()
            .map(|(survey, reasons)| RefusedSurvey { survey, reasons: explained(&workspace.snapshot, &reasons, at) })
            .collect();
        (!surveys.is_empty()).then_some(Refusal { first_at: at, last_at: at, count: 1, trigger, platform, surveys })
    }
}

/// Flushes until the service is gone.
pub(crate) fn start<E: Engine>(service: &Arc<Service<E>>) {
    let service = Arc::downgrade(service);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(FLUSH_EVERY).await;
            let Some(service) = service.upgrade() else { return };
            service.flush_refusals().await;
        }
    });
}
