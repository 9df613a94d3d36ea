//! Development only: crash tests, the double-ask test, the fsync trace, benchmarks. All of it drives the real server
//! over real HTTP, on loopback, with a data folder that is thrown away.

mod bench;
mod calls;
mod crash;
mod double_ask;
mod findings;
mod fsync;
mod http;
mod server;
mod site;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sonde_sim::{clock, output};
use tokio::signal::unix::{SignalKind, signal};

use crate::output::{Verdict, say};

/// As in the server: the no-op server must have the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Proves by trial what the server promises. Exits with 1 when a promise is broken, with 2 when nothing was proved.
#[derive(Parser)]
#[command(name = "sonde-sim", version)]
struct Cli {
    /// The server's binary; default: `sonde` beside this one.
    #[arg(long, env = "SONDE_BIN", global = true)]
    sonde_bin: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Kill the server under load, again and again; nothing acknowledged may be lost or doubled.
    Crash(crash::Options),
    /// Ask from many tabs at once; exactly one may show the survey.
    DoubleAsk(double_ask::Options),
    /// Look at the server's system calls: a sync before every 200. Needs strace.
    FsyncTrace(fsync::Options),
    /// Measure speeds as ratios inside one run. Needs two cores and taskset.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// What benchmarks measure against.
    #[command(hide = true)]
    NoopServer(bench::NoopOptions),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(Verdict::Holds) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Verdict> {
    let binary = cli.sonde_bin.as_deref();
    let runtime = match cli.command {
        // The generator has one core.
        Command::Bench(_) => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        _ => tokio::runtime::Builder::new_multi_thread().enable_all().build()?,
    };
    runtime.block_on(unless_stopped(async {
        match cli.command {
            Command::Crash(options) => crash::run(options, binary).await,
            Command::DoubleAsk(options) => double_ask::run(options, binary).await,
            Command::FsyncTrace(options) => fsync::run(options, binary).await,
            Command::Bench(bench) => bench::run(bench, binary).await,
            Command::NoopServer(options) => bench::serve_noop(options).await,
        }
    }))
}

/// Runs a command; on SIGINT or SIGTERM lets go of it, which ends the servers it started and deletes their data.
async fn unless_stopped(command: impl Future<Output = anyhow::Result<Verdict>>) -> anyhow::Result<Verdict> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        done = command => done,
        _ = interrupt.recv() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("terminated"),
    }
}
