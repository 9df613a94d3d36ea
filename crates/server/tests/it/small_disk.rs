//! A real file system of a few MiB that can be filled and made read-only: a tmpfs in a mount namespace of its own, which is
//! gone with the process that holds it. Needs no root where user namespaces are allowed; where nothing of it is, tests fail.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::server::{Within, run};

pub(crate) struct SmallDisk {
    /// Ends when its standard input does.
    holder: Child,
    folder: tempfile::TempDir,
}

impl SmallDisk {
    pub(crate) fn new(mib: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(r#"mount -t tmpfs -o size={mib}m none "$0" && echo mounted && exec cat"#);
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).arg(folder.path());
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line != "mounted\n" {
            let mut why = String::new();
            holder.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("no small file system can be mounted here: {why}");
        }
        Self { holder, folder }
    }

    /// Where it is, for commands that run within.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Runs a line of shell within, `$0` being its path.
    pub(crate) fn shell(&self, line: &str) -> String {
        let done = run(self.command("sh").args(["-c", line]).arg(self.path()), "");
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }
}

impl Within for SmallDisk {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        let id = self.holder.id().to_string();
        command.args(["--target", &id, "--user", "--mount", "--preserve-credentials", "--", program]);
        command
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ended = self.holder.kill();
        let _ended = self.holder.wait();
    }
}
