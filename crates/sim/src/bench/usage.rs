//! Who got the processor, and what the disk did: from `/proc`.

use std::path::Path;

use anyhow::{Context as _, ensure};

use super::generator::float;
use crate::clock::Stopwatch;

/// Units of `/proc` a second: `USER_HZ`, which Linux has fixed at 100.
const TICKS_PER_SECOND: f64 = 100.0;

/// A moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    at: Stopwatch,
    /// Processor time of the process, in ticks.
    process: u64,
    /// Processor time of ourselves.
    generator: u64,
    /// Time the core had nothing to do, or waited for a disk.
    idle: u64,
    /// Flushes of the disk.
    flushes: Option<u64>,
}

/// What happened between two moments, as shares of the time in between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    /// The process had the core.
    pub(super) process: f64,
    /// The generator had a core.
    pub(super) generator: f64,
    /// Nobody wanted the core.
    pub(super) idle: f64,
    /// Flushes of the disk, by anybody.
    pub(super) flushes: Option<u64>,
}

impl Shares {
    /// Share of the core that others took.
    pub(super) const fn foreign(&self) -> f64 {
        (1.0 - self.process - self.idle).max(0.0)
    }
}

impl Usage {
    /// Now.
    pub(super) fn look(process: u32, core: usize, disk: Option<&str>) -> anyhow::Result<Self> {
        let own = ticks_of(&std::fs::read_to_string("/proc/self/stat")?)?;
        let process = ticks_of(&std::fs::read_to_string(format!("/proc/{process}/stat"))?)?;
        let idle = idle_of(&std::fs::read_to_string("/proc/stat")?, core)?;
        let flushes = disk.and_then(|disk| flushes_of(&std::fs::read_to_string("/proc/diskstats").ok()?, disk));
        Ok(Self { at: Stopwatch::start(), process, generator: own, idle, flushes })
    }

    /// What happened until a later moment.
    pub(super) fn until(&self, later: &Self) -> Shares {
        let ticks = (self.at.elapsed().as_secs_f64() - later.at.elapsed().as_secs_f64()) * TICKS_PER_SECOND;
        let share = |from: u64, to: u64| float(to.saturating_sub(from)) / ticks.max(1.0);
        Shares {
            process: share(self.process, later.process),
            generator: share(self.generator, later.generator),
            idle: share(self.idle, later.idle),
            flushes: self.flushes.zip(later.flushes).map(|(from, to)| to.saturating_sub(from)),
        }
    }
}

/// `utime` and `stime`, fields 14 and 15 of `/proc/PID/stat`; the name in field 2 may hold anything.
fn ticks_of(stat: &str) -> anyhow::Result<u64> {
    let (_, fields) = stat.rsplit_once(')').context("not a stat file")?;
    let ticks: Vec<u64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    ensure!(ticks.len() == 2, "a short stat file");
    Ok(ticks.iter().sum())
}

/// `idle` and `iowait` of a core.
fn idle_of(stat: &str, core: usize) -> anyhow::Result<u64> {
    let name = format!("cpu{core} ");
    let line = stat.lines().find_map(|line| line.strip_prefix(&name)).context("no such core")?;
    let ticks: Vec<u64> = line.split_whitespace().skip(3).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum())
}

/// Flush requests completed, field 19 of `/proc/diskstats` (after major, minor and name: the 16th number).
fn flushes_of(diskstats: &str, disk: &str) -> Option<u64> {
    let line = diskstats.lines().find(|line| line.split_whitespace().take(2).eq(disk.split(':')))?;
    line.split_whitespace().nth(18)?.parse().ok()
}

/// The file system a path is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileSystem {
    /// Its type.
    pub(super) kind: String,
    /// `major:minor` of its disk.
    pub(super) disk: String,
}

impl FileSystem {
    /// Of a path.
    pub(super) fn of(path: &Path) -> anyhow::Result<Self> {
        let path = path.canonicalize()?;
        Self::find(&std::fs::read_to_string("/proc/self/mountinfo")?, &path).context("no file system for the data folder")
    }

    /// The mount whose place is nearest to the path; of two at one place the later hides the earlier.
    fn find(mountinfo: &str, path: &Path) -> Option<Self> {
        let mounts = mountinfo.lines().filter_map(|line| {
            let (before, after) = line.split_once(" - ")?;
            let mut fields = before.split(' ').skip(2);
            let (disk, place) = (fields.next()?, fields.nth(1)?);
            let kind = after.split(' ').next()?;
            path.starts_with(place).then(|| (Path::new(place).components().count(), Self { kind: kind.to_owned(), disk: disk.to_owned() }))
        });
        mounts.max_by_key(|(depth, _)| *depth).map(|(_, found)| found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read() {
        assert_eq!(ticks_of("12 (a) b) R 1 2 3 4 5 6 7 8 9 10 40 2 0 0 20").unwrap(), 42);
        assert!(ticks_of("12 (a) R").is_err());
        assert_eq!(idle_of("cpu  1 1 1 1 1\ncpu0 5 0 2 70 3 0\ncpu1 5 0 2 700 30 0\n", 1).unwrap(), 730);
        let disks = " 254 0 vda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 99 17\n 254 1 vdb 0\n";
        assert_eq!(flushes_of(disks, "254:0"), Some(99));
        assert_eq!(flushes_of(disks, "254:1"), None);
        let mounts = "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n30 21 0:26 / /tmp rw - tmpfs tmpfs rw\n";
        assert_eq!(
            FileSystem::find(mounts, Path::new("/tmp/x")).unwrap(),
            FileSystem { kind: "tmpfs".to_owned(), disk: "0:26".to_owned() }
        );
        assert_eq!(FileSystem::find(mounts, Path::new("/tmpx")).unwrap().kind, "ext4");
    }
}
