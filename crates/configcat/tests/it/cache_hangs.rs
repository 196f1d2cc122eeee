//! Caches that do not return: the client goes on without them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use configcat::{CacheState, Client, ClientBuilder, ConfigCache, PollingMode, cache::BoxError};
use log::Level;

use crate::support::{
    Cdn, Fault, MINUTE, Mailbox, ManualClock, PATIENCE, Reply, SECOND, TestCache, client, entry, patiently,
    text_config, timed,
};

/// Request timeout; half of it is the deadline of a cache call. It is short because a late call
/// passes it in real time.
const TIMEOUT: Duration = Duration::from_millis(200);

/// Cache that counts concurrent calls.
#[derive(Clone)]
struct Counted {
    cache: TestCache,
    inside: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Counted {
    fn new(cache: &TestCache) -> Self {
        Self { cache: cache.clone(), inside: Arc::default(), most: Arc::default() }
    }

    fn call<T>(&self, call: impl FnOnce(&TestCache) -> T) -> T {
        let inside = 1 + self.inside.fetch_add(1, Ordering::SeqCst);
        self.most.fetch_max(inside, Ordering::SeqCst);
        let result = call(&self.cache);
        self.inside.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

impl ConfigCache for Counted {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        self.call(|cache| cache.read(key))
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        self.call(|cache| cache.write(key, value))
    }
}

fn on(
    cdn: &Cdn,
    clock: &Arc<ManualClock>,
    cache: &TestCache,
    mode: impl Into<PollingMode>,
) -> (ClientBuilder, Counted) {
    let counted = Counted::new(cache);
    let builder = client(cdn, mode).clock(clock.clone()).request_timeout(TIMEOUT).cache(counted.clone());
    (builder, counted)
}

fn title(client: &Client) -> String {
    client.get_value("title", "default", None)
}

#[test]
fn a_cache_that_hangs_stops_neither_the_first_fetch_nor_polling() {
    patiently(|| {
        for (reads, writes) in [(true, false), (false, true), (true, true)] {
            let case = format!("reads hang: {reads}, writes hang: {writes}");
            let (clock, cdn, cache) =
                (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
            cache.fail_reads(reads.then_some(Fault::Held));
            cache.fail_writes(writes.then_some(Fault::Held));
            let (builder, counted) = on(&cdn, &clock, &cache, PollingMode::auto());
            let client = builder.build().unwrap();
            assert_eq!(client.wait_for_ready(PATIENCE), CacheState::HasUpToDateFlagData, "{case}");
            assert_eq!(title(&client), "1", "{case}");
            for round in 2..=4 {
                clock.await_timer(MINUTE);
                cdn.serve(&text_config("title", &round.to_string()));
                clock.advance(MINUTE);
                cdn.await_requests(round);
            }
            clock.await_timer(MINUTE);
            assert_eq!(title(&client), "4", "{case}");
            assert_eq!(counted.most.load(Ordering::SeqCst), 1, "{case}");
            assert_eq!(cache.reads() + cache.writes(), if reads { 1 } else { 2 }, "{case}");

            // Logged once for each call; health shows it until the call returns.
            let ids: Vec<_> = clock.log().events();
            assert_eq!(ids, [if reads { 2200 } else { 2201 }], "{case}");
            let health = client.health();
            let says = health.cache_error.unwrap_or_default();
            assert!(says.contains("did not return within 100ms"), "{case}: {says}");
            assert_eq!((health.consecutive_failures, health.worker_alive), (0, Some(true)), "{case}");

            // The cache is used again after it has recovered.
            cache.fail_reads(None);
            cache.fail_writes(None);
            cache.release();
            while counted.inside.load(Ordering::SeqCst) > 0 {
                thread::yield_now();
            }
            cdn.serve(&text_config("title", "5"));
            clock.advance(MINUTE);
            clock.await_timer(MINUTE);
            assert_eq!(
                cache.entry(),
                Some(entry(clock.now(), &cdn.etag(), &text_config("title", "5"))),
                "{case}"
            );
            assert_eq!(client.health().cache_error, None, "{case}");
        }
    });
}

#[test]
fn a_late_entry_is_used_at_the_next_poll() {
    patiently(|| {
        let (clock, cdn) = (ManualClock::new(), Cdn::always(Reply::status(500)));
        let cache = TestCache::with(entry(clock.now(), "\"1\"", &text_config("title", "late")));
        cache.fail_reads(Fault::Held);
        let (builder, counted) = on(&cdn, &clock, &cache, PollingMode::auto());
        let client = builder.build().unwrap();
        assert_eq!((client.wait_for_ready(PATIENCE), &*title(&client)), (CacheState::NoFlagData, "default"));
        clock.await_timer(2 * MINUTE);
        cache.fail_reads(None);
        cache.release();
        while counted.inside.load(Ordering::SeqCst) > 0 {
            thread::yield_now();
        }
        // On a busy machine the thread of the call may store its result after the first poll.
        for [wait, next] in [[2, 4], [4, 5], [5, 5], [5, 5]] {
            clock.advance(wait * MINUTE);
            clock.await_timer(next * MINUTE);
            if title(&client) == "late" {
                break;
            }
        }
        assert_eq!((&*title(&client), cache.reads()), ("late", 1), "not read once more");
    });
}

#[test]
fn a_write_that_fails_late_is_reported_as_a_write() {
    patiently(|| {
        let (clock, cdn, cache) =
            (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
        let failing = FailsLate(cache.clone());
        let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).request_timeout(TIMEOUT);
        let client = builder.cache(failing).build().unwrap();
        cache.fail_writes(Fault::Held);
        client.force_refresh().unwrap();
        assert!(clock.log().assert_once(2201, Level::Error).text.contains("did not return"));
        cache.release();
        cache.fail_writes(None);
        while client.force_refresh().is_ok() && clock.log().events_of(2201).len() < 2 {
            thread::yield_now();
        }
        assert!(clock.log().events_of(2201)[1].text.contains("late and wrong"));
        assert_eq!(clock.log().events_of(2200).len(), 0);
    });
}

/// Cache whose writes fail after the inner cache has done its part.
struct FailsLate(TestCache);

impl ConfigCache for FailsLate {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        self.0.read(key)
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        let is_held = self.0.writes() == 0;
        self.0.write(key, value)?;
        if is_held { Err("late and wrong".into()) } else { Ok(()) }
    }
}

#[test]
fn a_lazy_evaluation_waits_once_for_a_cache_that_hangs() {
    patiently(|| {
        let (clock, cdn, cache) =
            (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
        let (builder, counted) = on(&cdn, &clock, &cache, PollingMode::lazy());
        let client = builder.build().unwrap();
        assert_eq!(title(&client), "1");
        cache.fail_reads(Fault::Held);
        clock.advance(MINUTE);
        cdn.serve(&text_config("title", "2"));
        let (value, took) = timed(|| title(&client));
        assert_eq!(value, "2", "the CDN gets the request");
        assert!(took < TIMEOUT * 10, "{took:?}");
        // From the second TTL on, no evaluation waits for the cache.
        for round in 3..=5 {
            clock.advance(MINUTE);
            cdn.serve(&text_config("title", &round.to_string()));
            assert_eq!(title(&client), round.to_string());
        }
        assert_eq!((cache.reads(), counted.most.load(Ordering::SeqCst)), (2 + 1, 1));
        clock.log().assert_events(&[2200]);
        cache.release();
    });
}

#[test]
fn threads_that_wait_are_released_before_the_cache_is_written() {
    patiently(|| {
        for mode in [PollingMode::from(PollingMode::auto()), PollingMode::lazy().into()] {
            let (clock, cdn, cache) =
                (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
            cdn.script([Reply::content().held()]);
            cache.fail_writes(Fault::Held);
            // Longer than the test: a thread that waited for the write would hang.
            let client = client(&cdn, mode).clock(clock.clone()).request_timeout(10 * PATIENCE);
            let client = client.cache(cache.clone()).build().unwrap();
            let waiting = {
                let client = client.clone();
                let first = thread::spawn({
                    let client = client.clone();
                    move || title(&client)
                });
                cdn.await_hanging(1);
                let second = thread::spawn(move || title(&client));
                clock.await_timers(1);
                (first, second)
            };
            cdn.release();
            assert_eq!(waiting.1.join().unwrap(), "1", "{mode:?}");
            cache.release();
            cache.fail_writes(None);
            assert_eq!(waiting.0.join().unwrap(), "1", "{mode:?}");
        }
    });
}

#[test]
fn a_cache_that_hangs_does_not_delay_closing() {
    patiently(|| {
        for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
            let (clock, cdn, cache) =
                (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
            let builder = client(&cdn, mode).clock(clock.clone()).request_timeout(10 * PATIENCE);
            let client = builder.cache(cache.clone()).build().unwrap();
            client.wait_for_ready(PATIENCE);
            cache.fail_reads(Fault::Held);
            let reads = cache.reads();
            let refreshing = {
                let client = client.clone();
                thread::spawn(move || client.force_refresh())
            };
            cache.await_reads(reads + 1);
            let ((), took) = timed(|| client.close());
            assert!(took < SECOND, "{mode:?}: {took:?}");
            assert!(refreshing.join().unwrap().is_err(), "{mode:?}");
            cache.release();
        }
    });
}

/// A cache that calls the client is part of the refresh that waits for the cache.
#[test]
fn a_cache_may_call_the_client() {
    struct Asking(Arc<std::sync::Mutex<Option<Client>>>);

    impl Asking {
        fn ask(&self) {
            let client = self.0.lock().unwrap().clone();
            if let Some(client) = client {
                client.get_value("title", "", None);
                client.force_refresh().unwrap_err();
                client.wait_for_ready(PATIENCE);
            }
        }
    }

    impl ConfigCache for Asking {
        fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
            self.ask();
            Ok(None)
        }

        fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
            self.ask();
            Ok(())
        }
    }

    patiently(|| {
        let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "1")));
        let slot = Arc::new(std::sync::Mutex::new(None));
        let builder = client(&cdn, PollingMode::lazy()).clock(clock.clone()).cache(Asking(slot.clone()));
        let client = builder.request_timeout(10 * PATIENCE).build().unwrap();
        *slot.lock().unwrap() = Some(client.clone());
        assert_eq!(title(&client), "1");
        client.force_refresh().unwrap();
        assert_eq!(client.health().cache_error, None);
        slot.lock().unwrap().take();
    });
}

#[test]
fn health_has_the_start_of_a_refresh_and_of_its_callbacks() {
    patiently(|| {
        let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "1")));
        let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
        let (sender, inside) = Mailbox::new();
        let (go, wait) = std::sync::mpsc::channel();
        let wait = std::sync::Mutex::new(wait);
        client.hooks().on_config_fetched(move |_| {
            sender.send(());
            let _ = wait.lock().unwrap().recv();
        });
        let since = |client: &Client| {
            let health = client.health();
            (health.refresh_running_since, health.callbacks_running_since)
        };
        assert_eq!(since(&client), (None, None));
        cdn.script([Reply::content().held()]);
        let refreshing = {
            let client = client.clone();
            thread::spawn(move || client.force_refresh())
        };
        cdn.await_hanging(1);
        let began = clock.now();
        clock.advance(SECOND);
        assert_eq!(since(&client), (Some(began), None));
        cdn.release();
        inside.next();
        clock.advance(SECOND);
        assert_eq!(since(&client), (None, Some(began + SECOND)));
        go.send(()).unwrap();
        refreshing.join().unwrap().unwrap();
        assert_eq!(since(&client), (None, None));
    });
}

/// A fetch may take the whole request timeout and still bring a config: here the host that the
/// config names hangs. No time is left for the cache then, which is not the cache's fault.
#[test]
fn a_fetch_that_takes_all_the_time_does_not_make_the_cache_late() {
    for hangs in [false, true] {
        let (clock, cdn, cache) = (ManualClock::new(), Cdn::empty(), TestCache::new());
        let host = Cdn::always(Reply::hang());
        let preferences = format!(r#"{{"p":{{"u":"{}","r":2,"#, host.url());
        cdn.serve(&text_config("title", "1").replacen(r#"{"p":{"#, &preferences, 1));
        let (builder, _) = on(&cdn, &clock, &cache, PollingMode::manual());
        let client = builder.build().unwrap();
        cache.fail_writes(hangs.then_some(Fault::Held));
        client.force_refresh().unwrap();
        assert_eq!((&*title(&client), clock.log().events()), ("1", vec![1102]), "hangs: {hangs}");
        assert_eq!(client.health().cache_error, None, "hangs: {hangs}");

        // The next refresh waits for the write.
        cdn.serve(&text_config("title", "2"));
        client.force_refresh().unwrap();
        let expected = if hangs { vec![1102, 2200] } else { vec![1102] };
        assert_eq!((&*title(&client), clock.log().events()), ("2", expected), "hangs: {hangs}");
        assert_eq!(client.health().cache_error.is_some(), hangs);
        let written = entry(clock.now(), &cdn.etag(), &text_config("title", "2"));
        assert_eq!(cache.entry(), (!hangs).then_some(written), "hangs: {hangs}");
        cache.release();
    }
}

/// In one millisecond a client can write a config and fetch the next one. If that one is not
/// written, the entry that the client finds later is its own, and not newer.
#[test]
fn an_entry_that_the_client_has_written_is_not_new() {
    let (clock, cdn, cache) = (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
    let (builder, _) = on(&cdn, &clock, &cache, PollingMode::manual());
    let client = builder.build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(cache.entry(), Some(entry(clock.now(), &cdn.etag(), &text_config("title", "1"))));

    cache.fail_reads(Fault::Error);
    cache.fail_writes(Fault::Error);
    cdn.serve(&text_config("title", "2"));
    client.force_refresh().unwrap();
    assert_eq!(title(&client), "2");

    cache.fail_reads(None);
    cdn.set_always(Reply::status(500));
    client.force_refresh().unwrap_err();
    assert_eq!(title(&client), "2");
}

/// An entry is also known after another entry was read: a late read may return an old entry.
#[test]
fn a_known_entry_is_not_new_after_another_one_was_read() {
    let (clock, cdn, cache) = (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    client.force_refresh().unwrap();
    let written = cache.entry().unwrap();
    cache.fail_writes(Fault::Error);
    cdn.serve(&text_config("title", "2"));
    client.force_refresh().unwrap();
    client.set_offline();
    for entry in [entry(clock.now() - SECOND, "\"0\"", &text_config("title", "0")), written] {
        cache.put(entry);
        client.force_refresh().unwrap();
        assert_eq!(title(&client), "2");
    }
}
