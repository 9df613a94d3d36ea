//! The server as a child process: the real binary on a loopback port, stopped by its own process id.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io::BufReader;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::sync::oneshot;

use crate::clock::Stopwatch;
use sonde_sim::rng::Rng;

/// How long a server may take to start.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to stop when asked to.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// Last lines of its log kept for messages.
const LOG_LINES_MAX: usize = 40;
/// Ports below those that the system gives to outgoing connections: while the server is down, nobody else gets its port.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// Finds the server's binary: as told, else beside this one.
pub(crate) fn find_binary(told: Option<&Path>) -> anyhow::Result<PathBuf> {
    let path = match told {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()?.with_file_name("sonde"),
    };
    ensure!(path.is_file(), "there is no server at {}: build sonde-server, or name it with --sonde-bin", path.display());
    Ok(path)
}

/// A port on loopback that nobody listens on.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let mut rng = Rng::new(u64::from(std::process::id()));
    for _ in 0..1_000 {
        let offset = u16::try_from(rng.below(u64::from(PORTS.end - PORTS.start)))?;
        let port = PORTS.start + offset;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port between {} and {} is free", PORTS.start, PORTS.end)
}

/// What runs, and how it is wrapped.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// A program and its arguments that runs the rest of the line, such as `taskset -c 0`; may be empty.
    pub(crate) wrapper: &'a [OsString],
    /// The wrapper stays the parent, as `strace` does, instead of becoming the program.
    pub(crate) wrapper_stays: bool,
    /// The program.
    pub(crate) binary: &'a Path,
    /// Its arguments.
    pub(crate) arguments: &'a [OsString],
    /// What a line of its log contains once it is ready.
    pub(crate) ready: &'static str,
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    is_group: bool,
    has_ended: bool,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    last: VecDeque<String>,
    errors: Vec<String>,
}

impl Server {
    /// Starts the program without waiting for it.
    fn spawn(launch: &Launch<'_>) -> anyhow::Result<(Self, oneshot::Receiver<()>)> {
        let mut line = launch.wrapper.iter().map(OsString::as_os_str).chain([launch.binary.as_os_str()]);
        let program = line.next().unwrap_or(OsStr::new(""));
        let mut command = Command::new(program);
        command.args(line).args(launch.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        if launch.wrapper_stays {
            // A group of their own, so that both can be told to stop.
            command.process_group(0);
        }
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let stderr = child.stderr.take().context("the server has no standard error")?;
        let log = Arc::new(Mutex::new(Log::default()));
        let (is_ready, ready) = oneshot::channel();
        let (kept, marker) = (Arc::clone(&log), launch.ready);
        std::thread::spawn(move || read_log(BufReader::new(stderr), &kept, marker, is_ready));
        Ok((Self { child, is_group: launch.wrapper_stays, has_ended: false, log }, ready))
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn start(launch: &Launch<'_>) -> anyhow::Result<Self> {
        let (server, ready) = Self::spawn(launch)?;
        match tokio::time::timeout(START_PATIENCE, ready).await {
            Ok(Ok(())) => Ok(server),
            Ok(Err(_)) => bail!("the server ended instead of starting:\n{}", server.last_lines()),
            Err(_) => bail!("the server was not ready after {} s:\n{}", START_PATIENCE.as_secs(), server.last_lines()),
        }
    }

    /// Starts it and kills it after a while, ready or not.
    pub(crate) async fn start_and_kill(launch: &Launch<'_>, after: Duration) -> anyhow::Result<()> {
        let (server, _ready) = Self::spawn(launch)?;
        tokio::time::sleep(after).await;
        server.kill()
    }

    /// Its process id: the wrapper's, if that stays.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it reported as an error, at most a few.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).errors.clone()
    }

    fn last_lines(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.last.iter().flat_map(|line| ["  ", line, "\n"]).collect()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.end_now().context("the server could not be killed")
    }

    fn end_now(&mut self) -> std::io::Result<()> {
        if self.has_ended {
            return Ok(());
        }
        self.has_ended = true;
        if self.is_group {
            let _gone = signal("-KILL", self.child.id(), true);
        }
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<ExitStatus> {
        signal("-TERM", self.child.id(), self.is_group)?;
        let waiting = Stopwatch::start();
        while waiting.elapsed() < STOP_PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                self.has_ended = true;
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the server did not stop within {} s of SIGTERM:\n{}", STOP_PATIENCE.as_secs(), self.last_lines())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.end_now();
    }
}

/// Sends a signal to one process that we started, or to the group that it leads.
fn signal(name: &str, id: u32, group: bool) -> anyhow::Result<()> {
    let target = if group { format!("-{id}") } else { id.to_string() };
    let status = Command::new("kill").args([name, "--", &target]).stderr(Stdio::null()).status().context("cannot run kill")?;
    ensure!(status.success(), "kill {name} {target} failed");
    Ok(())
}

/// Keeps the last lines and the errors of a log, and says when the program is ready.
fn read_log(lines: impl std::io::BufRead, log: &Mutex<Log>, ready: &str, is_ready: oneshot::Sender<()>) {
    let mut is_ready = Some(is_ready);
    for line in lines.lines() {
        let Ok(line) = line else { return };
        if line.contains(ready)
            && let Some(is_ready) = is_ready.take()
        {
            // Nobody waits for one that is to be killed.
            let _gone = is_ready.send(());
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if (line.contains(" ERROR ") || line.contains("panicked")) && log.errors.len() < LOG_LINES_MAX {
            log.errors.push(line.clone());
        }
        if log.last.len() == LOG_LINES_MAX {
            log.last.pop_front();
        }
        log.last.push_back(line);
    }
}

/// Where a port is.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
