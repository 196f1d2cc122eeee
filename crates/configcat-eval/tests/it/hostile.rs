//! Documents at the edge of JSON: deep, large, with numbers and texts that few can hold.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use configcat_eval::{Config, ParseError, SettingType, User, Value};

use crate::support::{error, value};

/// Returns a document with a setting that works, one under test, and a member that nobody knows.
fn around(setting: &str, unknown: &str) -> Config {
    let json = format!(
        r#"{{"x": {unknown}, "f": {{"before": {{"t": 0, "v": {{"b": true}}}}, "k": {setting}, "after": {{"t": 0, "v": {{"b": true}}}}}}, "y": {unknown}}}"#
    );
    let config = Config::parse(json).unwrap();
    for key in ["before", "after"] {
        assert_eq!(value(&config, key, None), true.into());
    }
    config
}

fn nested(levels: usize) -> [String; 3] {
    [
        "[".repeat(levels) + &"]".repeat(levels),
        "{\"f\":".repeat(levels) + "{}" + &"}".repeat(levels),
        "{\"v\":[".repeat(levels) + &"]}".repeat(levels),
    ]
}

#[test]
fn deep_nesting_in_unread_members_is_skipped() {
    for levels in [1, 200, 100_000] {
        for deep in nested(levels) {
            let config =
                around(&format!(r#"{{"t": 0, "v": {{"b": true, "x": {deep}}}, "x": {deep}}}"#), &deep);
            assert_eq!(value(&config, "k", None), true.into());
        }
    }
}

#[test]
fn deep_nesting_is_malformed_where_another_type_is_expected() {
    for levels in [2, 200, 100_000] {
        for deep in nested(levels) {
            for setting in [
                deep.clone(),
                format!(r#"{{"t": {deep}, "v": {{"b": true}}}}"#),
                format!(r#"{{"t": 0, "v": {deep}}}"#),
                format!(r#"{{"t": 0, "v": {{"b": {deep}}}}}"#),
                format!(r#"{{"t": 0, "v": {{"b": true}}, "r": [{deep}]}}"#),
                format!(
                    r#"{{"t": 0, "v": {{"b": true}}, "r": [{{"c": [{deep}], "s": {{"v": {{"b": true}}}}}}]}}"#
                ),
                format!(
                    r#"{{"t": 0, "v": {{"b": true}}, "r": [{{"c": [{{"u": {{"a": "Identifier", "c": 0, "l": [{deep}]}}}}]}}]}}"#
                ),
                format!(r#"{{"t": 0, "v": {{"b": true}}, "p": [{deep}]}}"#),
            ] {
                let config = around(&setting, "0");
                assert!(error(&config, "k", &User::new("u")).starts_with("f.k"));
            }
        }
    }
}

#[test]
fn a_deeply_nested_document_is_an_error() {
    let [lists, objects, both] = nested(100_000);
    assert!(Config::parse(lists).is_err());
    assert!(Config::parse(objects).unwrap().evaluate_all(None).all(|(_, result)| result.is_err()));
    assert!(matches!(Config::parse(both), Err(ParseError::NotAConfig { .. })));
    assert!(Config::parse("[".repeat(1_000_000)).is_err());
    assert!(Config::parse("{\"f\":".repeat(1_000_000)).is_err());
}

#[test]
fn deep_json_in_an_attribute_is_no_list_of_texts() {
    let condition = r#"{"u": {"a": "A", "c": 34, "l": ["x"]}}"#;
    let setting = format!(
        r#"{{"t": 0, "v": {{"b": false}}, "r": [{{"c": [{condition}], "s": {{"v": {{"b": true}}}}}}]}}"#
    );
    let config = around(&setting, "0");
    for deep in nested(100_000) {
        let user = User::new("u").custom("A", deep);
        assert_eq!(value(&config, "k", &user), false.into());
    }
}

#[test]
fn sixty_four_mebibytes_of_texts_are_read() {
    const SIZE: usize = 64 << 20;
    let item = "0123456789abcdefghijklmnopqrstuvwxyz@example.com".repeat(40);
    let mut json = String::with_capacity(SIZE + (1 << 20));
    json.push_str(r#"{"p": {"s": "salt"}, "f": {"#);
    let mut settings = 0;
    while json.len() < SIZE {
        write!(
            json,
            r#""k{settings}": {{"t": 1, "v": {{"s": "{item}"}}, "i": "id{settings}", "r": [{{"c": [{{"u": {{"a": "Email", "c": 2, "l": ["{item}", "x", "y"]}}}}], "s": {{"v": {{"s": "hit {item}"}}}}}}]}},"#
        )
        .unwrap();
        settings += 1;
    }
    json.push_str(r#""last": {"t": 0, "v": {"b": true}}}}"#);
    let config = Config::parse(json).unwrap();
    assert_eq!(config.keys().count(), settings + 1);
    assert_eq!(value(&config, "last", None), true.into());
    let evaluation = value(&config, &format!("k{}", settings - 1), &User::new("u").email("xenia"));
    assert!(evaluation.as_text().unwrap().starts_with("hit 0123"));
}

#[test]
fn two_hundred_thousand_settings_are_read() {
    let mut json = String::from(r#"{"f": {"#);
    for n in 0..200_000 {
        write!(json, r#""k{n}": {{"t": 2, "v": {{"i": {n}}}, "i": "id{n}"}}, "#).unwrap();
    }
    json.push_str(r#""last": {"t": 0, "v": {"b": true}}}}"#);
    let config = Config::parse(json).unwrap();
    assert_eq!(config.keys().count(), 200_001);
    for n in [0, 77_777, 199_999] {
        assert_eq!(value(&config, &format!("k{n}"), None), n.into());
        assert_eq!(config.key_and_value(&format!("id{n}")), Some((&*format!("k{n}"), &n.into())));
    }
}

/// The limit is some twenty times what it takes without optimization, and far less than it takes to
/// compare each name to all others.
#[test]
fn fifty_thousand_attribute_names_are_read_in_time() {
    let mut json = String::from(r#"{"f": {"#);
    for n in 0..50_000 {
        write!(json, r#""k{n}": {{"t": 0, "v": {{"b": true}}, "a": "attribute-number-{n}"}}, "#).unwrap();
    }
    json.push_str(r#""last": {"t": 0, "v": {"b": true}}}}"#);
    let start = Instant::now();
    let config = Config::parse(json).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(value(&config, "last", None), true.into());
}

/// The same of a user. Half of the names are set twice.
#[test]
fn fifty_thousand_attributes_of_a_user_are_set_in_time() {
    let start = Instant::now();
    let names = (0..50_000).chain((0..50_000).step_by(2)).zip(0_i64..);
    let set = |user: User, (n, value)| user.custom(format!("attribute-number-{n}"), value);
    let user = names.fold(User::new("id"), set);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(user.get("attribute-number-49999"), Some(&49_999.into()));
    assert_eq!(user.get("attribute-number-49998"), Some(&74_999.into()), "the last value counts");
}

/// As above, for what looks through what came before: segments, faults, settings, orders.
#[test]
fn many_different_faults_are_read_in_time() {
    let pieces = |piece: &dyn Fn(usize) -> String| (0..60_000).map(piece).collect::<Vec<_>>().join(",");
    for json in [
        format!("{{\"s\":[{}],\"f\":{{}}}}", pieces(&|n| format!("{{\"n\":\"{n}\"}},{{}},0,null,[]"))),
        format!("{{\"f\":{{{}}}}}", pieces(&|n| format!("\"{n}\":{{\"t\":{n}}},\"x{n}\":0"))),
        format!("{{\"f\":{{{}}},\"f\":{{}}}}", pieces(&|n| format!("\"{n}\":0"))),
        format!("{{{}}}", pieces(&|n| format!("\"f\":{{\"{n}\":0}}"))),
        format!(
            "{{\"k\":{{\"t\":0,\"v\":true,\"r\":[{}]}}}}",
            pieces(&|n| format!("{{\"o\":-{n}}},{{\"o\":{n},\"a\":\"\",\"t\":0,\"c\":\"\"}}"))
        ),
        format!(
            "{{\"f\":{{\"k\":{{\"t\":0,\"r\":[{{\"c\":[{{\"u\":{{\"a\":\"A\",\"c\":2,\"l\":[{}]}}}}]}}]}}}}}}",
            pieces(&|n| format!("\"same start and {n:06} same end\""))
        ),
    ] {
        let start = Instant::now();
        assert!(Config::parse(&json).is_ok());
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}: {}", start.elapsed(), &json[..80]);
    }
}

#[test]
fn a_list_of_a_hundred_thousand_items_is_searched() {
    let items: Vec<String> = (0..100_000).map(|n| format!("\"user{n}@example.com\"")).collect();
    let items = items.join(",");
    for (comparator, yes, no) in
        [(0, "user99999@example.com", "user100000@example.com"), (30, "user7@example.com!", "use")]
    {
        let config = around(
            &format!(
                r#"{{"t": 0, "v": {{"b": false}}, "r": [{{"c": [{{"u": {{"a": "Email", "c": {comparator}, "l": [{items}]}}}}], "s": {{"v": {{"b": true}}}}}}]}}"#
            ),
            "0",
        );
        assert_eq!(value(&config, "k", &User::new("u").email(yes)), true.into());
        assert_eq!(value(&config, "k", &User::new("u").email(no)), false.into());
    }
}

#[test]
fn lone_surrogates_spoil_their_own_text_only() {
    let lone = [r"\ud800", r"\udfff", r"a\ud834b", r"\ud834\ud834", r"\udd1e\ud834"];
    for lone in lone {
        // Where nobody looks.
        let config = around(
            &format!(r#"{{"t": 0, "v": {{"b": true}}, "x{lone}": "{lone}"}}"#),
            &format!("\"{lone}\""),
        );
        assert_eq!(value(&config, "k", None), true.into());
        let condition = |condition: &str| {
            format!(
                r#"{{"t": 0, "v": {{"b": true}}, "r": [{{"c": [{{{condition}}}], "s": {{"v": {{"b": true}}}}}}]}}"#
            )
        };
        for (setting, place) in [
            (format!(r#"{{"t": 1, "v": {{"s": "{lone}"}}}}"#), "v.s"),
            (
                format!(
                    r#"{{"t": 0, "a": "{lone}", "v": {{"b": true}}, "p": [{{"p": 100, "v": {{"b": true}}}}]}}"#
                ),
                "a",
            ),
            (condition(&format!(r#""u": {{"a": "Identifier", "c": 28, "s": "{lone}"}}"#)), "r[0].c[0].u.s"),
            (condition(&format!(r#""u": {{"a": "{lone}", "c": 28, "s": "x"}}"#)), "r[0].c[0].u.a"),
            (condition(&format!(r#""p": {{"f": "{lone}", "c": 0, "v": {{"b": true}}}}"#)), "r[0].c[0].p.f"),
        ] {
            let error = error(&around(&setting, "0"), "k", &User::new("u"));
            assert_eq!(
                error,
                format!("f.k.{place}: expected a text, found a text with a lone surrogate"),
                "{setting}"
            );
        }
        let list = condition(&format!(r#""u": {{"a": "Identifier", "c": 0, "l": ["u", "{lone}"]}}"#));
        let error = error(&around(&list, "0"), "k", &User::new("u"));
        assert_eq!(error, "f.k.r[0].c[0].u.l: expected a list of texts, found a list");
    }
}

#[test]
fn a_lone_surrogate_where_no_text_is_expected_is_a_fault_of_that_place() {
    for setting in [
        r#""\ud800""#,
        r#"{"t": "\ud800", "v": {"b": true}}"#,
        r#"{"t": 0, "v": {"b": "\ud800"}}"#,
        r#"{"t": 0, "v": "\ud800"}"#,
        r#"{"t": 0, "v": {"b": true}, "r": "\ud800"}"#,
        r#"{"t": 0, "v": {"b": true}, "r": ["\ud800"]}"#,
        r#"{"t": 0, "v": {"b": true}, "r": [{"c": "\ud800", "s": {"v": {"b": true}}}]}"#,
        r#"{"t": 0, "v": {"b": true}, "r": [{"c": [], "s": "\ud800"}]}"#,
        r#"{"t": 0, "v": {"b": true}, "r": [{"c": [{"u": "\ud800"}], "s": {"v": {"b": true}}}]}"#,
        r#"{"t": 0, "v": {"b": true}, "p": ["\ud800"]}"#,
    ] {
        // `around` evaluates the other settings, too.
        assert!(error(&around(setting, "0"), "k", &User::new("u")).starts_with("f.k"), "{setting}");
    }
    // Version 4 has the settings where version 6 has unknown members.
    let config = Config::parse(r#"{"a": {"t": 0, "v": true}, "b": "\ud800"}"#).unwrap();
    assert_eq!(value(&config, "a", None), true.into());
}

#[test]
fn a_lone_surrogate_in_a_key_leaves_the_other_keys_alone() {
    let json = r#"{"f": {"a": {"t": 0, "v": {"b": true}}, "b\ud800": {"t": 0, "v": {"b": true}}, "c": {"t": 0, "v": {"b": true}}}}"#;
    let config = Config::parse(json).unwrap();
    let keys: Vec<&str> = config.keys().collect();
    let [a, broken, c] = keys[..] else { panic!("{keys:?}") };
    assert_eq!((a, c), ("a", "c"));
    assert!(broken.starts_with("b\u{fffd}"), "{broken}");
    assert!(keys.into_iter().all(|key| value(&config, key, None) == true.into()));
}

#[test]
fn paired_surrogates_are_characters() {
    let config = around(r#"{"t": 1, "v": {"s": "\ud834\udd1e\u0000\uFFFF\/"}}"#, "0");
    assert_eq!(value(&config, "k", None), "𝄞\0\u{ffff}/".into());
}

/// Returns the value of an int or double setting that is written so.
fn number(code: i32, number: &str) -> Result<Value, String> {
    let member = if code == 2 { "i" } else { "d" };
    let config = around(&format!(r#"{{"t": {code}, "v": {{"{member}": {number}}}}}"#), number);
    config.evaluate("k", None).map(|evaluation| evaluation.value().clone()).map_err(|error| error.to_string())
}

#[test]
fn integers() {
    for (written, expected) in [
        ("4", 4),
        ("-4", -4),
        ("4.0", 4),
        ("40e-1", 4),
        ("0.4E1", 4),
        ("-0", 0),
        ("-0.0", 0),
        ("1e3", 1000),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
        ("9007199254740993", 9_007_199_254_740_993),
        ("1e-400", 0),
    ] {
        assert_eq!(number(2, written), Ok(Value::Int(expected)), "{written}");
    }
    for written in
        ["4.5", "9223372036854775808", "18446744073709551616", "1e19", "-1e19", "1e400", "-1e400", "1e-7"]
    {
        assert_eq!(
            number(2, written),
            Err("f.k.v.i: expected an integer, found a number".into()),
            "{written}"
        );
    }
}

#[test]
fn integers_below_the_range_are_not_rounded_into_it() {
    for written in ["-9223372036854775809", "-9223372036854776000"] {
        assert_eq!(
            number(2, written),
            Err("f.k.v.i: expected an integer, found a number".into()),
            "{written}"
        );
    }
}

#[test]
fn doubles() {
    for (written, expected) in [
        ("4", 4.0),
        ("4.0", 4.0),
        ("-0", 0.0),
        ("-0.0", 0.0),
        ("5e-324", 5e-324),
        ("1e-400", 0.0),
        ("1e400", f64::INFINITY),
        ("-1e400", f64::NEG_INFINITY),
        ("9223372036854775808", 9.223_372_036_854_776e18),
        ("123456789012345678901234567890", 1.234_567_890_123_456_8e29),
        ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
    ] {
        assert_eq!(number(3, written), Ok(Value::Double(expected)), "{written}");
    }
    assert_eq!(number(3, "-0").unwrap().to_string(), "0");
    assert_eq!(number(3, "1e21").unwrap().to_string(), "1e+21");
    let long = format!("0.{}1", "0".repeat(100_000));
    assert_eq!(number(3, &long), Ok(Value::Double(0.0)));
    assert_eq!(number(3, &"9".repeat(100_000)), Ok(Value::Double(f64::INFINITY)));
}

#[test]
fn other_numbers_may_have_a_fraction_of_zero_too() {
    let json = r#"{"s": [{"n": "S", "r": [{"a": "A", "c": 1.0e1, "d": 1}]}], "f": {
        "k": {"t": 2.0, "v": {"i": 0}, "r": [{"c": [{"s": {"s": -0.0, "c": 0e9}}], "p": [{"p": 1e2, "v": {"i": 1}}]}]}}}"#;
    let config = Config::parse(json).unwrap();
    assert_eq!(config.setting_type("k"), Some(SettingType::Int));
    assert_eq!(value(&config, "k", &User::new("u").custom("A", 1)), 1.into());
}

#[test]
fn comparison_values_beyond_what_an_integer_holds() {
    let on_if = |comparator: i32, number: &str| {
        around(
            &format!(
                r#"{{"t": 0, "v": {{"b": false}}, "r": [{{"c": [{{"u": {{"a": "A", "c": {comparator}, "d": {number}}}}}], "s": {{"v": {{"b": true}}}}}}]}}"#
            ),
            "0",
        )
    };
    for (comparator, number, attribute) in [
        (10, "1e400", f64::INFINITY),
        (12, "1e400", f64::MAX),
        (10, "-0", 0.0),
        (10, "123456789012345678901234567890", 1.234_567_890_123_456_8e29),
        (18, "1e400", 1e300),
        (19, "-1e400", 0.0),
    ] {
        let config = on_if(comparator, number);
        let user = User::new("u").custom("A", attribute);
        assert_eq!(value(&config, "k", &user), true.into(), "{number}");
    }
    let log = on_if(18, "1e400").explain("k", &User::new("u").custom("A", 1)).to_string();
    assert!(log.contains("User.A BEFORE 'Infinity' THEN 'true' => MATCH"), "{log}");
}

#[test]
fn one_broken_segment_takes_no_other_down() {
    let json = r#"{"s": [{"n": "good", "r": []}, {"n": "bad", "r": ["\ud800"]}], "f": {"k":
        {"t": 0, "v": {"b": false}, "r": [{"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"b": true}}}]}}}"#;
    let config = Config::parse(json).unwrap();
    assert_eq!(config.evaluate("k", &User::new("u")).unwrap().value().as_bool(), Some(true));
}
