//! How many tests passed and failed, read from what the test runners print.

/// Passed and failed tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed, were cancelled or did not finish.
    pub(crate) failed: u64,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Reads one step's output line by line.
///
/// A line that is nothing but `N passed, N failed` is a script's own total. It stands for what the runners printed since the
/// last such line, unless it equals everything counted so far: then it is the grand total and adds nothing.
#[derive(Default)]
pub(crate) struct Reader {
    before: Counts,
    since: Counts,
}

impl Reader {
    /// Takes one line, colours and all.
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(total) = plain_total(line) {
            if total != self.before + self.since {
                self.before = self.before + total;
                self.since = Counts::default();
            }
        } else if let Some(counts) = cargo(line).or_else(|| node(line)).or_else(|| vitest(line)) {
            self.since = self.since + counts;
        }
    }

    /// What was read so far.
    pub(crate) fn counts(&self) -> Counts {
        self.before + self.since
    }
}

/// `N passed, N failed` and nothing else.
fn plain_total(line: &str) -> Option<Counts> {
    let (passed, failed) = line.split_once(" passed, ")?;
    Some(Counts { passed: number(passed)?, failed: number(failed.strip_suffix(" failed")?)? })
}

/// `test result: ok. 3 passed; 0 failed; 0 ignored; …`
fn cargo(line: &str) -> Option<Counts> {
    let (_, rest) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = rest.split("; ");
    let passed = parts.next()?.strip_suffix(" passed")?;
    let failed = parts.next()?.strip_suffix(" failed")?;
    Some(Counts { passed: number(passed)?, failed: number(failed)? })
}

/// `# pass 3`, `ℹ fail 0`; a cancelled test did not pass.
fn node(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
    let (what, count) = rest.split_once(' ')?;
    match what {
        "pass" => Some(Counts { passed: number(count)?, failed: 0 }),
        "fail" | "cancelled" => Some(Counts { passed: 0, failed: number(count)? }),
        _ => None,
    }
}

/// `Tests  1 failed | 11 passed | 1 skipped (13)`
fn vitest(line: &str) -> Option<Counts> {
    let (parts, _) = line.strip_prefix("Tests ")?.rsplit_once(" (")?;
    let mut counts = Counts::default();
    for part in parts.split(" | ") {
        let (count, what) = part.trim().split_once(' ')?;
        match what {
            "passed" => counts.passed = number(count)?,
            "failed" => counts.failed = number(count)?,
            _ => {}
        }
    }
    Some(counts)
}

fn number(digits: &str) -> Option<u64> {
    digits.parse().ok()
}

/// The line without terminal escape sequences (`ESC [ … letter`).
pub(crate) fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        let end = after.find(|c: char| c.is_ascii_alphabetic()).map_or(after.len(), |at| at + 1);
        rest = &after[end..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, passed: u64, failed: u64) {
        let mut reader = Reader::default();
        for line in output.lines() {
            reader.read(line);
        }
        assert_eq!(reader.counts(), Counts { passed, failed }, "{output}");
    }

    #[test]
    fn cargo_results_add_up() {
        check(
            "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n\
             test result: \u{1b}[31mFAILED\u{1b}[0m. 5 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            7,
            1,
        );
    }

    #[test]
    fn node_prints_in_two_ways() {
        check("# tests 4\n# suites 0\n# pass 3\n# fail 1\n# cancelled 0\n# skipped 0", 3, 1);
        check("\u{1b}[34mℹ tests 4\u{1b}[39m\n\u{1b}[34mℹ pass 2\u{1b}[39m\nℹ fail 1\nℹ cancelled 1", 2, 2);
    }

    #[test]
    fn vitest_results_count() {
        check(" Test Files  2 passed (2)\n      Tests  12 passed (12)", 12, 0);
        check("      Tests  \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m11 passed\u{1b}[39m | 1 skipped (13)", 11, 1);
    }

    #[test]
    fn a_scripts_own_total_is_not_counted_twice() {
        check("      Tests  12 passed (12)\n12 passed, 0 failed", 12, 0);
        check("Tests  12 passed (12)\n# pass 30\n# fail 0\n42 passed, 0 failed", 42, 0);
        check("12 passed, 0 failed\n# pass 30\n# fail 1\n30 passed, 1 failed", 42, 1);
        check("12 passed, 0 failed\n30 passed, 0 failed\n42 passed, 0 failed", 42, 0);
    }

    #[test]
    fn prose_is_no_result() {
        check("# pass the salt\nTests are good (really)\n3 passed, some failed\ntest result: unknown", 0, 0);
    }
}
