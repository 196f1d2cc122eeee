//! HTTP server with the answers of a test, right or wrong. It stops when dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use configcat_fetch::BaseUrl;

/// State of the connection after an answer.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum After {
    Keep,
    Close,
    /// Silent until the other side hangs up, or the server stops.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Without its line end.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    /// The number of this request, from 0.
    pub(crate) number: usize,
    /// The number of its connection, from 0.
    pub(crate) connection: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

type Answer = dyn Fn(&Request, &mut dyn Write) -> After + Send + Sync;

pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    is_stopping: AtomicBool,
    requests: Mutex<Vec<Request>>,
    has_come: Condvar,
    connections: Mutex<Vec<TcpStream>>,
}

impl Server {
    /// Calls `answer` for each request.
    pub(crate) fn new(answer: impl Fn(&Request, &mut dyn Write) -> After + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let acceptor = {
            let (shared, answer): (_, Arc<Answer>) = (Arc::clone(&shared), Arc::new(answer));
            thread::spawn(move || accept(&listener, &shared, &answer))
        };
        Self { address, shared, acceptor: Some(acceptor) }
    }

    /// Answers each request with the next of these bytes, and with the last ones from then on.
    pub(crate) fn scripted<const N: usize>(script: [(Vec<u8>, After); N]) -> Self {
        Self::new(move |request, stream| {
            let (bytes, after) = &script[request.number.min(N - 1)];
            // The client may have hung up.
            let _ = stream.write_all(bytes);
            *after
        })
    }

    /// Answers all requests with one well-formed response.
    pub(crate) fn responding(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        Self::scripted([(response(status, headers, body), After::Keep)])
    }

    pub(crate) fn url(&self) -> BaseUrl {
        BaseUrl::parse(&format!("http://{}", self.address)).unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Returns the number of connections.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.lock().unwrap().len()
    }

    /// Waits until a request has come.
    pub(crate) fn await_request(&self) {
        let requests = self.shared.requests.lock().unwrap();
        drop(self.shared.has_come.wait_while(requests, |requests| requests.is_empty()).unwrap());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then stops all connections.
        let _ = TcpStream::connect(self.address);
        self.acceptor.take().unwrap().join().unwrap();
    }
}

/// A response as it should be.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
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

fn accept(listener: &TcpListener, shared: &Arc<Shared>, answer: &Arc<Answer>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        if shared.is_stopping.load(Ordering::SeqCst) {
            break;
        }
        let stream = stream.unwrap();
        let number = {
            let mut connections = shared.connections.lock().unwrap();
            connections.push(stream.try_clone().unwrap());
            connections.len() - 1
        };
        let (shared, answer) = (Arc::clone(shared), Arc::clone(answer));
        threads.push(thread::spawn(move || serve(&stream, number, &shared, &answer)));
    }
    for stream in shared.connections.lock().unwrap().iter() {
        let _ = stream.shutdown(Shutdown::Both);
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

fn serve(mut stream: &TcpStream, connection: usize, shared: &Shared, answer: &Arc<Answer>) {
    let mut reader = BufReader::new(stream);
    while let Some((line, headers)) = read_head(&mut reader) {
        let request = {
            let mut requests = shared.requests.lock().unwrap();
            let request = Request { line, headers, number: requests.len(), connection };
            requests.push(request.clone());
            shared.has_come.notify_all();
            request
        };
        match answer(&request, &mut stream) {
            After::Keep => {}
            After::Close => break,
            After::Hang => {
                let _ = reader.read_to_end(&mut Vec::new());
                break;
            }
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// `None` when the other side has hung up, or sends no HTTP.
fn read_head(reader: &mut impl BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers = lines.split_off(1);
    let headers = headers.iter().filter_map(|line| line.split_once(": "));
    Some((lines.pop()?, headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
}
