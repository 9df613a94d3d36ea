//! The catalogue in memory: an immutable snapshot per workspace, swapped whole on change, and the keys by hash.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use sonde_core::decide::WorkspaceSnapshot;
use sonde_core::id::{KeyId, SurveyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::survey::{Survey, SurveyDocument, SurveyStatus, parse_document};
use sonde_core::time::Timestamp;
use sonde_storage::{ApiKey, Catalogue, IdentitySecret, StorageError, StorageErrorKind, SurveyRecord, TriggerRecord, Workspace};
use subtle::ConstantTimeEq as _;

use crate::push::Hub;
use crate::rate_limit::{Bucket, Limited};
use crate::tally::Tally;

/// Most versions of surveys kept in memory beyond the published ones.
const OLD_VERSIONS_MAX: usize = 4_096;

/// One workspace as the hot path sees it.
pub struct CachedWorkspace {
    /// Name and settings.
    pub record: Workspace,
    /// With which its users' identity is proven, by creation.
    pub identity_secrets: Vec<IdentitySecret>,
    /// What decisions read.
    pub snapshot: WorkspaceSnapshot,
    /// What became of decisions, by place of the snapshot's surveys; a survey's goes from snapshot to snapshot.
    pub(crate) tallies: Box<[Arc<Tally>]>,
    /// Changes with every change of the catalogue: the `ETag` of the client configuration.
    pub revision: u64,
}

impl CachedWorkspace {
    fn tally(&self, survey: SurveyId) -> Option<Arc<Tally>> {
        let place = self.snapshot.surveys().binary_search_by_key(&survey, |survey| survey.id).ok()?;
        self.tallies.get(place).cloned()
    }
}

/// The holder of a key.
#[derive(Clone, Debug)]
pub struct Authorised {
    /// Whose key it is.
    pub workspace: WorkspaceId,
    key: Arc<CachedKey>,
}

impl Authorised {
    /// What the key's calls are limited as.
    pub(crate) fn limited(&self) -> Limited {
        match self.key.key.kind {
            KeyKind::Backend => Limited::BackendKey,
            KeyKind::Sdk => Limited::SdkKey,
        }
    }

    pub(crate) fn bucket(&self) -> &Bucket {
        &self.key.bucket
    }
}

/// A key as it is known here. Revoked keys stay, so that nothing read from the store a moment earlier revives them.
#[derive(Debug)]
pub(crate) struct CachedKey {
    /// As it is stored, but for its last use.
    pub(crate) key: ApiKey,
    /// In milliseconds; 0 for never.
    last_used: AtomicI64,
    /// The last use that the store knows of.
    last_used_stored: AtomicI64,
    /// How many calls it has left.
    bucket: Bucket,
}

impl CachedKey {
    fn new(key: ApiKey) -> Arc<Self> {
        let last_used = key.last_used_at.map_or(0, Timestamp::as_millis);
        let (last_used, last_used_stored) = (AtomicI64::new(last_used), AtomicI64::new(last_used));
        Arc::new(Self { key, last_used, last_used_stored, bucket: Bucket::default() })
    }

    /// When it was last used, to the moment.
    pub(crate) fn last_used_at(&self) -> Option<Timestamp> {
        let millis = self.last_used.load(Ordering::Relaxed);
        (millis != 0).then(|| Timestamp::from_millis(millis))
    }
}

#[derive(Default)]
struct Maps {
    workspaces: HashMap<WorkspaceId, Arc<CachedWorkspace>>,
    keys: HashMap<KeyHash, Arc<CachedKey>>,
    versions: HashMap<(SurveyId, u32), Arc<SurveyDocument>>,
}

/// The catalogue in memory.
pub(crate) struct CatalogueCache {
    maps: RwLock<Maps>,
    refreshing: tokio::sync::Mutex<()>,
    /// Who listens hears of every change.
    push: Arc<Hub>,
}

impl CatalogueCache {
    /// Reads the whole catalogue.
    pub(crate) async fn load(catalogue: &impl Catalogue, push: Arc<Hub>) -> Result<Self, StorageError> {
        let cache = Self { push, maps: RwLock::default(), refreshing: tokio::sync::Mutex::default() };
        for key in catalogue.keys().await? {
            cache.add_key(key);
        }
        for workspace in catalogue.workspaces().await? {
            cache.refresh(catalogue, workspace.id).await?;
        }
        Ok(cache)
    }

    /// Reads one workspace's surveys, settings and rules anew and swaps its snapshot.
    pub(crate) async fn refresh(&self, catalogue: &impl Catalogue, id: WorkspaceId) -> Result<(), StorageError> {
        // One after the other: a reading that began earlier must not take the place of a later one.
        let _turn = self.refreshing.lock().await;
        let all = catalogue.workspaces().await?;
        let Some(record) = all.into_iter().find(|workspace| workspace.id == id) else { return Ok(()) };
        let records = catalogue.surveys(id).await?;
        let identity_secrets = catalogue.identity_secrets(id).await?;
        let cancels = catalogue.trigger_records(id).await?.into_iter().flat_map(|record| {
            let TriggerRecord { name, cancels, .. } = record;
            cancels.into_iter().map(move |cancelled| (name.clone(), cancelled))
        });
        let surveys = records.iter().map(survey).collect::<Result<Vec<_>, _>>()?;
        let cohorts = catalogue.cohorts(id).await?.into_iter().map(crate::cohorts::known).collect::<Result<Vec<_>, _>>()?;
        let mut maps = self.write();
        for survey in surveys.iter().filter(|survey| survey.version > 0) {
            maps.versions.insert((survey.id, survey.version), Arc::clone(&survey.document));
        }
        let revision = maps.workspaces.get(&id).map_or(1, |cached| cached.revision + 1);
        let snapshot = WorkspaceSnapshot::new(id, record.wait_period, surveys).with_cohorts(cohorts).with_cancels(cancels);
        let before = maps.workspaces.get(&id);
        let tallies = snapshot.surveys().iter().map(|survey| before.and_then(|before| before.tally(survey.id)).unwrap_or_default());
        let tallies = tallies.collect();
        maps.workspaces.insert(id, Arc::new(CachedWorkspace { record, identity_secrets, snapshot, tallies, revision }));
        drop(maps);
        self.push.config_changed(id);
        Ok(())
    }

    /// Makes a key known; one that is known already stays as it is known.
    pub(crate) fn add_key(&self, key: ApiKey) {
        self.write().keys.entry(key.hash).or_insert_with(|| CachedKey::new(key));
    }

    /// Lets a key open nothing from now on.
    pub(crate) fn revoke_key(&self, workspace: WorkspaceId, id: KeyId, now: Timestamp) {
        for known in self.write().keys.values_mut().filter(|known| known.key.id == id && known.key.workspace == workspace) {
            let revoked =
                ApiKey { revoked_at: known.key.revoked_at.or(Some(now)), last_used_at: known.last_used_at(), ..known.key.clone() };
            *known = CachedKey::new(revoked);
        }
    }

    /// The keys of a workspace that are not revoked, by creation.
    pub(crate) fn live_keys(&self, workspace: WorkspaceId) -> Vec<Arc<CachedKey>> {
        let maps = self.read();
        let live = maps.keys.values().filter(|known| known.key.workspace == workspace && known.key.revoked_at.is_none());
        let mut live: Vec<_> = live.cloned().collect();
        live.sort_by_key(|known| (known.key.created_at, known.key.id));
        live
    }

    /// Keys that were used since this was last asked, and when.
    pub(crate) fn take_used(&self) -> Vec<(KeyId, Timestamp)> {
        let mut used = Vec::new();
        for known in self.read().keys.values() {
            let last_used = known.last_used.load(Ordering::Relaxed);
            if known.last_used_stored.swap(last_used, Ordering::Relaxed) < last_used {
                used.push((known.key.id, Timestamp::from_millis(last_used)));
            }
        }
        used
    }

    /// The holder of a key of a kind. An unknown key is read through once.
    pub(crate) async fn authorise(
        &self,
        catalogue: &impl Catalogue,
        text: &str,
        kind: KeyKind,
        now: Timestamp,
    ) -> Result<Option<Authorised>, StorageError> {
        let hash = KeyHash::of(text);
        if let Some(known) = self.known_key(&hash) {
            return Ok(fits(known, &hash, kind, now));
        }
        if !text.starts_with(kind.prefix()) {
            return Ok(None);
        }
        let Some(key) = catalogue.key(hash).await? else { return Ok(None) };
        self.add_key(key);
        Ok(self.known_key(&hash).and_then(|known| fits(known, &hash, kind, now)))
    }

    fn known_key(&self, hash: &KeyHash) -> Option<Arc<CachedKey>> {
        self.read().keys.get(hash).cloned()
    }

    /// All workspaces.
    pub(crate) fn workspace_ids(&self) -> Vec<WorkspaceId> {
        self.read().workspaces.keys().copied().collect()
    }

    /// All workspaces as they are now.
    pub(crate) fn all_workspaces(&self) -> Vec<Arc<CachedWorkspace>> {
        self.read().workspaces.values().cloned().collect()
    }

    /// A workspace's snapshot.
    pub(crate) fn workspace(&self, id: WorkspaceId) -> Option<Arc<CachedWorkspace>> {
        self.read().workspaces.get(&id).cloned()
    }

    /// One version of a survey; versions no longer published are read through.
    pub(crate) async fn document(
        &self,
        catalogue: &impl Catalogue,
        workspace: WorkspaceId,
        survey: SurveyId,
        version: u32,
    ) -> Result<Option<Arc<SurveyDocument>>, StorageError> {
        let cached = self.workspace(workspace);
        let owned = cached.is_some_and(|cached| cached.snapshot.surveys().iter().any(|known| known.id == survey));
        if !owned {
            return Ok(None);
        }
        if let Some(document) = self.read().versions.get(&(survey, version)).cloned() {
            return Ok(Some(document));
        }
        let Some(stored) = catalogue.survey_version(workspace, survey, version).await? else { return Ok(None) };
        let document = Arc::new(read_document(survey, &stored.document)?);
        let mut maps = self.write();
        if maps.versions.len() >= OLD_VERSIONS_MAX {
            maps.versions.clear();
        }
        maps.versions.insert((survey, version), Arc::clone(&document));
        Ok(Some(document))
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Maps> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Maps> {
        self.maps.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compares the hash once more, in constant time: a map's own comparison may stop early.
fn fits(known: Arc<CachedKey>, hash: &KeyHash, kind: KeyKind, now: Timestamp) -> Option<Authorised> {
    let same = bool::from(known.key.hash.as_bytes().ct_eq(hash.as_bytes()));
    if !same || known.key.kind != kind || known.key.revoked_at.is_some() {
        return None;
    }
    known.last_used.store(now.as_millis(), Ordering::Relaxed);
    Some(Authorised { workspace: known.key.workspace, key: known })
}

/// A survey that was never published cannot be shown, whatever its draft says, or even if it says nothing yet.
fn survey(record: &SurveyRecord) -> Result<Survey, StorageError> {
    let (version, document) = match &record.published {
        Some(published) => (published.number, read_document(record.id, &published.document)?),
        None => (0, SurveyDocument::unpublished(crate::surveys::name_of(&record.draft))),
    };
    let status = if version == 0 { SurveyStatus::Draft } else { record.status };
    Ok(Survey { id: record.id, version, status, document: Arc::new(document) })
}

/// A stored document was checked before it was stored.
fn read_document(survey: SurveyId, text: &str) -> Result<SurveyDocument, StorageError> {
    parse_document(text).map_err(|errors| {
        let first = errors.first().map_or_else(String::new, ToString::to_string);
        StorageError::new(StorageErrorKind::Corrupt, format!("the stored document of {survey} is not valid: {first}"))
    })
}
