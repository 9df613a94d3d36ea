//! Displays and responses: confirm before painting, save every answer.

use std::sync::Arc;

use sonde_core::display::{Confirmed, DisplayState, Refusal, Responded, ResponseInput, close, confirm, respond};
use sonde_core::id::DisplayId;

use crate::error::{Error, FieldError};
use crate::quotas::completes;
use crate::token::Session;
use crate::users::ATTEMPTS_MAX;
use crate::{Engine, Service};

const CANCELLED: &str = "the event that the survey is about was cancelled; do not show the survey";
const LAPSED: &str = "the claim has lapsed or was given back; do not show the survey";

impl<E: Engine> Service<E> {
    /// Confirms that a claimed survey is about to be painted. After `Ok` it may be; after [`Error::Conflict`] it must not.
    pub async fn confirm_shown(self: &Arc<Self>, session: &Session, id: DisplayId) -> Result<DisplayState, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let (activity, display) = self.load_display(&session.user, id).await?;
            let workspace = self.workspace(activity.user.workspace)?;
            match confirm(&workspace.snapshot, &activity, &display, self.now()) {
                Err(Refusal::Lapsed | Refusal::Answers(_)) => return Err(Error::Conflict(LAPSED.to_owned())),
                Err(Refusal::Cancelled(change)) => {
                    if self.store(*change).await? {
                        return Err(Error::Conflict(CANCELLED.to_owned()));
                    }
                }
                Ok(Confirmed::Already(state)) => return Ok(state),
                Ok(Confirmed::Shown(change)) => {
                    if self.store(*change).await? {
                        return Ok(DisplayState::Shown);
                    }
                }
            }
        }
        Err(Error::Busy { retry_after_secs: 1 })
    }

    /// Notes that the user closed or left the survey. `to` is `Dismissed` or `Abandoned`.
    pub async fn close_display(self: &Arc<Self>, session: &Session, id: DisplayId, to: DisplayState) -> Result<DisplayState, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let (user, state, display) = self.load_begun(&session.user, id).await?;
            let Some(change) = close(&user, &state, &display, to, self.now()) else { return Ok(display.state) };
            let next = change.displays.first().map_or(display.state, |display| display.state);
            if self.store(change).await? {
                return Ok(next);
            }
        }
        Err(Error::Busy { retry_after_secs: 1 })
    }

    /// Saves the whole answer set so far. Returns the revision and state that the store holds afterwards.
    pub async fn save_response(
        self: &Arc<Self>,
        session: &Session,
        id: DisplayId,
        input: ResponseInput,
    ) -> Result<(u64, DisplayState), Error> {
        for _ in 0..ATTEMPTS_MAX {
            let (user, state, display) = self.load_begun(&session.user, id).await?;
            let document = self.document_of(user.workspace, &display).await?;
            match respond(&user, &state, &display, &document, input.clone(), self.now()) {
                Err(Refusal::Lapsed | Refusal::Cancelled(_)) => return Err(Error::Conflict(LAPSED.to_owned())),
                Err(Refusal::Answers(wrong)) => {
                    let at = |pointer: String| format!("/answers{pointer}");
                    let fields = wrong.into_iter().map(|wrong| FieldError::new(at(wrong.pointer), wrong.detail));
                    return Err(Error::Invalid(fields.collect()));
                }
                Ok(Responded::Already { revision, state }) => return Ok((revision, state)),
                Ok(Responded::Saved(change)) => {
                    let saved = change.displays.first().map_or((input.revision, display.state), |saved| (saved.revision, saved.state));
                    let completes = completes(&display, &change);
                    if self.store(*change).await? {
                        if let Some(survey) = completes {
                            self.quotas.count(survey);
                        }
                        return Ok(saved);
                    }
                }
            }
        }
        Err(Error::Busy { retry_after_secs: 1 })
    }
}
