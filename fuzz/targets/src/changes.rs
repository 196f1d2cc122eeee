//! Target that checks [`Config::changes`]: a setting that is not listed evaluates alike with both
//! configs, by the compiled evaluator and by the naive one.

use std::collections::HashMap;

use configcat_eval::{ChangeKind, Config, User};
use serde_json::Value as Json;

use crate::{
    naive::{self, Naive},
    pairs::Pair,
};

/// The settings of a pair of configs that are in both, counted by [`Config::changes`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Settings that are listed, with the same type in both.
    pub changed: usize,
    /// Those of them that differ for one of the users of the pair.
    pub differing: usize,
    /// Settings that are not listed.
    pub unchanged: usize,
    /// Those of them that have rules or percentage options, with different documents.
    pub unchanged_with_targeting: usize,
}

/// Checks the pair that the input makes.
pub fn changes(input: &[u8]) {
    if let Some(pair) = Pair::new(input) {
        check_changes(&pair);
    }
}

/// Checks a pair of configs in both directions, and each of them with a merge of both. Returns what
/// is listed of the first direction.
pub fn check_changes(pair: &Pair) -> Counts {
    let Pair { old, new, users } = pair;
    let [Ok(old_config), Ok(new_config)] = [old, new].map(|json| Config::parse(json.to_string())) else {
        return Counts::default();
    };
    for (config, json) in [(&old_config, old), (&new_config, new)] {
        let again = Config::parse(json.to_string()).expect("the same text was parsed before");
        assert_eq!(again.changes(config).next(), None, "the same document: {json}");
    }
    let counts = check(&new_config, &old_config, users, Some(pair));
    check(&old_config, &new_config, users, None);
    let merged = new_config.merge(&old_config);
    check(&merged, &old_config, users, None);
    check(&new_config, &merged, users, None);
    counts
}

fn check(new: &Config, old: &Config, users: &[User], pair: Option<&Pair>) -> Counts {
    let listed: HashMap<&str, ChangeKind> =
        new.changes(old).map(|change| (change.key, change.kind)).collect();
    let naive = pair.map(|pair| {
        [&pair.old, &pair.new]
            .map(|json| Naive::new(json).expect("both evaluators accept the same documents"))
    });
    let mut counts = Counts::default();
    for key in new.keys().chain(old.keys().filter(|key| new.setting(key).is_none())) {
        let kind = listed.get(key).copied();
        let [is_new, is_old] = [new, old].map(|config| config.setting(key).is_some());
        let expected = match (is_new, is_old) {
            (true, false) => Some(ChangeKind::Added),
            (false, _) => Some(ChangeKind::Removed),
            _ if new.setting_type(key) != old.setting_type(key) => Some(ChangeKind::TypeChanged),
            _ => kind.filter(|kind| *kind == ChangeKind::Changed),
        };
        assert_eq!(kind, expected, "{key}");
        if kind.is_some_and(|kind| kind != ChangeKind::Changed) {
            continue;
        }
        let mut all_users = users.iter().map(Some).chain([None]);
        if kind.is_some() {
            counts.changed += 1;
            counts.differing +=
                usize::from(all_users.any(|user| facts(new, key, user) != facts(old, key, user)));
            continue;
        }
        counts.unchanged += 1;
        let has_targeting = new.setting(key).is_some_and(|setting| setting.has_targeting());
        counts.unchanged_with_targeting +=
            usize::from(has_targeting && pair.is_some_and(|pair| pair.old != pair.new));
        for user in all_users {
            let failure =
                || format!("{key} for {:?}, in {:?}", user.map(User::to_string), pair.map(documents));
            assert_eq!(facts(new, key, user), facts(old, key, user), "{}", failure());
            if let Some([old, new]) = &naive {
                assert_eq!(new.evaluate(key, user), old.evaluate(key, user), "naively: {}", failure());
            }
        }
    }
    counts
}

fn documents(pair: &Pair) -> [String; 2] {
    [&pair.old, &pair.new].map(Json::to_string)
}

/// Returns the value with its bits, the variation id, the rule and the option; or the kind of the
/// error.
fn facts(
    config: &Config,
    key: &str,
    user: Option<&User>,
) -> Result<impl PartialEq + std::fmt::Debug, String> {
    let evaluation = config.evaluate(key, user).map_err(|error| naive::kind(&error))?;
    let id = evaluation.variation_id().map(str::to_owned);
    Ok((format!("{:?}", evaluation.value()), id, evaluation.matched_rule(), evaluation.matched_option()))
}
