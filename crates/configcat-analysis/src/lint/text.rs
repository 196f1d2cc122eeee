//! Conditions and values as text, for messages.

use crate::logic::flag::UserCondition;

/// The most characters of a name or value in a message.
const MAX_SHOWN: usize = 60;

/// Returns the start of a text, in one line.
pub(super) fn cut(text: &str) -> String {
    // Names come from the document, and messages are single lines.
    let mut shown: String =
        text.chars().take(MAX_SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Returns the attribute and the comparator.
pub(super) fn condition(condition: &UserCondition) -> String {
    format!("{} {}", cut(&condition.attribute), condition.comparator)
}
