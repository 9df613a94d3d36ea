//! The rule: the text of a request is written to the journal, or an event's to the log of its day, then a sync of the journal begins and completes, then the
//! answer is written to the socket.
//!
//! strace writes a line only while the thread it is about stands still, so if one thing makes another possible, their
//! lines are in that order.

use std::collections::HashMap;
use std::path::Path;

use super::Markers;
use super::trace::{Call, Happening, Reader};

/// What must be in the journal before which answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Expectations {
    pub(super) by_port: Markers,
}

impl Expectations {
    /// How many answers need a sync.
    pub(super) fn count(&self) -> usize {
        self.by_port.values().flatten().flatten().count()
    }
}

/// What a trace says.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    /// Answers with 200 that needed a sync.
    pub(super) answers: usize,
    /// Completed syncs of the journal.
    pub(super) syncs: usize,
    /// Answers that came too early, and answers that never came.
    pub(super) violations: Vec<String>,
}

/// One such file: where in the trace its bytes were written, and up to where they are durable.
#[derive(Debug, Default)]
struct Journal {
    /// All writes so far, one after the other, as strace shows them.
    text: String,
    /// Bytes of `text` that a completed sync covers.
    durable: usize,
}

/// One connection as the server writes to it.
#[derive(Debug, Default)]
struct Connection {
    answered: usize,
    /// Bytes of each journal's text when the answer before was written: the request's own come later.
    before: HashMap<String, usize>,
}

/// Reads a trace. What is not durable when an answer is written is a violation.
pub(super) fn check(trace: &str, expected: &Expectations) -> Report {
    let mut checker =
        Checker { expected, journals: HashMap::new(), begun: HashMap::new(), connections: HashMap::new(), report: Report::default() };
    let mut reader = Reader::default();
    for line in trace.lines() {
        match reader.read(line) {
            Some(Happening::Begins(call)) => checker.begins(call),
            Some(Happening::Returns(call)) => checker.returns(call),
            Some(Happening::Whole(call)) => {
                checker.begins(call);
                checker.returns(call);
            }
            None => {}
        }
    }
    checker.finish()
}

struct Checker<'a> {
    expected: &'a Expectations,
    journals: HashMap<String, Journal>,
    /// What a sync that is under way covers, by journal.
    begun: HashMap<String, usize>,
    connections: HashMap<u16, Connection>,
    report: Report,
}

impl Checker<'_> {
    fn begins(&mut self, call: Call<'_>) {
        if call.is_sync() {
            if let Some(journal) = self.journals.get(call.target) {
                self.begun.insert(call.target.to_owned(), journal.text.len());
            }
        } else if let Some(port) = client_port(call.target) {
            let answers = call.arguments.matches("HTTP/1.1 200").count();
            for _ in 0..answers {
                self.answers(port);
            }
        }
    }

    fn returns(&mut self, call: Call<'_>) {
        if !is_journal(call.target) {
            return;
        }
        if !call.is_sync() {
            self.journals.entry(call.target.to_owned()).or_default().text.push_str(written(call.arguments));
        } else if let Some(covered) = self.begun.remove(call.target)
            && let Some(journal) = self.journals.get_mut(call.target)
        {
            journal.durable = journal.durable.max(covered);
            self.report.syncs += 1;
        }
    }

    /// The server writes an answer to a connection.
    fn answers(&mut self, port: u16) {
        let Some(markers) = self.expected.by_port.get(&port) else { return };
        let connection = self.connections.entry(port).or_default();
        if let Some(Some(marker)) = markers.get(connection.answered) {
            self.report.answers += 1;
            let durable = self.journals.iter().any(|(name, journal)| {
                let from = connection.before.get(name).copied().unwrap_or(0);
                journal.text.get(from..journal.durable).is_some_and(|text| text.contains(marker.as_str()))
            });
            if !durable {
                self.report.violations.push(format!("answered 200 before {marker:?} was durable in the journal"));
            }
        }
        connection.answered += 1;
        connection.before = self.journals.iter().map(|(name, journal)| (name.clone(), journal.text.len())).collect();
    }

    fn finish(mut self) -> Report {
        for (port, markers) in &self.expected.by_port {
            let answered = self.connections.get(port).map_or(0, |connection| connection.answered);
            for marker in markers.iter().skip(answered).flatten() {
                self.report.violations.push(format!("the trace has no answer to the request with {marker:?}"));
            }
        }
        self.report
    }
}

fn is_journal(target: &str) -> bool {
    let is_fjalls = target.contains("/activity/") && Path::new(target).extension().is_some_and(|extension| extension == "jnl");
    is_fjalls || (target.contains("/events/") && target.ends_with("/log"))
}

/// The port on the other side of a connection: `TCP:[127.0.0.1:1->127.0.0.1:2]`.
fn client_port(target: &str) -> Option<u16> {
    let inside = target.strip_prefix("TCP:[")?.strip_suffix(']')?;
    inside.rsplit_once(':')?.1.parse().ok()
}

/// The first text among a call's arguments, still escaped: a marker of letters and digits looks the same.
fn written(arguments: &str) -> &str {
    let Some((_, rest)) = arguments.split_once('"') else { return "" };
    rest.rsplit_once('"').map_or(rest, |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOURNAL: &str = "/d/data/activity/0.jnl";

    fn expected() -> Expectations {
        Expectations {
            by_port: HashMap::from([(7, vec![Some("m1z".to_owned()), None, Some("m1z".to_owned())]), (8, vec![Some("m2z".to_owned())])]),
        }
    }

    fn write(text: &str) -> String {
        format!("1 1.0 write(5<{JOURNAL}>, \"\\1{text}\\2\", 9) = 9\n")
    }

    fn sync() -> String {
        format!("1 1.0 fdatasync(5<{JOURNAL}>) = 0\n")
    }

    fn answer(port: u16) -> String {
        format!("2 1.0 sendto(9<TCP:[127.0.0.1:80->127.0.0.1:{port}]>, \"HTTP/1.1 200 OK\\r\\n\", 17, MSG_NOSIGNAL, NULL, 0) = 17\n")
    }

    fn sound() -> Vec<String> {
        vec![write("m1z"), sync(), answer(7), answer(7), write("m1z"), write("m2z"), sync(), answer(8), answer(7)]
    }

    #[track_caller]
    fn violations(lines: &[String], count: usize) {
        let report = check(&lines.concat(), &expected());
        assert_eq!(report.violations.len(), count, "{:?}", report.violations);
    }

    #[test]
    fn a_sound_trace_passes() {
        violations(&sound(), 0);
        assert_eq!(check(&sound().concat(), &expected()).answers, expected().count());
    }

    #[test]
    fn a_trace_without_syncs_fails_everywhere() {
        let doctored: Vec<String> = sound().into_iter().filter(|line| !line.contains("fdatasync")).collect();
        violations(&doctored, 3);
    }

    #[test]
    fn each_answer_needs_a_sync_of_its_own_writing() {
        // The first sync is not enough for what is written later.
        let mut lines = sound();
        lines.remove(6);
        violations(&lines, 2);
        // A sync of another file is none.
        let mut lines = sound();
        lines[1] = lines[1].replace("0.jnl", "tables/1");
        violations(&lines, 1);
        // A sync that failed is none.
        let mut lines = sound();
        lines[1] = lines[1].replace("= 0", "= -1 EIO (Input/output error)");
        violations(&lines, 1);
        // An answer that never came.
        let mut lines = sound();
        lines.pop();
        violations(&lines, 1);
    }

    #[test]
    fn a_sync_counts_once_it_is_complete_and_covers_what_was_written_before_it_began() {
        let begin = format!("1 1.0 fdatasync(5<{JOURNAL}> <unfinished ...>\n");
        let end = "1 1.0 <... fdatasync resumed>) = 0\n".to_owned();
        let rest = || sound().into_iter().skip(3);
        let start = |lines: Vec<String>| -> Vec<String> { lines.into_iter().chain(rest()).collect() };
        violations(&start(vec![write("m1z"), begin.clone(), end.clone(), answer(7)]), 0);
        violations(&start(vec![write("m1z"), begin.clone(), answer(7), end.clone()]), 1);
        violations(&start(vec![begin, write("m1z").replacen('1', "3", 1), end, answer(7)]), 1);
    }
}
