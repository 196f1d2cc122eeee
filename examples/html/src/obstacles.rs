//! The reasons why rules could not be evaluated: the most frequent cause of a value that nobody
//! expects.

use std::collections::BTreeSet;

use configcat_eval::{Hint, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, SettingTrace, Trace};

/// The most attributes that a reason names: about one line.
const MAX_NAMES: usize = 3;

#[derive(Default)]
struct Obstacles<'t> {
    missing: BTreeSet<&'t str>,
    invalid: BTreeSet<&'t str>,
}

/// Returns the reason why rules of this flag, or of its prerequisite flags, could not be evaluated,
/// with the first hint; `None` if all of them could.
pub(crate) fn reason(trace: &Trace) -> Option<String> {
    if trace.hints().contains(&Hint::NoUser) {
        return Some("No user was given".to_owned());
    }
    let mut obstacles = Obstacles::default();
    obstacles.collect(trace.evaluation());
    let parts = [("Attribute missing", &obstacles.missing), ("Attribute invalid", &obstacles.invalid)];
    let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let texts: Vec<_> = parts.map(|(what, names)| format!("{what}: {}", listed(names))).collect();
    let hint = attribute_hints(trace).next().map(|hint| format!(" ({hint})"));
    (!texts.is_empty()).then(|| texts.join("; ") + &hint.unwrap_or_default())
}

/// Returns the hints about attributes. The other ones repeat the error, or that there is no user.
pub(crate) fn attribute_hints(trace: &Trace) -> impl Iterator<Item = &Hint> {
    let is_about_attribute =
        |hint: &&Hint| matches!(hint, Hint::SimilarAttribute { .. } | Hint::EmptyAttribute { .. });
    trace.hints().iter().filter(is_about_attribute)
}

fn listed(names: &BTreeSet<&str>) -> String {
    let first: Vec<_> = names.iter().copied().take(MAX_NAMES).collect();
    match names.len().saturating_sub(MAX_NAMES) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
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
            ObstacleTrace::AttributeMissing(name) => drop(self.missing.insert(name)),
            ObstacleTrace::AttributeInvalid { attribute, .. } => drop(self.invalid.insert(attribute)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use configcat_eval::{Config, User};

    use super::reason;

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
            let user = pairs.iter().fold(User::new("1"), |user, (name, value)| user.custom(*name, *value));
            reason(&config.explain(key, (!pairs.is_empty()).then_some(&user)))
        };
        for (key, pairs, expected) in [
            ("flag", &[][..], Some("No user was given")),
            ("flag", &[("x", "")], Some("Attribute missing: Company, Orders, Plan")),
            (
                "flag",
                &[("plan", "pro"), ("Orders", "many"), ("Company", "A")],
                Some(
                    "Attribute missing: Plan; Attribute invalid: Orders \
                     (the user has no attribute 'Plan', and has 'plan'; names are case-sensitive)",
                ),
            ),
            (
                "above",
                &[("Plann", "pro")],
                Some("Attribute missing: Plan (the user has no attribute 'Plan', and has 'Plann')"),
            ),
            (
                "above",
                &[("Plan", "")],
                Some(
                    "Attribute missing: Plan \
                     (the attribute 'Plan' of the user is empty text, which counts as missing)",
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
