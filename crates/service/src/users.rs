//! Loading users, following aliases, and finishing merges.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use sonde_core::attribute::{AttributeChange, Attributes};
use sonde_core::display::{Display, UserChange};
use sonde_core::id::DisplayId;
use sonde_core::user::{Namespace, UserActivity, UserId, UserRef, UserState};
use sonde_storage::{Merge, Outcome, Write};

use crate::error::Error;
use crate::results::ResponseChanges;
use crate::{Engine, Service};

/// How often a change is made anew when somebody else changed the user in between. Each round somebody made progress,
/// so this many in a row means a flood at one user.
pub(crate) const ATTEMPTS_MAX: usize = 64;

/// Users whose merge some task is finishing right now.
#[derive(Default)]
pub(crate) struct MergesUnderWay(Mutex<HashSet<UserRef>>);

impl<E: Engine> Service<E> {
    /// Loads a user; an anonymous id that is an alias leads to the user it stands for.
    pub(crate) async fn load(self: &Arc<Self>, user: &UserRef) -> Result<UserActivity, Error> {
        let activity = self.load_following(user).await?;
        let activity = if activity.state.erasing {
            self.finish_erasure(&activity.user).await?;
            self.load_following(user).await?
        } else {
            activity
        };
        self.finish_merges_later(&activity.user, &activity.state);
        Ok(activity)
    }

    /// The same, but what is to be finished stays as it is: for those who only look.
    pub(crate) async fn load_following(&self, user: &UserRef) -> Result<UserActivity, Error> {
        let now = self.now();
        let activity = self.engine.load(user, now).await?;
        Ok(match &activity.state.alias_of {
            Some(id) => self.engine.load(&identified(user, id), now).await?,
            None => activity,
        })
    }

    /// A user with one of their displays and all that a decision looks at.
    pub(crate) async fn load_display(self: &Arc<Self>, user: &UserRef, id: DisplayId) -> Result<(UserActivity, Display), Error> {
        let activity = self.load(user).await?;
        let display = self.engine.display(&activity.user, id).await?;
        display.map(|display| (activity, display)).ok_or(Error::NotFound("display"))
    }

    /// The same for a display that goes on whatever events came or were taken back: no event is looked at.
    pub(crate) async fn load_begun(self: &Arc<Self>, user: &UserRef, id: DisplayId) -> Result<(UserRef, UserState, Display), Error> {
        let (mut user, mut state, mut display) = self.display_following(user, id).await?;
        if state.erasing {
            self.finish_erasure(&user).await?;
            (user, state, display) = self.display_following(&user, id).await?;
        }
        self.finish_merges_later(&user, &state);
        display.map(|display| (user, state, display)).ok_or(Error::NotFound("display"))
    }

    async fn display_following(&self, user: &UserRef, id: DisplayId) -> Result<(UserRef, UserState, Option<Display>), Error> {
        let (state, display) = self.engine.display_with_state(user, id).await?;
        let Some(identity) = &state.alias_of else { return Ok((user.clone(), state, display)) };
        let user = identified(user, identity);
        let (state, display) = self.engine.display_with_state(&user, id).await?;
        Ok((user, state, display))
    }

    /// Stores a change. `false`: somebody else was first, load again.
    pub(crate) async fn store(&self, change: UserChange) -> Result<bool, Error> {
        let rows = ResponseChanges::of(&change);
        let user = change.user.clone();
        match self.queue.submit(Write::Change(Box::new(change))).await? {
            Outcome::Changed => {
                if let Some((workspace, survey)) = rows {
                    self.responses_changed(workspace, survey);
                }
                Ok(true)
            }
            Outcome::VersionConflict => Ok(false),
            Outcome::Erasing => self.make_way(&user).await.map(|()| false),
            other => unreachable!("a change was answered with {other:?}"),
        }
    }

    /// Applies attribute changes to a user. Says which attributes the user has afterwards.
    pub async fn apply_attributes(self: &Arc<Self>, user: &UserRef, changes: &[AttributeChange]) -> Result<Attributes, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let activity = self.load(user).await?;
            let mut state = activity.state;
            let is_changed = state.attributes.apply(changes).map_err(|error| Error::invalid("/attributes", error))?;
            let attributes = state.attributes.clone();
            if !is_changed || self.store(UserChange::of_state(&activity.user, state)).await? {
                self.attributes_seen.note(&activity.user, changes);
                return Ok(attributes);
            }
        }
        Err(Error::Busy { retry_after_secs: 1 })
    }

    /// Makes an anonymous user an alias of an identified one and unites what is known of both.
    pub(crate) async fn merge(&self, from: &UserRef, into: &UserId) -> Result<(), Error> {
        let merge = Merge { from: from.clone(), into: into.clone(), now: self.now() };
        match self.queue.submit(Write::Merge(merge)).await? {
            Outcome::MergeDone => Ok(()),
            Outcome::MergeStarted => self.finish_merge(from, into).await,
            Outcome::Erasing => {
                self.make_way(from).await?;
                self.make_way(&identified(from, into)).await?;
                Err(Error::Busy { retry_after_secs: 1 })
            }
            Outcome::AliasConflict => Err(Error::Conflict("this anonymous id belongs to another user; start a new one".to_owned())),
            other => unreachable!("a merge was answered with {other:?}"),
        }
    }

    /// Copies what remains, a bounded number of rows at a time, so that other writes get their turn in between.
    async fn finish_merge(&self, from: &UserRef, into: &UserId) -> Result<(), Error> {
        loop {
            let next = Write::ContinueMerge { from: from.clone(), into: into.clone() };
            match self.queue.submit(next).await? {
                Outcome::MergeDone => return Ok(()),
                Outcome::MergeStarted => {}
                other => unreachable!("a merge was answered with {other:?}"),
            }
        }
    }

    /// A merge that a crash cut short goes on as soon as anybody looks at the user.
    fn finish_merges_later(self: &Arc<Self>, user: &UserRef, state: &UserState) {
        if state.merging.is_empty() || !self.merges.lock().insert(user.clone()) {
            return;
        }
        let (user, merging) = (user.clone(), state.merging.clone());
        let service = Arc::clone(self);
        tokio::spawn(async move {
            for id in merging {
                let from = UserRef { workspace: user.workspace, namespace: Namespace::Anonymous, id };
                if let Err(error) = service.finish_merge(&from, &user.id).await {
                    tracing::warn!(%error, "a merge of two users waits for the next look at them");
                }
            }
            service.merges.lock().remove(&user);
        });
    }
}

impl MergesUnderWay {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<UserRef>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The identified user of the same workspace.
pub(crate) fn identified(user: &UserRef, id: &UserId) -> UserRef {
    UserRef { workspace: user.workspace, namespace: Namespace::Identified, id: id.clone() }
}
