//! `/api/v1/workspaces/{workspace}/settings`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use sonde_core::limits::{ALLOWED_ORIGINS_MAX, LANGUAGES_MAX, TEST_USERS_MAX};
use sonde_core::settings::{AllowedOrigins, Appearance, IdentityProof as ProofMode, Origin, Position, Radius, Theme, WorkspaceSettings};
use sonde_core::survey::text::is_language_tag;
use sonde_core::user::UserId;
use sonde_service::settings::SettingsInput;
use sonde_service::{Engine, Service};
use utoipa::ToSchema;

use super::{InWorkspace, Refusals, read};
use crate::problem::{Problem, ProblemDocument};
use crate::wire::Fields;

/// All that can be set of a workspace.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsBody {
    /// Its name.
    name: String,
    /// Minimum days between two surveys for one user; 0 for none.
    wait_period_days: u32,
    /// Language tags; at least one.
    languages: Vec<String>,
    theme: ThemeBody,
    /// `["*"]` for every site, or the origins of those that may call with the SDK key.
    allowed_origins: Vec<String>,
    /// Response rows older than this many days are deleted; null keeps them.
    response_retention_days: Option<u32>,
    identity_proof: IdentityProof,
    /// Whether texts may say `event.*` and `user.*` while identity proof is off. Then anybody who holds the SDK key can
    /// ask as any user and read it. Default: false.
    #[serde(default)]
    pipes_without_proof: bool,
    /// Ids of users whose apps may ask for reasons; at most 100.
    #[serde(default)]
    test_users: Vec<String>,
}

/// How surveys look.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThemeBody {
    /// `#rrggbb`
    accent: String,
    radius: RadiusWire,
    appearance: AppearanceWire,
    position: PositionWire,
}

macro_rules! wire_choice {
    ($(#[$doc:meta])* $wire:ident = $core:ident { $($variant:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $wire {
            $($variant),+
        }

        impl From<$wire> for $core {
            fn from(wire: $wire) -> Self {
                match wire {
                    $($wire::$variant => Self::$variant),+
                }
            }
        }

        impl From<$core> for $wire {
            fn from(choice: $core) -> Self {
                match choice {
                    $($core::$variant => Self::$variant),+
                }
            }
        }
    };
}

wire_choice!(
    /// How round corners are.
    RadiusWire = Radius { None, Small, Large }
);
wire_choice!(
    /// Light or dark; `auto` is as the visitor's system.
    AppearanceWire = Appearance { Auto, Light, Dark }
);
wire_choice!(
    /// Where on the screen.
    PositionWire = Position { BottomRight, BottomLeft, Center }
);

/// Whether users have to prove who they are.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityProof {
    mode: IdentityMode,
}

wire_choice!(
    /// How users prove who they are: not at all, by a JWT, or by a JWT or the HMAC of their id.
    IdentityMode = ProofMode { Off, Jwt, JwtOrHmac }
);

impl From<Theme> for ThemeBody {
    fn from(theme: Theme) -> Self {
        Self {
            accent: theme.accent.to_string(),
            radius: theme.radius.into(),
            appearance: theme.appearance.into(),
            position: theme.position.into(),
        }
    }
}

impl From<SettingsInput> for SettingsBody {
    fn from(input: SettingsInput) -> Self {
        let WorkspaceSettings {
            languages,
            theme,
            allowed_origins,
            response_retention_days,
            identity_proof,
            pipes_without_proof,
            test_users,
        } = input.settings;
        Self {
            name: input.name,
            wait_period_days: input.wait_period_days,
            languages: languages.into_iter().map(String::from).collect(),
            theme: theme.into(),
            allowed_origins: match allowed_origins {
                AllowedOrigins::Any => vec!["*".to_owned()],
                AllowedOrigins::Listed(listed) => listed.iter().map(|origin| origin.as_str().to_owned()).collect(),
            },
            response_retention_days,
            identity_proof: IdentityProof { mode: identity_proof.into() },
            pipes_without_proof,
            test_users: test_users.iter().map(|user| user.as_str().to_owned()).collect(),
        }
    }
}

impl SettingsBody {
    fn checked(self) -> Result<SettingsInput, Problem> {
        let mut fields = Fields::default();
        if !(1..=LANGUAGES_MAX).contains(&self.languages.len()) {
            fields.wrong("/languages", format!("must be 1 to {LANGUAGES_MAX}"));
        }
        for (at, language) in self.languages.iter().enumerate() {
            if !is_language_tag(language) || self.languages[..at].contains(language) {
                fields.wrong(format!("/languages/{at}"), "must be a language tag such as en or de-CH, each once");
            }
        }
        let accent = fields.take("/theme/accent", self.theme.accent.parse());
        let allowed_origins = allowed_origins(&mut fields, &self.allowed_origins);
        let test_users = test_users(&mut fields, &self.test_users);
        let Some(accent) = accent.filter(|_| fields.errors.is_empty()) else { return Err(Problem::invalid(fields.errors)) };
        let settings = WorkspaceSettings {
            languages: self.languages.into_iter().map(Into::into).collect(),
            theme: Theme {
                accent,
                radius: self.theme.radius.into(),
                appearance: self.theme.appearance.into(),
                position: self.theme.position.into(),
            },
            allowed_origins,
            response_retention_days: self.response_retention_days,
            identity_proof: self.identity_proof.mode.into(),
            pipes_without_proof: self.pipes_without_proof,
            test_users,
        };
        Ok(SettingsInput { name: self.name, wait_period_days: self.wait_period_days, settings })
    }
}

fn test_users(fields: &mut Fields, listed: &[String]) -> Vec<UserId> {
    if listed.len() > TEST_USERS_MAX {
        fields.wrong("/test_users", format!("must be at most {TEST_USERS_MAX}"));
    }
    let read = |(at, id): (usize, &String)| fields.take(&format!("/test_users/{at}"), UserId::new(id));
    let mut users: Vec<UserId> = listed.iter().enumerate().filter_map(read).collect();
    let mut seen = std::collections::HashSet::new();
    users.retain(|user| seen.insert(user.clone()));
    users
}

fn allowed_origins(fields: &mut Fields, listed: &[String]) -> AllowedOrigins {
    if listed == ["*"] {
        return AllowedOrigins::Any;
    }
    if listed.len() > ALLOWED_ORIGINS_MAX {
        fields.wrong("/allowed_origins", format!("must be at most {ALLOWED_ORIGINS_MAX}"));
    }
    let read = |(at, text): (usize, &String)| fields.take(&format!("/allowed_origins/{at}"), text.parse::<Origin>());
    AllowedOrigins::Listed(listed.iter().enumerate().filter_map(read).collect())
}

/// The workspace's settings.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/settings", tag = "Settings", operation_id = "getSettings", security(("session" = [])),
    params(("workspace" = String, Path, description = "`wsp_…`")),
    responses((status = 200, description = "All of them", body = SettingsBody), Refusals<'_>)
)]
pub(crate) async fn show<E: Engine>(State(service): State<Arc<Service<E>>>, at: InWorkspace) -> Result<Json<SettingsBody>, Problem> {
    Ok(Json(service.settings(at.workspace)?.into()))
}

/// Replace the workspace's settings.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}/settings", tag = "Settings", operation_id = "putSettings",
    security(("session" = [], "csrf" = [])), params(("workspace" = String, Path, description = "`wsp_…`")), request_body = SettingsBody,
    responses(
        (status = 200, description = "Replaced", body = SettingsBody),
        (status = 409, description = "The name is taken", body = ProblemDocument, content_type = "application/problem+json"),
        Refusals<'_>,
    )
)]
pub(crate) async fn replace<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    at: InWorkspace,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<SettingsBody>, Problem> {
    let wire: SettingsBody = read(&headers, body).await?;
    service.change_settings(at.workspace, wire.checked()?).await?;
    Ok(Json(service.settings(at.workspace)?.into()))
}
