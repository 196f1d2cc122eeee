//! Tables that fit the terminal.

use comfy_table::{ContentArrangement, Table};

/// A line below the header, and no other lines.
const LINES: &str = "     ──            ";

/// Returns a table that is at most `width` columns wide: longer texts continue on the next line.
pub(crate) fn table(width: usize, header: &[&str]) -> Table {
    let mut table = Table::new();
    // Dynamic: the columns share the width by their content.
    table
        .load_preset(LINES)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(header);
    table
}

/// Returns the lines of the table, without the spaces at their ends.
pub(crate) fn lines(table: &Table) -> String {
    let text = table.to_string();
    // Spaces at the ends of lines would be differences in files that hold an output.
    text.lines()
        .flat_map(|line| [line.trim_end().strip_prefix(' ').unwrap_or(line.trim_end()), "\n"])
        .collect()
}
