//! Elapsed time, for people who wait.

use std::time::{Duration, Instant};

/// Measures from its making.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "a development tool measures how long people wait")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// For people: `0.4 s`, `2 min 05 s`.
pub(crate) fn for_people(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{:.1} s", duration.as_secs_f64()) } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_times_read_well() {
        assert_eq!(for_people(Duration::from_millis(420)), "0.4 s");
        assert_eq!(for_people(Duration::from_secs(125)), "2 min 05 s");
    }
}
