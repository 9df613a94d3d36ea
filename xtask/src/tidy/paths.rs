//! Paths that ARCHITECTURE.md and README.md name in backticks exist.

use std::path::Path;

use anyhow::Result;

use super::source::is_foreign;

const DOCUMENTS: [&str; 2] = ["ARCHITECTURE.md", "README.md"];
/// Endings that make a name with a slash a path even if its first folder does not exist.
const FILE_ENDINGS: [&str; 10] = [".rs", ".ts", ".tsx", ".mjs", ".md", ".json", ".toml", ".sh", ".css", ".sql"];

/// Every named path that leads nowhere. A document that does not exist names none.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let top = top_level(root)?;
    let mut problems = Vec::new();
    for document in DOCUMENTS {
        let Ok(text) = std::fs::read_to_string(root.join(document)) else { continue };
        for (line, name) in named(&text) {
            if let Some(path) = repository_path(name, &top)
                && !root.join(path).exists()
            {
                problems.push(format!("{document}:{line}: `{name}` does not exist; name what is there, or bring it back"));
            }
        }
    }
    Ok(problems)
}

fn top_level(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

/// Texts in single backticks with their line, outside fenced blocks.
fn named(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(|name| (at + 1, name)));
        }
    }
    found
}

/// The part of a name that must exist, if the name looks like a path in this repository.
fn repository_path<'a>(name: &'a str, top: &[String]) -> Option<&'a str> {
    let name = name.split('#').next().unwrap_or_default();
    let name = name.rsplit_once(':').filter(|(_, line)| line.parse::<u32>().is_ok()).map_or(name, |(path, _)| path);
    let path_like = |c: char| c.is_ascii_alphanumeric() || "_-./*{},".contains(c);
    if name.is_empty() || !name.chars().all(path_like) || name.starts_with(['/', '-', '*', '{']) || name.starts_with("./") {
        return None;
    }
    if name.contains("..") || is_foreign(name) {
        return None;
    }
    let first = name.split('/').next().unwrap_or_default();
    let file = FILE_ENDINGS.iter().any(|ending| name.ends_with(ending));
    let ours = if name.contains('/') {
        top.iter().any(|entry| entry == first) || file || name.ends_with('/')
    } else {
        // A lone name is meant as one of ours only in the manner of ARCHITECTURE.md.
        name.strip_suffix(".md").is_some() && first.starts_with(|c: char| c.is_ascii_uppercase())
    };
    // Of a pattern, the folder before it.
    let fixed = name.find(['*', '{']).map_or(name, |at| name[..at].rsplit_once('/').map_or("", |(folder, _)| folder));
    (ours && !fixed.is_empty()).then_some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(name: &str, expected: Option<&str>) {
        let top = ["crates", "web", "e2e"].map(str::to_owned);
        assert_eq!(repository_path(name, &top), expected, "{name}");
    }

    #[test]
    fn repository_paths_are_told_from_other_names() {
        check_name("crates/core", Some("crates/core"));
        check_name("crates/core/src/lib.rs:12", Some("crates/core/src/lib.rs"));
        check_name("gone/", Some("gone/"));
        check_name("gone/file.rs", Some("gone/file.rs"));
        check_name("e2e/*.test.mjs", Some("e2e"));
        check_name("crates/{core,http}/src", Some("crates"));
        check_name("ARCHITECTURE.md", Some("ARCHITECTURE.md"));
        for other in [
            "/client/trigger",
            "application/json",
            "cargo xtask start",
            "--data",
            "./data",
            "data/",
            "web/sdk-web/dist/embed",
            "https://example.com/a.json",
            "survey.json",
            "24/7",
            "@sonde/widget",
        ] {
            check_name(other, None);
        }
    }

    #[test]
    fn fenced_blocks_are_no_claims() {
        let text = "See `a/b.rs` and `c`.\n```\n`d/e.rs`\n```\n`f/`";
        assert_eq!(named(text), [(1, "a/b.rs"), (1, "c"), (5, "f/")]);
    }

    #[test]
    fn a_path_that_is_gone_is_told_with_its_line() {
        let root = tempfile::tempdir().unwrap();
        assert!(check(root.path()).unwrap().is_empty());
        std::fs::write(root.path().join("README.md"), "# A\n`README.md` and `crates/gone.rs`\n").unwrap();
        let problems = check(root.path()).unwrap();
        assert!(problems.len() == 1 && problems[0].starts_with("README.md:2: `crates/gone.rs`"), "{problems:?}");
    }
}
