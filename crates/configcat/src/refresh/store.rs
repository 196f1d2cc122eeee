//! The one place that publishes configs; readers load an `Arc` and never lock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use configcat_eval::Config;

use crate::{
    overrides::OverrideBehaviour,
    sync::fork::PerProcess,
    sync::primitives::{
        Arc, ArcSwap, Guard, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// How many configs there were in the process. Not of `sync`, whose scheduler ends sooner; it only counts.
static GENERATIONS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// What is known at a moment. Never changes: a new one takes its place.
#[derive(Default)]
pub(crate) struct State {
    /// What flags are evaluated on: the remote config, the local one, or both merged.
    pub(crate) config: Option<Arc<Config>>,
    /// When the remote config was fetched or last found unchanged, in Unix milliseconds.
    pub(crate) fetched_at: Option<u64>,
    pub(crate) remote: Option<Arc<Remote>>,
    local: Option<Arc<Config>>,
    /// The number of `config`: another one has another number, in the whole process. 0 without one.
    pub(crate) generation: u64,
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
    /// That of `current`, or of the state that comes next: who knows what it evaluates to need not load the state.
    generation: AtomicU64,
    /// Whether nothing is published any more; set and read by who has `writer` locked.
    is_closed: AtomicBool,
    writer: PerProcess<Mutex<()>>,
    behaviour: Option<OverrideBehaviour>,
}

impl Store {
    pub(crate) fn new(behaviour: Option<OverrideBehaviour>) -> Self {
        Self {
            current: ArcSwap::default(),
            generation: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            writer: PerProcess::new(Mutex::new(())),
            behaviour,
        }
    }

    /// The number of the current config.
    ///
    /// It is never older than a state that was loaded before, since it is set before the state is.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn load(&self) -> Guard<Arc<State>> {
        self.current.load()
    }

    pub(crate) fn load_full(&self) -> Arc<State> {
        self.current.load_full()
    }

    /// Publishes a remote config; whether it may.
    pub(crate) fn set_remote(&self, remote: Remote, fetched_at: u64) -> bool {
        self.update(|state| (Some(Arc::new(remote)), Some(fetched_at), state.local.clone()))
    }

    /// Moves the time of the remote config.
    pub(crate) fn touch(&self, fetched_at: u64) {
        self.update(|state| (state.remote.clone(), Some(fetched_at), state.local.clone()));
    }

    /// Publishes a local config; whether it may.
    pub(crate) fn set_local(&self, local: Arc<Config>) -> bool {
        self.update(|state| (state.remote.clone(), state.fetched_at, Some(local)))
    }

    /// From now on nothing is published: when this returns, the state stays what it is.
    pub(crate) fn close(&self) {
        let _writer = self.lock();
        self.is_closed.store(true, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // Nothing is half done if a writer panics, or is left behind by a fork, since the state is swapped as a whole.
        self.writer.get(|_| Mutex::new(())).lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(
        &self,
        change: impl FnOnce(&State) -> (Option<Arc<Remote>>, Option<u64>, Option<Arc<Config>>),
    ) -> bool {
        let _writer = self.lock();
        if self.is_closed.load(Ordering::Relaxed) {
            return false;
        }
        let old = self.current.load_full();
        let (remote, fetched_at, local) = change(&old);
        let unchanged =
            is_same(remote.as_ref(), old.remote.as_ref()) && is_same(local.as_ref(), old.local.as_ref());
        let (config, generation) = if unchanged {
            (old.config.clone(), old.generation)
        } else {
            let config = self.effective(remote.as_deref(), local.as_ref());
            (config, 1 + GENERATIONS.fetch_add(1, Ordering::Relaxed))
        };
        self.generation.store(generation, Ordering::Release);
        self.current.store(Arc::new(State { config, fetched_at, remote, local, generation }));
        true
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
