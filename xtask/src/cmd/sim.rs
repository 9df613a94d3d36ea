//! `bench`, `crash`, `double-ask`: builds the server and sonde-sim as shipped and becomes it. Prints nothing of its own: standard output
//! belongs to what is measured or proved.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process;
use crate::repo::{self, Profile};

/// Runs `sonde-sim COMMAND` with `args`.
pub(crate) fn run(command: &str, args: &[OsString]) -> Result<ExitCode> {
    process::run(repo::cargo().args(["build", "--release", "--package", "sonde-server", "--package", "sonde-sim"]))?;
    let binary = repo::binary("sonde-sim", Profile::Release)?;
    let error = Command::new(&binary).arg(command).args(args).exec();
    Err(error).with_context(|| format!("{} could not be started", binary.display()))
}
