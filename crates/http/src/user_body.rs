//! Users as JSON: for the dashboard, and as the one document that an export is.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use serde_json::value::RawValue;
use sonde_core::attribute::Attributes;
use sonde_core::display::Display;
use sonde_core::event::EventRecord;
use sonde_core::id::SurveyId;
use sonde_core::time::Timestamp;
use sonde_core::user::{Namespace, UserRef};
use sonde_service::profiles::{EventWindow, Profile, ProfileEvent, UserExport};
use sonde_service::{Engine, Error, ResponseRow, Service};
use utoipa::ToSchema;

use crate::client::displays::state_name;
use crate::dashboard::explain::{RefusalBody, SurveyRefBody};
use crate::rows::{RowBody, attribute_json};
use crate::wire::format_time;

/// Everything that is known of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserBody {
    user_id: String,
    /// `identified` or `anonymous`.
    namespace: &'static str,
    /// Set for an anonymous id that stands for a user: what follows is that user's.
    alias_of: Option<String>,
    /// Anonymous ids that stand for the user, at most 100.
    aliases: Vec<String>,
    /// Whether the user's app may ask for reasons.
    is_test_user: bool,
    attributes: Vec<AttributeBody>,
    /// When any survey was last shown.
    last_shown_at: Option<String>,
    /// Until when the wait period keeps the user from being asked; null: it does not.
    wait_until: Option<String>,
    /// A survey promised to one tab that has not confirmed yet that it shows it.
    open_claim: Option<OpenClaimBody>,
    /// Events that can still matter, the newest first, at most 200.
    events: Vec<UserEventBody>,
    /// The newest first, at most 50.
    displays: Vec<UserDisplayBody>,
    /// Calls that showed nothing although an event was pending, the newest first, at most 20.
    refusals: Vec<RefusalBody>,
}

/// A fact about a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttributeBody {
    name: String,
    /// `text`, `number`, `boolean` or `date`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// As it came in.
    #[schema(value_type = serde_json::Value)]
    value: Option<Box<RawValue>>,
}

/// A claim.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenClaimBody {
    survey: SurveyRefBody,
    lease_until: String,
}

/// A stored event.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserEventBody {
    event_id: String,
    trigger: String,
    /// The time that counts.
    effective_at: String,
    received_at: String,
    #[schema(value_type = serde_json::Map<String, serde_json::Value>)]
    properties: Option<Box<RawValue>>,
    /// Whether it was cancelled, by id or by another event: it makes nothing due any more.
    cancelled: bool,
    /// When it can make live surveys due, or could: windows that have not closed first, at most 50.
    windows: Vec<WindowBody>,
}

/// When an event can make a survey due.
#[derive(Serialize, ToSchema)]
pub(crate) struct WindowBody {
    survey: SurveyRefBody,
    opens_at: String,
    expires_at: String,
    /// Whether the survey was shown because of the event.
    consumed: bool,
}

/// A display of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserDisplayBody {
    display_id: String,
    survey: SurveyRefBody,
    version: u32,
    /// `claimed`, `shown`, `answered`, `completed`, `dismissed`, `abandoned` or `lapsed`.
    state: &'static str,
    claimed_at: String,
    shown_at: Option<String>,
    completed_at: Option<String>,
    trigger: String,
}

/// Attributes by name, each as it came in.
pub(crate) fn attributes_map(attributes: &Attributes) -> std::collections::BTreeMap<String, Box<RawValue>> {
    attributes.iter().filter_map(|(name, value)| Some((name.to_owned(), attribute_json(value)?))).collect()
}

pub(crate) fn namespace_name(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Identified => "identified",
        Namespace::Anonymous => "anonymous",
    }
}

fn raw(json: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(json.to_owned()).ok()
}

/// Names of surveys as they are now.
struct Names<'a>(&'a Profile);

impl Names<'_> {
    fn survey(&self, id: SurveyId) -> SurveyRefBody {
        SurveyRefBody { id: id.to_string(), name: self.0.names.get(&id).cloned().unwrap_or_default() }
    }

    fn display(&self, display: &Display) -> UserDisplayBody {
        UserDisplayBody {
            display_id: display.id.to_string(),
            survey: self.survey(display.survey),
            version: display.survey_version,
            state: state_name(display.state_at(self.0.now)),
            claimed_at: format_time(display.claimed_at),
            shown_at: display.shown_at.map(format_time),
            completed_at: display.completed_at.map(format_time),
            trigger: display.trigger.to_string(),
        }
    }

    fn refusals(&self) -> Vec<RefusalBody> {
        let name = |id: SurveyId| self.0.names.get(&id).cloned().unwrap_or_default();
        self.0.refusals.iter().map(|refusal| RefusalBody::of(refusal, &name)).collect()
    }
}

fn window(window: &EventWindow) -> WindowBody {
    WindowBody {
        survey: SurveyRefBody { id: window.survey.0.to_string(), name: window.survey.1.clone() },
        opens_at: format_time(window.opens_at),
        expires_at: format_time(window.expires_at),
        consumed: window.consumed,
    }
}

fn event(listed: &ProfileEvent) -> UserEventBody {
    let event = &listed.event;
    UserEventBody {
        event_id: event.id.to_string(),
        trigger: event.trigger.to_string(),
        effective_at: format_time(event.effective_at),
        received_at: format_time(event.received_at),
        properties: raw(event.properties.as_str()),
        cancelled: listed.cancelled,
        windows: listed.windows.iter().map(window).collect(),
    }
}

impl From<&Profile> for UserBody {
    fn from(profile: &Profile) -> Self {
        let (names, state) = (Names(profile), &profile.activity.state);
        let attributes = state.attributes.iter().map(|(name, value)| AttributeBody {
            name: name.to_owned(),
            kind: value.attribute_type().as_str(),
            value: attribute_json(value),
        });
        Self {
            user_id: profile.asked.id.as_str().to_owned(),
            namespace: namespace_name(profile.asked.namespace),
            alias_of: profile.alias_of.as_ref().map(|id| id.as_str().to_owned()),
            aliases: profile.aliases.iter().map(|id| id.as_str().to_owned()).collect(),
            is_test_user: profile.is_test_user,
            attributes: attributes.collect(),
            last_shown_at: state.last_shown_at.map(format_time),
            wait_until: profile.wait_until.map(format_time),
            open_claim: state
                .live_claim(profile.now)
                .map(|claim| OpenClaimBody { survey: names.survey(claim.survey), lease_until: format_time(claim.lease_until) }),
            events: profile.events.iter().map(event).collect(),
            displays: profile.displays.iter().map(|display| names.display(display)).collect(),
            refusals: names.refusals(),
        }
    }
}

/// What begins an export: everything but events and displays, which there may be many of.
#[derive(Serialize)]
struct ExportHead {
    user_id: String,
    namespace: &'static str,
    aliases: Vec<String>,
    exported_at: String,
    attributes: std::collections::BTreeMap<String, Box<RawValue>>,
    last_shown_at: Option<String>,
    surveys: Vec<ExportedHistory>,
    refusals: Vec<RefusalBody>,
}

#[derive(Serialize)]
struct ExportedHistory {
    survey: SurveyRefBody,
    shown_count: u32,
    last_shown_at: Option<String>,
    first_answered_at: Option<String>,
    completed_at: Option<String>,
}

#[derive(Serialize)]
struct ExportedEvent {
    event_id: String,
    trigger: String,
    effective_at: String,
    received_at: String,
    properties: Option<Box<RawValue>>,
}

impl From<&Profile> for ExportHead {
    fn from(profile: &Profile) -> Self {
        let (names, state, user) = (Names(profile), &profile.activity.state, &profile.activity.user);
        let time = |at: Option<Timestamp>| at.map(format_time);
        let surveys = state.surveys.iter().map(|(survey, history)| ExportedHistory {
            survey: names.survey(*survey),
            shown_count: history.shown_count,
            last_shown_at: time(history.last_shown_at),
            first_answered_at: time(history.first_answered_at),
            completed_at: time(history.completed_at),
        });
        Self {
            user_id: user.id.as_str().to_owned(),
            namespace: namespace_name(user.namespace),
            aliases: profile.aliases.iter().map(|id| id.as_str().to_owned()).collect(),
            exported_at: format_time(profile.now),
            attributes: attributes_map(&state.attributes),
            last_shown_at: time(state.last_shown_at),
            surveys: surveys.collect(),
            refusals: names.refusals(),
        }
    }
}

fn exported_event(event: &EventRecord) -> String {
    to_json(&ExportedEvent {
        event_id: event.id.to_string(),
        trigger: event.trigger.to_string(),
        effective_at: format_time(event.effective_at),
        received_at: format_time(event.received_at),
        properties: raw(event.properties.as_str()),
    })
}

fn exported_display(user: &UserRef, mut display: Display, now: Timestamp) -> String {
    display.state = display.state_at(now);
    to_json(&RowBody::from(ResponseRow { user: user.clone(), display }))
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

enum Part {
    Head,
    Events { is_first: bool },
    Displays { is_first: bool },
    End,
}

/// The one document: written as it is read, so that nothing but a page of it is held.
pub(crate) fn export<E: Engine>(service: Arc<Service<E>>, export: UserExport) -> Response {
    let pages = stream::unfold((service, export, Part::Head), |(service, mut export, part)| async move {
        match next_part(&service, &mut export, part).await {
            Ok(None) => None,
            Ok(Some((text, next))) => Some((Ok(text), (service, export, next))),
            // The status is sent already: a connection that breaks off says that this is not all.
            Err(error) => Some((Err(error), (service, export, Part::End))),
        }
    });
    let headers = [(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, "attachment; filename=\"user.json\"")];
    (headers, Body::from_stream(pages)).into_response()
}

async fn next_part<E: Engine>(service: &Service<E>, export: &mut UserExport, part: Part) -> Result<Option<(String, Part)>, Error> {
    let list = |is_first: bool, items: Vec<String>| format!("{}{}", if is_first { "" } else { "," }, items.join(","));
    Ok(match part {
        Part::Head => {
            let head = to_json(&ExportHead::from(&export.profile));
            let open = head.strip_suffix('}').unwrap_or(&head);
            Some((format!("{open},\"events\":["), Part::Events { is_first: true }))
        }
        Part::Events { is_first } => {
            let events = service.export_events(export).await?;
            if events.is_empty() {
                return Ok(Some(("],\"displays\":[".to_owned(), Part::Displays { is_first: true })));
            }
            Some((list(is_first, events.iter().map(exported_event).collect()), Part::Events { is_first: false }))
        }
        Part::Displays { is_first } => {
            let displays = service.export_displays(export).await?;
            if displays.is_empty() {
                return Ok(Some(("]}\n".to_owned(), Part::End)));
            }
            let (user, now) = (&export.profile.activity.user, export.profile.now);
            let items = displays.into_iter().map(|display| exported_display(user, display, now)).collect();
            Some((list(is_first, items), Part::Displays { is_first: false }))
        }
        Part::End => None,
    })
}
