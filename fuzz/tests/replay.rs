//! Every seed, and simple changes of it, in the tests of every day: no coverage guides them, so they find little that is
//! new, but nothing that was found comes back.

use std::path::Path;

use sonde_fuzz::TARGETS;

/// Changes of each seed.
const CHANGES: u64 = 60;

/// xorshift64*: the same changes each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).expect("31 bits") % bound.max(1)
    }
}

fn changed(seed: &[u8], number: u64) -> Vec<u8> {
    let mut dice = Dice(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        match dice.below(5) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\0\"\\{}[],:-.eE0123456789/\xff"[dice.below(25)]),
            3 => {
                let end = at + dice.below(bytes.len() - at);
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

#[test]
fn no_seed_and_no_simple_change_of_one_breaks_a_promise() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for target in &TARGETS {
        let folder = seeds.join(target.name);
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty(), "{} has no seeds", target.name);
        for file in files {
            let seed = std::fs::read(&file).unwrap();
            (target.run)(&seed);
            for number in 0..CHANGES {
                (target.run)(&changed(&seed, number));
            }
        }
    }
}
