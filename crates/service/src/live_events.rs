//! Live events: the newest of each workspace since the start, kept in memory for whoever sets up a connection.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sonde_core::event::EventId;
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::properties::Properties;
use sonde_core::survey::SurveyStatus;
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId, UserRef};
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

/// An event on its way to an outcome.
pub(crate) struct NewLiveEvent {
    at: Timestamp,
    user: Option<(Namespace, Box<str>)>,
    event_name: Option<Box<str>>,
    event_id: Option<EventId>,
    properties: Option<Properties>,
}

impl NewLiveEvent {
    pub(crate) fn of(user: &UserRef, trigger: &TriggerName, id: &EventId, properties: &Properties, at: Timestamp) -> Self {
        Self {
            at,
            user: Some((user.namespace, user.id.as_str().into())),
            event_name: Some(trigger.as_str().into()),
            event_id: Some(id.clone()),
            properties: Some(properties).filter(|properties| properties.as_str().len() <= PROPERTIES_BYTES_MAX).cloned(),
        }
    }
}

impl NewLiveEvent {
    /// Whose event it is, and the backend trigger.
    pub(crate) fn whose(&self, workspace: WorkspaceId) -> Option<(UserRef, &str)> {
        let (namespace, id) = self.user.as_ref()?;
        let user = UserRef { workspace, namespace: *namespace, id: UserId::new(id).ok()? };
        Some((user, self.event_name.as_deref()?))
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
    next: u64,
    events: VecDeque<Arc<LiveEvent>>,
}

impl LiveEvents {
    /// Notes what became of an event, and tells the readers.
    pub(crate) fn add(&self, workspace: WorkspaceId, new: NewLiveEvent, outcome: LiveOutcome) {
        let ring = self.ring(workspace);
        let mut newest = ring.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let NewLiveEvent { at, user, event_name, event_id, properties } = new;
        let event = Arc::new(LiveEvent { number: newest.next, at, user, event_name, event_id, outcome, properties });
        newest.next += 1;
        if newest.events.len() == LIVE_EVENTS_MAX {
            newest.events.pop_front();
        }
        newest.events.push_back(Arc::clone(&event));
        // Under the lock: readers see events in the order of their numbers. Nobody listening is no error.
        let _listeners = ring.readers.send(event);
    }

    /// Drops the events of some users.
    pub(crate) fn forget(&self, workspace: WorkspaceId, is_theirs: impl Fn(Namespace, &str) -> bool) {
        let ring = self.ring(workspace);
        let mut newest = ring.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.events.retain(|event| !event.user.as_ref().is_some_and(|(namespace, id)| is_theirs(*namespace, id)));
    }

    fn ring(&self, workspace: WorkspaceId) -> Arc<Ring> {
        if let Some(ring) = self.rings.read().unwrap_or_else(PoisonError::into_inner).get(&workspace) {
            return Arc::clone(ring);
        }
        let mut rings = self.rings.write().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let newest = Mutex::new(Newest { next: 1, events: VecDeque::new() });
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
    pub fn live_events(&self, workspace: WorkspaceId, limit: usize) -> Vec<Arc<LiveEvent>> {
        let ring = self.live_events.ring(workspace);
        let newest = ring.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.events.iter().rev().take(limit).cloned().collect()
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
        let new = NewLiveEvent {
            at: self.now(),
            user: user.map(|(namespace, id)| (namespace, id.into())),
            event_name: event_name.map(Into::into),
            event_id: None,
            properties: None,
        };
        self.live_events.add(workspace, new, LiveOutcome::Rejected(reason.into()));
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
    use super::*;

    fn event(name: &str) -> NewLiveEvent {
        NewLiveEvent { at: Timestamp::from_millis(0), user: None, event_name: Some(name.into()), event_id: None, properties: None }
    }

    #[tokio::test]
    async fn the_newest_are_kept_and_slow_readers_are_dropped() {
        let live = LiveEvents::default();
        let workspace = WorkspaceId::from_bytes([1; 16]);
        let mut reader = LiveEventReader(live.ring(workspace).readers.subscribe());
        live.add(workspace, event("first"), LiveOutcome::Stored);
        assert_eq!(reader.next().await.map(|event| event.number), Some(1));
        for _ in 0..=LIVE_EVENTS_MAX {
            live.add(workspace, event("more"), LiveOutcome::Stored);
        }
        assert!(reader.next().await.is_none());
        let ring = live.ring(workspace);
        let newest = ring.newest.lock().unwrap();
        let numbers: Vec<u64> = newest.events.iter().map(|event| event.number).collect();
        assert_eq!((numbers.len(), numbers.first(), numbers.last()), (200, Some(&3), Some(&202)));
    }
}
