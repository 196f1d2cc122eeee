//! The store, and the caches of typed flags.

use std::sync::Arc;

use configcat_eval::Config;
use shuttle::thread;

use super::flights::panic_in_thread;
use crate::{
    client::checked_flags::CheckedFlags,
    evaluate::flag_cache::{CachedLookup, FlagCache},
    fingerprint::Fingerprint,
    overrides::OverrideBehavior,
    refresh::{state::Remote, store::Store},
};

/// Returns config number `number`: its ETag, its only setting and its time have that number.
fn remote(number: u64) -> Remote {
    let config = Config::from_values([(format!("flag{number}"), (number > 1).into())]);
    Remote {
        config: Arc::new(config),
        etag: Some(number.to_string()),
        content_id: number,
        fingerprint: Fingerprint::of(number.to_string()),
        text: None,
    }
}

/// Returns the number of the config that a typed flag sees in `Client::get`: by the cached
/// generation, or else by the state.
fn read_by_flag(store: &Store, cache: &FlagCache) -> u64 {
    let remembered = |generation| match cache.get(generation) {
        Some(CachedLookup::Slot(number)) => Some(u64::from(number)),
        _ => None,
    };
    if let Some(number) = remembered(store.generation()) {
        return number;
    }
    let state = store.current.load();
    let number = state.fetched_at.unwrap_or_default();
    if remembered(state.generation).is_none() && state.generation != 0 {
        cache.set(state.generation, CachedLookup::Slot(u32::try_from(number).unwrap_or(u32::MAX)));
    }
    number
}

/// Returns the number of the config that a key sees, after checking that all parts of the state
/// belong together.
fn read_by_key(store: &Store) -> u64 {
    let state = store.current.load();
    let Some(number) = state.fetched_at else {
        assert!(state.config.is_none() && state.remote.is_none(), "the parts of the state differ");
        return 0;
    };
    let key = format!("flag{number}");
    let has_key = |config: &Arc<Config>| config.keys().eq([key.as_str()]);
    let etag = state.remote.as_ref().and_then(|remote| remote.etag.clone());
    assert_eq!(etag, Some(number.to_string()), "the parts of the state differ");
    assert!(state.config.as_ref().is_some_and(has_key), "the parts of the state differ");
    number
}

/// While configs are published, a thread that saw a new one never sees an older one later, by key
/// or by flag, and each thread sees whole states.
pub(super) fn no_reader_goes_back(configs: u64, readers: usize, times: usize) {
    let (store, cache) = (Arc::new(Store::new(None, None)), Arc::new(FlagCache::new()));
    let reading: Vec<_> = (0..readers)
        .map(|_| {
            let (store, cache) = (store.clone(), cache.clone());
            thread::spawn(move || {
                let mut last = 0;
                for _ in 0..times {
                    for number in [read_by_key(&store), read_by_flag(&store, &cache)] {
                        assert!(number >= last, "{number} after {last}");
                        last = number;
                    }
                }
            })
        })
        .collect();
    for number in 1..=configs {
        assert!(store.set_remote(remote(number), number, &CheckedFlags::new()));
    }
    reading.into_iter().for_each(|thread| thread.join().unwrap_or_else(|_| panic_in_thread()));
    assert_eq!((read_by_key(&store), read_by_flag(&store, &cache)), (configs, configs));
}

/// The state at the close of the store stays.
pub(super) fn nothing_is_published_after_closing() {
    let store = Arc::new(Store::new(None, None));
    let publishing = {
        let store = store.clone();
        thread::spawn(move || store.set_remote(remote(1), 1, &CheckedFlags::new()))
    };
    store.close();
    let then = store.current.load_full();
    let published = publishing.join().unwrap_or_else(|_| panic_in_thread());
    assert!(Arc::ptr_eq(&then, &store.current.load_full()), "a config was published after closing");
    assert_eq!((read_by_key(&store) == 1, store.generation()), (published, then.generation));
}

/// Two publications at once do not undo each other: the remote and the local config are both there
/// in the end.
pub(super) fn publications_at_once_are_both_kept() {
    let store = Arc::new(Store::new(Some(OverrideBehavior::LocalOverRemote), None));
    let local = {
        let store = store.clone();
        thread::spawn(move || {
            store.set_local(&Arc::new(Config::from_values([("local", true.into())])), &CheckedFlags::new())
        })
    };
    assert!(store.set_remote(remote(1), 1, &CheckedFlags::new()));
    assert!(local.join().unwrap_or_else(|_| panic_in_thread()));
    let state = store.current.load();
    let mut keys: Vec<_> = state.config.iter().flat_map(|config| config.keys()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["flag1", "local"]);
    assert_eq!(state.generation, store.generation());
}
