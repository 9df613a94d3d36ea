//! A throwaway data folder with one workspace, and the server that runs on it.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::calls::Calls;
use crate::server::{Launch, Server, find_binary, free_port, loopback};

/// A data folder, deleted when this is dropped.
#[derive(Debug)]
pub(crate) struct Site {
    binary: PathBuf,
    folder: TempDir,
    port: u16,
    workspace: String,
    /// How to speak to its server.
    pub(crate) calls: Calls,
}

impl Site {
    /// Makes a data folder with a workspace.
    pub(crate) fn make(binary: Option<&Path>) -> anyhow::Result<Self> {
        let binary = find_binary(binary)?;
        let folder = tempfile::Builder::new().prefix("sonde-sim-").tempdir()?;
        let mut site = Self { binary, folder, port: free_port()?, workspace: String::new(), calls: Calls::default() };
        let options = ["--email", "owner@example.com", "--password-stdin", "--workspace", "Simulation", "--json"];
        let said = site.admin("init", &options, "only for this run")?;
        let created: Value = serde_json::from_str(&said).context("sonde admin init did not print JSON")?;
        let text = |key: &str| created[key].as_str().map(str::to_owned).with_context(|| format!("init did not say {key}"));
        site.workspace = text("workspace_id")?;
        site.calls = Calls::new(&text("backend_key")?, &text("sdk_key")?);
        Ok(site)
    }

    /// Where its server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        loopback(self.port)
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A path for a file beside the data folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the server.
    pub(crate) async fn start(&self) -> anyhow::Result<Server> {
        self.start_under(&[], false).await
    }

    /// Starts the server with more flags; they take the place of those it is started with otherwise.
    pub(crate) async fn start_with(&self, flags: &[String]) -> anyhow::Result<Server> {
        let overridden = |argument: &OsString| {
            let name = argument.to_string_lossy();
            flags.iter().any(|flag| flag.split('=').next() == name.split('=').next())
        };
        let mut arguments = self.arguments();
        arguments.retain(|argument| !overridden(argument));
        arguments.extend(flags.iter().map(OsString::from));
        Server::start(&self.launch(&arguments)).await
    }

    /// Starts the server under another program.
    pub(crate) async fn start_under(&self, wrapper: &[OsString], wrapper_stays: bool) -> anyhow::Result<Server> {
        let arguments = self.arguments();
        Server::start(&Launch { wrapper, wrapper_stays, ..self.launch(&arguments) }).await
    }

    /// Starts the server and kills it while it is starting.
    pub(crate) async fn start_and_kill(&self, after: Duration) -> anyhow::Result<()> {
        let arguments = self.arguments();
        Server::start_and_kill(&self.launch(&arguments), after).await
    }

    fn launch<'a>(&'a self, arguments: &'a [OsString]) -> Launch<'a> {
        Launch { wrapper: &[], wrapper_stays: false, binary: &self.binary, arguments, ready: "sonde is ready" }
    }

    fn arguments(&self) -> Vec<OsString> {
        let mut arguments = vec!["serve".into(), "--data".into(), self.data().into(), "--listen".into(), self.address().to_string().into()];
        // One key sends all there is.
        arguments.extend(["--rate-limit-backend-key=off", "--rate-limit-sdk-key=off"].map(Into::into));
        arguments
    }

    /// Brings in a survey and makes it live. Returns its id.
    pub(crate) fn launch_survey(&self, document: &Value) -> anyhow::Result<String> {
        let said = self.admin("import-survey", &["--workspace", &self.workspace, "--launch", "--json", "-"], &document.to_string())?;
        let said: Value = serde_json::from_str(&said)?;
        said["survey_id"].as_str().map(str::to_owned).context("import-survey did not say survey_id")
    }

    /// All response rows.
    pub(crate) fn responses(&self) -> anyhow::Result<Vec<Value>> {
        let said = self.admin("responses", &["--workspace", &self.workspace], "")?;
        said.lines().map(|line| serde_json::from_str(line).with_context(|| format!("not a row: {line}"))).collect()
    }

    /// How many events of a backend trigger there are.
    pub(crate) fn event_count(&self, name: &str) -> anyhow::Result<u64> {
        let said: Value = serde_json::from_str(&self.admin("triggers", &["--workspace", &self.workspace, "--json"], "")?)?;
        let all = said["triggers"].as_array().context("triggers did not say triggers")?;
        let known = all.iter().find(|trigger| trigger["kind"] == "backend" && trigger["name"] == name);
        known.map_or(Ok(0), |trigger| trigger["count"].as_u64().context("a trigger without a count"))
    }

    fn admin(&self, command: &str, options: &[&str], input: &str) -> anyhow::Result<String> {
        let mut child = Command::new(&self.binary)
            .args(["admin", command, "--data"])
            .arg(self.data())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that reads nothing may have closed it.
            let _closed = stdin.write_all(input.as_bytes());
        }
        let done = child.wait_with_output()?;
        ensure!(done.status.success(), "sonde admin {command} failed: {}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(String::from_utf8(done.stdout)?)
    }
}

/// A survey with a score and a free text, activated by one backend trigger and shown at one frontend trigger.
/// `until` is `always`, `completed` and so on.
pub(crate) fn survey(name: &str, backend_trigger: &str, frontend_trigger: &str, until: &str) -> Value {
    json!({
        "format_version": 1, "name": name, "default_language": "en",
        "questions": [
            {"id": "score", "type": "nps_feedback", "title": {"en": "How likely are you to come back?"}, "required": true},
            {"id": "why", "type": "input_feedback", "title": {"en": "Why?"}},
            {"id": "stars", "type": "star_feedback", "title": {"en": "How was it?"}}
        ],
        "launch": {
            "frontend_triggers": [{"name": frontend_trigger}],
            "activation": {"backend_triggers": [{"name": backend_trigger}], "expires_after_secs": 360_000},
            "repeat": {"until": until},
            "ignores_wait_period": true
        }
    })
}
