//! Tests of the Redis cache with a real `redis-server`. Without that program they fail, and say so.

#![allow(missing_docs, reason = "tests")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

#[cfg(unix)]
#[path = "../../crates/configcat/tests/it/support/process.rs"]
mod process;

use std::{
    collections::BTreeSet,
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

use configcat::{
    Client, ConfigCache, PollingMode, RedisCache,
    cache::{Entry, RedisCacheError, cache_key, conformance},
    fetch::Proxy,
};
use configcat_testkit::{Cdn, SDK_KEY, config_json};
use configcat_tests::{
    redis::{
        fleet::{Trial, Verdict},
        server::Server,
    },
    watch::Watch,
};
use log::LevelFilter;

const KEY: &str = "f83ba5d45bceb4bb704410f51b704fb6dfa19942";
const PASSWORD: &str = "Xq7secretXq7";

#[track_caller]
fn server() -> Server {
    with_password(None)
}

/// Returns the value, or panics with the text of the error alone, which names the missing program.
#[track_caller]
fn with_password(password: Option<&'static str>) -> Server {
    Server::start_with(password).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn cache(server: &Server) -> RedisCache {
    RedisCache::new(&server.url()).unwrap()
}

/// Returns the text of the error of a read.
#[track_caller]
fn failed_read(cache: &RedisCache) -> RedisCacheError {
    *cache.read(KEY).unwrap_err().downcast().unwrap()
}

/// Returns the number of connections up to now, including the one that asks: Redis numbers them
/// from 1.
#[track_caller]
fn connections(server: &Server) -> u64 {
    server.command("CLIENT ID").unwrap()[1..].parse().unwrap()
}

#[test]
fn it_keeps_the_promises_of_the_trait() {
    let server = server();
    conformance::check(|| cache(&server)).unwrap();
    let one = cache(&server);
    conformance::check(|| &one).unwrap();
    conformance::check(|| cache(&server).key_prefix("my-app:").ttl(Duration::from_secs(60))).unwrap();
}

#[test]
fn entries_are_where_other_sdks_look_for_them() {
    let server = server();
    cache(&server).write(KEY, "1\na\n{}").unwrap();
    assert_eq!(server.command(&format!("EXISTS {KEY}")).unwrap(), ":1");
    assert_eq!(server.command(&format!("STRLEN {KEY}")).unwrap(), ":6");
    assert_eq!(server.command(&format!("TTL {KEY}")).unwrap(), ":-1", "it stays for ever");

    server.command(&format!("SET {KEY} other")).unwrap();
    assert_eq!(cache(&server).read(KEY).unwrap().as_deref(), Some("other"));
}

#[test]
fn a_prefix_and_a_ttl_are_used_if_they_are_set() {
    let server = server();
    let cache = cache(&server).key_prefix("my-app:").ttl(Duration::from_secs(1000));
    cache.write(KEY, "value").unwrap();
    assert_eq!(server.command(&format!("EXISTS {KEY}")).unwrap(), ":0");
    let left = server.command(&format!("PTTL my-app:{KEY}")).unwrap();
    assert!((1..=1_000_000).contains(&left[1..].parse().unwrap()), "{left}");
    assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("value"));
    server.command(&format!("DEL my-app:{KEY}")).unwrap();
    assert_eq!(cache.read(KEY).unwrap(), None);
}

#[test]
fn a_lost_connection_costs_nothing_but_a_new_one() {
    let mut server = server();
    let cache = cache(&server);
    cache.write(KEY, "value").unwrap();
    for _ in 0..3 {
        // `CLIENT KILL` counts the killed connections without its own: the pooled one, then the new
        // one.
        assert_eq!(server.command("CLIENT KILL TYPE normal SKIPME yes").unwrap(), ":1");
        assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("value"));
        assert_eq!(server.command("CLIENT KILL TYPE normal SKIPME yes").unwrap(), ":1");
        cache.write(KEY, "value").unwrap();
    }
    server.restart().unwrap();
    assert_eq!(cache.read(KEY).unwrap(), None, "the server has lost it, and no error is told");

    server.stop().unwrap();
    assert!(matches!(failed_read(&cache), RedisCacheError::Connect { .. }));
    assert!(cache.write(KEY, "value").is_err());
    server.restart().unwrap();
    cache.write(KEY, "value").unwrap();
    assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("value"));
}

#[test]
fn a_connection_is_kept() {
    let server = server();
    let cache = cache(&server);
    let before = connections(&server);
    for _ in 0..10 {
        cache.write(KEY, "value").unwrap();
        cache.read(KEY).unwrap();
    }
    assert_eq!(connections(&server) - before, 2, "that of the cache, and the second one that asks");
}

#[test]
fn a_server_that_hangs_is_not_waited_for_long() {
    let server = server();
    let limit = Duration::from_millis(300);
    let cache = cache(&server).response_timeout(limit).connect_timeout(limit);
    cache.write(KEY, "value").unwrap();
    server.signal("STOP").unwrap();
    // First on the pooled connection, then on a new one: the system accepts it although the server
    // is stopped.
    for _ in 0..2 {
        let start = Instant::now();
        let error = failed_read(&cache);
        let took = start.elapsed();
        assert!(matches!(error, RedisCacheError::Command { .. }), "{error:?}");
        assert!(took >= limit && took < limit + Duration::from_secs(5), "{took:?}");
    }
    server.signal("CONT").unwrap();
    assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("value"));
}

#[test]
fn what_is_no_text_or_too_long_is_an_error_and_can_be_replaced() {
    let server = server();
    let cache = cache(&server);
    server.command(&format!("RPUSH {KEY} item")).unwrap();
    assert!(matches!(failed_read(&cache), RedisCacheError::Command { .. }));
    server.command(&format!("SETRANGE other {} x", RedisCache::MAX_BYTES - 1)).unwrap();
    assert_eq!(cache.read("other").unwrap().unwrap().len() as u64, RedisCache::MAX_BYTES);
    server.command(&format!("DEL {KEY}")).unwrap();
    server.command(&format!("SETRANGE {KEY} {} x", RedisCache::MAX_BYTES)).unwrap();
    assert!(matches!(failed_read(&cache), RedisCacheError::TooLarge));
    server.command(&format!("SET {KEY} \"\\xff\"")).unwrap();
    assert!(matches!(failed_read(&cache), RedisCacheError::NotUtf8 { .. }));
    cache.write(KEY, "value").unwrap();
    assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("value"));
}

#[test]
fn passwords_are_used_and_never_shown() {
    let server = with_password(Some(PASSWORD));
    let right = cache(&server);
    right.write(KEY, "value").unwrap();
    assert_eq!(cache(&server).read(KEY).unwrap().as_deref(), Some("value"));

    let wrong = RedisCache::new(&server.url().replace(PASSWORD, &format!("{PASSWORD}x"))).unwrap();
    let none = RedisCache::new(&server.url().replace(&format!(":{PASSWORD}@"), "")).unwrap();
    for (cache, says) in [(&wrong, "authentication failed"), (&none, "NOAUTH")] {
        let error = failed_read(cache);
        let source = error.source().unwrap();
        assert!(source.to_string().contains(says), "{source}");
        let shown = format!("{error} {error:?} {source} {source:?} {cache:?}");
        assert!(!shown.contains(PASSWORD) && !shown.contains("127.0.0.1"), "{shown}");
    }
    assert!(!format!("{right:?}").contains(PASSWORD));
}

/// Checks that the rights in the documentation of `RedisCache` are enough, and that each is needed.
#[test]
fn a_user_needs_no_other_rights_than_those_of_the_page() {
    let server = server();
    let url = server.url();
    let log_in = |database| url.replace("redis://", "redis://flags:password@") + database;
    let set_user = |rights| {
        let set = server.command(&format!("ACL SETUSER flags reset on >password {rights}"));
        assert_eq!(set.unwrap(), "+OK");
    };
    let call = |database| {
        let cache = RedisCache::new(&log_in(database)).unwrap().key_prefix("my-app:");
        let cache = cache.ttl(Duration::from_secs(60));
        let written = cache.write(KEY, "value").is_ok();
        let read = cache.read(KEY).is_ok_and(|value| value.as_deref() == Some("value"));
        (written, read)
    };
    set_user("~my-app:* +getrange +set");
    assert_eq!(call(""), (true, true));
    assert_eq!(call("/1"), (false, false), "a database asks for one more");
    set_user("~my-app:* +getrange +set +select");
    assert_eq!(call("/1"), (true, true));
    set_user("~my-app:* +getrange");
    assert_eq!(call(""), (false, true));
    set_user("~my-app:* +set");
    assert_eq!(call(""), (true, false));
    set_user("~other:* +getrange +set");
    assert_eq!(call(""), (false, false));

    let denied = failed_read(&RedisCache::new(&log_in("")).unwrap());
    let source = denied.source().unwrap().to_string();
    assert!(source.contains("NoPerm") && !source.contains("password"), "{source}");
}

/// Returns a client in manual polling.
fn client(cdn: &Cdn, watch: &Watch, cache: RedisCache) -> Client {
    Client::builder(SDK_KEY)
        .base_url(cdn.url())
        .proxy(Proxy::None)
        .polling_mode(PollingMode::manual())
        .clock(watch.clock())
        .cache(cache)
        .build()
        .unwrap()
}

#[test]
fn clients_share_a_config_and_survive_the_server() {
    let watch = Watch::new(LevelFilter::Warn);
    let mut server = with_password(Some(PASSWORD));
    let cdn = Cdn::new(&config_json([("title", "shared")]));
    client(&cdn, &watch, cache(&server)).force_refresh().unwrap();
    let text = cache(&server).read(&cache_key(SDK_KEY)).unwrap().unwrap();
    assert_eq!(Entry::parse(&text).unwrap().etag(), Some(&*cdn.etag()));

    let other = client(&cdn, &watch, cache(&server));
    other.set_offline();
    other.force_refresh().unwrap();
    assert_eq!(other.get_value("title", "", None), "shared");
    assert_eq!(cdn.count(), 1);
    assert_eq!(watch.events(), BTreeSet::new());

    server.stop().unwrap();
    cdn.serve(&config_json([("title", "newer")]));
    other.set_online();
    other.force_refresh().unwrap();
    assert_eq!(other.get_value("title", "", None), "newer");
    assert_eq!(watch.events(), BTreeSet::from([2200, 2201]));
    let error = other.health().cache_error.unwrap();
    assert!(error.starts_with("cannot connect to Redis: "), "{error}");
    assert!(!error.contains(PASSWORD), "{error}");

    server.restart().unwrap();
    other.force_refresh().unwrap();
    assert_eq!(other.health().cache_error, None);
    let text = cache(&server).read(&cache_key(SDK_KEY)).unwrap().unwrap();
    assert!(text.contains("newer"), "{text}");
    assert_eq!(watch.take_bad(), [""; 0]);
}

/// The short form of `cargo xtask fleet --redis`. A busy machine gets two more tries.
#[test]
fn of_a_fleet_one_process_fetches() {
    let program = Path::new(env!("CARGO_BIN_EXE_redis-fleet"));
    let trial = Trial { processes: 5, seconds: 5, shares: true, latency: Duration::ZERO };
    let mut verdicts = (0..3).map(|_| trial.run(program).unwrap().verdict());
    let is_conclusive = |verdict: &Verdict| !matches!(verdict, Verdict::Inconclusive(_));
    assert_eq!(verdicts.find(is_conclusive), Some(Verdict::Kept), "`None`: the machine was busy");
    // Without sharing there must be more requests, else the check above could not fail.
    let alone = Trial { shares: false, ..trial }.run(program).unwrap();
    assert!(alone.mean() > 3.0, "{alone}");
}

#[cfg(unix)]
mod after_a_fork {
    use super::{
        process::{fork_and_run, in_its_own_process},
        *,
    };

    #[test]
    fn parent_and_child_get_their_own_answers() {
        in_its_own_process("after_a_fork::parent_and_child_get_their_own_answers", || {
            let server = server();
            let cache = cache(&server);
            for key in ["parent", "child", "grandchild"] {
                cache.write(key, key).unwrap();
            }
            let read = |key| {
                for _ in 0..2000 {
                    assert_eq!(cache.read(key).unwrap().as_deref(), Some(key));
                }
            };
            let child = || {
                cache.read("child").unwrap();
                fork_and_run(|| read("grandchild"), || read("child"));
            };
            fork_and_run(child, || read("parent"));
        });
    }

    #[test]
    fn a_child_keeps_a_connection_of_its_own_and_leaves_that_of_its_parent_alone() {
        in_its_own_process(
            "after_a_fork::a_child_keeps_a_connection_of_its_own_and_leaves_that_of_its_parent_alone",
            || {
                let server = server();
                let mut cache = Some(cache(&server));
                let read =
                    |cache: &Option<RedisCache>| assert_eq!(cache.as_ref().unwrap().read(KEY).unwrap(), None);
                read(&cache);
                let before = connections(&server);
                let child = || {
                    read(&cache);
                    read(&cache);
                    drop(cache.take());
                };
                fork_and_run(child, || ());
                assert_eq!(
                    connections(&server) - before,
                    2,
                    "that of the child, and the second one that asks"
                );
                fork_and_run(|| drop(cache.take()), || ());
                read(&cache);
                assert_eq!(connections(&server) - before, 3, "none for the parent but that which it had");
            },
        );
    }
}
