//! A real file system of a few MiB that can be filled and made read-only, in a mount namespace of its own, which is gone with
//! the process that holds it.
//!
//! A tmpfs needs no root where user namespaces are allowed; an ext4, on a loop device, does. Where one cannot be had, tests
//! fail.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::server::{Within, run};

/// How much becomes free once there is to be more room.
const ROOM_MIB: u32 = 72;

pub(crate) struct SmallDisk {
    /// Ends when its standard input does.
    holder: Child,
    namespaces: &'static [&'static str],
    folder: tempfile::TempDir,
    /// What an ext4 lies in.
    _image: tempfile::TempDir,
}

impl SmallDisk {
    /// A tmpfs with so much free.
    pub(crate) fn tmpfs(mib: u32) -> Self {
        Self::mount(&["--user", "--mount"], &["--map-root-user"], r#"mount -t tmpfs -o size="$2m" none "$0""#, mib)
    }

    /// An ext4 with so much free, of which root gets no more than others.
    pub(crate) fn ext4(mib: u32) -> Self {
        let make = r#"truncate -s "$2M" "$1/image" && mkfs.ext4 -q -F -m 0 "$1/image" && mount -o loop "$1/image" "$0""#;
        Self::mount(&["--mount"], &[], make, mib)
    }

    /// Runs a line of shell in namespaces of its own, `$0` being where to mount, `$1` a folder, `$2` the size in MiB, then
    /// takes away all but so much of what is free.
    fn mount(namespaces: &'static [&'static str], options: &[&str], line: &str, mib: u32) -> Self {
        // Whatever the file system takes for itself goes off the room that comes later.
        let fill = r#"fallocate -l $(($(df --output=avail -k "$0" | tail -n 1) - $3 * 1024))K "$0/filler""#;
        let script = format!(r"{line} && {fill} && echo mounted && exec cat");
        let (folder, image) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut command = Command::new("unshare");
        command.args(namespaces).args(options).args(["sh", "-c", &script]).args([folder.path(), image.path()]);
        command.args([(mib + ROOM_MIB).to_string(), mib.to_string()]);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line != "mounted\n" {
            let mut why = String::new();
            holder.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("no small file system can be mounted here: {why}");
        }
        Self { holder, namespaces, folder, _image: image }
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

    /// Frees what was taken away: some sixty MiB.
    pub(crate) fn make_room(&self) {
        // An ext4 gives blocks away again only once it is durable that they are free.
        self.shell("rm \"$0/filler\" && sync -f \"$0\"");
    }
}

impl Within for SmallDisk {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        let id = self.holder.id().to_string();
        command.args(["--target", &id]).args(self.namespaces).args(["--preserve-credentials", "--", program]);
        command
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ended = self.holder.kill();
        let _ended = self.holder.wait();
    }
}
