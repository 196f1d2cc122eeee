//! The one place that publishes configs; readers load an `Arc` and never lock.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use arc_swap::{ArcSwap, Guard};
use configcat_eval::Config;

use crate::overrides::OverrideBehaviour;

/// What is known at a moment. Never changes: a new one takes its place.
#[derive(Default)]
pub(crate) struct State {
    /// What flags are evaluated on: the remote config, the local one, or both merged.
    pub(crate) config: Option<Arc<Config>>,
    /// When the remote config was fetched or last found unchanged, in Unix milliseconds.
    pub(crate) fetched_at: Option<u64>,
    pub(crate) remote: Option<Arc<Remote>>,
    local: Option<Arc<Config>>,
}

impl State {
    /// When the remote config was fetched or last found unchanged; `None` without one.
    pub(crate) fn fetch_time(&self) -> Option<SystemTime> {
        self.remote.as_ref()?;
        UNIX_EPOCH.checked_add(Duration::from_millis(self.fetched_at?))
    }
}

/// A config from the CDN or from the cache.
pub(crate) struct Remote {
    pub(crate) config: Arc<Config>,
    pub(crate) etag: Option<String>,
    /// The config JSON, if there is a cache to write it to, or no ETag to know it by.
    pub(crate) text: Option<Arc<str>>,
}

pub(crate) struct Store {
    current: ArcSwap<State>,
    writer: Mutex<()>,
    behaviour: Option<OverrideBehaviour>,
}

impl Store {
    pub(crate) fn new(behaviour: Option<OverrideBehaviour>) -> Self {
        Self { current: ArcSwap::default(), writer: Mutex::new(()), behaviour }
    }

    pub(crate) fn load(&self) -> Guard<Arc<State>> {
        self.current.load()
    }

    pub(crate) fn load_full(&self) -> Arc<State> {
        self.current.load_full()
    }

    /// Publishes a remote config.
    pub(crate) fn set_remote(&self, remote: Remote, fetched_at: u64) {
        self.update(|state| (Some(Arc::new(remote)), Some(fetched_at), state.local.clone()));
    }

    /// Moves the time of the remote config.
    pub(crate) fn touch(&self, fetched_at: u64) {
        self.update(|state| (state.remote.clone(), Some(fetched_at), state.local.clone()));
    }

    /// Publishes a local config.
    pub(crate) fn set_local(&self, local: Arc<Config>) {
        self.update(|state| (state.remote.clone(), state.fetched_at, Some(local)));
    }

    fn update(&self, change: impl FnOnce(&State) -> (Option<Arc<Remote>>, Option<u64>, Option<Arc<Config>>)) {
        // Nothing is half done if a writer panics, since the state is swapped as a whole.
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.current.load_full();
        let (remote, fetched_at, local) = change(&old);
        let unchanged =
            is_same(remote.as_ref(), old.remote.as_ref()) && is_same(local.as_ref(), old.local.as_ref());
        let config =
            if unchanged { old.config.clone() } else { self.effective(remote.as_deref(), local.as_ref()) };
        self.current.store(Arc::new(State { config, fetched_at, remote, local }));
    }

    fn effective(&self, remote: Option<&Remote>, local: Option<&Arc<Config>>) -> Option<Arc<Config>> {
        let remote = remote.map(|remote| &remote.config);
        match (remote, local, self.behaviour) {
            (_, local, Some(OverrideBehaviour::LocalOnly)) => local.cloned(),
            (Some(remote), Some(local), Some(OverrideBehaviour::LocalOverRemote)) => {
                Some(Arc::new(remote.merge(local)))
            }
            (Some(remote), Some(local), Some(OverrideBehaviour::RemoteOverLocal)) => {
                Some(Arc::new(local.merge(remote)))
            }
            (remote, local, _) => remote.or(local).cloned(),
        }
    }
}

fn is_same<T>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    a.map(Arc::as_ptr) == b.map(Arc::as_ptr)
}
