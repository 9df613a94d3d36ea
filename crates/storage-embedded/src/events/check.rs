//! Reading a day from end to end, without changing anything.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sonde_storage::StorageError;

use super::cursor::{Cursor, Source};
use super::day::{FIRST, LOG, check_head};
use super::frame::{self, Frames};
use super::index::Pair;
use super::record::{self, Record};
use crate::error;

/// What was found in a day's folder.
#[derive(Default)]
pub(crate) struct DayReport {
    /// Events, those that were removed left out.
    pub(crate) events: u64,
    /// Those with an id that was given by the sender.
    pub(crate) ids: u64,
    /// What is wrong: where, and what is lost by it.
    pub(crate) problems: Vec<(PathBuf, String)>,
}

/// Reads a day. `counted`: up to which position of its log events were acknowledged for sure.
pub(crate) fn check_day(events: &Path, day: i32, counted: u64) -> Result<DayReport, StorageError> {
    let folder = events.join(day.to_string());
    let path = folder.join(LOG);
    let mut report = DayReport::default();
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) => {
            report.problems.push((path, format!("cannot be opened, all events of the day are lost: {error}")));
            return Ok(report);
        }
    };
    if let Err(error) = check_head(&file, &path, day) {
        report.problems.push((path, error.to_string()));
        return Ok(report);
    }
    let known = check_runs(&folder, &mut report)?.max(counted);
    check_log(&file, &path, known, &mut report)?;
    Ok(report)
}

fn check_log(file: &File, path: &Path, known: u64, report: &mut DayReport) -> Result<(), StorageError> {
    let failed = |error| error::io("read", path, error);
    let mut frames = Frames::of(file, FIRST).map_err(failed)?;
    let mut whole = 0_u64;
    while let Some((_, mut records)) = frames.next().map_err(failed)? {
        whole += 1;
        while !records.is_empty() {
            let first = record::split(records).and_then(|(bytes, rest)| Ok((record::read(bytes)?, rest)));
            let Ok((record, rest)) = first else {
                report.problems.push((path.to_owned(), format!("write {whole} holds what makes no sense")));
                break;
            };
            report.count(&record);
            records = rest;
        }
    }
    let end = frames.position;
    let beyond = frame::beyond(file, end).map_err(failed)?;
    if let Some(beyond) = beyond.filter(|beyond| beyond.frames > 0) {
        let what = format!(
            "is damaged at byte {end}: the {whole} writes before can be read; the write there and {} writes after are lost",
            beyond.frames
        );
        report.problems.push((path.to_owned(), what));
    } else if end < known {
        let what = format!("ends at byte {end}: the {whole} writes before can be read; those up to byte {known} are lost");
        report.problems.push((path.to_owned(), what));
    } else if let Some(beyond) = beyond {
        tracing::info!(path = %path.display(), "ends in {} bytes that make no whole write, as a power cut leaves them", beyond.bytes);
    }
    Ok(())
}

/// How far the index says that the log reaches.
fn check_runs(folder: &Path, report: &mut DayReport) -> Result<u64, StorageError> {
    let failed = |error| error::io("list", folder, error);
    let mut listed = 0;
    for file in fs::read_dir(folder).map_err(failed)? {
        let path = file.map_err(failed)?.path();
        let Some(positions) = Pair::positions(&path).filter(|_| path.extension().is_some_and(|end| end == "users")) else { continue };
        let Some(pair) = Pair::open(folder, &positions)? else {
            tracing::info!(path = %path.display(), "is not whole, it will be made again");
            continue;
        };
        listed = listed.max(positions.end);
        if let Err(error) = read_pair(&pair) {
            report.problems.push((path, format!("cannot be read ({error}); nothing is lost: without it, it is made again")));
        }
    }
    Ok(listed)
}

fn read_pair(pair: &Pair) -> Result<(), StorageError> {
    let mut users = Cursor::new(std::iter::once(Source::Run(&pair.users)), &[0; 5], None)?;
    while users.next()?.is_some() {}
    let mut ids = Cursor::new(std::iter::once(Source::Run(&pair.ids)), &[0; 2], None)?;
    while ids.next()?.is_some() {}
    Ok(())
}

impl DayReport {
    fn count(&mut self, record: &Record<'_>) {
        match record {
            Record::Event(event) | Record::Moved(event) => {
                self.events += 1;
                self.ids += u64::from(event.fingerprint.is_some());
            }
            Record::Removed { id, .. } => {
                self.events = self.events.saturating_sub(1);
                self.ids = self.ids.saturating_sub(u64::from(id.is_some()));
            }
        }
    }
}
