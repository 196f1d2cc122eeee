//! Target that compares the compiled evaluator with the naive one.

use configcat_eval::{Config, ParseError, User};
use serde_json::Value as Json;

use crate::{
    choices::Choices,
    documents,
    naive::{self, Naive},
    users,
};

/// Checks the input as a document if it begins with a brace, else as decisions on a document and
/// users.
pub fn differential(input: &[u8]) {
    if input.first() == Some(&b'{') {
        // The naive evaluator cannot read a document that `serde_json` cannot hold, such as a
        // number of 400 digits.
        if let Ok(document) = serde_json::from_slice(input) {
            compare(&document, &users::some_users());
        }
        return;
    }
    let mut choices = Choices::new(input);
    let users = [users::user(&mut choices), users::user(&mut choices)];
    compare(&documents::document(&mut choices), &users);
}

pub(crate) fn compare(document: &Json, users: &[User]) {
    let (config, naive) = match (Config::parse(document.to_string()), Naive::new(document)) {
        (Ok(config), Some(naive)) => (config, naive),
        (Err(ParseError::NotAnObject), None) if !document.is_object() => return,
        (Err(ParseError::NotAConfig { .. }), None) if document.is_object() => return,
        (config, naive) => panic!("{config:?}, naively {}: {document}", naive.is_some()),
    };
    assert_eq!(config.keys().count(), naive.keys().count(), "{document}");
    for key in naive.keys() {
        for user in users.iter().map(Some).chain([None]) {
            let expected = naive.evaluate(key, user).map_err(str::to_owned);
            let found = config.evaluate(key, user).map_err(|error| naive::kind(&error)).map(|found| {
                let id = found.variation_id().map(str::to_owned);
                (found.value().clone(), id, found.matched_rule(), found.matched_option())
            });
            if naive.was_long() && found == Err("TooComplex".to_owned()) {
                continue;
            }
            let user = || user.map(User::to_string);
            assert!(
                found == expected,
                "{key} for {:?}: {found:?}, naively {expected:?}, in {document}",
                user()
            );
        }
    }
}
