//! What is to be done for an index beside writing: its parts go from memory to files, and many files become one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sonde_storage::StorageError;

use super::cursor::{Cursor, Source};
use super::day::Day;
use super::index::{Frozen, Pair};
use super::mem::{Listed, Newest, Rows};
use super::run::{Covered, Run};
use crate::error;
use crate::folder::sync_folder;

/// So many entries are united before something else may come between.
const ENTRIES_BETWEEN: usize = if cfg!(test) { 7 } else { 16 * 1024 };

/// One thing to be done for a day.
pub(crate) struct Work {
    folder: PathBuf,
    what: What,
}

enum What {
    /// What is in memory goes to a file.
    File(Frozen),
    /// Runs become one.
    Unite {
        runs: Vec<Arc<Pair>>,
        /// What they remove may be in a file before them.
        keeps_removals: bool,
    },
}

/// What became of it.
pub(crate) struct Done {
    pair: Pair,
    /// Files that are needed no more.
    replaced: Vec<PathBuf>,
}

impl Day {
    /// What is to be done next, if anything.
    fn work(&self) -> Option<Work> {
        self.filing().or_else(|| self.uniting())
    }

    /// What goes from memory to a file next: a writer waits for it in the end.
    pub(crate) fn filing(&self) -> Option<Work> {
        self.index.frozen.first().map(|frozen| Work { folder: self.folder.clone(), what: What::File(frozen.clone()) })
    }

    /// What is united next: the more files, the longer takes a reader.
    pub(crate) fn uniting(&self) -> Option<Work> {
        let runs = self.index.to_unite(self.is_over).filter(|_| !self.keeps_runs_apart)?;
        let what = What::Unite { runs: runs.to_vec(), keeps_removals: self.index.runs.len() > runs.len() };
        Some(Work { folder: self.folder.clone(), what })
    }

    /// Unites no more runs: one of them cannot be read. Where none has to be, the day goes on; it is read the slower for each.
    pub(crate) fn keep_runs_apart(&mut self) {
        self.keeps_runs_apart = true;
    }

    /// Takes over what was done. Files that were replaced are returned, to be removed.
    pub(crate) fn take(&mut self, done: Done) -> Vec<PathBuf> {
        self.install(done.pair);
        done.replaced
    }
}

impl Work {
    /// Whether it can be left undone.
    pub(crate) const fn is_optional(&self) -> bool {
        matches!(self.what, What::Unite { .. })
    }

    /// Does it. Takes as long as the disk does, and changes nothing that anybody sees. Where it takes long, `between` is done
    /// every now and then; its error ends the work.
    pub(crate) fn run(&self, between: &dyn Fn() -> Result<(), StorageError>) -> Result<Done, StorageError> {
        match &self.what {
            What::File(frozen) => {
                let rows = frozen.mem.read();
                let covered = Covered { positions: frozen.positions.clone(), newest: rows.newest };
                let users = (rows.users.len(), rows.users.keys().map(|entry| Ok(*entry)));
                let ids = (rows.ids.len(), rows.ids.keys().map(|entry| Ok(*entry)));
                Ok(Done { pair: write_pair(&self.folder, &covered, users, ids)?, replaced: Vec::new() })
            }
            What::Unite { runs, keeps_removals } => self.unite(runs, *keeps_removals, between),
        }
    }

    fn unite(
        &self,
        runs: &[Arc<Pair>],
        keeps_removals: bool,
        between: &dyn Fn() -> Result<(), StorageError>,
    ) -> Result<Done, StorageError> {
        let positions = |place: Option<&Arc<Pair>>| place.map(|run| run.covered().positions.clone()).unwrap_or_default();
        let all = positions(runs.first()).start..positions(runs.last()).end;
        let newest = runs.iter().map(|run| run.covered().newest).fold(Newest::default(), Newest::united);
        let users: Vec<&Arc<Run<5>>> = runs.iter().map(|run| &run.users).collect();
        let ids: Vec<&Arc<Run<2>>> = runs.iter().map(|run| &run.ids).collect();
        let covered = Covered { positions: all, newest };
        let (users, ids) = (united(&users, keeps_removals, between)?, united(&ids, keeps_removals, between)?);
        let pair = write_pair(&self.folder, &covered, users, ids)?;
        let replaced = runs.iter().flat_map(|run| Pair::paths(&self.folder, &run.covered().positions)).collect();
        Ok(Done { pair, replaced })
    }
}

type Counted<I> = (usize, I);

fn united<'a, const N: usize>(
    runs: &[&'a Arc<Run<N>>],
    keeps_removals: bool,
    between: &'a dyn Fn() -> Result<(), StorageError>,
) -> Result<Counted<impl Iterator<Item = Result<[u64; N], StorageError>> + 'a>, StorageError>
where
    Rows: Listed<N>,
{
    let entries = runs.iter().map(|run| run.entries).sum();
    let cursor = Cursor::new(runs.iter().map(|run| Source::Run(run)), &[0; N], None)?;
    let mut cursor = if keeps_removals { cursor.keeping_removals() } else { cursor };
    let mut count = 0_usize;
    let mut next = move || {
        count += 1;
        if count.is_multiple_of(ENTRIES_BETWEEN) {
            between()?;
        }
        cursor.next()
    };
    Ok((entries, std::iter::from_fn(move || next().transpose())))
}

/// Writes both runs under other names first: once the first has its name, the second is there, too.
fn write_pair(
    folder: &Path,
    covered: &Covered,
    users: Counted<impl Iterator<Item = Result<[u64; 5], StorageError>>>,
    ids: Counted<impl Iterator<Item = Result<[u64; 2], StorageError>>>,
) -> Result<Pair, StorageError> {
    let [users_path, ids_path] = Pair::paths(folder, &covered.positions);
    let unnamed = |path: &Path| path.with_added_extension("new");
    Run::write(&unnamed(&ids_path), covered.clone(), ids.0, ids.1)?;
    Run::write(&unnamed(&users_path), covered.clone(), users.0, users.1)?;
    for path in [&ids_path, &users_path] {
        fs::rename(unnamed(path), path).map_err(|error| error::io("rename", path, error))?;
    }
    sync_folder(folder)?;
    let opened = Pair::open(folder, &covered.positions)?;
    opened.ok_or_else(|| {
        StorageError::new(sonde_storage::StorageErrorKind::Corrupt, format!("{} is not what was written", users_path.display()))
    })
}

impl Day {
    /// Does all there is to do at once. For a day that nobody uses yet.
    pub(crate) fn work_off(&mut self) -> Result<(), StorageError> {
        while let Some(work) = self.work() {
            let done = work.run(&|| Ok(()))?;
            for path in self.take(done) {
                fs::remove_file(&path).map_err(|error| error::io("remove", &path, error))?;
            }
        }
        Ok(())
    }
}
