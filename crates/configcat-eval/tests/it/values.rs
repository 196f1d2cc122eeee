//! Configs of bare values, merged configs, and the value that a variation id stands for.

use configcat_eval::{Config, SettingType, User, Value};
use serde_json::json;

use crate::support::{
    KEY, document, error, evaluate, flag, flag_if, hashed_for, is_u, parse, prerequisite, value,
};

#[test]
fn bare_values_evaluate_to_themselves() {
    let values: [(&str, Value); 6] = [
        ("bool", true.into()),
        ("int", 4.into()),
        ("double", 4.5.into()),
        ("text", "x".into()),
        ("empty", "".into()),
        ("", i64::MIN.into()),
    ];
    let config = Config::from_values(values.clone());
    assert_eq!(config.keys().collect::<Vec<_>>(), values.each_ref().map(|(key, _)| *key));
    for (key, expected) in &values {
        for user in [None, Some(&User::new("u"))] {
            let evaluation = evaluate(&config, key, user).unwrap();
            assert_eq!(evaluation.value(), expected);
            assert_eq!(evaluation.key(), *key);
            assert_eq!((evaluation.variation_id(), evaluation.has_warnings()), (None, false));
            assert_eq!((evaluation.matched_rule(), evaluation.matched_option()), (None, None));
        }
        assert_eq!(config.setting_type(key), Some(expected.setting_type()));
    }
    assert_eq!(error(&config, "other", None), "setting 'other' is not in the config");
    assert_eq!(config.explain("int", None).to_string(), "Evaluating 'int'\n  Returning '4'.");
    assert_eq!(config.key_and_value(""), None);
}

#[test]
fn the_last_of_bare_values_with_the_same_key_counts() {
    let config = Config::from_values([("a", Value::from(1)), ("b", 2.into()), ("a", "x".into())]);
    assert_eq!(config.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(value(&config, "a", None), "x".into());
    assert_eq!(Config::from_values::<String>([]).keys().count(), 0);
}

/// So many keys that some have the same tag of the hash, and so are found only behind another one.
#[test]
fn each_of_many_settings_is_found_and_no_other() {
    let keys: Vec<String> = (0..5000).map(|n| format!("flag-{n}")).collect();
    let config = Config::from_values(keys.iter().zip(0_i64..).map(|(key, n)| (key.as_str(), Value::from(n))));
    for (key, n) in keys.iter().zip(0..) {
        assert_eq!(config.evaluate(key, None).unwrap().value(), &Value::Int(n));
        assert_eq!(config.setting(&format!("{key}x")).map(|setting| setting.index()), None);
    }
}

#[test]
fn a_bare_integer_reads_as_double_too() {
    let bare = Config::from_values([("int", Value::from(4)), ("double", 4.5.into()), ("bool", true.into())]);
    let as_double = |config: &Config, key| config.evaluate(key, None).unwrap().as_double();
    assert_eq!(as_double(&bare, "int"), Some(4.0));
    assert_eq!(as_double(&bare, "double"), Some(4.5));
    assert_eq!(as_double(&bare, "bool"), None);
    let typed = parse(&json!({"f": {"int": {"t": 2, "v": {"i": 4}}, "double": {"t": 3, "v": {"d": 4}}}}));
    assert_eq!(as_double(&typed, "int"), None);
    assert_eq!(as_double(&typed, "double"), Some(4.0));
}

#[test]
fn a_bare_integer_compares_to_both_types_in_prerequisites() {
    let table = [
        (Value::from(4), json!({"i": 4}), Ok(true)),
        (4.into(), json!({"d": 4.0}), Ok(true)),
        (4.into(), json!({"d": 4.5}), Ok(false)),
        (4.into(), json!({"i": 5}), Ok(false)),
        (4.0.into(), json!({"i": 4}), Err("4")),
        (4.0.into(), json!({"d": 4}), Ok(true)),
        (4.5.into(), json!({"i": 4}), Err("4")),
        (4.5.into(), json!({"d": 4.5}), Ok(true)),
        (4.into(), json!({"s": "4"}), Err("4")),
        (4.into(), json!({"b": true}), Err("true")),
        ("4".into(), json!({"i": 4}), Err("4")),
        ("4".into(), json!({"s": "4"}), Ok(true)),
        (true.into(), json!({"b": true}), Ok(true)),
        (4.into(), json!({}), Err("<invalid value>")),
    ];
    for (bare, compared, expected) in table {
        let flags = parse(&document(json!({"top": flag_if(json!([prerequisite("bare", &compared)]))})));
        let config = flags.merge(&Config::from_values([("bare", bare.clone())]));
        // What compares to a double reads as one, and the other way round.
        for (member, kind) in [("i", SettingType::Int), ("d", SettingType::Double)] {
            if compared.get(member).is_some() {
                assert_eq!(
                    config.setting("bare").unwrap().is_readable_as(kind),
                    expected.is_ok(),
                    "{bare:?} {compared}"
                );
            }
        }
        match expected {
            Ok(equal) => assert_eq!(value(&config, "top", None), equal.into(), "{bare:?} {compared}"),
            Err(shown) => assert_eq!(
                error(&config, "top", None),
                format!(
                    "f.top.r[0].c[0].p: Type mismatch between comparison value '{shown}' and prerequisite flag 'bare'"
                )
            ),
        }
    }
}

#[test]
fn merging_takes_the_settings_of_the_second_config() {
    let under = parse(&document(json!({"a": flag(false), "b": flag(false), "c": flag(false)})));
    let over = Config::from_values([("d", Value::from(1)), ("b", true.into()), ("a", "text".into())]);
    let config = under.merge(&over);
    assert_eq!(config.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    let values = ["a", "b", "c", "d"].map(|key| value(&config, key, None));
    assert_eq!(values, ["text".into(), true.into(), false.into(), 1.into()]);
    assert_eq!(config.setting_type("a"), Some(SettingType::Text));
    // Neither of the two has changed.
    assert_eq!(value(&under, "a", None), false.into());
    assert_eq!(over.keys().collect::<Vec<_>>(), ["d", "b", "a"]);
    assert_eq!(over.merge(&under).keys().collect::<Vec<_>>(), ["d", "b", "a", "c"]);
    let empty = Config::from_values::<&str>([]);
    assert_eq!(empty.merge(&under).keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(under.merge(&empty).keys().collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn merged_settings_keep_the_salt_and_the_segments_of_their_document() {
    let one = |salt: &str, key: &str, text: &str, segment: &str| {
        let hash = crate::support::hex(<sha2::Sha256 as sha2::Digest>::digest(format!("{text}{salt}{key}")));
        parse(&json!({
            "p": {"s": salt},
            "s": [{"n": segment, "r": [{"a": "Identifier", "c": 28, "s": text}]}],
            "f": {
                key: flag_if(json!([{"u": {"a": "Identifier", "c": 20, "s": hash}}])),
                format!("{key} in segment"): flag_if(json!([{"s": {"s": 0, "c": 0}}])),
            },
        }))
    };
    let (a, b) = (one("salt a", "a", "alice", "Alices"), one("salt b", "b", "bob", "Bobs"));
    let alone = parse(&json!({"f": {"c": flag_if(json!([{"u": {"a": "Identifier", "c": 20, "s": "x"}}]))}}));
    for config in [a.merge(&b), b.merge(&a), a.merge(&alone).merge(&b)] {
        for (key, who) in [("a", "alice"), ("b", "bob")] {
            for name in ["alice", "bob"] {
                let user = User::new(name);
                for key in [key.to_owned(), format!("{key} in segment")] {
                    assert_eq!(value(&config, &key, &user), (name == who).into(), "{key} for {name}");
                }
            }
        }
        let log = config.explain("b in segment", &User::new("bob")).to_string();
        assert!(log.contains("Evaluating segment 'Bobs'"), "{log}");
    }
    let merged = a.merge(&alone);
    assert_eq!(error(&merged, "c", &User::new("x")), "f.c.r[0].c[0].u: salt of the config (p.s) is missing");
}

#[test]
fn prerequisites_are_looked_up_in_the_merged_config() {
    let needs = |key: &str| flag_if(json!([prerequisite(key, &json!({"b": true}))]));
    let a = parse(&document(json!({"top": needs("mid"), "mid": flag(false)})));
    let b = parse(&document(json!({"mid": needs("base"), "other": needs("top")})));
    let c = Config::from_values([("base", true)].map(|(key, value)| (key, Value::from(value))));
    assert_eq!(error(&b, "mid", None), "f.mid.r[0].c[0].p: prerequisite flag 'base' is not in the config");
    let config = a.merge(&b).merge(&c);
    for key in ["top", "mid", "other", "base"] {
        assert_eq!(value(&config, key, None), true.into(), "{key}");
    }
    // A circle that only the merged config has.
    let circle = config.merge(&parse(&document(json!({"base": needs("other")}))));
    assert!(error(&circle, "other", None).ends_with("'other' -> 'top' -> 'mid' -> 'base' -> 'other'"));
    assert_eq!(value(&circle.merge(&c), "other", None), true.into());
}

#[test]
fn a_variation_id_leads_to_its_key_and_value() {
    let config = parse(&document(json!({
        "first": {"t": 1, "v": {"s": "default"}, "i": "f1", "r": [
            {"c": [is_u()], "s": {"v": {"s": "rule"}, "i": "f2"}},
            {"c": [is_u()], "p": [{"p": 100, "v": {"s": "rule option"}, "i": "f3"}]},
            {"c": [{"u": {}}], "s": {"v": {"s": "behind a broken condition"}, "i": "f4"}}],
            "p": [{"p": 10, "v": {"s": "option"}, "i": "f5"}]},
        "second": {"t": 2, "v": {"i": 2}, "i": "s1", "r": [{"c": [], "s": {"v": {"i": 3}, "i": "f1"}}]},
        "no value": {"t": 0, "v": {"s": "x"}, "i": "n1"},
        "same": {"t": 2, "v": {"i": 9}, "i": "n1"},
        "none": {"t": 0, "v": {"b": true}},
        "empty": {"t": 0, "v": {"b": true}, "i": ""},
        "number": {"t": 0, "v": {"b": true}, "i": 7},
        "broken": 7,
    })));
    let expected: [(&str, &str, Value); 7] = [
        ("f1", "first", "default".into()),
        ("f2", "first", "rule".into()),
        ("f3", "first", "rule option".into()),
        ("f4", "first", "behind a broken condition".into()),
        ("f5", "first", "option".into()),
        ("s1", "second", 2.into()),
        ("n1", "same", 9.into()),
    ];
    for (id, key, value) in &expected {
        assert_eq!(config.key_and_value(id), Some((*key, value)), "{id}");
    }
    for id in ["f", "F1", "7", "x"] {
        assert_eq!(config.key_and_value(id), None, "{id}");
    }
    // A malformed id is no id.
    assert_eq!(evaluate(&config, "number", None).unwrap().variation_id(), None);
}

#[test]
fn a_config_can_be_shared_among_threads() {
    let hash = hashed_for(KEY, "alice");
    let config = parse(&document(json!({
        KEY: flag_if(json!([{"u": {"a": "Identifier", "c": 20, "s": hash}}])),
    })));
    std::thread::scope(|scope| {
        for n in 0..4 {
            let config = &config;
            scope.spawn(move || {
                let user = User::new(if n % 2 == 0 { "alice" } else { "bob" });
                for _ in 0..100 {
                    assert_eq!(value(config, KEY, &user), (n % 2 == 0).into());
                }
            });
        }
    });
}
