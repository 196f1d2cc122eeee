//! A step of `cargo xtask ci`: a command, its limit of time, and how it went.

use std::{
    env::{self, consts::EXE_SUFFIX},
    ffi::{OsStr, OsString},
    fmt,
    io::{self, Read, Seek},
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
    /// Asked when the step begins, since an answer may be an installation.
    not_run: Box<dyn Fn() -> Option<&'static str> + Send>,
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
        Self { name, command, program, limit: None, not_run: Box::new(|| None) }
    }

    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
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
    pub(super) fn not_run(mut self, reason: impl Fn() -> Option<&'static str> + Send + 'static) -> Self {
        self.not_run = Box::new(reason);
        self
    }

    /// Runs the step, whose output goes to that of this program.
    pub(super) fn run(&mut self) -> Outcome {
        println!("{}", self.heading());
        let outcome = self.outcome();
        println!("    {outcome}");
        outcome
    }

    /// Runs the step with the lowest priority, and returns also what there is to print. What an
    /// installation says goes to the output of this program.
    pub(super) fn run_beside(&mut self) -> (Outcome, String) {
        let heading = self.heading();
        let (outcome, output) = self
            .captured()
            .unwrap_or_else(|cause| (Outcome::Failed(Duration::ZERO, Failure::Io(cause)), String::new()));
        let printed = format!("{heading}\n{output}    {outcome}");
        (outcome, printed)
    }

    fn captured(&mut self) -> io::Result<(Outcome, String)> {
        let mut output = tempfile::tempfile()?;
        self.command = niced(&self.command);
        self.command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
        let outcome = self.outcome();
        // The file has one place for reading and writing, which is its end.
        output.rewind()?;
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes)?;
        Ok((outcome, String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn heading(&self) -> String {
        format!("\n==> {}\n    {}", self.name, self.line())
    }

    fn outcome(&mut self) -> Outcome {
        match (self.not_run)() {
            Some(reason) => Outcome::NotRun(reason),
            None => self.timed(),
        }
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

/// Returns the command with the lowest priority, on Unix, which has `nice`.
fn niced(command: &Command) -> Command {
    let mut niced = Command::new(if cfg!(unix) { OsStr::new("nice") } else { command.get_program() });
    if cfg!(unix) {
        niced.args(["-n", "19"]).arg(command.get_program());
    }
    niced.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => niced.env(name, value),
            None => niced.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        niced.current_dir(folder);
    }
    niced
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

    #[test]
    fn a_step_beside_others_returns_its_output() {
        let mut step = Step::new("any", "--version").env("A", "b");
        let (outcome, printed) = step.run_beside();
        assert!(matches!(outcome, Outcome::Ok(_)));
        assert!(printed.starts_with("\n==> any\n    A='b' cargo --version\ncargo 1."), "{printed}");
        assert!(printed.contains("\n    ok "), "{printed}");
        let (outcome, printed) = Step::new("any", "--no-such-option").run_beside();
        assert!(matches!(outcome, Outcome::Failed(_, Failure::Status(_))));
        assert!(printed.contains("unexpected argument"), "{printed}");
    }

    #[test]
    fn a_niced_command_has_the_variables_and_the_folder() {
        let mut command = Command::new("program");
        command.arg("argument").env("A", "b").env_remove("C").current_dir("/folder");
        let niced = niced(&command);
        let parts = |command: &Command| {
            let owned = |value: &OsStr| value.to_owned();
            let variables = command.get_envs().map(|(name, value)| (owned(name), value.map(owned)));
            (variables.collect::<Vec<_>>(), command.get_current_dir().map(ToOwned::to_owned))
        };
        assert_eq!(parts(&niced), parts(&command));
    }
}
