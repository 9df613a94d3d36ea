use std::fs;
use std::ops::Range;

use rusqlite::Connection;

use super::*;

/// A log of ten transactions of some pages each, as a killed process leaves it, and where each ends.
fn log() -> (tempfile::TempDir, PathBuf, Vec<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("a.sqlite");
    let connection = Connection::open(&database).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE a (b TEXT)").unwrap();
    let mut ends = Vec::new();
    for number in 0..10 {
        connection.execute("INSERT INTO a VALUES (?1)", [number.to_string().repeat(9_000)]).unwrap();
        ends.push(usize::try_from(fs::metadata(of(&database)).unwrap().len()).unwrap());
    }
    // Before the connection is closed, which would empty it.
    let copy = folder.path().join("copy.sqlite-wal");
    fs::copy(of(&database), &copy).unwrap();
    (folder, copy, ends)
}

fn damage(path: &Path, bytes: &[u8]) -> Option<Damage> {
    fs::write(path, bytes).unwrap();
    find_damage(path).unwrap()
}

#[test]
fn a_log_cut_anywhere_was_torn() {
    let (_folder, path, ends) = log();
    let whole = fs::read(&path).unwrap();
    assert_eq!(damage(&path, &whole), None);
    for length in (0..whole.len()).step_by(997).chain(ends) {
        assert_eq!(damage(&path, &whole[..length]), None, "{length}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(find_damage(&path).unwrap(), None, "where there is none");
}

#[test]
fn damage_in_front_of_other_transactions_is_told_from_an_end_that_was_torn() {
    let (_folder, path, ends) = log();
    let whole = fs::read(&path).unwrap();
    let frame = FRAME_HEAD_BYTES + 4_096;
    let spoiled = |range: Range<usize>| {
        let mut bytes = whole.clone();
        bytes[range].fill(0xEE);
        bytes
    };
    for (number, transaction) in ends.windows(2).enumerate() {
        for at in (transaction[0]..transaction[1]).step_by(frame) {
            // The page alone, and a whole frame. Where that is the last but one commit, none is left behind which another can be read.
            let is_commit = at + frame == transaction[1];
            for (range, is_told) in [(at + 100..at + 200, number < 8), (at..at + frame, number < if is_commit { 7 } else { 8 })] {
                let found = damage(&path, &spoiled(range.clone()));
                assert_eq!(found.is_some(), is_told, "transaction {} of 10, {range:?}: {found:?}", number + 2);
                if let Some(found) = found {
                    assert_eq!((found.at, found.before), (at as u64, number as u64 + 2), "the table's and those before");
                    assert!(found.after >= 1 && found.after <= 8 - number as u64, "{found:?}");
                }
            }
        }
    }
}

#[test]
fn what_an_older_log_left_behind_the_end_is_no_damage() {
    let (_folder, path, ends) = log();
    let mut bytes = fs::read(&path).unwrap();
    // From the fifth transaction on with the salt of another log.
    let frame = FRAME_HEAD_BYTES + 4_096;
    for at in (ends[4]..bytes.len()).step_by(frame) {
        bytes[at + 8..at + 16].fill(7);
    }
    assert_eq!(damage(&path, &bytes), None);
    bytes[..HEAD_BYTES].fill(0);
    assert_eq!(damage(&path, &bytes), None, "without a head SQLite begins anew");
}
