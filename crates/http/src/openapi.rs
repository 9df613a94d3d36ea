//! The OpenAPI document: generated from the handlers, committed as `schemas/openapi.json`, served at `/api/openapi.json`.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::{client, dashboard, ingest, ingest_batch, ingest_cancel, users};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sonde",
        description = "Ask users the right question at the right moment. Times are RFC 3339 UTC; errors are problem documents (RFC 9457).",
        license(name = "AGPL-3.0-only", identifier = "AGPL-3.0-only"),
    ),
    paths(
        ingest::event,
        ingest_batch::events,
        ingest_cancel::cancel,
        users::set_attributes,
        users::erase,
        users::export,
        client::config::config,
        client::session::start,
        client::session::identify,
        client::session::attributes,
        client::trigger::trigger,
        client::content::content,
        client::displays::report,
        client::displays::respond,
        client::batch::batch,
        client::stream::ticket,
        client::stream::stream,
        dashboard::auth::state,
        dashboard::auth::setup,
        dashboard::auth::login,
        dashboard::auth::logout,
        dashboard::auth::password,
        dashboard::workspaces::create,
        dashboard::workspaces::rename,
        dashboard::connections::show,
        dashboard::connections::create_key,
        dashboard::connections::revoke_key,
        dashboard::connections::test_event,
        dashboard::events::list,
        dashboard::events::stream,
        dashboard::triggers::list,
        dashboard::triggers::create,
        dashboard::triggers::archive,
        dashboard::triggers::restore,
        dashboard::triggers::set_cancels,
        dashboard::explain::decisions,
        dashboard::explain::refusals,
        dashboard::explain::set_test_user,
        dashboard::explain::survey_refusals,
        dashboard::users::list,
        dashboard::users::show,
        dashboard::users::export,
        dashboard::users::erase,
        dashboard::users::attributes,
        dashboard::explain::estimate,
        dashboard::settings::show,
        dashboard::settings::replace,
        dashboard::cohorts::list,
        dashboard::cohorts::create,
        dashboard::cohorts::show,
        dashboard::cohorts::replace,
        dashboard::cohorts::delete,
        dashboard::identity::list,
        dashboard::identity::create,
        dashboard::identity::revoke,
        dashboard::surveys::list,
        dashboard::surveys::create,
        dashboard::surveys::show,
        dashboard::surveys::save_draft,
        dashboard::surveys::publish,
        dashboard::surveys::launch,
        dashboard::surveys::pause,
        dashboard::surveys::resume,
        dashboard::surveys::end,
        dashboard::surveys::duplicate,
        dashboard::surveys::delete,
        dashboard::surveys::version,
        dashboard::results::show,
        dashboard::results::list,
        dashboard::results::detail,
        dashboard::results::delete,
        dashboard::results::texts,
        dashboard::results::stream_changes,
        dashboard::results::export,
    ),
    modifiers(&Security),
    tags(
        (name = "Ingest", description = "Called by the customer's servers"),
        (name = "Users", description = "What is known of users: set and erased by the customer's servers, looked at by members"),
        (name = "Client", description = "Called by SDKs"),
        (name = "Accounts", description = "Called by the dashboard, as all that follows: members and sessions"),
        (name = "Workspaces", description = "Products of the customer, isolated from each other"),
        (name = "Connections", description = "How servers, apps and sites reach a workspace"),
        (name = "Events", description = "What servers send, as it comes in"),
        (name = "Triggers", description = "Kinds of events and moments in the app"),
        (name = "Surveys", description = "Drafts, versions, launch and life"),
        (name = "Cohorts", description = "Conditions on users that surveys share"),
        (name = "Results", description = "What was answered, as figures and as rows"),
        (name = "Users", description = "End users: what is known of them, and why they are asked or not"),
        (name = "Settings", description = "What a workspace decides for all of its surveys"),
    ),
)]
struct Api;

struct Security;

impl Modify for Security {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let header = |name: &str, text: &str| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, text)));
        components.add_security_scheme("backend_key", header("x-api-key", "Secret key of servers, sk_…"));
        components.add_security_scheme("sdk_key", header("x-sonde-key", "Public key of apps and sites, pk_…"));
        let cookie = ApiKeyValue::with_description("__Host-sonde", "From POST /api/v1/auth/login; called `sonde` over plain http");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        components.add_security_scheme("csrf", header("x-sonde-csrf", "csrf_token of GET /api/v1/auth/state; with every change"));
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
