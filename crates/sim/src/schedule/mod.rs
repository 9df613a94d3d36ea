//! Schedules: one thread, one seed, any order of everything that may happen to one person's surveys.
//!
//! Tabs, a device and a server act for the same person under three ids. Each call is cut into reading, deciding and
//! writing, and between any two of them the others may act, the clock may move, the engine may crash and be opened again,
//! with writes it took and never answered. The steps are the core's own, the engine is the real one, and the oracle
//! knows only what was acknowledged: that an event activates a survey at most once, that a user has one live claim at most,
//! that the wait period is kept, that what was cancelled is not shown, that nothing acknowledged is lost, and that of
//! somebody who was erased nothing is left or comes back.
//!
//! The same seed tells the same story, on every engine: `SONDE_SIM_SEED=17 cargo test -p sonde-sim no_schedule` tells one.

mod actor;
mod fault;
mod oracle;
mod run;
mod world;

use std::fmt;
use std::ops::Range;

use sonde_storage::contract::Harness;
use sonde_storage::memory::MemoryStore;

pub use fault::Fault;

/// The environment variable that names the one seed to run.
pub const SEED_VARIABLE: &str = "SONDE_SIM_SEED";

/// Which stories are told.
#[derive(Clone, Debug)]
pub struct Schedules {
    /// Their seeds.
    pub seeds: Range<u64>,
    /// How many steps each has.
    pub steps: usize,
}

/// How often something happened in all of them: a schedule in which nothing happens proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// Events stored.
    pub events: u32,
    /// Displays claimed.
    pub claimed: u32,
    /// Displays confirmed.
    pub confirmed: u32,
    /// Confirmations that came too late, or for a claim that was given back.
    pub lapsed: u32,
    /// Writes refused because somebody else had written in between.
    pub conflicts: u32,
    /// Answers stored.
    pub answered: u32,
    /// Of these: answers to a display that was never confirmed.
    pub answered_late: u32,
    /// Events cancelled by their id.
    pub cancelled: u32,
    /// Claims given back because the event was cancelled.
    pub given_back: u32,
    /// Anonymous ids merged.
    pub merged: u32,
    /// Erasures begun.
    pub erased: u32,
    /// Of these: for which answers stayed as nobody's.
    pub anonymised: u32,
    /// Writes that came upon an erasure under way.
    pub erasing: u32,
    /// Crashes.
    pub crashes: u32,
    /// Writes that were taken and never answered.
    pub unanswered: u32,
}

/// A promise that was broken.
#[derive(Clone, Debug)]
pub struct Finding {
    /// By which seed.
    pub seed: u64,
    /// Which promise, in words.
    pub what: String,
    /// What happened until then.
    pub history: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        self.history.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        write!(f, "again: {SEED_VARIABLE}={}", self.seed)
    }
}

impl Schedules {
    /// Only the story of [`SEED_VARIABLE`], if that is set.
    ///
    /// # Panics
    /// When it is set to something else than a number.
    #[must_use]
    pub fn or_the_one_asked_for(self) -> Self {
        let Ok(seed) = std::env::var(SEED_VARIABLE) else { return self };
        let seed: u64 = seed.parse().unwrap_or_else(|_| panic!("{SEED_VARIABLE} is no seed: {seed}"));
        Self { seeds: seed..seed + 1, ..self }
    }

    /// Tells all of them, each on a new engine, until a promise is broken.
    pub fn run<H: Harness>(&self, fault: Option<Fault>) -> Result<Happened, Box<Finding>> {
        let mut happened = Happened::default();
        for seed in self.seeds.clone() {
            run::run::<H>(seed, self.steps, fault, &mut happened)?;
        }
        Ok(happened)
    }
}

/// The reference model; it has nothing to lose in a crash.
pub struct Model(MemoryStore);

impl Harness for Model {
    type Engine = MemoryStore;

    fn create() -> Self {
        Self(MemoryStore::new())
    }

    fn engine(&self) -> &MemoryStore {
        &self.0
    }

    fn crash(&mut self) {
        self.0 = self.0.clone();
    }

    fn reopen(&mut self) {
        self.crash();
    }
}

#[cfg(test)]
mod tests;
