//! Specs and distributions.

use configcat_analysis::{Population, Spec, distribution};
use configcat_eval::{Config, User};

const CONFIG: &str = r#"{"f": {
    "limit": {"t": 3, "v": {"d": 4}, "i": "i0", "r": [
        {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"d": 9.5}, "i": "i1"}}]},
    "title": {"t": 1, "v": {"s": "x"}, "r": [
        {"c": [{"u": {"a": "Age", "c": 14, "d": 5}}], "p": [{"p": 25, "v": {"s": "a"}}, {"p": 75, "v": {"s": "b"}}]}]}}}"#;

fn config() -> Config {
    Config::parse(CONFIG).unwrap()
}

fn failures(spec: &str) -> Vec<String> {
    Spec::parse(spec).unwrap().check(&config()).iter().map(ToString::to_string).collect()
}

#[test]
fn fulfilled_cases_have_no_failure() {
    let spec = r#"[
        {"flag": "limit", "value": 4, "variation": "i0", "rule": null},
        {"flag": "limit", "user": null, "value": 4.0},
        {"flag": "limit", "user": {"Plan": "pro"}, "value": 9.5, "variation": "i1", "rule": 0, "comment": "paid"}]"#;
    assert!(failures(spec).is_empty());
}

#[test]
fn failures_say_what_was_expected_and_served() {
    let spec = r#"[
        {"flag": "limit", "user": {"Plan": "pro"}, "value": 9, "variation": "i0", "rule": null},
        {"flag": "limit", "user": {"Plan": "free"}, "rule": 0},
        {"flag": "limit", "value": 4},
        {"flag": "title", "variation": "i7"},
        {"flag": "gone", "value": true}]"#;
    assert_eq!(
        failures(spec),
        [
            "[0]: limit: expected value 9, served 9.5; expected variation i0, served i1; expected no rule, matched rule 0",
            "[1]: limit: expected rule 0, matched no rule",
            "[3]: title: expected variation i7, served none",
            "[4]: gone: evaluation failed: setting 'gone' is not in the config",
        ]
    );
}

#[test]
fn a_failure_explains_the_evaluation() {
    let spec = Spec::parse(r#"[{"flag": "limit", "user": {"Plan": "free"}, "rule": 0}]"#).unwrap();
    let failures = spec.check(&config());
    assert!(failures[0].trace.to_string().contains("IF User.Plan EQUALS 'pro' THEN '9.5' => no match"));
}

#[test]
fn errors_have_a_place() {
    let table = [
        ("[", "not valid JSON: EOF while parsing a list at line 1 column 1"),
        ("{}", "expected a list of cases, found an object"),
        ("[5]", "[0]: expected an object, found a number"),
        (r#"[{"value": true}]"#, "[0]: the member flag is missing"),
        (r#"[{"flag": 5}]"#, "[0].flag: expected a text, found a number"),
        (
            r#"[{"flag": "k"}]"#,
            "[0]: nothing is expected: one of the members value, variation and rule is needed",
        ),
        (r#"[{"flag": "k", "value": []}]"#, "[0].value: expected a bool, text or number, found a list"),
        (r#"[{"flag": "k", "vallue": 1}]"#, "[0].vallue: unknown member"),
        (r#"[{"flag": "k", "rule": -1}]"#, "[0].rule: expected an index from 0, or null, found a number"),
        (
            r#"[{"flag": "k", "rule": 0}, {"flag": "k", "rule": 0, "user": {"A": {}}}]"#,
            "[1].user.A: expected a text, bool, number, list of texts, {\"$datetime\": …} or {\"$number\": …}",
        ),
    ];
    for (spec, expected) in table {
        assert_eq!(Spec::parse(spec).unwrap_err().to_string(), expected);
    }
    let too_long = vec![b' '; Spec::MAX_BYTES + 1];
    assert_eq!(Spec::parse(too_long).unwrap_err().to_string(), "the spec has more than 67108864 bytes");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(Spec::parse("\u{feff}[]").unwrap(), Spec::default());
}

#[test]
fn percentages_are_exact_and_other_values_are_counted() {
    let users = [1, 9, 9, 9].map(|age| User::new("u").custom("Age", age));
    let found = distribution(&config(), "title", &users);
    assert_eq!(found.users, 4);
    let mut shares: Vec<(String, f64)> = found
        .shares
        .iter()
        .map(|share| (share.outcome.as_ref().unwrap().0.to_string(), share.percent))
        .collect();
    shares.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(shares, [("a".to_owned(), 18.75), ("b".to_owned(), 56.25), ("x".to_owned(), 25.0)]);
    assert_eq!(found.shares.iter().map(|share| share.users).sum::<usize>(), 4);
}

#[test]
fn errors_are_shares_too() {
    let found = distribution(&config(), "gone", [User::new("u")]);
    assert!(found.shares[0].outcome.is_err());
    assert_eq!((found.shares[0].percent, found.shares[0].users), (100.0, 1));
    assert!(distribution(&config(), "gone", [] as [User; 0]).shares.is_empty());
}

#[test]
fn a_population_meets_every_rule() {
    let config = config();
    let population = Population::new([&config]);
    for key in ["limit", "title"] {
        let found = distribution(&config, key, population.users(5).take(1000));
        assert!(found.shares.len() >= 2 && found.shares.iter().all(|share| share.percent > 2.0), "{found:?}");
    }
}
