//! The rules, and how well each part of the workspace keeps them.

use std::fmt;

/// A rule that is kept or broken to a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Files that need each other.
    Circles,
    /// Names that the root of a crate offers beside its modules.
    RootNames,
    /// Differences between the event tables and the code.
    Events,
    /// Openings and words of comments and documents.
    Words,
    /// Comments over the last column.
    Columns,
    /// Comments that give a reason, for each hundred lines of code.
    Reasons,
}

impl Rule {
    pub(super) const ALL: [Self; 6] =
        [Self::Circles, Self::RootNames, Self::Events, Self::Words, Self::Columns, Self::Reasons];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Circles => "circles",
            Self::RootNames => "root names",
            Self::Events => "events",
            Self::Words => "words",
            Self::Columns => "columns",
            Self::Reasons => "reasons",
        }
    }

    pub(super) fn goal(self) -> f64 {
        match self {
            // `ureq` 3, a model of a small front door, has 18 names beside its modules; this crate
            // also offers flags, users, values and overrides.
            Self::RootNames => 30.0,
            // The lower end of `semver`, `ignore`, `jiff` and `arc-swap`, which have 4 to 18.
            Self::Reasons => 4.0,
            Self::Circles | Self::Events | Self::Words | Self::Columns => 0.0,
        }
    }

    /// Returns the words before a limit of this rule.
    pub(super) fn bound(self) -> &'static str {
        if self == Self::Reasons { "at least" } else { "at most" }
    }

    pub(super) fn is_kept(self, value: f64, limit: f64) -> bool {
        if self == Self::Reasons { value >= limit } else { value <= limit }
    }
}

/// A number, and the places to change.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) rule: Rule,
    /// The folder of a crate, another folder at the top, or the documents.
    pub(super) area: String,
    pub(super) value: f64,
    pub(super) findings: Vec<Finding>,
}

impl Measure {
    /// Counts the places to change.
    pub(super) fn of(rule: Rule, area: &str, findings: Vec<Finding>) -> Self {
        Self { rule, area: area.to_owned(), value: findings.len() as f64, findings }
    }

    /// Returns the name in the file of limits.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.rule.name(), self.area)
    }
}

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

/// All measures as a table: a row for each area, a column for each rule.
pub(super) struct Table<'a>(pub(super) &'a [Measure]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut areas: Vec<&str> = self.0.iter().map(|measure| measure.area.as_str()).collect();
        areas.sort_unstable();
        areas.dedup();
        let row = |name: &str, cell: &dyn Fn(Rule) -> Option<String>| {
            let cells = Rule::ALL.map(|rule| format!("{:>12}", cell(rule).unwrap_or_default())).concat();
            format!("{name:30}{cells}").trim_end().to_owned()
        };
        writeln!(f, "{}", row("", &|rule| Some(rule.name().to_owned())))?;
        for area in areas {
            let of = |rule| self.0.iter().find(|measure| measure.rule == rule && measure.area == area);
            writeln!(f, "{}", row(area, &|rule| of(rule).map(|measure| measure.value.to_string())))?;
        }
        let sum = |rule| {
            let values = self.0.iter().filter(|measure| measure.rule == rule).map(|measure| measure.value);
            values.fold(0.0, |sum, value| sum + value)
        };
        // The sum of densities says nothing.
        let total = |rule| (rule != Rule::Reasons).then(|| sum(rule).to_string());
        writeln!(f, "{}", row("in all", &total))?;
        writeln!(f, "{}", row("goal", &|rule| Some(format!("{} {}", rule.bound(), rule.goal()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_area() {
        let measure = |rule, area: &str, value| Measure { value, ..Measure::of(rule, area, Vec::new()) };
        let measures = [
            measure(Rule::Words, "docs", 2.0),
            measure(Rule::Words, "crates/a", 1.0),
            measure(Rule::Reasons, "crates/a", 3.5),
        ];
        let table = Table(&measures).to_string();
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["circles", "root", "names", "events", "words", "columns", "reasons"]);
        assert_eq!(
            rows[1..4],
            [&["crates/a", "1", "3.5"][..], &["docs", "2"], &["in", "all", "0", "0", "0", "3", "0"]]
        );
        assert!(table.ends_with(" at least 4\n"), "{table}");
    }
}
