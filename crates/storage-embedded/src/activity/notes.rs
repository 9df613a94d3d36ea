//! What is noted beside decisions: refusals by user, counts by survey and day. One row each, bounded.

use std::collections::BTreeMap;

use fjall::Readable;
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::limits::DECISION_DAYS;
use sonde_core::refusal::{Refusal, unite};
use sonde_core::user::UserRef;
use sonde_storage::{DecisionCounts, DecisionNote, Outcome, RefusalNote, StorageError};

use super::keys::{self, Key};
use super::tables::{Space, Tables, View};
use super::write::Pass;
use crate::error;
use crate::rows::note;

impl Pass<'_> {
    pub(super) fn refuse(&mut self, refused: &RefusalNote) -> Result<Outcome, StorageError> {
        let user = keys::user(&self.owner(&refused.user)?);
        if self.erasing.contains(&user) {
            return Ok(Outcome::Observed);
        }
        self.put_refusals(user, refused.refusals.clone())?;
        Ok(Outcome::Observed)
    }

    /// The refusals of an anonymous user that becomes an alias are the user's.
    pub(super) fn move_refusals(&mut self, from: &Key, into: &Key) -> Result<(), StorageError> {
        if let Some(row) = self.group.get(Space::Refusals, from)? {
            let moved = note::decode_refusals(&row).map_err(|bad| bad.at(&Space::Refusals.name(), from))?;
            self.put_refusals(into.clone(), moved)?;
            self.group.remove(Space::Refusals, from.clone());
        }
        Ok(())
    }

    fn put_refusals(&mut self, user: Key, new: Vec<Refusal>) -> Result<(), StorageError> {
        let kept = match self.group.get(Space::Refusals, &user)? {
            Some(row) => note::decode_refusals(&row).map_err(|bad| bad.at(&Space::Refusals.name(), &user))?,
            None => Vec::new(),
        };
        self.group.put(Space::Refusals, user, note::encode_refusals(&unite(kept, new)));
        Ok(())
    }

    pub(super) fn count_decisions(&mut self, counted: &DecisionNote) -> Result<Outcome, StorageError> {
        let key = keys::survey(counted.workspace, counted.survey);
        let mut days = match self.group.get(Space::Decisions, &key)? {
            Some(row) => note::decode_days(&row).map_err(|bad| bad.at(&Space::Decisions.name(), &key))?,
            None => BTreeMap::new(),
        };
        days.entry(counted.day).or_default().add(&counted.counts);
        let newest = days.last_key_value().map_or(counted.day, |(day, _)| *day);
        days.retain(|day, _| usize::try_from(i64::from(newest) - i64::from(*day)).is_ok_and(|ago| ago < DECISION_DAYS));
        self.group.put(Space::Decisions, key, note::encode_days(&days));
        Ok(Outcome::Observed)
    }
}

/// What is kept of a user's refusals.
pub(crate) fn refusals(tables: &Tables, view: &View, user: &UserRef) -> Result<Vec<Refusal>, StorageError> {
    let key = keys::user(user);
    let row = view.snapshot.get(&tables.refusals, &key).map_err(|error| error::fjall("read refusals", error))?;
    row.map_or(Ok(Vec::new()), |row| note::decode_refusals(&row).map_err(|bad| bad.at(&Space::Refusals.name(), &key)))
}

/// How often decisions looked at a survey.
pub(crate) fn decision_counts(
    tables: &Tables,
    view: &View,
    workspace: WorkspaceId,
    survey: SurveyId,
) -> Result<BTreeMap<i32, DecisionCounts>, StorageError> {
    let key = keys::survey(workspace, survey);
    let row = view.snapshot.get(&tables.decisions, &key).map_err(|error| error::fjall("read counts of decisions", error))?;
    row.map_or(Ok(BTreeMap::new()), |row| note::decode_days(&row).map_err(|bad| bad.at(&Space::Decisions.name(), &key)))
}
