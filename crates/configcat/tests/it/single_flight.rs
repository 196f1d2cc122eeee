//! Many callers at once: one request, one failure, and no long wait.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use configcat::{Client, PollingMode, RefreshErrorKind, fetch::FetchErrorKind};
use log::Level;

use crate::support::{
    Cdn, Fault, Log, MINUTE, ManualClock, Reply, SECOND, TestCache, bool_config, client, entry, patiently,
    timed,
};

const CROWD: usize = 100;

/// Returns the result of each thread of a crowd that starts at once.
fn crowd<T: Send + 'static>(client: &Client, ask: impl Fn(&Client) -> T + Send + Sync + 'static) -> Vec<T> {
    let (ask, start) = (Arc::new(ask), Arc::new(Barrier::new(CROWD)));
    let threads = (0..CROWD).map(|_| {
        let (ask, start, client) = (ask.clone(), start.clone(), client.clone());
        thread::spawn(move || {
            start.wait();
            ask(&client)
        })
    });
    let threads: Vec<_> = threads.collect();
    patiently(move || threads.into_iter().map(|thread| thread.join().unwrap()).collect())
}

fn is_new(client: &Client) -> bool {
    client.get_value("isNew", false, None)
}

#[test]
fn a_crowd_on_a_cold_lazy_client_makes_one_request() {
    let cdn = Cdn::new(&bool_config("isNew", true));
    cdn.script([Reply::content().delay(Duration::from_millis(50))]);
    let client = client(&cdn, PollingMode::lazy()).build().unwrap();
    assert_eq!(crowd(&client, is_new), [true; CROWD]);
    assert_eq!(cdn.count(), 1);
}

#[test]
fn a_crowd_on_an_expired_lazy_client_makes_one_request() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", false)), ManualClock::new());
    let client = client(&cdn, PollingMode::lazy()).clock(clock.clone()).build().unwrap();
    assert!(!is_new(&client));
    cdn.serve(&bool_config("isNew", true));
    clock.advance(MINUTE);
    assert_eq!(crowd(&client, is_new), [true; CROWD]);
    assert_eq!(cdn.count(), 2);
}

#[test]
fn a_crowd_before_a_server_that_hangs_waits_for_one_timeout_and_makes_one_request() {
    const TIMEOUT: Duration = Duration::from_millis(300);
    const LIMIT: Duration = Duration::from_millis(400);
    // A busy machine only makes a wait longer, so one undisturbed round is enough.
    let slowest = (0..5).map(|_| {
        let cdn = Cdn::always(Reply::hang());
        let client = client(&cdn, PollingMode::lazy()).request_timeout(TIMEOUT).build().unwrap();
        let waits = crowd(&client, |client| {
            let (value, wait) = timed(|| is_new(client));
            assert!(!value);
            // No thread starts another refresh within the backoff, so no thread waits.
            assert!((0..10).all(|_| !is_new(client)));
            wait
        });
        assert_eq!(cdn.count(), 1);
        assert_eq!(client.health().consecutive_failures, 1);
        waits.into_iter().max().unwrap()
    });
    let slowest: Vec<_> = slowest.take_while(|wait| *wait > LIMIT).collect();
    assert!(slowest.len() < 5, "{slowest:?}");
}

#[test]
fn no_thread_waits_within_the_backoff() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let timeout = Duration::from_millis(50);
    let builder = client(&cdn, PollingMode::lazy()).request_timeout(timeout);
    let client = builder.clock(clock.clone()).build().unwrap();
    assert!(!is_new(&client));
    assert_eq!(crowd(&client, is_new), [false; CROWD]);
    assert_eq!(cdn.count(), 1);
    clock.advance(2 * SECOND);
    assert!(!is_new(&client));
    assert_eq!(cdn.count(), 2);
}

#[test]
fn a_crowd_of_refreshes_shares_one_failure_that_is_logged_once() {
    let (cdn, clock) = (Cdn::always(Reply::status(500).held()), ManualClock::new());
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    let asking = {
        let client = client.clone();
        thread::spawn(move || crowd(&client, |client| client.force_refresh().unwrap_err().kind()))
    };
    cdn.await_hanging(1);
    clock.await_timers(CROWD - 1);
    cdn.release();
    let kind = RefreshErrorKind::Fetch(FetchErrorKind::UnexpectedResponse);
    assert_eq!(patiently(|| asking.join().unwrap()), [kind; CROWD]);
    assert_eq!((cdn.count(), client.health().consecutive_failures), (1, 1));
    clock.log().assert_events(&[1101]);
}

#[test]
fn a_forced_refresh_joins_the_poll_that_is_under_way() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    cdn.await_hanging(1);
    let forced = {
        let client = client.clone();
        thread::spawn(move || client.force_refresh())
    };
    clock.await_timer(30 * SECOND);
    cdn.release();
    patiently(|| forced.join().unwrap()).unwrap();
    assert!(is_new(&client));
    assert_eq!(cdn.count(), 1);
}

#[test]
fn a_lazy_evaluation_joins_a_forced_refresh() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let client = client(&cdn, PollingMode::lazy()).clock(clock.clone()).build().unwrap();
    let forced = {
        let client = client.clone();
        thread::spawn(move || client.force_refresh())
    };
    cdn.await_hanging(1);
    let joined = thread::spawn(move || is_new(&client));
    clock.await_timer(30 * SECOND);
    cdn.release();
    assert!(patiently(|| joined.join().unwrap()));
    patiently(|| forced.join().unwrap()).unwrap();
    assert_eq!(cdn.count(), 1);
}

#[test]
fn a_joining_thread_waits_for_the_request_timeout_at_most() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let builder = client(&cdn, PollingMode::manual()).request_timeout(20 * SECOND);
    let client = builder.clock(clock.clone()).build().unwrap();
    let refresh = |client: &Client| {
        let client = client.clone();
        thread::spawn(move || client.force_refresh())
    };
    let first = refresh(&client);
    cdn.await_hanging(1);
    let second = refresh(&client);
    clock.await_timer(20 * SECOND);
    clock.advance(20 * SECOND);
    let error = patiently(|| second.join().unwrap()).unwrap_err();
    assert_eq!(error.kind(), RefreshErrorKind::StillRunning);
    cdn.release();
    patiently(|| first.join().unwrap()).unwrap();
}

#[test]
fn a_refresh_that_panics_releases_all_waiting_threads() {
    let (cdn, clock, cache) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new(), TestCache::new());
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    cache.fail_reads(Fault::Held);
    let asking = {
        let client = client.clone();
        thread::spawn(move || crowd(&client, |client| client.force_refresh().unwrap_err().kind()))
    };
    clock.await_timers(CROWD - 1);
    clock.panic_next(1);
    cache.fail_reads(None);
    cache.release();
    assert_eq!(patiently(|| asking.join().unwrap()), [RefreshErrorKind::Panicked; CROWD]);
    clock.log().assert_once(1200, Level::Error);
    client.force_refresh().unwrap();
    assert!(is_new(&client));
}

#[test]
fn clients_do_not_join_each_other() {
    let log = Log::new();
    let cdn = Cdn::new(&bool_config("isNew", true));
    let clients: Vec<_> = (0..3).map(|_| client(&cdn, PollingMode::manual()).build().unwrap()).collect();
    assert!(clients.iter().all(|client| client.force_refresh().is_ok()));
    assert_eq!(cdn.count(), 3);
    log.assert_events(&[]);
}

/// A poll that finds a fresh cache entry does not fetch; a forced refresh that joins it must fetch.
#[test]
fn a_forced_refresh_that_joins_a_poll_without_a_fetch_fetches() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let cache = TestCache::with(entry(clock.now(), "\"cached\"", &bool_config("isNew", false)));
    cache.fail_reads(Fault::Held);
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    cache.await_reads(1);
    let forced = {
        let client = client.clone();
        thread::spawn(move || client.force_refresh())
    };
    clock.await_timer(30 * SECOND);
    cache.fail_reads(None);
    cache.release();
    patiently(|| forced.join().unwrap()).unwrap();
    assert_eq!((cdn.count(), is_new(&client)), (1, true));
}
