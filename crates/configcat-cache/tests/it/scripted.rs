//! Redis server of a test: records the commands, and answers as the test decides.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A connection, seen from the server.
pub(crate) trait Peer: Read + Write + Send {}
impl<T: Read + Write + Send> Peer for T {}

/// Reaction to a command; an error closes the connection.
pub(crate) type Answer = dyn Fn(&[String], &mut dyn Write) -> io::Result<()> + Send + Sync;

#[derive(Default)]
struct Record {
    commands: Vec<String>,
    connections: usize,
}

/// A server on a thread of its own, with one more for each connection. They end with the process.
pub(crate) struct Scripted {
    address: String,
    record: Arc<Mutex<Record>>,
}

impl Scripted {
    /// Serves at a port of 127.0.0.1.
    pub(crate) fn new(
        answer: impl Fn(&[String], &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let accept = move || {
            let (stream, _) = listener.accept()?;
            // Without delay, so that written bytes have reached the client when the write returns.
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        Self::serve(address, accept, Box::new(answer))
    }

    /// Serves at a Unix socket of that path.
    #[cfg(unix)]
    pub(crate) fn at_path(
        path: &std::path::Path,
        answer: impl Fn(&[String], &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
        let address = path.to_str().unwrap().to_owned();
        Self::serve(address, move || listener.accept().map(|(stream, _)| stream), Box::new(answer))
    }

    fn serve<P: Peer + 'static>(
        address: String,
        accept: impl Fn() -> io::Result<P> + Send + 'static,
        answer: Box<Answer>,
    ) -> Self {
        let record = Arc::new(Mutex::new(Record::default()));
        let (recorded, answer) = (Arc::clone(&record), Arc::new(answer));
        thread::spawn(move || {
            while let Ok(peer) = accept() {
                recorded.lock().unwrap().connections += 1;
                let (record, answer) = (Arc::clone(&recorded), Arc::clone(&answer));
                // An error ends the connection, by the client or by the test.
                thread::spawn(move || converse(peer, &record, &**answer));
            }
        });
        Self { address, record }
    }

    /// Returns the address: host and port, or a path.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the URL, without user, password and database.
    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Returns the commands up to now, each with its arguments.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.record.lock().unwrap().commands.clone()
    }

    /// Returns the number of connections up to now.
    pub(crate) fn connections(&self) -> usize {
        self.record.lock().unwrap().connections
    }
}

fn converse(peer: impl Peer, record: &Mutex<Record>, answer: &Answer) -> io::Result<()> {
    let mut peer = BufReader::new(peer);
    loop {
        let words = command(&mut peer)?;
        record.lock().unwrap().commands.push(words.join(" "));
        answer(&words, peer.get_mut())?;
    }
}

/// Reads a command: an array of strings.
fn command(peer: &mut impl BufRead) -> io::Result<Vec<String>> {
    (0..number(peer)?)
        .map(|_| {
            let mut word = vec![0; number(peer)?];
            peer.read_exact(&mut word)?;
            peer.read_exact(&mut [0; 2])?;
            Ok(String::from_utf8(word).unwrap())
        })
        .collect()
}

/// Reads a line such as `*3` or `$14`.
fn number(peer: &mut impl BufRead) -> io::Result<usize> {
    let mut line = String::new();
    peer.read_line(&mut line)?;
    line.get(1..).and_then(|digits| digits.trim_end().parse().ok()).ok_or(io::ErrorKind::UnexpectedEof.into())
}

/// A string as a reply.
pub(crate) fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

/// Accepts connections and reads nothing from them.
pub(crate) fn deaf() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let accepting = listener.try_clone().unwrap();
    thread::spawn(move || accepting.incoming().map_while(Result::ok).collect::<Vec<TcpStream>>());
    (listener, url)
}
