//! Short strings that are built without an allocation.

use alloc::string::String;
use core::fmt;

/// The longest string on the stack, in bytes.
// Enough for every number and date-time, and for short lists; the longest double has 24 characters.
const INLINE: usize = 256;

/// A string under construction: on the stack while it is short, then on the heap.
#[expect(clippy::large_enum_variant, reason = "it lives on the stack for a moment")]
pub(crate) enum SmallString {
    Inline { bytes: [u8; INLINE], len: usize },
    Heap(String),
}

impl SmallString {
    pub(crate) fn new() -> Self {
        Self::Inline { bytes: [0; INLINE], len: 0 }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            // Only whole `&str`s are ever appended, so the bytes are UTF-8.
            Self::Inline { bytes, len } => {
                bytes.get(..*len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
            }
            Self::Heap(text) => text,
        }
    }
}

impl fmt::Write for SmallString {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if let Self::Inline { bytes, len } = self {
            let end = *len + text.len();
            if let Some(free) = bytes.get_mut(*len..end) {
                free.copy_from_slice(text.as_bytes());
                *len = end;
                return Ok(());
            }
            *self = Self::Heap(String::from(self.as_str()));
        }
        if let Self::Heap(heap) = self {
            heap.push_str(text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::SmallString;
    use core::fmt::Write;

    #[test]
    fn grows_from_the_stack_to_the_heap() {
        let mut text = SmallString::new();
        for _ in 0..85 {
            text.write_str("abc").unwrap();
        }
        assert!(matches!(text, SmallString::Inline { len: 255, .. }));
        text.write_str("é").unwrap();
        assert!(matches!(text, SmallString::Heap(_)));
        assert_eq!(text.as_str(), "abc".repeat(85) + "é");
    }
}
