//! fjall's journals, looked through before fjall does.
//!
//! fjall ends its reading at the first bytes that make no batch: what is behind them it cuts off, whatever it is, or it refuses
//! to open. Neither will do. An end that was torn by a power cut holds nothing that was acknowledged and must open; damage
//! in front of other batches must not be opened as if what is behind it had never been. Every batch is synced before the
//! next is written, so behind a torn end there is none.
//!
//! The format is fjall's of version 3: numbers little-endian, a batch being
//!
//! ```text
//! 1, items u32, sequence u64                                    start
//! 2, type u8, compression u8, keyspace u64, key length u16,     item
//!    value length u32, stored length u32, key, stored value
//! 4, keyspace u64                                               item: the keyspace was cleared
//! 3, xxh3 of all items u64, "FJL" 3                             end
//! ```

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sonde_storage::{StorageError, StorageErrorKind};
use xxhash_rust::xxh3::Xxh3;

use crate::error::io as failed;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const TRAILER: [u8; 4] = *b"FJL\x03";
const CHUNK: usize = 1024 * 1024;

/// What a journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Whole batches from the beginning on.
    pub(crate) batches: u64,
    /// Where these end, in bytes.
    pub(crate) end: u64,
    /// What is behind them, but for zeros: room that was reserved and never written.
    pub(crate) beyond: Option<Beyond>,
}

/// Bytes that make no batch, and what follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beyond {
    /// How many bytes, without zeros at the end.
    pub(crate) bytes: u64,
    /// Whole batches among them.
    pub(crate) batches: u64,
    /// Changed rows in these.
    pub(crate) rows: u64,
}

/// Cuts what was torn off the end of the newest journal. `Corrupt` when something was damaged that had been synced.
pub(crate) fn mend(activity: &Path) -> Result<(), StorageError> {
    let mut journals = list(activity)?;
    let newest = journals.pop();
    for (path, is_newest) in journals.iter().map(|path| (path, false)).chain(newest.iter().map(|path| (path, true))) {
        let scan = scan(path).map_err(|error| failed("read", path, error))?;
        let Some(beyond) = scan.beyond else { continue };
        if beyond.batches > 0 || !is_newest {
            return Err(damaged(path, scan, beyond));
        }
        tracing::warn!(path = %path.display(), at = scan.end, bytes = beyond.bytes, "cutting off a write that was never finished");
        let cut = || -> io::Result<()> {
            let file = File::options().write(true).open(path)?;
            file.set_len(scan.end)?;
            file.sync_all()
        };
        cut().map_err(|error| failed("cut", path, error))?;
    }
    Ok(())
}

fn damaged(path: &Path, scan: Scan, beyond: Beyond) -> StorageError {
    let detail = format!(
        "{} is damaged at byte {}: {} writes can be read before and {} after, so it is no write that was cut short",
        path.display(),
        scan.end,
        scan.batches,
        beyond.batches
    );
    StorageError::new(StorageErrorKind::Corrupt, detail)
}

/// The journals, the oldest first.
pub(crate) fn list(activity: &Path) -> Result<Vec<PathBuf>, StorageError> {
    let read = || -> io::Result<Vec<(u64, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(activity)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            if let Some(number) = number.filter(|_| path.extension().is_some_and(|extension| extension == "jnl")) {
                found.push((number, path));
            }
        }
        Ok(found)
    };
    let mut found = read().map_err(|error| failed("list", activity, error))?;
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Reads a journal from its beginning to its end.
pub(crate) fn scan(path: &Path) -> io::Result<Scan> {
    let mut reader = Counted { inner: BufReader::with_capacity(CHUNK, File::open(path)?), bytes: 0 };
    let mut scan = Scan { batches: 0, end: 0, beyond: None };
    while read_batch(&mut reader)?.is_some() {
        scan.batches += 1;
        scan.end = reader.bytes;
    }
    let mut file = reader.inner.into_inner();
    file.seek(SeekFrom::Start(scan.end))?;
    let written = written_bytes(&mut file)?;
    if written > 0 {
        file.seek(SeekFrom::Start(scan.end))?;
        scan.beyond = Some(look_beyond(file.take(written))?);
    }
    Ok(scan)
}

/// How many bytes there are without the zeros at the end.
fn written_bytes(file: &mut File) -> io::Result<u64> {
    let mut chunk = vec![0; CHUNK];
    let zeros = chunk.clone();
    let (mut at, mut written) = (0, 0);
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(written);
        }
        // Nearly all of it, and comparing them whole is quick.
        if chunk[..read] != zeros[..read]
            && let Some(last) = chunk[..read].iter().rposition(|byte| *byte != 0)
        {
            written = at + last as u64 + 1;
        }
        at += read as u64;
    }
}

/// Looks for whole batches wherever one may begin. In memory: a journal has little more than 64 MiB.
fn look_beyond(mut rest: impl Read) -> io::Result<Beyond> {
    let mut bytes = Vec::new();
    rest.read_to_end(&mut bytes)?;
    let mut beyond = Beyond { bytes: bytes.len() as u64, batches: 0, rows: 0 };
    let mut at = 0;
    while at < bytes.len() {
        let mut reader = Counted { inner: &bytes[at..], bytes: 0 };
        let found = if bytes[at] == START { read_batch(&mut reader)? } else { None };
        match found {
            Some(rows) => {
                beyond.batches += 1;
                beyond.rows += u64::from(rows);
                at = bytes.len() - reader.inner.len();
            }
            None => at += 1,
        }
    }
    Ok(beyond)
}

/// One whole batch, and how many rows it changes; `None` where there is none.
fn read_batch(from: &mut impl Read) -> io::Result<Option<u32>> {
    match try_read_batch(from) {
        Ok(rows) => Ok(Some(rows)),
        Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => Ok(None),
        Err(error) => Err(error),
    }
}

fn try_read_batch(from: &mut impl Read) -> io::Result<u32> {
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let [tag] = read(from)?;
    let rows = u32::from_le_bytes(read(from)?);
    let _sequence: [u8; 8] = read(from)?;
    // fjall writes none that is empty.
    if tag != START || rows == 0 {
        return Err(bad());
    }
    let mut sum = Xxh3::new();
    for _ in 0..rows {
        let [tag] = read(from)?;
        sum.update(&[tag]);
        match tag {
            ITEM => read_item(from, &mut sum)?,
            CLEAR => sum.update(&read::<8>(from)?),
            _ => return Err(bad()),
        }
    }
    let [tag] = read(from)?;
    let wanted = u64::from_le_bytes(read(from)?);
    let trailer: [u8; 4] = read(from)?;
    if tag == END && trailer == TRAILER && wanted == sum.digest() { Ok(rows) } else { Err(bad()) }
}

fn read_item(from: &mut impl Read, sum: &mut Xxh3) -> io::Result<()> {
    let head: [u8; 20] = read(from)?;
    sum.update(&head);
    let key_length = u64::from(u16::from_le_bytes([head[10], head[11]]));
    let stored_length = u64::from(u32::from_le_bytes([head[16], head[17], head[18], head[19]]));
    let mut left = key_length + stored_length;
    let mut chunk = [0; 4096];
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        from.read_exact(&mut chunk[..part])?;
        sum.update(&chunk[..part]);
        left -= part as u64;
    }
    Ok(())
}

fn read<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Counts what was read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.bytes += read as u64;
        Ok(read)
    }
}
