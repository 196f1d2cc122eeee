//! The first axis: faults of the network and of the CDN.

mod fault;

use std::{collections::BTreeSet, time::Duration};

use configcat::{
    ConfigCache, MemoryCache, RefreshErrorKind,
    cache::{BoxError, cache_key},
    fetch::FetchErrorKind,
};
use configcat_testkit::SDK_KEY;

pub(super) use self::fault::{Fault, faults, transport_faults};
use super::{
    cell::{self, MAX_INIT_WAIT, Mode, Outcome, REQUEST_TIMEOUT, SLACK, State, Violation, seconds},
    trial::{
        DEFAULT, NEW, NO_CONFIG, OLD, PATIENCE, RECOVERED, Trial, config, entry, hour_ago, soon, waited,
        warm_up, wrong_events, wrong_value,
    },
};

pub(super) const COLUMNS: &str = "flag | waits | requests | threads | events | failures | ever succeeded |\n|---|---|---|---:|---:|---:|---|---:|---|";

impl cell::Fault for Fault {
    fn name(&self) -> &'static str {
        self.name
    }

    fn strike(&self, mode: Mode, state: State) -> Outcome {
        Trial::run(self.through, |trial| self.meet(trial, mode, state))
    }
}

impl Fault {
    /// Runs a client in this state with the fault, and then without it.
    fn meet(&self, trial: &Trial, mode: Mode, state: State) -> Result<Outcome, BoxError> {
        let (cdn, cache) = (&trial.cdn, MemoryCache::new());
        if state == State::WarmCache {
            cache.write(&cache_key(SDK_KEY), &entry(&config(OLD), hour_ago())?)?;
        }
        if state != State::WarmMemory {
            self.begin(trial, NEW);
        }
        let client = trial.client(mode, cache)?;
        let mut before = (0, 0);
        if state == State::WarmMemory {
            warm_up(&client, mode)?;
            before = (cdn.count(), trial.fetches());
            self.begin(trial, NEW);
        }

        let has_fetched = || trial.fetches() > before.1;
        let usage = trial.use_until(&client, mode, PATIENCE, |_| has_fetched());
        let (wait, limit) = (usage.longest_wait, self.limit(mode, state));
        let mut violations = usage.violations;
        if !has_fetched() {
            violations.push(Violation::late(format!("no fetch has ended within {PATIENCE:?}")));
        }
        violations.extend(waited(wait, limit));
        let value = client.get_value("flag", DEFAULT, None);
        let health = client.health();
        let (requests, events) = (cdn.count() - before.0, trial.watch.events());
        violations.extend(trial.wrong_workers(&client, mode));
        violations.extend(wrong_value(self.expected_value(state), &value));
        violations.extend(wrong_events(self.expects(&events, mode, state), &events));
        let columns = vec![
            value,
            format!("≤ {}", seconds(limit)),
            requests.to_string(),
            trial.watch.workers().to_string(),
            self.show(&events, state),
            health.consecutive_failures.to_string(),
            if health.last_success.is_some() { "yes" } else { "no" }.to_owned(),
        ];

        Self::end(trial, RECOVERED);
        // A refresh fails at once until a late call of the transport has returned.
        if !soon(|| trial.watch.transport_threads() == 0) {
            violations.push(Violation::late("a call of the transport has not returned"));
        }
        match client.force_refresh() {
            Err(error) => {
                let is_late = matches!(
                    error.kind(),
                    RefreshErrorKind::StillRunning | RefreshErrorKind::Fetch(FetchErrorKind::TimedOut)
                );
                let text = format!("after the fault: {error}");
                violations.push(if is_late { Violation::late(text) } else { Violation::wrong(text) });
            }
            Ok(()) => violations.extend(wrong_value(RECOVERED, &client.get_value("flag", DEFAULT, None))),
        }
        Ok(Outcome { wait, is_slow: self.is_slow, columns, violations })
    }

    /// Returns how long a caller may wait.
    fn limit(&self, mode: Mode, state: State) -> Duration {
        let wait = match mode {
            _ if !self.is_slow => Duration::ZERO,
            // Evaluations use the config in memory while a poll waits.
            Mode::Auto if state == State::WarmMemory => Duration::ZERO,
            Mode::Auto => MAX_INIT_WAIT,
            Mode::Lazy | Mode::Manual => REQUEST_TIMEOUT,
        };
        wait + SLACK
    }

    fn expected_value(&self, state: State) -> &'static str {
        match state {
            _ if self.brings_config => NEW,
            State::Cold => DEFAULT,
            State::WarmCache | State::WarmMemory => OLD,
        }
    }

    /// Returns whether the logged events are those that the fault must cause.
    fn expects(&self, found: &BTreeSet<u64>, mode: Mode, state: State) -> bool {
        let mut of_fault = found.clone();
        let misses_config = of_fault.remove(&NO_CONFIG);
        // In manual polling, the first evaluation comes before the first refresh.
        let may_miss = state == State::Cold && (mode == Mode::Manual || !self.brings_config);
        let expected = self.events(state);
        let is_right = match of_fault.len() {
            0 => expected.is_empty(),
            1 => of_fault.iter().all(|event| expected.contains(event)),
            _ => false,
        };
        is_right && misses_config == may_miss
    }

    /// Returns the events for the table. Alternatives, of which one is expected, are joined by
    /// "or".
    fn show(&self, events: &BTreeSet<u64>, state: State) -> String {
        let of_fault = self.events(state);
        let others = events.iter().filter(|event| !of_fault.contains(event));
        let either: Vec<String> = of_fault.iter().map(u64::to_string).collect();
        let mut shown: Vec<String> = others.map(u64::to_string).collect();
        shown.extend((!either.is_empty()).then(|| either.join(" or ")));
        shown.join(", ")
    }
}
