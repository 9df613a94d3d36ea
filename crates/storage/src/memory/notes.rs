//! What is noted beside decisions, and going over users.

use std::collections::{BTreeMap, BTreeSet};

use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::limits::DECISION_DAYS;
use sonde_core::refusal::unite;
use sonde_core::user::UserRef;

use super::Everything;
use crate::{DecisionCounts, DecisionNote, Outcome, RefusalNote, UserCursor, UserPage, UsersWith};

impl Everything {
    pub(super) fn refuse(&mut self, note: RefusalNote) -> Outcome {
        let user = self.owner(note.user);
        if self.state(&user).erasing {
            return Outcome::Observed;
        }
        let kept = self.refusals.entry(user).or_default();
        *kept = unite(std::mem::take(kept), note.refusals);
        Outcome::Observed
    }

    /// The refusals of an anonymous user that became an alias are the user's.
    pub(super) fn move_refusals(&mut self, from: &UserRef, into: &UserRef) {
        if let Some(moved) = self.refusals.remove(from) {
            let kept = self.refusals.entry(into.clone()).or_default();
            *kept = unite(std::mem::take(kept), moved);
        }
    }

    pub(super) fn count_decisions(&mut self, note: &DecisionNote) -> Outcome {
        let days = self.decisions.entry((note.workspace, note.survey)).or_default();
        days.entry(note.day).or_default().add(&note.counts);
        let newest = days.last_key_value().map_or(note.day, |(day, _)| *day);
        days.retain(|day, _| usize::try_from(i64::from(newest) - i64::from(*day)).is_ok_and(|ago| ago < DECISION_DAYS));
        Outcome::Observed
    }

    pub(super) fn decision_counts(&self, workspace: WorkspaceId, survey: SurveyId) -> BTreeMap<i32, DecisionCounts> {
        self.decisions.get(&(workspace, survey)).cloned().unwrap_or_default()
    }

    pub(super) fn users_with(&self, workspace: WorkspaceId, with: UsersWith, after: Option<&UserCursor>, limit: usize) -> UserPage {
        let users: BTreeSet<&UserRef> = match with {
            UsersWith::State => self.users.iter().filter(|(_, state)| state.alias_of.is_none()).map(|(user, _)| user).collect(),
            UsersWith::Events => self.buckets.values().flat_map(|bucket| bucket.events.keys()).collect(),
        };
        let users: Vec<UserRef> = users.into_iter().filter(|user| user.workspace == workspace).cloned().collect();
        let from = after.and_then(|after| after.0.as_slice().try_into().ok()).map_or(0, usize::from_be_bytes);
        let page: Vec<UserRef> = users.iter().skip(from).take(limit).cloned().collect();
        let behind = from + page.len();
        let next = (behind < users.len()).then(|| UserCursor(behind.to_be_bytes().to_vec()));
        #[expect(clippy::cast_precision_loss, reason = "a share of a handful of users")]
        let covered = if next.is_some() { behind as f64 / users.len() as f64 } else { 1.0 };
        UserPage { users: page, covered, next }
    }
}
