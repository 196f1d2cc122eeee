//! One fault, in one mode and state.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use configcat::{
    CacheState, Client, ConfigCache, Entry, FetchErrorKind, MemoryCache, PollingMode, Proxy, RefreshError,
    RefreshErrorKind, cache_key,
};
use configcat_testkit::{Cdn, SDK_KEY};
use log::LevelFilter;

use super::{MAX_INIT_WAIT, Mode, REQUEST_TIMEOUT, SLACK, State, config, fault::Fault};
use crate::watch::Watch;

/// The least that there can be.
const INTERVAL: Duration = Duration::from_secs(1);
/// Within this time there is a poll, and it ends, and a thread of the SDK that is told to.
const PATIENCE: Duration = Duration::from_secs(10);
/// Threads that evaluate while the fault lasts, and the time between their calls.
const READERS: usize = 3;
const PAUSE: Duration = Duration::from_millis(2);

/// The event of an evaluation without a config.
const NO_CONFIG: u64 = 1000;

/// What clients have, and what they get.
const DEFAULT: &str = "default";
const OLD: &str = "old";
const NEW: &str = "new";
const RECOVERED: &str = "recovered";

/// What came of a fault.
#[derive(Default)]
pub(super) struct Outcome {
    /// What was returned when the client had met with the fault.
    pub(super) value: String,
    /// How long a caller had to wait.
    pub(super) wait: Duration,
    pub(super) requests: usize,
    pub(super) workers: usize,
    pub(super) events: BTreeSet<u64>,
    pub(super) failures: u32,
    pub(super) has_succeeded: bool,
    pub(super) violations: Vec<Violation>,
}

/// What should not have happened.
#[derive(Debug)]
pub(super) enum Violation {
    /// A caller waited longer than he may.
    Waited(Duration),
    /// No fetch ended in time.
    NoFetch,
    /// After the fault the client did not get well.
    Ill(RefreshError),
    /// A thread lives on without its client.
    LeftThread,
    WrongValue {
        expected: &'static str,
        found: String,
    },
    WrongWorkers(usize),
    WrongEvents(BTreeSet<u64>),
    /// A panic, or the SDK key in the log.
    Bad(String),
    /// The trial itself has failed.
    Broken(String),
}

impl Violation {
    /// Whether a machine that is busy can be to blame.
    pub(super) fn is_late(&self) -> bool {
        match self {
            Self::Waited(_) | Self::NoFetch | Self::LeftThread => true,
            Self::Ill(error) => matches!(
                error.kind(),
                RefreshErrorKind::StillRunning | RefreshErrorKind::Fetch(FetchErrorKind::TimedOut)
            ),
            // A time-out, or the default after the max init wait, where there should be none.
            Self::WrongEvents(events) => events.contains(&1102) || events.contains(&NO_CONFIG),
            Self::WrongValue { .. } | Self::WrongWorkers(_) | Self::Bad(_) | Self::Broken(_) => false,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waited(time) => write!(f, "a caller waited for {time:?}"),
            Self::NoFetch => write!(f, "no fetch has ended within {PATIENCE:?}"),
            Self::Ill(error) => write!(f, "after the fault: {error}"),
            Self::LeftThread => write!(f, "a thread lives on after its client"),
            Self::WrongValue { expected, found } => write!(f, "{found:?} instead of {expected:?}"),
            Self::WrongEvents(events) => write!(f, "the events {events:?}"),
            Self::WrongWorkers(count) => write!(f, "{count} threads"),
            Self::Bad(what) | Self::Broken(what) => f.write_str(what),
        }
    }
}

/// Lets a client in that state meet with the fault, and then get well.
pub(super) fn run(mode: Mode, state: State, fault: &Fault) -> Outcome {
    let watch = Watch::new(LevelFilter::Trace);
    let mut outcome = match meet(mode, state, fault, &watch) {
        Ok(outcome) => outcome,
        Err(error) => {
            Outcome { violations: vec![Violation::Broken(error.to_string())], ..Outcome::default() }
        }
    };
    // The client has been dropped.
    if !soon(|| watch.workers() == 0) {
        outcome.violations.push(Violation::LeftThread);
    }
    outcome.violations.extend(watch.take_bad().into_iter().map(Violation::Bad));
    outcome
}

fn meet(
    mode: Mode,
    state: State,
    fault: &Fault,
    watch: &Watch,
) -> Result<Outcome, Box<dyn Error + Send + Sync>> {
    let cdn = Cdn::new(&config(OLD, None));
    let cache = MemoryCache::new();
    if state == State::WarmCache {
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        let ms = u64::try_from(hour_ago.duration_since(UNIX_EPOCH)?.as_millis())?;
        cache.write(&cache_key(SDK_KEY), &Entry::new(ms, "\"old\"", &config(OLD, None))?.to_string())?;
    }
    if state != State::WarmMemory {
        fault.begin(&cdn, NEW);
    }
    let fetches = Arc::new(AtomicUsize::new(0));
    let client = client(&cdn, mode, cache, watch, &fetches)?;
    let mut before = (0, 0);
    if state == State::WarmMemory {
        warm_up(&client, mode)?;
        before = (cdn.count(), fetches.load(Ordering::SeqCst));
        fault.begin(&cdn, NEW);
    }

    let has_fetched = || fetches.load(Ordering::SeqCst) > before.1;
    let wait = use_until(&client, mode, watch, has_fetched);
    let mut violations = Vec::new();
    if !has_fetched() {
        violations.push(Violation::NoFetch);
    }
    if wait > limit(mode, state, fault) {
        violations.push(Violation::Waited(wait));
    }
    let value = client.get_value("flag", DEFAULT, None);
    let health = client.health();
    let workers = watch.workers();
    let (requests, events) = (cdn.count() - before.0, watch.events());
    if workers != usize::from(mode == Mode::Auto) || health.worker_alive == Some(false) {
        violations.push(Violation::WrongWorkers(workers));
    }
    violations.extend(wrong_value(expected_value(state, fault), &value));
    violations.extend(wrong_events(mode, state, fault, &events));

    Fault::end(&cdn, RECOVERED);
    match client.force_refresh() {
        Err(error) => violations.push(Violation::Ill(error)),
        Ok(()) => violations.extend(wrong_value(RECOVERED, &client.get_value("flag", DEFAULT, None))),
    }
    let (failures, has_succeeded) = (health.consecutive_failures, health.last_success.is_some());
    Ok(Outcome { value, wait, requests, workers, events, failures, has_succeeded, violations })
}

fn client(
    cdn: &Cdn,
    mode: Mode,
    cache: MemoryCache,
    watch: &Watch,
    fetches: &Arc<AtomicUsize>,
) -> Result<Client, configcat::BuildError> {
    let mode = match mode {
        Mode::Auto => PollingMode::auto().interval(INTERVAL).max_init_wait(MAX_INIT_WAIT),
        Mode::Lazy => PollingMode::lazy().interval(INTERVAL),
        Mode::Manual => PollingMode::manual(),
    };
    let fetches = Arc::clone(fetches);
    Client::builder(SDK_KEY)
        .base_url(cdn.url())
        .proxy(Proxy::None)
        .polling_mode(mode)
        .request_timeout(REQUEST_TIMEOUT)
        .cache(cache)
        .jitter(0.0)
        .clock(watch.clock())
        .hooks(|hooks| {
            hooks.on_config_fetched(move |_| {
                fetches.fetch_add(1, Ordering::SeqCst);
            });
        })
        .build()
}

/// Lets a client get its first config.
fn warm_up(client: &Client, mode: Mode) -> Result<(), Box<dyn Error + Send + Sync>> {
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

/// Evaluates on several threads, and in manual mode refreshes on one, until there was a fetch; how long it made one of
/// them wait at most.
fn use_until(client: &Client, mode: Mode, watch: &Watch, has_fetched: impl Fn() -> bool + Sync) -> Duration {
    let deadline = Instant::now() + PATIENCE;
    let evaluate = || {
        watch.include_this_thread();
        let mut longest = Duration::ZERO;
        loop {
            let is_last = has_fetched() || Instant::now() > deadline;
            longest = longest.max(time(|| client.get_value("flag", DEFAULT, None)));
            if is_last {
                return longest;
            }
            thread::sleep(PAUSE);
        }
    };
    let refresh = || {
        watch.include_this_thread();
        time(|| client.force_refresh())
    };
    // In manual mode there is somebody who has evaluated before there was a refresh.
    let first =
        if mode == Mode::Manual { time(|| client.get_value("flag", DEFAULT, None)) } else { Duration::ZERO };
    thread::scope(|scope| {
        let mut callers: Vec<_> = (0..READERS).map(|_| scope.spawn(evaluate)).collect();
        callers.extend((mode == Mode::Manual).then(|| scope.spawn(refresh)));
        // Who panics was seen by the watch.
        callers.into_iter().map(|caller| caller.join().unwrap_or_default()).fold(first, Duration::max)
    })
}

/// How long a caller may wait.
pub(super) fn limit(mode: Mode, state: State, fault: &Fault) -> Duration {
    let wait = match mode {
        _ if !fault.is_slow => Duration::ZERO,
        // What is in memory is there at once.
        Mode::Auto if state == State::WarmMemory => Duration::ZERO,
        Mode::Auto => MAX_INIT_WAIT,
        Mode::Lazy | Mode::Manual => REQUEST_TIMEOUT,
    };
    wait + SLACK
}

fn expected_value(state: State, fault: &Fault) -> &'static str {
    match state {
        _ if fault.brings_config => NEW,
        State::Cold => DEFAULT,
        State::WarmCache | State::WarmMemory => OLD,
    }
}

fn wrong_value(expected: &'static str, found: &str) -> Option<Violation> {
    (found != expected).then(|| Violation::WrongValue { expected, found: found.to_owned() })
}

fn wrong_events(mode: Mode, state: State, fault: &Fault, found: &BTreeSet<u64>) -> Option<Violation> {
    let mut of_fault = found.clone();
    let misses_config = of_fault.remove(&NO_CONFIG);
    // In manual mode flags are evaluated before there was a refresh.
    let may_miss = state == State::Cold && (mode == Mode::Manual || !fault.brings_config);
    let expected = fault.events(state);
    let is_right = match of_fault.len() {
        0 => expected.is_empty(),
        1 => of_fault.iter().all(|event| expected.contains(event)),
        _ => false,
    };
    (!is_right || misses_config != may_miss).then(|| Violation::WrongEvents(found.clone()))
}

fn time<T>(run: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    drop(run());
    start.elapsed()
}

/// Whether that comes true within [`PATIENCE`].
fn soon(is_true: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !is_true() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(PAUSE);
    }
    true
}
