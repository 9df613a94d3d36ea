//! SQLite's write-ahead log, looked through before SQLite does.
//!
//! SQLite ends its reading at the first frame whose checksum is another, and what is behind it has never been. That is right for an
//! end that was torn by a power cut, which holds nothing that was acknowledged, and wrong for damage in front of other transactions:
//! each was synced before the next was begun, so behind a torn one there is none.
//!
//! The format is that of <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>, numbers big-endian:
//!
//! ```text
//! magic u32 (its last bit: checksums are of big-endian words), version, bytes of a page, number of the checkpoint,
//!     salt 2 x u32, checksum of these 2 x u32                                                          head, 32 bytes
//! page u32, pages of the database after a commit u32 (0: no commit), salt 2 x u32, checksum 2 x u32, the page       frame
//! ```
//!
//! A checksum goes on from that of the frame before. So a frame behind a damaged one can be told from what an older log left there:
//! it has the salt of the head, and its checksum goes on from the one that the frame in front of it says.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use sonde_storage::{StorageError, StorageErrorKind};

use crate::error;

const MAGIC: u32 = 0x377f_0682;
const HEAD_BYTES: usize = 32;
const FRAME_HEAD_BYTES: usize = 24;
const BUFFER_BYTES: usize = 1024 * 1024;

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Where the first frame lies that cannot be read, in bytes.
    pub(crate) at: u64,
    /// Whole transactions before it.
    pub(crate) before: u64,
    /// Commits behind it that can be read.
    pub(crate) after: u64,
}

/// The log of a database.
pub(crate) fn of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// `Corrupt` when something was damaged that had been synced.
pub(crate) fn refuse_damage(database: &Path) -> Result<(), StorageError> {
    let path = of(database);
    let Some(Damage { at, before, after }) = find_damage(&path).map_err(|error| error::io("read", &path, error))? else {
        return Ok(());
    };
    let detail = format!(
        "{} is damaged at byte {at}: {before} transactions can be read before and {after} after, so it is no write that was cut short",
        path.display()
    );
    Err(StorageError::new(StorageErrorKind::Corrupt, detail))
}

/// Reads a log from its beginning to its end. One that is not there, or that SQLite would begin anew, is not damaged.
pub(crate) fn find_damage(path: &Path) -> io::Result<Option<Damage>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, file);
    let mut head = [0; HEAD_BYTES];
    if !fill(&mut reader, &mut head)? {
        return Ok(None);
    }
    let Some(log) = Head::read(&head) else { return Ok(None) };
    let mut scan = Scan { chain: log.checksum, before: 0, broken: None };
    let mut frame = vec![0; FRAME_HEAD_BYTES + log.page_bytes];
    let mut at = HEAD_BYTES as u64;
    while fill(&mut reader, &mut frame)? {
        scan.take(&log, &frame, at);
        at += frame.len() as u64;
    }
    Ok(scan.damage())
}

/// `false`: there is less.
fn fill(reader: &mut impl Read, into: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

type Checksum = (u32, u32);

struct Head {
    page_bytes: usize,
    salt: [u8; 8],
    checksum: Checksum,
    /// Whether checksums are of big-endian words.
    is_big_endian: bool,
}

impl Head {
    fn read(bytes: &[u8; HEAD_BYTES]) -> Option<Self> {
        let magic = number(bytes, 0);
        let is_big_endian = magic & 1 == 1;
        let page_bytes =
            usize::try_from(number(bytes, 8)).ok().filter(|bytes| bytes.is_power_of_two() && (512..=65_536).contains(bytes))?;
        let salt = *bytes[16..].first_chunk()?;
        let checksum = (number(bytes, 24), number(bytes, 28));
        let head = Self { page_bytes, salt, checksum, is_big_endian };
        (magic & !1 == MAGIC && head.sum((0, 0), &bytes[..24]) == checksum).then_some(head)
    }

    /// Goes on from a checksum.
    fn sum(&self, from: Checksum, bytes: &[u8]) -> Checksum {
        let word = |bytes: &[u8; 4]| if self.is_big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) };
        bytes.as_chunks::<8>().0.iter().fold(from, |(one, two), pair| {
            let [first, second] = [pair[..4].first_chunk(), pair[4..].first_chunk()].map(|bytes| bytes.map_or(0, word));
            let one = one.wrapping_add(first).wrapping_add(two);
            (one, two.wrapping_add(second).wrapping_add(one))
        })
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// How far a log was read.
struct Scan {
    /// What the next frame's checksum goes on from.
    chain: Checksum,
    /// Commits so far, all whole.
    before: u64,
    /// From the first frame on that is not whole.
    broken: Option<Broken>,
}

struct Broken {
    at: u64,
    /// Whether a commit was seen there or behind.
    has_commit: bool,
    /// Commits of frames that can be read, behind such a commit.
    after: u64,
    /// Whether any frame can be read behind such a commit.
    is_damage: bool,
}

impl Scan {
    fn take(&mut self, log: &Head, frame: &[u8], at: u64) {
        let (head, page) = frame.split_at(FRAME_HEAD_BYTES);
        let said = (number(head, 16), number(head, 20));
        let is_of_this_log = head[8..16] == log.salt;
        let is_whole = is_of_this_log && log.sum(log.sum(self.chain, &head[..8]), page) == said;
        let is_commit = is_of_this_log && number(head, 4) != 0;
        self.chain = said;
        match &mut self.broken {
            None if is_whole => self.before += u64::from(is_commit),
            None => self.broken = Some(Broken { at, has_commit: is_commit, after: 0, is_damage: false }),
            Some(broken) => {
                if is_whole && broken.has_commit {
                    broken.is_damage = true;
                    broken.after += u64::from(is_commit);
                }
                broken.has_commit |= is_commit;
            }
        }
    }

    fn damage(self) -> Option<Damage> {
        let Broken { at, after, .. } = self.broken.filter(|broken| broken.is_damage)?;
        Some(Damage { at, before: self.before, after })
    }
}

#[cfg(test)]
mod tests;
