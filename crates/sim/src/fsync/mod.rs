//! `fsync-trace`: SIGKILL never shows a missing sync, because the system keeps what a dead process wrote. So the system
//! calls are looked at: before each 200, a sync of the journal that covers the request must be complete.

mod check;
mod trace;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::json;
use tokio::task::JoinSet;

use self::check::{Expectations, Report, check};
use crate::calls::{Answers, Calls, Subject};
use crate::clock::Stopwatch;
use crate::http::Client;
use crate::output::{Verdict, print};
use crate::site::{Site, survey};

const BACKEND_TRIGGER: &str = "ended_sleep";
const FRONTEND_TRIGGER: &str = "MainActivity";
/// Stories told one after the other: with nothing else under way, each sync can be for one request alone.
const ALONE: usize = 20;
/// Connections that tell stories at the same time, and stories of each.
const TOGETHER: usize = 12;
const STORIES_EACH: usize = 6;
/// The system calls that matter, and bytes kept of each write: more than a group of a few requests.
const SYSTEM_CALLS: &str = "trace=fdatasync,fsync,write,writev,pwrite64,pwritev,sendto,sendmsg";
const BYTES_KEPT: &str = "65536";

/// Flags of `fsync-trace`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(crate) async fn run(options: Options, binary: Option<&Path>) -> anyhow::Result<Verdict> {
    let version = Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    ensure!(version.is_ok_and(|status| status.success()), "strace is needed and not there: install it");
    let site = Site::make(binary)?;
    site.launch_survey(&survey("Sleep", BACKEND_TRIGGER, FRONTEND_TRIGGER, "always"))?;
    let file = site.beside("trace");
    let mut wrapper: Vec<OsString> = ["strace", "-f", "-yy", "-ttt", "-e", SYSTEM_CALLS, "-s", BYTES_KEPT, "-o"].map(Into::into).to_vec();
    wrapper.push(file.clone().into());

    let running = Stopwatch::start();
    let server = site.start_under(&wrapper, true).await?;
    let expected = drive(&site).await?;
    let status = server.stop().await?;
    ensure!(status.success(), "the server did not stop in good order under strace: {status}");

    let text = String::from_utf8_lossy(&std::fs::read(&file).context("there is no trace")?).into_owned();
    let report = check(&text, &expected);
    prove_the_checker(&text, &expected)?;
    tell(options, &report, running.elapsed().as_secs_f64())
}

/// A checker that never complains proves nothing: without its syncs, every answer of the same trace must be a violation.
fn prove_the_checker(text: &str, expected: &Expectations) -> anyhow::Result<()> {
    let doctored: String = text.lines().filter(|line| !line.contains("sync")).flat_map(|line| [line, "\n"]).collect();
    let report = check(&doctored, expected);
    let complaints = report.violations.len();
    ensure!(
        complaints == expected.count(),
        "the checker is blind: {complaints} of {} complaints about a trace without syncs",
        expected.count()
    );
    Ok(())
}

fn tell(options: Options, report: &Report, secs: f64) -> anyhow::Result<Verdict> {
    let violations = report.violations.len();
    if options.json {
        let told = json!({"answers": report.answers, "syncs": report.syncs, "violations": violations, "seconds": secs,
                          "findings": report.violations.iter().take(20).collect::<Vec<_>>()});
        print(&format!("{told}\n"))?;
    } else {
        for violation in report.violations.iter().take(20) {
            print(&format!("{violation}\n"))?;
        }
        print(&format!("answers {}, syncs of the journal {}, {secs:.1} s\nviolations {violations}\n", report.answers, report.syncs))?;
    }
    Ok(Verdict::of(violations == 0))
}

/// Sends the requests; says on which connection which answer needs which text in the journal.
async fn drive(site: &Site) -> anyhow::Result<Expectations> {
    let mut expected = Expectations::default();
    let mut teller = Teller::connect(site, 0).await?;
    for number in 0..ALONE {
        teller.story(number).await?;
    }
    teller.into_expectations(&mut expected);
    let mut together = JoinSet::new();
    for number in 1..=TOGETHER {
        let mut teller = Teller::connect(site, number).await?;
        together.spawn(async move {
            for number in 0..STORIES_EACH {
                teller.story(number).await?;
            }
            anyhow::Ok(teller)
        });
    }
    while let Some(teller) = together.join_next().await {
        teller??.into_expectations(&mut expected);
    }
    Ok(expected)
}

/// One connection that tells stories.
struct Teller {
    line: Client,
    port: u16,
    calls: Calls,
    name: String,
    /// Per request in order: what the journal must hold before its answer; `None` for one that stores nothing.
    markers: Vec<Option<String>>,
}

impl Teller {
    async fn connect(site: &Site, number: usize) -> anyhow::Result<Self> {
        let line = Client::connect(site.address()).await?;
        Ok(Self { port: line.local_port()?, line, calls: site.calls.clone(), name: format!("t{number}"), markers: Vec::new() })
    }

    /// Event, session, claim, confirmation, two revisions of answers.
    async fn story(&mut self, number: usize) -> anyhow::Result<()> {
        // Ends in a letter, so that none is the beginning of another.
        let name = format!("{}n{number}z", self.name);
        let user = Subject::User(format!("user-{name}"));
        let (event, request) = (format!("event-{name}"), format!("request-{name}"));
        let bytes = self.calls.event(&user, BACKEND_TRIGGER, Some(&event), &json!({"minutes": 431}));
        self.ask(&bytes, Some(event)).await?;
        let bytes = self.calls.session(&user);
        let said = self.ask(&bytes, None).await?;
        let token = said["client_token"].as_str().context("no token")?.to_owned();
        let bytes = self.calls.trigger(&token, FRONTEND_TRIGGER, &request);
        let said = self.ask(&bytes, Some(request.clone())).await?;
        let display = said["display_id"].as_str().with_context(|| format!("nothing was due: {said}"))?.to_owned();
        let bytes = self.calls.shown(&token, &display);
        self.ask(&bytes, Some(request)).await?;
        for revision in 1..=2 {
            let why = format!("answer-{name}-{revision}z");
            let answers = Answers { revision, completed: revision == 2, score: 9, why: why.clone() };
            let bytes = self.calls.respond(&token, &display, &answers);
            self.ask(&bytes, Some(why)).await?;
        }
        Ok(())
    }

    async fn ask(&mut self, request: &[u8], marker: Option<String>) -> anyhow::Result<serde_json::Value> {
        self.markers.push(marker);
        let answer = self.line.call(request).await.map_err(|error| anyhow::anyhow!("no answer: {error:?}"))?;
        ensure!(answer.status == 200, "answered {}", answer.text());
        Ok(answer.json())
    }

    fn into_expectations(self, expected: &mut Expectations) {
        expected.add(self.port, self.markers);
    }
}

impl Expectations {
    /// The markers of one connection, in the order of its requests.
    fn add(&mut self, port: u16, markers: Vec<Option<String>>) {
        self.by_port.insert(port, markers);
    }
}

/// By the port on the client's side.
type Markers = HashMap<u16, Vec<Option<String>>>;
