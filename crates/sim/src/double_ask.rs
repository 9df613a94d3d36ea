//! `double-ask`: many tabs of one user ask at the same moment, for one event. Exactly one may show the survey.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::calls::{Calls, Subject};
use crate::clock::Stopwatch;
use crate::findings::{Findings, Kind};
use crate::http::{Answer, Client};
use crate::output::{Verdict, print};
use crate::site::{Site, survey};
use sonde_sim::rng::Rng;

const BACKEND_TRIGGER: &str = "ended_sleep";
const FRONTEND_TRIGGER: &str = "MainActivity";
/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_hours(1);

/// Flags of `double-ask`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How many ask at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(2..=512))]
    clients: u16,
    /// How often, each time another user.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What the clients have in common.
struct Shared {
    calls: Calls,
    barrier: Barrier,
    round: Mutex<Round>,
}

/// One round's outcome.
#[derive(Default)]
struct Round {
    /// Displays given out, with repetitions.
    given: Vec<String>,
    /// Displays whose showing was confirmed.
    confirmed: Vec<String>,
    findings: Findings,
}

/// Runs it.
pub(crate) async fn run(options: Options, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let site = Site::make(binary)?;
    site.launch_survey(&survey("Sleep", BACKEND_TRIGGER, FRONTEND_TRIGGER, "always"))?;
    let server = site.start().await?;
    let running = Stopwatch::start();
    let mut findings = Findings::default();
    let displays = tokio::time::timeout(PATIENCE, ask(options, &site, &mut findings)).await.context("the run hangs")??;
    let rows = site.responses()?;
    let shown = rows.iter().filter(|row| row["state"] == "shown").count() as u64;
    findings.expect(shown == displays && rows.len() as u64 == displays, Kind::Wrong, || {
        format!("{displays} displays confirmed, {} rows, {shown} of them shown", rows.len())
    });
    for line in server.errors() {
        findings.add(Kind::Wrong, format!("the server's log: {line}"));
    }
    let status = server.stop().await?;
    findings.expect(status.success(), Kind::Wrong, || format!("the server did not stop in good order: {status}"));
    report(options, displays, &findings, running.elapsed())
}

fn report(options: Options, displays: u64, findings: &Findings, took: Duration) -> anyhow::Result<Verdict> {
    let (rounds, secs) = (options.rounds, took.as_secs_f64());
    if options.json {
        let told = json!({"rounds": rounds, "displays": displays, "clients": options.clients, "seconds": secs,
                          "lost": findings.lost, "doubled": findings.doubled, "wrong": findings.wrong, "findings": findings.texts});
        print(&format!("{told}\n"))?;
    } else {
        for text in &findings.texts {
            print(&format!("{text}\n"))?;
        }
        print(&format!("clients {}, {secs:.1} s\nrounds {rounds}, displays {displays}\n", options.clients))?;
    }
    Ok(Verdict::of(findings.is_empty() && displays == u64::from(rounds)))
}

/// All rounds. Returns how many showings were confirmed.
async fn ask(options: Options, site: &Site, findings: &mut Findings) -> anyhow::Result<u64> {
    let clients = usize::from(options.clients);
    let shared = Arc::new(Shared { calls: site.calls.clone(), barrier: Barrier::new(clients + 1), round: Mutex::default() });
    let mut tasks = JoinSet::new();
    for number in 0..clients {
        let line = Client::connect(site.address()).await?;
        tasks.spawn(client(Arc::clone(&shared), line, Rng::new(number as u64), options.rounds));
    }
    let mut sender = Client::connect(site.address()).await?;
    let mut displays = 0;
    for round in 0..options.rounds {
        let user = Subject::User(user(round));
        let event = site.calls.event(&user, BACKEND_TRIGGER, Some(&format!("event-{round}")), &json!({"minutes": 431}));
        let answer = sender.call(&event).await.map_err(|error| anyhow::anyhow!("event: {error:?}"))?;
        ensure!(answer.status == 200, "event: answered {}", answer.text());
        // The event is there; sessions are started; all have asked.
        for _ in 0..3 {
            shared.barrier.wait().await;
        }
        let outcome = std::mem::take(&mut *shared.round.lock().unwrap_or_else(PoisonError::into_inner));
        displays += judge(round, outcome, findings);
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(displays)
}

fn judge(round: u32, outcome: Round, findings: &mut Findings) -> u64 {
    let Round { given, confirmed, findings: noted } = outcome;
    findings.merge(noted);
    findings.expect(!given.is_empty(), Kind::Lost, || format!("round {round}: nobody got the survey"));
    findings.expect(given.len() <= 1, Kind::Doubled, || format!("round {round}: given out {given:?}"));
    findings.expect(confirmed == given, Kind::Wrong, || format!("round {round}: given out {given:?}, confirmed {confirmed:?}"));
    confirmed.len() as u64
}

fn user(round: u32) -> String {
    format!("user-{round}")
}

/// One tab after the other, each of another user, each with a session of its own.
async fn client(shared: Arc<Shared>, mut line: Client, mut rng: Rng, rounds: u32) {
    for round in 0..rounds {
        shared.barrier.wait().await;
        let request = shared.calls.session(&Subject::User(user(round)));
        let token = shared.ask(&mut line, &request, "session").await["client_token"].as_str().unwrap_or_default().to_owned();
        shared.barrier.wait().await;
        let request = shared.calls.trigger(&token, FRONTEND_TRIGGER, &rng.unique());
        let said = shared.ask(&mut line, &request, "trigger").await;
        if let Some(display) = said["display_id"].as_str() {
            shared.note(|round| round.given.push(display.to_owned()));
            let said = shared.ask(&mut line, &shared.calls.shown(&token, display), "shown").await;
            if said["state"] == "shown" {
                shared.note(|round| round.confirmed.push(display.to_owned()));
            }
        }
        shared.barrier.wait().await;
    }
}

impl Shared {
    fn note(&self, change: impl FnOnce(&mut Round)) {
        change(&mut self.round.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// One call; what is not a 200 is noted and reads as null.
    async fn ask(&self, line: &mut Client, request: &[u8], what: &str) -> serde_json::Value {
        match line.call(request).await {
            Ok(answer @ Answer { status: 200, .. }) => return answer.json(),
            Ok(answer) => self.note(|round| round.findings.add(Kind::Wrong, format!("{what}: answered {}", answer.text()))),
            Err(error) => self.note(|round| round.findings.add(Kind::Wrong, format!("{what}: {error:?}"))),
        }
        serde_json::Value::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &[&str], confirmed: &[&str], expected: [u64; 3]) {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let mut findings = Findings::default();
        judge(0, Round { given: own(given), confirmed: own(confirmed), findings: Findings::default() }, &mut findings);
        assert_eq!([findings.lost, findings.doubled, findings.wrong], expected);
    }

    #[test]
    fn a_round_has_one_display() {
        check(&["a"], &["a"], [0, 0, 0]);
        check(&[], &[], [1, 0, 0]);
        check(&["a", "b"], &["a", "b"], [0, 1, 0]);
        check(&["a", "a"], &["a", "a"], [0, 1, 0]);
        check(&["a"], &[], [0, 0, 1]);
    }
}
