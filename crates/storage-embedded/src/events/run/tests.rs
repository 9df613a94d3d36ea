use super::*;

const COVERED: Covered = Covered { positions: 16..1_000, newest: Newest { seq: 9, received_at: None } };

/// In order: users of one entry, and one whose entries fill several pages of either kind.
fn entries() -> Vec<[u64; 5]> {
    let few = |users: Range<u64>| users.map(|user| [user * 10, 1, 2, 3, user]);
    let many = (0..1_000).map(|number| [2_005, number / 100, number, 0, number]);
    few(0..200).chain(many).chain(few(201..400)).collect()
}

fn read_all(run: &Run<5>, from: &[u64; 5], of: Option<u64>) -> Vec<[u64; 5]> {
    let (mut all, mut from) = (Vec::new(), *from);
    loop {
        let mut some = Vec::new();
        let has_more = run.read_from(&from, of, &mut some).unwrap();
        let Some(last) = some.last() else {
            assert!(!has_more, "a reader that finds nothing would ask for ever");
            return all;
        };
        from = *last;
        from[4] += 1;
        all.append(&mut some);
        if !has_more {
            return all;
        }
    }
}

#[test]
fn every_layout_is_read_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let entries = entries();
    for layout in Layout::ALL {
        let path = folder.path().join(format!("{layout:?}.users"));
        let written = Run::write_as(layout, &path, COVERED, entries.len(), entries.iter().copied().map(Ok)).unwrap();
        let opened = Run::open(&path).unwrap().unwrap();
        for run in [&written, &opened] {
            assert_eq!((run.layout, run.entries, &run.covered), (layout, entries.len(), &COVERED));
            assert!(entries.iter().all(|entry| run.may_hold(entry[0])));
            for from in entries.iter().step_by(7).copied().chain([[0; 5], [5, 0, 0, 0, 0], [2_005, 4, 450, 1, 0], [u64::MAX; 5]]) {
                let expected: Vec<_> = entries.iter().filter(|entry| **entry >= from).copied().collect();
                assert_eq!(read_all(run, &from, None), expected, "{layout:?} {from:?}");
                let expected: Vec<_> = expected.into_iter().filter(|entry| entry[0] == from[0]).collect();
                assert_eq!(read_all(run, &from, Some(from[0])), expected, "{layout:?} {from:?}");
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..Default::default() })]

    /// Also where nothing is spread evenly.
    #[test]
    fn a_place_is_found_as_by_halves(
        mut numbers in proptest::collection::vec(proptest::prop_oneof![proptest::arbitrary::any::<u64>(), 0..9_u64, u64::MAX - 9..=u64::MAX], 0..300),
        number in proptest::prop_oneof![proptest::arbitrary::any::<u64>(), 0..9_u64, u64::MAX - 9..=u64::MAX],
    ) {
        numbers.sort_unstable();
        for number in numbers.clone().into_iter().chain([number]) {
            assert_eq!(place_of(&numbers, number), numbers.partition_point(|known| *known < number));
        }
    }
}

#[test]
fn a_run_that_is_not_whole_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.users");
    let entries = entries();
    Run::write(&path, COVERED, entries.len(), entries.iter().copied().map(Ok)).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let tail = bytes.len() - 8 * FOOTER_WORDS;
    for length in [0, 8, tail, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(Run::<5>::open(&path).unwrap().is_none(), "{length}");
    }
    // Kind, words in an entry, entries, bytes of the filter: each said otherwise.
    for word in 0..4 {
        for other in [0_u64, 3, u64::MAX] {
            let mut changed = bytes.clone();
            changed[tail + 8 * word..][..8].copy_from_slice(&other.to_be_bytes());
            std::fs::write(&path, &changed).unwrap();
            assert!(Run::<5>::open(&path).unwrap().is_none(), "{word} {other}");
        }
    }
    std::fs::write(&path, &bytes).unwrap();
    assert!(Run::<2>::open(&path).unwrap().is_none(), "of entries of another length");
    assert!(Run::<5>::open(&path).unwrap().is_some());
}
