//! The strings of a document in little memory: comparison values, variation ids, names of
//! attributes.

use alloc::{string::String, vec::Vec};
use core::{num::NonZeroU32, ops::Range};

use foldhash::fast::RandomState;

use crate::hash::table_hash;

/// The strings of a document in one allocation, with eight bytes for each.
// A `Box<str>` for each string would take 16 bytes and an allocation, and strings are most of a
// large document.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    strings: String,
    spans: Vec<Span>,
    /// `true` if there was no room for a string.
    is_full: bool,
    hasher: RandomState,
}

/// The start and the end of a string.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span(u32, u32);

/// The number of a string, counted from 1.
// From 1, so that an `Option` of it takes no more memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StringId(NonZeroU32);

/// Consecutive numbers of strings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StringIdRange {
    /// The number of strings before the first.
    start: u32,
    end: u32,
}

impl Interner {
    /// The most bytes and the most strings: places and numbers of strings have 32 bits.
    const MAX: usize = if cfg!(test) { 1 << 20 } else { u32::MAX as usize };

    /// Adds a string.
    pub(crate) fn add(&mut self, text: &str) -> StringId {
        if text.len() > Self::MAX - self.strings.len() || self.spans.len() == Self::MAX {
            self.is_full = true;
            return StringId(NonZeroU32::MIN);
        }
        // Nothing is larger than `MAX`, so the numbers fit.
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let start = number(self.strings.len());
        if text.len() > self.strings.capacity() - self.strings.len() {
            self.strings.reserve_exact(growth(self.strings.len(), 1).max(text.len()));
        }
        self.strings.push_str(text);
        if self.spans.len() == self.spans.capacity() {
            self.spans.reserve_exact(growth(self.spans.len(), size_of::<Span>()));
        }
        self.spans.push(Span(start, number(self.strings.len())));
        StringId(NonZeroU32::MIN.saturating_add(number(self.spans.len() - 1)))
    }

    /// Returns the range of the strings that `add` adds.
    pub(crate) fn list_of<T, E>(
        &mut self,
        add: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<StringIdRange, E> {
        let count = |strings: &Self| u32::try_from(strings.spans.len()).unwrap_or(u32::MAX);
        let start = count(self);
        add(self)?;
        Ok(StringIdRange { start, end: count(self) })
    }

    /// Adds strings in a row.
    #[cfg(test)]
    pub(crate) fn add_list<T: AsRef<str>>(&mut self, list: impl IntoIterator<Item = T>) -> StringIdRange {
        self.list_of::<_, ()>(|strings| {
            list.into_iter().for_each(|text| _ = strings.add(text.as_ref()));
            Ok(())
        })
        .unwrap()
    }

    /// Returns the number of strings.
    pub(crate) fn count(&self) -> usize {
        self.spans.len()
    }

    /// Removes all strings but the first ones, that many.
    pub(crate) fn truncate(&mut self, count: usize) {
        if let Some(first) = self.spans.get(count) {
            self.strings.truncate(first.range().start);
            self.spans.truncate(count);
        }
    }

    /// Returns whether a string is missing, and so the document cannot be used.
    // A document of less than 4 GiB has fewer strings, but parts of one that contradicts itself are
    // read twice.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(crate) fn shrink(&mut self) {
        self.strings.shrink_to_fit();
        self.spans.shrink_to_fit();
    }

    #[inline]
    pub(crate) fn get(&self, id: StringId) -> &str {
        // All numbers come from `add`, and strings are removed only with the part that has their
        // numbers, so the default is never returned.
        let span = self.spans.get(id.index());
        span.and_then(|span| self.strings.get(span.range())).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn bytes(&self, id: StringId) -> &[u8] {
        let span = self.spans.get(id.index());
        span.and_then(|span| self.strings.as_bytes().get(span.range())).unwrap_or_default()
    }

    /// Returns the place of a string, by which it is found with one step less.
    pub(crate) fn span(&self, id: StringId) -> Option<Span> {
        self.spans.get(id.index()).copied()
    }

    #[inline]
    pub(crate) fn bytes_at(&self, span: Span) -> &[u8] {
        self.strings.as_bytes().get(span.range()).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn list(&self, list: StringIdRange) -> impl ExactSizeIterator<Item = &str> + Clone {
        let spans = self.spans.get(list.range()).unwrap_or_default();
        spans.iter().map(|span| self.strings.get(span.range()).unwrap_or_default())
    }

    #[inline]
    pub(crate) fn list_bytes(&self, list: StringIdRange) -> impl Iterator<Item = &[u8]> {
        let spans = self.spans.get(list.range()).unwrap_or_default();
        spans.iter().map(|span| self.strings.as_bytes().get(span.range()).unwrap_or_default())
    }

    /// Returns whether two lists have the same strings in the same order.
    pub(crate) fn is_same_list(&self, list: StringIdRange, other: &Self, other_list: StringIdRange) -> bool {
        let spans = self.spans.get(list.range()).unwrap_or_default();
        let other_spans = other.spans.get(other_list.range()).unwrap_or_default();
        let length = |span: &Span| span.1 - span.0;
        // Strings of a list are next to each other, so those of equal lengths are compared at once:
        // for a list of 100 e-mail addresses in a third of the time.
        spans.iter().map(length).eq(other_spans.iter().map(length))
            && self.joined(spans) == other.joined(other_spans)
    }

    /// Returns the strings of a list, one after the other.
    fn joined(&self, spans: &[Span]) -> &[u8] {
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return &[] };
        self.strings.as_bytes().get(first.range().start..last.range().end).unwrap_or_default()
    }

    /// Returns the hash of a string, by which tables of this document's strings find it.
    #[inline]
    pub(crate) fn hash(&self, text: &[u8]) -> u64 {
        table_hash(&self.hasher, text)
    }
}

/// Returns the number of items of that size to make room for when that many fill the room there is.
// A quarter more of a large allocation, and not twice as much: the rest would be unused, up to as
// much as all strings take.
#[cold]
fn growth(length: usize, size: usize) -> usize {
    const LARGE: usize = 64 << 10;
    if length * size < LARGE { length.max(64 / size) } else { length / 4 }
}

impl Span {
    #[inline]
    fn range(self) -> Range<usize> {
        self.0 as usize..self.1 as usize
    }
}

impl StringId {
    #[inline]
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// Returns the range of this string alone.
    pub(crate) fn as_range(self) -> StringIdRange {
        StringIdRange { start: self.0.get() - 1, end: self.0.get() }
    }
}

impl StringIdRange {
    pub(crate) fn len(self) -> usize {
        self.range().len()
    }

    #[inline]
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Returns the string, if there is exactly one.
    pub(crate) fn only(self) -> Option<StringId> {
        self.ids().next().filter(|_| self.len() == 1)
    }

    pub(crate) fn ids(self) -> impl Iterator<Item = StringId> {
        (self.start..self.end).map(|index| StringId(NonZeroU32::MIN.saturating_add(index)))
    }
}

#[cfg(test)]
mod tests {
    use super::Interner;
    use alloc::vec::Vec;

    #[test]
    fn strings_are_found_by_their_numbers() {
        let mut strings = Interner::default();
        let first = strings.add("é");
        let list = strings.add_list(["a", "", "𝄞b"]);
        let none = strings.add_list([""; 0]);
        let last = strings.add("last");
        strings.shrink();
        assert_eq!((strings.get(first), strings.get(last), strings.bytes(last)), ("é", "last", &b"last"[..]));
        assert_eq!(strings.list(list).collect::<Vec<_>>(), ["a", "", "𝄞b"]);
        assert_eq!(list.len(), 3);
        assert_eq!((none.len(), strings.list(none).next()), (0, None));
    }

    #[test]
    fn lists_are_the_same_item_by_item() {
        let mut strings = Interner::default();
        strings.add("another document has other numbers");
        let list = strings.add_list(["ab", "", "c"]);
        for (items, expected) in [
            (&["ab", "", "c"][..], true),
            (&["a", "b", "c"], false),
            (&["ab", "c", ""], false),
            (&["ab", "", "d"], false),
            (&["ab", ""], false),
            (&["ab", "", "c", ""], false),
            (&[], false),
        ] {
            let mut other = Interner::default();
            let other_list = other.add_list(items);
            assert_eq!(strings.is_same_list(list, &other, other_list), expected, "{items:?}");
            assert_eq!(other.is_same_list(other_list, &strings, list), expected, "{items:?}");
        }
        let none = strings.add_list([""; 0]);
        assert!(strings.is_same_list(none, &Interner::default(), none));
    }
}
