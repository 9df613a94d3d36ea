//! Surveys and their versions in the model.

use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::survey::SurveyStatus;
use sonde_core::time::Timestamp;

use super::{Everything, MemoryStore, already_exists, not_found};
use crate::{StorageError, StorageErrorKind, SurveyRecord, SurveyVersion, Surveys};

impl Everything {
    fn survey_mut(&mut self, workspace: WorkspaceId, survey: SurveyId, expected: Option<u64>) -> Result<&mut SurveyRecord, StorageError> {
        let record = self.surveys.get_mut(&(workspace, survey)).ok_or_else(|| not_found("survey"))?;
        if expected.is_some_and(|expected| expected != record.draft_revision) {
            return Err(StorageError::new(StorageErrorKind::Stale, "the draft was changed in between"));
        }
        Ok(record)
    }
}

impl Surveys for MemoryStore {
    async fn create_survey(&self, survey: SurveyRecord) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if !everything.workspaces.contains_key(&survey.workspace) {
            return Err(not_found("workspace"));
        }
        let place = (survey.workspace, survey.id);
        if everything.surveys.contains_key(&place) {
            return Err(already_exists("survey"));
        }
        let record = SurveyRecord { status: SurveyStatus::Draft, draft_revision: 1, published: None, launched_at: None, ..survey };
        everything.surveys.insert(place, record);
        Ok(())
    }

    async fn set_draft(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        draft: String,
        expected: Option<u64>,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let mut everything = self.lock();
        let record = everything.survey_mut(workspace, survey, expected)?;
        record.draft = draft;
        record.draft_revision += 1;
        record.updated_at = now;
        Ok(record.draft_revision)
    }

    async fn publish(
        &self,
        workspace: WorkspaceId,
        survey: SurveyId,
        expected: Option<u64>,
        now: Timestamp,
    ) -> Result<SurveyVersion, StorageError> {
        let mut everything = self.lock();
        let record = everything.survey_mut(workspace, survey, expected)?;
        let number = record.published.as_ref().map_or(0, |version| version.number) + 1;
        let version = SurveyVersion { number, document: record.draft.clone(), published_at: now };
        record.published = Some(version.clone());
        record.updated_at = now;
        everything.versions.insert((workspace, survey, number), version.clone());
        Ok(version)
    }

    async fn set_status(&self, workspace: WorkspaceId, survey: SurveyId, status: SurveyStatus, now: Timestamp) -> Result<(), StorageError> {
        let mut everything = self.lock();
        let record = everything.survey_mut(workspace, survey, None)?;
        record.status = status;
        record.updated_at = now;
        if status == SurveyStatus::Live {
            record.launched_at.get_or_insert(now);
        }
        Ok(())
    }

    async fn delete_survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<(), StorageError> {
        let mut everything = self.lock();
        if everything.survey_mut(workspace, survey, None)?.published.is_some() {
            return Err(not_found("unpublished survey"));
        }
        everything.surveys.remove(&(workspace, survey));
        Ok(())
    }

    async fn surveys(&self, workspace: WorkspaceId) -> Result<Vec<SurveyRecord>, StorageError> {
        let everything = self.lock();
        Ok(everything.surveys.values().filter(|survey| survey.workspace == workspace).cloned().collect())
    }

    async fn survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<Option<SurveyRecord>, StorageError> {
        Ok(self.lock().surveys.get(&(workspace, survey)).cloned())
    }

    async fn survey_versions(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<Vec<(u32, Timestamp)>, StorageError> {
        let everything = self.lock();
        let of_survey = everything.versions.iter().rev().filter(|((of, id, _), _)| (*of, *id) == (workspace, survey));
        Ok(of_survey.map(|((_, _, number), version)| (*number, version.published_at)).collect())
    }

    async fn survey_version(&self, workspace: WorkspaceId, survey: SurveyId, number: u32) -> Result<Option<SurveyVersion>, StorageError> {
        Ok(self.lock().versions.get(&(workspace, survey, number)).cloned())
    }
}
