//! Failed log-ins, counted in bounded memory: per address and e-mail, and per address alone.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use sonde_core::time::{Span, Timestamp};

use crate::error::Error;

/// Failures allowed for one e-mail address from one place.
const PER_EMAIL_MAX: u32 = 10;
/// Failures allowed from one place, whatever the e-mail addresses.
const PER_PLACE_MAX: u32 = 100;
/// For how long failures count, from the first.
const WINDOW: Span = Span::from_secs(15 * 60);
/// Most counters kept.
const COUNTERS_MAX: usize = 20_000;

/// Where a call comes from. Of IPv6 the first half: the rest is free to choose for whoever has a network.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Unknown,
    V4([u8; 4]),
    V6(u64),
}

type Counted = (Place, Option<[u8; 32]>);

#[derive(Clone, Copy)]
struct Counter {
    since: Timestamp,
    count: u32,
}

/// What has failed lately.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<Counted, Counter>>);

impl Attempts {
    /// Counts an attempt as failed until it is known to have [succeeded](Self::succeeded): many at the same time are
    /// no way around the limit.
    pub(super) fn begin(&self, address: Option<IpAddr>, email: &str, now: Timestamp) -> Result<(), Error> {
        let mut counters = self.lock();
        if counters.len() + 2 > COUNTERS_MAX {
            counters.retain(|_, counter| now.since(counter.since) < WINDOW);
        }
        let is_full = counters.len() + 2 > COUNTERS_MAX;
        for (counted, max) in counted(address, email) {
            let counter = counters.get(&counted).filter(|counter| now.since(counter.since) < WINDOW);
            if counter.is_some_and(|counter| counter.count >= max) || (counter.is_none() && is_full) {
                let since = counter.map_or(now, |counter| counter.since);
                let left = (since + WINDOW).since(now).as_millis().max(0).cast_unsigned().div_ceil(1_000);
                return Err(Error::TooManyAttempts { retry_after_secs: u32::try_from(left).unwrap_or(u32::MAX) });
            }
        }
        for (counted, _) in counted(address, email) {
            let counter = counters.entry(counted).or_insert(Counter { since: now, count: 0 });
            if now.since(counter.since) >= WINDOW {
                *counter = Counter { since: now, count: 0 };
            }
            counter.count += 1;
        }
        Ok(())
    }

    /// The attempt was none: the member is in.
    pub(super) fn succeeded(&self, address: Option<IpAddr>, email: &str) {
        let mut counters = self.lock();
        let [(both, _), (place, _)] = counted(address, email);
        counters.remove(&both);
        if let Some(counter) = counters.get_mut(&place) {
            counter.count = counter.count.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Counted, Counter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an attempt counts towards, and how often it may fail.
fn counted(address: Option<IpAddr>, email: &str) -> [(Counted, u32); 2] {
    let place = match address.map(|address| address.to_canonical()) {
        None => Place::Unknown,
        Some(IpAddr::V4(address)) => Place::V4(address.octets()),
        Some(IpAddr::V6(address)) => {
            let network = address.to_bits() >> 64;
            Place::V6(u64::try_from(network).unwrap_or(u64::MAX))
        }
    };
    let email = Sha256::digest(email.to_ascii_lowercase().as_bytes()).into();
    [((place, Some(email)), PER_EMAIL_MAX), ((place, None), PER_PLACE_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(1_000 * secs)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn wait(result: Result<(), Error>) -> Option<u32> {
        match result {
            Ok(()) => None,
            Err(Error::TooManyAttempts { retry_after_secs }) => Some(retry_after_secs),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_eleventh_failure_waits_for_the_end_of_the_window() {
        let attempts = Attempts::default();
        let here = Some(address("192.0.2.1"));
        for second in 0..10 {
            assert_eq!(wait(attempts.begin(here, "a@example.org", at(second))), None);
        }
        assert_eq!(wait(attempts.begin(here, "A@Example.org", at(10))), Some(890));
        assert_eq!(wait(attempts.begin(here, "b@example.org", at(10))), None);
        assert_eq!(wait(attempts.begin(Some(address("192.0.2.2")), "a@example.org", at(10))), None);
        assert_eq!(wait(attempts.begin(here, "a@example.org", at(899))), Some(1));
        assert_eq!(wait(attempts.begin(here, "a@example.org", at(900))), None);
    }

    #[test]
    fn getting_in_wipes_the_slate() {
        let attempts = Attempts::default();
        for _ in 0..500 {
            assert_eq!(wait(attempts.begin(None, "a@example.org", at(0))), None);
            attempts.succeeded(None, "a@example.org");
        }
    }

    #[test]
    fn one_network_may_not_try_one_address_after_another() {
        let attempts = Attempts::default();
        for number in 0..100 {
            let from = address(&format!("2001:db8::{number:x}"));
            assert_eq!(wait(attempts.begin(Some(from), &format!("{number}@example.org"), at(0))), None);
        }
        assert_eq!(wait(attempts.begin(Some(address("2001:db8::ffff")), "x@example.org", at(0))), Some(900));
        assert_eq!(wait(attempts.begin(Some(address("2001:db8:1::1")), "x@example.org", at(0))), None);
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for number in 0..2 * COUNTERS_MAX {
            let from = IpAddr::from(u32::try_from(number).unwrap().to_be_bytes());
            let _refused_once_full = attempts.begin(Some(from), "a@example.org", at(0));
        }
        assert!(attempts.lock().len() <= COUNTERS_MAX);
        assert_eq!(wait(attempts.begin(Some(address("192.0.2.1")), "a@example.org", at(901))), None);
    }
}
