//! One client in one trial: its CDN, its callers, and what must not happen to them. The same for
//! all axes.

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
use crate::watch::Watch;

/// Within this time anything happens that happens at all, on a busy machine too.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The threads that evaluate, and the time between their calls.
const READERS: usize = 3;
const PAUSE: Duration = Duration::from_millis(5);

/// The values of the flag, in the order in which a client may see them.
const VALUES: [&str; 6] = [DEFAULT, OLD, NEW, MOVED, NEXT, RECOVERED];
pub(super) const DEFAULT: &str = "default";
pub(super) const OLD: &str = "old";
pub(super) const NEW: &str = "new";
/// At the host that a config has named.
pub(super) const MOVED: &str = "moved";
/// A further change, while the fault lasts.
pub(super) const NEXT: &str = "next";
pub(super) const RECOVERED: &str = "recovered";

/// The event of an evaluation without a config.
pub(super) const NO_CONFIG: u64 = 1000;

/// The parts of a trial that live as long as it.
pub(super) struct Trial {
    pub(super) cdn: Cdn,
    pub(super) watch: Watch,
    fetches: Arc<AtomicUsize>,
}

/// The experience of callers during a part of a trial.
pub(super) struct Usage {
    pub(super) longest_wait: Duration,
    /// The time until the last of them was through.
    pub(super) took: Duration,
    pub(super) violations: Vec<Violation>,
}

impl Trial {
    /// Runs a trial with a CDN that has the old config, and looks for threads that outlive it and
    /// for panics.
    pub(super) fn run(run: impl FnOnce(&Self) -> Result<Outcome, BoxError>) -> Outcome {
        let trial = Self {
            cdn: Cdn::new(&config(OLD)),
            watch: Watch::new(LevelFilter::Trace),
            fetches: Arc::default(),
        };
        let mut outcome = run(&trial).unwrap_or_else(|error| Outcome {
            violations: vec![Violation::wrong(format!("the trial has failed: {error}"))],
            ..Outcome::default()
        });
        // The client has been dropped.
        if !soon(|| trial.watch.workers() == 0 && trial.watch.cache_threads() == 0) {
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
        Client::builder(SDK_KEY)
            .base_url(self.cdn.url())
            .proxy(Proxy::None)
            .polling_mode(mode)
            .request_timeout(REQUEST_TIMEOUT)
            .cache(cache)
            .jitter(0.0)
            .clock(self.watch.clock())
            .hooks(|hooks| {
                hooks.on_config_fetched(move |_| {
                    fetches.fetch_add(1, Ordering::SeqCst);
                });
            })
            .build()
    }

    /// How many fetches have ended.
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
            // Some caller evaluates before there was a refresh.
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
            // The watch has seen those that panic.
            callers.into_iter().filter_map(|caller| caller.join().ok()).collect()
        });
        Usage {
            longest_wait: callers.iter().map(|caller| caller.longest_wait).max().unwrap_or_default(),
            took: start.elapsed(),
            violations: callers.into_iter().flat_map(|caller| caller.violations).collect(),
        }
    }

    /// Uses the client until all callers see that value; a violation if that takes longer than the
    /// limit.
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

    /// Checks the threads of the client's own.
    pub(super) fn wrong_workers(&self, client: &Client, mode: Mode) -> Option<Violation> {
        let count = self.watch.workers();
        let is_right =
            count == usize::from(mode == Mode::Auto) && client.health().worker_alive != Some(false);
        (!is_right).then(|| Violation::wrong(format!("{count} threads")))
    }
}

/// A thread that uses the client.
struct Caller<'a> {
    client: &'a Client,
    /// The value that it has seen last.
    value: String,
    longest_wait: Duration,
    violations: Vec<Violation>,
}

impl<'a> Caller<'a> {
    fn new(trial: &Trial, client: &'a Client) -> Self {
        trial.watch.include_this_thread();
        Self { client, value: String::new(), longest_wait: Duration::ZERO, violations: Vec::new() }
    }

    /// Evaluates, and looks whether the value is older than the one before.
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

/// Lets a client get its first config.
pub(super) fn warm_up(client: &Client, mode: Mode) -> Result<(), BoxError> {
    match mode {
        Mode::Auto => drop(client.wait_for_ready(PATIENCE)),
        Mode::Lazy => {}
        Mode::Manual => client.force_refresh()?,
    }
    // In auto mode a busy machine may need longer than the max init wait.
    let is_warm = soon(|| client.get_value("flag", DEFAULT, None) == OLD);
    let state = client.wait_for_ready(PATIENCE);
    if is_warm && state != CacheState::NoFlagData {
        Ok(())
    } else {
        Err(format!("{state:?} at first").into())
    }
}

/// A config whose one flag has this value.
pub(super) fn config(value: &str) -> String {
    config_json([("flag", value)])
}

/// The same, with the base URL from which it is to be fetched, and the redirect mode.
pub(super) fn config_naming(value: &str, base_url: &str, redirect: u8) -> String {
    let preferences = format!(r#""p":{{"u":"{base_url}","r":{redirect},"#);
    config(value).replacen(r#""p":{"#, &preferences, 1)
}

/// The text of a cache entry that was fetched at that time.
pub(super) fn entry(config_json: &str, at: SystemTime) -> Result<String, BoxError> {
    let ms = u64::try_from(at.duration_since(UNIX_EPOCH)?.as_millis())?;
    // The ETag is the identity of an entry, so each config JSON has its own.
    let etag = format!("\"cached {}\"", config_json.len());
    Ok(Entry::new(ms, &etag, config_json)?.to_string())
}

pub(super) fn hour_ago() -> SystemTime {
    SystemTime::now() - Duration::from_secs(3600)
}

pub(super) fn wrong_value(expected: &str, found: &str) -> Option<Violation> {
    (found != expected).then(|| Violation::wrong(format!("{found:?} instead of {expected:?}")))
}

/// A violation for a wait that was too long.
pub(super) fn waited(wait: Duration, limit: Duration) -> Option<Violation> {
    (wait > limit).then(|| Violation::late(format!("a caller waited for {wait:.1?} instead of {limit:.1?}")))
}

/// A violation for unexpected events. Time-outs and evaluations without a config may come from a
/// busy machine.
pub(super) fn wrong_events(is_right: bool, found: &BTreeSet<u64>) -> Option<Violation> {
    let is_late = [NO_CONFIG, 1102, 2200, 2201].iter().any(|event| found.contains(event));
    (!is_right).then(|| Violation { text: format!("the events {found:?}"), is_late })
}

/// Whether that becomes true within [`PATIENCE`].
pub(super) fn soon(is_true: impl Fn() -> bool) -> bool {
    within(PATIENCE, is_true)
}

/// Whether that becomes true in that time.
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

/// The place of a value in the order of [`VALUES`], from 1; 0 before there was one.
fn rank(value: &str) -> usize {
    VALUES.iter().position(|known| *known == value).map_or(0, |place| place + 1)
}
