//! Target of any text as a config JSON, or as the content of an override file: it is refused, or
//! all operations on it end and agree.

use configcat_eval::{Config, ErrorKind, EvaluationError, ParseError, User};
use serde::de::IgnoredAny;

use crate::{
    choices::Choices,
    documents::{document, simple_form},
    error::ContentError,
    preferences, users,
};

/// Checks the input as a document. An input that begins with no brace is also checked as decisions
/// on a document.
pub fn config_json(input: &[u8]) {
    check(input, &users::some_users());
    if input.first() != Some(&b'{') {
        let mut choices = Choices::new(input);
        let made = [document(&mut choices), simple_form(&mut choices)];
        let users = [users::user(&mut choices)];
        for made in made {
            check(made.to_string().as_bytes(), &users);
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn check(json: &[u8], users: &[User]) {
    let parsed = Config::parse(json);
    if let Ok(text) = std::str::from_utf8(json) {
        check_json(text, &parsed);
        check_content(text, &parsed);
    }
    let overrides = Config::parse_overrides(json);
    check_overrides(&parsed, &overrides);
    if !json.starts_with(BYTE_ORDER_MARK) && !matches!(parsed, Err(ParseError::Utf16)) {
        let marked = Config::parse_overrides([BYTE_ORDER_MARK, json].concat());
        assert_eq!(keys(&overrides), keys(&marked), "a byte order mark is skipped");
    }
    for config in [parsed, overrides].into_iter().flatten() {
        check_config(&config, users);
    }
}

/// Checks that a text counts as JSON if it is, and that the error is that of the library.
fn check_json(text: &str, parsed: &Result<Config, ParseError>) {
    if text.as_bytes().starts_with(BYTE_ORDER_MARK) || matches!(parsed, Err(ParseError::Utf16)) {
        return;
    }
    let expected = serde_json::from_str::<IgnoredAny>(text).err().map(|error| error.to_string());
    let found = if let Err(ParseError::NotJson(error)) = parsed { Some(error.to_string()) } else { None };
    assert_eq!(found, expected);
}

/// Checks that a config is also valid as overrides, unless it has a member `flags`.
fn check_overrides(parsed: &Result<Config, ParseError>, overrides: &Result<Config, ParseError>) {
    match (parsed, overrides) {
        // A document of version 4 may have a setting with the key `flags`.
        (Ok(_), Ok(_) | Err(ParseError::FlagsAndConfig | ParseError::FlagsNotAnObject { .. })) => {}
        (Ok(_), Err(error)) => panic!("a config, as overrides: {error}"),
        (
            Err(ParseError::NotAConfig { .. }),
            Ok(_)
            | Err(
                ParseError::NoFlags { .. } | ParseError::FlagsNotAnObject { .. } | ParseError::FlagsAndConfig,
            ),
        ) => {}
        (Err(error), Err(other)) => assert_eq!(error.to_string(), other.to_string()),
        (Err(error), Ok(_)) => panic!("overrides, as a config: {error}"),
    }
}

fn keys(config: &Result<Config, ParseError>) -> Option<Vec<&str>> {
    config.as_ref().ok().map(|config| config.keys().collect())
}

fn check_config(config: &Config, users: &[User]) {
    let merged = config.merge(config);
    for user in users.iter().map(Some).chain([None]) {
        let all = config.evaluate_all(user).zip(merged.evaluate_all(user)).zip(config.keys());
        for (((key, together), (_, again)), listed) in all {
            assert_eq!(key, listed);
            assert_eq!(format!("{together:?}"), format!("{again:?}"), "{key}: merged with itself");
            let evaluation = config.evaluate(key, user);
            // The target `cost` covers settings that exceed the budget alone or together.
            let is_too_much =
                |error: &EvaluationError| matches!(error.kind(), ErrorKind::TooComplex | ErrorKind::TooDeep);
            if ![&together, &evaluation].into_iter().any(|result| result.as_ref().is_err_and(is_too_much)) {
                assert_eq!(format!("{together:?}"), format!("{evaluation:?}"), "{key}: all at once");
            }
            let trace = config.explain(key, user);
            assert!(trace.to_string().starts_with(&format!("Evaluating '{key}'")));
            match (&evaluation, trace.result()) {
                (Ok(evaluation), Ok(value)) => {
                    assert_eq!(evaluation.value(), value, "{key}");
                    assert_eq!(evaluation.variation_id(), trace.variation_id(), "{key}");
                    assert_eq!(evaluation.has_warnings(), !trace.warnings().is_empty(), "{key}");
                    assert_eq!(Some(value.setting_type()), config.setting_type(key));
                    assert_eq!(evaluation.matched_rule().is_some(), evaluation.matched_rule_text().is_some());
                    assert_eq!(
                        evaluation.matched_option().is_some(),
                        evaluation.matched_percentage().is_some()
                    );
                    if let Some(id) = evaluation.variation_id() {
                        assert!(config.key_and_value(id).is_some(), "{id}");
                    }
                }
                (Err(error), Err(explained)) => assert_eq!(error, explained, "{key}"),
                (evaluation, explained) => panic!("{key}: {evaluation:?}, explained as {explained:?}"),
            }
        }
    }
}

/// Checks that fetching and evaluating accept the same documents, except documents of version 4,
/// which are not fetched.
fn check_content(json: &str, parsed: &Result<Config, ParseError>) {
    if json.as_bytes().starts_with(BYTE_ORDER_MARK) {
        return;
    }
    let error = preferences::read(json).err();
    let agree = match &error {
        None => parsed.is_ok(),
        Some(ContentError::NotAConfig) => matches!(parsed, Ok(_) | Err(ParseError::NotAConfig { .. })),
        Some(_) => parsed.is_err(),
    };
    assert!(agree, "fetched: {error:?}, parsed: {:?}", parsed.as_ref().err());
}
