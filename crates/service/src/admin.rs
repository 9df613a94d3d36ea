//! Setting up without a dashboard: workspaces, surveys, settings, rows.

use std::sync::Arc;

use sonde_core::id::{MemberId, SurveyId, WorkspaceId};
use sonde_core::key::KeyKind;
use sonde_core::limits::{LIVE_SURVEYS_MAX, NAME_SCALARS_MAX};
use sonde_core::survey::{SurveyStatus, parse_document};
use sonde_core::time::Span;
use sonde_storage::{NewMember, NewWorkspace, ResponseQuery, ResponseRow, SurveyRecord, TriggerStats, Workspace};

use crate::error::{Error, FieldError};
use crate::{Engine, Service, keys, passwords, random};

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

/// Longest wait period, in days.
const WAIT_PERIOD_DAYS_MAX: u32 = 3_650;

impl<E: Engine> Service<E> {
    /// Creates a workspace with a backend key, an SDK key and an owner.
    pub async fn init(&self, input: InitInput) -> Result<Initialised, Error> {
        check_init(&input)?;
        let now = self.now();
        let id = WorkspaceId::new(now, random::bytes());
        let password = input.password;
        let hashing = tokio::task::spawn_blocking(move || passwords::hash(&password)).await;
        let password_hash = hashing.map_err(|_| Error::Busy { retry_after_secs: 1 })??;
        let (backend_key, backend) = keys::mint(id, KeyKind::Backend, now);
        let (sdk_key, sdk) = keys::mint(id, KeyKind::Sdk, now);
        let workspace = Workspace { id, name: input.workspace.trim().to_owned(), wait_period: Span::ZERO, created_at: now };
        let owner = NewMember { id: MemberId::new(now, random::bytes()), email: input.email.trim().to_owned(), password_hash };
        let new = NewWorkspace { workspace: workspace.clone(), keys: vec![backend.clone(), sdk.clone()], owner };
        self.engine.create_workspace(new).await?;
        self.cache.refresh(&*self.engine, &workspace).await?;
        self.cache.add_key(backend);
        self.cache.add_key(sdk);
        Ok(Initialised { workspace: id, backend_key, sdk_key })
    }

    /// Brings in a survey document as a new survey or as the next draft of one, and launches it if asked to.
    pub async fn import_survey(&self, input: ImportInput) -> Result<SurveyNow, Error> {
        parse_document(&input.document)
            .map_err(|wrong| Error::Invalid(wrong.into_iter().map(|wrong| FieldError::new(wrong.pointer, wrong.detail)).collect()))?;
        let workspace = self.stored_workspace(input.workspace).await?;
        let now = self.now();
        let survey = match input.survey {
            Some(survey) => {
                self.engine.set_draft(input.workspace, survey, input.document, now).await.map_err(not_found("survey"))?;
                survey
            }
            None => {
                let survey = SurveyId::new(now, random::bytes());
                let record = SurveyRecord {
                    id: survey,
                    workspace: input.workspace,
                    status: SurveyStatus::Draft,
                    draft: input.document,
                    published: None,
                    created_at: now,
                    updated_at: now,
                };
                self.engine.create_survey(record).await.map_err(not_found("workspace"))?;
                survey
            }
        };
        if input.launch {
            self.check_live_limit(input.workspace, survey)?;
            self.engine.publish(input.workspace, survey, now).await?;
            self.engine.set_status(input.workspace, survey, SurveyStatus::Live, now).await?;
        }
        self.cache.refresh(&*self.engine, &workspace).await?;
        self.survey_now(input.workspace, survey)
    }

    /// Pauses, resumes or ends a survey.
    pub async fn set_survey_status(&self, workspace: WorkspaceId, survey: SurveyId, to: SurveyStatus) -> Result<SurveyNow, Error> {
        let stored = self.stored_workspace(workspace).await?;
        let current = self.survey_now(workspace, survey)?;
        match (current.status, to) {
            (SurveyStatus::Ended, to) if to != SurveyStatus::Ended => {
                return Err(Error::Conflict("the survey has ended; import it as a new one".to_owned()));
            }
            (_, SurveyStatus::Live) if current.version == 0 => {
                return Err(Error::Conflict("the survey was never published; import it with --launch".to_owned()));
            }
            (_, SurveyStatus::Live) => self.check_live_limit(workspace, survey)?,
            _ => {}
        }
        self.engine.set_status(workspace, survey, to, self.now()).await.map_err(not_found("survey"))?;
        self.cache.refresh(&*self.engine, &stored).await?;
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
        self.engine.set_wait_period(workspace, Span::from_days(i64::from(days))).await.map_err(not_found("workspace"))?;
        let stored = self.stored_workspace(workspace).await?;
        Ok(self.cache.refresh(&*self.engine, &stored).await?)
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

    async fn stored_workspace(&self, id: WorkspaceId) -> Result<Workspace, Error> {
        let all = self.engine.workspaces().await?;
        all.into_iter().find(|workspace| workspace.id == id).ok_or(Error::NotFound("workspace"))
    }

    fn survey_now(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<SurveyNow, Error> {
        let cached = self.workspace(workspace)?;
        let known = cached.snapshot.surveys().iter().find(|known| known.id == survey).ok_or(Error::NotFound("survey"))?;
        Ok(SurveyNow { survey, version: known.version, status: known.status })
    }

    fn check_live_limit(&self, workspace: WorkspaceId, survey: SurveyId) -> Result<(), Error> {
        let cached: Arc<_> = self.workspace(workspace)?;
        let others = cached.snapshot.surveys().iter().filter(|known| known.status == SurveyStatus::Live && known.id != survey);
        if others.count() >= LIVE_SURVEYS_MAX {
            return Err(Error::Conflict(format!("this workspace has {LIVE_SURVEYS_MAX} live surveys already; end one first")));
        }
        Ok(())
    }
}

fn not_found(what: &'static str) -> impl Fn(sonde_storage::StorageError) -> Error {
    move |error| match Error::from(error) {
        Error::NotFound(_) => Error::NotFound(what),
        other => other,
    }
}

fn check_init(input: &InitInput) -> Result<(), Error> {
    let mut wrong = Vec::new();
    let name_length = input.workspace.trim().chars().count();
    if !(1..=NAME_SCALARS_MAX).contains(&name_length) || input.workspace.chars().any(char::is_control) {
        wrong.push(FieldError::new("/workspace", format!("must have 1 to {NAME_SCALARS_MAX} characters and no control characters")));
    }
    let email = input.email.trim();
    let looks_like_one = email.len() <= 254
        && email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    if !looks_like_one {
        wrong.push(FieldError::new("/email", "must be an e-mail address"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}
