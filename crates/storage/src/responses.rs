//! Response rows: what the dashboard, exports and people query.

use std::future::Future;

use sonde_core::display::Display;
use sonde_core::id::{DisplayId, SurveyId, WorkspaceId};
use sonde_core::user::UserRef;

use crate::StorageError;

/// One display that was shown, with its answers so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseRow {
    /// Who saw it. After a merge this is the identified user.
    pub user: UserRef,
    /// What was seen and answered.
    pub display: Display,
}

/// Which rows.
#[derive(Clone, Debug)]
pub struct ResponseQuery {
    /// Of this workspace.
    pub workspace: WorkspaceId,
    /// Of one survey, or of all.
    pub survey: Option<SurveyId>,
    /// After this display, in the order of display ids.
    pub after: Option<DisplayId>,
    /// At most this many.
    pub limit: u32,
}

/// The store of response rows.
pub trait Responses: Send + Sync + 'static {
    /// Rows in the order of display ids. Holds everything that was committed before the call.
    fn responses(&self, query: &ResponseQuery) -> impl Future<Output = Result<Vec<ResponseRow>, StorageError>> + Send;
}
