//! Erasing a user in the model: everything at once; only the end of it is a step of its own.

use sonde_core::display::anonymised;
use sonde_core::user::{Namespace, UserId, UserRef, UserState};

use super::Everything;
use crate::{Erase, ErasedResponses, Outcome, ResponseRow};

impl Everything {
    /// The stored state, or that of a user nobody has written.
    pub(super) fn state(&self, user: &UserRef) -> UserState {
        let new = || UserState { version: self.version_floor, ..UserState::default() };
        self.users.get(user).cloned().unwrap_or_else(new)
    }

    pub(super) fn aliases_of(&self, user: &UserRef) -> impl Iterator<Item = UserId> {
        let aliases = self.users.iter().filter(|(alias, state)| {
            user.namespace == Namespace::Identified && alias.workspace == user.workspace && state.alias_of.as_ref() == Some(&user.id)
        });
        aliases.map(|(alias, _)| alias.id.clone())
    }

    pub(super) fn erase(&mut self, erase: &Erase) -> Outcome {
        let user = &erase.user;
        let state = self.state(user);
        if state.alias_of.is_some() {
            return Outcome::AliasConflict;
        }
        if state.erasing {
            return Outcome::EraseStarted;
        }
        self.users.insert(user.clone(), state.being_erased());
        self.refusals.remove(user);
        for ((owner, id), display) in std::mem::take(&mut self.displays) {
            if owner != *user {
                self.displays.insert((owner, id), display);
                continue;
            }
            if let ErasedResponses::Anonymise { as_id } = &erase.responses
                && display.shown_at.is_some()
            {
                let nobody = UserRef { workspace: user.workspace, namespace: Namespace::Anonymous, id: as_id.clone() };
                let row = ResponseRow { user: nobody, display: anonymised(&display) };
                self.anonymised.insert((user.workspace, id), row);
            }
        }
        for bucket in self.buckets.values_mut() {
            bucket.events.remove(user);
            bucket.marks.remove(user);
            bucket.cancelled.remove(user);
            bucket.fingerprints.retain(|(owner, _), _| owner != user);
        }
        Outcome::EraseStarted
    }

    pub(super) fn continue_erase(&mut self, user: &UserRef) -> Outcome {
        if !self.state(user).erasing {
            return Outcome::Erased;
        }
        let aliases: Vec<UserId> = self.aliases_of(user).collect();
        let aliases = aliases.into_iter().map(|id| UserRef { namespace: Namespace::Anonymous, id, ..user.clone() });
        for gone in aliases.chain([user.clone()]) {
            if let Some(state) = self.users.remove(&gone) {
                self.version_floor = self.version_floor.max(state.version + 1);
            }
        }
        Outcome::Erased
    }
}
