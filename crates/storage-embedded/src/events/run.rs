//! Runs: files of sorted entries, written once.
//!
//! ```text
//! pages of 512 bytes: entries, zeros, xxh3 of them u64
//! first word of the first entry of each page
//! filter of the entries' first words
//! "SONDERN2", words in an entry, entries, bytes of the filter, from, to, highest sequence number,
//!     latest receipt (i64; the least there is for none), xxh3 of first entries, filter and all this               u64 each
//! ```
//!
//! Numbers are big-endian. A run says nothing that the log does not: one that is missing or cannot be opened is made again. The
//! first kind of runs, "SONDERUN", has pages of 4 KiB and whole first entries; it is read, too. Most who read a page want five
//! of its entries, so what a large page costs is copying and summing up the others.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sonde_core::time::Timestamp;
use sonde_storage::StorageError;
use xxhash_rust::xxh3::xxh3_64;

use super::entry::{put_words, read_words};
use super::filter::Filter;
use super::mem::Newest;
use crate::activity::keys::Bytes;
use crate::error::{self, BadRow};

const PAGE_BYTES: usize = 512;
/// As pages were at first.
const LARGE_PAGE_BYTES: usize = 4096;
const FOOTER_WORDS: usize = 9;
/// So much is handed to the disk at a time: a group that is synced meanwhile waits for no more than this.
const SYNC_BYTES: usize = 1024 * 1024;

/// How the file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// As runs were written at first.
    Large,
    Small,
}

impl Layout {
    const ALL: [Self; 2] = [Self::Large, Self::Small];

    const fn magic(self) -> u64 {
        u64::from_be_bytes(match self {
            Self::Large => *b"SONDERUN",
            Self::Small => *b"SONDERN2",
        })
    }

    const fn page_bytes(self) -> usize {
        match self {
            Self::Large => LARGE_PAGE_BYTES,
            Self::Small => PAGE_BYTES,
        }
    }

    /// Entries of so many words in a page; 0: not even one.
    const fn per_page(self, words: usize) -> usize {
        match words.checked_mul(8) {
            Some(bytes @ 1..) => (self.page_bytes() - 8) / bytes,
            _ => 0,
        }
    }

    /// What is kept of the first entry of each page, in words.
    const fn words_of_first(self, words: usize) -> usize {
        match self {
            Self::Large => words,
            Self::Small => 1,
        }
    }
}

/// What a run is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Covered {
    /// The part of the log whose records it lists.
    pub(crate) positions: Range<u64>,
    /// The latest of what those carry.
    pub(crate) newest: Newest,
}

/// Sorted entries of `N` words in a file.
pub(crate) struct Run<const N: usize> {
    file: File,
    path: PathBuf,
    pub(crate) covered: Covered,
    pub(crate) entries: usize,
    layout: Layout,
    /// The first word of each page.
    firsts: Vec<u64>,
    filter: Filter,
}

impl<const N: usize> Run<N> {
    /// Writes a run and makes it durable, though not its name. `entries_max`: no more than so many come.
    pub(crate) fn write(
        path: &Path,
        covered: Covered,
        entries_max: usize,
        entries: impl Iterator<Item = Result<[u64; N], StorageError>>,
    ) -> Result<Self, StorageError> {
        Self::write_as(Layout::Small, path, covered, entries_max, entries)
    }

    fn write_as(
        layout: Layout,
        path: &Path,
        covered: Covered,
        entries_max: usize,
        entries: impl Iterator<Item = Result<[u64; N], StorageError>>,
    ) -> Result<Self, StorageError> {
        let failed = |error| error::io("write", path, error);
        let mut writer = Writer { file: File::create(path).map_err(failed)?, unsynced: Vec::with_capacity(SYNC_BYTES + LARGE_PAGE_BYTES) };
        let (mut firsts, mut filter, mut count) = (Vec::new(), Filter::with_room_for(entries_max), 0);
        let mut page = Vec::with_capacity(layout.page_bytes());
        for entry in entries {
            let entry = entry?;
            if page.is_empty() {
                firsts.push(entry);
            }
            filter.add(entry[0]);
            put_words(&entry, &mut page);
            count += 1;
            if count % layout.per_page(N) == 0 {
                writer.put_page(&mut page, layout).map_err(failed)?;
            }
        }
        if !page.is_empty() {
            writer.put_page(&mut page, layout).map_err(failed)?;
        }
        let filter_bytes = filter.to_bytes();
        let mut tail = Vec::with_capacity(8 * N * firsts.len() + filter_bytes.len() + 8 * FOOTER_WORDS);
        for first in &firsts {
            put_words(&first[..layout.words_of_first(N)], &mut tail);
        }
        tail.extend_from_slice(&filter_bytes);
        let latest = covered.newest.received_at.map_or(i64::MIN, Timestamp::as_millis).cast_unsigned();
        let Range { start, end } = covered.positions;
        let footer = [layout.magic(), N as u64, count as u64, filter_bytes.len() as u64, start, end, covered.newest.seq, latest];
        put_words(&footer, &mut tail);
        tail.extend_from_slice(&xxh3_64(&tail).to_be_bytes());
        writer.end(&tail).map_err(failed)?;
        let firsts = firsts.iter().map(|first| first[0]).collect();
        // Reading needs a handle of its own kind.
        let file = File::open(path).map_err(failed)?;
        Ok(Self { file, path: path.to_owned(), covered, entries: count, layout, firsts, filter })
    }

    /// Opens a run. `None`: it is not there, or not whole.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, StorageError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| error::io("open", path, error))?,
        };
        let read = read_tail(&file).map_err(|error| error::io("read", path, error))?;
        Ok(read.and_then(|(count, tail)| Self::of_tail(file, path, count, &tail).ok()))
    }

    fn of_tail(file: File, path: &Path, pages: usize, tail: &[u8]) -> Result<Self, BadRow> {
        let (summed, sum) = tail.split_last_chunk::<8>().ok_or_else(|| BadRow::new("too short"))?;
        if xxh3_64(summed).to_be_bytes() != *sum {
            return Err(BadRow::new("its checksum is another"));
        }
        let at_footer = tail.len() - 8 * FOOTER_WORDS;
        let mut footer = Bytes(&tail[at_footer..]);
        let (magic, words, entries, filter_bytes) = (footer.u64()?, footer.u64()?, footer.u64()?, footer.u64()?);
        let positions = footer.u64()?..footer.u64()?;
        let (seq, latest) = (footer.u64()?, footer.u64()?.cast_signed());
        let entries = usize::try_from(entries).map_err(|_| BadRow::new("too many entries"))?;
        let layout = Layout::ALL.into_iter().find(|layout| layout.magic() == magic);
        let layout = layout.filter(|layout| words == N as u64 && entries.div_ceil(layout.per_page(N)) == pages);
        let layout = layout.ok_or_else(|| BadRow::new("it is another kind of file"))?;
        let mut rest = Bytes(&tail[..at_footer]);
        let mut firsts = Vec::with_capacity(pages);
        for _ in 0..pages {
            let [first] = read_words(rest.take(8 * layout.words_of_first(N))?);
            firsts.push(first);
        }
        let filter = Some(rest.0).filter(|rest| rest.len() as u64 == filter_bytes).and_then(Filter::from_bytes);
        let filter = filter.ok_or_else(|| BadRow::new("it has no filter"))?;
        let newest = Newest { seq, received_at: (latest != i64::MIN).then(|| Timestamp::from_millis(latest)) };
        Ok(Self { file, path: path.to_owned(), covered: Covered { positions, newest }, entries, layout, firsts, filter })
    }

    /// `false`: no entry begins with the word.
    pub(crate) fn may_hold(&self, first: u64) -> bool {
        self.filter.may_hold(first)
    }

    /// Puts entries from `from` on behind others, in order, those of a page or two; all, or only those that begin with the
    /// word `of`. `false`: there are no more.
    pub(crate) fn read_from(&self, from: &[u64; N], of: Option<u64>, into: &mut Vec<[u64; N]>) -> Result<bool, StorageError> {
        let before = into.len();
        let mut page = self.page_of(from)?;
        while page < self.firsts.len() {
            if !self.read_page(page, from, of, into)? {
                return Ok(false);
            }
            page += 1;
            if into.len() > before {
                break;
            }
        }
        Ok(page < self.firsts.len())
    }

    /// The page where the entries from `from` on begin: there, or right behind it.
    fn page_of(&self, from: &[u64; N]) -> Result<usize, StorageError> {
        let first = place_of(&self.firsts, from[0]);
        if from[1..] == [0; N][1..] {
            return Ok(first.saturating_sub(1));
        }
        // In the midst of one user's entries: which of the pages that begin with them, only the pages themselves tell.
        let (mut before, mut behind) = (first, first + self.firsts[first..].partition_point(|first| *first == from[0]));
        while before < behind {
            let middle = usize::midpoint(before, behind);
            if read_words::<N>(self.summed_page(middle, &mut Page::default())?) <= *from { before = middle + 1 } else { behind = middle }
        }
        Ok(before.saturating_sub(1))
    }

    /// Reads a page, but for its sum, which is right.
    fn summed_page<'a>(&self, page: usize, into: &'a mut Page) -> Result<&'a [u8], StorageError> {
        let page_bytes = self.layout.page_bytes();
        let (bytes, at) = (into.of(self.layout), (page * page_bytes) as u64);
        self.file.read_exact_at(bytes, at).map_err(|error| error::io("read", &self.path, error))?;
        let (summed, sum) = bytes.split_at(page_bytes - 8);
        if xxh3_64(summed).to_be_bytes() != sum {
            let bad = BadRow::new(format!("the checksum of page {page} is another"));
            return Err(bad.at(&self.path.display().to_string(), &at.to_be_bytes()));
        }
        Ok(summed)
    }

    /// `false`: another first word follows.
    fn read_page(&self, page: usize, from: &[u64; N], of: Option<u64>, into: &mut Vec<[u64; N]>) -> Result<bool, StorageError> {
        let mut bytes = Page::default();
        let summed = self.summed_page(page, &mut bytes)?;
        let per_page = self.layout.per_page(N);
        let count = (self.entries - page * per_page).min(per_page);
        let entry = |place: usize| read_words::<N>(&summed[8 * N * place..]);
        let (mut first, mut behind) = (0, count);
        while first < behind {
            let middle = usize::midpoint(first, behind);
            if entry(middle) < *from { first = middle + 1 } else { behind = middle }
        }
        for place in first..count {
            let entry = entry(place);
            if of.is_some_and(|of| of != entry[0]) {
                return Ok(false);
            }
            into.push(entry);
        }
        Ok(true)
    }
}

/// How many of some numbers in order are smaller than one. They are hashes, spread evenly, so where it lies can be told from
/// what it is; a search by halves reads three times as much memory that nobody has at hand.
fn place_of(sorted: &[u64], number: u64) -> usize {
    let scaled = |part: u64| usize::try_from((u128::from(part) * sorted.len() as u128) >> 64).unwrap_or(0);
    let is_before = |place: usize| sorted[place] < number;
    let Some(there) = sorted.get(scaled(number)) else { return 0 };
    // Once more from there: what is left is the scatter between the two, not that of all.
    let guess = match number.checked_sub(*there) {
        Some(beyond) => scaled(number).saturating_add(scaled(beyond)).min(sorted.len()),
        None => scaled(number).saturating_sub(scaled(*there - number)),
    };
    let mut step = 4;
    let mut low = guess.saturating_sub(step);
    while low > 0 && !is_before(low - 1) {
        step *= 2;
        low = low.saturating_sub(step);
    }
    step = 4;
    let mut high = (guess + step).min(sorted.len());
    while high < sorted.len() && is_before(high) {
        step *= 2;
        high = (high + step).min(sorted.len());
    }
    low + sorted[low..high].partition_point(|known| *known < number)
}

/// Room for a page; that for a large one is made where there are large ones.
struct Page {
    small: [u8; PAGE_BYTES],
    large: Vec<u8>,
}

impl Default for Page {
    fn default() -> Self {
        Self { small: [0; PAGE_BYTES], large: Vec::new() }
    }
}

impl Page {
    fn of(&mut self, layout: Layout) -> &mut [u8] {
        match layout {
            Layout::Small => &mut self.small,
            Layout::Large => {
                self.large.resize(LARGE_PAGE_BYTES, 0);
                &mut self.large
            }
        }
    }
}

/// How many pages there are, and everything behind them. `None`: it is too short.
fn read_tail(file: &File) -> io::Result<Option<(usize, Vec<u8>)>> {
    let length = file.metadata()?.len();
    let mut footer = [0; 8 * FOOTER_WORDS];
    let Some(at) = length.checked_sub(footer.len() as u64) else { return Ok(None) };
    file.read_exact_at(&mut footer, at)?;
    let word = |place: usize| footer[8 * place..].first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let (magic, words, entries, filter_bytes) = (word(0), word(1), word(2), word(3));
    let Some(layout) = Layout::ALL.into_iter().find(|layout| layout.magic() == magic) else { return Ok(None) };
    let words = usize::try_from(words).unwrap_or(usize::MAX);
    let Some(per_page) = Some(layout.per_page(words) as u64).filter(|count| *count > 0) else { return Ok(None) };
    let pages = entries.div_ceil(per_page);
    let pages_bytes = pages.saturating_mul(layout.page_bytes() as u64);
    let firsts_bytes = pages.saturating_mul(8).saturating_mul(layout.words_of_first(words) as u64);
    let tail_bytes = firsts_bytes.saturating_add(filter_bytes).saturating_add(footer.len() as u64);
    // Before anything is allocated: the file is as long as it says.
    if pages_bytes.saturating_add(tail_bytes) != length {
        return Ok(None);
    }
    let mut tail = vec![0; usize::try_from(tail_bytes).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut tail, pages_bytes)?;
    Ok(Some((usize::try_from(pages).unwrap_or(usize::MAX), tail)))
}

struct Writer {
    file: File,
    unsynced: Vec<u8>,
}

impl Writer {
    fn put_page(&mut self, page: &mut Vec<u8>, layout: Layout) -> io::Result<()> {
        page.resize(layout.page_bytes() - 8, 0);
        self.unsynced.extend_from_slice(page);
        self.unsynced.extend_from_slice(&xxh3_64(page).to_be_bytes());
        page.clear();
        if self.unsynced.len() >= SYNC_BYTES { self.sync() } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.write_all(&self.unsynced)?;
        self.unsynced.clear();
        self.file.sync_data()
    }

    fn end(mut self, tail: &[u8]) -> io::Result<()> {
        for part in tail.chunks(SYNC_BYTES) {
            self.unsynced.extend_from_slice(part);
            self.sync()?;
        }
        self.file.sync_all()
    }
}

#[cfg(test)]
mod tests;
