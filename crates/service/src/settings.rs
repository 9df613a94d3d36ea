//! Settings of a workspace.

use std::sync::Arc;

use sonde_core::id::WorkspaceId;
use sonde_core::limits::{RESPONSE_RETENTION_DAYS_MAX, WAIT_PERIOD_DAYS_MAX};
use sonde_core::settings::{IdentityProof, WorkspaceSettings};
use sonde_core::time::Span;
use sonde_storage::Workspace;

use crate::accounts::check_name;
use crate::error::{Error, FieldError};
use crate::{Authorised, Engine, Service};

/// All that can be set of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsInput {
    /// Its name.
    pub name: String,
    /// Minimum days between two surveys for one user; 0 for none.
    pub wait_period_days: u32,
    /// The rest, each part checked.
    pub settings: WorkspaceSettings,
}

impl<E: Engine> Service<E> {
    /// The settings of a workspace.
    pub fn settings(&self, workspace: WorkspaceId) -> Result<SettingsInput, Error> {
        let cached = self.workspace(workspace)?;
        let Workspace { name, wait_period, settings, .. } = cached.record.clone();
        let days = u32::try_from(wait_period.as_millis() / Span::DAY.as_millis()).unwrap_or(u32::MAX);
        Ok(SettingsInput { name, wait_period_days: days, settings })
    }

    /// Replaces the settings of a workspace. Responses that are older than is kept from now on go at once.
    pub async fn change_settings(self: &Arc<Self>, workspace: WorkspaceId, input: SettingsInput) -> Result<(), Error> {
        let mut wrong: Vec<FieldError> = check_name("/name", &input.name).err().into_iter().collect();
        if input.wait_period_days > WAIT_PERIOD_DAYS_MAX {
            wrong.push(FieldError::new("/wait_period_days", format!("must be at most {WAIT_PERIOD_DAYS_MAX}")));
        }
        let retention = input.settings.response_retention_days;
        if retention.is_some_and(|days| !(1..=RESPONSE_RETENTION_DAYS_MAX).contains(&days)) {
            let detail = format!("must be 1 to {RESPONSE_RETENTION_DAYS_MAX}, or null to keep responses");
            wrong.push(FieldError::new("/response_retention_days", detail));
        }
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        let stored = self.stored_workspace(workspace).await?;
        let turned_on = stored.settings.identity_proof == IdentityProof::Off && input.settings.identity_proof != IdentityProof::Off;
        if turned_on && self.engine.identity_secrets(workspace).await?.is_empty() {
            return Err(Error::invalid("/identity_proof/mode", "needs a secret; create one first"));
        }
        let changed = Workspace {
            name: input.name.trim().to_owned(),
            wait_period: Span::from_days(i64::from(input.wait_period_days)),
            settings: input.settings,
            ..stored
        };
        self.change_workspace(changed).await?;
        if retention.is_some() {
            let service = Arc::clone(self);
            tokio::spawn(async move { service.delete_old_responses(workspace).await });
        }
        Ok(())
    }

    /// Refuses a call from a site that the key's workspace does not list.
    pub fn expect_allowed_origin(&self, authorised: &Authorised, origin: Option<&str>) -> Result<(), Error> {
        let cached = self.workspace(authorised.workspace)?;
        let allowed = cached.record.settings.allowed_origins.allow(origin);
        if allowed { Ok(()) } else { Err(Error::Forbidden("this site is not among the workspace's allowed origins")) }
    }
}
