//! Retention: a day's events are dropped whole once no window over them can be open; responses go when their workspace
//! keeps them no longer; so do sessions that have ended. Erasures that were cut short are finished.

use std::sync::Arc;
use std::time::Duration;

use sonde_core::id::WorkspaceId;
use sonde_core::time::Span;

use crate::{Engine, Service};

/// How often buckets are looked at; a bucket lives for days, so a few minutes more do not matter.
const LOOK_EVERY: Duration = Duration::from_mins(5);

/// How often old responses and sessions are deleted, in looks at the buckets: once a day.
const LOOKS_PER_DAY: u32 = 288;
/// Rows deleted in one step, so that nobody waits long for the writer.
const ROWS_PER_STEP: u32 = 1_000;

impl<E: Engine> Service<E> {
    /// Deletes responses that are older than their workspace keeps them.
    pub(crate) async fn delete_old_responses(&self, workspace: WorkspaceId) {
        let Ok(cached) = self.workspace(workspace) else { return };
        let Some(days) = cached.record.settings.response_retention_days else { return };
        let before = self.now() - Span::from_days(i64::from(days));
        let mut deleted = 0;
        loop {
            match self.engine.delete_responses_before(workspace, before, ROWS_PER_STEP).await {
                Ok(count) => {
                    deleted += count;
                    if count < ROWS_PER_STEP as usize {
                        break;
                    }
                }
                Err(error) => return tracing::warn!(%error, %workspace, "old responses could not be deleted"),
            }
        }
        if deleted > 0 {
            tracing::info!(deleted, %workspace, "old responses were deleted");
        }
    }

    async fn daily(&self) {
        for workspace in self.cache.workspace_ids() {
            self.delete_old_responses(workspace).await;
        }
        if let Err(error) = self.engine.delete_expired_sessions(self.now()).await {
            tracing::warn!(%error, "ended sessions could not be deleted");
        }
    }
}

/// Drops what is over until the service is gone.
pub(crate) fn start<E: Engine>(service: &Arc<Service<E>>) {
    let service = Arc::downgrade(service);
    tokio::spawn(async move {
        for look in 0_u32.. {
            let Some(current) = service.upgrade() else { return };
            match current.engine.drop_expired(current.now()).await {
                Ok(0) => {}
                Ok(dropped) => tracing::info!(dropped, "expired events were dropped"),
                Err(error) => tracing::warn!(%error, "expired events could not be dropped"),
            }
            current.finish_erasures().await;
            if look % LOOKS_PER_DAY == 0 {
                current.daily().await;
            }
            drop(current);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
}
