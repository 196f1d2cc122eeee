//! A program that prints lines, and reads some.

use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value as Json;

/// Limit of each wait. Programs start and requests are answered in less than a second; a busy
/// machine takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// A running program. Dropping it kills it.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    pub(super) fn start(name: &'static str, mut command: Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| format!("{name} does not start: {cause}"))?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            // Ends with the program, or when nobody waits for its lines any more.
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Self { name, stdin: child.stdin.take(), child, lines })
    }

    /// Waits for a line, and returns it as JSON.
    pub(super) fn next(&self) -> Result<Json, Box<dyn Error>> {
        let line = self.lines.recv_timeout(LIMIT).map_err(|_| format!("no line from {}", self.name))?;
        Ok(serde_json::from_str(&line).map_err(|_| format!("{} prints {line}", self.name))?)
    }

    /// Waits for a line for which the condition holds, and leaves out all others.
    pub(super) fn next_that(&self, is_wanted: impl Fn(&Json) -> bool) -> Result<Json, Box<dyn Error>> {
        let start = Instant::now();
        let mut seen = Vec::new();
        while start.elapsed() < LIMIT {
            match self.next() {
                Ok(line) if is_wanted(&line) => return Ok(line),
                Ok(line) => seen.push(line.to_string()),
                Err(_) => break,
            }
        }
        Err(format!("{} does not print the line; it prints\n{}", self.name, seen.join("\n")).into())
    }

    /// Sends an empty line to the program.
    pub(super) fn nudge(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.stdin.as_mut().ok_or("no standard input")?.write_all(b"\n")?)
    }

    /// Sends the signal of Ctrl-C.
    pub(super) fn interrupt(&self) -> Result<(), Box<dyn Error>> {
        let status = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status()?;
        if status.success() { Ok(()) } else { Err("kill fails".into()) }
    }

    /// Waits for the end of the program.
    pub(super) fn end(mut self) -> Result<ExitStatus, Box<dyn Error>> {
        self.stdin = None;
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(format!("{} does not end", self.name).into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
