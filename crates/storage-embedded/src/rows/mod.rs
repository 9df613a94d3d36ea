//! How things are written down: row types of this engine, apart from the domain, and the way between the two.
//!
//! States and displays are JSON behind a version byte: small, seldom scanned, and readable when something is wrong.
//! Events are bytes: there are many of them, and their properties are kept as the text they came in.

pub(crate) mod cancels;
pub(crate) mod display;
pub(crate) mod event;
pub(crate) mod note;
pub(crate) mod outbox;
pub(crate) mod settings;
pub(crate) mod state;

use serde::{Deserialize, Serialize};

use crate::error::BadRow;

/// JSON text. A row that cannot be written would be a mistake in this program, found by any test that writes one.
fn to_json<T: Serialize>(row: &T) -> String {
    serde_json::to_string(row).expect("row types have text keys and no fallible parts")
}

fn from_json<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, BadRow> {
    serde_json::from_slice(json).map_err(|error| BadRow::new(error.to_string()))
}

/// An id from its text.
fn id<T: std::str::FromStr<Err = sonde_core::id::InvalidId>>(text: &str) -> Result<T, BadRow> {
    text.parse().map_err(|error| BadRow::new(format!("{text:?}: {error}")))
}

fn user_id(text: &str) -> Result<sonde_core::user::UserId, BadRow> {
    sonde_core::user::UserId::new(text).map_err(|error| BadRow::new(format!("a user id {error}")))
}

fn trigger(text: &str) -> Result<sonde_core::trigger::TriggerName, BadRow> {
    sonde_core::trigger::TriggerName::new(text).map_err(|error| BadRow::new(format!("a trigger's name {error}")))
}

fn version(found: u8, known: u8) -> Result<(), BadRow> {
    if found == known { Ok(()) } else { Err(BadRow::new(format!("version {found} of a row is unknown"))) }
}
