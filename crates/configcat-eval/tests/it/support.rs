//! Helpers of the tests: documents of one flag, results of a condition, hashes.

use std::fmt::Write;

use configcat_eval::{
    AttributeValue, Config, ErrorKind, Evaluation, EvaluationError, ObstacleTrace, OptionsTrace,
    OutcomeTrace, RuleTrace, Trace, User, Value,
};
use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use serde_json::{Value as Json, json};
use sha2::Digest;

/// The salt of the documents made here.
pub(crate) const SALT: &str = "jd3RtzA1";
/// The key of their only setting, which is the context salt of its conditions.
pub(crate) const KEY: &str = "flag";

/// The result of a condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    True,
    False,
    Missing,
    Invalid,
    Error,
}

/// Returns the same cases of a property in every run.
pub(crate) fn cases(cases: u32, seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub(crate) fn parse(document: &Json) -> Config {
    Config::parse(document.to_string()).unwrap()
}

/// Returns a setting without rules.
pub(crate) fn flag(value: bool) -> Json {
    json!({"t": 0, "v": {"b": value}})
}

/// Returns a setting that is on for users that meet all conditions.
pub(crate) fn flag_if(conditions: Json) -> Json {
    json!({"t": 0, "v": {"b": false}, "r": [{"c": conditions, "s": {"v": {"b": true}}}]})
}

/// Returns the condition that the user has the identifier `u`.
pub(crate) fn is_u() -> Json {
    json!({"u": {"a": "Identifier", "c": 28, "s": "u"}})
}

pub(crate) fn prerequisite(key: &str, value: &Json) -> Json {
    json!({"p": {"f": key, "c": 0, "v": value}})
}

/// Returns a document with a salt and these settings.
pub(crate) fn document(settings: Json) -> Json {
    json!({"p": {"s": SALT}, "f": settings})
}

/// Returns the config of one flag that is on if attribute `A` compares so to `comparison`, a member
/// of the condition.
pub(crate) fn comparing(comparator: i64, comparison: &Json) -> Config {
    let mut condition = comparison.clone();
    condition["a"] = "A".into();
    condition["c"] = comparator.into();
    parse(&document(json!({KEY: flag_if(json!([{"u": condition}]))})))
}

/// Returns the result of the first condition of the flag for a user with the attribute `A`.
pub(crate) fn verdict(config: &Config, attribute: &AttributeValue) -> Verdict {
    let user = User::new("u").custom("A", attribute.clone());
    let result = evaluate(config, KEY, Some(&user));
    let trace = config.explain(KEY, &user);
    let verdict = match &trace.evaluation().rules[0].outcome {
        Some(OutcomeTrace::Holds(true)) => Verdict::True,
        Some(OutcomeTrace::Holds(false)) => Verdict::False,
        Some(OutcomeTrace::CannotEvaluate(ObstacleTrace::AttributeMissing(_))) => Verdict::Missing,
        Some(OutcomeTrace::CannotEvaluate(ObstacleTrace::AttributeInvalid { .. })) => Verdict::Invalid,
        Some(other) => panic!("{other:?}"),
        None => Verdict::Error,
    };
    let on = result.ok().and_then(|evaluation| evaluation.value().as_bool());
    assert_eq!(on == Some(true), verdict == Verdict::True);
    verdict
}

/// Evaluates, and checks that evaluating again and explaining give the same.
pub(crate) fn evaluate<'c>(
    config: &'c Config,
    key: &str,
    user: Option<&User>,
) -> Result<Evaluation<'c>, EvaluationError> {
    let result = config.evaluate(key, user);
    let trace = config.explain(key, user);
    assert_eq!(facts(&result), facts(&config.evaluate(key, user)), "{key}: {trace}");
    if trace.is_cut() {
        let value = result.as_ref().map(Evaluation::value);
        assert_eq!(value, trace.result(), "{key}: {trace}");
    } else {
        assert_eq!(facts(&result), explained_facts(&trace), "{key}: {trace}");
    }
    if let Ok(evaluation) = &result {
        assert_eq!(evaluation.key(), key);
        assert_eq!(evaluation.has_warnings(), !trace.warnings().is_empty(), "{key}: {trace}");
        assert_eq!(evaluation.matched_rule_text().is_some(), evaluation.matched_rule().is_some());
    }
    assert!(trace.to_string().starts_with(&format!("Evaluating '{key}'")));
    result
}

/// Value, variation id, index of the rule and of the option: all that two evaluations must agree
/// in.
pub(crate) type Facts = Result<(Value, Option<String>, Option<usize>, Option<usize>), EvaluationError>;

pub(crate) fn facts(result: &Result<Evaluation<'_>, EvaluationError>) -> Facts {
    let evaluation = result.as_ref().map_err(Clone::clone)?;
    let variation_id = evaluation.variation_id().map(str::to_owned);
    Ok((evaluation.value().clone(), variation_id, evaluation.matched_rule(), evaluation.matched_option()))
}

/// Returns the same from the tree, in which the last rule is the one that matched, unless its
/// options were skipped.
fn explained_facts(trace: &Trace) -> Facts {
    let value = trace.result().map_err(Clone::clone)?.clone();
    let tree = trace.evaluation();
    let served = |rule: &&RuleTrace| {
        rule.outcome == Some(OutcomeTrace::Holds(true))
            && !matches!(rule.options, Some(OptionsTrace::Skipped(_)))
    };
    let matched = tree.rules.last().filter(served);
    let option = match matched.map_or(&tree.options, |rule| &rule.options) {
        Some(OptionsTrace::Hashed { selected: Some(option), .. }) => Some(option.index),
        _ => None,
    };
    Ok((value, trace.variation_id().map(str::to_owned), matched.map(|_| tree.rules.len() - 1), option))
}

/// Returns the value of a setting that evaluates without error.
pub(crate) fn value<'u>(config: &Config, key: &str, user: impl Into<Option<&'u User>>) -> Value {
    evaluate(config, key, user.into()).unwrap_or_else(|error| panic!("{key}: {error}")).value().clone()
}

/// Returns the error of a setting that cannot be evaluated, as text.
pub(crate) fn error<'u>(config: &Config, key: &str, user: impl Into<Option<&'u User>>) -> String {
    match evaluate(config, key, user.into()) {
        Ok(evaluation) => panic!("{key} is {}", evaluation.value()),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn error_kind<'u>(config: &Config, key: &str, user: impl Into<Option<&'u User>>) -> ErrorKind {
    evaluate(config, key, user.into()).unwrap_err().kind().clone()
}

/// Returns the lower-case hex of bytes.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Returns the hash of a text in the comparison value of [`KEY`].
pub(crate) fn hashed(text: impl AsRef<[u8]>) -> String {
    hashed_for(KEY, text)
}

/// Returns the hash of a text in the comparison value of a setting or segment.
pub(crate) fn hashed_for(context: &str, text: impl AsRef<[u8]>) -> String {
    hex(sha2::Sha256::digest([text.as_ref(), SALT.as_bytes(), context.as_bytes()].concat()))
}

/// Returns the hash of the start or end of a text in the comparison value of [`KEY`].
pub(crate) fn hashed_slice(slice: impl AsRef<[u8]>) -> String {
    format!("{}_{}", slice.as_ref().len(), hashed(slice))
}
