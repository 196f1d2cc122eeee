//! Texts about keys that a config does not have: each is made when it is first read, and kept with
//! the config.
//!
//! A program may ask for a deleted flag for years, with details at each evaluation. The search for
//! a similar key takes up to two milliseconds, so neither details that nobody reads nor the same
//! details again may cause it.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use arc_swap::ArcSwapOption;
use configcat_eval::{Config, Value};

use crate::notify::event::Event;

/// Number of keys that are kept. A program asks for few deleted flags; of keys from requests each
/// takes the place of another one. With texts of 64 KiB at most, these are 1 MiB at most.
const KEPT: usize = 16;

/// Longest key that is kept, in bytes: the dashboard allows 255 characters.
const MAX_KEY: usize = 1024;

/// Key that a config does not have, with the text about it.
pub(crate) struct MissingKey {
    key: String,
    default: Value,
    config: Arc<Config>,
    // No lock and no `OnceLock`: a child that is forked while another thread makes the text must
    // not wait for that thread, which it does not have. At worst, two threads make the same text.
    text: ArcSwapOption<String>,
}

impl MissingKey {
    /// Returns the text of event 1001.
    pub(crate) fn text(&self) -> Arc<String> {
        if let Some(text) = self.text.load_full() {
            return text;
        }
        let Self { key, default, config, .. } = self;
        let text = Arc::new(Event::KeyMissing { key, default, config: Some(config) }.to_string());
        self.text.store(Some(text.clone()));
        text
    }
}

/// Keys that one config does not have, of the evaluations that asked for details.
#[derive(Default)]
pub(crate) struct MissingKeys {
    hasher: RandomState,
    kept: [ArcSwapOption<MissingKey>; KEPT],
}

impl MissingKeys {
    /// Returns a key that `config` does not have: the config of the state, or one with overrides of
    /// a request over it.
    pub(crate) fn get(&self, key: &str, default: &Value, config: &Arc<Config>) -> Arc<MissingKey> {
        // The remainder is smaller than `KEPT`.
        let place = usize::try_from(self.hasher.hash_one(key) % KEPT as u64).unwrap_or_default();
        let kept = self.kept.get(place).filter(|_| key.len() <= MAX_KEY);
        let is_same = |known: &Arc<MissingKey>| {
            // With overrides of a request, another config lists other keys.
            known.key == key && known.default == *default && Arc::ptr_eq(&known.config, config)
        };
        if let Some(known) = kept.and_then(|kept| kept.load_full()).filter(is_same) {
            return known;
        }
        let missing = Arc::new(MissingKey {
            key: key.to_owned(),
            default: default.clone(),
            config: config.clone(),
            text: ArcSwapOption::empty(),
        });
        if let Some(kept) = kept {
            kept.store(Some(missing.clone()));
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use configcat_eval::{Config, Value};

    use super::{KEPT, MAX_KEY, MissingKeys};

    #[test]
    fn a_text_is_made_once_for_each_key_and_default() {
        let config = Arc::new(Config::from_values([("isNew", Value::from(true))]));
        let keys = MissingKeys::default();
        let get = |key: &str, default: bool| keys.get(key, &default.into(), &config);
        let first = get("isNwe", false);
        assert!(first.text().contains("Did you mean 'isNew'?"), "{}", first.text());
        assert!(Arc::ptr_eq(&first, &get("isNwe", false)));
        assert!(get("isNwe", true).text().contains("'true'"));
        assert!(get("isOld", false).text().contains("'isOld'"));
    }

    #[test]
    fn few_keys_are_kept_and_no_long_ones() {
        let config = Arc::new(Config::from_values::<&str>([]));
        let keys = MissingKeys::default();
        let get = |key: &str| keys.get(key, &false.into(), &config);
        let all: Vec<_> = (0..100 * KEPT).map(|n| get(&n.to_string())).collect();
        assert!(all.iter().filter(|key| Arc::strong_count(key) == 2).count() <= KEPT);
        assert_eq!(Arc::strong_count(&get(&"k".repeat(MAX_KEY + 1))), 1);
    }
}
