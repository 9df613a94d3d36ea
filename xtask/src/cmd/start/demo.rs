//! The demo workspace, made through the same command line that everyone has.

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::console::line;
use crate::{process, repo};

/// Who owns the demo workspace.
pub(super) const OWNER: &str = "owner@example.com";
const WORKSPACE: &str = "Demo";
const SURVEY: &str = "demo/surveys/sleep-quality.json";
/// Inside the data folder, readable by its owner alone.
const KEYS_FILE: &str = "demo-keys.json";
/// 20 of 32 characters: 100 bits.
const PASSWORD_CHARS: usize = 20;

/// The `sonde` command line on one data folder.
pub(super) struct Cli<'a> {
    pub(super) binary: &'a Path,
    pub(super) data: &'a Path,
}

/// What a second start must know of the demo workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) workspace_id: String,
    pub(super) backend_key: String,
    pub(super) sdk_key: String,
    /// Whether the survey runs: a start may have been cut off before.
    pub(super) survey_launched: bool,
}

impl Cli<'_> {
    /// Makes the workspace, keeps its keys, and gives the owner's password.
    pub(super) fn create_workspace(&self) -> Result<String> {
        let password = random_password()?;
        let mut command = self.admin("init");
        command.args(["--email", OWNER, "--password-stdin", "--workspace", WORKSPACE, "--json"]);
        let made = json_of(&mut command, &password)?;
        let keys = Keys::from_json(&made).context("`sonde admin init` printed other fields than expected")?;
        self.keep(&keys)?;
        Ok(password)
    }

    /// Imports and launches the demo's survey, unless an earlier start did.
    pub(super) fn launch_survey_once(&self, keys: &Keys) -> Result<()> {
        if keys.survey_launched {
            return Ok(());
        }
        let mut command = self.admin("import-survey");
        command.args(["--workspace", &keys.workspace_id, SURVEY, "--launch", "--json"]);
        json_of(&mut command, "")?;
        self.keep(&Keys { survey_launched: true, ..keys.clone() })?;
        line(&format!("survey {SURVEY} launched"));
        Ok(())
    }

    /// The kept keys; `None` if this data folder has no demo.
    pub(super) fn keys(&self) -> Result<Option<Keys>> {
        let file = self.keys_file();
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let advice = || format!("{} is damaged; choose a new folder with --data", file.display());
        let value = serde_json::from_slice(&text).with_context(advice)?;
        Keys::from_json(&value).with_context(advice).map(Some)
    }

    fn keep(&self, keys: &Keys) -> Result<()> {
        let file = self.keys_file();
        let fresh = file.with_extension("json.new");
        let write = || -> std::io::Result<()> {
            let _absent = std::fs::remove_file(&fresh);
            let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
            out.write_all(format!("{:#}\n", keys.to_json()).as_bytes())?;
            out.sync_all()?;
            std::fs::rename(&fresh, &file)
        };
        write().with_context(|| format!("cannot write {}", file.display()))
    }

    fn keys_file(&self) -> PathBuf {
        self.data.join(KEYS_FILE)
    }

    fn admin(&self, subcommand: &str) -> Command {
        let mut command = repo::command(self.binary);
        command.args(["admin", subcommand, "--data"]).arg(self.data);
        command
    }
}

impl Keys {
    fn from_json(value: &Value) -> Result<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
        Ok(Self {
            workspace_id: text("workspace_id")?,
            backend_key: text("backend_key")?,
            sdk_key: text("sdk_key")?,
            survey_launched: value["survey_launched"].as_bool().unwrap_or(false),
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "workspace_id": self.workspace_id,
            "backend_key": self.backend_key,
            "sdk_key": self.sdk_key,
            "survey_launched": self.survey_launched,
        })
    }
}

/// Runs the command with `input` on its standard input and reads the JSON it prints.
fn json_of(command: &mut Command, input: &str) -> Result<Value> {
    let shown = process::show(command);
    let started = || format!("`{shown}` could not be started");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().with_context(started)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that does not want its input says why itself.
        let _closed = stdin.write_all(format!("{input}\n").as_bytes());
    }
    let output = child.wait_with_output().with_context(|| format!("`{shown}` did not end well"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("`{shown}` printed no JSON"))
}

/// From the system's randomness, in characters nobody mixes up.
fn random_password() -> Result<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0_u8; PASSWORD_CHARS];
    let mut source = std::fs::File::open("/dev/urandom").context("cannot open /dev/urandom")?;
    source.read_exact(&mut random).context("cannot read /dev/urandom")?;
    Ok(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}
