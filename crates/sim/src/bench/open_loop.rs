//! Requests that are sent when their time has come, whether or not those before are answered: latency counts from the
//! moment a request was due, so a stall is charged to all that had to wait for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use tokio::task::JoinSet;

use super::generator::{Template, float};
use crate::clock::Stopwatch;
use crate::http::Client;

/// The runtime's timer rounds up to its next tick of a millisecond.
const TIMER_TICKS: Duration = Duration::from_millis(2);

/// How many, how fast, how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Whichever is free sends the next request, one at a time: a request waits for a connection only when all are busy.
    pub(super) connections: u32,
    /// The generator has a core of its own, so the last of the wait for a moment is asking again and again. Otherwise requests
    /// are up to a tick late, and the core is left to the server.
    pub(super) to_the_moment: bool,
    /// Requests a second, of all together.
    pub(super) rate: f64,
    /// Seconds that do not count.
    pub(super) warm_up: f64,
    /// Seconds that count.
    pub(super) window: f64,
}

/// What was answered to requests that were due in the window.
#[derive(Debug, Default)]
pub(super) struct Arrived {
    /// Milliseconds from when each request was due until its 200.
    pub(super) accepted_ms: Vec<f64>,
    /// The same from when each was sent: shorter where no connection was free when it was due.
    pub(super) accepted_once_sent_ms: Vec<f64>,
    /// Milliseconds from when a request was due until it was sent, where its connection was free by then: the generator's
    /// own share.
    pub(super) lag_ms: Vec<f64>,
    /// 503 or 429 that say when to come again.
    pub(super) refused: u64,
    /// All other answers, in the warm-up, too.
    pub(super) others: u64,
    /// Requests that were sent and never answered, in the warm-up, too.
    pub(super) lost: u64,
    /// Connections that the server had ended before a request was sent on them: it lets none stand on which nothing is asked
    /// for a while. No request is lost by that.
    pub(super) renewed: u64,
    /// All 200, in the warm-up, too.
    pub(super) acknowledged: u64,
}

/// Connections, ready to send.
pub(super) async fn connect(address: SocketAddr, count: u32) -> anyhow::Result<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..count {
        clients.push(Client::connect(address).await?);
    }
    Ok(clients)
}

/// Sends as planned. Requests are numbered from `first`.
pub(super) async fn send(clients: Vec<Client>, template: &Template, first: u64, plan: Plan) -> anyhow::Result<Arrived> {
    let watch = Stopwatch::start();
    let mut tasks = JoinSet::new();
    let next = Arc::new(AtomicU64::new(0));
    for client in clients {
        tasks.spawn(one_connection(client, template.clone(), first, Arc::clone(&next), plan, watch));
    }
    let mut all = Arrived::default();
    while let Some(ended) = tasks.join_next().await {
        let one = ended??;
        all.accepted_ms.extend(one.accepted_ms);
        all.accepted_once_sent_ms.extend(one.accepted_once_sent_ms);
        all.lag_ms.extend(one.lag_ms);
        all.refused += one.refused;
        all.others += one.others;
        all.lost += one.lost;
        all.renewed += one.renewed;
        all.acknowledged += one.acknowledged;
    }
    ensure!(!all.accepted_ms.is_empty(), "nothing was accepted");
    Ok(all)
}

async fn one_connection(
    mut client: Client,
    mut template: Template,
    first: u64,
    next: Arc<AtomicU64>,
    plan: Plan,
    watch: Stopwatch,
) -> anyhow::Result<Arrived> {
    let mut arrived = Arrived::default();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let due = float(number) / plan.rate;
        if due >= plan.warm_up + plan.window {
            return Ok(arrived);
        }
        let was_free = watch.elapsed().as_secs_f64() <= due;
        wait_until(due, watch, plan.to_the_moment).await;
        let sent = watch.elapsed().as_secs_f64();
        if client.has_ended().await {
            client = client.reconnect().await?;
            arrived.renewed += 1;
        }
        let Ok((status, says_when)) = client.status_and_retry_after(template.numbered(first + number)).await else {
            arrived.lost += 1;
            client = client.reconnect().await?;
            continue;
        };
        let counts = due >= plan.warm_up;
        if counts && was_free {
            arrived.lag_ms.push((sent - due) * 1e3);
        }
        arrived.acknowledged += u64::from(status == 200);
        match status {
            200 if counts => {
                let answered = watch.elapsed().as_secs_f64();
                arrived.accepted_ms.push((answered - due) * 1e3);
                arrived.accepted_once_sent_ms.push((answered - sent) * 1e3);
            }
            429 | 503 if says_when => arrived.refused += u64::from(counts),
            200 => {}
            _ => arrived.others += 1,
        }
    }
}

async fn wait_until(due: f64, watch: Stopwatch, to_the_moment: bool) {
    let ahead = Duration::from_secs_f64((due - watch.elapsed().as_secs_f64()).max(0.0));
    if !to_the_moment {
        tokio::time::sleep(ahead).await;
        return;
    }
    if ahead > TIMER_TICKS {
        tokio::time::sleep(ahead.saturating_sub(TIMER_TICKS)).await;
    }
    while watch.elapsed().as_secs_f64() < due {
        tokio::task::yield_now().await;
    }
}
