//! Errors of the disk: nothing that was acknowledged is lost, nothing is tried again, and the process says why it ends.

use std::ffi::OsString;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use serde_json::{Value, json};

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

/// Nobody waits for an index, and no write comes behind the one that made it due.
#[test]
fn an_index_that_cannot_be_written_ends_the_server_at_once() {
    /// A thousand each: an index goes to a file from 131,072 events on.
    const BATCHES: usize = 132;
    let folder = tempfile::tempdir().unwrap();
    let (data, fault) = (folder.path().join("data"), folder.path().join("fault"));
    let library = faulty_disk(folder.path());
    let workspace = Workspace::create(&Here, &data);
    let server = Server::start(&mut preloaded(Command::new(SONDE), &library, &fault), &data, &[]);
    std::fs::write(&fault, "write 28 .ids.new").unwrap();
    let batch = |number: usize| (0..1_000).map(|event| format!("{number}-{event}")).collect::<Vec<_>>();
    let mut client = server.connect();
    for number in 0..BATCHES {
        let answer = client.events(&workspace, &batch(number), 0).unwrap();
        assert_eq!(answer.body["accepted"], json!(1_000), "{answer:?}");
    }
    let (code, log) = server.ended();
    assert_eq!(code, Some(1), "{}", log.join("\n"));
    assert_eq!(log.last().unwrap(), "sonde: the disk refuses to keep data; nothing was acknowledged that is not kept");
    assert!(log.iter().any(|line| line.contains(".ids.new: ")), "{}", log.join("\n"));
    let tried = std::fs::read_to_string(folder.path().join("fault.log")).unwrap();
    assert_eq!(tried.lines().count(), 1, "{tried}");

    let server = Server::start(&mut Command::new(SONDE), &data, &[]);
    for number in [0, BATCHES - 1] {
        assert_eq!(server.connect().events(&workspace, &batch(number), 0).unwrap().body["duplicates"], json!(1_000));
    }
    server.stop();
}

/// Bytes of a log that are not what was written: as a disk returns them, sometimes.
#[test]
fn damage_that_a_call_comes_upon_concerns_that_call_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let workspace = Workspace::create(&Here, &data);
    let server = Server::start(&mut Command::new(SONDE), &data, &[]);
    let mut client = server.connect();
    for id in ["damaged", "whole"] {
        assert_eq!(client.event(&workspace, id, 10).unwrap().status, 200);
    }
    let day = std::fs::read_dir(data.join("events")).unwrap().next().unwrap().unwrap().path();
    let log = std::fs::read(day.join("log")).unwrap();
    let place = log.windows(7).position(|bytes| bytes == b"damaged").unwrap();
    let file = std::fs::File::options().write(true).open(day.join("log")).unwrap();
    file.write_all_at(b"#######", place as u64).unwrap();

    for _ in 0..2 {
        let refused = client.event(&workspace, "damaged", 10).unwrap();
        assert_eq!((refused.status, &refused.body["detail"]), (500, &json!("something went wrong on the server")), "{refused:?}");
        assert!(refused.body["request_id"].is_string(), "{refused:?}");
        assert_eq!(client.event(&workspace, "whole", 10).unwrap().body["duplicate"], json!(true));
    }
    let batch = client.events(&workspace, &["one", "damaged", "two", "damaged"].map(str::to_owned), 10).unwrap();
    assert_eq!((batch.status, &batch.body["accepted"]), (200, &json!(2)), "{batch:?}");
    let places: Vec<&Value> = batch.body["errors"].as_array().unwrap().iter().map(|error| &error["index"]).collect();
    assert_eq!(places, [1, 3], "{batch:?}");
    assert_eq!(client.call("GET", "/readyz", &[], "").unwrap().status, 200);

    let log = server.stop();
    let said: Vec<&String> =
        log.iter().filter(|line| line.contains("the store failed") && line.contains("log is damaged at byte")).collect();
    assert_eq!(said.len(), 3, "once for each call: {}", log.join("\n"));
    assert!(said.iter().all(|line| line.contains("request_id=")), "{said:?}");
}
