//! "This anonymous user is that user": the alias and the united state in one step, the rows afterwards in chunks.

use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::{Merge, Outcome, StorageError};

use super::keys::{self, Key, kind};
use super::load::anonymous;
use super::tables::Space;
use super::write::Pass;
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
        let spaces = std::iter::once(Space::Displays).chain(self.group.days().into_iter().map(Space::Bucket));
        for space in spaces {
            if !self.move_rows(space, &moving, &mut budget)? {
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
            if self.counts(space, moving, suffix, &new_key)? {
                self.group.put(space, new_key, row.to_vec());
            }
            self.group.remove(space, key);
        }
        Ok(scanned.complete)
    }

    /// Whether a row that is moved counts where it arrives. What the user has there already was written later, or
    /// found before this one.
    fn counts(&self, space: Space, moving: &Move<'_>, suffix: &[u8], new_key: &Key) -> Result<bool, StorageError> {
        let is_in_bucket = matches!(space, Space::Bucket(_));
        if (is_in_bucket && suffix == [kind::PRESENCE]) || self.group.contains(space, new_key)? {
            return Ok(false);
        }
        if is_in_bucket && suffix.first() == Some(&kind::EVENT_ID) {
            for user in moving.earlier {
                if self.group.contains(space, &[user.as_slice(), suffix].concat())? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

fn identified(from: &UserRef, id: &UserId) -> UserRef {
    UserRef { workspace: from.workspace, namespace: Namespace::Identified, id: id.clone() }
}
