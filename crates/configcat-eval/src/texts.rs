//! The many texts of a document in little memory: comparison values, variation ids, names of attributes.

use alloc::{string::String, vec::Vec};
use core::{num::NonZeroU32, ops::Range};

use foldhash::fast::RandomState;

use crate::hash::table_hash;

/// The texts of a document: one allocation for all of them, and eight bytes a text. Each is known by its number.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    texts: String,
    spans: Vec<Span>,
    hasher: RandomState,
}

/// Where a text begins and ends.
#[derive(Debug, Clone, Copy)]
struct Span(u32, u32);

/// The number of a text: from 1, so that it takes no more room where there may be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextId(NonZeroU32);

/// Texts with numbers in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextList {
    /// How many texts come before the first.
    start: u32,
    end: u32,
}

impl Texts {
    /// Adds a text.
    pub(crate) fn add(&mut self, text: &str) -> TextId {
        // Documents are limited to 4 GiB, no text is longer than what it is read from, and each has a place there.
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let start = number(self.texts.len());
        self.texts.push_str(text);
        self.spans.push(Span(start, number(self.texts.len())));
        TextId(NonZeroU32::MIN.saturating_add(number(self.spans.len() - 1)))
    }

    /// The texts that `add` adds, in a row.
    pub(crate) fn list_of<T, E>(
        &mut self,
        add: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<TextList, E> {
        let count = |texts: &Self| u32::try_from(texts.spans.len()).unwrap_or(u32::MAX);
        let start = count(self);
        add(self)?;
        Ok(TextList { start, end: count(self) })
    }

    /// Adds texts in a row.
    #[cfg(test)]
    pub(crate) fn add_list<T: AsRef<str>>(&mut self, list: impl IntoIterator<Item = T>) -> TextList {
        self.list_of::<_, ()>(|texts| {
            list.into_iter().for_each(|text| _ = texts.add(text.as_ref()));
            Ok(())
        })
        .unwrap()
    }

    pub(crate) fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.spans.shrink_to_fit();
    }

    #[inline]
    pub(crate) fn get(&self, id: TextId) -> &str {
        // All numbers come from `add`, to which texts are added only.
        let span = self.spans.get(id.index());
        span.and_then(|span| self.texts.get(span.range())).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn bytes(&self, id: TextId) -> &[u8] {
        let span = self.spans.get(id.index());
        span.and_then(|span| self.texts.as_bytes().get(span.range())).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn list(&self, list: TextList) -> impl ExactSizeIterator<Item = &str> + Clone {
        let spans = self.spans.get(list.range()).unwrap_or_default();
        spans.iter().map(|span| self.texts.get(span.range()).unwrap_or_default())
    }

    #[inline]
    pub(crate) fn list_bytes(&self, list: TextList) -> impl Iterator<Item = &[u8]> {
        let spans = self.spans.get(list.range()).unwrap_or_default();
        spans.iter().map(|span| self.texts.as_bytes().get(span.range()).unwrap_or_default())
    }

    /// The hash of a text, by which tables of this document's texts find it.
    #[inline]
    pub(crate) fn hash(&self, text: &[u8]) -> u64 {
        table_hash(&self.hasher, text)
    }
}

impl Span {
    #[inline]
    fn range(self) -> Range<usize> {
        self.0 as usize..self.1 as usize
    }
}

impl TextId {
    #[inline]
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl TextList {
    pub(crate) fn len(self) -> usize {
        self.range().len()
    }

    #[inline]
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn ids(self) -> impl Iterator<Item = TextId> {
        (self.start..self.end).map(|index| TextId(NonZeroU32::MIN.saturating_add(index)))
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;
    use alloc::vec::Vec;

    #[test]
    fn texts_are_known_by_their_numbers() {
        let mut texts = Texts::default();
        let first = texts.add("é");
        let list = texts.add_list(["a", "", "𝄞b"]);
        let none = texts.add_list([""; 0]);
        let last = texts.add("last");
        texts.shrink();
        assert_eq!((texts.get(first), texts.get(last), texts.bytes(last)), ("é", "last", &b"last"[..]));
        assert_eq!(texts.list(list).collect::<Vec<_>>(), ["a", "", "𝄞b"]);
        assert_eq!(list.len(), 3);
        assert_eq!((none.len(), texts.list(none).next()), (0, None));
    }
}
