//! The one bounded queue in front of the engine's writes.
//!
//! A thread of its own takes what is waiting, hands it to the engine as one group, and answers each write once the
//! whole group is durable. Nothing waits for a group to fill: while one group is being synced the next gathers, so one
//! lonely write is not delayed and a thousand share one sync. A full queue refuses at once; nothing is ever accepted
//! and then dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sonde_storage::{Activity, Outcome, StorageErrorKind, Write};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::Error;
use crate::figures::{Figures, Stopwatch};

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct QueueOptions {
    /// Most writes waiting.
    pub waiting_max: usize,
    /// Most bytes of properties waiting.
    pub waiting_bytes_max: usize,
    /// Most writes in one group.
    pub group_max: usize,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self { waiting_max: 8_192, waiting_bytes_max: 64 * 1024 * 1024, group_max: 512 }
    }
}

type Answered<T> = oneshot::Sender<Result<T, Lost>>;

/// One submission.
enum Job {
    One {
        write: Write,
        bytes: usize,
        answer: Answered<Outcome>,
    },
    /// Kept in one group, answered at once.
    Many {
        writes: Vec<Write>,
        bytes: usize,
        answer: Answered<Vec<Outcome>>,
    },
}

/// Who waits for how many outcomes of a group.
enum Waiting {
    One(Answered<Outcome>),
    Many(usize, Answered<Vec<Outcome>>),
}

/// The group was not made durable.
#[derive(Clone, Copy, Debug)]
struct Lost;

/// The sending side; dropping it ends the thread once everything accepted is answered.
pub(crate) struct WriteQueue {
    jobs: mpsc::Sender<Job>,
    waiting_bytes: Arc<AtomicUsize>,
    waiting_bytes_max: usize,
    failed: watch::Receiver<bool>,
}

impl WriteQueue {
    /// Starts the thread. Must be called within a Tokio runtime, whose handle drives the engine's futures.
    pub(crate) fn start<A: Activity>(engine: Arc<A>, options: QueueOptions, figures: Arc<Figures>) -> Self {
        let (jobs, waiting) = mpsc::channel(options.waiting_max);
        let (failing, failed) = watch::channel(false);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let committer =
            Committer { engine, waiting, waiting_bytes: Arc::clone(&waiting_bytes), group_max: options.group_max, failing, figures };
        let runtime = tokio::runtime::Handle::current();
        let spawned = std::thread::Builder::new().name("write-queue".to_owned()).spawn(move || committer.run(&runtime));
        if let Err(error) = spawned {
            // The receiver is gone with the closure: every submit answers Busy, and the log says why.
            tracing::error!(%error, "cannot start the write queue");
        }
        Self { jobs, waiting_bytes, waiting_bytes_max: options.waiting_bytes_max, failed }
    }

    /// Hands a write to the queue and waits until it is durable.
    pub(crate) async fn submit(&self, write: Write) -> Result<Outcome, Error> {
        let bytes = payload_bytes(&write);
        self.hand_over(bytes, |answer| Job::One { write, bytes, answer }).await
    }

    /// Hands many writes to the queue as one, in order, and waits until all of them are durable. Nothing of them is
    /// taken when there is no room for all.
    pub(crate) async fn submit_many(&self, writes: Vec<Write>) -> Result<Vec<Outcome>, Error> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = writes.iter().map(payload_bytes).sum();
        self.hand_over(bytes, |answer| Job::Many { writes, bytes, answer }).await
    }

    async fn hand_over<T>(&self, bytes: usize, job: impl FnOnce(Answered<T>) -> Job) -> Result<T, Error> {
        const BUSY: Error = Error::Busy { retry_after_secs: 1 };
        let before = self.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        if before + bytes > self.waiting_bytes_max {
            self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
            return Err(BUSY);
        }
        let (answer, answered) = oneshot::channel();
        if self.jobs.try_send(job(answer)).is_err() {
            self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
            return Err(BUSY);
        }
        match answered.await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(Lost)) | Err(_) => Err(BUSY),
        }
    }

    /// Submissions that wait, and about how many bytes they hold.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.jobs.max_capacity() - self.jobs.capacity(), self.waiting_bytes.load(Ordering::Relaxed))
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

/// About how much memory a waiting write holds, in bytes.
fn payload_bytes(write: &Write) -> usize {
    const OVERHEAD: usize = 256;
    OVERHEAD
        + match write {
            Write::Append(append) => append.properties.as_str().len(),
            Write::Change(change) => change.displays.iter().map(|display| display.trigger_properties.as_str().len() + 4_096).sum(),
            Write::Refuse(note) => note.refusals.iter().map(|refusal| 256 * (1 + refusal.surveys.len())).sum(),
            Write::Merge(_) | Write::ContinueMerge { .. } | Write::Erase(_) | Write::ContinueErase { .. } => 0,
            Write::Observe(_) | Write::CountDecisions(_) | Write::LearnAttributes(_) => 0,
        }
}

struct Committer<A> {
    engine: Arc<A>,
    waiting: mpsc::Receiver<Job>,
    waiting_bytes: Arc<AtomicUsize>,
    group_max: usize,
    failing: watch::Sender<bool>,
    figures: Arc<Figures>,
}

impl<A: Activity> Committer<A> {
    fn run(mut self, runtime: &tokio::runtime::Handle) {
        let mut jobs = Vec::with_capacity(self.group_max);
        while self.waiting.blocking_recv_many(&mut jobs, self.group_max) > 0 {
            let mut waiting = jobs.drain(..).peekable();
            while waiting.peek().is_some() {
                self.commit(runtime, &mut waiting);
            }
        }
    }

    /// Commits what waits, until the group is full. A submission of many is not divided, so a group may be longer by one.
    fn commit(&self, runtime: &tokio::runtime::Handle, jobs: &mut impl Iterator<Item = Job>) {
        let mut group = Vec::with_capacity(self.group_max.min(jobs.size_hint().0));
        let mut answers = Vec::with_capacity(group.capacity());
        let mut bytes = 0;
        while group.len() < self.group_max
            && let Some(job) = jobs.next()
        {
            match job {
                Job::One { write, bytes: more, answer } => {
                    bytes += more;
                    group.push(write);
                    answers.push(Waiting::One(answer));
                }
                Job::Many { writes, bytes: more, answer } => {
                    bytes += more;
                    answers.push(Waiting::Many(writes.len(), answer));
                    group.extend(writes);
                }
            }
        }
        let writes = group.len();
        let watch = Stopwatch::start();
        let committed = runtime.block_on(self.engine.commit(group));
        self.figures.commits.observe_duration(watch.elapsed());
        self.figures.group_sizes.observe(writes as u64);
        self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        match committed {
            Ok(outcomes) => {
                debug_assert_eq!(outcomes.len(), writes);
                answer_all(answers, outcomes);
            }
            Err(error) => {
                tracing::error!(%error, writes, "a group of writes was not kept");
                if error.kind() != StorageErrorKind::Unavailable {
                    self.failing.send_replace(true);
                }
                for waiting in answers {
                    let _gone = match waiting {
                        Waiting::One(answer) => answer.send(Err(Lost)).is_err(),
                        Waiting::Many(_, answer) => answer.send(Err(Lost)).is_err(),
                    };
                }
            }
        }
    }
}

/// Gives everybody what became of their writes. A caller that went away no longer wants its answer; the write stands.
fn answer_all(answers: Vec<Waiting>, outcomes: Vec<Outcome>) {
    let mut outcomes = outcomes.into_iter();
    for waiting in answers {
        match waiting {
            Waiting::One(answer) => {
                let Some(outcome) = outcomes.next() else { return };
                let _gone = answer.send(Ok(outcome));
            }
            Waiting::Many(count, answer) => {
                let _gone = answer.send(Ok(outcomes.by_ref().take(count).collect()));
            }
        }
    }
}
