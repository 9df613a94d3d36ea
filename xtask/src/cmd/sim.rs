//! `bench`, `crash`, `double-ask`: builds the server and sonde-sim as shipped and becomes it. Prints nothing of its own: standard output
//! belongs to what is measured or proved.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process;
use crate::repo::{self, Profile};

/// Benchmarks of the engine alone, which the simulator does not know: the engine's own program runs them.
const OF_THE_ENGINE: [&str; 2] = ["scale", "expiry"];

/// Runs `sonde-sim bench` with `args`, or the engine's program.
pub(crate) fn bench(args: &[OsString]) -> Result<ExitCode> {
    if !is_of_the_engine(args) {
        return run("bench", args);
    }
    process::run(repo::cargo().args(["build", "--release", "--package", "sonde-storage-embedded", "--example", "bench"]))?;
    turn_into(Command::new(repo::binary("examples/bench", Profile::Release)?).args(args))
}

fn is_of_the_engine(args: &[OsString]) -> bool {
    args.first().is_some_and(|name| OF_THE_ENGINE.iter().any(|known| name == known))
}

/// Runs `sonde-sim COMMAND` with `args`.
pub(crate) fn run(command: &str, args: &[OsString]) -> Result<ExitCode> {
    process::run(repo::cargo().args(["build", "--release", "--package", "sonde-server", "--package", "sonde-sim"]))?;
    turn_into(Command::new(repo::binary("sonde-sim", Profile::Release)?).arg(command).args(args))
}

/// Becomes another program; comes back only if that cannot be.
fn turn_into(command: &mut Command) -> Result<ExitCode> {
    let error = command.exec();
    Err(error).with_context(|| format!("{} could not be started", command.get_program().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_runs_its_own_benchmarks() {
        assert!(is_of_the_engine(&["scale".into(), "--json".into()]));
        assert!(!is_of_the_engine(&["ingest".into(), "scale".into()]));
        assert!(!is_of_the_engine(&[]));
    }
}
