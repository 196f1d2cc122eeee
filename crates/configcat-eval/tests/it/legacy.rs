//! Documents of versions 5 and 4.

use configcat_eval::{AttributeValue, Config, SettingType, User, Value};
use serde_json::{Value as Json, json};

use crate::{
    comparators::millis,
    support::{error, evaluate, hex, parse, value},
};

/// Returns the same settings as version 5 and as version 4.
fn both(settings: &Json) -> [Config; 2] {
    let preferences = json!({"u": "https://cdn.example.com", "r": 0});
    [parse(&json!({"p": preferences, "f": settings})), parse(settings)]
}

/// Returns a flag that is on if attribute `A` compares so.
fn on_if(comparator: i64, comparison: &str) -> Json {
    json!({"k": {"t": 0, "v": false, "i": "off", "p": [], "r": [
        {"o": 0, "a": "A", "t": comparator, "c": comparison, "v": true, "i": "on"}]}})
}

#[test]
fn values_and_types() {
    let settings = json!({
        "bool": {"t": 0, "v": true, "i": "b1", "p": [], "r": []},
        "text": {"t": 1, "v": "x", "i": "t1", "p": [], "r": []},
        "int": {"t": 2, "v": 4, "i": "i1", "p": [], "r": []},
        "double": {"t": 3, "v": 4.5, "i": "d1", "p": [], "r": []},
        "whole double": {"t": 3, "v": 4, "i": "d2", "p": [], "r": []},
        "written as double": {"t": 2, "v": 4.0, "i": "i2", "p": [], "r": []},
        "no lists": {"t": 0, "v": false, "i": null},
    });
    let expected: [(&str, Value, Option<&str>); 7] = [
        ("bool", true.into(), Some("b1")),
        ("text", "x".into(), Some("t1")),
        ("int", 4.into(), Some("i1")),
        ("double", 4.5.into(), Some("d1")),
        ("whole double", 4.0.into(), Some("d2")),
        ("written as double", 4.into(), Some("i2")),
        ("no lists", false.into(), None),
    ];
    for config in both(&settings) {
        assert_eq!(config.keys().count(), expected.len());
        for (key, value, id) in &expected {
            let evaluation = evaluate(&config, key, None).unwrap();
            assert_eq!((evaluation.value(), evaluation.variation_id()), (value, *id), "{key}");
            assert_eq!(config.setting_type(key), Some(value.setting_type()), "{key}");
        }
        assert_eq!(config.key_and_value("i2"), Some(("written as double", &4.into())));
    }
}

#[test]
fn settings_may_have_the_names_of_members() {
    for names in [["f", "p", "v", "t"], ["a", "r", "s", "i"], ["v", "f", "x", "p"]] {
        let settings: serde_json::Map<_, _> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({"t": 1, "v": name, "p": [], "r": []})))
            .collect();
        let v6: serde_json::Map<_, _> =
            names.iter().map(|name| ((*name).to_owned(), json!({"t": 1, "v": {"s": name}}))).collect();
        let [v5, v4] = both(&Json::Object(settings));
        for (version, config) in [(4, v4), (5, v5), (6, parse(&json!({"f": v6})))] {
            for name in names {
                assert_eq!(value(&config, name, None), name.into(), "version {version}");
            }
            assert_eq!(config.keys().count(), names.len());
        }
    }
    // Alone in a bare map.
    for name in ["f", "p", "v", "t", "s"] {
        let config = parse(&json!({name: {"t": 1, "v": name, "i": "id"}}));
        assert_eq!(value(&config, name, None), name.into());
    }
}

#[test]
fn comparators_over_a_text() {
    let table: [(i64, &str, &[&str], &[&str]); 17] = [
        (0, "a, b c ,, d", &["a", "b c", "d"], &["b", " a", "c", "a, b c ,, d", ","]),
        (1, "a, b c ,, d", &["b", "A"], &["a", "b c", "d"]),
        (2, "a, b", &["xa, by", "a, b"], &["a", "b", "a,b"]),
        (3, "a, b", &["a", "b"], &["xa, by"]),
        (2, " x ", &["a x b"], &["x"]),
        (4, "1.0.0, 2.0.0-rc.1 ,", &["1.0.0", "2.0.0-rc.1+5"], &["2.0.0"]),
        (5, "1.0.0, 2.0.0-rc.1 ,", &["2.0.0"], &["1.0.0"]),
        (4, "1.0.0, 2.0", &[], &["1.0.0", "2.0.0"]),
        (5, "1.0.0, 2.0", &[], &["1.0.0", "2.0.0"]),
        (6, " 1.2.3 ", &["1.2.2", "1.2.3-a"], &["1.2.3", "1.2.4"]),
        (7, "1.2.3", &["1.2.3", "1.2.3-a"], &["1.2.4"]),
        (8, "1.2.3", &["1.2.4"], &["1.2.3"]),
        (9, "1.2.3", &["1.2.3", "2.0.0"], &["1.2.2"]),
        (10, " 1,5 ", &["1.5", "1,5", "+1.50"], &["1", "15"]),
        (11, "1.5", &["15"], &["1,5"]),
        (12, "-1e2", &["-100,1"], &["-100", "0"]),
        (15, "Infinity", &["Infinity"], &["1e308", "-Infinity"]),
    ];
    for (comparator, comparison, on, off) in table {
        for config in both(&on_if(comparator, comparison)) {
            let is_on = |text: &str| value(&config, "k", &User::new("u").custom("A", text)) == true.into();
            assert!(on.iter().all(|text| is_on(text)), "{comparator} {comparison}");
            assert!(!off.iter().any(|text| is_on(text)), "{comparator} {comparison}");
            assert!(!is_on(""), "missing");
        }
    }
    for (comparator, attribute) in
        [(10, AttributeValue::from("x")), (6, "1.0".into()), (13, millis(1000).into())]
    {
        for config in both(&on_if(comparator, "1.0.0")) {
            let user = User::new("u").custom("A", attribute.clone());
            assert_eq!(config.explain("k", &user).warnings()[0].id(), 3004, "{comparator}");
        }
    }
}

#[test]
fn sensitive_comparators_are_sha_1_without_salt() {
    let hash = |text: &str| hex(<sha1::Sha1 as sha1::Digest>::digest(text));
    // Computed with another implementation.
    assert_eq!(hash("alice"), "522b276a356bdf39013dfabea2cd43e141ecc9e8");
    let list = format!(" {} ,{},, x,{}", hash("alice"), hash("12"), hash("BOB").to_uppercase());
    for (comparator, negated) in [(16, false), (17, true)] {
        for config in both(&on_if(comparator, &list)) {
            for (attribute, found) in [
                ("alice".into(), true),
                (AttributeValue::from(12), true),
                ("Alice".into(), false),
                ("BOB".into(), false),
                ("x".into(), false),
                (hash("alice").into(), false),
            ] {
                let user = User::new("u").custom("A", attribute);
                assert_eq!(value(&config, "k", &user), (found != negated).into(), "{user}");
            }
            assert_eq!(value(&config, "k", &User::new("u")), false.into());
            let log = config.explain("k", &User::new("u").custom("A", "alice")).to_string();
            assert!(log.contains("ONE OF [<4 hashed values>]"), "{log}");
        }
    }
}

#[test]
fn comparators_beyond_17_are_unknown() {
    for comparator in [18, 20, 28, 34, 99, -1] {
        for config in both(&on_if(comparator, "x")) {
            let expected = format!("f.k.r[0].c[0].u: unknown comparator {comparator}");
            assert_eq!(error(&config, "k", &User::new("u").custom("A", "x")), expected);
            assert_eq!(value(&config, "k", None), false.into());
        }
    }
}

#[test]
fn rules_and_options_follow_their_order() {
    let rule = |order: Json, value: i64| json!({"o": order, "a": "A", "t": 2, "c": "x", "v": value, "i": format!("r{value}")});
    let option =
        |order: Json, value: i64| json!({"o": order, "v": value, "p": 100, "i": format!("p{value}")});
    let settings = json!({
        "rules": {"t": 2, "v": 0, "r": [rule(json!(2), 2), rule(json!(0), 0), rule(json!(1), 1)]},
        "options": {"t": 2, "v": 0, "p": [option(json!(7), 7), option(json!(3), 3), option(json!(5), 5)]},
        "same": {"t": 2, "v": 0, "r": [rule(json!(1), 5), rule(json!(1), 6)]},
        "none": {"t": 2, "v": 0, "r": [rule(json!(null), 5), rule(json!(null), 6)]},
    });
    for config in both(&settings) {
        let user = User::new("u").custom("A", "x");
        for (key, id) in [("rules", "r0"), ("options", "p3"), ("same", "r5"), ("none", "r5")] {
            let evaluation = evaluate(&config, key, Some(&user)).unwrap();
            assert_eq!(evaluation.variation_id(), Some(id), "{key}");
            assert_eq!(evaluation.matched_rule().or(evaluation.matched_option()), Some(0));
        }
    }
}

#[test]
fn percentage_options_come_after_the_rules() {
    // For setting `flag`, u100 is 0 and u84 is 99.
    let settings = json!({"flag": {"t": 1, "v": "default", "p": [
        {"o": 0, "v": "half", "p": 50, "i": "h"}, {"o": 1, "v": "other half", "p": 50, "i": "o"}],
        "r": [{"o": 0, "a": "Email", "t": 2, "c": "@", "v": "rule", "i": "r"}]}});
    for config in both(&settings) {
        assert_eq!(value(&config, "flag", &User::new("u100")), "half".into());
        assert_eq!(value(&config, "flag", &User::new("u84")), "other half".into());
        assert_eq!(value(&config, "flag", &User::new("u84").email("e@x")), "rule".into());
        assert_eq!(value(&config, "flag", None), "default".into());
    }
}

#[test]
fn the_type_may_be_left_to_the_value() {
    let config = parse(&json!({"b": {"v": true}, "t": {"v": "x"}, "i": {"v": 4}, "d": {"v": 4.5}}));
    let types = [SettingType::Bool, SettingType::Text, SettingType::Int, SettingType::Double];
    for (key, setting_type) in ["b", "t", "i", "d"].into_iter().zip(types) {
        assert_eq!(config.setting_type(key), Some(setting_type), "{key}");
        assert!(evaluate(&config, key, None).is_ok());
    }
}

#[test]
fn faults_stay_in_their_setting() {
    let rule = |rule: Json| json!({"t": 0, "v": false, "r": [rule]});
    let settings = json!({
        "good": {"t": 0, "v": true},
        "type": {"t": 9, "v": true},
        "value": {"t": 0, "v": "x"},
        "no value": {"t": 0},
        "text": rule(json!({"a": "A", "t": 2, "c": ["1"], "v": true})),
        "absent": rule(json!({"a": "A", "t": 2, "v": true})),
        "served": rule(json!({"a": "A", "t": 2, "c": "1", "v": 1})),
        "list": {"t": 0, "v": true, "r": 1},
    });
    let expected = [
        ("type", "f.type.t: unknown setting type 9"),
        ("value", "f.value.v: bool value (b) is missing"),
        ("no value", "f.no value: setting value is missing"),
        ("text", "f.text.r[0].c[0].u.l: expected a bool, a number or a text, found a list"),
        ("absent", "f.absent.r[0].c[0].u: comparison value is missing"),
        ("served", "f.served.r[0].s.v: bool value (b) is missing"),
        ("list", "f.list.r: expected a list, found a number"),
    ];
    for config in both(&settings) {
        assert_eq!(value(&config, "good", None), true.into());
        for (key, message) in expected {
            assert_eq!(error(&config, key, &User::new("u").custom("A", "1")), message);
        }
    }
}

#[test]
fn a_comparison_value_that_is_no_number_or_version_makes_its_rule_not_match() {
    // What the attribute would have to be for the rule to match, if the comparison value were zero
    // or absent.
    let table = [
        (10, "x", "a valid decimal number", "0"),
        (11, "x", "a valid decimal number", "1"),
        (12, "1.2.3", "a valid decimal number", "-1"),
        (13, "", "a valid decimal number", "0"),
        (14, "0x10", "a valid decimal number", "1"),
        (15, "inf", "a valid decimal number", "1"),
        (4, "1.0.0, 2.0", "a valid semantic version", "1.0.0"),
        (5, "1.0.0, 2.0", "a valid semantic version", "3.0.0"),
        (6, "2.0", "a valid semantic version", "1.0.0"),
        (7, "v2.0.0", "a valid semantic version", "1.0.0"),
        (8, "x", "a valid semantic version", "1.0.0"),
        (9, "", "a valid semantic version", "1.0.0"),
    ];
    for (comparator, comparison, expected, attribute) in table {
        let mut settings = on_if(comparator, comparison);
        let next = json!({"o": 1, "a": "B", "t": 2, "c": "b", "v": true, "i": "next"});
        settings["k"]["r"].as_array_mut().unwrap().push(next);
        for config in both(&settings) {
            let user = User::new("u").custom("A", attribute);
            let evaluation = evaluate(&config, "k", Some(&user)).unwrap();
            assert_eq!(evaluation.variation_id(), Some("off"), "{comparator} {comparison}");
            let trace = config.explain("k", &user);
            let [first, second] = trace.warnings() else { panic!("{trace}") };
            assert_eq!((first.id(), second.id()), (3004, 3003));
            let reason =
                format!("(the comparison value is not {expected}). Please check the comparison value");
            assert!(first.to_string().contains(&reason), "{first}");
            // The next rule is tried.
            assert_eq!(value(&config, "k", &user.custom("B", "b")), true.into());
        }
    }
    let in_version_6 = |comparator: i64, member: &str, comparison: Json| {
        let condition = json!({"u": {"a": "A", "c": comparator, member: comparison}});
        parse(&json!({"f": {"k": {"t": 0, "v": {"b": false}, "r": [
            {"c": [condition], "s": {"v": {"b": true}}}]}}}))
    };
    let user = User::new("u").custom("A", "1.0.0");
    let no_version = in_version_6(6, "s", json!("2.0"));
    assert_eq!(value(&no_version, "k", &user), false.into());
    assert!(!evaluate(&no_version, "k", Some(&user)).unwrap().has_warnings());
    let no_number = in_version_6(10, "d", json!("x"));
    assert!(evaluate(&no_number, "k", Some(&User::new("u").custom("A", 1))).is_err());
}

#[test]
fn percentages_below_100_leave_the_default_to_the_others() {
    // For setting `flag`, u100 is 0 and u84 is 99.
    let options = json!([{"o": 0, "v": "a", "p": 20, "i": "a"}, {"o": 1, "v": "b", "p": 30, "i": "b"}]);
    let settings = json!({"flag": {"t": 1, "v": "default", "i": "d", "p": options}});
    for config in both(&settings) {
        assert_eq!(value(&config, "flag", &User::new("u100")), "a".into());
        let user = User::new("u84");
        let evaluation = evaluate(&config, "flag", Some(&user)).unwrap();
        assert_eq!((evaluation.value().as_text(), evaluation.variation_id()), (Some("default"), Some("d")));
        assert_eq!((evaluation.matched_option(), evaluation.has_warnings()), (None, false));
        let log = config.explain("flag", &user).to_string();
        assert!(log.ends_with("\n  Returning 'default'."), "{log}");
    }
    let in_version_6 =
        json!({"f": {"flag": {"t": 1, "v": {"s": "default"}, "p": [{"p": 20, "v": {"s": "a"}}]}}});
    assert_eq!(
        error(&parse(&in_version_6), "flag", &User::new("u84")),
        "f.flag.p: the percentages sum to less than 100"
    );
}

#[test]
fn a_value_that_is_an_object_takes_no_other_setting_down() {
    for broken in [json!({}), json!({"x": 1}), json!({"v": true})] {
        for config in both(&json!({"good": {"t": 0, "v": true}, "bad": {"t": 0, "v": broken}})) {
            assert!(config.evaluate("bad", None).is_err(), "{broken}");
            assert_eq!(value(&config, "good", None), true.into(), "{broken}");
        }
    }
}

#[test]
fn a_bare_value_in_version_6_takes_no_other_setting_down() {
    for key in ["k", "v", "f", "p"] {
        for broken in [json!(true), json!({"t": 0, "v": true})] {
            let config =
                parse(&json!({"p": {"s": "salt"}, "f": {"good": {"t": 0, "v": {"b": true}}, key: broken}}));
            assert!(config.evaluate(key, None).is_err(), "{key} {broken}");
            assert_eq!(value(&config, "good", None), true.into(), "{key} {broken}");
        }
    }
}

#[test]
fn the_version_is_that_of_most_values() {
    let good = json!({"t": 0, "v": true});
    let bad_among_version_5 = json!({"f": {"k": good, "l": good, "j": {"t": 0, "v": {"b": true}}}});
    assert_eq!(value(&parse(&bad_among_version_5), "k", None), true.into());
    // What is named `v` does not make the map of all settings one setting.
    assert_eq!(value(&parse(&json!({"f": {"k": good, "v": 5}})), "k", None), true.into());
}

#[test]
fn an_empty_config_stays_of_version_6_whatever_else_it_has() {
    for document in [
        json!({"p": {"u": "x", "r": 0, "s": "salt"}, "f": {}, "meta": {"v": "1.2"}}),
        json!({"p": {"u": "x", "r": 0, "s": "salt", "v": 1}, "f": {}}),
        json!({"p": {"u": "x", "r": 0, "s": "salt"}, "meta": {"v": "1.2"}}),
        json!({"f": {}, "meta": {"v": "1.2"}}),
    ] {
        assert_eq!(parse(&document).keys().count(), 0, "{document}");
    }
}

#[test]
fn a_comparison_value_of_version_5_may_be_a_bare_number() {
    let rule = json!({"a": "A", "t": 10, "c": 5, "v": true});
    let config = parse(&json!({"f": {"k": {"t": 0, "v": false, "r": [rule]}}}));
    assert_eq!(value(&config, "k", Some(&User::new("u").custom("A", "5,0"))), true.into());
}
