//! The inside of a client: what its clones, its snapshots and its thread share.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use configcat_eval::User;
use log::Level;

use crate::{
    CacheState, ConfigFetched, Hooks, PollingMode, RefreshError, RefreshErrorKind,
    notify::event::Event,
    notify::hooks::panic_message,
    notify::logging,
    overrides::{OverrideBehaviour, Overrides},
    refresh::{Need, Refresher, Report},
    sync::fork::PerProcess,
    sync::latch::Signal,
    sync::reentrancy::Threads,
    sync::single_flight::{Boarding, Follower, SingleFlight},
    sync::worker::surviving,
};

/// How many missing keys are remembered, so that each is logged once.
const MAX_MISSED_KEYS: usize = 1000;

pub(crate) struct Core {
    pub(crate) refresher: Refresher,
    pub(crate) hooks: Hooks,
    pub(crate) mode: PollingMode,
    is_lazy: bool,
    /// How old an up-to-date config may be.
    max_age: Option<Duration>,
    pub(crate) overrides: Option<Overrides>,
    default_user: ArcSwapOption<User>,
    /// Spares evaluations without a user the load of a default user that is not there.
    has_default_user: AtomicBool,
    pub(crate) request_timeout: Duration,
    /// By how much of its length a process may stretch each wait between polls.
    pub(crate) jitter: f64,
    pub(crate) offline: AtomicBool,
    pub(crate) ready: Signal,
    flights: SingleFlight<Landing>,
    /// Their hashes: keys may come from outside, and be long.
    missed_keys: PerProcess<Mutex<HashSet<u64>>>,
    key_hasher: RandomState,
    /// The threads that lead a flight, on which a cache or a logger of the HTTP client may call the client.
    leaders: Threads,
    /// The same until they have called loggers and hooks.
    tellers: Threads,
    /// Until when evaluations wait for the first config: monotonic.
    init_deadline: Duration,
}

/// How a refresh ended.
#[derive(Clone)]
pub(crate) struct Landing {
    pub(crate) result: Result<(), RefreshError>,
    /// Whether there was a fetch.
    pub(crate) fetched: bool,
    /// Whether it was this thread that did it.
    led: bool,
}

impl Landing {
    fn without_flight(kind: RefreshErrorKind) -> Self {
        Self { result: Err(kind.into()), fetched: false, led: false }
    }
}

/// The parts of a core that options decide.
pub(crate) struct Parts {
    pub(crate) refresher: Refresher,
    pub(crate) hooks: Hooks,
    pub(crate) mode: PollingMode,
    pub(crate) overrides: Option<Overrides>,
    pub(crate) default_user: Option<User>,
    pub(crate) request_timeout: Duration,
    pub(crate) offline: bool,
    pub(crate) jitter: f64,
}

impl Core {
    pub(crate) fn new(parts: Parts) -> Self {
        let max_init_wait = match parts.mode {
            PollingMode::Auto { max_init_wait, .. } => max_init_wait,
            PollingMode::Lazy { .. } | PollingMode::Manual => Duration::ZERO,
        };
        Self {
            init_deadline: parts.refresher.clock.monotonic().saturating_add(max_init_wait),
            refresher: parts.refresher,
            hooks: parts.hooks,
            mode: parts.mode,
            is_lazy: matches!(parts.mode, PollingMode::Lazy { .. }),
            max_age: parts.mode.period().map(|period| period.mul_f64(1.0 + parts.jitter)),
            overrides: parts.overrides,
            has_default_user: AtomicBool::new(parts.default_user.is_some()),
            default_user: ArcSwapOption::from_pointee(parts.default_user),
            request_timeout: parts.request_timeout,
            jitter: parts.jitter,
            offline: AtomicBool::new(parts.offline),
            ready: Signal::new(),
            flights: SingleFlight::new(),
            missed_keys: PerProcess::new(Mutex::default()),
            key_hasher: RandomState::new(),
            leaders: Threads::new(),
            tellers: Threads::new(),
        }
    }

    pub(crate) fn is_local_only(&self) -> bool {
        self.overrides.as_ref().is_some_and(|known| known.behaviour == OverrideBehaviour::LocalOnly)
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.offline.load(Ordering::Acquire)
    }

    /// Whether somebody looks at successful evaluations.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.hooks.wants_evaluations() || logging::is_enabled(Level::Info)
    }

    /// Does before an evaluation what the polling mode asks for.
    #[inline]
    pub(crate) fn prepare(&self) {
        if self.is_lazy || !self.ready.has_happened() {
            self.prepare_by_mode();
        }
    }

    #[cold]
    fn prepare_by_mode(&self) {
        match self.mode {
            PollingMode::Auto { .. } => self.be_ready_in_time(),
            PollingMode::Lazy { cache_ttl } => {
                if self.needs_lazy_fetch(cache_ttl) {
                    // How it went shows in health and hooks.
                    let _ = self.refresh(Need::OlderThanAndRested(cache_ttl));
                }
            }
            PollingMode::Manual => {}
        }
    }

    /// Whether an evaluation in lazy polling has to refresh.
    pub(crate) fn needs_lazy_fetch(&self, cache_ttl: Duration) -> bool {
        let needed = !self.is_local_only() && !self.refresher.closed.has_happened();
        needed && self.refresher.is_older_than(cache_ttl) && self.refresher.is_rested()
    }

    /// Waits until the client is ready, or the max init wait has passed; then it counts as ready. Who is to make it
    /// ready does neither.
    pub(crate) fn be_ready_in_time(&self) {
        let is_over = self.tellers.has_this() || self.wait_for_ready(self.init_deadline);
        if !is_over && !self.refresher.closed.has_happened() {
            self.become_ready();
        }
    }

    /// Whether the client is ready, as it is once its max init wait has passed. It never waits.
    pub(crate) fn is_ready_by_now(&self) -> bool {
        let may_be_late = !self.ready.has_happened() && !self.refresher.closed.has_happened();
        if may_be_late && self.refresher.clock.monotonic() >= self.init_deadline {
            self.become_ready();
        }
        self.ready.has_happened()
    }

    /// Whether the client gets ready before the deadline.
    pub(crate) fn wait_for_ready(&self, deadline: Duration) -> bool {
        let now = self.refresher.clock.monotonic();
        let (released, closed) = (self.ready.released(), &self.refresher.closed);
        let is_over = released.has_ended() || closed.has_happened();
        if !is_over && deadline > now && !self.tellers.has_this() {
            released.wait_or(closed.released(), &self.refresher.clock.timer(deadline - now));
        }
        self.ready.has_happened()
    }

    /// The moment up to which evaluations wait for the first config.
    pub(crate) fn init_deadline(&self) -> Duration {
        self.init_deadline
    }

    pub(crate) fn become_ready(&self) {
        if self.ready.mark() {
            self.tell_ready();
            self.ready.release();
        }
    }

    /// Calls the hooks. A clock that panics keeps nobody waiting for it.
    fn tell_ready(&self) {
        surviving(self, || self.hooks.client_ready(self.cache_state()));
    }

    /// What there is to evaluate on.
    pub(crate) fn cache_state(&self) -> CacheState {
        let has_remote = self.refresher.store.load().remote.is_some();
        match self.max_age {
            _ if self.is_local_only() => CacheState::HasLocalOverrideFlagDataOnly,
            _ if !has_remote => CacheState::NoFlagData,
            Some(max_age) if !self.refresher.is_older_than(max_age) => CacheState::HasUpToDateFlagData,
            _ => CacheState::HasCachedFlagDataOnly,
        }
    }

    /// Refreshes, or joins a refresh that is under way.
    pub(crate) fn refresh(&self, need: Need) -> Result<(), RefreshError> {
        loop {
            let landing = self.refresh_and_report(need);
            // A poll that was satisfied with the cache is not what is needed now.
            let satisfies = landing.led || landing.fetched || landing.result.is_err() || self.is_offline();
            if satisfies || !matches!(need, Need::Now { .. }) {
                return landing.result;
            }
        }
    }

    /// Refreshes, or joins a refresh that is under way, and tells how it went.
    pub(crate) fn refresh_and_report(&self, need: Need) -> Landing {
        if self.leaders.has_this() {
            // It would wait for itself.
            return Landing::without_flight(RefreshErrorKind::StillRunning);
        }
        let leader = match self.flights.board() {
            Boarding::Lead(leader) => leader,
            Boarding::Follow(follower) => return self.follow(&follower),
        };
        let (_telling, leading) = (self.tellers.enter(), self.leaders.enter());
        let span = logging::RefreshSpan::enter(need);
        let run = AssertUnwindSafe(|| self.refresher.refresh(need, self.is_offline()));
        let report = catch_unwind(run).unwrap_or_else(|panic| Report {
            result: Err(RefreshErrorKind::Panicked.into()),
            events: vec![Event::PollPanicked { message: panic_message(&*panic) }],
            ..Report::default()
        });
        span.record(&report);
        leader.land(Landing { result: report.result.clone(), fetched: report.fetched, led: false });
        drop(leading);
        // From here on nobody waits, so that loggers and hooks may call the client. Who waits until it is ready
        // goes on when they have been called, and so is not told of what was before.
        let is_first = self.ready.mark();
        if is_first {
            self.tell_ready();
        }
        self.tell(&report, need);
        self.ready.release();
        Landing { result: report.result, fetched: report.fetched, led: true }
    }

    fn follow(&self, follower: &Follower<Landing>) -> Landing {
        let timer = self.refresher.clock.timer(self.request_timeout);
        follower.wait(self.refresher.closed.released(), &timer).unwrap_or_else(|| {
            let closed = self.refresher.closed.has_happened();
            let kind = if closed { RefreshErrorKind::Closed } else { RefreshErrorKind::StillRunning };
            Landing::without_flight(kind)
        })
    }

    /// Logs what a refresh did and calls the hooks.
    pub(crate) fn tell(&self, report: &Report, need: Need) {
        // A fetch that was cut off by closing is no failure to report.
        if !self.refresher.closed.has_happened() {
            report.events.iter().for_each(|event| self.hooks.log(event));
        }
        if report.changed {
            if let Some(config) = &self.refresher.store.load_full().config {
                self.hooks.config_changed(config);
            }
        }
        if report.fetched && !self.refresher.closed.has_happened() {
            self.hooks.config_fetched(&ConfigFetched {
                result: report.result.clone(),
                initiated_by_user: need == Need::Now { by_user: true },
            });
        }
    }

    pub(crate) fn set_default_user(&self, user: Option<User>) {
        let is_some = user.is_some();
        self.default_user.store(user.map(Arc::new));
        self.has_default_user.store(is_some, Ordering::Release);
    }

    /// Runs with the user, or else with the default user.
    #[inline(always)]
    pub(crate) fn with_user<R>(&self, user: Option<&User>, run: impl FnOnce(Option<&User>) -> R) -> R {
        let default_user;
        let user = match user {
            None if self.has_default_user.load(Ordering::Acquire) => {
                default_user = self.default_user.load();
                default_user.as_deref()
            }
            user => user,
        };
        run(user)
    }

    /// Whether this key is missed for the first time.
    pub(crate) fn is_first_miss(&self, key: &str) -> bool {
        let missed = self.missed_keys.get(|_| Mutex::default());
        let mut missed = missed.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = self.key_hasher.hash_one(key);
        if missed.contains(&hash) {
            return false;
        }
        if missed.len() >= MAX_MISSED_KEYS {
            missed.clear();
        }
        missed.insert(hash)
    }
}
