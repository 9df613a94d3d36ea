//! Firings of frontend triggers: counted in memory, written once a second. Losing a second's worth in a crash loses
//! nothing that was acknowledged.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sonde_core::id::WorkspaceId;
use sonde_core::properties::{Properties, PropertyShape};
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_core::user::UserRef;
use sonde_storage::{KeyObservation, Observation, Write};

use crate::{Engine, Service};

/// How often counts are written; a new trigger is listed within a second.
const FLUSH_EVERY: Duration = Duration::from_millis(500);
/// Most distinct triggers waiting: beyond it a flood of invented names is not counted until the next flush.
const WAITING_MAX: usize = 4_096;
/// Most property keys waiting per trigger.
const KEYS_WAITING_MAX: usize = 256;

/// What was observed since the last flush.
#[derive(Default)]
pub(crate) struct Observed {
    waiting: Mutex<HashMap<(WorkspaceId, TriggerName), Observation>>,
}

impl<E: Engine> Service<E> {
    /// Counts a firing of a frontend trigger.
    pub(crate) fn observe(&self, user: &UserRef, trigger: &TriggerName, properties: &Properties, shapes: Vec<PropertyShape>) {
        let learn = self.known_keys.unknown(user, TriggerKind::Frontend, trigger, properties, shapes);
        let (workspace, now) = (user.workspace, self.now());
        let mut waiting = self.observed.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (workspace, trigger.clone());
        if waiting.len() >= WAITING_MAX && !waiting.contains_key(&key) {
            return;
        }
        let new = || Observation { workspace, trigger: trigger.clone(), at: now, count: 0, learn: Vec::new() };
        let observation = waiting.entry(key).or_insert_with(new);
        observation.count += 1;
        observation.at = observation.at.max(now);
        for key in learn {
            if observation.learn.len() < KEYS_WAITING_MAX && !observation.learn.contains(&key) {
                observation.learn.push(key);
            }
        }
    }

    /// Writes what was observed.
    pub(crate) async fn flush_observed(&self) {
        let taken = std::mem::take(&mut *self.observed.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for ((workspace, trigger), observation) in taken {
            let told: Vec<KeyObservation> = observation.learn.clone();
            match self.queue.submit(Write::Observe(observation)).await {
                Ok(_) => self.known_keys.add(workspace, TriggerKind::Frontend, &trigger, told),
                Err(error) => tracing::warn!(%error, %trigger, "firings of a frontend trigger were not counted"),
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
            service.flush_observed().await;
            service.flush_attributes().await;
        }
    });
}
