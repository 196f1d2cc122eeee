//! The default clock, which is the system's.

use std::time::{Duration, SystemTime};

use configcat::{CacheState, PollingMode};

use crate::support::{Cdn, Reply, SECOND, TestCache, bool_config, client, entry, patiently, timed};

#[test]
fn polls_at_each_interval() {
    let cdn = Cdn::new(&bool_config("isNew", true));
    let mode = PollingMode::auto().interval(SECOND);
    let ((), time) = timed(|| {
        let client = client(&cdn, mode).build().unwrap();
        cdn.await_requests(3);
        assert!(client.get_value("isNew", false, None));
    });
    // The age of a config is known to the millisecond.
    assert!(time >= Duration::from_millis(1990), "{time:?}");
}

#[test]
fn the_fetch_time_is_now() {
    let cdn = Cdn::new(&bool_config("isNew", true));
    let client = client(&cdn, PollingMode::lazy()).build().unwrap();
    let before = SystemTime::now() - Duration::from_millis(1);
    let details = client.get_value_details("isNew", false, None);
    let after = SystemTime::now();
    assert!((before..=after).contains(&details.fetch_time.unwrap()));
}

#[test]
fn a_cache_entry_is_as_old_as_it_says() {
    for (age, state) in [(40, CacheState::HasUpToDateFlagData), (61, CacheState::HasCachedFlagDataOnly)] {
        let cdn = Cdn::empty();
        let fetched_at = SystemTime::now() - Duration::from_secs(age);
        let cache = TestCache::with(entry(fetched_at, "\"cached\"", &bool_config("isNew", true)));
        let client = client(&cdn, PollingMode::lazy()).cache(cache).offline(true).build().unwrap();
        assert_eq!(client.wait_for_ready(SECOND), state);
    }
}

#[test]
fn the_max_init_wait_ends() {
    let wait = Duration::from_millis(200);
    let cdn = Cdn::always(Reply::hang());
    let mode = PollingMode::auto().max_init_wait(wait);
    let client = client(&cdn, mode).build().unwrap();
    cdn.await_hanging(1);
    let (value, time) = timed(|| client.get_value("isNew", true, None));
    assert!(value && time < 10 * SECOND, "{time:?}");
}

#[test]
fn waiting_for_readiness_ends() {
    let cdn = Cdn::always(Reply::hang());
    let client = client(&cdn, PollingMode::auto()).build().unwrap();
    let wait = Duration::from_millis(50);
    let (state, time) = timed(|| client.wait_for_ready(wait));
    assert_eq!(state, CacheState::NoFlagData);
    assert!((wait..4 * SECOND).contains(&time), "{time:?}");
}

#[test]
fn endless_times_are_accepted() {
    let cdn = Cdn::new(&bool_config("isNew", true));
    let long = Duration::from_secs(u64::from(u32::MAX));
    let auto = PollingMode::auto().max_init_wait(Duration::MAX).interval(long);
    for mode in [PollingMode::from(auto), PollingMode::lazy().cache_ttl(long).into()] {
        let builder = client(&cdn, mode);
        let client = builder.request_timeout(Duration::MAX).connect_timeout(Duration::MAX).build().unwrap();
        patiently(move || {
            assert!(client.get_value("isNew", false, None));
            assert_eq!(client.wait_for_ready(Duration::MAX), CacheState::HasUpToDateFlagData);
        });
    }
}
