//! `cargo xtask ci`: every check, each a command that can be repeated by hand.
//!
//! All steps run, so that one run shows all that is wrong; the summary tells how each went.

mod step;

use std::{
    fmt,
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
const WITHOUT_OPENSSL: &str = "--features configcat/chrono,configcat/jiff,configcat/platform-verifier,\
    configcat/redis,configcat/time,configcat/tracing";

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

/// Every check. Steps with the same features share what cargo has built, so the order is: all
/// features, default features, the feature matrix.
fn all_steps(extent: Extent) -> Vec<Step> {
    let long = (extent != Extent::Full).then_some(LONG);
    let mut steps = code_steps();
    steps.extend(all_features_steps(long));
    steps.extend(Sdk::ALL.map(served));
    steps.extend(default_features_steps(long));
    let no_debian = DebianRust::install(Target::Host).err();
    let minimum_rust = Step::xtask("minimum Rust", "msrv").not_run(no_debian);
    if no_debian.is_some() {
        // Otherwise the minimum Rust runs them. With optimization, so that the tests of costs have
        // their real limits in time. LTO would take 30 s more to build, and change no verdict.
        let tests = Step::new("test configcat-eval alone", "test -p configcat-eval --release --no-fail-fast");
        steps.push(tests.envs(instructions::PROFILE));
    }
    steps.extend([
        // Each crate and each feature by itself.
        Step::xtask("features", "features").with_clippy(),
        Step::xtask("instructions", "instructions").not_run(instructions::not_run()),
        Step::xtask("silent evaluation", "silent"),
        minimum_rust,
        Step::xtask("WebAssembly", "webassembly").not_run(webassembly::not_run()),
        conformance("conformance", &[]),
        Step::xtask("npm package", "wasm").not_run(long.or_else(wasm::missing)),
    ]);
    steps
}

/// The steps that read the code and build nothing.
fn code_steps() -> Vec<Step> {
    vec![
        Step::new("format", "fmt --all --check"),
        Step::xtask("layering", "layering"),
        Step::xtask("tidy", "tidy"),
        Step::xtask("public API", "api --check"),
        Step::new("licences, duplicates, sources", "deny check bans licenses sources")
            .not_run(missing::deny()),
        Step::new("advisories", "deny --offline check advisories").not_run(missing::advisories()),
        Step::xtask("packages", "package"),
    ]
}

fn all_features_steps(long: Option<&'static str>) -> Vec<Step> {
    let (all, redis) = match missing::openssl() {
        None => ("--all-features".to_owned(), "--all-features".to_owned()),
        Some(_) => (WITHOUT_OPENSSL.to_owned(), format!("{WITHOUT_OPENSSL},configcat-tests/redis")),
    };
    // Without it there is no page of the playground.
    let no_module = long.or_else(|| DebianRust::install(Target::Wasm32).err());
    vec![
        // Builds all that the following steps run.
        Step::linted("lint", &format!("test --workspace {redis} --all-targets --no-run")),
        // The tests with Redis are in `configcat-tests`, and fail where there is no
        // `redis-server`.
        Step::linted(
            "test with all features",
            &format!("test --workspace {all} --exclude configcat-tests --no-fail-fast"),
        ),
        Step::linted(
            "test with Redis",
            &format!("test --workspace {redis} --test redis -- --test-threads=1"),
        )
        .not_run(missing::redis()),
        Step::linted(
            "build the examples",
            &format!("build --workspace {redis} --examples --bin run-examples"),
        ),
        Step::program("examples", "run-examples", &[]).limit(Duration::from_secs(60)),
        Step::xtask("playground", "playground").not_run(no_module),
        Step::linted(
            "pages in a browser",
            &format!(
                "test --workspace {all} --test browser{}",
                no_module.map_or("", |_| " --exclude playground")
            ),
        )
        .not_run(missing::browser()),
        // With the program that the tests have built.
        conformance("conformance by the command", &["--command"]),
        docs(&all),
    ]
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
        Step::linted("first run", "run -p console").limit(Duration::from_secs(10)),
        Step::xtask("front door", "front-door"),
        coming_from_python(),
        Step::xtask("fleet", "fleet --check").with_clippy().not_run(long),
        // The last one here, since it compiles the crates of this workspace once more.
        Step::linted("interleavings", "test -p configcat --lib interleavings")
            .compiler_arg("--cfg=shuttle")
            .env("CONFIGCAT_SCHEDULES", "10000"),
    ]
}

/// The documentation of the published crates, with warnings as errors.
fn docs(features: &str) -> Step {
    let mut args = format!("doc {features} --no-deps");
    // Those of other members would need the metadata of 150 crates more.
    for name in package::published_names().unwrap_or_default() {
        args += &format!(" -p {name}");
    }
    Step::new("docs", &args).env("RUSTDOCFLAGS", "-D warnings")
}

/// Runs the steps, and prints how they went. Returns `true` if no step failed.
pub(crate) fn run(extent: Extent) -> bool {
    let start = Instant::now();
    let steps = if extent == Extent::Quick { quick_steps() } else { all_steps(extent) };
    // The steps leave a processor idle at times. These have target folders of their own, and their
    // steps, later, find what is built there.
    let mut building = Vec::new();
    if extent != Extent::Quick {
        let instructions = instructions::not_run().is_none().then_some("instructions --build");
        let ahead = ["msrv --build", "webassembly"].into_iter().chain(instructions);
        building.extend(ahead.filter_map(step::in_idle_time));
    }
    let steps = steps.into_iter().map(|mut step| {
        let outcome = step.run();
        (step.name, outcome)
    });
    let summary = Summary { outcomes: steps.collect(), took: start.elapsed() };
    for mut building in building {
        // It has ended, or ends soon: the steps have waited for its locks.
        let _ = building.wait();
    }
    print!("\n{summary}");
    summary.is_ok()
}

/// With the program that "test with default features" has built.
fn coming_from_python() -> Step {
    let step =
        Step::program("coming from Python", "from-python", &[]).not_run(python::OLDEST.install().err());
    step.arg(python::OLDEST.interpreter().into())
}

/// With the command that "test with all features" has built.
fn served(sdk: Sdk) -> Step {
    let step = Step::xtask(&format!("serve to {}", sdk.name()), &format!("serve {} --built", sdk.name()));
    step.not_run(sdk.missing()).limit(Duration::from_secs(60))
}

fn conformance(name: &str, args: &[&str]) -> Step {
    let bundle = conformance::bundle();
    let missing = bundle.is_none().then_some("no bundle at ../shared/conformance");
    let step = Step::xtask(name, "conformance").not_run(missing).arg(bundle.unwrap_or_default().into());
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
    fn steps_left_out_fail_nothing() {
        assert!(summary([("a", Outcome::Ok(SECOND)), ("b", Outcome::NotRun("no need"))]).is_ok());
    }
}
