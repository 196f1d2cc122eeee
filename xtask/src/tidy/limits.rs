//! Numbers that may not get worse.

use std::{collections::BTreeMap, error::Error};

use super::measure::Measure;

const HEADING: &str = "\
# The limits of `cargo xtask tidy`: today's numbers where a goal is not reached.
# `cargo xtask tidy --lower` writes better numbers, never worse ones. What is not listed has its goal as the limit.
";

/// The limits by the name of what is measured.
pub(super) struct Limits(BTreeMap<String, f64>);

impl Limits {
    /// Reads lines of a name, a bound and a number.
    pub(super) fn parse(text: &str) -> Result<Self, Box<dyn Error>> {
        let mut limits = BTreeMap::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let parts = line.split_once(": at most ").or_else(|| line.split_once(": at least "));
            let (name, number) = parts.ok_or_else(|| format!("not a limit: {line}"))?;
            let number: f64 = number.parse().map_err(|_| format!("not a number: {line}"))?;
            limits.insert(name.to_owned(), number);
        }
        Ok(Self(limits))
    }

    /// Returns the limit of a measure. What is not listed must reach its goal.
    pub(super) fn of(&self, measure: &Measure) -> f64 {
        self.0.get(&measure.name()).copied().unwrap_or(measure.rule.goal())
    }

    /// Returns the limit after a measurement: the better of both, though never better than the
    /// goal.
    pub(super) fn lowered(&self, measure: &Measure) -> f64 {
        let (rule, limit) = (measure.rule, self.of(measure));
        let value = if rule.is_kept(measure.value, rule.goal()) { rule.goal() } else { measure.value };
        if rule.is_kept(value, limit) { value } else { limit }
    }

    /// Returns the text of the file after these measurements.
    pub(super) fn text_after(&self, measures: &[Measure]) -> String {
        let mut text = HEADING.to_owned();
        for measure in measures {
            let limit = self.lowered(measure);
            if limit != measure.rule.goal() {
                text += &format!("{}: {} {limit}\n", measure.name(), measure.rule.bound());
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{super::measure::Rule, *};

    fn measure(rule: Rule, area: &str, value: f64) -> Measure {
        Measure { value, ..Measure::of(rule, area, Vec::new()) }
    }

    #[test]
    fn worse_numbers_break_the_limit() {
        let limits = Limits::parse("# text\n\nwords a: at most 5\nreasons a: at least 1.5\n").unwrap();
        for (rule, area, value, expected) in [
            (Rule::Words, "a", 5.0, true),
            (Rule::Words, "a", 6.0, false),
            (Rule::Words, "b", 1.0, false),
            (Rule::Words, "b", 0.0, true),
            (Rule::Reasons, "a", 1.5, true),
            (Rule::Reasons, "a", 1.4, false),
            (Rule::Reasons, "b", 3.9, false),
            (Rule::Reasons, "b", 4.0, true),
        ] {
            let limit = limits.of(&measure(rule, area, value));
            assert_eq!(rule.is_kept(value, limit), expected, "{} {area}: {value}", rule.name());
        }
    }

    #[test]
    fn limits_only_get_stricter_and_end_at_the_goal() {
        let limits = Limits::parse(
            "words a: at most 5\nwords b: at most 5\nreasons c: at least 1\nwords d: at most 5\nwords gone: at most 9\n",
        )
        .unwrap();
        let text = limits.text_after(&[
            measure(Rule::Words, "a", 3.0),
            measure(Rule::Words, "b", 7.0),
            measure(Rule::Reasons, "c", 2.5),
            measure(Rule::Words, "d", 0.0),
            measure(Rule::Reasons, "e", 9.0),
        ]);
        assert_eq!(
            text,
            format!("{HEADING}words a: at most 3\nwords b: at most 5\nreasons c: at least 2.5\n")
        );
    }

    #[test]
    fn other_lines_are_errors() {
        assert!(Limits::parse("a 5\n").is_err());
        assert!(Limits::parse("a: at most five\n").is_err());
    }
}
