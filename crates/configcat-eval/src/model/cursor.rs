//! A cursor that walks through a document that is known to be JSON.
//!
//! `serde_json` checks the document once, which takes no memory and no stack. After that nothing
//! can fail, and only the members that a caller asks for are read: everything else is skipped,
//! however deep, long or unusual it is.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, Visitor};

use super::field::{Expected, Field, Found, Mismatch};

/// A place in a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'de> {
    /// The document from that place on.
    rest: &'de str,
}

/// The name of a member.
// As bytes, since a name with a lone surrogate is not a Rust string.
pub(crate) type Name<'de> = Cow<'de, [u8]>;

/// A string, borrowed from the document unless it has escapes.
pub(crate) type CowStr<'de> = Cow<'de, str>;

impl<'de> Cursor<'de> {
    /// Returns a cursor at the start of a document, if it is JSON.
    // `IgnoredAny` checks the syntax without recursion, and builds nothing.
    pub(crate) fn new(json: &'de str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<IgnoredAny>(json)?;
        Ok(Self::of_checked(json))
    }

    /// Returns a cursor at the start of a document that is known to be JSON.
    pub(crate) fn of_checked(json: &'de str) -> Self {
        Self { rest: json }
    }

    /// Reads an object.
    pub(crate) fn object<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Field<T> {
        self.read_if(Found::Object, Expected::Object, read)
    }

    /// Reads a list.
    pub(crate) fn list<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Field<T> {
        self.read_if(Found::List, Expected::List, read)
    }

    pub(super) fn read_if<T>(
        &mut self,
        wanted: Found,
        expected: Expected,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Field<T> {
        match self.found() {
            Some(found) if found == wanted => Field::Valid(read(self)),
            found => {
                self.skip();
                // `null` counts as absent: the service writes either.
                found.map_or(Field::Absent, |found| Field::Malformed(Mismatch { expected, found }))
            }
        }
    }

    /// Visits the members of the object here; `member` reads or skips the value.
    pub(crate) fn members(&mut self, mut member: impl FnMut(Name<'de>, &mut Self)) {
        self.advance(1);
        loop {
            match self.next_byte() {
                Some(b'"') => {
                    let name = self.name();
                    self.next_byte();
                    self.advance(1); // the colon
                    member(name, self);
                }
                // The document is valid JSON, so commas need no check of their place.
                Some(b',') => self.advance(1),
                _ => break,
            }
        }
        self.advance(1);
    }

    /// Visits the items of the list here, as long as `item`, which reads or skips one, returns
    /// `true`.
    pub(crate) fn items(&mut self, mut item: impl FnMut(&mut Self) -> bool) {
        self.advance(1);
        loop {
            match self.next_byte() {
                Some(b']') | None => break,
                Some(b',') => self.advance(1),
                Some(_) => {
                    if !item(self) {
                        return self.close();
                    }
                }
            }
        }
        self.advance(1);
    }

    /// Returns the type of the value here; `None` for `null`.
    #[inline]
    pub(super) fn found(&mut self) -> Option<Found> {
        Some(match self.next_byte()? {
            b'n' => return None,
            b't' | b'f' => Found::Bool,
            b'"' => Found::String,
            b'[' => Found::List,
            b'{' => Found::Object,
            // Valid JSON has no other value.
            _ => Found::Number,
        })
    }

    /// Skips the value here.
    pub(crate) fn skip(&mut self) {
        match self.next_byte() {
            Some(b'"') => {
                self.string();
            }
            Some(b'{' | b'[') => {
                self.advance(1);
                self.close();
            }
            _ => {
                self.word();
            }
        }
    }

    /// Returns the value here as it is written.
    pub(super) fn raw(&mut self) -> &'de str {
        self.next_byte();
        let value = self.rest;
        self.skip();
        value.get(..value.len() - self.rest.len()).unwrap_or_default()
    }

    /// Returns the bool, number or `null` here, as it is written.
    #[inline]
    pub(super) fn word(&mut self) -> &'de str {
        let rest = self.rest.as_bytes();
        let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        self.take(length)
    }

    /// Returns the string here with its quotation marks, and whether it has escapes.
    #[inline]
    pub(super) fn string(&mut self) -> (&'de str, bool) {
        let (behind, is_escaped) = behind_string(self.rest.as_bytes().get(1..).unwrap_or_default());
        (self.take(self.rest.len() - behind.len()), is_escaped)
    }

    /// Visits the strings of the list here; `false` if an item is not a string, or has a lone
    /// surrogate.
    // Lists of strings are most of a large document, so this loop reads each byte once.
    pub(super) fn strings(&mut self, mut string: impl FnMut(&str)) -> bool {
        self.advance(1);
        while let Some(first @ (b'"' | b',')) = self.next_byte() {
            if first == b',' {
                self.advance(1);
                continue;
            }
            let (behind, is_escaped) = behind_string(self.rest.as_bytes().get(1..).unwrap_or_default());
            let quoted = self.rest.len() - behind.len();
            // Nearly always one item follows the other without white space.
            let with_comma = quoted + usize::from(behind.first() == Some(&b','));
            if is_escaped {
                let quoted = self.rest.get(..quoted).unwrap_or_default();
                // Strings with escapes are rare, so allocating for them costs little.
                let Ok(unescaped) = serde_json::from_str::<String>(quoted) else { break };
                string(&unescaped);
            } else {
                string(self.rest.get(1..quoted - 1).unwrap_or_default());
            }
            self.advance(with_comma);
        }
        let is_at_end = self.next_byte() == Some(b']');
        self.close();
        is_at_end
    }

    /// Returns the name here, borrowed from the document unless it has escapes.
    #[inline]
    fn name(&mut self) -> Name<'de> {
        // Nearly all names of a config JSON have one letter, so this case needs no search for the
        // end.
        if let [b'"', letter, b'"', ..] = self.rest.as_bytes() {
            // A backslash begins an escape, so the quotation mark after it would not be the end.
            if *letter != b'\\' {
                return Cow::Borrowed(unquoted(self.take(3)).as_bytes());
            }
        }
        match self.string() {
            (quoted, false) => Cow::Borrowed(unquoted(quoted).as_bytes()),
            (quoted, true) => serde_json::Deserializer::from_str(quoted)
                .deserialize_bytes(Unescaped)
                .map_or(Cow::Borrowed(quoted.as_bytes()), Cow::Owned),
        }
    }

    /// Skips the rest of the list or object here.
    // A loop with a counter, since recursion would take a stack that grows with the document.
    fn close(&mut self) {
        let mut depth = 1_usize;
        let mut rest = self.rest.as_bytes();
        while let (Some((byte, behind)), 1..) = (rest.split_first(), depth) {
            rest = behind;
            match byte {
                b'"' => rest = behind_string(behind).0,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
        }
        self.advance(self.rest.len() - rest.len());
    }

    /// Returns the next byte that is not white space, and moves the cursor there.
    #[inline]
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            let byte = *self.rest.as_bytes().first()?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.advance(1);
        }
    }

    #[inline]
    fn advance(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    #[inline]
    fn take(&mut self, length: usize) -> &'de str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        taken
    }
}

/// Returns the bytes after a string, and whether the string has escapes. The given bytes start
/// after the first quotation mark.
#[inline]
fn behind_string(mut bytes: &[u8]) -> (&[u8], bool) {
    let mut is_escaped = false;
    loop {
        match behind_plain(bytes) {
            [b'\\', _, behind @ ..] => (bytes, is_escaped) = (behind, true),
            [_, behind @ ..] => return (behind, is_escaped),
            [] => return (&[], is_escaped),
        }
    }
}

/// Returns the bytes from the next quotation mark or backslash on.
// Eight bytes at a time: strings are short, so calling a function for longer ones takes longer.
#[inline]
fn behind_plain(mut bytes: &[u8]) -> &[u8] {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    const QUOTES: u64 = EACH * b'"' as u64;
    const BACKSLASHES: u64 = EACH * b'\\' as u64;
    // A zero byte gets its upper bit set. The bytes after it may too, so only the first one counts.
    let zeros = |word: u64| word.wrapping_sub(EACH) & !word & (EACH << 7);
    while let Some((word, behind)) = bytes.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let ends = zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES);
        if ends != 0 {
            return bytes.get(ends.trailing_zeros() as usize / 8..).unwrap_or_default();
        }
        bytes = behind;
    }
    let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    end.and_then(|end| bytes.get(end..)).unwrap_or_default()
}

/// Returns a string without its quotation marks.
#[inline]
pub(super) fn unquoted(quoted: &str) -> &str {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default()
}

/// Returns a name as a string; a lone surrogate in it is replaced.
pub(super) fn name_as_str(name: Name<'_>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => String::from_utf8_lossy(name),
        Cow::Owned(name) => Cow::Owned(String::from_utf8_lossy(&name).into_owned()),
    }
}

struct Unescaped;

impl Visitor<'_> for Unescaped {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(name.into())
    }
}

/// A type that is read from some types of JSON, and is malformed for the others.
pub(crate) trait FromJson<'de>: Sized {
    fn read(cursor: &mut Cursor<'de>) -> Field<Self>;
}

/// Reads any value as a cursor at its place, to be read later.
impl<'de> FromJson<'de> for Cursor<'de> {
    fn read(cursor: &mut Cursor<'de>) -> Field<Self> {
        let found = cursor.found();
        let value = *cursor;
        cursor.skip();
        found.map_or(Field::Absent, |_| Field::Valid(value))
    }
}

impl<'de> Field<Cursor<'de>> {
    /// Reads a list.
    pub(crate) fn list<T>(self, read: impl FnOnce(&mut Cursor<'de>) -> T) -> Field<T> {
        match self {
            Self::Absent => Field::Absent,
            Self::Valid(mut list) => list.list(read),
            Self::Malformed(mismatch) => Field::Malformed(mismatch),
        }
    }
}

/// Declares a struct that is read from the members of an object; members that it does not name are
/// ignored. After a semicolon there may be a field of its own, which is not read.
macro_rules! object {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty = $member:literal,)* $(; $own:ident: $own_type:ty)? }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $name<'de> {
            $(pub(crate) $field: $crate::model::Field<$type>,)*
            $(pub(crate) $own: $own_type,)?
            /// Uses the lifetime also where no member borrows.
            pub(super) document: core::marker::PhantomData<&'de str>,
        }

        impl<'de> $crate::model::FromJson<'de> for $name<'de> {
            fn read(cursor: &mut $crate::model::Cursor<'de>) -> $crate::model::Field<Self> {
                cursor.object(|cursor| {
                    let mut this = Self::default();
                    cursor.members(|name, value| match &*name {
                        $($member => this.$field = $crate::model::FromJson::read(value),)*
                        // Unknown members are ignored: the service may add some at any time.
                        _ => value.skip(),
                    });
                    this
                })
            }
        }
    };
}
pub(super) use object;

#[cfg(test)]
mod tests {
    use super::{Cursor, FromJson, behind_plain, name_as_str};
    use crate::model::Field;
    use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

    const VALUES: [&str; 22] = [
        "null",
        "true",
        "false",
        "0",
        "-1.5e+3",
        "\"\"",
        "\"a\"",
        r#""\"""#,
        r#""\\""#,
        r#""\\\"[{""#,
        r#""é𝄞\u0000\ud800""#,
        "[]",
        "[ ]",
        "[1,2]",
        "[\"]\", [[], {}] ]",
        "{}",
        "{ }",
        "{\"}\": \"{\", \"a\":[{}], \"\":\t0}",
        "{\"\\\"\" : \"\\\\\" }",
        "[\n null ,\r\n\t\"x\" ]",
        "123456789012345678901234567890",
        "[[[[\"a\"]]]]",
    ];

    #[test]
    fn values_are_skipped_to_their_end() {
        for value in VALUES {
            for json in
                [value.to_owned(), format!(" {value} "), format!("[{value}]"), format!("[ {value} ,1]")]
            {
                let mut cursor = Cursor::new(&json).unwrap();
                let raw = if json.trim() == value {
                    cursor.raw()
                } else {
                    let mut raw = "";
                    cursor.items(|item| {
                        raw = item.raw();
                        false
                    });
                    raw
                };
                assert_eq!(raw, value, "{json}");
                assert_eq!(cursor.next_byte(), None, "{json}");
            }
        }
    }

    #[test]
    fn a_plain_string_ends_at_a_quotation_mark_or_backslash() {
        for end in ['"', '\\'] {
            for length in 0..40 {
                let plain: String = "é!#[]\u{7f}~a\0".chars().cycle().take(length).collect();
                for behind in ["", "\"", "x\\", "0123456789"] {
                    let text = format!("{plain}{end}{behind}");
                    assert_eq!(behind_plain(text.as_bytes()), &text.as_bytes()[plain.len()..], "{text}");
                }
                assert_eq!(behind_plain(plain.as_bytes()), b"");
            }
        }
    }

    #[test]
    fn members_and_items_come_in_order() {
        let values = VALUES.join(" ,");
        let mut cursor_json = format!("[{values}]");
        let mut items = Vec::new();
        let mut cursor = Cursor::new(&cursor_json).unwrap();
        cursor.items(|item| {
            items.push(item.raw());
            true
        });
        assert_eq!(items, VALUES);
        let members: Vec<String> =
            VALUES.iter().enumerate().map(|(n, value)| format!("\"{n}\\n\":{value}")).collect();
        cursor_json = format!("{{{} }}", members.join(","));
        let mut found = Vec::new();
        let mut cursor = Cursor::new(&cursor_json).unwrap();
        cursor.members(|name, value| found.push((name_as_str(name).into_owned(), value.raw())));
        let expected = VALUES.iter().enumerate().map(|(n, value)| (format!("{n}\n"), *value));
        assert_eq!(found, expected.collect::<Vec<_>>());
        assert_eq!(cursor.next_byte(), None);
    }

    #[test]
    fn names_are_read_whatever_they_have() {
        for (json, expected) in [
            ("{\"\":0}", ""),
            ("{\"a\":0}", "a"),
            ("{ \"é\" : 0}", "é"),
            ("{\"\\\\\":0}", "\\"),
            ("{\"\\u0061b\":0}", "ab"),
            ("{\"a\\\"\":0}", "a\""),
        ] {
            let mut names = Vec::new();
            Cursor::new(json).unwrap().members(|name, value| {
                names.push(name_as_str(name).into_owned());
                value.skip();
            });
            assert_eq!(names, [expected], "{json}");
        }
    }

    #[test]
    fn a_value_may_be_read_later() {
        let mut list = Cursor::new("[[1], 2, null]").unwrap();
        let mut later = Vec::new();
        list.items(|item| {
            later.push(Cursor::read(item));
            true
        });
        let [first, second, third] = &mut later[..] else { panic!("{later:?}") };
        assert!(matches!(third, Field::Absent));
        let (Field::Valid(first), Field::Valid(second)) = (first, second) else { panic!() };
        assert_eq!((first.raw(), second.raw()), ("[1]", "2"));
    }
}
