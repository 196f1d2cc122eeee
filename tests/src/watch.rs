//! Watches clients in a trial: their log records, panics, and live threads.
//!
//! Trials run at the same time, and a process has one logger and one panic hook. So each thread
//! knows the watch that it belongs to.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    panic,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError, RwLock},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use configcat::time::{Clock, Timer};
use configcat_testkit::SDK_KEY;
use log::{LevelFilter, Metadata, Record};

/// A record of the events, panics and threads of a trial.
#[derive(Clone, Default)]
pub struct Watch(Arc<Watched>);

#[derive(Default)]
struct Watched {
    seen: Mutex<Seen>,
    /// Each polling thread of the watch holds a clone while it lives, so the count of clones is
    /// that of threads.
    workers: Arc<()>,
    /// The same for the threads that call a cache.
    cache_threads: Arc<()>,
    /// Called by the logger whenever it is asked for a level, and for each record.
    in_logger: RwLock<Option<Arc<dyn Fn() + Send + Sync>>>,
}

#[derive(Default)]
struct Seen {
    events: BTreeSet<u64>,
    bad: Vec<String>,
}

thread_local! {
    static WATCHED_BY: RefCell<Option<(Watch, Option<Arc<()>>)>> = const { RefCell::new(None) };
}

/// The message of the panics that a trial causes on purpose.
pub const INTENDED_PANIC: &str = "a panic of the trial";

/// The findings on threads that belong to no watch.
static BAD_ELSEWHERE: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Watch {
    /// Watches this thread, and all threads that ask its [`clock`](Self::clock).
    ///
    /// The first watch of the process installs the logger and the panic hook.
    #[must_use]
    pub fn new(level: LevelFilter) -> Self {
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            // Fails if a test has installed its own logger. That test checks the log itself.
            let _ = log::set_logger(&Logger);
            let report = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if info.payload().downcast_ref() == Some(&INTENDED_PANIC) {
                    return;
                }
                report(info);
                note(|seen| seen.bad.push(format!("a panic: {info}")));
            }));
        });
        log::set_max_level(level);
        let watch = Self::default();
        watch.include_this_thread();
        watch
    }

    /// Returns the system's clock, which also includes each thread that asks it in the watch.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(WatchedClock { start: Instant::now(), watch: self.clone() })
    }

    /// Assigns this thread to the watch, instead of any other watch.
    pub fn include_this_thread(&self) {
        WATCHED_BY.with_borrow_mut(|known| {
            if known.as_ref().is_none_or(|(watch, _)| !Arc::ptr_eq(&watch.0, &self.0)) {
                let counter = match thread::current().name() {
                    Some("configcat") => Some(&self.0.workers),
                    Some("configcat-cache") => Some(&self.0.cache_threads),
                    _ => None,
                };
                *known = Some((self.clone(), counter.cloned()));
            }
        });
    }

    /// Returns the number of live threads of the SDK, except those that call a cache.
    #[must_use]
    pub fn workers(&self) -> usize {
        Arc::strong_count(&self.0.workers) - 1
    }

    /// Returns the number of live threads that call a cache, if the cache includes them in the
    /// watch.
    #[must_use]
    pub fn cache_threads(&self) -> usize {
        Arc::strong_count(&self.0.cache_threads) - 1
    }

    /// Makes the logger call this on threads of the watch, whenever it is asked for a level, and
    /// for each record.
    pub fn call_in_logger(&self, call: Option<Arc<dyn Fn() + Send + Sync>>) {
        *self.0.in_logger.write().unwrap_or_else(PoisonError::into_inner) = call;
    }

    /// Returns the watch that this thread belongs to.
    fn of_this_thread() -> Option<Self> {
        let watch =
            WATCHED_BY.try_with(|known| known.try_borrow().ok()?.as_ref().map(|(watch, _)| watch.clone()));
        watch.ok().flatten()
    }

    /// Returns the ids of the logged events, except evaluations (5000), those for debugging (from
    /// 6000), and long waits for the first config (4201), which depend on the load of the machine.
    #[must_use]
    pub fn events(&self) -> BTreeSet<u64> {
        lock(&self.0.seen).events.clone()
    }

    /// Takes the findings: panics, and records that contain the SDK key. Includes those of threads
    /// without a watch, which any trial may have caused.
    #[must_use]
    pub fn take_bad(&self) -> Vec<String> {
        let mut bad = std::mem::take(&mut lock(&self.0.seen).bad);
        bad.append(&mut lock(&BAD_ELSEWHERE));
        bad
    }
}

fn note(change: impl FnOnce(&mut Seen)) {
    if let Some(watch) = Watch::of_this_thread() {
        change(&mut lock(&watch.0.seen));
    } else {
        let mut seen = Seen::default();
        change(&mut seen);
        lock(&BAD_ELSEWHERE).append(&mut seen.bad);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Logger;

impl Logger {
    fn call() {
        let call = Watch::of_this_thread().and_then(|watch| {
            let call = watch.0.in_logger.read().unwrap_or_else(PoisonError::into_inner);
            call.clone()
        });
        if let Some(call) = call {
            call();
        }
    }
}

impl log::Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        Self::call();
        true
    }

    fn log(&self, record: &Record<'_>) {
        Self::call();
        let text = record.args().to_string();
        // Each half of the key is a secret.
        let has_key = SDK_KEY.split('/').skip(1).any(|part| text.contains(part));
        let is_of_sdk = record.target() == "configcat";
        let id = record.key_values().get("event_id".into()).and_then(|id| id.to_u64());
        note(|seen| {
            let is_counted = |id: &u64| is_of_sdk && *id < 6000 && ![4201, 5000].contains(id);
            seen.events.extend(id.filter(is_counted));
            if has_key {
                seen.bad.push(format!("the SDK key in a record: {text}"));
            }
        });
    }

    fn flush(&self) {}
}

struct WatchedClock {
    start: Instant,
    watch: Watch,
}

impl Clock for WatchedClock {
    fn monotonic(&self) -> Duration {
        self.watch.include_this_thread();
        self.start.elapsed()
    }

    fn unix_time(&self) -> Duration {
        self.watch.include_this_thread();
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn timer(&self, delay: Duration) -> Timer {
        self.watch.include_this_thread();
        Timer::after(delay)
    }
}
