//! A config with all that depends on it alone, and the reason why a text is no config.

use std::{collections::HashSet, rc::Rc};

use configcat_eval::{Config, ParseError};
use flag_html::difference::{Change, differences};

/// The number of listed faults: about one screen. A hostile config has one in each setting.
const MAX_FAULTS: usize = 50;

/// The characters of the broken line that are shown before and after the fault: about one line.
const MAX_AROUND: usize = 40;

/// A config that could be read.
pub(crate) struct Loaded {
    pub(crate) config: Rc<Config>,
    /// The faults of its settings, and the number of those that are not listed.
    pub(crate) faults: (Vec<String>, usize),
    /// The differences from the config that it is compared with.
    pub(crate) changes: Vec<Change>,
    /// The keys of the flags that differ.
    pub(crate) changed: HashSet<String>,
}

impl Loaded {
    pub(crate) fn new(config: Rc<Config>, base: &Config) -> Self {
        let mut all = config.settings().flat_map(|setting| setting.faults());
        let faults = all.by_ref().take(MAX_FAULTS).map(|fault| fault.to_string()).collect();
        let faults = (faults, all.count());
        let changed: HashSet<String> = config.changes(base).map(|change| change.key.to_owned()).collect();
        let changes = if changed.is_empty() { Vec::new() } else { differences(base, &config) };
        Self { config, faults, changes, changed }
    }
}

/// The reason why a text is no config.
#[derive(Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) text: String,
    pub(crate) place: Option<Place>,
}

/// The place of a fault in a text.
#[derive(Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    /// The text of the line before the fault, and from the fault on.
    pub(crate) around: [String; 2],
    /// The offset of the fault as JavaScript counts it, in units of UTF-16.
    pub(crate) offset: usize,
}

impl Problem {
    pub(crate) fn new(json: &[u8], error: &ParseError) -> Self {
        let place = match error {
            ParseError::NotJson(cause) => Some((cause.line(), cause.column())),
            ParseError::NotUtf8 { line, column, .. } => Some((*line, *column)),
            _ => None,
        };
        Self { text: error.to_string(), place: place.map(|(line, column)| Place::new(json, line, column)) }
    }
}

impl Place {
    /// Finds the place of a line and of a byte of that line, both counted from 1.
    fn new(json: &[u8], line: usize, column: usize) -> Self {
        let start: usize = json.split_inclusive(|byte| *byte == b'\n').take(line - 1).map(<[u8]>::len).sum();
        let end = json.len().min(start + column.saturating_sub(1));
        let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let before = text(json.get(start..end));
        let after =
            text(json.get(end..).map(|rest| rest.split(|byte| *byte == b'\n').next().unwrap_or(rest)));
        let skipped = before.chars().count().saturating_sub(MAX_AROUND);
        let around = [before.chars().skip(skipped).collect(), after.chars().take(MAX_AROUND).collect()];
        Self { line, around, offset: text(json.get(..end)).encode_utf16().count() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Place, Problem};

    #[test]
    fn a_fault_has_its_place_as_javascript_counts() {
        let problem = |json: &[u8]| Problem::new(json, &Config::parse(json).unwrap_err());
        let place = |line, before: &str, after: &str, offset| {
            Some(Place { line, around: [before.to_owned(), after.to_owned()], offset })
        };
        let json = "{\r\n  \"𝒳ö\": oops,\r\n \"f\": {}}";
        assert_eq!(problem(json.as_bytes()).place, place(2, "  \"𝒳ö\": ", "oops,\r", 12));
        assert_eq!(problem(b"{").place, place(1, "", "{", 0));
        assert_eq!(problem(b"{\n\"f\": \"\xff\"}").place, place(2, "\"f\": \"", "\u{fffd}\"}", 8));
        assert_eq!(problem(b"[]").place, None);
        let long = format!("{{\"{}\": oops{}", "ö".repeat(100), "x".repeat(100));
        let Some(Place { around: [before, after], .. }) = problem(long.as_bytes()).place else {
            panic!("{long}")
        };
        assert_eq!((before.chars().count(), after.chars().count()), (40, 40));
    }
}
