//! Text that is cut at a limit.

use alloc::string::String;
use core::fmt::{self, Display, Write};

/// The mark at the end of text that was cut.
pub(crate) const ELLIPSIS: &str = "…";

/// A writer that cuts at a limit, and then returns an error.
// The error ends a long `Display` early, so printing takes no longer than the limit.
pub(crate) struct TruncatingWriter<W> {
    pub(crate) out: W,
    /// The number of bytes that may follow.
    left: usize,
    pub(crate) is_cut: bool,
}

impl<W: Write> TruncatingWriter<W> {
    pub(crate) fn new(out: W, left: usize) -> Self {
        Self { out, left, is_cut: false }
    }

    /// Writes as much as the limit allows; an error only if it comes from the inner writer.
    pub(crate) fn write_truncated(&mut self, text: impl Display) -> fmt::Result {
        match write!(self, "{text}") {
            Err(fmt::Error) if self.is_cut => Ok(()),
            other => other,
        }
    }
}

impl<W: Write> Write for TruncatingWriter<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        if let Some(left) = self.left.checked_sub(text.len()) {
            self.left = left;
            return self.out.write_str(text);
        }
        self.is_cut = true;
        let end = (0..=self.left).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.out.write_str(text.get(..end).unwrap_or_default())?;
        Err(fmt::Error)
    }
}

/// The length of most texts of a trace, in bytes.
// A text that starts empty grows five times until it has this length, which takes longer than
// printing it.
const USUAL_LENGTH: usize = 128;

/// Returns text of at most that many bytes, with a mark at the end if it was cut, and whether it
/// was cut.
pub(crate) fn truncated(text: impl Display, left: usize) -> (String, bool) {
    let mut limited = TruncatingWriter::new(String::with_capacity(USUAL_LENGTH), left);
    // Writing to memory fails only where it is cut.
    let _ = limited.write_truncated(text);
    let TruncatingWriter { out: mut text, is_cut, .. } = limited;
    if is_cut {
        text.push_str(ELLIPSIS);
    }
    text.shrink_to_fit();
    (text, is_cut)
}

/// A writer that drops all text.
pub(crate) struct NullWriter;

impl Write for NullWriter {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::truncated;
    use alloc::string::ToString;

    #[test]
    fn text_is_cut_between_characters() {
        for (left, expected) in [(0, "…"), (1, "a…"), (2, "a…"), (3, "aé…"), (6, "aé…"), (7, "aé𝄞…")]
        {
            assert_eq!(truncated("aé𝄞b", left), (expected.to_string(), true), "{left}");
        }
        assert_eq!(truncated("aé𝄞b", 8), ("aé𝄞b".into(), false));
        assert_eq!(truncated(format_args!("{}{}", "ab", "cd"), 3), ("abc…".into(), true));
    }
}
