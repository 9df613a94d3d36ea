//! `codegen`: the generated files that are committed, and whether they are stale.

use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::cmd::build;
use crate::console::line;
use crate::repo::{self, Profile};

/// Subcommands of `sonde` that print a generated file, and the file.
const GENERATED: [(&str, &str); 2] = [("openapi", "schemas/openapi.json"), ("survey-schema", "schemas/survey.schema.json")];

/// Builds the server and writes (or checks) what it generates.
pub(crate) fn run(check: bool) -> Result<ExitCode> {
    build::server(Profile::Debug)?;
    let mut stale = Vec::new();
    for (subcommand, file) in GENERATED {
        let fresh = generate(subcommand)?;
        match update(&repo::root().join(file), &fresh, check)? {
            Outcome::Same => line(&format!("{file} is up to date")),
            Outcome::Written => line(&format!("{file} written")),
            Outcome::Stale => stale.push(file),
        }
    }
    if !stale.is_empty() {
        bail!("stale: {}; run `cargo xtask codegen` and commit the result", stale.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

fn generate(subcommand: &str) -> Result<Vec<u8>> {
    let binary = repo::binary("sonde", Profile::Debug)?;
    let output = repo::command(&binary).arg(subcommand).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("{} could not be started", binary.display()))?;
    if !output.status.success() {
        bail!("`sonde {subcommand}` failed ({})", output.status);
    }
    serde_json::from_slice::<serde_json::Value>(&output.stdout).with_context(|| format!("`sonde {subcommand}` printed no JSON"))?;
    Ok(with_one_newline(output.stdout))
}

fn with_one_newline(mut text: Vec<u8>) -> Vec<u8> {
    text.truncate(text.trim_ascii_end().len());
    text.push(b'\n');
    text
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Same,
    Written,
    Stale,
}

fn update(file: &Path, fresh: &[u8], check: bool) -> Result<Outcome> {
    if std::fs::read(file).is_ok_and(|there| there == fresh) {
        return Ok(Outcome::Same);
    }
    if check {
        return Ok(Outcome::Stale);
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, fresh).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(Outcome::Written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("schemas/openapi.json");
        assert_eq!(update(&file, b"{}\n", true).unwrap(), Outcome::Stale);
        assert!(!file.exists());
        assert_eq!(update(&file, b"{}\n", false).unwrap(), Outcome::Written);
        assert_eq!(update(&file, b"{}\n", true).unwrap(), Outcome::Same);
        assert_eq!(update(&file, b"{\"a\":1}\n", true).unwrap(), Outcome::Stale);
    }

    #[test]
    fn generated_files_end_in_one_newline() {
        assert_eq!(with_one_newline(b"{}".to_vec()), b"{}\n");
        assert_eq!(with_one_newline(b"{}\n\n".to_vec()), b"{}\n");
    }
}
