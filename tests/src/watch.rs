//! Watches clients in a trial: what they log, whether something panics, and which threads of theirs
//! live.
//!
//! Trials run at once, and there is one logger and one panic hook, so each thread knows the watch
//! that it belongs to.

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

/// What the threads of a trial do.
#[derive(Clone, Default)]
pub struct Watch(Arc<Watched>);

#[derive(Default)]
struct Watched {
    seen: Mutex<Seen>,
    /// Each thread of the SDK that belongs to the watch holds a clone, as long as it lives.
    workers: Arc<()>,
    /// So does each of its threads that call a cache, of this one.
    cache_threads: Arc<()>,
    /// Called by the logger whenever it is asked or gets a record.
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

/// The message of panics that belong to a trial.
pub const INTENDED_PANIC: &str = "a panic of the trial";

/// What was bad on threads that belong to no watch.
static BAD_ELSEWHERE: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Watch {
    /// Watches this thread, and all that ask its [`clock`](Self::clock).
    ///
    /// The first one of the process takes the logger and the panic hook.
    #[must_use]
    pub fn new(level: LevelFilter) -> Self {
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            // Where there is a logger already, its owner watches the log.
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

    /// A clock that is the system's, and includes the threads that ask it.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(WatchedClock { start: Instant::now(), watch: self.clone() })
    }

    /// What this thread does belongs to the watch from now on, and to no other.
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

    /// How many threads of the SDK live, except those that call a cache.
    #[must_use]
    pub fn workers(&self) -> usize {
        Arc::strong_count(&self.0.workers) - 1
    }

    /// How many threads live that call a cache which includes them.
    #[must_use]
    pub fn cache_threads(&self) -> usize {
        Arc::strong_count(&self.0.cache_threads) - 1
    }

    /// Lets the logger call this on threads of the watch, whenever it is asked for a level and
    /// whenever it gets a record.
    pub fn call_in_logger(&self, call: Option<Arc<dyn Fn() + Send + Sync>>) {
        *self.0.in_logger.write().unwrap_or_else(PoisonError::into_inner) = call;
    }

    /// The watch that this thread belongs to.
    fn of_this_thread() -> Option<Self> {
        let watch =
            WATCHED_BY.try_with(|known| known.try_borrow().ok()?.as_ref().map(|(watch, _)| watch.clone()));
        watch.ok().flatten()
    }

    /// The ids of the events that were logged, but for evaluations (5000).
    #[must_use]
    pub fn events(&self) -> BTreeSet<u64> {
        lock(&self.0.seen).events.clone()
    }

    /// Panics, and records with the SDK key in them, those of threads that belong to no watch among
    /// them.
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
        // Either half of it is too much.
        let has_key = SDK_KEY.split('/').skip(1).any(|part| text.contains(part));
        let is_of_sdk = record.target() == "configcat";
        let id = record.key_values().get("event_id".into()).and_then(|id| id.to_u64());
        note(|seen| {
            seen.events.extend(id.filter(|id| is_of_sdk && *id != 5000));
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
