//! The server: connections, requests, and the state that they share with the CDN.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use socket2::{Domain, SockRef, Socket, Type};

use super::reply::{End, Reply};
use crate::PATIENCE;

/// A request of a client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The method, such as `GET`.
    pub method: String,
    /// Path and query. The path contains the SDK key.
    pub path: String,
    /// Names and values, unchanged.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// Returns the value of a header. Upper and lower case of its name are the same.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Config and ETag by base path, or by the whole path of an SDK key.
type Content = HashMap<String, (Arc<str>, String)>;

#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) changed: Condvar,
}

pub(super) struct State {
    pub(super) content: Content,
    pub(super) versions: usize,
    pub(super) script: VecDeque<Reply>,
    pub(super) otherwise: Reply,
    pub(super) requests: Vec<Request>,
    pub(super) count: usize,
    /// The number of answers by status.
    pub(super) answers: HashMap<u16, usize>,
    /// The number of requests that hang.
    pub(super) hanging: usize,
    /// The number of releases of hanging requests.
    pub(super) releases: usize,
    /// The number of all connections, and the open ones by their number.
    pub(super) connected: usize,
    open: HashMap<usize, TcpStream>,
    is_stopping: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            content: Content::new(),
            versions: 0,
            script: VecDeque::new(),
            otherwise: Reply::content(),
            requests: Vec::new(),
            count: 0,
            answers: HashMap::new(),
            hanging: 0,
            releases: 0,
            connected: 0,
            open: HashMap::new(),
            is_stopping: false,
        }
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Each change under the lock is complete, so a poisoned mutex is still consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the condition is true. Returns whether that was in time.
    pub(super) fn wait(&self, is_true: impl Fn(&State) -> bool) -> bool {
        self.wait_for(PATIENCE, is_true)
    }

    fn wait_for(&self, limit: Duration, is_true: impl Fn(&State) -> bool) -> bool {
        let wait = self.changed.wait_timeout_while(self.lock(), limit, |state| !is_true(state));
        !wait.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Ends the thread that accepts connections, and with it all connections.
    pub(super) fn stop(&self, acceptor: JoinHandle<()>, address: SocketAddr) {
        self.lock().is_stopping = true;
        self.changed.notify_all();
        // A connection wakes the acceptor. Without one, joining it would hang, so it then ends with
        // the process.
        if TcpStream::connect(address).is_ok() {
            let _ = acceptor.join();
        }
    }
}

/// Reserves this address, or any free port if the port is 0, without listening.
pub(super) fn reserve(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Without this option, connections that were closed a moment ago still block the port. On
    // Windows the option means that two sockets share a port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Starts a thread that accepts connections.
pub(super) fn listen(socket: Socket, shared: &Arc<Shared>) -> io::Result<JoinHandle<()>> {
    socket.listen(128)?;
    shared.lock().is_stopping = false;
    let (listener, shared) = (TcpListener::from(socket), Arc::clone(shared));
    thread::Builder::new().name("test-cdn".into()).spawn(move || accept(listener, &shared))
}

fn accept(listener: TcpListener, shared: &Arc<Shared>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        let mut state = shared.lock();
        if state.is_stopping {
            break;
        }
        let Ok((stream, second)) = stream.and_then(|stream| Ok((stream.try_clone()?, stream))) else {
            continue; // the client has closed it before it was accepted
        };
        let number = state.connected;
        state.connected += 1;
        state.open.insert(number, second);
        drop(state);
        let shared = Arc::clone(shared);
        let run = move || {
            let end = serve(&stream, &shared);
            // The system keeps the connection until both handles are dropped.
            let second = shared.lock().open.remove(&number);
            finish(&stream, end);
            drop((stream, second));
        };
        // Otherwise a long soak would collect a handle for each connection it has had.
        threads.retain(|thread| !thread.is_finished());
        threads.extend(thread::Builder::new().name("test-cdn".into()).spawn(run));
    }
    // Closed before the connections are: otherwise a client that connects again would wait for a
    // listener that accepts no more.
    drop(listener);
    for stream in shared.lock().open.values() {
        let _ = stream.shutdown(Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

fn finish(stream: &TcpStream, end: End) {
    let _ = match end {
        // With a linger time of zero, closing sends a reset.
        End::Reset => SockRef::from(stream).set_linger(Some(Duration::ZERO)),
        End::Keep | End::Close | End::Hang => stream.shutdown(Shutdown::Both),
    };
}

/// Answers requests until the connection ends. Returns how to end it.
fn serve(stream: &TcpStream, shared: &Shared) -> End {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let mut state = shared.lock();
        state.count += 1;
        state.requests.push(request.clone());
        let reply = state.script.pop_front().unwrap_or_else(|| state.otherwise.clone());
        drop(state);
        shared.changed.notify_all();
        if !answer(stream, &request, &reply, shared) {
            return End::Close;
        }
        match reply.end {
            End::Keep => {}
            End::Close | End::Reset => return reply.end,
            End::Hang => {
                let _ = io::copy(&mut reader, &mut io::sink());
                return End::Close;
            }
        }
    }
    End::Close
}

/// Sends the answer. Returns `false` if the client has closed the connection, or the server stops.
fn answer(mut stream: &TcpStream, request: &Request, reply: &Reply, shared: &Shared) -> bool {
    if !reply.delay.is_zero() && shared.wait_for(reply.delay, |state| state.is_stopping) {
        return false;
    }
    if reply.is_held && !hold(shared) {
        return false;
    }
    let bytes = {
        // Counted under the lock and before it is sent: a test that has the answer sees the count.
        let mut state = shared.lock();
        let base = request.path.split("/configuration-files/").next().unwrap_or_default();
        let content = state.content.get(&request.path).or_else(|| state.content.get(base));
        let content = content.map(|(config, etag)| (&**config, etag.as_str()));
        let (status, bytes) = reply.response(content, request.header("If-None-Match"));
        if let Some(status) = status {
            *state.answers.entry(status).or_default() += 1;
        }
        bytes
    };
    shared.changed.notify_all();
    if reply.drip.is_zero() {
        return stream.write_all(&bytes).is_ok();
    }
    bytes.iter().all(|byte| {
        stream.write_all(&[*byte]).is_ok() && !shared.wait_for(reply.drip, |state| state.is_stopping)
    })
}

/// Waits until the request is released. Returns `false` if the server stops.
fn hold(shared: &Shared) -> bool {
    let mut state = shared.lock();
    state.hanging += 1;
    let releases = state.releases;
    drop(state);
    shared.changed.notify_all();
    // Each wait has a limit, which does not apply to hanging on purpose, so it begins again.
    while !shared.wait(|state| state.is_stopping || state.releases > releases) {}
    let mut state = shared.lock();
    state.hanging -= 1;
    !state.is_stopping
}

/// Reads a request. Returns `None` if the client has closed the connection, or sends no HTTP.
fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let (first, headers) = lines.split_first()?;
    let mut words = first.split(' ').map(str::to_owned);
    let headers = headers.iter().filter_map(|line| line.split_once(": "));
    Some(Request {
        method: words.next()?,
        path: words.next()?,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    })
}
