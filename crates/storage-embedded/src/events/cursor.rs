//! Going over the entries of several runs and of what is in memory, in order, those that were removed left out.

use std::ops::Bound;
use std::sync::Arc;

use sonde_storage::StorageError;

use super::entry::REMOVED;
use super::mem::{Listed, Mem, Rows};
use super::run::Run;

/// Entries copied at a time from memory: the writer waits meanwhile.
const COPIED_AT_A_TIME: usize = 128;

/// Where entries come from.
pub(crate) enum Source<'a, const N: usize> {
    /// Those made by records in front of a position.
    Mem(&'a Mem, u64),
    /// What the writer's group adds.
    Group(&'a Rows),
    Run(&'a Arc<Run<N>>),
}

impl<const N: usize> Source<'_, N>
where
    Rows: Listed<N>,
{
    /// Puts some entries from `from` on behind others. `false`: there are no more.
    fn read_from(&self, from: &[u64; N], of: Option<u64>, into: &mut Vec<[u64; N]>) -> Result<bool, StorageError> {
        match self {
            Self::Run(run) => run.read_from(from, of, into),
            Self::Group(rows) => Ok(copy(rows, from, u64::MAX, of, into)),
            Self::Mem(mem, end) => Ok(copy(&mem.read(), from, *end, of, into)),
        }
    }
}

fn copy<const N: usize>(rows: &Rows, from: &[u64; N], end: u64, of: Option<u64>, into: &mut Vec<[u64; N]>) -> bool
where
    Rows: Listed<N>,
{
    let is_wanted = |first: u64| of.is_none_or(|of| of == first);
    let behind = rows.entries().range::<[u64; N], _>((Bound::Included(from), Bound::Unbounded));
    for (copied, (entry, made_at)) in behind.enumerate() {
        if copied == COPIED_AT_A_TIME || !is_wanted(entry[0]) {
            return copied == COPIED_AT_A_TIME;
        }
        if *made_at < end {
            into.push(*entry);
        }
    }
    false
}

struct Buffered<'a, const N: usize> {
    source: Source<'a, N>,
    entries: Vec<[u64; N]>,
    next: usize,
    has_more: bool,
}

impl<const N: usize> Buffered<'_, N>
where
    Rows: Listed<N>,
{
    /// The next entry, if there is one that begins with the word that is wanted.
    fn peek(&mut self, of: Option<u64>) -> Result<Option<[u64; N]>, StorageError> {
        while self.next == self.entries.len() && self.has_more {
            let Some(last) = self.entries.last() else { break };
            let mut from = *last;
            from[N - 1] += 1;
            self.fill(&from, of)?;
        }
        Ok(self.entries.get(self.next).filter(|entry| of.is_none_or(|of| entry[0] == of)).copied())
    }

    fn fill(&mut self, from: &[u64; N], of: Option<u64>) -> Result<(), StorageError> {
        self.entries.clear();
        self.next = 0;
        let mut from = *from;
        loop {
            self.has_more = self.source.read_from(&from, of, &mut self.entries)?;
            if !self.entries.is_empty() || !self.has_more {
                return Ok(());
            }
            // All that was looked at came later than what may be seen: go on behind it.
            from = match &self.source {
                Source::Mem(mem, _) => skipped(&mem.read(), &from),
                Source::Group(_) | Source::Run(_) => return Ok(()),
            };
        }
    }

    /// Passes over what comes before `to`.
    fn seek(&mut self, to: &[u64; N], of: Option<u64>) -> Result<(), StorageError> {
        if self.entries.last().is_some_and(|last| last >= to) {
            self.next += self.entries[self.next..].partition_point(|entry| entry < to);
            return Ok(());
        }
        self.next = self.entries.len();
        if self.has_more { self.fill(to, of) } else { Ok(()) }
    }
}

/// The entry behind as many as are copied at a time.
fn skipped<const N: usize>(rows: &Rows, from: &[u64; N]) -> [u64; N]
where
    Rows: Listed<N>,
{
    let mut behind = rows.entries().range::<[u64; N], _>((Bound::Included(from), Bound::Unbounded)).skip(COPIED_AT_A_TIME);
    behind.next().map_or([u64::MAX; N], |(entry, _)| *entry)
}

/// Entries in order.
pub(crate) struct Cursor<'a, const N: usize> {
    sources: Vec<Buffered<'a, N>>,
    /// Only those that begin with this word.
    of: Option<u64>,
    /// Whether those that were removed in a file before these are told.
    keeps_removals: bool,
}

impl<'a, const N: usize> Cursor<'a, N>
where
    Rows: Listed<N>,
{
    /// From `from` on; all, or only those that begin with the word `of`.
    pub(crate) fn new(sources: impl Iterator<Item = Source<'a, N>>, from: &[u64; N], of: Option<u64>) -> Result<Self, StorageError> {
        let mut filled = Vec::new();
        for source in sources {
            let mut buffered = Buffered { source, entries: Vec::new(), next: 0, has_more: true };
            buffered.fill(from, of)?;
            if !buffered.entries.is_empty() {
                filled.push(buffered);
            }
        }
        Ok(Self { sources: filled, of, keeps_removals: false })
    }

    /// For runs that are united while there are older ones.
    pub(crate) fn keeping_removals(self) -> Self {
        Self { keeps_removals: true, ..self }
    }

    /// The next entry that was not removed.
    pub(crate) fn next(&mut self) -> Result<Option<[u64; N]>, StorageError> {
        while let Some(entry) = self.take_least()? {
            if entry[N - 1] & REMOVED != 0 {
                if self.keeps_removals {
                    return Ok(Some(entry));
                }
                continue;
            }
            let mut removal = entry;
            removal[N - 1] |= REMOVED;
            if self.take_if(&removal)? {
                continue;
            }
            return Ok(Some(entry));
        }
        Ok(None)
    }

    /// Passes over what comes before `to`.
    pub(crate) fn seek(&mut self, to: &[u64; N]) -> Result<(), StorageError> {
        self.sources.iter_mut().try_for_each(|source| source.seek(to, self.of))
    }

    fn take_least(&mut self) -> Result<Option<[u64; N]>, StorageError> {
        let mut least: Option<(usize, [u64; N])> = None;
        for (place, source) in self.sources.iter_mut().enumerate() {
            if let Some(entry) = source.peek(self.of)?
                && least.is_none_or(|(_, least)| entry < least)
            {
                least = Some((place, entry));
            }
        }
        Ok(least.map(|(place, entry)| {
            self.sources[place].next += 1;
            entry
        }))
    }

    /// Whether an entry comes next in any source; then it is passed over.
    fn take_if(&mut self, wanted: &[u64; N]) -> Result<bool, StorageError> {
        for source in &mut self.sources {
            if source.peek(self.of)?.is_some_and(|entry| entry == *wanted) {
                source.next += 1;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
