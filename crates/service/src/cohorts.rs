//! Cohorts: conditions on users that surveys share. A change is seen by the very next decision here.

use sonde_core::audience::Cohort;
use sonde_core::id::{CohortId, SurveyId, WorkspaceId};
use sonde_core::limits::{COHORTS_PER_WORKSPACE_MAX, SURVEY_TEXT_SCALARS_MAX};
use sonde_core::survey::{DocumentError, SurveyStatus, parse_cohort_condition};
use sonde_storage::{CohortRecord, StorageError, StorageErrorKind};

use crate::accounts::check_name;
use crate::error::{Error, FieldError};
use crate::{Engine, Service, random};

/// What members say of a cohort.
#[derive(Clone, Debug)]
pub struct CohortInput {
    /// What the team calls it.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Who belongs to it, as JSON text.
    pub condition: String,
}

/// A cohort and the surveys that use it.
#[derive(Clone, Debug)]
pub struct CohortDetail {
    /// The cohort.
    pub record: CohortRecord,
    /// Live and paused surveys whose published version names it.
    pub used_by: Vec<(SurveyId, String)>,
}

impl<E: Engine> Service<E> {
    /// The cohorts of a workspace, by creation.
    pub async fn cohorts(&self, workspace: WorkspaceId) -> Result<Vec<CohortDetail>, Error> {
        let records = self.engine.cohorts(workspace).await?;
        records.into_iter().map(|record| self.cohort_detail(record)).collect()
    }

    /// One cohort.
    pub async fn cohort(&self, workspace: WorkspaceId, cohort: CohortId) -> Result<CohortDetail, Error> {
        let found = self.engine.cohorts(workspace).await?.into_iter().find(|record| record.id == cohort);
        self.cohort_detail(found.ok_or(Error::NotFound("cohort"))?)
    }

    /// Creates a cohort.
    pub async fn create_cohort(&self, workspace: WorkspaceId, input: CohortInput) -> Result<CohortDetail, Error> {
        check(&input)?;
        let now = self.now();
        let CohortInput { name, description, condition } = input;
        let id = CohortId::new(now, random::bytes());
        let record = CohortRecord { id, workspace, name, description, condition, created_at: now, updated_at: now };
        self.engine.create_cohort(record, COHORTS_PER_WORKSPACE_MAX).await.map_err(|error| match error.kind() {
            StorageErrorKind::AlreadyExists => Error::Conflict(format!("a workspace has at most {COHORTS_PER_WORKSPACE_MAX} cohorts")),
            _ => error.into(),
        })?;
        self.cache.refresh(&*self.engine, workspace).await?;
        self.cohort(workspace, id).await
    }

    /// Replaces a cohort; surveys that use it go by the new condition from now on.
    pub async fn change_cohort(&self, workspace: WorkspaceId, cohort: CohortId, input: CohortInput) -> Result<CohortDetail, Error> {
        let known = self.cohort(workspace, cohort).await?.record;
        check(&input)?;
        let CohortInput { name, description, condition } = input;
        let record = CohortRecord { name, description, condition, updated_at: self.now(), ..known };
        self.engine.update_cohort(record).await.map_err(no_such)?;
        self.cache.refresh(&*self.engine, workspace).await?;
        self.cohort(workspace, cohort).await
    }

    /// Forgets a cohort that no live or paused survey uses.
    pub async fn delete_cohort(&self, workspace: WorkspaceId, cohort: CohortId) -> Result<(), Error> {
        let _turn = self.cohort_use.lock().await;
        let used_by = self.cohort(workspace, cohort).await?.used_by;
        if let Some((_, survey)) = used_by.first() {
            return Err(Error::Conflict(format!(
                "the survey {survey:?} uses this cohort; end the survey, or publish it without the cohort"
            )));
        }
        self.engine.delete_cohort(workspace, cohort).await.map_err(no_such)?;
        Ok(self.cache.refresh(&*self.engine, workspace).await?)
    }

    fn cohort_detail(&self, record: CohortRecord) -> Result<CohortDetail, Error> {
        let cached = self.workspace(record.workspace)?;
        let uses = |status| matches!(status, SurveyStatus::Live | SurveyStatus::Paused);
        let surveys = cached.snapshot.surveys().iter().filter(|survey| {
            uses(survey.status) && survey.document.launch.audience.as_ref().is_some_and(|audience| audience.cohorts().contains(&record.id))
        });
        let used_by = surveys.map(|survey| (survey.id, survey.document.name.clone())).collect();
        Ok(CohortDetail { record, used_by })
    }
}

fn no_such(error: StorageError) -> Error {
    match error.kind() {
        StorageErrorKind::NotFound => Error::NotFound("cohort"),
        _ => error.into(),
    }
}

fn check(input: &CohortInput) -> Result<(), Error> {
    let mut wrong: Vec<FieldError> = check_name("/name", &input.name).err().into_iter().collect();
    if input.description.chars().count() > SURVEY_TEXT_SCALARS_MAX || input.description.contains('\0') {
        wrong.push(FieldError::new("/description", format!("must have at most {SURVEY_TEXT_SCALARS_MAX} characters, without U+0000")));
    }
    let at = |error: DocumentError| FieldError::new(format!("/condition{}", error.pointer), error.detail);
    wrong.extend(parse_cohort_condition(&input.condition).err().into_iter().flatten().map(at));
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

/// A cohort as decisions see it. A stored condition was checked before it was stored.
pub(crate) fn known(record: CohortRecord) -> Result<Cohort, StorageError> {
    let CohortRecord { id, name, condition, .. } = record;
    let condition = parse_cohort_condition(&condition).map_err(|errors| {
        let first = errors.first().map_or_else(String::new, ToString::to_string);
        StorageError::new(StorageErrorKind::Corrupt, format!("the stored condition of {id} is not valid: {first}"))
    })?;
    Ok(Cohort { id, name: name.into(), condition })
}
