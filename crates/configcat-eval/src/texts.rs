//! All texts of a document in little memory.

use alloc::{string::String, vec::Vec};
use core::{num::NonZeroU32, ops::Range};

use foldhash::fast::RandomState;

use crate::hash::table_hash;

/// All texts of a document: one allocation for the texts, and four bytes a text. Each is known by its number.
#[derive(Debug)]
pub(crate) struct Texts {
    texts: String,
    /// Where each text ends in `texts`, and the next one begins; before the first, 0.
    ends: Vec<u32>,
    hasher: RandomState,
}

/// The number of a text: from 1, so that it takes no more room where there may be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextId(NonZeroU32);

/// Texts with numbers in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextList {
    /// The number of the text before the first.
    before: u32,
    count: u32,
}

impl Default for Texts {
    fn default() -> Self {
        Self { texts: String::new(), ends: Vec::from([0]), hasher: RandomState::default() }
    }
}

impl Texts {
    /// Adds a text.
    pub(crate) fn add(&mut self, text: &str) -> TextId {
        let id = u32::try_from(self.ends.len()).ok().and_then(NonZeroU32::new);
        match (id, u32::try_from(self.texts.len() + text.len())) {
            (Some(id), Ok(end)) => {
                self.texts.push_str(text);
                self.ends.push(end);
                TextId(id)
            }
            // Documents are limited to 4 GiB, and no text is longer than what it is read from.
            _ => TextId(NonZeroU32::MAX),
        }
    }

    /// Adds texts in a row.
    pub(crate) fn add_list<'t>(&mut self, list: impl IntoIterator<Item = &'t str>) -> TextList {
        let last = |texts: &Self| u32::try_from(texts.ends.len()).unwrap_or(u32::MAX).saturating_sub(1);
        let before = last(self);
        for text in list {
            self.add(text);
        }
        TextList { before, count: last(self) - before }
    }

    pub(crate) fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    #[inline]
    pub(crate) fn get(&self, id: TextId) -> &str {
        // All numbers come from `add`, to which texts are added only.
        self.range(id).and_then(|range| self.texts.get(range)).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn bytes(&self, id: TextId) -> &[u8] {
        self.range(id).and_then(|range| self.texts.as_bytes().get(range)).unwrap_or_default()
    }

    #[inline]
    fn range(&self, TextId(id): TextId) -> Option<Range<usize>> {
        let id = id.get() as usize;
        match self.ends.get(id - 1..=id)? {
            [start, end] => Some(*start as usize..*end as usize),
            _ => None,
        }
    }

    pub(crate) fn list(&self, list: TextList) -> impl ExactSizeIterator<Item = &str> + Clone {
        list.ids().map(|id| self.get(id))
    }

    /// How many bytes the texts of a list have.
    pub(crate) fn size(&self, list: TextList) -> usize {
        self.list(list).map(str::len).sum()
    }

    /// The hash of a text, by which tables of this document's texts find it.
    #[inline]
    pub(crate) fn hash(&self, text: &[u8]) -> u64 {
        table_hash(&self.hasher, text)
    }
}

impl TextList {
    pub(crate) fn len(self) -> usize {
        self.count as usize
    }

    #[inline]
    pub(crate) fn ids(self) -> impl ExactSizeIterator<Item = TextId> + Clone {
        // From 1 on; a list does not end before it begins.
        (0..self.count).map(move |index| TextId(NonZeroU32::MIN.saturating_add(self.before + index)))
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
        let none = texts.add_list([]);
        let last = texts.add("last");
        texts.shrink();
        assert_eq!((texts.get(first), texts.get(last), texts.bytes(last)), ("é", "last", &b"last"[..]));
        assert_eq!(texts.list(list).collect::<Vec<_>>(), ["a", "", "𝄞b"]);
        assert_eq!((list.len(), texts.size(list)), (3, 6));
        assert_eq!((none.len(), texts.list(none).next()), (0, None));
    }
}
