//! Forgetting users. What the engine does in bounded steps is driven from here; whoever comes upon a user whose erasure
//! was begun finishes it first.

use std::sync::Arc;

use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_storage::{Erase, ErasedResponses, Outcome, Write};

use crate::error::Error;
use crate::users::{ATTEMPTS_MAX, identified};
use crate::{Engine, Service, random};

/// What becomes of what an erased user answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErasedAnswers {
    /// It goes, too.
    #[default]
    Delete,
    /// It stays, and nothing says whose it was.
    Anonymise,
}

/// Most aliases whose live events are looked for; the events are the last few hundred of the workspace.
const ALIASES_MAX: usize = 10_000;

impl<E: Engine> Service<E> {
    /// Forgets a user, and every anonymous id that stands for them. `Ok` means that nothing is left; also for a user nobody
    /// has heard of.
    pub async fn erase_user(self: &Arc<Self>, user: &UserRef, answers: ErasedAnswers) -> Result<(), Error> {
        // Refusals taken to be written must not arrive behind the erasure.
        let quiet = self.refused.quiet().await;
        for _ in 0..ATTEMPTS_MAX {
            let activity = self.load(user).await?;
            let user = activity.user;
            let aliases = self.engine.aliases_of(&user, ALIASES_MAX).await?;
            let responses = match answers {
                ErasedAnswers::Delete => ErasedResponses::Delete,
                ErasedAnswers::Anonymise => ErasedResponses::Anonymise { as_id: nobody()? },
            };
            match self.queue.submit(Write::Erase(Erase { user: user.clone(), responses })).await? {
                Outcome::EraseStarted => {}
                // The user turned out to be somebody a moment ago.
                Outcome::AliasConflict => continue,
                other => unreachable!("an erasure was answered with {other:?}"),
            }
            // In a task of its own: it goes on when the caller goes away.
            let (service, of) = (Arc::clone(self), user.clone());
            let finished = tokio::spawn(async move { service.finish_erasure(&of).await });
            finished.await.map_err(|_| Error::Busy { retry_after_secs: 1 })??;
            self.live_events.forget(user.workspace, |namespace, id| {
                (namespace == user.namespace && *id == *user.id.as_str())
                    || (namespace == Namespace::Anonymous && aliases.iter().any(|alias| alias.as_str() == id))
            });
            quiet.forget(|known| {
                *known == user
                    || (known.namespace == Namespace::Anonymous && known.workspace == user.workspace && aliases.contains(&known.id))
            });
            let settings = &self.workspace(user.workspace)?.record.settings;
            if user.namespace == Namespace::Identified && settings.test_users.contains(&user.id) {
                self.set_test_user(&user, false).await?;
            }
            for survey in activity.state.surveys.keys() {
                self.responses_changed(user.workspace, *survey);
            }
            return Ok(());
        }
        Err(Error::Busy { retry_after_secs: 1 })
    }

    /// Removes what remains, a bounded number of rows at a time, so that other writes get their turn in between.
    pub(crate) async fn finish_erasure(&self, user: &UserRef) -> Result<(), Error> {
        loop {
            match self.queue.submit(Write::ContinueErase { user: user.clone() }).await? {
                Outcome::Erased => return Ok(()),
                Outcome::EraseStarted => {}
                other => unreachable!("an erasure was answered with {other:?}"),
            }
        }
    }

    /// Finishes what a stop, or a queue that was full, cut short.
    pub(crate) async fn finish_erasures(&self) {
        let under_way = match self.engine.erasures_under_way().await {
            Ok(under_way) => under_way,
            Err(error) => return tracing::warn!(%error, "erasures that were cut short are looked for again later"),
        };
        for user in under_way {
            match self.finish_erasure(&user).await {
                Ok(()) => tracing::info!("the erasure of a user that was cut short is finished"),
                // The others do not wait for it: it may be that this one's rows cannot be read.
                Err(error) => tracing::warn!(%error, "the erasure of a user is tried again later"),
            }
        }
    }

    /// Finishes the erasure that kept a write from being stored.
    pub(crate) async fn make_way(&self, user: &UserRef) -> Result<(), Error> {
        let state = self.engine.load(user, self.now()).await?.state;
        match &state.alias_of {
            Some(id) => self.finish_erasure(&identified(user, id)).await,
            None => self.finish_erasure(user).await,
        }
    }
}

/// An id that nobody else has.
fn nobody() -> Result<UserId, Error> {
    let number = u128::from_be_bytes(random::bytes());
    UserId::new(&format!("erased-{number:032x}")).map_err(|error| Error::invalid("", error))
}
