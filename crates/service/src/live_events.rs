//! Live events: the newest of each workspace since the start, kept in memory for whoever sets up a connection.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sonde_core::event::EventId;
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::properties::Properties;
use sonde_core::survey::SurveyStatus;
use sonde_core::time::Timestamp;
use sonde_core::user::Namespace;
use sonde_storage::Append;
use tokio::sync::broadcast;

use crate::error::Error;
use crate::{Engine, Service};

/// Most events kept per workspace.
pub const LIVE_EVENTS_MAX: usize = 200;
/// Most bytes of properties kept with an event; larger ones are left out.
const PROPERTIES_BYTES_MAX: usize = 2 * 1_024;
/// How far a reader may fall behind before it is dropped.
const BEHIND_MAX: usize = 64;
/// Most readers of one workspace at the same time.
const READERS_MAX: usize = 64;

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveOutcome {
    /// It is durable.
    Stored,
    /// The same event was stored before.
    Duplicate,
    /// It was refused, and why.
    Rejected(Box<str>),
}

/// One call of a server, as it was answered.
#[derive(Clone, Debug)]
pub struct LiveEvent {
    /// Counts the events of the workspace since the start.
    pub number: u64,
    /// When it came in.
    pub at: Timestamp,
    /// Whose; `None` where that could not be read.
    pub user: Option<(Namespace, Box<str>)>,
    /// The backend trigger; `None` where that could not be read.
    pub event_name: Option<Box<str>>,
    /// The event's id.
    pub event_id: Option<EventId>,
    /// What became of it.
    pub outcome: LiveOutcome,
    /// Its properties, unless they are large.
    pub properties: Option<Properties>,
}

/// What is kept of a call: the write itself, which costs nothing, until somebody looks.
enum Kept {
    /// Stored now or before.
    Event { append: Arc<Append>, duplicate: bool, has_properties: bool },
    /// Refused, with what of it could be read.
    Rejected { at: Timestamp, user: Option<(Namespace, Box<str>)>, event_name: Option<Box<str>>, reason: Box<str> },
}

impl Kept {
    /// Lets go of large properties.
    fn event(append: Arc<Append>, duplicate: bool) -> Self {
        if append.properties.as_str().len() <= PROPERTIES_BYTES_MAX {
            return Self::Event { append, duplicate, has_properties: true };
        }
        let small = Append { properties: Properties::empty(), learn: Vec::new(), ..Append::clone(&append) };
        Self::Event { append: Arc::new(small), duplicate, has_properties: false }
    }

    fn user(&self) -> Option<(Namespace, &str)> {
        match self {
            Self::Event { append, .. } => Some((append.user.namespace, append.user.id.as_str())),
            Self::Rejected { user, .. } => user.as_ref().map(|(namespace, id)| (*namespace, &**id)),
        }
    }

    fn look(&self, number: u64) -> LiveEvent {
        match self {
            Self::Event { append, duplicate, has_properties } => LiveEvent {
                number,
                at: append.received_at,
                user: Some((append.user.namespace, append.user.id.as_str().into())),
                event_name: Some(append.trigger.as_str().into()),
                event_id: Some(append.id.clone()),
                outcome: if *duplicate { LiveOutcome::Duplicate } else { LiveOutcome::Stored },
                properties: has_properties.then(|| append.properties.clone()),
            },
            Self::Rejected { at, user, event_name, reason } => LiveEvent {
                number,
                at: *at,
                user: user.clone(),
                event_name: event_name.clone(),
                event_id: None,
                outcome: LiveOutcome::Rejected(reason.clone()),
                properties: None,
            },
        }
    }
}

/// The rings of all workspaces; one comes into being with its first event or reader.
#[derive(Default)]
pub(crate) struct LiveEvents {
    rings: RwLock<HashMap<WorkspaceId, Arc<Ring>>>,
}

struct Ring {
    newest: Mutex<Newest>,
    readers: broadcast::Sender<Arc<LiveEvent>>,
}

struct Newest {
    /// The number of the next.
    next: u64,
    /// With their numbers.
    kept: VecDeque<(u64, Kept)>,
}

impl LiveEvents {
    /// Notes an event that is stored, now or before (then it is a duplicate), and tells the readers.
    pub(crate) fn add_event(&self, append: Arc<Append>, duplicate: bool) {
        let workspace = append.user.workspace;
        self.add(workspace, Kept::event(append, duplicate));
    }

    fn add(&self, workspace: WorkspaceId, kept: Kept) {
        let ring = self.ring(workspace);
        let mut newest = ring.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.readers.receiver_count() > 0 {
            // Under the lock: readers see events in the order of their numbers. One that has left since is no error.
            let _listeners = ring.readers.send(Arc::new(kept.look(newest.next)));
        }
        let number = newest.next;
        newest.next += 1;
        let oldest = if newest.kept.len() == LIVE_EVENTS_MAX { newest.kept.pop_front() } else { None };
        newest.kept.push_back((number, kept));
        drop(newest);
        drop(oldest);
    }

    /// The newest first.
    fn newest(&self, workspace: WorkspaceId, limit: usize) -> Vec<LiveEvent> {
        let ring = self.ring(workspace);
        let newest = ring.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.kept.iter().rev().take(limit).map(|(number, kept)| kept.look(*number)).collect()
    }

    /// Drops the events of some users.
    pub(crate) fn forget(&self, workspace: WorkspaceId, is_theirs: impl Fn(Namespace, &str) -> bool) {
        let ring = self.ring(workspace);
        let mut newest = ring.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.kept.retain(|(_, kept)| !kept.user().is_some_and(|(namespace, id)| is_theirs(namespace, id)));
    }

    fn ring(&self, workspace: WorkspaceId) -> Arc<Ring> {
        if let Some(ring) = self.rings.read().unwrap_or_else(PoisonError::into_inner).get(&workspace) {
            return Arc::clone(ring);
        }
        let mut rings = self.rings.write().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let newest = Mutex::new(Newest { next: 1, kept: VecDeque::new() });
            Arc::new(Ring { newest, readers: broadcast::Sender::new(BEHIND_MAX) })
        };
        Arc::clone(rings.entry(workspace).or_insert_with(new))
    }
}

/// Events as they come. Ends when the reader has fallen too far behind.
pub struct LiveEventReader(broadcast::Receiver<Arc<LiveEvent>>);

impl LiveEventReader {
    /// The next event; `None` is the end.
    pub async fn next(&mut self) -> Option<Arc<LiveEvent>> {
        self.0.recv().await.ok()
    }
}

impl<E: Engine> Service<E> {
    /// The newest events of a workspace since the start, the newest first.
    pub fn live_events(&self, workspace: WorkspaceId, limit: usize) -> Vec<LiveEvent> {
        self.live_events.newest(workspace, limit)
    }

    /// Reads events of a workspace as they come.
    pub fn read_live_events(&self, workspace: WorkspaceId) -> Result<LiveEventReader, Error> {
        let ring = self.live_events.ring(workspace);
        if ring.readers.receiver_count() >= READERS_MAX {
            return Err(Error::Busy { retry_after_secs: 60 });
        }
        Ok(LiveEventReader(ring.readers.subscribe()))
    }

    /// Notes a call with a valid key that was refused, with what of it could be read.
    pub fn note_rejected(&self, workspace: WorkspaceId, user: Option<(Namespace, &str)>, event_name: Option<&str>, reason: &str) {
        let kept = Kept::Rejected {
            at: self.now(),
            user: user.map(|(namespace, id)| (namespace, id.into())),
            event_name: event_name.map(Into::into),
            reason: reason.into(),
        };
        self.live_events.add(workspace, kept);
    }

    /// The live surveys that a backend trigger can make due, by id, with their names.
    pub fn surveys_activated_by(&self, workspace: WorkspaceId, trigger: &str) -> Vec<(SurveyId, String)> {
        let Ok(cached) = self.workspace(workspace) else { return Vec::new() };
        let live = cached.snapshot.surveys().iter().filter(|survey| survey.status == SurveyStatus::Live);
        let activated = live.filter(|survey| {
            let activation = survey.document.launch.activation.as_ref();
            activation.is_some_and(|activation| activation.backend_triggers.iter().any(|rule| rule.name.as_str() == trigger))
        });
        activated.map(|survey| (survey.id, survey.document.name.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use sonde_core::trigger::TriggerName;
    use sonde_core::user::UserRef;

    use super::*;

    fn rejected(name: &str) -> Kept {
        Kept::Rejected { at: Timestamp::from_millis(0), user: None, event_name: Some(name.into()), reason: "".into() }
    }

    #[tokio::test]
    async fn the_newest_are_kept_and_slow_readers_are_dropped() {
        let live = LiveEvents::default();
        let workspace = WorkspaceId::from_bytes([1; 16]);
        let mut reader = LiveEventReader(live.ring(workspace).readers.subscribe());
        live.add(workspace, rejected("first"));
        assert_eq!(reader.next().await.map(|event| event.number), Some(1));
        for _ in 0..=LIVE_EVENTS_MAX {
            live.add(workspace, rejected("more"));
        }
        assert!(reader.next().await.is_none());
        let numbers: Vec<u64> = live.newest(workspace, usize::MAX).iter().map(|event| event.number).collect();
        assert_eq!((numbers.len(), numbers.first(), numbers.last()), (200, Some(&202), Some(&3)));
        assert_eq!(live.newest(workspace, 1)[0].number, 202);
    }

    fn append(properties: &str) -> Arc<Append> {
        Arc::new(Append {
            user: UserRef {
                workspace: WorkspaceId::from_bytes([1; 16]),
                namespace: Namespace::Identified,
                id: sonde_core::user::UserId::new("ada").unwrap(),
            },
            id: EventId::from_stored("e1"),
            fingerprint: None,
            trigger: TriggerName::new("t").unwrap(),
            effective_at: Timestamp::from_millis(1),
            received_at: Timestamp::from_millis(2),
            properties: Properties::parse(properties).unwrap().0,
            learn: Vec::new(),
        })
    }

    #[test]
    fn an_event_is_listed_with_its_properties_unless_they_are_large() {
        let live = LiveEvents::default();
        let text = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        live.add_event(append(&text(PROPERTIES_BYTES_MAX)), false);
        live.add_event(append(&text(PROPERTIES_BYTES_MAX + 1)), true);
        let newest = live.newest(WorkspaceId::from_bytes([1; 16]), 9);
        assert_eq!(newest.iter().map(|event| event.properties.is_some()).collect::<Vec<_>>(), [false, true]);
        assert_eq!((&newest[0].outcome, &newest[1].outcome), (&LiveOutcome::Duplicate, &LiveOutcome::Stored));
        assert_eq!(newest[0].user, Some((Namespace::Identified, "ada".into())));
        assert_eq!((newest[0].event_name.as_deref(), newest[0].at), (Some("t"), Timestamp::from_millis(2)));
    }
}
