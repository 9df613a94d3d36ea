//! The one bounded queue in front of the engine's writes.
//!
//! A thread of its own commits one group after the other, and one task, which runs among the callers, says when a group
//! may be taken and answers it. While a group is being synced the next gathers; when nothing is being synced, a group is
//! handed over as soon as everything that was ready to run has run, so one lonely write is not delayed and a thousand
//! share one sync. A full group the thread takes unasked: under overload the task waits its turn among thousands that are
//! refused, and the disk must not wait with it. A full queue refuses at once; nothing is ever accepted and then dropped.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use sonde_storage::{Activity, Outcome, StorageError, StorageErrorKind, Write};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::error::Error;
use crate::figures::{Figures, Stopwatch};

/// Most groups that are committed and wait to be answered: as many as a queue of full ones. Others are handed over after the
/// answer, but for a queue that is being closed.
const UNANSWERED_MAX: usize = 16;

/// So often in a row it is looked for more writes in vain before a group goes without them.
const IN_VAIN_MAX: u32 = 16;

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct QueueOptions {
    /// Most submissions waiting.
    pub waiting_max: usize,
    /// Most bytes of properties waiting or being committed.
    pub waiting_bytes_max: usize,
    /// Most writes in one group.
    pub group_max: usize,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self { waiting_max: 8_192, waiting_bytes_max: 64 * 1024 * 1024, group_max: 512 }
    }
}

/// One submission. Its sender is dropped without an answer when it could not be kept.
enum Job {
    One {
        write: Write,
        answer: oneshot::Sender<Outcome>,
    },
    /// Kept in one group, answered at once.
    Many {
        writes: Vec<Write>,
        answer: oneshot::Sender<Vec<Outcome>>,
    },
}

impl Job {
    fn writes(&self) -> usize {
        match self {
            Self::One { .. } => 1,
            Self::Many { writes, .. } => writes.len(),
        }
    }
}

/// Who waits for how many outcomes of a group.
enum Asker {
    One(oneshot::Sender<Outcome>),
    Many(usize, oneshot::Sender<Vec<Outcome>>),
}

/// Writes on their way into a group.
#[derive(Default)]
struct Gathering {
    jobs: Vec<Job>,
    writes: usize,
    /// Of these, and of the group that is being committed.
    bytes: usize,
    may_be_taken: bool,
    /// Nobody will submit any more.
    closed: bool,
    /// The thread is gone: nothing can be kept any more.
    ended: bool,
}

/// What the callers, the task that answers them and the thread that commits share.
#[derive(Default)]
struct Shared {
    gathering: Mutex<Gathering>,
    /// There is a first submission.
    begun: Notify,
    /// What is gathered may be taken, or is a full group, or the queue is closed.
    handed_over: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Gathering> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gathered(&self) -> usize {
        self.lock().writes
    }

    /// Lets the thread take what is gathered.
    fn hand_over(&self) {
        self.lock().may_be_taken = true;
        self.handed_over.notify_one();
    }

    /// Waits for a group by blocking, and moves it to the empty `group`: `max` writes, and with them the rest of a
    /// submission of many, which is not divided. `false` once the queue is closed and empty.
    fn take(&self, group: &mut Vec<Job>, max: usize) -> bool {
        let mut gathering = self.lock();
        while !gathering.closed && (gathering.jobs.is_empty() || !(gathering.may_be_taken || gathering.writes >= max)) {
            gathering = self.handed_over.wait(gathering).unwrap_or_else(PoisonError::into_inner);
        }
        gathering.may_be_taken = false;
        if gathering.writes <= max {
            gathering.writes = 0;
            std::mem::swap(&mut gathering.jobs, group);
        } else {
            let before = gathering.jobs.iter().scan(0, |sum, job| Some(std::mem::replace(sum, *sum + job.writes())));
            let fitting = before.take_while(|before| *before < max).count();
            group.extend(gathering.jobs.drain(..fitting));
            gathering.writes -= group.iter().map(Job::writes).sum::<usize>();
        }
        !group.is_empty()
    }
}

/// The sending side; dropping it ends the thread once everything accepted is committed.
pub(crate) struct WriteQueue {
    shared: Arc<Shared>,
    options: QueueOptions,
    failed: watch::Receiver<bool>,
}

impl WriteQueue {
    /// Starts the thread and the task. Must be called within a Tokio runtime, whose handle drives the engine's futures.
    pub(crate) fn start<A: Activity>(engine: Arc<A>, options: QueueOptions, figures: Arc<Figures>) -> Self {
        let runtime = tokio::runtime::Handle::current();
        Self::over(move |group| runtime.block_on(engine.commit(group)), options, figures)
    }

    /// Over what commits a group by blocking.
    fn over<C: Commit>(commit: C, options: QueueOptions, figures: Arc<Figures>) -> Self {
        let (failing, failed) = watch::channel(false);
        let (answering, results) = mpsc::channel(UNANSWERED_MAX);
        let shared = Arc::new(Shared::default());
        let committer = Committer { commit, shared: Arc::clone(&shared), group_max: options.group_max, failing, answering, figures };
        let spawned = std::thread::Builder::new().name("write-queue".to_owned()).spawn(move || committer.run());
        if let Err(error) = spawned {
            // The committer is gone with the closure: every submit answers Busy, and the log says why.
            tracing::error!(%error, "cannot start the write queue");
        }
        tokio::spawn(gather_and_answer(Arc::clone(&shared), results));
        Self { shared, options, failed }
    }

    /// Hands a write to the queue and waits until it is durable. One that rests on what cannot be read is an error, so that no
    /// caller has to think of it.
    pub(crate) async fn submit(&self, write: Write) -> Result<Outcome, Error> {
        let bytes = payload_bytes(&write);
        readable(self.hand_over(1, bytes, |answer| Job::One { write, answer }).await?)
    }

    /// Hands many writes to the queue as one, in order, and waits until all of them are durable, but for those that rest on
    /// what cannot be read. Nothing of them is taken when there is no room for all.
    pub(crate) async fn submit_many(&self, writes: Vec<Write>) -> Result<Vec<Result<Outcome, Error>>, Error> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = writes.iter().map(payload_bytes).sum();
        let outcomes = self.hand_over(writes.len(), bytes, |answer| Job::Many { writes, answer }).await?;
        Ok(outcomes.into_iter().map(readable).collect())
    }

    async fn hand_over<T>(&self, writes: usize, bytes: usize, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T, Error> {
        const BUSY: Error = Error::Busy { retry_after_secs: 1 };
        let (answer, answered) = oneshot::channel();
        let (is_first, fills_a_group) = {
            let mut gathering = self.shared.lock();
            let is_full = gathering.jobs.len() >= self.options.waiting_max || gathering.bytes + bytes > self.options.waiting_bytes_max;
            if is_full || gathering.ended {
                return Err(BUSY);
            }
            gathering.bytes += bytes;
            gathering.writes += writes;
            gathering.jobs.push(job(answer));
            let group_max = self.options.group_max;
            (gathering.jobs.len() == 1, gathering.writes >= group_max && gathering.writes - writes < group_max)
        };
        if fills_a_group {
            self.shared.handed_over.notify_one();
        }
        if is_first {
            self.shared.begun.notify_one();
        }
        answered.await.map_err(|_| BUSY)
    }

    /// Submissions that wait, and about how many bytes they and the group being committed hold.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let gathering = self.shared.lock();
        (gathering.jobs.len(), gathering.bytes)
    }

    /// Whether the disk has refused to keep data.
    pub(crate) fn has_failed(&self) -> bool {
        *self.failed.borrow()
    }

    /// Resolves when the disk has refused to keep data.
    pub(crate) async fn failed(&self) {
        let mut failed = self.failed.clone();
        if failed.wait_for(|failed| *failed).await.is_err() {
            // The thread ended in good order: there is nothing to report, ever.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for WriteQueue {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.handed_over.notify_one();
    }
}

/// An outcome that callers know what to do about.
fn readable(outcome: Outcome) -> Result<Outcome, Error> {
    match outcome {
        Outcome::Unreadable(why) => Err(Error::Storage(StorageError::new(StorageErrorKind::Corrupt, why))),
        Outcome::Appended
        | Outcome::Duplicate
        | Outcome::FingerprintConflict
        | Outcome::TooManyTriggers
        | Outcome::Changed
        | Outcome::VersionConflict
        | Outcome::MergeStarted
        | Outcome::MergeDone
        | Outcome::AliasConflict
        | Outcome::EraseStarted
        | Outcome::Erased
        | Outcome::Erasing
        | Outcome::Observed => Ok(outcome),
    }
}

/// About how much memory a waiting write holds, in bytes.
fn payload_bytes(write: &Write) -> usize {
    const OVERHEAD: usize = 256;
    OVERHEAD
        + match write {
            Write::Append(append) => append.properties.as_str().len(),
            Write::Change(change) => change.displays.iter().map(|display| display.trigger_properties.as_str().len() + 4_096).sum(),
            Write::Refuse(note) => note.refusals.iter().map(|refusal| 256 * (1 + refusal.surveys.len())).sum(),
            Write::Merge(_)
            | Write::ContinueMerge { .. }
            | Write::Erase(_)
            | Write::ContinueErase { .. }
            | Write::Observe(_)
            | Write::CountDecisions(_)
            | Write::LearnAttributes(_) => 0,
        }
}

/// The task between callers and thread: says when a group may be taken, and answers those that wait for it.
///
/// The thread wakes this one task per group and this task wakes the callers, which for it are neighbours. Woken by the
/// thread, each of them would cost a system call, and where both share a core a change of threads to and fro.
async fn gather_and_answer(shared: Arc<Shared>, mut results: mpsc::Receiver<Committed>) {
    loop {
        tokio::select! {
            () = shared.begun.notified() => {}
            // What was taken without being handed over was a full group, or the queue is closed.
            committed = results.recv() => match committed {
                Some(committed) => committed.answer(),
                None => return,
            },
        }
        let mut expected = 0;
        while gather(&shared, expected).await {
            shared.hand_over();
            let Some(committed) = results.recv().await else { return };
            expected = full_enough(committed.outcomes.len() + shared.gathered());
            committed.answer();
        }
    }
}

/// How many writes a group waits for at most, of those that callers had under way a moment ago: three quarters. The rest
/// are worked on while it is being synced, so that neither the disk nor the processor waits for the other.
const fn full_enough(under_way: usize) -> usize {
    (under_way * 3).div_ceil(4)
}

/// Lets everything that is ready to run go first, for as long as that brings more writes every now and then, up to the number
/// expected. Says whether there are any.
async fn gather(shared: &Shared, expected: usize) -> bool {
    let (mut before, mut in_vain) = (shared.gathered(), 0);
    while (1..expected).contains(&before) && in_vain < IN_VAIN_MAX {
        tokio::task::yield_now().await;
        let now = shared.gathered();
        in_vain = if now == before { in_vain + 1 } else { 0 };
        before = now;
    }
    before > 0
}

/// What became of a group.
struct Committed {
    askers: Vec<Asker>,
    outcomes: Vec<Outcome>,
}

impl Committed {
    /// Tells everybody. A caller that went away no longer wants its answer; the write stands.
    fn answer(self) {
        let mut outcomes = self.outcomes.into_iter();
        for asker in self.askers {
            match asker {
                Asker::One(answer) => {
                    let Some(outcome) = outcomes.next() else { return };
                    let _gone = answer.send(outcome);
                }
                Asker::Many(count, answer) => {
                    let _gone = answer.send(outcomes.by_ref().take(count).collect());
                }
            }
        }
    }
}

/// Makes a group durable, by blocking.
trait Commit: FnMut(Vec<Write>) -> Result<Vec<Outcome>, StorageError> + Send + 'static {}
impl<C: FnMut(Vec<Write>) -> Result<Vec<Outcome>, StorageError> + Send + 'static> Commit for C {}

struct Committer<C> {
    commit: C,
    shared: Arc<Shared>,
    group_max: usize,
    failing: watch::Sender<bool>,
    answering: mpsc::Sender<Committed>,
    figures: Arc<Figures>,
}

impl<C: Commit> Committer<C> {
    fn run(mut self) {
        let mut jobs = Vec::new();
        while self.shared.take(&mut jobs, self.group_max) {
            let committed = self.commit(jobs.drain(..));
            // Nobody waits any more where the runtime has ended.
            let _ended = self.answering.blocking_send(committed);
        }
    }

    fn commit(&mut self, jobs: impl ExactSizeIterator<Item = Job>) -> Committed {
        let mut group = Vec::with_capacity(jobs.len());
        let mut askers = Vec::with_capacity(jobs.len());
        for job in jobs {
            match job {
                Job::One { write, answer } => {
                    group.push(write);
                    askers.push(Asker::One(answer));
                }
                Job::Many { writes, answer } => {
                    askers.push(Asker::Many(writes.len(), answer));
                    group.extend(writes);
                }
            }
        }
        let (writes, bytes) = (group.len(), group.iter().map(payload_bytes).sum::<usize>());
        let watch = Stopwatch::start();
        let committed = (self.commit)(group);
        self.figures.commits.observe_duration(watch.elapsed());
        self.figures.group_sizes.observe(writes as u64);
        self.shared.lock().bytes -= bytes;
        match committed {
            Ok(outcomes) => {
                debug_assert_eq!(outcomes.len(), writes);
                Committed { askers, outcomes }
            }
            Err(error) => {
                if error.kind() == StorageErrorKind::Unavailable {
                    // The engine has said why, once: a full disk is not filled with a line for each group.
                    tracing::debug!(%error, writes, "a group of writes was not kept");
                } else {
                    tracing::error!(%error, writes, "a group of writes was not kept");
                    self.failing.send_replace(true);
                }
                // With their senders gone, those who wait are told that nothing was kept.
                Committed { askers: Vec::new(), outcomes: Vec::new() }
            }
        }
    }
}

impl<C> Drop for Committer<C> {
    /// Also after a panic: whoever waits is told that nothing was kept, and so is everybody after. Nobody knows then what is on
    /// disk, as after a write that failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.failing.send_replace(true);
        }
        let mut gathering = self.shared.lock();
        gathering.ended = true;
        gathering.jobs.clear();
    }
}

#[cfg(test)]
mod tests;
