//! The one place that publishes configs; readers load an `Arc` and never lock.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use configcat_eval::Config;

use crate::{
    notify::changes::Changes,
    overrides::OverrideBehavior,
    sync::primitives::{
        Arc, ArcSwap, Guard, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        lock,
    },
};

/// How long a config JSON from a cache or a file may be, in bytes: as long as one from the CDN.
pub(crate) const MAX_CONFIG: usize = 64 * 1024 * 1024;

/// Counts the configs of the process. Not an atomic of `sync`, whose scheduler would take each
/// count for a step.
static GENERATIONS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// The state of a client at a moment. It never changes: a new one takes its place.
#[derive(Default)]
pub(crate) struct State {
    /// The config that flags are evaluated on: the remote one, the local one, or both merged.
    pub(crate) config: Option<Arc<Config>>,
    /// When the remote config was fetched or last found unchanged, in Unix milliseconds.
    pub(crate) fetched_at: Option<u64>,
    pub(crate) remote: Option<Arc<Remote>>,
    local: Option<Arc<Config>>,
    /// The number of `config`: another config has another number, in the whole process. 0 without
    /// one.
    pub(crate) generation: u64,
}

impl State {
    /// When the remote config was fetched or last found unchanged; `None` without one.
    pub(crate) fn fetch_time(&self) -> Option<SystemTime> {
        self.remote.as_ref()?;
        UNIX_EPOCH.checked_add(Duration::from_millis(self.fetched_at?))
    }

    /// Returns this state with another time.
    fn at(&self, fetched_at: u64) -> Self {
        Self {
            config: self.config.clone(),
            fetched_at: Some(fetched_at),
            remote: self.remote.clone(),
            local: self.local.clone(),
            generation: self.generation,
        }
    }
}

/// A config from the CDN or from the cache.
pub(crate) struct Remote {
    pub(crate) config: Arc<Config>,
    pub(crate) etag: Option<String>,
    /// Identifies the config JSON: see [`Store::content_id`].
    pub(crate) content_id: u64,
    /// The config JSON, if there is a cache to write it to.
    pub(crate) text: Option<Arc<str>>,
}

pub(crate) struct Store {
    current: ArcSwap<State>,
    /// The generation of `current`, or of the state that comes next: a typed flag that knows its
    /// value for that generation need not load the state.
    generation: AtomicU64,
    /// Whether publishing has ended. Read and written with `writer` locked.
    is_closed: AtomicBool,
    /// Held for the exchange of two pointers only: merging, comparing and dropping configs of many
    /// megabytes happens outside, so that closing never waits for it.
    writer: Mutex<()>,
    behavior: Option<OverrideBehavior>,
    /// Keyed at random, so that no config can be made to collide with another one.
    content_hasher: RandomState,
    pub(crate) changes: Changes,
}

impl Store {
    /// Returns a store with the overrides that the client is built with. They are no change.
    pub(crate) fn new(behavior: Option<OverrideBehavior>, local: Option<Arc<Config>>) -> Self {
        let mut state = State::default();
        if let Some(local) = local {
            state.generation = next_generation();
            state.config = Some(local.clone());
            state.local = Some(local);
        }
        Self::with_state(Arc::new(state), behavior, RandomState::new(), false)
    }

    /// Returns the store of a forked child, with the state of the parent.
    pub(crate) fn for_child(&self) -> Self {
        let (state, is_closed) = (self.load_full(), self.is_closed.load(Ordering::Acquire));
        Self::with_state(state, self.behavior, self.content_hasher.clone(), is_closed)
    }

    fn with_state(
        state: Arc<State>,
        behavior: Option<OverrideBehavior>,
        content_hasher: RandomState,
        is_closed: bool,
    ) -> Self {
        Self {
            generation: AtomicU64::new(state.generation),
            current: ArcSwap::new(state),
            is_closed: AtomicBool::new(is_closed),
            writer: Mutex::new(()),
            behavior,
            content_hasher,
            changes: Changes::default(),
        }
    }

    /// The number of the current config.
    ///
    /// It is never older than a state that was loaded before, since it is set before the state is.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn load(&self) -> Guard<Arc<State>> {
        self.current.load()
    }

    pub(crate) fn load_full(&self) -> Arc<State> {
        self.current.load_full()
    }

    /// Returns a number that is the same for the same text, and another one for another text.
    ///
    /// It stands for texts that are not kept: 64 bits by a key that nobody knows, so two texts
    /// share one by an accident of 1 in 2^64.
    pub(crate) fn content_id(&self, text: &str) -> u64 {
        self.content_hasher.hash_one(text)
    }

    /// Publishes a remote config. Returns whether that is another one than before; `false` if
    /// closed.
    pub(crate) fn set_remote(&self, remote: Remote, fetched_at: u64) -> bool {
        let remote = Arc::new(remote);
        self.publish(|state| {
            let remote_config = state.remote.as_ref().map(|known| &known.config);
            if remote_config.is_some_and(|known| Arc::ptr_eq(known, &remote.config)) {
                return State { remote: Some(remote.clone()), ..state.at(fetched_at) };
            }
            State {
                config: self.effective(Some(&remote.config), state.local.as_ref()),
                fetched_at: Some(fetched_at),
                remote: Some(remote.clone()),
                local: state.local.clone(),
                generation: next_generation(),
            }
        })
    }

    /// Moves the time of the remote config.
    pub(crate) fn touch(&self, fetched_at: u64) {
        self.publish(|state| state.at(fetched_at));
    }

    /// Publishes a local config. Returns whether it is published; `false` if closed.
    pub(crate) fn set_local(&self, local: &Arc<Config>) -> bool {
        self.publish(|state| State {
            config: self.effective(state.remote.as_ref().map(|remote| &remote.config), Some(local)),
            fetched_at: state.fetched_at,
            remote: state.remote.clone(),
            local: Some(local.clone()),
            generation: next_generation(),
        })
    }

    /// Ends publishing: when this returns, the state stays what it is.
    pub(crate) fn close(&self) {
        let _writer = lock(&self.writer);
        self.is_closed.store(true, Ordering::Release);
    }

    /// Replaces the state by what `change` makes of it. Returns whether there is another config
    /// now.
    ///
    /// `change` runs without a lock, and again if another thread has published meanwhile.
    fn publish(&self, change: impl Fn(&State) -> State) -> bool {
        loop {
            let old = self.load_full();
            let new = Arc::new(change(&old));
            let writer = lock(&self.writer);
            if self.is_closed.load(Ordering::Acquire) {
                return false;
            }
            if !Arc::ptr_eq(&old, &self.load_full()) {
                continue;
            }
            let is_changed = new.generation != old.generation;
            if let (true, Some(config)) = (is_changed, &new.config) {
                self.changes.add(config.clone());
            }
            self.generation.store(new.generation, Ordering::Release);
            self.current.store(new);
            drop(writer);
            return is_changed;
        }
    }

    fn effective(&self, remote: Option<&Arc<Config>>, local: Option<&Arc<Config>>) -> Option<Arc<Config>> {
        match (remote, local, self.behavior) {
            (_, local, Some(OverrideBehavior::LocalOnly)) => local.cloned(),
            (Some(remote), Some(local), Some(OverrideBehavior::LocalOverRemote)) => {
                Some(Arc::new(remote.merge(local)))
            }
            (Some(remote), Some(local), Some(OverrideBehavior::RemoteOverLocal)) => {
                Some(Arc::new(local.merge(remote)))
            }
            (remote, local, _) => remote.or(local).cloned(),
        }
    }
}

fn next_generation() -> u64 {
    1 + GENERATIONS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::{Remote, Store};
    use crate::overrides::OverrideBehavior;
    use configcat_eval::Config;
    use std::{cell::Cell, sync::Arc};

    fn config(key: &str) -> Arc<Config> {
        Arc::new(Config::from_values([(key.to_owned(), true.into())]))
    }

    fn remote(key: &str) -> Remote {
        Remote { config: config(key), etag: None, content_id: 0, text: None }
    }

    /// Merging configs of many megabytes takes longer than closing may.
    #[test]
    fn closing_does_not_wait_for_a_merge_and_nothing_is_published_after_it() {
        let store = Store::new(None, None);
        let is_changed = store.publish(|state| {
            store.close();
            super::State { generation: 7, ..state.at(1) }
        });
        assert!(!is_changed);
        assert_eq!((store.generation(), store.load().fetched_at), (0, None));
        assert!(!store.set_remote(remote("a"), 1) && !store.set_local(&config("b")));
    }

    #[test]
    fn a_change_made_meanwhile_is_not_lost() {
        let store = Store::new(Some(OverrideBehavior::LocalOverRemote), None);
        let is_first = Cell::new(true);
        let local = config("local");
        store.publish(|state| {
            if is_first.replace(false) {
                assert!(store.set_remote(remote("remote"), 1));
            }
            super::State {
                config: store.effective(state.remote.as_ref().map(|remote| &remote.config), Some(&local)),
                local: Some(local.clone()),
                generation: super::next_generation(),
                ..state.at(2)
            }
        });
        let state = store.load();
        let keys: Vec<_> = state.config.iter().flat_map(|config| config.keys()).collect();
        assert_eq!(keys, ["remote", "local"]);
    }

    #[test]
    fn the_same_text_has_the_same_id() {
        let store = Store::new(None, None);
        assert_eq!(store.content_id("a"), store.content_id("a"));
        assert_eq!(store.content_id("a"), store.for_child().content_id("a"));
        assert_ne!(store.content_id("a"), store.content_id("b"));
    }
}
