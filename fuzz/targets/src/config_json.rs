//! Any text as a config JSON: it is refused, or all that can be done with it ends, and agrees.

use configcat_eval::{Config, ErrorKind, EvaluationError, ParseError, User};

use crate::{choices::Choices, documents::document, preferences, users};

/// Takes the input for a document as it stands; and if it begins with no brace, for decisions on a document too.
pub fn config_json(input: &[u8]) {
    check(input, &users::some_users());
    if input.first() != Some(&b'{') {
        let mut choices = Choices::new(input);
        let made = document(&mut choices);
        check(made.to_string().as_bytes(), &[users::user(&mut choices)]);
    }
}

fn check(json: &[u8], users: &[User]) {
    let parsed = Config::parse(json);
    if let Ok(text) = std::str::from_utf8(json) {
        check_content(text, &parsed);
    }
    let Ok(config) = parsed else { return };
    let merged = config.merge(&config);
    for user in users.iter().map(Some).chain([None]) {
        let all = config.evaluate_all(user).zip(merged.evaluate_all(user)).zip(config.keys());
        for (((key, together), (_, again)), listed) in all {
            assert_eq!(key, listed);
            assert_eq!(format!("{together:?}"), format!("{again:?}"), "{key}: merged with itself");
            let evaluation = config.evaluate(key, user);
            // Target `cost` looks at how settings that are too much alone or together differ.
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

/// What is fetched and what is evaluated agree on what is a document.
fn check_content(json: &str, parsed: &Result<Config, ParseError>) {
    let content = preferences::read(json);
    assert_eq!(
        content.is_ok(),
        parsed.is_ok(),
        "fetched: {:?}, parsed: {:?}",
        content.err(),
        parsed.as_ref().err()
    );
}
