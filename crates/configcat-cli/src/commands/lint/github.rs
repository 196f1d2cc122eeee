//! Findings as commands of a GitHub workflow, which become annotations of the changed lines.

use std::io::{self, Write};

use configcat_analysis::Severity;

use super::finding::Finding;
use crate::{screen::Screen, source::Source};

pub(super) fn print(source: &Source, findings: &[Finding], screen: &mut Screen) -> io::Result<()> {
    for Finding { diagnostic, range } in findings {
        let (start, end) = (source.position(range.start), source.position(range.end));
        // Each of the three has its own colour on the page of the change.
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let mut message = format!("{}\n{}", diagnostic.message, diagnostic.reason);
        if let Some(help) = &diagnostic.help {
            message = format!("{message}\n{help}");
        }
        let file = property(&source.name);
        let (lines, title) = (lines(start.line, end.line), property(diagnostic.lint.id()));
        // GitHub ignores columns where lines differ.
        let columns = if start.line == end.line {
            format!(",col={},endColumn={}", start.column, end.column)
        } else {
            String::new()
        };
        let data = data(&message);
        writeln!(screen, "::{command} file={file},{lines}{columns},title={title}::{data}")?;
    }
    Ok(())
}

fn lines(start: usize, end: usize) -> String {
    format!("line={start},endLine={end}")
}

/// Escapes the text of a command, which ends at the end of the line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command, which ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
