//! `bench`: speeds as ratios inside one run. Two servers on one core take turns; the generator has another core.

mod decide_scale;
mod generator;
mod latency;
mod noop;
mod open_loop;
mod overload;
mod slow_disk;
mod start;
mod stored;
mod stream;
mod usage;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use serde_json::json;

use self::generator::{Plan, Template, USERS, float, send};
pub(crate) use self::noop::{Options as NoopOptions, serve as serve_noop};
use self::usage::{FileSystem, Shares, Usage};
use crate::output::{Verdict, print, say};
use crate::server::{Launch, Server, free_port, loopback};
use crate::site::Site;

/// The core that both servers are bound to, and the generator's.
const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;
/// A turn counts if others took no more than this share of the servers' core.
const FOREIGN_MAX: f64 = 0.10;

/// What is measured.
#[derive(Subcommand, Clone, Copy, Debug)]
pub(crate) enum Bench {
    /// Durable events a second, divided by requests a second of a route that stores nothing.
    Ingest(IngestOptions),
    /// Decisions a second, divided by the same: for users who have nothing pending, and for users with five events.
    Decide(StoredOptions),
    /// One decision alone, with all the live surveys a workspace may have and a user at every limit.
    DecideScale(decide_scale::Options),
    /// Durable saves of three answers a second, divided by the same.
    Respond(StoredOptions),
    /// How long an event takes to be durable at half the peak rate.
    Latency(latency::Options),
    /// Resident memory, idle and with pending events, and what it consists of.
    Memory(StoredOptions),
    /// Time to be ready, empty and with pending events, after a stop and after a kill.
    Start(StoredOptions),
    /// Open tabs that listen: how many, what each costs in memory, how soon they hear.
    Stream(stream::Options),
    /// More than is allowed: what is accepted stays quick, the rest is refused.
    Overload(overload::Options),
    /// More than the disk can keep: the same. Needs strace.
    SlowDisk(slow_disk::Options),
}

/// Flags of `bench ingest`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct IngestOptions {
    #[command(flatten)]
    pace: Pace,
    /// Give each event an id, so that each is also looked up as a possible duplicate.
    #[arg(long)]
    with_ids: bool,
}

/// Flags of benchmarks over a store that holds something.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct StoredOptions {
    #[command(flatten)]
    pace: Pace,
    /// Pending events stored before.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    events: u64,
}

/// How long and how much.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Connections kept busy.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Measured seconds of each turn.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Pairs of turns.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// One short pair: says whether all events are kept, not how fast.
    #[arg(long)]
    smoke: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One turn of one server.
struct Turn {
    per_second: f64,
    shares: Shares,
}

impl Turn {
    fn per_processor_second(&self) -> f64 {
        self.per_second / self.shares.process.max(0.001)
    }
}

/// All turns.
#[derive(Default)]
struct Turns {
    ingest: Vec<Turn>,
    noop: Vec<Turn>,
    acknowledged: u64,
}

/// Runs a benchmark.
pub(crate) async fn run(bench: Bench, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    match bench {
        Bench::Ingest(options) => ingest(options, binary).await,
        Bench::Decide(options) => stored::decide(options, binary).await,
        Bench::DecideScale(options) => decide_scale::run(options),
        Bench::Respond(options) => stored::respond(options, binary).await,
        Bench::Latency(options) => latency::run(options, binary).await,
        Bench::Memory(options) => start::memory(options, binary).await,
        Bench::Start(options) => start::start(options, binary).await,
        Bench::Stream(options) => stream::run(options, binary).await,
        Bench::Overload(options) => overload::run(options, binary).await,
        Bench::SlowDisk(options) => slow_disk::run(options, binary).await,
    }
}

async fn ingest(options: IngestOptions, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    pin_self()?;
    let site = Site::make(binary)?;
    let mut arena = Arena::open(&site).await?;
    let load = [Template::new(site.calls.backend_key(), options.with_ids)];
    let turns = arena.take_turns(&load, options.pace).await?;
    let file_system = arena.file_system.clone();
    arena.noop.kill()?;
    // SIGKILL: whatever was only in memory is gone.
    arena.server.kill()?;
    let server = site.start().await?;
    let rows = site.event_count(generator::TRIGGER)?;
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    report(options, &turns, rows, &file_system)
}

/// The two servers on one core, and what they are asked.
struct Arena {
    server: Server,
    address: SocketAddr,
    noop: Server,
    noop_address: SocketAddr,
    noop_load: [Template; 1],
    file_system: FileSystem,
    sent: u64,
    sent_to_noop: u64,
}

impl Arena {
    async fn open(site: &Site) -> anyhow::Result<Self> {
        let file_system = FileSystem::of(&site.data())?;
        let wrapper: Vec<OsString> = ["taskset", "-c", &SERVER_CORE.to_string()].map(Into::into).to_vec();
        let server = site.start_under(&wrapper, false).await?;
        let (noop, noop_address) = start_noop(&wrapper, site.calls.backend_key()).await?;
        let noop_load = [Template::new(site.calls.backend_key(), false)];
        Ok(Self { server, address: site.address(), noop, noop_address, noop_load, file_system, sent: 0, sent_to_noop: 0 })
    }

    /// Server and no-op in turns.
    async fn take_turns(&mut self, load: &[Template], pace: Pace) -> anyhow::Result<Turns> {
        let mut turns = Turns::default();
        let disk = Some(self.file_system.disk.clone());
        for _ in 0..if pace.smoke { 1 } else { pace.rounds } {
            let (turn, sent) = take_turn(&self.server, self.address, load, self.sent, pace, disk.as_deref()).await?;
            self.sent += sent;
            turns.acknowledged += sent;
            turns.ingest.push(turn);
            let (turn, sent) = take_turn(&self.noop, self.noop_address, &self.noop_load, self.sent_to_noop, pace, None).await?;
            self.sent_to_noop += sent;
            turns.noop.push(turn);
        }
        Ok(turns)
    }
}

async fn start_noop(wrapper: &[OsString], key: &str) -> anyhow::Result<(Server, SocketAddr)> {
    let address = loopback(free_port()?);
    let arguments: Vec<OsString> = ["noop-server", "--listen", &address.to_string(), "--key", key].map(Into::into).to_vec();
    let binary = std::env::current_exe()?;
    let launch = Launch { wrapper, wrapper_stays: false, binary: &binary, arguments: &arguments, ready: noop::READY };
    Ok((Server::start(&launch).await?, address))
}

async fn take_turn(
    server: &Server,
    address: SocketAddr,
    load: &[Template],
    first: u64,
    options: Pace,
    disk: Option<&str>,
) -> anyhow::Result<(Turn, u64)> {
    let (warm_up, seconds) = if options.smoke { (100, 1) } else { (500, options.seconds) };
    let plan = Plan {
        connections: usize::from(options.connections),
        warm_up: Duration::from_millis(warm_up),
        window: Duration::from_secs(u64::from(seconds)),
    };
    let look = || Usage::look(server.id(), SERVER_CORE, disk);
    let (sent, before, after) = send(address, load, first, plan, look).await?;
    Ok((Turn { per_second: sent.per_second, shares: before.until(&after) }, sent.acknowledged))
}

/// Binds this process, all its threads and what it starts to the generator's core.
fn pin_self() -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    ensure!(cores > GENERATOR_CORE, "two cores are needed: the generator never shares the server's");
    let core = GENERATOR_CORE.to_string();
    let id = std::process::id().to_string();
    let status = Command::new("taskset").args(["-a", "-c", "-p", &core, &id]).stdout(Stdio::null()).status();
    ensure!(status.context("taskset is needed and not there")?.success(), "taskset refused");
    Ok(())
}

/// The middle one; the upper of two.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Pairs of turns in both of which the server had its core.
fn fair(turns: &Turns) -> Vec<(&Turn, &Turn)> {
    let pairs = turns.ingest.iter().zip(&turns.noop);
    pairs.filter(|(ingest, noop)| ingest.shares.foreign() <= FOREIGN_MAX && noop.shares.foreign() <= FOREIGN_MAX).collect()
}

/// What the turns of one load come to.
fn figures(pace: Pace, turns: &Turns) -> (serde_json::Value, bool) {
    let all: Vec<(&Turn, &Turn)> = turns.ingest.iter().zip(&turns.noop).collect();
    let fair = fair(turns);
    let enough = fair.len() * 2 >= all.len();
    let counted = if enough { &fair } else { &all };
    let middle = |value: fn(&(&Turn, &Turn)) -> f64| median(counted.iter().map(value).collect()).unwrap_or(0.0);
    // What remains comparable when others took the core: work per second of processor time. Waiting for the disk is not in it.
    let by_processor = middle(|(ingest, noop)| ingest.per_processor_second() / noop.per_processor_second());
    let flushes: Option<u64> = turns.ingest.iter().map(|turn| turn.shares.flushes).sum();
    let window_secs = float(u64::from(pace.seconds)) * float(turns.ingest.len() as u64);
    let told = json!({
        "ratio": rounded(middle(|(ingest, noop)| ingest.per_second / noop.per_second), 3),
        "ratio_by_processor_time": rounded(by_processor, 3),
        "per_s": middle(|(ingest, _)| ingest.per_second).round(), "noop_per_s": middle(|(_, noop)| noop.per_second).round(),
        "processor_us": rounded(middle(|(ingest, _)| 1e6 / ingest.per_processor_second()), 2),
        "noop_processor_us": rounded(middle(|(_, noop)| 1e6 / noop.per_processor_second()), 2),
        "connections": pace.connections, "acknowledged": turns.acknowledged,
        "fsyncs": flushes, "fsyncs_per_s": flushes.filter(|_| !pace.smoke).map(|flushes| (float(flushes) / window_secs).round()),
        "core_share": rounded(middle(|(ingest, _)| ingest.shares.process), 2), "core_idle": rounded(middle(|(ingest, _)| ingest.shares.idle), 2),
        "noop_core_share": rounded(middle(|(_, noop)| noop.shares.process), 2),
        "generator_share": rounded(middle(|(_, noop)| noop.shares.generator), 2),
        "pairs": all.len(), "pairs_fair": fair.len(), "fair": enough,
        "ratios": all.iter().map(|(ingest, noop)| rounded(ingest.per_second / noop.per_second, 3)).collect::<Vec<_>>(),
    });
    (told, enough)
}

fn tell(told: &serde_json::Value, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{told}\n"));
    }
    for (key, value) in told.as_object().into_iter().flatten() {
        print(&format!("{key:<24} {value}\n"))?;
    }
    Ok(())
}

fn report(options: IngestOptions, turns: &Turns, rows: u64, file_system: &FileSystem) -> anyhow::Result<Verdict> {
    let (mut told, enough) = figures(options.pace, turns);
    told["events_per_s"] = told["per_s"].clone();
    told["with_ids"] = options.with_ids.into();
    told["file_system"] = file_system.kind.as_str().into();
    told["distinct_users"] = turns.acknowledged.min(USERS).into();
    told["rows_after_restart"] = rows.into();
    tell(&told, options.pace.json)?;
    ensure!(enough || options.pace.smoke, "others took the servers' core in most turns: nothing was measured");
    if rows != turns.acknowledged {
        say(&format!("{} events were acknowledged, {rows} are there after a restart", turns.acknowledged));
    }
    Ok(Verdict::of(rows == turns.acknowledged))
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(per_second: f64, process: f64, idle: f64) -> Turn {
        Turn { per_second, shares: Shares { process, generator: 0.5, idle, flushes: None } }
    }

    #[test]
    fn only_fair_pairs_count() {
        let ingest = vec![turn(1.0, 0.8, 0.2), turn(2.0, 0.5, 0.2), turn(3.0, 0.95, 0.0)];
        let noop = vec![turn(4.0, 1.0, 0.0), turn(5.0, 1.0, 0.0), turn(6.0, 0.5, 0.0)];
        let turns = Turns { ingest, noop, acknowledged: 0 };
        let counted: Vec<f64> = fair(&turns).iter().map(|(ingest, _)| ingest.per_second).collect();
        assert_eq!(counted.len(), 1);
        assert!((counted[0] - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(4.0));
        assert_eq!(median(Vec::new()), None);
    }
}
