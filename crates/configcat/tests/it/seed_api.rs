//! API that this project started from: one test for each line of its table.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use configcat::{Client, ConfigCache, PollingMode, User, cache::BoxError, fetch::Proxy};

use crate::support::{
    CACHE_KEY, Cdn, MINUTE, ManualClock, PATIENCE, Reply, SDK_KEY, SECOND, TestCache, bool_config, client,
    config, patiently, text_config,
};

/// `create_client(sdk_key)`
#[test]
fn create_client() {
    assert!(Client::new("not an SDK key").is_err());
    // All HTTP goes through a proxy here, so that nothing leaves this machine.
    let cdn = Cdn::empty();
    let builder = Client::builder(SDK_KEY).proxy(Proxy::url(&cdn.url()).unwrap());
    let client = builder.build().unwrap();
    assert_eq!(
        format!("{client:?}"),
        "Client { polling_mode: AutoPoll(AutoPoll { interval: 60s, max_init_wait: 5s }), .. }"
    );
    patiently(move || assert!(!client.get_value("isNew", false, &User::new("42"))));
    let request = &cdn.requests()[0];
    assert_eq!((&*request.method, &*request.path), ("CONNECT", "cdn-global.configcat.com:443"));
}

/// `create_client_with_auto_poll(sdk_key, poll_interval_seconds=…)`
#[test]
fn poll_interval_seconds() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let mode = PollingMode::auto().interval(Duration::from_secs(120));
    let _client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
    clock.await_timer(Duration::from_secs(120));
    clock.advance(Duration::from_secs(120));
    clock.await_timer(Duration::from_secs(120));
    assert_eq!(cdn.count(), 2);
}

/// `on_configuration_changed_callback=…`
#[test]
fn on_configuration_changed_callback() {
    let (cdn, clock) = (Cdn::new(&text_config("title", "first")), ManualClock::new());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shown = seen.clone();
    let _client = client(&cdn, PollingMode::auto())
        .clock(clock.clone())
        .hooks(move |hooks| {
            hooks.on_config_changed(move |config| {
                let title = config.evaluate("title", None).unwrap().value().to_string();
                shown.lock().unwrap().push(title);
            });
        })
        .build()
        .unwrap();
    clock.await_timer(MINUTE);
    clock.advance(MINUTE);
    clock.await_timer(MINUTE);
    assert_eq!(*seen.lock().unwrap(), ["first"], "not modified is not changed");
    cdn.serve(&text_config("title", "second"));
    clock.advance(MINUTE);
    clock.await_timer(MINUTE);
    assert_eq!(*seen.lock().unwrap(), ["first", "second"]);
}

/// `max_init_wait_time_seconds=…`
#[test]
fn max_init_wait_time_seconds() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let mode = PollingMode::auto().max_init_wait(Duration::from_secs(1));
    let client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
    let value = std::thread::spawn(move || client.get_value("title", "default", None));
    clock.await_timer(SECOND);
    clock.advance(SECOND);
    assert_eq!(patiently(|| value.join().unwrap()), "default");
}

/// `config_cache_class=…`: a class with `get` and `set`
#[test]
fn config_cache_class() {
    struct MyCache(TestCache);

    impl ConfigCache for MyCache {
        fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
            self.0.read(key)
        }

        fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
            self.0.write(key, value)
        }
    }

    let (cdn, store) = (Cdn::new(&bool_config("isNew", true)), TestCache::new());
    let client = client(&cdn, PollingMode::manual()).cache(MyCache(store.clone())).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(store.keys(), [CACHE_KEY; 3]);
    assert!(store.entry().unwrap().ends_with(&bool_config("isNew", true)));
}

/// `base_url=…`
#[test]
fn base_url() {
    let cdn = Cdn::empty();
    cdn.serve_at("/mirror", &bool_config("isNew", true));
    let client = Client::builder(SDK_KEY)
        .proxy(Proxy::None)
        .base_url(format!("{}/mirror/", cdn.url()))
        .build()
        .unwrap();
    assert!(client.get_value("isNew", false, None));
    let path = format!("/mirror/configuration-files/{SDK_KEY}/config_v6.json");
    assert_eq!(cdn.requests()[0].path, path);
}

/// `create_client_with_lazy_load(sdk_key, cache_time_to_live_seconds=…)`
#[test]
fn cache_time_to_live_seconds() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", false)), ManualClock::new());
    let mode = PollingMode::lazy().cache_ttl(Duration::from_secs(120));
    let client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
    assert!(!client.get_value("isNew", true, None));
    cdn.serve(&bool_config("isNew", true));
    clock.advance(Duration::from_secs(119));
    assert!(!client.get_value("isNew", true, None));
    clock.advance(SECOND);
    assert!(client.get_value("isNew", false, None));
    assert_eq!(cdn.count(), 2);
}

/// `create_client_with_manual_poll(sdk_key)`, `force_refresh()`
#[test]
fn manual_poll_with_force_refresh() {
    let cdn = Cdn::new(&bool_config("isNew", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    assert!(!client.get_value("isNew", false, None));
    client.force_refresh().unwrap();
    assert!(client.get_value("isNew", false, None));
    assert_eq!(cdn.count(), 1);
}

/// `get_all_keys()`
#[test]
fn get_all_keys() {
    let cdn =
        Cdn::new(&config(&[("b", 0, r#"{"b":true}"#), ("a", 1, r#"{"s":""}"#), ("c", 2, r#"{"i":1}"#)]));
    let client = client(&cdn, PollingMode::lazy()).build().unwrap();
    let mut keys = client.get_all_keys();
    keys.sort();
    assert_eq!(keys, ["a", "b", "c"]);
}

/// `stop()`
#[test]
fn stop() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    clock.await_timer(MINUTE);
    client.close();
    clock.threads().await_no_worker(PATIENCE);
    clock.advance(10 * MINUTE);
    assert!(client.get_value("isNew", false, None));
    assert_eq!(cdn.count(), 1);
}
