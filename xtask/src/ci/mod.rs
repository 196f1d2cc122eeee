//! `cargo xtask ci`: every check, each a command that can be repeated by hand.
//!
//! All steps run, so that one run shows all that is wrong; the summary tells how each went.

mod step;

use std::{env, fmt, time::Duration};

use self::step::{Outcome, Step};
use crate::{missing, python, serve::Sdk, workspace::in_workspace};

/// All features except `native-tls`, for a machine without OpenSSL.
const WITHOUT_OPENSSL: &str = "--features configcat/chrono,configcat/jiff,configcat/platform-verifier,\
    configcat/redis,configcat/time,configcat/tracing";

/// The checks that an edit needs, in under two minutes: those of the published crates with default
/// features.
fn quick_steps() -> Vec<Step> {
    vec![
        Step::new("format", "fmt --all --check"),
        Step::new("tidy", "xtask tidy"),
        Step::new("lint", "clippy --all-targets -- -D warnings"),
        Step::new("test", "test --no-fail-fast"),
    ]
}

/// Every check. Steps with the same features share what cargo has built, so the order is: all
/// features, default features, the feature matrix.
fn all_steps() -> Vec<Step> {
    let mut steps = code_steps();
    steps.extend(all_features_steps());
    steps.extend(Sdk::ALL.map(served));
    steps.extend([
        // Default features, as a user has them: TLS by rustls, which gives way to `native-tls`
        // above.
        Step::new("test with default features", "test -p configcat-fetch -p configcat-tests --no-fail-fast"),
        Step::program("soak for a moment", "soak", &["--seconds", "10", "--seed", "1"]),
        Step::new("build the sample", "build -p console"),
        Step::new("first run", "run -p console").limit(Duration::from_secs(10)),
        Step::new("front door", "xtask front-door"),
        coming_from_python(),
        Step::new("fleet", "xtask fleet --check"),
        // Each crate and each feature by itself.
        Step::new("features", "xtask features"),
        // With optimization, so that the tests of costs have their real limits in time. LTO would
        // take 30 s more to build, and change no verdict.
        Step::new("test configcat-eval alone", "test -p configcat-eval --release --no-fail-fast")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        // The flag is for all crates, so it needs a target folder of its own.
        Step::new(
            "interleavings",
            "test -p configcat --lib --no-default-features --target-dir target/shuttle interleavings",
        )
        .env("RUSTFLAGS", "--cfg shuttle")
        .env("CONFIGCAT_SCHEDULES", "10000"),
        Step::new("silent evaluation", "xtask silent"),
        conformance("conformance", &[]),
    ]);
    steps
}

/// The steps that read the code and build nothing.
fn code_steps() -> Vec<Step> {
    vec![
        Step::new("format", "fmt --all --check"),
        Step::new("layering", "xtask layering"),
        Step::new("tidy", "xtask tidy"),
        Step::new("public API", "xtask api --check"),
        Step::new("licences, duplicates, sources", "deny check bans licenses sources")
            .not_run(missing::deny()),
        Step::new("advisories", "deny --offline check advisories").not_run(missing::advisories()),
        Step::new("packages", "xtask package"),
    ]
}

fn all_features_steps() -> Vec<Step> {
    let (all, redis) = match missing::openssl() {
        None => ("--all-features".to_owned(), "--all-features".to_owned()),
        Some(_) => (WITHOUT_OPENSSL.to_owned(), format!("{WITHOUT_OPENSSL},configcat-tests/redis")),
    };
    vec![
        Step::new("lint", &format!("clippy --workspace {all} --all-targets -- -D warnings")),
        Step::new(
            "lint the browser test",
            &format!("clippy --workspace {all} --test browser -- -D warnings"),
        ),
        // The tests with Redis are in `configcat-tests`, and fail where there is no
        // `redis-server`.
        Step::new(
            "test with all features",
            &format!("test --workspace {all} --exclude configcat-tests --no-fail-fast"),
        ),
        Step::new("test with Redis", &format!("test --workspace {redis} --test redis -- --test-threads=1"))
            .not_run(missing::redis()),
        Step::new(
            "build the examples",
            &format!("build --workspace {redis} --exclude xtask --examples --bin run-examples"),
        ),
        Step::program("examples", "run-examples", &[]).limit(Duration::from_secs(60)),
        Step::new("web application in a browser", &format!("test --workspace {all} --test browser"))
            .not_run(missing::browser()),
        // With the program that the tests have built.
        conformance("conformance by the command", &["--command"]),
        Step::new("docs", &format!("doc --workspace {all} --no-deps")).env("RUSTDOCFLAGS", "-D warnings"),
    ]
}

/// Runs all steps, or the quick ones, and prints how they went. Returns `true` if no step failed.
pub(crate) fn run(is_quick: bool) -> bool {
    let steps = if is_quick { quick_steps() } else { all_steps() };
    let steps = steps.into_iter().map(|mut step| {
        let outcome = step.run();
        (step.name, outcome)
    });
    let summary = Summary(steps.collect());
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
    let step = Step::program(&format!("serve to {}", sdk.name()), "xtask", &["serve", sdk.name(), "--built"]);
    step.not_run(sdk.missing()).limit(Duration::from_secs(60))
}

/// Over the bundle that `CONFIGCAT_CONFORMANCE` names, else over the one beside the repository if
/// there is one.
fn conformance(name: &str, args: &[&str]) -> Step {
    let named = env::var_os("CONFIGCAT_CONFORMANCE");
    let beside = in_workspace("../shared/conformance");
    let missing = (named.is_none() && !beside.is_dir()).then_some("no bundle at ../shared/conformance");
    let step = Step::new(name, "xtask conformance").not_run(missing);
    let step = step.arg(named.unwrap_or_else(|| "../shared/conformance".into()));
    args.iter().fold(step, |step, arg| step.arg(arg.into()))
}

/// The outcomes of all steps, a line each.
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
    use super::{step::Failure, *};

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
}
