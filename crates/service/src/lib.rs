//! What Sonde does: ingest, decide and claim, respond, administer. Knows no HTTP and no storage driver.
//!
//! One [`Service`] stands over one engine. Reads go to the engine directly; every write of a user's activity goes
//! through one bounded [write queue](write_queue), which makes a group durable with one sync before any of it is
//! answered.

pub mod accounts;
pub mod admin;
mod cache;
mod cancel;
mod client;
mod clock;
pub mod cohorts;
pub mod connections;
mod erasing;
mod error;
mod estimate;
mod explain;
pub mod figures;
pub mod identity;
mod ingest;
mod keys;
mod known_attributes;
mod known_keys;
pub mod live_events;
mod observe;
mod passwords;
pub mod profiles;
pub mod push;
mod quotas;
mod random;
pub mod rate_limit;
mod refusals;
pub mod results;
mod retention;
pub mod settings;
mod shared_values;
pub mod surveys;
mod tally;
pub mod token;
pub mod triggers;
mod users;
mod write_queue;

use std::sync::Arc;

use sonde_storage::{Accounts, Activity, Catalogue, Clock, Responses};
// What edges and wiring need of the ports, so that they need not know the ports' crate.
pub use sonde_storage::{
    AttributeStats, DecisionCounts, EventCursor, ResponseCounts, ResponseQuery, ResponseRow, StorageError, StorageErrorKind, TriggerStats,
};

pub use cache::{Authorised, CachedWorkspace};
pub use client::{BatchItem, Content, IdentifyInput, SessionInput, Shown, Started, TriggerCall, Triggered, Values};
pub use clock::{ManualClock, SystemClock};
pub use erasing::ErasedAnswers;
pub use error::{Error, FieldError};
pub use estimate::Estimate;
pub use explain::{DryRun, DryRunInput, SurveyExplained};
pub use ingest::{IngestEvent, Ingested};
pub use tally::SurveyDecisions;
pub use token::Session;
pub use write_queue::QueueOptions;

/// Everything an engine must be.
pub trait Engine: Accounts + Catalogue + Activity + Responses {}
impl<E: Accounts + Catalogue + Activity + Responses> Engine for E {}

/// The product over one engine.
pub struct Service<E: Engine> {
    engine: Arc<E>,
    clock: Arc<dyn Clock>,
    queue: write_queue::WriteQueue,
    cache: cache::CatalogueCache,
    observed: observe::Observed,
    refused: refusals::Refused,
    /// Held while counts of decisions are written.
    flushing_decisions: tokio::sync::Mutex<()>,
    known_keys: known_keys::KnownKeys,
    attributes_seen: known_attributes::KnownAttributes,
    live_events: live_events::LiveEvents,
    tokens: token::TokenSigner,
    merges: users::MergesUnderWay,
    response_changes: results::ResponseChanges,
    quotas: quotas::Quotas,
    /// Held while a cohort is deleted or a survey that may name one is published.
    cohort_use: tokio::sync::Mutex<()>,
    /// Held while an estimate goes over users.
    estimating: tokio::sync::Mutex<()>,
    doors: accounts::Doors,
    figures: Arc<figures::Figures>,
    push: Arc<push::Hub>,
    rate_limits: std::sync::OnceLock<rate_limit::RateLimits>,
    address_buckets: rate_limit::AddressBuckets,
    stopping: tokio::sync::watch::Sender<bool>,
}

impl<E: Engine> Service<E> {
    /// Loads the catalogue and starts the write queue. Must be called within a Tokio runtime.
    pub async fn start(engine: Arc<E>, clock: Arc<dyn Clock>, options: QueueOptions) -> Result<Arc<Self>, StorageError> {
        let secret = engine.token_secret(random::bytes()).await?;
        let figures = Arc::new(figures::Figures::default());
        let push = push::Hub::new(Arc::clone(&figures));
        let cache = cache::CatalogueCache::load(&*engine, Arc::clone(&push)).await?;
        let clock: Arc<dyn Clock> = Arc::new(clock::SteadyClock::starting_from(clock, engine.latest_time().await?));
        let queue = write_queue::WriteQueue::start(Arc::clone(&engine), options, Arc::clone(&figures));
        let quotas = quotas::Quotas::load(&*engine, &cache.workspace_ids()).await?;
        let service = Arc::new(Self {
            engine,
            clock,
            queue,
            cache,
            observed: observe::Observed::default(),
            refused: refusals::Refused::default(),
            flushing_decisions: tokio::sync::Mutex::default(),
            known_keys: known_keys::KnownKeys::default(),
            attributes_seen: known_attributes::KnownAttributes::default(),
            live_events: live_events::LiveEvents::default(),
            tokens: token::TokenSigner::new(secret),
            merges: users::MergesUnderWay::default(),
            response_changes: results::ResponseChanges::default(),
            quotas,
            cohort_use: tokio::sync::Mutex::default(),
            estimating: tokio::sync::Mutex::default(),
            doors: accounts::Doors::default(),
            figures,
            push,
            rate_limits: std::sync::OnceLock::new(),
            address_buckets: rate_limit::AddressBuckets::default(),
            stopping: tokio::sync::watch::Sender::new(false),
        });
        Arc::clone(&service).start_background();
        Ok(service)
    }

    /// Counters and retention; they end when the service is dropped.
    fn start_background(self: Arc<Self>) {
        connections::start(&self);
        observe::start(&self);
        refusals::start(&self);
        tally::start(&self);
        retention::start(&self);
    }

    /// Whether writes are still accepted: false once the disk has refused to keep data.
    pub fn is_healthy(&self) -> bool {
        !self.queue.has_failed()
    }

    /// Resolves when the disk has refused to keep data and the process must stop.
    pub async fn failed(&self) {
        self.queue.failed().await;
    }

    /// Ends every stream, so that a stop waits for none.
    pub fn end_streams(&self) {
        self.stopping.send_replace(true);
    }

    /// Resolves when streams must end.
    pub async fn streams_end(&self) {
        // An error means that the service is gone, which is an end too.
        let mut stopping = self.stopping.subscribe();
        let _ended = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Writes what is only counted in memory and waits until every accepted write is answered.
    pub async fn drain(self: &Arc<Self>) {
        self.flush_observed().await;
        self.flush_attributes().await;
        self.flush_refusals().await;
        self.flush_decisions().await;
        self.flush_key_use().await;
    }

    /// What the process counts about itself.
    pub fn figures(&self) -> &figures::Figures {
        &self.figures
    }

    /// Submissions that wait to be made durable, and about how many bytes they hold.
    pub fn waiting_writes(&self) -> (usize, usize) {
        self.queue.waiting()
    }

    /// Limits calls from now on; only the first time. Without, everybody may call as often as they like.
    pub fn limit_rates(&self, limits: rate_limit::RateLimits) {
        self.rate_limits.get_or_init(|| limits);
    }

    /// Takes one call out of an address's bucket.
    pub fn charge_address(&self, limited: rate_limit::Limited, address: std::net::IpAddr) -> Result<(), Error> {
        let Some(rate) = self.rate_of(limited) else { return Ok(()) };
        self.counted(self.address_buckets.take(limited, rate, address, self.now()))
    }

    /// Takes more out of a key's bucket than the one call that finding it took.
    pub fn charge_key(&self, authorised: &Authorised, cost: usize) -> Result<(), Error> {
        let Some(rate) = self.rate_of(authorised.limited()).filter(|_| cost > 0) else { return Ok(()) };
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        self.counted(authorised.bucket().take(authorised.limited(), rate, self.now(), cost))
    }

    fn rate_of(&self, limited: rate_limit::Limited) -> Option<rate_limit::Rate> {
        self.rate_limits.get()?.rate(limited)
    }

    fn counted(&self, taken: Result<(), rate_limit::OverLimit>) -> Result<(), Error> {
        taken.map_err(|over| {
            if let Some(place) = rate_limit::Limited::ALL.iter().position(|known| *known == over.limited) {
                self.figures.limited[place].increment();
            }
            Error::RateLimited(over)
        })
    }

    /// Now, by the service's clock.
    pub fn now(&self) -> sonde_core::time::Timestamp {
        self.clock.now()
    }
}

#[cfg(test)]
mod tests;
