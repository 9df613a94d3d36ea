//! Surveys as a team works on them: drafts that save themselves, versions, launch and life.

mod draft;

use std::collections::BTreeMap;

use sonde_core::audience::Node;
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::survey::document::PersonalText;
use sonde_core::survey::{SurveyStatus, parse_document};
use sonde_core::time::Timestamp;
use sonde_storage::{ResponseCounts, StorageErrorKind, SurveyRecord};

use crate::error::{Error, FieldError};
use crate::{Engine, Service, random};

pub use draft::name_of;

/// One survey in a list.
#[derive(Clone, Debug)]
pub struct SurveySummary {
    /// The survey.
    pub record: SurveyRecord,
    /// Its name: the draft's.
    pub name: String,
    /// Whether the draft says something else than the published version.
    pub draft_differs: bool,
    /// How far its displays came.
    pub counts: ResponseCounts,
}

/// One survey with what belongs to it.
#[derive(Clone, Debug)]
pub struct SurveyDetail {
    /// The survey.
    pub record: SurveyRecord,
    /// Why the draft cannot be published as it is.
    pub draft_errors: Vec<FieldError>,
    /// Numbers and times of its versions, the newest first.
    pub versions: Vec<(u32, Timestamp)>,
}

/// Which surveys.
#[derive(Clone, Debug, Default)]
pub struct SurveyQuery {
    /// Only those of a status.
    pub status: Option<SurveyStatus>,
    /// Only those whose name contains this, without regard to case.
    pub search: String,
}

/// What became of a draft.
#[derive(Clone, Debug)]
pub enum DraftSaved {
    /// It is stored.
    Saved {
        /// Its new revision.
        revision: u64,
        /// Why it cannot be published as it is.
        errors: Vec<FieldError>,
    },
    /// Somebody else saved in between; nothing is stored.
    Stale {
        /// The stored revision.
        revision: u64,
    },
}

impl<E: Engine> Service<E> {
    /// The surveys of a workspace, last changed first.
    pub async fn list_surveys(&self, workspace: WorkspaceId, query: &SurveyQuery) -> Result<Vec<SurveySummary>, Error> {
        let counts: BTreeMap<SurveyId, ResponseCounts> = self.engine.response_counts(workspace).await?.into_iter().collect();
        let search = query.search.trim().to_lowercase();
        let mut records = self.engine.surveys(workspace).await?;
        records.retain(|record| query.status.is_none_or(|status| status == record.status));
        records.sort_by_key(|record| std::cmp::Reverse((record.updated_at, record.id)));
        let summaries = records.into_iter().map(|record| SurveySummary {
            name: name_of(&record.draft),
            draft_differs: record.published.as_ref().is_none_or(|published| !draft::same(&published.document, &record.draft)),
            counts: counts.get(&record.id).copied().unwrap_or_default(),
            record,
        });
        Ok(summaries.filter(|summary| search.is_empty() || summary.name.to_lowercase().contains(&search)).collect())
    }

    /// One survey.
    pub async fn survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<SurveyDetail, Error> {
        let record = self.survey_record(workspace, survey).await?;
        let versions = self.engine.survey_versions(workspace, survey).await?;
        Ok(SurveyDetail { draft_errors: self.problems_of(workspace, &record.draft)?, record, versions })
    }

    pub(crate) async fn survey_record(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<SurveyRecord, Error> {
        self.engine.survey(workspace, survey).await?.ok_or(Error::NotFound("survey"))
    }

    /// The document of one version, as it was published.
    pub async fn version_document(&self, workspace: WorkspaceId, survey: SurveyId, number: u32) -> Result<String, Error> {
        let version = self.engine.survey_version(workspace, survey, number).await?;
        Ok(version.ok_or(Error::NotFound("survey version"))?.document)
    }

    /// Creates a survey from a draft, finished or not.
    pub async fn create_survey(&self, workspace: WorkspaceId, draft: String) -> Result<SurveyDetail, Error> {
        draft::check(&draft)?;
        let now = self.now();
        let id = SurveyId::new(now, random::bytes());
        let record = SurveyRecord {
            id,
            workspace,
            status: SurveyStatus::Draft,
            draft,
            draft_revision: 1,
            published: None,
            created_at: now,
            updated_at: now,
            launched_at: None,
        };
        self.engine.create_survey(record).await?;
        self.refresh(workspace).await?;
        self.survey(workspace, id).await
    }

    /// Replaces the draft of that revision.
    pub async fn save_draft(&self, workspace: WorkspaceId, survey: SurveyId, draft: String, revision: u64) -> Result<DraftSaved, Error> {
        draft::check(&draft)?;
        if self.survey_record(workspace, survey).await?.status == SurveyStatus::Ended {
            return Err(Error::Conflict("the survey has ended; duplicate it".to_owned()));
        }
        let errors = self.problems_of(workspace, &draft)?;
        match self.engine.set_draft(workspace, survey, draft, Some(revision), self.now()).await {
            Ok(revision) => Ok(DraftSaved::Saved { revision, errors }),
            Err(error) if error.kind() == StorageErrorKind::Stale => {
                Ok(DraftSaved::Stale { revision: self.survey_record(workspace, survey).await?.draft_revision })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Publishes the draft as the next version.
    pub async fn publish_survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<SurveyDetail, Error> {
        let _turn = self.cohort_use.lock().await;
        let record = self.survey_record(workspace, survey).await?;
        expect_not_ended(&record)?;
        self.publish_draft(&record).await?;
        self.refresh(workspace).await?;
        self.survey(workspace, survey).await
    }

    /// Publishes the draft if it says anything new, and lets the survey be shown.
    pub async fn launch_survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<SurveyDetail, Error> {
        let _turn = self.cohort_use.lock().await;
        let record = self.survey_record(workspace, survey).await?;
        expect_not_ended(&record)?;
        self.check_live_limit(workspace, survey)?;
        if record.published.as_ref().is_none_or(|published| !draft::same(&published.document, &record.draft)) {
            self.publish_draft(&record).await?;
        } else {
            self.expect_showable(&record)?;
        }
        self.engine.set_status(workspace, survey, SurveyStatus::Live, self.now()).await?;
        self.refresh(workspace).await?;
        self.survey(workspace, survey).await
    }

    /// The draft as it was checked, or nothing: what somebody saves in between is not published unseen.
    async fn publish_draft(&self, record: &SurveyRecord) -> Result<(), Error> {
        let errors = self.problems_of(record.workspace, &record.draft)?;
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        let published = self.engine.publish(record.workspace, record.id, Some(record.draft_revision), self.now()).await;
        published.map(drop).map_err(|error| match error.kind() {
            StorageErrorKind::Stale => Error::Conflict("the draft was changed in between; look at it again".to_owned()),
            _ => error.into(),
        })
    }

    /// Holds a survey back, lets it be shown again, or ends it for good.
    pub async fn change_survey(&self, workspace: WorkspaceId, survey: SurveyId, to: SurveyStatus) -> Result<SurveyDetail, Error> {
        let record = self.survey_record(workspace, survey).await?;
        let from = record.status;
        let fits = match to {
            SurveyStatus::Live => matches!(from, SurveyStatus::Paused | SurveyStatus::Live),
            SurveyStatus::Paused => matches!(from, SurveyStatus::Live | SurveyStatus::Paused),
            SurveyStatus::Ended => from != SurveyStatus::Draft,
            SurveyStatus::Draft => false,
        };
        if !fits {
            return Err(Error::Conflict("the survey was never launched, or has ended".to_owned()));
        }
        if from != to {
            if to == SurveyStatus::Live {
                self.check_live_limit(workspace, survey)?;
                self.expect_showable(&record)?;
            }
            self.engine.set_status(workspace, survey, to, self.now()).await?;
            self.refresh(workspace).await?;
        }
        self.survey(workspace, survey).await
    }

    /// Creates a survey whose draft is a copy of this one's.
    pub async fn duplicate_survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<SurveyDetail, Error> {
        let record = self.survey_record(workspace, survey).await?;
        self.create_survey(workspace, draft::copy_of(&record.draft)).await
    }

    /// Deletes a survey that was never published.
    pub async fn delete_survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<(), Error> {
        let conflict = || Error::Conflict("a survey that was published is kept, with what was answered; end it instead".to_owned());
        if self.survey_record(workspace, survey).await?.published.is_some() {
            return Err(conflict());
        }
        self.engine.delete_survey(workspace, survey).await.map_err(|error| match error.kind() {
            StorageErrorKind::NotFound => conflict(),
            _ => error.into(),
        })?;
        self.refresh(workspace).await
    }

    /// Why a document cannot be published, or its survey shown, in this workspace.
    pub(crate) fn problems_of(&self, workspace: WorkspaceId, document: &str) -> Result<Vec<FieldError>, Error> {
        let document = match parse_document(document) {
            Ok(document) => document,
            Err(wrong) => return Ok(wrong.into_iter().map(|wrong| FieldError::new(wrong.pointer, wrong.detail)).collect()),
        };
        let cached = self.workspace(workspace)?;
        let named = document.launch.audience.as_ref().map(Node::cohorts).unwrap_or_default();
        let unknown = named.into_iter().filter(|cohort| !cached.snapshot.cohorts.contains_key(cohort));
        let mut problems: Vec<_> =
            unknown.map(|cohort| FieldError::new("/launch/audience", format!("there is no cohort {cohort}"))).collect();
        if cached.record.settings.allows_personal_texts() {
            return Ok(problems);
        }
        let refused = |text: PersonalText| {
            let PersonalText { pointer, says } = text;
            FieldError::new(
                pointer,
                format!(
                    "says {says} while identity proof is off: anybody who holds the SDK key could read it of any user. Turn on identity proof, or allow it in the settings under Security and data"
                ),
            )
        };
        problems.extend(document.personal.into_iter().map(refused));
        Ok(problems)
    }

    /// The same for the published version of a survey that is to be shown again.
    pub(crate) fn expect_showable(&self, record: &SurveyRecord) -> Result<(), Error> {
        let Some(published) = &record.published else { return Ok(()) };
        let problems = self.problems_of(record.workspace, &published.document)?;
        if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
    }

    /// Lets decisions see what changed.
    async fn refresh(&self, workspace: WorkspaceId) -> Result<(), Error> {
        Ok(self.cache.refresh(&*self.engine, workspace).await?)
    }
}

fn expect_not_ended(record: &SurveyRecord) -> Result<(), Error> {
    if record.status == SurveyStatus::Ended {
        return Err(Error::Conflict("the survey has ended; duplicate it".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
