//! Lists of comparison values as sets, so that a test costs the same for ten and for a hundred thousand.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::{HashSet, HashTable};

use crate::{
    comparator::End,
    error::{Checked, ErrorKind, Fault},
    hash::{self, Digest},
    model::TextList,
    number,
};

/// A set of texts that is looked up by hash.
#[derive(Debug)]
pub(crate) struct TextSet {
    list: Arc<TextList>,
    /// Indices into the list; of equal texts only one.
    index: HashTable<u32>,
    hasher: RandomState,
}

impl TextSet {
    pub(crate) fn new(list: Arc<TextList>) -> Self {
        let hasher = RandomState::default();
        let hash = |text: &str| hasher.hash_one(text);
        let mut index = HashTable::with_capacity(list.len());
        for (position, text) in (0..).zip(list.iter()) {
            let at = |&known: &u32| list.get(known as usize);
            index
                .entry(hash(text), |known| at(known) == Some(text), |known| at(known).map_or(0, hash))
                .or_insert(position);
        }
        Self { list, index, hasher }
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        let equal = |&known: &u32| self.list.get(known as usize) == Some(text);
        self.index.find(self.hasher.hash_one(text), equal).is_some()
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

    pub(crate) fn new(list: Arc<TextList>) -> Self {
        if list.len() <= Self::FEW {
            return Self::Few(list.iter().map(Box::from).collect());
        }
        let mut lengths: Vec<usize> = list.iter().map(str::len).collect();
        lengths.sort_unstable();
        lengths.dedup();
        Self::ByLength { lengths: lengths.into(), texts: TextSet::new(list) }
    }

    pub(crate) fn any_of(&self, end: End, text: &str) -> bool {
        match self {
            Self::Few(list) => list.iter().any(|item| match end {
                End::Start => text.starts_with(&**item),
                End::End => text.ends_with(&**item),
            }),
            Self::ByLength { lengths, texts } => lengths
                .iter()
                .map_while(|&length| text.len().checked_sub(length).map(|rest| (length, rest)))
                .filter_map(|(length, rest)| match end {
                    End::Start => text.get(..length),
                    End::End => text.get(rest..),
                })
                .any(|slice| texts.contains(slice)),
        }
    }
}

/// The texts that hashes stand for: those that were salted with `salt`.
#[derive(Debug)]
pub(crate) struct HashedSet {
    salt: Arc<str>,
    digests: HashSet<Digest, RandomState>,
}

impl HashedSet {
    /// Items that are no hash match nothing.
    pub(crate) fn new(list: &TextList, salt: Arc<str>) -> Self {
        Self { salt, digests: list.iter().filter_map(hash::from_hex).collect() }
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.digests.contains(&hash::salted(text.as_bytes(), &self.salt))
    }
}

/// The slices that hashes stand for, by the length of the slice.
#[derive(Debug)]
pub(crate) struct HashedSlices {
    salt: Arc<str>,
    by_length: Box<[(usize, HashSet<Digest, RandomState>)]>,
    /// Whether an item is not of the form `<length>_<hash>`; those behind it are not reached.
    malformed: bool,
}

impl HashedSlices {
    pub(crate) fn new(list: &TextList, salt: Arc<str>) -> Self {
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
        Self { salt, by_length, malformed }
    }

    pub(crate) fn any_of(&self, end: End, text: &str) -> Checked<bool> {
        let text = text.as_bytes();
        for (length, digests) in &self.by_length {
            let slice = match end {
                End::Start => text.get(..*length),
                End::End => text.len().checked_sub(*length).and_then(|start| text.get(start..)),
            };
            let Some(slice) = slice else { break };
            if digests.contains(&hash::salted(slice, &self.salt)) {
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
    use crate::{comparator::End, hash, model::TextList};
    use alloc::{format, string::String, sync::Arc, vec::Vec};
    use core::{fmt::Write, slice};

    fn list<T: AsRef<str>>(items: &[T]) -> Arc<TextList> {
        Arc::new(items.iter().map(AsRef::as_ref).collect())
    }

    #[test]
    fn a_set_finds_each_of_its_texts_and_no_other() {
        let items: Vec<String> = (0..1000).map(|n| format!("user-{}", n % 700)).collect();
        let set = TextSet::new(list(&items));
        assert!(items.iter().all(|item| set.contains(item)));
        assert_eq!(set.index.len(), 700);
        assert!(!set.contains("user-700") && !set.contains("") && !set.contains("user-1user-2"));
        assert!(!TextSet::new(list::<&str>(&[])).contains(""));
    }

    #[test]
    fn few_and_many_slices_answer_alike() {
        let many: Vec<String> = (10..40).map(|n| format!("{n}é𝄞{n}")).collect();
        for slices in [TextSlices::new(list(&many[..3])), TextSlices::new(list(&many))] {
            assert!(slices.any_of(End::Start, "12é𝄞12 and more"));
            assert!(slices.any_of(End::End, "more and 12é𝄞12"));
            assert!(slices.any_of(End::End, "12é𝄞12"));
            for text in ["12é𝄞1", "2é𝄞12", "", "é", "𝄞𝄞𝄞𝄞𝄞"] {
                assert!(!slices.any_of(End::Start, text) && !slices.any_of(End::End, text), "{text}");
            }
        }
    }

    #[test]
    fn hashed_slices_may_cut_characters() {
        let hashed = |slice: &[u8]| {
            let mut item = format!("{}_", slice.len());
            hash::salted(slice, "salt").iter().for_each(|byte| write!(item, "{byte:02x}").unwrap());
            item
        };
        let any_of =
            |items: &[String], text| HashedSlices::new(&list(items), "salt".into()).any_of(End::Start, text);
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
