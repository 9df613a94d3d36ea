//! Every decision under docs/adr has a number and a title.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

const FOLDER: &str = "docs/adr";

/// Every decision without its own number or without a title.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut by_number: BTreeMap<u32, String> = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(root.join(FOLDER)) else { return Ok(problems) };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for name in names.iter().filter(|name| name.strip_suffix(".md").is_some_and(|stem| stem != "README")) {
        let text = std::fs::read_to_string(root.join(FOLDER).join(name))?;
        match number(name) {
            None => problems.push(format!("{FOLDER}/{name}: name it by number and subject, as in 0001-one-binary.md")),
            Some(number) => {
                if let Some(other) = by_number.insert(number, name.clone()) {
                    problems.push(format!("{FOLDER}/{name}: has the number of {other}; take the next free one"));
                }
            }
        }
        if !has_title(&text) {
            problems.push(format!("{FOLDER}/{name}: its first line must be its title, as in `# One binary`"));
        }
    }
    Ok(problems)
}

/// Four digits, a dash and a subject.
fn number(name: &str) -> Option<u32> {
    let (digits, subject) = name.strip_suffix(".md")?.split_once('-')?;
    let fits = digits.len() == 4 && !subject.is_empty();
    fits.then(|| digits.parse().ok()).flatten()
}

fn has_title(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("# ").is_some_and(|title| title.contains(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_titles_are_asked_for() {
        let root = tempfile::tempdir().unwrap();
        assert!(check(root.path()).unwrap().is_empty());
        let folder = root.path().join(FOLDER);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in [
            ("0001-one-binary.md", "# 1. One binary\n"),
            ("0001-two.md", "# Two\n"),
            ("three.md", "# Three\n"),
            ("0004-four.md", "Four\n"),
            ("README.md", ""),
        ] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let problems = check(root.path()).unwrap();
        let expected = ["0001-two.md: has the number", "0004-four.md: its first line", "three.md: name it"];
        let fits = problems.len() == 3 && problems.iter().zip(expected).all(|(problem, words)| problem.contains(words));
        assert!(fits, "{problems:?}");
    }
}
