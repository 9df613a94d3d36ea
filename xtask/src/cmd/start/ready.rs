//! Whether the server says that it is ready.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that is up answers at once.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// Length of `HTTP/1.1 200`, all that is read of the answer.
const STATUS_BYTES: usize = 12;

/// Asks `GET /readyz`; true for a 200.
pub(super) fn is_ready(server: SocketAddr) -> bool {
    status(server).is_ok_and(|status| status == *b"HTTP/1.1 200")
}

fn status(server: SocketAddr) -> std::io::Result<[u8; STATUS_BYTES]> {
    let mut stream = TcpStream::connect_timeout(&server, ANSWER_LIMIT)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.set_write_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(format!("GET /readyz HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\r\n").as_bytes())?;
    let mut status = [0; STATUS_BYTES];
    stream.read_exact(&mut status)?;
    Ok(status)
}
