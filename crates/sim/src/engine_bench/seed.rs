//! Filling an engine with events, past HTTP and the service: groups of a thousand, each synced like any other.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use sonde_core::event::EventId;
use sonde_core::properties::Properties;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::{Activity, Append, Outcome, Write};

use super::{TRIGGER, WORKSPACE, float};
use crate::clock::Stopwatch;

const PER_GROUP: u64 = 1_000;

/// Makes events of about 300 bytes.
pub(super) struct Events {
    trigger: TriggerName,
    properties: Properties,
}

/// How seeding went.
pub(super) struct Seeded {
    pub(super) per_second: f64,
    /// The longest that one group took, in milliseconds.
    pub(super) longest_ms: f64,
    /// Events in the slowest whole second.
    pub(super) slowest_second: u64,
}

impl Events {
    pub(super) fn new() -> anyhow::Result<Self> {
        let filling = ".".repeat(160);
        let json = format!(r#"{{"minutes":431,"efficiency":0.87,"source":"watch","nap":false,"note":"{filling}"}}"#);
        let (properties, _) = Properties::parse(&json).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(Self { trigger: TriggerName::new(TRIGGER).context("a trigger's name")?, properties })
    }

    /// One event, to be appended.
    pub(super) fn append(&self, number: u64, user: u64, at: Timestamp) -> anyhow::Result<Write> {
        Ok(Write::Append(Arc::new(Append {
            user: user_of(user)?,
            id: EventId::from_stored(&format!("evt_{number:026}")),
            fingerprint: None,
            trigger: self.trigger.clone(),
            effective_at: at,
            received_at: at,
            properties: self.properties.clone(),
            learn: Vec::new(),
        })))
    }
}

/// The user with a number.
pub(super) fn user_of(number: u64) -> anyhow::Result<UserRef> {
    Ok(UserRef { workspace: WORKSPACE, namespace: Namespace::Identified, id: UserId::new(&format!("u{number:07}"))? })
}

/// Stores events that came in evenly from `from` to `until`, of users in turn.
pub(super) async fn fill<E: Activity>(engine: &E, count: u64, users: u64, from: Timestamp, until: Timestamp) -> anyhow::Result<Seeded> {
    let events = Events::new()?;
    let (watch, between) = (Stopwatch::start(), until.since(from).as_millis());
    let (mut longest_ms, mut seconds): (f64, Vec<u64>) = (0.0, Vec::new());
    for first in (0..count).step_by(usize::try_from(PER_GROUP)?) {
        let numbers = first..count.min(first + PER_GROUP);
        let at = from + Span::from_millis(between / i64::try_from(count)? * i64::try_from(first)?);
        let group: Vec<Write> = numbers.map(|number| events.append(number, number % users, at)).collect::<anyhow::Result<_>>()?;
        let (expected, committing) = (group.len(), Stopwatch::start());
        let outcomes = engine.commit(group).await?;
        longest_ms = longest_ms.max(committing.elapsed().as_secs_f64() * 1e3);
        let stored = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Appended)).count();
        ensure!(stored == expected, "of {expected} events {stored} were stored");
        let second = usize::try_from(watch.elapsed().as_secs())?;
        seconds.resize(seconds.len().max(second + 1), 0);
        seconds[second] += stored as u64;
    }
    let per_second = float(count) / watch.elapsed().as_secs_f64();
    // The last one was not whole.
    seconds.pop();
    Ok(Seeded { per_second, longest_ms, slowest_second: seconds.into_iter().min().unwrap_or(count) })
}
