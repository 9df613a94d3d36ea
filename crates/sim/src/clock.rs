//! The one place that measures time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Measures from its making.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the module that measures durations")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A number that differs from run to run: what a run without `--seed` begins with.
#[expect(clippy::disallowed_methods, reason = "a seed is a number, not a time")]
pub fn arbitrary_seed() -> u64 {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    (u64::from(std::process::id()) << 32) ^ u64::from(nanos)
}
