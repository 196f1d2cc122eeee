//! A cursor that walks through a document, and checks that it is JSON.
//!
//! Each byte is read once where it can be: a member that a caller asks for is checked while it is
//! read, and all others are skipped and checked, however deep, long or unusual they are. Nothing
//! fails on the way. At a fault the cursor moves beyond the end of the document, where it finds
//! nothing more, and [`Cursor::is_at_end`] returns `false`.

use alloc::{borrow::Cow, string::String};

use super::{
    field::{Expected, Field, Found, Mismatch},
    name::{Name, unescaped},
    nesting::Nesting,
    token,
};

/// A place in a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'de> {
    json: &'de str,
    /// The bytes before that place; more than the document has after a fault.
    at: usize,
}

/// A string, borrowed from the document unless it has escapes.
pub(crate) type CowStr<'de> = Cow<'de, str>;

impl<'de> Cursor<'de> {
    /// Returns a cursor at the start of a document.
    pub(crate) fn new(json: &'de str) -> Self {
        Self { json, at: 0 }
    }

    /// Visits the items of the document as long as `item` returns `true`, and returns whether the
    /// document is a list of strings. All of it is checked.
    pub(crate) fn strings(mut self, mut item: impl FnMut(&str) -> bool) -> bool {
        let mut are_strings = self.found() == Some(Found::List);
        let mut is_wanted = true;
        if are_strings {
            self.items(|content| {
                are_strings = content.found() == Some(Found::String)
                    && content.content().is_some_and(|content| {
                        is_wanted = is_wanted && item(&content);
                        true
                    });
                are_strings
            });
        }
        are_strings && self.is_at_end()
    }

    /// Returns whether only white space is left, and so the document is JSON.
    pub(super) fn is_at_end(mut self) -> bool {
        self.next_byte().is_none() && self.at <= self.json.len()
    }

    /// Reads an object.
    pub(crate) fn object<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Field<T> {
        self.read_if(Found::Object, Expected::Object, read)
    }

    /// Reads a list.
    pub(crate) fn list<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Field<T> {
        self.read_if(Found::List, Expected::List, read)
    }

    #[inline]
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
    #[inline]
    pub(crate) fn members(&mut self, mut member: impl FnMut(Name<'de>, &mut Self)) {
        self.at += 1;
        if self.next_is(b'}') {
            return;
        }
        loop {
            let name = self.name();
            member(name, self);
            if !self.next_is(b',') {
                return self.expect(b'}');
            }
        }
    }

    /// Visits the items of the list here, as long as `item`, which reads or skips one, returns
    /// `true`. Skips the others.
    #[inline]
    pub(crate) fn items(&mut self, mut item: impl FnMut(&mut Self) -> bool) {
        self.at += 1;
        if self.next_is(b']') {
            return;
        }
        let mut is_wanted = true;
        loop {
            if is_wanted {
                is_wanted = item(self);
            } else {
                self.skip();
            }
            if !self.next_is(b',') {
                return self.expect(b']');
            }
        }
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
            // JSON has no other value.
            _ => Found::Number,
        })
    }

    /// Skips the value here.
    pub(crate) fn skip(&mut self) {
        match self.next_byte() {
            Some(b'{' | b'[') => self.skip_nested(),
            _ => self.skip_scalar(),
        }
    }

    #[inline]
    fn skip_scalar(&mut self) {
        match self.next_byte() {
            Some(b'"') => {
                self.string();
            }
            _ => {
                self.word();
            }
        }
    }

    /// Skips the list or object here.
    // A loop with a stack of bits, since recursion would take a stack that grows with the document.
    fn skip_nested(&mut self) {
        let mut nesting = Nesting::default();
        loop {
            // A value begins here.
            match self.next_byte() {
                Some(open @ (b'{' | b'[')) => {
                    self.at += 1;
                    let is_object = open == b'{';
                    if !self.next_is(if is_object { b'}' } else { b']' }) {
                        nesting.push(is_object);
                        if is_object {
                            self.name();
                        }
                        continue;
                    }
                }
                _ => self.skip_scalar(),
            }
            // The value has ended.
            loop {
                let Some(is_object) = nesting.is_in_object() else { return };
                if self.next_is(b',') {
                    if is_object {
                        self.name();
                    }
                    break;
                }
                self.expect(if is_object { b'}' } else { b']' });
                nesting.pop();
            }
        }
    }

    /// Returns the value here as it is written.
    pub(super) fn raw(&mut self) -> &'de str {
        self.next_byte();
        let start = self.at;
        self.skip();
        self.json.get(start..self.at).unwrap_or_default()
    }

    /// Returns the bool, number or `null` here, as it is written.
    #[inline]
    pub(super) fn word(&mut self) -> &'de str {
        match token::word_length(self.rest()) {
            Some(length) => self.take(length),
            None => self.fail(),
        }
    }

    /// Moves behind the string here, and returns its content as it is written, and whether it has
    /// escapes.
    #[inline]
    fn string(&mut self) -> (&'de str, bool) {
        let start = self.at + 1;
        let content = self.json.as_bytes().get(start..);
        let Some((behind, is_escaped)) = content.and_then(token::behind_string) else {
            return (self.fail(), false);
        };
        self.at = self.json.len() - behind.len();
        (self.json.get(start..self.at - 1).unwrap_or_default(), is_escaped)
    }

    /// Returns the content of the string here; `None` if it has a lone surrogate.
    #[inline]
    pub(super) fn content(&mut self) -> Option<CowStr<'de>> {
        match self.string() {
            (content, false) => Some(Cow::Borrowed(content)),
            // Strings with escapes are rare, so allocating for them costs little.
            (content, true) => String::from_utf8(unescaped(content)).ok().map(Cow::Owned),
        }
    }

    /// Moves behind the name here and its colon, and returns the name, borrowed from the document
    /// unless it has escapes.
    #[inline]
    fn name(&mut self) -> Name<'de> {
        // Nearly all names of a config JSON have one letter and no white space around them.
        if let [b'"', letter @ b'a'..=b'z', b'"', b':', ..] = self.rest() {
            self.at += 4;
            return Cow::Borrowed(core::slice::from_ref(letter));
        }
        self.any_name()
    }

    #[inline(never)]
    fn any_name(&mut self) -> Name<'de> {
        if self.next_byte() != Some(b'"') {
            self.fail();
        }
        let name = match self.string() {
            (content, false) => Cow::Borrowed(content.as_bytes()),
            (content, true) => Cow::Owned(unescaped(content)),
        };
        self.expect(b':');
        name
    }

    /// Moves behind the next byte that is not white space, if it is this one.
    #[inline]
    fn next_is(&mut self, byte: u8) -> bool {
        let is_next = self.next_byte() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    #[inline]
    fn expect(&mut self, byte: u8) {
        if !self.next_is(byte) {
            self.fail();
        }
    }

    /// Moves beyond the end of the document, which is not JSON.
    #[cold]
    fn fail(&mut self) -> &'de str {
        self.at = self.json.len() + 1;
        ""
    }

    /// Returns the next byte that is not white space, and moves the cursor there.
    #[inline]
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            let byte = *self.json.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    #[inline]
    fn rest(&self) -> &'de [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn take(&mut self, length: usize) -> &'de str {
        let start = self.at;
        self.at += length;
        self.json.get(start..self.at).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;
    use crate::model::{Field, FromJson, name::name_as_str};
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
                let mut cursor = Cursor::new(&json);
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
                assert!(cursor.is_at_end(), "{json}");
            }
        }
    }

    #[test]
    fn members_and_items_come_in_order() {
        let values = VALUES.join(" ,");
        let mut cursor_json = format!("[{values}]");
        let mut items = Vec::new();
        let mut cursor = Cursor::new(&cursor_json);
        cursor.items(|item| {
            items.push(item.raw());
            true
        });
        assert_eq!(items, VALUES);
        let members: Vec<String> =
            VALUES.iter().enumerate().map(|(n, value)| format!("\"{n}\\n\":{value}")).collect();
        cursor_json = format!("{{{} }}", members.join(","));
        let mut found = Vec::new();
        let mut cursor = Cursor::new(&cursor_json);
        cursor.members(|name, value| found.push((name_as_str(name).into_owned(), value.raw())));
        let expected = VALUES.iter().enumerate().map(|(n, value)| (format!("{n}\n"), *value));
        assert_eq!(found, expected.collect::<Vec<_>>());
        assert!(cursor.is_at_end());
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
            Cursor::new(json).members(|name, value| {
                names.push(name_as_str(name).into_owned());
                value.skip();
            });
            assert_eq!(names, [expected], "{json}");
        }
    }

    #[test]
    fn a_value_may_be_read_later() {
        let mut list = Cursor::new("[[1], 2, null]");
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
