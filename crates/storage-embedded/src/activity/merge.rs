//! "This anonymous user is that user": the alias and the united state in one step, the rows afterwards in chunks.

use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::{Merge, Outcome, StorageError};

use super::keys::{self, Key};
use super::load::anonymous;
use super::tables::Space;
use super::write::Pass;
use crate::events::Found;
use crate::events::entry::UserEntry;
use crate::events::record::{Event, Kept};
use crate::rows;

/// Most rows moved or removed in one step, so that no group is held up for long.
const ROWS_PER_STEP: usize = 1_000;
/// No more rows are moved or removed in one step once they hold this many bytes together.
const BYTES_PER_STEP: usize = 4 * 1024 * 1024;

/// What a step may still move or remove.
pub(super) struct Budget {
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

impl Budget {
    pub(super) const fn of_a_step() -> Self {
        Self { rows: ROWS_PER_STEP, bytes: BYTES_PER_STEP }
    }

    /// One row less.
    pub(super) const fn spend(&mut self, bytes: usize) {
        self.rows = self.rows.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// Rows on the way from one user to another.
struct Move<'a> {
    from: Key,
    into: Key,
    /// Ids merged into the user before this one, still being moved: where both have the same event id, theirs counts.
    earlier: &'a [Key],
}

impl Pass<'_> {
    pub(super) fn merge(&mut self, merge: &Merge) -> Result<Outcome, StorageError> {
        // Only an anonymous user can turn out to be somebody.
        if merge.from.namespace != Namespace::Anonymous {
            return Ok(Outcome::AliasConflict);
        }
        let from_key = keys::user(&merge.from);
        let from = self.state(&from_key)?;
        let into_key = keys::user(&identified(&merge.from, &merge.into));
        let into = self.state(&into_key)?;
        match &from.alias_of {
            Some(other) if *other != merge.into => return Ok(Outcome::AliasConflict),
            _ if from.erasing || into.erasing => return Ok(Outcome::Erasing),
            Some(_) if into.merging.contains(&merge.from.id) => return Ok(Outcome::MergeStarted),
            Some(_) => return Ok(Outcome::MergeDone),
            None => {}
        }
        self.move_refusals(&from_key, &into_key)?;
        self.put_state(into_key.clone(), &into.united_with(&merge.from.id, &from, merge.now));
        self.put_state(from_key, &from.aliased_to(&merge.into));
        self.group.put(Space::Aliases, keys::alias(&into_key, &merge.from.id), Vec::new());
        self.put_outbox(rows::outbox::encode_merged(&merge.from, &merge.into));
        Ok(Outcome::MergeStarted)
    }

    pub(super) fn continue_merge(&mut self, from: &UserRef, into: &UserId) -> Result<Outcome, StorageError> {
        let into_ref = identified(from, into);
        let into_key = keys::user(&into_ref);
        let mut state = self.state(&into_key)?;
        // The rows of a user who is being erased go where they lie.
        let place = if state.erasing { None } else { state.merging.iter().position(|merging| *merging == from.id) };
        let Some(place) = place else {
            let alias_of = self.state(&keys::user(from))?.alias_of;
            let is_anothers = alias_of.is_some_and(|other| other != *into);
            return Ok(if is_anothers { Outcome::AliasConflict } else { Outcome::MergeDone });
        };
        let earlier: Vec<Key> = state.merging[..place].iter().map(|id| keys::user(&anonymous(&into_ref, id))).collect();
        let moving = Move { from: keys::user(from), into: into_key.clone(), earlier: &earlier };
        let mut budget = Budget::of_a_step();
        let days = self.group.days();
        let spaces = std::iter::once(Space::Displays).chain(days.iter().copied().map(Space::Marks));
        for space in spaces {
            if !self.move_rows(space, &moving, &mut budget)? {
                return Ok(Outcome::MergeStarted);
            }
        }
        for day in days {
            if !self.move_events(day, &moving, &mut budget)? {
                return Ok(Outcome::MergeStarted);
            }
        }
        state.merging.remove(place);
        state.version += 1;
        self.put_state(into_key, &state);
        Ok(Outcome::MergeDone)
    }

    /// Moves what the budget allows. `true`: nothing is left.
    fn move_rows(&mut self, space: Space, moving: &Move<'_>, budget: &mut Budget) -> Result<bool, StorageError> {
        let scanned = self.group.scan(space, &moving.from, budget.rows, budget.bytes)?;
        for (key, row) in scanned.rows {
            budget.spend(row.len());
            let suffix = &key[moving.from.len()..];
            let new_key = [&moving.into, suffix].concat();
            // What the user has there already was written later.
            if !self.group.contains(space, &new_key)? {
                self.group.put(space, new_key, row.to_vec());
            }
            self.group.remove(space, key);
        }
        Ok(scanned.complete)
    }

    /// The same for events of a day.
    fn move_events(&mut self, day: i32, moving: &Move<'_>, budget: &mut Budget) -> Result<bool, StorageError> {
        let (moved, complete) = self.events_to_go(day, &moving.from, budget)?;
        for (entry, record) in moved {
            let event = record.event();
            let mut fingerprint = event.fingerprint;
            if fingerprint.is_some() && self.is_known(day, moving, event.id)? {
                // The event is another, with an id that is taken: what is received with that is compared with the first.
                fingerprint = None;
            }
            self.group.add_event(day, Event { user: &moving.into, fingerprint, ..event }, true);
            self.group.remove_event(day, &entry, &event);
        }
        Ok(complete)
    }

    /// Whether an event id is the user's already, or of an id merged before this one.
    fn is_known(&self, day: i32, moving: &Move<'_>, id: &str) -> Result<bool, StorageError> {
        let Some(events) = self.group.events(day) else { return Ok(false) };
        for user in std::iter::once(&moving.into).chain(moving.earlier) {
            if events.fingerprint(user, id)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first events of a user and a day, as many as the budget allows, and whether these are all.
    pub(super) fn events_to_go(&self, day: i32, owner: &Key, budget: &mut Budget) -> Result<(Vec<(UserEntry, Kept)>, bool), StorageError> {
        let Some(events) = self.group.events(day) else { return Ok((Vec::new(), true)) };
        let (mut events, mut found) = (events.events_of(owner)?, Vec::new());
        while let Some(Found { entry, event }) = events.next()? {
            if budget.rows == 0 || budget.bytes == 0 {
                return Ok((found, false));
            }
            budget.spend(event.properties.len());
            found.push((entry, Kept::of(&event)));
        }
        Ok((found, true))
    }
}

fn identified(from: &UserRef, id: &UserId) -> UserRef {
    UserRef { workspace: from.workspace, namespace: Namespace::Identified, id: id.clone() }
}
