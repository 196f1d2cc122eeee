//! Lists of comparison values as sets, so that a test costs the same for ten and for a hundred thousand.

use alloc::{boxed::Box, vec::Vec};
use core::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::{HashSet, HashTable};

use super::Comparison;
use crate::{
    comparator::End,
    error::{Checked, ErrorKind, Fault},
    hash::{self, Digest, Salt},
    model::TextList,
    number,
};

/// The hash of a text; of it alone, without the mark that Rust sets behind a text within something larger.
#[inline]
pub(crate) fn text_hash(hasher: &RandomState, text: &[u8]) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// A set of texts that is looked up by hash.
#[derive(Debug)]
pub(crate) struct TextSet {
    list: TextList,
    /// Indices into the list; of equal texts only one.
    index: HashTable<u32>,
    hasher: RandomState,
}

impl TextSet {
    pub(crate) fn new(list: TextList) -> Self {
        let hasher = RandomState::default();
        let hash = |text: &str| text_hash(&hasher, text.as_bytes());
        let mut index = HashTable::with_capacity(list.len());
        for (position, text) in (0..).zip(list.iter()) {
            let at = |&known: &u32| list.get(known as usize);
            index
                .entry(hash(text), |known| at(known) == Some(text), |known| at(known).map_or(0, hash))
                .or_insert(position);
        }
        Self { list, index, hasher }
    }

    pub(crate) fn list(&self) -> &TextList {
        &self.list
    }

    #[inline]
    pub(crate) fn contains(&self, text: &[u8]) -> bool {
        let equal = |&known: &u32| self.list.bytes(known as usize) == Some(text);
        self.index.find(text_hash(&self.hasher, text), equal).is_some()
    }
}

/// Texts that another one may start or end with.
#[derive(Debug)]
pub(crate) enum TextSlices {
    /// So few that trying each is fastest.
    Few(Box<[Box<str>]>),
    /// One look-up for each length that occurs.
    ByLength { lengths: Box<[usize]>, texts: TextSet },
}

impl TextSlices {
    const FEW: usize = 8;

    pub(crate) fn new(list: TextList) -> Self {
        if list.len() <= Self::FEW {
            return Self::Few(list.iter().map(Box::from).collect());
        }
        Self::by_length(list)
    }

    pub(super) fn by_length(list: TextList) -> Self {
        let mut lengths: Vec<usize> = list.iter().map(str::len).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Self::ByLength { lengths: lengths.into(), texts: TextSet::new(list) }
    }

    pub(crate) fn comparison(&self) -> Comparison<'_> {
        match self {
            Self::Few(texts) => Comparison::FewTexts(texts),
            Self::ByLength { texts, .. } => Comparison::List(texts.list()),
        }
    }

    /// Whether the text starts or ends with any of them.
    ///
    /// Compared as bytes: what begins with a whole character of UTF-8 and ends before one is a text itself.
    #[inline]
    pub(crate) fn any_of(&self, end: End, text: &[u8]) -> bool {
        match self {
            Self::Few(list) => list.iter().any(|item| match end {
                End::Start => text.starts_with(item.as_bytes()),
                End::End => text.ends_with(item.as_bytes()),
            }),
            Self::ByLength { lengths, texts } => lengths
                .iter()
                .map_while(|&length| slice(text, end, length))
                .any(|slice| texts.contains(slice)),
        }
    }
}

/// That many bytes of the start or the end of a text that has as many.
#[inline]
fn slice(text: &[u8], end: End, length: usize) -> Option<&[u8]> {
    match end {
        End::Start => text.get(..length),
        End::End => text.get(text.len().checked_sub(length)?..),
    }
}

/// Hashes of texts.
#[derive(Debug)]
pub(crate) struct DigestSet<const N: usize> {
    digests: HashSet<[u8; N], RandomState>,
    count: usize,
}

impl<const N: usize> DigestSet<N> {
    /// Items that are no hash match nothing.
    pub(crate) fn new(list: &TextList) -> Self {
        let mut digests = HashSet::with_capacity_and_hasher(list.len(), RandomState::default());
        digests.extend(list.iter().filter_map(hash::from_hex::<N>));
        Self { digests, count: list.len() }
    }

    /// How many items there are, with those that are no hash.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    #[inline]
    pub(crate) fn contains(&self, digest: &[u8; N]) -> bool {
        self.digests.contains(digest)
    }
}

/// The slices that hashes stand for, by the length of the slice.
#[derive(Debug)]
pub(crate) struct HashedSlices {
    by_length: Box<[(usize, HashSet<Digest, RandomState>)]>,
    /// Whether an item is not of the form `<length>_<hash>`; those behind it are not reached.
    malformed: bool,
    count: usize,
}

impl HashedSlices {
    pub(crate) fn new(list: &TextList) -> Self {
        let mut slices: Vec<(usize, Digest)> = Vec::with_capacity(list.len());
        let mut malformed = false;
        for item in list.iter() {
            let Some((length, hash)) = length_and_hash(item) else {
                malformed = true;
                break;
            };
            if let Some(digest) = hash::from_hex(hash) {
                slices.push((length, digest));
            }
        }
        slices.sort_by_key(|(length, _)| *length);
        let by_length = slices
            .chunk_by(|(length, _), (next, _)| length == next)
            .filter_map(|class| Some((class.first()?.0, class.iter().map(|(_, digest)| *digest).collect())))
            .collect();
        Self { by_length, malformed, count: list.len() }
    }

    /// How many items there are, with those that are malformed.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether the text starts or ends with any of them; each length is hashed once.
    #[inline]
    pub(crate) fn any_of(&self, end: End, text: &[u8], salt: Salt<'_>) -> Checked<bool> {
        for (length, digests) in &self.by_length {
            let Some(slice) = slice(text, end, *length) else { break };
            if digests.contains(&hash::salted(slice, salt)) {
                return Ok(true);
            }
        }
        if self.malformed { Err(Fault::new(ErrorKind::InvalidHashedItem)) } else { Ok(false) }
    }
}

/// Splits `<length>_<hash>`; the length is what JavaScript takes for a safe integer.
fn length_and_hash(item: &str) -> Option<(usize, &str)> {
    const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;
    let (length, hash) = item.split_once('_')?;
    let length: i64 = number::trim(length).parse().ok()?;
    if length > MAX_SAFE_INTEGER || hash.is_empty() {
        return None;
    }
    Some((usize::try_from(length).ok()?, hash))
}

#[cfg(test)]
mod tests {
    use super::{HashedSlices, TextSet, TextSlices, length_and_hash};
    use crate::{
        comparator::End,
        hash::{self, Salt},
        model::TextList,
    };
    use alloc::{format, string::String, vec::Vec};
    use core::{fmt::Write, slice};

    fn list<T: AsRef<str>>(items: &[T]) -> TextList {
        items.iter().map(AsRef::as_ref).collect()
    }

    #[test]
    fn a_set_finds_each_of_its_texts_and_no_other() {
        let items: Vec<String> = (0..1000).map(|n| format!("user-{}", n % 700)).collect();
        let set = TextSet::new(list(&items));
        assert!(items.iter().all(|item| set.contains(item.as_bytes())));
        assert_eq!(set.index.len(), 700);
        assert!(!set.contains(b"user-700") && !set.contains(b"") && !set.contains(b"user-1user-2"));
        assert!(!TextSet::new(list::<&str>(&[])).contains(b""));
    }

    #[test]
    fn few_and_many_slices_answer_alike() {
        let many: Vec<String> = (10..40).map(|n| format!("{n}é𝄞{n}")).collect();
        for slices in [TextSlices::new(list(&many[..3])), TextSlices::new(list(&many))] {
            assert!(slices.any_of(End::Start, "12é𝄞12 and more".as_bytes()));
            assert!(slices.any_of(End::End, "more and 12é𝄞12".as_bytes()));
            assert!(slices.any_of(End::End, "12é𝄞12".as_bytes()));
            for text in ["12é𝄞1", "2é𝄞12", "", "é", "𝄞𝄞𝄞𝄞𝄞"] {
                assert!(
                    !slices.any_of(End::Start, text.as_bytes()) && !slices.any_of(End::End, text.as_bytes()),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn hashed_slices_may_cut_characters() {
        let salt = Salt { document: "sa", context: "lt" };
        let hashed = |slice: &[u8]| {
            let mut item = format!("{}_", slice.len());
            hash::salted(slice, salt).iter().for_each(|byte| write!(item, "{byte:02x}").unwrap());
            item
        };
        let any_of = |items: &[String], text: &str| {
            HashedSlices::new(&list(items)).any_of(End::Start, text.as_bytes(), salt)
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
