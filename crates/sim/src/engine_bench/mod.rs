//! Benchmarks of an engine alone, in the process that measures: no socket, no queue, no other core. The simulator knows no
//! engine; one that wants to be measured calls [`main`] with how it is opened.

mod expiry;
mod scale;
mod seed;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use serde_json::Value;
use sonde_core::id::WorkspaceId;
use sonde_core::time::{Span, Timestamp};
use sonde_storage::{Activity, StorageError};

pub use self::expiry::Options as ExpiryOptions;
pub use self::scale::Options as ScaleOptions;
use crate::output::{Verdict, print, say};

const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
/// The backend trigger of all events.
const TRIGGER: &str = "ended_sleep";

/// Measures an engine. Exits with 1 when a bar is missed, with 2 when nothing was measured.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Clone, Copy)]
enum Bench {
    /// Time to load and decide with many pending events stored, divided by the same with few.
    Scale(ScaleOptions),
    /// Latency of ingest while a day's bucket is dropped, divided by the same before; and whether the disk's space comes back.
    Expiry(ExpiryOptions),
}

/// Opens an engine on a folder, and makes it at the first time.
pub type Open<E> = fn(&Path) -> Result<E, StorageError>;

/// What a program that measures an engine consists of.
pub fn main<E: Activity>(open: Open<E>) -> ExitCode {
    let cli = Cli::parse();
    match run(cli.bench, open).and_then(|(told, verdict)| tell(&told, cli.json).map(|()| verdict)) {
        Ok(Verdict::Holds) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run<E: Activity>(bench: Bench, open: Open<E>) -> anyhow::Result<(Value, Verdict)> {
    match bench {
        Bench::Scale(options) => scale(options, open),
        Bench::Expiry(options) => expiry(options, open),
    }
}

/// Runs `scale`.
pub fn scale<E: Activity>(options: ScaleOptions, open: Open<E>) -> anyhow::Result<(Value, Verdict)> {
    runtime()?.block_on(scale::run(options, open))
}

/// Runs `expiry`.
pub fn expiry<E: Activity>(options: ExpiryOptions, open: Open<E>) -> anyhow::Result<(Value, Verdict)> {
    let runtime = runtime()?;
    expiry::run(options, open, &runtime)
}

/// Its threads are those on which an engine does what may take long; what is measured runs on a thread of its own.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn opened<E: Activity>(open: Open<E>, folder: &Path) -> anyhow::Result<Arc<E>> {
    Ok(Arc::new(open(folder).with_context(|| format!("cannot open {}", folder.display()))?))
}

fn throwaway() -> anyhow::Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix("sonde-bench-").tempdir()?)
}

/// Noon of a day far from all others. Time is an argument of everything that is measured.
fn noon() -> Timestamp {
    Timestamp::from_utc_day(20_780) + Span::from_secs(12 * 3_600)
}

fn tell(told: &Value, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{told}\n"));
    }
    for (key, value) in told.as_object().into_iter().flatten() {
        print(&format!("{key:<26} {value}\n"))?;
    }
    Ok(())
}

/// For ratios; counts stay far below the 2^53 that fit exactly.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^53")]
const fn float(count: u64) -> f64 {
    count as f64
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}
