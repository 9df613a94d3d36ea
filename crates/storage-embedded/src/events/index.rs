//! The index of a day as of one moment.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sonde_storage::StorageError;

use super::mem::{Mem, Newest};
use super::run::{Covered, Run};

/// From so many entries on, what is in memory goes to a file. After a start so many records are read again. Tests go through
/// files with few events.
pub(crate) const MEM_ENTRIES: usize = if cfg!(test) { 24 } else { 128 * 1024 };
/// So many runs of about one size become one.
const RUNS_UNITED: usize = if cfg!(test) { 3 } else { 4 };

/// Of a day that is over, runs are united with another that is up to so many times as large.
const WORTH_UNITING: usize = 8;

/// What is where. Never changed: a reader keeps the one it began with.
pub(crate) struct Index {
    /// Where the records begin whose entries are in `newest`.
    pub(crate) from: u64,
    /// The only one that is added to.
    pub(crate) newest: Arc<Mem>,
    /// On the way to files, the oldest first.
    pub(crate) frozen: Vec<Frozen>,
    /// The oldest first.
    pub(crate) runs: Vec<Arc<Pair>>,
}

/// What is complete and not in a file yet.
#[derive(Clone)]
pub(crate) struct Frozen {
    pub(crate) positions: Range<u64>,
    pub(crate) mem: Arc<Mem>,
}

/// The two runs about one part of a log.
pub(crate) struct Pair {
    pub(crate) users: Arc<Run<5>>,
    pub(crate) ids: Arc<Run<2>>,
}

impl Pair {
    pub(crate) fn covered(&self) -> &Covered {
        &self.users.covered
    }

    fn entries(&self) -> usize {
        self.users.entries.max(self.ids.entries)
    }

    /// How often as many as are united at a time were united to make it.
    fn level(&self) -> u32 {
        (self.entries() / MEM_ENTRIES).max(1).ilog(RUNS_UNITED)
    }

    /// The names of the files: of entries by user, and by id.
    pub(crate) fn paths(folder: &Path, positions: &Range<u64>) -> [PathBuf; 2] {
        ["users", "ids"].map(|end| folder.join(format!("{}-{}.{end}", positions.start, positions.end)))
    }

    /// The part of the log that a file is about, from its name.
    pub(crate) fn positions(path: &Path) -> Option<Range<u64>> {
        let (from, to) = path.file_stem()?.to_str()?.split_once('-')?;
        let is_run = path.extension().is_some_and(|end| end == "users" || end == "ids");
        is_run.then_some(from.parse().ok()?..to.parse().ok()?)
    }

    /// `None`: one of the two is missing or not whole.
    pub(crate) fn open(folder: &Path, positions: &Range<u64>) -> Result<Option<Self>, StorageError> {
        let [users, ids] = Self::paths(folder, positions);
        let (Some(users), Some(ids)) = (Run::open(&users)?, Run::open(&ids)?) else { return Ok(None) };
        let is_about = |covered: &Covered| covered.positions == *positions;
        let agree = is_about(&users.covered) && is_about(&ids.covered);
        Ok(agree.then(|| Self { users: Arc::new(users), ids: Arc::new(ids) }))
    }
}

impl Index {
    /// The latest of all that any record carries.
    pub(crate) fn newest_of_all(&self) -> Newest {
        let runs = self.runs.iter().map(|pair| pair.covered().newest);
        let frozen = self.frozen.iter().map(|frozen| frozen.mem.read().newest);
        runs.chain(frozen).fold(self.newest.read().newest, Newest::united)
    }

    /// The same once what is in memory so far is to go to a file.
    pub(crate) fn freezing(&self, end: u64) -> Self {
        let frozen = Frozen { positions: self.from..end, mem: Arc::clone(&self.newest) };
        Self { from: end, newest: Arc::default(), frozen: self.frozen.iter().cloned().chain([frozen]).collect(), runs: self.runs.clone() }
    }

    /// The same with a new run in the place of what it was made of.
    pub(crate) fn with(&self, pair: Pair) -> Self {
        let Range { start, end } = pair.covered().positions;
        let is_other = |positions: &Range<u64>| positions.end <= start || end <= positions.start;
        let mut runs: Vec<Arc<Pair>> = self.runs.iter().filter(|run| is_other(&run.covered().positions)).cloned().collect();
        runs.push(Arc::new(pair));
        runs.sort_by_key(|run| run.covered().positions.start);
        let frozen = self.frozen.iter().filter(|frozen| is_other(&frozen.positions)).cloned().collect();
        Self { from: self.from, newest: Arc::clone(&self.newest), frozen, runs }
    }

    /// Runs that are to become one: the newest of about one size. Of a day that is over all, so that a reader looks at one; but
    /// not the largest part of them for the sake of a few.
    pub(crate) fn to_unite(&self, is_over: bool) -> Option<&[Arc<Pair>]> {
        let last = self.runs.last()?;
        if is_over {
            let all: usize = self.runs.iter().map(|run| run.entries()).sum();
            let largest = self.runs.iter().map(|run| run.entries()).max().unwrap_or(all);
            let is_worth_it = self.runs.len() >= RUNS_UNITED || (all - largest) * WORTH_UNITING >= largest;
            return (self.runs.len() > 1 && is_worth_it).then_some(&self.runs);
        }
        let others = self.runs.iter().rposition(|run| run.level() != last.level());
        let alike = &self.runs[others.map_or(0, |place| place + 1)..];
        (alike.len() >= RUNS_UNITED).then_some(alike)
    }
}
