//! Errors of the disk: nothing that was acknowledged is lost, nothing is tried again, and the process says why it ends.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use crate::server::{Here, SONDE, Server, Workspace, preloaded, run};

/// Compiles the disk that refuses. Without a compiler the tests fail: nothing is skipped.
fn faulty_disk(folder: &Path) -> OsString {
    let library = folder.join("faulty_disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/faulty_disk.c");
    let done = run(Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source), "");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    library.into_os_string()
}

/// Sends events from several connections until none gets through, `fault` beginning under way. What was acknowledged.
fn send_until_refused(server: &Server, workspace: &Workspace, name: &str, fault: (&Path, &str)) -> Vec<String> {
    const BEFORE: usize = 200;
    let acknowledged = Mutex::new(Vec::new());
    let (sent, enough) = sync_channel(8 * BEFORE);
    std::thread::scope(|scope| {
        for connection in 0..8 {
            let (acknowledged, sent, mut client) = (&acknowledged, sent.clone(), server.connect());
            scope.spawn(move || {
                for number in 0.. {
                    let id = format!("{name}-{connection}-{number}");
                    match client.event(workspace, &id, 100) {
                        Some(answer) if answer.status == 200 => acknowledged.lock().unwrap().push(id),
                        Some(answer) => {
                            assert_eq!(answer.status, 503, "{answer:?}");
                            assert!(answer.headers.iter().any(|header| header.starts_with("retry-after: ")), "{answer:?}");
                            return;
                        }
                        None => return,
                    }
                    // Nobody counts any more once there were enough.
                    let _counted = sent.try_send(());
                }
            });
        }
        for _ in 0..BEFORE {
            enough.recv().unwrap();
        }
        let (file, what) = fault;
        std::fs::write(file, what).unwrap();
    });
    acknowledged.into_inner().unwrap()
}

#[test]
fn a_disk_that_refuses_ends_the_server_at_once_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (data, fault) = (folder.path().join("data"), folder.path().join("fault"));
    let library = faulty_disk(folder.path());
    let workspace = Workspace::create(&Here, &data);
    let mut acknowledged = Vec::new();
    // EIO from a sync and from a write, ENOSPC, EROFS; of the log of events, and of the journal of everything else.
    let faults = ["sync 5", "write 5", "write 28", "write 30"].map(|fault| [("", fault, "/log"), ("new-", fault, ".jnl")]);
    for (prefix, fault_of, file) in faults.into_iter().flatten() {
        let what = &format!("{fault_of} {file}");
        let server = Server::start(&mut preloaded(Command::new(SONDE), &library, &fault), &data, &[]);
        let name = format!("{prefix}{}", what.replace([' ', '/', '.'], "-"));
        acknowledged.extend(send_until_refused(&server, &workspace, &name, (&fault, what)));
        let (code, log) = server.ended();
        assert_eq!(code, Some(1), "{what}: {}", log.join("\n"));
        let last = log.last().unwrap();
        assert_eq!(last, "sonde: the disk refuses to keep data; nothing was acknowledged that is not kept", "{what}");
        let tried = std::fs::read_to_string(folder.path().join("fault.log")).unwrap();
        assert_eq!(tried.lines().count(), 1, "{what} was tried again: {tried}");
        std::fs::remove_file(&fault).unwrap();
        std::fs::remove_file(folder.path().join("fault.log")).unwrap();

        let server = Server::start(&mut Command::new(SONDE), &data, &[]);
        assert!(acknowledged.len() >= 200);
        server.connect().assert_all_known(&workspace, &acknowledged, 100);
        server.stop();
    }
}

#[test]
fn a_sync_of_the_catalogue_that_fails_ends_the_server_too() {
    let folder = tempfile::tempdir().unwrap();
    let (data, fault) = (folder.path().join("data"), folder.path().join("fault"));
    let library = faulty_disk(folder.path());
    let workspace = Workspace::create(&Here, &data);
    let server = Server::start(&mut preloaded(Command::new(SONDE), &library, &fault), &data, &[]);
    std::fs::write(&fault, "sync 5 catalogue.sqlite").unwrap();
    let settings = ["admin", "settings", "--workspace", &workspace.id, "--wait-period-days", "3", "--data"];
    let done = run(Command::new(SONDE).args(settings).arg(&data), "");
    assert!(!done.status.success(), "{done:?}");
    let (code, log) = server.ended();
    assert_eq!(code, Some(1), "{}", log.join("\n"));
    let tried = std::fs::read_to_string(folder.path().join("fault.log")).unwrap();
    assert_eq!(tried.lines().count(), 1, "{tried}");
    Server::start(&mut Command::new(SONDE), &data, &[]).stop();
}
