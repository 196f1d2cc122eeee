//! Many texts in little memory.

use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use core::ops::Range;

use serde::de::SeqAccess;

use super::lenient::{Expected, Field, Shape};

/// A list of texts: one allocation for all of the texts, and four bytes an item.
#[derive(Debug, Default, Clone)]
pub(crate) struct TextList {
    texts: Box<str>,
    /// Where each text ends in `texts`, and the next one begins.
    ends: Box<[u32]>,
}

impl TextList {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        self.texts.get(self.range(index)?)
    }

    #[inline]
    pub(crate) fn bytes(&self, index: usize) -> Option<&[u8]> {
        self.texts.as_bytes().get(self.range(index)?)
    }

    #[inline]
    fn range(&self, index: usize) -> Option<Range<usize>> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(previous) => *self.ends.get(previous)?,
            None => 0,
        };
        Some(start as usize..end as usize)
    }

    /// How many bytes all the texts have.
    pub(crate) fn size(&self) -> usize {
        self.texts.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> FromIterator<&'a str> for TextList {
    fn from_iter<I: IntoIterator<Item = &'a str>>(items: I) -> Self {
        let mut list = Builder::default();
        for item in items {
            list.push(item);
        }
        list.build()
    }
}

impl<'de> Shape<'de> for TextList {
    const EXPECTED: Expected = Expected::Texts;

    fn from_list<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        let mut list = Builder::default();
        let mut valid = true;
        while let Some(item) = items.next_element::<Field<Cow<'de, str>>>()? {
            match item {
                Field::Valid(text) => list.push(&text),
                Field::Absent | Field::Malformed(_) => valid = false,
            }
        }
        Ok(valid.then(|| list.build()))
    }
}

#[derive(Default)]
struct Builder {
    texts: String,
    ends: Vec<u32>,
}

impl Builder {
    fn push(&mut self, text: &str) {
        // Documents are limited to 4 GiB, and no text is longer than what it is read from.
        if let Ok(end) = u32::try_from(self.texts.len() + text.len()) {
            self.texts.push_str(text);
            self.ends.push(end);
        }
    }

    fn build(self) -> TextList {
        TextList { texts: self.texts.into(), ends: self.ends.into() }
    }
}
