//! `start`: builds Sonde, runs it, and shows it with a demo.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::clock::Stopwatch;
use crate::console::{Steps, line};
use crate::process::{Supervised, interrupted, tick};
use crate::repo::{self, Profile};

use super::build;

mod demo;
mod ready;

/// How long the server may take until it is ready; a large data folder is read first.
const READY_LIMIT: Duration = Duration::from_mins(1);

/// Options of `start`.
#[derive(Args)]
pub(crate) struct Options {
    /// The data folder
    #[arg(long, default_value = "./data")]
    data: PathBuf,
    /// Where Sonde listens
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the demo listens: an address of 127.0.0.1
    #[arg(long, default_value = "127.0.0.1:8090", value_parser = demo_address)]
    demo_listen: SocketAddr,
    /// Sonde alone, without workspace or demo
    #[arg(long)]
    no_demo: bool,
    /// The quick build instead of the optimised one
    #[arg(long)]
    debug: bool,
}

/// Runs until Ctrl-C or SIGTERM, or until a child ends.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let profile = if options.debug { Profile::Debug } else { Profile::Release };
    let data = std::path::absolute(&options.data).context("the data folder's path is not usable")?;
    require_free(options.listen, "--listen")?;
    if !options.no_demo {
        require_free(options.demo_listen, "--demo-listen")?;
    }
    let new = is_new(&data)?;
    let mut steps = Steps::of(build::STEPS + if options.no_demo { 1 } else { 2 });
    build::steps(&mut steps, profile)?;
    let binary = repo::binary("sonde", profile)?;
    let _registered = interrupted()?;
    let mut keys = None;
    if !options.no_demo {
        steps.next("demo workspace");
        // Before the server starts: one without members would ask for an owner.
        keys = seed(&binary, &data, new)?;
        steps.end("demo workspace there");
    }
    steps.next("server starts");
    let mut server = start_server(&binary, options.listen, &data)?;
    let Some(()) = until_ready(&mut server, options.listen)? else {
        return stop(&mut server, None);
    };
    steps.end("server ready");
    let mut demo = keys.map(|keys| start_demo(options, &keys)).transpose()?;
    say_where(options, &data, new, demo.is_some());
    watch(&mut server, demo.as_mut())
}

/// The demo answers this machine alone: it stands in for a customer's backend and signs nobody in.
fn demo_address(text: &str) -> Result<SocketAddr> {
    let address: SocketAddr = text.parse()?;
    if address.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
        bail!("the demo listens on 127.0.0.1 only");
    }
    Ok(address)
}

/// An address in use gives a clear message instead of a server that dies, or another's `/readyz`.
fn require_free(address: SocketAddr, flag: &str) -> Result<()> {
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}; choose another address with {flag}"))?;
    Ok(())
}

/// Whether nothing was ever stored there.
fn is_new(data: &Path) -> Result<bool> {
    match std::fs::read_dir(data) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("cannot read the data folder {}", data.display())),
    }
}

fn start_server(binary: &Path, listen: SocketAddr, data: &Path) -> Result<Supervised> {
    Supervised::start(repo::command(binary).arg("serve").arg("--listen").arg(listen.to_string()).arg("--data").arg(data))
}

/// Waits for `/readyz`. `None`: a signal came first.
fn until_ready(server: &mut Supervised, listen: SocketAddr) -> Result<Option<()>> {
    let waiting = Stopwatch::start();
    loop {
        server.drain(show_server);
        if let Some(status) = server.ended()? {
            tick();
            server.drain(show_server);
            bail!("the server ended before it was ready ({status}); its last words:\n{}", server.last_words());
        }
        if ready::is_ready(reachable(listen)) {
            return Ok(Some(()));
        }
        if interrupted()? {
            return Ok(None);
        }
        if waiting.elapsed() > READY_LIMIT {
            bail!("the server was not ready after {} s; its last words:\n{}", READY_LIMIT.as_secs(), server.last_words());
        }
        tick();
    }
}

/// Seeds a new data folder, and finds the demo's keys. `None` if there are none.
fn seed(binary: &Path, data: &Path, new: bool) -> Result<Option<demo::Keys>> {
    let sonde = demo::Cli { binary, data };
    if new {
        // At once: whatever fails afterwards, this password is kept nowhere else.
        let password = sonde.create_workspace()?;
        line(&format!("workspace made; sign in as {} with {password} (shown once; write it down)", demo::OWNER));
    }
    let Some(keys) = sonde.keys()? else {
        line("no demo: this data folder was not made by `start`; choose a new one with --data, or silence this with --no-demo");
        return Ok(None);
    };
    sonde.launch_survey_once(&keys)?;
    Ok(Some(keys))
}

fn start_demo(options: &Options, keys: &demo::Keys) -> Result<Supervised> {
    Supervised::start(
        repo::command("node")
            .args(["demo/server.mjs", "--port", &options.demo_listen.port().to_string()])
            .args(["--sonde", &url(options.listen)])
            // Not as arguments: every user of this machine can list those.
            .env("SONDE_BACKEND_KEY", &keys.backend_key)
            .env("SONDE_SDK_KEY", &keys.sdk_key),
    )
}

fn say_where(options: &Options, data: &Path, new: bool, demo: bool) {
    line("");
    line(&format!("Sonde      {}", url(options.listen)));
    if demo {
        line(&format!("demo       {}", url(options.demo_listen)));
    }
    line(&format!("data       {}", data.display()));
    if options.no_demo && new {
        line("There is no workspace yet: open the link above to make one, or use `sonde admin init`.");
    }
    line("Ctrl-C stops everything.");
    line("");
}

/// Shows what both print until a signal comes or one of them ends.
fn watch(server: &mut Supervised, mut demo: Option<&mut Supervised>) -> Result<ExitCode> {
    loop {
        server.drain(show_server);
        if let Some(demo) = demo.as_deref_mut() {
            demo.drain(show_demo);
        }
        if interrupted()? {
            return stop(server, demo);
        }
        if let Some(status) = server.ended()? {
            stop(server, demo)?;
            bail!("the server ended by itself ({status}); its last words:\n{}", server.last_words());
        }
        if let Some(demo) = demo.as_deref_mut()
            && let Some(status) = demo.ended()?
        {
            stop(server, Some(demo))?;
            bail!("the demo ended by itself ({status}); its last words:\n{}", demo.last_words());
        }
        tick();
    }
}

/// Demo first, so that it does not complain about a server that left.
fn stop(server: &mut Supervised, demo: Option<&mut Supervised>) -> Result<ExitCode> {
    line("stopping …");
    if let Some(demo) = demo {
        demo.stop(show_demo)?;
    }
    server.stop(show_server)?;
    line("stopped");
    Ok(ExitCode::SUCCESS)
}

fn show_server(text: &str) {
    line(&format!("sonde │ {text}"));
}

fn show_demo(text: &str) {
    line(&format!("demo  │ {text}"));
}

/// Where this machine reaches a listener: "every address" is no place to go to.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn url(listen: SocketAddr) -> String {
    format!("http://{}", reachable(listen))
}

#[cfg(test)]
mod tests;
