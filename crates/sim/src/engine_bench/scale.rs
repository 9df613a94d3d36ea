//! `scale`: what loading a user and deciding costs with many events stored, and with few, in turns.

use std::sync::Arc;

use anyhow::ensure;
use clap::Args;
use serde_json::{Value, json};
use sonde_core::decide::{Completed, Depth, Moment, WorkspaceSnapshot, decide};
use sonde_core::id::SurveyId;
use sonde_core::properties::Properties;
use sonde_core::survey::launch::Platform;
use sonde_core::survey::{Survey, SurveyStatus, parse_document};
use sonde_core::time::Span;
use sonde_storage::Activity;

use super::{Open, TRIGGER, WORKSPACE, float, noon, opened, rounded, seed, throwaway};
use crate::clock::Stopwatch;
use crate::output::Verdict;
use crate::percentiles::percentile;
use crate::rng::Rng;

const EVENTS_PER_USER: u64 = 5;
/// Live surveys on the frontend trigger.
const SURVEYS: u8 = 10;
/// What the ratio may be.
const RATIO_MAX: f64 = 3.0;
/// How long ago the first event came in: the longest that one may be pending, and some hours to spare.
const SPREAD: Span = Span::from_secs(96 * 3_600);

/// Flags of `bench scale`.
#[derive(Args, Clone, Copy, Debug)]
pub struct Options {
    /// Pending events, where they are many.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    pub events: u64,
    /// Pending events, where they are few.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=100_000_000))]
    pub few: u64,
    /// Users asked about in each turn.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    pub users: u32,
    /// Turns of each, after one that does not count.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub rounds: u16,
}

/// An engine that holds something.
struct Stored<E> {
    engine: Arc<E>,
    users: u64,
    seeded: seed::Seeded,
    close_ms: f64,
    open_ms: f64,
    // Goes after the engine.
    _folder: tempfile::TempDir,
}

/// One user at a time, all of a turn or of several.
#[derive(Default)]
struct Times {
    wall_us: Vec<f64>,
    /// Processor time of each turn's mean.
    processor_us: Vec<f64>,
}

/// Seeds, measures, and says whether the bar is met.
pub(super) async fn run<E: Activity>(options: Options, open: Open<E>) -> anyhow::Result<(Value, Verdict)> {
    let few = stored(options.few, open).await?;
    let many = stored(options.events, open).await?;
    let (snapshot, mut rng) = (surveys()?, Rng::new(7));
    let (mut of_few, mut of_many) = (Times::default(), Times::default());
    for round in 0..=options.rounds {
        for (stored, times) in [(&few, &mut of_few), (&many, &mut of_many)] {
            let mut turn = Times::default();
            ask(stored, &snapshot, &mut rng, options.users, &mut turn).await?;
            // What is read for the first time is not what is asked for.
            if round > 0 {
                times.wall_us.append(&mut turn.wall_us);
                times.processor_us.append(&mut turn.processor_us);
            }
        }
    }
    let ratio = mean(&of_many.wall_us) / mean(&of_few.wall_us);
    let told = json!({
        "ratio": rounded(ratio, 2),
        "ratio_by_processor_time": rounded(percentile(&mut of_many.processor_us, 0.5) / percentile(&mut of_few.processor_us, 0.5), 2),
        "ratio_p99": rounded(percentile(&mut of_many.wall_us, 0.99) / percentile(&mut of_few.wall_us, 0.99), 2),
        "events": options.events, "events_few": options.few, "events_per_user": EVENTS_PER_USER, "surveys": SURVEYS,
        "asked": of_many.wall_us.len(), "days": SPREAD.as_millis() / Span::from_days(1).as_millis(),
        "us": told(&mut of_many), "us_few": told(&mut of_few),
        "close_ms": rounded(many.close_ms, 0), "open_ms": rounded(many.open_ms, 0), "open_ms_few": rounded(few.open_ms, 0),
        "seeding_events_per_s": many.seeded.per_second.round(), "seeding_slowest_second": many.seeded.slowest_second,
        "seeding_longest_group_ms": rounded(many.seeded.longest_ms, 1),
    });
    Ok((told, Verdict::of(ratio <= RATIO_MAX)))
}

/// An engine with events, closed and opened again: what is measured is not what happens to be in memory still.
async fn stored<E: Activity>(events: u64, open: Open<E>) -> anyhow::Result<Stored<E>> {
    let folder = throwaway()?;
    let data = folder.path().join("data");
    let users = events / EVENTS_PER_USER;
    let engine = opened(open, &data)?;
    let seeded = seed::fill(&*engine, users * EVENTS_PER_USER, users, noon() - SPREAD, noon()).await?;
    let closing = Stopwatch::start();
    drop(engine);
    let (close_ms, opening) = (closing.elapsed().as_secs_f64() * 1e3, Stopwatch::start());
    let engine = opened(open, &data)?;
    Ok(Stored { engine, users, seeded, close_ms, open_ms: opening.elapsed().as_secs_f64() * 1e3, _folder: folder })
}

/// Loads and decides for random users, none of whom is due.
async fn ask<E: Activity>(
    stored: &Stored<E>,
    snapshot: &WorkspaceSnapshot,
    rng: &mut Rng,
    count: u32,
    times: &mut Times,
) -> anyhow::Result<()> {
    let (completed, properties) = (Completed::none(), Properties::empty());
    let now = noon();
    let moment = Moment {
        trigger: Some("MainActivity"),
        properties: &properties,
        platform: Some(Platform::Web),
        sequence: Some(&[]),
        completed: &completed,
        now,
    };
    let before = processor_nanos()?;
    for _ in 0..count {
        let user = seed::user_of(rng.below(stored.users))?;
        let watch = Stopwatch::start();
        let activity = stored.engine.load(&user, now).await?;
        let decision = decide(snapshot, &activity, &moment, Depth::FirstRefusal);
        times.wall_us.push(watch.elapsed().as_secs_f64() * 1e6);
        ensure!(activity.events.len() as u64 == EVENTS_PER_USER, "a user has {} events", activity.events.len());
        ensure!(decision.winner.is_none(), "no survey was to be due");
    }
    times.processor_us.push(float(processor_nanos()? - before) / 1e3 / f64::from(count));
    Ok(())
}

/// Processor time of this thread.
fn processor_nanos() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().unwrap_or_default().parse()?)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / float(values.len().max(1) as u64)
}

fn told(times: &mut Times) -> Value {
    json!({
        "mean": rounded(mean(&times.wall_us), 1), "p50": rounded(percentile(&mut times.wall_us, 0.5), 1),
        "p99": rounded(percentile(&mut times.wall_us, 0.99), 1), "processor": rounded(percentile(&mut times.processor_us, 0.5), 1),
    })
}

/// Every event opens each of them half an hour before it would be over: all candidates are looked at, none is due.
fn surveys() -> anyhow::Result<WorkspaceSnapshot> {
    let survey = |number: u8| {
        let document = json!({
            "format_version": 1, "name": "S", "default_language": "en",
            "questions": [{"id": "q", "type": "nps_feedback", "title": {"en": "Q"}}],
            "launch": {
                "frontend_triggers": [{"name": "MainActivity"}],
                "activation": {"backend_triggers": [{"name": TRIGGER}], "expires_after_secs": 360_000, "delay_secs": 358_200},
            },
        });
        let document = parse_document(&document.to_string()).map_err(|wrong| anyhow::anyhow!("{wrong:?}"))?;
        Ok(Survey { id: SurveyId::from_bytes([number; 16]), version: 1, status: SurveyStatus::Live, document: Arc::new(document) })
    };
    let surveys = (0..SURVEYS).map(survey).collect::<anyhow::Result<_>>()?;
    Ok(WorkspaceSnapshot::new(WORKSPACE, Span::ZERO, surveys))
}
