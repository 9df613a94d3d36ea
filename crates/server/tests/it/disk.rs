//! A full disk and a read-only one, on real small file systems: one in memory, and one as servers have.

use crate::server::{SONDE, Server, Within as _, Workspace};
use crate::small_disk::SmallDisk;

mod tmpfs {
    use crate::small_disk::SmallDisk;

    #[test]
    fn a_disk_that_fills_up_refuses_writes_and_serves_reads_until_there_is_room() {
        super::fills_up(&SmallDisk::tmpfs(24));
    }

    #[test]
    fn a_disk_that_is_full_to_the_last_byte_ends_the_server_and_loses_nothing() {
        super::is_full(&SmallDisk::tmpfs(8));
    }

    #[test]
    fn a_read_only_folder_is_refused_by_name() {
        super::is_read_only(&SmallDisk::tmpfs(64));
    }
}

mod ext4 {
    use crate::small_disk::SmallDisk;

    #[test]
    fn a_disk_that_fills_up_refuses_writes_and_serves_reads_until_there_is_room() {
        super::fills_up(&SmallDisk::ext4(24));
    }

    #[test]
    fn a_disk_that_is_full_to_the_last_byte_ends_the_server_and_loses_nothing() {
        super::is_full(&SmallDisk::ext4(8));
    }

    #[test]
    fn a_read_only_folder_is_refused_by_name() {
        super::is_read_only(&SmallDisk::ext4(64));
    }
}

fn fills_up(disk: &SmallDisk) {
    let data = disk.data();
    let workspace = Workspace::create(disk, &data);
    let server = Server::start(&mut disk.command(SONDE), &data, &["--min-free-disk-mib", "8"]);
    let mut client = server.connect();
    let mut acknowledged = Vec::new();
    let mut refused = None;
    // Each sends 30 kB: somewhere on the way to 24 MiB no more is taken.
    for number in 0..1_000 {
        let id = format!("event-{number}");
        let answer = client.event(&workspace, &id, 30_000).unwrap();
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
        acknowledged.push(id);
    }
    let refused = refused.expect("the disk is full");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.headers.contains(&"retry-after: 1".to_owned()), "{refused:?}");
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    // What is there can be read.
    assert_eq!(client.call("GET", "/readyz", &[], "").unwrap().status, 200);
    assert_eq!(workspace.events(disk, &data), acknowledged.len() as u64);
    assert_eq!(client.event(&workspace, "still-full", 1).unwrap().status, 503);

    disk.make_room();
    assert_eq!(client.event(&workspace, "room-again", 30_000).unwrap().status, 200);
    acknowledged.push("room-again".to_owned());
    server.kill();
    let server = Server::start(&mut disk.command(SONDE), &data, &["--min-free-disk-mib", "8"]);
    server.connect().assert_all_known(&workspace, &acknowledged, 30_000);
    assert_eq!(workspace.events(disk, &data), acknowledged.len() as u64);
    server.stop();
}

fn is_full(disk: &SmallDisk) {
    let data = disk.data();
    let workspace = Workspace::create(disk, &data);
    let server = Server::start(&mut disk.command(SONDE), &data, &["--min-free-disk-mib", "0"]);
    let mut client = server.connect();
    let mut acknowledged = Vec::new();
    loop {
        let id = format!("event-{}", acknowledged.len());
        match client.event(&workspace, &id, 30_000) {
            Some(answer) if answer.status == 200 => acknowledged.push(id),
            _ => break,
        }
    }
    let (code, log) = server.ended();
    assert_eq!(code, Some(1), "{}", log.join("\n"));
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());

    disk.make_room();
    let server = Server::start(&mut disk.command(SONDE), &data, &["--min-free-disk-mib", "8"]);
    let mut client = server.connect();
    client.assert_all_known(&workspace, &acknowledged, 30_000);
    assert_eq!(client.event(&workspace, "after", 10).unwrap().status, 200);
    server.stop();
}

fn is_read_only(disk: &SmallDisk) {
    let data = disk.data();
    Workspace::create(disk, &data);
    disk.shell("mount -o remount,ro \"$0\"");
    let said = Server::refusal(&mut disk.command(SONDE), &data);
    assert!(said.contains(&format!("cannot open the data folder {}", data.display())), "{said}");
    assert!(said.contains("Read-only file system"), "{said}");
    disk.shell("mount -o remount,rw \"$0\"");
    Server::start(&mut disk.command(SONDE), &data, &["--min-free-disk-mib", "8"]).stop();
}
