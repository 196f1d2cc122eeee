//! Automatic polling after failures.

use std::{sync::Arc, thread, time::Duration};

use configcat::{Client, PollingMode, RefreshErrorKind};

use crate::support::{
    Cdn, MINUTE, Mailbox, ManualClock, Reply, SDK_KEY, SECOND, TestCache, bool_config, client,
    let_logger_panic_on_this_thread, patiently,
};

const HOUR: Duration = Duration::from_secs(3600);

fn polling(cdn: &Cdn, clock: &Arc<ManualClock>) -> Client {
    client(cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap()
}

fn is_new(client: &Client) -> bool {
    client.get_value("isNew", false, None)
}

#[test]
fn failures_double_the_interval_up_to_five_minutes_and_never_stop_it() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = polling(&cdn, &clock);
    clock.await_timer(MINUTE);
    cdn.set_always(Reply::status(503));
    let mut wait = MINUTE;
    for (failures, minutes) in (1..).zip([2, 4, 5].into_iter().chain([5; 50])) {
        clock.advance(wait);
        wait = minutes * MINUTE;
        clock.await_timer(wait);
        assert_eq!(cdn.count(), 1 + failures);
        assert!(is_new(&client), "the last config stays");
    }
    cdn.set_always(Reply::content());
    clock.advance(wait);
    clock.await_timer(MINUTE);
    assert_eq!(client.health().consecutive_failures, 0);
    clock.log().assert_events(&[1101; 53]);
}

#[test]
fn every_kind_of_failure_backs_off_and_is_logged() {
    for (reply, event) in [
        (Reply::status(403), 1100),
        (Reply::status(404), 1100),
        (Reply::status(429), 1101),
        (Reply::status(304), 1106),
        (Reply::close(), 1103),
        (Reply::body(""), 1105),
        (Reply::body("[]"), 1105),
        (Reply::body("{"), 1105),
    ] {
        let (cdn, clock) = (Cdn::always(reply.clone()), ManualClock::new());
        let client = polling(&cdn, &clock);
        clock.await_timer(2 * MINUTE);
        clock.log().assert_events(&[event]);
        assert!(!is_new(&client));
        cdn.serve(&bool_config("isNew", true));
        cdn.set_always(Reply::content());
        clock.advance(2 * MINUTE);
        clock.await_timer(MINUTE);
        assert!(is_new(&client), "{reply:?}");
    }
}

#[test]
fn a_server_that_hangs_is_a_failure_after_the_request_timeout() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let builder = client(&cdn, PollingMode::auto()).request_timeout(Duration::from_millis(50));
    let client = builder.clock(clock.clone()).build().unwrap();
    clock.await_timer(2 * MINUTE);
    clock.log().assert_events(&[1102]);
    clock.advance(2 * MINUTE);
    clock.await_timer(MINUTE);
    assert!(is_new(&client));
}

#[test]
fn a_missing_server_is_a_failure() {
    let clock = ManualClock::new();
    let url = Cdn::empty().url();
    let client = Client::builder(SDK_KEY)
        .base_url(url)
        .proxy(configcat::fetch::Proxy::None)
        .jitter(0.0)
        .clock(clock.clone())
        .build()
        .unwrap();
    clock.await_timer(2 * MINUTE);
    clock.log().assert_events(&[1103]);
    assert!(!is_new(&client));
}

#[test]
fn retry_after_is_respected_for_an_hour_at_most() {
    for (retry_after, wait) in
        [("1", 2 * MINUTE), ("600", 10 * MINUTE), ("3600", HOUR), ("86400", HOUR), ("soon", 2 * MINUTE)]
    {
        let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
        cdn.script([Reply::status(503).header("Retry-After", retry_after)]);
        let _client = polling(&cdn, &clock);
        clock.await_timer(wait);
        assert_eq!(cdn.count(), 1, "{retry_after}");
        clock.advance(wait);
        clock.await_timer(MINUTE);
        assert_eq!(cdn.count(), 2, "{retry_after}");
    }
}

#[test]
fn a_long_interval_does_not_delay_the_recovery() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    cdn.script([Reply::status(500)]);
    let mode = PollingMode::auto().interval(24 * HOUR);
    let _client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
    clock.await_timer(5 * MINUTE);
    clock.advance(5 * MINUTE);
    clock.await_timer(24 * HOUR);
    assert_eq!(cdn.count(), 2);
}

#[test]
fn a_wrong_sdk_key_keeps_the_config_and_moves_its_time() {
    let (cdn, clock, cache) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new(), TestCache::new());
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    clock.await_timer(MINUTE);
    cdn.set_always(Reply::status(404));
    clock.advance(MINUTE);
    clock.await_timer(2 * MINUTE);
    let details = client.get_value_details("isNew", false, None);
    assert_eq!((details.value, details.fetch_time), (true, Some(clock.now())));
    let expected = crate::support::entry(clock.now(), &cdn.etag(), &bool_config("isNew", true));
    assert_eq!((cache.entry(), cache.writes()), (Some(expected), 2));
}

/// The failure of a refresh that a poll has joined is a failure of the poll, so the server gets no
/// poll before the backoff is over.
#[test]
fn a_poll_that_joins_a_failing_refresh_backs_off() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = polling(&cdn, &clock);
    clock.await_timer(MINUTE);
    clock.advance(MINUTE - SECOND);
    cdn.script([Reply::status(503).header("Retry-After", "600").held()]);
    let forced = {
        let client = client.clone();
        thread::spawn(move || client.force_refresh())
    };
    cdn.await_hanging(1);
    let timers = clock.timers_set();
    clock.advance(SECOND);
    clock.await_timers(timers + 1);
    cdn.release();
    let error = patiently(|| forced.join().unwrap()).unwrap_err();
    assert!(matches!(error.kind(), RefreshErrorKind::Fetch(_)));
    clock.await_timers(timers + 2);
    let waits = clock.pending();
    assert!(waits.contains(&(600 * SECOND)), "{waits:?}");
    assert_eq!(cdn.count(), 2);
}

/// With a shared cache, no fetch of this client may follow its failures.
#[test]
fn a_poll_that_finds_a_fresh_entry_resets_the_failures() {
    let (cdn, clock, cache) = (Cdn::always(Reply::status(503)), ManualClock::new(), TestCache::new());
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    for minutes in [2, 4, 5] {
        clock.await_timer(minutes * MINUTE);
        if minutes == 5 {
            let config = bool_config("isNew", true);
            cache.put(crate::support::entry(clock.now() + minutes * MINUTE, "\"1\"", &config));
        }
        clock.advance(minutes * MINUTE);
    }
    clock.await_timer(MINUTE);
    assert_eq!((is_new(&client), cdn.count()), (true, 3));
    clock.advance(MINUTE);
    clock.await_timer(2 * MINUTE);
    assert_eq!((cdn.count(), client.health().consecutive_failures), (4, 4), "health counts fetches");
}

/// `Duration::MAX` is what users write for "never again".
#[test]
fn an_endless_interval_does_not_end_the_thread() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let mode = PollingMode::auto().interval(Duration::MAX);
    let client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
    assert!(is_new(&client));
    clock.await_timers(1);
    assert_eq!(client.health().worker_alive, Some(true));
    client.set_offline();
    client.set_online();
    cdn.await_requests(2);
}

/// A logger that panics is the user's fault. It must neither end the thread nor cause more polls: a
/// poll whose failure cannot be logged is still a failure.
#[test]
fn polling_survives_a_logger_that_panics_and_backs_off() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", false)), ManualClock::new());
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone());
    let client = builder.on_client_ready(|_| let_logger_panic_on_this_thread()).build().unwrap();
    clock.await_timer(MINUTE);
    cdn.set_always(Reply::status(500));
    clock.advance(MINUTE);
    clock.await_timer(2 * MINUTE);
    assert_eq!(cdn.count(), 2);
    cdn.set_always(Reply::content());
    cdn.serve(&bool_config("isNew", true));
    clock.advance(2 * MINUTE);
    clock.await_timer(MINUTE);
    assert_eq!((is_new(&client), client.health().worker_alive), (true, Some(true)));
}

/// A poll that panics is a failed poll. Otherwise a clock that panics each time would cause a poll
/// each second.
#[test]
fn polls_that_panic_back_off() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = polling(&cdn, &clock);
    clock.await_timer(MINUTE);
    clock.panic_next(usize::MAX);
    let mut wait = MINUTE;
    for minutes in [2, 4, 5, 5] {
        clock.advance(wait);
        wait = minutes * MINUTE;
        clock.await_timer(wait);
    }
    clock.log().assert_events(&[1200; 4]);
    clock.panic_next(0);
    clock.advance(wait);
    clock.await_timer(MINUTE);
    assert_eq!((is_new(&client), cdn.count()), (true, 2));
}

#[test]
fn polling_survives_a_clock_whose_timer_panics_and_backs_off() {
    let (cdn, clock) = (Cdn::always(Reply::status(503)), ManualClock::new());
    clock.panic_next_timer();
    let (sender, mailbox) = Mailbox::new();
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone());
    let _client = builder.on_error(move |error| sender.send(error.event_id)).build().unwrap();
    assert_eq!((mailbox.next(), mailbox.next()), (1101, 1200));
    clock.advance(2 * MINUTE);
    clock.await_timer(4 * MINUTE);
    assert_eq!(cdn.count(), 2);
}
