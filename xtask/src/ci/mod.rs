//! `cargo xtask ci`: every check, each a command that can be repeated by hand.
//!
//! All steps run, so that one run shows all that is wrong; the summary tells how each went.

mod step;

use std::{
    fmt, iter,
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use self::step::{Outcome, Step};
use crate::{
    conformance,
    debian_rust::{DebianRust, Target},
    instructions, missing, package, python,
    serve::Sdk,
    wasm, webassembly,
};

/// All features except `native-tls`, for a machine without OpenSSL.
const WITHOUT_OPENSSL: &str = "--features configcat/chrono,configcat/jiff,configcat/json,\
    configcat/platform-verifier,configcat/redis,configcat/signed-overrides,configcat/time,configcat/tracing";

/// The number of steps.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    Quick,
    Usual,
    Full,
}

/// The reason for leaving a step out of the usual ones, which must end within 20 minutes on two
/// processors without anything that was built before.
const LONG: &str = "takes a minute or more: cargo xtask ci --full";

/// The checks that an edit needs, in under two minutes: those of the published crates with default
/// features.
fn quick_steps() -> Vec<Step> {
    vec![
        Step::new("format", "fmt --all --check"),
        Step::xtask("tidy", "tidy"),
        Step::new("lint", "clippy --all-targets -- -D warnings"),
        Step::new("test", "test --no-fail-fast"),
    ]
}

/// Every check that is not one of [`steps_beside`]. Steps with the same features share what cargo
/// has built, so the order is: all features, default features, `configcat-eval` by itself.
fn all_steps(extent: Extent) -> Vec<Step> {
    let long = (extent != Extent::Full).then_some(LONG);
    let mut steps = code_steps();
    steps.extend(all_features_steps(long));
    steps.extend(Sdk::ALL.map(served));
    steps.extend(default_features_steps(long));
    steps.extend([
        // All its features, and nothing that other crates ask of its dependencies.
        Step::linted("test configcat-eval alone", "test -p configcat-eval --all-features --no-fail-fast"),
        Step::xtask("silent evaluation", "silent").with_clippy(),
        conformance("conformance", &[]),
        Step::xtask("npm package", "wasm").not_run(move || long.or_else(wasm::missing)),
    ]);
    steps
}

/// Steps that run beside the others in time that these leave. No verdict of them depends on how
/// long something takes. Where they use the same target folder as the others, one build waits for
/// the other, and tests run meanwhile. So they write no program that another step runs, and no step
/// with a limit of time builds.
fn steps_beside() -> Vec<Step> {
    vec![
        // In target folders of their own, since "lint" keeps the other one busy for minutes.
        Step::xtask("minimum Rust", "msrv").not_run(no_debian_rust),
        Step::xtask("WebAssembly", "webassembly").not_run(webassembly::not_run),
        Step::xtask("instructions", "instructions").not_run(instructions::not_run),
        // Each crate and each feature by itself.
        Step::xtask("features", "features"),
        // Shares with "features" what it reads of other crates, as the next two do.
        docs(),
        Step::linted(
            "lint without features",
            "check -p configcat-cache -p configcat-eval -p configcat-fetch --no-default-features --tests",
        ),
        Step::linted(
            "lint with native-tls alone",
            "check -p configcat-fetch --no-default-features --features native-tls --all-targets",
        )
        .not_run(missing::openssl),
        // Builds all tests of the facade, and runs those that need a client without TLS.
        Step::linted(
            "tests without features",
            "test -p configcat --no-default-features --tests no_feature_for_tls",
        ),
        // Links the same crates. Those of this workspace are compiled once more.
        Step::linted("interleavings", "test -p configcat --no-default-features --lib interleavings")
            .compiler_arg("--cfg=shuttle")
            .env("CONFIGCAT_SCHEDULES", "10000"),
    ]
}

/// Returns why the minimum Rust is not there. It is installed with all that "WebAssembly" needs,
/// which would replace a compiler that runs.
fn no_debian_rust() -> Option<&'static str> {
    DebianRust::install(Target::Wasm32).or_else(|_| DebianRust::install(Target::Host)).err()
}

/// The steps that read the code and build nothing.
fn code_steps() -> Vec<Step> {
    vec![
        Step::new("format", "fmt --all --check"),
        Step::xtask("layering", "layering"),
        Step::xtask("tidy", "tidy"),
        Step::xtask("public API", "api --check"),
        Step::new("licences, duplicates, sources", "deny check bans licenses sources").not_run(missing::deny),
        Step::new("advisories", "deny --offline check advisories").not_run(missing::advisories),
        Step::xtask("packages", "package"),
    ]
}

fn all_features_steps(long: Option<&'static str>) -> Vec<Step> {
    let all = all_features();
    let redis = match missing::openssl() {
        None => all.to_owned(),
        Some(_) => format!("{all},configcat-tests/redis"),
    };
    // The tests of `configcat-eval` run by themselves.
    let members = "--workspace --exclude configcat-eval";
    // Without it there is no page of the playground.
    let no_module = long.or_else(|| DebianRust::install(Target::Wasm32).err());
    vec![
        // Builds all that the following steps run.
        Step::linted("lint", &format!("test {members} {redis} --all-targets --no-run")),
        // The tests with Redis are in `configcat-tests`, and fail where there is no
        // `redis-server`.
        Step::linted(
            "test with all features",
            &format!("test {members} {all} --exclude configcat-tests --no-fail-fast"),
        ),
        Step::linted("test with Redis", &format!("test {members} {redis} --test redis -- --test-threads=1"))
            .not_run(missing::redis),
        Step::linted("build the examples", &format!("build {members} {redis} --examples --bin run-examples")),
        Step::program("examples", "run-examples", &[]).limit(Duration::from_secs(60)),
        Step::xtask("playground", "playground").not_run(move || no_module),
        Step::linted(
            "pages in a browser",
            &format!(
                "test {members} {all} --test browser{}",
                no_module.map_or("", |_| " --exclude playground")
            ),
        )
        .not_run(missing::browser),
        // With the program that the tests have built.
        conformance("conformance by the command", &["--command"]),
    ]
}

fn all_features() -> &'static str {
    if missing::openssl().is_none() { "--all-features" } else { WITHOUT_OPENSSL }
}

/// Default features, as a user has them: TLS by rustls, which gives way to `native-tls` where all
/// features are on.
fn default_features_steps(long: Option<&'static str>) -> Vec<Step> {
    vec![
        Step::linted(
            "test with default features",
            "test -p configcat-fetch -p configcat-tests --no-fail-fast",
        ),
        Step::program("soak for a moment", "soak", &["--seconds", "10", "--seed", "1"]),
        Step::linted("build the sample", "build -p console"),
        // Not by cargo, which may wait for a build of a step beside it.
        Step::program("first run", "console", &[]).limit(Duration::from_secs(10)),
        Step::xtask("front door", "front-door"),
        coming_from_python(),
        Step::xtask("fleet", "fleet --check").with_clippy().not_run(move || long),
    ]
}

/// The documentation of the published crates, with warnings as errors.
fn docs() -> Step {
    let mut args = format!("doc {} --no-deps", all_features());
    // Those of other members would need the metadata of 150 crates more.
    for name in package::published_names().unwrap_or_default() {
        args += &format!(" -p {name}");
    }
    Step::new("docs", &args).env("RUSTDOCFLAGS", "-D warnings")
}

/// Runs the steps, and prints how they went. Returns `true` if no step failed.
pub(crate) fn run(extent: Extent) -> bool {
    let start = Instant::now();
    let (steps, beside) = match extent {
        Extent::Quick => (quick_steps(), Vec::new()),
        Extent::Usual | Extent::Full => (all_steps(extent), steps_beside()),
    };
    let summary = Summary { outcomes: run_all(steps, beside), took: start.elapsed() };
    print!("\n{summary}");
    summary.is_ok()
}

/// Runs the steps, and beside them one after the other of `beside`. What is left of these at the
/// end runs two at a time.
fn run_all(steps: Vec<Step>, beside: Vec<Step>) -> Vec<(String, Outcome)> {
    let beside = Mutex::new(beside.into_iter());
    let next = || beside.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        let (sender, ended) = mpsc::channel();
        scope.spawn(move || {
            while let Some(mut step) = next() {
                let (outcome, printed) = step.run_beside();
                if sender.send((step.name, outcome, printed)).is_err() {
                    break;
                }
            }
        });
        let mut outcomes = Vec::new();
        let shown = |(name, outcome, printed): (String, Outcome, String)| {
            println!("{printed}");
            (name, outcome)
        };
        for mut step in steps.into_iter().chain(iter::from_fn(next)) {
            let outcome = step.run();
            outcomes.push((step.name, outcome));
            // Not earlier, since the output of a step goes straight to that of this program.
            outcomes.extend(ended.try_iter().map(shown));
        }
        outcomes.extend(ended.iter().map(shown));
        outcomes
    })
}

/// With the program that "test with default features" has built.
fn coming_from_python() -> Step {
    let step =
        Step::program("coming from Python", "from-python", &[]).not_run(|| python::OLDEST.install().err());
    step.arg(python::OLDEST.interpreter().into())
}

/// With the command that "test with all features" has built.
fn served(sdk: Sdk) -> Step {
    let step = Step::xtask(&format!("serve to {}", sdk.name()), &format!("serve {} --built", sdk.name()));
    step.not_run(move || sdk.missing()).limit(Duration::from_secs(60))
}

fn conformance(name: &str, args: &[&str]) -> Step {
    let bundle = conformance::bundle();
    let missing = bundle.is_none().then_some("no bundle at ../shared/conformance");
    let step =
        Step::xtask(name, "conformance").not_run(move || missing).arg(bundle.unwrap_or_default().into());
    args.iter().fold(step, |step, arg| step.arg(arg.into()))
}

/// The outcomes of all steps, a line each, and the time of all.
struct Summary {
    outcomes: Vec<(String, Outcome)>,
    took: Duration,
}

impl Summary {
    fn is_ok(&self) -> bool {
        !self.outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(..)))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.outcomes.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let (mut ok, mut failed, mut not_run) = (0, 0, 0);
        writeln!(f, "==> summary")?;
        for (name, outcome) in &self.outcomes {
            writeln!(f, "    {name:width$}  {outcome}")?;
            match outcome {
                Outcome::Ok(_) => ok += 1,
                Outcome::Failed(..) => failed += 1,
                Outcome::NotRun(_) => not_run += 1,
            }
        }
        writeln!(f, "{ok} ok, {failed} failed, {not_run} not run, {:.0} s", self.took.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::{step::Failure, *};

    const SECOND: Duration = Duration::from_secs(1);

    fn summary(outcomes: impl IntoIterator<Item = (&'static str, Outcome)>) -> Summary {
        let outcomes = outcomes.into_iter().map(|(name, outcome)| (name.to_owned(), outcome)).collect();
        Summary { outcomes, took: 11 * SECOND }
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
    fn steps_beside_others_are_in_the_summary() {
        let step = |name: &str| Step::new(name, "--version");
        let mut beside: Vec<_> = ["c", "d", "e"].map(step).into();
        beside.insert(1, Step::new("fails", "--no-such-option"));
        let mut outcomes = run_all(vec![step("a"), step("b")], beside);
        outcomes.sort_unstable_by(|(name, _), (other, _)| name.cmp(other));
        let is_ok = |outcome: &Outcome| matches!(outcome, Outcome::Ok(_));
        let outcomes: Vec<_> =
            outcomes.iter().map(|(name, outcome)| (name.as_str(), is_ok(outcome))).collect();
        assert_eq!(
            outcomes,
            [("a", true), ("b", true), ("c", true), ("d", true), ("e", true), ("fails", false)]
        );
    }

    #[test]
    fn steps_left_out_fail_nothing() {
        assert!(summary([("a", Outcome::Ok(SECOND)), ("b", Outcome::NotRun("no need"))]).is_ok());
    }
}
