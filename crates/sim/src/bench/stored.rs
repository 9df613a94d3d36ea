//! Benchmarks over a store that holds something. What it holds went in the way everything does: over the public API.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::generator::{FIRST_REVISION, TRIGGER, Template, float};
use super::{Arena, StoredOptions, figures, pin_self, rounded, tell};
use crate::calls::{Answers, EVENTS_PATH, Subject};
use crate::clock::Stopwatch;
use crate::http::{Client, request};
use crate::output::Verdict;
use crate::server::Server;
use crate::site::{Site, survey};

/// The frontend trigger that is fired.
const SCREEN: &str = "MainActivity";
/// Live surveys on it.
const SURVEYS: usize = 10;
/// Events of each user who has any.
const EVENTS_PER_USER: u64 = 5;
/// Events in one call while seeding.
const PER_CALL: u64 = 500;
/// Calls under way while seeding.
const SEEDERS: usize = 8;
/// Users that ask; all have a session and a stored state.
const ASKING: u64 = 10_000;
/// Displays that answers are saved for.
const DISPLAYS: u64 = 512;

/// `bench decide`
pub(super) async fn decide(options: StoredOptions, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    pin_self()?;
    let site = Site::make(binary)?;
    for number in 0..SURVEYS {
        // Every event opens the survey in an hour: there are five candidates for each of ten surveys, and none is due.
        let mut document = survey(&format!("Survey {number}"), TRIGGER, SCREEN, "always");
        document["launch"]["activation"]["delay_secs"] = json!(3_600);
        site.launch_survey(&document)?;
    }
    let mut arena = Arena::open(&site).await?;
    let seeded = seed(&site, options.events).await?;
    let with_events = asking(&site, |number| format!("u{:07}", number * 7_919 % (options.events / EVENTS_PER_USER))).await?;
    let without = asking(&site, |number| format!("n{number:07}")).await?;

    let (common, is_fair) = figures(options.pace, &arena.take_turns(&without, options.pace).await?);
    let (pending, also_fair) = figures(options.pace, &arena.take_turns(&with_events, options.pace).await?);
    let told = json!({
        "ratio": common["ratio"], "ratio_pending": pending["ratio"], "events": seeded, "surveys": SURVEYS,
        "file_system": arena.file_system.kind, "common": common, "pending": pending,
    });
    arena.noop.kill()?;
    ensure!(arena.server.stop().await?.success(), "the server did not stop in good order");
    tell(&told, options.pace.json)?;
    ensure!(options.pace.smoke || (is_fair && also_fair), "others took the servers' core in most turns: nothing was measured");
    Ok(Verdict::Holds)
}

/// `bench respond`
pub(super) async fn respond(options: StoredOptions, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    pin_self()?;
    let site = Site::make(binary)?;
    site.launch_survey(&survey("Survey", TRIGGER, SCREEN, "always"))?;
    let mut arena = Arena::open(&site).await?;
    let mut load = Vec::new();
    let mut client = Client::connect(site.address()).await?;
    for number in 0..DISPLAYS {
        load.push(Template::rising(shown(&site, &mut client, number).await?));
    }
    let turns = arena.take_turns(&load, options.pace).await?;
    let (mut told, is_fair) = figures(options.pace, &turns);
    told["file_system"] = arena.file_system.kind.as_str().into();
    arena.noop.kill()?;
    arena.server.kill()?;
    // SIGKILL: the last revision of every display was answered with 200, so each has its row.
    let server = site.start().await?;
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    let rows = site.responses()?;
    told["rows_after_restart"] = rows.len().into();
    tell(&told, options.pace.json)?;
    ensure!(options.pace.smoke || is_fair, "others took the servers' core in most turns: nothing was measured");
    Ok(Verdict::of(rows.len() as u64 == DISPLAYS))
}

/// `bench start`
pub(super) async fn start(options: StoredOptions, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let site = Site::make(binary)?;
    let (server, empty_secs) = timed_start(&site).await?;
    let idle = resident(server.id())?;
    let watch = Stopwatch::start();
    let seeded = seed(&site, options.events).await?;
    let (seeding_secs, with_events) = (watch.elapsed().as_secs_f64(), resident(server.id())?);
    server.kill()?;
    let (server, after_kill_secs) = timed_start(&site).await?;
    let after_restart = resident(server.id())?;
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    let (server, after_stop_secs) = timed_start(&site).await?;
    ensure!(server.stop().await?.success(), "the server did not stop in good order");
    let rows = site.event_count(TRIGGER)?;
    let told = json!({
        "events": seeded, "rows_after_restart": rows, "events_per_s_while_seeding": (float(seeded) / seeding_secs).round(),
        "ready_ms_empty": rounded(empty_secs * 1e3, 0), "ready_ms_after_stop": rounded(after_stop_secs * 1e3, 0),
        "ready_ms_after_kill": rounded(after_kill_secs * 1e3, 0),
        "resident_mb_idle": idle, "resident_mb_with_events": with_events, "resident_mb_after_restart": after_restart,
    });
    tell(&told, options.pace.json)?;
    Ok(Verdict::of(rows == seeded))
}

async fn timed_start(site: &Site) -> anyhow::Result<(Server, f64)> {
    let watch = Stopwatch::start();
    let server = site.start().await?;
    Ok((server, watch.elapsed().as_secs_f64()))
}

/// Memory that a process really holds, in MiB.
fn resident(process: u32) -> anyhow::Result<u64> {
    resident_of(&std::fs::read_to_string(format!("/proc/{process}/status"))?)
}

fn resident_of(status: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1_024)
}

/// Stores events, five for each user, in large calls. Says how many.
async fn seed(site: &Site, events: u64) -> anyhow::Result<u64> {
    let calls = events.div_ceil(PER_CALL);
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..SEEDERS {
        let (mut client, key, next) = (Client::connect(site.address()).await?, site.calls.backend_key().to_owned(), Arc::clone(&next));
        let users = events / EVENTS_PER_USER;
        tasks.spawn(async move {
            loop {
                let call = next.fetch_add(1, Ordering::Relaxed);
                if call >= calls {
                    return anyhow::Ok(());
                }
                let request = request("POST", EVENTS_PATH, &[("x-api-key", &key)], &many(call, users));
                let status = client.status_of(&request).await?;
                ensure!(status == 200, "events were answered with {status}");
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(calls * PER_CALL)
}

/// The body of one call: events of users far apart.
fn many(call: u64, users: u64) -> String {
    let filling = ".".repeat(200);
    let event = |number: u64| {
        let user = number % users;
        format!(r#"{{"user_id":"u{user:07}","event_name":"{TRIGGER}","properties":{{"minutes":431,"source":"watch","note":"{filling}"}}}}"#)
    };
    let events: Vec<String> = (call * PER_CALL..(call + 1) * PER_CALL).map(event).collect();
    format!(r#"{{"events":[{}]}}"#, events.join(","))
}

/// A trigger call for each of many users, each with a session of its own.
async fn asking(site: &Site, user: impl Fn(u64) -> String) -> anyhow::Result<Vec<Template>> {
    let mut client = Client::connect(site.address()).await?;
    let mut calls = Vec::new();
    for number in 0..ASKING {
        let token = session(site, &mut client, user(number)).await?;
        calls.push(Template::fixed(site.calls.trigger(&token, SCREEN, &format!("r{number}"))));
    }
    Ok(calls)
}

/// The answers of a user who was shown a survey, as a request whose revision rises.
async fn shown(site: &Site, client: &mut Client, number: u64) -> anyhow::Result<Vec<u8>> {
    let user = format!("u{number:07}");
    expect(client, &site.calls.event(&Subject::User(user.clone()), TRIGGER, None, &json!({"minutes": 431}))).await?;
    let token = session(site, client, user).await?;
    let answer = expect(client, &site.calls.trigger(&token, SCREEN, &format!("r{number}"))).await?;
    let display = answer["display_id"].as_str().context("nothing was due")?.to_owned();
    expect(client, &site.calls.shown(&token, &display)).await?;
    let answers = Answers { revision: FIRST_REVISION, completed: false, score: 9, why: "It was good.".to_owned() };
    Ok(site.calls.respond(&token, &display, &answers))
}

async fn session(site: &Site, client: &mut Client, user: String) -> anyhow::Result<String> {
    let answer = expect(client, &site.calls.session(&Subject::User(user))).await?;
    answer["client_token"].as_str().map(str::to_owned).context("a session without a token")
}

async fn expect(client: &mut Client, request: &[u8]) -> anyhow::Result<Value> {
    let answer = client.call(request).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    ensure!(answer.status == 200, "a request was answered with {}", answer.text());
    Ok(answer.json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_events_belong_to_users_in_turn() {
        let body: Value = serde_json::from_str(&many(1, 400)).unwrap();
        let events = body["events"].as_array().unwrap();
        assert_eq!(events.len() as u64, PER_CALL);
        assert_eq!((&events[0]["user_id"], &events[300]["user_id"]), (&json!("u0000100"), &json!("u0000000")));
    }

    #[test]
    fn resident_memory_is_read_in_mib() {
        assert_eq!(resident_of("Name:\tsonde\nVmRSS:\t   20480 kB\n").unwrap(), 20);
        assert!(resident_of("Name:\tsonde\n").is_err());
    }
}
