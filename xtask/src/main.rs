//! The one toolbox: everything one does with this repository is a command here.
//!
//! `cargo xtask start` runs Sonde with its demo, `cargo xtask test` proves a change, `cargo xtask tidy` checks the rules that no
//! compiler knows. Standard output is this program's user interface; errors go to standard error.

mod clock;
mod cmd;
mod console;
mod counts;
mod process;
mod repo;
mod tidy;
mod tools;
mod web;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Sonde's toolbox.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the web parts, then the server with them inside
    Build {
        /// Optimised, as it is shipped
        #[arg(long)]
        release: bool,
    },
    /// Builds and runs Sonde; a new data folder gets a demo workspace
    Start(cmd::start::Options),
    /// Runs every check; the last line is `N passed, N failed`
    #[command(alias = "ci")]
    Test {
        /// Only this step; may be given several times
        #[arg(long, value_enum)]
        only: Vec<cmd::test::Step>,
    },
    /// Writes the generated files under schemas/
    Codegen {
        /// Change nothing, fail if a file is stale
        #[arg(long)]
        check: bool,
    },
    /// Runs a benchmark of sonde-sim or of the engine, for example `bench ingest --json`
    Bench {
        /// Passed on as they are
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Kills the server under load, again and again, for example `crash --kills 1000`; nothing acknowledged may be lost or doubled
    Crash {
        /// Passed on to sonde-sim as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Asks from many tabs at once, for example `double-ask --rounds 10000`; exactly one may show the survey
    DoubleAsk {
        /// Passed on to sonde-sim as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Looks for hostile input that crashes or hangs a target of fuzz/
    Fuzz(cmd::fuzz::Options),
    /// Takes pictures of every page of the dashboard, with made-up data, into docs/screens
    Screenshots,
    /// Checks layering, sizes, named paths and other rules of the house
    Tidy,
}

fn main() -> ExitCode {
    run(Cli::parse().command).unwrap_or_else(|error| {
        console::error(&error);
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Build { release } => cmd::build::run(release),
        Command::Start(options) => cmd::start::run(&options),
        Command::Test { only } => Ok(cmd::test::run(&only)),
        Command::Codegen { check } => cmd::codegen::run(check),
        Command::Bench { args } => cmd::sim::bench(&args),
        Command::Crash { args } => cmd::sim::run("crash", &args),
        Command::DoubleAsk { args } => cmd::sim::run("double-ask", &args),
        Command::Fuzz(options) => cmd::fuzz::run(&options),
        Command::Screenshots => cmd::screenshots::run(),
        Command::Tidy => cmd::tidy::run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bench_passes_everything_on() {
        let cli = Cli::try_parse_from(["xtask", "bench", "ingest", "--json", "--release"]).unwrap();
        let Command::Bench { args } = cli.command else { panic!("another command") };
        assert_eq!(args, ["ingest", "--json", "--release"]);
    }

    #[test]
    fn ci_is_test() {
        assert!(matches!(Cli::try_parse_from(["xtask", "ci"]).unwrap().command, Command::Test { .. }));
    }
}
