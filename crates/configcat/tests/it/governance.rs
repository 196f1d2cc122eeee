//! Data governance with a base URL; the tests of `configcat-fetch` have the whole table.

use configcat::{
    CacheState, Client, PollingMode, RefreshErrorKind,
    fetch::{FetchErrorKind, Proxy},
};
use log::Level;

use crate::support::{Cdn, MINUTE, ManualClock, PATIENCE, Reply, TestCache, client, entry};

/// Returns a config with a redirection; its one flag has the name of its server.
fn pointing(to: &str, redirect: u8, from: &str) -> String {
    format!(r#"{{"p":{{"u":"{to}","r":{redirect}}},"f":{{"from":{{"t":1,"v":{{"s":"{from}"}}}}}}}}"#)
}

fn from(client: &Client) -> String {
    client.get_value("from", "nowhere", None)
}

/// Two servers: `a` redirects to `b`, and `b` to itself.
fn pair(redirect: u8) -> (Cdn, Cdn) {
    let (a, b) = (Cdn::empty(), Cdn::empty());
    a.serve(&pointing(&b.url(), redirect, "a"));
    // Served twice, so that its ETag differs from that of `a`: the servers count.
    b.serve("");
    b.serve(&pointing(&b.url(), redirect, "b"));
    (a, b)
}

fn counts(a: &Cdn, b: &Cdn) -> (usize, usize) {
    (a.count(), b.count())
}

#[test]
fn a_base_url_is_left_only_by_a_forced_redirect() {
    for (redirect, first, requests) in
        [(0, "a", [(1, 0), (2, 0)]), (1, "a", [(1, 0), (2, 0)]), (2, "b", [(1, 1), (1, 2)])]
    {
        let ((a, b), clock) = (pair(redirect), ManualClock::new());
        let client = client(&a, PollingMode::manual()).clock(clock.clone()).build().unwrap();
        for requests in requests {
            client.force_refresh().unwrap();
            assert_eq!((&*from(&client), counts(&a, &b)), (first, requests), "{redirect}");
        }
        assert!(clock.log().events().is_empty(), "a base URL is valid");
        // The ETag is that of the server that sent the config.
        let last = if redirect == 2 { &b } else { &a };
        assert_eq!(last.requests().last().unwrap().header("If-None-Match"), Some(&*last.etag()));
    }
}

#[test]
fn a_trailing_slash_is_ignored_and_a_path_is_kept() {
    for (base, own) in [("/", ""), ("//", ""), ("/eu/", "/eu"), ("/eu", "/eu/")] {
        let (cdn, clock) = (Cdn::empty(), ManualClock::new());
        let config = pointing(&format!("{}{own}", cdn.url()), 2, "home");
        cdn.serve_at(own.trim_end_matches('/'), &config);
        let builder = client(&cdn, PollingMode::manual()).base_url(format!("{}{base}", cdn.url()));
        let client = builder.clock(clock.clone()).build().unwrap();
        client.force_refresh().unwrap();
        assert_eq!((&*from(&client), cdn.count()), ("home", 1), "{base}");
        let path = cdn.requests()[0].path.clone();
        assert!(
            path.starts_with(&format!("{}/configuration-files/configcat-sdk-1/", own.trim_end_matches('/')))
        );
    }
}

#[test]
fn a_proxy_key_never_redirects() {
    for redirect in 0..=2 {
        let ((a, b), clock) = (pair(redirect), ManualClock::new());
        let builder = Client::builder("configcat-proxy/my-service").base_url(a.url()).proxy(Proxy::None);
        let client = builder.polling_mode(PollingMode::manual()).clock(clock.clone()).build().unwrap();
        for round in 1..=2 {
            client.force_refresh().unwrap();
            assert_eq!((&*from(&client), counts(&a, &b)), ("a", (round, 0)), "{redirect}");
        }
        assert_eq!(a.requests()[0].path, "/configuration-files/configcat-proxy/my-service/config_v6.json");
        assert!(clock.log().events().is_empty());
    }
}

#[test]
fn a_loop_ends_after_three_requests_with_the_last_config() {
    let ((a, b), clock, cache) = (pair(2), ManualClock::new(), TestCache::new());
    b.serve(&pointing(&a.url(), 2, "b"));
    let builder = client(&a, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!((&*from(&client), counts(&a, &b)), ("a", (2, 1)), "a, b, a");
    let record = clock.log().assert_once(1104, Level::Error);
    assert!(record.text.contains("redirect"), "{}", record.text);
    assert_eq!(cache.entry(), Some(entry(clock.now(), &a.etag(), &pointing(&b.url(), 2, "a"))));
    assert_eq!(client.health().consecutive_failures, 0);
    // The next fetch starts at the last URL, and ends at the first config without a redirection.
    b.serve(&pointing(&b.url(), 2, "b"));
    client.force_refresh().unwrap();
    assert_eq!((&*from(&client), counts(&a, &b)), ("b", (2, 2)));
    assert_eq!(clock.log().events(), [1104]);
}

#[test]
fn a_chain_of_three_is_no_loop() {
    let ((a, b), c, clock) = (pair(2), Cdn::empty(), ManualClock::new());
    b.serve(&pointing(&c.url(), 2, "b"));
    c.serve(&pointing(&c.url(), 2, "c"));
    let client = client(&a, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    assert_eq!(client.wait_for_ready(PATIENCE), CacheState::HasUpToDateFlagData);
    assert_eq!((&*from(&client), counts(&a, &b), c.count()), ("c", (1, 1), 1));
    clock.await_timer(MINUTE);
    clock.advance(MINUTE);
    c.await_requests(2);
    assert_eq!((counts(&a, &b), clock.log().events().len()), ((1, 1), 0));
}

#[test]
fn a_failure_after_a_redirect_keeps_the_config_and_is_retried() {
    for (reply, kind) in [
        (Reply::status(500), FetchErrorKind::UnexpectedResponse),
        (Reply::status(404), FetchErrorKind::SdkKeyRejected),
        (Reply::body("rubbish"), FetchErrorKind::InvalidContent),
        (Reply::body(r#"{"error":"rate limited"}"#), FetchErrorKind::InvalidContent),
    ] {
        let ((a, b), clock, cache) = (pair(2), ManualClock::new(), TestCache::new());
        b.script([reply]);
        let builder = client(&a, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
        let client = builder.build().unwrap();
        client.force_refresh().unwrap();
        assert_eq!((&*from(&client), counts(&a, &b), cache.writes()), ("a", (1, 1), 1), "{kind:?}");
        // The error is reported beside the config.
        clock.log().assert_once(u64::from(kind.event_id()), Level::Error);
        let health = client.health();
        let last_error = health.last_error.map(|error| error.kind());
        assert_eq!((health.consecutive_failures, last_error), (0, Some(RefreshErrorKind::Fetch(kind))));
        client.force_refresh().unwrap();
        assert_eq!((&*from(&client), counts(&a, &b), cache.writes()), ("b", (2, 2), 2), "{kind:?}");
        assert!(client.health().last_error.is_none());
    }
}

/// A wrong `u` must not redirect the client for good.
#[test]
fn after_three_failures_the_first_url_is_used_again() {
    let ((a, b), clock) = (pair(2), ManualClock::new());
    let client = client(&a, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!((&*from(&client), counts(&a, &b)), ("b", (1, 1)));
    b.set_always(Reply::status(500));
    a.serve(""); // Its ETags are others than those of `b`.
    a.serve(&pointing(&a.url(), 2, "a again"));
    for failures in 1..=3 {
        client.force_refresh().unwrap_err();
        assert_eq!((&*from(&client), client.health().consecutive_failures), ("b", failures));
    }
    client.force_refresh().unwrap();
    assert_eq!((&*from(&client), counts(&a, &b)), ("a again", (2, 4)));
}
