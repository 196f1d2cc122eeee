//! Refresh of the config, in every polling mode. [`ClientRef::refresh`] is the main loop of the
//! crate: it joins a refresh under way or leads one, and reads from top to bottom.

pub(crate) mod backoff;
mod cache;
pub(crate) mod cache_calls;
mod fetch_calls;
pub(crate) mod refresher;
pub(crate) mod state;
pub(crate) mod store;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use configcat_eval::Config;
use configcat_fetch::{FetchError, FetchErrorKind, Fetched, Outcome};
use log::Level;

use self::{
    backoff::{BACKOFF_BASE, LATE_REFRESH_BACKOFF},
    refresher::{Fetcher, RefreshOutcome, RefreshRequest, Report},
    state::{Remote, State},
};
use crate::{
    client::inner::ClientRef,
    clock::millis,
    error::{RefreshError, RefreshErrorKind},
    evaluate::view::View,
    fingerprint::Fingerprint,
    notify::{
        changes::Published,
        event::Event,
        hooks::ConfigFetched,
        logging::{self, RefreshSpan},
    },
    polling::schedule::backoff_after,
    sync::{
        panics,
        reentrancy::{self, Activity},
        single_flight::{Role, Waiter},
    },
};

impl ClientRef<'_> {
    /// Refreshes, or joins a refresh under way. Returns its outcome.
    pub(crate) fn refresh(self, request: RefreshRequest) -> RefreshOutcome {
        // Step 1: join the flight. A cache or a logger that refreshes from within a refresh would
        // wait for itself, so it gets an error instead.
        if reentrancy::is_active(Activity::Refreshing(self.shared.options.id)) {
            return RefreshOutcome::not_joined(RefreshErrorKind::StillRunning);
        }
        let leader = match self.inner.flight.join(self.monotonic_or_zero()) {
            Role::Waiter(waiter) => return self.wait_for(&waiter),
            Role::Leader(leader) => leader,
        };
        // Two activities: `Refreshing` ends when the outcome is there, so that hooks may refresh
        // again; `Notifying` ends after the hooks, so that a hook does not wait for the readiness
        // that its own thread brings.
        let _notifying = reentrancy::enter(Activity::Notifying(self.shared.options.id));
        let refreshing = reentrancy::enter(Activity::Refreshing(self.shared.options.id));
        let span = RefreshSpan::enter(request == RefreshRequest::Now { by_user: true });
        let running = self.inner.health.refresh_begins(self.time_for_health());
        // The real clock: the sockets of the fetcher and the calls of the cache use it too.
        let deadline = Instant::now() + self.shared.options.request_timeout;

        // Steps 2 to 5: read the cache, fetch, compile, publish. A panic of a cache or a clock is
        // an outcome like any other, so the steps below always run and the waiting threads are
        // released.
        let before = logging::is_possible(Level::Debug).then(|| self.inner.store.current.load_full());
        let mut report =
            panics::catch(|| self.read_and_fetch(request, deadline)).unwrap_or_else(Report::panicked);
        report.events.extend(before.and_then(|before| self.changes_since(&before)));
        let outcome = report.result.as_ref().map(|()| if report.changed { "changed" } else { "unchanged" });
        span.record(outcome, report.fetched);

        // Step 6: release the threads that have joined. They need the config and not the cache, the
        // log or the hooks, which may all hang. From here on loggers and hooks may refresh.
        leader.finish(RefreshOutcome { result: report.result.clone(), fetched: report.fetched, led: false });
        drop(refreshing);
        drop(running);

        // Step 7: write the cache, on a thread of its own. It starts after the release, since it
        // may hang, and before the hooks, since these may hang too.
        let write = if report.writes_cache { self.start_cache_write() } else { None };

        // Step 8: notify. Threads that wait for the first config are released after that, so a hook
        // that such a thread subscribes is not called for events of the past.
        let callbacks = self.inner.health.callbacks_begin(self.time_for_health());
        self.inner.ready.mark();
        self.notify_ready();
        self.notify(&report, request);
        self.release_ready();
        // The leader waits for the write, so that a forced refresh returns after the entry is in
        // the cache, or after the failure of the write was logged.
        if let Some(write) = write {
            self.finish_cache_write(&write, deadline);
        }
        drop(callbacks);
        RefreshOutcome { result: report.result, fetched: report.fetched, led: true }
    }

    /// Refreshes until a fetch has ended: a refresh that was joined may have found a fresh entry in
    /// the cache.
    pub(crate) fn force_refresh(self) -> Result<(), RefreshError> {
        loop {
            let outcome = self.refresh(RefreshRequest::Now { by_user: true });
            // A forced refresh that this thread leads always fetches. So the loop goes on only
            // while other threads lead refreshes that find a fresh entry in the cache.
            let is_fetched = outcome.led || outcome.fetched || self.shared.is_offline();
            if is_fetched || outcome.result.is_err() {
                return outcome.result;
            }
        }
    }

    /// Waits for the refresh of another thread, until that refresh is one request timeout old at
    /// most.
    ///
    /// Other threads have waited for a refresh that is late. No thread waits for it again, and lazy
    /// loading does not ask for another refresh until the backoff is over.
    fn wait_for(self, waiter: &Waiter<RefreshOutcome>) -> RefreshOutcome {
        let options = &self.shared.options;
        let outcome = panics::catch(|| {
            let age = options.clock.monotonic().saturating_sub(waiter.started());
            let timer = options.clock.timer(options.request_timeout.saturating_sub(age));
            let outcome = waiter.wait(self.inner.closed.released(), &timer);
            if outcome.is_none() {
                self.inner.refresher.backoff.start(&*options.clock, LATE_REFRESH_BACKOFF);
            }
            outcome
        });
        outcome.ok().flatten().unwrap_or_else(|| {
            let closed = self.inner.closed.is_set();
            let kind = if closed { RefreshErrorKind::Closed } else { RefreshErrorKind::StillRunning };
            RefreshOutcome::not_joined(kind)
        })
    }

    /// Runs steps 2 to 5 of a refresh.
    fn read_and_fetch(self, request: RefreshRequest, deadline: Instant) -> Report {
        let mut report = Report::new();
        // Another thread may have refreshed between the request and this thread's turn.
        if !self.is_wanted(request, true) {
            return report;
        }
        let was_set_back = self.forget_future_time();
        self.read_cache(&mut report, deadline);
        if self.shared.is_offline() {
            if self.shared.options.cache.is_none() {
                report.result = Err(RefreshErrorKind::Offline.into());
            }
            self.back_off(request, 0, None);
            return report;
        }
        // An entry that is fresh enough saves the fetch. Not after the clock was set back, when the
        // age of the config is unknown.
        if !was_set_back && !self.is_wanted(request, false) {
            return report;
        }
        match &self.inner.refresher.fetcher {
            None => report.result = Err(RefreshErrorKind::LocalOnly.into()),
            Some(_) if self.inner.closed.is_set() => report.result = Err(RefreshErrorKind::Closed.into()),
            Some(fetcher) => self.fetch(fetcher, request, deadline, &mut report),
        }
        report
    }

    /// Returns whether a config is still needed: another thread may have refreshed after the
    /// request. `is_first` is `true` before the cache is read.
    fn is_wanted(self, request: RefreshRequest, is_first: bool) -> bool {
        match request {
            RefreshRequest::Now { .. } => true,
            // Before the cache is read: another process may have written a newer config, and
            // offline the cache is the only source.
            RefreshRequest::IfOlderThan { respect_backoff: false, .. } if is_first => true,
            RefreshRequest::IfOlderThan { max_age, respect_backoff: true } if is_first => {
                self.inner.refresher.backoff.is_over(&*self.shared.options.clock)
                    && self.is_older_than(max_age)
            }
            RefreshRequest::IfOlderThan { max_age, .. } => self.is_older_than(max_age),
        }
    }

    /// Fetches until the deadline, and publishes the response.
    fn fetch(self, fetcher: &Arc<Fetcher>, request: RefreshRequest, deadline: Instant, report: &mut Report) {
        let health = &self.inner.health;
        health.attempt(self.unix_time());
        let etag = self.inner.store.current.load().remote.as_ref().and_then(|remote| remote.etag.clone());
        let start = logging::is_possible(Level::Debug).then(|| self.monotonic_or_zero());
        let closed = self.inner.closed.released();
        let fetch = self.inner.refresher.fetch(fetcher, etag.as_deref(), deadline, closed);
        report.fetched = true;
        if fetch.is_data_governance_out_of_sync {
            report.events.push(Event::DataGovernanceOutOfSync);
        }
        let redirect_error = fetch.redirect_error;
        report.events.extend(redirect_error.clone().map(Event::FetchFailed));
        let mut bytes = 0;
        let outcome = fetch.outcome.and_then(|outcome| match outcome {
            Outcome::Fetched(fetched) => {
                bytes = fetched.body.len();
                self.publish(fetched)
            }
            _ => Ok(false),
        });
        report.changed |= matches!(outcome, Ok(true));
        if let (Some(start), Ok(is_changed)) = (start, &outcome) {
            let took = self.monotonic_or_zero().saturating_sub(start);
            report.events.push(self.fetch_event(*is_changed, bytes, took));
        }
        // 403 and 404 count as an answer: keep the cached config and restart its TTL.
        let is_answer = |error: &FetchError| error.kind() == FetchErrorKind::SdkKeyRejected;
        if outcome.as_ref().map_or_else(is_answer, |_| true) {
            self.inner.store.touch(self.now_ms());
            report.writes_cache = true;
        }
        let retry_after = outcome.as_ref().err().and_then(FetchError::retry_after);
        report.result = outcome.map(drop).map_err(|error| {
            report.events.push(Event::FetchFailed(error.clone()));
            error.into()
        });
        if self.inner.closed.is_set() {
            // Closing interrupts the fetch, which is not a failure of the network.
            report.result = report.result.clone().map_err(|_| RefreshErrorKind::Closed.into());
            return;
        }
        let failures = health.ended(self.unix_time(), report.result.as_ref().err(), redirect_error.as_ref());
        self.back_off(request, failures, retry_after);
    }

    /// Returns the event at level `debug` of a successful fetch.
    fn fetch_event(self, is_changed: bool, bytes: usize, took: Duration) -> Event<'static> {
        if !is_changed {
            return Event::Unchanged { took };
        }
        let state = self.inner.store.current.load();
        let settings = state.remote.as_ref().map_or(0, |remote| remote.config.keys().count());
        Event::Fetched { settings, bytes, took }
    }

    /// Returns the event at level `debug` of a config that has replaced that of `before`; `None` if
    /// the config is the same, or if there was no config before.
    pub(crate) fn changes_since(self, before: &State) -> Option<Event<'static>> {
        let now = self.inner.store.current.load();
        let (old, new) = before.config.clone().zip(now.config.clone())?;
        (now.generation != before.generation).then_some(Event::ConfigChanged { old, new })
    }

    /// Publishes a fetched config. Returns whether it differs from the one before.
    ///
    /// The content decides, not the ETag. Otherwise a gateway with a constant ETag would freeze the
    /// flags, and a gateway with a new ETag for each response would announce a change at each poll.
    fn publish(self, fetched: Fetched) -> Result<bool, FetchError> {
        let store = &self.inner.store;
        let content_id = store.content_id(&fetched.body);
        let known = store.current.load().remote.clone();
        let (config, fingerprint) = match known.filter(|known| known.content_id == content_id) {
            // Nothing is compiled again, and typed flags keep their cached look-ups.
            Some(known) => (known.config.clone(), known.fingerprint),
            None => {
                let config = Config::parse(&fetched.body).map_err(|cause| fetched.reject(cause))?;
                (Arc::new(config), Fingerprint::of(&fetched.body))
            }
        };
        let text = self.shared.options.cache.is_some().then(|| fetched.body.as_str().into());
        let remote = Remote { config, etag: fetched.etag, content_id, fingerprint, text };
        Ok(store.set_remote(remote, self.now_ms(), &self.shared.checked_flags))
    }

    /// Starts the backoff of lazy loading: after a failure, and between reads of the cache while
    /// offline.
    fn back_off(self, request: RefreshRequest, failures: u32, retry_after: Option<Duration>) {
        let length = match (request, failures) {
            // A success that leaves the config old: the client is offline and the cache has no
            // newer entry. Each evaluation would read the cache otherwise.
            (RefreshRequest::IfOlderThan { max_age, respect_backoff: true }, 0)
                if self.is_older_than(max_age) =>
            {
                max_age
            }
            (_, 0) => Duration::ZERO,
            _ => backoff_after(BACKOFF_BASE, failures, retry_after),
        };
        self.inner.refresher.backoff.start(&*self.shared.options.clock, length);
    }

    /// Logs the events of a refresh, then calls the hooks.
    fn notify(self, report: &Report, request: RefreshRequest) {
        let hooks = &self.shared.hooks;
        // The failure of a fetch that closing interrupts is not reported.
        if !self.inner.closed.is_set() {
            report.events.iter().for_each(|event| hooks.log(event));
        }
        self.notify_changes();
        if report.fetched && !self.inner.closed.is_set() {
            hooks.config_fetched(&ConfigFetched {
                result: report.result.clone(),
                initiated_by_user: request == RefreshRequest::Now { by_user: true },
            });
        }
    }

    /// Calls the hooks for the published configs, in the order of publication, then reports the
    /// flags that have problems in the current one.
    pub(crate) fn notify_changes(self) {
        // While this thread handles a record, hooks are silent, and the changes would be lost. The
        // next refresh delivers them.
        if !reentrancy::is_active(Activity::Logging) {
            let hooks = &self.shared.hooks;
            self.inner.store.changes.deliver(|Published { before, config }| {
                hooks.config_changed(config);
                hooks.flags_changed(before.as_deref(), config);
            });
            self.report_flag_problems();
        }
    }

    /// Logs the problems of the flags that were not checked in the current config yet.
    pub(crate) fn report_flag_problems(self) {
        let state = self.inner.store.current.load_full();
        let view = View { shared: self.shared, state: &state };
        for flag in self.shared.checked_flags.take_unchecked(state.generation) {
            for problem in view.problems_of(flag) {
                self.shared.hooks.log(&Event::FlagProblem(Arc::new(problem)));
            }
        }
    }

    /// Returns whether there is no config, or the config has at least this age.
    pub(crate) fn is_older_than(self, max_age: Duration) -> bool {
        self.age().is_none_or(|age| age >= max_age)
    }

    /// Returns the time since the config was fetched or found unchanged; `None` if it never was, or
    /// if its age is unknown because the system's clock was set back.
    pub(crate) fn age(self) -> Option<Duration> {
        let fetched_at = self.inner.store.current.load().fetched_at?;
        self.now_ms().checked_sub(fetched_at).map(Duration::from_millis)
    }

    /// Replaces a fetch time in the future by the current time. Returns whether it did.
    ///
    /// The clock was fast when the config was fetched, and is right again. Without this, an offline
    /// client would ignore its cache until the clock has caught up.
    fn forget_future_time(self) -> bool {
        let now = self.now_ms();
        let is_future = self.inner.store.current.load().fetched_at.is_some_and(|known| known > now);
        if is_future {
            self.inner.store.touch(now);
        }
        is_future
    }

    fn now_ms(self) -> u64 {
        millis(self.unix_time())
    }

    fn unix_time(self) -> Duration {
        self.shared.options.clock.unix_time()
    }

    /// Returns the time of day for [`Health`](crate::Health); `None` if the clock panics, which the
    /// refresh itself reports.
    fn time_for_health(self) -> Option<Duration> {
        panics::catch(|| self.unix_time()).ok()
    }

    /// Returns the time for the flight, or zero if the clock panics: the refresh then counts as
    /// late for all threads that join it.
    fn monotonic_or_zero(self) -> Duration {
        panics::catch(|| self.shared.options.clock.monotonic()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Fetcher, RefreshRequest, store::Store};
    use crate::{
        client::inner::{Options, Shared},
        notify::{event::Event, hooks::Hooks},
        polling::PollingMode,
    };
    use configcat_fetch::{BaseUrl, FetchOptions, Proxy, SdkKey};
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        thread,
        time::{Duration, Instant},
    };

    /// Starts a server that answers a number of requests with the result of `body` for its own base
    /// URL.
    fn serve(
        requests: usize,
        body: impl Fn(&str) -> String + Send + 'static,
    ) -> (String, thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let body = body(&url);
        let answer = move || {
            for _ in 0..requests {
                let (mut stream, _) = listener.accept().unwrap();
                let head = BufReader::new(&stream).lines().map_while(Result::ok);
                head.take_while(|line| !line.is_empty()).for_each(drop);
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
                )
                .unwrap();
            }
        };
        (url, thread::spawn(answer))
    }

    /// A unit test, because only here the CDN can be another server than ConfigCat's.
    #[test]
    fn data_governance_out_of_sync_is_logged_once() {
        let config =
            |url: &str, redirect: u8| format!(r#"{{"p": {{"u": "{url}", "r": {redirect}}}, "f": {{}}}}"#);
        let (right, at_right) = serve(2, move |own| config(own, 0));
        let target = right.clone();
        let (wrong, at_wrong) = serve(1, move |_| config(&target, 1));
        let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012").unwrap();
        let fetcher = FetchOptions::new(key).start_url(BaseUrl::parse(&wrong).unwrap()).proxy(Proxy::None);
        let fetcher = Fetcher::new(fetcher).unwrap();
        let options = Options::for_tests(PollingMode::manual());
        let shared =
            Shared::new(options, Hooks::default(), None, false, Store::new(None, None), Some(fetcher));
        let warnings = || {
            let deadline = Instant::now() + Duration::from_secs(30);
            let report = shared.client().read_and_fetch(RefreshRequest::Now { by_user: true }, deadline);
            report.result.unwrap();
            report.events.iter().filter(|event| matches!(event, Event::DataGovernanceOutOfSync)).count()
        };
        assert_eq!((warnings(), warnings()), (1, 0), "the second fetch starts at the right URL");
        at_wrong.join().unwrap();
        at_right.join().unwrap();
    }
}
