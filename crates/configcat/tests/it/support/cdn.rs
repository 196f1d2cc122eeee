//! A server that serves configs as the CDN does, or misbehaves as a test tells it to. It stops when dropped.

use std::{
    collections::{HashMap, VecDeque},
    io::{BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use super::PATIENCE;

/// How a request is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    is_held: bool,
    delay: Duration,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Content,
    Response { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    Close,
}

impl Reply {
    fn new(what: What) -> Self {
        Self { is_held: false, delay: Duration::ZERO, what }
    }

    /// The config, or 304 if the ETag fits, or 404 if there is none.
    pub fn content() -> Self {
        Self::new(What::Content)
    }

    /// This status, and no more.
    pub fn status(status: u16) -> Self {
        Self::new(What::Response { status, headers: Vec::new(), body: Vec::new() })
    }

    /// 200 with this body, without an ETag.
    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::new(What::Response { status: 200, headers: Vec::new(), body: body.into() })
    }

    /// Silence until [`Cdn::release`], and then the config.
    pub fn hang() -> Self {
        Self::content().held()
    }

    /// Closes the connection without an answer.
    pub fn close() -> Self {
        Self::new(What::Close)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        match &mut self.what {
            What::Response { headers, .. } => headers.push((name.to_owned(), value.to_owned())),
            other => panic!("{other:?} has no headers of its own"),
        }
        self
    }

    /// Waits before it answers.
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Is silent until [`Cdn::release`].
    pub fn held(self) -> Self {
        Self { is_held: true, ..self }
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Serves configs by path: `{base}/configuration-files/…` gets the config of `base`.
pub struct Cdn {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Config and ETag by base path.
    content: HashMap<String, (String, String)>,
    versions: usize,
    script: VecDeque<Reply>,
    otherwise: Option<Reply>,
    requests: Vec<Request>,
    /// How many requests hang.
    hanging: usize,
    /// How often hung requests were released.
    releases: usize,
    connections: Vec<TcpStream>,
    is_stopping: bool,
}

impl Cdn {
    /// Serves this config.
    pub fn new(config: &str) -> Self {
        let cdn = Self::empty();
        cdn.serve(config);
        cdn
    }

    /// Serves nothing but 404.
    pub fn empty() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let acceptor = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || accept(&listener, &shared))
        };
        Self { address, shared, acceptor: Some(acceptor) }
    }

    /// Answers all requests so, unless [`script`](Self::script) says otherwise.
    pub fn always(reply: Reply) -> Self {
        let cdn = Self::empty();
        cdn.set_always(reply);
        cdn
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves this config from now on, with an ETag of its own: its address is [`url`](Self::url).
    pub fn serve(&self, config: &str) {
        self.serve_at("", config);
    }

    /// Serves this config from now on under `{url}{base}`, with a `base` such as `/eu`.
    pub fn serve_at(&self, base: &str, config: &str) {
        let mut state = self.shared.lock();
        state.versions += 1;
        let etag = format!("\"{}\"", state.versions);
        state.content.insert(base.to_owned(), (config.to_owned(), etag));
    }

    /// The ETag of what is served now.
    pub fn etag(&self) -> String {
        self.shared.lock().content[""].1.clone()
    }

    /// The next requests are answered so, and those after them as before.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.lock().script.extend(replies);
    }

    /// From now on all requests are answered so, unless [`script`](Self::script) says otherwise.
    pub fn set_always(&self, reply: Reply) {
        self.shared.lock().otherwise = Some(reply);
    }

    /// Lets all requests go that hang now.
    pub fn release(&self) {
        self.shared.lock().releases += 1;
        self.shared.changed.notify_all();
    }

    /// How many requests have come.
    pub fn count(&self) -> usize {
        self.shared.lock().requests.len()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections.len()
    }

    /// Waits until that many requests have come in all.
    #[track_caller]
    pub fn await_requests(&self, count: usize) {
        let come = self.shared.wait(|state| state.requests.len() >= count);
        assert!(come, "{} requests instead of {count}", self.count());
    }

    /// Waits until that many requests hang at once.
    #[track_caller]
    pub fn await_hanging(&self, count: usize) {
        assert!(self.shared.wait(|state| state.hanging >= count), "{count} requests do not hang");
    }
}

impl Drop for Cdn {
    fn drop(&mut self) {
        self.shared.lock().is_stopping = true;
        self.shared.changed.notify_all();
        // Wakes the acceptor, which then stops all connections.
        let _ = TcpStream::connect(self.address);
        let joined = self.acceptor.take().unwrap().join();
        assert!(joined.is_ok() || thread::panicking(), "the server panicked");
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether that comes true in time.
    fn wait(&self, is_true: impl Fn(&State) -> bool) -> bool {
        self.wait_for(PATIENCE, is_true)
    }

    fn wait_for(&self, limit: Duration, is_true: impl Fn(&State) -> bool) -> bool {
        let wait = self.changed.wait_timeout_while(self.lock(), limit, |state| !is_true(state));
        !wait.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        let mut state = shared.lock();
        if state.is_stopping {
            break;
        }
        state.connections.push(stream.try_clone().unwrap());
        drop(state);
        let shared = Arc::clone(shared);
        threads.push(thread::spawn(move || serve(&stream, &shared)));
    }
    for stream in &shared.lock().connections {
        let _ = stream.shutdown(Shutdown::Both);
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

fn serve(stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let mut state = shared.lock();
        state.requests.push(request.clone());
        let otherwise = state.otherwise.clone().unwrap_or_else(Reply::content);
        let reply = state.script.pop_front().unwrap_or(otherwise);
        drop(state);
        shared.changed.notify_all();
        let Some(bytes) = respond(&request, reply, shared) else { break };
        // The client may have hung up.
        if (&*stream).write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// The response, unless the connection is to be closed.
fn respond(request: &Request, reply: Reply, shared: &Shared) -> Option<Vec<u8>> {
    if !reply.delay.is_zero() && shared.wait_for(reply.delay, |state| state.is_stopping) {
        return None;
    }
    if reply.is_held && !hold(shared) {
        return None;
    }
    match reply.what {
        What::Close => return None,
        What::Response { status, headers, body } => return Some(response(status, &headers, &body)),
        What::Content => {}
    }
    let state = shared.lock();
    let base = request.path.split("/configuration-files/").next().unwrap_or_default();
    let Some((config, etag)) = state.content.get(base) else { return Some(response(404, &[], b"")) };
    let headers = [("ETag".to_owned(), etag.clone())];
    if request.header("If-None-Match") == Some(etag) {
        return Some(response(304, &headers, b""));
    }
    Some(response(200, &headers, config.as_bytes()))
}

/// Waits until the request is released; `false` if the server stops.
fn hold(shared: &Shared) -> bool {
    let mut state = shared.lock();
    state.hanging += 1;
    let releases = state.releases;
    drop(state);
    shared.changed.notify_all();
    while !shared.wait(|state| state.is_stopping || state.releases > releases) {}
    let mut state = shared.lock();
    state.hanging -= 1;
    !state.is_stopping
}

fn response(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Reason\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    if status != 304 {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// `None` when the other side has hung up, or sends no HTTP.
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
