//! The third axis: configs that name another host, and faults of that host.

use std::{collections::BTreeSet, time::Duration};

use configcat::{
    Client, ConfigCache, MemoryCache,
    cache::{BoxError, cache_key},
};
use configcat_testkit::{Cdn, Reply, SDK_KEY};

use super::{
    cell::{self, INTERVAL, Mode, Outcome, REQUEST_TIMEOUT, SLACK, State, Violation, longest_wait, seconds},
    trial::{
        MOVED, NEW, NEXT, NO_CONFIG, OLD, RECOVERED, Through, Trial, config, config_naming, entry, hour_ago,
        soon, waited, warm_up, wrong_events,
    },
};

pub(super) const COLUMNS: &str = "flag | waits | requests at the CDN | at the host | events | `last_error` | recovers after |\n|---|---|---|---:|---:|---:|---|---|---:|";

/// A fault of the host that configs name as base URL.
#[derive(Clone)]
pub(super) struct Fault {
    name: &'static str,
    /// `r` in the preferences of the config.
    redirect: u8,
    host: Host,
    /// The event that is logged, if any.
    event: Option<u64>,
    through: Through,
}

#[derive(Clone)]
enum Host {
    /// Serves configs to the end.
    Works,
    /// Serves configs, and refuses connections as soon as the CDN names it no more.
    Dies,
    RefusesConnections,
    Replies(Reply),
}

/// Returns all faults, and a host that works for comparison.
pub(super) fn faults(through: Through) -> Vec<Fault> {
    let fault = |name, event, host| Fault { name, redirect: 2, host, event, through };
    let replies = |name, event, reply| fault(name, Some(event), Host::Replies(reply));
    let ignored = |name, redirect| Fault { redirect, ..fault(name, None, Host::RefusesConnections) };
    vec![
        // The longest trial of this axis comes first, so that the others run beside it.
        fault("works, and is gone when the CDN does not name it any more", Some(1103), Host::Dies),
        fault("works", None, Host::Works),
        fault("refuses connections", Some(1103), Host::RefusesConnections),
        replies("is silent", 1102, Reply::hang()),
        replies("answers 404", 1100, Reply::status(404)),
        replies("answers 500", 1101, Reply::status(500)),
        replies("answers 200 with `{\"error\":\"x\"}`", 1105, Reply::body(r#"{"error":"x"}"#)),
        ignored("refuses connections, `r` is 0", 0),
        ignored("refuses connections, `r` is 1", 1),
    ]
}

impl cell::Fault for Fault {
    fn name(&self) -> &'static str {
        self.name
    }

    fn states(&self) -> &'static [State] {
        if matches!(self.host, Host::Dies) { &[State::WarmMemory] } else { &State::ALL }
    }

    fn strike(&self, mode: Mode, state: State) -> Outcome {
        Trial::run(self.through, |trial| self.meet(trial, mode, state))
    }
}

impl Fault {
    /// Runs a client in this state while the CDN names the host, changes its config, and names the
    /// host no more.
    fn meet(&self, trial: &Trial, mode: Mode, state: State) -> Result<Outcome, BoxError> {
        let host = self.host();
        let (client, requests) = self.begin(trial, &host, mode, state)?;
        let value = if self.moves() { MOVED } else { NEW };
        let limit = self.change_limit(mode, state == State::WarmMemory);
        let first = trial.use_until_seen(&client, mode, value, limit);
        let requests = [trial.cdn.count() - requests, host.count()];
        let mut violations = first.violations;

        // A further change.
        self.name(trial, &host, NEXT);
        host.serve(&config(NEXT));
        let next = trial.use_until_seen(&client, mode, NEXT, self.change_limit(mode, true));
        violations.extend(next.violations);
        let wait = first.longest_wait.max(next.longest_wait);
        violations.extend(waited(wait, longest_wait(self.is_slow(), mode, state)));
        violations.extend(trial.wrong_workers(&client, mode));
        violations.extend(wrong_health(&client, self.fails_at_once()));

        violations.extend(self.recover(trial, &host, &client, mode));
        let events = trial.watch.events();
        violations.extend(wrong_events(self.expects(&events, mode, state), &events));
        Ok(Outcome {
            wait,
            is_slow: self.is_slow(),
            columns: self.columns(value, requests, mode, state),
            violations,
        })
    }

    fn host(&self) -> Cdn {
        let host = Cdn::new(&config(MOVED));
        // Both servers number their configs to make ETags. Without these numbers, the ETags of the
        // host would be those of the CDN, and the client would keep the wrong config.
        (0..100).for_each(|_| host.serve(&config(MOVED)));
        match &self.host {
            Host::Works | Host::Dies => {}
            Host::RefusesConnections => host.refuse_connections(),
            Host::Replies(reply) => host.set_always(reply.clone()),
        }
        host
    }

    /// Makes the CDN serve a config of this value that names the host.
    fn name(&self, trial: &Trial, host: &Cdn, value: &str) {
        trial.cdn.serve(&config_naming(value, &host.url(), self.redirect));
    }

    /// Makes the CDN name the host. Returns the client, and the number of requests before that.
    fn begin(
        &self,
        trial: &Trial,
        host: &Cdn,
        mode: Mode,
        state: State,
    ) -> Result<(Client, usize), BoxError> {
        let cache = MemoryCache::new();
        if state == State::WarmMemory {
            let client = trial.client(mode, cache)?;
            warm_up(&client, mode)?;
            let requests = trial.cdn.count();
            self.name(trial, host, NEW);
            return Ok((client, requests));
        }
        if state == State::WarmCache {
            cache.write(&cache_key(SDK_KEY), &entry(&config(OLD), hour_ago())?)?;
        }
        self.name(trial, host, NEW);
        Ok((trial.client(mode, cache)?, 0))
    }

    /// Checks that the client recovers by itself when the CDN names the host no more.
    fn recover(&self, trial: &Trial, host: &Cdn, client: &Client, mode: Mode) -> Vec<Violation> {
        trial.cdn.serve(&config(RECOVERED));
        host.serve(&config(RECOVERED));
        if matches!(self.host, Host::Dies) {
            host.refuse_connections();
        }
        let mut violations =
            trial.use_until_seen(client, mode, RECOVERED, self.recovery_limit(mode)).violations;
        violations.extend(wrong_health(client, false));
        let asked = host.count();
        if let Err(error) = client.force_refresh() {
            violations.push(Violation::wrong(format!("at the end: {error}")));
        }
        if !matches!(self.host, Host::Works) && host.count() > asked {
            violations.push(Violation::wrong("a host is asked that nothing names any more"));
        }
        violations
    }

    fn columns(&self, value: &str, requests: [usize; 2], mode: Mode, state: State) -> Vec<String> {
        let misses_config = self.misses_config(mode, state).then_some(NO_CONFIG);
        let events = misses_config.into_iter().chain(self.event).map(|event| event.to_string());
        let [at_cdn, at_host] = requests.map(|count| count.to_string());
        vec![
            value.to_owned(),
            format!("≤ {}", seconds(longest_wait(self.is_slow(), mode, state))),
            at_cdn,
            at_host,
            events.collect::<Vec<_>>().join(", "),
            if self.fails_at_once() { "yes" } else { "" }.to_owned(),
            format!("≤ {}", seconds(self.recovery_limit(mode))),
        ]
    }

    /// Returns whether the client moves to the host.
    fn moves(&self) -> bool {
        matches!(self.host, Host::Works | Host::Dies)
    }

    /// Returns whether the host fails, so that the client keeps the config that names the host.
    fn fails_at_once(&self) -> bool {
        self.event.is_some() && !self.moves()
    }

    fn is_slow(&self) -> bool {
        self.event == Some(1102)
    }

    /// Returns the limit until all callers see a change: one interval if the client waits for its
    /// next poll, and the time of a request.
    fn change_limit(&self, mode: Mode, waits: bool) -> Duration {
        let interval = if waits && mode != Mode::Manual { INTERVAL } else { Duration::ZERO };
        let request = if self.is_slow() { REQUEST_TIMEOUT } else { Duration::ZERO };
        interval + request + SLACK
    }

    fn recovery_limit(&self, mode: Mode) -> Duration {
        match (&self.host, mode) {
            // 1 s until the poll, then three backoffs of 2 s, 4 s and 8 s. The interval in auto
            // polling and the base of the backoff in lazy loading are both 1 s.
            (Host::Dies, Mode::Auto | Mode::Lazy) => INTERVAL * (1 + 2 + 4 + 8) + SLACK,
            _ => self.change_limit(mode, true),
        }
    }

    /// Returns whether a caller evaluates before the client has a config.
    fn misses_config(&self, mode: Mode, state: State) -> bool {
        state == State::Cold && (mode == Mode::Manual || mode == Mode::Auto && self.is_slow())
    }

    fn expects(&self, found: &BTreeSet<u64>, mode: Mode, state: State) -> bool {
        let mut found = found.clone();
        let misses_config = found.remove(&NO_CONFIG);
        // In lazy loading, callers stop waiting at the moment at which their request times out, so
        // either may come first.
        let may_miss = state == State::Cold && mode == Mode::Lazy && self.is_slow();
        let is_right = misses_config == self.misses_config(mode, state) || (misses_config && may_miss);
        is_right && found == self.event.into_iter().collect()
    }
}

/// Checks that `health()` counts no failed fetch, and has a `last_error` only if the host fails.
fn wrong_health(client: &Client, has_error: bool) -> Option<Violation> {
    let is_right = soon(|| {
        let health = client.health();
        health.consecutive_failures == 0 && health.last_error.is_some() == has_error
    });
    (!is_right).then(|| Violation::late(format!("{:?}", client.health())))
}
