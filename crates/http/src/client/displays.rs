//! Displays and responses.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use sonde_core::answer::{Answer, Answers};
use sonde_core::display::{DisplayState, ResponseInput};
use sonde_core::id::DisplayId;
use sonde_core::limits::CLIENT_BODY_BYTES_MAX;
use sonde_service::{Engine, Error, FieldError, Service};
use utoipa::ToSchema;

use super::session;
use crate::body::{self, MediaType};
use crate::problem::{Problem, ProblemDocument};

/// Where answers are sent.
pub(crate) const RESPONSE_ROUTE: &str = "/api/v1/client/displays/{display_id}/response";

/// Whose answers are sent to a path: the display in [`RESPONSE_ROUTE`], where nothing of it needs decoding.
pub(crate) fn responds_to(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/api/v1/client/displays/")?.strip_suffix("/response")?;
    id.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()).then_some(id).filter(|id| !id.is_empty())
}

/// What happened to a display.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportedState {
    /// About to be painted: paint only after the 200.
    Shown,
    /// Closed by the user.
    Dismissed,
    /// Left by the user.
    Abandoned,
}

/// What happened to a display.
#[derive(Deserialize, ToSchema)]
pub(crate) struct DisplayRequest {
    state: ReportedState,
}

/// Where the display is now.
#[derive(Serialize, ToSchema)]
pub(crate) struct DisplayBody {
    /// `shown`, `answered`, `completed`, `dismissed`, `abandoned` or `lapsed`.
    state: &'static str,
}

/// A state in words.
pub(crate) const fn state_name(state: DisplayState) -> &'static str {
    match state {
        DisplayState::Claimed => "claimed",
        DisplayState::Shown => "shown",
        DisplayState::Answered => "answered",
        DisplayState::Completed => "completed",
        DisplayState::Dismissed => "dismissed",
        DisplayState::Abandoned => "abandoned",
        DisplayState::Lapsed => "lapsed",
    }
}

fn display_id(text: &str) -> Result<DisplayId, Problem> {
    text.parse().map_err(|_| Error::NotFound("display").into())
}

/// Report what happened to a display. Idempotent.
#[utoipa::path(
    post, path = "/api/v1/client/displays/{display_id}", tag = "Client", operation_id = "clientDisplay",
    security(("sdk_key" = [], "client_token" = [])), request_body = DisplayRequest,
    params(("display_id" = String, Path, description = "dsp_…")),
    responses(
        (status = 200, description = "Noted; after `shown` the survey may be painted", body = DisplayBody),
        (status = 401, description = "No valid session", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not a display of this user", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "The claim lapsed, or its event was cancelled: paint nothing", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn report<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DisplayBody>, Problem> {
    let session = session(&service, &headers).await?;
    let id = display_id(&id)?;
    let bytes = body::read(&headers, body, CLIENT_BODY_BYTES_MAX, MediaType::Json).await?;
    let wire: DisplayRequest = body::json(&bytes)?;
    let state = match wire.state {
        ReportedState::Shown => service.confirm_shown(&session, id).await?,
        ReportedState::Dismissed => service.close_display(&session, id, DisplayState::Dismissed).await?,
        ReportedState::Abandoned => service.close_display(&session, id, DisplayState::Abandoned).await?,
    };
    Ok(Json(DisplayBody { state: state_name(state) }))
}

/// The whole answer set so far.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResponseRequest {
    /// Rises with every change, from 1; a lower one never overwrites a higher.
    revision: u64,
    /// Whether the last question was answered.
    #[serde(default)]
    completed: bool,
    /// By question id.
    #[serde(default)]
    answers: BTreeMap<String, AnswerWire>,
    /// Time since the showing, in milliseconds.
    duration_ms: Option<u64>,
}

/// One answer: `options` for a choice, `number` for a scale, `text` for free text.
#[derive(Deserialize, Serialize, ToSchema)]
pub(crate) struct AnswerWire {
    /// Ids of the chosen options.
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<String>>,
    /// Text for an option that allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_text: Option<String>,
    /// A number on the question's scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i32>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl From<&Answer> for AnswerWire {
    fn from(answer: &Answer) -> Self {
        let empty = Self { options: None, other_text: None, number: None, text: None };
        match answer {
            Answer::Choice { options, other_text } => Self {
                options: Some(options.iter().map(ToString::to_string).collect()),
                other_text: other_text.as_ref().map(ToString::to_string),
                ..empty
            },
            Answer::Number(number) => Self { number: Some(*number), ..empty },
            Answer::Text(text) => Self { text: Some(text.to_string()), ..empty },
        }
    }
}

impl TryFrom<AnswerWire> for Answer {
    type Error = &'static str;
    fn try_from(wire: AnswerWire) -> Result<Self, &'static str> {
        match wire {
            AnswerWire { options: Some(options), other_text, number: None, text: None } => {
                Ok(Self::Choice { options: options.into_iter().map(Into::into).collect(), other_text: other_text.map(Into::into) })
            }
            AnswerWire { options: None, other_text: None, number: Some(number), text: None } => Ok(Self::Number(number)),
            AnswerWire { options: None, other_text: None, number: None, text: Some(text) } => Ok(Self::Text(text.into())),
            _ => Err("must have exactly one of options, number and text"),
        }
    }
}

impl ResponseRequest {
    pub(super) fn checked(self) -> Result<ResponseInput, Problem> {
        let mut answers = Answers::new();
        let mut errors = Vec::new();
        if self.revision == 0 || i64::try_from(self.revision).is_err() {
            errors.push(FieldError::new("/revision", "must be a whole number from 1"));
        }
        for (question, wire) in self.answers {
            match Answer::try_from(wire) {
                Ok(answer) => drop(answers.insert(question.into(), answer)),
                Err(detail) => {
                    errors.push(FieldError::new(format!("/answers/{}", question.replace('~', "~0").replace('/', "~1")), detail));
                }
            }
        }
        let duration_ms = self.duration_ms.filter(|duration| i64::try_from(*duration).is_ok());
        if errors.is_empty() {
            Ok(ResponseInput { revision: self.revision, completed: self.completed, answers, duration_ms })
        } else {
            Err(Problem::invalid(errors))
        }
    }
}

/// What the server holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResponseBody {
    /// The highest revision it was given.
    revision: u64,
    /// `answered`, `completed` or `dismissed`.
    state: &'static str,
}

/// Save the whole answer set so far. Idempotent.
#[utoipa::path(
    put, path = "/api/v1/client/displays/{display_id}/response", tag = "Client", operation_id = "clientResponse",
    security(("sdk_key" = [], "client_token" = [])), request_body = ResponseRequest,
    params(("display_id" = String, Path, description = "dsp_…")),
    responses(
        (status = 200, description = "Durable", body = ResponseBody),
        (status = 401, description = "No valid session", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "Not a display of this user", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "An answer does not fit the survey", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn respond<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ResponseBody>, Problem> {
    save(&service, &id, &headers, body).await.map(Json)
}

/// The whole call, for the router and for the short cut past it.
pub(crate) async fn save<E: Engine, B: HttpBody<Data = Bytes> + Unpin>(
    service: &Arc<Service<E>>,
    id: &str,
    headers: &HeaderMap,
    body: B,
) -> Result<ResponseBody, Problem> {
    let session = session(service, headers).await?;
    let id = display_id(id)?;
    let bytes = body::read(headers, body, CLIENT_BODY_BYTES_MAX, MediaType::Json).await?;
    let wire: ResponseRequest = body::json(&bytes)?;
    let (revision, state) = service.save_response(&session, id, wire.checked()?).await?;
    Ok(ResponseBody { revision, state: state_name(state) })
}
