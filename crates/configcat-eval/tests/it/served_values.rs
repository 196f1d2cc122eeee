//! Values that a setting may serve, and the proof that it has one value for everybody.

use std::{collections::HashSet, sync::Arc};

use configcat_eval::{Config, User, Value};
use serde_json::{Value as Json, json};

use crate::support::{document, parse};

/// Returns the places and values of a setting.
fn places(config: &Config, key: &str) -> Vec<(String, Value)> {
    let served = config.setting(key).unwrap().served_values();
    served.map(|served| (served.place(), served.value().clone())).collect()
}

fn expected<const N: usize>(places: [(&str, Value); N]) -> Vec<(String, Value)> {
    places.map(|(place, value)| (place.to_owned(), value)).into()
}

#[test]
fn values_have_the_places_of_the_config_json() {
    let config = parse(&json!({"f": {"limit": {"t": 2, "v": {"i": 0}, "i": "d", "r": [
        {"c": [], "s": {"v": {"i": 1}, "i": "r0"}},
        {"c": [], "p": [{"p": 50, "v": {"i": 2}, "i": "r1p0"}, {"p": 50, "v": {"s": "x"}}]},
        {"c": [], "s": {"v": {"i": 3}}, "p": []}],
        "p": [{"p": 100, "v": {"i": 4}, "i": "p0"}]}}}));
    let places = places(&config, "limit");
    let with = [
        ("f.limit.v", 0.into()),
        ("f.limit.r[0].s.v", 1.into()),
        ("f.limit.r[1].p[0].v", 2.into()),
        ("f.limit.p[0].v", 4.into()),
    ];
    assert_eq!(places, expected(with), "malformed values are left out");
    let served = config.setting("limit").unwrap().served_values();
    let indices: Vec<_> = served.map(|it| (it.variation_id(), it.rule(), it.option())).collect();
    assert_eq!(
        indices,
        [
            (Some("d"), None, None),
            (Some("r0"), Some(0), None),
            (Some("r1p0"), Some(1), Some(0)),
            (Some("p0"), None, Some(0)),
        ]
    );
}

#[test]
fn a_place_of_another_setting_has_no_value_or_another_one() {
    let rule = json!({"c": [], "s": {"v": {"i": 1}}});
    let broken = json!({"c": [], "s": {}});
    let all = json!({"c": [], "p": [{"p": 100, "v": {"i": 2}}]});
    let config = parse(&document(json!({
        "served": {"t": 2, "v": {"i": 0}, "r": [rule]},
        "split": {"t": 2, "v": {"i": 0}, "r": [all]},
        "broken": {"t": 2, "v": {"i": 0}, "r": [broken]},
        "plain": {"t": 2, "v": {"i": 5}},
    })));
    let value = |key: &str, of: &str| {
        let place = config.evaluate(of, None).unwrap().place();
        config.setting(key).unwrap().value_at(place).and_then(Value::as_int)
    };
    assert_eq!((value("served", "served"), value("split", "split")), (Some(1), Some(0)));
    let user = User::new("42");
    let split = config.evaluate("split", &user).unwrap().place();
    let at_split = |key: &str| config.setting(key).unwrap().value_at(split).and_then(Value::as_int);
    assert_eq!((at_split("split"), at_split("served")), (Some(2), None));
    assert_eq!((at_split("broken"), at_split("plain")), (None, None));
    assert_eq!(
        (value("split", "served"), value("broken", "served"), value("plain", "served")),
        (None, None, None)
    );
    assert_eq!(value("served", "plain"), Some(0));
}

#[test]
fn places_of_other_documents_are_those_of_their_faults() {
    let legacy = parse(&json!({"isNew": {"v": false, "t": 0, "p": [{"o": 0, "v": true, "p": 100}], "r": [
        {"o": 0, "a": "A", "t": 0, "c": "x", "v": true}]}}));
    assert_eq!(
        places(&legacy, "isNew"),
        expected([
            ("f.isNew.v", false.into()),
            ("f.isNew.r[0].v", true.into()),
            ("f.isNew.p[0].v", true.into())
        ])
    );
    let simple = Config::parse_overrides(r#"{"flags": {"title": "x"}}"#).unwrap();
    assert_eq!(places(&simple, "title"), expected([("flags.title", "x".into())]));
}

/// Returns the constant value of the setting `flag` in a config with these settings.
fn constant(flag: &Json, others: &[(&str, Json)]) -> Option<Value> {
    let mut settings = json!({"flag": flag});
    others.iter().for_each(|(key, setting)| settings[*key] = setting.clone());
    let config = parse(&document(settings));
    config.setting("flag").unwrap().constant_value().cloned()
}

/// Returns a bool setting with one rule that serves this value under these conditions.
fn ruled(conditions: &Json, value: bool) -> Json {
    json!({"t": 0, "v": {"b": true}, "r": [{"c": conditions, "s": {"v": {"b": value}}}]})
}

#[test]
fn a_setting_is_constant_if_all_its_values_are_equal_and_nothing_fails() {
    let on = Some(Value::Bool(true));
    assert_eq!(constant(&json!({"t": 0, "v": {"b": true}}), &[]), on);
    let is_pro = json!([{"u": {"a": "Plan", "c": 28, "s": "pro"}}]);
    assert_eq!(constant(&ruled(&is_pro, true), &[]), on);
    assert_eq!(constant(&ruled(&is_pro, false), &[]), None);
    let options = |percent: u8| json!({"t": 0, "v": {"b": true}, "p": [{"p": percent, "v": {"b": true}}]});
    assert_eq!(constant(&options(100), &[]), on);
    assert_eq!(constant(&options(99), &[]), None, "a user beyond 99 % is an error");
    assert_eq!(constant(&ruled(&json!([{"u": {"a": "Plan", "c": 99}}]), true), &[]), None);
    assert_eq!(constant(&json!({"t": 0}), &[]), None);
    assert_eq!(constant(&ruled(&json!([{"s": {"s": 7, "c": 0}}]), true), &[]), None);
}

#[test]
fn a_setting_is_not_constant_if_a_prerequisite_flag_may_fail() {
    let needs = |key: &str| json!([{"p": {"f": key, "c": 0, "v": {"b": true}}}]);
    let flag = ruled(&needs("other"), true);
    let on = Some(Value::Bool(true));
    assert_eq!(constant(&flag, &[("other", json!({"t": 0, "v": {"b": false}}))]), on);
    assert_eq!(constant(&flag, &[]), None, "it is missing");
    assert_eq!(constant(&flag, &[("other", json!({"t": 0}))]), None, "it has no value");
    assert_eq!(constant(&flag, &[("other", ruled(&needs("other"), true))]), None, "it needs itself");
    assert_eq!(constant(&flag, &[("other", ruled(&needs("flag"), true))]), None, "both need each other");
    let chain = |length: usize| {
        let mut others = vec![("other".to_owned(), ruled(&needs("k0"), true))];
        others.extend((0..length).map(|n| (format!("k{n}"), ruled(&needs(&format!("k{}", n + 1)), true))));
        others.push((format!("k{length}"), json!({"t": 0, "v": {"b": true}})));
        let others: Vec<_> = others.iter().map(|(key, setting)| (key.as_str(), setting.clone())).collect();
        constant(&flag, &others)
    };
    assert_eq!((chain(13), chain(14)), (on, None), "fifteen prerequisite flags at most");
}

/// Places count from the config that was evaluated, whichever configs it was made of.
#[test]
fn a_place_has_the_evaluated_value_in_old_merged_and_overlaid_configs() {
    let rule = json!({"c": [{"u": {"a": "Email", "c": 28, "s": "a@b.c"}}]});
    let with = |member: &str, value: Json| {
        let mut rule = rule.clone();
        rule[member] = value;
        rule
    };
    let half = |value: &str| json!({"p": 50, "v": {"s": value}});
    let newest = json!({"p": {"s": "salt"}, "f": {
        "a": {"t": 1, "v": {"s": "default"}, "r": [with("s", json!({"v": {"s": "rule"}}))]},
        "b": {"t": 1, "v": {"s": "default"}, "r": [with("p", json!([half("one"), half("two")]))],
            "p": [half("three"), half("four")]},
        "bad": {"t": 1, "v": {"i": 5}, "r": [with("s", json!({"v": {"s": "rule"}}))]},
        "worse": {"t": 1, "v": {"s": "default"}, "r": [5]},
        "c": {"t": 1, "v": {"s": "default"}, "r": [
            {"c": [{"p": {"f": "a", "c": 0, "v": {"s": "rule"}}}], "s": {"v": {"s": "by a"}}}]}}});
    let old_settings = json!({
        "b": {"t": 1, "v": "old", "r": [{"a": "Email", "t": 2, "c": "@b", "v": "old rule"}],
            "p": [{"p": 40, "v": "old one"}, {"p": 60, "v": "old two"}]},
        "d": {"t": 0, "v": true, "p": [], "r": []}});
    let newest = Arc::new(parse(&newest));
    let [v5, v4] =
        [json!({"f": old_settings, "p": {"u": "", "r": 0}}), old_settings].map(|json| parse(&json));
    let overlay = |config: &Arc<Config>, values: &[(&str, &str)]| {
        Arc::new(config.overlay(values.iter().map(|(key, value)| (*key, Value::from(*value)))))
    };
    let overlaid = overlay(&newest, &[("new", "over"), ("a", "rule"), ("bad", "over")]);
    let twice = overlay(&overlaid, &[("newer", "over"), ("b", "over"), ("new", "again")]);
    let configs = [
        newest.merge(&v5),
        v4.merge(&newest),
        overlaid.merge(&v4),
        v5.merge(&twice),
        overlay(&Arc::new(v4.merge(&newest)), &[("d", "text"), ("last", "over")]).merge(&v4),
    ];
    let users = (0..20).flat_map(|n| [User::new(n.to_string()), User::new(n.to_string()).email("a@b.c")]);
    let users: Vec<_> = users.map(Some).chain([None]).collect();
    let mut places = HashSet::new();
    for config in [&*newest, &v4, &v5, &*overlaid, &*twice].into_iter().chain(&configs) {
        for user in &users {
            let settings = config.settings();
            let all = config.evaluate_all(user.as_ref());
            assert_eq!(settings.clone().count(), all.len());
            for (setting, (key, evaluated)) in settings.zip(all) {
                assert_eq!(setting.key(), key);
                assert_eq!(config.setting(key).map(|found| found.index()), Some(setting.index()));
                let Ok(evaluated) = evaluated else { continue };
                places.insert((key, evaluated.place()));
                let value = setting.value_at(evaluated.place()).unwrap();
                assert!(std::ptr::eq(value, evaluated.value()), "{key} {:?}", evaluated.place());
            }
        }
    }
    assert_eq!(places.len(), 16, "{places:?}");
}
