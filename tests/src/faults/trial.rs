//! One client in one trial: its CDN, its callers, and the checks that all axes share.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use configcat::{
    BuildError, CacheState, Client, ConfigCache, PollingMode,
    cache::{BoxError, Entry},
    fetch::Proxy,
};
use configcat_testkit::{Cdn, SDK_KEY, config_json};
use log::LevelFilter;

use super::cell::{INTERVAL, MAX_INIT_WAIT, Mode, Outcome, REQUEST_TIMEOUT, Violation};
use crate::{own_transport::OwnTransport, watch::Watch};

/// The limit of a wait for an event that must come. Far above the slowest one seen, so that it ends
/// only trials that have failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The number of threads that evaluate, and the pause between their calls: without it they would
/// take the processors from the client.
const READERS: usize = 3;
const PAUSE: Duration = Duration::from_millis(5);

/// The values of the flag, in the order in which a client may see them.
const VALUES: [&str; 6] = [DEFAULT, OLD, NEW, MOVED, NEXT, RECOVERED];
pub(super) const DEFAULT: &str = "default";
pub(super) const OLD: &str = "old";
pub(super) const NEW: &str = "new";
/// The value at the host that a config names.
pub(super) const MOVED: &str = "moved";
/// The value of a further change while the fault lasts.
pub(super) const NEXT: &str = "next";
pub(super) const RECOVERED: &str = "recovered";

/// The event of an evaluation without a config. See the tables of `configcat::docs::observing`.
pub(super) const NO_CONFIG: u64 = 1000;

/// The CDN and the watch of a trial. Both live as long as the trial.
pub(super) struct Trial {
    pub(super) cdn: Cdn,
    pub(super) watch: Watch,
    /// The transport of the client; `None` for the default one.
    pub(super) transport: Option<OwnTransport>,
    fetches: Arc<AtomicUsize>,
}

/// The transport of the client in a trial.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Through {
    Default,
    OwnTransport,
}

/// Measurements at the callers during a part of a trial.
pub(super) struct Usage {
    pub(super) longest_wait: Duration,
    /// The time until the last caller saw the expected value.
    pub(super) took: Duration,
    pub(super) violations: Vec<Violation>,
}

impl Trial {
    /// Runs a trial with a CDN that has the old config. Reports panics, and threads that outlive
    /// the client.
    pub(super) fn run(through: Through, run: impl FnOnce(&Self) -> Result<Outcome, BoxError>) -> Outcome {
        let watch = Watch::new(LevelFilter::Trace);
        let trial = Self {
            cdn: Cdn::new(&config(OLD)),
            transport: (through == Through::OwnTransport).then(|| OwnTransport::new(&watch)),
            watch,
            fetches: Arc::default(),
        };
        let mut outcome = run(&trial).unwrap_or_else(|error| Outcome {
            violations: vec![Violation::wrong(format!("the trial has failed: {error}"))],
            ..Outcome::default()
        });
        // `run` has dropped the client, so its threads must end.
        let watch = &trial.watch;
        if !soon(|| watch.workers() + watch.cache_threads() + watch.transport_threads() == 0) {
            outcome.violations.push(Violation::late("a thread lives on after its client"));
        }
        outcome.violations.extend(trial.watch.take_bad().into_iter().map(Violation::wrong));
        outcome
    }

    pub(super) fn client(&self, mode: Mode, cache: impl ConfigCache + 'static) -> Result<Client, BuildError> {
        let mode = match mode {
            Mode::Auto => PollingMode::auto().interval(INTERVAL).max_init_wait(MAX_INIT_WAIT).into(),
            Mode::Lazy => PollingMode::lazy().cache_ttl(INTERVAL).into(),
            Mode::Manual => PollingMode::manual(),
        };
        let fetches = Arc::clone(&self.fetches);
        let builder = Client::builder(SDK_KEY);
        let builder = match &self.transport {
            None => builder,
            Some(transport) => builder.transport(transport.clone()),
        };
        builder
            .base_url(self.cdn.url())
            .proxy(Proxy::None)
            .polling_mode(mode)
            .request_timeout(REQUEST_TIMEOUT)
            .cache(cache)
            .jitter(0.0)
            .clock(self.watch.clock())
            .on_config_fetched(move |_| fetches.fetch_add(1, Ordering::SeqCst))
            .build()
    }

    /// Returns how many fetches have ended.
    pub(super) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Evaluates on several threads until `is_met`, given the value of the thread before, is true
    /// on each of them; in manual mode another thread refreshes until then.
    pub(super) fn use_until(
        &self,
        client: &Client,
        mode: Mode,
        patience: Duration,
        is_met: impl Fn(&str) -> bool + Sync,
    ) -> Usage {
        let start = Instant::now();
        let is_over = |value: &str| is_met(value) || start.elapsed() > patience;
        let evaluate = || {
            let mut caller = Caller::new(self, client);
            while !is_over(&caller.value) {
                caller.evaluate();
                thread::sleep(PAUSE);
            }
            caller.evaluate();
            caller
        };
        let refresh = || {
            let mut caller = Caller::new(self, client);
            // One evaluation before the first refresh, so that each run of a cold client logs the
            // same events.
            caller.evaluate();
            while !is_over(&caller.value) {
                caller.timed(|client| drop(client.force_refresh()));
                caller.evaluate();
            }
            caller
        };
        let callers: Vec<_> = thread::scope(|scope| {
            let mut callers: Vec<_> = (0..READERS).map(|_| scope.spawn(evaluate)).collect();
            callers.extend((mode == Mode::Manual).then(|| scope.spawn(refresh)));
            // A caller that panicked returns nothing. Its panic is in the report of the watch.
            callers.into_iter().filter_map(|caller| caller.join().ok()).collect()
        });
        Usage {
            longest_wait: callers.iter().map(|caller| caller.longest_wait).max().unwrap_or_default(),
            took: start.elapsed(),
            violations: callers.into_iter().flat_map(|caller| caller.violations).collect(),
        }
    }

    /// Uses the client until all callers see the expected value. Reports a violation if that takes
    /// longer than the limit.
    pub(super) fn use_until_seen(
        &self,
        client: &Client,
        mode: Mode,
        expected: &str,
        limit: Duration,
    ) -> Usage {
        let mut usage = self.use_until(client, mode, limit + PATIENCE, |value| value == expected);
        if usage.took > limit {
            let (took, now) = (usage.took, client.health());
            let text = format!("{expected:?} took {took:.1?} instead of {limit:.1?} at most; {now:?}");
            usage.violations.push(Violation::late(text));
        }
        usage
    }

    /// Checks the number of threads that the client has: one in auto polling, else 0, and one more
    /// at most that calls a transport.
    pub(super) fn wrong_workers(&self, client: &Client, mode: Mode) -> Option<Violation> {
        let count = self.watch.workers();
        let is_right =
            count == usize::from(mode == Mode::Auto) && client.health().worker_alive != Some(false);
        let callers = self.watch.transport_threads();
        (!is_right || callers > 1)
            .then(|| Violation::wrong(format!("{count} threads, {callers} that call the transport")))
    }
}

/// A thread that uses the client.
struct Caller<'a> {
    client: &'a Client,
    /// The value of the last evaluation.
    value: String,
    longest_wait: Duration,
    violations: Vec<Violation>,
}

impl<'a> Caller<'a> {
    fn new(trial: &Trial, client: &'a Client) -> Self {
        trial.watch.include_this_thread();
        Self { client, value: String::new(), longest_wait: Duration::ZERO, violations: Vec::new() }
    }

    /// Evaluates the flag, and reports a value that is older than the one before.
    fn evaluate(&mut self) {
        let value = self.timed(|client| client.get_value("flag", DEFAULT, None));
        if rank(&value) < rank(&self.value) {
            self.violations.push(Violation::wrong(format!("{value:?} after {:?}", self.value)));
        }
        self.value = value;
    }

    fn timed<T>(&mut self, run: impl FnOnce(&Client) -> T) -> T {
        let start = Instant::now();
        let result = run(self.client);
        self.longest_wait = self.longest_wait.max(start.elapsed());
        result
    }
}

/// Waits until the client has its first config.
pub(super) fn warm_up(client: &Client, mode: Mode) -> Result<(), BoxError> {
    match mode {
        Mode::Auto => drop(client.wait_for_ready(PATIENCE)),
        Mode::Lazy => {}
        Mode::Manual => client.force_refresh()?,
    }
    // On a busy machine, auto polling may need longer than the max init wait.
    let is_warm = soon(|| client.get_value("flag", DEFAULT, None) == OLD);
    let state = client.wait_for_ready(PATIENCE);
    if is_warm && state != CacheState::NoFlagData {
        Ok(())
    } else {
        Err(format!("{state:?} at first").into())
    }
}

/// Returns a config with one flag of this value.
pub(super) fn config(value: &str) -> String {
    config_json([("flag", value)])
}

/// Returns the same config with a base URL to fetch from and a redirect mode (`u` and `r` of the
/// preferences).
pub(super) fn config_naming(value: &str, base_url: &str, redirect: u8) -> String {
    let preferences = format!(r#""p":{{"u":"{base_url}","r":{redirect},"#);
    config(value).replacen(r#""p":{"#, &preferences, 1)
}

/// Returns the text of a cache entry that was fetched at this time.
pub(super) fn entry(config_json: &str, at: SystemTime) -> Result<String, BoxError> {
    let ms = u64::try_from(at.duration_since(UNIX_EPOCH)?.as_millis())?;
    // The client takes two configs with the same ETag for the same, so each config JSON needs its
    // own.
    let etag = format!("\"cached {}\"", config_json.len());
    Ok(Entry::new(ms, &etag, config_json)?.to_string())
}

pub(super) fn hour_ago() -> SystemTime {
    SystemTime::now() - Duration::from_secs(3600)
}

pub(super) fn wrong_value(expected: &str, found: &str) -> Option<Violation> {
    (found != expected).then(|| Violation::wrong(format!("{found:?} instead of {expected:?}")))
}

/// Returns a violation if the wait was longer than the limit.
pub(super) fn waited(wait: Duration, limit: Duration) -> Option<Violation> {
    (wait > limit).then(|| Violation::late(format!("a caller waited for {wait:.1?} instead of {limit:.1?}")))
}

/// Returns a violation for unexpected events. A busy machine may be the cause of timeouts, of
/// evaluations without a config, and of no event at all: a poll that was late has written the entry
/// once more, over the one with the fault.
pub(super) fn wrong_events(is_right: bool, found: &BTreeSet<u64>) -> Option<Violation> {
    let of_time = [NO_CONFIG, 1102, 2200, 2201];
    let is_late = found.is_empty() || of_time.iter().any(|event| found.contains(event));
    (!is_right).then(|| Violation { text: format!("the events {found:?}"), is_late })
}

/// Waits until the condition is true. Returns whether that was within [`PATIENCE`].
pub(super) fn soon(is_true: impl Fn() -> bool) -> bool {
    within(PATIENCE, is_true)
}

/// Waits until the condition is true. Returns whether that was within this time.
pub(super) fn within(time: Duration, is_true: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + time;
    while !is_true() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(PAUSE);
    }
    true
}

/// Returns the place of a value in [`VALUES`], counted from 1; 0 for the empty text before the
/// first evaluation.
fn rank(value: &str) -> usize {
    VALUES.iter().position(|known| *known == value).map_or(0, |place| place + 1)
}
