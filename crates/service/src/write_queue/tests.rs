//! The queue over something that commits when it is told to.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sonde_core::event::EventId;
use sonde_core::id::WorkspaceId;
use sonde_core::properties::Properties;
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::Append;

use super::*;

/// What was committed: for every group the ids of its events.
#[derive(Clone, Default)]
struct Groups(Arc<Mutex<Vec<Vec<String>>>>);

impl Groups {
    fn note(&self, group: &[Write]) {
        let id = |write: &Write| match write {
            Write::Append(append) => append.id.to_string(),
            other => panic!("{other:?}"),
        };
        self.0.lock().unwrap().push(group.iter().map(id).collect());
    }

    fn seen(&self) -> Vec<Vec<String>> {
        self.0.lock().unwrap().clone()
    }
}

fn start(commit: impl Commit, options: QueueOptions) -> Arc<WriteQueue> {
    Arc::new(WriteQueue::over(commit, options, Arc::default()))
}

/// One that keeps everything at once.
fn willing(options: QueueOptions) -> (Arc<WriteQueue>, Groups) {
    let groups = Groups::default();
    let seen = groups.clone();
    let commit = move |group: Vec<Write>| {
        seen.note(&group);
        Ok(vec![Outcome::Appended; group.len()])
    };
    (start(commit, options), groups)
}

/// One that waits before each group for a word. Without a sender it no longer waits.
fn waiting(options: QueueOptions) -> (Arc<WriteQueue>, Groups, SyncSender<()>) {
    let groups = Groups::default();
    let seen = groups.clone();
    let (go, gone): (SyncSender<()>, Receiver<()>) = sync_channel(1);
    let commit = move |group: Vec<Write>| {
        seen.note(&group);
        let _over = gone.recv();
        Ok(vec![Outcome::Appended; group.len()])
    };
    (start(commit, options), groups, go)
}

fn event(id: &str) -> Write {
    let at = Timestamp::from_millis(0);
    Write::append(Append {
        user: UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace: Namespace::Identified, id: UserId::new("ada").unwrap() },
        id: EventId::from_stored(id),
        fingerprint: None,
        trigger: TriggerName::new("t").unwrap(),
        effective_at: at,
        received_at: at,
        properties: Properties::empty(),
        learn: Vec::new(),
    })
}

/// Submits at once, and lets the submission reach the queue.
async fn submit(queue: &Arc<WriteQueue>, id: &str) -> tokio::task::JoinHandle<Result<Outcome, Error>> {
    let (queue, write) = (Arc::clone(queue), event(id));
    let submitted = tokio::spawn(async move { queue.submit(write).await });
    tokio::task::yield_now().await;
    submitted
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn while_one_group_is_committed_the_next_gathers() {
    let (queue, groups, go) = waiting(QueueOptions::default());
    let mut submitted = vec![submit(&queue, "first").await];
    until(|| groups.seen().len() == 1).await;
    for id in ["a", "b", "c"] {
        submitted.push(submit(&queue, id).await);
    }
    assert_eq!(groups.seen(), [["first"]]);
    drop(go);
    for submitted in submitted {
        assert_eq!(submitted.await.unwrap().unwrap(), Outcome::Appended);
    }
    assert_eq!(groups.seen(), [vec!["first"], vec!["a", "b", "c"]]);
}

#[tokio::test]
async fn what_is_ready_together_is_committed_together() {
    let (queue, groups) = willing(QueueOptions::default());
    let submitted: Vec<_> = (0..10)
        .map(|number| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { queue.submit(event(&number.to_string())).await })
        })
        .collect();
    for submitted in submitted {
        submitted.await.unwrap().unwrap();
    }
    let sizes: Vec<usize> = groups.seen().iter().map(Vec::len).collect();
    assert_eq!(sizes, [10]);
}

#[tokio::test]
async fn a_group_is_not_longer_than_it_may_be_but_many_stay_together() {
    let options = QueueOptions { group_max: 3, ..QueueOptions::default() };
    let (queue, groups, go) = waiting(options);
    let mut submitted = vec![submit(&queue, "first").await];
    until(|| groups.seen().len() == 1).await;
    submitted.push(submit(&queue, "a").await);
    submitted.push(submit(&queue, "b").await);
    let many = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { queue.submit_many(["c", "d", "e"].map(event).to_vec()).await }
    });
    tokio::task::yield_now().await;
    submitted.push(submit(&queue, "f").await);
    drop(go);
    let outcomes: Result<Vec<_>, _> = many.await.unwrap().unwrap().into_iter().collect();
    assert_eq!(outcomes.unwrap(), [Outcome::Appended, Outcome::Appended, Outcome::Appended]);
    for submitted in submitted {
        submitted.await.unwrap().unwrap();
    }
    assert_eq!(groups.seen(), [vec!["first"], vec!["a", "b", "c", "d", "e"], vec!["f"]]);
}

#[tokio::test]
async fn a_full_group_is_committed_however_busy_the_callers_are() {
    let (queue, groups) = willing(QueueOptions { group_max: 2, ..QueueOptions::default() });
    // Polled last and in the same turn: nothing else of the runtime gets to run before it ends.
    let busy = async {
        for _ in 0..5_000 {
            if groups.seen().len() == 2 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        groups.seen()
    };
    let submit = |id| queue.submit(event(id));
    let (first, second, third, fourth, fifth, seen) = tokio::join!(submit("a"), submit("b"), submit("c"), submit("d"), submit("e"), busy);
    assert_eq!(seen, [["a", "b"], ["c", "d"]]);
    for outcome in [first, second, third, fourth, fifth] {
        assert_eq!(outcome.unwrap(), Outcome::Appended);
    }
    assert_eq!(groups.seen()[2..], [["e"]]);
}

#[tokio::test]
async fn a_full_queue_refuses_and_takes_again_once_there_is_room() {
    let options = QueueOptions { waiting_max: 2, ..QueueOptions::default() };
    let (queue, groups, go) = waiting(options);
    let mut submitted = vec![submit(&queue, "first").await];
    until(|| groups.seen().len() == 1).await;
    submitted.push(submit(&queue, "a").await);
    submitted.push(submit(&queue, "b").await);
    assert!(matches!(queue.submit(event("c")).await, Err(Error::Busy { .. })));
    drop(go);
    for submitted in submitted {
        submitted.await.unwrap().unwrap();
    }
    queue.submit(event("d")).await.unwrap();
}

#[tokio::test]
async fn the_bytes_of_the_group_being_committed_count_until_it_is() {
    let options = QueueOptions { waiting_bytes_max: payload_bytes(&event("x")), ..QueueOptions::default() };
    let (queue, groups, go) = waiting(options);
    let first = submit(&queue, "first").await;
    until(|| groups.seen().len() == 1).await;
    assert!(matches!(queue.submit(event("a")).await, Err(Error::Busy { .. })));
    drop(go);
    first.await.unwrap().unwrap();
    queue.submit(event("b")).await.unwrap();
}

#[tokio::test]
async fn a_group_that_was_not_kept_is_acknowledged_to_nobody() {
    for (kind, has_failed) in [(StorageErrorKind::Unavailable, false), (StorageErrorKind::Fatal, true)] {
        let queue = start(move |_| Err(StorageError::new(kind, "as asked")), QueueOptions::default());
        assert!(matches!(queue.submit(event("a")).await, Err(Error::Busy { .. })));
        assert!(queue.submit_many(vec![event("b")]).await.is_err());
        assert_eq!(queue.has_failed(), has_failed);
    }
}

#[tokio::test]
async fn what_rests_on_damage_is_an_error_of_its_own_and_the_queue_goes_on() {
    let outcome = |write: Write| match write {
        Write::Append(append) if append.id.as_str() == "bad" => Outcome::Unreadable("bad row in users".into()),
        _ => Outcome::Appended,
    };
    let queue = start(move |group| Ok(group.into_iter().map(outcome).collect()), QueueOptions::default());
    for _ in 0..2 {
        let (bad, good) = (submit(&queue, "bad").await, submit(&queue, "good").await);
        assert!(matches!(bad.await.unwrap(), Err(Error::Storage(error)) if error.to_string() == "bad row in users"));
        assert_eq!(good.await.unwrap().unwrap(), Outcome::Appended);
        let many = queue.submit_many(["a", "bad", "b"].map(event).to_vec()).await.unwrap();
        assert!(matches!(many.as_slice(), [Ok(Outcome::Appended), Err(Error::Storage(_)), Ok(Outcome::Appended)]), "{many:?}");
    }
    assert!(!queue.has_failed());
}

#[tokio::test]
async fn after_a_panic_nobody_waits_for_ever() {
    let queue = start(|_| panic!("as asked"), QueueOptions::default());
    assert!(matches!(queue.submit(event("a")).await, Err(Error::Busy { .. })));
    until(|| queue.shared.lock().ended).await;
    assert!(matches!(queue.submit(event("b")).await, Err(Error::Busy { .. })));
    assert!(queue.has_failed(), "a server that keeps nothing any more ends");
}

#[tokio::test]
async fn what_was_accepted_is_committed_even_if_nobody_waits_any_more() {
    let (queue, groups) = willing(QueueOptions::default());
    let submitted = submit(&queue, "a").await;
    submitted.abort();
    drop(submitted.await);
    drop(queue);
    until(|| !groups.seen().is_empty()).await;
    assert_eq!(groups.seen(), [["a"]]);
}
