//! Lists of texts, which are most of a large document.

use alloc::{borrow::Cow, vec::Vec};

use memchr::{memchr, memchr_iter};
use serde::de::{Deserialize, Deserializer, SeqAccess};
use serde_json::value::RawValue;

use super::{
    Text,
    lenient::{Expected, Field, Shape, read_raw},
};

/// A list of texts.
#[derive(Debug)]
pub(crate) struct Texts<'de>(pub(crate) Vec<Text<'de>>);

impl<'de> Texts<'de> {
    /// Reads an array of texts without escapes, which are what stands between quotation marks; `None` if it is
    /// another one, or has no item.
    fn plain(array: &'de str) -> Option<Self> {
        if memchr(b'\\', array.as_bytes()).is_some() {
            return None;
        }
        let is = |piece: Option<&str>, expected| {
            piece.is_some_and(|piece| piece == expected || piece.trim_ascii() == expected)
        };
        let mut items = Vec::new();
        let (mut begin, mut expected) = (0, "[");
        let mut quotes = memchr_iter(b'"', array.as_bytes());
        while let (Some(open), Some(close)) = (quotes.next(), quotes.next()) {
            if !is(array.get(begin..open), expected) {
                return None;
            }
            items.push(Cow::Borrowed(array.get(open + 1..close)?));
            (begin, expected) = (close + 1, ",");
        }
        (!items.is_empty() && is(array.get(begin..), "]")).then_some(Self(items))
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|item| &**item)
    }
}

impl<'de> Shape<'de> for Texts<'de> {
    const EXPECTED: Expected = Expected::Texts;

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self::plain(raw).map_or_else(|| read_raw(raw), Field::Valid))
    }

    fn from_list<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        let mut list = Vec::new();
        let mut valid = true;
        while let Some(item) = items.next_element::<Field<Cow<'de, str>>>()? {
            match item {
                Field::Valid(text) => list.push(text),
                Field::Absent | Field::Malformed(_) => valid = false,
            }
        }
        Ok(valid.then_some(Self(list)))
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;
    use crate::model::Field;
    use alloc::{borrow::ToOwned, string::String, vec::Vec};

    fn read(json: &str) -> Option<Vec<String>> {
        let texts = serde_json::from_str::<Field<Texts<'_>>>(json).unwrap().valid()?;
        Some(texts.iter().map(ToOwned::to_owned).collect())
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
