//! Comments that give reasons, for each hundred lines of code.
//!
//! A reason is a comment `//` of at least three words, of one or more lines, outside tests. No
//! program can tell a reason from a description, so the number is an upper bound.

use std::{collections::BTreeSet, error::Error, fs};

use super::comments::{Comment, Kind, comments};
use crate::{source::Crate, workspace::in_workspace};

/// Comments of fewer words are names of sections.
const LEAST_WORDS: usize = 3;

pub(super) const UNIT: &str = "for each 100 lines of code";

/// The lines of code of a crate, and its reasons.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Counts {
    pub(super) code: usize,
    pub(super) reasons: usize,
}

impl Counts {
    /// Returns the reasons for each hundred lines of code.
    pub(super) fn per_hundred(self) -> f64 {
        if self.code == 0 { f64::INFINITY } else { self.reasons as f64 * 100.0 / self.code as f64 }
    }
}

/// Counts in all files of some crates, each file once.
pub(super) fn count<'a>(crates: impl IntoIterator<Item = &'a Crate>) -> Result<Counts, Box<dyn Error>> {
    let files: BTreeSet<&str> =
        crates.into_iter().flat_map(|found| &found.modules).map(|module| module.file.as_str()).collect();
    let mut counts = Counts::default();
    for file in files {
        let in_file = count_in(&fs::read_to_string(in_workspace(file))?);
        counts.code += in_file.code;
        counts.reasons += in_file.reasons;
    }
    Ok(counts)
}

fn count_in(source: &str) -> Counts {
    let end = first_line_of_tests(source);
    let comments = comments(source);
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
    counts
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
        assert_eq!(count_in(source), Counts { code: 2, reasons: 2 });
    }

    #[test]
    fn tests_do_not_count() {
        let source = "fn f() {}\n#[cfg(test)]\nmod tests {\n    // Of three words.\n    fn g() {}\n}\n";
        assert_eq!(count_in(source), Counts { code: 1, reasons: 0 });
    }

    #[test]
    fn reasons_are_counted_for_each_hundred_lines() {
        assert_eq!(Counts { code: 50, reasons: 2 }.per_hundred().to_string(), "4");
        assert_eq!(Counts::default().per_hundred(), f64::INFINITY);
    }
}
