//! Files are short and clean.

use super::source::Source;

const LINES_MAX: usize = 600;
const TYPESCRIPT_LINES_MAX: usize = 300;

/// Spelt in pieces, so that this file is clean itself.
const BANNED: [(&str, &str); 3] = [
    (concat!("#[al", "low("), "write #[expect(lint, reason = \"…\")]: it tells us when it is no longer needed"),
    (concat!("#![al", "low("), "write #![expect(lint, reason = \"…\")]: it tells us when it is no longer needed"),
    (concat!("to", "do!("), "finish it, or leave it out"),
];

/// Every rule a file breaks.
pub(super) fn check(files: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        problems.extend(too_long(file));
        if file.extension() == "rs" {
            problems.extend(unclean(file));
        }
    }
    problems
}

fn too_long(file: &Source) -> Option<String> {
    if is_test(&file.path) || is_generated(file) || file.extension() == "toml" && file.path.contains("lock") {
        return None;
    }
    let max = if ["ts", "tsx", "mts"].contains(&file.extension()) { TYPESCRIPT_LINES_MAX } else { LINES_MAX };
    let lines = lines_without_tests(file);
    (lines > max).then(|| format!("{}: {lines} lines, at most {max}; split it by what its parts are about", file.path))
}

/// A test file by its name or its folder.
fn is_test(path: &str) -> bool {
    let mut parts = path.split('/');
    let name = parts.next_back().unwrap_or_default();
    let named = name == "tests.rs" || name.contains(".test.") || name.contains(".spec.");
    named || parts.any(|folder| ["test", "tests", "e2e", "spec", "benches", "snapshots"].contains(&folder))
}

/// Generated files say so in their name or in their first lines.
fn is_generated(file: &Source) -> bool {
    file.path.contains(".gen.") || file.text.lines().take(5).any(|line| line.contains(concat!("@gen", "erated")))
}

/// Lines of a file; of a Rust file those before its test module, which stands last.
fn lines_without_tests(file: &Source) -> usize {
    let tests = |line: &str| file.extension() == "rs" && line == "#[cfg(test)]";
    let mut lines = file.text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        if tests(line) && lines.peek().is_some_and(|(_, next)| next.starts_with("mod tests")) {
            return at;
        }
    }
    file.text.lines().count()
}

fn unclean(file: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    for (at, line) in file.text.split('\n').enumerate() {
        let mut tell = |what: &str| problems.push(format!("{}:{}: {what}", file.path, at + 1));
        if line.ends_with([' ', '\t', '\r']) {
            tell("ends in white space; delete it");
        }
        if line.contains('\t') {
            tell("has a tab; indent with spaces, write \\t in text");
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (pattern, advice) in BANNED {
            if line.contains(pattern) {
                tell(advice);
            }
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        problems.push(format!("{}: does not end in a newline", file.path));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(path: &str, text: &str, expected: &[&str]) {
        let problems = check(&[Source { path: path.to_owned(), text: text.to_owned() }]);
        let fits = problems.len() == expected.len() && problems.iter().zip(expected).all(|(problem, words)| problem.contains(words));
        assert!(fits, "{path}: {problems:?}");
    }

    #[test]
    fn long_files_are_found() {
        check_file("crates/core/src/a.rs", &"\n".repeat(600), &[]);
        check_file("crates/core/src/a.rs", &"\n".repeat(601), &["601 lines, at most 600"]);
        check_file("web/widget/src/a.ts", &"\n".repeat(301), &["301 lines, at most 300"]);
        check_file("demo/server.mjs", &"\n".repeat(301), &[]);
    }

    #[test]
    fn tests_and_generated_files_may_be_long() {
        let long = "\n".repeat(700);
        for path in
            ["crates/core/src/a/tests.rs", "crates/core/tests/it/main.rs", "web/widget/test/a.test.ts", "web/dashboard/src/a.gen.ts"]
        {
            check_file(path, &long, &[]);
        }
        check_file("web/api-client/src/schema.ts", &format!("// {}\n{long}", concat!("@gen", "erated")), &[]);
        check_file("crates/core/src/a.rs", &format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n"), &[]);
        check_file("crates/core/src/a.rs", &format!("#[cfg(test)]\nuse x;\n{long}"), &["lines"]);
    }

    #[test]
    fn rust_is_clean() {
        check_file("a.rs", "fn a() {} \n", &["white space"]);
        check_file("a.rs", "\tfn a() {}\n", &["tab"]);
        check_file("a.rs", "fn a() {}", &["newline"]);
        check_file("a.rs", concat!("#[al", "low(dead_code)]\n"), &["#[expect"]);
        check_file("a.rs", concat!("fn a() { to", "do!() }\n"), &["finish it"]);
        check_file("a.rs", concat!("// never #[al", "low(dead_code)]\n"), &[]);
        check_file("a.ts", "let a = 1; \n", &[]);
    }
}
