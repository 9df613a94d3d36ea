//! A frontend trigger was fired: decide, claim, say what to show.

use std::collections::BTreeMap;
use std::sync::Arc;

use sonde_core::decide::{Completed, Depth, Moment, decide};
use sonde_core::display::{Claim, Display, UserChange, claim};
use sonde_core::facts::Facts;
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::properties::{Properties, PropertyShape};
use sonde_core::survey::SurveyDocument;
use sonde_core::survey::text::choose_language;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserActivity, UserRef};

use crate::cache::{Authorised, CachedWorkspace};
use crate::error::Error;
use crate::explain::{SurveyExplained, explain};
use crate::token::Session;
use crate::users::ATTEMPTS_MAX;
use crate::{Engine, Service, random, tally};

/// A fired frontend trigger, its parts checked.
#[derive(Clone, Debug)]
pub struct TriggerCall {
    /// New for every firing, kept over retries of the same.
    pub request_id: Box<str>,
    /// Its name.
    pub trigger: TriggerName,
    /// Its properties.
    pub properties: Properties,
    /// The types of the properties' top-level keys.
    pub shapes: Vec<PropertyShape>,
    /// Frontend triggers that were fired before it in the same session, oldest first.
    pub sequence: Vec<TriggerName>,
    /// BCP 47 tag the SDK asks for; may be empty.
    pub locale: Box<str>,
    /// Asks for reasons; nobody but a test user gets any.
    pub debug: bool,
}

/// What came of a fired frontend trigger.
#[derive(Clone, Debug)]
pub struct Triggered {
    /// What to show, if anything.
    pub shown: Option<Shown>,
    /// For a test user who asked: what the gates of every published survey say. `None` for everybody else.
    pub debug: Option<Vec<SurveyExplained>>,
}

/// A survey to show, claimed for this caller alone.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The display to confirm before painting.
    pub display: DisplayId,
    /// How long to wait before showing.
    pub delay: Span,
    /// What to show.
    pub content: Content,
    /// What belongs to this display alone.
    pub values: Values,
}

/// What the content leaves open, for one display.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// What the texts pipe in, by number.
    pub pipes: BTreeMap<usize, String>,
    /// What the logic's conditions over facts come to, in their order.
    pub constants: Vec<bool>,
}

/// One version of a survey in one language.
#[derive(Clone, Debug)]
pub struct Content {
    /// The survey.
    pub survey: SurveyId,
    /// The version.
    pub version: u32,
    /// The language chosen.
    pub language: Box<str>,
    /// What the version says, in all languages.
    pub document: Arc<SurveyDocument>,
}

impl Content {
    fn new(survey: SurveyId, version: u32, document: Arc<SurveyDocument>, locale: &str) -> Self {
        let language = choose_language(locale, &document.languages, &document.default_language).into();
        Self { survey, version, language, document }
    }

    fn values(&self, facts: &Facts<'_>, personal: bool) -> Values {
        let document = &*self.document;
        let pipes = document.pipes.values(document, &self.language, facts, personal);
        let pipes = pipes.into_iter().map(|(number, value)| (number, value.into_owned())).collect();
        Values { pipes, constants: document.constants(facts) }
    }
}

impl<E: Engine> Service<E> {
    /// Decides, and claims the winner for this caller.
    pub async fn trigger(self: &Arc<Self>, session: &Session, call: TriggerCall) -> Result<Triggered, Error> {
        let debug = if call.debug && self.is_test_user(&session.user) { Some(self.debug(session, &call).await?) } else { None };
        Ok(Triggered { shown: self.decide_and_claim(session, call).await?, debug })
    }

    /// Why, and why not, as of the moment before the claim.
    async fn debug(self: &Arc<Self>, session: &Session, call: &TriggerCall) -> Result<Vec<SurveyExplained>, Error> {
        let workspace = self.workspace(session.user.workspace)?;
        let activity = self.load(&session.user).await?;
        let completed = self.quotas.completed();
        Ok(explain(&workspace, &activity, &moment(session, call, &completed, self.now())))
    }

    /// `None`: nothing is to be shown.
    async fn decide_and_claim(self: &Arc<Self>, session: &Session, call: TriggerCall) -> Result<Option<Shown>, Error> {
        let workspace = self.workspace(session.user.workspace)?;
        self.observe(&session.user, &call.trigger, &call.properties, call.shapes.clone());
        if !workspace.snapshot.is_live_trigger(call.trigger.as_str()) {
            return Ok(None);
        }
        for _ in 0..ATTEMPTS_MAX {
            let activity = self.load(&session.user).await?;
            if let Some(display) = self.claimed_before(&activity, &call.request_id).await? {
                return self.shown(&workspace, session, &activity.user, &display, &call.locale).await.map(Some);
            }
            let Some((change, display)) = self.claim_winner(&workspace, &activity, session, &call) else { return Ok(None) };
            if self.store(change).await? {
                return self.shown(&workspace, session, &activity.user, &display, &call.locale).await.map(Some);
            }
        }
        Err(Error::Busy { retry_after_secs: 1 })
    }

    /// The display that an earlier try of the same call claimed, while it is leased.
    async fn claimed_before(&self, activity: &UserActivity, request_id: &str) -> Result<Option<Display>, Error> {
        match activity.state.live_claim(self.now()) {
            Some(claim) if *claim.request_id == *request_id => Ok(self.engine.display(&activity.user, claim.display).await?),
            _ => Ok(None),
        }
    }

    /// One decision, counted: once more when it is made again because somebody else changed the user meanwhile.
    fn claim_winner(
        &self,
        workspace: &Arc<CachedWorkspace>,
        activity: &UserActivity,
        session: &Session,
        call: &TriggerCall,
    ) -> Option<(UserChange, Display)> {
        let now = self.now();
        let completed = self.quotas.completed();
        let decision = decide(&workspace.snapshot, activity, &moment(session, call, &completed, now), Depth::FirstRefusal);
        tally::count(workspace, call.trigger.as_str(), &decision, now);
        self.note_refusal(workspace, activity, &call.trigger, session.platform, &decision, now);
        Some(claim(activity, decision.winner.as_ref()?, now, details(session, call, now)))
    }

    async fn shown(
        &self,
        workspace: &CachedWorkspace,
        session: &Session,
        user: &UserRef,
        display: &Display,
        locale: &str,
    ) -> Result<Shown, Error> {
        let document = self.document_of(session.user.workspace, display).await?;
        let delay = document.launch.display_delay;
        let content = Content::new(display.survey, display.survey_version, document, locale);
        // An anonymous id that has become an alias is no proof of being that user.
        let vouched = session.proven || user.namespace == Namespace::Anonymous;
        let settings = &workspace.record.settings;
        let personal = settings.pipes_without_proof || (settings.allows_personal_texts() && vouched);
        let values = content.values(&display.facts(), personal);
        Ok(Shown { display: display.id, delay, content, values })
    }

    /// The version that a display began with. A claim names a published version, and versions are never deleted.
    pub(super) async fn document_of(&self, workspace: WorkspaceId, display: &Display) -> Result<Arc<SurveyDocument>, Error> {
        let document = self.cache.document(&*self.engine, workspace, display.survey, display.survey_version).await?;
        document.ok_or(Error::NotFound("survey version"))
    }

    /// Counts firings of triggers that no live survey uses, so that the dashboard can offer them.
    pub fn seen(&self, session: &Session, trigger: &TriggerName, properties: &Properties, shapes: Vec<PropertyShape>) {
        self.observe(&session.user, trigger, properties, shapes);
    }

    /// One version of a survey in the language nearest to `locale`.
    pub async fn content(&self, authorised: &Authorised, survey: SurveyId, version: u32, locale: &str) -> Result<Content, Error> {
        let document = self.cache.document(&*self.engine, authorised.workspace, survey, version).await?;
        let document = document.ok_or(Error::NotFound("survey version"))?;
        Ok(Content::new(survey, version, document, locale))
    }
}

/// The moment of a call.
fn moment<'a>(session: &Session, call: &'a TriggerCall, completed: &'a Completed, now: Timestamp) -> Moment<'a> {
    Moment {
        trigger: Some(call.trigger.as_str()),
        properties: &call.properties,
        platform: Some(session.platform),
        sequence: Some(&call.sequence),
        completed,
        now,
    }
}

fn details(session: &Session, call: &TriggerCall, now: Timestamp) -> Claim {
    Claim {
        display: DisplayId::new(now, random::bytes()),
        request_id: call.request_id.clone(),
        locale: call.locale.clone(),
        platform: session.platform,
        trigger: call.trigger.clone(),
        trigger_properties: call.properties.clone(),
    }
}
