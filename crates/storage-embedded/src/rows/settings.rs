//! Settings of a workspace as JSON. A field that is absent is the default, so that an older row reads as it was meant.

use serde::{Deserialize, Serialize};
use sonde_core::settings::{AllowedOrigins, Appearance, IdentityProof, Position, Radius, Theme, WorkspaceSettings};

use super::{to_json, user_id};
use crate::error::BadRow;

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Row {
    version: u8,
    languages: Option<Vec<String>>,
    accent: Option<String>,
    radius: Option<String>,
    appearance: Option<String>,
    position: Option<String>,
    /// Absent: all of them.
    allowed_origins: Option<Vec<String>>,
    response_retention_days: Option<u32>,
    identity_proof: Option<String>,
    #[serde(default)]
    pipes_without_proof: bool,
    /// Absent: none.
    #[serde(default)]
    test_users: Vec<String>,
}

pub(crate) fn encode(settings: &WorkspaceSettings) -> String {
    let Theme { accent, radius, appearance, position } = settings.theme;
    let row = Row {
        version: VERSION,
        languages: Some(settings.languages.iter().map(ToString::to_string).collect()),
        accent: Some(accent.to_string()),
        radius: Some(radius.as_str().to_owned()),
        appearance: Some(appearance.as_str().to_owned()),
        position: Some(position.as_str().to_owned()),
        allowed_origins: match &settings.allowed_origins {
            AllowedOrigins::Any => None,
            AllowedOrigins::Listed(listed) => Some(listed.iter().map(|origin| origin.as_str().to_owned()).collect()),
        },
        response_retention_days: settings.response_retention_days,
        identity_proof: Some(settings.identity_proof.as_str().to_owned()),
        pipes_without_proof: settings.pipes_without_proof,
        test_users: settings.test_users.iter().map(|user| user.as_str().to_owned()).collect(),
    };
    to_json(&row)
}

pub(crate) fn decode(json: &str) -> Result<WorkspaceSettings, BadRow> {
    let row: Row = serde_json::from_str(json).map_err(|error| BadRow::new(error.to_string()))?;
    if row.version != VERSION {
        return Err(BadRow::new(format!("version {} of a workspace's settings is unknown", row.version)));
    }
    let default = WorkspaceSettings::default();
    let accent = row.accent.map(|accent| accent.parse().map_err(|_| unknown("accent", &accent))).transpose()?;
    let origins = row
        .allowed_origins
        .map(|listed| listed.iter().map(|origin| origin.parse().map_err(|_| unknown("origin", origin))).collect::<Result<Vec<_>, _>>());
    Ok(WorkspaceSettings {
        languages: row.languages.map_or(default.languages, |languages| languages.into_iter().map(Into::into).collect()),
        theme: Theme {
            accent: accent.unwrap_or(default.theme.accent),
            radius: choice("radius", row.radius, Radius::from_name)?,
            appearance: choice("appearance", row.appearance, Appearance::from_name)?,
            position: choice("position", row.position, Position::from_name)?,
        },
        allowed_origins: origins.transpose()?.map_or(AllowedOrigins::Any, AllowedOrigins::Listed),
        response_retention_days: row.response_retention_days,
        identity_proof: choice("identity proof", row.identity_proof, IdentityProof::from_name)?,
        pipes_without_proof: row.pipes_without_proof,
        test_users: row.test_users.iter().map(|user| user_id(user)).collect::<Result<_, BadRow>>()?,
    })
}

fn choice<T: Default>(what: &str, name: Option<String>, read: impl Fn(&str) -> Option<T>) -> Result<T, BadRow> {
    name.map_or_else(|| Ok(T::default()), |name| read(&name).ok_or_else(|| unknown(what, &name)))
}

fn unknown(what: &str, name: &str) -> BadRow {
    BadRow::new(format!("no {what}: {name:?}"))
}
