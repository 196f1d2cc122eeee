//! Readiness of a client: the work of an evaluation before it evaluates, in each polling mode.

use std::{sync::atomic::Ordering, time::Duration};

use crate::{
    client::{Client, cache_state::CacheState, inner::ClientRef},
    evaluate::snapshot::Snapshot,
    notify::event::Event,
    polling::{LazyLoad, PollingMode},
    refresh::refresher::RefreshRequest,
    sync::{
        panics,
        reentrancy::{Activity, is_active},
    },
};

/// Longest wait of an evaluation for the first config that is not logged. A person notices 100 ms,
/// and a fetch over an open network is faster.
const MAX_QUIET_WAIT: Duration = Duration::from_millis(100);

impl ClientRef<'_> {
    /// Does the work that the polling mode asks for before an evaluation. If the clock panics, the
    /// evaluation goes on with the config in memory.
    // `#[cold]`: a ready client in automatic polling never comes here, and each evaluation has the
    // branch. Lazy loading reads two clocks here, which costs more than the jump.
    #[cold]
    pub(crate) fn prepare(self) {
        let _ = panics::catch(|| match self.shared.options.mode {
            PollingMode::AutoPoll(_) => self.wait_for_first_config(),
            PollingMode::LazyLoad(LazyLoad { cache_ttl }) => {
                if self.needs_lazy_fetch(cache_ttl) {
                    // The result is reported to health, hooks and the log. The evaluation goes on
                    // in any case.
                    let request = RefreshRequest::IfOlderThan { max_age: cache_ttl, respect_backoff: true };
                    let _ = self.refresh(request);
                }
            }
            PollingMode::Manual => {}
        });
    }

    /// Returns whether an evaluation in lazy loading refreshes the config first.
    fn needs_lazy_fetch(self, cache_ttl: Duration) -> bool {
        let options = &self.shared.options;
        let may_fetch = !options.is_local_only() && !self.inner.closed.is_set();
        may_fetch && self.is_older_than(cache_ttl) && self.inner.refresher.backoff.is_over(&*options.clock)
    }

    /// Waits for the first config, for an evaluation. Logs a long wait, once.
    fn wait_for_first_config(self) {
        let clock = &self.shared.options.clock;
        let start = clock.monotonic();
        self.be_ready_in_time();
        let waited = clock.monotonic().saturating_sub(start);
        let is_long = waited > MAX_QUIET_WAIT && !self.inner.closed.is_set();
        if is_long && !self.inner.is_wait_reported.swap(true, Ordering::Relaxed) {
            self.shared.hooks.log(&Event::WaitedForConfig { waited });
        }
    }

    /// Waits until the client is ready or the max init wait has passed; the client then counts as
    /// ready. A thread that is notifying hooks of this client does neither: it would wait for
    /// itself.
    pub(crate) fn be_ready_in_time(self) {
        let is_over = self.is_notifying() || self.wait_until_ready(self.shared.options.init_deadline);
        if !is_over && !self.inner.closed.is_set() {
            self.become_ready();
        }
    }

    /// Waits until the client is ready, until `deadline` at most. Returns whether the client is
    /// ready.
    pub(crate) fn wait_until_ready(self, deadline: Duration) -> bool {
        let clock = &self.shared.options.clock;
        let (released, closed) = (self.inner.ready.released(), &self.inner.closed);
        let now = clock.monotonic();
        // `released`, not `is_set`: the hooks run between the two, and waiting threads go on after
        // them.
        let is_over = released.is_complete() || closed.is_set();
        if !is_over && deadline > now && !self.is_notifying() {
            released.wait_or(closed.released(), &clock.timer(deadline - now));
        }
        self.inner.ready.is_set()
    }

    /// Returns whether the client is ready. A client whose max init wait has passed becomes ready
    /// here. Never waits.
    fn is_ready_by_now(self) -> bool {
        let may_be_late = !self.inner.ready.is_set() && !self.inner.closed.is_set();
        let options = &self.shared.options;
        if may_be_late && options.clock.monotonic() >= options.init_deadline {
            self.become_ready();
        }
        let is_ready = self.inner.ready.is_set();
        if is_ready {
            self.notify_ready();
        }
        is_ready
    }

    /// Makes the client ready, once: calls the hooks, then releases the waiting threads.
    pub(crate) fn become_ready(self) {
        if self.inner.ready.mark() {
            self.notify_ready();
            // After the hooks: a hook that a released thread subscribes must not be called for the
            // past.
            self.release_ready();
        }
    }

    /// Calls the hooks for a ready client, once. A panic of the clock is logged, so that the
    /// waiting threads are released all the same.
    // While this thread handles a record, hooks are silent. The call is left to the next refresh,
    // or to the next caller of `ready_state`, since it would be lost here.
    pub(crate) fn notify_ready(self) {
        let is_silent = is_active(Activity::Logging);
        if is_silent || self.inner.is_ready_reported.swap(true, Ordering::AcqRel) {
            return;
        }
        let hooks = &self.shared.hooks;
        hooks.log_panics(|| hooks.client_ready(self.cache_state()));
    }

    /// Returns the state of the config data.
    pub(crate) fn cache_state(self) -> CacheState {
        let has_remote = self.inner.store.current.load().remote.is_some();
        match self.shared.options.max_age() {
            _ if self.shared.options.is_local_only() => CacheState::HasLocalOverrideFlagDataOnly,
            _ if !has_remote => CacheState::NoFlagData,
            Some(max_age) if !self.is_older_than(max_age) => CacheState::HasUpToDateFlagData,
            _ => CacheState::HasCachedFlagDataOnly,
        }
    }

    /// Returns whether the current thread leads a refresh that has not called all loggers and hooks
    /// yet.
    pub(super) fn is_notifying(self) -> bool {
        is_active(Activity::Notifying(self.shared.options.id))
    }
}

impl Client {
    /// Returns the state of the config data as [`wait_for_ready`](Self::wait_for_ready) does, or
    /// `None` if the client is not ready yet. It never waits and logs nothing, so a health probe
    /// can call it at any rate.
    ///
    /// ```
    /// # use configcat::{MapOverrides, OverrideBehavior};
    /// use configcat::{CacheState, Client};
    ///
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// assert_eq!(client.ready_state(), Some(CacheState::HasLocalOverrideFlagDataOnly));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn ready_state(&self) -> Option<CacheState> {
        let client = self.client_ref();
        client.is_ready_by_now().then(|| client.cache_state())
    }

    /// Returns a snapshot of the config in memory, of any age; the snapshot may have no config. It
    /// never waits and never fetches: for code that prefers an old config to a wait.
    ///
    /// ```
    /// use configcat::{Client, PollingMode};
    ///
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .polling_mode(PollingMode::lazy())
    ///     .build()?;
    /// assert!(client.current_snapshot().config().is_none(), "nothing was fetched");
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn current_snapshot(&self) -> Snapshot {
        Snapshot::new(self.shared.clone(), self.inner().store.current.load_full())
    }

    /// Returns a [`snapshot`](Self::snapshot) if that needs no wait; `None` if the client would
    /// wait for the first config, or fetch in lazy loading. It never waits, so async code can
    /// evaluate in any polling mode without blocking its executor. On `None`, call `snapshot` on a
    /// thread that may block.
    ///
    /// ```
    /// use std::time::Duration;
    /// use configcat::{Client, PollingMode};
    ///
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .polling_mode(PollingMode::lazy())
    /// #   .offline(true)
    ///     .build()?;
    /// assert!(client.try_snapshot().is_none(), "there is no config yet");
    /// let flags = client.snapshot(); // may fetch
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn try_snapshot(&self) -> Option<Snapshot> {
        let client = self.client_ref();
        let is_at_once = match client.shared.options.mode {
            PollingMode::AutoPoll(_) => client.is_ready_by_now() || client.inner.closed.is_set(),
            PollingMode::LazyLoad(LazyLoad { cache_ttl }) => !client.needs_lazy_fetch(cache_ttl),
            PollingMode::Manual => true,
        };
        is_at_once.then(|| self.current_snapshot())
    }
}
