//! Programs that must be on this machine.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Result, bail};

use crate::{process, repo};

/// The oldest Node whose features the web parts and their tools use.
const NODE_MAJOR_MIN: u32 = 20;

/// Fails with advice unless Node and npm can build the web parts.
pub(crate) fn require_node() -> Result<()> {
    let advice = format!("install Node {NODE_MAJOR_MIN} or later, with npm: https://nodejs.org/en/download");
    if on_path("node").is_none() {
        bail!("the web parts are built with Node, and `node` is not on the PATH; {advice}");
    }
    let output = repo::command("node").arg("--version").stderr(Stdio::null()).output()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match node_major(&version) {
        Some(major) if major >= NODE_MAJOR_MIN => {}
        _ => bail!("`node --version` says {version:?}; {advice}"),
    }
    if on_path("npm").is_none() {
        bail!("the web parts are built with npm, and `npm` is not on the PATH; {advice}");
    }
    Ok(())
}

fn node_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs what the tests need where we may; otherwise says what to install.
pub(crate) fn provide_test_tools() -> Result<()> {
    require_node()?;
    let wanted = [("chromium", "the browser tests drive it"), ("strace", "the crash tests watch the server's fsyncs with it")];
    let missing: Vec<_> = wanted.into_iter().filter(|(program, _)| on_path(program).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|(program, _)| *program).collect();
    if !may_install() {
        let reasons: Vec<String> = missing.iter().map(|(program, why)| format!("`{program}` ({why})")).collect();
        bail!("not on the PATH: {}; on Debian or Ubuntu run `sudo apt-get install {}`", reasons.join(", "), names.join(" "));
    }
    apt_get(&["update", "-qq"])?;
    apt_get(&[&["install", "-y", "-qq"], &names[..]].concat())?;
    if let Some(program) = names.iter().find(|program| on_path(program).is_none()) {
        bail!("apt-get installed {program}, yet `{program}` is not on the PATH");
    }
    Ok(())
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    process::run(repo::command("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn may_install() -> bool {
    rustix::process::geteuid().is_root() && Path::new("/etc/debian_version").exists() && on_path("apt-get").is_some()
}

/// Where the program is on the PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_read() {
        assert_eq!(node_major("v20.20.2"), Some(20));
        assert_eq!(node_major("garbage"), None);
    }

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-anywhere").is_none());
    }
}
