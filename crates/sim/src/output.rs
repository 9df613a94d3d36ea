//! What a run says, and how it ends.

use std::io::Write as _;

/// Whether what was tested holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    Broken,
}

impl Verdict {
    /// From a condition.
    pub const fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Broken }
    }
}

/// Writes to standard output.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Writes to standard error.
#[expect(clippy::print_stderr, reason = "a command line program's word to people")]
pub fn say(text: &str) {
    eprintln!("sonde-sim: {text}");
}
