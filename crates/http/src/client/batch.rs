//! `POST /client/batch`: several calls in one, for offline queues and `sendBeacon`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sonde_core::display::DisplayState;
use sonde_core::id::DisplayId;
use sonde_core::limits::{CLIENT_BATCH_BYTES_MAX, CLIENT_BATCH_ITEMS_MAX};
use sonde_core::trigger::TriggerName;
use sonde_service::{BatchItem, Engine, Error, FieldError, Service, Session};
use utoipa::ToSchema;

use super::displays::{ReportedState, ResponseRequest};
use super::session::{AttributesRequest, IdentifyRequest};
use super::trigger::trigger_properties;
use super::{header, holder};
use crate::body::{self, MediaType};
use crate::cors::{CLIENT_TOKEN, SDK_KEY};
use crate::problem::{Problem, ProblemDocument};
use crate::wire::Fields;

/// Most triggers reported by one `seen`.
const SEEN_MAX: usize = 100;

/// A list of calls. Key and token are read from here when the headers are absent.
#[derive(Deserialize, ToSchema)]
pub(crate) struct BatchRequest {
    /// The SDK key.
    key: Option<String>,
    /// The client token.
    client_token: Option<String>,
    /// At most 100 calls, done in order.
    #[schema(value_type = Vec<ItemWire>)]
    items: Vec<Box<RawValue>>,
}

/// One call.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the item for OpenAPI; `ItemKind` and the calls' own types read it")]
enum ItemWire {
    /// As `POST /displays/{display_id}`.
    Display { display_id: String, state: ReportedState },
    /// As `PUT /displays/{display_id}/response`.
    Response { display_id: String, revision: u64, completed: bool },
    /// As `POST /attributes`.
    Attributes { attributes: BTreeMap<String, serde_json::Value> },
    /// As `POST /identify`.
    Identify { user_id: String, proof: Option<String> },
    /// Triggers that no live survey uses.
    Seen { triggers: Vec<SeenWire> },
}

#[derive(Deserialize)]
struct ItemKind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct DisplayItem {
    display_id: String,
    state: ReportedState,
}

#[derive(Deserialize)]
struct DisplayOfItem {
    display_id: String,
}

#[derive(Deserialize)]
struct SeenItem {
    triggers: Vec<SeenWire>,
}

/// A trigger and an example of its properties.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SeenWire {
    name: String,
    #[schema(value_type = Option<serde_json::Map<String, serde_json::Value>>)]
    properties: Option<Box<RawValue>>,
}

/// One result per item, in order.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchBody {
    results: Vec<ItemResult>,
}

/// What became of one item.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemResult {
    /// The status the single call would have had.
    status: u16,
    /// Why, if it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Do several calls in order; one that fails does not keep the next from being tried.
#[utoipa::path(
    post, path = "/api/v1/client/batch", tag = "Client", operation_id = "clientBatch",
    security(("sdk_key" = [], "client_token" = [])), request_body = BatchRequest,
    responses(
        (status = 200, description = "A result per item", body = BatchBody),
        (status = 401, description = "No valid session", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "Breaks a rule", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn batch<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<BatchBody>, Problem> {
    let bytes = body::read(&headers, body, CLIENT_BATCH_BYTES_MAX, MediaType::JsonOrText).await?;
    let wire: BatchRequest = body::json(&bytes)?;
    let key = header(&headers, SDK_KEY).or(wire.key.as_deref());
    let authorised = holder(&service, &headers, key).await?;
    let token = header(&headers, CLIENT_TOKEN).or(wire.client_token.as_deref());
    let session = service.session_of(&authorised, token)?;
    if wire.items.len() > CLIENT_BATCH_ITEMS_MAX {
        let detail = format!("must have at most {CLIENT_BATCH_ITEMS_MAX} items");
        return Err(Problem::invalid(vec![FieldError::new("/items", detail)]));
    }
    service.charge_key(&authorised, wire.items.len().saturating_sub(1))?;
    let mut results = Vec::with_capacity(wire.items.len());
    for item in &wire.items {
        results.push(
            do_item(&service, &session, item.get()).await.map_or_else(ItemResult::from, |()| ItemResult { status: 200, detail: None }),
        );
    }
    Ok(Json(BatchBody { results }))
}

async fn do_item<E: Engine>(service: &Arc<Service<E>>, session: &Session, json: &str) -> Result<(), Problem> {
    let item = read_item(session, json.as_bytes())?;
    Ok(service.batch_item(session, item).await?)
}

fn read_item(session: &Session, json: &[u8]) -> Result<BatchItem, Problem> {
    let kind: ItemKind = body::json(json)?;
    match kind.kind.as_str() {
        "display" => {
            let wire: DisplayItem = body::json(json)?;
            let id = display_id(&wire.display_id)?;
            Ok(match wire.state {
                ReportedState::Shown => BatchItem::Shown(id),
                ReportedState::Dismissed => BatchItem::Closed(id, DisplayState::Dismissed),
                ReportedState::Abandoned => BatchItem::Closed(id, DisplayState::Abandoned),
            })
        }
        "response" => {
            let of: DisplayOfItem = body::json(json)?;
            let wire: ResponseRequest = body::json(json)?;
            Ok(BatchItem::Response(display_id(&of.display_id)?, wire.checked()?))
        }
        "attributes" => Ok(BatchItem::Attributes(body::json::<AttributesRequest>(json)?.checked()?)),
        "identify" => Ok(BatchItem::Identify(body::json::<IdentifyRequest>(json)?.checked(session)?)),
        "seen" => read_seen(body::json(json)?),
        other => Err(Problem::invalid(vec![FieldError::new("/type", format!("{other:?} is not a type of item"))])),
    }
}

fn display_id(text: &str) -> Result<DisplayId, Problem> {
    text.parse().map_err(|_| Error::NotFound("display").into())
}

fn read_seen(wire: SeenItem) -> Result<BatchItem, Problem> {
    let mut fields = Fields::default();
    let mut triggers = Vec::with_capacity(wire.triggers.len().min(SEEN_MAX));
    for (at, seen) in wire.triggers.into_iter().take(SEEN_MAX).enumerate() {
        let name = fields.take(&format!("/triggers/{at}/name"), TriggerName::new(&seen.name));
        let properties = trigger_properties(&mut fields, &format!("/triggers/{at}/properties"), seen.properties.as_deref());
        if let (Some(name), Some((properties, shapes))) = (name, properties) {
            triggers.push((name, properties, shapes));
        }
    }
    if fields.errors.is_empty() { Ok(BatchItem::Seen(triggers)) } else { Err(Problem::invalid(fields.errors)) }
}

impl From<Problem> for ItemResult {
    fn from(problem: Problem) -> Self {
        let detail = problem.errors.first().map_or(problem.detail, |error| format!("{}: {}", error.pointer, error.detail));
        Self { status: problem.status.as_u16(), detail: Some(detail) }
    }
}
