//! The response rows after a restart, held against what the clients were told.

use std::collections::{HashMap, HashSet};

use anyhow::Context as _;
use serde_json::Value;

use super::story::{DisplayFact, Step, Story, Survey};
use crate::calls::Answers;
use crate::findings::{Findings, Kind};

/// The rows by display.
#[derive(Debug, Default)]
pub(super) struct Rows {
    by_display: HashMap<String, Value>,
}

impl Rows {
    /// Takes over all rows; finds what is there twice, and who was asked again.
    pub(super) fn read(rows: Vec<Value>, findings: &mut Findings) -> anyhow::Result<Self> {
        let mut read = Self::default();
        let mut asked = HashSet::new();
        for row in rows {
            let display = row["display_id"].as_str().context("a row without display_id")?.to_owned();
            let about = (row["survey_id"].to_string(), row["activated_by"]["event_id"].to_string());
            findings.expect(!asked.contains(&about), Kind::Doubled, || format!("row {display}: asked about {about:?} before"));
            asked.insert(about);
            let before = read.by_display.insert(display.clone(), row);
            findings.expect(before.is_none(), Kind::Doubled, || format!("display {display} has two rows"));
        }
        Ok(read)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_display.len()
    }

    /// Holds the displays of a story against their rows. Returns how many of the rows are theirs.
    pub(super) fn check(&self, story: &Story, findings: &mut Findings) -> usize {
        let mut found = 0;
        let mut completed = false;
        for (at, display) in story.displays.iter().enumerate() {
            let is_current = at + 1 == story.displays.len() && at >= story.displays_before_claim;
            let pending = story.pending_step().filter(|_| is_current);
            let row = self.by_display.get(&display.id);
            found += usize::from(row.is_some());
            match row {
                None if display.shown => findings.add(Kind::Lost, format!("shown and no row: {display:?}")),
                None => {}
                Some(row) => {
                    let asked_again = completed && story.survey == Survey::UntilCompleted;
                    findings.expect(!asked_again, Kind::Doubled, || format!("completed, then asked again: {display:?}"));
                    check_row(row, story, display, pending, findings);
                    completed |= row["completed_at"].is_string();
                }
            }
        }
        found
    }
}

fn check_row(row: &Value, story: &Story, display: &DisplayFact, pending: Option<&Step>, findings: &mut Findings) {
    let confirming = matches!(pending, Some(Step::Confirm));
    findings.expect(display.shown || confirming, Kind::Wrong, || format!("a row of a display nobody confirmed: {row}"));
    let is_shown = ["shown", "answered", "completed"].contains(&row["state"].as_str().unwrap_or_default());
    findings.expect(is_shown && row["shown_at"].is_string(), Kind::Lost, || format!("confirmed {display:?}, not shown: {row}"));
    findings
        .expect(row["activated_by"]["event_id"] == *display.event, Kind::Wrong, || format!("{display:?} is about another event: {row}"));

    let stored = display.answers.as_ref().is_some_and(|answers| holds(row, answers));
    let none = display.answers.is_none() && row["revision"] == 0;
    let fresh = matches!(pending, Some(Step::Respond(answers)) if holds(row, answers));
    findings.expect(stored || none || fresh, Kind::Lost, || format!("acknowledged {:?}, the row says {row}", display.answers));

    let is_user = row["user_id"] == *story.user;
    let is_anonymous = story.anonymous.as_ref().is_some_and(|id| row["anonymous_id"] == **id);
    let identifying = matches!(story.pending_step(), Some(Step::Identify));
    let whose = match story.anonymous {
        None => is_user,
        Some(_) if identifying => is_user || is_anonymous,
        Some(_) => story.identified == is_user && story.identified != is_anonymous,
    };
    findings.expect(whose, Kind::Wrong, || format!("a row of another user than {story:?}: {row}"));
}

fn holds(row: &Value, answers: &Answers) -> bool {
    row["revision"] == answers.revision && row["answers"] == answers.wire() && row["completed_at"].is_string() == answers.completed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Stopwatch;

    fn story() -> Story {
        let answers = Answers { revision: 2, completed: true, score: 9, why: "it works".to_owned() };
        let display = DisplayFact {
            id: "dsp_1".to_owned(),
            event: "e1".to_owned(),
            request: "r1".to_owned(),
            claimed: Stopwatch::start(),
            shown: true,
            answers: Some(answers),
        };
        Story {
            survey: Survey::UntilCompleted,
            user: "u1".to_owned(),
            anonymous: None,
            identified: false,
            token: String::new(),
            script: Vec::new(),
            at: 0,
            pending: false,
            events: Vec::new(),
            displays: vec![display],
            displays_before_claim: 0,
        }
    }

    fn row() -> Value {
        let answers = story().displays[0].answers.as_ref().map(Answers::wire);
        json!({"display_id": "dsp_1", "survey_id": "srv_1", "user_id": "u1", "state": "completed", "shown_at": "t", "completed_at": "t",
               "revision": 2, "answers": answers, "activated_by": {"event_id": "e1"}})
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Story, &mut Vec<Value>), expected: [u64; 3]) {
        let (mut story, mut rows, mut findings) = (story(), vec![row()], Findings::default());
        change(&mut story, &mut rows);
        Rows::read(rows, &mut findings).unwrap().check(&story, &mut findings);
        assert_eq!([findings.lost, findings.doubled, findings.wrong], expected, "{:?}", findings.texts);
    }

    #[test]
    fn what_was_acknowledged_must_be_there() {
        check(|_, _| {}, [0, 0, 0]);
        check(|_, rows| rows.clear(), [1, 0, 0]);
        check(|_, rows| rows[0]["revision"] = 1.into(), [1, 0, 0]);
        check(|_, rows| rows[0]["answers"]["score"]["number"] = 3.into(), [1, 0, 0]);
        check(|_, rows| rows[0]["completed_at"] = Value::Null, [1, 0, 0]);
        check(|_, rows| rows[0]["state"] = "claimed".into(), [1, 0, 0]);
    }

    #[test]
    fn nothing_is_there_twice_and_nobody_is_asked_twice() {
        check(|_, rows| rows.push(row()), [0, 2, 0]);
        let again = |story: &mut Story, rows: &mut Vec<Value>| {
            story.displays.push(DisplayFact { id: "dsp_2".to_owned(), event: "e2".to_owned(), ..story.displays[0].clone() });
            let mut second = row();
            second["display_id"] = "dsp_2".into();
            second["activated_by"]["event_id"] = "e2".into();
            rows.push(second);
        };
        check(again, [0, 1, 0]);
        let allowed = |story: &mut Story, rows: &mut Vec<Value>| {
            again(story, rows);
            story.survey = Survey::Always;
        };
        check(allowed, [0, 0, 0]);
    }

    #[test]
    fn a_call_that_was_cut_may_have_been_carried_out() {
        let newer = Answers { revision: 3, completed: true, score: 1, why: "no".to_owned() };
        let cut = |story: &mut Story| {
            story.script = vec![Step::Respond(newer.clone())];
            story.pending = true;
        };
        let kept = |rows: &mut Vec<Value>| {
            rows[0]["revision"] = 3.into();
            rows[0]["answers"] = newer.wire();
        };
        check(|story, _| cut(story), [0, 0, 0]);
        let both = |story: &mut Story, rows: &mut Vec<Value>| {
            cut(story);
            kept(rows);
        };
        check(both, [0, 0, 0]);
        check(|_, rows| kept(rows), [1, 0, 0]);
    }

    #[test]
    fn a_row_needs_a_confirmation_and_the_right_user() {
        check(|story, _| story.displays[0].shown = false, [0, 0, 1]);
        check(|_, rows| rows[0]["user_id"] = "u2".into(), [0, 0, 1]);
        check(|_, rows| rows[0]["activated_by"]["event_id"] = "e9".into(), [0, 0, 1]);
    }
}
