//! Retention: a day's events are dropped whole once no window over them can be open.

use std::sync::Arc;
use std::time::Duration;

use crate::{Engine, Service};

/// How often buckets are looked at; a bucket lives for days, so a few minutes more do not matter.
const LOOK_EVERY: Duration = Duration::from_secs(300);

/// Drops expired buckets until the service is gone.
pub(crate) fn start<E: Engine>(service: &Arc<Service<E>>) {
    let service = Arc::downgrade(service);
    tokio::spawn(async move {
        loop {
            let Some(current) = service.upgrade() else { return };
            match current.engine.drop_expired(current.now()).await {
                Ok(0) => {}
                Ok(dropped) => tracing::info!(dropped, "expired events were dropped"),
                Err(error) => tracing::warn!(%error, "expired events could not be dropped"),
            }
            drop(current);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
}
