//! The edge: the only crate that knows HTTP and JSON. Routers, wire types, the error → status table, OpenAPI, assets.

mod admin;
mod assets;
mod body;
mod client;
mod cors;
mod dashboard;
mod ingest;
mod ingest_batch;
mod ingest_cancel;
mod metrics;
mod openapi;
mod problem;
mod rate_limit;
mod reasons;
mod request_id;
mod router;
mod rows;
mod short_cut;
mod user_body;
mod users;
mod wire;

pub use dashboard::{EdgeOptions, Peer};
pub use metrics::{Metrics, metrics_router};
pub use openapi::openapi_json;
pub use rate_limit::ClientAddressHeader;
pub use request_id::current as current_request_id;
pub use router::{admin_router, public_api};
pub use short_cut::PublicApi;

/// The JSON Schema of the survey document, as text.
pub fn survey_schema_json() -> String {
    let schema = schemars::schema_for!(sonde_core::survey::format::SurveyFile);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
