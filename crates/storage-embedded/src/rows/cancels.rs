//! What a trigger's events cancel, as JSON.

use serde::{Deserialize, Serialize};
use sonde_core::trigger::{Cancels, PropertyPath};

use super::{from_json, to_json, trigger};
use crate::error::BadRow;

#[derive(Serialize, Deserialize)]
struct Row {
    trigger: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    equal_property: Option<String>,
}

/// `None`: nothing.
pub(crate) fn encode(cancels: &[Cancels]) -> Option<String> {
    let row = |cancels: &Cancels| Row {
        trigger: cancels.trigger.as_str().to_owned(),
        equal_property: cancels.equal_property.as_ref().map(|path| path.as_str().to_owned()),
    };
    (!cancels.is_empty()).then(|| to_json(&cancels.iter().map(row).collect::<Vec<_>>()))
}

pub(crate) fn decode(json: Option<&str>) -> Result<Vec<Cancels>, BadRow> {
    let rows: Vec<Row> = json.map_or(Ok(Vec::new()), |json| from_json(json.as_bytes()))?;
    let cancels = |row: Row| {
        let path = |path: &str| PropertyPath::new(path).map_err(|error| BadRow::new(format!("a path {error}")));
        Ok(Cancels { trigger: trigger(&row.trigger)?, equal_property: row.equal_property.as_deref().map(path).transpose()? })
    };
    rows.into_iter().map(cancels).collect()
}
