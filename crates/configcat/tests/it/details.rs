//! Details, lists, explanations and log records of evaluations.

use configcat::{
    AnyFlag, Client, Flag, FlagProblem, PollingMode, SettingType, User, Value, details::EvaluationFailureKind,
};
use log::Level;

use crate::support::{
    Cdn, MINUTE, ManualClock, Reply, TestCache, bool_config, client, client_on, client_on_cache, config,
    entry,
};

pub(crate) const CONFIG: &str = r#"{"p": {"s": "salt"}, "f": {
    "isOn": {"t": 0, "v": {"b": false}, "i": "off-id", "r": [
        {"c": [{"u": {"a": "Email", "c": 2, "l": ["@example.com"]}}], "s": {"v": {"b": true}, "i": "on-id"}}]},
    "title": {"t": 1, "v": {"s": "plain"}, "i": "plain-id", "r": [
        {"c": [{"u": {"a": "Country", "c": 0, "l": ["HU"]}}],
         "p": [{"p": 0, "v": {"s": "never"}, "i": "never-id"}, {"p": 100, "v": {"s": "sale"}, "i": "sale-id"}]}]},
    "limit": {"t": 2, "v": {"i": 10}, "i": "10-id", "p": [{"p": 100, "v": {"i": 20}, "i": "20-id"}]},
    "share": {"t": 3, "v": {"d": 0.5}},
    "broken": {"t": 0, "v": {"s": "no bool"}, "i": "broken-id"}}}"#;

fn john() -> User {
    User::new("42").email("john@example.com").country("HU")
}

#[test]
fn details_have_the_reason_for_a_value() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    let user = john();

    let details = client.get_value_details("isOn", false, &user);
    assert!(details.value && !details.is_default_value() && details.error.is_none());
    assert_eq!((&*details.key, details.variation_id.as_deref()), ("isOn", Some("on-id")));
    assert_eq!((details.user, details.fetch_time), (Some(john()), Some(clock.now())));
    let rule = details.matched_targeting_rule.unwrap();
    assert_eq!((rule.index, details.matched_percentage_option), (0, None));
    assert_eq!(rule.text(), "IF User.Email CONTAINS ANY OF ['@example.com'] THEN 'true'");

    let details = client.get_value_details("title", "", &user);
    assert_eq!((&*details.value, details.variation_id.as_deref()), ("sale", Some("sale-id")));
    assert_eq!(details.matched_targeting_rule.unwrap().index, 0);
    let option = details.matched_percentage_option.unwrap();
    assert_eq!((option.index, option.percentage), (1, 100));

    let details = client.get_value_details("limit", 0, &user);
    assert_eq!((details.value, details.variation_id.as_deref()), (20, Some("20-id")));
    assert!(details.matched_targeting_rule.is_none());
    assert_eq!(details.matched_percentage_option.map(|option| option.index), Some(0));

    let details = client.get_value_details("limit", 0, None);
    assert_eq!((details.value, details.variation_id.as_deref()), (10, Some("10-id")));
    assert_eq!((details.matched_targeting_rule, details.matched_percentage_option), (None, None));
    assert_eq!(details.user, None);

    let details = client.get_value_details("share", 0.0, None);
    assert_eq!((details.value, details.variation_id), (0.5, None));
}

#[test]
fn every_failure_returns_the_default_and_its_reason() {
    use EvaluationFailureKind::{ConfigMissing, InvalidConfig, KeyMissing, TypeMismatch};
    let clock = ManualClock::new();
    let none = client_on_cache(&clock, &TestCache::new());
    let some = client_on(&clock, CONFIG);
    let returned = "Returning the `default` parameter that you specified in your application: 'true'.";
    for (client, key, kind, id, says) in [
        (&none, "isOn", ConfigMissing, 1000, vec!["Config JSON is not present", "'isOn'", returned]),
        (
            &some,
            "isOff",
            KeyMissing,
            1001,
            vec!["'isOff'", returned, "['isOn', 'title', 'limit', 'share', 'broken']"],
        ),
        (&some, "broken", InvalidConfig, 1002, vec!["'broken'", "f.broken.v", returned]),
        (&some, "limit", TypeMismatch, 2002, vec!["'limit' is of type int", "type is bool", returned]),
    ] {
        let details = client.get_value_details(key, true, &john());
        assert!(details.value && details.is_default_value(), "{key}");
        let failure = details.error.unwrap();
        assert_eq!(failure.kind, kind);
        let record = clock.log().assert_once(id, Level::Error);
        assert_eq!((&*record.text, &*failure.to_string()), (failure.message(), failure.message()));
        assert!(says.iter().all(|says| failure.message().contains(says)), "{failure}");

        assert_eq!((&*details.key, details.user, details.variation_id), (key, Some(john()), None));
        assert_eq!((details.matched_targeting_rule, details.matched_percentage_option), (None, None));
        let fetch_time = (kind != ConfigMissing).then(|| clock.now());
        assert_eq!(details.fetch_time, fetch_time, "{key}");

        assert!(client.get_value(key, true, &john()), "{key}");
        assert!(!client.get_value(key, false, None), "{key}");
    }
}

#[test]
fn the_type_is_that_of_the_default() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    let text: String = client.get_value("title", "x", None);
    let owned: String = client.get_value("title", String::from("x"), None);
    let shared: std::sync::Arc<str> = client.get_value("title", std::sync::Arc::from("x"), None);
    assert_eq!((&*text, &*owned, &*shared), ("plain", "plain", "plain"));
    assert_eq!((client.get_value("limit", 0, None), client.get_value("share", 0.0, None)), (10, 0.5));
    assert_eq!(clock.log().events_of(2002).len(), 0);

    // Every combination of two different types: the default, and an error.
    for key in ["isOn", "title", "limit", "share"] {
        let mismatches = clock.log().events_of(2002).len();
        assert!(key == "isOn" || client.get_value(key, true, None));
        assert!(key == "title" || client.get_value(key, "x", None) == "x");
        assert!(key == "limit" || client.get_value(key, 7, None) == 7);
        let is_default = client.get_value(key, 0.25, None) == 0.25;
        assert!(key == "share" || is_default);
        assert_eq!(clock.log().events_of(2002).len() - mismatches, 3, "{key}");
    }
}

#[test]
fn a_missing_key_is_logged_once_and_reported_each_time() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    let snapshot = client.snapshot();
    for key in ["a", "b"] {
        let first = client.get_value_details(key, 1, None).error.unwrap();
        let again = snapshot.get_value_details(key, 1, None).error.unwrap();
        assert_eq!(first, again);
        client.get_value(key, "x", None);
        snapshot.get_value(key, false, None);
    }
    let logged = clock.log().events_of(1001);
    assert_eq!(logged.len(), 2);
    assert!(logged[0].text.contains("'a'") && logged[1].text.contains("'b'"));
    // Another client has its own list of logged causes.
    client_on(&clock, CONFIG).get_value("a", 1, None);
    assert_eq!(clock.log().events_of(1001).len(), 3);
}

#[test]
fn the_default_user_replaces_a_missing_user() {
    let clock = ManualClock::new();
    let cache = TestCache::with(entry(clock.now(), "\"1\"", CONFIG));
    let builder = Client::builder(crate::support::SDK_KEY).polling_mode(PollingMode::manual()).offline(true);
    let client = builder.cache(cache).clock(clock.clone()).default_user(john()).build().unwrap();
    let snapshot = client.snapshot();

    assert!(client.get_value("isOn", false, None) && snapshot.get_value("isOn", false, None));
    assert_eq!(client.get_value_details("isOn", false, None).user, Some(john()));
    assert_eq!(client.get_all_values(None).get("title"), Some(&Value::from("sale")));
    assert!(client.explain("isOn", None).unwrap().to_string().contains("john@example.com"));
    // The given user replaces the default user; their attributes are not mixed.
    let other = User::new("43");
    assert!(!client.get_value("isOn", false, &other));
    assert_eq!(client.get_value_details("isOn", false, &other).user, Some(other));

    client.set_default_user(User::new("44").email("x@example.org"));
    assert!(!client.get_value("isOn", false, None) && !snapshot.get_value("isOn", false, None));
    client.set_default_user(john());
    assert!(client.clone().get_value("isOn", false, None));
    client.clear_default_user();
    assert!(!client.get_value("isOn", false, None) && !snapshot.get_value("isOn", false, None));
    assert_eq!(client.get_value_details("isOn", false, None).user, None);
}

#[test]
fn typed_flags_are_evaluated_and_checked() {
    static IS_ON: Flag<bool> = Flag::new("isOn", false);
    static TITLE: Flag<&str> = Flag::new("title", "Hello");
    static LIMIT: Flag<i64> = Flag::new("limit", 1);
    static SHARE: Flag<f64> = Flag::new("share", 0.1);
    static LIMIT_AS_DOUBLE: Flag<f64> = Flag::new("limit", 0.1);
    static MISSING: Flag<bool> = Flag::new("isOff", true);
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    let snapshot = client.snapshot();

    assert!(client.get(&IS_ON, &john()) && snapshot.get(&IS_ON, &john()));
    assert_eq!((client.get(&TITLE, None), snapshot.get(&TITLE, &john())), ("plain".into(), "sale".into()));
    assert_eq!((client.get(&LIMIT, None), client.get(&SHARE, None)), (10, 0.5));
    assert!(client.get(&MISSING, None));
    assert_eq!(client.get(&LIMIT_AS_DOUBLE, None), 0.1);

    let good: [&dyn AnyFlag; 4] = [&IS_ON, &TITLE, &LIMIT, &SHARE];
    assert_eq!(client.check(&good), []);
    let problems = client.check(&[&LIMIT, &MISSING, &LIMIT_AS_DOUBLE]);
    let mismatch = FlagProblem::TypeMismatch {
        key: "limit".into(),
        expected: SettingType::Double,
        found: SettingType::Int,
    };
    assert_eq!(problems, [FlagProblem::Missing { key: "isOff".into(), similar: None }, mismatch]);
    assert_eq!(problems, snapshot.check(&[&LIMIT, &MISSING, &LIMIT_AS_DOUBLE]));
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let says = "flag 'limit' is of type int, but is used as double";
    assert_eq!(texts, ["flag 'isOff' is not in the config", says]);

    let empty = client_on_cache(&clock, &TestCache::new());
    let reason = "the client is offline, and its cache has no config".to_owned();
    assert_eq!(empty.check(&[&IS_ON]), [FlagProblem::NoConfig { key: "isOn".into(), reason }]);
}

#[test]
fn lists_have_all_settings_that_can_be_evaluated() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    let snapshot = client.snapshot();
    assert_eq!(client.get_all_keys(), ["isOn", "title", "limit", "share", "broken"]);
    assert_eq!(client.get_all_keys(), snapshot.get_all_keys());

    let values = client.get_all_values(&john());
    assert_eq!(values.len(), 4);
    for (key, value) in
        [("isOn", Value::from(true)), ("title", "sale".into()), ("limit", 20.into()), ("share", 0.5.into())]
    {
        assert_eq!(values.get(key), Some(&value));
    }
    assert_eq!((values.get("nothing"), values.iter().count()), (None, values.len()));
    assert_eq!(values, snapshot.get_all_values(&john()));
    let broken = &clock.log().events_of(1002)[0];
    assert!(broken.text.contains("'broken'") && broken.text.contains("f.broken.v"), "{}", broken.text);

    let details = client.get_all_value_details(&john());
    let keys: Vec<_> = details.iter().map(|details| &*details.key).collect();
    assert_eq!(keys, ["isOn", "title", "limit", "share"]);
    let one = client.get_value_details("title", "", &john());
    assert_eq!(details[1].value, Value::from("sale"));
    assert_eq!(details[1].variation_id, one.variation_id);
    assert_eq!(details[1].matched_targeting_rule, one.matched_targeting_rule);
    assert_eq!(details[1].matched_percentage_option, one.matched_percentage_option);
    assert_eq!((&details[1].user, details[1].fetch_time), (&one.user, one.fetch_time));
    assert_eq!(snapshot.get_all_value_details(None).len(), 4);
}

#[test]
fn without_a_config_lists_are_empty_and_logged() {
    let clock = ManualClock::new();
    let client = client_on_cache(&clock, &TestCache::new());
    assert!(client.get_all_keys().is_empty());
    assert!(client.get_all_values(None).is_empty());
    assert!(client.get_all_value_details(None).is_empty());
    assert_eq!(client.get_key_and_value("on-id"), None);
    assert!(client.explain("isOn", None).is_none() && client.snapshot().explain("isOn", None).is_none());
    assert_eq!(client.snapshot().fetch_time(), None);
    assert_eq!(clock.log().events(), [1000; 2], "once for all that give a list");
}

#[test]
fn a_variation_id_leads_to_key_and_value() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    for (id, key, value) in [
        ("off-id", "isOn", Value::from(false)),
        ("on-id", "isOn", Value::from(true)),
        ("never-id", "title", Value::from("never")),
        ("20-id", "limit", Value::from(20)),
    ] {
        assert_eq!(client.get_key_and_value(id), Some((key.to_owned(), value.clone())));
        assert_eq!(client.snapshot().get_key_and_value(id), Some((key.to_owned(), value)));
    }
    assert!(clock.log().events().is_empty());
    assert_eq!(client.get_key_and_value("nobody's-id"), None);
    assert!(clock.log().assert_once(2011, Level::Error).text.contains("'nobody's-id'"));
}

#[test]
fn the_fetch_time_is_that_of_the_last_success() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("isOn", true)));
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    let fetch_time = || client.get_value_details("isOn", false, None).fetch_time;
    assert_eq!(fetch_time(), None);
    let mut last = clock.now();
    for (reply, moves) in [
        (Reply::content(), true),    // 200
        (Reply::content(), true),    // 304
        (Reply::status(500), false), // nothing is known
        (Reply::status(404), true),  // an answer
        (Reply::body("rubbish"), false),
    ] {
        clock.advance(MINUTE);
        cdn.script([reply.clone()]);
        let _ = client.force_refresh();
        last = if moves { clock.now() } else { last };
        assert_eq!((fetch_time(), client.snapshot().fetch_time()), (Some(last), Some(last)), "{reply:?}");
    }
}

#[test]
fn no_config_has_no_fetch_time() {
    let clock = ManualClock::new();
    let cdn = Cdn::empty();
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    client.force_refresh().unwrap_err();
    assert_eq!(client.get_value_details("isOn", false, None).fetch_time, None);
    assert_eq!(client.snapshot().fetch_time(), None);
}

#[test]
fn a_whole_number_of_overrides_is_readable_as_double() {
    static LIMIT: Flag<f64> = Flag::new("limit", 0.5);
    let overrides = configcat::MapOverrides::new([("limit", Value::from(10))]);
    let local = configcat::OverrideBehavior::LocalOnly;
    let client = Client::builder("local").overrides(local, overrides).build().unwrap();
    assert_eq!(client.get(&LIMIT, None), 10.0);
    assert_eq!(client.check(&[&LIMIT]), []);
}

#[test]
fn integers_and_doubles_are_not_the_same() {
    let clock = ManualClock::new();
    let client = client_on(&clock, &config(&[("whole", 3, r#"{"d":4}"#), ("int", 2, r#"{"i":4}"#)]));
    assert_eq!((client.get_value("whole", 0.5, None), client.get_value("int", 0, None)), (4.0, 4));
    assert_eq!((client.get_value("whole", 0, None), client.get_value("int", 0.5, None)), (0, 0.5));
    assert_eq!(clock.log().events(), [2002, 2002]);
}
