//! Why, and why not: the output of the one decision, in sentences.

use std::sync::Arc;

use sonde_core::decide::{Decision, Depth, Explained, Moment, Reason, SurveyVerdict, Verdict, WorkspaceSnapshot, decide};
use sonde_core::event::EVENT_LIFETIME;
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::limits::TEST_USERS_MAX;
use sonde_core::properties::Properties;
use sonde_core::settings::IdentityProof;
use sonde_core::survey::launch::Platform;
use sonde_core::survey::{Survey, SurveyStatus};
use sonde_core::time::Timestamp;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserActivity, UserRef};
use sonde_storage::Workspace;

use crate::cache::CachedWorkspace;
use crate::error::Error;
use crate::{Engine, Service};

/// What the gates of one survey say.
#[derive(Clone, Debug)]
pub struct SurveyExplained {
    /// Which.
    pub survey: SurveyId,
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub status: SurveyStatus,
    /// Whether it would be shown, or stay due.
    pub due: bool,
    /// Why not: every reason, in the order of the gates; empty when it is due.
    pub reasons: Vec<Explained>,
}

/// "What if this user fired that trigger then?"
#[derive(Clone, Debug)]
pub struct DryRunInput {
    /// A frontend trigger; `None`: any of each survey's own.
    pub trigger: Option<TriggerName>,
    /// What the app or site would say about it.
    pub properties: Properties,
    /// A platform; `None`: any of each survey's own.
    pub platform: Option<Platform>,
    /// When, from now to 100 hours ahead; `None`: now.
    pub at: Option<Timestamp>,
}

/// What would come of it. Nothing is claimed.
#[derive(Clone, Debug)]
pub struct DryRun {
    /// When.
    pub at: Timestamp,
    /// The survey that would be shown; with a trigger and a platform alone.
    pub winner: Option<(SurveyId, String)>,
    /// Every survey that was ever published.
    pub surveys: Vec<SurveyExplained>,
}

/// Reasons in sentences, with the names of the surveys that they speak of.
pub(crate) fn explained(snapshot: &WorkspaceSnapshot, reasons: &[Reason], now: Timestamp) -> Vec<Explained> {
    let name = |id: SurveyId| snapshot.surveys().iter().find(|survey| survey.id == id).map(|survey| survey.document.name.clone());
    reasons.iter().map(|reason| reason.explained(now, &name)).collect()
}

fn survey_explained(snapshot: &WorkspaceSnapshot, looked_at: &SurveyVerdict<'_>, now: Timestamp) -> SurveyExplained {
    let Survey { id, status, document, .. } = looked_at.survey;
    let reasons = match &looked_at.verdict {
        Verdict::Due { .. } => Vec::new(),
        Verdict::Refused(reasons) => explained(snapshot, reasons, now),
    };
    SurveyExplained { survey: *id, name: document.name.clone(), status: *status, due: reasons.is_empty(), reasons }
}

/// Every reason of every published survey at a moment.
pub(crate) fn explain(cached: &CachedWorkspace, activity: &UserActivity, moment: &Moment<'_>) -> Vec<SurveyExplained> {
    surveys_explained(cached, &decide(&cached.snapshot, activity, moment, Depth::EveryReason), moment.now)
}

fn surveys_explained(cached: &CachedWorkspace, decision: &Decision<'_>, now: Timestamp) -> Vec<SurveyExplained> {
    let published = decision.verdicts.iter().filter(|looked_at| looked_at.survey.version > 0);
    published.map(|looked_at| survey_explained(&cached.snapshot, looked_at, now)).collect()
}

impl<E: Engine> Service<E> {
    /// What would come of a trigger call of a user, with every reason. Nothing is claimed.
    pub async fn dry_run(self: &Arc<Self>, user: &UserRef, input: &DryRunInput) -> Result<DryRun, Error> {
        let now = self.now();
        let at = input.at.unwrap_or(now);
        if at < now || at.since(now) > EVENT_LIFETIME {
            return Err(Error::invalid("/at", "must be from now to 100 hours ahead"));
        }
        let cached = self.workspace(user.workspace)?;
        let activity = self.load(user).await?;
        let trigger = input.trigger.as_ref().map(TriggerName::as_str);
        let completed = self.quotas.completed();
        // What was fired before is not known: a sequence is supposed to fit.
        let moment =
            Moment { trigger, properties: &input.properties, platform: input.platform, sequence: None, completed: &completed, now: at };
        let decision = decide(&cached.snapshot, &activity, &moment, Depth::EveryReason);
        let winner = decision.winner.as_ref().map(|winner| (winner.survey.id, winner.survey.document.name.clone()));
        let mut run = DryRun { at, winner, surveys: surveys_explained(&cached, &decision, at) };
        if let Some(refused_at) = self.refused_unverified(&cached, &activity.user) {
            let refused = explained(&cached.snapshot, &[Reason::IdentityUnverified { refused_at }], now);
            run.winner = None;
            for survey in &mut run.surveys {
                survey.due = false;
                survey.reasons.extend_from_slice(&refused);
            }
        }
        Ok(run)
    }

    /// When the user was not let in for want of identity proof, if the workspace still asks for it.
    pub(crate) fn refused_unverified(&self, cached: &CachedWorkspace, user: &UserRef) -> Option<Timestamp> {
        let asks = cached.record.settings.identity_proof != IdentityProof::Off && user.namespace == Namespace::Identified;
        if asks { self.refused.unverified_at(user) } else { None }
    }

    /// What the live surveys that wait for backend events say about a user now, at any of their triggers.
    pub async fn explain_event(self: &Arc<Self>, user: &UserRef) -> Result<Vec<SurveyExplained>, Error> {
        let run = self.dry_run(user, &DryRunInput { trigger: None, properties: Properties::empty(), platform: None, at: None }).await?;
        let cached = self.workspace(user.workspace)?;
        let waits = |explained: &SurveyExplained| {
            let survey = cached.snapshot.surveys().iter().find(|survey| survey.id == explained.survey);
            survey.is_some_and(|survey| survey.status == SurveyStatus::Live && survey.document.launch.activation.is_some())
        };
        Ok(run.surveys.into_iter().filter(waits).collect())
    }

    /// Names of the surveys of a workspace.
    pub fn survey_names(&self, workspace: WorkspaceId) -> Result<impl Fn(SurveyId) -> String + use<E>, Error> {
        let cached = self.workspace(workspace)?;
        Ok(move |id| {
            let survey = cached.snapshot.surveys().iter().find(|survey| survey.id == id);
            survey.map(|survey| survey.document.name.clone()).unwrap_or_default()
        })
    }

    /// Whether a user may ask for reasons from the app.
    pub fn is_test_user(&self, user: &UserRef) -> bool {
        let Ok(cached) = self.workspace(user.workspace) else { return false };
        user.namespace == Namespace::Identified && cached.record.settings.test_users.contains(&user.id)
    }

    /// Makes an identified user a test user, or no longer one.
    pub async fn set_test_user(self: &Arc<Self>, user: &UserRef, is_test_user: bool) -> Result<(), Error> {
        if user.namespace == Namespace::Anonymous {
            return Err(Error::invalid("/namespace", "only an identified user can be a test user"));
        }
        let stored = self.stored_workspace(user.workspace).await?;
        let mut settings = stored.settings.clone();
        settings.test_users.retain(|id| *id != user.id);
        if is_test_user {
            settings.test_users.push(user.id.clone());
            if settings.test_users.len() > TEST_USERS_MAX {
                return Err(Error::Conflict(format!("there are {TEST_USERS_MAX} test users already")));
            }
        }
        if settings == stored.settings {
            return Ok(());
        }
        self.change_workspace(Workspace { settings, ..stored }).await
    }
}
