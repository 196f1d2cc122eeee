//! A process without a logger: the first error is one line on standard error. Each case runs in a
//! process of its own.

use std::{
    env, io,
    process::{Command, Stdio},
};

use configcat::{Client, OverrideBehavior};

use crate::support::{Cdn, Document, client};

const CASE: &str = "CONFIGCAT_TEST_WITHOUT_LOGGER";
const DEFAULT: &str = "Returning the `default` parameter that you specified in your application";

/// Returns a client of overrides with a flag of type int and a broken flag.
fn with_flags(warns: bool) -> Client {
    let flags = Document(r#"{"f": {"limit": {"t": 2, "v": {"i": 7}}, "broken": {"t": 0, "v": {}}}}"#);
    let builder = Client::builder("local").warn_without_logger(warns);
    builder.overrides(OverrideBehavior::LocalOnly, flags).build().unwrap()
}

/// Runs a case, in its process.
fn run(case: &str) {
    let client = with_flags(case != "switched off");
    match case {
        "no error" => assert_eq!(client.get_value("limit", 0, None), 7),
        "no config" => {
            let cdn = Cdn::empty();
            let client = self::client(&cdn, configcat::PollingMode::manual()).build().unwrap();
            assert_eq!(client.get_value("isOn", 7, None), 7);
        }
        "unknown key" => assert_eq!(client.get_value("limits", 1, None), 1),
        "broken flag" => assert!(client.get_value("broken", true, None)),
        "another type" => assert_eq!(client.get_value("limit", "much", None), "much"),
        "a hook takes errors" => {
            client.hooks().on_error(|_| ());
            client.get_value("limit", "much", None);
        }
        "a logger that is off" => {
            env_logger::builder().filter_level(log::LevelFilter::Off).init();
        }
        "a logger" => env_logger::init(),
        "closed" => {
            // Until the test has closed the other end of standard error.
            io::copy(&mut io::stdin(), &mut io::sink()).unwrap();
        }
        #[cfg(unix)]
        "fork" => {
            client.get_value("limit", "much", None);
            crate::support::fork_and_run(|| _ = client.get_value("limits", "much", None), || ());
        }
        #[cfg(feature = "tracing")]
        "a subscriber" => tracing::subscriber::set_global_default(Quiet).unwrap(),
        _ => {}
    }
    if case != "no error" {
        // Neither another error nor another client writes a second line.
        client.get_value("limit", false, None);
        with_flags(case != "switched off").get_value("missing", false, None);
    }
}

/// Returns the command for a case.
fn process(case: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["no_logger::the_first_error_is_one_line_on_standard_error", "--exact"]).env(CASE, case);
    command.env_remove("RUST_LOG");
    command
}

#[track_caller]
fn stderr_of(case: &str) -> String {
    let output = process(case).output().unwrap();
    let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success() && texts[0].contains("1 passed"), "{case}: {texts:?}");
    texts.into_iter().next_back().unwrap()
}

#[test]
fn the_first_error_is_one_line_on_standard_error() {
    if let Ok(case) = env::var(CASE) {
        return run(&case);
    }
    let line = |error: &str| {
        format!(
            "configcat: errors are not shown, because no logger is installed. To see them, add `env_logger` and \
             call `env_logger::init()`; `ClientBuilder::warn_without_logger(false)` switches this line off. The \
             first error: {error}\n"
        )
    };
    let type_mismatch = "[2002] The type of a setting must match the type of the specified default value.";
    let cases = [
        ("no config", "[1000] Config JSON is not present when evaluating setting 'isOn'."),
        ("unknown key", "[1001] Failed to evaluate setting 'limits' (the key was not found in config JSON)."),
        ("broken flag", "[1002] Error occurred while evaluating setting 'broken': "),
        ("another type", type_mismatch),
        ("a hook takes errors", type_mismatch),
        #[cfg(unix)]
        ("fork", type_mismatch),
    ];
    for (case, start) in cases {
        let found = stderr_of(case);
        // The text of the event itself is pinned elsewhere.
        let error = found.split_once("The first error: ").unwrap().1.trim_end();
        assert_eq!(found, line(error), "{case}");
        assert!(error.starts_with(start) && error.contains(DEFAULT), "{case}: {error}");
    }
}

#[test]
fn nothing_is_written_if_there_is_a_logger_or_no_error() {
    let cases = [
        "no error",
        "switched off",
        "a logger that is off",
        #[cfg(feature = "tracing")]
        "a subscriber",
    ];
    for case in cases {
        assert_eq!(stderr_of(case), "", "{case}");
    }
    let found = stderr_of("a logger");
    let lines: Vec<_> = found.lines().collect();
    // A time is before them if the workspace is built with all features of `env_logger`.
    assert!(lines[0].contains("ERROR configcat] [2002] The type of a setting must match"), "{found}");
    assert!(lines[1].contains("ERROR configcat] [1001] Failed to evaluate"), "{found}");
    assert_eq!(lines.len(), 2, "{found}");
}

#[test]
fn a_standard_error_that_cannot_be_written_stops_nothing() {
    let mut command = process("closed");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stderr.take());
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// Subscriber that takes nothing.
#[cfg(feature = "tracing")]
struct Quiet;

#[cfg(feature = "tracing")]
impl tracing::Subscriber for Quiet {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        false
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {}

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
