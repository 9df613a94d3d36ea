//! Push: an SDK that listens hears at once that a survey may now be due for its user, or that the configuration changed.
//!
//! What waits for a listener is a set of names, not a queue: a listener that does not read is told less often, never more
//! late, and one whose set grows too large is let go. Nothing here decides: whoever hears of a trigger asks about it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use sonde_core::id::WorkspaceId;
use sonde_core::settings::IdentityProof;
use sonde_core::survey::SurveyStatus;
use sonde_core::survey::launch::Platform;
use sonde_core::time::Span;
use sonde_core::trigger::TriggerName;
use sonde_core::user::{Namespace, UserRef};
use sonde_storage::Append;
use tokio::sync::Notify;

use crate::error::Error;
use crate::figures::Figures;
use crate::users::identified;
use crate::{CachedWorkspace, Engine, Service};

/// Most listeners of one user.
const PER_USER_MAX: usize = 32;
/// Most listeners of all.
const LISTENERS_MAX: usize = 100_000;
/// Most names that wait for one listener.
const NAMES_MAX: usize = 32;
/// Most windows that are waited for because they open later than their event.
const DELAYED_MAX: usize = 10_000;
/// A window that opens later than this is not waited for: whoever listens has gone on since.
const DELAY_MAX: Span = Span::from_secs(30 * 60);

/// What a listener is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Surveys at these frontend triggers may now be due.
    Activation(Vec<TriggerName>),
    /// The configuration is another.
    Config,
}

#[derive(Default)]
struct Waiting {
    names: Vec<TriggerName>,
    config: bool,
    /// It fell too far behind, and is let go.
    over: bool,
}

/// One listener.
struct Listener {
    platform: Platform,
    waiting: Mutex<Waiting>,
    wake: Notify,
}

impl Listener {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds names. `false`: there are too many, it is let go.
    fn tell(&self, names: &[TriggerName]) -> bool {
        let mut waiting = self.waiting();
        for name in names {
            if !waiting.names.contains(name) {
                waiting.names.push(name.clone());
            }
        }
        let is_new = !waiting.over && waiting.names.len() > NAMES_MAX;
        waiting.over |= is_new;
        if waiting.over {
            waiting.names = Vec::new();
        }
        drop(waiting);
        self.wake.notify_one();
        !is_new
    }
}

/// All listeners.
pub(crate) struct Hub {
    open: AtomicUsize,
    delayed: AtomicUsize,
    by_user: RwLock<HashMap<UserRef, Vec<Arc<Listener>>>>,
    figures: Arc<Figures>,
}

impl Hub {
    pub(crate) fn new(figures: Arc<Figures>) -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), delayed: AtomicUsize::new(0), by_user: RwLock::default(), figures })
    }

    /// Whether anybody listens at all.
    fn is_empty(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    fn listen(self: &Arc<Self>, user: UserRef, platform: Platform) -> Result<PushReader, Error> {
        let mut by_user = self.by_user.write().unwrap_or_else(PoisonError::into_inner);
        let of_user = by_user.entry(user.clone()).or_default();
        if of_user.len() >= PER_USER_MAX || self.open.load(Ordering::Acquire) >= LISTENERS_MAX {
            return Err(Error::Busy { retry_after_secs: 60 });
        }
        let listener = Arc::new(Listener { platform, waiting: Mutex::default(), wake: Notify::new() });
        of_user.push(Arc::clone(&listener));
        self.count(self.open.fetch_add(1, Ordering::AcqRel) + 1);
        Ok(PushReader { hub: Arc::clone(self), user, listener })
    }

    fn leave(&self, user: &UserRef, listener: &Arc<Listener>) {
        let mut by_user = self.by_user.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_user) = by_user.get_mut(user) {
            of_user.retain(|known| !Arc::ptr_eq(known, listener));
            if of_user.is_empty() {
                by_user.remove(user);
            }
        }
        self.count(self.open.fetch_sub(1, Ordering::AcqRel) - 1);
    }

    fn count(&self, open: usize) {
        self.figures.streams_open.store(open as u64, Ordering::Relaxed);
    }

    /// Tells a user's listeners of the triggers that are on their platform.
    fn tell(&self, user: &UserRef, due: &[Push]) {
        let of_user = self.by_user.read().unwrap_or_else(PoisonError::into_inner).get(user).cloned().unwrap_or_default();
        for listener in of_user {
            let here = due.iter().filter(|push| push.platforms.contains(&listener.platform));
            let names: Vec<TriggerName> = here.flat_map(|push| push.triggers.iter().cloned()).collect();
            if !names.is_empty() && !listener.tell(&names) {
                self.figures.streams_dropped.increment();
            }
        }
    }

    /// Tells everybody in a workspace that the configuration is another.
    pub(crate) fn config_changed(&self, workspace: WorkspaceId) {
        if self.is_empty() {
            return;
        }
        let by_user = self.by_user.read().unwrap_or_else(PoisonError::into_inner);
        for (_, of_user) in by_user.iter().filter(|(user, _)| user.workspace == workspace) {
            for listener in of_user {
                listener.waiting().config = true;
                listener.wake.notify_one();
            }
        }
    }

    /// Tells a user's listeners now, or once the window opens.
    fn tell_after(self: &Arc<Self>, user: UserRef, delay: Span, due: Vec<Push>) {
        if delay <= Span::ZERO {
            return self.tell(&user, &due);
        }
        if delay > DELAY_MAX || self.delayed.fetch_add(1, Ordering::Relaxed) >= DELAYED_MAX {
            return;
        }
        let hub = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(delay.as_millis().max(0).cast_unsigned())).await;
            hub.delayed.fetch_sub(1, Ordering::Relaxed);
            hub.tell(&user, &due);
        });
    }
}

/// What one survey's activation means for whoever listens.
#[derive(Clone, Debug)]
struct Push {
    delay: Span,
    platforms: Vec<Platform>,
    triggers: Vec<TriggerName>,
}

/// Reads what a listener is told. Dropping it ends the listening.
pub struct PushReader {
    hub: Arc<Hub>,
    user: UserRef,
    listener: Arc<Listener>,
}

impl PushReader {
    /// The next thing told; `None`: fell too far behind.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            {
                let mut waiting = self.listener.waiting();
                if waiting.over {
                    return None;
                }
                if std::mem::take(&mut waiting.config) {
                    return Some(Told::Config);
                }
                if !waiting.names.is_empty() {
                    return Some(Told::Activation(std::mem::take(&mut waiting.names)));
                }
            }
            self.listener.wake.notified().await;
        }
    }
}

impl Drop for PushReader {
    fn drop(&mut self) {
        self.hub.leave(&self.user, &self.listener);
    }
}

/// The live surveys that may ask while the user is there, and have a backend trigger that can bring that about.
fn pushing(
    workspace: &CachedWorkspace,
) -> impl Iterator<Item = (&sonde_core::survey::launch::Launch, &sonde_core::survey::launch::Activation)> {
    let live = workspace.snapshot.surveys().iter().filter(|survey| survey.status == SurveyStatus::Live);
    live.map(|survey| &survey.document.launch)
        .filter(|launch| launch.also_while_there)
        .filter_map(|launch| Some((launch, launch.activation.as_ref()?)))
}

fn triggers_of(launch: &sonde_core::survey::launch::Launch) -> Vec<TriggerName> {
    launch.frontend_triggers.iter().map(|rule| rule.name.clone()).collect()
}

/// Whether SDKs of a platform have a reason to listen.
pub fn has_push(workspace: &CachedWorkspace, platform: Platform) -> bool {
    pushing(workspace).any(|(launch, _)| launch.platforms.contains(&platform))
}

impl<E: Engine> Service<E> {
    /// Listens for the user of a ticket, under the id that the user goes by now. It is told at once of every trigger that a
    /// survey may ask at while the user is there: one may have become due before anybody listened.
    pub async fn listen(self: &Arc<Self>, ticket: &str, origin: Option<&str>) -> Result<PushReader, Error> {
        let bad = Error::Unauthenticated("this ticket is not valid or has expired; start a new session");
        let session = self.tokens.verify_ticket(ticket, self.now()).ok_or(bad)?;
        let workspace = self.workspace(session.user.workspace)?;
        if !workspace.record.settings.allowed_origins.allow(origin) {
            return Err(Error::Forbidden("this site is not among the workspace's allowed origins"));
        }
        let needs_proof = session.user.namespace == Namespace::Identified && !session.proven;
        if needs_proof && workspace.record.settings.identity_proof != IdentityProof::Off {
            return Err(Error::Unauthenticated("this workspace asks for identity proof; start a new session with a proof"));
        }
        let user = self.load(&session.user).await?.user;
        let reader = self.push.listen(user, session.platform)?;
        let here = pushing(&workspace).filter(|(launch, _)| launch.platforms.contains(&session.platform));
        let mut names: Vec<TriggerName> = here.flat_map(|(launch, _)| triggers_of(launch)).collect();
        names.truncate(NAMES_MAX);
        if !names.is_empty() {
            reader.listener.tell(&names);
        }
        Ok(reader)
    }

    /// Tells the open tabs of an event's user of what it may have made due. Costs one look at a number while nobody listens.
    pub(crate) fn push_event(&self, event: &Append) {
        if self.push.is_empty() {
            return;
        }
        let Ok(cached) = self.workspace(event.user.workspace) else { return };
        let due = pushing(&cached).filter(|(_, activation)| activation.backend_triggers.iter().any(|rule| rule.name == event.trigger));
        let due: Vec<Push> = due
            .map(|(launch, activation)| Push {
                delay: activation.delay,
                platforms: launch.platforms.clone(),
                triggers: triggers_of(launch),
            })
            .collect();
        if due.is_empty() {
            return;
        }
        let user = event.user.clone();
        let (hub, engine, now) = (Arc::clone(&self.push), Arc::clone(&self.engine), self.now());
        let tell = move |user: UserRef| {
            for push in due {
                hub.tell_after(user.clone(), push.delay, vec![push]);
            }
        };
        if user.namespace == Namespace::Identified {
            return tell(user);
        }
        tokio::spawn(async move {
            // An anonymous id may stand for a user by now.
            match engine.load(&user, now).await.map(|activity| activity.state.alias_of) {
                Ok(Some(id)) => tell(identified(&user, &id)),
                Ok(None) => tell(user),
                Err(error) => tracing::warn!(%error, "open tabs were not told of an event"),
            }
        });
    }

    /// From now on those who listen under an anonymous id hear what concerns the user that it stands for: they are let go,
    /// and come back as that user.
    pub(crate) fn push_merged(&self, from: &UserRef) {
        let mut by_user = self.push.by_user.write().unwrap_or_else(PoisonError::into_inner);
        for listener in by_user.remove(from).unwrap_or_default() {
            listener.waiting().over = true;
            listener.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use sonde_core::user::UserId;

    use super::*;

    fn user(id: &str) -> UserRef {
        UserRef { workspace: WorkspaceId::from_bytes([1; 16]), namespace: Namespace::Identified, id: UserId::new(id).unwrap() }
    }

    fn push(names: &[&str]) -> Push {
        let triggers = names.iter().map(|name| TriggerName::new(name).unwrap()).collect();
        Push { delay: Span::ZERO, platforms: vec![Platform::Web], triggers }
    }

    fn names(told: Option<Told>) -> Vec<String> {
        match told {
            Some(Told::Activation(names)) => names.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn each_of_a_users_listeners_hears_each_name_once() {
        let hub = Hub::new(Arc::default());
        let mut first = hub.listen(user("u"), Platform::Web).unwrap();
        let mut second = hub.listen(user("u"), Platform::Web).unwrap();
        let mut elsewhere = hub.listen(user("u"), Platform::Ios).unwrap();
        let mut other = hub.listen(user("v"), Platform::Web).unwrap();
        hub.tell(&user("u"), &[push(&["A", "B"]), push(&["A"])]);
        hub.tell(&user("u"), &[push(&["B"])]);
        assert_eq!(names(first.next().await), ["A", "B"]);
        assert_eq!(names(second.next().await), ["A", "B"]);
        hub.config_changed(WorkspaceId::from_bytes([1; 16]));
        assert_eq!([elsewhere.next().await, other.next().await], [Some(Told::Config), Some(Told::Config)]);
        assert_eq!(hub.figures.streams_open.load(Ordering::Relaxed), 4);
        drop((first, second, elsewhere, other));
        assert!(hub.is_empty() && hub.by_user.read().unwrap().is_empty());
    }

    #[tokio::test]
    async fn one_that_does_not_read_is_let_go_and_counted_once() {
        let hub = Hub::new(Arc::default());
        let mut slow = hub.listen(user("u"), Platform::Web).unwrap();
        for number in 0..100 {
            hub.tell(&user("u"), &[push(&[&format!("T{number}")])]);
        }
        assert_eq!(hub.figures.streams_dropped.get(), 1);
        assert!(slow.listener.waiting().names.is_empty());
        assert_eq!(slow.next().await, None);
    }

    #[tokio::test]
    async fn a_user_has_a_bounded_number_of_tabs() {
        let hub = Hub::new(Arc::default());
        let open: Vec<_> = (0..PER_USER_MAX).map(|_| hub.listen(user("u"), Platform::Web).unwrap()).collect();
        assert!(matches!(hub.listen(user("u"), Platform::Web), Err(Error::Busy { .. })));
        drop(open);
        assert!(hub.listen(user("u"), Platform::Web).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_opens_later_is_told_of_when_it_opens() {
        let hub = Hub::new(Arc::default());
        let mut reader = hub.listen(user("u"), Platform::Web).unwrap();
        hub.tell_after(user("u"), Span::from_secs(60), vec![push(&["A"])]);
        hub.tell_after(user("u"), Span::from_secs(31 * 60), vec![push(&["B"])]);
        assert!(tokio::time::timeout(Duration::from_secs(59), reader.next()).await.is_err());
        assert_eq!(names(tokio::time::timeout(Duration::from_secs(2), reader.next()).await.unwrap()), ["A"]);
        assert!(tokio::time::timeout(Duration::from_hours(1), reader.next()).await.is_err());
    }
}
