//! The hook `on_flags_changed`: the keys it gets, from each source of a config.

use std::sync::{Arc, Mutex};

use configcat::{
    Client, Config, MapOverrides, OverrideBehavior, OverrideSource, PollingMode, Value, hooks::FlagsChanged,
};

use crate::support::{
    Cdn, Mailbox, ManualClock, SECOND, TestCache, bool_config, client, config, entry, text_config,
};

/// Subscribes, and returns the arguments of the calls.
fn watch(client: &Client) -> Mailbox<FlagsChanged> {
    let (sender, mailbox) = Mailbox::new();
    client.hooks().on_flags_changed(move |flags| sender.send(flags.clone()));
    mailbox
}

/// Returns the keys of the only call, with their lists; nothing without a call.
#[track_caller]
fn only(mailbox: &Mailbox<FlagsChanged>) -> Vec<String> {
    let all = mailbox.all();
    assert!(all.len() <= 1, "{all:?}");
    let lists = |flags: FlagsChanged| {
        let lists =
            [("+", flags.added), ("-", flags.removed), ("type ", flags.type_changed), ("", flags.changed)];
        lists.into_iter().flat_map(|(sign, keys)| keys.into_iter().map(move |key| format!("{sign}{key}")))
    };
    let mut keys: Vec<String> = all.into_iter().flat_map(lists).collect();
    keys.sort();
    keys
}

/// Returns a document in which `in-beta` uses a segment and `needs-on` a prerequisite flag.
fn document(on: bool, beta: &str, unused: &str) -> String {
    let rule = |condition: &str| {
        format!(
            r#"{{"t": 0, "v": {{"b": false}}, "r": [{{"c": [{condition}], "s": {{"v": {{"b": true}}}}}}]}}"#
        )
    };
    let segment = |name: &str, country: &str| {
        format!(r#"{{"n": "{name}", "r": [{{"a": "Country", "c": 28, "s": "{country}"}}]}}"#)
    };
    format!(
        r#"{{"s": [{beta}, {unused}], "f": {{"on": {{"t": 0, "v": {{"b": {on}}}}}, "in-beta": {}, "needs-on": {}}}}}"#,
        rule(r#"{"s": {"s": 0, "c": 0}}"#),
        rule(r#"{"p": {"f": "on", "c": 0, "v": {"b": true}}}"#),
        beta = segment("Beta", beta),
        unused = segment("Unused", unused),
    )
}

#[test]
fn each_fetched_config_names_the_flags_that_it_changes() {
    let cdn = Cdn::new(&document(false, "HU", "HU"));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let flags = watch(&client);
    let (sender, configs) = Mailbox::new();
    client.hooks().on_config_changed(move |_| sender.send(()));
    let publish = |json: &str| {
        cdn.serve(json);
        client.force_refresh().unwrap();
        (configs.all().len(), only(&flags))
    };
    let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let first = document(false, "HU", "HU");
    assert_eq!(publish(&first), (1, keys(&["+in-beta", "+needs-on", "+on"])), "there were no flags before");
    assert_eq!(publish(&first), (0, vec![]), "the same config");
    assert_eq!(publish(&document(false, "AT", "HU")), (1, keys(&["in-beta"])), "its segment");
    assert_eq!(publish(&document(true, "AT", "HU")), (1, keys(&["needs-on", "on"])), "its prerequisite flag");
    assert_eq!(publish(&document(true, "AT", "DE")), (1, vec![]), "no flag uses the segment");
    let other = config(&[("on", 1, r#"{"s":"x"}"#), ("new", 0, r#"{"b":true}"#)]);
    assert_eq!(publish(&other), (1, keys(&["+new", "-in-beta", "-needs-on", "type on"])));
}

#[test]
fn a_config_from_the_cache_names_the_flags_that_it_changes() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "1")));
    let cache = TestCache::with(entry(clock.now(), "\"0\"", &text_config("title", "0")));
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    let (sender, flags) = Mailbox::new();
    let client = builder.on_flags_changed(move |changed| sender.send(changed.clone())).build().unwrap();
    assert_eq!(only(&flags), ["+title"], "the cache is read while the client is built");
    client.force_refresh().unwrap();
    assert_eq!(only(&flags), ["title"]);
    clock.advance(SECOND);
    client.set_offline();
    cache.put(entry(clock.now(), "\"2\"", &bool_config("other", true)));
    client.force_refresh().unwrap();
    assert_eq!(only(&flags), ["+other", "-title"]);
}

/// Overrides that are replaced by the test.
struct Replaced(Mutex<Option<Arc<Config>>>);

impl OverrideSource for &'static Replaced {
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.lock().unwrap().take())
    }

    fn reloads(&self) -> bool {
        true
    }
}

#[test]
fn reloaded_overrides_name_the_flags_that_they_change() {
    let clock = ManualClock::new();
    let values = |a: i64, b: i64| Arc::new(Config::from_values([("a", Value::from(a)), ("b", b.into())]));
    let source: &Replaced = Box::leak(Box::new(Replaced(Mutex::new(Some(values(1, 1))))));
    let builder = Client::builder("local").overrides(OverrideBehavior::LocalOnly, source);
    let client = builder.clock(clock.clone()).build().unwrap();
    let flags = watch(&client);
    clock.await_timer(SECOND / 2);
    *source.0.lock().unwrap() = Some(values(1, 2));
    clock.advance(SECOND / 2);
    let changed = flags.next();
    assert_eq!((changed.keys().collect::<Vec<_>>(), changed.changed.len()), (vec!["b"], 1));
}

#[test]
fn a_remote_config_is_compared_with_the_overrides_before_it() {
    let cdn = Cdn::new(&config(&[("both", 1, r#"{"s":"remote"}"#), ("remote", 0, r#"{"b":true}"#)]));
    let overrides = MapOverrides::new([("both", Value::from("local")), ("local", true.into())]);
    let builder = client(&cdn, PollingMode::manual());
    let client = builder.overrides(OverrideBehavior::LocalOverRemote, overrides).build().unwrap();
    let flags = watch(&client);
    client.force_refresh().unwrap();
    assert_eq!(only(&flags), ["+remote"], "the overrides stay as they are");
}

#[test]
fn a_config_that_a_callback_publishes_is_compared_with_the_one_of_the_callback() {
    let cdn = Cdn::new(&bool_config("a", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let flags = watch(&client);
    let (again, second) = (client.clone(), Mutex::new(Some(bool_config("b", true))));
    client.hooks().on_flags_changed(move |_| {
        if let Some(second) = second.lock().unwrap().take() {
            cdn.serve(&second);
            again.force_refresh().unwrap();
        }
    });
    client.force_refresh().unwrap();
    let told: Vec<_> = flags.all().into_iter().map(|flags| (flags.added, flags.removed)).collect();
    let key = |key: &str| vec![key.to_owned()];
    assert_eq!(told, [(key("a"), vec![]), (key("b"), key("a"))]);
    client.close();
}

#[test]
fn a_removed_callback_gets_no_flags() {
    let cdn = Cdn::new(&bool_config("a", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let (sender, flags) = Mailbox::new();
    let subscription = client.hooks().on_flags_changed(move |changed| sender.send(changed.clone()));
    client.force_refresh().unwrap();
    client.hooks().unsubscribe(subscription);
    cdn.serve(&bool_config("b", true));
    client.force_refresh().unwrap();
    assert_eq!(only(&flags), ["+a"]);
}
