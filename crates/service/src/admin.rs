//! Setting up without a dashboard: workspaces, surveys, settings, rows.

use std::sync::Arc;

use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::key::KeyKind;
use sonde_core::limits::{LIVE_SURVEYS_MAX, WAIT_PERIOD_DAYS_MAX};
use sonde_core::survey::{SurveyStatus, parse_document};
use sonde_core::time::Span;
use sonde_storage::{ResponseQuery, ResponseRow, SurveyRecord, TriggerStats, Workspace};

use crate::accounts::{NewOwner, check_email, check_name};
use crate::error::{Error, FieldError};
use crate::{Engine, Service, passwords, random};

/// A workspace to create.
#[derive(Clone, Debug)]
pub struct InitInput {
    /// Name of the workspace.
    pub workspace: String,
    /// Its owner's e-mail address.
    pub email: String,
    /// The owner's password.
    pub password: String,
}

/// A new workspace; its keys are shown this once.
#[derive(Clone, Debug)]
pub struct Initialised {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Secret key of servers.
    pub backend_key: String,
    /// Public key of apps and sites.
    pub sdk_key: String,
}

/// A survey document to bring in.
#[derive(Clone, Debug)]
pub struct ImportInput {
    /// Where.
    pub workspace: WorkspaceId,
    /// The survey whose draft it replaces; `None` creates a survey.
    pub survey: Option<SurveyId>,
    /// The document, as text.
    pub document: String,
    /// Whether to publish it and make it live.
    pub launch: bool,
}

/// A survey after an import or a change of its status.
#[derive(Clone, Debug)]
pub struct SurveyNow {
    /// The survey.
    pub survey: SurveyId,
    /// The published version, 0 for none.
    pub version: u32,
    /// Where it is in its life.
    pub status: SurveyStatus,
}

impl<E: Engine> Service<E> {
    /// Creates a workspace with a backend key, an SDK key and an owner.
    pub async fn init(&self, input: InitInput) -> Result<Initialised, Error> {
        check_init(&input)?;
        let owner = NewOwner { email: input.email.trim().to_owned(), password_hash: passwords::hash(input.password).await? };
        let (workspace, keys) = self.create_workspace(&input.workspace, owner, &[KeyKind::Backend, KeyKind::Sdk]).await?;
        match <[String; 2]>::try_from(keys) {
            Ok([backend_key, sdk_key]) => Ok(Initialised { workspace, backend_key, sdk_key }),
            Err(keys) => unreachable!("two keys were asked for and {} made", keys.len()),
        }
    }

    /// Brings in a survey document as a new survey or as the next draft of one, and launches it if asked to.
    pub async fn import_survey(&self, input: ImportInput) -> Result<SurveyNow, Error> {
        parse_document(&input.document)
            .map_err(|wrong| Error::Invalid(wrong.into_iter().map(|wrong| FieldError::new(wrong.pointer, wrong.detail)).collect()))?;
        self.stored_workspace(input.workspace).await?;
        let _turn = self.cohort_use.lock().await;
        if input.launch {
            let problems = self.problems_of(input.workspace, &input.document)?;
            if !problems.is_empty() {
                return Err(Error::Invalid(problems));
            }
        }
        let now = self.now();
        let survey = if let Some(survey) = input.survey {
            self.engine.set_draft(input.workspace, survey, input.document, None, now).await.map_err(not_found("survey"))?;
            survey
        } else {
            let survey = SurveyId::new(now, random::bytes());
            let record = SurveyRecord {
                id: survey,
                workspace: input.workspace,
                status: SurveyStatus::Draft,
                draft: input.document,
                draft_revision: 1,
                published: None,
                launched_at: None,
                created_at: now,
                updated_at: now,
            };
            self.engine.create_survey(record).await.map_err(not_found("workspace"))?;
            survey
        };
        if input.launch {
            self.check_live_limit(input.workspace, survey)?;
            self.engine.publish(input.workspace, survey, None, now).await?;
            self.engine.set_status(input.workspace, survey, SurveyStatus::Live, now).await?;
        }
        self.cache.refresh(&*self.engine, input.workspace).await?;
        self.survey_now(input.workspace, survey)
    }

    /// Pauses, resumes or ends a survey.
    pub async fn set_survey_status(&self, workspace: WorkspaceId, survey: SurveyId, to: SurveyStatus) -> Result<SurveyNow, Error> {
        self.stored_workspace(workspace).await?;
        let current = self.survey_now(workspace, survey)?;
        match (current.status, to) {
            (SurveyStatus::Ended, to) if to != SurveyStatus::Ended => {
                return Err(Error::Conflict("the survey has ended; import it as a new one".to_owned()));
            }
            (_, SurveyStatus::Live) if current.version == 0 => {
                return Err(Error::Conflict("the survey was never published; import it with --launch".to_owned()));
            }
            (from, SurveyStatus::Live) => {
                self.check_live_limit(workspace, survey)?;
                if from != SurveyStatus::Live {
                    self.expect_showable(&self.survey_record(workspace, survey).await?)?;
                }
            }
            _ => {}
        }
        self.engine.set_status(workspace, survey, to, self.now()).await.map_err(not_found("survey"))?;
        self.cache.refresh(&*self.engine, workspace).await?;
        self.survey_now(workspace, survey)
    }

    /// The survey's document: the published one, or the draft if there is none.
    pub async fn export_survey(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<String, Error> {
        let records = self.engine.surveys(workspace).await?;
        let record = records.into_iter().find(|record| record.id == survey).ok_or(Error::NotFound("survey"))?;
        Ok(record.published.map_or(record.draft, |published| published.document))
    }

    /// Sets the minimum time between two surveys for one user.
    pub async fn set_wait_period(&self, workspace: WorkspaceId, days: u32) -> Result<(), Error> {
        if days > WAIT_PERIOD_DAYS_MAX {
            return Err(Error::invalid("/wait_period_days", format!("must be at most {WAIT_PERIOD_DAYS_MAX}")));
        }
        let stored = self.stored_workspace(workspace).await?;
        self.change_workspace(Workspace { wait_period: Span::from_days(i64::from(days)), ..stored }).await
    }

    /// Response rows, in the order of display ids.
    pub async fn responses(&self, query: &ResponseQuery) -> Result<Vec<ResponseRow>, Error> {
        self.stored_workspace(query.workspace).await?;
        Ok(self.engine.responses(query).await?)
    }

    /// What is known of a workspace's triggers.
    pub async fn triggers(&self, workspace: WorkspaceId) -> Result<Vec<TriggerStats>, Error> {
        self.stored_workspace(workspace).await?;
        Ok(self.engine.trigger_stats(workspace).await?)
    }

    pub(crate) async fn stored_workspace(&self, id: WorkspaceId) -> Result<Workspace, Error> {
        let all = self.engine.workspaces().await?;
        all.into_iter().find(|workspace| workspace.id == id).ok_or(Error::NotFound("workspace"))
    }

    fn survey_now(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<SurveyNow, Error> {
        let cached = self.workspace(workspace)?;
        let known = cached.snapshot.surveys().iter().find(|known| known.id == survey).ok_or(Error::NotFound("survey"))?;
        Ok(SurveyNow { survey, version: known.version, status: known.status })
    }

    pub(crate) fn check_live_limit(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<(), Error> {
        let cached: Arc<_> = self.workspace(workspace)?;
        let others = cached.snapshot.surveys().iter().filter(|known| known.status == SurveyStatus::Live && known.id != survey);
        if others.count() >= LIVE_SURVEYS_MAX {
            return Err(Error::Conflict(format!("this workspace has {LIVE_SURVEYS_MAX} live surveys already; end one first")));
        }
        Ok(())
    }
}

pub(crate) fn not_found(what: &'static str) -> impl Fn(sonde_storage::StorageError) -> Error {
    move |error| match Error::from(error) {
        Error::NotFound(_) => Error::NotFound(what),
        other => other,
    }
}

fn check_init(input: &InitInput) -> Result<(), Error> {
    let checks =
        [check_name("/workspace", &input.workspace), check_email("/email", &input.email), passwords::check("/password", &input.password)];
    let wrong: Vec<FieldError> = checks.into_iter().filter_map(Result::err).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}
