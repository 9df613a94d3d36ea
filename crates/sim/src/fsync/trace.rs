//! Reading what `strace -f -yy -ttt` writes, line by line.

use std::collections::HashMap;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happening<'a> {
    /// A call begins.
    Begins(Call<'a>),
    /// The call that this thread began has returned without an error.
    Returns(Call<'a>),
    /// A call that begins and returns with nothing in between.
    Whole(Call<'a>),
}

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What its first argument, a file descriptor, stands for: a path, or `TCP:[…]`.
    pub(super) target: &'a str,
    /// The other arguments as strace writes them.
    pub(super) arguments: &'a str,
}

impl Call<'_> {
    /// Whether it makes a file durable.
    pub(super) fn is_sync(&self) -> bool {
        matches!(self.name, "fdatasync" | "fsync")
    }
}

/// Calls under way, by thread.
#[derive(Debug, Default)]
pub(super) struct Reader<'a> {
    begun: HashMap<&'a str, Call<'a>>,
}

impl<'a> Reader<'a> {
    /// Reads a line. `None`: it says nothing about a file descriptor, or a call failed.
    pub(super) fn read(&mut self, line: &'a str) -> Option<Happening<'a>> {
        let (thread, rest) = line.split_once(' ')?;
        // The time stamp.
        let (_, rest) = rest.trim_start().split_once(' ')?;
        if rest.starts_with("<... ") {
            let call = self.begun.remove(thread)?;
            return succeeded(rest).then_some(Happening::Returns(call));
        }
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            let call = parse(begun)?;
            self.begun.insert(thread, call);
            return Some(Happening::Begins(call));
        }
        let call = parse(rest)?;
        succeeded(rest).then_some(Happening::Whole(call))
    }
}

/// `name(12<target>, arguments`.
fn parse(text: &str) -> Option<Call<'_>> {
    let (name, rest) = text.split_once('(')?;
    let (descriptor, rest) = rest.split_once('<')?;
    if descriptor.is_empty() || !descriptor.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A target may hold `->`, and ends before the next argument, the closing bracket or the end of what was begun.
    let end = [">,", ">)", "> "].iter().filter_map(|end| rest.find(end)).min()?;
    let (target, arguments) = rest.split_at(end);
    Some(Call { name, target, arguments: &arguments[1..] })
}

/// Whether the result after the last `= ` is not an error.
fn succeeded(text: &str) -> bool {
    text.rsplit_once("= ").is_some_and(|(_, result)| result.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let mut reader = Reader::default();
        let whole = r#"100 1700000000.000001 write(7</d/activity/0.jnl>, "abc = -1", 8) = 8"#;
        let write = Call { name: "write", target: "/d/activity/0.jnl", arguments: r#", "abc = -1", 8) = 8"# };
        assert_eq!(reader.read(whole), Some(Happening::Whole(write)));
        let sync = Call { name: "fdatasync", target: "/d/activity/0.jnl", arguments: " " };
        assert_eq!(reader.read("101 1.1 fdatasync(7</d/activity/0.jnl> <unfinished ...>"), Some(Happening::Begins(sync)));
        assert_eq!(reader.read("102 1.2 <... fdatasync resumed>) = 0"), None);
        assert_eq!(reader.read("101 1.3 <... fdatasync resumed>) = 0"), Some(Happening::Returns(sync)));
        let socket = r#"103   1.4 sendto(9<TCP:[127.0.0.1:2->127.0.0.1:3]>, "HTTP/1.1 200 OK\r\n", 17, MSG_NOSIGNAL, NULL, 0) = 17"#;
        assert!(matches!(reader.read(socket), Some(Happening::Whole(call)) if call.target == "TCP:[127.0.0.1:2->127.0.0.1:3]"));
    }

    #[test]
    fn what_failed_or_is_something_else_is_left_out() {
        let mut reader = Reader::default();
        for line in [
            "100 1.0 fdatasync(7</d/0.jnl>) = -1 EIO (Input/output error)",
            "100 1.0 +++ exited with 0 +++",
            "100 1.0 --- SIGTERM {} ---",
            "",
        ] {
            assert_eq!(reader.read(line), None, "{line}");
        }
    }
}
