//! Flags that return their last valid value instead of a text that cannot be parsed.

use std::{
    fs,
    str::FromStr,
    sync::{Arc, Barrier, Mutex, Weak},
    thread,
    time::Duration,
};

use configcat::{
    Client, FileOverrides, Flag, OverrideBehavior, PollingMode, User,
    config::Config,
    details::{EvaluationFailureKind, EvaluationReason},
    flag::Parsed,
    user::PrivateAttributes,
};
use log::Level;

use crate::support::{Cdn, Log, Mailbox, ManualClock, bool_config, client, config, quietly};

/// Period of the reload thread.
const RELOAD: Duration = Duration::from_millis(500);

static LIMIT: Flag<Parsed<u8>> = Flag::new("limit", Parsed(0));

/// Returns a config with a text for all users, and one for users of the plan `pro`.
fn limits(all: &str, pro: &str) -> String {
    format!(
        r#"{{"f": {{"limit": {{"t": 1, "v": {{"s": "{all}"}}, "r": [
            {{"c": [{{"u": {{"a": "Plan", "c": 28, "s": "pro"}}}}], "s": {{"v": {{"s": "{pro}"}}, "i": "{pro}"}}}}]}}}}}}"#
    )
}

/// Returns a client that has this config and keeps the last valid values of `LIMIT`.
fn keeping(config: &str) -> (Cdn, Client) {
    let cdn = Cdn::new(config);
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(client.keep_last_valid(&[&LIMIT]), []);
    (cdn, client)
}

fn publish(cdn: &Cdn, client: &Client, config: &str) {
    cdn.serve(config);
    client.force_refresh().unwrap();
}

#[test]
fn a_text_that_cannot_be_parsed_returns_the_last_valid_value_of_the_same_user() {
    let pro = User::new("42").custom("Plan", "pro");
    let (cdn, client) = keeping(&limits("1", "2"));
    let values = || quietly(|| (client.get(&LIMIT, None), client.get(&LIMIT, &pro)));
    assert_eq!(values(), (1, 2));
    for (config, expected) in [
        (limits("x", "3"), (1, 3)),
        (limits("4", "y"), (4, 2)),
        (limits("x", "y"), (1, 2)),
        (limits("5", "6"), (5, 6)),
        (limits("x", "y"), (5, 6)),
    ] {
        publish(&cdn, &client, &config);
        for _ in 0..2 {
            assert_eq!(values(), expected, "{config}");
            assert_eq!(client.get_parsed("limit", 0_u8, &pro), expected.1);
        }
    }
}

#[test]
fn details_hooks_and_log_say_where_the_value_comes_from() {
    let log = Log::new();
    let pro = User::new("42").custom("Plan", "pro");
    let (cdn, client) = keeping(&limits("1", "2"));
    let valid = client.snapshot().fingerprint();
    publish(&cdn, &client, &limits("1", "x"));
    let (sender, evaluated) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(details.clone()));
    quietly(|| assert_eq!((client.get(&LIMIT, &pro), client.get(&LIMIT, &pro)), (2, 2)));
    let details = evaluated.next();
    assert_eq!((details.reason(), details.error), (EvaluationReason::TargetingMatch, None));
    assert_eq!((details.variation_id.as_deref(), details.fingerprint), (Some("2"), valid));
    assert_ne!(valid, client.snapshot().fingerprint());
    let record = log.assert_once(2002, Level::Error);
    let text = "The value 'x' of setting 'limit' cannot be read as u8: invalid digit found in string. Returning \
                the value of the last config in which all values of the setting could be read.";
    assert!(record.text.ends_with(text), "{}", record.text);
    // The evaluation log shows the evaluation that has the value.
    assert_eq!(client.get(&LIMIT, &pro), 2);
    let shown = log.events_of(5000);
    assert!(shown.iter().any(|record| record.text.contains("Returning '2'")), "{shown:#?}");
}

#[test]
fn only_flags_that_ask_for_it_keep_their_last_valid_value() {
    static OTHER_TYPE: Flag<Parsed<i8>> = Flag::new("limit", Parsed(-1));
    let (cdn, client) = keeping(&limits("1", "2"));
    assert_eq!(client.check_flags(&[&OTHER_TYPE]), []);
    publish(&cdn, &client, &limits("x", "2"));
    quietly(|| assert_eq!((client.get(&OTHER_TYPE, None), client.get(&LIMIT, None)), (-1, 1)));
    assert_eq!(client.keep_last_valid(&[&OTHER_TYPE]).len(), 1);
    quietly(|| assert_eq!(client.get(&OTHER_TYPE, None), -1, "no valid config since it was asked for"));
    publish(&cdn, &client, &limits("3", "2"));
    publish(&cdn, &client, &limits("x", "2"));
    quietly(|| assert_eq!(client.get(&OTHER_TYPE, None), 3));
}

#[test]
fn a_config_without_the_flag_or_with_another_type_ends_it() {
    for between in [bool_config("other", true), bool_config("limit", true)] {
        let (cdn, client) = keeping(&limits("1", "2"));
        publish(&cdn, &client, &between);
        publish(&cdn, &client, &limits("x", "2"));
        let details = quietly(|| client.get_value_details("limit", "", None));
        assert_eq!(details.value, "x", "a text is no `u8`, but a text");
        quietly(|| assert_eq!(client.get(&LIMIT, None), 0, "{between}"));
    }
}

#[test]
fn a_snapshot_always_returns_the_same_last_valid_value() {
    let (cdn, client) = keeping(&limits("1", "2"));
    publish(&cdn, &client, &limits("x", "2"));
    let snapshot = client.snapshot();
    let value = || quietly(|| snapshot.get(&LIMIT, None));
    assert_eq!(value(), 1);
    publish(&cdn, &client, &limits("3", "2"));
    assert_eq!((value(), client.get(&LIMIT, None)), (1, 3));
    drop(client);
    assert_eq!(value(), 1);
}

#[test]
fn an_invalid_override_of_a_request_returns_the_default() {
    let (cdn, client) = keeping(&limits("1", "2"));
    let value = |overrides: &str| {
        let flags = client.snapshot().with_overrides(&overrides.parse().unwrap());
        quietly(|| flags.get(&LIMIT, None))
    };
    assert_eq!((value("limit=x"), value("limit=7"), value("other=1")), (0, 7, 1));
    publish(&cdn, &client, &limits("x", "2"));
    assert_eq!((value("limit=7"), value("other=1")), (7, 1));
}

#[test]
fn a_value_that_never_parses_returns_the_default_and_its_reason() {
    let cdn = Cdn::new(&limits("x", "y"));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    assert_eq!(client.keep_last_valid(&[&LIMIT]).len(), 1, "there is no config yet");
    client.force_refresh().unwrap();
    publish(&cdn, &client, &limits("y", "y"));
    let (sender, evaluated) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(details.clone()));
    quietly(|| assert_eq!(client.get(&LIMIT, None), 0));
    assert_eq!(evaluated.next().error.map(|error| error.kind), Some(EvaluationFailureKind::TypeMismatch));
}

/// A fault of the earlier config is no news: the text of the current one is the reason.
#[test]
fn a_last_valid_config_without_a_value_for_the_user_returns_the_default() {
    let log = Log::new();
    let pro = User::new("42").custom("Plan", "pro");
    // The rule for users of the plan `pro` has no value.
    let (cdn, client) = keeping(&limits("1", "2").replace(r#"{"s": "2"}"#, r#"{"i": 2}"#));
    publish(&cdn, &client, &limits("1", "x"));
    let (sender, evaluated) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(details.clone()));
    quietly(|| assert_eq!(client.get(&LIMIT, &pro), 0));
    let details = evaluated.next();
    assert_eq!(details.fingerprint, client.snapshot().fingerprint());
    assert_eq!(details.error.map(|error| error.kind), Some(EvaluationFailureKind::TypeMismatch));
    let record = log.assert_once(2002, Level::Error);
    assert!(record.text.ends_with("in your application: '0'."), "{}", record.text);
    assert_eq!(log.events_of(1002).len(), 0);
}

/// The records of an earlier config count as those of the current one: otherwise each kind would
/// make room for itself by forgetting the other one.
#[test]
fn records_of_the_last_valid_config_do_not_repeat_others() {
    let log = Log::new();
    let free = User::new("42");
    let (cdn, client) = keeping(&limits("1", "2"));
    publish(&cdn, &client, &limits("x", "2"));
    quietly(|| {
        (0..1000).for_each(|n| assert_eq!(client.get_value(&format!("missing{n}"), 0, None), 0));
        let missing = log.events_of(1001).len();
        // With a warning: the user has no plan.
        assert_eq!(client.get(&LIMIT, &free), 1);
        assert_eq!(client.get_value("missing0", 0, None), 0);
        assert_eq!(log.events_of(1001).len(), missing);
    });
}

/// Publishing must not depend on the types of the application.
#[test]
fn a_value_that_panics_when_it_is_dropped_does_not_stop_publishing() {
    #[derive(Debug, Clone)]
    struct Panics;

    impl FromStr for Panics {
        type Err = String;

        fn from_str(_: &str) -> Result<Self, String> {
            Ok(Self)
        }
    }

    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("by the test");
        }
    }

    static PANICS: Flag<Parsed<Panics>> = Flag::new("limit", Parsed(Panics));
    let cdn = Cdn::new(&limits("1", "2"));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(client.keep_last_valid(&[&PANICS]), []);
    publish(&cdn, &client, &limits("3", "2"));
    assert_eq!(client.get_value("limit", "", None), "3");
}

/// The other thread of this race is a type that is parsed for the publication.
#[test]
fn a_config_that_is_valid_at_the_call_is_kept_although_the_next_one_is_being_published() {
    static CLIENT: Mutex<Option<Client>> = Mutex::new(None);
    static FIRST: Flag<Parsed<Calls>> = Flag::new("first", Parsed(Calls));

    #[derive(Debug, Clone)]
    struct Calls;

    impl FromStr for Calls {
        type Err = String;

        fn from_str(_: &str) -> Result<Self, String> {
            let client = CLIENT.lock().unwrap().clone();
            client.iter().for_each(|client| _ = client.keep_last_valid(&[&LIMIT]));
            Ok(Self)
        }
    }

    let texts =
        |limit: &str| config(&[("first", 1, r#"{"s":""}"#), ("limit", 1, &format!(r#"{{"s":"{limit}"}}"#))]);
    let cdn = Cdn::new(&texts("1"));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(client.keep_last_valid(&[&FIRST]), []);
    *CLIENT.lock().unwrap() = Some(client.clone());
    publish(&cdn, &client, &texts("x"));
    *CLIENT.lock().unwrap() = None;
    quietly(|| assert_eq!(client.get(&LIMIT, None), 1));
}

/// The type is asked before the config is published, so the refresh has not ended.
#[test]
fn health_shows_a_type_that_hangs_before_a_config_is_published() {
    static GATE: Barrier = Barrier::new(2);
    static HANGS: Flag<Parsed<Hangs>> = Flag::new("limit", Parsed(Hangs));

    #[derive(Debug, Clone)]
    struct Hangs;

    impl FromStr for Hangs {
        type Err = String;

        fn from_str(text: &str) -> Result<Self, String> {
            if text == "3" {
                GATE.wait();
                GATE.wait();
            }
            Ok(Self)
        }
    }

    let cdn = Cdn::new(&limits("1", "2"));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(client.keep_last_valid(&[&HANGS]), []);
    cdn.serve(&limits("3", "2"));
    thread::scope(|scope| {
        let refreshing = scope.spawn(|| client.force_refresh());
        GATE.wait();
        let health = client.health();
        assert!(health.refresh_running_since.is_some() && health.callbacks_running_since.is_none());
        assert_eq!(client.get_value("limit", "", None), "1", "the config is not published");
        // The check after the publication parses the text too.
        (0..3).for_each(|_| _ = GATE.wait());
        refreshing.join().unwrap().unwrap();
    });
    assert_eq!(client.health().refresh_running_since, None);
}

#[test]
fn local_and_remote_configs_keep_their_last_valid_values() {
    for behavior in
        [OverrideBehavior::LocalOnly, OverrideBehavior::LocalOverRemote, OverrideBehavior::RemoteOverLocal]
    {
        let (clock, folder) = (ManualClock::new(), tempfile::tempdir().unwrap());
        let path = folder.path().join("flags.json");
        let write = |limit: &str| fs::write(&path, format!(r#"{{"flags":{{"limit":"{limit}"}}}}"#)).unwrap();
        write("1");
        let cdn = Cdn::new(&bool_config("other", true));
        let builder = client(&cdn, PollingMode::manual()).clock(clock.clone());
        let client = builder.overrides(behavior, FileOverrides::new(&path).reload(true)).build().unwrap();
        if behavior != OverrideBehavior::LocalOnly {
            client.force_refresh().unwrap();
        }
        assert_eq!(client.keep_last_valid(&[&LIMIT]), []);
        let limit = || quietly(|| client.get(&LIMIT, None));
        for (text, expected) in [("xx", 1), ("222", 222), ("yyyy", 222)] {
            write(text);
            clock.await_timer(RELOAD);
            clock.advance(RELOAD);
            clock.await_timer(RELOAD);
            assert_eq!((limit(), client.get_all_values(None).get("limit")), (expected, Some(&text.into())));
        }
        if behavior != OverrideBehavior::LocalOnly {
            publish(&cdn, &client, &limits("z", "2"));
            assert_eq!(limit(), 222, "{behavior:?}");
            publish(&cdn, &client, &bool_config("other", true));
            assert_eq!(limit(), 222, "{behavior:?}");
        }
    }
}

#[test]
fn private_attributes_stay_private_in_the_evaluation_log_of_the_last_valid_value() {
    let log = Log::new();
    let cdn = Cdn::new(&limits("1", "2"));
    let client = client(&cdn, PollingMode::manual())
        .private_attributes(PrivateAttributes::all())
        .default_user(User::new("secret-id").custom("Plan", "secret-plan"))
        .build()
        .unwrap();
    client.force_refresh().unwrap();
    assert_eq!(client.keep_last_valid(&[&LIMIT]), []);
    publish(&cdn, &client, &limits("x", "2"));
    let (sender, evaluated) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(format!("{details:?}")));
    assert_eq!(client.get(&LIMIT, None), 1);
    assert_eq!(client.get_parsed("limit", 0_u8, None), 1);
    assert!(log.events_of(5000).len() >= 2);
    assert!(log.records().iter().all(|record| !record.line.contains("secret-")));
    assert!(!evaluated.next().contains("secret-") && !evaluated.next().contains("secret-"));
}

/// Two flags that are never valid in the same config would otherwise keep all configs, each the one
/// before it.
#[test]
fn at_most_one_earlier_config_is_kept_for_each_flag() {
    static A: Flag<Parsed<u8>> = Flag::new("a", Parsed(0));
    static B: Flag<Parsed<u8>> = Flag::new("b", Parsed(0));

    let text = |a: &str, b: &str| {
        config(&[("a", 1, &format!(r#"{{"s":"{a}"}}"#)), ("b", 1, &format!(r#"{{"s":"{b}"}}"#))])
    };
    let configs: Arc<Mutex<Vec<Weak<Config>>>> = Arc::default();
    let cdn = Cdn::new(&text("0", "0"));
    let seen = configs.clone();
    let client = client(&cdn, PollingMode::manual())
        .on_config_changed(move |config| seen.lock().unwrap().push(Arc::downgrade(config)))
        .build()
        .unwrap();
    let alive = || configs.lock().unwrap().iter().filter(|config| config.strong_count() > 0).count();
    client.force_refresh().unwrap();
    assert_eq!(client.keep_last_valid(&[&A, &B]), []);
    for n in 1..20_u8 {
        let (a, b) =
            if n % 2 == 0 { (n.to_string(), "x".to_owned()) } else { ("x".to_owned(), n.to_string()) };
        publish(&cdn, &client, &text(&a, &b));
        let expected = if n % 2 == 0 { (n, n - 1) } else { (n - 1, n) };
        quietly(|| assert_eq!((client.get(&A, None), client.get(&B, None)), expected));
        assert!(alive() <= 3, "{} configs are alive after {n}", alive());
    }
    publish(&cdn, &client, &text("1", "1"));
    assert_eq!(alive(), 1);
    // An unchanged config keeps what it has.
    publish(&cdn, &client, &text("x", "2"));
    client.force_refresh().unwrap();
    quietly(|| assert_eq!(client.get(&A, None), 1));
}

#[cfg(feature = "json")]
#[test]
fn json_flags_keep_their_last_valid_value() {
    use crate::support::text_config;
    use configcat::json::Json;

    static SIZES: Flag<Json<Vec<u64>>> = Flag::new("sizes", Json::new(Vec::new));
    let cdn = Cdn::new(&text_config("sizes", "[1]"));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(client.keep_last_valid(&[&SIZES]), []);
    let value = client.get(&SIZES, None);
    publish(&cdn, &client, &text_config("sizes", "[1,"));
    let kept = quietly(|| client.get_value("sizes", Json::new(Vec::<u64>::new), None));
    assert!(Arc::ptr_eq(&kept, &value));
}
