//! Lints of the items of a list of comparison values.

use std::collections::BTreeMap;

use super::{finding::Findings, text};
use crate::{
    diagnostic::Lint,
    logic::{flag::UserCondition, test::Test},
};

/// Reports items that are in a list twice, or differ in case only: one finding of each kind a list.
pub(super) fn check(condition: &UserCondition, place: &str, is_legacy: bool, findings: &mut Findings) {
    let (Test::Text { items, .. } | Test::List { items, .. }) = &condition.test else { return };
    // Maps instead of comparing each pair: a list may have 15,000 items.
    let (mut known, mut by_lower_case) = (BTreeMap::new(), BTreeMap::new());
    let (mut twice, mut in_other_case) = (None, None);
    for (index, item) in items.iter().enumerate() {
        if known.insert(item, index).is_some() {
            twice = twice.or(Some((index, item)));
        // An exact duplicate is no difference in case.
        } else if let Some(other) = by_lower_case.insert(item.to_lowercase(), item) {
            in_other_case = in_other_case.or(Some((index, item, other)));
        }
    }
    // Documents of versions 4 and 5 have lists as one text.
    let place_of = |index| if is_legacy { place.to_owned() } else { format!("{place}.l[{index}]") };
    if let Some((index, item)) = twice {
        findings.add(
            Lint::DuplicateItem,
            place_of(index),
            format!("{}: '{}' is in the list twice", text::condition(condition), text::cut(item)),
            "the second one has no effect".to_owned(),
            "Remove the item.",
        );
    }
    if let Some((index, item, other)) = in_other_case {
        let (item, other) = (text::cut(item), text::cut(other));
        findings.add(
            Lint::ItemsDifferInCase,
            place_of(index),
            format!("{}: '{other}' and '{item}' differ in case only", text::condition(condition)),
            "comparisons distinguish upper and lower case, so both count".to_owned(),
            "Remove one of them, if the application always sends the same case.",
        );
    }
}
