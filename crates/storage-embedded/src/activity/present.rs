//! Who may have marks in a bucket: a filter in memory that says "surely nothing" or "maybe something".
//!
//! Most users have nothing in most buckets, and to find that out in the store costs a search of it. A row per user that
//! says so would be one more row to write with every event.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use sonde_storage::{StorageError, StorageErrorKind};

use super::tables::BucketView;
use crate::error;
use crate::events::entry::user_hash;
use crate::events::filter::{HASHES_PER_BLOCK, WORDS, bits, block_of};

/// The first layer holds some 10,000 users in 16 KiB, each further one twice as many.
const FIRST_LAYER_BLOCKS: usize = 512;
/// Ten layers are 16 MiB, for eleven million users. Beyond the last more and more are held for others: they are looked for
/// in vain.
const LAYERS_MAX: usize = 12;

type Block = [AtomicU32; WORDS];

/// The users of one bucket.
#[derive(Default)]
pub(crate) struct Present {
    layers: [OnceLock<Box<[Block]>>; LAYERS_MAX],
    /// Users in the newest layer, and which it is. Held while one is added: the writer and whoever fills the filter
    /// after a start do so at the same time.
    newest: Mutex<Newest>,
    /// Every user with a row has been added: from now on an absence can be believed.
    is_complete: AtomicBool,
}

#[derive(Default)]
struct Newest {
    layer: usize,
    users: usize,
}

impl Present {
    /// Of a bucket that holds nothing yet.
    pub(crate) fn of_an_empty_bucket() -> Self {
        let present = Self::default();
        present.complete();
        present
    }

    /// Whether a user may have rows. `false` can be relied on for every row whose user was added before it was stored.
    pub(crate) fn may_have(&self, user: &[u8]) -> bool {
        !self.is_complete.load(Ordering::Acquire) || self.holds(user_hash(user))
    }

    /// Adds the user of a row that is about to be stored; the row's key does as well as the user's.
    pub(crate) fn add(&self, user: &[u8]) {
        let hash = user_hash(user);
        if self.holds(hash) {
            return;
        }
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = newest.users >= blocks_of(newest.layer) * HASHES_PER_BLOCK;
        if is_full && newest.layer + 1 < LAYERS_MAX {
            *newest = Newest { layer: newest.layer + 1, users: 0 };
        }
        newest.users += 1;
        let layer =
            self.layers[newest.layer].get_or_init(|| std::iter::repeat_with(Block::default).take(blocks_of(newest.layer)).collect());
        for (word, bit) in block(layer, hash).iter().zip(bits(hash)) {
            word.fetch_or(bit, Ordering::Release);
        }
    }

    fn complete(&self) {
        self.is_complete.store(true, Ordering::Release);
    }

    fn holds(&self, hash: u64) -> bool {
        let is_in = |layer: &[Block]| block(layer, hash).iter().zip(bits(hash)).all(|(word, bit)| word.load(Ordering::Acquire) & bit != 0);
        self.layers.iter().map_while(OnceLock::get).any(|layer| is_in(layer))
    }
}

const fn blocks_of(layer: usize) -> usize {
    FIRST_LAYER_BLOCKS << layer
}

fn block(layer: &[Block], hash: u64) -> &Block {
    &layer[block_of(hash, layer.len())]
}

/// Fills the filters of buckets that were there at the start. Until one is complete, readers search its bucket.
pub(super) struct Filling {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Filling {
    /// Starts a thread. Rows stored from now on are no concern of it.
    pub(super) fn start(buckets: Vec<BucketView>) -> Result<Self, StorageError> {
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stop);
        let fill_all = move || {
            for bucket in &buckets {
                match fill(bucket, &is_stopped) {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => tracing::warn!(%error, "who has marks of a day is not known, they are searched for every time"),
                }
            }
        };
        let spawned = std::thread::Builder::new().name("fill-filters".to_owned()).spawn(fill_all);
        let thread = spawned.map_err(|error| StorageError::with_source(StorageErrorKind::Fatal, "cannot start a thread", error))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Filling {
    /// The store is not closed while its rows are being read.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that fills filters ended in a panic");
        }
    }
}

/// Adds every user who has rows. `false`: told to stop before the end.
pub(crate) fn fill(bucket: &BucketView, stop: &AtomicBool) -> Result<bool, StorageError> {
    for guard in bucket.marks.iter() {
        if stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let key = guard.key().map_err(|error| error::fjall("go over a bucket", error))?;
        bucket.present.add(&key);
    }
    bucket.present.complete();
    Ok(true)
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn user(number: u64) -> [u8; 8] {
        xxh3_64(&number.to_be_bytes()).to_be_bytes()
    }

    #[test]
    fn who_was_added_is_held_and_few_others_are() {
        const USERS: u64 = 400_000;
        let present = Present::of_an_empty_bucket();
        for number in 0..USERS {
            present.add(&user(number));
            present.add(&user(number));
        }
        assert!((0..USERS).all(|number| present.may_have(&user(number))));
        let others = (USERS..2 * USERS).filter(|number| present.may_have(&user(*number))).count();
        assert!(others < 400_000 * 4 / 100, "{others} users were taken for others");
        let bytes: usize = present.layers.iter().filter_map(OnceLock::get).map(|layer| size_of_val(&**layer)).sum();
        assert!(bytes < 1_100_000, "{bytes} bytes");
    }

    #[test]
    fn nobody_is_absent_before_everybody_was_added() {
        let present = Present::default();
        assert!(present.may_have(&user(1)));
        present.complete();
        assert!(!present.may_have(&user(1)));
    }
}
