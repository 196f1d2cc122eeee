//! Readiness that is returned without a wait.

use std::{thread, time::Duration};

use configcat::{CacheState, Client, PollingMode};

use crate::support::{Cdn, MINUTE, ManualClock, Reply, SECOND, bool_config, client, patiently};

fn peek(client: &Client) -> Option<bool> {
    client.try_snapshot().map(|snapshot| snapshot.get_value("isOn", false, None))
}

#[test]
fn auto_polling_has_a_snapshot_once_it_is_ready() {
    patiently(|| {
        let cdn = Cdn::new(&bool_config("isOn", true));
        cdn.script([Reply::hang()]);
        let clock = ManualClock::new();
        let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
        cdn.await_hanging(1);
        assert_eq!((peek(&client), client.ready_state()), (None, None));
        cdn.release();
        assert_eq!(client.wait_for_ready(MINUTE), CacheState::HasUpToDateFlagData);
        assert_eq!(client.ready_state(), Some(CacheState::HasUpToDateFlagData));
        assert_eq!(peek(&client), Some(true));
    });
}

#[test]
fn auto_polling_is_ready_after_the_max_init_wait_without_a_waiting_thread() {
    patiently(|| {
        let cdn = Cdn::new(&bool_config("isOn", true));
        cdn.script([Reply::hang()]);
        let clock = ManualClock::new();
        let mode = PollingMode::auto().max_init_wait(5 * SECOND);
        let client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
        cdn.await_hanging(1);
        clock.advance(5 * SECOND - Duration::from_millis(1));
        assert_eq!((peek(&client), client.ready_state()), (None, None));
        clock.advance(Duration::from_millis(1));
        assert_eq!((peek(&client), client.ready_state()), (Some(false), Some(CacheState::NoFlagData)));
        cdn.release();
    });
}

#[test]
fn lazy_polling_has_no_snapshot_when_it_would_fetch() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    let clock = ManualClock::new();
    let client = client(&cdn, PollingMode::lazy()).clock(clock.clone()).build().unwrap();
    assert_eq!((peek(&client), client.ready_state()), (None, Some(CacheState::NoFlagData)));
    for fetches in 1..3 {
        assert_eq!(peek(&client), None);
        assert_eq!(cdn.count(), fetches - 1, "a look fetches nothing");
        let _ = client.snapshot();
        assert_eq!((peek(&client), cdn.count()), (Some(true), fetches));
        clock.advance(MINUTE);
    }
    cdn.set_always(Reply::status(500));
    let _ = client.snapshot();
    assert_eq!(peek(&client), Some(true), "a failure starts the backoff");
    client.close();
    clock.advance(MINUTE);
    assert_eq!(peek(&client), Some(true), "a closed one fetches no more");
}

#[test]
fn manual_polling_always_has_a_snapshot() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    assert_eq!(peek(&client), Some(false));
    client.force_refresh().unwrap();
    assert_eq!(peek(&client), Some(true));
}

#[test]
fn a_client_that_closes_before_it_is_ready_has_a_snapshot() {
    patiently(|| {
        let cdn = Cdn::new(&bool_config("isOn", true));
        cdn.script([Reply::hang()]);
        let client = client(&cdn, PollingMode::auto()).build().unwrap();
        cdn.await_hanging(1);
        client.close();
        assert_eq!(peek(&client), Some(false));
    });
}

#[test]
fn a_clock_that_panics_does_not_delay_the_first_config() {
    patiently(|| {
        let (cdn, clock) = (Cdn::new(&bool_config("isOn", true)), ManualClock::new());
        cdn.script([Reply::content().held()]);
        let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
        cdn.await_hanging(1);
        let waiting = {
            let client = client.clone();
            thread::spawn(move || client.get_value("isOn", false, None))
        };
        clock.await_timers(1); // this call waits
        // The clock panics while the config is published, while health is recorded, and while the
        // hooks get the cache state.
        clock.panic_next(3);
        cdn.release();
        assert!(!waiting.join().unwrap());
        clock.await_timer(2 * MINUTE);
        let events = clock.log().events();
        assert!(events.iter().all(|id| [1000, 1200].contains(id)) && events.contains(&1200), "{events:?}");
    });
}
