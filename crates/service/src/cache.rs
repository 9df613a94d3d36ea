//! The catalogue in memory: an immutable snapshot per workspace, swapped whole on change, and the keys by hash.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use sonde_core::decide::WorkspaceSnapshot;
use sonde_core::id::{SurveyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::survey::{Survey, SurveyDocument, parse_document};
use sonde_storage::{ApiKey, Catalogue, StorageError, StorageErrorKind, SurveyRecord, Workspace};
use subtle::ConstantTimeEq as _;

/// Most versions of surveys kept in memory beyond the published ones.
const OLD_VERSIONS_MAX: usize = 4_096;

/// One workspace as the hot path sees it.
#[derive(Debug)]
pub struct CachedWorkspace {
    /// What decisions read.
    pub snapshot: WorkspaceSnapshot,
    /// Changes with every change of the catalogue: the `ETag` of the client configuration.
    pub revision: u64,
}

/// The holder of a key.
#[derive(Clone, Debug)]
pub struct Authorised {
    /// Whose key it is.
    pub workspace: WorkspaceId,
}

#[derive(Default)]
struct Maps {
    workspaces: HashMap<WorkspaceId, Arc<CachedWorkspace>>,
    keys: HashMap<KeyHash, ApiKey>,
    versions: HashMap<(SurveyId, u32), Arc<SurveyDocument>>,
}

/// The catalogue in memory.
pub(crate) struct CatalogueCache {
    maps: RwLock<Maps>,
}

impl CatalogueCache {
    /// Reads the whole catalogue.
    pub(crate) async fn load(catalogue: &impl Catalogue) -> Result<Self, StorageError> {
        let cache = Self { maps: RwLock::default() };
        for key in catalogue.keys().await? {
            cache.write().keys.insert(key.hash, key);
        }
        for workspace in catalogue.workspaces().await? {
            cache.refresh(catalogue, &workspace).await?;
        }
        Ok(cache)
    }

    /// Reads one workspace's surveys and settings anew and swaps its snapshot.
    pub(crate) async fn refresh(&self, catalogue: &impl Catalogue, workspace: &Workspace) -> Result<(), StorageError> {
        let records = catalogue.surveys(workspace.id).await?;
        let surveys = records.iter().map(survey).collect::<Result<Vec<_>, _>>()?;
        let mut maps = self.write();
        for survey in surveys.iter().filter(|survey| survey.version > 0) {
            maps.versions.insert((survey.id, survey.version), Arc::clone(&survey.document));
        }
        let revision = maps.workspaces.get(&workspace.id).map_or(1, |cached| cached.revision + 1);
        let snapshot = WorkspaceSnapshot::new(workspace.id, workspace.wait_period, surveys);
        maps.workspaces.insert(workspace.id, Arc::new(CachedWorkspace { snapshot, revision }));
        Ok(())
    }

    /// Makes a key known.
    pub(crate) fn add_key(&self, key: ApiKey) {
        self.write().keys.insert(key.hash, key);
    }

    /// The holder of a key of a kind. An unknown key is read through once.
    pub(crate) async fn authorise(
        &self,
        catalogue: &impl Catalogue,
        text: &str,
        kind: KeyKind,
    ) -> Result<Option<Authorised>, StorageError> {
        let hash = KeyHash::of(text);
        if let Some(key) = self.known_key(&hash) {
            return Ok(fits(&key, &hash, kind));
        }
        if !text.starts_with(kind.prefix()) {
            return Ok(None);
        }
        let Some(key) = catalogue.key(hash).await? else { return Ok(None) };
        let authorised = fits(&key, &hash, kind);
        self.add_key(key);
        Ok(authorised)
    }

    fn known_key(&self, hash: &KeyHash) -> Option<ApiKey> {
        self.read().keys.get(hash).cloned()
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
fn fits(key: &ApiKey, hash: &KeyHash, kind: KeyKind) -> Option<Authorised> {
    let same = bool::from(key.hash.as_bytes().ct_eq(hash.as_bytes()));
    (same && key.kind == kind).then_some(Authorised { workspace: key.workspace })
}

fn survey(record: &SurveyRecord) -> Result<Survey, StorageError> {
    let (version, text) = match &record.published {
        Some(published) => (published.number, &published.document),
        None => (0, &record.draft),
    };
    let document = Arc::new(read_document(record.id, text)?);
    Ok(Survey { id: record.id, version, status: record.status, document })
}

/// A stored document was checked before it was stored.
fn read_document(survey: SurveyId, text: &str) -> Result<SurveyDocument, StorageError> {
    parse_document(text).map_err(|errors| {
        let first = errors.first().map_or_else(String::new, ToString::to_string);
        StorageError::new(StorageErrorKind::Corrupt, format!("the stored document of {survey} is not valid: {first}"))
    })
}
