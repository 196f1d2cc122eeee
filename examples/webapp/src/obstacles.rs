//! The reasons why rules could not be evaluated: the most frequent cause of a value that nobody
//! expects.

use std::collections::BTreeSet;

use configcat::trace::{NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, SettingTrace};

use crate::visitor::Visitor;

/// The most attributes that a reason names: about one line.
const MAX_NAMES: usize = 3;

#[derive(Default)]
struct Obstacles<'t> {
    has_no_user: bool,
    missing: BTreeSet<&'t str>,
    invalid: BTreeSet<&'t str>,
}

/// Returns the reason why rules of this flag, or of its prerequisite flags, could not be evaluated;
/// `None` if all of them could.
pub(crate) fn reason(evaluation: &SettingTrace, visitor: &Visitor) -> Option<String> {
    let mut obstacles = Obstacles::default();
    obstacles.collect(evaluation);
    if obstacles.has_no_user {
        return Some("No user was given".to_owned());
    }
    let similar: String = obstacles.missing.iter().filter_map(|name| hint(name, visitor)).take(1).collect();
    let parts = [("Attribute missing", &obstacles.missing), ("Attribute invalid", &obstacles.invalid)];
    let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let texts: Vec<_> = parts.map(|(what, names)| format!("{what}: {}", listed(names))).collect();
    (!texts.is_empty()).then(|| texts.join("; ") + &similar)
}

fn listed(names: &BTreeSet<&str>) -> String {
    let first: Vec<_> = names.iter().copied().take(MAX_NAMES).collect();
    match names.len().saturating_sub(MAX_NAMES) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Returns a note on an attribute of the user whose name differs only in upper and lower case.
fn hint(missing: &str, visitor: &Visitor) -> Option<String> {
    let is_similar = |(name, value): &&(String, String)| {
        !value.trim().is_empty() && name.to_lowercase() == missing.to_lowercase()
    };
    let (name, _) = visitor.0.iter().find(is_similar)?;
    Some(format!(" (the user has '{name}'; names are case-sensitive)"))
}

impl<'t> Obstacles<'t> {
    /// Collects recursively: the trace limits the depth of prerequisite flags.
    fn collect(&mut self, evaluation: &'t SettingTrace) {
        for rule in &evaluation.rules {
            if let Some(OutcomeTrace::CannotEvaluate(obstacle)) = &rule.outcome {
                self.add(obstacle);
            }
            self.add_options(rule.options.as_ref());
            for condition in &rule.conditions {
                if let Some(NestedTrace::Prerequisite { evaluation, .. }) = &condition.nested {
                    self.collect(evaluation);
                }
            }
        }
        self.add_options(evaluation.options.as_ref());
    }

    fn add_options(&mut self, options: Option<&'t OptionsTrace>) {
        if let Some(OptionsTrace::Skipped(obstacle)) = options {
            self.add(obstacle);
        }
    }

    fn add(&mut self, obstacle: &'t ObstacleTrace) {
        match obstacle {
            ObstacleTrace::NoUser => self.has_no_user = true,
            ObstacleTrace::AttributeMissing(name) => drop(self.missing.insert(name)),
            ObstacleTrace::AttributeInvalid { attribute, .. } => drop(self.invalid.insert(attribute)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use configcat::{Config, User};

    use super::reason;
    use crate::visitor::Visitor;

    #[test]
    fn a_rule_that_could_not_be_evaluated_is_the_reason() {
        let config = Config::parse(
            r#"{"f": {
                "flag": {"t": 0, "v": {"b": false}, "r": [
                    {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"b": true}}},
                    {"c": [{"u": {"a": "Orders", "c": 14, "d": 1}}], "s": {"v": {"b": true}}}],
                    "a": "Company", "p": [{"p": 100, "v": {"b": true}}]},
                "above": {"t": 0, "v": {"b": false}, "r": [
                    {"c": [{"p": {"f": "below", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]},
                "below": {"t": 0, "v": {"b": false}, "r": [
                    {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"b": true}}}]}}}"#,
        )
        .unwrap();
        let told = |key: &str, pairs: &[(&str, &str)]| {
            let visitor = Visitor(
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            );
            let user = pairs.iter().fold(User::new("1"), |user, (name, value)| user.custom(*name, *value));
            let trace = config.explain(key, (!pairs.is_empty()).then_some(&user));
            reason(trace.evaluation(), &visitor)
        };
        for (key, pairs, expected) in [
            ("flag", &[][..], Some("No user was given")),
            ("flag", &[("x", "")], Some("Attribute missing: Company, Orders, Plan")),
            (
                "flag",
                &[("plan", "pro"), ("Orders", "many"), ("Company", "A")],
                Some(
                    "Attribute missing: Plan; Attribute invalid: Orders (the user has 'plan'; names are case-sensitive)",
                ),
            ),
            ("flag", &[("Plan", "x"), ("Orders", "0"), ("Company", "A")], None),
            ("above", &[("x", "")], Some("Attribute missing: Plan")),
            ("above", &[("Plan", "x")], None),
        ] {
            assert_eq!(told(key, pairs).as_deref(), expected, "{key} {pairs:?}");
        }
    }
}
