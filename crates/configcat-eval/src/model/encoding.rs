//! Decoding of documents: UTF-8, with a byte order mark or without.

use core::str::Utf8Error;

use crate::error::ParseError;

/// Returns a document as a string, without its byte order mark.
pub(crate) fn decode(document: &[u8]) -> Result<&str, ParseError> {
    if u32::try_from(document.len()).is_err() {
        return Err(ParseError::TooLarge);
    }
    if is_utf16(document) {
        return Err(ParseError::Utf16);
    }
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    core::str::from_utf8(text).map_err(|cause| not_utf8(text, cause))
}

/// Returns whether a document begins with the byte order mark of UTF-16, or with a character that
/// has a zero byte.
// JSON begins with an ASCII character, which has a zero byte in UTF-16 and never in UTF-8.
fn is_utf16(document: &[u8]) -> bool {
    matches!(document, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..])
}

#[cold]
fn not_utf8(text: &[u8], cause: Utf8Error) -> ParseError {
    let valid = text.get(..cause.valid_up_to()).unwrap_or_default();
    let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + valid.iter().rev().take_while(|byte| **byte != b'\n').count();
    ParseError::NotUtf8 { line, column, cause }
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::error::ParseError;
    use alloc::vec::Vec;

    #[test]
    fn one_byte_order_mark_is_skipped() {
        assert_eq!(decode(b"{}").unwrap(), "{}");
        assert_eq!(decode("\u{feff}{}".as_bytes()).unwrap(), "{}");
        assert_eq!(decode("\u{feff}\u{feff}{}".as_bytes()).unwrap(), "\u{feff}{}");
        assert_eq!(decode("\u{feff}".as_bytes()).unwrap(), "");
    }

    #[test]
    fn utf_16_is_named() {
        let json = "{\"f\": {\"é\": 1}}";
        for mark in ["", "\u{feff}"] {
            let units = || mark.encode_utf16().chain(json.encode_utf16());
            let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
            for document in [little, big] {
                assert!(matches!(decode(&document), Err(ParseError::Utf16)), "{document:?}");
            }
        }
    }

    #[test]
    fn an_error_of_utf_8_has_a_line_and_a_column() {
        for (document, at) in [
            (&b"{\"f\": \xff}"[..], (1, 7)),
            (b"\xed\xa0\x80", (1, 1)),
            (b"{\n\n \xc3(", (3, 2)),
            (b"\xef\xbb\xbf{}\xc3", (1, 3)),
        ] {
            let Err(ParseError::NotUtf8 { line, column, .. }) = decode(document) else {
                panic!("{document:?}")
            };
            assert_eq!((line, column), at, "{document:?}");
        }
    }
}
