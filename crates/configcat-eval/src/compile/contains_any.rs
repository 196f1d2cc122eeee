//! The strings of CONTAINS ANY OF, which are searched for within an attribute.
//!
//! Many strings are searched for at once, by a part of each (a *gram*) of up to eight bytes. At
//! each place of the attribute, one bit of a filter shows whether a gram may be there. Only then
//! the gram is looked up, and only its strings are compared. So an attribute takes one or two
//! nanoseconds a byte, and the table some 24 bytes a string.

use alloc::{boxed::Box, vec, vec::Vec};
use core::ops::RangeInclusive;

use super::gram_filter::GramFilter;
use crate::{
    compile::interner::{Interner, StringId, StringIdRange},
    error::Checked,
    evaluate::Budget,
};

/// The strings of one condition.
#[derive(Debug)]
pub(crate) struct ContainsAny {
    pub(crate) list: StringIdRange,
    /// `None` if searching for each string is faster.
    grams: Option<Box<Grams>>,
}

impl ContainsAny {
    const FEW: usize = 8;
    /// The most strings that may share a gram.
    // With more, as in a list of strings that begin, end and continue alike, each place of an
    // attribute could take as long as the whole list.
    const MAX_GROUP: usize = 16;

    pub(super) fn new(list: StringIdRange, strings: &Interner) -> Self {
        let grams = (list.len() > Self::FEW).then(|| Grams::new(list, strings));
        Self { list, grams: grams.filter(|grams| grams.largest_group() <= Self::MAX_GROUP).map(Box::new) }
    }

    /// Returns whether the attribute contains any of the strings.
    #[inline]
    pub(crate) fn any_in(&self, text: &str, strings: &Interner, budget: &mut Budget) -> Checked<bool> {
        if let Some(grams) = &self.grams {
            return grams.any_in(text.as_bytes(), strings, budget);
        }
        if self.list.len() > Self::FEW {
            return self.any_of_many_in(text, strings, budget);
        }
        // Each search reads the string and the attribute. A string longer than the attribute costs
        // nothing.
        budget.compare_next(2 * self.list.len() * text.len())?;
        Ok(strings.list(self.list).any(|needle| text.contains(needle)))
    }

    /// Searches for each string that the filter of the attribute's grams does not rule out.
    #[inline(never)]
    fn any_of_many_in(&self, text: &str, strings: &Interner, budget: &mut Budget) -> Checked<bool> {
        budget.parse(text.len());
        let grams = GramFilter::new(text.as_bytes());
        for needle in strings.list(self.list) {
            budget.compare_next(Budget::ITEM)?;
            if needle.len() <= text.len() && grams.may_have(needle.as_bytes()) {
                budget.compare_next(needle.len() + text.len())?;
                if text.contains(needle) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Many strings, by the length of their grams.
#[derive(Debug)]
struct Grams {
    /// `true` if one of the strings is empty, which every attribute contains.
    has_empty: bool,
    of_8: Option<Table>,
    of_4: Option<Table>,
    of_2: Option<Table>,
    of_1: Option<Table>,
}

impl Grams {
    fn new(list: StringIdRange, strings: &Interner) -> Self {
        Self {
            has_empty: strings.list(list).any(str::is_empty),
            of_8: Table::new(8..=usize::MAX, list, strings),
            of_4: Table::new(4..=7, list, strings),
            of_2: Table::new(2..=3, list, strings),
            of_1: Table::new(1..=1, list, strings),
        }
    }

    /// Returns the most strings that share a gram.
    fn largest_group(&self) -> usize {
        let of_8 = self.of_8.as_ref().map(Table::largest_group);
        let of_4 = self.of_4.as_ref().map(Table::largest_group);
        let of_2 = self.of_2.as_ref().map(Table::largest_group);
        // A string of one byte is its own gram, so no two different ones share it.
        [of_8, of_4, of_2].into_iter().flatten().max().unwrap_or(0)
    }

    fn any_in(&self, text: &[u8], strings: &Interner, budget: &mut Budget) -> Checked<bool> {
        Ok(self.has_empty
            || any_of::<8>(self.of_8.as_ref(), text, strings, budget)?
            || any_of::<4>(self.of_4.as_ref(), text, strings, budget)?
            || any_of::<2>(self.of_2.as_ref(), text, strings, budget)?
            || any_of::<1>(self.of_1.as_ref(), text, strings, budget)?)
    }
}

fn any_of<const N: usize>(
    table: Option<&Table>,
    text: &[u8],
    strings: &Interner,
    budget: &mut Budget,
) -> Checked<bool> {
    table.map_or(Ok(false), |table| table.any_in::<N>(text, strings, budget))
}

/// Strings by their grams of `length` bytes.
// Only the loop over an attribute is generic over that length. Generic tables would have the code
// that builds them, with its sort, four times: 30 kB of a program.
#[derive(Debug)]
struct Table {
    length: usize,
    part: Part,
    /// In the order of the grams.
    strings: Box<[(u64, StringId)]>,
    /// A bit for each hash of a gram.
    filter: Box<[u64]>,
}

/// The part of each string that is its gram.
#[derive(Debug, Clone, Copy)]
enum Part {
    Start,
    Middle,
    End,
}

impl Part {
    /// Returns where the gram begins in a string that has so many other bytes.
    #[inline]
    fn offset(self, others: usize) -> usize {
        match self {
            Self::Start => 0,
            Self::Middle => others / 2,
            Self::End => others,
        }
    }
}

impl Table {
    /// The number of strings for each word of the filter.
    // With 2, one of 32 places of an attribute is looked up in vain.
    const TEXTS_OF_WORD: usize = 2;
    /// The cost of a place of the attribute.
    // One load of the filter, which may come from the second-level cache.
    const PLACE_COST: usize = 3;
    /// The cost of a look-up.
    // Some 20 loads that depend on each other, in a table of a million strings.
    const LOOKUP_COST: usize = 128;

    /// Builds a table of the strings of these lengths, with grams of the shortest; `None` if there
    /// are no such strings.
    fn new(lengths: RangeInclusive<usize>, list: StringIdRange, strings: &Interner) -> Option<Self> {
        let length = *lengths.start();
        let ids = || list.ids().filter(|id| lengths.contains(&strings.bytes(*id).len()));
        let mut table = Vec::with_capacity(ids().count());
        if table.capacity() == 0 {
            return None;
        }
        // The part that differs most: strings of one list often start or end alike.
        let mut best = (0, Part::Start);
        for part in [Part::End, Part::Start, Part::Middle] {
            fill(&mut table, ids(), length, part, strings);
            let different = table.chunk_by(|(one, _), (next, _)| one == next).count();
            if different > best.0 {
                best = (different, part);
            }
        }
        let (_, part) = best;
        fill(&mut table, ids(), length, part, strings);
        table.dedup_by(|(_, id), (_, known)| strings.bytes(*id) == strings.bytes(*known));
        let mut filter = vec![0; table.len().div_ceil(Self::TEXTS_OF_WORD)];
        for (gram, _) in &table {
            let (word, bit) = place(*gram, &filter);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
        }
        Some(Self { length, part, strings: table.into(), filter: filter.into() })
    }

    fn largest_group(&self) -> usize {
        self.strings.chunk_by(|(one, _), (next, _)| one == next).map(<[_]>::len).max().unwrap_or(0)
    }

    #[inline]
    fn any_in<const N: usize>(&self, text: &[u8], strings: &Interner, budget: &mut Budget) -> Checked<bool> {
        budget.compare_next(Self::PLACE_COST * text.len())?;
        for (at, window) in text.windows(N).enumerate() {
            // The length is a constant here, so that this is one load.
            let gram = <&[u8; N]>::try_from(window).map_or(0, |window| gram(window));
            let (word, bit) = place(gram, &self.filter);
            let may_be = self.filter.get(word).is_some_and(|word| word & bit != 0);
            if may_be && self.is_at(at, gram, text, strings, budget)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns whether one of the strings with that gram is in the attribute at that place.
    // Not inlined, so that the loop over the places stays small: one of 32 places comes here.
    #[inline(never)]
    fn is_at(
        &self,
        at: usize,
        gram: u64,
        text: &[u8],
        strings: &Interner,
        budget: &mut Budget,
    ) -> Checked<bool> {
        budget.compare_next(Self::LOOKUP_COST)?;
        let first = self.strings.partition_point(|(known, _)| *known < gram);
        let known = self.strings.get(first..).unwrap_or_default();
        for (_, id) in known.iter().take_while(|(known, _)| *known == gram) {
            let needle = strings.bytes(*id);
            budget.compare_next(Budget::ITEM + needle.len())?;
            let start = at.checked_sub(self.part.offset(needle.len().saturating_sub(self.length)));
            if start.and_then(|start| text.get(start..start + needle.len())) == Some(needle) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Puts each string with the gram at that part into the table, in the order of the grams.
fn fill(
    table: &mut Vec<(u64, StringId)>,
    ids: impl Iterator<Item = StringId>,
    length: usize,
    part: Part,
    strings: &Interner,
) {
    table.clear();
    table.extend(ids.filter_map(|id| {
        let text = strings.bytes(id);
        let offset = part.offset(text.len().checked_sub(length)?);
        Some((gram(text.get(offset..offset + length)?), id))
    }));
    table.sort_unstable_by_key(|(gram, id)| (*gram, strings.bytes(*id)));
}

/// Returns up to eight bytes as a number.
#[inline]
fn gram(bytes: &[u8]) -> u64 {
    let mut gram = [0; 8];
    if let Some(gram) = gram.get_mut(..bytes.len()) {
        gram.copy_from_slice(bytes);
    }
    u64::from_le_bytes(gram)
}

/// Returns the word and the bit of a gram in a filter.
#[inline]
fn place(gram: u64, filter: &[u64]) -> (usize, u64) {
    // Fibonacci hashing: the upper bits depend on all bits of the gram.
    let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let words = filter.len() as u64;
    let word = (((hash >> 32) * words) >> 32) as usize;
    (word, 1 << ((hash >> 26) & 63))
}

#[cfg(test)]
mod tests {
    use super::ContainsAny;
    use crate::{compile::interner::Interner, evaluate::Budget};
    use alloc::{format, string::String, vec, vec::Vec};

    fn any_in(needles: &ContainsAny, text: &str, strings: &Interner) -> bool {
        needles.any_in(text, strings, &mut Budget::default()).unwrap()
    }

    fn needles(items: &[String]) -> (ContainsAny, Interner) {
        let mut strings = Interner::default();
        let list = strings.add_list(items);
        (ContainsAny::new(list, &strings), strings)
    }

    #[test]
    fn grams_find_what_a_search_for_each_string_finds() {
        let items = |count: usize, length: usize| -> Vec<String> {
            (0..count).map(|n| format!("<{n:0length$}é𝄞>")).collect()
        };
        let short = || (0..600_u32).filter_map(|n| char::from_u32(0x21 + 61 * n)).map(String::from);
        let mixed: Vec<String> = (0..300).map(|n| "ab".repeat(n % 11 + 1) + &"é".repeat(n % 5)).collect();
        let lists = [items(3, 1), items(100, 2), items(6000, 60), short().collect(), mixed];
        let strings = lists.concat();
        for list in &lists {
            let (needles, known) = needles(list);
            assert!(needles.grams.is_none() || list.len() > 8);
            for text in strings.iter().step_by(97) {
                let cut = text.chars().skip(1).collect::<String>();
                for text in
                    [text, &cut, &format!("𝄞é{text}"), &format!("{text}x"), &format!("{cut}{text}{cut}")]
                {
                    let expected = list.iter().any(|needle| text.contains(needle));
                    assert_eq!(any_in(&needles, text, &known), expected, "{text}");
                }
            }
            assert!(!any_in(&needles, "", &known));
        }
    }

    #[test]
    fn every_text_contains_the_empty_string() {
        for count in [1, 100, 70_000] {
            let mut items = vec![String::from("x"); count];
            items.push(String::new());
            let (needles, strings) = needles(&items);
            assert!(any_in(&needles, "", &strings) && any_in(&needles, "é", &strings), "{count}");
        }
        let (needles, strings) = needles(&[]);
        assert!(!any_in(&needles, "", &strings));
    }

    #[test]
    fn equal_strings_are_stored_once() {
        let (needles, strings) = needles(&vec![String::from("same text"); 1000]);
        let grams = needles.grams.as_ref().unwrap();
        assert_eq!(grams.of_8.as_ref().unwrap().strings.len(), 1);
        assert!(any_in(&needles, "the same text again", &strings) && !any_in(&needles, "same tex", &strings));
    }
}
