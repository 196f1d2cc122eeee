//! The inside of a client: what its clones, its snapshots and its threads share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwapOption, Guard};
use configcat_eval::User;
use log::Level;

use crate::{
    client::background::Background,
    clock::Clock,
    health::HealthRecord,
    notify::{hooks::Hooks, logging, repeats::Repeats},
    overrides::{OverrideBehavior, Overrides},
    polling::PollingMode,
    refresh::{
        cache_calls::SharedCache,
        refresher::{Fetcher, RefreshOutcome, Refresher},
        store::Store,
    },
    sync::{fork::ForkSafe, latch::Latch, single_flight::SingleFlight},
};

/// What a client is in all processes: a forked child finds no lock and no thread here.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) hooks: Hooks,
    pub(crate) offline: AtomicBool,
    default_user: ArcSwapOption<User>,
    /// Spares evaluations without a user the load of a default user that is not there.
    has_default_user: AtomicBool,
    process: ForkSafe<ClientInner>,
}

/// What the builder has decided; it never changes.
pub(crate) struct Options {
    /// Identifies the client among the activities of a thread.
    pub(crate) id: usize,
    pub(crate) mode: PollingMode,
    pub(crate) overrides: Option<Overrides>,
    pub(crate) cache: Option<SharedCache>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) request_timeout: Duration,
    /// How long a refresh waits for a call of the cache.
    pub(crate) cache_timeout: Duration,
    /// By how much of its length a process may stretch each wait between polls.
    pub(crate) jitter: f64,
    /// Until when evaluations wait for the first config, by the monotonic clock.
    pub(crate) init_deadline: Duration,
}

/// What belongs to one process: locks, threads and connections.
pub(crate) struct ClientInner {
    pub(crate) store: Store,
    pub(crate) ready: Latch,
    pub(crate) closed: Latch,
    pub(crate) flight: SingleFlight<RefreshOutcome>,
    pub(crate) health: HealthRecord,
    pub(crate) refresher: Refresher,
    pub(crate) repeats: Repeats,
    pub(crate) background: Background,
    is_lazy: bool,
}

/// A client in this process: what refreshing and waiting work on.
#[derive(Clone, Copy)]
pub(crate) struct ClientRef<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) inner: &'a ClientInner,
}

/// The user of an evaluation: the one given, or the default user.
pub(crate) enum UserOrDefault<'u> {
    Given(Option<&'u User>),
    Default(Guard<Option<Arc<User>>>),
}

impl Options {
    /// Returns a number that no other client of the process has.
    pub(crate) fn next_id() -> usize {
        static IDS: AtomicUsize = AtomicUsize::new(0);
        IDS.fetch_add(1, Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn for_tests(mode: PollingMode) -> Self {
        Self {
            id: Self::next_id(),
            mode,
            overrides: None,
            cache: None,
            clock: Arc::new(crate::clock::SystemClock::new()),
            request_timeout: Duration::from_secs(30),
            cache_timeout: Duration::from_secs(2),
            jitter: 0.0,
            init_deadline: Duration::ZERO,
        }
    }

    pub(crate) fn is_local_only(&self) -> bool {
        self.overrides.as_ref().is_some_and(|known| known.behavior == OverrideBehavior::LocalOnly)
    }

    /// How old an up-to-date config may be: an interval or TTL, with the longest stretch by the
    /// jitter.
    pub(crate) fn max_age(&self) -> Option<Duration> {
        self.mode.period().map(|period| period.mul_f64(1.0 + self.jitter))
    }
}

impl Shared {
    pub(crate) fn new(
        options: Options,
        hooks: Hooks,
        default_user: Option<User>,
        offline: bool,
        store: Store,
        fetcher: Option<Fetcher>,
    ) -> Arc<Self> {
        Arc::new(Self {
            process: ForkSafe::new(ClientInner::new(&options, store, fetcher)),
            options,
            hooks,
            offline: AtomicBool::new(offline),
            has_default_user: AtomicBool::new(default_user.is_some()),
            default_user: ArcSwapOption::from_pointee(default_user),
        })
    }

    /// The client in this process. A forked child does not start its threads here: see
    /// [`Client`](crate::Client).
    #[inline]
    pub(crate) fn inner(&self) -> &ClientInner {
        self.process.get(ClientInner::for_child)
    }

    #[inline]
    pub(crate) fn client(&self) -> ClientRef<'_> {
        ClientRef { shared: self, inner: self.inner() }
    }

    /// The client, unless the process was forked since the client was made.
    #[inline]
    pub(crate) fn unforked_inner(&self) -> Option<&ClientInner> {
        self.process.unforked()
    }

    /// The client in this process, unless it is a forked child that has not used it.
    pub(crate) fn existing(&self) -> Option<ClientRef<'_>> {
        self.process.existing().map(|inner| ClientRef { shared: self, inner })
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.offline.load(Ordering::Acquire)
    }

    /// Returns whether hooks or a log want successful evaluations.
    #[inline]
    pub(crate) fn has_observers(&self) -> bool {
        self.hooks.wants_evaluations() || logging::is_enabled(Level::Info)
    }

    pub(crate) fn set_default_user(&self, user: Option<User>) {
        let is_some = user.is_some();
        self.default_user.store(user.map(Arc::new));
        self.has_default_user.store(is_some, Ordering::Release);
    }

    /// Returns whether the default user takes the place of this one.
    #[inline]
    pub(crate) fn needs_default_user(&self, user: Option<&User>) -> bool {
        user.is_none() && self.has_default_user.load(Ordering::Acquire)
    }

    pub(crate) fn user_or_default<'u>(&self, user: Option<&'u User>) -> UserOrDefault<'u> {
        if self.needs_default_user(user) {
            UserOrDefault::Default(self.default_user.load())
        } else {
            UserOrDefault::Given(user)
        }
    }
}

impl UserOrDefault<'_> {
    pub(crate) fn get(&self) -> Option<&User> {
        match self {
            Self::Given(user) => *user,
            Self::Default(user) => user.as_deref(),
        }
    }
}

impl ClientInner {
    fn new(options: &Options, store: Store, fetcher: Option<Fetcher>) -> Self {
        Self {
            store,
            ready: Latch::new(),
            closed: Latch::new(),
            flight: SingleFlight::new(),
            health: HealthRecord::new(),
            refresher: Refresher::new(fetcher, options.id),
            repeats: Repeats::new(),
            background: Background::new(),
            is_lazy: matches!(options.mode, PollingMode::LazyLoad(_)),
        }
    }

    /// Returns the client of a forked child: what the parent knows, with locks, connections and
    /// threads of its own.
    fn for_child(&self) -> Self {
        Self {
            store: self.store.for_child(),
            ready: self.ready.for_child(),
            closed: self.closed.for_child(),
            flight: SingleFlight::new(),
            health: self.health.for_child(),
            refresher: self.refresher.for_child(),
            repeats: Repeats::new(),
            background: Background::new(),
            is_lazy: self.is_lazy,
        }
    }

    /// Returns whether an evaluation has nothing to do before: it does not poll lazily, and need
    /// not wait for the first config.
    #[inline]
    pub(crate) fn is_prepared(&self) -> bool {
        !self.is_lazy && self.ready.is_set()
    }
}
