use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;

use super::*;

/// A stand-in for `sonde` that writes down its arguments and input.
///
/// Another process makes the file: of a file that this one has open to write, a process that another test starts just then
/// holds a copy until it becomes its program, and so long the file cannot be run ("text file busy").
fn fake_sonde(folder: &Path, body: &str) -> PathBuf {
    let binary = folder.join("sonde");
    let script = format!("#!/bin/sh\necho \"$@\" >> '{}'\n{body}\n", folder.join("calls").display());
    let writing = ["-c", "printf '%s' \"$2\" > \"$1\" && chmod 755 \"$1\"", "sh"];
    let status = repo::command("sh").args(writing).arg(&binary).arg(script).status().unwrap();
    assert!(status.success());
    binary
}

const INIT: &str = r#"read -r password; [ ${#password} = 20 ] || exit 9
echo '{"workspace_id":"w1","backend_key":"b1","sdk_key":"s1"}'"#;

#[test]
fn a_new_folder_is_seeded_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let binary = fake_sonde(folder.path(), &format!("case \"$2\" in init) {INIT} ;; *) echo '{{}}' ;; esac"));
    let cli = demo::Cli { binary: &binary, data: &data };
    assert_eq!(cli.keys().unwrap(), None);
    let password = cli.create_workspace().unwrap();
    assert_eq!(password.len(), 20);
    cli.launch_survey_once(&cli.keys().unwrap().unwrap()).unwrap();
    let keys = cli.keys().unwrap().unwrap();
    assert!(keys.survey_launched);
    assert_eq!((keys.workspace_id.as_str(), keys.backend_key.as_str(), keys.sdk_key.as_str()), ("w1", "b1", "s1"));
    cli.launch_survey_once(&keys).unwrap();
    assert_eq!(std::fs::metadata(data.join("demo-keys.json")).unwrap().mode() & 0o777, 0o600);
    let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    let data = data.display();
    assert_eq!(
        calls,
        format!(
            "admin init --data {data} --email owner@example.com --password-stdin --workspace Demo --json\n\
             admin import-survey --data {data} --workspace w1 demo/surveys/sleep-quality.json --launch --json\n"
        )
    );
    assert!(!calls.contains(&password), "a password on the command line is seen by everyone");
}

#[test]
fn a_refusal_of_the_command_line_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let binary = fake_sonde(folder.path(), "exit 4");
    let error = demo::Cli { binary: &binary, data: folder.path() }.create_workspace().unwrap_err();
    assert!(format!("{error:#}").contains("failed"), "{error:#}");
}

#[test]
fn a_server_that_dies_leaves_its_last_words() {
    let mut server = Supervised::start(repo::command("sh").args(["-c", "echo cannot open the data folder >&2; exit 1"])).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = until_ready(&mut server, free).unwrap_err();
    assert!(error.to_string().contains("cannot open the data folder"), "{error}");
}

#[test]
fn when_the_demo_dies_the_server_is_stopped() {
    let mut server = Supervised::start(repo::command("sleep").arg("60")).unwrap();
    let mut demo = Supervised::start(repo::command("sh").args(["-c", "echo no such key; exit 7"])).unwrap();
    let error = watch(&mut server, Some(&mut demo)).unwrap_err();
    assert!(error.to_string().contains("the demo ended by itself"), "{error}");
    assert!(error.to_string().contains("no such key"), "{error}");
    assert!(server.ended().unwrap().is_some());
}

#[test]
fn ready_means_200() {
    for (answer, ready) in [("HTTP/1.1 200 OK\r\n\r\n", true), ("HTTP/1.1 503 Service Unavailable\r\n\r\n", false)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 12];
            stream.read_exact(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            request
        });
        assert_eq!(ready::is_ready(address), ready);
        assert_eq!(&server.join().unwrap(), b"GET /readyz ");
    }
}

#[test]
fn an_address_in_use_is_refused_with_the_flag_that_helps() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = require_free(listener.local_addr().unwrap(), "--listen").unwrap_err();
    assert!(error.to_string().contains("--listen"), "{error}");
}

#[test]
fn the_demo_stays_on_this_machine() {
    assert!(demo_address("127.0.0.1:9000").is_ok());
    assert!(demo_address("0.0.0.0:9000").is_err());
    assert!(demo_address("9000").is_err());
}

#[test]
fn every_address_is_reached_over_loopback() {
    assert_eq!(url("0.0.0.0:8080".parse().unwrap()), "http://127.0.0.1:8080");
    assert_eq!(url("[::]:8080".parse().unwrap()), "http://[::1]:8080");
    assert_eq!(url("192.0.2.1:80".parse().unwrap()), "http://192.0.2.1:80");
}

#[test]
fn an_empty_or_absent_folder_is_new() {
    let folder = tempfile::tempdir().unwrap();
    assert!(is_new(folder.path()).unwrap());
    assert!(is_new(&folder.path().join("absent")).unwrap());
    std::fs::write(folder.path().join("format"), "1").unwrap();
    assert!(!is_new(folder.path()).unwrap());
}
