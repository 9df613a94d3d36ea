//! A filter of hashes: says "surely not" or "maybe", in 12 bits for each.

/// Bits set per hash, each in a word of its own.
pub(crate) const WORDS: usize = 8;
/// Odd numbers that each turn the low half of a hash into another bit.
const SALTS: [u32; WORDS] = [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];
/// Hashes per block of 256 bits: at twelve bits each, about one in two hundred is held for another.
pub(crate) const HASHES_PER_BLOCK: usize = 21;
/// Bytes of a block.
const BLOCK_BYTES: usize = WORDS * 4;

/// A blocked Bloom filter that is filled once.
pub(crate) struct Filter {
    blocks: Vec<[u32; WORDS]>,
}

impl Filter {
    /// Empty, with room for so many.
    pub(crate) fn with_room_for(hashes: usize) -> Self {
        Self { blocks: vec![[0; WORDS]; hashes.div_ceil(HASHES_PER_BLOCK).max(1)] }
    }

    pub(crate) fn add(&mut self, hash: u64) {
        let place = block_of(hash, self.blocks.len());
        for (word, bit) in self.blocks[place].iter_mut().zip(bits(hash)) {
            *word |= bit;
        }
    }

    /// `false`: it was not added.
    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        let block = &self.blocks[block_of(hash, self.blocks.len())];
        block.iter().zip(bits(hash)).all(|(word, bit)| word & bit != 0)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.blocks.iter().flatten().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// `None` for bytes that are no filter.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (blocks, []) = bytes.as_chunks::<BLOCK_BYTES>() else { return None };
        let block = |bytes: &[u8; BLOCK_BYTES]| {
            let mut block = [0; WORDS];
            for (word, bytes) in block.iter_mut().zip(bytes.as_chunks().0) {
                *word = u32::from_be_bytes(*bytes);
            }
            block
        };
        (!blocks.is_empty()).then(|| Self { blocks: blocks.iter().map(block).collect() })
    }
}

/// The high half of a hash chooses the block.
pub(crate) fn block_of(hash: u64, blocks: usize) -> usize {
    let place = u128::from(hash >> 32) * blocks as u128;
    usize::try_from(place >> 32).unwrap_or(0)
}

/// The low half chooses a bit in each of its words.
pub(crate) fn bits(hash: u64) -> [u32; WORDS] {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    let low = hash as u32;
    SALTS.map(|salt| 1 << (low.wrapping_mul(salt) >> 27))
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    #[test]
    fn what_was_added_is_held_and_little_else_is() {
        const HASHES: u64 = 100_000;
        let hash = |number: u64| xxh3_64(&number.to_be_bytes());
        let mut filter = Filter::with_room_for(100_000);
        (0..HASHES).for_each(|number| filter.add(hash(number)));
        let filter = Filter::from_bytes(&filter.to_bytes()).unwrap();
        assert!((0..HASHES).all(|number| filter.may_hold(hash(number))));
        let others = (HASHES..2 * HASHES).filter(|number| filter.may_hold(hash(*number))).count();
        assert!(others < 1_000, "{others} were taken for others");
        assert!(Filter::from_bytes(&[0; 31]).is_none() && Filter::from_bytes(&[]).is_none());
    }
}
