//! Overrides: the three behaviors, merged configs, and sources of the user.

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use configcat::{
    BuildError, CacheState, Client, Config, MapOverrides, OverrideBehavior, OverrideSource, PollingMode,
    RefreshErrorKind, User, Value,
};
use log::Level;

use crate::support::{
    Cdn, Document, Fault, Mailbox, ManualClock, PATIENCE, Reply, SECOND, TestCache, client, config, entry,
};

const EVERY: [OverrideBehavior; 3] =
    [OverrideBehavior::LocalOnly, OverrideBehavior::LocalOverRemote, OverrideBehavior::RemoteOverLocal];

fn texts(values: &[(&'static str, &str)]) -> MapOverrides {
    MapOverrides::new(values.iter().map(|(key, value)| (*key, Value::from(*value))))
}

fn get(client: &Client, key: &str) -> String {
    client.get_value(key, "default", None)
}

#[test]
fn each_behavior_has_its_order_of_sources() {
    for (behavior, remote, both, keys) in [
        (OverrideBehavior::LocalOnly, "default", "local", vec!["both", "local"]),
        (OverrideBehavior::LocalOverRemote, "remote", "local", vec!["remote", "both", "local"]),
        (OverrideBehavior::RemoteOverLocal, "remote", "remote", vec!["both", "local", "remote"]),
    ] {
        let value = r#"{"s":"remote"}"#;
        let cdn = Cdn::new(&config(&[("remote", 1, value), ("both", 1, value)]));
        let overrides = texts(&[("both", "local"), ("local", "local")]);
        let builder = client(&cdn, PollingMode::manual()).overrides(behavior, overrides);
        let client = builder.build().unwrap();
        // Overrides are there before the first fetch, and have no variation id.
        assert_eq!((&*get(&client, "both"), &*get(&client, "local")), ("local", "local"));
        assert_eq!(client.get_value_details("both", "", None).variation_id, None);
        assert_eq!(get(&client, "remote"), "default");
        let is_local_only = behavior == OverrideBehavior::LocalOnly;
        assert_eq!(client.force_refresh().is_err(), is_local_only);
        assert_eq!((&*get(&client, "remote"), &*get(&client, "both")), (remote, both), "{behavior:?}");
        assert_eq!(
            (&*get(&client, "local"), client.get_all_keys()),
            ("local", keys.into_iter().map(str::to_owned).collect())
        );
        assert_eq!(cdn.count(), usize::from(!is_local_only));
    }
}

#[test]
fn local_only_uses_neither_network_nor_cache() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        let (clock, cdn) = (ManualClock::new(), Cdn::new(&config(&[("a", 1, r#"{"s":"remote"}"#)])));
        let cache = TestCache::with(entry(clock.now(), "\"1\"", &config(&[("a", 1, r#"{"s":"cached"}"#)])));
        cache.fail_writes(Fault::Panic);
        let builder = client(&cdn, mode).clock(clock.clone()).cache(cache.clone());
        let builder = builder.overrides(OverrideBehavior::LocalOnly, texts(&[("a", "local")]));
        let client = builder.build().unwrap();
        let state = CacheState::HasLocalOverrideFlagDataOnly;
        assert_eq!(client.wait_for_ready(Duration::ZERO), state);
        for _ in 0..3 {
            assert_eq!(get(&client, "a"), "local");
            clock.advance(1000 * SECOND);
        }
        assert_eq!(client.force_refresh().unwrap_err().kind(), RefreshErrorKind::LocalOnly);
        clock.log().assert_once(3202, Level::Warn);
        client.set_offline();
        client.set_online();
        assert_eq!(get(&client, "a"), "local");
        assert_eq!(client.wait_for_ready(SECOND), state);
        assert_eq!((cdn.count(), cache.reads(), cache.writes()), (0, 0, 0), "{mode:?}");
        assert_eq!(client.health().worker_alive, None, "no thread");
        assert_eq!(client.get_value_details("a", "", None).fetch_time, None);
    }
}

#[test]
fn local_only_accepts_any_sdk_key() {
    for key in ["local", "x", " ", "configcat-proxy/", "configcat-sdk-1/short", "é"] {
        let builder = Client::builder(key).overrides(OverrideBehavior::LocalOnly, texts(&[("a", "local")]));
        assert_eq!(get(&builder.build().unwrap(), "a"), "local");
    }
    let build = |key, behavior| Client::builder(key).overrides(behavior, texts(&[])).build();
    assert!(matches!(build("", OverrideBehavior::LocalOnly), Err(BuildError::SdkKey(_))));
    for behavior in [OverrideBehavior::LocalOverRemote, OverrideBehavior::RemoteOverLocal] {
        assert!(matches!(build("local", behavior), Err(BuildError::SdkKey(_))));
    }
}

const REMOTE: &str = r#"{"p": {"s": "remote-salt"},
    "s": [{"n": "Team", "r": [{"a": "Email", "c": 20,
        "s": "afab531965abbe828fe2e956184b12acee0218493f9d9d6e6ee761ff079ea1a4"}]}],
    "f": {
        "byHash": {"t": 1, "v": {"s": "no"}, "r": [{"c": [{"u": {"a": "Email", "c": 20,
            "s": "3647431cf255a6ffdbaf7fc9d5ac9b7dd5640effa47058745b80570b527170c6"}}], "s": {"v": {"s": "remote"}}}]},
        "bySegment": {"t": 1, "v": {"s": "no"}, "r": [{"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"s": "remote"}}}]},
        "remoteSegment": {"t": 1, "v": {"s": "no"}, "r": [{"c": [{"s": {"s": 0, "c": 0}}],
            "s": {"v": {"s": "remote"}}}]},
        "base": {"t": 0, "v": {"b": false}},
        "onlyRemote": {"t": 2, "v": {"i": 7}},
        "remoteTop": {"t": 1, "v": {"s": "no"}, "r": [{"c": [{"p": {"f": "base", "c": 0, "v": {"b": true}}}],
            "s": {"v": {"s": "remote"}}}]}}}"#;

const LOCAL: &str = r#"{"p": {"s": "local-salt"},
    "s": [{"n": "Friends", "r": [{"a": "Email", "c": 20,
        "s": "20913273cd150103afdd8255adf8b717579ecfe4bc8ef2e2e6eee2af029e5e0f"}]}],
    "f": {
        "byHash": {"t": 1, "v": {"s": "no"}, "r": [{"c": [{"u": {"a": "Email", "c": 20,
            "s": "3769ca0a860ebfdbb55095eeaf362a71f3f3a25dc986febb0ffd3b40cac11a2f"}}], "s": {"v": {"s": "local"}}}]},
        "bySegment": {"t": 1, "v": {"s": "no"}, "r": [{"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"s": "local"}}}]},
        "localSegment": {"t": 1, "v": {"s": "no"}, "r": [{"c": [{"s": {"s": 0, "c": 0}}],
            "s": {"v": {"s": "local"}}}]},
        "base": {"t": 0, "v": {"b": true}},
        "localTop": {"t": 1, "v": {"s": "no"}, "r": [{"c": [{"p": {"f": "onlyRemote", "c": 0, "v": {"i": 7}}},
            {"p": {"f": "base", "c": 0, "v": {"b": false}}}], "s": {"v": {"s": "local"}}}]}}}"#;

#[test]
fn merged_settings_keep_their_salt_and_segments_and_find_each_other() {
    let cdn = Cdn::new(REMOTE);
    let (john, jane) = (User::new("1").email("john@example.com"), User::new("2").email("jane@example.com"));
    for (behavior, expected) in [
        (
            OverrideBehavior::LocalOverRemote,
            // `remoteTop` is on since the local `base` is.
            [("byHash", "local"), ("bySegment", "local"), ("remoteTop", "remote"), ("localTop", "no")],
        ),
        (
            OverrideBehavior::RemoteOverLocal,
            // `localTop` is on because two remote flags have the values of its conditions.
            [("byHash", "remote"), ("bySegment", "remote"), ("remoteTop", "no"), ("localTop", "local")],
        ),
    ] {
        let builder = client(&cdn, PollingMode::manual()).overrides(behavior, Document(LOCAL));
        let client = builder.build().unwrap();
        client.force_refresh().unwrap();
        let segments = [("remoteSegment", "remote"), ("localSegment", "local")];
        for (key, value) in expected.into_iter().chain(segments) {
            assert_eq!(client.get_value(key, "", &john), value, "{behavior:?} {key}");
            let of_jane = if key.ends_with("Top") { value } else { "no" };
            assert_eq!(client.get_value(key, "", &jane), of_jane, "{behavior:?} {key}");
        }
        let log = client.explain("bySegment", &john).unwrap().to_string();
        let segment = if behavior == OverrideBehavior::LocalOverRemote { "'Friends'" } else { "'Team'" };
        assert!(log.contains(segment), "{log}");
    }
}

#[test]
fn whole_numbers_of_a_map_are_int_and_double() {
    const ASKING: &str = r#"{"f": {
        "asInt": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"p": {"f": "limit", "c": 0, "v": {"i": 10}}}], "s": {"v": {"b": true}}}]},
        "asDouble": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"p": {"f": "limit", "c": 0, "v": {"d": 10.0}}}], "s": {"v": {"b": true}}}]},
        "unlike": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"p": {"f": "limit", "c": 1, "v": {"d": 10.5}}}], "s": {"v": {"b": true}}}]}}}"#;
    let cdn = Cdn::new(ASKING);
    for behavior in [OverrideBehavior::LocalOverRemote, OverrideBehavior::RemoteOverLocal] {
        let overrides = MapOverrides::new([("limit", Value::from(10)), ("share", Value::from(0.5))]);
        let client = client(&cdn, PollingMode::manual()).overrides(behavior, overrides).build().unwrap();
        client.force_refresh().unwrap();
        assert_eq!((client.get_value("limit", 0, None), client.get_value("limit", 0.5, None)), (10, 10.0));
        assert_eq!((client.get_value("share", 0, None), client.get_value("share", 0.0, None)), (0, 0.5));
        for key in ["asInt", "asDouble", "unlike"] {
            assert!(client.get_value(key, false, None), "{key}");
        }
    }
}

#[test]
fn a_cached_config_is_merged_too_and_a_failed_fetch_leaves_the_overrides() {
    let (clock, cdn) = (ManualClock::new(), Cdn::always(Reply::status(500)));
    let cached = config(&[("a", 1, r#"{"s":"cached"}"#), ("b", 1, r#"{"s":"cached"}"#)]);
    let cache = TestCache::with(entry(clock.now() - 1000 * SECOND, "\"old\"", &cached));
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let builder = builder.overrides(OverrideBehavior::LocalOverRemote, texts(&[("a", "local")]));
    let client = builder.build().unwrap();
    assert_eq!(client.wait_for_ready(PATIENCE), CacheState::HasCachedFlagDataOnly);
    assert_eq!((&*get(&client, "a"), &*get(&client, "b")), ("local", "cached"));
    assert_eq!(cache.entry().unwrap(), entry(clock.now() - 1000 * SECOND, "\"old\"", &cached));
    // Only the remote config is written.
    cdn.set_always(Reply::content());
    cdn.serve(&config(&[("a", 1, r#"{"s":"remote"}"#)]));
    client.force_refresh().unwrap();
    assert!(!cache.entry().unwrap().contains("local"));
    assert_eq!((&*get(&client, "a"), &*get(&client, "b")), ("local", "default"));
}

/// Result of a [`Scripted`] source.
#[derive(Clone)]
enum Load {
    Same,
    Text(&'static str),
    Fails,
    Panics,
}

/// Source that is loaded again and again.
#[derive(Clone)]
struct Scripted(Arc<Mutex<Load>>);

impl OverrideSource for Scripted {
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>> {
        let load = self.0.lock().unwrap().clone();
        match load {
            Load::Same => Ok(None),
            Load::Text(text) => Ok(Some(Arc::new(Config::from_values([("a", text.into())])))),
            Load::Fails => Err("a source that fails".into()),
            Load::Panics => panic!("a source that panics"),
        }
    }

    fn reloads(&self) -> bool {
        true
    }
}

impl Scripted {
    fn new(load: Load) -> Self {
        Self(Arc::new(Mutex::new(load)))
    }

    fn set(&self, load: Load) {
        *self.0.lock().unwrap() = load;
    }
}

#[test]
fn overrides_that_cannot_be_loaded_fail_the_build() {
    for behavior in EVERY {
        for (load, says) in [(Load::Fails, "a source that fails"), (Load::Panics, "panicked: a source that")]
        {
            let cdn = Cdn::empty();
            let builder = client(&cdn, PollingMode::auto()).overrides(behavior, Scripted::new(load));
            let error = builder.build().unwrap_err();
            assert!(matches!(error, BuildError::Overrides(_)) && error.to_string().contains(says), "{error}");
            assert_eq!(cdn.count(), 0);
        }
    }
}

#[test]
fn a_source_without_settings_is_not_an_error() {
    let source = Scripted::new(Load::Same);
    let clock = ManualClock::new();
    let builder = Client::builder("local").clock(clock.clone());
    let client = builder.overrides(OverrideBehavior::LocalOnly, source.clone()).build().unwrap();
    assert_eq!(get(&client, "a"), "default");
    clock.log().assert_once(1000, Level::Error);
    look(&clock, &source, Load::Text("now"));
    assert_eq!(get(&client, "a"), "now");
}

/// Lets the client load the source.
fn look(clock: &ManualClock, source: &Scripted, load: Load) {
    const PERIOD: Duration = Duration::from_millis(500);
    clock.await_timer(PERIOD);
    source.set(load);
    clock.advance(PERIOD);
    clock.await_timer(PERIOD);
}

#[test]
fn a_source_may_fail_and_panic_later() {
    for behavior in EVERY {
        let (clock, cdn) = (ManualClock::new(), Cdn::empty());
        let source = Scripted::new(Load::Text("1"));
        let builder = client(&cdn, PollingMode::manual()).clock(clock.clone());
        let client = builder.overrides(behavior, source.clone()).build().unwrap();
        let (sender, changes) = Mailbox::new();
        client.hooks().on_config_changed(move |_| sender.send(()));
        look(&clock, &source, Load::Text("2"));
        assert_eq!((&*get(&client, "a"), changes.all().len()), ("2", 1));
        for (load, says) in [(Load::Fails, "a source that fails"), (Load::Panics, "a source that panics")] {
            let logged = clock.log().records().len();
            look(&clock, &source, load);
            let records = clock.log().records();
            let texts: Vec<_> =
                records[logged..].iter().filter(|record| record.target == "configcat").collect();
            assert_eq!(texts.len(), 1, "{texts:#?}");
            assert!(texts[0].text.contains(says) && texts[0].level == Level::Error, "{texts:#?}");
            assert_eq!((&*get(&client, "a"), changes.all().len()), ("2", 0));
        }
        look(&clock, &source, Load::Same);
        assert_eq!((&*get(&client, "a"), changes.all().len()), ("2", 0));
        look(&clock, &source, Load::Text("3"));
        assert_eq!((&*get(&client, "a"), changes.all().len()), ("3", 1));
        drop(client);
        clock.threads().await_no_worker(PATIENCE);
    }
}

#[test]
fn a_source_that_keeps_failing_is_logged_once() {
    for load in [Load::Fails, Load::Panics] {
        let clock = ManualClock::new();
        let source = Scripted::new(Load::Text("1"));
        let builder = Client::builder("local").clock(clock.clone());
        let client = builder.overrides(OverrideBehavior::LocalOnly, source.clone()).build().unwrap();
        for _ in 0..5 {
            look(&clock, &source, load.clone());
        }
        assert_eq!(get(&client, "a"), "1");
        assert_eq!(clock.log().events().len(), 1);
    }
}
