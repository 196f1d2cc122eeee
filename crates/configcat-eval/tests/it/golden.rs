//! Evaluation logs and warnings, equal to the byte to the files of `tests/data/logs`.

use std::{collections::BTreeSet, fmt::Write, fs};

use configcat_eval::{Config, DateTime, User};

use crate::support::evaluate;

/// Returns all that a client logs when it evaluates: warnings, then the evaluation log.
fn log(config: &Config, key: &str, user: Option<&User>, default: Option<&str>) -> String {
    let _ = evaluate(config, key, user);
    let mut trace = config.explain(key, user);
    if let Some(default) = default.filter(|_| trace.result().is_err()) {
        trace = trace.returning(default);
    }
    let mut log = String::new();
    for warning in trace.warnings() {
        writeln!(log, "WARNING [{}] {warning}", warning.id()).unwrap();
    }
    writeln!(log, "{trace}").unwrap();
    log
}

fn data(path: &str) -> String {
    let path = format!("{}/tests/data/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Ann has all attributes in the form that comparators need, Bob has no attributes, and Eve has
/// attributes of the wrong form.
fn ann() -> User {
    User::new("u-1")
        .custom("Seats", 12)
        .custom("Plan", "pro")
        .country("HU")
        .custom("Age", 44.5)
        .email("ann@example.com")
        .custom("Version", "2.0.0")
        .custom("Since", DateTime::from_unix_millis(1_693_497_600_999))
        .custom("Roles", ["dev", "ops"])
        .custom("Ratio", 1e21)
        .custom("Team", 7)
}

fn bob() -> User {
    User::new("bob\n\"\\/é𝄞\u{1}\u{7f}").country("")
}

fn eve() -> User {
    User::new("u-2")
        .email("eve@example.com")
        .custom("Version", "2.0")
        .custom("Seats", "three")
        .custom("Since", "2023-08-31")
        .custom("Roles", "dev, ops")
        .custom("Age", f64::NAN)
        .custom("Seen", DateTime::from_unix_millis(0))
}

/// The case of each log: setting, user, and the caller's default.
const CASES: [(&str, &str, &str, Option<&str>); 59] = [
    // A missing user, missing attributes, and attributes of the wrong form.
    ("plain-text", "plainText", "nobody", None),
    ("plain-double", "plainDouble", "ann", None),
    ("greeting-nobody", "greeting", "nobody", None),
    ("greeting-ann", "greeting", "ann", None),
    ("greeting-bob", "greeting", "bob", None),
    ("greeting-eve", "greeting", "eve", None),
    ("readings-nobody", "readings", "nobody", None),
    ("readings-ann", "readings", "ann", None),
    ("readings-eve", "readings", "eve", None),
    ("texts-ann", "texts", "ann", None),
    ("texts-eve", "texts", "eve", None),
    // Chains of conditions.
    ("chain-nobody", "chain", "nobody", None),
    ("chain-ann", "chain", "ann", None),
    ("chain-bob", "chain", "bob", None),
    ("chain-eve", "chain", "eve", None),
    // Segments.
    ("segmented-nobody", "segmented", "nobody", None),
    ("segmented-ann", "segmented", "ann", None),
    ("segmented-bob", "segmented", "bob", None),
    ("segmented-eve", "segmented", "eve", None),
    // Prerequisites.
    ("top-nobody", "top", "nobody", None),
    ("top-ann", "top", "ann", None),
    ("top-bob", "top", "bob", None),
    ("top-eve", "top", "eve", None),
    // Percentages.
    ("rollout-nobody", "rollout", "nobody", None),
    ("rollout-ann", "rollout", "ann", None),
    ("rollout-eve", "rollout", "eve", None),
    ("segmented-rollout-ann", "segmentedRollout", "ann", None),
    // Comparison values.
    ("lists-ann", "lists", "ann", None),
    ("dates-ann", "dates", "ann", None),
    ("far-dates-ann", "farDates", "ann", None),
    ("hashes-ann", "hashes", "ann", None),
    ("hashed-slices-ann", "hashedSlices", "ann", None),
    // Errors.
    ("no-setting", "no such setting", "ann", Some("fallback")),
    ("loop-ann", "loop", "ann", Some("fallback")),
    ("loop-bob", "loop", "bob", Some("fallback")),
    ("back-ann", "back", "ann", None),
    ("bad-segment-ann", "badSegment", "ann", Some("fallback")),
    ("bad-segment-bob", "badSegment", "bob", Some("fallback")),
    ("no-segment-nobody", "noSegment", "nobody", Some("fallback")),
    ("no-segment-ann", "noSegment", "ann", Some("fallback")),
    ("nameless-segment-nobody", "namelessSegment", "nobody", Some("fallback")),
    ("nameless-segment-ann", "namelessSegment", "ann", Some("fallback")),
    ("odd-segment-nobody", "oddSegment", "nobody", Some("fallback")),
    ("odd-segment-ann", "oddSegment", "ann", Some("fallback")),
    ("no-flag-nobody", "noFlag", "nobody", Some("fallback")),
    ("odd-flag-nobody", "oddFlag", "nobody", Some("fallback")),
    ("other-type-nobody", "otherType", "nobody", Some("fallback")),
    ("no-type-nobody", "noType", "nobody", Some("fallback")),
    ("odd-comparator-ann", "oddComparator", "ann", Some("fallback")),
    ("odd-comparator-nobody", "oddComparator", "nobody", Some("fallback")),
    ("no-comparison-ann", "noComparison", "ann", Some("fallback")),
    ("no-comparison-nobody", "noComparison", "nobody", Some("fallback")),
    ("no-value-ann", "noValue", "ann", Some("fallback")),
    ("bad-then-ann", "badThen", "ann", Some("fallback")),
    ("both-then-ann", "bothThen", "ann", Some("fallback")),
    ("bad-value-ann", "badValue", "ann", Some("fallback")),
    ("bad-value-nobody", "badValue", "nobody", Some("fallback")),
    ("short-options-ann", "shortOptions", "ann", Some("fallback")),
    ("bad-option-ann", "badOption", "ann", Some("fallback")),
];

#[test]
fn logs_are_those_of_the_files() {
    let config = Config::parse(data("golden.json")).unwrap();
    let mut differences = String::new();
    for (name, key, who, default) in CASES {
        let user = match who {
            "ann" => Some(ann()),
            "bob" => Some(bob()),
            "eve" => Some(eve()),
            _ => None,
        };
        let (log, expected) = (log(&config, key, user.as_ref(), default), data(&format!("logs/{name}.txt")));
        if log != expected {
            writeln!(differences, "--- {name}.txt has\n{expected}--- but evaluating logs\n{log}").unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn every_file_has_its_case() {
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/logs")).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let cases: BTreeSet<String> = CASES.iter().map(|(name, ..)| format!("{name}.txt")).collect();
    assert_eq!(files, cases);
}

#[test]
fn a_log_of_version_5() {
    let config = Config::parse(
        r#"{"p": {}, "f": {"k": {"t": 3, "v": 1, "p": [{"o": 0, "p": 100, "v": 2, "i": "o"}], "r": [
            {"o": 1, "a": "A", "t": 16, "c": "x, y", "v": 3.5},
            {"o": 0, "a": "A", "t": 10, "c": "1,5", "v": 4.0},
            {"o": 2, "a": "A", "t": 3, "c": "a, b", "v": 4.5, "i": "r"}]}}}"#,
    );
    let user = User::new("u").custom("A", "a,b");
    assert_eq!(
        log(&config.unwrap(), "k", Some(&user), None),
        "WARNING [3004] Cannot evaluate condition (User.A = '1.5') for setting 'k' ('a,b' is not a valid decimal \
         number). Please check the User.A attribute and make sure that its value corresponds to the comparison \
         operator.
Evaluating 'k' for User '{\"Identifier\":\"u\",\"A\":\"a,b\"}'
  Evaluating targeting rules and applying the first match if any:
  - IF User.A = '1.5' THEN '4' => cannot evaluate, the User.A attribute is invalid ('a,b' is not a valid decimal number)
    The current targeting rule is ignored and the evaluation continues with the next rule.
  - IF User.A IS ONE OF [<2 hashed values>] THEN '3.5' => no match
  - IF User.A NOT CONTAINS ANY OF ['a, b'] THEN '4.5' => MATCH, applying rule
  Returning '4.5'.\n"
    );
}
