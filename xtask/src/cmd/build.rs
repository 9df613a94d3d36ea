//! `build`: the web parts, then the server with them inside.

use std::process::ExitCode;

use anyhow::Result;

use crate::console::{Steps, line};
use crate::repo::{self, Profile};
use crate::{process, tools, web};

/// Steps that [`steps`] takes.
pub(crate) const STEPS: usize = 3;

/// Builds everything and says where the binary is.
pub(crate) fn run(release: bool) -> Result<ExitCode> {
    let profile = if release { Profile::Release } else { Profile::Debug };
    steps(&mut Steps::of(STEPS), profile)?;
    line(&format!("built {}", repo::binary("sonde", profile)?.display()));
    Ok(ExitCode::SUCCESS)
}

/// The steps, for commands that go on afterwards.
pub(crate) fn steps(steps: &mut Steps, profile: Profile) -> Result<()> {
    tools::require_node()?;
    steps.next("npm packages");
    web::install(process::run)?;
    steps.end("npm packages ready");
    steps.next("web parts");
    process::run(&mut web::script("build")?)?;
    steps.end("web parts built");
    steps.next("server");
    server(profile)?;
    steps.end("server built");
    Ok(())
}

/// The server alone.
pub(crate) fn server(profile: Profile) -> Result<()> {
    process::run(repo::cargo().arg("build").args(profile.flag()).args(["--package", "sonde-server"]))
}
