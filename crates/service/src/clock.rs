//! The one place that reads the system's clock.

use std::sync::atomic::{AtomicI64, Ordering};

use sonde_core::time::{Span, Timestamp};
use sonde_storage::Clock;

/// The system's clock, which never goes back within a process: when the system's does, time stands still until it has
/// caught up.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest_millis: AtomicI64,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the module that reads the clock")]
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = since_epoch.map_or(0, |duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
        let before = self.latest_millis.fetch_max(millis, Ordering::AcqRel);
        Timestamp::from_millis(before.max(millis))
    }
}

/// A clock for tests and simulation: stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Standing at a moment.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Moves forward.
    ///
    /// # Panics
    /// When asked to go back.
    pub fn advance(&self, by: Span) {
        assert!(by >= Span::ZERO, "a clock never goes back");
        self.0.fetch_add(by.as_millis(), Ordering::AcqRel);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Acquire))
    }
}
