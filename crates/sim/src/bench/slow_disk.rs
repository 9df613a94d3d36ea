//! `bench slow-disk`: twice as much comes in as the disk can keep. The write queue is what fills up: what it takes is kept
//! within a bound, the rest is told to come again, memory stays bounded, and afterwards all is as before.
//!
//! The disk is made slow by strace, which lets each sync take longer, so what a group costs is known and the same anywhere.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::json;

use super::generator::{TRIGGER, Template, float};
use super::open_loop::{self, Arrived, Plan};
use super::stream::{most_resident, resident};
use super::{rounded, tell};
use crate::http::{Client, request};
use crate::output::Verdict;
use crate::site::Site;
use sonde_sim::percentiles::percentile;

/// As in the write queue: submissions that wait, and writes in a group.
const WAITING_MAX: f64 = 8_192.0;
const GROUP_MAX: f64 = 512.0;
/// Connections: more than can wait, so that the queue fills up and not only the sockets.
const CONNECTIONS: u32 = 12_000;
/// How much longer than the queue is deep an accepted answer may take: what waits in sockets comes on top.
const SLACK: f64 = 3.0;
/// Memory may grow by this much at any time, in bytes, over what it is when each connection was used once: an event under way on
/// each, the queue's own bound, and what is stored and cached meanwhile.
const GROWTH_MAX: u64 = 256 * 1024 * 1024;
/// What the server is stopped for: syncs, and once for each thread what it calls when it begins. strace learns only at a thread's
/// first stop of this kind that the thread needs none for its other calls; without, it stops all of them, hundreds of times slower.
const TRACED: &str = "trace=fdatasync,set_robust_list";

/// Flags of `bench slow-disk`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Milliseconds that are added to each sync.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(5..=1_000))]
    sync_ms: u32,
    /// Seconds of each part.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the benchmark.
pub(super) async fn run(options: Options, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let files = rlimit::increase_nofile_limit(u64::from(CONNECTIONS) + 1_024)?;
    ensure!(files >= u64::from(CONNECTIONS) + 64, "only {files} files may be open; see ulimit -n");
    let site = Site::make(binary)?;
    let delay = format!("inject=fdatasync:delay_exit={}", options.sync_ms * 1_000);
    let wrapper = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", TRACED, "-e", &delay].map(OsString::from);
    let server = site.start_under(&wrapper, true).await?;
    let process = child_of(server.id())?;
    let template = Template::new(site.calls.backend_key(), false);
    let capacity = GROUP_MAX * 1_000.0 / f64::from(options.sync_ms);
    let mut next = 0;
    let mut part = async |connections: u32, share: f64| {
        let plan = Plan { connections, to_the_moment: false, rate: capacity * share, warm_up: 2.0, window: f64::from(options.seconds) };
        let clients = connect(site.address(), connections).await?;
        let before = resident(process)?;
        let arrived = open_loop::send(clients, &template, next, plan).await?;
        next += arrived.acknowledged + arrived.refused + arrived.others;
        anyhow::Ok((arrived, before, most_resident(process)?.saturating_sub(before)))
    };
    let (mut before, ..) = part(64, 0.02).await?;
    let (mut during, resident_before, growth) = part(CONNECTIONS, 2.0).await?;
    let (mut afterwards, ..) = part(64, 0.02).await?;
    let lost = before.lost + during.lost + afterwards.lost;
    let others = before.others + during.others + afterwards.others;
    let acknowledged = before.acknowledged + during.acknowledged + afterwards.acknowledged;
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    let rows = site.event_count(TRIGGER)?;
    let bound_ms = (WAITING_MAX / GROUP_MAX + 2.0) * f64::from(options.sync_ms) * SLACK;
    let p99 = |arrived: &mut Arrived| rounded(percentile(&mut arrived.accepted_ms, 0.99), 1);
    let (p99_before, p99_during, p99_afterwards) = (p99(&mut before), p99(&mut during), p99(&mut afterwards));
    let told = json!({
        "sync_ms": options.sync_ms, "capacity_per_s": capacity.round(), "offered": during.accepted_ms.len() as u64 + during.refused + during.others + during.lost,
        "accepted": during.accepted_ms.len(), "refused": during.refused, "others": others,
        "lost": lost, "connections_renewed": before.renewed + during.renewed + afterwards.renewed,
        "p99_ms_before": p99_before, "p99_ms_during": p99_during, "p99_ms_afterwards": p99_afterwards, "bound_ms": bound_ms,
        "p99_ms_during_once_sent": rounded(percentile(&mut during.accepted_once_sent_ms, 0.99), 1),
        "refused_afterwards": afterwards.refused,
        "memory_before_mb": rounded(float(resident_before) / 1e6, 1), "memory_growth_mb": rounded(float(growth) / 1e6, 1),
        "acknowledged": acknowledged, "rows": rows,
    });
    tell(&told, options.json)?;
    ensure!(during.refused > 0, "nothing was refused: the queue was never full, nothing was measured");
    let is_bounded = p99_during <= bound_ms && growth <= GROWTH_MAX && others + lost == 0 && rows == acknowledged;
    let is_as_before = afterwards.refused == 0 && p99_afterwards <= 2.0 * p99_before;
    Ok(Verdict::of(is_bounded && is_as_before))
}

/// Connections that were used once: a connection has its buffers from its first request on.
async fn connect(address: SocketAddr, count: u32) -> anyhow::Result<Vec<Client>> {
    let mut clients = Vec::new();
    let quick = request("GET", "/healthz", &[], "");
    for _ in 0..count {
        let mut client = Client::connect(address).await?;
        let answer = client.call(&quick).await.map_err(|why| anyhow::anyhow!("no answer: {why:?}"))?;
        ensure!(answer.status == 200, "the server is not well: {}", answer.text());
        clients.push(client);
    }
    Ok(clients)
}

/// The program that strace runs.
fn child_of(process: u32) -> anyhow::Result<u32> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
    children.split_whitespace().next().context("strace runs nothing")?.parse().context("not a process id")
}
