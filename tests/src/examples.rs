//! The examples of the crate `configcat`, each run against a CDN of the trial's own, with a look at
//! its output.

use std::{
    error::Error,
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use configcat_testkit::{Cdn, SDK_KEY};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The config of the CDN.
const FLAGS: &str = include_str!("../../examples/flags.json");

/// The folder of the built examples.
pub struct Examples {
    folder: PathBuf,
}

impl Examples {
    /// Takes the examples from this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Runs all examples that need no server of another program.
    ///
    /// # Errors
    ///
    /// An example does not start, or prints something else than it should.
    pub fn run(&self) -> Result {
        for (name, run) in [
            ("hello", Self::hello as fn(&Self) -> Result),
            ("tokio", Self::tokio),
            ("axum", Self::axum),
            ("static", Self::a_static),
            ("lambda", Self::lambda),
            ("override", Self::overrides),
            ("unit_test", Self::unit_test),
            ("cli", Self::cli),
            ("metrics", Self::metrics),
        ] {
            run(self).map_err(|error| format!("{name}: {error}"))?;
            println!("{name}: ok");
        }
        Ok(())
    }

    /// Runs the example with a Redis at this URL. `has_entry` returns whether that has a config.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_with_redis(&self, url: &str, has_entry: impl Fn() -> io::Result<bool>) -> Result {
        let cdn = Cdn::new(FLAGS);
        let mut command = self.command("shared_redis", &cdn);
        command.env("REDIS_URL", url);
        let mut first = Running::start(&mut command)?;
        is("Jó napot!", &first.line()?)?;
        is("fetched by this process", &first.line()?)?;
        // The entry is written beside the first evaluation, on a thread of the client.
        while !has_entry()? {
            std::thread::yield_now();
        }
        let mut second = Running::start(&mut command)?;
        is("Jó napot!", &second.line()?)?;
        is("read from Redis", &second.line()?)?;
        is(&1, &cdn.count())?;
        println!("shared_redis: ok");
        Ok(())
    }

    /// The program of the README. `cargo xtask front-door` runs it with a config.
    fn hello(&self) -> Result {
        let mut command = self.command("hello", &Cdn::empty());
        // A port at which nobody listens, so that nothing leaves the machine.
        let out = command.env("HTTPS_PROXY", "http://127.0.0.1:1").output()?;
        is("", &*stdout(&out)?)?;
        has("1103", &stderr(&out))?;
        let out = command.env_remove("CONFIGCAT_SDK_KEY").output()?;
        is(&false, &out.status.success())?;
        has("CONFIGCAT_SDK_KEY", &stderr(&out))
    }

    fn tokio(&self) -> Result {
        let cdn = Cdn::new(FLAGS);
        let out = self.command("tokio", &cdn).output()?;
        is("ready: HasUpToDateFlagData\nJó napot!\nGuten Tag!\nrefreshed\n", &*stdout(&out)?)?;
        is(&2, &cdn.count())
    }

    fn axum(&self) -> Result {
        let cdn = Cdn::new(FLAGS);
        let mut server = Running::start(&mut self.command("axum", &cdn))?;
        let url = server.line()?;
        let address = url.strip_prefix("http://").and_then(|url| url.strip_suffix("/HU"));
        let mut stream = TcpStream::connect(address.ok_or(url.clone())?)?;
        stream.write_all(b"GET /DE HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        has("HTTP/1.1 200 OK", &response)?;
        has("\r\n\r\nGuten Tag!", &response)
    }

    fn a_static(&self) -> Result {
        let cdn = Cdn::new(FLAGS);
        let mut command = self.command("static", &cdn);
        is("Jó napot!\nGuten Tag!\n", &*stdout(&command.output()?)?)?;
        let out = command.env_remove("CONFIGCAT_SDK_KEY").output()?;
        is("(no greeting)\n(no greeting)\n", &*stdout(&out)?)?;
        has("CONFIGCAT_SDK_KEY", &stderr(&out))
    }

    fn lambda(&self) -> Result {
        let (cdn, folder) = (Cdn::new(FLAGS), tempfile::tempdir()?);
        let mut command = self.command("lambda", &cdn);
        command.env("TMPDIR", folder.path());
        // The second process finds the config of the first one in the cache.
        for _ in 0..2 {
            let mut running = Running::start(&mut command)?;
            for (country, greeting) in [("HU", "Jó napot!"), ("DE", "Guten Tag!")] {
                writeln!(running.stdin()?, "{country}")?;
                is(greeting, &running.line()?)?;
            }
            running.end()?;
        }
        is(&1, &cdn.count())
    }

    fn overrides(&self) -> Result {
        let cdn = Cdn::new(FLAGS);
        let out = self.command("override", &cdn).output()?;
        let out = stdout(&out)?;
        has("greeting: Hello from this machine\n", &out)?;
        has("maxUploadMb: 10\n", &out)
    }

    fn unit_test(&self) -> Result {
        let out = self.command("unit_test", &Cdn::empty()).output()?;
        is("Good day\n", &*stdout(&out)?)
    }

    fn cli(&self) -> Result {
        let cdn = Cdn::new(FLAGS);
        let out = self.command("cli", &cdn).arg("greeting").output()?;
        is("Hello!\n", &*stdout(&out)?)?;
        has("IF User.Country EQUALS 'HU'", &stderr(&out))?;
        let out = self.command("cli", &cdn).arg("greetings").output()?;
        is(&false, &out.status.success())?;
        has("greetings", &stderr(&out))
    }

    fn metrics(&self) -> Result {
        let out = self.command("metrics", &Cdn::empty()).output()?;
        has(r#"{key="isSaleRunning",variation="5f1a90c2",reason="static"} 1000"#, &stdout(&out)?)
    }

    /// Returns the command of an example, with the CDN and a key in its environment.
    fn command(&self, name: &str, cdn: &Cdn) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command.env("CONFIGCAT_SDK_KEY", SDK_KEY).env("CONFIGCAT_BASE_URL", cdn.url());
        command.env("NO_PROXY", "127.0.0.1").env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }
}

/// An example that runs until its input ends. Dropping it kills the process.
struct Running {
    child: Child,
    lines: io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        Ok(Self { child, lines: BufReader::new(stdout).lines() })
    }

    fn line(&mut self) -> Result<String> {
        Ok(self.lines.next().ok_or("no further line")??)
    }

    fn stdin(&mut self) -> Result<&mut std::process::ChildStdin> {
        Ok(self.child.stdin.as_mut().ok_or("no input")?)
    }

    /// Ends the input, and waits for the end of the process.
    fn end(mut self) -> Result {
        drop(self.child.stdin.take());
        is(&true, &self.child.wait()?.success())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the output of a program that has succeeded.
fn stdout(out: &Output) -> Result<String> {
    if !out.status.success() {
        return Err(format!("{}: {}", out.status, stderr(out)).into());
    }
    Ok(String::from_utf8(out.stdout.clone())?)
}

fn stderr(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn is<T: PartialEq + fmt::Debug + ?Sized>(expected: &T, found: &T) -> Result {
    if expected == found { Ok(()) } else { Err(format!("{found:?}, expected {expected:?}").into()) }
}

fn has(expected: &str, text: &str) -> Result {
    if text.contains(expected) { Ok(()) } else { Err(format!("no {expected:?} in {text:?}").into()) }
}
