//! Frames: a group's records in a log, whole or not there at all.
//!
//! ```text
//! "SNDE", length of the records u32, position in the log u64, xxh3 of the records u64, xxh3 of all this u64      head
//! ```
//!
//! A frame is synced before the next is written. So behind a torn end there is none; where there is one, what is in front
//! of it was damaged.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use xxhash_rust::xxh3::xxh3_64;

/// Bytes of the head.
pub(crate) const HEAD_BYTES: usize = 32;
const MAGIC: [u8; 4] = *b"SNDE";
const CHUNK: usize = 1024 * 1024;

/// Fills in the head of a frame whose records are already behind the room left for it.
pub(crate) fn seal(frame: &mut [u8], position: u64) {
    let (head, records) = frame.split_at_mut(HEAD_BYTES);
    head[..4].copy_from_slice(&MAGIC);
    let length = u32::try_from(records.len()).expect("a group is limited to less");
    head[4..8].copy_from_slice(&length.to_be_bytes());
    head[8..16].copy_from_slice(&position.to_be_bytes());
    head[16..24].copy_from_slice(&xxh3_64(records).to_be_bytes());
    let sum = xxh3_64(&head[..24]);
    head[24..].copy_from_slice(&sum.to_be_bytes());
}

/// How long the records of a frame with this head are, and their checksum; `None` if it is the head of none that begins at
/// the position.
fn read_head(head: &[u8; HEAD_BYTES], position: u64) -> Option<(usize, u64)> {
    let word = |at: usize| head[at..].first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let is_one = head[..4] == MAGIC && word(8) == position && word(24) == xxh3_64(&head[..24]);
    let length = head[4..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes) as usize);
    is_one.then_some((length, word(16)))
}

/// Goes through whole frames from a position on, as far as there are any.
pub(crate) struct Frames<'a> {
    file: &'a File,
    length: u64,
    /// Where the next begins.
    pub(crate) position: u64,
    records: Vec<u8>,
}

impl<'a> Frames<'a> {
    pub(crate) fn of(file: &'a File, from: u64) -> io::Result<Self> {
        Ok(Self { file, length: file.metadata()?.len(), position: from, records: Vec::new() })
    }

    /// The next frame's records, and the position of the first of them.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        let records_at = self.position + HEAD_BYTES as u64;
        if records_at > self.length {
            return Ok(None);
        }
        let mut head = [0; HEAD_BYTES];
        self.file.read_exact_at(&mut head, self.position)?;
        let Some((length, sum)) = read_head(&head, self.position) else { return Ok(None) };
        let end = records_at + length as u64;
        if end > self.length {
            return Ok(None);
        }
        self.records.resize(length, 0);
        self.file.read_exact_at(&mut self.records, records_at)?;
        if xxh3_64(&self.records) != sum {
            return Ok(None);
        }
        self.position = end;
        Ok(Some((records_at, &self.records)))
    }
}

/// What lies behind the last whole frame, but for zeros: room that was reserved and never written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beyond {
    /// How many bytes, without zeros at the end.
    pub(crate) bytes: u64,
    /// Whole frames among them.
    pub(crate) frames: u64,
}

/// Looks at everything behind a position; `None`: nothing is there.
pub(crate) fn beyond(file: &File, from: u64) -> io::Result<Option<Beyond>> {
    let length = file.metadata()?.len();
    let mut chunk = vec![0; CHUNK + HEAD_BYTES];
    let zeros = chunk.clone();
    let (mut at, mut written, mut frames) = (from, from, 0);
    while at < length {
        // A head may lie across the end of a chunk.
        let part = usize::try_from((length - at).min(chunk.len() as u64)).unwrap_or(CHUNK);
        file.read_exact_at(&mut chunk[..part], at)?;
        // Nearly all of it, and comparing them whole is quick.
        if chunk[..part] != zeros[..part]
            && let Some(last) = chunk[..part].iter().rposition(|byte| *byte != 0)
        {
            written = written.max(at + last as u64 + 1);
            frames += frames_that_begin_in(file, &chunk[..part], at)?;
        }
        at += part.min(CHUNK) as u64;
    }
    Ok((written > from).then_some(Beyond { bytes: written - from, frames }))
}

fn frames_that_begin_in(file: &File, chunk: &[u8], at: u64) -> io::Result<u64> {
    let mut frames = 0;
    for place in 0..chunk.len().min(CHUNK) {
        let Some(head) = chunk[place..].first_chunk::<HEAD_BYTES>() else { break };
        let position = at + place as u64;
        if read_head(head, position).is_some() && Frames::of(file, position)?.next()?.is_some() {
            frames += 1;
        }
    }
    Ok(frames)
}
