//! One story.

use sonde_core::display::{DisplayState, UserChange};
use sonde_core::event::EventId;
use sonde_core::id::DisplayId;
use sonde_core::properties::Properties;
use sonde_core::time::{Span, Timestamp};
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::contract::Harness;
use sonde_storage::{Activity, Append, Erase, ErasedResponses, EventFingerprint, Merge, Outcome, Write};

use super::actor::{Actor, Call, Given, Phase, Plan, Planned, Reading, plan, read};
use super::fault::{Fault, Store};
use super::oracle::{Checked, Oracle};
use super::world::{BACKEND, FRONTEND, ORDER, START, World, identified, name, users};
use super::{Finding, Happened};
use crate::rng::Rng;

/// Steps between two audits without a crash.
const AUDIT_EVERY: usize = 20;

struct Run<'c, H> {
    harness: H,
    world: World,
    rng: Rng,
    fault: Option<Fault>,
    actors: Vec<Actor>,
    oracle: Oracle,
    now: Timestamp,
    step: usize,
    history: Vec<String>,
    happened: &'c mut Happened,
}

/// Tells one story, up to its end or to a broken promise.
pub(super) fn run<H: Harness>(seed: u64, steps: usize, fault: Option<Fault>, happened: &mut Happened) -> Result<(), Box<Finding>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut run = Run::<H> {
        harness: H::create(),
        world: World::new(),
        rng: Rng::new(seed),
        fault,
        actors: actors(),
        oracle: Oracle::default(),
        now: START,
        step: 0,
        history: Vec::new(),
        happened,
    };
    let told = runtime.block_on(run.tell(steps));
    told.map_err(|what| Box::new(Finding { seed, what, history: run.history }))
}

fn actors() -> Vec<Actor> {
    let [ada, first, second] = users();
    let actor = |name, user| Actor { name, user, displays: Vec::new(), phase: Phase::Idle };
    vec![actor("tab 1", first.clone()), actor("tab 2", first), actor("device", second), actor("tab 3", ada.clone()), actor("server", ada)]
}

fn in_words(error: impl std::fmt::Display) -> String {
    format!("the engine failed: {error}")
}

impl<H: Harness> Run<'_, H> {
    async fn tell(&mut self, steps: usize) -> Checked {
        for step in 1..=steps {
            self.step = step;
            match self.rng.below(100) {
                0..2 => self.crash().await?,
                2..14 => self.move_clock().await?,
                _ => self.act().await?,
            }
            if step % AUDIT_EVERY == 0 || step == steps {
                self.audit().await?;
            }
        }
        Ok(())
    }

    fn store(&self) -> Store<'_, H::Engine> {
        Store { engine: self.harness.engine(), fault: self.fault }
    }

    async fn audit(&self) -> Checked {
        self.oracle.audit(self.harness.engine(), self.now).await
    }

    fn note(&mut self, who: &str, what: &str) {
        let secs = self.now.since(START).as_millis() / 1_000;
        self.history.push(format!("{:>3} {:>3}:{:02}:{:02} {who}: {what}", self.step, secs / 3_600, secs / 60 % 60, secs % 60));
    }

    /// Seconds, a lapse, minutes, hours, rarely days.
    async fn move_clock(&mut self) -> Checked {
        let secs = match self.rng.below(20) {
            0..10 => self.rng.below(20),
            10..14 => 55 + self.rng.below(15),
            14..18 => self.rng.below(1_200),
            18 => self.rng.below(10_800),
            _ => self.rng.below(200_000),
        };
        self.now = self.now + span(secs);
        self.note("clock", &format!("moves {secs} s"));
        let dropped = self.harness.engine().drop_expired(self.now).await.map_err(in_words)?;
        if dropped > 0 {
            self.note("clock", "a day of events is dropped");
        }
        Ok(())
    }

    /// What is being written is taken or not; nobody is answered. Some ask again.
    async fn crash(&mut self) -> Checked {
        for place in 0..self.actors.len() {
            let phase = std::mem::replace(&mut self.actors[place].phase, Phase::Idle);
            let call = match phase {
                Phase::Idle => continue,
                Phase::Called(call) | Phase::Read(call, _) => call,
                Phase::Ready(call, planned) => {
                    if self.rng.percent(50) {
                        self.happened.unanswered += 1;
                        self.commit(place, &call, *planned).await?;
                        self.note(self.actors[place].name, "is not answered");
                    }
                    call
                }
            };
            if self.rng.percent(70) {
                self.actors[place].phase = Phase::Called(call);
            }
        }
        self.harness.crash();
        self.happened.crashes += 1;
        self.note("engine", "crashes and is opened again");
        self.audit().await?;
        for user in self.harness.engine().erasures_under_way().await.map_err(in_words)? {
            self.store().finish_erasure(&user).await.map_err(in_words)?;
            self.note("server", &format!("finishes the erasure of {}", user.id.as_str()));
        }
        Ok(())
    }

    /// One of the actors goes some way with its call.
    async fn act(&mut self) -> Checked {
        // The server, which is last, has as much to say as two tabs.
        let chosen = usize::try_from(self.rng.below(self.actors.len() as u64 + 1)).unwrap_or(0);
        let place = chosen.min(self.actors.len() - 1);
        loop {
            match std::mem::replace(&mut self.actors[place].phase, Phase::Idle) {
                Phase::Idle => {
                    let call = self.new_call(place);
                    self.note(self.actors[place].name, &format!("calls {}", describe(&call)));
                    self.actors[place].phase = Phase::Called(call);
                }
                Phase::Called(call) => {
                    let reading = read(self.store(), &self.actors[place].user, &call, (self.step, self.now)).await.map_err(in_words)?;
                    self.nothing_claimed_is_lost(&call, reading.display.is_some(), &reading.activity.user)?;
                    self.actors[place].phase = Phase::Read(call, Box::new(reading));
                }
                Phase::Read(call, reading) => match self.plan(&call, *reading) {
                    Plan::Write(planned) => self.actors[place].phase = Phase::Ready(call, planned),
                    Plan::Answer(given) => {
                        self.note(self.actors[place].name, &format!("is answered {given:?}"));
                        return self.answered(place, &given);
                    }
                },
                Phase::Ready(call, planned) => {
                    let claimed = claimed_by(&call, &planned.write);
                    let erased = erased_by(&planned.write);
                    let outcome = self.commit(place, &call, *planned).await?;
                    self.acknowledged(place, call, &outcome, claimed);
                    if let Some(user) = erased.filter(|_| outcome == Outcome::EraseStarted) {
                        self.actors[place].phase = Phase::Called(Call::FinishErasure(user));
                    }
                    return Ok(());
                }
            }
            if self.rng.percent(30) {
                return Ok(());
            }
        }
    }

    fn plan(&mut self, call: &Call, reading: Reading) -> Plan {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.rng.next().to_be_bytes());
        plan(&self.world, call, reading, (self.now, DisplayId::new(self.now, random)), self.fault)
    }

    fn nothing_claimed_is_lost(&self, call: &Call, is_found: bool, user: &UserRef) -> Checked {
        match call.display() {
            Some(id) if !is_found && self.oracle.is_display_of(id, user) => Err(format!("{id} is not found")),
            _ => Ok(()),
        }
    }

    fn new_call(&mut self, place: usize) -> Call {
        match self.actors[place].name {
            "server" => self.new_call_of_server(),
            _ => self.new_call_of_tab(place),
        }
    }

    fn new_call_of_server(&mut self) -> Call {
        if self.rng.percent(6) {
            return self.new_erasure();
        }
        let known = self.oracle.event_ids();
        if !known.is_empty() && self.rng.percent(20) {
            let claimed = self.oracle.claimed_events();
            let some = if claimed.is_empty() || self.rng.percent(30) { &known } else { &claimed };
            return Call::CancelEvent(self.pick(some).clone());
        }
        let id = if !known.is_empty() && self.rng.percent(10) { self.pick(&known).clone() } else { self.new_event_id() };
        Call::Event(self.event(id).into())
    }

    /// Mostly of the user the others become.
    fn new_erasure(&mut self) -> Call {
        let whom = if self.rng.percent(60) { identified() } else { self.pick(&users()).clone() };
        let as_id = UserId::new(&format!("erased-{}", self.step)).expect("an id");
        let responses = if self.rng.percent(50) { ErasedResponses::Anonymise { as_id } } else { ErasedResponses::Delete };
        Call::Erase(whom, responses)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.rng.below(from.len() as u64)).unwrap_or(0)]
    }

    fn new_event_id(&mut self) -> EventId {
        EventId::given(&format!("e{}", self.step)).expect("an event id")
    }

    /// One that is known is sent again by whoever sent it.
    fn event(&mut self, id: EventId) -> Append {
        let sender = self.oracle.user_of_event(&id).cloned();
        let user = sender.unwrap_or_else(|| self.pick(&users()).clone());
        let trigger = name(self.pick::<&str>(&[BACKEND[0], BACKEND[0], BACKEND[0], BACKEND[1], BACKEND[1], BACKEND[2]]));
        let late = if self.rng.percent(30) { self.rng.below(1_800) } else { 0 };
        Append {
            user,
            id,
            fingerprint: Some(EventFingerprint([7; 16])),
            trigger,
            effective_at: self.now - span(late),
            received_at: self.now,
            properties: Properties::from_stored(&format!(r#"{{"{ORDER}":{}}}"#, self.rng.below(2))),
            learn: Vec::new(),
        }
    }

    fn new_call_of_tab(&mut self, place: usize) -> Call {
        let user = self.actors[place].user.clone();
        let aliases = self.oracle.aliases();
        let display = self.some_display(place);
        if let Some((id, 0)) = display.filter(|(id, _)| !self.oracle.is_shown(*id))
            && self.rng.percent(50)
        {
            return Call::Confirm(id);
        }
        match (self.rng.below(100), display) {
            (0..6, _) if user.namespace == Namespace::Anonymous => Call::Identify(self.merge_of(user)),
            (6..9, _) if !aliases.is_empty() => {
                let from = self.pick(&aliases).clone();
                Call::ContinueMerge(self.merge_of(from))
            }
            (9..20, Some((id, _))) => Call::Confirm(id),
            (20..28, Some((id, _))) => {
                let to = *self.pick(&[DisplayState::Dismissed, DisplayState::Abandoned]);
                Call::Close(id, to)
            }
            // Only a hostile client answers what was never shown.
            (28..60, Some((id, revision))) if self.oracle.is_shown(id) || self.rng.percent(20) => {
                let again = self.rng.percent(15);
                let next = if again { revision.max(1) } else { revision + 1 };
                self.actors[place].displays.iter_mut().filter(|(of, _)| *of == id).for_each(|(_, sent)| *sent = next);
                Call::Answer(id, next, self.rng.percent(30))
            }
            _ => {
                let request_id = format!("r{}-{place}", self.step).into();
                Call::Trigger { trigger: name(self.pick::<&str>(&FRONTEND)), request_id }
            }
        }
    }

    fn merge_of(&self, from: UserRef) -> Merge {
        Merge { from, into: identified().id, now: self.now }
    }

    /// The newest it was told of, an older one, or somebody else's; and the highest revision it sent.
    fn some_display(&mut self, place: usize) -> Option<(DisplayId, u64)> {
        let own = self.actors[place].displays.clone();
        let all = self.oracle.display_ids();
        match self.rng.below(10) {
            0 if !all.is_empty() => Some((*self.pick(&all), 0)),
            1..4 if !own.is_empty() => Some(*self.pick(&own)),
            _ => own.last().copied(),
        }
    }

    /// Writes, and tells the oracle what the engine says became of it.
    async fn commit(&mut self, place: usize, call: &Call, planned: Planned) -> Result<Outcome, String> {
        let Planned { write, read } = planned;
        let outcome = self.store().commit(write.clone()).await.map_err(in_words)?;
        let display = claimed_by(call, &write).map(|id| format!(" {id}")).unwrap_or_default();
        self.note(self.actors[place].name, &format!("writes: {outcome:?}{display}"));
        match (write, &outcome) {
            (Write::Append(append), Outcome::Appended | Outcome::Duplicate) => self.event_stored(&append, &outcome).await?,
            (Write::Merge(merge), Outcome::MergeStarted | Outcome::MergeDone) => {
                self.oracle.merged(&merge);
                self.happened.merged += 1;
            }
            (Write::ContinueMerge { .. }, Outcome::MergeStarted | Outcome::MergeDone)
            | (Write::ContinueErase { .. }, Outcome::EraseStarted | Outcome::Erased) => {}
            (Write::Erase(erase), Outcome::EraseStarted) => {
                self.happened.erased += 1;
                self.happened.anonymised += u32::from(matches!(erase.responses, ErasedResponses::Anonymise { .. }));
                self.oracle.erased(&erase, self.step);
            }
            (write, Outcome::Erasing) => self.make_way(&write).await?,
            // Who is to be erased became an alias a moment ago, or the user was changed meanwhile.
            (Write::Erase(_), Outcome::AliasConflict) | (Write::Change(_), Outcome::VersionConflict) => {
                self.happened.conflicts += 1;
            }
            (Write::Change(change), Outcome::Changed) => self.changed(call, &change, read)?,
            (write, outcome) => return Err(format!("{write:?} was answered with {outcome:?}")),
        }
        Ok(outcome)
    }

    /// What a write came upon is finished first; then it is made again.
    async fn make_way(&mut self, write: &Write) -> Checked {
        let users = match write {
            Write::Append(append) => vec![append.user.clone()],
            Write::Change(change) => vec![change.user.clone()],
            Write::Merge(merge) => vec![merge.from.clone(), identified()],
            other => return Err(format!("{other:?} was kept back by an erasure")),
        };
        self.happened.erasing += 1;
        for user in users {
            self.store().load(&user, self.now).await.map_err(in_words)?;
        }
        Ok(())
    }

    async fn event_stored(&mut self, append: &Append, outcome: &Outcome) -> Checked {
        if self.oracle.keeps_event(&append.id, self.now) != (*outcome == Outcome::Duplicate) {
            return Err(format!("{} was answered with {outcome:?}", append.id));
        }
        if *outcome == Outcome::Appended {
            let activity = self.store().load(&append.user, self.now).await.map_err(in_words)?;
            let found = self.store().find_events(&activity.user, &append.id).await.map_err(in_words)?;
            let record = found.into_iter().next().ok_or_else(|| format!("{} was stored and is not found", append.id))?;
            self.oracle.stored(&append.user, record, self.step);
            self.happened.events += 1;
        }
        Ok(())
    }

    fn changed(&mut self, call: &Call, change: &UserChange, read: (usize, Timestamp)) -> Checked {
        self.oracle.outlived(change, read.0)?;
        let Some(display) = change.displays.first() else {
            self.oracle.cancelled(change, self.step);
            self.happened.cancelled += 1;
            return Ok(());
        };
        match call {
            Call::Trigger { .. } => {
                self.happened.claimed += 1;
                self.oracle.claimed(&change.user, display, self.world.survey(display.survey))?;
            }
            Call::Confirm(_) if display.state == DisplayState::Shown => {
                self.happened.confirmed += 1;
                self.oracle.confirmed(change, display, read)?;
            }
            Call::Answer(..) => {
                let is_late = self.oracle.answered(change, display)?;
                self.happened.answered += 1;
                self.happened.answered_late += u32::from(is_late);
            }
            _ => {
                self.happened.given_back += u32::from(matches!(call, Call::Confirm(_)));
                self.oracle.closed(change, display);
            }
        }
        Ok(())
    }

    /// The caller learns what became of its write; after a conflict the server reads and decides again.
    fn acknowledged(&mut self, place: usize, call: Call, outcome: &Outcome, claimed: Option<DisplayId>) {
        let more_to_copy = *outcome == Outcome::MergeStarted;
        let actor = &mut self.actors[place];
        let again = [Outcome::VersionConflict, Outcome::Erasing, Outcome::AliasConflict];
        if again.contains(outcome) {
            actor.phase = Phase::Called(call);
            return;
        }
        actor.displays.extend(claimed.map(|id| (id, 0)));
        if let Call::Identify(merge) | Call::ContinueMerge(merge) = call {
            if actor.user == merge.from {
                actor.user = identified();
            }
            if more_to_copy {
                actor.phase = Phase::Called(Call::ContinueMerge(merge));
            }
        }
    }

    fn answered(&mut self, place: usize, given: &Given) -> Checked {
        match given {
            Given::ClaimedBefore(id) => self.actors[place].displays.push((*id, 0)),
            Given::AlreadyShown(id) if !self.oracle.is_shown(*id) && !self.oracle.is_erased(*id) => {
                return Err(format!("{id} was never shown"));
            }
            Given::Lapsed => self.happened.lapsed += 1,
            _ => {}
        }
        Ok(())
    }
}

fn claimed_by(call: &Call, write: &Write) -> Option<DisplayId> {
    match (call, write) {
        (Call::Trigger { .. }, Write::Change(change)) => change.displays.first().map(|display| display.id),
        _ => None,
    }
}

fn erased_by(write: &Write) -> Option<UserRef> {
    match write {
        Write::Erase(Erase { user, .. }) | Write::ContinueErase { user } => Some(user.clone()),
        _ => None,
    }
}

fn span(secs: u64) -> Span {
    Span::from_secs(i64::try_from(secs).unwrap_or(0))
}

fn describe(call: &Call) -> String {
    match call {
        Call::Event(append) => {
            let late = append.received_at.since(append.effective_at).as_millis() / 1_000;
            format!(
                "event {} {} of {}, {late} s late, {}",
                append.id,
                append.trigger.as_str(),
                append.user.id.as_str(),
                append.properties.as_str()
            )
        }
        Call::CancelEvent(id) => format!("cancel {id}"),
        Call::Trigger { trigger, request_id } => format!("trigger {} {request_id}", trigger.as_str()),
        Call::Confirm(id) => format!("shown {id}"),
        Call::Close(id, to) => format!("close {id} {to:?}"),
        Call::Answer(id, revision, completed) => format!("answer {id} revision {revision}{}", if *completed { ", completed" } else { "" }),
        Call::Identify(merge) => format!("identify {}", merge.from.id.as_str()),
        Call::ContinueMerge(merge) => format!("copy what is left of {}", merge.from.id.as_str()),
        Call::Erase(user, ErasedResponses::Delete) => format!("erase {}", user.id.as_str()),
        Call::Erase(user, ErasedResponses::Anonymise { .. }) => format!("anonymise {}", user.id.as_str()),
        Call::FinishErasure(user) => format!("erase what is left of {}", user.id.as_str()),
    }
}
