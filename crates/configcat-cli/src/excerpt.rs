//! Parts of texts to be shown, and their positions.

use std::ops::Range;

/// A line and a column, each counted from 1; a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A part of a text to be shown, with a label.
#[derive(Debug)]
pub(crate) struct Excerpt {
    /// The name of the source, as it can be shown.
    pub(crate) name: String,
    pub(crate) start: Position,
    /// The part of the text that is shown, and the marked range in it.
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
    pub(crate) label: String,
}

impl Position {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// Returns the position after a text that starts here.
    pub(crate) fn after(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            None => Self { column: self.column + text.chars().count(), ..self },
            Some((lines, last)) => Self {
                line: self.line + 1 + lines.bytes().filter(|byte| *byte == b'\n').count(),
                column: 1 + last.chars().count(),
            },
        }
    }
}
