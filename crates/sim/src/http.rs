//! A small HTTP/1.1 client over one kept connection: one request at a time, answers with a `content-length`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Largest answer read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// How long an answer may take: the server is on this machine, so one that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// For messages.
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The connection ended: whether the request was carried out nobody knows.
    Cut,
    /// Nothing came for a long time.
    Hung,
}

/// One kept connection.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Client {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { address, stream, buffer: vec![0; 16 * 1024], filled: 0 })
    }

    /// Closes the connection and opens another, in this order: both together may be one open file too many.
    pub(crate) async fn reconnect(self) -> io::Result<Self> {
        let address = self.address;
        drop(self);
        Self::connect(address).await
    }

    /// Whether the server has ended the connection, as it may do with one on which nothing is asked for a while.
    pub(crate) async fn has_ended(&self) -> bool {
        let mut first = [0];
        tokio::select! {
            biased;
            peeked = self.stream.peek(&mut first) => !matches!(peeked, Ok(1..)),
            () = std::future::ready(()) => false,
        }
    }

    /// The port on this side.
    pub(crate) fn local_port(&self) -> io::Result<u16> {
        Ok(self.stream.local_addr()?.port())
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<Answer, NoAnswer> {
        match tokio::time::timeout(PATIENCE, self.exchange(request)).await {
            Ok(answered) => answered.map_err(|_| NoAnswer::Cut),
            Err(_) => Err(NoAnswer::Hung),
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        let frame = self.read_frame().await?;
        let body = self.buffer[frame.head..frame.end].to_vec();
        self.take(frame);
        Ok(Answer { status: frame.status, body })
    }

    /// Sends a request and says the status of its answer; the load generator's way, which keeps nothing.
    pub(crate) async fn status_of(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        let frame = self.read_frame().await?;
        self.take(frame);
        Ok(frame.status)
    }

    /// Sends a request and says the status of its answer, and whether it says in how many seconds to come again.
    pub(crate) async fn status_and_retry_after(&mut self, request: &[u8]) -> io::Result<(u16, bool)> {
        self.stream.write_all(request).await?;
        let frame = self.read_frame().await?;
        let says_when = frame.status != 200 && header(&self.buffer[..frame.head], b"retry-after:").and_then(number).is_some();
        self.take(frame);
        Ok((frame.status, says_when))
    }

    async fn read_frame(&mut self) -> io::Result<Frame> {
        loop {
            if let Some(frame) = Frame::find(&self.buffer[..self.filled])? {
                return Ok(frame);
            }
            if self.filled == self.buffer.len() {
                if self.filled >= ANSWER_BYTES_MAX {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is too long"));
                }
                self.buffer.resize(2 * self.filled, 0);
            }
            let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.filled += read;
        }
    }

    fn take(&mut self, frame: Frame) {
        self.buffer.copy_within(frame.end..self.filled, 0);
        self.filled -= frame.end;
    }
}

/// Where an answer's parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    status: u16,
    /// Length of the head.
    head: usize,
    /// Length of head and body.
    end: usize,
}

impl Frame {
    /// `None`: more is needed.
    fn find(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else { return Ok(None) };
        let bad = |what: &'static str| io::Error::new(io::ErrorKind::InvalidData, what);
        let status =
            bytes.get(9..12).filter(|_| bytes.starts_with(b"HTTP/1.1 ")).and_then(number).ok_or_else(|| bad("not an HTTP/1.1 answer"))?;
        let length = content_length(&bytes[..head]).ok_or_else(|| bad("an answer without a content-length"))?;
        let status = u16::try_from(status).map_err(|_| bad("not a status"))?;
        let end = head + length;
        Ok((bytes.len() >= end).then_some(Self { status, head, end }))
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    header(head, b"content-length:").and_then(number)
}

/// The value of the header with this name, its colon included.
fn header<'a>(head: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
        let (name, value) = line.split_at_checked(wanted.len())?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim_ascii())
    })
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A request with a JSON body.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &str, expected: Option<(u16, &str)>) {
        let found = Frame::find(bytes.as_bytes()).unwrap();
        assert_eq!(found.map(|frame| (frame.status, &bytes[frame.head..frame.end])), expected);
    }

    #[test]
    fn a_header_is_found_by_its_name() {
        let head = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(header(head, b"retry-after:"), Some(b"1".as_slice()));
        assert_eq!(header(head, b"after:"), None);
    }

    #[tokio::test]
    async fn a_connection_that_the_server_ended_is_known_and_renewed() {
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let client = Client::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut other_end, _) = listener.accept().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!client.has_ended().await);
        other_end.write_all(b"HTTP/1.1 503 Busy\r\n").await.unwrap();
        client.stream.readable().await.unwrap();
        assert!(!client.has_ended().await, "there is something to read");
        let client = client.reconnect().await.unwrap();
        drop((other_end, listener.accept().await.unwrap()));
        client.stream.readable().await.unwrap();
        assert!(client.has_ended().await);
    }

    #[test]
    fn answers_are_cut_where_they_end() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Some((200, "ok")));
        check("HTTP/1.1 503 Busy\r\na: b\r\ncontent-length:0\r\n\r\nHTTP/1.1", Some((503, "")));
        check("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok", None);
        check("HTTP/1.1 200 OK\r\ncontent-le", None);
        check("", None);
        assert!(Frame::find(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(Frame::find(b"SSH-2.0\r\ncontent-length: 3\r\n\r\nabc").is_err());
    }
}
