//! Events as rows, as they are in backups and were in folders up to format 2: version, receipt, length and text of the id, and
//! the properties as they came. Trigger, effective time and sequence number are in the key.

use sonde_core::event::{EventId, EventRecord};
use sonde_core::properties::Properties;
use sonde_core::time::Timestamp;

use super::version;
use crate::activity::keys::{self, Bytes};
use crate::error::BadRow;

const VERSION: u8 = 1;

pub(crate) fn encode(received_at: Timestamp, id: &EventId, properties: &Properties) -> Vec<u8> {
    let (id, properties) = (id.as_str(), properties.as_str());
    let id_length = u8::try_from(id.len()).expect("an event id has at most 100 bytes");
    let mut row = Vec::with_capacity(1 + 8 + 1 + id.len() + properties.len());
    row.push(VERSION);
    row.extend_from_slice(&received_at.as_millis().to_be_bytes());
    row.push(id_length);
    row.extend_from_slice(id.as_bytes());
    row.extend_from_slice(properties.as_bytes());
    row
}

/// The event of a key's part after user and kind, and a row.
pub(crate) fn decode(suffix: &[u8], row: &[u8]) -> Result<EventRecord, BadRow> {
    let (trigger, effective_at, seq) = keys::read_event(suffix)?;
    let mut bytes = Bytes(row);
    version(bytes.u8()?, VERSION)?;
    let received_at = bytes.timestamp()?;
    let id_length = usize::from(bytes.u8()?);
    let id = EventId::from_stored(Bytes(bytes.take(id_length)?).rest()?);
    let properties = Properties::from_stored(bytes.rest()?);
    Ok(EventRecord { id, trigger, effective_at, received_at, seq, properties })
}
