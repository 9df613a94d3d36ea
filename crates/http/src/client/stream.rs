//! `GET /client/stream`: server-sent events for an SDK that listens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use sonde_core::trigger::TriggerName;
use sonde_service::push::{PushReader, Told};
use sonde_service::{Engine, Service};
use utoipa::{IntoParams, ToSchema};

use super::{header, session};
use crate::problem::{Problem, ProblemDocument};

/// How often a silent stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(25);

/// Who listens.
#[derive(Deserialize, IntoParams)]
pub(crate) struct StreamQuery {
    /// `stream_ticket` of the session or of `POST /ticket`, at most 10 minutes old.
    ticket: Option<String>,
}

/// A ticket.
#[derive(Serialize, ToSchema)]
pub(crate) struct TicketBody {
    /// With which `GET /stream` may be called for 10 minutes, any number of times.
    stream_ticket: String,
}

/// A fresh ticket for the session's user: one lives shorter than a session.
#[utoipa::path(
    post, path = "/api/v1/client/ticket", tag = "Client", operation_id = "clientTicket",
    security(("sdk_key" = [], "client_token" = [])),
    responses(
        (status = 200, description = "A ticket", body = TicketBody),
        (status = 401, description = "No valid session", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ticket<E: Engine>(State(service): State<Arc<Service<E>>>, headers: HeaderMap) -> Result<Json<TicketBody>, Problem> {
    let session = session(&service, &headers).await?;
    Ok(Json(TicketBody { stream_ticket: service.stream_ticket(&session) }))
}

/// The data of `activation`.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActivationBody<'a> {
    /// Frontend triggers at which a survey may now be due: ask again about those that were fired where the user still is.
    triggers: Vec<&'a str>,
}

/// Hear at once that a survey may be due: `activation` with names of triggers, `config` when the configuration is another. A
/// comment comes every 25 s. A ticket says who listens, since a browser can send no headers with it.
#[utoipa::path(
    get, path = "/api/v1/client/stream", tag = "Client", operation_id = "clientStream", params(StreamQuery),
    responses(
        (status = 200, description = "Server-sent events; the data of `activation` is an ActivationBody", content_type = "text/event-stream", body = ActivationBody),
        (status = 401, description = "The ticket is not valid or has expired", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "From a site that is not allowed", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Too many listen", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let reader = service.listen(&query.ticket.unwrap_or_default(), header(&headers, ORIGIN.as_str())).await?;
    let reading = Reading { service, reader };
    Ok(Sse::new(unfold(reading, Reading::next)).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Reading<E: Engine> {
    service: Arc<Service<E>>,
    reader: PushReader,
}

impl<E: Engine> Reading<E> {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let told = tokio::select! {
            told = self.reader.next() => told?,
            () = self.service.streams_end() => return None,
        };
        let event = match told {
            Told::Activation(names) => {
                let body = ActivationBody { triggers: names.iter().map(TriggerName::as_str).collect() };
                Event::default().event("activation").data(serde_json::to_string(&body).unwrap_or_default())
            }
            Told::Config => Event::default().event("config").data("{}"),
        };
        Some((Ok(event), self))
    }
}
