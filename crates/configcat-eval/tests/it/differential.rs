//! The compiled evaluator gives what the naive one gives: value, variation id, rule, option and
//! kind of error.

use configcat_eval::{Config, Evaluation, EvaluationError, ParseError, User};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value as Json, json};

use crate::{
    naive::{Naive, kind},
    strategies::{any_json, document, legacy_document, user},
    support::{self, evaluate, facts, flag_if, is_u, prerequisite},
};

/// Returns the number of settings that gave a value, and of those that gave an error.
fn compare(document: &Json, users: &[User]) -> [usize; 2] {
    let mut counts = [0, 0];
    let (config, naive) = match (Config::parse(document.to_string()), Naive::new(document)) {
        (Ok(config), Some(naive)) => (config, naive),
        (Err(ParseError::NotAConfig { .. }), None) => return counts,
        (config, naive) => panic!("{config:?}, naively {:?}: {document}", naive.is_some()),
    };
    assert_eq!(config.keys().count(), naive.keys().count());
    for user in users.iter().map(Some).chain([None]) {
        for (index, (key, together)) in config.evaluate_all(user).enumerate() {
            let alone = config.evaluate(key, user);
            assert_eq!(facts(&together), facts(&alone), "{key} with all others in {document}");
            let (_, picked) = config.evaluate_all(user).nth(index).unwrap();
            assert_eq!(facts(&picked), facts(&alone), "{key} after the others in {document}");
            let warnings = |result: &Result<Evaluation<'_>, EvaluationError>| {
                result.as_ref().ok().map(Evaluation::warnings_id)
            };
            assert_eq!(warnings(&together), warnings(&alone), "{key} with all others in {document}");
            assert_eq!(warnings(&picked), warnings(&alone), "{key} after the others in {document}");
        }
    }
    for key in naive.keys() {
        for user in users.iter().map(Some).chain([None]) {
            let expected = naive.evaluate(key, user).map_err(str::to_owned);
            let found = evaluate(&config, key, user).map_err(|error| kind(&error)).map(|found| {
                let place = found.place();
                assert_eq!((place.rule(), place.option()), (found.matched_rule(), found.matched_option()));
                let kept = config.setting(key).and_then(|setting| setting.value_at(place)).unwrap();
                assert!(std::ptr::eq(kept, found.value()), "{key} at {place:?} in {document}");
                let id = found.variation_id().map(str::to_owned);
                (found.value().clone(), id, found.matched_rule(), found.matched_option())
            });
            if naive.was_long() && found == Err("TooComplex".to_owned()) {
                continue;
            }
            assert_eq!(found, expected, "{key} for {:?} in {document}", user.map(User::to_string));
            counts[usize::from(found.is_err())] += 1;
        }
    }
    counts
}

/// Each flag needs the next two, between conditions on the user and in two rules, so that those
/// which wait go on at every place where there are any, and again and again.
#[test]
fn of_flags_that_need_more_levels_than_the_stack_of_the_thread_has() {
    let is = |key: usize, value: bool| prerequisite(&key.to_string(), &json!({"b": value}));
    let on = json!({"v": {"b": true}});
    for length in 1..=14 {
        let mut settings = json!({"0": flag_if(json!([is_u()])), "1": flag_if(json!([is_u()]))});
        for n in 2..length {
            settings[n.to_string()] = json!({"t": 0, "v": {"b": false}, "r": [
                {"c": [is_u(), is(n - 1, n % 3 == 0), is_u(), is(n - 2, true)], "s": on},
                {"c": [is(n - 2, n % 5 != 0), is(n - 1, true), is_u()], "s": on},
            ]});
        }
        let [values, errors] = compare(&support::document(settings), &[User::new("u"), User::new("v")]);
        assert!(values > 0 && errors == 0);
    }
}

proptest! {
    #![proptest_config(support::cases(512, 6000))]

    #[test]
    fn of_documents_of_version_6(document in document(), users in vec(user(), 3)) {
        compare(&document, &users);
    }

    #[test]
    fn of_documents_of_versions_5_and_4(document in legacy_document(), users in vec(user(), 3)) {
        compare(&document, &users);
        if document["f"].is_object() {
            compare(&document["f"], &users);
        }
    }

    #[test]
    fn of_any_json(json in any_json(), user in user()) {
        if json.is_object() {
            compare(&json, &[user]);
        }
    }
}
