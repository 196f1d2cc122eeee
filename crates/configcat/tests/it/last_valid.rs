//! Flags that return their last valid value instead of a text that cannot be parsed.

use std::sync::{Arc, Mutex, Weak};

use configcat::{
    Client, Flag, PollingMode, User,
    config::Config,
    details::{EvaluationFailureKind, EvaluationReason},
    flag::Parsed,
};
use log::Level;

use crate::support::{Cdn, Log, Mailbox, bool_config, client, config, quietly};

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
