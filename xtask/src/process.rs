//! Children: run to their end, or supervised with their lines read live.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::clock::Stopwatch;
use crate::counts::without_colours;

/// Lines between a child and us; a child that prints faster waits.
const LINES_QUEUED_MAX: usize = 1_024;
/// Lines kept as a child's last words.
const LAST_WORDS_LINES: usize = 20;
/// How long a child may take to end once asked.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// How long output of an ended child may still arrive: a grandchild may hold the pipe.
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);
/// How often a waiting loop looks around.
const TICK: Duration = Duration::from_millis(50);

/// Runs to the end with our own output; fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("`{shown}` could not be started"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// The command as one would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or_default().to_owned();
    command.get_args().fold(name, |shown, argument| shown + " " + &argument.to_string_lossy())
}

/// Whether Ctrl-C or SIGTERM came. Call once early: from the first call on the signals no longer end this process by themselves.
pub(crate) fn interrupted() -> Result<bool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(flag) = FLAG.get() {
        return Ok(flag.load(Ordering::Relaxed));
    }
    let flag = Arc::clone(FLAG.get_or_init(Arc::default));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&flag)).context("cannot listen for signals")?;
    }
    Ok(false)
}

/// Waits a little, for loops that look around.
pub(crate) fn tick() {
    std::thread::sleep(TICK);
}

/// A running child in a process group of its own: Ctrl-C reaches us alone, and ending the group leaves no grandchild behind.
pub(crate) struct Supervised {
    child: Child,
    lines: Receiver<String>,
    last_words: VecDeque<String>,
}

impl Supervised {
    /// Starts the command with both outputs read.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let shown = show(command);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("`{shown}` could not be started"))?;
        let (sender, lines) = sync_channel(LINES_QUEUED_MAX);
        if let Some(output) = child.stdout.take() {
            forward(output, sender.clone());
        }
        if let Some(output) = child.stderr.take() {
            forward(output, sender);
        }
        Ok(Self { child, lines, last_words: VecDeque::new() })
    }

    /// Hands over the lines that arrived, without waiting.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(&str)) {
        while let Ok(line) = self.lines.try_recv() {
            each(&line);
            self.remember(line);
        }
    }

    /// How the child ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot ask how a child is")
    }

    /// The last lines it printed, without colours. Of a child that has ended, all of them: they may still be on their
    /// way through the threads that read its outputs.
    pub(crate) fn last_words(&mut self) -> String {
        let waiting = Stopwatch::start();
        while waiting.elapsed() < DRAIN_PATIENCE {
            match self.lines.recv_timeout(TICK) {
                Ok(line) => self.remember(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.last_words.iter().map(|line| without_colours(line)).collect::<Vec<_>>().join("\n")
    }

    /// Hands over every line until the child ends. Stops it when a signal or the time limit comes.
    pub(crate) fn finish(mut self, limit: Duration, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
        let running = Stopwatch::start();
        let mut since_end: Option<(ExitStatus, Stopwatch)> = None;
        loop {
            match self.lines.recv_timeout(TICK) {
                Ok(line) => {
                    each(&line);
                    self.remember(line);
                }
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().context("cannot ask how a child ended"),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some((status, ended)) = since_end {
                if ended.elapsed() > DRAIN_PATIENCE {
                    self.signal(Signal::TERM);
                    return Ok(status);
                }
            } else if let Some(status) = self.ended()? {
                since_end = Some((status, Stopwatch::start()));
            }
            if interrupted()? {
                self.stop(&mut each)?;
                bail!("interrupted");
            }
            if running.elapsed() > limit {
                self.stop(&mut each)?;
                bail!("stopped: it ran for more than {}", crate::clock::for_people(limit));
            }
        }
    }

    /// Asks the child to end, waits, and kills what still runs after ten seconds.
    pub(crate) fn stop(&mut self, mut each: impl FnMut(&str)) -> Result<()> {
        let asked = Stopwatch::start();
        if self.ended()?.is_none() {
            self.signal(Signal::TERM);
        }
        while self.ended()?.is_none() {
            self.drain(&mut each);
            if asked.elapsed() > STOP_PATIENCE {
                self.signal(Signal::KILL);
                self.child.wait().context("cannot ask how a child ended")?;
            }
            tick();
        }
        self.drain(&mut each);
        Ok(())
    }

    fn remember(&mut self, line: String) {
        if self.last_words.len() == LAST_WORDS_LINES {
            self.last_words.pop_front();
        }
        self.last_words.push_back(line);
    }

    /// Signals the child's own group. That it may be gone already is no failure.
    fn signal(&self, signal: Signal) {
        let _gone = kill_process_group(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Supervised {
    /// Whatever goes wrong in between, no child outlives us.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::KILL);
            let _status = self.child.wait();
        }
    }
}

/// Sends each line on; text that is no UTF-8 is replaced.
fn forward(output: impl Read + Send + 'static, lines: SyncSender<String>) {
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
            if lines.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Supervised {
        Supervised::start(Command::new("sh").args(["-c", script]).stdin(Stdio::null())).unwrap()
    }

    #[test]
    fn both_outputs_are_read_and_the_status_kept() {
        let mut seen = Vec::new();
        let status = shell("echo one; echo two >&2; printf three; exit 3")
            .finish(Duration::from_secs(20), |line| seen.push(line.to_owned()))
            .unwrap();
        seen.sort();
        assert_eq!(seen, ["one", "three", "two"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn a_child_that_runs_too_long_is_stopped() {
        let error = shell("sleep 60").finish(Duration::from_millis(10), |_| {}).unwrap_err();
        assert!(error.to_string().contains("it ran for more than"), "{error}");
    }

    #[test]
    fn stopping_lets_the_child_say_goodbye() {
        let mut child = shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
        let mut ready = false;
        while !ready {
            child.drain(|line| ready |= line == "ready");
            tick();
        }
        let mut seen = Vec::new();
        child.stop(|line| seen.push(line.to_owned())).unwrap();
        let rest = child.last_words();
        assert!(child.ended().unwrap().is_some_and(|status| status.success()));
        assert!(rest.contains("ready"), "{rest}");
    }

    #[test]
    fn commands_read_as_typed() {
        assert_eq!(show(Command::new("/usr/bin/npm").args(["run", "build"])), "npm run build");
    }
}
