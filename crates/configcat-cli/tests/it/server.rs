//! A running `configcat serve`, and clients of it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use configcat::{Client, PollingMode, fetch::Proxy};
use configcat_testkit::SDK_KEY;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Limit of each wait. All of them end within a second, except on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server, with the file that it serves. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    output: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    pub(crate) url: String,
    folder: TempDir,
}

/// A config with one flag.
pub(crate) fn config(is_new: bool) -> String {
    json!({"f": {"isNew": {"t": 0, "v": {"b": is_new}, "i": if is_new { "on" } else { "off" }}}}).to_string()
}

impl Server {
    /// Serves a document, with these further arguments.
    pub(crate) fn new(document: &str, args: &[&str]) -> Self {
        let mut server = Self::of_file(document, &[&["--format", "json"], args].concat());
        server.url = server.event("serving")["url"].as_str().unwrap().to_owned();
        server
    }

    /// Serves a document, with the output for people.
    pub(crate) fn in_text(document: &str, args: &[&str]) -> Self {
        let mut server = Self::of_file(document, args);
        server.url = server.lines(1)[0].rsplit(' ').next().unwrap().to_owned();
        server
    }

    /// Serves standard input with this text.
    pub(crate) fn of_stdin(document: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self::start(folder, Path::new("-"), document, &["--format", "json"]);
        server.url = server.event("serving")["url"].as_str().unwrap().to_owned();
        server
    }

    fn of_file(document: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("flags.json");
        fs::write(&file, document).unwrap();
        Self::start(folder, &file, "", args)
    }

    fn start(folder: TempDir, flags: &Path, stdin: &str, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_configcat"))
            .arg("serve")
            .arg(flags)
            .args(["--port", "0"])
            .args(args)
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            // Ends with the server, or when the test has the lines that it wants.
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, output, stderr: Some(stderr), url: String::new(), folder }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("flags.json")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    /// Waits for the next lines of the output.
    #[track_caller]
    pub(crate) fn lines(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.output.recv_timeout(PATIENCE).expect("a line")).collect()
    }

    /// Stops reading the output. The thread that reads it ends with the next line.
    pub(crate) fn close_output(&mut self) {
        self.output = mpsc::channel().1;
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for an event of this kind, which must be the next one.
    #[track_caller]
    pub(crate) fn event(&self, kind: &str) -> Json {
        let line = self.lines(1).remove(0);
        let event: Json = serde_json::from_str(&line).expect(&line);
        assert_eq!(event["event"], kind, "{event}");
        event
    }

    /// Sends the signal of Ctrl-C.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        let status = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status();
        assert!(status.unwrap().success());
    }

    /// Waits for the end. Returns the status and standard error.
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.stderr.take().unwrap().join().unwrap());
            }
            assert!(start.elapsed() < PATIENCE, "the server does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills the server, and returns what it has written to standard error.
    pub(crate) fn stderr(mut self) -> String {
        self.child.kill().unwrap();
        self.end().1
    }

    /// Returns a client that fetches in `force_refresh` only.
    pub(crate) fn client(&self) -> Client {
        self.client_with_timeout(PATIENCE)
    }

    pub(crate) fn client_with_timeout(&self, limit: Duration) -> Client {
        Client::builder(SDK_KEY)
            .base_url(&self.url)
            .proxy(Proxy::None)
            .polling_mode(PollingMode::manual())
            .request_timeout(limit)
            .build()
            .unwrap()
    }

    /// Sends these bytes on a connection of their own. Returns all that comes back.
    pub(crate) fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
