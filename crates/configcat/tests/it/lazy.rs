//! Lazy and manual polling: no thread; an evaluation or the user fetches.

use std::{sync::Arc, time::Duration};

use configcat::{CacheState, Client, PollingMode, RefreshErrorKind};
use log::Level;

use crate::support::{Cdn, Fault, MINUTE, ManualClock, Reply, SECOND, TestCache, bool_config, client, entry};

const HOUR: Duration = Duration::from_secs(3600);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Returns a client with a TTL of a minute.
fn lazy(cdn: &Cdn, clock: &Arc<ManualClock>, cache: &TestCache) -> Client {
    let builder = client(cdn, PollingMode::lazy()).clock(clock.clone()).cache(cache.clone());
    builder.build().unwrap()
}

fn manual(cdn: &Cdn, clock: &Arc<ManualClock>, cache: &TestCache) -> Client {
    let builder = client(cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    builder.build().unwrap()
}

fn is_new(client: &Client) -> bool {
    client.get_value("isNew", false, None)
}

fn world(value: bool) -> (Cdn, Arc<ManualClock>, TestCache) {
    (Cdn::new(&bool_config("isNew", value)), ManualClock::new(), TestCache::new())
}

#[test]
fn lazy_fetches_when_a_flag_is_evaluated_and_the_ttl_has_passed() {
    let (cdn, clock, cache) = world(true);
    let client = lazy(&cdn, &clock, &cache);
    assert_eq!(cdn.count(), 0, "nothing is evaluated yet");
    for fetches in 1..=3 {
        assert!(is_new(&client));
        clock.advance(MINUTE - MILLISECOND);
        assert!(is_new(&client));
        assert_eq!((cdn.count(), cache.writes()), (fetches, fetches));
        clock.advance(MILLISECOND);
    }
    cdn.serve(&bool_config("isNew", false));
    assert!(!client.get_value("isNew", true, None));
    assert_eq!((clock.timers_set(), clock.threads().workers()), (0, 0));
}

#[test]
fn every_evaluation_method_fetches_lazily() {
    let evaluations: [fn(&Client) -> bool; 8] = [
        is_new,
        |client| client.get_value_details("isNew", false, None).value,
        |client| client.get_all_keys() == ["isNew"],
        |client| client.get_all_values(None).len() == 1,
        |client| client.get_all_value_details(None).len() == 1,
        |client| client.get_key_and_value("isNew-id").is_some(),
        |client| client.snapshot().get_value("isNew", false, None),
        |client| client.explain("isNew", None).is_some(),
    ];
    for (index, evaluate) in evaluations.into_iter().enumerate() {
        let (cdn, clock, cache) = world(true);
        assert!(evaluate(&lazy(&cdn, &clock, &cache)), "{index}");
        assert_eq!(cdn.count(), 1, "{index}");
    }
}

#[test]
fn lazy_fetches_when_the_cache_entry_is_as_old_as_the_ttl() {
    let (cdn, clock, cache) = world(true);
    cache.put(entry(clock.now() - 59 * SECOND, "\"cached\"", &bool_config("isNew", false)));
    let client = lazy(&cdn, &clock, &cache);
    assert_eq!(client.wait_for_ready(SECOND), CacheState::HasUpToDateFlagData);
    assert!(!client.get_value("isNew", true, None));
    assert_eq!((cdn.count(), cache.reads()), (0, 1));
    clock.advance(SECOND);
    assert!(is_new(&client));
    assert_eq!((cdn.count(), cache.reads()), (1, 2));
    assert_eq!(cdn.requests()[0].header("If-None-Match"), Some("\"cached\""));
}

#[test]
fn lazy_uses_the_config_of_another_process() {
    let (cdn, clock, cache) = world(false);
    let client = lazy(&cdn, &clock, &cache);
    assert!(!is_new(&client));
    clock.advance(MINUTE);
    cache.put(entry(clock.now() - SECOND, "\"other\"", &bool_config("isNew", true)));
    assert!(is_new(&client));
    assert_eq!((cdn.count(), cache.reads(), cache.writes()), (1, 3, 1));
    clock.advance(59 * SECOND);
    assert!(!is_new(&client));
    assert_eq!(cdn.count(), 2);
}

#[test]
fn lazy_evaluations_within_the_ttl_touch_no_cache() {
    let (cdn, clock, cache) = world(true);
    let client = lazy(&cdn, &clock, &cache);
    assert!(is_new(&client));
    let reads = cache.reads();
    cache.fail_reads(Fault::Panic);
    assert!((0..1000).all(|_| is_new(&client)));
    assert_eq!(cache.reads(), reads);
}

#[test]
fn lazy_not_modified_moves_the_time() {
    let (cdn, clock, cache) = world(true);
    let client = lazy(&cdn, &clock, &cache);
    assert!(is_new(&client));
    clock.advance(MINUTE);
    let details = client.get_value_details("isNew", false, None);
    assert_eq!((details.value, details.fetch_time), (true, Some(clock.now())));
    assert_eq!(cache.entry(), Some(entry(clock.now(), &cdn.etag(), &bool_config("isNew", true))));
    assert_eq!(cdn.requests()[1].header("If-None-Match"), Some(&*cdn.etag()));
    clock.advance(59 * SECOND);
    assert!(is_new(&client));
    assert_eq!(cdn.count(), 2);
}

#[test]
fn lazy_backs_off_after_a_failure() {
    let (cdn, clock, cache) = world(true);
    let client = lazy(&cdn, &clock, &cache);
    assert!(is_new(&client));
    cdn.set_always(Reply::status(500));
    clock.advance(MINUTE);
    for (fetches, rest) in (2..).zip([2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]) {
        let rest = rest * SECOND;
        assert!(is_new(&client), "the last config stays");
        assert_eq!(cdn.count(), fetches);
        clock.advance(rest - MILLISECOND);
        assert!(is_new(&client));
        assert_eq!(cdn.count(), fetches, "within {rest:?}");
        clock.advance(MILLISECOND);
    }
    cdn.set_always(Reply::status(503).header("Retry-After", "1000"));
    assert!(is_new(&client));
    cdn.set_always(Reply::content());
    cdn.serve(&bool_config("isNew", false));
    let count = cdn.count();
    clock.advance(1000 * SECOND - MILLISECOND);
    assert_eq!((is_new(&client), cdn.count()), (true, count));
    clock.advance(MILLISECOND);
    assert_eq!((is_new(&client), cdn.count()), (false, count + 1));
    clock.advance(MINUTE);
    assert_eq!((is_new(&client), cdn.count()), (false, count + 2), "a success forgets the failures");
}

#[test]
fn lazy_on_a_cold_client_gives_the_default_when_the_fetch_fails() {
    for (reply, event) in [(Reply::status(500), 1101), (Reply::close(), 1103), (Reply::status(404), 1100)] {
        let clock = ManualClock::new();
        let cdn = Cdn::always(reply);
        let client = lazy(&cdn, &clock, &TestCache::new());
        assert!(client.get_value("isNew", true, None));
        clock.log().assert_events(&[event, 1000]);
        assert!(client.get_value("isNew", true, None));
        assert_eq!(cdn.count(), 1);
    }
}

#[test]
fn lazy_offline_reads_the_cache_at_each_ttl() {
    let (cdn, clock, cache) = world(true);
    let builder = client(&cdn, PollingMode::lazy()).clock(clock.clone()).cache(cache.clone());
    let client = builder.offline(true).build().unwrap();
    assert_eq!(cache.reads(), 1);
    for round in 2..=4 {
        assert!(!is_new(&client));
        assert_eq!(cache.reads(), round, "it is read once");
        clock.advance(MINUTE - MILLISECOND);
        assert!(!is_new(&client));
        assert_eq!(cache.reads(), round, "and not again within the TTL");
        clock.advance(MILLISECOND);
    }
    cache.put(entry(clock.now() - HOUR, "\"old\"", &bool_config("isNew", true)));
    assert!(is_new(&client), "an old config is better than no config");
    cache.put(entry(clock.now(), "\"new\"", &bool_config("isNew", false)));
    clock.advance(MINUTE);
    assert!(!is_new(&client));
    assert_eq!((cdn.count(), cache.writes()), (0, 0));
}

#[test]
fn lazy_fetches_as_soon_as_it_is_online_again() {
    let (cdn, clock, cache) = world(true);
    let builder = client(&cdn, PollingMode::lazy()).clock(clock.clone()).cache(cache);
    let client = builder.offline(true).build().unwrap();
    assert!(!is_new(&client));
    client.set_online();
    assert!(is_new(&client));
}

/// `Duration::MAX` is what users write for "never again".
#[test]
fn lazy_with_an_endless_ttl_offline_does_not_panic() {
    let (cdn, clock, cache) = world(true);
    let builder = client(&cdn, PollingMode::lazy().cache_ttl(Duration::MAX)).clock(clock.clone());
    let client = builder.cache(cache).offline(true).build().unwrap();
    assert!(!is_new(&client));
    clock.log().assert_events(&[1000]);
    client.set_online();
    client.force_refresh().unwrap();
    clock.advance(1_000_000 * HOUR);
    assert!(is_new(&client));
    assert_eq!(cdn.count(), 1);
}

#[test]
fn lazy_goes_on_when_the_clock_is_set_back() {
    let (cdn, clock, cache) = world(false);
    let client = lazy(&cdn, &clock, &cache);
    assert!(!is_new(&client));
    clock.set_back(HOUR);
    cdn.serve(&bool_config("isNew", true));
    assert!(is_new(&client), "its age is unknown");
    assert!(is_new(&client));
    assert_eq!(cdn.count(), 2);
    clock.advance(MINUTE);
    assert!(is_new(&client));
    assert_eq!(cdn.count(), 3);
}

#[test]
fn lazy_survives_a_clock_that_panics() {
    let (cdn, clock, cache) = world(true);
    let client = lazy(&cdn, &clock, &cache);
    assert!(is_new(&client));
    clock.advance(MINUTE);
    // The clock panics in the refresh, not in the check of the TTL, which is on the path of the
    // evaluation.
    cache.fail_reads(Fault::Panic);
    assert!(is_new(&client));
    clock.log().assert_once(2200, Level::Error);
}

#[test]
fn manual_with_an_empty_cache_gives_the_default_and_never_fetches_by_itself() {
    let (cdn, clock, cache) = world(true);
    let client = manual(&cdn, &clock, &cache);
    assert_eq!(client.wait_for_ready(SECOND), CacheState::NoFlagData);
    for _ in 0..3 {
        assert!(!is_new(&client));
        assert_eq!(client.get_all_keys(), [""; 0]);
        clock.advance(24 * HOUR);
    }
    assert_eq!((cdn.count(), cache.reads(), cache.writes()), (0, 1, 0));
    assert_eq!((clock.timers_set(), clock.threads().workers()), (0, 0));
    clock.log().assert_events(&[1000; 2]); // once for the flag, and once for all keys
}

#[test]
fn manual_fetches_in_a_forced_refresh() {
    let (cdn, clock, cache) = world(true);
    let client = manual(&cdn, &clock, &cache);
    client.force_refresh().unwrap();
    assert!(is_new(&client));
    cdn.serve(&bool_config("isNew", false));
    clock.advance(24 * HOUR);
    assert!(is_new(&client), "until the next report");
    client.force_refresh().unwrap();
    assert!(!is_new(&client));
    assert_eq!((cdn.count(), cache.reads(), cache.writes()), (2, 3, 2));
    client.force_refresh().unwrap();
    assert_eq!(cache.entry(), Some(entry(clock.now(), &cdn.etag(), &bool_config("isNew", false))));
}

#[test]
fn manual_returns_the_failure_and_keeps_the_config() {
    let (cdn, clock, cache) = world(true);
    let client = manual(&cdn, &clock, &cache);
    client.force_refresh().unwrap();
    cdn.set_always(Reply::status(500));
    let error = client.force_refresh().unwrap_err();
    assert!(matches!(error.kind(), RefreshErrorKind::Fetch(kind) if kind.event_id() == 1101), "{error:?}");
    assert_eq!(error.fetch_error().unwrap().kind().event_id(), 1101);
    assert!(is_new(&client));
    clock.log().assert_events(&[1101]);
}

#[test]
fn manual_evaluates_on_the_cache_entry_of_the_start() {
    let (cdn, clock, cache) = world(false);
    cache.put(entry(clock.now() - 365 * 24 * HOUR, "\"cached\"", &bool_config("isNew", true)));
    let client = manual(&cdn, &clock, &cache);
    assert_eq!(client.wait_for_ready(SECOND), CacheState::HasCachedFlagDataOnly);
    assert!(is_new(&client));
    cache.put(entry(clock.now(), "\"newer\"", &bool_config("isNew", false)));
    assert!(is_new(&client), "it is read again when refreshed");
    assert_eq!((cdn.count(), cache.reads()), (0, 1));
}
