//! The ends of strings, numbers and words of JSON (RFC 8259, 3, 6 and 7).

/// Returns the bytes after a string, and whether the string has escapes; `None` if it is not JSON.
/// The given bytes start after the first quotation mark.
#[inline]
pub(super) fn behind_string(mut bytes: &[u8]) -> Option<(&[u8], bool)> {
    let mut is_escaped = false;
    loop {
        bytes = match behind_plain(bytes) {
            [b'"', behind @ ..] => return Some((behind, is_escaped)),
            [b'\\', behind @ ..] => behind_escape(behind)?,
            // A control character, or the end of the document.
            _ => return None,
        };
        is_escaped = true;
    }
}

/// Returns the bytes after an escape; `None` if there is no such escape. The given bytes start
/// after the backslash.
fn behind_escape(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', behind @ ..] => Some(behind),
        // A lone surrogate is JSON.
        [b'u', code @ ..] => {
            let (code, behind) = code.split_first_chunk::<4>()?;
            code.iter().all(u8::is_ascii_hexdigit).then_some(behind)
        }
        _ => None,
    }
}

/// Returns the bytes from the next quotation mark, backslash or control character on.
// Eight bytes at a time: strings are short, so calling a function for longer ones takes longer.
#[inline]
fn behind_plain(mut bytes: &[u8]) -> &[u8] {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    const UPPER_BITS: u64 = EACH << 7;
    // The upper bit of a byte is set if the byte is less than `limit`, which is at most 128. The
    // bits of the bytes after it may be too, so only the first one counts.
    let less = |word: u64, limit: u8| word.wrapping_sub(EACH * u64::from(limit)) & !word;
    while let Some((word, behind)) = bytes.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        // The quotation mark is 0x22. With this bit changed it comes right after the control
        // characters, so one comparison finds both.
        let controls_and_quotes = less(word ^ (EACH * 2), b' ' + 1);
        let backslashes = less(word ^ (EACH * u64::from(b'\\')), 1);
        let ends = (controls_and_quotes | backslashes) & UPPER_BITS;
        if ends != 0 {
            return bytes.get(ends.trailing_zeros() as usize / 8..).unwrap_or_default();
        }
        bytes = behind;
    }
    let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
    end.and_then(|end| bytes.get(end..)).unwrap_or_default()
}

/// Returns the length of the bool, number or `null` at the start; `None` if there is no such word.
#[inline]
pub(super) fn word_length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        // Most numbers of a config JSON have one digit.
        [b'0'..=b'9', b',' | b'}', ..] => Some(1),
        [b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..] => Some(4),
        [b'f', b'a', b'l', b's', b'e', ..] => Some(5),
        _ => number_length(bytes),
    }
}

#[inline]
fn number_length(bytes: &[u8]) -> Option<usize> {
    let mut behind = bytes.strip_prefix(b"-").unwrap_or(bytes);
    // No digit may follow a zero at the start.
    behind = behind.strip_prefix(b"0").or_else(|| behind_digits(behind))?;
    if let [b'.', fraction @ ..] = behind {
        behind = behind_digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = behind {
        let digits = if let [b'+' | b'-', digits @ ..] = exponent { digits } else { exponent };
        behind = behind_digits(digits)?;
    }
    Some(bytes.len() - behind.len())
}

/// Returns the bytes after the digits at the start; `None` if there is no digit.
#[inline]
fn behind_digits(bytes: &[u8]) -> Option<&[u8]> {
    let length = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    bytes.get(length..).filter(|_| length > 0)
}

#[cfg(test)]
mod tests {
    use super::{behind_plain, behind_string, word_length};
    use alloc::{format, string::String};

    #[test]
    fn a_plain_string_ends_at_a_quotation_mark_a_backslash_or_a_control_character() {
        for end in ['"', '\\', '\0', '\n', '\u{1f}'] {
            for length in 0..40 {
                let plain: String = "é!#[]\u{7f}~a 𝄞".chars().cycle().take(length).collect();
                for behind in ["", "\"", "x\\", "0123456789", "\0\0\0\0\0\0\0\0"] {
                    let text = format!("{plain}{end}{behind}");
                    assert_eq!(behind_plain(text.as_bytes()), &text.as_bytes()[plain.len()..], "{text}");
                }
                assert_eq!(behind_plain(plain.as_bytes()), b"");
            }
        }
    }

    /// Returns whether the whole text is a token, by the library.
    fn is_json(text: &str) -> bool {
        text.trim() == text && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    }

    #[test]
    fn strings_are_those_of_json() {
        for content in [
            "",
            "a",
            "é𝄞",
            "\u{7f}",
            "\\n",
            "\\b\\f\\n\\r\\t\\/\\\\\\\"",
            "\\u0000",
            "\\uD800",
            "\\udDaF",
            "\\a",
            "\\",
            "\\u",
            "\\u12",
            "\\u123",
            "\\u123g",
            "\\u+123",
            "\\U0000",
            "\\x00",
            "\\'",
            "\n",
            "\t",
            "\0",
            "12345678\n",
            "\u{1f}",
            "\\\n",
            "\\é",
            "\\u00é",
            "1234567\\u00e9",
            "1234567\\u00",
        ] {
            let text = format!("\"{content}\"");
            let whole = behind_string(&text.as_bytes()[1..]).is_some_and(|(behind, _)| behind.is_empty());
            assert_eq!(whole, is_json(&text), "{text}");
            if whole {
                assert_eq!(behind_string(&text.as_bytes()[1..]).unwrap().1, content.contains('\\'), "{text}");
            }
        }
        assert_eq!(behind_string(b"ab"), None);
        assert_eq!(behind_string(b"ab\" \\"), Some((&b" \\"[..], false)));
    }

    #[test]
    fn words_are_those_of_json() {
        for word in [
            "true",
            "false",
            "null",
            "tru",
            "True",
            "nul",
            "falsee",
            "0",
            "-0",
            "1",
            "12",
            "-12",
            "01",
            "-01",
            "00",
            "0.0",
            "0.",
            ".5",
            "1.5",
            "-1.25",
            "1.e5",
            "1e5",
            "1E5",
            "1e+5",
            "1e-5",
            "1e",
            "1e+",
            "1e5.5",
            "-",
            "+1",
            "--1",
            "1-",
            "1e400",
            "123456789012345678901234567890",
            "NaN",
            "Infinity",
            "0x10",
            "1_0",
            "",
            "\u{661}",
        ] {
            assert_eq!(word_length(word.as_bytes()) == Some(word.len()), is_json(word), "{word}");
        }
        assert_eq!(word_length(b"12,"), Some(2));
        assert_eq!(word_length(b"true]"), Some(4));
    }
}
