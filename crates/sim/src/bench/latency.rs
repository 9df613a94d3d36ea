//! `bench latency`: how long an event takes to be durable at half the rate that the server can do at most.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde_json::json;

use super::generator::{Plan as Peak, TRIGGER, Template, float, send as send_closed};
use super::usage::{FileSystem, Usage};
use super::{FOREIGN_MAX, SERVER_CORE, open_loop, pin_self, rounded, tell};
use crate::output::Verdict;
use crate::site::Site;
use sonde_sim::percentiles::percentile;

/// What the p99 may be.
const P99_MAX_MS: f64 = 10.0;
/// What the generator itself may add.
const LAG_MAX_MS: f64 = 1.0;

/// Flags of `bench latency`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Connections kept busy to find the peak, and those that requests are sent on at half of it.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Seconds to find the peak, and seconds measured.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Parts: each finds the peak anew and measures at half of it.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One part.
struct Part {
    peak: f64,
    arrived: open_loop::Arrived,
    foreign: f64,
}

/// Runs the benchmark.
pub(super) async fn run(options: Options, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    pin_self()?;
    let site = Site::make(binary)?;
    let file_system = FileSystem::of(&site.data())?;
    let wrapper: Vec<OsString> = ["taskset", "-c", &SERVER_CORE.to_string()].map(Into::into).to_vec();
    let server = site.start_under(&wrapper, false).await?;
    let (mut parts, mut acknowledged) = (Vec::new(), 0);
    for _ in 0..options.rounds {
        let part = part(&site, server.id(), options, &mut acknowledged).await?;
        parts.push(part);
    }
    // SIGKILL: whatever was only in memory is gone.
    server.kill()?;
    let server = site.start().await?;
    let rows = site.event_count(TRIGGER)?;
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    let fair = parts.iter().filter(|part| part.foreign <= FOREIGN_MAX).count();
    let mut p99s: Vec<f64> = parts.iter_mut().map(|part| percentile(&mut part.arrived.accepted_ms, 0.99)).collect();
    let mut lags: Vec<f64> = parts.iter_mut().map(|part| percentile(&mut part.arrived.lag_ms, 0.99)).collect();
    let (p99, lag) = (percentile(&mut p99s, 0.5), percentile(&mut lags, 0.5));
    let mut all: Vec<f64> = parts.iter().flat_map(|part| part.arrived.accepted_ms.iter().copied()).collect();
    let others: u64 = parts.iter().map(|part| part.arrived.refused + part.arrived.others + part.arrived.lost).sum();
    let told = json!({
        "p99_ms": rounded(p99, 2), "p99s_ms": p99s.iter().map(|p99| rounded(*p99, 2)).collect::<Vec<_>>(),
        "p50_ms": rounded(percentile(&mut all, 0.5), 2), "p999_ms": rounded(percentile(&mut all, 0.999), 2),
        "worst_ms": rounded(percentile(&mut all, 1.0), 2),
        "peaks_per_s": parts.iter().map(|part| part.peak.round()).collect::<Vec<_>>(),
        "measured": all.len(), "not_accepted": others, "generator_lag_p99_ms": rounded(lag, 3),
        "connections": options.connections, "parts_fair": fair, "file_system": file_system.kind,
        "acknowledged": acknowledged, "rows_after_restart": rows,
    });
    tell(&told, options.json)?;
    ensure!(lag <= LAG_MAX_MS, "the generator was late itself: nothing was measured");
    ensure!(fair * 2 >= parts.len(), "others took the server's core in most parts: nothing was measured");
    Ok(Verdict::of(p99 <= P99_MAX_MS && others == 0 && rows == acknowledged))
}

async fn part(site: &Site, process: u32, options: Options, acknowledged: &mut u64) -> anyhow::Result<Part> {
    let template = Template::new(site.calls.backend_key(), false);
    let window = Duration::from_secs(u64::from(options.seconds));
    let peak = Peak { connections: usize::from(options.connections), warm_up: Duration::from_millis(500), window };
    let (sent, (), ()) = send_closed(site.address(), std::slice::from_ref(&template), *acknowledged, peak, || Ok(())).await?;
    *acknowledged += sent.acknowledged;
    let plan = open_loop::Plan {
        connections: u32::from(options.connections),
        to_the_moment: true,
        rate: sent.per_second / 2.0,
        warm_up: 1.0,
        window: float(u64::from(options.seconds)),
    };
    let clients = open_loop::connect(site.address(), plan.connections).await?;
    let before = Usage::look(process, SERVER_CORE, None)?;
    let arrived = open_loop::send(clients, &template, *acknowledged, plan).await?;
    let foreign = before.until(&Usage::look(process, SERVER_CORE, None)?).foreign();
    *acknowledged += arrived.acknowledged;
    Ok(Part { peak: sent.per_second, arrived, foreign })
}
