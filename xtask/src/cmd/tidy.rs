//! `tidy`: the rules of the house, without building anything else.

use std::process::ExitCode;

use anyhow::Result;

use crate::console::line;
use crate::tidy;

/// Prints every broken rule.
pub(crate) fn run() -> Result<ExitCode> {
    let problems = tidy::all()?;
    for problem in &problems {
        line(problem);
    }
    if problems.is_empty() {
        line("tidy");
        return Ok(ExitCode::SUCCESS);
    }
    line(&format!("{} to put right", problems.len()));
    Ok(ExitCode::FAILURE)
}
