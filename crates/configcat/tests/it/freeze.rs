//! Sleep of a machine, or a frozen process: the monotonic clock stands still, and the time of day
//! goes on.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use configcat::{
    PollingMode,
    time::{Clock, Timer},
};

use crate::support::{Cdn, MINUTE, ManualClock, Reply, bool_config, client};

const HOUR: Duration = Duration::from_secs(3600);

/// Clock of a machine that can sleep.
struct Sleepy {
    clock: Arc<ManualClock>,
    slept: Mutex<Duration>,
}

impl Sleepy {
    fn new() -> Arc<Self> {
        Arc::new(Self { clock: ManualClock::new(), slept: Mutex::default() })
    }

    fn sleep(&self, time: Duration) {
        *self.slept.lock().unwrap() += time;
    }
}

impl Clock for Sleepy {
    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn unix_time(&self) -> Duration {
        self.clock.unix_time() + *self.slept.lock().unwrap()
    }

    fn timer(&self, delay: Duration) -> Timer {
        self.clock.timer(delay)
    }
}

#[test]
fn polls_when_the_machine_wakes_and_then_at_each_interval() {
    let (cdn, sleepy) = (Cdn::new(&bool_config("isNew", false)), Sleepy::new());
    let client = client(&cdn, PollingMode::auto()).clock(sleepy.clone()).build().unwrap();
    for sleeps in 1..=2 {
        sleepy.clock.await_timers(sleeps);
        sleepy.sleep(HOUR);
        cdn.await_requests(1 + sleeps);
    }
    sleepy.clock.await_timers(3);
    sleepy.clock.await_timer(MINUTE);
    assert!(!client.get_value("isNew", true, None));
    cdn.serve(&bool_config("isNew", true));
    sleepy.clock.advance(MINUTE);
    sleepy.clock.await_timers(4);
    assert_eq!((cdn.count(), client.get_value("isNew", false, None)), (4, true));
    sleepy.clock.log().assert_events(&[]);
}

#[test]
fn a_sleep_ends_the_backoff() {
    let (cdn, sleepy) = (Cdn::always(Reply::status(500)), Sleepy::new());
    let _client = client(&cdn, PollingMode::auto()).clock(sleepy.clone()).build().unwrap();
    sleepy.clock.await_timer(2 * MINUTE);
    sleepy.sleep(HOUR);
    sleepy.clock.await_timer(4 * MINUTE);
    assert_eq!(cdn.count(), 2);
}

#[test]
fn a_poll_that_is_cut_off_by_a_sleep_is_repeated_at_once() {
    let (cdn, sleepy) = (Cdn::new(&bool_config("isNew", true)), Sleepy::new());
    cdn.script([Reply::close().held()]);
    let client = client(&cdn, PollingMode::auto()).clock(sleepy.clone()).build().unwrap();
    cdn.await_hanging(1);
    sleepy.sleep(HOUR);
    cdn.release();
    sleepy.clock.await_timer(MINUTE);
    assert_eq!((cdn.count(), client.get_value("isNew", false, None)), (2, true));
}

#[test]
fn a_sleep_ends_the_backoff_of_lazy_loading() {
    let (cdn, sleepy) = (Cdn::always(Reply::status(500)), Sleepy::new());
    let client = client(&cdn, PollingMode::lazy()).clock(sleepy.clone()).build().unwrap();
    for requests in 1..=3 {
        for _ in 0..3 {
            client.get_value("isNew", false, None);
            assert_eq!(cdn.count(), requests);
        }
        sleepy.sleep(HOUR);
    }
}

/// A machine that has lost its time: polling uses the monotonic clock.
#[test]
fn a_clock_set_back_repeatedly_neither_stops_nor_floods_polling() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let _client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    clock.await_timer(MINUTE);
    clock.set_back(10 * HOUR);
    for polls in 2..=4 {
        clock.advance(MINUTE);
        clock.await_timers(polls);
        assert_eq!(cdn.count(), polls);
        clock.set_back(HOUR);
    }
}
