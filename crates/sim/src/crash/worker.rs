//! One of the clients that make the load: tells stories over two connections until the server dies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::story::{DisplayFact, EventFact, Step, Story, UNNAMED_TRIGGER};
use crate::calls::{Answers, Calls};
use crate::clock::Stopwatch;
use crate::findings::{Findings, Kind};
use crate::http::{Answer, Client, NoAnswer};
use sonde_sim::rng::Rng;

/// A claim of this age may lapse before the next step is over; its story ends there.
pub(super) const CLAIM_AGE_MAX: Duration = Duration::from_secs(40);
/// How often a call is tried again while the server says that it is busy.
const BUSY_TRIES_MAX: u32 = 50;
/// And how long it waits in between.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// What was acknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Events with an id answered 200, each once.
    pub(super) named_events: u64,
    /// Events without an id answered 200.
    pub(super) unnamed_events: u64,
    /// Events without an id whose answer never came.
    pub(super) unnamed_unknown: u64,
    /// Events answered with `duplicate`.
    pub(super) duplicates: u64,
    pub(super) claims: u64,
    pub(super) shown: u64,
    pub(super) responses: u64,
    pub(super) merges: u64,
    /// Calls that a kill cut.
    pub(super) in_flight: u64,
    /// Calls that the server refused for the moment.
    pub(super) busy: u64,
}

impl Tally {
    /// Adds another's.
    pub(super) const fn add(&mut self, other: &Self) {
        self.named_events += other.named_events;
        self.unnamed_events += other.unnamed_events;
        self.unnamed_unknown += other.unnamed_unknown;
        self.duplicates += other.duplicates;
        self.claims += other.claims;
        self.shown += other.shown;
        self.responses += other.responses;
        self.merges += other.merges;
        self.in_flight += other.in_flight;
        self.busy += other.busy;
    }
}

/// The story ends here for now: the server is gone.
#[derive(Debug)]
pub(super) struct Gone;

/// One client.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) stories: Vec<Story>,
    pub(super) tally: Tally,
    pub(super) findings: Findings,
    rng: Rng,
    name: String,
    calls: Calls,
    killing: Arc<AtomicBool>,
}

/// The two connections of a worker.
pub(super) type Lines = [Client; 2];

impl Worker {
    /// A client whose `name` no other has. `killing` says whether the server is being killed.
    pub(super) fn new(name: String, rng: Rng, calls: Calls, killing: Arc<AtomicBool>) -> Self {
        Self { stories: Vec::new(), tally: Tally::default(), findings: Findings::default(), rng, name, calls, killing }
    }

    /// Connects.
    pub(super) async fn lines(&mut self, address: SocketAddr) -> Result<Lines, Gone> {
        match tokio::try_join!(Client::connect(address), Client::connect(address)) {
            Ok((one, two)) => Ok([one, two]),
            Err(error) => {
                self.expect_killing(&format!("cannot connect: {error}"));
                Err(Gone)
            }
        }
    }

    /// Tells stories until the server is gone.
    pub(super) async fn load(mut self, address: SocketAddr) -> Self {
        if let Ok(mut lines) = self.lines(address).await {
            while self.advance(&mut lines).await.is_ok() {}
        }
        self
    }

    /// Tries again what the last kill cut.
    pub(super) async fn resume(mut self, address: SocketAddr) -> Self {
        let Ok(mut lines) = self.lines(address).await else { return self };
        if self.stories.last().is_some_and(|story| story.pending) {
            // A failure is noted where it happens.
            let _noted = self.advance(&mut lines).await;
        }
        self
    }

    /// Does the next step of the last story, or begins another.
    async fn advance(&mut self, lines: &mut Lines) -> Result<(), Gone> {
        let unfinished = self.stories.pop_if(|story| story.step().is_some());
        let mut story = unfinished.unwrap_or_else(|| {
            let name = format!("{}-{}", self.name, self.stories.len());
            Story::invent(&mut self.rng, &name)
        });
        let done = self.tell(&mut story, lines).await;
        if done.is_err() && story.pending {
            self.tally.in_flight += 1;
        }
        self.stories.push(story);
        done
    }

    async fn tell(&mut self, story: &mut Story, lines: &mut Lines) -> Result<(), Gone> {
        let Some(step) = story.step().cloned() else { return Ok(()) };
        let is_old = story.displays.last().is_some_and(|display| !display.shown && display.claimed.elapsed() > CLAIM_AGE_MAX);
        if is_old {
            story.script.truncate(story.at);
            story.pending = false;
            return Ok(());
        }
        let was_pending = std::mem::replace(&mut story.pending, true);
        match step {
            Step::Send(number) => self.send(story, number, was_pending, &mut lines[0]).await?,
            // Without an id, trying again would be another event.
            Step::SendUnnamed if was_pending => self.tally.unnamed_unknown += 1,
            Step::SendUnnamed => self.send_unnamed(story, &mut lines[0]).await?,
            Step::Session => self.session(story, &mut lines[0]).await?,
            Step::Claim(requests) => self.claim(story, &requests, was_pending, lines).await?,
            Step::ClaimAgain => self.claim_again(story, &mut lines[1]).await?,
            Step::Confirm => self.confirm(story, &mut lines[0]).await?,
            Step::Respond(answers) => self.respond(story, answers, &mut lines[0]).await?,
            Step::Identify => self.identify(story, &mut lines[1]).await?,
            Step::NothingDue(request) => self.nothing_due(story, &request, &mut lines[0]).await?,
        }
        story.pending = false;
        story.at += 1;
        Ok(())
    }

    /// One call. `None`: it was refused, which is noted.
    pub(super) async fn ask(&mut self, line: &mut Client, request: &[u8], what: &str) -> Result<Option<Value>, Gone> {
        for _ in 0..BUSY_TRIES_MAX {
            let answered = line.call(request).await;
            match self.checked(answered, what)? {
                Reply::Ok(body) => return Ok(Some(body)),
                Reply::Refused => return Ok(None),
                Reply::Busy => tokio::time::sleep(BUSY_PAUSE).await,
            }
        }
        self.findings.add(Kind::Wrong, format!("{what}: busy without an end"));
        Ok(None)
    }

    fn checked(&mut self, answered: Result<Answer, NoAnswer>, what: &str) -> Result<Reply, Gone> {
        match answered {
            Ok(answer) if answer.status == 200 => Ok(Reply::Ok(answer.json())),
            Ok(answer) if answer.status == 503 => {
                self.tally.busy += 1;
                Ok(Reply::Busy)
            }
            Ok(answer) => {
                self.findings.add(Kind::Wrong, format!("{what}: answered {}", answer.text()));
                Ok(Reply::Refused)
            }
            Err(NoAnswer::Hung) => {
                self.findings.add(Kind::Wrong, format!("{what}: no answer came"));
                Err(Gone)
            }
            Err(NoAnswer::Cut) => {
                self.expect_killing(what);
                Err(Gone)
            }
        }
    }

    fn expect_killing(&mut self, what: &str) {
        let killing = self.killing.load(Ordering::Acquire);
        self.findings.expect(killing, Kind::Wrong, || format!("{what}: the server went away by itself"));
    }

    async fn send(&mut self, story: &mut Story, number: usize, was_pending: bool, line: &mut Client) -> Result<(), Gone> {
        let prefer_anonymous = self.rng.percent(50);
        let request = event_request(&self.calls, story, number, prefer_anonymous);
        let Some(said) = self.ask(line, &request, "event").await? else { return Ok(()) };
        let EventFact { id, acknowledged, audited } = &mut story.events[number];
        let duplicate = said["duplicate"] == true;
        self.findings.expect(said["event_id"] == **id, Kind::Wrong, || format!("event {id}: answered {said}"));
        if *acknowledged {
            self.findings.expect(duplicate, Kind::Doubled, || format!("event {id}: sent again, stored again"));
            self.tally.duplicates += 1;
        } else {
            self.findings.expect(!duplicate || was_pending, Kind::Wrong, || format!("event {id}: new, called a duplicate"));
            self.tally.named_events += 1;
            *acknowledged = true;
            *audited = false;
        }
        Ok(())
    }

    async fn send_unnamed(&mut self, story: &Story, line: &mut Client) -> Result<(), Gone> {
        let request = self.calls.event(&story.subject(false), UNNAMED_TRIGGER, None, &json!({"of": story.user}));
        if self.ask(line, &request, "event without an id").await?.is_some() {
            self.tally.unnamed_events += 1;
        }
        Ok(())
    }

    async fn session(&mut self, story: &mut Story, line: &mut Client) -> Result<(), Gone> {
        let request = self.calls.session(&story.subject(false));
        if let Some(said) = self.ask(line, &request, "session").await? {
            said["client_token"].as_str().unwrap_or_default().clone_into(&mut story.token);
        }
        Ok(())
    }

    /// Two tabs at once. Exactly one gets the survey; over tries it is always the same one.
    async fn claim(&mut self, story: &mut Story, requests: &[String; 2], was_pending: bool, lines: &mut Lines) -> Result<(), Gone> {
        if !was_pending {
            story.displays_before_claim = story.displays.len();
        }
        let name = story.survey.frontend_trigger();
        let [one, two] = requests.each_ref().map(|request| self.calls.trigger(&story.token, name, request));
        let [first, second] = lines;
        for _ in 0..BUSY_TRIES_MAX {
            let answers = tokio::join!(first.call(&one), second.call(&two));
            let (mut gone, mut busy) = (false, false);
            for (request, answer) in requests.iter().zip([answers.0, answers.1]) {
                match self.checked(answer, "trigger") {
                    Ok(Reply::Ok(said)) => self.note_display(story, request, &said),
                    Ok(Reply::Busy) => busy = true,
                    Ok(Reply::Refused) => {}
                    Err(Gone) => gone = true,
                }
            }
            if gone {
                return Err(Gone);
            }
            if !busy {
                break;
            }
            tokio::time::sleep(BUSY_PAUSE).await;
        }
        let given = story.displays.len() - story.displays_before_claim;
        self.findings.expect(given > 0, Kind::Lost, || format!("{}: its event was acknowledged, nothing is due", story.user));
        Ok(())
    }

    fn note_display(&mut self, story: &mut Story, request: &str, said: &Value) {
        let Some(id) = said["display_id"].as_str() else { return };
        let event = story.events.iter().rev().find(|event| event.acknowledged).map_or_else(String::new, |event| event.id.clone());
        if let Some(known) = story.current_display() {
            let same = known.id == id && known.request == request;
            self.findings.expect(same, Kind::Doubled, || format!("display {id}: {known:?} was given out before"));
            return;
        }
        self.tally.claims += 1;
        story.displays.push(DisplayFact {
            id: id.to_owned(),
            event,
            request: request.to_owned(),
            claimed: Stopwatch::start(),
            shown: false,
            answers: None,
        });
    }

    /// The request that got the survey gets it again while it is leased.
    pub(super) async fn claim_again(&mut self, story: &mut Story, line: &mut Client) -> Result<(), Gone> {
        let (token, name) = (story.token.clone(), story.survey.frontend_trigger());
        let Some(display) = story.current_display() else { return Ok(()) };
        let request = self.calls.trigger(&token, name, &display.request);
        if let Some(said) = self.ask(line, &request, "trigger again").await? {
            let same = said["display_id"] == *display.id;
            self.findings.expect(same, Kind::Lost, || format!("claim {display:?}: asked again, got {}", said["display_id"]));
        }
        Ok(())
    }

    async fn confirm(&mut self, story: &mut Story, line: &mut Client) -> Result<(), Gone> {
        let token = story.token.clone();
        let Some(display) = story.current_display() else { return Ok(()) };
        let request = self.calls.shown(&token, &display.id);
        if let Some(said) = self.ask(line, &request, "shown").await? {
            self.findings.expect(said["state"] == "shown", Kind::Wrong, || format!("shown {}: answered {said}", display.id));
            self.tally.shown += u64::from(!display.shown);
            display.shown = true;
        }
        Ok(())
    }

    async fn respond(&mut self, story: &mut Story, answers: Answers, line: &mut Client) -> Result<(), Gone> {
        let token = story.token.clone();
        let Some(display) = story.current_display() else { return Ok(()) };
        let request = self.calls.respond(&token, &display.id, &answers);
        if let Some(said) = self.ask(line, &request, "response").await? {
            let state = if answers.completed { "completed" } else { "answered" };
            let right = said["revision"] == answers.revision && said["state"] == state;
            self.findings.expect(right, Kind::Lost, || format!("response {answers:?} to {}: answered {said}", display.id));
            self.tally.responses += 1;
            display.answers = Some(answers);
        }
        Ok(())
    }

    async fn identify(&mut self, story: &mut Story, line: &mut Client) -> Result<(), Gone> {
        let request = self.calls.identify(&story.token, &story.user);
        if let Some(said) = self.ask(line, &request, "identify").await? {
            self.tally.merges += 1;
            story.identified = true;
            // The token of the anonymous session stays good: it follows the alias.
            if self.rng.percent(50) {
                said["client_token"].as_str().unwrap_or_default().clone_into(&mut story.token);
            }
        }
        Ok(())
    }

    async fn nothing_due(&mut self, story: &Story, request: &str, line: &mut Client) -> Result<(), Gone> {
        let request = self.calls.trigger(&story.token, story.survey.frontend_trigger(), request);
        if let Some(said) = self.ask(line, &request, "trigger").await? {
            self.findings.expect(said["survey"].is_null(), Kind::Doubled, || format!("{}: asked again: {said}", story.user));
        }
        Ok(())
    }

    /// Sends an acknowledged event once more: it must be known.
    pub(super) async fn send_again(&mut self, story: &Story, number: usize, line: &mut Client) -> Result<(), Gone> {
        let prefer_anonymous = self.rng.percent(50);
        let request = event_request(&self.calls, story, number, prefer_anonymous);
        if let Some(said) = self.ask(line, &request, "event again").await? {
            let id = &story.events[number].id;
            self.findings.expect(said["duplicate"] == true, Kind::Lost, || format!("event {id}: acknowledged, then not known"));
        }
        Ok(())
    }
}

enum Reply {
    Ok(Value),
    Busy,
    Refused,
}

fn event_request(calls: &Calls, story: &Story, number: usize, prefer_anonymous: bool) -> Vec<u8> {
    let id = &story.events[number].id;
    let properties = json!({"event": id, "minutes": 431, "score": 0.87});
    calls.event(&story.subject(prefer_anonymous), story.survey.backend_trigger(), Some(id), &properties)
}
