//! Proofs that a setting gives every user the same value and variation id in two configs.

use std::collections::{BTreeMap, BTreeSet};

use configcat_eval::{OptionDescription, ServedDescription, ThenDescription};

use super::{
    flag::{Condition, Flag, Rule, UserCondition},
    flags::Flags,
    reach::{Reach, reach},
    test::Test,
};

/// Returns whether the setting gives every user the same value and variation id in both configs. In
/// doubt, it does not.
pub(crate) fn are_equal(key: &str, old: &Flags<'_>, new: &Flags<'_>) -> bool {
    // Hashes hide which users they match.
    if [old, new].iter().any(|flags| flags.may_fail() || flags.iter().any(Flag::is_hashed)) {
        return false;
    }
    Comparer { old, new, known: BTreeMap::new() }.are_equal(key)
}

struct Comparer<'f, 'c> {
    old: &'f Flags<'c>,
    new: &'f Flags<'c>,
    /// The prerequisite flags that were compared.
    known: BTreeMap<String, bool>,
}

impl Comparer<'_, '_> {
    fn are_equal(&mut self, key: &str) -> bool {
        if let Some(known) = self.known.get(key) {
            return *known;
        }
        let (Some(old), Some(new)) = (self.old.get(key), self.new.get(key)) else { return false };
        let is_same = old.setting_type == new.setting_type && normal(old) == normal(new);
        // There are no circles, so this ends.
        let mut needs = old.prerequisites().chain(new.prerequisites());
        let is_equal = is_same && needs.all(|key| self.are_equal(key));
        self.known.insert(key.to_owned(), is_equal);
        is_equal
    }
}

/// A setting without the parts that make no difference.
#[derive(Debug, PartialEq)]
struct Normal {
    rules: Vec<(BTreeSet<String>, NormalThen)>,
    /// The outcome behind the rules; `None` if no user gets there.
    rest: Option<(NormalThen, NormalThen)>,
}

/// The value, or the attribute and the options.
#[derive(Debug, PartialEq)]
enum NormalThen {
    Served(ServedDescription),
    Options(String, Vec<OptionDescription>),
}

fn normal(flag: &Flag) -> Normal {
    let reach = reach(flag);
    let reached = flag.rules.iter().zip(&reach).filter(|(_, reach)| **reach == Reach::Reached);
    let mut rules = Vec::new();
    let mut rest = Some((options(flag, &flag.options), NormalThen::Served(flag.default.clone())));
    for (rule, _) in reached {
        rules.push((rule.conditions.iter().map(condition).collect(), then(flag, rule)));
        if rule.conditions.is_empty() && rule.options().is_empty() {
            rest = None;
            break;
        }
    }
    // The last rules make no difference if they serve the default, and no options come between.
    while let (Some((_, then)), Some((_, default))) = (rules.last(), &rest) {
        if !flag.options.is_empty() || then != default {
            break;
        }
        rules.pop();
    }
    Normal { rules, rest }
}

fn then(flag: &Flag, rule: &Rule) -> NormalThen {
    match &rule.then {
        ThenDescription::Served(served) => NormalThen::Served(served.clone()),
        _ => options(flag, rule.options()),
    }
}

/// Returns the options that some user gets, and the attribute if it makes a difference.
fn options(flag: &Flag, options: &[OptionDescription]) -> NormalThen {
    let mut sum = 0_i64;
    let used = options.iter().filter(|option| {
        let is_used = option.percentage > 0 && sum < 100;
        sum = sum.saturating_add(option.percentage);
        is_used
    });
    let used: Vec<OptionDescription> = used.cloned().collect();
    let attribute = if used.is_empty() { String::new() } else { flag.options_attribute.clone() };
    NormalThen::Options(attribute, used)
}

/// Returns a condition as text that is equal for equal conditions.
fn condition(condition: &Condition) -> String {
    match condition {
        Condition::User(condition) => user_condition(condition),
        // All conditions must hold, in any order.
        Condition::Segment { is_inside: true, conditions, .. } => {
            let inner: BTreeSet<String> = conditions.iter().map(self::condition).collect();
            format!("in {inner:?}")
        }
        // The first condition that does not hold decides whether the user is outside, or unknown.
        Condition::Segment { is_inside: false, conditions, .. } => {
            let inner: Vec<String> = conditions.iter().map(self::condition).collect();
            format!("not in {inner:?}")
        }
        Condition::Prerequisite { key, is_equal, value } => format!("flag {key:?} {is_equal} {value:?}"),
        Condition::Malformed => "malformed".to_owned(),
    }
}

fn user_condition(condition: &UserCondition) -> String {
    let attribute = &condition.attribute;
    match &condition.test {
        Test::Text { relation, negated, items } => {
            let items: BTreeSet<&String> = items.iter().collect();
            format!("{attribute:?} {relation:?} {negated} {items:?}")
        }
        Test::List { negated, items } => {
            let items: BTreeSet<&String> = items.iter().collect();
            format!("{attribute:?} list {negated} {items:?}")
        }
        test => format!("{attribute:?} {test:?}"),
    }
}

#[cfg(test)]
mod tests {
    use configcat_eval::Config;

    use super::{Flags, are_equal};
    use crate::logic::flags::MAX_FLAGS;

    /// Returns the proof alone: `compare` looks for a user first, which would hide a wrong proof.
    fn is_proved(options: [(u8, u8); 2], changed: [(u8, u8); 2]) -> bool {
        let [old, new] = [options, changed].map(|[(first, one), (second, other)]| {
            let json = format!(
                r#"{{"f": {{"flag": {{"t": 2, "v": {{"i": 0}}, "p": [
                    {{"p": {first}, "v": {{"i": {one}}}}}, {{"p": {second}, "v": {{"i": {other}}}}}]}}}}}}"#
            );
            Config::parse(json).unwrap()
        });
        are_equal("flag", &Flags::up_to(MAX_FLAGS, &old, "flag"), &Flags::up_to(MAX_FLAGS, &new, "flag"))
    }

    #[test]
    fn options_count_up_to_a_sum_of_100() {
        for (first, second) in [(0, 100), (1, 99), (50, 50), (98, 2), (99, 1), (99, 5)] {
            assert!(!is_proved([(first, 1), (second, 2)], [(first, 1), (second, 3)]), "{first} {second}");
        }
        for (first, second) in [(100, 0), (100, 1), (101, 50)] {
            assert!(is_proved([(first, 1), (second, 2)], [(first, 1), (second, 3)]), "{first} {second}");
        }
        // Users beyond the sum get an error, for which there is no proof.
        assert!(!is_proved([(98, 1), (1, 2)], [(98, 1), (1, 2)]));
    }
}
