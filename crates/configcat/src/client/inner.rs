//! The shared inside of a client: its clones, its snapshots and its threads use it.
//!
//! A fork copies [`Shared`] as it is, so it has atomics and `ArcSwap` only. Everything that has a
//! lock, a channel or a thread is in [`ClientInner`], which a forked child makes anew.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwapOption, Guard};
use configcat_eval::{PrivateAttributes, User};
use log::Level;

use crate::{
    client::{background::Background, checked_flags::CheckedFlags, open_clients::OpenMark},
    clock::Clock,
    health::HealthRecord,
    notify::{hooks::Hooks, logging, repeats::Repeats},
    overrides::{ClientOverrides, OverrideBehavior},
    polling::PollingMode,
    refresh::{
        cache_calls::SharedCache,
        refresher::{Fetcher, RefreshOutcome, Refresher},
        store::Store,
    },
    sync::{fork::ForkSafe, latch::Latch, single_flight::SingleFlight, wakers::Wakers},
};

/// The part of a client that survives a fork: it has no lock and no thread.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) hooks: Hooks,
    pub(crate) checked_flags: CheckedFlags,
    pub(crate) offline: AtomicBool,
    default_user: ArcSwapOption<User>,
    /// `true` if `default_user` is set.
    // Beside `default_user` because most clients have no default user: one load of a flag in a
    // shared cache line instead of a load of an `ArcSwap` and its guard, at each evaluation without
    // a user.
    pub(crate) has_default_user: AtomicBool,
    pub(super) process: ForkSafe<ClientInner>,
}

/// Options of a client. They never change after the client is built.
pub(crate) struct Options {
    /// Number that identifies the client in [`Activity`](crate::sync::reentrancy::Activity).
    pub(crate) id: usize,
    pub(crate) mode: PollingMode,
    pub(crate) overrides: Option<ClientOverrides>,
    pub(crate) cache: Option<SharedCache>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) request_timeout: Duration,
    /// `true` if fetches run code of the application, which may hang.
    pub(crate) has_own_transport: bool,
    /// Maximum wait of a refresh for a call of the cache.
    pub(crate) cache_timeout: Duration,
    /// Largest part by which a wait between polls is stretched, 0 to 1.
    pub(crate) jitter: f64,
    /// Time of the monotonic clock until which evaluations wait for the first config.
    pub(crate) init_deadline: Duration,
    /// Attributes of users that are not shown: those of any of the lists.
    pub(crate) private_attributes: Vec<PrivateAttributes>,
}

/// The part of a client that belongs to one process: locks, threads and connections.
pub(crate) struct ClientInner {
    pub(crate) store: Store,
    /// Marked when the client is ready, released when the hooks were called.
    pub(crate) ready: Latch,
    /// Wakers of the futures that wait for `ready` or `closed`.
    pub(crate) ready_wakers: Wakers,
    /// Set when the client closes.
    pub(crate) closed: Latch,
    // One flight for polls, lazy loading and forced refreshes: they share each fetch.
    pub(crate) flight: SingleFlight<RefreshOutcome>,
    pub(crate) health: HealthRecord,
    pub(crate) refresher: Refresher,
    pub(crate) repeats: Repeats,
    pub(crate) background: Background,
    pub(super) open_mark: OpenMark,
    /// `true` once evaluations need no preparation: the client is ready, and does not load
    /// lazily. Never `false` again.
    // Set by the first evaluation that finds it so, so that all later ones read one flag.
    pub(super) is_prepared: AtomicBool,
    /// `true` once the hooks were called for the ready client.
    pub(super) is_ready_reported: AtomicBool,
    /// `true` once event 4201 was logged.
    pub(super) is_wait_reported: AtomicBool,
}

/// A client in this process, as refreshes and waiting threads use it.
#[derive(Clone, Copy)]
pub(crate) struct ClientRef<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) inner: &'a ClientInner,
}

/// The user of an evaluation: the given user, or the default user.
pub(crate) enum UserOrDefault<'u> {
    Given(Option<&'u User>),
    Default(Guard<Option<Arc<User>>>),
}

impl Options {
    /// Returns a number that no other client of the process has.
    pub(crate) fn next_id() -> usize {
        static IDS: AtomicUsize = AtomicUsize::new(0);
        // Only the numbers must differ: no other memory is read because of one, so no ordering is
        // needed.
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
            has_own_transport: false,
            cache_timeout: Duration::from_secs(2),
            jitter: 0.0,
            init_deadline: Duration::ZERO,
            private_attributes: Vec::new(),
        }
    }

    /// Returns whether the client uses overrides only, so it has no fetcher and no cache.
    pub(crate) fn is_local_only(&self) -> bool {
        self.overrides.as_ref().is_some_and(|known| known.behavior == OverrideBehavior::LocalOnly)
    }

    /// Returns the largest age of an up-to-date config: the interval or TTL, plus the largest
    /// stretch by the jitter; `None` in manual polling.
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
            checked_flags: CheckedFlags::new(),
            offline: AtomicBool::new(offline),
            has_default_user: AtomicBool::new(default_user.is_some()),
            default_user: ArcSwapOption::from_pointee(default_user),
        })
    }

    /// Returns the client in this process. It does not start the threads of a forked child:
    /// [`Shared::start_in_child`] does.
    #[inline]
    pub(crate) fn inner(&self) -> &ClientInner {
        self.process.get(ClientInner::for_child)
    }

    #[inline]
    pub(crate) fn client(&self) -> ClientRef<'_> {
        ClientRef { shared: self, inner: self.inner() }
    }

    /// Returns the client in this process; `None` in a forked child that has not used it.
    pub(crate) fn existing(&self) -> Option<ClientRef<'_>> {
        self.process.existing().map(|inner| ClientRef { shared: self, inner })
    }

    /// Returns whether the client is offline.
    pub(crate) fn is_offline(&self) -> bool {
        // Pairs with the swap in `Client::switch`. A refresh that sees a switch late counts as one
        // that began before the switch.
        self.offline.load(Ordering::Acquire)
    }

    /// Returns whether a hook or the evaluation log wants successful evaluations.
    #[inline]
    pub(crate) fn has_observers(&self) -> bool {
        self.hooks.wants_evaluations() || logging::is_enabled(Level::Info)
    }

    pub(crate) fn set_default_user(&self, user: Option<User>) {
        let is_some = user.is_some();
        self.default_user.store(user.map(Arc::new));
        // After the user: a thread that sees the flag (`Acquire`) also sees the user. For a moment
        // an evaluation may use no default user, as if it had run before this call.
        self.has_default_user.store(is_some, Ordering::Release);
    }

    pub(crate) fn user_or_default<'u>(&self, user: Option<&'u User>) -> UserOrDefault<'u> {
        if user.is_none() && self.has_default_user.load(Ordering::Acquire) {
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
            ready_wakers: Wakers::default(),
            closed: Latch::new(),
            flight: SingleFlight::new(),
            health: HealthRecord::new(),
            refresher: Refresher::new(fetcher, options.id, options.has_own_transport),
            repeats: Repeats::new(),
            background: Background::new(),
            open_mark: OpenMark::new(),
            is_prepared: AtomicBool::new(false),
            is_ready_reported: AtomicBool::new(false),
            is_wait_reported: AtomicBool::new(false),
        }
    }

    /// Returns the client of a forked child: the state of the parent, with locks, connections and
    /// threads of its own.
    fn for_child(&self) -> Self {
        Self {
            store: self.store.for_child(),
            ready: self.ready.for_child(),
            // The futures of the parent are the parent's to wake. A future that the child polls
            // registers its waker here.
            ready_wakers: Wakers::default(),
            closed: self.closed.for_child(),
            flight: SingleFlight::new(),
            health: self.health.for_child(),
            refresher: self.refresher.for_child(),
            repeats: Repeats::new(),
            background: Background::new(),
            open_mark: OpenMark::new(),
            is_prepared: AtomicBool::new(false),
            // The hooks were called in the parent, or are about to be.
            is_ready_reported: AtomicBool::new(self.ready.is_set()),
            is_wait_reported: AtomicBool::new(self.is_wait_reported.load(Ordering::Relaxed)),
        }
    }
}
