//! Connections: the keys with which servers, apps and sites reach a workspace.

use std::sync::Arc;
use std::time::Duration;

use sonde_core::id::{KeyId, WorkspaceId};
use sonde_core::key::KeyKind;
use sonde_core::limits::BACKEND_KEYS_LIVE_MAX;
use sonde_core::time::Timestamp;

use crate::error::Error;
use crate::{Engine, Service, keys};

/// How often the last use of keys is written.
const WRITE_EVERY: Duration = Duration::from_mins(1);

/// A key that works.
#[derive(Clone, Debug)]
pub struct KeyInUse {
    /// Its name.
    pub id: KeyId,
    /// Backend or SDK.
    pub kind: KeyKind,
    /// Its text, of an SDK key alone.
    pub text: Option<String>,
    /// Its last characters.
    pub hint: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

impl<E: Engine> Service<E> {
    /// The keys of a workspace that work, by creation.
    pub async fn keys_in_use(&self, workspace: WorkspaceId) -> Result<Vec<KeyInUse>, Error> {
        let mut keys = self.live_keys(workspace);
        if !keys.iter().any(|key| key.kind == KeyKind::Sdk && key.text.is_some()) {
            // The text of an older SDK key is not known any more; that key goes on working beside the new one.
            let (_, key) = keys::mint(workspace, KeyKind::Sdk, self.now());
            self.engine.create_key(key.clone(), usize::MAX).await?;
            self.cache.add_key(key);
            keys = self.live_keys(workspace);
        }
        Ok(keys)
    }

    fn live_keys(&self, workspace: WorkspaceId) -> Vec<KeyInUse> {
        let live = self.cache.live_keys(workspace).into_iter().map(|known| KeyInUse {
            id: known.key.id,
            kind: known.key.kind,
            text: known.key.text.clone(),
            hint: known.key.hint.clone(),
            created_at: known.key.created_at,
            last_used_at: known.last_used_at(),
        });
        live.collect()
    }

    /// A new backend key: its text, to be shown this once, and the rest.
    pub async fn create_backend_key(&self, workspace: WorkspaceId) -> Result<(String, KeyInUse), Error> {
        let (text, key) = keys::mint(workspace, KeyKind::Backend, self.now());
        let full = || Error::Conflict(format!("{BACKEND_KEYS_LIVE_MAX} backend keys work already; revoke one first"));
        self.engine.create_key(key.clone(), BACKEND_KEYS_LIVE_MAX).await.map_err(|error| match Error::from(error) {
            Error::Conflict(_) => full(),
            other => other,
        })?;
        self.cache.add_key(key.clone());
        let shown = KeyInUse { id: key.id, kind: key.kind, text: key.text, hint: key.hint, created_at: key.created_at, last_used_at: None };
        Ok((text, shown))
    }

    /// Lets a backend key open nothing from now on.
    pub async fn revoke_backend_key(&self, workspace: WorkspaceId, key: KeyId) -> Result<(), Error> {
        let is_one = self.cache.live_keys(workspace).iter().any(|known| known.key.id == key && known.key.kind == KeyKind::Backend);
        if !is_one {
            return Err(Error::NotFound("backend key"));
        }
        let now = self.now();
        self.engine.revoke_key(workspace, key, now).await?;
        self.cache.revoke_key(workspace, key, now);
        Ok(())
    }

    /// Writes which keys were used since the last time.
    pub(crate) async fn flush_key_use(&self) {
        let used = self.cache.take_used();
        if used.is_empty() {
            return;
        }
        if let Err(error) = self.engine.touch_keys(used).await {
            tracing::warn!(%error, "the last use of keys was not noted");
        }
    }
}

/// Notes the use of keys until the service is gone.
pub(crate) fn start<E: Engine>(service: &Arc<Service<E>>) {
    let service = Arc::downgrade(service);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(WRITE_EVERY).await;
            let Some(service) = service.upgrade() else { return };
            service.flush_key_use().await;
        }
    });
}
