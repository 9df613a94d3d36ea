//! What the process counts about itself, for whoever watches over it: atomic numbers, no locks, no names of anybody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

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

/// A number that only rises.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Its value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often a value fell at or below each of some bounds. Values are whole numbers: durations are in nanoseconds.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// Per bound, not summed up; the last is for what is above all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// With these bounds, in rising order.
    pub fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a duration.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Each bound with how many values are at or below it, then the number and the sum of all values.
    pub fn read(&self) -> (Vec<(u64, u64)>, u64, u64) {
        let mut below = 0;
        let mut counts = self.counts.iter().map(|count| {
            below += count.load(Ordering::Relaxed);
            below
        });
        let bounds: Vec<(u64, u64)> = self.bounds.iter().copied().zip(counts.by_ref()).collect();
        let all = counts.next().unwrap_or(0);
        (bounds, all, self.sum.load(Ordering::Relaxed))
    }
}

/// Why an event was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It happened so long ago that no window can be open.
    Expired,
    /// It cannot be read at all.
    Malformed,
    /// More bytes than an event may have.
    TooLarge,
    /// Its user breaks a rule.
    User,
    /// Its name breaks a rule, or there are too many names.
    EventName,
    /// Its properties break a rule.
    Properties,
    /// Its time breaks a rule.
    Timestamp,
    /// Its id breaks a rule, or was another event's.
    EventId,
    /// There was no room; it may be sent again.
    Busy,
    /// Too many at once; it may be sent again.
    RateLimited,
    /// Anything else.
    Other,
}

impl Rejection {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Expired,
        Self::Malformed,
        Self::TooLarge,
        Self::User,
        Self::EventName,
        Self::Properties,
        Self::Timestamp,
        Self::EventId,
        Self::Busy,
        Self::RateLimited,
        Self::Other,
    ];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::User => "user",
            Self::EventName => "event_name",
            Self::Properties => "properties",
            Self::Timestamp => "timestamp",
            Self::EventId => "event_id",
            Self::Busy => "busy",
            Self::RateLimited => "rate_limited",
            Self::Other => "other",
        }
    }
}

/// Writes of a group.
const GROUP_BOUNDS: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];
/// A group's way to the disk, in nanoseconds: 100 µs to 5 s.
const COMMIT_BOUNDS: &[u64] = &[
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// What the service counts since the start of the process.
#[derive(Debug)]
pub struct Figures {
    /// Events stored.
    pub stored: Counter,
    /// Events that were stored before.
    pub duplicates: Counter,
    rejected: [Counter; Rejection::ALL.len()],
    /// Writes in each group that was made durable with one sync.
    pub group_sizes: Histogram,
    /// How long it took to make a group durable.
    pub commits: Histogram,
    /// Calls refused since their backend key, SDK key, or address was over its limit.
    pub limited: [Counter; 4],
    /// Streams to SDKs that are open.
    pub streams_open: AtomicU64,
    /// Streams to SDKs that were ended since their reader was too slow.
    pub streams_dropped: Counter,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            stored: Counter::default(),
            duplicates: Counter::default(),
            rejected: std::array::from_fn(|_| Counter::default()),
            group_sizes: Histogram::new(GROUP_BOUNDS),
            commits: Histogram::new(COMMIT_BOUNDS),
            limited: std::array::from_fn(|_| Counter::default()),
            streams_open: AtomicU64::new(0),
            streams_dropped: Counter::default(),
        }
    }
}

impl Figures {
    /// How many events were refused for a reason.
    pub fn rejected(&self, reason: Rejection) -> &Counter {
        let place = Rejection::ALL.iter().position(|known| *known == reason).unwrap_or(Rejection::ALL.len() - 1);
        &self.rejected[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_at_its_bound_and_above() {
        let histogram = Histogram::new(&[10, 20]);
        for value in [0, 10, 11, 20, 21, u64::from(u32::MAX)] {
            histogram.observe(value);
        }
        assert_eq!(histogram.read(), (vec![(10, 2), (20, 4)], 6, 62 + u64::from(u32::MAX)));
    }

    #[test]
    fn every_reason_has_its_own_counter_and_name() {
        let figures = Figures::default();
        for reason in Rejection::ALL {
            figures.rejected(reason).increment();
        }
        assert!(Rejection::ALL.iter().all(|reason| figures.rejected(*reason).get() == 1));
        let names: std::collections::BTreeSet<_> = Rejection::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Rejection::ALL.len());
    }
}
