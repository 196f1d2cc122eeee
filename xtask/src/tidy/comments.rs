//! Comments of Rust source, which `syn` drops.

/// A comment that starts with two slashes. Comments in `/* */` are skipped: the project has no
/// such.
#[derive(Debug, PartialEq)]
pub(super) struct Comment<'a> {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) kind: Kind,
    /// The text after the slashes, with its leading space.
    pub(super) text: &'a str,
    /// The last column in characters, counted from 1.
    pub(super) end_column: usize,
    /// Code stands before it on the line.
    pub(super) is_trailing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// `///` or `//!`
    Doc,
    /// `//`
    Plain,
}

/// Returns the comments in order of lines. Slashes in strings and characters do not count.
pub(super) fn comments(source: &str) -> Vec<Comment<'_>> {
    let mut found = Vec::new();
    let mut state = State::Code;
    for (index, line) in source.lines().enumerate() {
        let Some(start) = state.advance(line) else { continue };
        let (code, comment) = line.split_at(start);
        let (kind, text) = match comment.strip_prefix("///").or_else(|| comment.strip_prefix("//!")) {
            Some(text) if !text.starts_with('/') => (Kind::Doc, text),
            _ => (Kind::Plain, comment.get(2..).unwrap_or("")),
        };
        let is_trailing = !code.trim().is_empty();
        found.push(Comment { line: index + 1, kind, text, end_column: line.chars().count(), is_trailing });
    }
    found
}

/// The construct that the end of a line is in.
enum State {
    Code,
    Text,
    /// A raw string that ends at a quotation mark and this many `#`.
    Raw(usize),
    Block,
}

impl State {
    /// Reads a line. Returns where its comment starts.
    fn advance(&mut self, line: &str) -> Option<usize> {
        let mut at = 0;
        while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
            let step = match self {
                Self::Block => self.end_at(rest, "*/"),
                Self::Raw(hashes) => {
                    let end = format!("\"{}", "#".repeat(*hashes));
                    self.end_at(rest, &end)
                }
                Self::Text if rest.starts_with('\\') => 2,
                Self::Text if rest.starts_with('"') => self.set(Self::Code, 1),
                Self::Code if rest.starts_with("//") => return Some(at),
                Self::Code if rest.starts_with("/*") => self.set(Self::Block, 2),
                Self::Code if rest.starts_with('"') => self.set(Self::Text, 1),
                Self::Code if rest.starts_with('\'') => character(rest),
                Self::Code => match raw_hashes(line, at) {
                    Some(hashes) => self.set(Self::Raw(hashes), hashes + 2),
                    None => 1,
                },
                Self::Text => 1,
            };
            at += step;
            while at < line.len() && !line.is_char_boundary(at) {
                at += 1;
            }
        }
        None
    }

    fn set(&mut self, state: Self, step: usize) -> usize {
        *self = state;
        step
    }

    /// Goes behind the mark if the line has it, otherwise to the end of the line.
    fn end_at(&mut self, rest: &str, mark: &str) -> usize {
        match rest.find(mark) {
            Some(at) => self.set(Self::Code, at + mark.len()),
            None => rest.len(),
        }
    }
}

/// The length of a character literal, or of the quotation mark alone if it starts a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        // `'\''` and `'\\'`: the end is searched behind what is escaped.
        Some((_, '\\')) => rest.get(3..).and_then(|tail| tail.find('\'')).map_or(1, |end| end + 4),
        Some(_) => match chars.next() {
            Some((end, '\'')) => end + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// The number of `#` of a raw string that starts here. The `r` of `for` or of `r#type` is not such
/// a start.
fn raw_hashes(line: &str, at: usize) -> Option<usize> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let before = line.get(..at)?.trim_end_matches(['b', 'c']);
    let rest = line.get(at..)?.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    (!before.ends_with(is_name) && rest.get(hashes..)?.starts_with('"')).then_some(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str) -> Vec<(usize, &str)> {
        comments(source).iter().map(|comment| (comment.line, comment.text)).collect()
    }

    #[test]
    fn comments_have_line_kind_and_column() {
        let found = comments("//! a\n\n    /// b\nx; // c\n//// d\n");
        let expected = [
            (1, Kind::Doc, " a", 5, false),
            (3, Kind::Doc, " b", 9, false),
            (4, Kind::Plain, " c", 7, true),
            (5, Kind::Plain, "// d", 6, false),
        ];
        let expected = expected.map(|(line, kind, text, end_column, is_trailing)| Comment {
            line,
            kind,
            text,
            end_column,
            is_trailing,
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn slashes_in_literals_are_no_comments() {
        for literal in [
            r#""http://a""#,
            r#""\"//""#,
            "\"two\n//lines\"",
            "r\"//\\\"",
            "r#\"\"//\"#",
            "br##\"\n//\"#//\"##",
            "'\"', '\"'",
            r"'\'', '\\', '\u{2f}'",
            "'ä', &'a str",
            "/* // \n // */",
        ] {
            let source = format!("let x = {literal}; // c\n");
            assert_eq!(lines(&source).iter().map(|(_, text)| *text).collect::<Vec<_>>(), [" c"], "{literal}");
        }
    }
}
