//! The real binary as a child process, and a few calls of its API.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use serde_json::{Value, json};

/// How long anything may take before a test fails. Nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// The binary under test.
pub(crate) const SONDE: &str = env!("CARGO_BIN_EXE_sonde");

/// How commands are run: as they are, or within something.
pub(crate) trait Within {
    fn command(&self, program: &str) -> Command;
}

/// On this machine as it is.
pub(crate) struct Here;

impl Within for Here {
    fn command(&self, program: &str) -> Command {
        Command::new(program)
    }
}

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    address: String,
    log: Receiver<String>,
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that reads nothing may have closed it.
    let _closed = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// `sonde ARGUMENTS --data DATA`, which must succeed. What it printed.
pub(crate) fn sonde(within: &impl Within, data: &Path, arguments: &[&str], input: &str) -> String {
    let done = run(within.command(SONDE).args(arguments).arg("--data").arg(data), input);
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{arguments:?}: {err}");
    out.into_owned()
}

/// A workspace and its keys.
pub(crate) struct Workspace {
    pub(crate) id: String,
    backend_key: String,
}

impl Workspace {
    pub(crate) fn create(within: &impl Within, data: &Path) -> Self {
        let options = ["admin", "init", "--email", "owner@example.com", "--password-stdin", "--workspace", "Test", "--json"];
        let created: Value = serde_json::from_str(&sonde(within, data, &options, "a long password")).unwrap();
        let text = |name: &str| created[name].as_str().unwrap().to_owned();
        Self { id: text("workspace_id"), backend_key: text("backend_key") }
    }

    /// How many events of any name are counted.
    pub(crate) fn events(&self, within: &impl Within, data: &Path) -> u64 {
        let known: Value =
            serde_json::from_str(&sonde(within, data, &["admin", "triggers", "--json", "--workspace", &self.id], "")).unwrap();
        known["triggers"].as_array().unwrap().iter().map(|trigger| trigger["count"].as_u64().unwrap()).sum()
    }
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(command: &mut Command, data: &Path, flags: &[&str]) -> Self {
        let mut child = Self::spawn(command, data, flags);
        let log = read_log(child.stderr.take().unwrap());
        let mut seen = Vec::new();
        loop {
            match log.recv_timeout(PATIENCE) {
                Ok(line) if line.contains("sonde is ready") => {
                    let (_, rest) = line.split_once("address=").unwrap();
                    let address = rest.split_whitespace().next().unwrap().to_owned();
                    return Self { child, address, log };
                }
                Ok(line) => seen.push(line),
                Err(error) => panic!("not ready: {error}\n{}", seen.join("\n")),
            }
        }
    }

    /// Starts it where it must not start: what it said.
    pub(crate) fn refusal(command: &mut Command, data: &Path) -> String {
        let mut child = Self::spawn(command, data, &[]);
        let log = read_log(child.stderr.take().unwrap());
        let mut said = Vec::new();
        while let Ok(line) = log.recv_timeout(PATIENCE) {
            if line.contains("sonde is ready") {
                child.kill().unwrap();
                panic!("it started");
            }
            said.push(line);
        }
        assert_eq!(child.wait().unwrap().code(), Some(1));
        said.join("\n")
    }

    fn spawn(command: &mut Command, data: &Path, flags: &[&str]) -> Child {
        let command = command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).env("NO_COLOR", "1");
        let command = command.args(["--rate-limit-backend-key=off", "--rate-limit-ingest-address=off"]).args(flags);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until it has ended by itself: its exit code, and its log from the time that it was ready.
    pub(crate) fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let mut log = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) => log.push(line),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("it goes on: {error}\n{}", log.join("\n")),
            }
        }
        (self.child.wait().unwrap().code(), log)
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits until it has ended in good order. Its log from the time that it was ready.
    pub(crate) fn stop(self) -> Vec<String> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let (code, log) = self.ended();
        assert_eq!(code, Some(0), "{}", log.join("\n"));
        log
    }

    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(stream))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn read_log(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = sync_channel(10_000);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Value,
}

/// One connection.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    /// One call; `None` when the server is gone.
    pub(crate) fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let request = format!("{head}content-type: application/json\r\n\r\n{body}");
        self.0.get_mut().write_all(request.as_bytes()).ok()?;
        self.read()
    }

    fn read(&mut self) -> Option<Answer> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_ascii_lowercase()),
            }
        }
        let status = lines[0].split(' ').nth(1)?.parse().ok()?;
        let length = lines.iter().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).ok()?;
        Some(Answer { status, headers: lines, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }

    /// Sends an event. The same id makes the same bytes.
    /// An id that begins with `new-` is of a trigger of its own, which nobody has seen before: that is noted beside the log.
    pub(crate) fn event(&mut self, workspace: &Workspace, id: &str, padding: usize) -> Option<Answer> {
        let body = event_body(id, padding).to_string();
        self.call("POST", "/api/v1/connections/backend/event", &[("x-api-key", &workspace.backend_key)], &body)
    }

    /// Sends such events in one call.
    pub(crate) fn events(&mut self, workspace: &Workspace, ids: &[String], padding: usize) -> Option<Answer> {
        let events: Vec<Value> = ids.iter().map(|id| event_body(id, padding)).collect();
        let body = json!({ "events": events }).to_string();
        self.call("POST", "/api/v1/connections/backend/events", &[("x-api-key", &workspace.backend_key)], &body)
    }

    /// Sends events again that were acknowledged: each must be known.
    pub(crate) fn assert_all_known(&mut self, workspace: &Workspace, acknowledged: &[String], padding: usize) {
        for id in acknowledged {
            let answer = self.event(workspace, id, padding).unwrap();
            assert_eq!((answer.status, &answer.body["duplicate"]), (200, &json!(true)), "{id}: {answer:?}");
        }
    }
}

fn event_body(id: &str, padding: usize) -> Value {
    let trigger = if id.starts_with("new-") { id } else { "ended sleep" };
    json!({
        "user_id": format!("user-{}", id.len() % 7), "event_name": trigger, "event_id": id,
        "properties": {"padding": "x".repeat(padding)}
    })
}

/// A library that is loaded before all others.
pub(crate) fn preloaded(mut command: Command, library: &OsStr, fault: &Path) -> Command {
    command.env("LD_PRELOAD", library).env("SONDE_FAULT", fault);
    command
}
