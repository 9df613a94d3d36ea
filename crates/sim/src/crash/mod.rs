//! `crash`: the real server under a mixed load over HTTP, killed with SIGKILL at random moments, again and again. After
//! each restart everything that clients were told must be there, once.

mod audit;
mod rows;
mod story;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use self::audit::check_counts;
use self::rows::Rows;
use self::story::Survey;
use self::worker::{Tally, Worker};
use crate::clock::{Stopwatch, arbitrary_seed};
use crate::findings::{Findings, Kind};
use crate::output::{Verdict, print};
use crate::server::Server;
use crate::site::{Site, survey};
use sonde_sim::rng::Rng;

/// Clients at work at the same time, each with two connections.
const WORKERS: usize = 12;
/// Kills after which a fresh data folder is taken, so that audits stay short however long a run is.
const KILLS_PER_FOLDER: u32 = 40;
/// How long the load runs before a kill, in milliseconds.
const LOAD_MILLIS: std::ops::Range<u64> = 60..700;
/// Per cent of restarts that are killed while they start.
const KILLS_IN_START_PERCENT: u64 = 20;

/// Flags of `crash`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How often the server is killed.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// Chooses the stories and the moments; default: another each time.
    #[arg(long)]
    seed: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What a whole run comes to.
#[derive(Default)]
struct Sum {
    tally: Tally,
    findings: Findings,
    kills: u32,
    kills_in_start: u32,
    rows: usize,
}

/// Runs it.
pub(crate) async fn run(options: Options, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let seed = options.seed.unwrap_or_else(arbitrary_seed);
    let mut rng = Rng::new(seed);
    let running = Stopwatch::start();
    let mut sum = Sum::default();
    while sum.kills < options.kills && sum.findings.is_empty() {
        let kills = KILLS_PER_FOLDER.min(options.kills - sum.kills);
        Chapter::open(binary, &mut rng)?.run(kills, &mut rng, &mut sum).await?;
    }
    report(options, seed, &sum, running.elapsed())
}

/// One data folder and everything that was told about it.
struct Chapter {
    site: Site,
    workers: Vec<Worker>,
    killing: Arc<AtomicBool>,
    findings: Findings,
}

impl Chapter {
    fn open(binary: Option<&Path>, rng: &mut Rng) -> anyhow::Result<Self> {
        let site = Site::make(binary)?;
        for (name, which, until) in [("Sleep", Survey::Always, "always"), ("Order", Survey::UntilCompleted, "completed")] {
            site.launch_survey(&survey(name, which.backend_trigger(), which.frontend_trigger(), until))?;
        }
        let killing = Arc::new(AtomicBool::new(false));
        let worker = |number| Worker::new(format!("w{number}"), rng.split(), site.calls.clone(), Arc::clone(&killing));
        let workers = (0..WORKERS).map(worker).collect();
        Ok(Self { site, workers, killing, findings: Findings::default() })
    }

    async fn run(mut self, kills: u32, rng: &mut Rng, sum: &mut Sum) -> anyhow::Result<()> {
        for _ in 0..kills {
            let server = self.site.start().await?;
            self.audit(false).await?;
            self.load_and_kill(server, rng).await?;
            sum.kills += 1;
            while rng.percent(KILLS_IN_START_PERCENT) {
                self.site.start_and_kill(Duration::from_millis(rng.below(120))).await?;
                sum.kills_in_start += 1;
            }
            if !self.found_nothing() {
                break;
            }
        }
        let server = self.site.start().await?;
        self.audit(true).await?;
        // What was tried again just now is acknowledged by now: nothing is unknown any more, so the numbers are exact.
        let rows = self.audit(false).await?;
        let shown: u64 = self.workers.iter().map(|worker| worker.tally.shown).sum();
        self.findings.expect(rows as u64 == shown, Kind::Wrong, || format!("{shown} displays were confirmed, {rows} have a row"));
        sum.rows += rows;
        self.note_errors(&server);
        let status = server.stop().await?;
        self.findings.expect(status.success(), Kind::Wrong, || format!("the server did not stop in good order: {status}"));
        sum.findings.merge(self.findings);
        for worker in self.workers {
            sum.tally.add(&worker.tally);
            sum.findings.merge(worker.findings);
        }
        Ok(())
    }

    fn found_nothing(&self) -> bool {
        self.findings.is_empty() && self.workers.iter().all(|worker| worker.findings.is_empty())
    }

    /// Load until a random moment; then `kill -9`.
    async fn load_and_kill(&mut self, server: Server, rng: &mut Rng) -> anyhow::Result<()> {
        self.killing.store(false, Ordering::Release);
        let address = self.site.address();
        let mut loads = JoinSet::new();
        for worker in self.workers.drain(..) {
            loads.spawn(worker.load(address));
        }
        let millis = LOAD_MILLIS.start + rng.below(LOAD_MILLIS.end - LOAD_MILLIS.start);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        self.note_errors(&server);
        self.killing.store(true, Ordering::Release);
        server.kill()?;
        self.workers = loads.join_all().await;
        Ok(())
    }

    /// Compares; then tries again what the kill cut, and counts. Returns the number of rows.
    async fn audit(&mut self, everything: bool) -> anyhow::Result<usize> {
        self.killing.store(false, Ordering::Release);
        let address = self.site.address();
        let rows = Arc::new(Rows::read(self.site.responses()?, &mut self.findings)?);
        let mut audits = JoinSet::new();
        for worker in self.workers.drain(..) {
            audits.spawn(worker.audit(address, Arc::clone(&rows), everything));
        }
        let mut resumed = JoinSet::new();
        let mut found = 0;
        for (worker, rows) in audits.join_all().await {
            found += rows;
            resumed.spawn(worker.resume(address));
        }
        self.findings.expect(found == rows.len(), Kind::Wrong, || format!("{} rows, {found} of them known", rows.len()));
        self.workers = resumed.join_all().await;
        let mut tally = Tally::default();
        self.workers.iter().for_each(|worker| tally.add(&worker.tally));
        check_counts(&self.site, &self.workers, &tally, &mut self.findings)?;
        Ok(rows.len())
    }

    fn note_errors(&mut self, server: &Server) {
        for line in server.errors() {
            self.findings.add(Kind::Wrong, format!("the server's log: {line}"));
        }
    }
}

fn report(options: Options, seed: u64, sum: &Sum, took: Duration) -> anyhow::Result<Verdict> {
    let Sum { tally, findings, .. } = sum;
    let secs = took.as_secs_f64();
    if options.json {
        let told = json!({
            "kills": sum.kills, "kills_in_start": sum.kills_in_start, "seed": seed, "seconds": secs,
            "events_acknowledged": tally.named_events + tally.unnamed_events, "duplicates_recognised": tally.duplicates,
            "claims_acknowledged": tally.claims, "shown_acknowledged": tally.shown, "responses_acknowledged": tally.responses,
            "merges_acknowledged": tally.merges, "calls_cut": tally.in_flight, "busy": tally.busy, "rows": sum.rows,
            "lost": findings.lost, "doubled": findings.doubled, "wrong": findings.wrong, "findings": findings.texts,
        });
        print(&format!("{told}\n"))?;
    } else {
        print(&format!(
            "seed {seed}\nkills {} (and {} while starting), calls cut {}, {secs:.1} s\n\
             acknowledged: events {}, claims {}, shown {}, responses {}, merges {}; rows {}\n",
            sum.kills,
            sum.kills_in_start,
            tally.in_flight,
            tally.named_events + tally.unnamed_events,
            tally.claims,
            tally.shown,
            tally.responses,
            tally.merges,
            sum.rows,
        ))?;
        for text in &findings.texts {
            print(&format!("{text}\n"))?;
        }
        print(&format!("lost {}, doubled {}\n", findings.lost, findings.doubled))?;
    }
    enough(tally, sum.kills)?;
    Ok(Verdict::of(findings.is_empty() && sum.kills == options.kills))
}

/// An idle run proves nothing.
fn enough(tally: &Tally, kills: u32) -> anyhow::Result<()> {
    let kills = u64::from(kills);
    let counted = [
        ("events", tally.named_events + tally.unnamed_events, 20 * kills),
        ("duplicates", tally.duplicates, 2 * kills),
        ("claims", tally.claims, 5 * kills),
        ("shown", tally.shown, 5 * kills),
        ("responses", tally.responses, 5 * kills),
        ("merges", tally.merges, kills),
        ("calls cut by kills", tally.in_flight, 2 * kills),
    ];
    for (what, count, min) in counted {
        ensure!(count >= min, "too little happened to prove anything: {count} {what}, at least {min} are needed");
    }
    Ok(())
}
