//! The second axis: faults of the cache, with a CDN that works.

mod fault;

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use configcat::{Client, cache::BoxError};

pub(super) use self::fault::{Fault, faults};
use super::{
    cell::{
        self, INTERVAL, MAX_INIT_WAIT, Mode, Outcome, REQUEST_TIMEOUT, SLACK, State, Violation, longest_wait,
        seconds,
    },
    trial::{
        NEW, NEXT, NO_CONFIG, OLD, RECOVERED, Through, Trial, config, entry, hour_ago, soon, waited, warm_up,
        within, wrong_events,
    },
};
use crate::faulty_cache::FaultyCache;

pub(super) const COLUMNS: &str =
    "waits | new config after | threads | events | `cache_error` |\n|---|---|---:|---:|---:|---|---|";

/// The limit that the documentation of `Client::close` promises.
const MAX_CLOSE: Duration = Duration::from_millis(100);

impl cell::Fault for Fault {
    fn name(&self) -> &'static str {
        self.name
    }

    fn states(&self) -> &'static [State] {
        self.states()
    }

    fn strike(&self, mode: Mode, state: State) -> Outcome {
        Trial::run(Through::Default, |trial| {
            // If the fault has an entry of its own, that is the old entry.
            let is_warm = state == State::WarmCache && !self.brings_old_config();
            let old = is_warm.then(|| entry(&config(OLD), hour_ago())).transpose()?;
            let cache = FaultyCache::new(&trial.watch, old);
            let result = self.meet(trial, &cache, mode, state);
            // Without this, the thread of a call that hangs would outlive the trial.
            cache.recover();
            result
        })
    }
}

impl Fault {
    /// Runs a client in this state while its cache fails, works again, and fails when the client
    /// closes.
    fn meet(
        &self,
        trial: &Trial,
        cache: &FaultyCache,
        mode: Mode,
        state: State,
    ) -> Result<Outcome, BoxError> {
        let client = self.begin(trial, cache, mode, state)?;
        let (wait, mut violations) = self.use_faulty(trial, cache, &client, mode, state);
        cache.recover();
        violations.extend(use_recovered(trial, cache, &client, mode));
        cache.begin(self.behavior()?);
        violations.extend(self.close(cache, &client));
        if cache.most_running() > 1 {
            violations.push(Violation::wrong(format!("{} calls at a time", cache.most_running())));
        }
        Ok(Outcome { wait, is_slow: self.is_slow(), columns: self.columns(mode, state), violations })
    }

    /// Begins the fault, and puts a new config on the CDN.
    fn begin(
        &self,
        trial: &Trial,
        cache: &FaultyCache,
        mode: Mode,
        state: State,
    ) -> Result<Client, BoxError> {
        if state == State::WarmMemory {
            let client = trial.client(mode, cache.clone())?;
            warm_up(&client, mode)?;
            cache.begin(self.behavior()?);
            trial.cdn.serve(&config(NEW));
            return Ok(client);
        }
        if state == State::WarmCache && !self.brings_old_config() {
            cache.begin_after_one_call(self.behavior()?);
        } else {
            cache.begin(self.behavior()?);
        }
        trial.cdn.serve(&config(NEW));
        Ok(trial.client(mode, cache.clone())?)
    }

    /// Checks that the client gets the config of the CDN, and the change after that, while the
    /// fault lasts. Returns the longest wait of a caller.
    fn use_faulty(
        &self,
        trial: &Trial,
        cache: &FaultyCache,
        client: &Client,
        mode: Mode,
        state: State,
    ) -> (Duration, Vec<Violation>) {
        let (start, requests) = (Instant::now(), trial.cdn.count());
        let [first_limit, next_limit] = self.limits(mode, state);
        let first = trial.use_until_seen(client, mode, NEW, first_limit);
        let mut violations = first.violations;
        // In auto polling, the first read of a client that is warm by cache works: it brings the
        // old entry. Faults of reading show at the second poll.
        if mode != Mode::Auto || state != State::WarmCache {
            violations.extend(self.wrong_health(client, true));
        }
        trial.cdn.serve(&config(NEXT));
        let next = trial.use_until_seen(client, mode, NEXT, next_limit);
        violations.extend(next.violations);
        // In manual polling, no poll has read the cache since the fault ended by itself.
        let is_over = self.ends_by_itself() && mode != Mode::Manual;
        if is_over && !soon(|| cache.has_entry_with(&config(NEXT))) {
            violations.push(Violation::late("the cache works again, and is not written"));
        }
        violations.extend(self.wrong_health(client, !is_over));
        let wait = first.longest_wait.max(next.longest_wait);
        violations.extend(waited(wait, longest_wait(self.is_slow(), mode, state)));
        violations.extend(trial.wrong_workers(client, mode));
        violations.extend(self.wrong_cache_threads(trial));
        let events = trial.watch.events();
        violations.extend(wrong_events(self.expects(&events, mode, state), &events));
        let requests = trial.cdn.count() - requests;
        if requests as u128 > 3 + start.elapsed().as_millis() / INTERVAL.as_millis() {
            violations.push(Violation::late(format!("{requests} requests")));
        }
        (wait, violations)
    }

    /// Closes the client during a refresh. If the cache hangs or is late, the refresh waits for it
    /// at that moment.
    fn close(&self, cache: &FaultyCache, client: &Client) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut timed = |what: &str, start: Instant| {
            let took = start.elapsed();
            if took > MAX_CLOSE {
                violations.push(Violation::late(format!("{what} took {took:.1?}")));
            }
        };
        let hung = thread::scope(|scope| {
            let refresh = scope.spawn(|| drop(client.force_refresh()));
            let hung = !(self.hangs() || self.is_late_at_times()) || soon(|| cache.hanging() > 0);
            let start = Instant::now();
            client.close();
            timed("closing", start);
            drop(refresh.join());
            timed("the end of a refresh after closing", start);
            hung
        });
        violations.extend((!hung).then(|| Violation::wrong("the cache was not called again")));
        violations
    }

    fn columns(&self, mode: Mode, state: State) -> Vec<String> {
        let mut events: Vec<String> = self.expected_events(mode, state).iter().map(u64::to_string).collect();
        if self.is_late_at_times() {
            let of_fault: Vec<String> = self.events.iter().map(u64::to_string).collect();
            events.retain(|event| !of_fault.contains(event));
            events.push(of_fault.join(" or "));
        }
        let own = usize::from(mode == Mode::Auto);
        vec![
            format!("≤ {}", seconds(longest_wait(self.is_slow(), mode, state))),
            format!("≤ {}", seconds(self.limits(mode, state)[0])),
            if self.hangs() || self.is_late_at_times() { format!("{own} + 1") } else { own.to_string() },
            events.join(", "),
            if self.events.is_empty() { "" } else { "yes" }.to_owned(),
        ]
    }

    /// Returns the limits until all callers see the config of the CDN, and until they see the next
    /// one.
    fn limits(&self, mode: Mode, state: State) -> [Duration; 2] {
        let slow = if self.is_slow() { REQUEST_TIMEOUT } else { Duration::ZERO };
        let polls = u32::from(mode != Mode::Manual);
        // A fetched config expires after one interval. An entry from the future counts from its
        // first read, so it expires one interval after that.
        let first = polls * (u32::from(state == State::WarmMemory) + u32::from(self.delays_fetch()));
        [first, polls].map(|intervals| INTERVAL * intervals + slow + SLACK)
    }

    fn expected_events(&self, mode: Mode, state: State) -> BTreeSet<u64> {
        let mut events: BTreeSet<u64> = self.events.iter().copied().collect();
        // In manual polling, the first evaluation comes before the first refresh.
        events.extend((state == State::Cold && mode == Mode::Manual).then_some(NO_CONFIG));
        events
    }

    fn expects(&self, found: &BTreeSet<u64>, mode: Mode, state: State) -> bool {
        let expected = self.expected_events(mode, state);
        if self.is_late_at_times() {
            let is_any = self.events.iter().any(|event| found.contains(event));
            return is_any
                && found.is_subset(&expected)
                && found.contains(&NO_CONFIG) == expected.contains(&NO_CONFIG);
        }
        *found == expected
    }

    /// Checks `cache_error` after the refresh that met the fault.
    fn wrong_health(&self, client: &Client, is_faulty: bool) -> Option<Violation> {
        let expected = is_faulty && !self.events.is_empty();
        // The client gives up a late call before the request timeout, so `cache_error` is set
        // within that.
        let is_right = within(REQUEST_TIMEOUT, || client.health().cache_error.is_some() == expected);
        let health = client.health();
        if is_right && health.consecutive_failures == 0 && health.last_error.is_none() {
            return None;
        }
        Some(Violation::late(format!("{health:?}")))
    }

    fn wrong_cache_threads(&self, trial: &Trial) -> Option<Violation> {
        let is_right = || match trial.watch.cache_threads() {
            0 => !self.hangs() || self.ends_by_itself(),
            1 => self.hangs() || self.is_late_at_times(),
            _ => false,
        };
        (!soon(is_right))
            .then(|| Violation::wrong(format!("{} threads for the cache", trial.watch.cache_threads())))
    }
}

/// Checks that after the fault the cache is used and written again, and holds no thread.
fn use_recovered(trial: &Trial, cache: &FaultyCache, client: &Client, mode: Mode) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !soon(|| trial.watch.cache_threads() == 0) {
        violations.push(Violation::late("a call lives on after the fault"));
    }
    trial.cdn.serve(&config(RECOVERED));
    let limit = INTERVAL + MAX_INIT_WAIT + SLACK;
    violations.extend(trial.use_until_seen(client, mode, RECOVERED, limit).violations);
    if !soon(|| cache.has_entry_with(&config(RECOVERED))) {
        violations.push(Violation::wrong("after the fault nothing is written"));
    }
    if !soon(|| client.health().cache_error.is_none()) {
        violations.push(Violation::wrong("cache_error stays after the fault"));
    }
    if !soon(|| trial.watch.cache_threads() == 0) {
        violations.push(Violation::wrong("a thread for the cache stays after the fault"));
    }
    violations
}
