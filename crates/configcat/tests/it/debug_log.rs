//! Records at level `debug`, and the form of all records.

use std::time::Duration;

use configcat::{FileOverrides, OverrideBehavior, PollingMode, RefreshErrorKind};
use log::{Level, LevelFilter};

use crate::support::{
    Cdn, MINUTE, ManualClock, Reply, SECOND, TestCache, bool_config, client, config, entry,
    in_its_own_process,
};

/// Returns a config of bool flags.
fn flags(keys: &[String], value: bool) -> String {
    let value = format!(r#"{{"b":{value}}}"#);
    let settings: Vec<_> = keys.iter().map(|key| (key.as_str(), 0, value.as_str())).collect();
    config(&settings)
}

#[test]
fn a_record_begins_with_its_id() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("isOn", true)));
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    client.set_offline();
    client.get_value("isOn", false, None);
    let lines: Vec<_> = clock.log().records().into_iter().map(|record| record.line).collect();
    assert_eq!(
        lines,
        [
            "[5200] Switched to OFFLINE mode.",
            "[1000] Config JSON is not present when evaluating setting 'isOn'. Returning the `default` parameter \
             that you specified in your application: 'false'.",
        ]
    );
}

#[test]
fn a_fetch_is_logged_with_its_size_and_the_changed_settings() {
    let first = bool_config("isOn", true);
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&first));
    cdn.script([Reply::content(), Reply::content(), Reply::content(), Reply::status(500)]);
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    client.force_refresh().unwrap();
    client.force_refresh().unwrap();
    let second = bool_config("isOn", false);
    cdn.serve(&second);
    client.force_refresh().unwrap();
    client.force_refresh().unwrap_err();
    let fetched = |body: &str| {
        format!("[6000] Fetched config JSON. Settings: 1, bytes: {}, milliseconds: 0.", body.len())
    };
    assert_eq!(
        clock.log().debug_texts(),
        [
            fetched(&first),
            "[6001] The config JSON is unchanged. Milliseconds: 0.".to_owned(),
            fetched(&second),
            "[6002] The config JSON has changed, in the settings 'isOn'.".to_owned(),
        ]
    );
    let record = clock.log().events_of(6000).remove(0);
    assert_eq!((record.level, &*record.target), (Level::Debug, "configcat"));
}

#[test]
fn at_most_ten_changed_settings_are_named() {
    for (count, named, end) in [(10, 10, "'k9'."), (11, 10, "'k9' and 1 more."), (30, 10, " and 20 more.")] {
        let keys: Vec<_> = (0..count).map(|number| format!("k{number}")).collect();
        let (clock, cdn) = (ManualClock::new(), Cdn::new(&flags(&keys, true)));
        let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
        client.force_refresh().unwrap();
        cdn.serve(&flags(&keys, false));
        client.force_refresh().unwrap();
        let record = clock.log().assert_once(6002, Level::Debug).text;
        assert_eq!(record.matches("'k").count(), named, "{record}");
        assert!(record.ends_with(end), "{record}");
    }
}

#[test]
fn automatic_polling_logs_the_time_of_the_next_poll() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("isOn", true)));
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    clock.await_timer(MINUTE);
    cdn.script([Reply::status(500)]);
    clock.advance(MINUTE);
    clock.await_timer(2 * MINUTE);
    let waits: Vec<_> = clock.log().events_of(6003).into_iter().map(|record| record.text).collect();
    assert_eq!(waits, ["The next poll is in 60.0 s.", "The next poll is in 120.0 s."]);
    drop(client);
}

#[test]
fn a_cache_entry_is_logged_with_its_age() {
    let clock = ManualClock::new();
    let cache = TestCache::with(entry(clock.now(), "\"1\"", &bool_config("isOn", true)));
    clock.advance(SECOND + Duration::from_millis(500));
    let builder = client(&Cdn::empty(), PollingMode::manual()).offline(true);
    let client = builder.cache(cache.clone()).clock(clock.clone()).build().unwrap();
    let used = "[6004] Using the config JSON of the cache. Settings: 1, age: 1.5 s.";
    assert_eq!(clock.log().debug_texts(), [used]);
    client.force_refresh().unwrap();
    assert_eq!(clock.log().debug_texts(), [used], "the same entry is not used again");
    cache.put(entry(clock.now(), "\"2\"", &bool_config("isNew", true)));
    client.force_refresh().unwrap();
    let texts = clock.log().debug_texts();
    assert_eq!(texts[1], "[6004] Using the config JSON of the cache. Settings: 1, age: 0.0 s.");
    assert!(texts[2].starts_with("[6002] The config JSON has changed, in the settings '"), "{texts:?}");
    cache.put("rubbish");
    client.force_refresh().unwrap();
    assert_eq!(clock.log().debug_texts().len(), 3);
}

#[test]
fn changed_overrides_are_logged_with_the_changed_settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flags.json");
    std::fs::write(&path, r#"{"flags": {"isOn": true, "limit": 1}}"#).unwrap();
    let clock = ManualClock::new();
    let builder = client(&Cdn::empty(), PollingMode::manual()).clock(clock.clone());
    let overrides = FileOverrides::new(&path).reload(true);
    let client = builder.overrides(OverrideBehavior::LocalOverRemote, overrides).build().unwrap();
    clock.await_timers(1);
    std::fs::write(&path, r#"{"flags": {"isOn": true, "limit": 2222}}"#).unwrap();
    clock.advance(SECOND);
    clock.await_timers(2);
    assert_eq!(clock.log().debug_texts(), ["[6002] The config JSON has changed, in the settings 'limit'."]);
    drop(client);
}

#[test]
fn nothing_is_logged_for_debugging_at_level_info() {
    in_its_own_process("debug_log::nothing_is_logged_for_debugging_at_level_info", || {
        let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("isOn", true)));
        log::set_max_level(LevelFilter::Info);
        let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
        client.force_refresh().unwrap();
        cdn.serve(&bool_config("isOn", false));
        client.force_refresh().unwrap();
        client.set_offline();
        assert_eq!(client.force_refresh().unwrap_err().kind(), RefreshErrorKind::Offline);
        assert_eq!(clock.log().events(), [5200, 3200]);
        assert_eq!(clock.log().debug_texts(), [""; 0]);
    });
}
