//! One user's story: what a customer's server and an SDK do for a user, step by step, and what they were told.
//!
//! A step whose answer did not come stands as pending: after the restart it is done again with the same ids, as a
//! client does that retries, and then either outcome of the first try is right.

use crate::calls::{Answers, Subject};
use crate::clock::Stopwatch;
use sonde_sim::rng::Rng;

/// One of the two surveys of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Survey {
    /// May be asked about every event.
    Always,
    /// Not asked again once completed.
    UntilCompleted,
}

impl Survey {
    /// The backend trigger that makes it due.
    pub(super) const fn backend_trigger(self) -> &'static str {
        match self {
            Self::Always => "ended_sleep",
            Self::UntilCompleted => "order delivered",
        }
    }

    /// The frontend trigger at which it shows.
    pub(super) const fn frontend_trigger(self) -> &'static str {
        match self {
            Self::Always => "MainActivity",
            Self::UntilCompleted => "orders_opened",
        }
    }
}

/// The backend trigger of events sent without an id.
pub(super) const UNNAMED_TRIGGER: &str = "page seen";

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Send the story's event of this number.
    Send(usize),
    /// Send an event without an id.
    SendUnnamed,
    /// Start a session.
    Session,
    /// Fire the frontend trigger in two tabs at once, each with its request id: one of them gets the survey.
    Claim([String; 2]),
    /// Fire again with the request id that got it: the same display.
    ClaimAgain,
    /// Confirm the display.
    Confirm,
    /// Save answers.
    Respond(Answers),
    /// Tell who the anonymous user is.
    Identify,
    /// Fire the frontend trigger: nothing may be due.
    NothingDue(String),
}

/// An event with an id, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct EventFact {
    pub(super) id: String,
    /// It was answered with 200.
    pub(super) acknowledged: bool,
    /// An audit has found it after the last kill that could have lost it.
    pub(super) audited: bool,
}

/// A display that was given out, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct DisplayFact {
    pub(super) id: String,
    /// The event it must be about.
    pub(super) event: String,
    /// The request it was given to.
    pub(super) request: String,
    pub(super) claimed: Stopwatch,
    /// Its showing was confirmed with 200.
    pub(super) shown: bool,
    /// The last answers that were acknowledged.
    pub(super) answers: Option<Answers>,
}

/// A user's story.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) survey: Survey,
    pub(super) user: String,
    /// The id it began with, if it began as somebody unknown.
    pub(super) anonymous: Option<String>,
    /// Identify was answered with 200.
    pub(super) identified: bool,
    pub(super) token: String,
    pub(super) script: Vec<Step>,
    /// The step to do next, or that is pending.
    pub(super) at: usize,
    /// The step was sent and not answered.
    pub(super) pending: bool,
    pub(super) events: Vec<EventFact>,
    pub(super) displays: Vec<DisplayFact>,
    /// Displays given out before the current claim.
    pub(super) displays_before_claim: usize,
}

impl Story {
    /// The step to do next.
    pub(super) fn step(&self) -> Option<&Step> {
        self.script.get(self.at)
    }

    /// The step that was sent and not answered.
    pub(super) fn pending_step(&self) -> Option<&Step> {
        self.step().filter(|_| self.pending)
    }

    /// Who it is about now. Once identified, both ids mean the same user: which of them a caller uses is up to it.
    pub(super) fn subject(&self, prefer_anonymous: bool) -> Subject {
        match &self.anonymous {
            Some(id) if !self.identified || prefer_anonymous => Subject::Anonymous(id.clone()),
            _ => Subject::User(self.user.clone()),
        }
    }

    /// The display that the current claim got.
    pub(super) fn current_display(&mut self) -> Option<&mut DisplayFact> {
        let before = self.displays_before_claim;
        self.displays.get_mut(before..).and_then(<[DisplayFact]>::last_mut)
    }

    /// Invents a story. `name` is unique.
    pub(super) fn invent(rng: &mut Rng, name: &str) -> Self {
        let survey = if rng.percent(50) { Survey::Always } else { Survey::UntilCompleted };
        let anonymous = rng.percent(50).then(|| format!("anon-{name}"));
        let mut script = Script { rng, steps: Vec::new(), events: Vec::new(), name };
        script.event();
        script.steps.push(Step::Session);
        let completed = script.showing();
        match (survey, completed) {
            (Survey::Always, Some(_)) if script.rng.percent(40) => {
                script.event();
                script.showing();
            }
            (Survey::UntilCompleted, Some(true)) => {
                script.event();
                script.nothing_due();
            }
            _ => {}
        }
        if anonymous.is_some() && script.rng.percent(80) {
            script.identify_somewhere();
        }
        let Script { steps, events, .. } = script;
        Self {
            survey,
            user: format!("user-{name}"),
            anonymous,
            identified: false,
            token: String::new(),
            script: steps,
            at: 0,
            pending: false,
            events,
            displays: Vec::new(),
            displays_before_claim: 0,
        }
    }
}

struct Script<'a> {
    rng: &'a mut Rng,
    steps: Vec<Step>,
    events: Vec<EventFact>,
    name: &'a str,
}

impl Script<'_> {
    /// A new event, perhaps sent more than once, perhaps with one of another kind and without an id.
    fn event(&mut self) {
        let number = self.events.len();
        let id = format!("event-{}-{number}", self.name);
        self.events.push(EventFact { id, acknowledged: false, audited: false });
        self.steps.push(Step::Send(number));
        if self.rng.percent(40) {
            self.steps.push(Step::Send(number));
        }
        if self.rng.percent(40) {
            self.steps.push(Step::SendUnnamed);
        }
    }

    /// From the claim to the answers. `None`: the claim is left as it is; else whether the response is completed.
    fn showing(&mut self) -> Option<bool> {
        let requests = [self.rng.unique(), self.rng.unique()];
        self.steps.push(Step::Claim(requests));
        if self.rng.percent(40) {
            self.steps.push(Step::ClaimAgain);
        }
        if self.rng.percent(15) {
            return None;
        }
        self.steps.push(Step::Confirm);
        if self.rng.percent(20) {
            self.steps.push(Step::Confirm);
        }
        if self.rng.percent(50) {
            self.nothing_due();
        }
        let revisions = self.rng.below(4);
        let completes = revisions > 0 && self.rng.percent(70);
        for revision in 1..=revisions {
            let answers = Answers {
                revision,
                completed: completes && revision == revisions,
                score: self.rng.below(11),
                why: format!("{} said {revision}", self.name),
            };
            self.steps.push(Step::Respond(answers));
        }
        // The event was asked about, whatever became of the answers.
        self.nothing_due();
        Some(completes)
    }

    fn nothing_due(&mut self) {
        let request = self.rng.unique();
        self.steps.push(Step::NothingDue(request));
    }

    /// At any moment after the session began.
    fn identify_somewhere(&mut self) {
        let session = self.steps.iter().position(|step| matches!(step, Step::Session)).unwrap_or(0) + 1;
        let places = (self.steps.len() - session + 1) as u64;
        let place = session + usize::try_from(self.rng.below(places)).unwrap_or(0);
        self.steps.insert(place, Step::Identify);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_differ_and_make_sense() {
        let mut rng = Rng::new(1);
        let stories: Vec<Story> = (0..500).map(|number| Story::invent(&mut rng, &number.to_string())).collect();
        for story in &stories {
            let place = |wanted: fn(&Step) -> bool| story.script.iter().position(wanted);
            let session = place(|step| matches!(step, Step::Session)).unwrap();
            assert!(place(|step| matches!(step, Step::Claim(_))).unwrap() > session);
            assert!(place(|step| matches!(step, Step::Identify)).is_none_or(|at| at > session && story.anonymous.is_some()));
        }
        let having = |wanted: fn(&Step) -> bool| stories.iter().filter(|story| story.script.iter().any(wanted)).count();
        assert!(having(|step| matches!(step, Step::Identify)) > 100);
        assert!(having(|step| matches!(step, Step::Respond(answers) if answers.completed)) > 100);
        assert!(having(|step| matches!(step, Step::Confirm)) > 300);
        assert!(having(|step| matches!(step, Step::Confirm)) < 500);
    }
}
