//! Store of the current config: the one place that publishes configs. Readers load an `Arc` and
//! never lock.

use std::hash::{BuildHasher, RandomState};

use configcat_eval::Config;

use crate::{
    client::checked_flags::CheckedFlags,
    notify::changes::{Changes, Published},
    overrides::OverrideBehavior,
    refresh::state::{Remote, State},
    sync::primitives::{
        Arc, ArcSwap, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        lock,
    },
};

/// Largest config JSON from a cache or a file, in bytes: the limit for one from the CDN (section
/// 4.4 of the specification).
pub(crate) const MAX_CONFIG: usize = 64 * 1024 * 1024;

/// Number of configs of the process. Not an atomic of `sync`: the scheduler of the interleaving
/// tests would treat each count as a step.
static GENERATIONS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Store of the current state of a client.
pub(crate) struct Store {
    pub(crate) current: ArcSwap<State>,
    /// Generation of `current`, or of the state that is published next. A typed flag that has a
    /// constant for this generation does not load the state.
    generation: AtomicU64,
    /// `true` if publishing has ended. Read and written with `writer` locked, except by a forked
    /// child.
    is_closed: AtomicBool,
    /// Lock for publishing. It is held for the exchange of two pointers only: merging, comparing
    /// and dropping configs of many megabytes happens outside, so that closing never waits for it.
    writer: Mutex<()>,
    behavior: Option<OverrideBehavior>,
    /// Hasher with a random key, so that nobody can make a config that collides with another one.
    content_hasher: RandomState,
    pub(crate) changes: Changes,
}

impl Store {
    /// Returns a store with the overrides that the client is built with. They do not count as a
    /// change.
    pub(crate) fn new(behavior: Option<OverrideBehavior>, local: Option<Arc<Config>>) -> Self {
        let mut state = State::default();
        if let Some(local) = local {
            state.generation = next_generation();
            state.flag_generation = state.generation;
            state.config = Some(local.clone());
            state.local = Some(local);
        }
        Self::with_state(Arc::new(state), behavior, RandomState::new(), false)
    }

    /// Returns the store of a forked child, with the state of the parent.
    pub(crate) fn for_child(&self) -> Self {
        // No lock: a thread of the parent may have held `writer` at the fork. The copy may miss the
        // last publication of the parent; the child refreshes by itself.
        let (state, is_closed) = (self.current.load_full(), self.is_closed.load(Ordering::Acquire));
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

    /// Returns the generation of the current config.
    ///
    /// It is never older than a state that was loaded before, because `publish` stores it before
    /// the state.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        // Pairs with the `Release` in `publish`. A thread that sees a generation here may see the
        // state before it; a constant that another thread has cached for this generation is valid
        // all the same.
        self.generation.load(Ordering::Acquire)
    }

    /// Returns a number that is the same for the same text, and another number for another text.
    ///
    /// It stands for texts that are not kept. It has 64 bits and a random key, so two texts share a
    /// number with a probability of 1 in 2^64.
    pub(crate) fn content_id(&self, text: &str) -> u64 {
        self.content_hasher.hash_one(text)
    }

    /// Publishes a remote config. Returns whether it differs from the one before; `false` if
    /// closed.
    pub(crate) fn set_remote(&self, remote: Remote, fetched_at: u64, flags: &CheckedFlags) -> bool {
        let remote = Arc::new(remote);
        self.publish(|state| {
            let remote_config = state.remote.as_ref().map(|known| &known.config);
            // The same `Arc` means the same config: only its time and ETag are new, and flags keep
            // their cached look-ups.
            if remote_config.is_some_and(|known| Arc::ptr_eq(known, &remote.config)) {
                return State { remote: Some(remote.clone()), ..state.at(Some(fetched_at)) };
            }
            let new = self.state_of(Some(remote.clone()), state.local.clone(), Some(fetched_at));
            new.with_last_valid(&flags.keeping_valid(), state)
        })
    }

    /// Sets the time of the remote config.
    pub(crate) fn touch(&self, fetched_at: u64) {
        self.publish(|state| state.at(Some(fetched_at)));
    }

    /// Makes publications that have begun start again, and read the list of flags again.
    pub(crate) fn restart_publications(&self) {
        // A state that equals the current one takes its place, so their exchange fails.
        self.publish(|state| state.at(state.fetched_at));
    }

    /// Publishes a local config. Returns whether it was published; `false` if closed.
    pub(crate) fn set_local(&self, local: &Arc<Config>, flags: &CheckedFlags) -> bool {
        self.publish(|state| {
            let new = self.state_of(state.remote.clone(), Some(local.clone()), state.fetched_at);
            new.with_last_valid(&flags.keeping_valid(), state)
        })
    }

    /// Ends publishing. The state is final when this returns.
    pub(crate) fn close(&self) {
        let _writer = lock(&self.writer);
        self.is_closed.store(true, Ordering::Release);
    }

    /// Replaces the state by the result of `change`. Returns whether the config is another one.
    ///
    /// `change` runs without a lock, and again if another thread has published in the meantime.
    fn publish(&self, change: impl Fn(&State) -> State) -> bool {
        loop {
            let old = self.current.load_full();
            let new = Arc::new(change(&old));
            let writer = lock(&self.writer);
            // Under the lock, so that nothing is published after `close` has returned.
            if self.is_closed.load(Ordering::Acquire) {
                return false;
            }
            // Another thread has published: its change must not be lost, so this one is made again
            // from the new state.
            if !Arc::ptr_eq(&old, &self.current.load_full()) {
                continue;
            }
            let is_changed = new.generation != old.generation;
            // Added under the lock of the store, so that hooks get the configs in the order of
            // publication. The lock of `changes` is always taken second.
            let config = new.config.as_ref().filter(|_| is_changed);
            let undelivered = config.and_then(|config| {
                self.changes.add(Published { before: old.config.clone(), config: config.clone() })
            });
            // The generation first. A reader of a typed flag checks the generation and not the
            // state: with the state first, a thread that has seen the new state could still find
            // the old generation, and with it the old constant.
            self.generation.store(new.generation, Ordering::Release);
            self.current.store(new);
            // `old` and a config that is never delivered are dropped after the lock: freeing a
            // config of many megabytes takes milliseconds.
            drop(writer);
            drop(undelivered);
            return is_changed;
        }
    }

    /// Returns the state of these configs, with a generation of its own.
    fn state_of(
        &self,
        remote: Option<Arc<Remote>>,
        local: Option<Arc<Config>>,
        fetched_at: Option<u64>,
    ) -> State {
        let config = self.effective(remote.as_ref().map(|remote| &remote.config), local.as_ref());
        let generation = next_generation();
        State {
            config,
            fetched_at,
            remote,
            local,
            generation,
            flag_generation: generation,
            ..State::default()
        }
    }

    /// Returns the config that flags are evaluated on.
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

/// Returns a number that no other config of the process has, from 1.
fn next_generation() -> u64 {
    // Relaxed: only uniqueness matters; publications are ordered by `publish`.
    1 + GENERATIONS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::{Remote, Store};
    use crate::{client::checked_flags::CheckedFlags, fingerprint::Fingerprint, overrides::OverrideBehavior};
    use configcat_eval::Config;
    use std::{cell::Cell, sync::Arc};

    fn config(key: &str) -> Arc<Config> {
        Arc::new(Config::from_values([(key.to_owned(), true.into())]))
    }

    fn remote(key: &str) -> Remote {
        Remote {
            config: config(key),
            etag: None,
            content_id: 0,
            fingerprint: Fingerprint::of(key),
            text: None,
        }
    }

    /// Merging configs of many megabytes takes longer than closing may.
    #[test]
    fn closing_does_not_wait_for_a_merge_and_ends_publishing() {
        let store = Store::new(None, None);
        let is_changed = store.publish(|state| {
            store.close();
            super::State { generation: 7, ..state.at(Some(1)) }
        });
        assert!(!is_changed);
        assert_eq!((store.generation(), store.current.load().fetched_at), (0, None));
        let flags = CheckedFlags::new();
        assert!(!store.set_remote(remote("a"), 1, &flags) && !store.set_local(&config("b"), &flags));
    }

    #[test]
    fn a_concurrent_change_is_not_lost() {
        let store = Store::new(Some(OverrideBehavior::LocalOverRemote), None);
        let is_first = Cell::new(true);
        let local = config("local");
        store.publish(|state| {
            if is_first.replace(false) {
                assert!(store.set_remote(remote("remote"), 1, &CheckedFlags::new()));
            }
            super::State {
                config: store.effective(state.remote.as_ref().map(|remote| &remote.config), Some(&local)),
                local: Some(local.clone()),
                generation: super::next_generation(),
                ..state.at(Some(2))
            }
        });
        let state = store.current.load();
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
