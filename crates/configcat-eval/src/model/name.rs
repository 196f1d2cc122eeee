//! Names of members, and strings with escapes.

use alloc::{borrow::Cow, string::String, vec::Vec};

/// The name of a member.
// As bytes, since a name with a lone surrogate is not a Rust string.
pub(crate) type Name<'de> = Cow<'de, [u8]>;

/// Returns a name as a string; a lone surrogate in it is replaced.
pub(super) fn name_as_str(name: Name<'_>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => String::from_utf8_lossy(name),
        Cow::Owned(name) => Cow::Owned(String::from_utf8_lossy(&name).into_owned()),
    }
}

/// Returns the bytes of a string of JSON, given as it is written between its quotation marks. A
/// lone surrogate becomes three bytes, which are not UTF-8.
// Not by `serde_json`: its function for one string refers to the texts of errors about all types,
// and so to tables that print numbers, which are a twelfth of a module of WebAssembly.
pub(super) fn unescaped(written: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        rest = unescape(escape, &mut bytes);
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Adds the character of an escape, given without its backslash, and returns what is behind it.
fn unescape<'s>(escape: &'s str, bytes: &mut Vec<u8>) -> &'s str {
    let mut behind = escape.chars();
    bytes.push(match behind.next() {
        Some('b') => b'\x08',
        Some('f') => b'\x0c',
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('u') => return unescape_code(behind.as_str(), bytes),
        Some('/') => b'/',
        Some('"') => b'"',
        // JSON has no other escape.
        _ => b'\\',
    });
    behind.as_str()
}

/// Adds the character of an escape by its code, with the second half of a pair of surrogates.
fn unescape_code<'s>(escape: &'s str, bytes: &mut Vec<u8>) -> &'s str {
    let (code, behind) = code_unit(escape);
    let (low, behind_pair) = behind.strip_prefix("\\u").map(code_unit).unwrap_or_default();
    match (code, low) {
        (0xd800..=0xdbff, 0xdc00..=0xdfff) => {
            let code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            bytes.extend(char::from_u32(code).unwrap_or_default().encode_utf8(&mut [0; 4]).bytes());
            behind_pair
        }
        _ => {
            match char::from_u32(code) {
                Some(character) => bytes.extend(character.encode_utf8(&mut [0; 4]).bytes()),
                None => bytes.extend(surrogate(code)),
            }
            behind
        }
    }
}

/// Returns the number of four hexadecimal digits, and what is behind them.
fn code_unit(escape: &str) -> (u32, &str) {
    let (digits, behind) = escape.split_at_checked(4).unwrap_or_default();
    (u32::from_str_radix(digits, 16).unwrap_or_default(), behind)
}

/// Returns the bytes that UTF-8 would have for a surrogate.
fn surrogate(code: u32) -> [u8; 3] {
    let [high, low] = [(code >> 6) & 0x3f, code & 0x3f].map(|bits| 0x80 | bits.to_le_bytes()[0]);
    [0xed, high, low]
}

#[cfg(test)]
mod tests {
    use super::unescaped;
    use alloc::{format, string::String};
    use serde::de::{Deserialize, Deserializer, Error, Visitor};

    /// The bytes of a string by `serde_json`.
    struct Bytes(alloc::vec::Vec<u8>);

    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_bytes(Bytes(alloc::vec![]))
        }
    }

    impl Visitor<'_> for Bytes {
        type Value = Self;

        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("a string")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self, E> {
            Ok(Bytes(bytes.into()))
        }
    }

    #[test]
    fn escapes_are_those_of_the_library() {
        const PARTS: [&str; 22] = [
            "",
            "a",
            "é𝄞",
            "u",
            "\\\"",
            "\\\\",
            "\\/",
            "\\b",
            "\\f",
            "\\n",
            "\\r",
            "\\t",
            "\\u0000",
            "\\u0041",
            "\\u00e9",
            "\\u20AC",
            "\\ud834",
            "\\uDD1E",
            "\\ud834\\udd1e",
            "\\udbff\\udfff",
            "\\uffff",
            "\\u007f",
        ];
        for first in PARTS {
            for second in PARTS {
                for third in PARTS {
                    let written: String = [first, second, third].concat();
                    let Bytes(expected) = serde_json::from_str(&format!("\"{written}\"")).unwrap();
                    assert_eq!(unescaped(&written), expected, "{written}");
                }
            }
        }
    }
}
