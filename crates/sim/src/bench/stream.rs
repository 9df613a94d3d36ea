//! `bench stream`: how many open tabs can listen, what each costs in memory, and how soon they hear.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::generator::float;
use super::rounded;
use crate::calls::Subject;
use crate::clock::Stopwatch;
use crate::http::{Client, request};
use crate::output::{Verdict, print};
use crate::site::{Site, survey};

const TRIGGER: &str = "ended_sleep";
/// Longest silence of a stream that is well: a heartbeat, and some patience.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Listeners that are sent an event one after another.
const TOLD: usize = 200;
/// What a stream may cost, in bytes.
const BYTES_MAX: f64 = 64.0 * 1024.0;

/// Flags of `bench stream`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Streams held open at the same time.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    streams: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One open tab.
struct Tab {
    user: String,
    stream: TcpStream,
}

impl Tab {
    async fn open(address: SocketAddr, calls: &mut Client, site: &Site, user: String) -> anyhow::Result<Self> {
        let begun = calls.call(&site.calls.session(&Subject::User(user.clone()))).await;
        let begun = begun.map_err(|why| anyhow::anyhow!("no session: {why:?}"))?.json();
        let ticket = begun["stream_ticket"].as_str().context("a session without a ticket")?;
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(&request("GET", &format!("/api/v1/client/stream?ticket={ticket}"), &[], "")).await?;
        let mut tab = Self { user, stream };
        // What may have been due before comes at once.
        tab.hears("activation", Duration::from_secs(20)).await?;
        Ok(tab)
    }

    /// Reads until something is said.
    async fn hears(&mut self, what: &str, patience: Duration) -> anyhow::Result<()> {
        let mut said = Vec::new();
        let mut buffer = [0; 1_024];
        let reading = async {
            while !String::from_utf8_lossy(&said).contains(what) {
                let read = self.stream.read(&mut buffer).await?;
                ensure!(read > 0, "a stream ended: {}", String::from_utf8_lossy(&said));
                said.extend_from_slice(&buffer[..read]);
            }
            Ok(())
        };
        tokio::time::timeout(patience, reading).await.context("a stream says nothing")?
    }
}

/// Resident memory of a process, in bytes.
pub(super) fn resident(process: u32) -> anyhow::Result<u64> {
    memory(process, "VmRSS:")
}

/// The most resident memory that a process ever had, in bytes.
pub(super) fn most_resident(process: u32) -> anyhow::Result<u64> {
    memory(process, "VmHWM:")
}

fn memory(process: u32, field: &'static str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib = status.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kib.context(field)? * 1_024)
}

/// Runs the benchmark.
pub(super) async fn run(options: Options, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let files = rlimit::increase_nofile_limit(u64::from(options.streams) + 1_024)?;
    ensure!(files >= u64::from(options.streams) + 64, "only {files} files may be open; see ulimit -n");
    let site = Site::make(binary)?;
    let mut document = survey("Sleep", TRIGGER, "MainActivity", "always");
    document["launch"]["also_while_there"] = true.into();
    site.launch_survey(&document)?;
    let server = site.start().await?;
    let mut calls = Client::connect(site.address()).await?;
    // The first ones warm up what every stream shares.
    let mut tabs = Vec::new();
    for number in 0..100.min(options.streams) {
        tabs.push(Tab::open(site.address(), &mut calls, &site, format!("u{number}")).await?);
    }
    let (before, already) = (resident(server.id())?, tabs.len());
    for number in 100..options.streams {
        tabs.push(Tab::open(site.address(), &mut calls, &site, format!("u{number}")).await?);
    }
    let held = tabs.len() - already;
    let per_stream = float(resident(server.id())?.saturating_sub(before)) / float(held.max(1) as u64);
    let mut latencies = Vec::new();
    let step = (tabs.len() / TOLD).max(1);
    for tab in tabs.iter_mut().step_by(step) {
        let watch = Stopwatch::start();
        let event = site.calls.event(&Subject::User(tab.user.clone()), TRIGGER, None, &json!({}));
        ensure!(calls.status_of(&event).await? == 200, "an event was refused");
        tab.hears("activation", HEARTBEAT).await?;
        latencies.push(watch.elapsed().as_secs_f64() * 1_000.0);
    }
    latencies.sort_by(f64::total_cmp);
    let mut alive = 0_u64;
    for tab in &mut tabs {
        tab.hears("\n", HEARTBEAT).await?;
        alive += 1;
    }
    let at = |share: usize| latencies.get(latencies.len() * share / 100).or(latencies.last()).copied().unwrap_or(0.0);
    let told = json!({
        "streams": tabs.len(), "alive_after_heartbeat": alive, "bytes_per_stream": per_stream.round(),
        "resident_mb": rounded(float(resident(server.id())?) / 1e6, 1),
        "told_ms_p50": rounded(at(50), 2), "told_ms_p99": rounded(at(99), 2),
    });
    drop(tabs);
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    if options.json {
        print(&format!("{told}\n"))?;
    } else {
        for (key, value) in told.as_object().into_iter().flatten() {
            print(&format!("{key:<22} {value}\n"))?;
        }
    }
    Ok(Verdict::of(alive == u64::from(options.streams) && per_stream <= BYTES_MAX))
}
