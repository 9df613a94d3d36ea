//! The moment from which the disk keeps nothing any more: told once, never taken back.

use std::sync::Arc;

use sonde_storage::StorageError;
use tokio::sync::watch;

/// Whether a file of the data folder could not be written, whichever and by whichever thread. All clones are one.
#[derive(Clone, Default)]
pub(crate) struct Failure(Arc<watch::Sender<bool>>);

impl Failure {
    /// It has happened.
    pub(crate) fn tell(&self, error: &StorageError) {
        if !self.0.send_replace(true) {
            tracing::error!(%error, "the disk refused to keep data, nothing more is accepted");
        }
    }

    pub(crate) fn has_happened(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves when it has.
    pub(crate) async fn happened(&self) {
        let mut told = self.0.subscribe();
        // The sender is ours: this ends only when it has happened.
        let _told = told.wait_for(|happened| *happened).await;
    }
}
