//! Backups of a server under load, and the commands on damaged folders.

use std::os::unix::fs::FileExt as _;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;

use serde_json::{Value, json};

use crate::server::{Here, SONDE, Server, Workspace, run, sonde};

#[test]
fn a_backup_of_a_server_under_load_has_all_that_was_acknowledged_before() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup, restored) = (folder.path().join("data"), folder.path().join("backup"), folder.path().join("restored"));
    let workspace = Workspace::create(&Here, &data);
    let server = Server::start(&mut Command::new(SONDE), &data, &[]);
    let (done, acknowledged) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let (sent, enough) = sync_channel(1);
    let before = std::thread::scope(|scope| {
        for connection in 0..4 {
            let (acknowledged, done, sent, workspace, mut client) = (&acknowledged, &done, sent.clone(), &workspace, server.connect());
            scope.spawn(move || {
                for number in 0.. {
                    let id = format!("event-{connection}-{number}");
                    assert_eq!(client.event(workspace, &id, 100).unwrap().status, 200);
                    acknowledged.lock().unwrap().push(id);
                    if number == 100 {
                        sent.send(()).unwrap();
                    }
                    if done.load(Ordering::Acquire) && number > 100 {
                        return;
                    }
                }
            });
        }
        for _ in 0..4 {
            enough.recv().unwrap();
        }
        let before = acknowledged.lock().unwrap().clone();
        sonde(&Here, &data, &["backup", "--to", backup.to_str().unwrap()], "");
        done.store(true, Ordering::Release);
        before
    });
    let all = acknowledged.into_inner().unwrap().len() as u64;
    server.stop();
    sonde(&Here, &restored, &["restore", "--from", backup.to_str().unwrap()], "");
    assert!((before.len() as u64..=all).contains(&workspace.events(&Here, &restored)));
    let server = Server::start(&mut Command::new(SONDE), &restored, &[]);
    server.connect().assert_all_known(&workspace, &before, 100);
    server.stop();
    // Without a server, too; the backup that is there is not written over.
    let to = backup.to_str().unwrap();
    let again = run(Command::new(SONDE).args(["backup", "--to", to, "--data"]).arg(&data), "");
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("is there already"), "{again:?}");
    sonde(&Here, &data, &["backup", "--to", folder.path().join("second").to_str().unwrap()], "");
}

#[test]
fn a_damaged_folder_is_refused_and_a_check_says_what_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let workspace = Workspace::create(&Here, &data);
    let server = Server::start(&mut Command::new(SONDE), &data, &[]);
    for number in 0..20 {
        assert_eq!(server.connect().event(&workspace, &format!("event-{number}"), 1_000).unwrap().status, 200);
    }
    server.kill();
    let sound: Value = serde_json::from_str(&sonde(&Here, &data, &["check", "--json"], "")).unwrap();
    assert_eq!((&sound["ok"], &sound["rows"]["events"]), (&json!(true), &json!(20)), "{sound}");

    let day = std::fs::read_dir(data.join("events")).unwrap().next().unwrap().unwrap();
    let journal = day.path().join("log");
    let bytes = std::fs::read(&journal).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64;
    std::fs::File::options().write(true).open(&journal).unwrap().write_all_at(&[0xEE; 16], end - 8_000).unwrap();
    let said = Server::refusal(&mut Command::new(SONDE), &data);
    assert!(said.contains(&format!("`sonde check --data {}`", data.display())), "{said}");
    assert!(said.contains(&format!("{} is damaged at byte ", journal.display())), "{said}");
    let checked = run(Command::new(SONDE).args(["check", "--json", "--data"]).arg(&data), "");
    assert_eq!(checked.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!((&report["ok"], &report["problems"][0]["place"]), (&json!(false), &json!(journal)), "{report}");
    let left = report["rows"]["events"].as_u64().unwrap();
    assert!((5..20).contains(&left), "{report}");
}
