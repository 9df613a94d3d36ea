//! "Forget this user": the state and the response rows in one step, all other rows afterwards in chunks.

use std::collections::BTreeSet;

use sonde_core::user::UserRef;
use sonde_storage::{Erase, Outcome, StorageError};

use super::keys::{self, Key};
use super::load::anonymous;
use super::merge::Budget;
use super::tables::{Space, Tables};
use super::write::Pass;
use crate::{error, rows};

impl Pass<'_> {
    pub(super) fn erase(&mut self, erase: &Erase) -> Result<Outcome, StorageError> {
        let key = keys::user(&erase.user);
        let state = self.state(&key)?;
        if state.alias_of.is_some() {
            return Ok(Outcome::AliasConflict);
        }
        if !state.erasing {
            self.put_state(key.clone(), &state.being_erased());
            self.group.remove(Space::Refusals, key.clone());
            self.group.put(Space::Meta, keys::erasing(&key), Vec::new());
            self.erasing.insert(key);
            self.put_outbox(rows::outbox::encode_erased(&erase.user, &erase.responses));
        }
        Ok(Outcome::EraseStarted)
    }

    pub(super) fn continue_erase(&mut self, user: &UserRef) -> Result<Outcome, StorageError> {
        let key = keys::user(user);
        if !self.erasing.contains(&key) {
            return Ok(Outcome::Erased);
        }
        // Rows under ids that were being merged into the user are the user's.
        let merging = self.state(&key)?.merging;
        let owners: Vec<Key> = std::iter::once(key.clone()).chain(merging.iter().map(|id| keys::user(&anonymous(user, id)))).collect();
        let days = self.group.days();
        let spaces: Vec<Space> = std::iter::once(Space::Displays).chain(days.iter().copied().map(Space::Marks)).collect();
        let mut budget = Budget::of_a_step();
        for owner in &owners {
            for space in &spaces {
                if !self.remove_rows(*space, owner, &mut budget)? {
                    return Ok(Outcome::EraseStarted);
                }
            }
            for day in &days {
                if !self.remove_events(*day, owner, &mut budget)? {
                    return Ok(Outcome::EraseStarted);
                }
            }
        }
        if !self.remove_aliases(user, &key, &mut budget)? {
            return Ok(Outcome::EraseStarted);
        }
        self.group.remove(Space::Meta, keys::erasing(&key));
        self.erasing.remove(&key);
        self.remove_state(key)?;
        Ok(Outcome::Erased)
    }

    /// Removes what the budget allows. `true`: nothing is left.
    fn remove_rows(&mut self, space: Space, owner: &Key, budget: &mut Budget) -> Result<bool, StorageError> {
        let scanned = self.group.scan(space, owner, budget.rows, budget.bytes)?;
        for (key, row) in scanned.rows {
            budget.spend(row.len());
            self.group.remove(space, key);
        }
        Ok(scanned.complete)
    }

    /// The same for events of a day.
    fn remove_events(&mut self, day: i32, owner: &Key, budget: &mut Budget) -> Result<bool, StorageError> {
        let (found, complete) = self.events_to_go(day, owner, budget)?;
        for (entry, event) in found {
            self.group.remove_event(day, &entry, &event.event());
        }
        Ok(complete)
    }

    /// The same for anonymous ids that stand for the user.
    fn remove_aliases(&mut self, user: &UserRef, key: &Key, budget: &mut Budget) -> Result<bool, StorageError> {
        let scanned = self.group.scan(Space::Aliases, key, budget.rows, budget.bytes)?;
        for (row, _) in scanned.rows {
            budget.spend(row.len());
            let alias = super::aliases::read(&row, key.len())?;
            self.remove_state(keys::user(&anonymous(user, &alias)))?;
            self.group.remove(Space::Aliases, row);
        }
        Ok(scanned.complete)
    }

    /// Nothing is kept of a state, not even its version: instead every user nobody has written has a higher one from now
    /// on.
    fn remove_state(&mut self, user: Key) -> Result<(), StorageError> {
        let version = self.header(&user)?.version;
        if self.group.contains(Space::Users, &user)? {
            self.numbers.version_floor = self.numbers.version_floor.max(version + 1);
            self.group.remove(Space::Users, user);
        }
        Ok(())
    }
}

/// Who was being erased when the store was last open.
pub(super) fn under_way(tables: &Tables) -> Result<BTreeSet<Key>, StorageError> {
    let rows = tables.meta.prefix(keys::ERASING).map(|guard| {
        let key = guard.key().map_err(|error| error::fjall("read who is being erased", error))?;
        Ok(key[keys::ERASING.len()..].to_vec())
    });
    rows.collect()
}
