//! The edge: the only crate that knows HTTP and JSON. Routers, wire types, the error → status table, OpenAPI, assets.

mod admin;
mod assets;
mod body;
mod client;
mod cors;
mod dashboard;
mod ingest;
mod ingest_batch;
mod openapi;
mod problem;
mod request_id;
mod router;
mod rows;
mod wire;

pub use dashboard::{EdgeOptions, Peer};
pub use openapi::openapi_json;
pub use router::{admin_router, public_router};

/// The JSON Schema of the survey document, as text.
pub fn survey_schema_json() -> String {
    let schema = schemars::schema_for!(sonde_core::survey::format::SurveyFile);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
