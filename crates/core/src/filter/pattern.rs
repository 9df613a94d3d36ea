//! Patterns: regular expressions that are matched in linear time and whose size is bounded.

use regex::{Regex, RegexBuilder};

use crate::limits::{PATTERN_COMPILED_BYTES_MAX, PATTERN_SCALARS_MAX};

/// A pattern in the syntax of the crate `regex`, compiled once: no look-around, no back-references, so that no text
/// makes it slow.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern. The error is for people.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.chars().count() > PATTERN_SCALARS_MAX {
            return Err(format!("must have 1 to {PATTERN_SCALARS_MAX} characters"));
        }
        let built = RegexBuilder::new(text).size_limit(PATTERN_COMPILED_BYTES_MAX).dfa_size_limit(PATTERN_COMPILED_BYTES_MAX).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                format!("needs more than {PATTERN_COMPILED_BYTES_MAX} bytes of memory; repeat less, or name fewer characters")
            }
            other => format!("is no pattern: {}", last_line(&other)),
        })
    }

    /// Whether any part of the text fits.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// The crate draws the pattern and points into it; the last line says what is wrong.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().next_back().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Two patterns are the same when they are written the same.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_is_searched() {
        let pattern = Pattern::new("b+c").unwrap();
        assert!(pattern.is_match("abbcd"));
        assert!(!pattern.is_match("abd"));
        assert!(!Pattern::new("^b").unwrap().is_match("ab"));
        assert!(Pattern::new("(?i)^GRÜ").unwrap().is_match("grün"));
    }

    #[test]
    fn patterns_are_limited_in_length_and_in_memory() {
        assert!(Pattern::new(&"ü".repeat(PATTERN_SCALARS_MAX)).is_ok());
        for bad in [String::new(), "ü".repeat(PATTERN_SCALARS_MAX + 1)] {
            assert_eq!(Pattern::new(&bad), Err(format!("must have 1 to {PATTERN_SCALARS_MAX} characters")));
        }
        // A Unicode word character needs some ten kilobytes.
        assert!(Pattern::new(r"^\w+@\w+\.\w+$").is_ok());
        let error = Pattern::new(r"\w{100}{100}").unwrap_err();
        assert!(error.starts_with("needs more than"), "{error}");
    }

    #[test]
    fn what_cannot_be_linear_or_read_is_no_pattern() {
        for bad in ["(", "a(?=b)", r"(a)\1", "[z-a]", "*"] {
            let error = Pattern::new(bad).unwrap_err();
            assert!(error.starts_with("is no pattern: ") && !error.contains('\n'), "{bad}: {error}");
        }
    }

    #[test]
    fn no_text_makes_a_pattern_slow() {
        let pattern = Pattern::new("^(a+)+$").unwrap();
        // A backtracking engine needs 2^32 768 steps for this; whoever waits for it notices.
        assert!(!pattern.is_match(&format!("{}b", "a".repeat(32 * 1_024))));
    }
}
