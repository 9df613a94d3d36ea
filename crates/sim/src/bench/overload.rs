//! `bench overload`: a key that sends more than it may. What is accepted stays quick, the rest is refused at once, memory does
//! not grow, and afterwards all is as before.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use super::generator::{Template, float};
use super::rounded;
use super::stream::resident;
use crate::clock::Stopwatch;
use crate::http::Client;
use crate::output::{Verdict, print};
use crate::site::Site;

/// Memory may grow by this much, in bytes: what is stored meanwhile is cached, too.
const GROWTH_MAX: u64 = 192 * 1024 * 1024;
/// Accepted answers must come in this many milliseconds, all but one in a hundred.
const P99_MAX_MS: f64 = 250.0;

/// Flags of `bench overload`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Events a second that the key may send.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    rate: u32,
    /// Connections that send as fast as they can.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Seconds of each part.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What was answered within one part.
#[derive(Default)]
struct Answered {
    /// Milliseconds until each 200.
    accepted: Vec<f64>,
    refused: u64,
    /// Neither 200, 429 nor 503.
    others: u64,
}

impl Answered {
    fn p99(&mut self) -> f64 {
        self.accepted.sort_by(f64::total_cmp);
        self.accepted.get(self.accepted.len() * 99 / 100).or(self.accepted.last()).copied().unwrap_or(0.0)
    }
}

/// Sends for a while from some connections, each with a pause after every answer.
async fn send(site: &Site, connections: u16, window: Duration, pause: Duration) -> anyhow::Result<Answered> {
    let mut tasks = JoinSet::new();
    for connection in 0..connections {
        let (mut client, mut template) = (Client::connect(site.address()).await?, Template::new(site.calls.backend_key(), false));
        tasks.spawn(async move {
            let (watch, mut answered, mut number) = (Stopwatch::start(), Answered::default(), u64::from(connection) << 32);
            while watch.elapsed() < window {
                let sent = Stopwatch::start();
                match client.status_of(template.numbered(number)).await? {
                    200 => answered.accepted.push(sent.elapsed().as_secs_f64() * 1_000.0),
                    429 | 503 => answered.refused += 1,
                    _ => answered.others += 1,
                }
                number += 1;
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            anyhow::Ok(answered)
        });
    }
    let mut all = Answered::default();
    while let Some(ended) = tasks.join_next().await {
        let one = ended??;
        all.accepted.extend(one.accepted);
        all.refused += one.refused;
        all.others += one.others;
    }
    Ok(all)
}

/// Runs the benchmark.
pub(super) async fn run(options: Options, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let site = Site::make(binary)?;
    let rate = options.rate;
    let server = site.start_with(&[format!("--rate-limit-backend-key={rate}/{rate}")]).await?;
    let window = Duration::from_secs(u64::from(options.seconds));
    let (few, pause) = (4, Duration::from_millis(20));
    let mut before = send(&site, few, window, pause).await?;
    let resident_before = resident(server.id())?;
    let mut during = send(&site, options.connections, window, Duration::ZERO).await?;
    let growth = resident(server.id())?.saturating_sub(resident_before);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut afterwards = send(&site, few, window, pause).await?;
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    let accepted = during.accepted.len() as u64;
    // The bucket was full when it began.
    let allowed = u64::from(rate) * (u64::from(options.seconds) + 1);
    let offered = accepted + during.refused;
    let told = json!({
        "rate": rate, "offered": offered, "accepted": accepted, "allowed": allowed, "refused": during.refused, "others": during.others,
        "p99_ms_before": rounded(before.p99(), 2), "p99_ms_during": rounded(during.p99(), 2), "p99_ms_afterwards": rounded(afterwards.p99(), 2),
        "refused_before": before.refused, "refused_afterwards": afterwards.refused, "memory_growth_mb": rounded(float(growth) / 1e6, 1),
    });
    if options.json {
        print(&format!("{told}\n"))?;
    } else {
        for (key, value) in told.as_object().into_iter().flatten() {
            print(&format!("{key:<20} {value}\n"))?;
        }
    }
    ensure!(offered >= 2 * u64::from(rate) * u64::from(options.seconds), "not twice of what is allowed was offered: nothing was measured");
    let is_bounded = accepted <= allowed + allowed / 20 && growth <= GROWTH_MAX && during.others == 0;
    let is_quick = during.p99() <= P99_MAX_MS && afterwards.refused == 0;
    Ok(Verdict::of(is_bounded && is_quick))
}
