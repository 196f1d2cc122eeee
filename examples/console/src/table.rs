//! Tables for a plain terminal: columns as wide as they need to be, the last one wrapped.

use std::fmt;

/// The greatest width of a table, in characters. Most terminals are this wide or can be.
pub(crate) const MAX_WIDTH: usize = 120;
/// The greatest width of a column except the last one: room for the keys of the sample.
const MAX_CELL: usize = 24;
const MIN_LAST: usize = 20;
const GAP: usize = 2;

/// A table of rows with `N` cells under a heading.
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(heading: [&str; N]) -> Self {
        Self { rows: vec![heading.map(str::to_owned)] }
    }

    pub(crate) fn row(&mut self, cells: [String; N]) {
        // A line break or tab would break the table.
        self.rows.push(cells.map(|cell| cell.replace(char::is_control, " ")));
    }

    /// Returns the width of each column except the last one.
    fn widths(&self) -> Vec<usize> {
        let width = |column| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell: &String| cell.chars().count()).max().unwrap_or(0).min(MAX_CELL)
        };
        (0..N.saturating_sub(1)).map(width).collect()
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let indent: usize = widths.iter().map(|width| width + GAP).sum();
        let room = MAX_WIDTH.saturating_sub(indent).max(MIN_LAST);
        for (index, row) in self.rows.iter().enumerate() {
            for (cell, &width) in row.iter().zip(&widths) {
                write!(f, "{:width$}{:GAP$}", cut(cell, width), "")?;
            }
            let mut lines = wrap(row.last().map_or("", String::as_str), room).into_iter();
            writeln!(f, "{}", lines.next().unwrap_or(""))?;
            lines.try_for_each(|line| writeln!(f, "{:indent$}{line}", ""))?;
            if index == 0 {
                writeln!(f, "{}", "─".repeat(MAX_WIDTH.min(indent + self.last_width())))?;
            }
        }
        Ok(())
    }
}

impl<const N: usize> Table<N> {
    fn last_width(&self) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.last());
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    }
}

/// Returns the text, or its beginning if it is too wide.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Returns the text in lines, broken between words if possible.
fn wrap(mut text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    while let Some((end, _)) = text.char_indices().nth(width) {
        // A space right after the line is a break too.
        let (line, next) = text.split_at(end);
        let at =
            if next.starts_with(' ') { end } else { line.rfind(' ').filter(|at| *at > 0).unwrap_or(end) };
        let (line, rest) = text.split_at(at);
        lines.push(line.trim_end());
        text = rest.trim_start();
    }
    lines.push(text);
    lines
}

#[cfg(test)]
mod tests {
    use super::{MAX_WIDTH, Table, cut, wrap};

    #[test]
    fn columns_are_aligned_and_the_last_one_is_wrapped() {
        let mut table = Table::new(["key", "value", "why"]);
        table.row(["greeting".into(), "Jó\nnapot!".into(), "short".into()]);
        table.row(["a".into(), "1".into(), "word ".repeat(30)]);
        let text = table.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "key       value      why");
        assert_eq!(lines[2], "greeting  Jó napot!  short");
        assert_eq!(lines[3].chars().position(|c| c == 'w'), Some(21));
        assert_eq!(lines[4].find("word"), Some(21), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= MAX_WIDTH), "{text}");
    }

    #[test]
    fn wraps_between_words_or_else_anywhere() {
        let table = [
            ("", 5, vec![""]),
            ("abc de", 6, vec!["abc de"]),
            ("abc def", 6, vec!["abc", "def"]),
            ("abc def", 3, vec!["abc", "def"]),
            ("abcdefg hi", 3, vec!["abc", "def", "g", "hi"]),
            ("éééé é", 4, vec!["éééé", "é"]),
        ];
        for (text, width, lines) in table {
            assert_eq!(wrap(text, width), lines, "{text}");
        }
    }

    #[test]
    fn cuts_what_is_too_wide() {
        assert_eq!(cut("napot!", 6), "napot!");
        assert_eq!(cut("Jó napot!", 4), "Jó …");
    }
}
