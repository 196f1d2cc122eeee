//! Texts that are searched for within another one: CONTAINS ANY OF.

use alloc::boxed::Box;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::grams::Grams;
use crate::{
    error::Checked,
    evaluate::Budget,
    texts::{TextList, Texts},
};

/// Texts that are searched for within another one.
#[derive(Debug)]
pub(crate) struct Needles {
    pub(crate) list: TextList,
    /// Looks for all of them at once; `None` where searching for each costs less.
    automaton: Option<Box<AhoCorasick>>,
}

impl Needles {
    const FEW: usize = 8;
    /// The longest list, in bytes, that becomes an automaton: while it is built it takes some 40 times as much.
    const MAX_LIST: usize = 256 * 1024;
    /// The largest automaton, relative to the list. Most have half of that; one of many short texts has more.
    const MAX_RATIO: usize = 16;
    /// What it costs to go on by a byte: a few loads that depend on each other.
    const AUTOMATON_COST: usize = 8;

    pub(super) fn new(list: TextList, texts: &Texts) -> Self {
        Self { list, automaton: automaton(list, texts).map(Box::new) }
    }

    /// Whether any of them is in the text.
    #[inline]
    pub(crate) fn any_in(&self, text: &str, texts: &Texts, budget: &mut Budget) -> Checked<bool> {
        if let Some(automaton) = &self.automaton {
            budget.compare_next(Self::AUTOMATON_COST * text.len())?;
            return Ok(automaton.is_match(text));
        }
        if self.list.len() > Self::FEW {
            return self.any_of_many_in(text, texts, budget);
        }
        // Each is read, and the text with it; one that is longer than the text costs nothing.
        budget.compare_next(2 * self.list.len() * text.len())?;
        Ok(texts.list(self.list).any(|needle| text.contains(needle)))
    }

    /// Looks for each that a quick look does not rule out.
    #[inline(never)]
    fn any_of_many_in(&self, text: &str, texts: &Texts, budget: &mut Budget) -> Checked<bool> {
        budget.parse(text.len());
        let grams = Grams::new(text.as_bytes());
        for needle in texts.list(self.list) {
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

/// The most compact of the kinds; `None` if there are few texts, or if it takes too much memory.
fn automaton(list: TextList, texts: &Texts) -> Option<AhoCorasick> {
    let size = texts.size(list) + 16 * list.len();
    if list.len() <= Needles::FEW || size > Needles::MAX_LIST {
        return None;
    }
    let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(texts.list(list));
    automaton.ok().filter(|automaton| automaton.memory_usage() <= Needles::MAX_RATIO * size)
}

#[cfg(test)]
mod tests {
    use super::Needles;
    use crate::{evaluate::Budget, texts::Texts};
    use alloc::{format, string::String, vec, vec::Vec};

    fn any_in(needles: &Needles, text: &str, texts: &Texts) -> bool {
        needles.any_in(text, texts, &mut Budget::default()).unwrap()
    }

    #[test]
    fn few_many_and_very_many_answer_alike() {
        let items = |count: usize, length: usize| -> Vec<String> {
            (0..count).map(|n| format!("<{n:0length$}é𝄞>")).collect()
        };
        let mut ways = Vec::new();
        for items in [items(3, 1), items(100, 2), items(6000, 60)] {
            let mut texts = Texts::default();
            let needles = Needles::new(texts.add_list(items.iter().map(String::as_str)), &texts);
            for item in [&items[0], &items[2], &items[items.len() - 1]] {
                let inside = [item.clone(), format!("𝄞é{item}"), format!("{item}x")];
                assert!(inside.iter().all(|text| any_in(&needles, text, &texts)), "{item}");
                assert!(!any_in(&needles, &item[1..], &texts), "{item}");
                assert!(!any_in(&needles, &item[..item.len() - 1], &texts), "{item}");
            }
            assert!(!any_in(&needles, "", &texts) && !any_in(&needles, "é", &texts));
            ways.push(needles.automaton.is_some());
        }
        assert_eq!(ways, [false, true, false]);
    }

    #[test]
    fn short_texts_of_many_beginnings_are_searched_for_one_by_one() {
        let mut texts = Texts::default();
        let letters: Vec<String> = ('\u{80}'..'\u{3000}').step_by(61).map(String::from).collect();
        let needles = Needles::new(texts.add_list(letters.iter().map(String::as_str)), &texts);
        let size = 16 * Needles::MAX_RATIO * letters.len();
        assert!(needles.automaton.as_ref().is_none_or(|automaton| automaton.memory_usage() < 2 * size));
        assert!(
            letters.iter().all(|letter| any_in(&needles, letter, &texts)) && !any_in(&needles, "abc", &texts)
        );
    }

    #[test]
    fn an_empty_text_is_in_every_text() {
        for count in [1, 100, 70_000] {
            let mut with_empty = vec!["x"; count];
            with_empty.push("");
            let mut texts = Texts::default();
            let needles = Needles::new(texts.add_list(with_empty), &texts);
            assert!(any_in(&needles, "", &texts) && any_in(&needles, "é", &texts), "{count}");
        }
        let mut texts = Texts::default();
        assert!(!any_in(&Needles::new(texts.add_list([]), &texts), "", &texts));
    }
}
