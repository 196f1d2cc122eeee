//! Tests of the manual clock.

use std::time::{Duration, SystemTime};

use configcat::{PollingMode, time::Clock};
use configcat_testkit::{Cdn, ManualClock, config_json};

use crate::client;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn time_stands_still_until_it_is_moved() {
    let clock = ManualClock::new();
    let (before, start) = (clock.monotonic(), SystemTime::UNIX_EPOCH + ManualClock::START);
    assert_eq!((clock.now(), clock.monotonic()), (start, before));
    clock.advance(MINUTE);
    assert_eq!((clock.now(), clock.monotonic()), (start + MINUTE, before + MINUTE));
    clock.set_back(2 * MINUTE);
    assert_eq!((clock.now(), clock.monotonic()), (start - MINUTE, before + MINUTE));
    clock.set_back(Duration::MAX);
    assert_eq!(clock.now(), SystemTime::UNIX_EPOCH);
    clock.advance(Duration::MAX);
}

#[test]
fn timers_are_pending_until_they_are_due() {
    let clock = ManualClock::new();
    let _timers = [clock.timer(Duration::ZERO), clock.timer(MINUTE), clock.timer(2 * MINUTE)];
    assert_eq!(clock.timers_set(), 3);
    assert_eq!(clock.pending(), [MINUTE, 2 * MINUTE]);
    clock.await_timers(3);
    clock.await_timer(MINUTE);
    clock.advance(MINUTE);
    assert_eq!(clock.pending(), [MINUTE]);
}

#[test]
fn a_client_polls_when_time_has_come() {
    let cdn = Cdn::new(&config_json([("isNew", true)]));
    let clock = ManualClock::new();
    let mode = PollingMode::auto().interval(MINUTE);
    let _client = client(&cdn).polling_mode(mode).jitter(0.0).clock(clock.clone()).build().unwrap();
    cdn.await_requests(1);
    clock.await_timer(MINUTE);
    clock.advance(MINUTE - Duration::from_nanos(1));
    assert_eq!(cdn.count(), 1);
    clock.advance(Duration::from_nanos(1));
    cdn.await_requests(2);
}
