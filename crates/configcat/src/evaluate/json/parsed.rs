//! Values that were parsed from the texts of one config.

use std::{
    any::Any,
    hash::{BuildHasher, RandomState},
    mem,
    sync::Arc,
};

use serde::de::DeserializeOwned;

use super::once_trie::OnceTrie;
use crate::sync::{
    panics::{catch, catch_as_error},
    reentrancy,
};

/// Longest cause of a failure that is kept, in bytes. `serde` quotes texts of the config, which may
/// have megabytes; the path and the types are at the start.
const MAX_CAUSE: usize = 1024;

/// A value of type `T`, or the cause for which the text is no `T`.
type Parsed<T> = Result<Arc<T>, Arc<str>>;

/// A result that is kept with the config. Its drop is code of the user, which may panic: in the
/// refresh that drops the config, or a second time, which would end the process.
struct Kept<T>(Parsed<T>);

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        let parsed = mem::replace(&mut self.0, Err(Arc::default()));
        // The value is gone, so nothing is left to do.
        let _ = catch(|| drop(parsed));
    }
}

/// Values by their texts and types.
///
/// The address of a text is its first key: hashing it takes two instructions, whatever the length
/// of the text is. The content is the second one, so that equal texts are parsed once.
#[derive(Default)]
pub(in crate::evaluate) struct Values {
    by_address: OnceTrie<Entry>,
    by_content: OnceTrie<Entry>,
    hasher: RandomState,
    /// Values of the config below, for a config with overrides of a request: it has most texts of
    /// that config. They are only read, so that the texts of requests are not kept.
    below: Option<Arc<Self>>,
}

#[derive(Clone)]
struct Entry {
    /// Kept, so that no other text gets its address.
    text: Arc<str>,
    /// A [`Kept`] of some type.
    parsed: Arc<dyn Any + Send + Sync>,
}

impl Values {
    /// Returns values for a config that lies over the config of `below`.
    pub(in crate::evaluate) fn over(below: &Arc<Self>) -> Self {
        // The lowest one: overrides that are laid over overrides make no chain.
        let lowest = below.below.as_ref().unwrap_or(below);
        Self { below: Some(lowest.clone()), ..Self::default() }
    }

    /// Returns the value of a text; `None` if the text is no `T`. Parses it if that was not done
    /// before.
    // A path of its own beside `get`: the result is in a register, and no cause is copied.
    #[inline]
    pub(in crate::evaluate) fn value<T>(&self, text: &Arc<str>) -> Option<Arc<T>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        match self.find(text) {
            Some(Ok(value)) => Some(Arc::clone(value)),
            Some(Err(_)) => None,
            None => self.add(text).ok(),
        }
    }

    /// Returns the cause for which a text is no `T`; `None` if it is one.
    pub(in crate::evaluate) fn cause<T>(&self, text: &Arc<str>) -> Option<Arc<str>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.find::<T>(text).cloned().unwrap_or_else(|| self.add(text)).err()
    }

    /// Returns the result for a text that was parsed before.
    #[inline]
    fn find<T: Send + Sync + 'static>(&self, text: &Arc<str>) -> Option<&Parsed<T>> {
        let address = text.as_ptr();
        self.by_address.find(hash_of(address), |entry| {
            let is_same = std::ptr::eq(entry.text.as_ptr(), address);
            if is_same { entry.parsed.downcast_ref::<Kept<T>>().map(|kept| &kept.0) } else { None }
        })
    }

    /// Parses a text, unless an equal one was parsed before. Two threads may parse it at the same
    /// time; both return the value that was added first.
    #[cold]
    #[inline(never)]
    fn add<T: DeserializeOwned + Send + Sync + 'static>(&self, text: &Arc<str>) -> Parsed<T> {
        if let Some(parsed) = self.below.as_ref().and_then(|below| below.find::<T>(text)) {
            return parsed.clone();
        }
        let hash = self.hasher.hash_one(&**text);
        let find_equal = || {
            self.by_content.find(hash, |entry| {
                let kept = entry.parsed.downcast_ref::<Kept<T>>().filter(|_| entry.text == *text)?;
                Some((entry, kept.0.clone()))
            })
        };
        if find_equal().is_none() {
            let parsing = reentrancy::enter_parsing::<T>()?;
            let parsed: Arc<dyn Any + Send + Sync> = Arc::new(Kept(parse::<T>(text)));
            drop(parsing);
            self.by_content.insert(hash, Entry { text: text.clone(), parsed });
        }
        match find_equal() {
            Some((entry, parsed)) => {
                self.by_address.insert(
                    hash_of(text.as_ptr()),
                    Entry { text: text.clone(), parsed: entry.parsed.clone() },
                );
                parsed
            }
            // Never: it was inserted.
            None => parse(text),
        }
    }
}

/// Returns a hash of an address: the upper bits of the product depend on all bits of the address
/// (Fibonacci hashing).
#[inline]
fn hash_of(address: *const u8) -> u64 {
    (address.addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Parses a text. `Deserialize` is code of the user, which may panic.
fn parse<T: DeserializeOwned>(text: &str) -> Parsed<T> {
    let parsed = catch_as_error(|| {
        serde_json::from_str(text).map_err(|error| {
            // Only a text that failed is read again with its path, which takes twice as long.
            let reader = &mut serde_json::Deserializer::from_str(text);
            let place = serde_path_to_error::deserialize::<_, T>(reader).err();
            let path = place.map(|error| error.path().to_string()).filter(|path| path != ".");
            path.map_or_else(|| error.to_string(), |path| format!("{path}: {error}"))
        })
    });
    parsed.map(Arc::new).map_err(|cause: String| shortened(cause).into())
}

fn shortened(mut cause: String) -> String {
    if cause.len() > MAX_CAUSE {
        let end = (0..=MAX_CAUSE).rev().find(|end| cause.is_char_boundary(*end)).unwrap_or_default();
        cause.truncate(end);
        cause.push('…');
    }
    cause
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use serde::{Deserialize, Deserializer};

    use super::{MAX_CAUSE, Values};

    #[test]
    fn equal_texts_are_parsed_once_for_each_type() {
        static PARSED: AtomicUsize = AtomicUsize::new(0);

        struct Counted;

        impl<'de> Deserialize<'de> for Counted {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                PARSED.fetch_add(1, Ordering::Relaxed);
                bool::deserialize(deserializer).map(|_| Self)
            }
        }

        let values = Values::default();
        let texts: [Arc<str>; 3] = ["true".into(), "true".into(), "false".into()];
        let [first, equal, other] = [0, 1, 2].map(|at| values.value::<Counted>(&texts[at]).unwrap());
        assert!(Arc::ptr_eq(&first, &equal) && !Arc::ptr_eq(&first, &other));
        assert!(Arc::ptr_eq(&first, &values.value::<Counted>(&texts[1]).unwrap()));
        assert_eq!(PARSED.load(Ordering::Relaxed), 2);
        assert_eq!(values.value::<bool>(&texts[2]), Some(Arc::new(false)));
        assert_eq!(PARSED.load(Ordering::Relaxed), 2, "another type is parsed for itself");
    }

    #[test]
    fn a_failure_has_a_path_and_is_kept_in_few_bytes() {
        let values = Values::default();
        let get = |text: &str| values.cause::<Vec<(u8, u8)>>(&text.into()).unwrap().to_string();
        assert_eq!(
            get(r#"[[1, 2], [3, "x"]]"#),
            "[1][1]: invalid type: string \"x\", expected u8 at line 1 column 16"
        );
        assert_eq!(get(""), "EOF while parsing a value at line 1 column 0");
        let long = format!("[[1, \"{}\"]]", "ű".repeat(MAX_CAUSE));
        assert!(get(&long).starts_with("[0][1]: invalid type: string \"űű"), "{}", get(&long));
        assert!(get(&long).len() <= MAX_CAUSE + '…'.len_utf8());
    }

    #[test]
    fn a_panic_of_the_type_is_a_failure() {
        #[derive(Debug)]
        struct Panics;

        impl<'de> Deserialize<'de> for Panics {
            fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                panic!("by the test")
            }
        }

        let cause = Values::default().cause::<Panics>(&"1".into()).unwrap();
        assert_eq!(&*cause, "panicked: by the test");
    }

    /// The second panic, while the first one drops the other values, would end the process.
    #[test]
    fn values_may_panic_when_they_are_dropped() {
        struct Panics;

        impl<'de> Deserialize<'de> for Panics {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                u8::deserialize(deserializer).map(|_| Self)
            }
        }

        impl Drop for Panics {
            fn drop(&mut self) {
                panic!("by the test");
            }
        }

        let values = Values::default();
        assert!(["1", "2", "3"].iter().all(|text| values.value::<Panics>(&(*text).into()).is_some()));
        drop(values);
    }
}
