//! The one place that reads the system's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sonde_core::time::{Span, Timestamp};
use sonde_storage::Clock;

/// The system's clock, as it is: the service sees to it that it never goes back.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the module that reads the clock")]
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = since_epoch.map_or(0, |duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
        Timestamp::from_millis(millis)
    }
}

/// A clock that never goes back: neither while the process runs, nor behind what was stored before it started. When the
/// clock under it does, time stands still until that has caught up. Standing still is safe: a window may stay open longer,
/// but nothing that was shown is forgotten, no mark is younger than its event, and ids keep their order.
pub(crate) struct SteadyClock {
    under: Arc<dyn Clock>,
    latest_millis: AtomicI64,
}

impl SteadyClock {
    /// `latest`: the latest time that was stored. A clock that is behind it is reported.
    pub(crate) fn starting_from(under: Arc<dyn Clock>, latest: Option<Timestamp>) -> Self {
        let now = under.now();
        let latest = latest.unwrap_or(now);
        if now < latest {
            let behind_secs = latest.since(now).as_millis() / 1_000;
            tracing::warn!(behind_secs, "the system's clock is behind what was stored before; time stands still until it has caught up");
        }
        Self { under, latest_millis: AtomicI64::new(latest.as_millis()) }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let millis = self.under.now().as_millis();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that does what it is told.
    struct Unsteady(AtomicI64);

    impl Clock for Unsteady {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Acquire))
        }
    }

    #[test]
    fn time_stands_still_while_the_clock_under_it_is_behind() {
        let under = Arc::new(Unsteady(AtomicI64::new(100)));
        let clock = SteadyClock::starting_from(under.clone(), None);
        let mut seen = Vec::new();
        for millis in [100, 107, 50, 106, 107, 108, i64::MIN, 109] {
            under.0.store(millis, Ordering::Release);
            seen.push(clock.now().as_millis());
        }
        assert_eq!(seen, [100, 107, 107, 107, 107, 108, 108, 109]);
    }

    #[test]
    fn time_never_starts_before_what_was_stored() {
        let under = Arc::new(Unsteady(AtomicI64::new(100)));
        let clock = SteadyClock::starting_from(under.clone(), Some(Timestamp::from_millis(500)));
        assert_eq!(clock.now(), Timestamp::from_millis(500));
        under.0.store(501, Ordering::Release);
        assert_eq!(clock.now(), Timestamp::from_millis(501));
        let ahead = SteadyClock::starting_from(under, Some(Timestamp::from_millis(499)));
        assert_eq!(ahead.now(), Timestamp::from_millis(501));
    }
}
