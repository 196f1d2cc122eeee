//! Lists of texts, which are most of a large document.

use alloc::{borrow::Cow, string::String};

use memchr::{memchr, memchr_iter, memchr2};
use serde::de::{Deserialize, Deserializer, SeqAccess};
use serde_json::value::RawValue;

use super::{
    Text,
    field::{Expected, Field},
    lenient::{Raw, Shape, Take},
};
use crate::number;

/// A list of texts, as it is written: its items are taken from there one by one, which takes no memory for the list.
#[derive(Debug)]
pub(crate) enum Texts<'de> {
    /// A JSON array of that many strings.
    Json {
        array: &'de str,
        len: usize,
    },
    /// In versions 4 and 5: separated by commas, with white space around that does not count.
    Separated(Text<'de>),
    One(Text<'de>),
}

impl<'de> Texts<'de> {
    /// How many items an array of strings without escapes has; `None` if it is another one.
    ///
    /// Between two quotation marks there is nothing else than an item, or what separates items.
    fn len_of_plain(array: &str) -> Option<usize> {
        if memchr(b'\\', array.as_bytes()).is_some() {
            return None;
        }
        let is = |piece: Option<&str>, expected| {
            piece.is_some_and(|piece| piece == expected || piece.trim_ascii() == expected)
        };
        let (mut begin, mut expected, mut len) = (0, "[", 0);
        let mut quotes = memchr_iter(b'"', array.as_bytes());
        while let (Some(open), Some(close)) = (quotes.next(), quotes.next()) {
            if !is(array.get(begin..open), expected) {
                return None;
            }
            (begin, expected, len) = (close + 1, ",", len + 1);
        }
        (len > 0 && is(array.get(begin..), "]")).then_some(len)
    }

    /// How many items it has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json { len, .. } => *len,
            Self::Separated(_) | Self::One(_) => self.iter().count(),
        }
    }

    pub(crate) fn iter(&self) -> Items<'_> {
        match self {
            Self::Json { array, .. } => Items::Json { rest: array },
            Self::Separated(list) => Items::Separated { rest: Some(list) },
            Self::One(text) => Items::One(Some(text)),
        }
    }
}

/// The items of a list of texts.
pub(crate) enum Items<'t> {
    Json { rest: &'t str },
    Separated { rest: Option<&'t str> },
    One(Option<&'t str>),
}

impl<'t> Iterator for Items<'t> {
    type Item = Cow<'t, str>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Json { rest } => {
                let (item, behind) = first_string(rest.get(memchr(b'"', rest.as_bytes())?..)?)?;
                *rest = behind;
                Some(item)
            }
            Self::Separated { rest } => loop {
                let list = (*rest)?;
                let (item, behind) =
                    list.split_once(',').map_or((list, None), |(item, behind)| (item, Some(behind)));
                *rest = behind;
                let item = number::trim(item);
                if !item.is_empty() {
                    break Some(Cow::Borrowed(item));
                }
            },
            Self::One(text) => text.take().map(Cow::Borrowed),
        }
    }
}

impl<'de> Shape<'de> for Texts<'de> {
    const EXPECTED: Expected = Expected::Texts;

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        let array = <&RawValue>::deserialize(deserializer)?.get();
        let len = Self::len_of_plain(array).map_or_else(|| Raw(array).take(CountTexts), Field::Valid);
        Ok(len.map(|len| Self::Json { array, len }))
    }
}

/// The string that a text begins with, and the text behind it.
fn first_string(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inner = text.get(1..)?;
    let (mut end, mut is_escaped) = (0, false);
    loop {
        end += memchr2(b'"', b'\\', inner.as_bytes().get(end..)?)?;
        if inner.as_bytes().get(end) == Some(&b'"') {
            break;
        }
        (end, is_escaped) = (end + 2, true);
    }
    let item = if is_escaped {
        Cow::Owned(serde_json::from_str::<String>(text.get(..end + 2)?).ok()?)
    } else {
        Cow::Borrowed(inner.get(..end)?)
    };
    Some((item, inner.get(end + 1..)?))
}

/// Counts the items of a list, if all of them are texts.
struct CountTexts;

impl<'de> Take<'de> for CountTexts {
    const EXPECTED: Expected = Expected::Texts;
    type Output = usize;

    fn list<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<usize>, A::Error> {
        let (mut len, mut is_valid) = (0, true);
        while let Some(item) = items.next_element::<Field<Cow<'de, str>>>()? {
            is_valid &= matches!(item, Field::Valid(_));
            len += 1;
        }
        Ok(is_valid.then_some(len))
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;
    use crate::model::Field;
    use alloc::{
        borrow::{Cow, ToOwned},
        string::String,
        vec::Vec,
    };

    fn read(json: &str) -> Option<Vec<String>> {
        let texts = serde_json::from_str::<Field<Texts<'_>>>(json).unwrap().valid()?;
        assert_eq!(texts.len(), texts.iter().count());
        Some(texts.iter().map(Cow::into_owned).collect())
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
