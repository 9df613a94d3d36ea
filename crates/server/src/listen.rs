//! Accepting connections, and letting them finish.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use sonde_http::{Peer, PublicApi};
use sonde_service::Engine;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tower::Service;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests under way may take to finish after a stop was asked for.
const FINISH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what is sent may lie unread in a client's buffers: one that reads nothing is cut off after that. One that reads
/// slowly is not, for as long as it reads at all.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest head of a request, in bytes; one that comes in one piece may be a little longer.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Most connections that wait to be accepted; the system may allow fewer. Tokio's own 128 are full after a few milliseconds in
/// which many connect and the processor is busy, and whoever comes then waits a second before it knocks again.
const BACKLOG: u32 = 4_096;

/// Listens on an address.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of the process before may still be closing.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Something that accepts connections.
pub(crate) trait Accept: Send + 'static {
    /// One connection.
    type Connection: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static;
    /// Waits for the next connection; says who is at its other end, where that has an address.
    fn accept(&self) -> impl Future<Output = std::io::Result<(Self::Connection, Option<Peer>)>> + Send;
    /// Waits until a connection says which version of HTTP it speaks. `true`: HTTP/2.
    fn speaks_http2(connection: &Self::Connection) -> impl Future<Output = std::io::Result<bool>> + Send;
}

/// What HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long to wait when the first bytes could be either.
const UNDECIDED: Duration = Duration::from_millis(20);

impl Accept for TcpListener {
    type Connection = TcpStream;
    async fn accept(&self) -> std::io::Result<(TcpStream, Option<Peer>)> {
        let (connection, address) = Self::accept(self).await?;
        // An answer is one small write: waiting to fill a packet only adds latency.
        connection.set_nodelay(true)?;
        limit_unread(&connection, UNREAD_TIMEOUT)?;
        Ok((connection, Some(Peer(address))))
    }

    async fn speaks_http2(connection: &TcpStream) -> std::io::Result<bool> {
        let mut first = [0; PREFACE.len()];
        loop {
            let read = connection.peek(&mut first).await?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if !PREFACE.starts_with(&first[..read]) {
                return Ok(false);
            }
            if read == PREFACE.len() {
                return Ok(true);
            }
            tokio::time::sleep(UNDECIDED).await;
        }
    }
}

/// Whether others can be accepted at once: who connects and goes away again must not hold up anybody.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Ends a connection whose other end takes nothing for so long. Without, an answer that is never read would keep its
/// connection, and the memory behind it, until the client goes away.
fn limit_unread(connection: &TcpStream, timeout: Duration) -> std::io::Result<()> {
    // Elsewhere the system's own limits hold, which are minutes.
    if cfg!(target_os = "linux") {
        socket2::SockRef::from(connection).set_tcp_user_timeout(Some(timeout))?;
    }
    Ok(())
}

impl Accept for UnixListener {
    type Connection = UnixStream;
    async fn accept(&self) -> std::io::Result<(UnixStream, Option<Peer>)> {
        Self::accept(self).await.map(|(connection, _)| (connection, None))
    }

    async fn speaks_http2(_: &UnixStream) -> std::io::Result<bool> {
        Ok(false)
    }
}

/// What answers calls.
pub(crate) trait Answers: Send + Sync + 'static {
    /// On its way to an answer.
    type Answering: Future<Output = Result<Response<Body>, Infallible>> + Send + 'static;
    /// Answers a call from the other end of a connection.
    fn answer(&self, peer: Option<Peer>, request: Request<Incoming>) -> Self::Answering;
}

impl Answers for Router {
    type Answering = <Self as Service<Request<Incoming>>>::Future;

    fn answer(&self, peer: Option<Peer>, mut request: Request<Incoming>) -> Self::Answering {
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        // A router is always ready.
        Service::call(&mut self.clone(), request)
    }
}

impl<E: Engine> Answers for PublicApi<E> {
    type Answering = <Self as Service<Request<Incoming>>>::Future;

    fn answer(&self, peer: Option<Peer>, request: Request<Incoming>) -> Self::Answering {
        Self::answer(self, peer, request)
    }
}

/// Serves until `stop` resolves, then lets the requests under way finish.
pub(crate) async fn serve<A: Accept>(listener: A, service: impl Answers, connections_max: usize, stop: impl Future<Output = ()>) {
    let serving = Arc::new(Serving::new(service));
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(connections_max));
    let (closing, closed) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((connection, peer)) => {
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                        tokio::spawn(turn_away(connection));
                        continue;
                    };
                    let (serving, watcher, mut closed) = (Arc::clone(&serving), connections.watcher(), closed.clone());
                    tokio::spawn(async move {
                        let is_http2 = tokio::select! {
                            is_http2 = version::<A>(&connection) => is_http2,
                            // Nothing was asked on it yet: a stop need not wait for it.
                            _ = closed.changed() => None,
                        };
                        if let Some(is_http2) = is_http2 {
                            serving.serve(connection, is_http2, peer, watcher).await;
                        }
                        drop(place);
                    });
                }
                Err(error) if is_of_one_connection(&error) => tracing::debug!(%error, "a connection was gone before it was accepted"),
                Err(error) => {
                    // Out of file descriptors, most likely: give others time to close theirs.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            () = &mut stop => break,
        }
    }
    drop((listener, closing));
    if tokio::time::timeout(FINISH_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
}

/// Whether a connection speaks HTTP/2; `None` when it says nothing, or too slowly.
async fn version<A: Accept>(connection: &A::Connection) -> Option<bool> {
    tokio::time::timeout(HEAD_TIMEOUT, A::speaks_http2(connection)).await.ok()?.ok()
}

/// How connections are served. One builder for each version: the one that finds the version out by itself would wait for
/// the first byte as long as a client likes.
struct Serving<S> {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    service: Arc<S>,
}

impl<S: Answers> Serving<S> {
    fn new(service: S) -> Self {
        let (mut http1, mut http2) = (http1::Builder::new(), http2::Builder::new(TokioExecutor::new()));
        http1.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES_MAX);
        http2.timer(TokioTimer::new()).keep_alive_interval(Some(Duration::from_secs(30)));
        Self { http1, http2, service: Arc::new(service) }
    }

    async fn serve<C>(&self, connection: C, is_http2: bool, peer: Option<Peer>, watcher: Watcher)
    where
        C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = Arc::clone(&self.service);
        let with_peer = service_fn(move |request| service.answer(peer, request));
        let connection = TokioIo::new(connection);
        let served = if is_http2 {
            watcher.watch(self.http2.serve_connection(connection, with_peer)).await
        } else {
            watcher.watch(self.http1.serve_connection(connection, with_peer)).await
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Answers a connection that is one too many.
async fn turn_away(mut connection: impl AsyncWrite + Unpin) {
    const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    // Whether that arrives is not worth a wait.
    let _sent = tokio::time::timeout(Duration::from_secs(1), connection.write_all(FULL)).await;
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

    /// A server with one quick route, and one that reads a body.
    fn served(connections_max: usize) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
        let listener = bind(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "here" })).route("/", post(|body: String| async { body }));
        let (stop, mut stopped) = watch::channel(false);
        let stopping = async move {
            let _stopped = stopped.wait_for(|stopped| *stopped).await;
        };
        (address, stop, tokio::spawn(serve(listener, router, connections_max, stopping)))
    }

    /// Sends bytes and reads until the other side ends it, or for so long.
    async fn send(address: SocketAddr, bytes: &[u8], patience: Duration) -> (String, bool) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // One that is closed already is told when reading.
        let _closed = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(patience, stream.read_to_end(&mut answer)).await;
        (String::from_utf8_lossy(&answer).into_owned(), read.is_ok())
    }

    #[tokio::test]
    async fn whoever_says_nothing_or_too_slowly_is_cut_off() {
        let (address, _stop, _serving) = served(100);
        let patience = HEAD_TIMEOUT + Duration::from_secs(5);
        let (silent, slow, undecided, idle) = tokio::join!(
            send(address, b"", patience),
            send(address, b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", patience),
            send(address, &PREFACE[..5], patience),
            send(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", patience),
        );
        for (what, (answer, has_ended)) in [("silent", silent), ("slow", slow), ("undecided", undecided)] {
            assert!(has_ended && !answer.contains("200"), "{what}: {answer}");
        }
        assert!(idle.0.contains("200 OK"), "{}", idle.0);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn many_may_connect_while_nobody_accepts() {
        let allowed: usize = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
        let listener = bind(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        let mut connections = Vec::new();
        let connecting = async {
            for _ in 0..allowed.min(500) {
                connections.push(TcpStream::connect(address).await.unwrap());
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(10), connecting).await;
        assert!(in_time.is_ok(), "only {} could connect", connections.len());
    }

    #[tokio::test]
    async fn a_huge_head_is_refused_at_once() {
        let (address, _stop, _serving) = served(100);
        let patience = Duration::from_secs(5);
        let with_header =
            |length: usize| format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-big: {}\r\n\r\n", "a".repeat(length));
        let (answer, has_ended) = send(address, with_header(2 * HEAD_BYTES_MAX).as_bytes(), patience).await;
        assert!(has_ended && !answer.contains("200"), "{answer}");
        let (answer, has_ended) = send(address, with_header(8_000).as_bytes(), patience).await;
        assert!(has_ended && answer.contains("200 OK"), "{answer}");
        let many = "x-one: 1\r\n".repeat(500);
        let (answer, has_ended) = send(address, format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n").as_bytes(), patience).await;
        assert!(has_ended && !answer.contains("200"), "{answer}");
    }

    #[tokio::test]
    async fn one_connection_too_many_is_told_so_and_the_next_finds_a_place() {
        let (address, _stop, _serving) = served(2);
        let first = TcpStream::connect(address).await.unwrap();
        let second = TcpStream::connect(address).await.unwrap();
        let quick = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let (answer, has_ended) = send(address, b"", Duration::from_secs(5)).await;
        assert!(has_ended && answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 5"), "{answer}");
        drop((first, second));
        for _ in 0..100 {
            let (answer, _) = send(address, quick, Duration::from_secs(5)).await;
            if answer.contains("200 OK") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no place was given back");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_client_that_reads_nothing_is_cut_off() {
        /// Accepts, and cuts off sooner than a test may take.
        struct Impatient(TcpListener);
        impl Accept for Impatient {
            type Connection = TcpStream;
            async fn accept(&self) -> std::io::Result<(TcpStream, Option<Peer>)> {
                let (connection, peer) = Accept::accept(&self.0).await?;
                let set = socket2::SockRef::from(&connection).tcp_user_timeout()?;
                assert_eq!(set, Some(UNREAD_TIMEOUT), "as in earnest");
                limit_unread(&connection, Duration::from_secs(1))?;
                Ok((connection, peer))
            }
            async fn speaks_http2(connection: &TcpStream) -> std::io::Result<bool> {
                TcpListener::speaks_http2(connection).await
            }
        }
        let listener = bind(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        let big = || async { vec![b'a'; 64 * 1024 * 1024] };
        let router = Router::new().route("/", get(|| async { "here" })).route("/big", get(big));
        // There is one place: it is free again once the connection is gone.
        let _serving = tokio::spawn(serve(Impatient(listener), router, 1, std::future::pending()));
        let mut reads_nothing = TcpStream::connect(address).await.unwrap();
        reads_nothing.write_all(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        // The answer has begun.
        reads_nothing.readable().await.unwrap();
        let quick = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let (answer, _) = send(address, quick, Duration::from_secs(5)).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "the place is taken: {answer}");
        let freed = async {
            while !send(address, quick, Duration::from_secs(5)).await.0.contains("200 OK") {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), freed).await.expect("the connection is cut off");
    }

    #[tokio::test]
    async fn a_stop_waits_for_no_silent_connection() {
        let (address, stop, serving) = served(100);
        let _silent = TcpStream::connect(address).await.unwrap();
        let mut busy = TcpStream::connect(address).await.unwrap();
        busy.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na").await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.send_replace(true);
        tokio::time::sleep(Duration::from_millis(200)).await;
        busy.write_all(b"b").await.unwrap();
        let mut answer = Vec::new();
        busy.read_to_end(&mut answer).await.unwrap();
        assert!(String::from_utf8_lossy(&answer).ends_with("ab"), "what was under way is finished");
        tokio::time::timeout(Duration::from_secs(2), serving).await.expect("stopped at once").unwrap();
    }

    #[tokio::test]
    async fn http2_is_spoken_to_whoever_begins_with_it() {
        let (address, _stop, _serving) = served(100);
        let mut stream = TcpStream::connect(address).await.unwrap();
        // In two pieces: the first could still be another method.
        stream.write_all(&PREFACE[..2]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(&PREFACE[2..]).await.unwrap();
        stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        let mut frame = [0; 9];
        stream.read_exact(&mut frame).await.unwrap();
        assert_eq!(frame[3], 4, "the server's settings");
    }
}
