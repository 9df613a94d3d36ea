//! Taking back one event, by its id.

use std::sync::Arc;

use sonde_core::display::UserChange;
use sonde_core::event::EventId;
use sonde_core::user::{CancelMark, UserRef};

use crate::error::Error;
use crate::users::ATTEMPTS_MAX;
use crate::{Engine, Service};

impl<E: Engine> Service<E> {
    /// Cancels an event: from now on it makes no survey due, and a survey claimed for it is not painted. Once more changes
    /// nothing. The event itself stays stored, and so does what was shown before.
    pub async fn cancel_event(self: &Arc<Self>, user: &UserRef, id: &EventId) -> Result<(), Error> {
        for _ in 0..ATTEMPTS_MAX {
            let activity = self.load(user).await?;
            let found = self.engine.find_events(&activity.user, id).await?;
            if found.is_empty() {
                return Err(Error::NotFound("event"));
            }
            let now = self.now();
            let is_marked = |mark: &CancelMark| activity.cancelled.iter().any(|known| known.event.seq == mark.event.seq);
            let marks = found.iter().map(|event| CancelMark { event: event.into(), cancelled_at: now });
            let missing: Vec<CancelMark> = marks.filter(|mark| !is_marked(mark)).collect();
            if missing.is_empty() {
                return Ok(());
            }
            // A change of the user: a claim or a confirmation made from what was read before it is refused by the store.
            let mut change = UserChange::of_state(&activity.user, activity.state);
            change.cancelled = missing;
            if self.store(change).await? {
                return Ok(());
            }
        }
        Err(Error::Busy { retry_after_secs: 1 })
    }
}
