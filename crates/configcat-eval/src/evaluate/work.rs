//! The work of a call: its budget, and results that are used more than once.

use crate::{
    attribute::AttributeValue,
    error::Checked,
    hash::{self, Digest, Salt},
    version::UserVersion,
};

use super::budget::Budget;

/// The budget, and the last results of reading attributes.
#[derive(Default)]
pub(crate) struct Work<'c, 'u> {
    pub(crate) budget: Budget,
    /// A version or number is parsed once, however many conditions in a row compare it.
    version: Option<(&'u AttributeValue, Option<UserVersion<'u>>)>,
    number: Option<(&'u AttributeValue, Option<f64>)>,
    /// Made when the first text is hashed.
    digests: Option<Digests<'c, 'u>>,
}

impl<'c, 'u> Work<'c, 'u> {
    /// Returns work with the rest of a budget.
    pub(crate) fn within(budget: Budget) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Counts an attribute that was read as a string.
    #[inline]
    pub(super) fn count_str(&mut self, value: &AttributeValue, text: &str) {
        self.budget.compare(text.len());
        self.count_conversion(value, text);
    }

    /// Counts the conversion, if the attribute is not a string.
    #[inline]
    pub(super) fn count_conversion(&mut self, value: &AttributeValue, text: &str) {
        if !matches!(value, AttributeValue::Text(_)) {
            self.budget.convert(text.len());
        }
    }

    pub(super) fn version(&mut self, value: &'u AttributeValue) -> Option<UserVersion<'u>> {
        let budget = &mut self.budget;
        last_or(&mut self.version, value, |value| {
            budget.parse(value.str_len());
            value.as_version()
        })
    }

    pub(super) fn number(&mut self, value: &'u AttributeValue) -> Option<f64> {
        let budget = &mut self.budget;
        last_or(&mut self.number, value, |value| {
            budget.parse(value.str_len());
            value.as_number()
        })
    }

    /// Returns the Unix time in seconds.
    pub(super) fn time(&mut self, value: &'u AttributeValue) -> Option<f64> {
        match value {
            AttributeValue::DateTime(time) => Some(time.unix_seconds()),
            _ => self.number(value),
        }
    }

    /// Returns whether the hash of an attribute, as a string, passes the test.
    #[inline]
    pub(super) fn test_digest_of(
        &mut self,
        value: &'u AttributeValue,
        salt: Salt<'c>,
        test: impl FnOnce(&Digest) -> bool,
    ) -> Checked<bool> {
        match value {
            AttributeValue::Text(text) => self.test_digest(text.as_bytes(), salt, test),
            other => self.digest_of_converted(other, salt).map(|digest| test(&digest)),
        }
    }

    #[cold]
    fn digest_of_converted(&mut self, value: &AttributeValue, salt: Salt<'_>) -> Checked<Digest> {
        let scratch = &mut None;
        let text = value.to_str(scratch);
        self.count_conversion(value, text);
        self.digest_once(text.as_bytes(), salt)
    }

    /// Returns whether the hash of a string of the user, or of a part of it, passes the test. The
    /// hash is one of the latest, if it is there.
    // The hash is tested where it is, without a copy.
    #[inline]
    pub(super) fn test_digest(
        &mut self,
        text: &'u [u8],
        salt: Salt<'c>,
        test: impl FnOnce(&Digest) -> bool,
    ) -> Checked<bool> {
        if let Some(known) = self.digests.as_ref().and_then(|digests| digests.get(text, salt)) {
            self.budget.compare_next(Budget::ITEM)?;
            return Ok(test(known));
        }
        self.budget.hash(text.len() + salt.len())?;
        let digest = hash::salted(text, salt);
        let result = test(&digest);
        self.digests.get_or_insert_default().insert(Hashed { text, salt, digest });
        Ok(result)
    }

    /// Returns the hash of a string that does not outlive the condition, and so cannot be found
    /// again.
    #[inline]
    pub(super) fn digest_once(&mut self, text: &[u8], salt: Salt<'_>) -> Checked<Digest> {
        self.budget.hash(text.len() + salt.len())?;
        Ok(hash::salted(text, salt))
    }
}

/// Returns the last result if it was read from the same value; otherwise reads and stores it.
// Compared by address: rules in a row mostly use the same attribute, which comparing would read.
#[inline]
fn last_or<'u, T: Copy>(
    last: &mut Option<(&'u AttributeValue, T)>,
    value: &'u AttributeValue,
    read: impl FnOnce(&'u AttributeValue) -> T,
) -> T {
    match last {
        Some((known, reading)) if core::ptr::eq(*known, value) => *reading,
        _ => last.insert((value, read(value))).1,
    }
}

/// The number of hashes that are stored.
// Conditions in a row mostly hash one attribute, with a few lengths or contexts. A longer list
// would cost more to search.
const KNOWN_DIGESTS: usize = 4;

/// The latest hashes. Strings and salts are compared by address, since they outlive the call.
#[derive(Default)]
struct Digests<'c, 'u> {
    known: [Option<Hashed<'c, 'u>>; KNOWN_DIGESTS],
    next: usize,
}

struct Hashed<'c, 'u> {
    text: &'u [u8],
    salt: Salt<'c>,
    digest: Digest,
}

impl<'c, 'u> Digests<'c, 'u> {
    fn get(&self, text: &[u8], salt: Salt<'_>) -> Option<&Digest> {
        let known = self.known.iter().flatten();
        let mut known = known.filter(|known| core::ptr::eq(known.text, text) && known.salt.is(salt));
        known.next().map(|known| &known.digest)
    }

    /// Replaces the oldest hash.
    fn insert(&mut self, hashed: Hashed<'c, 'u>) {
        if let Some(oldest) = self.known.get_mut(self.next) {
            *oldest = Some(hashed);
        }
        self.next = (self.next + 1) % KNOWN_DIGESTS;
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Work};
    use crate::hash::{Salt, salted};

    #[test]
    fn a_digest_is_computed_once_for_each_text_and_salt() {
        let texts = ["a text".repeat(100), "a text".repeat(100)];
        let contexts = ["key", "segment"];
        let mut work = Work::default();
        let mut costs = alloc::vec::Vec::new();
        for _ in 0..2 {
            for text in &texts {
                for context in contexts {
                    let salt = Salt { document: "salt", context };
                    let before = work.budget.used();
                    let expected = salted(text.as_bytes(), salt);
                    assert_eq!(
                        work.test_digest(text.as_bytes(), salt, |digest| *digest == expected),
                        Ok(true)
                    );
                    costs.push(work.budget.used() - before);
                }
            }
        }
        assert!(costs[..4].iter().all(|cost| *cost > 2400), "{costs:?}");
        assert!(costs[4..].iter().all(|cost| *cost == Budget::ITEM as u64), "{costs:?}");
    }

    #[test]
    fn the_latest_digests_are_remembered() {
        let text = "0123456789abcdef".repeat(10);
        let salt = Salt { document: "salt", context: "key" };
        let mut work = Work::default();
        for length in 0..100 {
            let slice = &text.as_bytes()[..length];
            let expected = salted(slice, salt);
            assert_eq!(work.test_digest(slice, salt, |digest| *digest == expected), Ok(true));
            assert_eq!(work.test_digest(slice, salt, |digest| *digest == expected), Ok(true));
        }
    }
}
