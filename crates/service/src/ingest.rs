//! Ingest: from a checked event to one that is durable.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use sonde_core::event::{EventId, effective_time};
use sonde_core::id::GeneratedEventId;
use sonde_core::limits::TRIGGERS_PER_WORKSPACE_MAX;
use sonde_core::properties::{Properties, PropertyShape};
use sonde_core::time::Timestamp;
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_core::user::UserRef;
use sonde_storage::{Append, EventFingerprint, Outcome, Write};

use crate::error::Error;
use crate::{Engine, Service, random};

/// An event as a server sent it, its parts checked.
#[derive(Clone, Debug)]
pub struct IngestEvent {
    /// Whose.
    pub user: UserRef,
    /// What kind of event.
    pub trigger: TriggerName,
    /// When it happened, if the sender said so.
    pub said_at: Option<Timestamp>,
    /// Identity, if the sender gave one.
    pub id: Option<EventId>,
    /// What the server said about it.
    pub properties: Properties,
    /// The types of the properties' top-level keys.
    pub shapes: Vec<PropertyShape>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingested {
    /// Its id: the sender's if one was given.
    pub id: EventId,
    /// Whether the same event was stored before.
    pub duplicate: bool,
}

impl<E: Engine> Service<E> {
    /// Stores an event. `Ok` means that it is durable and seen by the very next decision.
    pub async fn ingest(&self, event: IngestEvent) -> Result<Ingested, Error> {
        let append = self.prepare(event)?;
        let outcome = self.queue.submit(Write::Append(Arc::clone(&append))).await?;
        self.settle(append, outcome)
    }

    /// Stores many events in order with one write. What is wrong with one of them concerns that one alone, also damage to what is
    /// stored of its user; an error of the whole means that none is stored.
    pub async fn ingest_many(&self, events: Vec<IngestEvent>) -> Result<Vec<Result<Ingested, Error>>, Error> {
        let mut writes = Vec::with_capacity(events.len());
        let mut prepared = Vec::with_capacity(events.len());
        for event in events {
            prepared.push(self.prepare(event).inspect(|append| writes.push(Write::Append(Arc::clone(append)))));
        }
        let mut outcomes = self.queue.submit_many(writes).await?.into_iter();
        // One outcome for each write, in their order.
        let settled = prepared.into_iter().map(|append| {
            let append = append?;
            let outcome = outcomes.next().ok_or(Error::Busy { retry_after_secs: 1 })??;
            self.settle(append, outcome)
        });
        Ok(settled.collect())
    }

    /// The write that an event comes to.
    fn prepare(&self, event: IngestEvent) -> Result<Arc<Append>, Error> {
        let received_at = self.now();
        let effective_at = effective_time(event.said_at, received_at).map_err(|error| Error::invalid("/timestamp", error))?;
        let fingerprint = event.id.is_some().then(|| fingerprint(&event));
        let IngestEvent { user, trigger, id, properties, shapes, .. } = event;
        let id = id.unwrap_or_else(|| GeneratedEventId::new(received_at, random::id_bytes()).into());
        let learn = self.known_keys.unknown(&user, TriggerKind::Backend, &trigger, &properties, shapes);
        Ok(Arc::new(Append { user, id, fingerprint, trigger, effective_at, received_at, properties, learn }))
    }

    /// What is to be done with an event once it is known what became of it.
    fn settle(&self, append: Arc<Append>, outcome: Outcome) -> Result<Ingested, Error> {
        let duplicate = match outcome {
            Outcome::Appended => false,
            Outcome::Duplicate => true,
            // Whoever asked for the erasure is finishing it, or the next look at what is over.
            Outcome::Erasing => return Err(Error::Busy { retry_after_secs: 1 }),
            Outcome::FingerprintConflict => {
                return Err(Error::invalid("/event_id", "was used before for an event with another body"));
            }
            Outcome::TooManyTriggers => {
                let detail = format!("this workspace has {TRIGGERS_PER_WORKSPACE_MAX} backend triggers already; use one of them");
                return Err(Error::invalid("/event_name", detail));
            }
            other => unreachable!("an append was answered with {other:?}"),
        };
        if !duplicate && !append.learn.is_empty() {
            self.known_keys.add(append.user.workspace, TriggerKind::Backend, &append.trigger, append.learn.clone());
        }
        if duplicate { &self.figures.duplicates } else { &self.figures.stored }.increment();
        if !duplicate {
            self.push_event(&append);
        }
        let id = append.id.clone();
        self.live_events.add_event(append, duplicate);
        Ok(Ingested { id, duplicate })
    }
}

/// The first 16 bytes of SHA-256 over the length-prefixed name, the said time and the property bytes.
fn fingerprint(event: &IngestEvent) -> EventFingerprint {
    let name = event.trigger.as_str().as_bytes();
    let said_at = event.said_at.map_or([0; 9], |said_at| {
        let mut marked = [1; 9];
        marked[1..].copy_from_slice(&said_at.as_millis().to_be_bytes());
        marked
    });
    let digest = Sha256::new()
        .chain_update((name.len() as u64).to_be_bytes())
        .chain_update(name)
        .chain_update(said_at)
        .chain_update(event.properties.as_str())
        .finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    EventFingerprint(first)
}
