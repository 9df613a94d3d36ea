//! The edge from outside: the real router over the in-memory engine, called as each persona would.

#![expect(clippy::unwrap_used, reason = "all of this is tests, helpers too")]

mod accounts;
mod activation;
mod assets;
mod connections;
mod crossing;
mod events;
mod explain;
mod full_queue;
mod gates;
mod identity;
mod ingest_batch;
mod limits;
mod metrics;
mod origins;
mod pipes;
mod push;
mod results;
mod routes;
mod settings;
mod short_cut;
mod support;
mod surveys;
mod triggers;
mod users;
