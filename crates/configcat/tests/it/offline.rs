//! Offline and online mode, and the results of forced refreshes.

use std::{sync::Arc, time::Duration};

use configcat::{CacheState, Client, MapOverrides, OverrideBehavior, PollingMode, RefreshErrorKind, Value};
use log::Level;

use crate::support::{
    Cdn, MINUTE, ManualClock, Reply, SECOND, TestCache, bool_config, client, entry, patiently,
};

fn is_new(client: &Client) -> bool {
    client.get_value("isNew", false, None)
}

fn world() -> (Cdn, Arc<ManualClock>, TestCache) {
    (Cdn::new(&bool_config("isNew", true)), ManualClock::new(), TestCache::new())
}

#[test]
fn offline_from_the_start_there_is_no_http_until_online() {
    let (cdn, clock, _) = world();
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).offline(true);
    let client = builder.build().unwrap();
    assert!(client.is_offline());
    let asked = client.clone();
    patiently(move || assert!(!is_new(&asked), "at once"));
    for _ in 0..3 {
        clock.await_timer(MINUTE);
        clock.advance(MINUTE);
    }
    clock.await_timer(MINUTE);
    assert_eq!((cdn.count(), client.wait_for_ready(SECOND)), (0, CacheState::NoFlagData));

    clock.advance(10 * SECOND);
    client.set_online();
    clock.await_timer(MINUTE);
    assert_eq!((cdn.count(), is_new(&client), client.is_offline()), (1, true, false));
    let record = clock.log().assert_once(5200, Level::Info);
    assert_eq!(record.text, "Switched to ONLINE mode.");
}

#[test]
fn going_offline_stops_requests_and_going_online_polls_at_once() {
    let (cdn, clock, _) = world();
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    clock.await_timer(MINUTE);
    client.set_offline();
    client.set_offline();
    for _ in 0..3 {
        clock.advance(MINUTE);
        clock.await_timer(MINUTE);
    }
    assert_eq!((cdn.count(), is_new(&client), client.health().consecutive_failures), (1, true, 0));
    cdn.serve(&bool_config("isNew", false));
    clock.advance(SECOND);
    client.set_online();
    client.set_online();
    clock.await_timer(MINUTE);
    assert_eq!((cdn.count(), client.get_value("isNew", true, None)), (2, false));
    let texts: Vec<_> = clock.log().events_of(5200).into_iter().map(|record| record.text).collect();
    assert_eq!(texts, ["Switched to OFFLINE mode.", "Switched to ONLINE mode."]);
    clock.log().assert_events(&[5200, 5200]);
}

#[test]
fn going_online_polls_at_once_in_each_state() {
    let (cdn, clock, _) = world();
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    clock.await_timer(MINUTE);
    clock.advance(SECOND);
    client.set_offline();
    cdn.script([Reply::status(503).header("Retry-After", "600")]);
    client.set_online();
    clock.await_timer(600 * SECOND);
    client.set_offline();
    clock.advance(SECOND);
    client.set_online();
    clock.await_timer(MINUTE);
    assert_eq!(cdn.count(), 3);
}

#[test]
fn offline_the_cache_is_read_at_each_poll() {
    let (cdn, clock, cache) = world();
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let client = builder.offline(true).build().unwrap();
    for (reads, value) in [(1, true), (2, false), (3, true)] {
        clock.await_timer(MINUTE);
        assert_eq!(cache.reads(), reads);
        cache.put(entry(clock.now(), &format!("\"{reads}\""), &bool_config("isNew", value)));
        clock.advance(MINUTE);
        clock.await_timer(MINUTE);
        assert_eq!(client.get_value("isNew", !value, None), value);
    }
    assert_eq!((cdn.count(), cache.writes()), (0, 0));
}

#[test]
fn offline_readiness_depends_on_the_age_of_the_cache_entry() {
    for (age, state) in
        [(59 * SECOND, CacheState::HasUpToDateFlagData), (MINUTE, CacheState::HasCachedFlagDataOnly)]
    {
        for mode in [PollingMode::from(PollingMode::auto()), PollingMode::lazy().into()] {
            let (cdn, clock, cache) = world();
            cache.put(entry(clock.now() - age, "\"cached\"", &bool_config("isNew", true)));
            let builder = client(&cdn, mode).clock(clock.clone()).cache(cache).offline(true);
            let client = builder.build().unwrap();
            assert_eq!(client.wait_for_ready(SECOND), state, "{age:?} {mode:?}");
            assert!(is_new(&client));
        }
    }
}

#[test]
fn offline_polling_goes_on_when_the_clock_is_set_back() {
    let (cdn, clock, cache) = world();
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let _client = builder.offline(true).build().unwrap();
    for reads in 1..=3 {
        clock.await_timer(MINUTE);
        assert_eq!(cache.reads(), reads);
        clock.set_back(Duration::from_secs(3600));
        clock.advance(MINUTE);
    }
}

#[test]
fn a_forced_refresh_offline_without_a_cache_fails() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        let (cdn, clock, _) = world();
        let client = client(&cdn, mode).clock(clock.clone()).offline(true).build().unwrap();
        let error = client.force_refresh().unwrap_err();
        assert_eq!(error.kind(), RefreshErrorKind::Offline);
        assert!(error.fetch_error().is_none());
        clock.log().assert_once(3200, Level::Warn);
        assert_eq!((cdn.count(), client.health().last_attempt), (0, None));
    }
}

#[test]
fn a_forced_refresh_offline_with_a_cache_reads_it_and_succeeds() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        let (cdn, clock, cache) = world();
        let builder = client(&cdn, mode).clock(clock.clone()).cache(cache.clone());
        let client = builder.offline(true).build().unwrap();
        client.wait_for_ready(SECOND);
        client.force_refresh().unwrap();
        cache.put(entry(clock.now(), "\"cached\"", &bool_config("isNew", true)));
        client.force_refresh().unwrap();
        assert!(is_new(&client), "{mode:?}");
        assert_eq!(cdn.count(), 0);
        clock.log().assert_events(&[]);
    }
}

#[test]
fn a_forced_refresh_with_local_overrides_only_fails() {
    for offline in [false, true] {
        let (cdn, clock, cache) = world();
        let overrides = MapOverrides::new([("isNew", Value::from(true))]);
        let client = client(&cdn, PollingMode::auto())
            .overrides(OverrideBehavior::LocalOnly, overrides)
            .clock(clock.clone())
            .cache(cache.clone())
            .offline(offline)
            .build()
            .unwrap();
        let error = client.force_refresh().unwrap_err();
        assert_eq!(error.kind(), RefreshErrorKind::LocalOnly);
        clock.log().assert_once(3202, Level::Warn);
        assert_eq!((cdn.count(), cache.reads(), cache.writes()), (0, 0, 0));
    }
}

#[test]
fn a_forced_refresh_on_a_closed_client_fails() {
    for offline in [false, true] {
        let (cdn, clock, _) = world();
        let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).offline(offline);
        let client = builder.build().unwrap();
        client.close();
        let error = client.force_refresh().unwrap_err();
        assert_eq!(error.kind(), RefreshErrorKind::Closed);
        let record = clock.log().assert_once(3201, Level::Warn);
        assert!(record.text.contains("`force_refresh()`"), "{}", record.text);
        assert_eq!(cdn.count(), 0);
    }
}

#[test]
fn a_config_fetched_before_is_used_offline() {
    let (cdn, clock, cache) = world();
    let fetching = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    fetching.build().unwrap().force_refresh().unwrap();
    let offline = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache).offline(true);
    assert!(is_new(&offline.build().unwrap()));
    assert_eq!(cdn.count(), 1);
}
