//! A small CDN: serves one config on 127.0.0.1 with an ETag, as ConfigCat's CDN does.
//!
//! It is for this sample and for tests of applications; one request at a time is enough there.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// Has the form of an SDK key, and opens nothing.
pub const SAMPLE_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";

/// How long a client may keep the others waiting.
const PATIENCE: Duration = Duration::from_secs(2);
const MAX_REQUEST: u64 = 16 * 1024;

/// Serves until it is dropped.
pub struct Cdn {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// How often it answered what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// 200: the whole config.
    pub sent: usize,
    /// 304: the config is the one that the client has.
    pub not_modified: usize,
}

struct Shared {
    path: String,
    state: Mutex<State>,
    answered: Condvar,
}

struct State {
    config: String,
    counts: Counts,
    stopped: bool,
}

impl Cdn {
    /// Serves the config of an SDK key, at a port that is free.
    ///
    /// # Errors
    ///
    /// If the system has no port or no thread to give.
    pub fn start(sdk_key: &str, config: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            path: format!("/configuration-files/{sdk_key}/config_v6.json"),
            state: Mutex::new(State { config: config.to_owned(), counts: Counts::default(), stopped: false }),
            answered: Condvar::new(),
        });
        let server = Arc::clone(&shared);
        let thread = thread::Builder::new().name("cdn".into()).spawn(move || server.run(&listener))?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// What to give a client as its base URL.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves another config from now on.
    pub fn publish(&self, config: &str) {
        self.shared.lock().config = config.to_owned();
    }

    /// The counts, as soon as there is a 304 among them; `None` if there is none in time.
    #[must_use]
    pub fn wait_for_not_modified(&self, limit: Duration) -> Option<Counts> {
        let none_yet = |state: &mut State| state.counts.not_modified == 0;
        let waited = self.shared.answered.wait_timeout_while(self.shared.lock(), limit, none_yet);
        let (state, result) = waited.unwrap_or_else(PoisonError::into_inner);
        (!result.timed_out()).then_some(state.counts)
    }
}

impl Drop for Cdn {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        // A last connection wakes the thread. If it cannot be made, the thread ends with the process.
        if TcpStream::connect(self.address).is_ok() {
            if let Some(thread) = self.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

impl Shared {
    fn run(&self, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.lock().stopped {
                return;
            }
            // A client that goes away, or sends no HTTP, gets no answer.
            let _ = stream.and_then(|stream| self.serve(&stream));
        }
    }

    /// Answers one request.
    fn serve(&self, mut stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let head = read_head(stream)?;
        stream.write_all(self.answer(&head).as_bytes())
    }

    fn answer(&self, head: &[String]) -> String {
        let is_for_config = head.first().is_some_and(|line| *line == format!("GET {} HTTP/1.1", self.path));
        if !is_for_config {
            return response("404 Not Found", "", "");
        }
        let State { config, counts, .. } = &mut *self.lock();
        let etag = etag(config);
        let known = head.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("If-None-Match").then(|| value.trim())
        });
        let is_known = known == Some(&etag);
        let count = if is_known { &mut counts.not_modified } else { &mut counts.sent };
        *count += 1;
        self.answered.notify_all();
        if is_known { response("304 Not Modified", &etag, "") } else { response("200 OK", &etag, config) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whatever happens while it is locked, config and counts stay whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request line and the headers.
fn read_head(stream: &TcpStream) -> io::Result<Vec<String>> {
    let lines = BufReader::new(stream.take(MAX_REQUEST)).lines();
    lines.take_while(|line| !line.as_ref().is_ok_and(String::is_empty)).collect()
}

/// A strong ETag: a hash of the config.
fn etag(config: &str) -> String {
    let mut hasher = DefaultHasher::new();
    config.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

fn response(status: &str, etag: &str, body: &str) -> String {
    let etag = if etag.is_empty() { String::new() } else { format!("ETag: {etag}\r\n") };
    format!(
        "HTTP/1.1 {status}\r\n{etag}Content-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}
