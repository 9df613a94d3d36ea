//! The load: kept connections, each sending its next event as soon as the last is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use tokio::task::JoinSet;

use crate::calls::EVENT_PATH;
use crate::clock::Stopwatch;
use crate::http::{Client, request};

/// The backend trigger of all events.
pub(super) const TRIGGER: &str = "ended_sleep";
/// Size of each body, in bytes.
const BODY_BYTES: usize = 300;
/// Users that the events are spread over.
pub(super) const USERS: u64 = 1_000_000;
/// Takes the counting numbers to the users in no visible order, and each as often as any other: it has no factor in
/// common with their number.
const STRIDE: u64 = 618_033;
/// Digits of a user's number, and of an event's.
const USER_DIGITS: usize = 7;
const EVENT_DIGITS: usize = 12;
/// A number has no zeros in front, so revisions begin with one that has room above it.
pub(super) const FIRST_REVISION: u64 = 1_000_000_000;
const REVISION_DIGITS: usize = 10;

/// One request, its numbers to be filled in.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    bytes: Vec<u8>,
    user_at: Option<usize>,
    event_at: Option<usize>,
    revision_at: Option<usize>,
}

impl Template {
    /// With a backend key; `with_ids`: each event has an id of its own.
    pub(super) fn new(key: &str, with_ids: bool) -> Self {
        let (user, event) = ("U".repeat(USER_DIGITS), "E".repeat(EVENT_DIGITS));
        let id = if with_ids { format!(r#","event_id":"e{event}""#) } else { String::new() };
        let body = |filling: &str| {
            format!(
                r#"{{"user_id":"u{user}"{id},"event_name":"{TRIGGER}","properties":{{"minutes":431,"efficiency":0.87,"source":"watch","nap":false,"note":"{filling}"}}}}"#
            )
        };
        let filling = ".".repeat(BODY_BYTES.saturating_sub(body("").len()));
        let bytes = request("POST", EVENT_PATH, &[("x-api-key", key)], &body(&filling));
        let (user_at, event_at) = (find(&bytes, &user), find(&bytes, &event));
        Self { bytes, user_at, event_at, revision_at: None }
    }

    /// A request that is always the same.
    pub(super) fn fixed(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// Answers whose revision, [`FIRST_REVISION`], rises with each request.
    pub(super) fn rising(bytes: Vec<u8>) -> Self {
        let revision_at = find(&bytes, &FIRST_REVISION.to_string());
        Self { bytes, revision_at, ..Self::default() }
    }

    /// The request with this number.
    pub(super) fn numbered(&mut self, number: u64) -> &[u8] {
        if let Some(at) = self.user_at {
            write_digits(&mut self.bytes[at..][..USER_DIGITS], number.wrapping_mul(STRIDE) % USERS);
        }
        if let Some(at) = self.revision_at {
            write_digits(&mut self.bytes[at..][..REVISION_DIGITS], FIRST_REVISION + number);
        }
        if let Some(at) = self.event_at {
            write_digits(&mut self.bytes[at..][..EVENT_DIGITS], number);
        }
        &self.bytes
    }
}

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    bytes.windows(text.len()).rposition(|window| window == text.as_bytes())
}

fn write_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// What one run came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Answers with 200, all of them.
    pub(super) acknowledged: u64,
    /// Answers a second in the measured window.
    pub(super) per_second: f64,
}

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) connections: usize,
    pub(super) warm_up: Duration,
    pub(super) window: Duration,
}

#[derive(Default)]
struct Counters {
    next: AtomicU64,
    acknowledged: AtomicU64,
    stop: AtomicBool,
}

/// Sends requests numbered from `first`, each connection in turn its share of the templates (a single one is shared by
/// all). `look` is called when the warm-up is over, and at the end.
pub(super) async fn send<T>(
    address: SocketAddr,
    templates: &[Template],
    first: u64,
    plan: Plan,
    mut look: impl FnMut() -> anyhow::Result<T>,
) -> anyhow::Result<(Sent, T, T)> {
    let counters = Arc::new(Counters { next: AtomicU64::new(first), ..Counters::default() });
    let mut tasks = JoinSet::new();
    for place in 0..plan.connections {
        let client = Client::connect(address).await?;
        let share: Vec<Template> = match templates {
            [shared] => vec![shared.clone()],
            _ => templates.iter().skip(place).step_by(plan.connections).cloned().collect(),
        };
        ensure!(!share.is_empty(), "there are fewer requests than connections");
        tasks.spawn(one_connection(client, share, Arc::clone(&counters)));
    }
    tokio::time::sleep(plan.warm_up).await;
    let (before, watch, from) = (look()?, Stopwatch::start(), counters.acknowledged.load(Ordering::Relaxed));
    tokio::time::sleep(plan.window).await;
    let (took, to, after) = (watch.elapsed(), counters.acknowledged.load(Ordering::Relaxed), look()?);
    counters.stop.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let acknowledged = counters.acknowledged.load(Ordering::Relaxed);
    ensure!(to > from, "nothing was answered");
    Ok((Sent { acknowledged, per_second: float(to - from) / took.as_secs_f64() }, before, after))
}

async fn one_connection(mut client: Client, mut templates: Vec<Template>, counters: Arc<Counters>) -> anyhow::Result<()> {
    loop {
        for template in &mut templates {
            if counters.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let number = counters.next.fetch_add(1, Ordering::Relaxed);
            let status = client.status_of(template.numbered(number)).await?;
            ensure!(status == 200, "a request was answered with {status}");
            counters.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// For ratios; counts stay far below the 2^53 that fit exactly.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^53")]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_their_size_and_their_numbers() {
        for with_ids in [false, true] {
            let mut template = Template::new("sk_x", with_ids);
            let text = String::from_utf8(template.numbered(3).to_vec()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains("content-length: 300") && body.len() == BODY_BYTES, "{text}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(body["user_id"], "u0854099");
            assert_eq!(body["event_id"], if with_ids { "e000000000003".into() } else { serde_json::Value::Null });
        }
    }

    #[test]
    fn users_come_round_evenly() {
        let users: std::collections::HashSet<u64> = (0..USERS).map(|number| number.wrapping_mul(STRIDE) % USERS).collect();
        assert_eq!(users.len() as u64, USERS);
    }
}
