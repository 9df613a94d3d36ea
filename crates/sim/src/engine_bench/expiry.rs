//! `expiry`: ingest goes on at a steady rate while days that are over are dropped, one after the other.
//!
//! What comes in does so when its time has come, whether or not what came before is stored: latency counts from that
//! moment, so a stall is charged to everything that had to wait for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::{Value, json};
use sonde_core::time::{Span, Timestamp};
use sonde_storage::Activity;

use super::{Open, float, noon, opened, rounded, seed, throwaway};
use crate::clock::Stopwatch;
use crate::output::Verdict;
use crate::percentiles::percentile;

/// As in the write queue.
const GROUP_MAX: u64 = 512;
const USERS: u64 = 500_000;
/// What the ratio may be.
const RATIO_MAX: f64 = 1.5;
/// How much of a bucket's space must be free afterwards.
const FREED_MIN: f64 = 0.9;
/// How long the space may take to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// Flags of `bench expiry`.
#[derive(Args, Clone, Copy, Debug)]
pub struct Options {
    /// Events in each of the days that are dropped: a quarter of ten million, which are pending for four days.
    #[arg(long, default_value_t = 2_500_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    pub events: u64,
    /// Days that are dropped.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    pub days: u8,
    /// Events a second that come in meanwhile.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub rate: u32,
    /// Seconds measured before each drop, and from its beginning.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub seconds: u16,
}

/// When an event was to come in, and how long after that it was durable, both in seconds.
type Ingested = (f64, f64);

/// One day's end.
struct Dropped {
    from_secs: f64,
    until_secs: f64,
    millis: f64,
    bytes_before: u64,
    bytes_after: u64,
    freed_share: f64,
}

/// Seeds, measures, and says whether the bar is met.
pub(super) fn run<E: Activity>(options: Options, open: Open<E>, runtime: &tokio::runtime::Runtime) -> anyhow::Result<(Value, Verdict)> {
    let folder = throwaway()?;
    let data = folder.path().join("data");
    let engine = opened(open, &data)?;
    let empty_bytes = disk_bytes(&data)?;
    for day in (1..=options.days).rev() {
        // Over for as long as an event can matter, at noon of the day `day` days ahead.
        let begin = midnight() - Span::from_days(5 + i64::from(day));
        runtime.block_on(seed::fill(&*engine, options.events, USERS, begin, begin + Span::from_secs(86_399)))?;
    }
    drop(engine);
    let engine = opened(open, &data)?;
    // All days are alike, and nothing of them is in a journal any more.
    let bucket_bytes = disk_bytes(&data)?.saturating_sub(empty_bytes) / u64::from(options.days);
    let stop = AtomicBool::new(false);
    let watch = Stopwatch::start();
    let (ingested, drops) = std::thread::scope(|scope| {
        let ingesting = scope.spawn(|| ingest(&*engine, options.rate, watch, &stop));
        let drops = drop_days(&engine, &data, options, watch, runtime, bucket_bytes);
        stop.store(true, Ordering::Relaxed);
        let ingested = ingesting.join().map_err(|_| anyhow::anyhow!("ingest panicked"))?;
        anyhow::Ok((ingested?, drops?))
    })?;
    report(options, &ingested, &drops)
}

fn midnight() -> Timestamp {
    Timestamp::from_utc_day(noon().utc_day())
}

/// Stores at a steady rate what is due, in groups, until told to stop.
fn ingest<E: Activity>(engine: &E, rate: u32, watch: Stopwatch, stop: &AtomicBool) -> anyhow::Result<Vec<Ingested>> {
    let runtime = super::runtime()?;
    let events = seed::Events::new()?;
    let due_at = |number: u64| float(number) / f64::from(rate);
    let (mut ingested, mut next): (Vec<Ingested>, u64) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let now = watch.elapsed().as_secs_f64();
        let group: Vec<u64> = (next..next + GROUP_MAX).take_while(|number| due_at(*number) <= now).collect();
        if group.is_empty() {
            std::thread::sleep(Duration::from_micros(50));
            continue;
        }
        next += group.len() as u64;
        let writes = group.iter().map(|number| events.append(*number, number * 618_033 % USERS, noon()));
        let outcomes = runtime.block_on(engine.commit(writes.collect::<anyhow::Result<_>>()?))?;
        ensure!(outcomes.len() == group.len(), "a group of {} had {} outcomes", group.len(), outcomes.len());
        let done = watch.elapsed().as_secs_f64();
        ingested.extend(group.iter().map(|number| (due_at(*number), done - due_at(*number))));
    }
    Ok(ingested)
}

/// Lets one day after the other be over, with time to measure in between.
fn drop_days<E: Activity>(
    engine: &Arc<E>,
    data: &Path,
    options: Options,
    watch: Stopwatch,
    runtime: &tokio::runtime::Runtime,
    bucket_bytes: u64,
) -> anyhow::Result<Vec<Dropped>> {
    let window = Duration::from_secs(u64::from(options.seconds));
    // One second for all to begin.
    std::thread::sleep(Duration::from_secs(1));
    let mut drops = Vec::new();
    for day in (1..=options.days).rev() {
        std::thread::sleep(window);
        let bytes_before = disk_bytes(data)?;
        let from = watch.elapsed();
        let dropped = runtime.block_on(engine.drop_expired(midnight() - Span::from_days(i64::from(day)) + Span::from_secs(6 * 3_600)))?;
        let millis = watch.elapsed().saturating_sub(from).as_secs_f64() * 1e3;
        ensure!(dropped == 1, "{dropped} days were dropped instead of one");
        let freed = || anyhow::Ok(float(bytes_before.saturating_sub(disk_bytes(data)?)) / float(bucket_bytes.max(1)));
        while freed()? < FREED_MIN && watch.elapsed().saturating_sub(from) < PATIENCE {
            std::thread::sleep(Duration::from_millis(50));
        }
        let (freed_share, bytes_after) = (freed()?, disk_bytes(data)?);
        std::thread::sleep(window.saturating_sub(watch.elapsed().saturating_sub(from)));
        let until = watch.elapsed();
        drops.push(Dropped {
            from_secs: from.as_secs_f64(),
            until_secs: until.as_secs_f64(),
            millis,
            bytes_before,
            bytes_after,
            freed_share,
        });
    }
    Ok(drops)
}

fn report(options: Options, ingested: &[Ingested], drops: &[Dropped]) -> anyhow::Result<(Value, Verdict)> {
    let within = |from: f64, until: f64| -> Vec<f64> {
        ingested.iter().filter(|(at, _)| (from..until).contains(at)).map(|(_, took)| took * 1e3).collect()
    };
    let window = f64::from(options.seconds);
    let (mut ratios, mut before, mut during, mut second): (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>) = Default::default();
    for drop in drops {
        let mut calm = within(drop.from_secs - window, drop.from_secs);
        // The first second is judged too: it is when the files go.
        let (mut whole, mut first) = (within(drop.from_secs, drop.until_secs), within(drop.from_secs, drop.from_secs + 1.0));
        ensure!(!calm.is_empty() && !first.is_empty(), "nothing came in");
        before.push(percentile(&mut calm, 0.99));
        during.push(percentile(&mut whole, 0.99));
        second.push(percentile(&mut first, 0.99));
        ratios.push(second[second.len() - 1] / before[before.len() - 1]);
    }
    let ratio = percentile(&mut ratios.clone(), 0.5);
    let freed = drops.iter().map(|drop| drop.freed_share).fold(f64::INFINITY, f64::min);
    let list = |values: &[f64]| values.iter().map(|value| rounded(*value, 2)).collect::<Vec<_>>();
    let told = json!({
        "ratio": rounded(ratio, 2), "ratios": list(&ratios), "events_per_day": options.events, "rate": options.rate,
        "p99_ms_before": list(&before), "p99_ms_first_second_of_drop": list(&second), "p99_ms_from_drop": list(&during),
        "worst_ms": rounded(ingested.iter().map(|(_, took)| took * 1e3).fold(0.0, f64::max), 1),
        "drop_ms": list(&drops.iter().map(|drop| drop.millis).collect::<Vec<_>>()),
        "disk_mb_before_and_after": drops.iter().map(|drop| [drop.bytes_before / 1_000_000, drop.bytes_after / 1_000_000]).collect::<Vec<_>>(),
        "freed_share_min": rounded(freed, 2), "events_meanwhile": ingested.len(),
    });
    Ok((told, Verdict::of(ratio <= RATIO_MAX && freed >= FREED_MIN)))
}

/// What a folder takes on the disk: blocks, not lengths, for journals have holes.
fn disk_bytes(folder: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let (mut sum, mut folders): (u64, Vec<PathBuf>) = (0, vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        // What goes while it is looked at is gone.
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("cannot list {}", folder.display()))?,
        };
        for entry in entries {
            let Ok(entry) = entry else { continue };
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => sum += metadata.blocks() * 512,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(sum)
}
