//! The reference model: every port in the simplest obviously right way, in memory.
//!
//! It is what the embedded engine is compared with, so it shares no method with it: nothing is encoded, a merge moves
//! everything at once, response rows are the displays themselves. Everything committed stays for as long as any clone of
//! the store lives; "crash and reopen" is to go on with a clone.

mod accounts;
mod cohorts;
mod erase;
mod notes;
mod responses;
mod surveys;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sonde_core::display::{Display, UserChange};
use sonde_core::event::{EVENT_LIFETIME, EventId, EventRecord, EventSeq};
use sonde_core::id::{CohortId, DisplayId, IdentitySecretId, KeyId, MemberId, SurveyId, WorkspaceId};
use sonde_core::key::KeyHash;
use sonde_core::limits::{
    ATTRIBUTE_NAMES_MAX, EVENTS_PER_TRIGGER_CONSIDERED, PROPERTY_EXAMPLES_MAX, TRIGGER_DAYS, TRIGGER_PROPERTY_KEYS_MAX,
    TRIGGERS_PER_WORKSPACE_MAX,
};
use sonde_core::refusal::Refusal;
use sonde_core::time::Timestamp;
use sonde_core::trigger::{TriggerKind, TriggerName};
use sonde_core::user::{CancelMark, Consumption, Namespace, UserActivity, UserId, UserRef, UserState};

use crate::{
    Activity, ApiKey, Append, AttributeObservation, AttributeStats, AttributesSeen, Catalogue, CohortRecord, DecisionCounts, EventCursor,
    EventFingerprint, EventPage, IdentitySecret, KeyObservation, Member, MemberSession, Merge, NewWorkspace, Outcome, ResponseRow,
    SessionHash, StorageError, StorageErrorKind, SurveyRecord, SurveyVersion, TriggerRecord, TriggerStats, UserCursor, UserPage, UsersWith,
    Workspace, Write,
};

/// The model. Clones share everything.
#[derive(Clone, Default)]
pub struct MemoryStore {
    everything: Arc<Mutex<Everything>>,
}

#[derive(Default)]
struct Everything {
    workspaces: BTreeMap<WorkspaceId, Workspace>,
    members: Vec<Member>,
    memberships: BTreeSet<(WorkspaceId, MemberId)>,
    sessions: BTreeMap<SessionHash, MemberSession>,
    keys: Vec<ApiKey>,
    identity_secrets: Vec<IdentitySecret>,
    trigger_records: BTreeMap<(WorkspaceId, TriggerKind, TriggerName), TriggerRecord>,
    token_secret: Option<[u8; 32]>,
    surveys: BTreeMap<(WorkspaceId, SurveyId), SurveyRecord>,
    deleted_responses: BTreeSet<(WorkspaceId, DisplayId)>,
    cohorts: BTreeMap<(WorkspaceId, CohortId), CohortRecord>,
    /// Every display that was ever completed, and its survey.
    completed: BTreeMap<(WorkspaceId, DisplayId), SurveyId>,
    versions: BTreeMap<(WorkspaceId, SurveyId, u32), SurveyVersion>,
    users: BTreeMap<UserRef, UserState>,
    displays: BTreeMap<(UserRef, DisplayId), Display>,
    /// By UTC day of receipt.
    buckets: BTreeMap<i32, Bucket>,
    triggers: BTreeMap<(WorkspaceId, TriggerKind, TriggerName), TriggerStats>,
    /// Newest first.
    refusals: BTreeMap<UserRef, Vec<Refusal>>,
    /// By UTC day.
    decisions: BTreeMap<(WorkspaceId, SurveyId), BTreeMap<i32, DecisionCounts>>,
    events_stored: u64,
    /// The version of a user nobody has written.
    version_floor: u64,
    attributes: BTreeMap<(WorkspaceId, Box<str>), AttributeStats>,
    latest_time: Option<Timestamp>,
    /// What erased users answered and nobody knows whose it was.
    anonymised: BTreeMap<(WorkspaceId, DisplayId), ResponseRow>,
}

/// What was received on one day.
#[derive(Default)]
struct Bucket {
    events: BTreeMap<UserRef, Vec<EventRecord>>,
    fingerprints: BTreeMap<(UserRef, EventId), EventFingerprint>,
    marks: BTreeMap<UserRef, BTreeSet<Consumption>>,
    cancelled: BTreeMap<UserRef, BTreeMap<EventSeq, CancelMark>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Everything> {
        self.everything.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Activity for MemoryStore {
    async fn load(&self, user: &UserRef, now: Timestamp) -> Result<UserActivity, StorageError> {
        Ok(self.lock().load(user, now))
    }

    async fn display_with_state(&self, user: &UserRef, id: DisplayId) -> Result<(UserState, Option<Display>), StorageError> {
        let everything = self.lock();
        Ok((everything.state(user), everything.displays.get(&(user.clone(), id)).cloned()))
    }

    async fn display(&self, user: &UserRef, id: DisplayId) -> Result<Option<Display>, StorageError> {
        Ok(self.lock().displays.get(&(user.clone(), id)).cloned())
    }

    async fn displays_of(&self, user: &UserRef, before: Option<DisplayId>, limit: usize) -> Result<Vec<Display>, StorageError> {
        let everything = self.lock();
        let own = everything.displays.iter().rev().filter(|((of, id), _)| of == user && before.is_none_or(|before| *id < before));
        Ok(own.take(limit).map(|(_, display)| display.clone()).collect())
    }

    async fn events_of(&self, user: &UserRef, from: Option<EventCursor>, limit: usize) -> Result<EventPage, StorageError> {
        let first = from.map_or(EventSeq(0), |EventCursor(bytes)| EventSeq(u64::from_be_bytes(bytes.try_into().unwrap_or([0xFF; 8]))));
        let everything = self.lock();
        let mut events: Vec<EventRecord> =
            everything.buckets.values().flat_map(|bucket| bucket.events.get(user).into_iter().flatten()).cloned().collect();
        events.retain(|event| event.seq >= first);
        events.sort_by_key(|event| event.seq);
        let next = events.get(limit).map(|event| EventCursor(event.seq.0.to_be_bytes().to_vec()));
        events.truncate(limit);
        Ok(EventPage { events, next })
    }

    async fn aliases_of(&self, user: &UserRef, limit: usize) -> Result<Vec<UserId>, StorageError> {
        Ok(self.lock().aliases_of(user).take(limit).collect())
    }

    async fn erasures_under_way(&self) -> Result<Vec<UserRef>, StorageError> {
        Ok(self.lock().users.iter().filter(|(_, state)| state.erasing).map(|(user, _)| user.clone()).collect())
    }

    async fn latest_time(&self) -> Result<Option<Timestamp>, StorageError> {
        Ok(self.lock().latest_time)
    }

    async fn find_events(&self, user: &UserRef, id: &EventId) -> Result<Vec<EventRecord>, StorageError> {
        let everything = self.lock();
        let of_day =
            |bucket: &Bucket| bucket.events.get(user).into_iter().flatten().filter(|event| event.id == *id).cloned().collect::<Vec<_>>();
        let mut found: Vec<EventRecord> = everything.buckets.values().flat_map(of_day).collect();
        found.sort_by_key(|event| std::cmp::Reverse((event.received_at, event.seq)));
        Ok(found)
    }

    async fn commit(&self, group: Vec<Write>) -> Result<Vec<Outcome>, StorageError> {
        let mut everything = self.lock();
        everything.latest_time = everything.latest_time.max(group.iter().filter_map(Write::at).max());
        Ok(group.into_iter().map(|write| everything.apply(write)).collect())
    }

    async fn drop_expired(&self, now: Timestamp) -> Result<usize, StorageError> {
        let mut everything = self.lock();
        let before = everything.buckets.len();
        everything.buckets.retain(|day, _| now < Timestamp::from_utc_day(day + 1) + EVENT_LIFETIME);
        Ok(before - everything.buckets.len())
    }

    async fn attribute_stats(&self, workspace: WorkspaceId) -> Result<Vec<AttributeStats>, StorageError> {
        Ok(self.lock().attribute_stats(workspace))
    }

    async fn trigger_stats(&self, workspace: WorkspaceId) -> Result<Vec<TriggerStats>, StorageError> {
        let everything = self.lock();
        Ok(everything.triggers.iter().filter(|((of, _, _), _)| *of == workspace).map(|(_, stats)| stats.clone()).collect())
    }

    async fn refusals(&self, user: &UserRef) -> Result<Vec<Refusal>, StorageError> {
        Ok(self.lock().refusals.get(user).cloned().unwrap_or_default())
    }

    async fn decision_counts(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<BTreeMap<i32, DecisionCounts>, StorageError> {
        Ok(self.lock().decision_counts(workspace, survey))
    }

    async fn users_with(
        &self,
        workspace: WorkspaceId,
        with: UsersWith,
        after: Option<&UserCursor>,
        limit: usize,
    ) -> Result<UserPage, StorageError> {
        Ok(self.lock().users_with(workspace, with, after, limit))
    }
}

impl Everything {
    fn attribute_stats(&self, workspace: WorkspaceId) -> Vec<AttributeStats> {
        self.attributes.iter().filter(|((of, _), _)| *of == workspace).map(|(_, stats)| stats.clone()).collect()
    }

    fn load(&self, user: &UserRef, now: Timestamp) -> UserActivity {
        let mut activity = UserActivity::unknown(user.clone());
        activity.state = self.state(user);
        let mut by_trigger: BTreeMap<TriggerName, Vec<EventRecord>> = BTreeMap::new();
        for bucket in self.buckets.values() {
            for event in bucket.events.get(user).into_iter().flatten() {
                by_trigger.entry(event.trigger.clone()).or_default().push(event.clone());
            }
            activity.consumed.extend(bucket.marks.get(user).into_iter().flatten().cloned());
            activity.cancelled.extend(bucket.cancelled.get(user).into_iter().flat_map(BTreeMap::values));
        }
        for mut events in by_trigger.into_values() {
            events.retain(|event| now.since(event.effective_at) <= EVENT_LIFETIME);
            events.sort_by_key(|event| std::cmp::Reverse(event.recency()));
            events.truncate(EVENTS_PER_TRIGGER_CONSIDERED);
            activity.events.extend(events);
        }
        activity.events.sort_by_key(|event| std::cmp::Reverse(event.recency()));
        activity.consumed.sort();
        activity.cancelled.sort();
        activity
    }

    fn apply(&mut self, write: Write) -> Outcome {
        match write {
            Write::Append(append) => self.append(Arc::unwrap_or_clone(append)),
            Write::Change(change) => self.change(*change),
            Write::Merge(merge) => self.merge(&merge),
            Write::ContinueMerge { from, into } => self.continue_merge(&from, &into),
            Write::Erase(erase) => self.erase(&erase),
            Write::ContinueErase { user } => self.continue_erase(&user),
            Write::LearnAttributes(AttributesSeen { workspace, seen }) => {
                for seen in &seen {
                    self.learn_attribute(workspace, seen);
                }
                Outcome::Observed
            }
            Write::Observe(seen) => {
                self.count(seen.workspace, TriggerKind::Frontend, &seen.trigger, seen.at, seen.count, &seen.learn);
                Outcome::Observed
            }
            Write::Refuse(note) => self.refuse(note),
            Write::CountDecisions(note) => self.count_decisions(&note),
        }
    }

    /// Whose something becomes: what is an alias's is the user's it stands for.
    fn owner(&self, user: UserRef) -> UserRef {
        match self.users.get(&user).and_then(|state| state.alias_of.as_ref()) {
            Some(id) => identified(&user, id),
            None => user,
        }
    }

    fn learn_attribute(&mut self, workspace: WorkspaceId, seen: &AttributeObservation) {
        let place = (workspace, seen.name.clone());
        let names = self.attributes.keys().filter(|(of, _)| *of == workspace).count();
        if !self.attributes.contains_key(&place) && names >= ATTRIBUTE_NAMES_MAX {
            return;
        }
        let new = || AttributeStats { name: seen.name.clone(), types: Vec::new(), examples: Vec::new() };
        let stats = self.attributes.entry(place).or_insert_with(new);
        if !stats.types.contains(&seen.attribute_type) {
            stats.types.push(seen.attribute_type);
            stats.types.sort();
        }
        if let Some(example) = &seen.example
            && stats.examples.len() < PROPERTY_EXAMPLES_MAX
            && !stats.examples.contains(example)
        {
            stats.examples.push(example.clone());
        }
    }

    fn append(&mut self, append: Append) -> Outcome {
        let user = self.owner(append.user);
        if self.state(&user).erasing {
            return Outcome::Erasing;
        }
        let identity = (user.clone(), append.id.clone());
        if let Some(fingerprint) = append.fingerprint {
            let stored = self.buckets.values().rev().find_map(|bucket| bucket.fingerprints.get(&identity));
            match stored {
                Some(stored) if *stored == fingerprint => return Outcome::Duplicate,
                Some(_) => return Outcome::FingerprintConflict,
                None => {}
            }
        }
        if !self.count(user.workspace, TriggerKind::Backend, &append.trigger, append.received_at, 1, &append.learn) {
            return Outcome::TooManyTriggers;
        }
        self.events_stored += 1;
        let bucket = self.buckets.entry(append.received_at.utc_day()).or_default();
        bucket.events.entry(user).or_default().push(EventRecord {
            id: append.id,
            trigger: append.trigger,
            effective_at: append.effective_at,
            received_at: append.received_at,
            seq: EventSeq(self.events_stored),
            properties: append.properties,
        });
        if let Some(fingerprint) = append.fingerprint {
            bucket.fingerprints.insert(identity, fingerprint);
        }
        Outcome::Appended
    }

    fn change(&mut self, change: UserChange) -> Outcome {
        let stored = self.state(&change.user);
        if stored.erasing {
            return Outcome::Erasing;
        }
        if stored.version != change.expected_version {
            return Outcome::VersionConflict;
        }
        for display in change.displays {
            let place = (change.user.workspace, display.id);
            if display.completed_at.is_some() && !self.deleted_responses.contains(&place) {
                self.completed.insert(place, display.survey);
            }
            self.displays.insert((change.user.clone(), display.id), display);
        }
        for mark in change.consumed {
            if let Some(bucket) = self.buckets.get_mut(&mark.received_at.utc_day()) {
                bucket.marks.entry(change.user.clone()).or_default().insert(mark);
            }
        }
        for mark in change.cancelled {
            if let Some(bucket) = self.buckets.get_mut(&mark.event.received_at.utc_day()) {
                bucket.cancelled.entry(change.user.clone()).or_default().entry(mark.event.seq).or_insert(mark);
            }
        }
        self.users.insert(change.user, change.state);
        Outcome::Changed
    }

    fn merge(&mut self, merge: &Merge) -> Outcome {
        if merge.from.namespace == Namespace::Identified {
            return Outcome::AliasConflict;
        }
        let into = identified(&merge.from, &merge.into);
        let (from_state, into_state) = (self.state(&merge.from), self.state(&into));
        match &from_state.alias_of {
            Some(other) if *other != merge.into => return Outcome::AliasConflict,
            _ if from_state.erasing || into_state.erasing => return Outcome::Erasing,
            Some(_) if into_state.merging.contains(&merge.from.id) => return Outcome::MergeStarted,
            Some(_) => return Outcome::MergeDone,
            None => {}
        }
        self.users.insert(into.clone(), into_state.united_with(&merge.from.id, &from_state, merge.now));
        self.users.insert(merge.from.clone(), from_state.aliased_to(&merge.into));
        self.move_rows(&merge.from, &into);
        self.move_refusals(&merge.from, &into);
        Outcome::MergeStarted
    }

    /// Everything at once; [`Outcome::MergeDone`] is still a step of its own.
    fn move_rows(&mut self, from: &UserRef, into: &UserRef) {
        for ((user, id), display) in std::mem::take(&mut self.displays) {
            let user = if user == *from { into.clone() } else { user };
            self.displays.insert((user, id), display);
        }
        for bucket in self.buckets.values_mut() {
            if let Some(events) = bucket.events.remove(from) {
                bucket.events.entry(into.clone()).or_default().extend(events);
            }
            if let Some(marks) = bucket.marks.remove(from) {
                bucket.marks.entry(into.clone()).or_default().extend(marks);
            }
            if let Some(cancelled) = bucket.cancelled.remove(from) {
                bucket.cancelled.entry(into.clone()).or_default().extend(cancelled);
            }
            for ((user, id), fingerprint) in std::mem::take(&mut bucket.fingerprints) {
                if user == *from {
                    bucket.fingerprints.entry((into.clone(), id)).or_insert(fingerprint);
                } else {
                    // The user's own record counts, also when the other was moved here a moment ago.
                    bucket.fingerprints.insert((user, id), fingerprint);
                }
            }
        }
    }

    fn continue_merge(&mut self, from: &UserRef, into: &UserId) -> Outcome {
        if let Some(state) = self.users.get_mut(&identified(from, into))
            && !state.erasing
            && let Some(place) = state.merging.iter().position(|merging| *merging == from.id)
        {
            state.merging.remove(place);
            state.version += 1;
            return Outcome::MergeDone;
        }
        match self.users.get(from).and_then(|state| state.alias_of.as_ref()) {
            Some(other) if other != into => Outcome::AliasConflict,
            _ => Outcome::MergeDone,
        }
    }

    /// `false`: one trigger too many, nothing is counted.
    fn count(
        &mut self,
        workspace: WorkspaceId,
        kind: TriggerKind,
        name: &TriggerName,
        at: Timestamp,
        count: u64,
        learn: &[KeyObservation],
    ) -> bool {
        let place = (workspace, kind, name.clone());
        let others = self.triggers.keys().filter(|(of, other, _)| *of == workspace && *other == kind).count();
        if !self.triggers.contains_key(&place) && others >= TRIGGERS_PER_WORKSPACE_MAX {
            return false;
        }
        let stats = self.triggers.entry(place).or_insert_with(|| TriggerStats {
            kind,
            name: name.clone(),
            first_seen_at: at,
            last_seen_at: at,
            count: 0,
            daily: BTreeMap::new(),
            properties: BTreeMap::new(),
        });
        stats.first_seen_at = stats.first_seen_at.min(at);
        stats.last_seen_at = stats.last_seen_at.max(at);
        stats.count += count;
        *stats.daily.entry(at.utc_day()).or_default() += count;
        while stats.daily.len() > TRIGGER_DAYS || !is_recent(&stats.daily) {
            stats.daily.pop_first();
        }
        for KeyObservation { key, json_type, example } in learn {
            if !stats.properties.contains_key(key) && stats.properties.len() >= TRIGGER_PROPERTY_KEYS_MAX {
                continue;
            }
            let property = stats.properties.entry(key.clone()).or_default();
            if !property.types.contains(json_type) {
                property.types.push(*json_type);
                property.types.sort();
            }
            if let Some(example) = example
                && property.examples.len() < PROPERTY_EXAMPLES_MAX
                && !property.examples.contains(example)
            {
                property.examples.push(example.clone());
            }
        }
        true
    }
}

impl Catalogue for MemoryStore {
    async fn create_workspace(&self, new: NewWorkspace) -> Result<(), StorageError> {
        let mut everything = self.lock();
        let NewWorkspace { workspace, keys, owner } = new;
        let is_taken = everything.workspaces.values().any(|other| other.name == workspace.name || other.id == workspace.id);
        if is_taken || keys.iter().any(|key| everything.keys.iter().any(|other| other.hash == key.hash)) {
            return Err(already_exists("workspace"));
        }
        let known = everything.members.iter().find(|member| member.email.eq_ignore_ascii_case(&owner.email)).map(|known| known.id);
        let member = known.unwrap_or(owner.id);
        if known.is_none() {
            everything.members.push(owner);
        }
        everything.memberships.insert((workspace.id, member));
        everything.keys.extend(keys);
        everything.workspaces.insert(workspace.id, workspace);
        Ok(())
    }

    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError> {
        let mut workspaces: Vec<Workspace> = self.lock().workspaces.values().cloned().collect();
        workspaces.sort_by_key(|workspace| (workspace.created_at, workspace.id));
        Ok(workspaces)
    }

    async fn update_workspace(&self, workspace: Workspace) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if everything.workspaces.values().any(|other| other.name == workspace.name && other.id != workspace.id) {
            return Err(already_exists("workspace"));
        }
        let stored = everything.workspaces.get_mut(&workspace.id).ok_or_else(|| not_found("workspace"))?;
        *stored = Workspace { created_at: stored.created_at, ..workspace };
        Ok(())
    }

    async fn keys(&self) -> Result<Vec<ApiKey>, StorageError> {
        let mut keys = self.lock().keys.clone();
        keys.sort_by_key(|key| (key.created_at, key.id));
        Ok(keys)
    }

    async fn key(&self, hash: KeyHash) -> Result<Option<ApiKey>, StorageError> {
        Ok(self.lock().keys.iter().find(|key| key.hash == hash).cloned())
    }

    async fn create_key(&self, key: ApiKey, live_max: usize) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if !everything.workspaces.contains_key(&key.workspace) {
            return Err(not_found("workspace"));
        }
        let same = |other: &&ApiKey| (other.workspace, other.kind) == (key.workspace, key.kind) && other.revoked_at.is_none();
        if everything.keys.iter().filter(same).count() >= live_max {
            return Err(StorageError::new(StorageErrorKind::AlreadyExists, format!("there are {live_max} such keys already")));
        }
        if everything.keys.iter().any(|other| other.hash == key.hash || other.id == key.id) {
            return Err(already_exists("key"));
        }
        everything.keys.push(key);
        Ok(())
    }

    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, now: Timestamp) -> Result<(), StorageError> {
        let mut everything = self.lock();
        let stored = everything.keys.iter_mut().find(|other| other.id == key && other.workspace == workspace);
        stored.ok_or_else(|| not_found("key"))?.revoked_at.get_or_insert(now);
        Ok(())
    }

    async fn touch_keys(&self, used: Vec<(KeyId, Timestamp)>) -> Result<(), StorageError> {
        let mut everything = self.lock();
        for (id, at) in used {
            for key in everything.keys.iter_mut().filter(|key| key.id == id) {
                key.last_used_at = key.last_used_at.max(Some(at));
            }
        }
        Ok(())
    }

    async fn identity_secrets(&self, workspace: WorkspaceId) -> Result<Vec<IdentitySecret>, StorageError> {
        let mut secrets = self.lock().identity_secrets.clone();
        secrets.retain(|secret| secret.workspace == workspace);
        secrets.sort_by_key(|secret| (secret.created_at, secret.id));
        Ok(secrets)
    }

    async fn create_identity_secret(&self, secret: IdentitySecret, max: usize) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if !everything.workspaces.contains_key(&secret.workspace) {
            return Err(not_found("workspace"));
        }
        if everything.identity_secrets.iter().filter(|other| other.workspace == secret.workspace).count() >= max {
            return Err(StorageError::new(StorageErrorKind::AlreadyExists, format!("there are {max} identity secrets already")));
        }
        everything.identity_secrets.push(secret);
        Ok(())
    }

    async fn delete_identity_secret(&self, workspace: WorkspaceId, secret: IdentitySecretId) -> Result<(), StorageError> {
        let mut everything = self.lock();
        let place = everything.identity_secrets.iter().position(|known| known.workspace == workspace && known.id == secret);
        everything.identity_secrets.remove(place.ok_or_else(|| not_found("identity secret"))?);
        Ok(())
    }

    async fn trigger_records(&self, workspace: WorkspaceId) -> Result<Vec<TriggerRecord>, StorageError> {
        let everything = self.lock();
        Ok(everything.trigger_records.iter().filter(|((of, _, _), _)| *of == workspace).map(|(_, record)| record.clone()).collect())
    }

    async fn put_trigger_record(&self, workspace: WorkspaceId, record: TriggerRecord) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if !everything.workspaces.contains_key(&workspace) {
            return Err(not_found("workspace"));
        }
        everything.trigger_records.insert((workspace, record.kind, record.name.clone()), record);
        Ok(())
    }

    async fn token_secret(&self, fresh: [u8; 32]) -> Result<[u8; 32], StorageError> {
        Ok(*self.lock().token_secret.get_or_insert(fresh))
    }
}

/// Whether the first day is one of those that end with the last.
fn is_recent(daily: &BTreeMap<i32, u64>) -> bool {
    let days = daily.first_key_value().zip(daily.last_key_value());
    days.is_none_or(|((first, _), (last, _))| (i64::from(*last) - i64::from(*first)) < i64::try_from(TRIGGER_DAYS).unwrap_or(0))
}

fn identified(anonymous: &UserRef, id: &UserId) -> UserRef {
    UserRef { workspace: anonymous.workspace, namespace: Namespace::Identified, id: id.clone() }
}

fn not_found(thing: &str) -> StorageError {
    StorageError::new(StorageErrorKind::NotFound, format!("no such {thing}"))
}

fn already_exists(thing: &str) -> StorageError {
    StorageError::new(StorageErrorKind::AlreadyExists, format!("the {thing} exists already"))
}
