//! The npm workspace: its packages and scripts.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{repo, tools};

/// Inside `node_modules`, so that whoever deletes that folder deletes the stamp with it.
const STAMP: &str = "node_modules/.sonde-lock-sha256";

/// `npm ci`, when the lock file changed since the last one here. `run` runs the command.
pub(crate) fn install(run: impl FnOnce(&mut Command) -> Result<()>) -> Result<()> {
    tools::require_node()?;
    let root = repo::root();
    let wanted = lock_hash(&root)?;
    if stamp(&root).as_deref() == Some(&wanted) {
        return Ok(());
    }
    run(repo::command("npm").args(["ci", "--no-audit", "--no-fund"]))?;
    std::fs::write(root.join(STAMP), wanted).with_context(|| format!("cannot write {STAMP}"))
}

/// `npm run <script>` in the root package.
pub(crate) fn script(name: &str) -> Result<Command> {
    let root = repo::root();
    if !root.join("package.json").exists() {
        bail!("package.json is missing: the web parts are not in this checkout");
    }
    let mut command = repo::command("npm");
    command.args(["run", name]);
    Ok(command)
}

fn lock_hash(root: &Path) -> Result<String> {
    let lock = std::fs::read(root.join("package-lock.json")).context("package-lock.json cannot be read; `npm ci` needs it")?;
    Ok(Sha256::digest(&lock).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")))
}

fn stamp(root: &Path) -> Option<String> {
    std::fs::read_to_string(root.join(STAMP)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_lock_files_own() {
        let folder = tempfile::tempdir().unwrap();
        assert!(lock_hash(folder.path()).is_err());
        std::fs::write(folder.path().join("package-lock.json"), "abc").unwrap();
        assert_eq!(lock_hash(folder.path()).unwrap(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(stamp(folder.path()), None);
    }
}
