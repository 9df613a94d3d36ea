//! Users as the dashboard looks at them: who was seen lately, and everything that is known of one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sonde_core::decide::WorkspaceSnapshot;
use sonde_core::display::Display;
use sonde_core::event::{EventRecord, EventSeq};
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::refusal::Refusal;
use sonde_core::survey::launch::Activation;
use sonde_core::survey::{Survey, SurveyStatus};
use sonde_core::time::{Span, Timestamp};
use sonde_core::user::{Namespace, UserActivity, UserId, UserRef};
use sonde_storage::{EventCursor, ResponseQuery};

use crate::error::Error;
use crate::live_events::LIVE_EVENTS_MAX;
use crate::{Engine, Service};

/// Most events listed of one user, the newest.
pub const EVENTS_LISTED_MAX: usize = 200;
/// Most displays listed of one user, the newest.
pub const DISPLAYS_LISTED_MAX: usize = 50;
/// Most anonymous ids listed of one user.
pub const ALIASES_LISTED_MAX: usize = 100;
/// Most windows listed of one event.
pub const WINDOWS_PER_EVENT_MAX: usize = 50;
/// Newest responses in which users are looked for.
const RESPONSES_SEARCHED_MAX: u32 = 500;
/// Events, or displays, of an export that are held at once.
const EXPORT_PAGE: usize = 200;

/// How a user was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenBy {
    /// A server sent an event.
    Event,
    /// A survey was shown or answered.
    Response,
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundUser {
    /// Who.
    pub user: UserRef,
    /// When last, and how; `None` where nothing that is kept says so.
    pub last_seen: Option<(Timestamp, SeenBy)>,
}

/// When an event can make a survey due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventWindow {
    /// The survey.
    pub survey: (SurveyId, String),
    /// The first moment.
    pub opens_at: Timestamp,
    /// The first moment after it.
    pub expires_at: Timestamp,
    /// Whether the survey was shown because of the event.
    pub consumed: bool,
}

/// A pending event.
#[derive(Clone, Debug)]
pub struct ProfileEvent {
    /// The event.
    pub event: EventRecord,
    /// Whether it was cancelled: it makes nothing due any more.
    pub cancelled: bool,
    /// Of live surveys, those that have not closed first.
    pub windows: Vec<EventWindow>,
}

/// Everything that is known of a user.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Who was asked for.
    pub asked: UserRef,
    /// Set where that is an anonymous id that stands for a user: all that follows is that user's.
    pub alias_of: Option<UserId>,
    /// Anonymous ids that stand for the user, at most [`ALIASES_LISTED_MAX`].
    pub aliases: Vec<UserId>,
    /// State, events that can still matter, marks.
    pub activity: UserActivity,
    /// The newest first, at most [`EVENTS_LISTED_MAX`].
    pub events: Vec<ProfileEvent>,
    /// The newest first, at most [`DISPLAYS_LISTED_MAX`].
    pub displays: Vec<Display>,
    /// The newest first.
    pub refusals: Vec<Refusal>,
    /// Whether the user's app may ask for reasons.
    pub is_test_user: bool,
    /// Until when the workspace's wait period keeps the user from being asked, if it does.
    pub wait_until: Option<Timestamp>,
    /// Names of all surveys.
    pub names: HashMap<SurveyId, String>,
    /// The moment of all this.
    pub now: Timestamp,
}

/// Where the export of a user stands.
#[derive(Clone, Debug)]
pub struct UserExport {
    /// Whose.
    pub profile: Profile,
    events: Rest<EventCursor>,
    displays: Rest<DisplayId>,
}

#[derive(Clone, Debug)]
enum Rest<C> {
    All,
    From(C),
    Nothing,
}

impl<E: Engine> Service<E> {
    /// Users whose id contains `search`: one with exactly this id if anything is known of it, then those lately seen in
    /// events and responses, the latest first.
    pub async fn find_users(self: &Arc<Self>, workspace: WorkspaceId, search: &str, limit: usize) -> Result<Vec<FoundUser>, Error> {
        let mut seen: HashMap<UserRef, (Timestamp, SeenBy)> = HashMap::new();
        let mut note = |user: UserRef, at: Timestamp, by: SeenBy| {
            let known = seen.entry(user).or_insert((at, by));
            if at > known.0 {
                *known = (at, by);
            }
        };
        for event in self.live_events(workspace, LIVE_EVENTS_MAX) {
            let Some((namespace, id)) = &event.user else { continue };
            // What was refused is nothing of a user.
            if let (Ok(id), Some(_)) = (UserId::new(id), &event.event_id) {
                note(UserRef { workspace, namespace: *namespace, id }, event.at, SeenBy::Event);
            }
        }
        let query = ResponseQuery { workspace, survey: None, newest_first: true, after: None, limit: RESPONSES_SEARCHED_MAX };
        for row in self.engine.responses(&query).await? {
            note(row.user, row.display.updated_at, SeenBy::Response);
        }
        let mut exact = Vec::new();
        if let Ok(id) = UserId::new(search) {
            for namespace in [Namespace::Identified, Namespace::Anonymous] {
                let user = UserRef { workspace, namespace, id: id.clone() };
                let last_seen = seen.remove(&user);
                if last_seen.is_some() || self.engine.load(&user, self.now()).await?.is_known() {
                    exact.push(FoundUser { user, last_seen });
                }
            }
        }
        let searched = search.to_lowercase();
        let mut others: Vec<_> = seen.into_iter().filter(|(user, _)| user.id.as_str().to_lowercase().contains(&searched)).collect();
        others.sort_by(|(a, (a_at, _)), (b, (b_at, _))| b_at.cmp(a_at).then_with(|| a.cmp(b)));
        exact.extend(others.into_iter().map(|(user, last_seen)| FoundUser { user, last_seen: Some(last_seen) }));
        exact.truncate(limit);
        Ok(exact)
    }

    /// Everything that is known of a user.
    pub async fn user_profile(self: &Arc<Self>, asked: &UserRef) -> Result<Profile, Error> {
        let workspace = self.workspace(asked.workspace)?;
        let activity = self.load(asked).await?;
        let user = &activity.user;
        if !activity.is_known() {
            return Err(Error::NotFound("user"));
        }
        let snapshot = &workspace.snapshot;
        let now = self.now();
        let wait_until = activity.state.last_shown_at.map(|shown_at| shown_at + snapshot.wait_period);
        Ok(Profile {
            asked: asked.clone(),
            alias_of: (user != asked).then(|| user.id.clone()),
            aliases: self.engine.aliases_of(user, ALIASES_LISTED_MAX).await?,
            events: with_windows(snapshot, &activity, now),
            displays: self.engine.displays_of(user, None, DISPLAYS_LISTED_MAX).await?,
            refusals: self.refusals(user).await?,
            is_test_user: user.namespace == Namespace::Identified && workspace.record.settings.test_users.contains(&user.id),
            wait_until: wait_until.filter(|until| snapshot.wait_period > Span::ZERO && *until > now),
            names: snapshot.surveys().iter().map(|survey| (survey.id, survey.document.name.clone())).collect(),
            activity,
            now,
        })
    }

    /// Begins the export of everything that is stored of a user.
    pub async fn export_user(self: &Arc<Self>, user: &UserRef) -> Result<UserExport, Error> {
        Ok(UserExport { profile: self.user_profile(user).await?, events: Rest::All, displays: Rest::All })
    }

    /// The next events of an export; none: these were all.
    pub async fn export_events(&self, export: &mut UserExport) -> Result<Vec<EventRecord>, Error> {
        let from = match std::mem::replace(&mut export.events, Rest::Nothing) {
            Rest::All => None,
            Rest::From(cursor) => Some(cursor),
            Rest::Nothing => return Ok(Vec::new()),
        };
        let page = self.engine.events_of(&export.profile.activity.user, from, EXPORT_PAGE).await?;
        if let Some(next) = page.next {
            export.events = Rest::From(next);
        }
        Ok(page.events)
    }

    /// The next displays of an export, the newest first; none: these were all.
    pub async fn export_displays(&self, export: &mut UserExport) -> Result<Vec<Display>, Error> {
        let before = match export.displays {
            Rest::All => None,
            Rest::From(id) => Some(id),
            Rest::Nothing => return Ok(Vec::new()),
        };
        let page = self.engine.displays_of(&export.profile.activity.user, before, EXPORT_PAGE).await?;
        export.displays = page.last().map_or(Rest::Nothing, |last| Rest::From(last.id));
        Ok(page)
    }
}

/// The newest events with their windows: those that are still to close, then those that have closed, so that it can be told
/// why an event is pending no longer.
fn with_windows(snapshot: &WorkspaceSnapshot, activity: &UserActivity, now: Timestamp) -> Vec<ProfileEvent> {
    let live = snapshot.surveys().iter().filter(|survey| survey.status == SurveyStatus::Live);
    let mut awaiting: HashMap<&str, Vec<(&Survey, &Activation)>> = HashMap::new();
    for survey in live {
        let Some(activation) = &survey.document.launch.activation else { continue };
        for rule in &activation.backend_triggers {
            awaiting.entry(rule.name.as_str()).or_default().push((survey, activation));
        }
    }
    let consumed: HashSet<(SurveyId, EventSeq)> = activity.consumed.iter().map(|mark| (mark.survey, mark.seq)).collect();
    let listed = activity.events.iter().take(EVENTS_LISTED_MAX).map(|event| {
        let surveys = awaiting.get(event.trigger.as_str()).map_or(&[][..], Vec::as_slice);
        let windows = surveys.iter().map(|(survey, activation)| EventWindow {
            survey: (survey.id, survey.document.name.clone()),
            opens_at: event.effective_at + activation.delay,
            expires_at: event.effective_at + activation.expires_after,
            consumed: consumed.contains(&(survey.id, event.seq)),
        });
        let (mut windows, closed): (Vec<_>, Vec<_>) = windows.partition(|window| window.expires_at > now);
        windows.extend(closed);
        windows.truncate(WINDOWS_PER_EVENT_MAX);
        ProfileEvent { event: event.clone(), cancelled: snapshot.cancellation(activity, event).is_some(), windows }
    });
    listed.collect()
}
