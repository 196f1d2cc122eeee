//! Numbers that may not get worse.

use std::{collections::BTreeMap, error::Error, fmt};

const HEADING: &str = "\
# The limits of `cargo xtask tidy`: today's numbers where a target is not reached.
# `cargo xtask tidy --lower` writes better numbers, never worse ones. What is not listed has its target as the limit.
";

/// A place to change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    /// Relative to the workspace.
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) fix: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.fix)
    }
}

/// A count, and the places to change.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) name: String,
    pub(super) unit: &'static str,
    pub(super) value: f64,
    pub(super) bound: Bound,
    pub(super) target: f64,
    pub(super) findings: Vec<Finding>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    AtMost,
    AtLeast,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtMost => "at most",
            Self::AtLeast => "at least",
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.name, self.value, self.unit)
    }
}

impl Measure {
    pub(super) fn is_within(&self, limit: f64) -> bool {
        match self.bound {
            Bound::AtMost => self.value <= limit,
            Bound::AtLeast => self.value >= limit,
        }
    }

    /// Returns the limit after this measurement: the better of both, though never better than the
    /// target.
    pub(super) fn limit_below(&self, limit: f64) -> f64 {
        match self.bound {
            Bound::AtMost => limit.min(self.value.max(self.target)),
            Bound::AtLeast => limit.max(self.value.min(self.target)),
        }
    }
}

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

    /// Returns the limit of a measure. What is not listed must reach its target.
    pub(super) fn of(&self, measure: &Measure) -> f64 {
        self.0.get(&measure.name).copied().unwrap_or(measure.target)
    }

    /// Returns the text of the file after these measurements.
    pub(super) fn lowered(&self, measures: &[Measure]) -> String {
        let mut text = HEADING.to_owned();
        for measure in measures {
            let limit = measure.limit_below(self.of(measure));
            if limit != measure.target {
                text += &format!("{}: {} {limit}\n", measure.name, measure.bound);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(name: &str, bound: Bound, value: f64, target: f64) -> Measure {
        Measure { name: name.to_owned(), unit: "things", value, bound, target, findings: Vec::new() }
    }

    #[test]
    fn worse_numbers_break_the_limit() {
        let limits = Limits::parse("# text\n\nwords a: at most 5\nreasons a: at least 1.5\n").unwrap();
        for (name, bound, value, target, expected) in [
            ("words a", Bound::AtMost, 5.0, 0.0, true),
            ("words a", Bound::AtMost, 6.0, 0.0, false),
            ("words b", Bound::AtMost, 1.0, 0.0, false),
            ("reasons a", Bound::AtLeast, 1.5, 4.0, true),
            ("reasons a", Bound::AtLeast, 1.4, 4.0, false),
            ("reasons b", Bound::AtLeast, 3.9, 4.0, false),
        ] {
            let measure = measure(name, bound, value, target);
            assert_eq!(measure.is_within(limits.of(&measure)), expected, "{measure}");
        }
    }

    #[test]
    fn limits_only_get_stricter_and_end_at_the_target() {
        let limits =
            Limits::parse("a: at most 5\nb: at most 5\nc: at least 1\nd: at most 5\ngone: at most 9\n")
                .unwrap();
        let text = limits.lowered(&[
            measure("a", Bound::AtMost, 3.0, 0.0),
            measure("b", Bound::AtMost, 7.0, 0.0),
            measure("c", Bound::AtLeast, 2.5, 4.0),
            measure("d", Bound::AtMost, 0.0, 0.0),
            measure("e", Bound::AtLeast, 9.0, 4.0),
        ]);
        assert_eq!(text, format!("{HEADING}a: at most 3\nb: at most 5\nc: at least 2.5\n"));
    }

    #[test]
    fn other_lines_are_errors() {
        assert!(Limits::parse("a 5\n").is_err());
        assert!(Limits::parse("a: at most five\n").is_err());
    }
}
