//! `bench start` and `bench memory`: what a server with many pending events costs while it comes up and while it is there.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::generator::{Plan, TRIGGER, float, send};
use super::stored::{EVENTS_PER_USER, SCREEN, asking, seed};
use super::{StoredOptions, median, rounded, tell};
use crate::clock::Stopwatch;
use crate::output::Verdict;
use crate::server::Server;
use crate::site::{Site, survey};

/// Starts of each kind.
const STARTS: usize = 3;
/// What a start may take, in milliseconds.
const READY_MAX_MS: f64 = 1_000.0;
/// What may be resident, in MB: idle, and with pending events.
const IDLE_MAX_MB: f64 = 60.0;
const STORED_MAX_MB: f64 = 400.0;

/// `bench start`
pub(super) async fn start(options: StoredOptions, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let site = Site::make(binary)?;
    let (mut empty, mut after_kill, mut after_stop) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        stop(timed_start(&site, &mut empty).await?).await?;
    }
    let server = site.start().await?;
    let seeded = seed(&site, options.events).await?;
    server.kill()?;
    for _ in 0..STARTS {
        // Killed at once: what the journal holds is not written to files meanwhile.
        timed_start(&site, &mut after_kill).await?.kill()?;
    }
    let watch = Stopwatch::start();
    stop(site.start().await?).await?;
    let stop_ms = watch.elapsed().as_secs_f64() * 1e3;
    for _ in 0..STARTS {
        stop(timed_start(&site, &mut after_stop).await?).await?;
    }
    let rows = site.event_count(TRIGGER)?;
    let list = |values: &[f64]| values.iter().map(|value| value.round()).collect::<Vec<_>>();
    let middle = |values: &[f64]| median(values.to_vec()).unwrap_or(0.0).round();
    let told = json!({
        "events": seeded.events, "rows_after_restart": rows, "seeding": seeded.told(), "start_and_stop_ms": rounded(stop_ms, 0),
        "ready_ms_empty": middle(&empty), "ready_ms_after_stop": middle(&after_stop), "ready_ms_after_kill": middle(&after_kill),
        "all_ms_empty": list(&empty), "all_ms_after_stop": list(&after_stop), "all_ms_after_kill": list(&after_kill),
    });
    tell(&told, options.pace.json)?;
    Ok(Verdict::of(rows == seeded.events && middle(&after_stop).max(middle(&after_kill)) <= READY_MAX_MS))
}

/// `bench memory`
pub(super) async fn memory(options: StoredOptions, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let site = Site::make(binary)?;
    let mut document = survey("Survey", TRIGGER, SCREEN, "always");
    document["launch"]["activation"]["delay_secs"] = json!(3_600);
    site.launch_survey(&document)?;
    let server = site.start().await?;
    let idle = Memory::of(&server)?;
    let seeded = seed(&site, options.events).await?;
    let full = Memory::of(&server)?;
    stop(server).await?;
    let server = site.start().await?;
    let restarted = Memory::of(&server)?;
    // Users from all over what is stored fill the cache.
    let users = options.events / EVENTS_PER_USER;
    let load = asking(&site, |number| format!("u{:07}", number * 7_919 % users)).await?;
    let plan = Plan {
        connections: usize::from(options.pace.connections),
        warm_up: Duration::from_secs(1),
        window: Duration::from_secs(u64::from(options.pace.seconds)),
    };
    let (sent, (), ()) = send(site.address(), &load, 0, plan, || Ok(())).await?;
    let asked = Memory::of(&server)?;
    stop(server).await?;
    let most = full.resident.max(restarted.resident).max(asked.resident);
    let told = json!({
        "idle_mb": idle.resident, "with_events_mb": most, "events": seeded.events, "seeding": seeded.told(),
        "idle": idle.told(), "after_seeding": full.told(), "after_restart": restarted.told(), "after_asking": asked.told(),
        "asked": sent.acknowledged,
    });
    tell(&told, options.pace.json)?;
    Ok(Verdict::of(idle.resident <= IDLE_MAX_MB && most <= STORED_MAX_MB))
}

async fn timed_start(site: &Site, taken: &mut Vec<f64>) -> anyhow::Result<Server> {
    let watch = Stopwatch::start();
    let server = site.start().await?;
    taken.push(watch.elapsed().as_secs_f64() * 1e3);
    Ok(server)
}

async fn stop(server: Server) -> anyhow::Result<()> {
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    Ok(())
}

/// What a process really holds, in MB: its own, caches included, and pages of files, which are the program itself (the store
/// reads files and maps none).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Memory {
    resident: f64,
    own: f64,
    files: f64,
}

impl Memory {
    fn of(server: &Server) -> anyhow::Result<Self> {
        Self::read(&std::fs::read_to_string(format!("/proc/{}/status", server.id()))?)
    }

    fn read(status: &str) -> anyhow::Result<Self> {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
            let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
            anyhow::Ok(rounded(float(kib * 1_024) / 1e6, 1))
        };
        Ok(Self { resident: field("VmRSS:")?, own: field("RssAnon:")?, files: field("RssFile:")? })
    }

    fn told(self) -> Value {
        json!({"resident_mb": self.resident, "own_mb": self.own, "files_mb": self.files})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_mb() {
        let status = "Name:\tsonde\nVmRSS:\t   20000 kB\nRssAnon:\t  15000 kB\nRssFile:\t   5000 kB\n";
        let memory = Memory::read(status).unwrap();
        assert_eq!(memory, Memory { resident: 20.5, own: 15.4, files: 5.1 });
        assert!(Memory::read("Name:\tsonde\n").is_err());
    }
}
