//! A `redis-server` process for one trial.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

const PROGRAM: &str = "redis-server";
/// The limit for the start of the server, and for its first answer. Far above what a busy machine
/// needs, so that it ends only a start that has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A Redis on a free port of 127.0.0.1 that writes nothing to the disk. Dropping it kills the
/// server.
pub struct Server {
    child: Child,
    port: u16,
    password: Option<&'static str>,
    folder: TempDir,
}

impl Server {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// There is no `redis-server` in `PATH` (the text says so), or it does not start.
    pub fn start() -> io::Result<Self> {
        Self::start_with(None)
    }

    /// Starts a server that asks for this password.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(password: Option<&'static str>) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        // Another process may take the port between the search and the start of the server, so some
        // ports are tried.
        let mut last = None;
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let mut child = spawn(port, password, &folder)?;
            match await_answer(&mut child, port) {
                Ok(()) => return Ok(Self { child, port, password, folder }),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::Error::other("no port")))
    }

    /// Returns the URL of database 0, with the password.
    #[must_use]
    pub fn url(&self) -> String {
        let login = self.password.map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{login}127.0.0.1:{}", self.port)
    }

    /// Ends the server and its data, and starts a new one at the same port.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        self.child = spawn(self.port, self.password, &self.folder)?;
        await_answer(&mut self.child, self.port)
    }

    /// Ends the server. Its port then refuses connections.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn stop(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Sends a signal. After `STOP` the server accepts connections and requests, and answers
    /// nothing until `CONT`.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other("kill failed")) }
    }

    /// Runs a command. Returns the first line of the answer.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn command(&self, line: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.write_all(format!("{line}\r\n").as_bytes())?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        Ok(answer.trim_end().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

fn spawn(port: u16, password: Option<&str>, folder: &TempDir) -> io::Result<Child> {
    let mut command = Command::new(PROGRAM);
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
    if let Some(password) = password {
        command.args(["--requirepass", password]);
    }
    let spawned = command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    spawned.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::new(
            error.kind(),
            format!(
                "no {PROGRAM}, which this needs; `apt-get install {PROGRAM}` or `brew install redis` gets it"
            ),
        ),
        _ => error,
    })
}

/// Returns whether a Redis listens at the port. One with a password answers with an error that
/// names `NOAUTH`, which counts.
fn answers(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    Ok([*b"+PONG", *b"-NOAU"].contains(&answer))
}

/// Waits until the server answers, and kills it if it does not.
fn await_answer(child: &mut Child, port: u16) -> io::Result<()> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("{PROGRAM} has ended: {status}")));
        }
        if answers(port).is_ok_and(|answers| answers) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    Err(io::Error::new(io::ErrorKind::TimedOut, format!("{PROGRAM} does not listen")))
}
