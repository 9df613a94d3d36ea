//! Token buckets: per key and per address, in memory that does not grow.
//!
//! A bucket is one number, the moment at which it will be full again (the generic cell rate algorithm): taking is one
//! compare-and-set, without lock or clean-up. A key's bucket lives beside the key. Addresses share a table of fixed size:
//! each falls on two cells, and is over its limit only when both say so, so an innocent one suffers for others only if both
//! of its cells are shared with somebody over theirs. Where cells lie is drawn anew by each process.

use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use sonde_core::time::Timestamp;

/// Cells for addresses: half a megabyte.
const CELLS: usize = 1 << 16;
const NANOS_PER_SEC: u64 = 1_000_000_000;

/// How many calls a second, and how many at once after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    per_second: u32,
    burst: u32,
}

impl Rate {
    /// Both from 1 to a million; the burst at least a second's worth.
    pub fn new(per_second: u32, burst: u32) -> Option<Self> {
        let allowed = 1..=1_000_000;
        (allowed.contains(&per_second) && allowed.contains(&burst) && burst >= per_second).then_some(Self { per_second, burst })
    }

    /// Calls allowed at once after a rest.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// Seconds until an empty bucket is full, rounded up.
    pub const fn window_secs(self) -> u32 {
        self.burst.div_ceil(self.per_second)
    }

    fn nanos(self, calls: u32) -> u64 {
        u64::from(calls) * NANOS_PER_SEC / u64::from(self.per_second)
    }

    /// When the bucket will be full if `cost` is taken now from one that is full at `full_at`; how many nanoseconds too
    /// early that is asked for.
    fn take(self, full_at: u64, now: u64, cost: u32) -> Result<u64, u64> {
        let after = full_at.max(now) + self.nanos(cost.min(self.burst));
        match after.checked_sub(now + self.nanos(self.burst)) {
            None | Some(0) => Ok(after),
            Some(early) => Err(early),
        }
    }
}

/// What has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limited {
    /// A backend key, counted in events.
    BackendKey,
    /// An SDK key, counted in calls.
    SdkKey,
    /// An address, for calls of SDKs.
    Address,
    /// An address, for calls of servers.
    IngestAddress,
}

impl Limited {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::BackendKey, Self::SdkKey, Self::Address, Self::IngestAddress];

    /// Its name in headers and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BackendKey => "backend-key",
            Self::SdkKey => "sdk-key",
            Self::Address => "address",
            Self::IngestAddress => "ingest-address",
        }
    }
}

/// Over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverLimit {
    /// Which.
    pub limited: Limited,
    /// What is allowed.
    pub rate: Rate,
    /// When the same call would be let through, at least 1.
    pub retry_after_secs: u32,
}

impl OverLimit {
    fn new(limited: Limited, rate: Rate, early_nanos: u64) -> Self {
        let retry_after_secs = u32::try_from(early_nanos.div_ceil(NANOS_PER_SEC)).unwrap_or(u32::MAX).max(1);
        Self { limited, rate, retry_after_secs }
    }
}

/// What is allowed; `None`: as much as anybody likes.
#[derive(Clone, Copy, Debug, Default)]
pub struct RateLimits {
    /// Events by one backend key.
    pub backend_key: Option<Rate>,
    /// Calls by one SDK key.
    pub sdk_key: Option<Rate>,
    /// Calls of SDKs from one address.
    pub address: Option<Rate>,
    /// Calls of servers from one address.
    pub ingest_address: Option<Rate>,
}

impl RateLimits {
    /// The rate of one of them.
    pub const fn rate(&self, limited: Limited) -> Option<Rate> {
        match limited {
            Limited::BackendKey => self.backend_key,
            Limited::SdkKey => self.sdk_key,
            Limited::Address => self.address,
            Limited::IngestAddress => self.ingest_address,
        }
    }
}

/// One bucket; new ones are full.
#[derive(Debug, Default)]
pub(crate) struct Bucket(AtomicU64);

impl Bucket {
    pub(crate) fn take(&self, limited: Limited, rate: Rate, now: Timestamp, cost: u32) -> Result<(), OverLimit> {
        let now = nanos(now);
        let mut full_at = self.0.load(Ordering::Relaxed);
        loop {
            let after = rate.take(full_at, now, cost).map_err(|early| OverLimit::new(limited, rate, early))?;
            match self.0.compare_exchange_weak(full_at, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => full_at = other,
            }
        }
    }
}

/// The buckets of all addresses.
pub(crate) struct AddressBuckets {
    cells: Box<[AtomicU64]>,
    places: std::hash::RandomState,
}

impl Default for AddressBuckets {
    fn default() -> Self {
        Self { cells: (0..CELLS).map(|_| AtomicU64::new(0)).collect(), places: std::hash::RandomState::new() }
    }
}

impl AddressBuckets {
    pub(crate) fn take(&self, limited: Limited, rate: Rate, address: IpAddr, now: Timestamp) -> Result<(), OverLimit> {
        let now = nanos(now);
        let (one, other) = self.cells_of(limited, address);
        loop {
            let (a, b) = (one.load(Ordering::Relaxed), other.load(Ordering::Relaxed));
            let (least, known, rest) = if a <= b { (a, one, other) } else { (b, other, one) };
            let after = rate.take(least, now, 1).map_err(|early| OverLimit::new(limited, rate, early))?;
            if known.compare_exchange_weak(least, after, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                rest.fetch_max(after, Ordering::Relaxed);
                return Ok(());
            }
        }
    }

    fn cells_of(&self, limited: Limited, address: IpAddr) -> (&AtomicU64, &AtomicU64) {
        let address = address.to_canonical();
        let place = match address {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            // The second half is free to choose for whoever has a network.
            IpAddr::V6(address) => (address.to_bits() >> 64) as u64,
        };
        let hash = self.places.hash_one((limited, address.is_ipv4(), place));
        let [a, b, c, d, ..] = hash.to_ne_bytes();
        let (one, other) = (usize::from(u16::from_ne_bytes([a, b])), usize::from(u16::from_ne_bytes([c, d])));
        // The same cell twice would be no second opinion.
        let other = if one == other { (other + 1) % CELLS } else { other };
        (&self.cells[one], &self.cells[other])
    }
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(0).saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use sonde_core::time::Span;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn rate(per_second: u32, burst: u32) -> Rate {
        Rate::new(per_second, burst).unwrap()
    }

    #[test]
    fn a_burst_then_the_rate() {
        let (bucket, rate) = (Bucket::default(), rate(2, 5));
        let take = |now| bucket.take(Limited::SdkKey, rate, now, 1);
        assert!((0..5).all(|_| take(NOW).is_ok()));
        assert_eq!(take(NOW), Err(OverLimit { limited: Limited::SdkKey, rate, retry_after_secs: 1 }));
        let later = |millis| NOW + Span::from_millis(millis);
        assert!(take(later(499)).is_err());
        assert!(take(later(500)).is_ok() && take(later(500)).is_err());
        assert!((0..5).all(|_| take(later(60_000)).is_ok()));
        assert!(take(later(60_000)).is_err());
    }

    #[test]
    fn what_costs_more_takes_more_and_waits_for_it() {
        let (bucket, rate) = (Bucket::default(), rate(10, 100));
        let take = |cost| bucket.take(Limited::BackendKey, rate, NOW, cost).map_err(|over| over.retry_after_secs);
        assert_eq!(take(90), Ok(()));
        assert_eq!(take(60), Err(5));
        assert_eq!(take(10), Ok(()));
        // More than a burst is never there: it costs a whole one.
        assert_eq!(take(1_000), Err(10));
        assert_eq!(bucket.take(Limited::BackendKey, rate, NOW + Span::from_secs(10), 1_000), Ok(()));
    }

    #[test]
    fn addresses_do_not_suffer_for_each_other() {
        let (buckets, rate) = (AddressBuckets::default(), rate(1, 10));
        let address = |number: u32| IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number));
        let allowed = |address| (0..20).filter(|_| buckets.take(Limited::Address, rate, address, NOW).is_ok()).count();
        // A hundred are over their limit, a thousand are not.
        assert_eq!(allowed(address(0)), 10);
        let over: usize = (1..100).map(|number| allowed(address(number))).sum();
        assert!((980..=990).contains(&over), "{over}");
        let innocent = (1_000..2_000).filter(|number| buckets.take(Limited::Address, rate, address(*number), NOW).is_ok()).count();
        assert!(innocent >= 999, "{innocent}");
    }

    #[test]
    fn an_address_is_a_network_where_it_is_cheap_to_have_many() {
        let (buckets, rate) = (AddressBuckets::default(), rate(1, 1));
        let take = |address: &str| buckets.take(Limited::Address, rate, address.parse().unwrap(), NOW).is_ok();
        assert!(take("2001:db8::1") && !take("2001:db8::2") && take("2001:db8:0:1::1"));
        assert!(take("192.0.2.1") && !take("::ffff:192.0.2.1") && take("192.0.2.2"));
        assert!(buckets.take(Limited::IngestAddress, rate, "192.0.2.1".parse().unwrap(), NOW).is_ok());
    }

    #[test]
    fn rates_have_bounds() {
        for (per_second, burst) in [(0, 1), (1, 0), (2, 1), (1_000_001, 1_000_001)] {
            assert_eq!(Rate::new(per_second, burst), None);
        }
        assert_eq!(rate(1_000_000, 1_000_000).window_secs(), 1);
        assert_eq!(rate(200, 1_000).window_secs(), 5);
    }
}
