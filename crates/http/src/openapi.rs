//! The OpenAPI document: generated from the handlers, committed as `schemas/openapi.json`, served at `/api/openapi.json`.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::{client, ingest};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sonde",
        description = "Ask users the right question at the right moment. Times are RFC 3339 UTC; errors are problem documents (RFC 9457).",
        license(name = "AGPL-3.0-only", identifier = "AGPL-3.0-only"),
    ),
    paths(
        ingest::event,
        client::config::config,
        client::session::start,
        client::session::identify,
        client::session::attributes,
        client::trigger::trigger,
        client::content::content,
        client::displays::report,
        client::displays::respond,
        client::batch::batch,
    ),
    modifiers(&Security),
    tags((name = "Ingest", description = "Called by the customer's servers"), (name = "Client", description = "Called by SDKs")),
)]
struct Api;

struct Security;

impl Modify for Security {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let header = |name: &str, text: &str| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, text)));
        components.add_security_scheme("backend_key", header("x-api-key", "Secret key of servers, sk_…"));
        components.add_security_scheme("sdk_key", header("x-sonde-key", "Public key of apps and sites, pk_…"));
        components.add_security_scheme("client_token", header("x-sonde-token", "From POST /api/v1/client/session"));
    }
}

/// The document as text.
pub fn openapi_json() -> String {
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Serves the document.
pub(crate) async fn serve() -> impl axum::response::IntoResponse {
    ([(axum::http::header::CONTENT_TYPE, "application/json")], openapi_json())
}
