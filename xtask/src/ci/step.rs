//! A step of `cargo xtask ci`: a command, its limit of time, and how it went.

use std::{
    env::{self, consts::EXE_SUFFIX},
    ffi::OsString,
    fmt, io,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::workspace::{cargo, in_workspace};

/// Separator of the arguments in `CLIPPY_ARGS`, by which `cargo clippy` gives them to the compiler.
const SEPARATOR: &str = "__CLIPPY_HACKERY__";

/// A command with a name.
pub(super) struct Step {
    pub(super) name: String,
    command: Command,
    /// The program as one would type it.
    program: String,
    limit: Option<Duration>,
    not_run: Option<&'static str>,
}

impl Step {
    pub(super) fn new(name: impl Into<String>, args: &str) -> Self {
        Self::of(name.into(), cargo(args), "cargo".to_owned())
    }

    /// A command of cargo that builds, with clippy as its compiler: lints are errors, and the
    /// crates are compiled once. `cargo clippy` would compile every dependency once more, since its
    /// results cannot be linked. All steps of one set of features must be linted, because cargo
    /// compiles a crate again for another compiler.
    pub(super) fn linted(name: &str, args: &str) -> Self {
        Self::new(name, args).with_clippy()
    }

    /// Lints what the command builds: see [`linted`](Self::linted).
    pub(super) fn with_clippy(self) -> Self {
        self.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").compiler_arg("-Dwarnings")
    }

    /// One more argument of the compiler, for the crates of this workspace alone.
    pub(super) fn compiler_arg(self, arg: &str) -> Self {
        let given = self.command.get_envs().find(|(name, _)| *name == "CLIPPY_ARGS");
        let given = given.and_then(|(_, value)| value?.to_str()).unwrap_or_default();
        let args = format!("{given}{arg}{SEPARATOR}");
        self.env("CLIPPY_ARGS", &args)
    }

    /// A command of this program. It is not run by cargo, which would build it once more if the
    /// step is linted.
    pub(super) fn xtask(name: &str, args: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap_or_default());
        command.args(args.split_whitespace()).current_dir(in_workspace(""));
        Self::of(name.to_owned(), command, "cargo xtask".to_owned())
    }

    /// A program that a step before has built. `cargo run -p` would build it again, with the
    /// features that it asks for alone.
    pub(super) fn program(name: &str, path: &str, args: &[&str]) -> Self {
        // Beside this program, which is of the same profile.
        let folder = env::current_exe().unwrap_or_default();
        let path = folder.with_file_name(format!("{path}{EXE_SUFFIX}"));
        let mut command = Command::new(&path);
        command.args(args).current_dir(in_workspace(""));
        Self::of(name.to_owned(), command, path.display().to_string())
    }

    fn of(name: String, mut command: Command, program: String) -> Self {
        // No step asks anything, and no step asks the real CDN.
        command.stdin(Stdio::null()).env_remove("CONFIGCAT_SDK_KEY");
        Self { name, command, program, limit: None, not_run: None }
    }

    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(super) fn envs<const N: usize>(self, variables: [(&str, &str); N]) -> Self {
        variables.into_iter().fold(self, |step, (name, value)| step.env(name, value))
    }

    pub(super) fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(super) fn arg(mut self, arg: OsString) -> Self {
        self.command.arg(arg);
        self
    }

    /// Leaves the step out if there is a reason to.
    pub(super) fn not_run(mut self, reason: Option<&'static str>) -> Self {
        self.not_run = reason;
        self
    }

    pub(super) fn run(&mut self) -> Outcome {
        println!("\n==> {}\n    {}", self.name, self.line());
        let outcome = match self.not_run {
            Some(reason) => Outcome::NotRun(reason),
            None => self.timed(),
        };
        println!("    {outcome}");
        outcome
    }

    fn timed(&mut self) -> Outcome {
        let start = Instant::now();
        let result = self.finish();
        let took = start.elapsed();
        match result {
            Ok(()) => Outcome::Ok(took),
            Err(cause) => Outcome::Failed(took, cause),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let mut child = self.command.spawn().map_err(Failure::Io)?;
        let status = match self.limit {
            None => child.wait().map_err(Failure::Io)?,
            Some(limit) => wait(&mut child, limit)?,
        };
        if status.success() { Ok(()) } else { Err(Failure::Status(status)) }
    }

    /// The command as one would type it.
    fn line(&self) -> String {
        let mut line = String::new();
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                line += &format!("{}='{}' ", name.to_string_lossy(), value.to_string_lossy());
            }
        }
        line += &self.program;
        for arg in self.command.get_args() {
            line += &format!(" {}", arg.to_string_lossy());
        }
        line
    }
}

/// Starts a command of this program with the lowest priority and without output, where that is
/// possible. It may fail: nothing depends on it.
pub(super) fn in_idle_time(args: &str) -> Option<Child> {
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(env::current_exe().ok()?).args(args.split_whitespace());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.current_dir(in_workspace("")).spawn().ok()
}

/// Waits for the end of a process, which is killed at the limit.
fn wait(child: &mut Child, limit: Duration) -> Result<ExitStatus, Failure> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait().map_err(Failure::Io)? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().and_then(|()| child.wait()).map_err(Failure::Io)?;
    Err(Failure::Late(limit))
}

/// The outcome of a step.
pub(super) enum Outcome {
    Ok(Duration),
    Failed(Duration, Failure),
    NotRun(&'static str),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(took) => write!(f, "ok      {:7.1} s", took.as_secs_f64()),
            Self::Failed(took, cause) => write!(f, "FAILED  {:7.1} s ({cause})", took.as_secs_f64()),
            Self::NotRun(reason) => write!(f, "not run ({reason})"),
        }
    }
}

/// Why a step failed.
pub(super) enum Failure {
    Io(io::Error),
    Status(ExitStatus),
    Late(Duration),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(cause) => cause.fmt(f),
            Self::Status(status) => status.fmt(f),
            Self::Late(limit) => write!(f, "killed after {limit:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_line_can_be_typed() {
        let step = Step::new("docs", "doc --no-deps").env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(step.line(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn lints_are_arguments_of_the_compiler() {
        let step = Step::linted("lint", "build").compiler_arg("--cfg=x");
        assert_eq!(
            step.line(),
            "CLIPPY_ARGS='-Dwarnings__CLIPPY_HACKERY__--cfg=x__CLIPPY_HACKERY__' \
             RUSTC_WORKSPACE_WRAPPER='clippy-driver' cargo build"
        );
    }

    #[test]
    fn a_step_ends_at_its_exit_or_its_limit() {
        let run = |args, limit| {
            let mut step = Step::new("any", args).limit(limit);
            step.command.stdout(Stdio::null()).stderr(Stdio::null());
            step.timed()
        };
        assert!(matches!(run("--version", 600 * SECOND), Outcome::Ok(_)));
        assert!(matches!(run("--version", Duration::ZERO), Outcome::Failed(_, Failure::Late(_))));
        assert!(matches!(run("--no-such-option", 600 * SECOND), Outcome::Failed(_, Failure::Status(_))));
    }
}
