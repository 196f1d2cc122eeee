//! Comments that give reasons, for each hundred lines of code.
//!
//! A reason is a comment `//` of at least three words, of one or more lines, outside tests. No
//! program can tell a reason from a description, so the number is an upper bound.

use std::{collections::BTreeSet, error::Error, fs};

use proc_macro2::LexError;

use super::{
    comments::{Comment, Kind, comments},
    measure::{Finding, Measure, Rule},
};
use crate::{source::Crate, workspace::in_workspace};

/// Comments of fewer words are names of sections.
const LEAST_WORDS: usize = 3;

/// The lines of code, and the reasons in them.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Counts {
    code: usize,
    reasons: usize,
}

impl Counts {
    fn per_hundred(self) -> f64 {
        if self.code == 0 { f64::INFINITY } else { self.reasons as f64 * 100.0 / self.code as f64 }
    }

    /// The reasons that are missing to the goal; not above 0 where it is reached.
    fn missing(self) -> f64 {
        (self.code as f64 * Rule::Reasons.goal() / 100.0).floor() - self.reasons as f64
    }
}

/// Measures all files of some crates, each file once.
pub(super) fn measure(area: &str, targets: &[&Crate]) -> Result<Measure, Box<dyn Error>> {
    let modules = targets.iter().flat_map(|found| &found.modules);
    let files: BTreeSet<&str> = modules.map(|module| module.file.as_str()).collect();
    let (mut all, mut findings) = (Counts::default(), Vec::new());
    for file in files {
        let counts = count(&fs::read_to_string(in_workspace(file))?)?;
        all.code += counts.code;
        all.reasons += counts.reasons;
        if counts.missing() > 0.0 {
            let Counts { code, reasons } = counts;
            let fix = format!("{reasons} reasons in {code} lines of code: add {} more", counts.missing());
            findings.push(Finding { file: file.to_owned(), line: 1, fix });
        }
    }
    let value = (all.per_hundred() * 10.0).floor() / 10.0;
    Ok(Measure { value, ..Measure::of(Rule::Reasons, area, findings) })
}

fn count(source: &str) -> Result<Counts, LexError> {
    let end = first_line_of_tests(source);
    let comments = comments(source)?;
    let comments: Vec<&Comment<'_>> = comments.iter().filter(|comment| comment.line < end).collect();
    let alone = comments.iter().filter(|comment| !comment.is_trailing).count();
    let written = source.lines().take(end - 1).filter(|line| !line.trim().is_empty()).count();
    let mut counts = Counts { code: written - alone, reasons: 0 };
    let mut run = (0, 0);
    for comment in comments.iter().filter(|comment| comment.kind == Kind::Plain) {
        let words = comment.text.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).count();
        let (line, before) = run;
        let before = if line + 1 == comment.line { before } else { 0 };
        let so_far = before + words;
        // Once for each run: where it becomes long enough.
        counts.reasons += usize::from(before < LEAST_WORDS && so_far >= LEAST_WORDS);
        run = (comment.line, so_far);
    }
    Ok(counts)
}

/// The tests of a file are one module at its end.
fn first_line_of_tests(source: &str) -> usize {
    let lines: Vec<&str> = source.lines().collect();
    let is_start = |pair: &[&str]| matches!(pair, ["#[cfg(test)]", next] if next.starts_with("mod ") && next.ends_with("{"));
    lines.windows(2).position(is_start).unwrap_or(lines.len()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_lines_is_one_reason() {
        let source = "//! Doc.\n\n// One two.\n// Three four.\nfn f() {}\n\nfn g() {} // because it must\n// Section\n";
        assert_eq!(count(source).unwrap(), Counts { code: 2, reasons: 2 });
    }

    #[test]
    fn tests_do_not_count() {
        let source = "fn f() {}\n#[cfg(test)]\nmod tests {\n    // Of three words.\n    fn g() {}\n}\n";
        assert_eq!(count(source).unwrap(), Counts { code: 1, reasons: 0 });
    }

    #[test]
    fn reasons_are_counted_for_each_hundred_lines() {
        assert_eq!(Counts { code: 50, reasons: 2 }.per_hundred().to_string(), "4");
        assert_eq!(Counts::default().per_hundred(), f64::INFINITY);
        for (code, reasons, expected) in
            [(50, 2, 0.0), (50, 1, 1.0), (24, 0, 0.0), (25, 0, 1.0), (200, 9, -1.0)]
        {
            assert_eq!(Counts { code, reasons }.missing(), expected, "{reasons} in {code}");
        }
    }
}
