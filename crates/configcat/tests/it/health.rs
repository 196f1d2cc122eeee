//! Health of a client.

use std::sync::Arc;

use configcat::{Client, PollingMode, RefreshErrorKind, fetch::FetchErrorKind};

use crate::support::{
    Cdn, Fault, MINUTE, ManualClock, PATIENCE, Reply, SECOND, TestCache, bool_config, client, entry,
};

fn manual(cdn: &Cdn, clock: &Arc<ManualClock>) -> Client {
    client(cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap()
}

#[test]
fn a_new_client_has_no_attempt() {
    let (cdn, clock) = (Cdn::empty(), ManualClock::new());
    let health = manual(&cdn, &clock).health();
    assert_eq!((health.last_attempt, health.last_success, health.consecutive_failures), (None, None, 0));
    assert!(health.last_error.is_none());
}

#[test]
fn attempts_successes_and_failures_are_recorded() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = manual(&cdn, &clock);
    let mut last_success = None;
    for (reply, failures) in [
        (Reply::content(), 0),
        (Reply::content(), 0), // 304
        (Reply::status(500), 1),
        (Reply::status(429), 2),
        (Reply::status(404), 3),
        (Reply::body("rubbish"), 4),
        (Reply::content(), 0),
        (Reply::status(500), 1),
    ] {
        clock.advance(SECOND);
        cdn.script([reply.clone()]);
        let result = client.force_refresh();
        assert_eq!(result.is_ok(), failures == 0, "{reply:?}");
        if result.is_ok() {
            last_success = Some(clock.now());
        }
        let health = client.health();
        assert_eq!((health.last_attempt, health.last_success), (Some(clock.now()), last_success));
        assert_eq!(health.consecutive_failures, failures, "{reply:?}");
        let kinds = (health.last_error.map(|error| error.kind()), result.err().map(|error| error.kind()));
        assert_eq!(kinds.0, kinds.1, "{reply:?}");
    }
}

#[test]
fn an_attempt_is_recorded_when_it_starts() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    cdn.await_hanging(1);
    let health = client.health();
    assert_eq!((health.last_attempt, health.last_success), (Some(clock.now()), None));
    assert_eq!((health.consecutive_failures, health.worker_alive), (0, Some(true)));
}

#[test]
fn a_timeout_is_recorded() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone());
    let client = builder.request_timeout(SECOND / 20).build().unwrap();
    client.force_refresh().unwrap_err();
    let kind = client.health().last_error.unwrap().kind();
    assert_eq!(kind, RefreshErrorKind::Fetch(FetchErrorKind::TimedOut));
}

#[test]
fn offline_and_with_a_fresh_entry_there_is_no_attempt() {
    let (cdn, clock) = (Cdn::empty(), ManualClock::new());
    let cache = TestCache::with(entry(clock.now(), "\"cached\"", &bool_config("isNew", true)));
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache);
    let client = builder.offline(true).build().unwrap();
    clock.await_timers(1);
    client.force_refresh().unwrap();
    let health = client.health();
    assert_eq!((health.last_attempt, health.last_success, health.consecutive_failures), (None, None, 0));
}

#[test]
fn the_worker_is_alive_until_the_client_is_closed() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    for _ in 0..3 {
        clock.await_timer(MINUTE);
        assert_eq!(client.health().worker_alive, Some(true));
        clock.advance(MINUTE);
    }
    client.close();
    clock.threads().await_no_worker(PATIENCE);
    let health = client.health();
    assert_eq!(health.worker_alive, Some(false));
    assert!(health.last_success.is_some(), "the rest stays");
}

#[test]
fn lazy_and_manual_polling_have_no_worker() {
    for mode in [PollingMode::lazy().into(), PollingMode::manual()] {
        let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
        let client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
        client.force_refresh().unwrap();
        assert!(client.get_value("isNew", false, None));
        assert_eq!((client.health().worker_alive, clock.threads().workers()), (None, 0));
    }
}

#[test]
fn a_panic_in_a_refresh_does_not_end_the_worker() {
    let (cdn, clock, cache) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new(), TestCache::new());
    cache.fail_reads(Fault::Panic);
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache);
    let client = builder.build().unwrap();
    clock.await_timer(MINUTE);
    for _ in 0..10 {
        clock.panic_next(3);
        let timers = clock.timers_set();
        clock.advance(MINUTE * 10);
        clock.await_timers(timers + 1);
        assert_eq!(client.health().worker_alive, Some(true));
    }
    clock.panic_next(0);
    clock.advance(MINUTE * 10);
    clock.await_timer(MINUTE);
    assert_eq!(client.health().consecutive_failures, 0);
}

/// Closing is not logged as a failure either. The health of a closed client keeps the last real
/// failure.
#[test]
fn closing_is_not_a_failure() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    cdn.await_hanging(1);
    client.close();
    clock.threads().await_no_worker(PATIENCE);
    let health = client.health();
    assert_eq!(health.consecutive_failures, 0);
    assert!(health.last_error.is_none());
}
