//! The toolbox's user interface, and the only place that writes to it.

use std::io::IsTerminal;

use crate::clock::{Stopwatch, for_people};

/// One line.
#[expect(clippy::print_stdout, reason = "standard output is this tool's user interface")]
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// What went wrong and why, without a back-trace: the words are written to be enough.
#[expect(clippy::print_stderr, reason = "errors of this tool are for whoever started it")]
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Whether a person watches: then children may use colours.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Numbers the steps of a command and times them.
pub(crate) struct Steps {
    total: usize,
    at: usize,
    since: Stopwatch,
}

impl Steps {
    /// No step yet, of `total`.
    pub(crate) fn of(total: usize) -> Self {
        Self { total, at: 0, since: Stopwatch::start() }
    }

    /// Announces the next step.
    pub(crate) fn next(&mut self, what: &str) {
        self.at += 1;
        self.since = Stopwatch::start();
        line(&format!("[{}/{}] {what} …", self.at, self.total));
    }

    /// Says how the step that was announced last ended, and how long it took.
    pub(crate) fn end(&self, how: &str) -> std::time::Duration {
        let took = self.since.elapsed();
        line(&format!("[{}/{}] {how} in {}", self.at, self.total, for_people(took)));
        took
    }
}
