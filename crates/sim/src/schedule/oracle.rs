//! What may never happen, told from what was acknowledged. It knows nothing of how a decision is made.

use std::collections::{BTreeMap, BTreeSet};

use sonde_core::display::{Display, UserChange, anonymised};
use sonde_core::event::{EVENT_LIFETIME, EventId, EventRecord, EventSeq};
use sonde_core::id::{DisplayId, SurveyId};
use sonde_core::survey::Survey;
use sonde_core::time::Timestamp;
use sonde_core::user::{CancelMark, Consumption, UserRef};
use sonde_storage::{Activity, Erase, ErasedResponses, Merge, ResponseQuery, Responses};

use super::world::{BACKEND, ORDER, WAIT, WORKSPACE, users};

/// `Err`: what is broken, in words.
pub(super) type Checked = Result<(), String>;

/// Everything acknowledged so far. What a crash left unanswered counts from the moment at which the engine took it: the
/// caller does not know that yet, but nobody else may act as if it had not happened.
#[derive(Default)]
pub(super) struct Oracle {
    aliases: BTreeMap<UserRef, UserRef>,
    events: BTreeMap<EventId, Event>,
    cancelled: BTreeMap<EventSeq, Cancelled>,
    consumed: BTreeMap<Consumption, UserRef>,
    /// Which display a survey asked about an event with.
    asked: BTreeMap<(SurveyId, EventSeq), DisplayId>,
    claims: BTreeMap<UserRef, Claim>,
    displays: BTreeMap<DisplayId, (UserRef, Display)>,
    /// In which step somebody was erased last.
    erased_in: BTreeMap<UserRef, usize>,
    /// Displays that went with somebody who was erased.
    erased: BTreeSet<DisplayId>,
    /// What stayed of them, as nobody's.
    anonymised: BTreeMap<DisplayId, Display>,
}

struct Event {
    user: UserRef,
    record: EventRecord,
    step: usize,
}

struct Cancelled {
    user: UserRef,
    mark: CancelMark,
    step: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    display: DisplayId,
    survey: SurveyId,
    lease_until: Timestamp,
}

impl Claim {
    fn of(display: &Display) -> Self {
        Self { display: display.id, survey: display.survey, lease_until: display.lease_until }
    }
}

fn broken(is_broken: bool, what: impl FnOnce() -> String) -> Checked {
    if is_broken { Err(what()) } else { Ok(()) }
}

impl Oracle {
    /// Whose something is by now.
    fn owner(&self, user: &UserRef) -> UserRef {
        self.aliases.get(user).unwrap_or(user).clone()
    }

    fn displays_of<'a>(&'a self, user: &'a UserRef) -> impl Iterator<Item = &'a Display> {
        self.displays.values().filter(|(of, _)| self.owner(of) == *user).map(|(_, display)| display)
    }

    fn event(&self, seq: EventSeq) -> Option<&Event> {
        self.events.values().find(|event| event.record.seq == seq)
    }

    fn name_of(&self, seq: EventSeq) -> String {
        self.event(seq).map_or_else(|| format!("{seq:?}"), |event| event.record.id.to_string())
    }

    /// Whether an event with this id is stored for sure.
    pub(super) fn keeps_event(&self, id: &EventId, now: Timestamp) -> bool {
        self.events.get(id).is_some_and(|event| is_kept(event.record.received_at, now))
    }

    /// Whose an event is.
    pub(super) fn user_of_event(&self, id: &EventId) -> Option<&UserRef> {
        self.events.get(id).map(|event| &event.user)
    }

    /// Ids of the stored events, in the order of the ids.
    pub(super) fn event_ids(&self) -> Vec<EventId> {
        self.events.keys().cloned().collect()
    }

    /// Ids of the events that open claims are about.
    pub(super) fn claimed_events(&self) -> Vec<EventId> {
        let displays = self.claims.values().filter_map(|claim| self.displays.get(&claim.display));
        let marks = displays.flat_map(|(_, display)| &display.consumes);
        marks.filter_map(|mark| Some(self.event(mark.seq)?.record.id.clone())).collect()
    }

    /// Every display that was claimed, the oldest first.
    pub(super) fn display_ids(&self) -> Vec<DisplayId> {
        self.displays.keys().copied().collect()
    }

    /// Whether a claim of this display was stored for this user.
    pub(super) fn is_display_of(&self, id: DisplayId, user: &UserRef) -> bool {
        self.displays.get(&id).is_some_and(|(of, _)| self.owner(of) == *user)
    }

    /// Whether a display counts as shown.
    pub(super) fn is_shown(&self, id: DisplayId) -> bool {
        self.displays.get(&id).is_some_and(|(_, display)| display.shown_at.is_some())
    }

    /// Whether a display went with somebody who was erased.
    pub(super) fn is_erased(&self, id: DisplayId) -> bool {
        self.erased.contains(&id)
    }

    /// Which anonymous ids are aliases.
    pub(super) fn aliases(&self) -> Vec<UserRef> {
        self.aliases.keys().cloned().collect()
    }

    pub(super) fn stored(&mut self, user: &UserRef, record: EventRecord, step: usize) {
        self.events.insert(record.id.clone(), Event { user: user.clone(), record, step });
    }

    pub(super) fn cancelled(&mut self, change: &UserChange, step: usize) {
        for mark in &change.cancelled {
            self.cancelled.entry(mark.event.seq).or_insert(Cancelled { user: change.user.clone(), mark: *mark, step });
        }
    }

    /// The latter's live claim counts, else the former's.
    pub(super) fn merged(&mut self, merge: &Merge) {
        let into = UserRef { namespace: sonde_core::user::Namespace::Identified, id: merge.into.clone(), ..merge.from.clone() };
        if self.aliases.insert(merge.from.clone(), into.clone()).is_some() {
            return;
        }
        let anonymous = self.claims.remove(&merge.from);
        let is_live = self.claims.get(&into).is_some_and(|claim| merge.now < claim.lease_until);
        if let Some(claim) = anonymous.filter(|_| !is_live) {
            self.claims.insert(into, claim);
        }
    }

    /// From here on there is nothing of a user or of any id that stood for them.
    pub(super) fn erased(&mut self, erase: &Erase, step: usize) {
        let gone: BTreeSet<UserRef> = users().into_iter().filter(|user| self.owner(user) == erase.user).collect();
        let anonymise = matches!(erase.responses, ErasedResponses::Anonymise { .. });
        for (id, (_, display)) in self.displays.extract_if(.., |_, (of, _)| gone.contains(of)) {
            self.erased.insert(id);
            if anonymise && display.shown_at.is_some() {
                self.anonymised.insert(id, anonymised(&display));
            }
        }
        self.events.retain(|_, event| !gone.contains(&event.user));
        self.cancelled.retain(|_, cancelled| !gone.contains(&cancelled.user));
        self.consumed.retain(|_, user| !gone.contains(user));
        self.asked.retain(|_, display| !self.erased.contains(display));
        self.claims.retain(|user, _| !gone.contains(user));
        self.aliases.retain(|_, into| *into != erase.user);
        self.erased_in.extend(gone.into_iter().map(|user| (user, step)));
    }

    /// A change of a user was stored that was made from what was read in step `read`.
    pub(super) fn outlived(&self, change: &UserChange, read: usize) -> Checked {
        let erased_in = self.erased_in.get(&change.user);
        let stale = || format!("a change of {} read in step {read} was stored after an erasure", change.user.id.as_str());
        broken(erased_in.is_some_and(|step| read < *step), stale)?;
        let back = change.displays.iter().find(|display| self.erased.contains(&display.id));
        broken(back.is_some(), || format!("{back:?} is back though its user was erased"))
    }

    /// A claim was stored.
    pub(super) fn claimed(&mut self, user: &UserRef, display: &Display, survey: &Survey) -> Checked {
        let owner = self.owner(user);
        if let Some(open) = self.claims.get(&owner) {
            broken(display.claimed_at < open.lease_until, || {
                format!("{} was claimed while the claim of {} was live: a user has two", display.id, open.display)
            })?;
        }
        let last_shown = self.displays_of(&owner).filter_map(|shown| shown.shown_at).max();
        if let Some(last) = last_shown.filter(|_| !survey.document.launch.ignores_wait_period) {
            let too_soon = display.claimed_at < last + WAIT;
            broken(too_soon, || {
                format!("{} was claimed {} ms after another showing", display.id, display.claimed_at.since(last).as_millis())
            })?;
        }
        self.claims.insert(owner, Claim::of(display));
        self.displays.insert(display.id, (user.clone(), display.clone()));
        Ok(())
    }

    /// A showing was confirmed, from what was read in step `read` and stored now.
    pub(super) fn confirmed(&mut self, change: &UserChange, display: &Display, read: (usize, Timestamp)) -> Checked {
        let owner = self.owner(&change.user);
        for event in &display.consumes {
            let earlier = self.asked.get(&(display.survey, event.seq)).filter(|earlier| **earlier != display.id);
            let twice = || format!("{} activated {} twice: {earlier:?} and {}", self.name_of(event.seq), display.survey, display.id);
            broken(earlier.is_some(), twice)?;
            let is_cancelled = self.cancelled.contains_key(&event.seq) || self.is_undone(event.seq, read);
            broken(is_cancelled, || format!("{} was shown though {} was cancelled", display.id, self.name_of(event.seq)))?;
        }
        let held = self.claims.get(&owner);
        let holds = held.is_some_and(|claim| claim.display == display.id && display.shown_at < Some(claim.lease_until));
        broken(!holds, || format!("{} was confirmed without a live claim; the user's is {held:?}", display.id))?;
        self.shown(&owner, change, display);
        Ok(())
    }

    /// Whether an event of the cancelling trigger was stored before step `read` and was not itself cancelled by then.
    fn is_undone(&self, seq: EventSeq, (read, at): (usize, Timestamp)) -> bool {
        let Some(event) = self.event(seq).filter(|event| event.record.trigger.as_str() == BACKEND[0]) else { return false };
        let order = |event: &Event| format!("{:?}", event.record.properties.entries().into_iter().find(|(key, _)| key == ORDER));
        self.events.values().any(|other| {
            let later = other.record.effective_at > event.record.effective_at && other.record.trigger.as_str() == BACKEND[2];
            let seen = other.step < read && at.since(other.record.effective_at) <= EVENT_LIFETIME;
            let counts = self.cancelled.get(&other.record.seq).is_none_or(|cancelled| cancelled.step >= read);
            later && seen && counts && self.owner(&other.user) == self.owner(&event.user) && order(other) == order(event)
        })
    }

    fn shown(&mut self, owner: &UserRef, change: &UserChange, display: &Display) {
        for event in &display.consumes {
            self.asked.entry((display.survey, event.seq)).or_insert(display.id);
            self.consumed.insert(Consumption::new(display.survey, *event), change.user.clone());
        }
        if self.claims.get(owner).is_some_and(|claim| claim.survey == display.survey) {
            self.claims.remove(owner);
        }
        self.displays.insert(display.id, (change.user.clone(), display.clone()));
    }

    /// Answers were stored; a display that was never confirmed counts as shown from then on. Says whether this is one.
    pub(super) fn answered(&mut self, change: &UserChange, display: &Display) -> Result<bool, String> {
        let Some((_, before)) = self.displays.get(&display.id) else { return Err(format!("{} was never claimed", display.id)) };
        let (revision, was_shown, was_completed) = (before.revision, before.shown_at.is_some(), before.completed_at);
        broken(display.revision <= revision, || format!("{}: revision {} over {revision}", display.id, display.revision))?;
        broken(was_completed.is_some() && display.completed_at != was_completed, || format!("{} was completed before", display.id))?;
        if was_shown {
            self.displays.insert(display.id, (change.user.clone(), display.clone()));
        } else {
            self.shown(&self.owner(&change.user), change, display);
        }
        Ok(!was_shown)
    }

    /// A display was closed, or its claim given back.
    pub(super) fn closed(&mut self, change: &UserChange, display: &Display) {
        let owner = self.owner(&change.user);
        if self.claims.get(&owner).is_some_and(|claim| claim.display == display.id) {
            self.claims.remove(&owner);
        }
        self.displays.insert(display.id, (change.user.clone(), display.clone()));
    }

    /// Everything acknowledged must be there.
    pub(super) async fn audit(&self, engine: &(impl Activity + Responses), now: Timestamp) -> Checked {
        for user in users() {
            if let Some(into) = self.aliases.get(&user) {
                let state = engine.load(&user, now).await.map_err(|error| error.to_string())?.state;
                broken(state.alias_of.as_ref() != Some(&into.id), || format!("{user:?} is no alias any more"))?;
            } else {
                self.audit_state(engine, &user, now).await?;
                self.audit_events(engine, &user, now).await?;
            }
        }
        self.audit_responses(engine).await
    }

    async fn audit_state(&self, engine: &impl Activity, user: &UserRef, now: Timestamp) -> Checked {
        let activity = engine.load(user, now).await.map_err(|error| error.to_string())?;
        let open = activity.state.open_claim.as_ref();
        let open = open.map(|claim| Claim { display: claim.display, survey: claim.survey, lease_until: claim.lease_until });
        broken(open.as_ref() != self.claims.get(user), || format!("the open claim is {open:?}, not {:?}", self.claims.get(user)))?;
        for (mark, of) in &self.consumed {
            let lost = self.owner(of) == *user && is_kept(mark.received_at, now) && !activity.consumed.contains(mark);
            broken(lost, || format!("that {} asked about {} is lost", mark.survey, self.name_of(mark.seq)))?;
        }
        for Cancelled { user: of, mark, .. } in self.cancelled.values() {
            let lost = self.owner(of) == *user && is_kept(mark.event.received_at, now) && !activity.cancelled.contains(mark);
            broken(lost, || format!("that {} was cancelled is lost", self.name_of(mark.event.seq)))?;
        }
        let unknown = activity.consumed.iter().find(|mark| !self.consumed.contains_key(*mark));
        broken(unknown.is_some(), || format!("nobody acknowledged {unknown:?}"))?;
        let unknown = activity.cancelled.iter().find(|mark| !self.cancelled.contains_key(&mark.event.seq));
        broken(unknown.is_some(), || format!("nobody acknowledged {unknown:?}"))?;
        for id in &self.erased {
            let left = engine.display(user, *id).await.map_err(|error| error.to_string())?;
            broken(left.is_some(), || format!("{id} is left of somebody who was erased"))?;
        }
        let mut shown: BTreeMap<SurveyId, u32> = activity.state.surveys.keys().map(|survey| (*survey, 0)).collect();
        for display in self.displays_of(user) {
            let stored = engine.display(user, display.id).await.map_err(|error| error.to_string())?;
            broken(stored.as_ref() != Some(display), || format!("acknowledged was {display:?}, stored is {stored:?}"))?;
            *shown.entry(display.survey).or_default() += u32::from(display.shown_at.is_some());
        }
        for (survey, count) in shown {
            let stored = activity.state.surveys.get(&survey).map_or(0, |history| history.shown_count);
            broken(stored != count, || format!("{survey} was shown {count} times, the history says {stored}"))?;
        }
        let last = self.displays_of(user).filter_map(|display| display.shown_at).max();
        broken(activity.state.last_shown_at != last, || format!("last shown at {last:?}, stored {:?}", activity.state.last_shown_at))
    }

    async fn audit_events(&self, engine: &impl Activity, user: &UserRef, now: Timestamp) -> Checked {
        let (mut stored, mut from) = (Vec::new(), None);
        loop {
            let page = engine.events_of(user, from, 10).await.map_err(|error| error.to_string())?;
            stored.extend(page.events);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let unknown = stored.iter().find(|event| !self.events.values().any(|known| known.record == **event));
        broken(unknown.is_some(), || format!("nobody acknowledged {unknown:?}"))?;
        for Event { user: of, record, .. } in self.events.values() {
            if self.owner(of) == *user && is_kept(record.received_at, now) {
                let found = stored.iter().filter(|event| *event == record).count();
                broken(found != 1, || format!("{} is stored {found} times", record.id))?;
            }
        }
        Ok(())
    }

    async fn audit_responses(&self, engine: &impl Responses) -> Checked {
        let query = ResponseQuery { workspace: WORKSPACE, survey: None, newest_first: false, after: None, limit: 10_000 };
        let rows = engine.responses(&query).await.map_err(|error| error.to_string())?;
        let shown = self.displays.values().map(|(_, display)| display).filter(|display| display.shown_at.is_some());
        let by_id: BTreeMap<DisplayId, &Display> = shown.chain(self.anonymised.values()).map(|display| (display.id, display)).collect();
        let shown: Vec<&Display> = by_id.into_values().collect();
        let stored: Vec<&Display> = rows.iter().map(|row| &row.display).collect();
        broken(shown != stored, || {
            let ids = |all: &[&Display]| all.iter().map(|display| (display.id, display.revision)).collect::<BTreeSet<_>>();
            format!("acknowledged responses are {:?}, rows are {:?}", ids(&shown), ids(&stored))
        })
    }
}

/// Whether the bucket of a row received at `received_at` may not have been dropped yet.
fn is_kept(received_at: Timestamp, now: Timestamp) -> bool {
    now < Timestamp::from_utc_day(received_at.utc_day() + 1) + EVENT_LIFETIME
}
