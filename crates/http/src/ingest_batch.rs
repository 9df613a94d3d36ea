//! `POST /api/v1/connections/backend/events`: many events in one call, good ones kept beside bad ones.

use std::fmt;
use std::io::Read as _;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use sonde_core::id::WorkspaceId;
use sonde_core::key::KeyKind;
use sonde_core::limits::{EVENT_BATCH_BYTES_MAX, EVENT_BATCH_MAX, EVENT_BYTES_MAX};
use sonde_service::{Authorised, Engine, Error, FieldError, IngestEvent, Service};
use utoipa::ToSchema;

use crate::body::{self, MediaType};
use crate::ingest::{BACKEND_KEY, EventRequest, IDEMPOTENCY_KEY, read_event, rejected};
use crate::problem::{Problem, ProblemDocument};

/// Many events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for OpenAPI; `Events` reads it")]
pub(crate) struct EventsRequest {
    /// At most 1,000; each as of the single call, and at most 32 KiB of text.
    events: Vec<EventRequest>,
}

/// What became of the events. All that are counted here are durable.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventsAccepted {
    /// Events stored by this call.
    accepted: usize,
    /// Events that were stored before.
    duplicates: usize,
    /// What is wrong with the others; they are not stored. An event may have several.
    errors: Vec<EventError>,
}

/// What is wrong with one event.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventError {
    /// Which event, counted from 0.
    index: usize,
    /// JSON pointer into that event, `""` for the whole.
    pointer: String,
    /// What is wrong there, for people.
    detail: String,
}

/// Store many events. 200 means: all that are counted as accepted are durable. Any other answer: nothing was stored.
#[utoipa::path(
    post, path = "/api/v1/connections/backend/events", tag = "Ingest", operation_id = "ingestEvents",
    security(("backend_key" = [])),
    params(("Content-Encoding" = Option<String>, Header, description = "`gzip`, or absent")),
    request_body(
        description = "At most 1,000 events and 4 MiB of text, also when it comes compressed",
        content((EventsRequest = "application/json"), (String = "application/x-ndjson")),
    ),
    responses(
        (status = 200, description = "Durable, but for the events named", body = EventsAccepted),
        (status = 400, description = "Not JSON, or not gzip", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "Missing or unknown key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Over 4 MiB", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Another media type or coding", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Over 1,000 events, or no list of events", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many events at once, see Retry-After; nothing was stored", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy; nothing was stored", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn events<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<EventsAccepted>, Problem> {
    let key = headers.get(BACKEND_KEY).and_then(|value| value.to_str().ok());
    let authorised = service.authorise(key, KeyKind::Backend).await?;
    let workspace = authorised.workspace;
    match take_events(&service, &authorised, headers, body).await {
        Ok(accepted) => Ok(Json(accepted)),
        Err(problem) => Err(rejected(&service, workspace, &[], problem)),
    }
}

async fn take_events<E: Engine>(
    service: &Arc<Service<E>>,
    authorised: &Authorised,
    headers: HeaderMap,
    body: Body,
) -> Result<EventsAccepted, Problem> {
    let workspace = authorised.workspace;
    if headers.contains_key(IDEMPOTENCY_KEY) {
        let detail = "the header Idempotency-Key is for single events; give each event of a batch an event_id";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let coding = Coding::of(&headers)?;
    let bytes = body::read(&headers, body, EVENT_BATCH_BYTES_MAX, MediaType::JsonOrLines).await?;
    // Four megabytes take milliseconds to unfold and read, during which this thread would serve nobody else.
    let (read_by, is_lines) = (Arc::clone(service), body::is_lines(&headers));
    let reading = tokio::task::spawn_blocking(move || read_all(&*read_by, workspace, &coding.decode(bytes)?, is_lines));
    let read = reading.await.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server"))??;
    let Read { events, places, mut errors } = read;
    service.charge_key(authorised, events.len().saturating_sub(1))?;
    let (mut accepted, mut duplicates, mut is_told) = (0, 0, false);
    for (index, ingested) in places.into_iter().zip(service.ingest_many(events).await?) {
        match ingested {
            Ok(ingested) if ingested.duplicate => duplicates += 1,
            Ok(_) => accepted += 1,
            Err(Error::Storage(error)) => {
                // Once: a thousand events of one user come upon the same damage.
                if !std::mem::replace(&mut is_told, true) {
                    tracing::error!(%error, index, "the store failed");
                }
                let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, UNREADABLE);
                note(service, workspace, &mut errors, index, b"", problem);
            }
            Err(error) => note(service, workspace, &mut errors, index, b"", error.into()),
        }
    }
    errors.sort_by_key(|error| error.index);
    Ok(EventsAccepted { accepted, duplicates, errors })
}

/// A batch as it was read.
#[derive(Default)]
struct Read {
    events: Vec<IngestEvent>,
    /// Which of the batch each event is.
    places: Vec<usize>,
    errors: Vec<EventError>,
}

fn read_all<E: Engine>(service: &Service<E>, workspace: WorkspaceId, bytes: &[u8], is_lines: bool) -> Result<Read, Problem> {
    let text = body::text(bytes)?;
    let events = if is_lines { lines(text)? } else { listed(text)? };
    let mut read = Read::default();
    let no_headers = HeaderMap::new();
    for (index, event) in events.into_iter().enumerate() {
        let taken = if event.len() > EVENT_BYTES_MAX {
            Err(Problem::invalid(vec![FieldError::new("", format!("an event must be at most {EVENT_BYTES_MAX} bytes"))]))
        } else {
            read_event(event, &no_headers, workspace)
        };
        match taken {
            Ok(event) => {
                read.events.push(event);
                read.places.push(index);
            }
            // What is far too long is not read again to see whose it is.
            Err(problem) if event.len() > EVENT_BYTES_MAX => note(service, workspace, &mut read.errors, index, b"", problem),
            Err(problem) => note(service, workspace, &mut read.errors, index, event.as_bytes(), problem),
        }
    }
    Ok(read)
}

/// Says what is wrong with an event, and lists it among the live events.
fn note<E: Engine>(
    service: &Service<E>,
    workspace: WorkspaceId,
    errors: &mut Vec<EventError>,
    index: usize,
    event: &[u8],
    problem: Problem,
) {
    let problem = rejected(service, workspace, event, problem);
    if problem.errors.is_empty() {
        errors.push(EventError { index, pointer: String::new(), detail: problem.detail });
        return;
    }
    errors.extend(problem.errors.into_iter().map(|FieldError { pointer, detail }| EventError { index, pointer, detail }));
}

/// How a body is compressed.
#[derive(Clone, Copy)]
enum Coding {
    Identity,
    Gzip,
}

impl Coding {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut codings = headers.get_all(CONTENT_ENCODING).iter();
        let (first, more) = (codings.next(), codings.next());
        match first.map(|value| value.to_str().unwrap_or_default().trim()) {
            None => Ok(Self::Identity),
            Some(coding) if coding.eq_ignore_ascii_case("identity") && more.is_none() => Ok(Self::Identity),
            Some(coding) if coding.eq_ignore_ascii_case("gzip") && more.is_none() => Ok(Self::Gzip),
            Some(_) => {
                Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body may be sent with content-encoding: gzip, or without"))
            }
        }
    }

    /// The text of a body. Unfolds no more than is allowed and one byte, whatever the body claims.
    fn decode(self, bytes: Bytes) -> Result<Bytes, Problem> {
        match self {
            Self::Identity => Ok(bytes),
            Self::Gzip => {
                let mut text = Vec::with_capacity(EVENT_BATCH_BYTES_MAX.min(4 * bytes.len()));
                let mut unfolding = flate2::read::MultiGzDecoder::new(&*bytes).take(EVENT_BATCH_BYTES_MAX as u64 + 1);
                unfolding.read_to_end(&mut text).map_err(|error| Problem::malformed(format!("the body is not valid gzip: {error}")))?;
                if text.len() > EVENT_BATCH_BYTES_MAX { Err(body::too_large(EVENT_BATCH_BYTES_MAX)) } else { Ok(text.into()) }
            }
        }
    }
}

fn too_many() -> Problem {
    Problem::invalid(vec![FieldError::new("/events", TOO_MANY)])
}

/// The events of JSON by lines; empty lines are none.
fn lines(text: &str) -> Result<Vec<&str>, Problem> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.take(EVENT_BATCH_MAX + 1).collect();
    if lines.len() > EVENT_BATCH_MAX { Err(too_many()) } else { Ok(lines) }
}

/// The events of `{"events": […]}`, not yet looked into.
fn listed(text: &str) -> Result<Vec<&str>, Problem> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Events::deserialize(&mut deserializer).and_then(|events| deserializer.end().map(|()| events.0));
    match read {
        Ok(Some(events)) if events.len() > EVENT_BATCH_MAX => Err(too_many()),
        Ok(Some(events)) => Ok(events),
        Ok(None) => Err(Problem::invalid(vec![FieldError::new("/events", "is needed")])),
        Err(error) if error.is_data() => Err(Problem::invalid(vec![FieldError::new("", error)])),
        Err(error) => Err(Problem::malformed(format!("the body is not valid JSON: {error}"))),
    }
}

const UNREADABLE: &str = "was not stored: something went wrong on the server with what it has of this user";
const TOO_MANY: &str = "must have at most 1000 events";
const _: () = assert!(EVENT_BATCH_MAX == 1_000, "the sentence says how many");

/// The texts of a batch's events. Of a list that is too long, one more than is allowed is kept: a list of millions takes
/// no memory.
struct Events<'a>(Option<Vec<&'a str>>);

impl<'de> Deserialize<'de> for Events<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Events<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a list of events")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut events = None;
                while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    if key != "events" {
                        map.next_value::<IgnoredAny>()?;
                    } else if events.is_some() {
                        return Err(A::Error::duplicate_field("events"));
                    } else {
                        events = Some(map.next_value::<List<'de>>()?.0);
                    }
                }
                Ok(Events(events))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

struct List<'a>(Vec<&'a str>);

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = List<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of events")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut events = Vec::new();
                while events.len() <= EVENT_BATCH_MAX
                    && let Some(event) = list.next_element::<&'de RawValue>()?
                {
                    events.push(event.get());
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(List(events))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}
