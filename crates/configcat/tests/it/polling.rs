//! Automatic polling: the times of polls, and the waits of evaluations.

use std::{
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use configcat::{CacheState, Client, PollingMode};
use log::Level;

use crate::support::{
    Cdn, Fault, MINUTE, ManualClock, Reply, SECOND, TestCache, bool_config, client, entry, patiently,
};

const HOUR: Duration = Duration::from_secs(3600);

/// Returns a client that polls every minute.
fn polling(cdn: &Cdn, clock: &Arc<ManualClock>) -> Client {
    client(cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap()
}

fn is_new(client: &Client) -> bool {
    client.get_value("isNew", false, None)
}

fn cached(clock: &ManualClock, age: Duration, value: bool) -> TestCache {
    TestCache::with(entry(clock.now() - age, "\"cached\"", &bool_config("isNew", value)))
}

#[test]
fn polls_at_once_and_then_at_each_interval_and_not_before() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client =
        client(&cdn, PollingMode::auto().interval(10 * SECOND)).clock(clock.clone()).build().unwrap();
    for polls in 1..=5 {
        clock.await_timer(10 * SECOND);
        assert_eq!(cdn.count(), polls);
        clock.advance(Duration::from_millis(9999));
        assert_eq!((clock.pending(), cdn.count()), (vec![Duration::from_millis(1)], polls));
        clock.advance(Duration::from_millis(1));
    }
    clock.await_timer(10 * SECOND);
    assert!(is_new(&client));
    assert_eq!(cdn.connections(), 1);
    clock.log().assert_events(&[]);
}

#[test]
fn a_changed_config_is_there_after_the_next_poll() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", false)), ManualClock::new());
    let client = polling(&cdn, &clock);
    clock.await_timer(MINUTE);
    assert!(!client.get_value("isNew", true, None));
    cdn.serve(&bool_config("isNew", true));
    clock.advance(MINUTE);
    clock.await_timer(MINUTE);
    assert!(is_new(&client));
}

#[test]
fn fetches_at_the_start_only_if_the_cache_entry_is_older_than_the_interval() {
    for (age, wait) in [(0, 60), (59, 1), (60, 0), (61, 0), (365 * 24 * 3600, 0)] {
        let (age, wait) = (Duration::from_secs(age), Duration::from_secs(wait));
        let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
        let cache = cached(&clock, age, false);
        let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache);
        let client = builder.build().unwrap();
        let fetches = wait.is_zero();
        clock.await_timer(if fetches { MINUTE } else { wait });
        assert_eq!((cdn.count(), is_new(&client)), (usize::from(fetches), fetches), "{age:?}");
        clock.advance(wait);
        clock.await_timer(MINUTE);
        assert_eq!((cdn.count(), is_new(&client)), (1, true), "{age:?}");
    }
}

#[test]
fn does_not_fetch_what_another_process_has_just_fetched() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", false)), ManualClock::new());
    let cache = TestCache::new();
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    clock.await_timer(MINUTE);
    clock.advance(20 * SECOND);
    cache.put(entry(clock.now(), "\"other\"", &bool_config("isNew", true)));
    clock.advance(40 * SECOND);
    clock.await_timer(20 * SECOND);
    assert_eq!((cdn.count(), cache.writes(), is_new(&client)), (1, 1, true));
}

/// Its jitter is then in the upper half, whatever the position of this process.
#[test]
fn the_client_that_fetched_polls_before_the_others() {
    let sleep = |cache: TestCache| {
        let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
        let builder = client(&cdn, PollingMode::auto()).jitter(0.1).clock(clock.clone()).cache(cache);
        let _client = builder.build().unwrap();
        clock.await_timers(1);
        (cdn.count(), clock.pending()[0])
    };
    let (fetches, first) = sleep(TestCache::new());
    let (finds, later) = sleep(cached(&ManualClock::new(), Duration::ZERO, true));
    assert_eq!((fetches, finds), (1, 0));
    let expected = MINUTE + 3 * SECOND + (first - MINUTE) / 2;
    assert!(later.abs_diff(expected) < Duration::from_millis(1), "{later:?} after {first:?}");
}

#[test]
fn not_modified_keeps_the_config_and_moves_its_time() {
    let (cdn, clock, cache) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new(), TestCache::new());
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    for polls in 1..=3 {
        clock.await_timer(MINUTE);
        let details = client.get_value_details("isNew", false, None);
        assert_eq!((details.value, details.fetch_time), (true, Some(clock.now())));
        let expected = entry(clock.now(), &cdn.etag(), &bool_config("isNew", true));
        assert_eq!((cache.entry(), cache.writes()), (Some(expected), polls));
        clock.advance(MINUTE);
    }
    let requests = cdn.requests();
    assert_eq!(requests[0].header("If-None-Match"), None);
    assert_eq!(requests[1].header("If-None-Match"), Some(&*cdn.etag()));
}

#[test]
fn an_evaluation_waits_for_the_first_fetch() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let client = polling(&cdn, &clock);
    cdn.await_hanging(1);
    let waits = thread::spawn(move || is_new(&client));
    clock.await_timer(5 * SECOND);
    clock.advance(Duration::from_millis(4999));
    assert!(!waits.is_finished());
    cdn.release();
    assert!(patiently(|| waits.join().unwrap()));
}

#[test]
fn an_evaluation_waits_for_the_first_fetch_even_if_there_is_an_old_cache_entry() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cached(&clock, HOUR, false));
    let client = builder.build().unwrap();
    let waits = thread::spawn(move || is_new(&client));
    clock.await_timer(5 * SECOND);
    cdn.await_hanging(1);
    cdn.release();
    assert!(patiently(|| waits.join().unwrap()));
}

#[test]
fn the_max_init_wait_counts_from_build_and_ends_all_waits() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let mode = PollingMode::auto().max_init_wait(3 * SECOND);
    let client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
    cdn.await_hanging(1);
    clock.advance(2 * SECOND);
    let waits = {
        let client = client.clone();
        thread::spawn(move || is_new(&client))
    };
    clock.await_timer(SECOND);
    clock.advance(SECOND);
    assert!(!patiently(|| waits.join().unwrap()), "the default");

    let timers = clock.timers_set();
    let hasty = client.clone();
    patiently(move || assert!(!is_new(&hasty)));
    assert_eq!(clock.timers_set(), timers, "no thread waits any more");
    assert_eq!(client.wait_for_ready(MINUTE), CacheState::NoFlagData);
    clock.log().assert_once(1000, Level::Error);

    cdn.release();
    clock.await_timer(MINUTE);
    assert!(is_new(&client), "the fetch went on");
}

#[test]
fn after_the_max_init_wait_an_old_cache_entry_is_used() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cached(&clock, HOUR, true));
    let client = builder.build().unwrap();
    cdn.await_hanging(1);
    clock.advance(5 * SECOND);
    patiently(move || {
        let details = client.get_value_details("isNew", false, None);
        assert_eq!((details.value, details.is_default_value()), (true, false));
        assert_eq!(client.wait_for_ready(MINUTE), CacheState::HasCachedFlagDataOnly);
    });
}

#[test]
fn a_max_init_wait_of_zero_does_not_wait() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let mode = PollingMode::auto().max_init_wait(Duration::ZERO);
    let client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
    patiently(move || {
        assert!(!is_new(&client));
        assert_eq!(client.wait_for_ready(MINUTE), CacheState::NoFlagData);
    });
    assert_eq!(clock.timers_set(), 0);
}

#[test]
fn a_first_fetch_that_fails_ends_the_wait() {
    for reply in [Reply::status(500), Reply::status(404), Reply::close(), Reply::body("rubbish")] {
        let (cdn, clock) = (Cdn::always(reply), ManualClock::new());
        let client = polling(&cdn, &clock);
        patiently(move || {
            assert!(!is_new(&client));
            assert_eq!(client.wait_for_ready(MINUTE), CacheState::NoFlagData);
        });
    }
}

#[test]
fn a_fresh_cache_entry_ends_the_wait_without_a_fetch() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cached(&clock, SECOND, true));
    let client = builder.build().unwrap();
    patiently(move || {
        assert!(is_new(&client));
        assert_eq!(client.wait_for_ready(MINUTE), CacheState::HasUpToDateFlagData);
    });
    assert_eq!(cdn.count(), 0);
}

#[test]
fn a_forced_refresh_counts_as_a_poll() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = polling(&cdn, &clock);
    clock.await_timer(MINUTE);
    clock.advance(20 * SECOND);
    client.force_refresh().unwrap();
    assert_eq!(cdn.count(), 2);
    clock.advance(40 * SECOND);
    clock.await_timer(20 * SECOND);
    assert_eq!(cdn.count(), 2);
    clock.advance(20 * SECOND);
    clock.await_timer(MINUTE);
    assert_eq!(cdn.count(), 3);
}

#[test]
fn each_request_has_the_name_of_the_polling_mode() {
    for (mode, letter) in
        [(PollingMode::auto().into(), 'a'), (PollingMode::lazy().into(), 'l'), (PollingMode::manual(), 'm')]
    {
        let cdn = Cdn::new(&bool_config("isNew", true));
        client(&cdn, mode).build().unwrap().force_refresh().unwrap();
        let agent = format!("ConfigCat-Rust/{letter}-{}", env!("CARGO_PKG_VERSION"));
        for name in ["X-ConfigCat-UserAgent", "User-Agent"] {
            assert_eq!(cdn.requests()[0].header(name), Some(&*agent));
        }
    }
}

#[test]
fn jitter_delays_each_poll_by_its_share_but_the_first() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let _client = client(&cdn, PollingMode::auto()).jitter(0.5).clock(clock.clone()).build().unwrap();
    clock.await_timers(1);
    assert_eq!(cdn.count(), 1);
    let wait = clock.pending()[0];
    assert!((MINUTE..=MINUTE * 3 / 2).contains(&wait), "{wait:?}");
    clock.advance(wait);
    clock.await_timers(2);
    assert_eq!((cdn.count(), clock.pending()), (2, vec![wait]), "the same each time");
}

#[test]
fn polling_goes_on_when_the_clock_is_set_back() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", false)), ManualClock::new());
    let client = polling(&cdn, &clock);
    clock.await_timer(MINUTE);
    clock.set_back(HOUR);
    cdn.serve(&bool_config("isNew", true));
    for polls in 2..=4 {
        clock.advance(MINUTE);
        clock.await_timer(MINUTE);
        assert_eq!((cdn.count(), is_new(&client)), (polls, true));
    }
    assert_eq!(client.get_value_details("isNew", false, None).fetch_time, Some(clock.now()));
    clock.log().assert_events(&[]);
}

#[test]
fn polling_goes_on_when_the_clock_is_set_back_and_there_is_a_cache() {
    let (cdn, clock, cache) = (Cdn::new(&bool_config("isNew", false)), ManualClock::new(), TestCache::new());
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    clock.await_timer(MINUTE);
    clock.set_back(HOUR);
    cdn.serve(&bool_config("isNew", true));
    clock.advance(MINUTE);
    clock.await_timer(MINUTE);
    assert_eq!((cdn.count(), is_new(&client)), (2, true));
    assert_eq!(cache.entry(), Some(entry(clock.now(), &cdn.etag(), &bool_config("isNew", true))));
}

/// The entry counts as fetched when it was first read, so it is old after an interval.
#[test]
fn a_cache_entry_from_the_future_does_not_stop_polling() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let ahead: SystemTime = clock.now() + 365 * 24 * HOUR;
    let cache = TestCache::with(entry(ahead, "\"cached\"", &bool_config("isNew", false)));
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache);
    let client = builder.build().unwrap();
    clock.await_timer(MINUTE);
    assert_eq!(cdn.count(), 0, "it is fresh when it is first read");
    clock.advance(MINUTE);
    clock.await_timer(MINUTE);
    assert_eq!((cdn.count(), is_new(&client)), (1, true));
}

#[test]
fn polling_survives_a_clock_that_panics() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = polling(&cdn, &clock);
    clock.await_timer(MINUTE);
    clock.panic_next(1);
    let timers = clock.timers_set();
    clock.advance(MINUTE);
    clock.await_timers(timers + 1);
    clock.log().assert_once(1200, Level::Error);
    assert_eq!(client.health().worker_alive, Some(true));
    assert!(is_new(&client));
    clock.advance(2 * MINUTE);
    clock.await_timer(MINUTE);
    assert_eq!(cdn.count(), 2);
}

#[test]
fn polling_survives_a_cache_that_panics() {
    let (cdn, clock, cache) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new(), TestCache::new());
    cache.fail_reads(Fault::Panic);
    cache.fail_writes(Fault::Panic);
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    for polls in 1..=3 {
        clock.await_timer(MINUTE);
        assert_eq!(
            (cdn.count(), cache.reads(), cache.writes(), is_new(&client)),
            (polls, polls, polls, true)
        );
        clock.advance(MINUTE);
    }
    clock.await_timer(MINUTE);
    clock.log().assert_events(&[2200, 2201].repeat(4));
    assert_eq!(client.health().worker_alive, Some(true));
}
