//! A transport as an application may write it: HTTP/1.1 over a socket of `std`, with a connection
//! for each request. It can also hang, fail or panic.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    panic::panic_any,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use configcat::fetch::{Request, Response, Transport, TransportError};

use crate::watch::{INTENDED_PANIC, Watch};

/// The longest that a call hangs. Without it, a client that waits for its transport would hang the
/// test instead of failing it.
const MAX_HANG: Duration = Duration::from_secs(10);

/// Limit in bytes for the head of a response.
const MAX_HEAD: u64 = 64 * 1024;

/// The behavior of the transport.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Work,
    /// Fails with an error that quotes the URL.
    Fail,
    Panic,
    PanicInBody,
    /// Hangs until the behavior changes.
    Hang,
    HangInBody,
    EndlessBody,
    /// Works after this time, whatever the deadline is.
    Late(Duration),
}

/// The transport of one client. Its clones share the behavior.
#[derive(Clone)]
pub(crate) struct OwnTransport(Arc<Shared>);

struct Shared {
    watch: Watch,
    act: Mutex<Act>,
    changed: Condvar,
}

impl OwnTransport {
    pub(crate) fn new(watch: &Watch) -> Self {
        Self(Arc::new(Shared { watch: watch.clone(), act: Mutex::new(Act::Work), changed: Condvar::new() }))
    }

    /// Changes the behavior. Calls that hang go on.
    pub(crate) fn set(&self, act: Act) {
        *self.lock() = act;
        self.0.changed.notify_all();
    }

    fn hang(&self, time: Duration) {
        let (act, start) = (self.lock(), Instant::now());
        let current = *act;
        let is_over = |act: &Act| *act != current || start.elapsed() >= time;
        drop(self.0.changed.wait_timeout_while(act, time, |act| !is_over(act)));
    }

    fn lock(&self) -> MutexGuard<'_, Act> {
        self.0.act.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for OwnTransport {
    #[expect(clippy::panic, reason = "transports may panic, so one has to")]
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        self.0.watch.include_this_thread();
        let act = *self.lock();
        match act {
            Act::Work | Act::PanicInBody | Act::HangInBody | Act::EndlessBody => {}
            Act::Fail => {
                let text = format!("the gateway has no route\nto {}", request.url());
                return Err(TransportError::connection_failed(text));
            }
            Act::Panic => panic_any(INTENDED_PANIC),
            Act::Hang => self.hang(MAX_HANG),
            Act::Late(time) => self.hang(time),
        }
        let response = get(request)?;
        if matches!(act, Act::PanicInBody | Act::HangInBody | Act::EndlessBody) {
            return Ok(Response::new(200, FaultyBody(self.clone(), act)));
        }
        Ok(response)
    }
}

/// The body of a response, with a fault.
struct FaultyBody(OwnTransport, Act);

impl Read for FaultyBody {
    #[expect(clippy::panic, reason = "transports may panic, so one has to")]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.1 {
            Act::PanicInBody => panic_any(INTENDED_PANIC),
            Act::HangInBody => self.0.hang(MAX_HANG),
            _ => {
                buffer.fill(b' ');
                return Ok(buffer.len());
            }
        }
        Ok(0)
    }
}

/// Makes one exchange.
fn get(request: &Request<'_>) -> Result<Response, TransportError> {
    let failed = |text: &str| TransportError::connection_failed(text);
    let url = request.url().strip_prefix("http://").and_then(|url| url.split_once('/'));
    let (host, path) = url.ok_or_else(|| failed("only http is possible"))?;
    let address: SocketAddr = host.parse().map_err(|_| failed("the host is no address"))?;
    let stream = TcpStream::connect_timeout(&address, time_left(request.deadline())?)?;
    let mut head = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in request.headers() {
        head += &format!("{name}: {value}\r\n");
    }
    (&stream).write_all((head + "\r\n").as_bytes())?;

    let mut reader = BufReader::new(Timed { stream, deadline: request.deadline() });
    let mut lines = reader.by_ref().take(MAX_HEAD).lines();
    let mut line = || lines.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
    let first = line()?;
    let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    let status = status.ok_or_else(|| failed("the answer is not HTTP"))?;
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length
        .map(|(_, length)| length.parse().map_err(|_| failed("the length is no number")))
        .transpose()?;
    let response = Response::new(status, Sized { reader, left: length.unwrap_or(0) });
    Ok(headers.into_iter().fold(response, |response, (name, value)| response.with_header(name, value)))
}

/// Returns the time that is left, never zero: sockets take zero for no timeout.
fn time_left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// A connection that is read until a deadline.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(time_left(self.deadline)?))?;
        self.stream.read(buffer)
    }
}

/// A body of a stated length.
struct Sized<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Sized<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.by_ref().take(self.left).read(buffer)?;
        self.left -= length as u64;
        if length == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(length)
    }
}
