//! Lists of strings, which are most of a large document.

use super::{
    cursor::{CowStr, Cursor},
    field::{Expected, Field, Found, Mismatch},
    from_json::FromJson,
};
use crate::{error::Checked, number};

/// A list of strings, as it is written.
// Its items are read one by one, so the list itself takes no memory.
#[derive(Debug, Clone)]
pub(crate) enum StringList<'de> {
    /// A JSON list, whose items may have other types.
    Json(Cursor<'de>),
    /// A string of versions 4 and 5, with items separated by commas. White space around an item
    /// does not count.
    Separated(CowStr<'de>),
    One(CowStr<'de>),
}

impl<'de> StringList<'de> {
    /// Returns the list here, if there is one.
    pub(crate) fn here(cursor: &mut Cursor<'de>) -> Option<Self> {
        (cursor.found() == Some(Found::List)).then_some(Self::Json(*cursor))
    }

    /// Moves a cursor to the end of the list, after all its items have been visited.
    pub(crate) fn leave(self, cursor: &mut Cursor<'de>) {
        if let Self::Json(end) = self {
            *cursor = end;
        }
    }

    /// Visits the items, and returns their number. If an item is not a string, returns the fault
    /// after visiting the items before it. A JSON list is at its end then.
    pub(crate) fn for_each(&mut self, mut item: impl FnMut(&str)) -> Checked<usize> {
        let mut count = 0;
        let mut counted = |text: &str| {
            count += 1;
            item(text);
        };
        match self {
            Self::Json(list) => {
                let mut are_strings = true;
                list.items(|item| {
                    if item.found() == Some(Found::String) {
                        are_strings = item.content().map(|content| counted(&content)).is_some();
                    } else {
                        item.skip();
                        are_strings = false;
                    }
                    are_strings
                });
                if !are_strings {
                    return Err(Mismatch { expected: Expected::StringList, found: Found::List }.fault());
                }
            }
            Self::Separated(list) => {
                list.split(',').map(number::trim).filter(|text| !text.is_empty()).for_each(counted);
            }
            Self::One(text) => counted(text),
        }
        Ok(count)
    }
}

impl<'de> FromJson<'de> for StringList<'de> {
    fn read(cursor: &mut Cursor<'de>) -> Field<Self> {
        cursor.read_if(Found::List, Expected::StringList, |cursor| {
            let list = *cursor;
            cursor.skip();
            Self::Json(list)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::StringList;
    use crate::model::{Cursor, FromJson};
    use alloc::{borrow::ToOwned, string::String, vec::Vec};

    fn read(json: &str) -> Option<Vec<String>> {
        let mut strings = StringList::read(&mut Cursor::new(json)).valid()?;
        let mut items = Vec::new();
        let count = strings.for_each(|text| items.push(text.to_owned())).ok()?;
        assert_eq!(count, items.len());
        Some(items)
    }

    #[test]
    fn lists_are_read_with_and_without_escapes() {
        let table: [(&str, &[&str]); 8] = [
            (r#"["a"]"#, &["a"]),
            (r##"["a","é𝄞","",",","]","[,","#"]"##, &["a", "é𝄞", "", ",", "]", "[,", "#"]),
            ("\t[ \"a\" ,\r\n\"b\"\t] ", &["a", "b"]),
            (r#"[""]"#, &[""]),
            ("[]", &[]),
            ("[ ]", &[]),
            (r#"["a","\u0062\n"]"#, &["a", "b\n"]),
            (r#"["\\"]"#, &["\\"]),
        ];
        for (json, items) in table {
            let items = items.iter().map(|item| (*item).to_owned()).collect();
            assert_eq!(read(json), Some(items), "{json}");
        }
    }

    #[test]
    fn anything_but_a_list_of_strings_is_malformed() {
        for json in [
            r#"[1]"#,
            r#"["a",1]"#,
            r#"[1,"a"]"#,
            r#"["a",null,"b"]"#,
            r#"[["a"]]"#,
            r#"["a",["b"],"c"]"#,
            r#"[{"a":"b"}]"#,
            r#"["\ud800"]"#,
            r#"{"a":"b"}"#,
            r#""a""#,
            r#""\ud800""#,
            "1",
            "1e999",
            "true",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
