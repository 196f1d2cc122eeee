//! Lints of rules that are compared with each other.

use configcat_eval::Config;

use super::{finding::Findings, text};
use crate::{
    diagnostic::Lint,
    logic::{
        flag::{Condition, Flag, Rule, UserCondition},
        reach::{Reach, reach},
        rule_facts::RuleFacts,
        test::{Test, TextRelation},
    },
};

/// The most comparisons of items for two rules.
// As for other deductions from lists: two lists of 300 items.
const MAX_WORK: usize = 100_000;

/// Checks the rules of a setting.
pub(super) fn check(config: &Config, key: &str, flag: &Flag, findings: &mut Findings) {
    let place = &format!("f.{key}");
    let reach = reach(flag);
    for (index, (rule, reach)) in flag.rules.iter().zip(&reach).enumerate() {
        let place = format!("{place}.r[{index}]");
        match reach {
            Reach::Contradiction(reason) => {
                report_contradiction(&rule.conditions, reason, format!("{place}.c"), "rule", findings);
            }
            Reach::TakenBy(rules) => {
                let message = "no user reaches this rule".to_owned();
                let reason = taken_by(flag, rules);
                findings.add(
                    Lint::RuleUnreachable,
                    place,
                    message,
                    reason,
                    "Move the rule up, or remove it.",
                );
            }
            Reach::Reached => {
                let previous = index.checked_sub(1).and_then(|previous| flag.rules.get(previous));
                check_value_in_a_row(previous, rule, place, findings);
            }
        }
    }
    check_rest(flag, place, findings);
    check_same(config, key, place, findings);
}

/// Reports conditions that never hold together, except for a single one that is never true, which
/// has a finding of its own.
fn report_contradiction(
    conditions: &[Condition],
    reason: &str,
    place: String,
    what: &str,
    findings: &mut Findings,
) {
    let is_never = |condition| RuleFacts::of(std::slice::from_ref(condition)).contradiction().is_some();
    if !conditions.iter().any(is_never) {
        let message = format!("the conditions of this {what} never hold together");
        let help = "Correct one of the conditions.";
        findings.add(Lint::ConditionsContradict, place, message, reason.to_owned(), help);
    }
}

/// Checks the conditions of a segment.
pub(super) fn check_segment(conditions: &[Condition], place: String, findings: &mut Findings) {
    if let Some(reason) = RuleFacts::of(conditions).contradiction() {
        report_contradiction(conditions, &reason, place, "segment", findings);
    }
}

/// Returns how earlier rules take all users of a rule.
fn taken_by(flag: &Flag, rules: &[usize]) -> String {
    let shown: Vec<String> = rules.iter().map(|rule| format!("r[{rule}]")).collect();
    let is_for_all = |rule: &usize| flag.rules.get(*rule).is_some_and(|rule| rule.conditions.is_empty());
    match rules {
        [rule] if is_for_all(rule) => format!("rule r[{rule}] takes all users"),
        [rule] => format!("rule r[{rule}] takes every user that meets these conditions"),
        _ => format!("rules {} take every user that meets these conditions", shown.join(" and ")),
    }
}

/// Reports percentage options of the setting that no user reaches.
fn check_rest(flag: &Flag, place: &str, findings: &mut Findings) {
    if flag.options.is_empty() {
        return;
    }
    // Options of the rule need the same attribute, so no user gets only those of the setting.
    if let Some(rule) = flag.rules.iter().position(|rule| rule.conditions.is_empty()) {
        findings.add(
            Lint::RuleUnreachable,
            format!("{place}.p"),
            "no user reaches these percentage options".to_owned(),
            format!("rule r[{rule}] takes all users"),
            "Remove the options, or give the rule a condition.",
        );
    }
}

/// Reports a rule that serves the same as the one before it, where one rule would do.
fn check_value_in_a_row(previous: Option<&Rule>, rule: &Rule, place: String, findings: &mut Findings) {
    let Some(previous) = previous else { return };
    let (Some(served), Some(other)) = (rule.served(), previous.served()) else { return };
    // Other variation ids are other results in the statistics of the service.
    if served != other || served.value.is_none() {
        return;
    }
    // Each is compared with one other rule, so this takes less work than the search for its users.
    let facts = RuleFacts::of(&previous.conditions);
    let is_small = facts.size().saturating_mul(rule.size()) <= MAX_WORK;
    let (reason, help) = if is_small && facts.imply_all(&rule.conditions) {
        ("this rule takes all users of the rule before", "Remove the rule before.")
    } else if may_merge(&previous.conditions, &rule.conditions) {
        ("they differ in the list of one condition only", "Make one rule of both.")
    } else {
        return;
    };
    let message = "the rule serves the same value as the one before".to_owned();
    findings.add(Lint::SameValueInARow, place, message, reason.to_owned(), help);
}

/// Returns whether two rules differ in one condition at most, of which both lists can be joined.
fn may_merge(conditions: &[Condition], others: &[Condition]) -> bool {
    if conditions.len() != others.len() || conditions.is_empty() {
        return false;
    }
    // Hashes are not known, so two conditions with hashes count as different.
    let pairs = conditions.iter().zip(others);
    let mut different = pairs.filter(|(one, other)| one != other || one.is_hashed());
    match (different.next(), different.next()) {
        (Some((Condition::User(one), Condition::User(other))), None) => {
            one.attribute == other.attribute && one.code == other.code && has_joinable_list(one)
        }
        _ => false,
    }
}

/// Returns whether the condition holds if any item of its list does.
fn has_joinable_list(condition: &UserCondition) -> bool {
    match &condition.test {
        Test::Text { relation: TextRelation::Is, negated: false, .. } => condition.code != 28,
        Test::Text { negated, .. } | Test::List { negated, .. } | Test::VersionOneOf { negated, .. } => {
            !negated
        }
        Test::Hashed { negated, .. } => !negated && condition.code != 20,
        Test::Version(..) | Test::Number(..) | Test::Time(..) | Test::Unparsable => false,
    }
}

/// Reports a setting that serves one value only.
fn check_same(config: &Config, key: &str, place: &str, findings: &mut Findings) {
    if let Some(value) = config.setting(key).and_then(|setting| setting.constant_value()) {
        findings.add(
            Lint::SameForEverybody,
            place.to_owned(),
            format!("the value is '{}' for every user", text::cut(&value.to_string())),
            "all rules, all options and the default serve it".to_owned(),
            "Remove the rules and options, or the flag.",
        );
    }
}
