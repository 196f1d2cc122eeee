//! Comments of Rust source, which `syn` drops: two slashes that are in no literal.

use std::ops::Range;

use proc_macro2::{LexError, TokenStream, TokenTree};

/// A comment that starts with two slashes. The project has no comments in `/* */`.
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

/// Returns the comments in order of lines. Slashes in literals do not count.
pub(super) fn comments(source: &str) -> Result<Vec<Comment<'_>>, LexError> {
    let mut literals = Vec::new();
    add_literals(source.parse()?, source, &mut literals);
    let is_in_literal = |at: usize| {
        let after = literals.partition_point(|literal| literal.start <= at);
        literals.get(..after).and_then(<[_]>::last).is_some_and(|literal| literal.contains(&at))
    };

    let mut found = Vec::new();
    let mut offset = 0;
    for (index, line) in source.split_inclusive('\n').enumerate() {
        let mut slashes = line.match_indices("//").map(|(at, _)| at);
        if let Some(start) = slashes.find(|at| !is_in_literal(offset + at)) {
            let (code, comment) = line.trim_end_matches('\n').split_at(start);
            let (kind, text) = match comment.strip_prefix("///").or_else(|| comment.strip_prefix("//!")) {
                Some(text) if !text.starts_with('/') => (Kind::Doc, text),
                _ => (Kind::Plain, comment.get(2..).unwrap_or("")),
            };
            found.push(Comment {
                line: index + 1,
                kind,
                text,
                end_column: code.chars().count() + comment.chars().count(),
                is_trailing: !code.trim().is_empty(),
            });
        }
        offset += line.len();
    }
    Ok(found)
}

/// Adds the places of all literals, in order. Documentation is a literal too, of an attribute, and
/// has the place of its comment.
fn add_literals(tokens: TokenStream, source: &str, literals: &mut Vec<Range<usize>>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => add_literals(group.stream(), source, literals),
            TokenTree::Literal(literal) => {
                let place = literal.span().byte_range();
                if !source.get(place.clone()).unwrap_or("").starts_with("//") {
                    literals.push(place);
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str) -> Vec<(usize, &str)> {
        comments(source).unwrap().iter().map(|comment| (comment.line, comment.text)).collect()
    }

    #[test]
    fn comments_have_line_kind_and_column() {
        let found = comments("//! a\n\n    /// b\nx; // c\n//// d\n").unwrap();
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
        ] {
            let source = format!("let x = {literal}; // c\n");
            assert_eq!(lines(&source).iter().map(|(_, text)| *text).collect::<Vec<_>>(), [" c"], "{literal}");
        }
    }
}
