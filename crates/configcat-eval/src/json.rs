//! Strings as JSON, written without being copied.

use core::fmt::{self, Write};

/// A string that prints as a JSON string, with the escapes that JSON requires and no others.
// Part of the evaluation log (specification, 3.3), so other escapes would differ from the other
// SDKs.
pub(crate) struct JsonString<'a>(pub &'a str);

impl fmt::Display for JsonString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nearly no text has escapes. Bytes are looked at many at once, characters one by one.
        if !self.0.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
            f.write_char('"')?;
            f.write_str(self.0)?;
            return f.write_char('"');
        }
        f.write_char('"')?;
        for part in self.0.split_inclusive(is_escaped) {
            let mut chars = part.chars();
            match chars.next_back() {
                Some(last) if is_escaped(last) => {
                    f.write_str(chars.as_str())?;
                    write_escaped(f, last)?;
                }
                _ => f.write_str(part)?,
            }
        }
        f.write_char('"')
    }
}

fn is_escaped(c: char) -> bool {
    matches!(c, '"' | '\\' | '\0'..='\x1f')
}

fn write_escaped(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '"' => f.write_str("\\\""),
        '\\' => f.write_str("\\\\"),
        '\x08' => f.write_str("\\b"),
        '\x0c' => f.write_str("\\f"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        other => write!(f, "\\u{:04x}", u32::from(other)),
    }
}

/// Strings that print as a compact JSON array.
pub(crate) struct JsonList<'a>(pub &'a [alloc::string::String]);

impl fmt::Display for JsonList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            JsonString(item).fmt(f)?;
        }
        f.write_char(']')
    }
}

#[cfg(test)]
mod tests {
    use super::JsonString;
    use alloc::string::{String, ToString};

    #[test]
    fn prints_what_the_library_prints() {
        let control: String = (0..=0x20).map(char::from).collect();
        for text in ["", "a", "\"", "\\", "a\"b\\c", "\n", "é𝄞\u{7f}\u{85}\u{2028}", "\u{0}x\u{1f}", &control]
        {
            assert_eq!(JsonString(text).to_string(), serde_json::to_string(text).unwrap());
        }
    }
}
