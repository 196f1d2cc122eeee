//! `cargo xtask ci`: every check, each a cargo command that can be repeated by hand.
//!
//! All steps run, so that one run shows all that is wrong; the summary tells how each went.

use std::{
    env, fmt, fs, io,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{cargo, in_workspace};

const CRATES: [&str; 8] = [
    "configcat-eval",
    "configcat-cache",
    "configcat-fetch",
    "configcat",
    "configcat-testkit",
    "configcat-webhook",
    "configcat-codegen",
    "configcat-openfeature",
];

fn steps() -> Vec<Step> {
    let (no_tls, no_deny) = (missing_openssl(), missing_deny());
    let mut steps = vec![
        Step::new("format", "fmt --all --check"),
        Step::new("layering", "xtask layering"),
        Step::new("licences, duplicates, sources", "deny check bans licenses sources").not_run(no_deny),
        Step::new("advisories", "deny --offline check advisories")
            .not_run(no_deny.or_else(missing_advisories)),
        Step::new("packages", "xtask package"),
        Step::new("lint", "clippy --workspace --all-targets -- -D warnings"),
    ];
    for name in CRATES {
        let alone = format!("check -p {name}");
        let bare = format!("clippy -p {name} --no-default-features --all-targets -- -D warnings");
        steps.push(Step::new(format!("build {name} alone"), &alone));
        steps.push(Step::new(format!("lint {name} without features"), &bare));
    }
    let rest = [
        Step::new(
            "lint with platform-verifier",
            "clippy -p configcat-fetch --features platform-verifier --all-targets -- -D warnings",
        ),
        Step::new(
            "lint with native-tls alone",
            "clippy -p configcat-fetch --no-default-features --features native-tls --all-targets -- -D warnings",
        )
        .not_run(no_tls),
        Step::new("lint with tracing", "clippy -p configcat --features tracing --all-targets -- -D warnings"),
        Step::new("lint with all features", "clippy --workspace --all-features --all-targets -- -D warnings")
            .not_run(no_tls),
        Step::new("test", "test --workspace --no-fail-fast"),
        Step::new("interleavings", "test -p interleavings").env("CONFIGCAT_SCHEDULES", "10000"),
        Step::new("test with tracing", "test -p configcat --features tracing --no-fail-fast"),
        Step::new("test configcat-eval alone", "test -p configcat-eval --release --no-fail-fast"),
        Step::new(
            "test with all features",
            "test --workspace --exclude configcat-trials --all-features --no-fail-fast",
        )
        .not_run(no_tls),
        Step::new("test with Redis", "test -p configcat-trials --features redis --test redis -- --test-threads=1")
            .not_run(missing_redis()),
        Step::new("silent evaluation", "xtask silent"),
        Step::new("fleet", "xtask fleet --check"),
        Step::new("docs", "doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings"),
        Step::new("docs with all features", "doc --workspace --no-deps --all-features")
            .env("RUSTDOCFLAGS", "-D warnings")
            .not_run(no_tls),
        Step::new("build the sample", "build -p console"),
        Step::new("first run", "run -p console").limit(Duration::from_secs(10)),
        Step::new("lint the browser test", "clippy -p webapp --test browser -- -D warnings"),
        Step::new("web application in a browser", "test -p webapp --test browser").not_run(missing_browser()),
        Step::new("build the example", "build -p configcat --example metrics"),
        Step::new("metrics", "run -p configcat --example metrics").limit(Duration::from_secs(10)),
        Step::new("soak for a moment", "run -p configcat-trials --bin soak -- --seconds 10 --seed 1"),
        conformance(),
    ];
    steps.extend(rest);
    steps
}

/// Runs all steps and prints how they went; whether none failed.
pub(crate) fn run() -> bool {
    let steps = steps().into_iter().map(|mut step| {
        let outcome = step.run();
        (step.name, outcome)
    });
    let summary = Summary(steps.collect());
    print!("\n{summary}");
    summary.is_ok()
}

/// Over the bundle that `CONFIGCAT_CONFORMANCE` names, else over the one beside the repository if there is one.
fn conformance() -> Step {
    let named = env::var_os("CONFIGCAT_CONFORMANCE");
    let beside = in_workspace("../shared/conformance");
    let missing = (named.is_none() && !beside.is_dir()).then_some("no bundle at ../shared/conformance");
    let mut step = Step::new("conformance", "xtask conformance").not_run(missing);
    step.command.arg(named.unwrap_or_else(|| "../shared/conformance".into()));
    step
}

/// Why `native-tls` cannot be built here; it is OpenSSL but on macOS and Windows.
fn missing_openssl() -> Option<&'static str> {
    if cfg!(any(target_os = "macos", windows)) {
        return None;
    }
    let mut pkg_config = Command::new("pkg-config");
    let found = pkg_config.args(["--exists", "openssl"]).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => None,
        _ => Some("pkg-config finds no openssl; install pkg-config and libssl-dev"),
    }
}

/// Why the web application cannot be looked at. A driver without a browser is an error of that step.
fn missing_browser() -> Option<&'static str> {
    let mut driver = Command::new("chromedriver");
    let version = driver.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = version.is_ok_and(|status| status.success());
    (!is_there).then_some("no chromedriver; install chromium and chromium-driver")
}

/// Why the cache in Redis cannot be tried here. `.ci/run` says that it must be; then the tests fail and say so.
fn missing_redis() -> Option<&'static str> {
    if env::var_os("CONFIGCAT_NEEDS_REDIS").is_some() {
        return None;
    }
    let version = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
    let is_there = version.is_ok_and(|status| status.success());
    (!is_there).then_some("no redis-server; install redis-server")
}

/// Why nothing can be said of the crates below; `deny.toml` has what is accepted.
fn missing_deny() -> Option<&'static str> {
    let version = cargo("deny --version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = version.is_ok_and(|status| status.success());
    (!is_there).then_some("no cargo-deny; `cargo install cargo-deny --locked` gets it")
}

/// Why known vulnerabilities cannot be looked up.
fn missing_advisories() -> Option<&'static str> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let databases = home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok());
    let is_there = databases.is_some_and(|entries| entries.flatten().any(|entry| entry.path().is_dir()));
    (!is_there).then_some("no advisory database; `cargo deny fetch db` gets it")
}

/// A cargo command with a name.
struct Step {
    name: String,
    command: Command,
    limit: Option<Duration>,
    not_run: Option<&'static str>,
}

impl Step {
    fn new(name: impl Into<String>, args: &str) -> Self {
        let mut command = cargo(args);
        // No step asks anything, and none leaves the machine for the real CDN.
        command.stdin(Stdio::null()).env_remove("CONFIGCAT_SDK_KEY");
        Self { name: name.into(), command, limit: None, not_run: None }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Leaves the step out if there is a reason to.
    fn not_run(mut self, reason: Option<&'static str>) -> Self {
        self.not_run = reason;
        self
    }

    fn run(&mut self) -> Outcome {
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
        line += "cargo";
        for arg in self.command.get_args() {
            line += &format!(" {}", arg.to_string_lossy());
        }
        line
    }
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

/// How a step went.
enum Outcome {
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
enum Failure {
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

/// How all steps went, a line each.
struct Summary(Vec<(String, Outcome)>);

impl Summary {
    fn is_ok(&self) -> bool {
        !self.0.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(..)))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let (mut ok, mut failed, mut not_run, mut total) = (0, 0, 0, Duration::ZERO);
        writeln!(f, "==> summary")?;
        for (name, outcome) in &self.0 {
            writeln!(f, "    {name:width$}  {outcome}")?;
            match outcome {
                Outcome::Ok(took) => {
                    ok += 1;
                    total += *took;
                }
                Outcome::Failed(took, _) => {
                    failed += 1;
                    total += *took;
                }
                Outcome::NotRun(_) => not_run += 1,
            }
        }
        writeln!(f, "{ok} ok, {failed} failed, {not_run} not run, {:.0} s", total.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn summary(outcomes: impl IntoIterator<Item = (&'static str, Outcome)>) -> Summary {
        Summary(outcomes.into_iter().map(|(name, outcome)| (name.to_owned(), outcome)).collect())
    }

    #[test]
    fn summary_tells_each_step_and_counts() {
        let summary = summary([
            ("format", Outcome::Ok(SECOND)),
            ("first run", Outcome::Failed(10 * SECOND, Failure::Late(10 * SECOND))),
            ("bundle", Outcome::NotRun("no bundle")),
        ]);
        assert!(!summary.is_ok());
        assert_eq!(
            summary.to_string(),
            "==> summary
    format     ok          1.0 s
    first run  FAILED     10.0 s (killed after 10s)
    bundle     not run (no bundle)
1 ok, 1 failed, 1 not run, 11 s\n",
        );
    }

    #[test]
    fn steps_left_out_fail_nothing() {
        assert!(summary([("a", Outcome::Ok(SECOND)), ("b", Outcome::NotRun("no need"))]).is_ok());
    }

    #[test]
    fn the_line_can_be_typed() {
        let step = Step::new("docs", "doc --no-deps").env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(step.line(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
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
