//! The name that is most like a misspelled one, for messages to people.

use alloc::vec::Vec;
use core::{iter, mem};

use crate::config::Config;

/// The longest name that is compared, in characters.
// Keys of the dashboard have about 30 characters. A comparison takes the product of two lengths.
const MAX_LENGTH: usize = 64;
/// The most differences of two names that are alike.
// A third of a long name is a word: `isNewHeaderEnabled` and `isNewFooterEnabled` have four
// differences, and are two flags.
const MAX_DIFFERENCES: usize = 3;
/// The work of one search: a name costs one, and each comparison of two characters one more.
// Half a million comparisons take two milliseconds on a machine of 2025. They are enough for some
// hundred keys of nearly the same length, or for 100,000 keys of another length.
const MAX_WORK: usize = 500_000;

impl Config {
    /// Returns the key that is most like `key`, for a message such as "did you mean …?": the same
    /// letters in other case, or else the key with the fewest differences. `None` if no other key
    /// is like it.
    ///
    /// A difference is a letter that is missing, added, replaced, or swapped with the next one; a
    /// third of the letters may differ, three at most. The case of ASCII letters does not count,
    /// and the separators `_`, `-`, `.` and space do not either.
    ///
    /// The search is for error paths. It takes two milliseconds at most: it ends after 500,000
    /// comparisons of characters, so the keys at the end of a very large config may be missed, and
    /// it skips keys of more than 64 characters.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::from_values([("maxUploadMb", Value::from(5)), ("isNew", true.into())]);
    /// assert_eq!(config.similar_key("maxUploadMB"), Some("maxUploadMb"));
    /// assert_eq!(config.similar_key("maxUplaodMb"), Some("maxUploadMb"));
    /// assert_eq!(config.similar_key("max_upload_mb"), Some("maxUploadMb"));
    /// assert_eq!(config.similar_key("discount"), None);
    /// ```
    #[must_use]
    pub fn similar_key(&self, key: &str) -> Option<&str> {
        most_similar(key, self.keys(), &mut SearchBudget::default())
    }
}

/// The work that a search may still do. Several searches for one message share it.
pub(crate) struct SearchBudget(usize);

impl Default for SearchBudget {
    fn default() -> Self {
        Self(MAX_WORK)
    }
}

impl SearchBudget {
    fn take(&mut self, work: usize) -> Option<()> {
        self.0 = self.0.checked_sub(work)?;
        Some(())
    }
}

/// Returns the name that is most like `wanted`, and is not `wanted` itself; the first one of
/// several that are.
pub(crate) fn most_similar<'n>(
    wanted: &str,
    names: impl Iterator<Item = &'n str>,
    budget: &mut SearchBudget,
) -> Option<&'n str> {
    let length = length(wanted).filter(|length| *length > 0)?;
    let letters: Vec<char> = letters(wanted).collect();
    // The number of differences that the next name must stay below.
    let mut limit = MAX_DIFFERENCES.min(length / 3) + 1;
    let (mut rows, mut other) = (Rows::default(), Vec::new());
    let mut best = None;
    for name in names {
        if limit == 0 || budget.take(1).is_none() {
            break;
        }
        // Most names have another length, which is their number of differences at least.
        let is_near = self::length(name).is_some_and(|other| other.abs_diff(length) < limit);
        if !is_near || name == wanted {
            continue;
        }
        other.clear();
        other.extend(self::letters(name));
        if let Some(differences) = rows.differences(&letters, &other, limit, budget) {
            limit = differences;
            best = Some(name);
        }
    }
    best
}

/// Returns the number of letters of a name; `None` if it is too long to be compared.
fn length(name: &str) -> Option<usize> {
    // A character has four bytes at most, so a name of megabytes is not read.
    if name.len() > 4 * MAX_LENGTH {
        return None;
    }
    // Every name of the config comes here. Bytes are counted many at once, characters one by one.
    let length = if name.is_ascii() {
        name.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b'.' | b' ')).count()
    } else {
        letters(name).count()
    };
    (length <= MAX_LENGTH).then_some(length)
}

/// Returns the characters that count: code has `max_upload_mb` where the dashboard has
/// `maxUploadMb`.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !"_-. ".contains(*c)).map(|c| c.to_ascii_lowercase())
}

/// The last three rows of the table of differences: entry `j` of the row of `i` is the number of
/// differences between the first `i` letters of one name and the first `j` of the other.
// Kept from one name to the next, so that a search allocates them once.
#[derive(Default)]
struct Rows {
    two_above: Vec<usize>,
    above: Vec<usize>,
    row: Vec<usize>,
}

impl Rows {
    /// Returns the number of differences (the optimal string alignment distance) if it is below the
    /// limit.
    fn differences(
        &mut self,
        a: &[char],
        b: &[char],
        limit: usize,
        budget: &mut SearchBudget,
    ) -> Option<usize> {
        self.two_above.clear();
        self.above.clear();
        self.above.extend(0..=b.len());
        let mut last_in_a = None;
        for (i, &in_a) in a.iter().enumerate() {
            budget.take(b.len())?;
            self.row.clear();
            self.row.push(i + 1);
            let (mut left, mut last_in_b) = (i + 1, None);
            // Entry `j - 2` of the row two above, which a swap of two letters goes on from.
            let mut before_swap = iter::once(usize::MAX).chain(self.two_above.iter().copied());
            for (&in_b, pair) in b.iter().zip(self.above.windows(2)) {
                let &[diagonal, up] = pair else { return None };
                let replaced = diagonal + usize::from(in_a != in_b);
                let is_swap = last_in_a == Some(in_b) && last_in_b == Some(in_a);
                let before_swap = before_swap.next().filter(|_| is_swap).unwrap_or(usize::MAX);
                left = replaced.min(up + 1).min(left + 1).min(before_swap.saturating_add(1));
                self.row.push(left);
                last_in_b = Some(in_b);
            }
            // The numbers never get smaller further down.
            if self.row.iter().all(|differences| *differences >= limit) {
                return None;
            }
            last_in_a = Some(in_a);
            // The oldest row is written over next.
            mem::swap(&mut self.two_above, &mut self.above);
            mem::swap(&mut self.above, &mut self.row);
        }
        self.above.last().copied().filter(|differences| *differences < limit)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_LENGTH, SearchBudget, most_similar};
    use alloc::{format, string::String, vec::Vec};

    fn search<'n>(wanted: &str, names: &[&'n str]) -> Option<&'n str> {
        most_similar(wanted, names.iter().copied(), &mut SearchBudget::default())
    }

    #[test]
    fn the_name_with_the_fewest_differences_is_found() {
        let long = "é".repeat(MAX_LENGTH);
        for (wanted, names, found) in [
            ("maxUploadMB", &["maxUpload", "maxUploadMb"][..], Some("maxUploadMb")),
            // Missing, added, replaced and swapped letters.
            ("isNw", &["isOld", "isNew"], Some("isNew")),
            ("isNeww", &["isNew"], Some("isNew")),
            ("isNow", &["isNew"], Some("isNew")),
            ("siNew", &["isNew"], Some("isNew")),
            ("enabledNewUi", &["isNewUiEnabled"], None),
            // The same in other case comes before any other, wherever it is.
            ("plan", &["plans", "Plan", "plan2"], Some("Plan")),
            ("plan", &["plane", "plans"], Some("plane")),
            // A third of the letters may differ.
            ("ab", &["ac", "abc"], None),
            ("abc", &["abd"], Some("abd")),
            ("abcde", &["abcfg"], None),
            ("abcdef", &["abcdgh"], Some("abcdgh")),
            ("abcdef", &["abcghi"], None),
            ("AB", &["ab"], Some("ab")),
            // Three letters at most.
            ("isNewHeaderEnabled", &["isNewFooterEnabled"], None),
            ("isNewHeadrEnabld", &["isNewHeaderEnabled"], Some("isNewHeaderEnabled")),
            // Separators do not count.
            ("is_new_checkout_page_enabled", &["isNewCheckoutPageEnabled"], Some("isNewCheckoutPageEnabled")),
            ("isNewUi", &["is-new.ui", "isNewUx"], Some("is-new.ui")),
            ("_", &["-", ""], None),
            // Not the name itself.
            ("isNew", &["isNew"], None),
            ("isNew", &["isNew", "isNow"], Some("isNow")),
            ("", &["a", ""], None),
            ("a", &[""], None),
            ("größe", &["grösse", "Größe"], Some("Größe")),
            (&long, &[&long[2..]], Some(&long[2..])),
            (&format!("{long}é"), &[&long], None),
        ] {
            assert_eq!(search(wanted, names), found, "{wanted}");
        }
    }

    /// A swap may come after other differences, and twice.
    #[test]
    fn swaps_count_once_anywhere() {
        for (wanted, other) in [("abcdefgh", "badcefgh"), ("xbcdefghi", "abcdefgih"), ("abcdef", "abcdfe")] {
            assert_eq!(search(wanted, &[other]), Some(other));
        }
        assert_eq!(search("abcdef", &["badcfe"]), None, "three swaps of six letters");
    }

    #[test]
    fn a_search_ends_when_its_work_is_used_up() {
        let names: Vec<String> = (0..100_000).map(|n| format!("{:0>59}{n:05}", "")).collect();
        let wanted = "1".repeat(MAX_LENGTH);
        let mut budget = SearchBudget::default();
        let all = names.iter().map(String::as_str).chain(["1"]);
        let mut seen = 0;
        most_similar(&wanted, all.inspect(|_| seen += 1), &mut budget);
        assert!(budget.0 < 2 * MAX_LENGTH && seen < 10_000, "{seen} names, {} left", budget.0);
        // Names of another length cost one each, so a large config is searched to its end.
        let names = (0..100_000).map(|_| "short").chain(["isNewUiEnabled"]);
        assert_eq!(
            most_similar("isNewUIEnabled", names, &mut SearchBudget::default()),
            Some("isNewUiEnabled")
        );
    }
}
