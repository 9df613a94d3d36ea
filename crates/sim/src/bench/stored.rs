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
use crate::site::{Site, survey};

/// The frontend trigger that is fired.
pub(super) const SCREEN: &str = "MainActivity";
/// Live surveys on it.
const SURVEYS: usize = 10;
/// Events of each user who has any.
pub(super) const EVENTS_PER_USER: u64 = 5;
/// Events in one call while seeding.
const PER_CALL: u64 = 1_000;
/// Calls under way while seeding.
const SEEDERS: usize = 8;
/// Users that ask; all have a session and a stored state.
pub(super) const ASKING: u64 = 10_000;
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
        "ratio": common["ratio"], "ratio_pending": pending["ratio"], "events": seeded.events, "seeding": seeded.told(), "surveys": SURVEYS,
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

/// How seeding went.
pub(super) struct Seeded {
    pub(super) events: u64,
    per_second: f64,
    /// Events in the slowest whole second.
    slowest_second: u64,
    /// The longest that one call took, in milliseconds.
    longest_call_ms: f64,
}

impl Seeded {
    /// As benchmarks tell it.
    pub(super) fn told(&self) -> Value {
        json!({"events_per_s": self.per_second.round(), "slowest_second": self.slowest_second, "longest_call_ms": rounded(self.longest_call_ms, 0)})
    }
}

/// Stores events, five for each user, in large calls.
pub(super) async fn seed(site: &Site, events: u64) -> anyhow::Result<Seeded> {
    let (calls, watch) = (events.div_ceil(PER_CALL), Stopwatch::start());
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..SEEDERS {
        let (mut client, key, next) = (Client::connect(site.address()).await?, site.calls.backend_key().to_owned(), Arc::clone(&next));
        let users = events / EVENTS_PER_USER;
        tasks.spawn(async move {
            let mut answered = Vec::new();
            loop {
                let call = next.fetch_add(1, Ordering::Relaxed);
                if call >= calls {
                    return anyhow::Ok(answered);
                }
                let request = request("POST", EVENTS_PATH, &[("x-api-key", &key)], &many(call, users));
                let sent = watch.elapsed();
                let status = client.status_of(&request).await?;
                ensure!(status == 200, "events were answered with {status}");
                let done = watch.elapsed();
                answered.push((done, done.saturating_sub(sent)));
            }
        });
    }
    let mut answered = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        answered.extend(ended??);
    }
    let took = watch.elapsed();
    let mut seconds = vec![0; usize::try_from(took.as_secs())?];
    for (at, _) in &answered {
        // The last second was not whole.
        if let Some(count) = seconds.get_mut(usize::try_from(at.as_secs())?) {
            *count += PER_CALL;
        }
    }
    Ok(Seeded {
        events: calls * PER_CALL,
        per_second: float(calls * PER_CALL) / took.as_secs_f64(),
        slowest_second: seconds.into_iter().min().unwrap_or(calls * PER_CALL),
        longest_call_ms: answered.iter().map(|(_, took)| took.as_secs_f64() * 1e3).fold(0.0, f64::max),
    })
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
pub(super) async fn asking(site: &Site, user: impl Fn(u64) -> String) -> anyhow::Result<Vec<Template>> {
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
        let body: Value = serde_json::from_str(&many(1, 800)).unwrap();
        let events = body["events"].as_array().unwrap();
        assert_eq!(events.len() as u64, PER_CALL);
        assert_eq!((&events[0]["user_id"], &events[600]["user_id"]), (&json!("u0000200"), &json!("u0000000")));
    }
}
