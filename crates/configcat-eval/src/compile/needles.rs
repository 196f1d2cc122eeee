//! Texts that are searched for within another one: CONTAINS ANY OF.

use alloc::boxed::Box;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{Comparison, sets::TextSlices};
use crate::{comparator::End, model::TextList};

/// Texts that are searched for within another one.
#[derive(Debug)]
pub(crate) enum Needles {
    /// So few that searching for each is fast.
    Few(Box<[Box<str>]>),
    /// One automaton that looks for all of them at once.
    Many { texts: TextList, automaton: AhoCorasick },
    /// So many that an automaton would take too much memory and time to build: at each place of the text, one
    /// look-up for each length that occurs.
    VeryMany(TextSlices),
}

impl Needles {
    const FEW: usize = 12;
    /// An automaton has some 8 times the size of its texts, and takes 40 times as much while it is built.
    const MAX_AUTOMATON: usize = 64 * 1024;

    pub(super) fn new(texts: TextList) -> Self {
        if texts.len() <= Self::FEW {
            return Self::Few(texts.iter().map(Box::from).collect());
        }
        let small = texts.size() <= Self::MAX_AUTOMATON;
        match small.then(|| automaton(&texts)).flatten() {
            Some(automaton) => Self::Many { texts, automaton },
            None => Self::VeryMany(TextSlices::by_length(texts)),
        }
    }

    pub(super) fn comparison(&self) -> Comparison<'_> {
        match self {
            Self::Few(texts) => Comparison::FewTexts(texts),
            Self::Many { texts, .. } => Comparison::List(texts),
            Self::VeryMany(texts) => texts.comparison(),
        }
    }

    /// Whether any of them is in the text.
    #[inline]
    pub(crate) fn any_in(&self, text: &str) -> bool {
        match self {
            Self::Few(needles) => needles.iter().any(|needle| text.contains(&**needle)),
            Self::Many { automaton, .. } => automaton.is_match(text),
            Self::VeryMany(needles) => (0..=text.len())
                .filter_map(|start| text.as_bytes().get(start..))
                .any(|rest| needles.any_of(End::Start, rest)),
        }
    }
}

/// The most compact of the kinds; `None` if it would exceed the library's limits.
fn automaton(texts: &TextList) -> Option<AhoCorasick> {
    AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(texts.iter()).ok()
}

#[cfg(test)]
mod tests {
    use super::Needles;
    use crate::model::TextList;
    use alloc::{format, string::String, vec::Vec};

    #[test]
    fn few_many_and_very_many_answer_alike() {
        let items = |count: usize, length: usize| -> Vec<String> {
            (0..count).map(|n| format!("<{n:0length$}é𝄞>")).collect()
        };
        let lists = [items(3, 1), items(100, 2), items(2000, 60)];
        for (items, expected) in lists.iter().zip(["Few", "Many", "VeryMany"]) {
            let needles = Needles::new(items.iter().map(String::as_str).collect());
            assert!(format!("{needles:?}").starts_with(expected));
            for item in [&items[0], &items[2], &items[items.len() - 1]] {
                assert!(needles.any_in(item), "{item}");
                assert!(
                    needles.any_in(&format!("𝄞é{item}")) && needles.any_in(&format!("{item}x")),
                    "{item}"
                );
                assert!(!needles.any_in(&item[1..]) && !needles.any_in(&item[..item.len() - 1]), "{item}");
            }
            assert!(!needles.any_in("") && !needles.any_in("é"));
        }
    }

    #[test]
    fn an_empty_text_is_in_every_text() {
        for count in [1, 100, 70_000] {
            let with_empty = (0..count).map(|_| "x").chain([""]).collect::<TextList>();
            let needles = Needles::new(with_empty);
            assert!(needles.any_in("") && needles.any_in("é"), "{count}");
        }
        assert!(!Needles::new(TextList::default()).any_in(""));
    }
}
