//! `screenshots`: builds the web parts and the server, then lets a real browser take pictures of every page.

use std::process::ExitCode;

use anyhow::Result;

use crate::cmd::build;
use crate::console::Steps;
use crate::repo::{self, Profile};
use crate::{process, tools};

/// Writes docs/screens anew.
pub(crate) fn run() -> Result<ExitCode> {
    tools::provide_test_tools()?;
    let mut steps = Steps::of(build::STEPS + 1);
    build::steps(&mut steps, Profile::Debug)?;
    steps.next("pictures");
    let mut pictures = repo::command("node");
    pictures.arg("e2e/screenshots.mjs").env("SONDE_BIN", repo::binary("sonde", Profile::Debug)?);
    process::run(&mut pictures)?;
    steps.end("pictures taken");
    Ok(ExitCode::SUCCESS)
}
