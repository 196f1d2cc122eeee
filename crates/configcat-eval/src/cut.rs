//! Text that is cut where it gets too long.

use alloc::string::String;
use core::fmt::{self, Display, Write};

/// Stands where text was cut.
pub(crate) const CUT: &str = "…";

/// Writes on as long as there is room, and then ends in an error.
pub(crate) struct Limited<W> {
    pub(crate) out: W,
    /// How many bytes may follow.
    room: usize,
    pub(crate) is_cut: bool,
}

impl<W: Write> Limited<W> {
    pub(crate) fn new(out: W, room: usize) -> Self {
        Self { out, room, is_cut: false }
    }

    /// Writes as much as there is room for; an error only if it comes from below.
    pub(crate) fn write_cut(&mut self, text: impl Display) -> fmt::Result {
        match write!(self, "{text}") {
            Err(fmt::Error) if self.is_cut => Ok(()),
            other => other,
        }
    }
}

impl<W: Write> Write for Limited<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        if let Some(room) = self.room.checked_sub(text.len()) {
            self.room = room;
            return self.out.write_str(text);
        }
        self.is_cut = true;
        let end = (0..=self.room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.out.write_str(text.get(..end).unwrap_or_default())?;
        Err(fmt::Error)
    }
}

/// Text of at most that many bytes, which ends with a mark if it was cut; and whether it was.
pub(crate) fn cut(text: impl Display, room: usize) -> (String, bool) {
    let mut limited = Limited::new(String::new(), room);
    // Writing to memory fails only where it is cut.
    let _ = limited.write_cut(text);
    let Limited { out: mut text, is_cut, .. } = limited;
    if is_cut {
        text.push_str(CUT);
    }
    text.shrink_to_fit();
    (text, is_cut)
}

/// Takes any text and keeps nothing.
pub(crate) struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::cut;
    use alloc::string::ToString;

    #[test]
    fn text_is_cut_between_characters() {
        for (room, expected) in [(0, "…"), (1, "a…"), (2, "a…"), (3, "aé…"), (6, "aé…"), (7, "aé𝄞…")]
        {
            assert_eq!(cut("aé𝄞b", room), (expected.to_string(), true), "{room}");
        }
        assert_eq!(cut("aé𝄞b", 8), ("aé𝄞b".into(), false));
        assert_eq!(cut(format_args!("{}{}", "ab", "cd"), 3), ("abc…".into(), true));
    }
}
