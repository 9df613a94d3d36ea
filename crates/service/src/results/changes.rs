//! Who looks at results hears when they change. Only that they did: the looking is a query of its own.

use sonde_core::display::UserChange;
use sonde_core::id::{SurveyId, WorkspaceId};
use tokio::sync::broadcast;

use crate::{Engine, Service};

/// Changes that a slow listener may be behind; one that is further behind hears of a change all the same.
const BEHIND_MAX: usize = 256;

/// The one channel of all surveys.
pub(crate) struct ResponseChanges(broadcast::Sender<(WorkspaceId, SurveyId)>);

impl Default for ResponseChanges {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND_MAX))
    }
}

impl ResponseChanges {
    /// Which survey's rows a change is about to change.
    pub(crate) fn of(change: &UserChange) -> Option<(WorkspaceId, SurveyId)> {
        let shown = change.displays.iter().find(|display| display.shown_at.is_some())?;
        Some((change.user.workspace, shown.survey))
    }
}

/// One listener.
pub struct ResponseWatch {
    receiver: broadcast::Receiver<(WorkspaceId, SurveyId)>,
    of: (WorkspaceId, SurveyId),
}

impl ResponseWatch {
    /// Waits until rows of the survey change. `false`: the service is gone.
    pub async fn changed(&mut self) -> bool {
        loop {
            match self.receiver.recv().await {
                Ok(of) if of == self.of => return true,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return true,
                Err(broadcast::error::RecvError::Closed) => return false,
            }
        }
    }

    /// Forgets the changes that were not waited for.
    pub fn skip(&mut self) {
        self.receiver = self.receiver.resubscribe();
    }
}

impl<E: Engine> Service<E> {
    /// Rows of a survey changed.
    pub(crate) fn responses_changed(&self, workspace: WorkspaceId, survey: SurveyId) {
        // Nobody listening is no error.
        let _ = self.response_changes.0.send((workspace, survey));
    }

    /// Listens for changes of a survey's rows.
    pub fn watch_responses(&self, workspace: WorkspaceId, survey: SurveyId) -> ResponseWatch {
        ResponseWatch { receiver: self.response_changes.0.subscribe(), of: (workspace, survey) }
    }
}
