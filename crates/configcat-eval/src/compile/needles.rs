//! Texts that are searched for within another one: CONTAINS ANY OF.

use alloc::boxed::Box;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::sets::TextSlices;
use crate::{
    comparator::End,
    texts::{TextList, Texts},
};

/// Texts that are searched for within another one.
#[derive(Debug)]
pub(crate) struct Needles {
    pub(crate) list: TextList,
    search: Search,
}

#[derive(Debug)]
enum Search {
    /// There are so few that searching for each is fast.
    Each,
    /// One automaton that looks for all of them at once.
    Automaton(Box<AhoCorasick>),
    /// There are so many that an automaton would take too much memory and time to build: at each place of the
    /// text, one look-up for each length that occurs.
    ByLength(Box<TextSlices>),
}

impl Needles {
    const FEW: usize = 8;
    /// An automaton has some 8 times the size of its texts, and takes 40 times as much while it is built.
    const MAX_AUTOMATON: usize = 64 * 1024;

    pub(super) fn new(list: TextList, texts: &Texts) -> Self {
        if list.len() <= Self::FEW {
            return Self { list, search: Search::Each };
        }
        let small = texts.size(list) <= Self::MAX_AUTOMATON;
        let search = match small.then(|| automaton(list, texts)).flatten() {
            Some(automaton) => Search::Automaton(Box::new(automaton)),
            None => Search::ByLength(Box::new(TextSlices::by_length(list, texts))),
        };
        Self { list, search }
    }

    /// Whether any of them is in the text.
    #[inline]
    pub(crate) fn any_in(&self, text: &str, texts: &Texts) -> bool {
        match &self.search {
            Search::Each => texts.list(self.list).any(|needle| text.contains(needle)),
            Search::Automaton(automaton) => automaton.is_match(text),
            Search::ByLength(needles) => (0..=text.len())
                .filter_map(|start| text.as_bytes().get(start..))
                .any(|rest| needles.any_of(End::Start, rest, texts)),
        }
    }
}

/// The most compact of the kinds; `None` if it would exceed the library's limits.
fn automaton(list: TextList, texts: &Texts) -> Option<AhoCorasick> {
    AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(texts.list(list)).ok()
}

#[cfg(test)]
mod tests {
    use super::{Needles, Search};
    use crate::texts::Texts;
    use alloc::{format, string::String, vec, vec::Vec};

    #[test]
    fn few_many_and_very_many_answer_alike() {
        let items = |count: usize, length: usize| -> Vec<String> {
            (0..count).map(|n| format!("<{n:0length$}é𝄞>")).collect()
        };
        let mut ways = Vec::new();
        for items in [items(3, 1), items(100, 2), items(2000, 60)] {
            let mut texts = Texts::default();
            let needles = Needles::new(texts.add_list(items.iter().map(String::as_str)), &texts);
            for item in [&items[0], &items[2], &items[items.len() - 1]] {
                let inside = [item.clone(), format!("𝄞é{item}"), format!("{item}x")];
                assert!(inside.iter().all(|text| needles.any_in(text, &texts)), "{item}");
                assert!(!needles.any_in(&item[1..], &texts), "{item}");
                assert!(!needles.any_in(&item[..item.len() - 1], &texts), "{item}");
            }
            assert!(!needles.any_in("", &texts) && !needles.any_in("é", &texts));
            ways.push(needles.search);
        }
        assert!(matches!(ways[..], [Search::Each, Search::Automaton(_), Search::ByLength(_)]));
    }

    #[test]
    fn an_empty_text_is_in_every_text() {
        for count in [1, 100, 70_000] {
            let mut with_empty = vec!["x"; count];
            with_empty.push("");
            let mut texts = Texts::default();
            let needles = Needles::new(texts.add_list(with_empty), &texts);
            assert!(needles.any_in("", &texts) && needles.any_in("é", &texts), "{count}");
        }
        let mut texts = Texts::default();
        assert!(!Needles::new(texts.add_list([]), &texts).any_in("", &texts));
    }
}
