//! `fuzz`: lets libFuzzer look for bytes that break a promise of a target in `fuzz/`.
//!
//! The compiler's own coverage counters guide it, which need no nightly compiler; sanitizers would, and find little in code without
//! `unsafe`. What it learnt stays in `fuzz-corpus/`, what it found in `fuzz-found/`, both beside cargo's target folder.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::console::line;
use crate::process;
use crate::repo;

/// What counts the code that ran.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
/// An input that takes longer is a hang, in seconds.
const HANG_SECS: u32 = 10;
/// Past this an input is too greedy, in MiB.
const MEMORY_MIB: u32 = 4_096;

/// Flags of `fuzz`.
#[derive(Args)]
pub(crate) struct Options {
    /// How long each target is tried
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// Only this target; may be given several times
    #[arg(long)]
    target: Vec<String>,
}

/// Builds with coverage and tries each target in turn.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let host = host()?;
    // Flags of their own need a folder of their own, and a named platform keeps them away from build scripts.
    let metadata = repo::metadata()?;
    let folder = Path::new(metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?).join("fuzz");
    let build = ["build", "--profile", "fuzz", "--package", "sonde-fuzz", "--target", &host, "--target-dir"];
    process::run(repo::cargo().args(build).arg(&folder).env("RUSTFLAGS", COVERAGE))?;
    let binary = folder.join(&host).join("fuzz/sonde-fuzz");
    for target in targets(options)? {
        line(&format!("{target}: {} s", options.seconds));
        process::run(&mut command(&binary, &target, options.seconds)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn command(binary: &Path, target: &str, seconds: u32) -> Result<Command> {
    let (corpus, found) = (repo::root().join("fuzz-corpus").join(target), repo::root().join("fuzz-found").join(target));
    for folder in [&corpus, &found] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut command = repo::command(binary);
    command.env("SONDE_FUZZ_TARGET", target).arg(corpus).arg(seeds().join(target));
    command.args([format!("-max_total_time={seconds}"), format!("-timeout={HANG_SECS}"), format!("-rss_limit_mb={MEMORY_MIB}")]);
    command.args(["-print_final_stats=1".to_owned(), format!("-artifact_prefix={}/", found.display())]);
    Ok(command)
}

fn seeds() -> std::path::PathBuf {
    repo::root().join("fuzz/seeds")
}

/// The targets asked for, or all: each has a folder of seeds.
fn targets(options: &Options) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(seeds()).context("cannot list fuzz/seeds")? {
        all.push(entry?.file_name().to_string_lossy().into_owned());
    }
    all.sort();
    if let Some(unknown) = options.target.iter().find(|target| !all.contains(target)) {
        bail!("there is no target `{unknown}`; there are {}", all.join(", "));
    }
    Ok(if options.target.is_empty() { all } else { options.target.clone() })
}

/// The platform of the compiler.
fn host() -> Result<String> {
    let output = repo::command("rustc").args(["--print", "host-tuple"]).output().context("rustc could not be started")?;
    if !output.status.success() {
        bail!("rustc does not say for which platform it builds");
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
