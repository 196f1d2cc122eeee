//! A long run of a client under load, while the config changes every few milliseconds, the CDN and
//! the cache fail at random, and the logger evaluates flags.

mod histogram;
mod load;
mod process;

use std::{
    error::Error,
    fmt,
    panic::resume_unwind,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use configcat::{Client, PollingMode, fetch::Proxy};
use configcat_testkit::{Cdn, SDK_KEY};
use log::LevelFilter;

use self::{
    histogram::Histogram,
    load::{Counts, Load, REQUEST_TIMEOUT, Random, edition},
    process::{resident, threads_named},
};
use crate::{faulty_cache::FaultyCache, watch::Watch};

const READERS: usize = 6;
const REFRESHERS: usize = 3;
/// The period of the checks of the process, and the number of checks between two lines of output.
const TICK: Duration = Duration::from_millis(100);
const TICKS_A_LINE: u32 = 100;

/// The repeated counts of threads after a wrong one. A thread that starts or ends is counted wrong
/// for a moment.
const LOOKS: usize = 100;
/// The time between two counts.
const LOOK: Duration = Duration::from_millis(1);

/// The time before memory is measured; half of the run if that is shorter. Until then the allocator
/// grows to its size under this load.
const WARM_UP: Duration = Duration::from_secs(60);
/// The limit of the growth of memory after the warm-up, in bytes: a leak of 100 bytes for each
/// config, of some hundred a second, exceeds it within a minute or two.
const MAX_GROWTH: u64 = 1 << 20;
/// The longest time without a new config. Some threads refresh all the time, and each fault of the
/// CDN ends within 45 ms, so only a client that is stuck takes as long.
const MAX_STANDSTILL: Duration = Duration::from_secs(10);
/// The limit of an evaluation. A busy machine delays it by far less, so a longer one has waited for
/// a lock or for I/O.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// The limit of a refresh: the same, after its request timeout.
const MAX_REFRESH: Duration = Duration::from_secs(1).saturating_add(REQUEST_TIMEOUT);
const MAX_CLOSE: Duration = Duration::from_millis(100);

/// The results of a run.
pub struct Report {
    took: Duration,
    seed: u64,
    counts: Counts,
    published: u64,
    requests: usize,
    evaluations: Histogram,
    refreshes: Histogram,
    overhead: Duration,
    /// The resident memory after the warm-up, then the most, then the last.
    memory: Option<[u64; 3]>,
    /// The events that must not happen, and have happened.
    pub violations: Vec<String>,
}

/// Runs a client under load for this time.
///
/// # Errors
///
/// The client cannot be built.
pub fn run(time: Duration, seed: u64) -> Result<Report, Box<dyn Error>> {
    let watch = Watch::new(LevelFilter::Warn);
    let cdn = Cdn::new(&edition(0));
    let cache = FaultyCache::new(&watch, None);
    let client = Client::builder(SDK_KEY)
        .base_url(cdn.url())
        .proxy(Proxy::None)
        .polling_mode(PollingMode::auto().interval(Duration::from_secs(1)))
        .request_timeout(REQUEST_TIMEOUT)
        .cache(cache.clone())
        .clock(watch.clock())
        .build()?;
    client.force_refresh()?;
    let load = Load {
        client: &client,
        cdn: &cdn,
        cache: &cache,
        watch: &watch,
        is_over: AtomicBool::new(false),
        published: AtomicU64::new(0),
        counts: Counts::default(),
        violations: Mutex::default(),
    };
    load.evaluate_in_logger();
    let (evaluations, refreshes, memory) = under_load(&load, time, seed);
    // The call holds a clone of the client, which would otherwise keep it open.
    watch.call_in_logger(None);
    check_end(&load, &evaluations, &refreshes);
    let requests = cdn.count();
    let Load { published, counts, violations, .. } = load;
    let mut violations = violations.into_inner().unwrap_or_else(PoisonError::into_inner);
    violations.extend(watch.take_bad());
    Ok(Report {
        took: time,
        seed,
        counts,
        published: published.into_inner(),
        requests,
        evaluations,
        refreshes,
        overhead: overhead(),
        memory,
        violations,
    })
}

/// Runs all threads. Returns the times of evaluations and refreshes, and the memory.
fn under_load(load: &Load<'_>, time: Duration, seed: u64) -> (Histogram, Histogram, Option<[u64; 3]>) {
    let subscription = load.client.hooks().on_config_changed({
        let changes = load.counts.changes.clone();
        move |_| {
            changes.fetch_add(1, Ordering::Relaxed);
        }
    });
    let result = thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(|| load.read())).collect();
        let refreshers: Vec<_> = (0..REFRESHERS).map(|_| scope.spawn(|| load.refresh())).collect();
        scope.spawn(|| load.publish());
        scope.spawn(|| load.subscribe());
        scope.spawn(|| load.toggle());
        scope.spawn(|| load.toggle_log());
        scope.spawn(|| load.disturb(Random(seed)));
        scope.spawn(|| load.disturb_cache(Random(!seed)));
        let memory = observe(load, time);
        load.is_over.store(true, Ordering::Relaxed);
        let sum = |threads: Vec<thread::ScopedJoinHandle<'_, Histogram>>| {
            let mut sum = Histogram::new();
            threads
                .into_iter()
                .for_each(|one| sum.merge(&one.join().unwrap_or_else(|panic| resume_unwind(panic))));
            sum
        };
        (sum(readers), sum(refreshers), memory)
    });
    load.client.hooks().unsubscribe(subscription);
    result
}

/// Checks the process until the time is over. Returns the resident memory after the warm-up, then
/// the most, then the last.
fn observe(load: &Load<'_>, time: Duration) -> Option<[u64; 3]> {
    let start = Instant::now();
    let warm_up = WARM_UP.min(time / 2);
    let mut memory: Option<[u64; 3]> = None;
    let mut last_change = (0, start);
    for tick in 1.. {
        thread::sleep(TICK);
        drop(load.cdn.take_requests());
        let is_over = start.elapsed() >= time;
        let changes = load.counts.changes.load(Ordering::Relaxed);
        if changes > last_change.0 {
            last_change = (changes, Instant::now());
        } else if last_change.1.elapsed() > MAX_STANDSTILL {
            load.violated(format!("no new config for {MAX_STANDSTILL:?}"));
            last_change.1 = Instant::now();
        }
        check_threads(load, 1);
        if let Some(now) = resident().filter(|_| start.elapsed() >= warm_up) {
            let [first, most, _] = memory.unwrap_or([now; 3]);
            memory = Some([first, most.max(now), now]);
        }
        if is_over || tick % TICKS_A_LINE == 0 {
            println!(
                "{:4.0} s  {:>12} evaluations  {changes:>8} configs seen  {:>9} requests  {} failures in a row  {} KiB",
                start.elapsed().as_secs_f64(),
                load.counts.evaluations.load(Ordering::Relaxed),
                load.cdn.count(),
                load.client.health().consecutive_failures,
                resident().unwrap_or_default() / 1024,
            );
        }
        if is_over {
            break;
        }
    }
    if let Some([first, most, _]) = memory.filter(|[first, most, _]| most - first >= MAX_GROWTH) {
        load.violated(format!("memory grew by {} KiB", (most - first) / 1024));
    }
    memory
}

/// Checks the number of threads of the SDK, counted by name and by the watch, and of those that
/// call the cache.
fn check_threads(load: &Load<'_>, expected: usize) {
    let known = load.watch.workers();
    if known != expected {
        load.violated(format!("{known} threads instead of {expected}"));
    }
    // A new thread has the name of its parent at first, and a thread whose call of the cache has
    // returned may end while the next one begins. Neither lasts, so only a wrong count that stays
    // is reported.
    let still = |is_wrong: &dyn Fn() -> bool| {
        thread::sleep(LOOK);
        is_wrong()
    };
    let lasts = |is_wrong: &dyn Fn() -> bool| is_wrong() && (0..LOOKS).all(|_| still(is_wrong));
    if lasts(&|| threads_named("configcat").is_some_and(|count| count != expected)) {
        load.violated(format!("not {expected} threads by name"));
    }
    if lasts(&|| threads_named("configcat-cache").is_some_and(|count| count > expected)) {
        load.violated(format!("more than {expected} threads for the cache"));
    }
    let worker_alive = load.client.health().worker_alive;
    if worker_alive != Some(expected > 0) {
        load.violated(format!("worker alive: {worker_alive:?}"));
    }
}

/// Checks the end, without faults: the last config arrives, closing is quick, and the thread ends.
fn check_end(load: &Load<'_>, evaluations: &Histogram, refreshes: &Histogram) {
    let last = i64::try_from(load.published.load(Ordering::SeqCst)).unwrap_or(i64::MAX);
    let most = load.cache.most_running();
    if most > 1 {
        load.violated(format!("{most} calls of the cache at a time"));
    }
    load.client.set_online();
    let result = load.client.force_refresh();
    let number = load.client.get_value("number", -1, None);
    if number != last {
        load.violated(format!(
            "at the end there is {number} instead of {last}, and the refresh says {result:?}"
        ));
    }
    let start = Instant::now();
    load.client.close();
    let closing = start.elapsed();
    if closing > MAX_CLOSE {
        load.violated(format!("closing took {closing:?}"));
    }
    let has_named = || ["configcat", "configcat-cache"].iter().any(|name| threads_named(name) > Some(0));
    let has_threads = || load.watch.workers() > 0 || has_named();
    while has_threads() && start.elapsed() < MAX_WAIT {
        thread::sleep(Duration::from_millis(1));
    }
    check_threads(load, 0);
    for (what, times, limit) in [("evaluation", evaluations, MAX_WAIT), ("refresh", refreshes, MAX_REFRESH)] {
        if times.longest() > limit {
            load.violated(format!("an {what} took {:?}", times.longest()));
        }
    }
}

/// Returns the part of an evaluation's time that the measurement itself takes.
fn overhead() -> Duration {
    let mut times = Histogram::new();
    for _ in 0..10_000 {
        let start = Instant::now();
        times.add(start.elapsed());
    }
    times.quantile(500)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counts { refreshes, failed_refreshes, changes, faults, cache_faults, .. } = &self.counts;
        let Counts { toggles, subscriptions, within_logger, .. } = &self.counts;
        writeln!(f, "{:.0} s, seed {}", self.took.as_secs_f64(), self.seed)?;
        writeln!(
            f,
            "{} configs published, {} seen, {} requests",
            self.published,
            count(changes),
            self.requests
        )?;
        writeln!(f, "{} refreshes, {} failed", count(refreshes), count(failed_refreshes))?;
        writeln!(
            f,
            "{} faults of the CDN, {} of the cache, {} times offline and back, {} times 4 hooks, {} evaluations by the logger",
            count(faults),
            count(cache_faults),
            count(toggles),
            count(subscriptions),
            count(within_logger),
        )?;
        for (what, times) in [("get_value", &self.evaluations), ("force_refresh", &self.refreshes)] {
            let [p50, p99, p999] = [500, 990, 999].map(|share| times.quantile(share));
            let (longest, count) = (times.longest(), times.count());
            writeln!(f, "{what}: p50 {p50:?}, p99 {p99:?}, p99.9 {p999:?}, max {longest:?}, of {count}")?;
        }
        writeln!(f, "of which reading the time is {:?}", self.overhead)?;
        if let Some(memory) = self.memory {
            let [first, most, last] = memory.map(|bytes| bytes / 1024);
            writeln!(f, "memory: {first} KiB after the warm-up, at most {most} KiB, {last} KiB at the end")?;
        }
        self.violations.iter().try_for_each(|violation| writeln!(f, "VIOLATION {violation}"))?;
        write!(f, "{} violations", self.violations.len())
    }
}
