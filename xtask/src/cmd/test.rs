//! `test`: every check there is, cheap ones first, and one last line with the sum.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::clock::{Stopwatch, for_people};
use crate::cmd::codegen;
use crate::console::{Steps, is_terminal, line};
use crate::counts::{Counts, Reader};
use crate::process::{Supervised, show};
use crate::repo::{self, Profile};
use crate::{tools, web};

/// A step that runs longer hangs. The longest is a first build of everything on a small machine.
const STEP_LIMIT: Duration = Duration::from_hours(1);

/// The steps, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Node, Chromium and strace are here
    Tools,
    /// rustfmt
    Format,
    /// npm ci, if the lock file changed
    Npm,
    /// The web parts build
    WebBuild,
    /// TypeScript's types hold
    WebTypes,
    /// The web parts' own tests, in Node and in Chromium; of what the step web-build built
    WebTest,
    /// clippy, without a warning
    Clippy,
    /// The server and the simulator build
    Build,
    /// The committed generated files are not stale
    Codegen,
    /// Rust tests, tidy and layering among them
    CargoTest,
    /// The whole product, from outside
    E2e,
}

/// How a step ended.
struct Record {
    step: Step,
    counts: Counts,
    took: Duration,
    error: Option<anyhow::Error>,
}

/// Runs the steps in `only`, or all. Prints what went wrong itself, because the sum must be the last line.
pub(crate) fn run(only: &[Step]) -> ExitCode {
    let all = Step::value_variants();
    let chosen: Vec<Step> = all.iter().copied().filter(|step| only.is_empty() || only.contains(step)).collect();
    let whole = Stopwatch::start();
    let mut steps = Steps::of(chosen.len());
    let mut records = Vec::new();
    for step in &chosen {
        steps.next(step.name());
        let mut reader = Reader::default();
        let error = step.run(&mut reader).err();
        let how = if error.is_some() { "failed" } else { "ok" };
        let took = steps.end(&format!("{} {how}", step.name()));
        let failed = error.is_some();
        records.push(Record { step: *step, counts: counted(reader.counts(), failed), took, error });
        if failed {
            break;
        }
    }
    let failed = records.iter().any(|record| record.error.is_some());
    line(&summary(&chosen, &records, whole.elapsed()));
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A failed step counts as a failure even if no test runner says so: a build that breaks must not end in "0 failed".
fn counted(counts: Counts, failed: bool) -> Counts {
    if failed && counts.failed == 0 { Counts { failed: 1, ..counts } } else { counts }
}

/// The table, what went wrong, and the sum alone on the last line.
fn summary(chosen: &[Step], records: &[Record], took: Duration) -> String {
    let mut lines = vec![String::new()];
    for step in chosen {
        let name = step.name();
        lines.push(match records.iter().find(|record| record.step == *step) {
            None => format!("  {name:<12} not run"),
            Some(record) => {
                let how = if record.error.is_some() { "failed" } else { "ok" };
                let counts = if record.counts == Counts::default() { String::new() } else { record.counts.to_string() };
                format!("  {name:<12} {how:<7} {:>12}   {counts}", for_people(record.took)).trim_end().to_owned()
            }
        });
    }
    lines.push(format!("  {:<12} {:<7} {:>12}", "together", "", for_people(took)));
    lines.push(String::new());
    for record in records {
        if let Some(error) = &record.error {
            lines.push(format!("{}: {error:#}", record.step.name()));
        }
    }
    let sum = records.iter().fold(Counts::default(), |sum, record| sum + record.counts);
    lines.push(sum.to_string());
    lines.join("\n")
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Format => "format",
            Self::Npm => "npm",
            Self::WebBuild => "web-build",
            Self::WebTypes => "web-types",
            Self::WebTest => "web-test",
            Self::Clippy => "clippy",
            Self::Build => "build",
            Self::Codegen => "codegen",
            Self::CargoTest => "cargo-test",
            Self::E2e => "e2e",
        }
    }

    fn run(self, reader: &mut Reader) -> Result<()> {
        let cargo = |arguments: &[&str]| {
            let mut command = repo::cargo();
            command.args(arguments);
            command
        };
        match self {
            Self::Tools => tools::provide_test_tools(),
            Self::Format => live(&mut cargo(&["fmt", "--all", "--check"]), reader),
            Self::Npm => web::install(|command| live(command, reader)),
            Self::WebBuild => live(&mut web::script("build")?, reader),
            Self::WebTypes => live(&mut web::script("typecheck")?, reader),
            Self::WebTest => live(&mut web::script("test:built")?, reader),
            Self::Clippy => {
                live(&mut cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"]), reader)
            }
            Self::Build => live(&mut cargo(&["build", "--package", "sonde-server", "--package", "sonde-sim"]), reader),
            Self::Codegen => codegen::run(true).map(|_| ()),
            Self::CargoTest => live(&mut cargo(&["test", "--workspace", "--all-features"]), reader),
            Self::E2e => live(&mut e2e()?, reader),
        }
    }
}

/// The end-to-end suite with the binaries it drives.
fn e2e() -> Result<Command> {
    let mut command = repo::command("node");
    command.args(["--test", "--test-concurrency=1"]).args(e2e_files(&repo::root())?);
    for (variable, name) in [("SONDE_BIN", "sonde"), ("SONDE_SIM_BIN", "sonde-sim")] {
        let binary = repo::binary(name, Profile::Debug)?;
        if !binary.is_file() {
            bail!("{} is missing; run the step `build` first", binary.display());
        }
        command.env(variable, binary);
    }
    Ok(command)
}

/// The suite's files, sorted. None is a failure: a suite that vanished must not pass.
fn e2e_files(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    if let Ok(entries) = std::fs::read_dir(root.join("e2e")) {
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".test.mjs") {
                files.push(format!("e2e/{name}"));
            }
        }
    }
    if files.is_empty() {
        bail!("e2e/ holds no *.test.mjs");
    }
    files.sort();
    Ok(files)
}

/// Runs a command, shows its output as it comes and reads the results in it.
fn live(command: &mut Command, reader: &mut Reader) -> Result<()> {
    let shown = show(command);
    if is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let status = Supervised::start(command)?.finish(STEP_LIMIT, |text| {
        reader.read(text);
        line(text);
    })?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(step: Step, passed: u64, failed: u64, error: Option<&str>) -> Record {
        let error = error.map(|text| anyhow::anyhow!("{text}"));
        Record { step, counts: Counts { passed, failed }, took: Duration::from_secs(1), error }
    }

    #[test]
    fn the_sum_is_alone_on_the_last_line() {
        let records = [record(Step::WebTest, 5, 0, None), record(Step::CargoTest, 7, 2, Some("`cargo test` failed"))];
        let text = summary(&[Step::WebTest, Step::CargoTest, Step::E2e], &records, Duration::from_secs(2));
        assert_eq!(text.lines().last(), Some("12 passed, 2 failed"));
        assert!(text.contains("e2e          not run"), "{text}");
        assert!(text.contains("cargo-test: `cargo test` failed"), "{text}");
    }

    #[test]
    fn a_step_that_breaks_without_tests_is_one_failure() {
        assert_eq!(counted(Counts::default(), true), Counts { passed: 0, failed: 1 });
        assert_eq!(counted(Counts { passed: 1, failed: 2 }, true), Counts { passed: 1, failed: 2 });
        assert_eq!(counted(Counts { passed: 1, failed: 0 }, false), Counts { passed: 1, failed: 0 });
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        for step in Step::value_variants() {
            assert_eq!(step.to_possible_value().unwrap().get_name(), step.name());
        }
    }

    #[test]
    fn only_the_suites_own_files_run() {
        let root = tempfile::tempdir().unwrap();
        assert!(e2e_files(root.path()).is_err());
        std::fs::create_dir(root.path().join("e2e")).unwrap();
        for name in ["b.test.mjs", "a.test.mjs", "helpers.mjs"] {
            std::fs::write(root.path().join("e2e").join(name), "").unwrap();
        }
        assert_eq!(e2e_files(root.path()).unwrap(), ["e2e/a.test.mjs", "e2e/b.test.mjs"]);
    }

    #[test]
    fn a_commands_results_are_read_live() {
        let mut reader = Reader::default();
        let script = "echo 'test result: ok. 2 passed; 1 failed; 0 ignored'; exit 1";
        let error = live(repo::command("sh").args(["-c", script]), &mut reader).unwrap_err();
        assert!(error.to_string().contains("failed"), "{error}");
        assert_eq!(reader.counts(), Counts { passed: 2, failed: 1 });
    }
}
