//! The load on a client, each part on threads of its own.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use configcat::{Client, Config, Flag, Snapshot, Value};
use configcat_testkit::{Cdn, Reply, config_json};
use log::LevelFilter;

use super::histogram::Histogram;
use crate::{
    faulty_cache::{Act, Behaviour, FaultyCache, Planted},
    watch::Watch,
};

/// The request timeout of the client. Short, so that silent answers of the CDN cost little time.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_millis(300);
/// The time between two configs: some hundred a second, so that most evaluations meet a new one.
const EDITION: Duration = Duration::from_millis(3);
/// The evaluations of a reader before it yields. Fewer would measure the scheduler; many more would
/// starve the other threads on two processors.
const BURST: usize = 100;
const BREATH: Duration = Duration::from_micros(500);

static NUMBER: Flag<i64> = Flag::new("number", -1);

/// The state that all threads share.
pub(super) struct Load<'a> {
    pub(super) client: &'a Client,
    pub(super) cdn: &'a Cdn,
    pub(super) cache: &'a FaultyCache,
    pub(super) watch: &'a Watch,
    pub(super) is_over: AtomicBool,
    /// The number of the last config of the CDN. Set before the config is served, so that no reader
    /// sees a higher one.
    pub(super) published: AtomicU64,
    pub(super) counts: Counts,
    pub(super) violations: Mutex<Vec<String>>,
}

/// Counts of events.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) evaluations: AtomicU64,
    pub(super) changes: Arc<AtomicU64>,
    pub(super) refreshes: AtomicU64,
    pub(super) failed_refreshes: AtomicU64,
    pub(super) faults: AtomicU64,
    pub(super) cache_faults: AtomicU64,
    /// Evaluations by the logger.
    pub(super) within_logger: Arc<AtomicU64>,
    pub(super) toggles: AtomicU64,
    pub(super) subscriptions: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Returns a config whose settings all have this number as value, one of them as text.
pub(super) fn edition(number: u64) -> String {
    let value = Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    config_json([("number", value.clone()), ("same", value), ("text", format!("edition {number}").into())])
}

impl Load<'_> {
    pub(super) fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Reports an event that must not happen. Keeps the first ones only, since later ones have the
    /// same cause.
    pub(super) fn violated(&self, what: String) {
        let mut violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        if violations.len() < 20 {
            violations.push(what);
        }
    }

    /// Puts one config after the other on the CDN.
    pub(super) fn publish(&self) {
        while self.goes_on() {
            let number = self.published.fetch_add(1, Ordering::SeqCst) + 1;
            self.cdn.serve(&edition(number));
            thread::sleep(EDITION);
        }
    }

    /// Evaluates, and checks that all values come from one published config, never from an older
    /// one than before.
    pub(super) fn read(&self) -> Histogram {
        self.watch.include_this_thread();
        let (mut times, mut last) = (Histogram::new(), 0);
        while self.goes_on() {
            for _ in 0..BURST {
                let start = Instant::now();
                let number = self.client.get_value("number", -1, None);
                times.add(start.elapsed());
                last = self.later(last, number, "by key");
                last = self.later(last, self.client.get(&NUMBER, None), "by typed flag");
                count(&self.counts.evaluations);
            }
            let snapshot = self.client.snapshot();
            last = self.later(last, self.of_one_config(&snapshot), "by snapshot");
            thread::sleep(BREATH);
        }
        times
    }

    fn later(&self, last: i64, number: i64, how: &str) -> i64 {
        if number < last {
            self.violated(format!("back in time {how}: {number} after {last}"));
        }
        if u64::try_from(number).is_ok_and(|number| number > self.published.load(Ordering::SeqCst)) {
            self.violated(format!("a value {how} that there never was: {number}"));
        }
        last.max(number)
    }

    fn of_one_config(&self, snapshot: &Snapshot) -> i64 {
        let number = snapshot.get_value("number", -1, None);
        let (same, text) = (snapshot.get_value("same", -2, None), snapshot.get_value("text", "", None));
        if same != number || text != format!("edition {number}") {
            self.violated(format!("one snapshot of two configs: {number}, {same}, {text:?}"));
        }
        number
    }

    /// Refreshes the client, and measures the time of each refresh.
    pub(super) fn refresh(&self) -> Histogram {
        self.watch.include_this_thread();
        let mut times = Histogram::new();
        while self.goes_on() {
            let start = Instant::now();
            let result = self.client.force_refresh();
            times.add(start.elapsed());
            count(&self.counts.refreshes);
            if result.is_err() {
                count(&self.counts.failed_refreshes);
            }
            thread::sleep(BREATH);
        }
        times
    }

    /// Subscribes callbacks of all kinds, and unsubscribes them.
    pub(super) fn subscribe(&self) {
        self.watch.include_this_thread();
        let hooks = self.client.hooks();
        while self.goes_on() {
            let subscriptions = [
                hooks.on_flag_evaluated(|details| assert!(!details.key.is_empty(), "of no flag")),
                hooks.on_config_changed(|config| assert!(is_whole(config), "half a config")),
                hooks.on_flags_changed(|flags| assert!(flags.keys().next().is_some(), "no flag changed")),
                hooks.on_config_fetched(|_| {}),
                hooks.on_error(|error| assert!(error.event_id < 3000, "{error:?} is none")),
            ];
            count(&self.counts.subscriptions);
            thread::sleep(EDITION);
            subscriptions.into_iter().for_each(|subscription| hooks.unsubscribe(subscription));
            thread::sleep(EDITION);
        }
    }

    /// Sets the client offline and online.
    pub(super) fn toggle(&self) {
        self.watch.include_this_thread();
        while self.goes_on() {
            thread::sleep(10 * EDITION);
            self.client.set_offline();
            thread::sleep(EDITION);
            self.client.set_online();
            count(&self.counts.toggles);
        }
    }

    /// Makes the cache hang or fail at random, and work again.
    pub(super) fn disturb_cache(&self, mut random: Random) {
        let acts = [Act::Hang, Act::Hang, Act::After(REQUEST_TIMEOUT), Act::Fail("fails"), Act::Panic];
        let act = |random: &mut Random| {
            let which = usize::try_from(random.below(acts.len() as u64 + 1)).unwrap_or(0);
            acts.get(which).cloned().unwrap_or(Act::Work)
        };
        while self.goes_on() {
            let (read, write) = (act(&mut random), act(&mut random));
            self.cache.begin(Behaviour { read, write, planted: Planted::Nothing });
            count(&self.counts.cache_faults);
            thread::sleep(Duration::from_millis(random.below(400)));
            self.cache.recover();
            thread::sleep(Duration::from_millis(random.below(400)));
        }
    }

    /// Switches the evaluation log on and off. It is off most of the time, since each logged
    /// evaluation is slow.
    pub(super) fn toggle_log(&self) {
        while self.goes_on() {
            log::set_max_level(LevelFilter::Info);
            thread::sleep(30 * EDITION);
            log::set_max_level(LevelFilter::Warn);
            thread::sleep(300 * EDITION);
        }
    }

    /// Makes the logger evaluate whenever it is asked for a level, and for each record.
    pub(super) fn evaluate_in_logger(&self) {
        let (client, count) = (self.client.clone(), Arc::clone(&self.counts.within_logger));
        self.watch.call_in_logger(Some(Arc::new(move || {
            let number = client.get_value("number", -1, None);
            assert!(number >= 0, "a logger gets the default");
            count.fetch_add(1, Ordering::Relaxed);
        })));
    }

    /// Makes the CDN fail at random, and work in between.
    pub(super) fn disturb(&self, mut random: Random) {
        let faults = faults();
        while self.goes_on() {
            let pause = |random: &mut Random| Duration::from_millis(5 + random.below(40));
            let which = usize::try_from(random.below(faults.len() as u64 + 1)).unwrap_or(0);
            match faults.get(which) {
                Some(reply) => self.cdn.set_always(reply.clone()),
                None => self.cdn.refuse_connections(),
            }
            count(&self.counts.faults);
            thread::sleep(pause(&mut random));
            self.cdn.set_always(Reply::content());
            self.cdn.accept_connections();
            self.cdn.release();
            thread::sleep(pause(&mut random));
        }
    }
}

fn is_whole(config: &Config) -> bool {
    let value = |key| config.evaluate(key, None).ok().and_then(|evaluation| evaluation.value().as_int());
    value("number").is_some() && value("number") == value("same")
}

fn faults() -> Vec<Reply> {
    vec![
        Reply::close(),
        Reply::reset(),
        Reply::raw("garbage\r\n\r\n"),
        Reply::content().half_of_body(),
        Reply::content().half_of_body().then_reset(),
        Reply::content().then_reset(),
        Reply::content().content_length(5),
        Reply::content().content_length(100_000).then_close(),
        Reply::content().delay(Duration::from_millis(10)),
        Reply::content().drip(Duration::from_millis(1)),
        Reply::hang(),
        Reply::body("<html></html>"),
        Reply::status(304),
        Reply::status(404),
        Reply::status(429).header("Retry-After", "1"),
        Reply::status(500),
        Reply::redirect(302, "/round-and-round"),
    ]
}

/// Random numbers from a seed (SplitMix64), so that a run can be repeated.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % limit.max(1)
    }
}
