//! Lists of comparison values as sets, so that a comparison costs the same for ten items and for a
//! hundred thousand.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use foldhash::fast::RandomState;
use hashbrown::{HashSet, HashTable};

use crate::{
    comparator::End,
    compile::interner::{Interner, Span, StringId, StringIdRange},
    error::{Checked, ErrorKind, Fault},
    evaluate::Budget,
    hash::{self, Digest},
    model, number,
};

/// The largest list that is searched item by item.
// Up to four items, comparing each is faster than hashing the attribute.
const FEW: usize = 4;

/// A set of strings.
#[derive(Debug)]
pub(crate) struct StringSet {
    pub(crate) list: StringIdRange,
    /// `None` for a short list.
    index: Option<Box<StringIndex>>,
}

impl StringSet {
    pub(crate) fn new(list: StringIdRange, strings: &Interner) -> Self {
        let is_long = list.len() > FEW;
        Self { list, index: is_long.then(|| Box::new(StringIndex::new(list, strings))) }
    }

    #[inline]
    pub(crate) fn contains(&self, text: &[u8], strings: &Interner) -> bool {
        match &self.index {
            Some(index) => index.contains(text, strings),
            None => strings.list_bytes(self.list).any(|item| item == text),
        }
    }
}

/// A hash table of strings, with one entry for equal ones.
#[derive(Debug)]
struct StringIndex(HashTable<StringId>);

impl StringIndex {
    fn new(list: StringIdRange, strings: &Interner) -> Self {
        let mut table = HashTable::with_capacity(list.len());
        for id in list.ids() {
            let text = strings.bytes(id);
            let hash = |id: &StringId| strings.hash(strings.bytes(*id));
            table.entry(strings.hash(text), |known| strings.bytes(*known) == text, hash).or_insert(id);
        }
        Self(table)
    }

    #[inline]
    fn contains(&self, text: &[u8], strings: &Interner) -> bool {
        self.0.find(strings.hash(text), |id| strings.bytes(*id) == text).is_some()
    }
}

/// The strings that an attribute may start or end with.
#[derive(Debug)]
pub(crate) enum StringSlices {
    /// Nearly all lists have one string. With its place, it is found without the table of spans.
    One(StringId, Span),
    /// Few strings, each of which is compared.
    Few(StringIdRange),
    Many(Box<ByLength>),
}

/// Strings that are looked up once for each length that occurs.
#[derive(Debug)]
pub(crate) struct ByLength {
    list: StringIdRange,
    lengths: Box<[usize]>,
    index: StringIndex,
}

impl StringSlices {
    const FEW: usize = 8;

    pub(crate) fn new(list: StringIdRange, strings: &Interner) -> Self {
        let only = list.only().and_then(|id| Some(Self::One(id, strings.span(id)?)));
        only.unwrap_or_else(|| {
            if list.len() <= Self::FEW {
                Self::Few(list)
            } else {
                Self::Many(Box::new(ByLength::new(list, strings)))
            }
        })
    }

    /// Returns the strings.
    pub(crate) fn list(&self) -> StringIdRange {
        match self {
            Self::One(id, _) => id.as_range(),
            Self::Few(list) => *list,
            Self::Many(known) => known.list,
        }
    }

    /// Returns whether the attribute starts or ends with any of the strings.
    ///
    /// Bytes are compared, so the attribute may be cut within a character: a match is still equal
    /// to a whole string.
    // Not inlined: the evaluator compares with one string by itself.
    #[inline(never)]
    pub(crate) fn any_of(
        &self,
        end: End,
        text: &[u8],
        strings: &Interner,
        budget: &mut Budget,
    ) -> Checked<bool> {
        match self {
            Self::One(_, span) => {
                budget.compare(text.len());
                Ok(is_slice(text, end, strings.bytes_at(*span)))
            }
            Self::Few(list) => {
                budget.compare(text.len());
                Ok(strings.list_bytes(*list).any(|item| is_slice(text, end, item)))
            }
            Self::Many(known) => known.any_of(end, text, strings, budget),
        }
    }
}

/// Returns whether the attribute starts or ends with a string.
#[inline]
pub(crate) fn is_slice(text: &[u8], end: End, item: &[u8]) -> bool {
    slice(text, end, item.len()).is_some_and(|slice| slice == item)
}

impl ByLength {
    fn new(list: StringIdRange, strings: &Interner) -> Self {
        let mut lengths: Vec<usize> = strings.list(list).map(str::len).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Self { list, lengths: lengths.into(), index: StringIndex::new(list, strings) }
    }

    fn any_of(&self, end: End, text: &[u8], strings: &Interner, budget: &mut Budget) -> Checked<bool> {
        for slice in self.lengths.iter().map_while(|&length| slice(text, end, length)) {
            budget.compare_next(slice.len() + Budget::ITEM)?;
            if self.index.contains(slice, strings) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Returns that many bytes of the start or the end of an attribute; `None` if it is shorter.
#[inline]
fn slice(text: &[u8], end: End, length: usize) -> Option<&[u8]> {
    match end {
        End::Start => text.get(..length),
        End::End => text.get(text.len().checked_sub(length)?..),
    }
}

/// A list of hashed strings.
#[derive(Debug, PartialEq)]
pub(crate) struct HashedList<const N: usize> {
    digests: Digests<N>,
    /// The number of items, including those that are not a hash and so match nothing.
    pub(crate) count: usize,
}

impl<const N: usize> HashedList<N> {
    pub(crate) fn new(list: &mut model::StringList<'_>) -> Checked<Self> {
        let mut digests = Vec::new();
        let count = list.for_each(|item| digests.extend(hash::from_hex(item)))?;
        Ok(Self { digests: Digests::new(digests), count })
    }

    #[inline]
    pub(crate) fn contains(&self, digest: &[u32; N]) -> bool {
        self.digests.contains(digest)
    }
}

/// A set of hashes.
#[derive(Debug)]
pub(crate) enum Digests<const N: usize> {
    Few(Box<[[u32; N]]>),
    Many(HashSet<[u32; N], RandomState>),
}

impl<const N: usize> Digests<N> {
    fn new(digests: Vec<[u32; N]>) -> Self {
        if digests.len() <= FEW {
            Self::Few(digests.into())
        } else {
            Self::Many(digests.into_iter().collect())
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u32; N]> {
        let (few, many) = match self {
            Self::Few(known) => (Some(known.iter()), None),
            Self::Many(known) => (None, Some(known.iter())),
        };
        few.into_iter().flatten().chain(many.into_iter().flatten())
    }

    #[inline]
    pub(crate) fn contains(&self, digest: &[u32; N]) -> bool {
        match self {
            Self::Few(known) => known.contains(digest),
            Self::Many(known) => known.contains(digest),
        }
    }
}

impl<const N: usize> PartialEq for Digests<N> {
    /// Returns whether both have the same hashes, in any order.
    fn eq(&self, other: &Self) -> bool {
        self.iter().all(|digest| other.contains(digest)) && other.iter().all(|digest| self.contains(digest))
    }
}

/// Hashed prefixes or suffixes, by their length.
#[derive(Debug, PartialEq)]
pub(crate) struct HashedSlices {
    by_length: Box<[(usize, Digests<8>)]>,
    /// `true` if an item does not have the form `<length>_<hash>`; the items after it are not kept.
    // Items are compared in order, so a match before the malformed item still counts.
    malformed: bool,
    /// The number of items, including malformed ones.
    pub(crate) count: usize,
}

impl HashedSlices {
    pub(crate) fn new(list: &mut model::StringList<'_>) -> Checked<Self> {
        // The lengths, each with the place of its digest: sorted as such pairs, since a program has
        // a sort for them anyway (`in_order`), and each further type of items takes several kB.
        let mut lengths: Vec<(i64, usize)> = Vec::new();
        let mut digests: Vec<Digest> = Vec::new();
        let mut malformed = false;
        let count = list.for_each(|item| match length_and_hash(item) {
            Some((length, hash)) if !malformed => {
                if let Some(digest) = hash::from_hex(hash) {
                    lengths.push((length, digests.len()));
                    digests.push(digest);
                }
            }
            _ => malformed = true,
        })?;
        lengths.sort_unstable();
        let by_length = lengths
            .chunk_by(|(length, _), (next, _)| length == next)
            .filter_map(|class| {
                // No text is longer than that on a machine of 32 bits.
                let length = usize::try_from(class.first()?.0).unwrap_or(usize::MAX);
                let digests = class.iter().filter_map(|(_, place)| digests.get(*place).copied());
                Some((length, Digests::new(digests.collect())))
            })
            .collect();
        Ok(Self { by_length, malformed, count })
    }

    /// Returns whether the attribute starts or ends with any of the hashed strings. `test` is
    /// called once for each length, and tests the hash of that part.
    #[inline]
    pub(crate) fn any_of<'t>(
        &self,
        end: End,
        text: &'t [u8],
        mut test: impl FnMut(&'t [u8], &Digests<8>) -> Checked<bool>,
    ) -> Checked<bool> {
        for (length, digests) in &self.by_length {
            let Some(slice) = slice(text, end, *length) else { break };
            if test(slice, digests)? {
                return Ok(true);
            }
        }
        self.fault().map_or(Ok(false), Err)
    }

    /// Returns the fault of the first malformed item.
    pub(crate) fn fault(&self) -> Option<Arc<Fault>> {
        self.malformed.then(|| Fault::new(ErrorKind::InvalidHashedItem))
    }
}

/// Splits `<length>_<hash>`; the length is what JavaScript takes for a safe integer.
fn length_and_hash(item: &str) -> Option<(i64, &str)> {
    // `Number.MAX_SAFE_INTEGER`: in JavaScript larger integers are not exact, so no SDK writes
    // them.
    const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;
    let (length, hash) = item.split_once('_')?;
    let length: i64 = number::trim(length).parse().ok()?;
    let is_length = (0..=MAX_SAFE_INTEGER).contains(&length);
    (is_length && !hash.is_empty()).then_some((length, hash))
}

#[cfg(test)]
mod tests {
    use super::{Digests, HashedSlices, StringSet, StringSlices, length_and_hash};
    use crate::{
        comparator::End,
        compile::interner::Interner,
        evaluate::Budget,
        hash::{self, Salt},
        model::{self, FromJson},
    };
    use alloc::{format, string::String, vec::Vec};
    use core::{fmt::Write, slice};

    #[test]
    fn a_set_has_each_of_its_strings_and_no_other() {
        for count in [2, 1000] {
            let items: Vec<String> = (0..count).map(|n| format!("user-{}", n % 700)).collect();
            let mut strings = Interner::default();
            let set = StringSet::new(strings.add_list(items.iter().map(String::as_str)), &strings);
            assert!(items.iter().all(|item| set.contains(item.as_bytes(), &strings)));
            assert!(set.index.as_ref().is_none_or(|index| index.0.len() == 700));
            for text in ["user-700", "", "user-1user-2", "user-"] {
                assert!(!set.contains(text.as_bytes(), &strings), "{text}");
            }
        }
        let mut strings = Interner::default();
        assert!(!StringSet::new(strings.add_list([""; 0]), &strings).contains(b"", &strings));
    }

    #[test]
    fn short_and_long_lists_of_slices_agree() {
        let many: Vec<String> = (10..40).map(|n| format!("{n}é𝄞{n}")).collect();
        for items in [&many[2..3], &many[..3], &many] {
            let mut strings = Interner::default();
            let slices = StringSlices::new(strings.add_list(items.iter().map(String::as_str)), &strings);
            let any_of = |end, text: &str| {
                slices.any_of(end, text.as_bytes(), &strings, &mut Budget::default()).unwrap()
            };
            assert!(any_of(End::Start, "12é𝄞12 and more"));
            assert!(any_of(End::End, "more and 12é𝄞12"));
            assert!(any_of(End::End, "12é𝄞12"));
            for text in ["12é𝄞1", "2é𝄞12", "", "é", "𝄞𝄞𝄞𝄞𝄞"] {
                assert!(!any_of(End::Start, text) && !any_of(End::End, text), "{text}");
            }
        }
    }

    #[test]
    fn short_and_long_lists_of_digests_agree() {
        for count in [0, 3, 100] {
            let digests = Digests::new((0..count).map(|n| [n; 5]).collect());
            assert!((0..count).all(|n| digests.contains(&[n; 5])) && !digests.contains(&[count; 5]));
        }
    }

    #[test]
    fn hashed_slices_may_cut_characters() {
        let salt = Salt { document: "sa", context: "lt" };
        let hashed = |slice: &[u8]| {
            let mut item = format!("{}_", slice.len());
            hash::salted(slice, salt).iter().for_each(|word| write!(item, "{word:08x}").unwrap());
            item
        };
        let any_of = |items: &[String], text: &str| {
            let json = serde_json::to_string(items).unwrap();
            let mut items = model::StringList::read(&mut model::Cursor::new(&json)).valid().unwrap();
            HashedSlices::new(&mut items).unwrap().any_of(End::Start, text.as_bytes(), |slice, digests| {
                Ok(digests.contains(&hash::salted(slice, salt)))
            })
        };
        let cut = hashed(&"𝄞".as_bytes()[..2]);
        assert_eq!(any_of(slice::from_ref(&cut), "𝄞"), Ok(true));
        assert_eq!(any_of(slice::from_ref(&cut), "é"), Ok(false));
        assert_eq!(any_of(&[cut.clone(), "x".into()], "𝄞"), Ok(true), "before the malformed item");
        assert!(any_of(&["x".into(), cut.clone()], "𝄞").is_err(), "behind the malformed item");
        assert_eq!(any_of(&[cut], ""), Ok(false));
        assert_eq!(any_of(&[hashed(b"")], ""), Ok(true));
        assert_eq!(any_of(&["9007199254740991_ab".into()], "text"), Ok(false));
    }

    #[test]
    fn hashed_items_have_a_length_and_a_hash() {
        assert_eq!(length_and_hash("12_ab_c"), Some((12, "ab_c")));
        assert_eq!(length_and_hash("+5_a"), Some((5, "a")));
        assert_eq!(length_and_hash("-0_a"), Some((0, "a")));
        for item in ["", "_", "5", "5_", "_a", "-5_a", "5.0_a", "++5_a", "x_a", "9007199254740992_a"] {
            assert_eq!(length_and_hash(item), None, "{item}");
        }
    }
}
