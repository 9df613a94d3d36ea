//! Response rows in the model: the displays themselves, but for those that were deleted.

use std::collections::BTreeMap;

use sonde_core::display::Display;
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::time::Timestamp;
use sonde_core::user::UserRef;

use super::{Everything, MemoryStore, not_found};
use crate::{ResponseCounts, ResponseQuery, ResponseRow, Responses, StorageError};

impl Everything {
    fn shown_in(&self, workspace: WorkspaceId) -> impl Iterator<Item = (&UserRef, &Display)> {
        let known = self.displays.iter().map(|((user, _), display)| (user, display));
        let anonymised = self.anonymised.values().map(|row| (&row.user, &row.display));
        known.chain(anonymised).filter(move |(user, display)| {
            user.workspace == workspace && display.shown_at.is_some() && !self.deleted_responses.contains(&(workspace, display.id))
        })
    }
}

impl Responses for MemoryStore {
    async fn responses(&self, query: &ResponseQuery) -> Result<Vec<ResponseRow>, StorageError> {
        let everything = self.lock();
        let wanted = everything.shown_in(query.workspace).filter(|(_, display)| {
            let is_after = |after| if query.newest_first { display.id < after } else { display.id > after };
            query.survey.is_none_or(|survey| survey == display.survey) && query.after.is_none_or(is_after)
        });
        let mut rows: Vec<ResponseRow> =
            wanted.map(|(user, display)| ResponseRow { user: user.clone(), display: display.clone() }).collect();
        rows.sort_by_key(|row| row.display.id);
        if query.newest_first {
            rows.reverse();
        }
        rows.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
        Ok(rows)
    }

    async fn response(&self, workspace: WorkspaceId, display: DisplayId) -> Result<Option<ResponseRow>, StorageError> {
        let everything = self.lock();
        let found = everything.shown_in(workspace).find(|(_, shown)| shown.id == display);
        Ok(found.map(|(user, display)| ResponseRow { user: user.clone(), display: display.clone() }))
    }

    async fn delete_responses_before(&self, workspace: WorkspaceId, before: Timestamp, limit: u32) -> Result<usize, StorageError> {
        let mut everything = self.lock();
        let first_kept = DisplayId::new(before, [0; 10]);
        let mut old: Vec<DisplayId> = everything.shown_in(workspace).map(|(_, display)| display.id).filter(|id| *id < first_kept).collect();
        old.sort();
        old.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        everything.deleted_responses.extend(old.iter().map(|id| (workspace, *id)));
        Ok(old.len())
    }

    async fn delete_response(&self, workspace: WorkspaceId, display: DisplayId) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if !everything.shown_in(workspace).any(|(_, shown)| shown.id == display) {
            return Err(not_found("response"));
        }
        everything.deleted_responses.insert((workspace, display));
        Ok(())
    }

    async fn completed_counts(&self, workspace: WorkspaceId) -> Result<Vec<(SurveyId, u64)>, StorageError> {
        let everything = self.lock();
        let mut counts: BTreeMap<SurveyId, u64> = BTreeMap::new();
        for (_, survey) in everything.completed.iter().filter(|((of, _), _)| *of == workspace) {
            *counts.entry(*survey).or_default() += 1;
        }
        Ok(counts.into_iter().collect())
    }

    async fn response_counts(&self, workspace: WorkspaceId) -> Result<Vec<(SurveyId, ResponseCounts)>, StorageError> {
        let everything = self.lock();
        let mut counts: BTreeMap<SurveyId, ResponseCounts> = BTreeMap::new();
        for (_, display) in everything.shown_in(workspace) {
            let of_survey = counts.entry(display.survey).or_default();
            of_survey.shown += 1;
            of_survey.started += u64::from(display.first_answered_at.is_some());
            of_survey.completed += u64::from(display.completed_at.is_some());
        }
        Ok(counts.into_iter().collect())
    }
}
