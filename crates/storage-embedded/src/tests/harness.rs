//! This engine in the contract suite. A crash is honest: the folder is copied while the engine runs, and the copy is
//! opened. What `commit` answered must be in the files by then.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use sonde_storage::contract::Harness;
use tempfile::TempDir;

use crate::EmbeddedStore;

pub(super) struct Embedded {
    // The engine ends before its folder. Absent only while it is opened again.
    store: Option<EmbeddedStore>,
    folder: TempDir,
}

impl Harness for Embedded {
    type Engine = EmbeddedStore;

    fn create() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("data")).unwrap();
        Self { store: Some(store), folder }
    }

    fn engine(&self) -> &EmbeddedStore {
        self.store.as_ref().unwrap()
    }

    fn crash(&mut self) {
        let folder = copy_running(self.engine(), &self.folder.path().join("data"));
        let store = EmbeddedStore::open(&folder.path().join("data")).unwrap();
        *self = Self { store: Some(store), folder };
    }

    fn reopen(&mut self) {
        self.store.take().unwrap().close();
        self.store = Some(EmbeddedStore::open(&self.folder.path().join("data")).unwrap());
    }
}

/// A copy of a running engine's folder, taken while nothing writes; the projector may be anywhere between two steps.
pub(super) fn copy_running(store: &EmbeddedStore, from: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let _no_files = store.activity.filing.lock().unwrap();
    let _no_commits = store.activity.lock().unwrap();
    store.writer.with(|_| store.reader.with(|_| copy_folder(from, &folder.path().join("data"))));
    folder
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else if target.extension().is_some_and(|extension| extension == "jnl") || target.ends_with("log") {
            copy_journal(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A journal or log has many MiB of zeros behind what is written: copying them would take nearly all the time of the tests.
fn copy_journal(from: &Path, to: &Path) {
    let mut source = File::open(from).unwrap();
    let length = source.metadata().unwrap().len();
    let mut copy = File::create(to).unwrap();
    let mut chunk = vec![0; 1024 * 1024];
    loop {
        let read = source.read(&mut chunk).unwrap();
        let written = chunk[..read].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        if written == 0 {
            break;
        }
        copy.write_all(&chunk[..read]).unwrap();
    }
    copy.set_len(length).unwrap();
}
