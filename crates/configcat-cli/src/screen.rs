//! Standard output: colours where they are wanted, and the width of the terminal.

use std::{
    env,
    fmt::Display,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;

/// The width of tables where there is no terminal, in columns: what code reviews and CI logs show
/// without a break.
const DEFAULT_WIDTH: usize = 100;

/// The widest lines of a table. Wider terminals are rare, and `COLUMNS` can have any number.
const MAX_WIDTH: usize = 1000;

// The 16 colours of the terminal, which its user has chosen, and no others.
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Standard output. Removes colours if it is no terminal, or as `NO_COLOR` and `CLICOLOR_FORCE`
/// say.
pub(crate) struct Screen {
    // A line at a time would be a system call for each row of a table.
    out: BufWriter<AutoStream<Stdout>>,
    width: usize,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { out: BufWriter::new(anstream::stdout()), width: width() }
    }

    /// Returns the number of columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Writes a line of JSON. Nothing is removed from it.
    pub(crate) fn json(&mut self, json: &Json) -> io::Result<()> {
        self.exact(format!("{json}\n").as_bytes())
    }

    /// Writes bytes from which nothing is removed, also no control characters.
    // Past the filter of colours, which would change the values of settings in a pipe.
    pub(crate) fn exact(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.flush()?;
        io::stdout().write_all(bytes)
    }

    /// Returns whether a person sees the output.
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Returns the text in this style.
pub(crate) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Returns a text from a document as it can be shown: a control character, which could change the
/// terminal, and a character that reverses the direction of writing become their escapes.
pub(crate) fn shown(text: &str) -> String {
    // A reversed text can look like another one, such as another key.
    let is_reversing =
        |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_reversing(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// Returns a number with its noun.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Returns a share as text.
#[expect(clippy::cast_precision_loss, reason = "numbers of users are below 2^52")]
pub(crate) fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / (whole.max(1)) as f64)
}

fn width() -> usize {
    let columns = || env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
    // The size of the terminal changes with its window, and `COLUMNS` often does not.
    let terminal = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    terminal.filter(|width| *width > 0).or_else(columns).unwrap_or(DEFAULT_WIDTH).min(MAX_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn texts_cannot_steer_the_terminal() {
        assert_eq!(shown("Jó\u{1b}[2J\n\u{9b}\u{202e}x"), r"Jó\u{1b}[2J\n\u{9b}\u{202e}x");
    }
}
