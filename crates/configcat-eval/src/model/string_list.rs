//! Lists of strings, which are most of a large document.

use super::{
    cursor::{CowStr, Cursor, FromJson},
    field::{Expected, Field, Found, Mismatch},
};
use crate::{error::Checked, number};

/// A list of strings, as it is written: its items are taken from there one by one, which takes no memory for the list.
#[derive(Debug, Clone)]
pub(crate) enum StringList<'de> {
    /// A list, whose items may be something else than strings.
    Json(Cursor<'de>),
    /// In versions 4 and 5: separated by commas, with white space around that does not count.
    Separated(CowStr<'de>),
    One(CowStr<'de>),
}

impl<'de> StringList<'de> {
    /// The list here, if there is one.
    pub(crate) fn here(cursor: &mut Cursor<'de>) -> Option<Self> {
        (cursor.found() == Some(Found::List)).then_some(Self::Json(*cursor))
    }

    /// Moves a cursor behind the list, whose items have been gone through.
    pub(crate) fn leave(self, cursor: &mut Cursor<'de>) {
        if let Self::Json(end) = self {
            *cursor = end;
        }
    }

    /// Hands the items over one by one, and returns how many there are; the fault if one of them is no text, in which case
    /// those before it have been handed over. A list of JSON is behind its end then.
    pub(crate) fn for_each(&mut self, mut item: impl FnMut(&str)) -> Checked<usize> {
        let mut count = 0;
        let mut counted = |text: &str| {
            count += 1;
            item(text);
        };
        match self {
            Self::Json(list) => {
                if !list.strings(&mut counted) {
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
        let mut strings = StringList::read(&mut Cursor::new(json).unwrap()).valid()?;
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
    fn what_is_no_list_of_texts_is_malformed() {
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
