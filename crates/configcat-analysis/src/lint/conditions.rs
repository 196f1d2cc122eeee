//! Lints of single conditions.

use super::{finding::Findings, items, prerequisites::Possible, text};
use crate::{
    diagnostic::Lint,
    logic::{
        flag::{Condition, UserCondition},
        rule_facts::RuleFacts,
        test::Test,
    },
};

/// The last second of the year 9999. Later dates are most likely milliseconds by mistake.
const LAST_DATE: f64 = 253_402_300_799.0;

/// Checks one condition at a place.
pub(super) fn check(
    condition: &Condition,
    place: &str,
    is_legacy: bool,
    possible: &mut Possible<'_>,
    findings: &mut Findings,
) {
    match condition {
        Condition::User(condition) => {
            // Such a condition is never true, too, which would be a second finding for one mistake.
            if !check_value(condition, place, findings) {
                check_truth(condition, place, findings);
            }
            items::check(condition, place, is_legacy, findings);
        }
        Condition::Segment { is_inside, conditions, .. } => {
            check_segment(conditions, *is_inside, place, findings);
        }
        Condition::Prerequisite { key, is_equal, value } => {
            // Without a readable value there is a fault already.
            let Some(value) = value else { return };
            let Some(holds) = possible.always(key, value, *is_equal) else { return };
            let lint = if holds { Lint::ConditionAlwaysTrue } else { Lint::ConditionNeverTrue };
            let message = message(&format!("flag '{}'", text::cut(key)), holds);
            let values = possible.text(key);
            let help = "Remove the condition, or the rule.";
            findings.add(lint, place.to_owned(), message, values, help);
        }
        Condition::Malformed => {}
    }
}

/// Reports a comparison value that is no version, number or date. Returns whether it is one of
/// these.
fn check_value(condition: &UserCondition, place: &str, findings: &mut Findings) -> bool {
    let (message, reason, help) = match &condition.test {
        Test::VersionOneOf { versions: None, .. } => (
            "the list has an item that is no semantic version",
            "with such an item the condition is false for every user, also if it is negated",
            "Write versions with all three numbers and without a v, such as 1.0.0.",
        ),
        Test::Version(_, None) => (
            "the comparison value is no semantic version",
            "the condition is false for every user",
            "Write a version with all three numbers and without a v, such as 1.0.0.",
        ),
        Test::Unparsable => (
            "the comparison value cannot be read as its comparator needs it",
            "the rule matches no user",
            "Write a number or a semantic version, as the comparator needs it.",
        ),
        Test::Time(_, seconds) if seconds.abs() > LAST_DATE => (
            "the comparison value is no date before the year 10000",
            "times are compared in seconds since 1970, and this one is probably in milliseconds",
            "Write the date in seconds.",
        ),
        _ => return false,
    };
    let message = format!("{}: {message}", text::condition(condition));
    findings.add(Lint::InvalidComparisonValue, place.to_owned(), message, reason.to_owned(), help);
    true
}

/// Reports a condition that is never true, or never false.
fn check_truth(condition: &UserCondition, place: &str, findings: &mut Findings) {
    let shown = text::condition(condition);
    if condition.test.is_never() {
        // The size is the number of items plus one, so 1 is an empty list or no list at all.
        let reason = if condition.test.size() == 1 && matches!(condition.test, Test::Version(..)) {
            "no version is lower"
        } else if condition.test.size() == 1 {
            "the list is empty"
        } else {
            "empty text counts as an absent attribute, and all other text begins with, ends with and contains it"
        };
        let help = "Complete the comparison value, or remove the rule.";
        let message = message(&shown, false);
        findings.add(Lint::ConditionNeverTrue, place.to_owned(), message, reason.to_owned(), help);
    } else if condition.test.is_never_false() {
        let reason = "it fails for no value that the comparator can read, and only users without such a value \
                      do not match";
        let help = "Complete the comparison value, or remove the condition.";
        let message = message(&shown, true);
        findings.add(Lint::ConditionAlwaysTrue, place.to_owned(), message, reason.to_owned(), help);
    }
}

fn check_segment(conditions: &[Condition], is_inside: bool, place: &str, findings: &mut Findings) {
    // Evaluated as "all of no conditions hold", for each User Object.
    if conditions.is_empty() {
        let lint = if is_inside { Lint::ConditionAlwaysTrue } else { Lint::ConditionNeverTrue };
        let reason = "the segment has no conditions, so every user is in it".to_owned();
        let help = "Give the segment conditions, or remove this one.";
        findings.add(lint, place.to_owned(), message("segment", is_inside), reason, help);
    } else if let (true, Some(reason)) = (is_inside, RuleFacts::of(conditions).contradiction()) {
        let reason = format!("no user is in the segment: {reason}");
        let help = "Correct the segment.";
        findings.add(Lint::ConditionNeverTrue, place.to_owned(), message("segment", false), reason, help);
    }
}

fn message(subject: &str, holds: bool) -> String {
    if holds {
        format!("{subject}: the condition is always true")
    } else {
        format!("{subject}: the condition is never true")
    }
}
