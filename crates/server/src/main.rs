//! The binary: flags, configuration, telemetry, wiring, shutdown. No logic.

mod admin;
mod admin_client;
mod backup;
mod check;
mod cli;
mod listen;
mod serve;
mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

/// mimalloc: small allocations per request dominate, and it is the faster for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let done = match cli.command {
        cli::Command::Serve(options) => serve::run(&options),
        cli::Command::Admin(options) => admin::run(options),
        cli::Command::Backup(options) => backup::run(&options),
        cli::Command::Restore(options) => backup::restore(&options),
        cli::Command::Check(options) => check::run(&options),
        cli::Command::Openapi => print(&sonde_http::openapi_json()),
        cli::Command::SurveySchema => print(&sonde_http::survey_schema_json()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes to standard output; what reads it may have gone away.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

#[expect(clippy::print_stderr, reason = "the last word of a command line program")]
fn eprint(text: &str) {
    eprintln!("sonde: {text}");
}
