//! Documents as a whole: what is rejected, and how; what is read in spite of its looks.

use std::error::Error;

use configcat_eval::{Config, ErrorKind, ParseError, SettingType, User};
use serde_json::json;

use crate::support::{document, error, flag, flag_if, is_u, parse, prerequisite, value};

/// Returns a setting of which everything depends on `value`.
fn text(value: &str) -> String {
    format!(r#"{{"t":1,"v":{{"s":"{value}"}}}}"#)
}

#[test]
fn invalid_json_is_rejected_with_line_and_column() {
    let table = [
        ("", "EOF while parsing a value at line 1 column 0"),
        (" \n ", "EOF while parsing a value at line 2 column 1"),
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("{\"f\": {\n  \"k\": {\"t\": 0,}\n}}", "at line 2 column 16"),
        ("{\"f\": {}} x", "trailing characters at line 1 column 11"),
        ("{\"f\": {\"k\": {\"t\": 01}}}", "at line 1 column 20"),
        ("{\"f\": nul}", "at line 1 column"),
        ("{'f': {}}", "key must be a string at line 1 column 2"),
        ("{\"f\" {}}", "expected `:` at line 1 column 6"),
        ("{\"f\": {\"k\": \"\n\"}}", "control character"),
        ("{\"f\": {\"k\": \"\\x\"}}", "invalid escape at line 1 column"),
        ("{\"f\": {\"k\": +1}}", "at line 1 column 13"),
        ("{\"f\": {\"k\": NaN}}", "at line 1 column 13"),
        ("// {}", "at line 1 column 1"),
        ("<html>", "at line 1 column 1"),
        ("{\"other\": [1, 2}", "at line 1 column 16"),
    ];
    for (json, expected) in table {
        let error = Config::parse(json).unwrap_err();
        assert!(matches!(error, ParseError::NotJson(_)), "{json}: {error:?}");
        let message = error.to_string();
        assert!(
            message.starts_with("config JSON is not valid JSON: ") && message.contains(expected),
            "{json}: {message}"
        );
        assert!(error.source().is_some());
    }
}

#[test]
fn every_cut_of_a_document_is_rejected() {
    let json = document(json!({"a": flag(true), "b\n𝄞": {"t": 3, "v": {"d": -1.5e3}}})).to_string();
    for end in 0..json.len() {
        let error = Config::parse(&json.as_bytes()[..end]).unwrap_err();
        assert!(matches!(error, ParseError::NotJson(_) | ParseError::NotUtf8 { .. }), "{end}: {error}");
    }
    assert_eq!(Config::parse(json).unwrap().keys().count(), 2);
}

#[test]
fn a_document_must_be_an_object() {
    for json in ["null", "true", "0", "-1.5", "\"{}\"", "[]", "[{\"f\": {}}]"] {
        let error = Config::parse(json).unwrap_err();
        assert!(matches!(error, ParseError::NotAnObject), "{json}: {error}");
        assert_eq!(error.to_string(), "config JSON is not a JSON object");
        assert!(error.source().is_none());
    }
}

#[test]
fn invalid_utf_8_is_rejected_with_line_and_column() {
    for (json, valid, at) in [
        (&b"{\"f\": \xff}"[..], 6, (1, 7)),
        (b"\xed\xa0\x80", 0, (1, 1)),
        (b"{}\xc3", 2, (1, 3)),
        (b"{\n \"f\": {\n  \"\xe9\": 1}}", 13, (3, 4)),
    ] {
        for error in [Config::parse(json).unwrap_err(), Config::parse_overrides(json).unwrap_err()] {
            let ParseError::NotUtf8 { line, column, cause } = &error else { panic!("{error}") };
            assert_eq!((cause.valid_up_to(), (*line, *column)), (valid, at));
            let message = error.to_string();
            assert!(message.starts_with("config JSON is not UTF-8: "), "{message}");
            assert!(message.ends_with(&format!(", at line {line} column {column}")), "{message}");
            assert!(error.source().is_some());
        }
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    for json in
        ["{\"f\": {\"a\": {\"t\": 0, \"v\": {\"b\": true}}}}", "{\"f\": {\"a\": {\"t\": 0, \"v\": true}}}"]
    {
        for document in [json.to_owned(), format!("\u{feff}{json}"), format!("\u{feff}\r\n {json}")] {
            let config = Config::parse(&document).unwrap();
            assert_eq!(value(&config, "a", None), true.into());
            assert_eq!(Config::parse_overrides(&document).unwrap().keys().count(), 1);
        }
    }
    let config = Config::parse_overrides("\u{feff}{\"flags\": {\"a\": true}}").unwrap();
    assert_eq!(value(&config, "a", None), true.into());
    // There is but one, and it does not count for the place of an error.
    assert!(matches!(Config::parse("\u{feff}\u{feff}{\"f\": {}}"), Err(ParseError::NotJson(_))));
    let error = Config::parse("\u{feff}{\"f\": oops}").unwrap_err();
    assert!(error.to_string().ends_with("expected value at line 1 column 7"), "{error}");
}

#[test]
fn utf_16_is_named_as_such() {
    let json = "{\"flags\": {\"é\": true}}";
    for mark in ["", "\u{feff}"] {
        let text = format!("{mark}{json}");
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for document in [little, big] {
            for error in
                [Config::parse(&document).unwrap_err(), Config::parse_overrides(&document).unwrap_err()]
            {
                assert!(matches!(error, ParseError::Utf16), "{error:?}");
                assert_eq!(error.to_string(), "the document is UTF-16; save it as UTF-8");
            }
        }
    }
}

#[test]
fn a_bare_control_character_in_a_name_is_not_json() {
    let place = |root: &str, key: &str, member: &str| {
        format!(r#"{{"x{root}": 0, "f": {{"a{key}": {{"t": 0, "v": {{"b": true}}, "x{member}": 0}}}}}}"#)
    };
    for name in ["\0", "\u{1f}", "\n", "\t", "\\\"\n", "\n\\n", "\\ud800\n"] {
        for json in [place(name, "", ""), place("", name, ""), place("", "", name)] {
            let ParseError::NotJson(_) = Config::parse(&json).unwrap_err() else { panic!("{json:?}") };
        }
    }
    let config = Config::parse(place(r"\n", r#"\"\n"#, r"\u0000")).unwrap();
    assert!(config.keys().eq(["a\"\n"]));
}

#[test]
fn any_json_whitespace_is_fine() {
    let config =
        Config::parse("\r\n\t {\t\"f\" :\n{ \"a\":{\"t\" :0 , \"v\":\r{\"b\":true }\n}}} \n").unwrap();
    assert_eq!(value(&config, "a", None), true.into());
}

#[test]
fn configs_without_settings() {
    for json in [
        "{\"f\": {}}",
        "{\"p\": {\"u\": \"https://x\", \"r\": 0, \"s\": \"salt\"}}",
        "{\"p\": {\"u\": \"https://x\"}, \"f\": null}",
        "{\"p\": {\"s\": \"salt\"}, \"s\": [], \"f\": {}}",
        "{\"p\": 1, \"s\": 2, \"f\": {}}",
        "{\"f\": {}, \"flags\": {\"a\": true}}",
        "{\"f\": {}, \"error\": {\"v\": 1, \"t\": 0}}",
    ] {
        let config = Config::parse(json).unwrap();
        assert_eq!(config.keys().count(), 0, "{json}");
        assert_eq!(config.evaluate_all(None).count(), 0, "{json}");
        assert!(config.evaluate("a", None).is_err());
        assert_eq!(config.setting_type("a"), None);
        assert_eq!(config.key_and_value("a"), None);
    }
}

#[test]
fn a_document_that_is_no_config_is_rejected() {
    for json in [
        "{}",
        "{\"f\": null}",
        "{\"f\": []}",
        "{\"f\": 7}",
        "{\"f\": \"\\ud800\"}",
        "{\"error\": \"rate limited\"}",
        "{\"error\": {\"code\": 1}}",
        "{\"error\": {\"v\": {\"code\": 1}}}",
        "{\"message\": \"rate limited\", \"code\": 429}",
        "{\"message\": \"rate limited\", \"api\": {\"v\": 2}}",
        "{\"p\": {}}",
        "{\"p\": {\"u\": \"\"}}",
        "{\"p\": {\"u\": 7}}",
        "{\"p\": {\"s\": \"salt\"}}",
        "{\"p\": {\"u\": \"https://x\"}, \"f\": []}",
        "{\"p\": null, \"s\": null, \"f\": null}",
        "{\"f\": {}, \"f\": null}",
        "{\"F\": {\"a\": {\"t\": 0, \"v\": {\"b\": true}}}}",
        "{\"s\": [{\"n\": \"S\"}]}",
        "{\"u\": \"https://x\"}",
    ] {
        let error = Config::parse(json).unwrap_err();
        assert!(matches!(error, ParseError::NotAConfig { has_flags: false }), "{json}: {error:?}");
        assert_eq!(
            error.to_string(),
            "the document is JSON, but no config: it has no settings (an object \"f\")"
        );
        assert!(error.source().is_none());
    }
    let error = Config::parse("{\"flags\": {\"a\": true}}").unwrap_err();
    assert!(matches!(error, ParseError::NotAConfig { has_flags: true }), "{error:?}");
    assert!(error.to_string().contains("\"flags\""), "{error}");
}

#[test]
fn unknown_members_are_ignored() {
    let config = Config::parse(
        r#"{"x": 1, "p": {"s": "salt", "x": []}, "s": [{"n": "S", "r": [], "x": {}}], "f": {
            "a": {"t": 0, "v": {"b": true, "x": null}, "i": "id", "x": {"t": 1}, "T": 1, "": 7}}}"#,
    );
    assert_eq!(value(&config.unwrap(), "a", None), true.into());
}

#[test]
fn the_last_of_duplicate_members_counts() {
    let (one, two) = (text("one"), text("two"));
    let documents = [
        format!(r#"{{"f": {{"k": {one}, "k": {two}}}}}"#),
        format!(r#"{{"f": {{"k": {one}, "\u006b": {two}}}}}"#),
        format!(r#"{{"f": {{"k": {one}}}, "f": {{"k": {two}}}}}"#),
        r#"{"f": {"k": {"t": 1, "v": {"s": "one"}, "v": {"s": "two"}}}}"#.into(),
        r#"{"f": {"k": {"t": 0, "t": 1, "v": {"s": "one", "s": "two"}}}}"#.into(),
        r#"{"f": {"k": {"t": 7, "v": 7, "t": 1, "v": {"s": 7, "s": "two"}}}}"#.into(),
        format!(r#"{{"f": {{"k": 7, "k": null, "k": {two}}}}}"#),
    ];
    for json in documents {
        let config = Config::parse(&json).unwrap();
        assert_eq!(config.keys().collect::<Vec<_>>(), ["k"]);
        assert_eq!(value(&config, "k", None), "two".into(), "{json}");
    }
    // Also if the last one is the broken one.
    let config = Config::parse(format!(r#"{{"f": {{"k": {one}, "k": 7}}}}"#)).unwrap();
    assert!(config.evaluate("k", None).is_err());
    let config = Config::parse(format!(r#"{{"f": {{"k": {one}, "j": {one}, "k": {two}}}}}"#)).unwrap();
    assert_eq!(config.keys().collect::<Vec<_>>(), ["k", "j"], "in the place of the first");
}

#[test]
fn duplicate_members_that_are_referred_to() {
    let json = r#"{"p": {"s": "a", "s": "b"}, "s": [{"n": "S", "r": [{"a": "A", "c": 28, "s": "x"}], "r": []}], "f": {
        "in": {"t": 0, "v": {"b": false}, "r": [{"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"b": true}}}]},
        "on": {"t": 0, "v": {"b": false}, "r": [{"c": [{"p": {"f": "base", "c": 0, "v": {"s": "two"}}}], "s": {"v": {"b": true}}}]},
        "base": {"t": 1, "v": {"s": "one"}},
        "base": {"t": 1, "v": {"s": "two"}}}}"#;
    let config = Config::parse(json).unwrap();
    assert_eq!(value(&config, "in", &User::new("u")), true.into());
    assert_eq!(value(&config, "on", None), true.into());
}

#[test]
fn keys_are_any_texts() {
    let keys =
        ["", " ", "a.b", "a\"b\\", "é𝄞", "\0\n\u{7f}", "constructor", "__proto__", "a".repeat(4096).leak()];
    let settings = keys.iter().map(|key| ((*key).to_owned(), flag(true))).collect();
    let config = parse(&document(serde_json::Value::Object(settings)));
    assert_eq!(config.keys().count(), keys.len());
    for key in keys {
        assert_eq!(value(&config, key, &User::new("u")), true.into());
        assert_eq!(config.setting_type(key), Some(SettingType::Bool));
    }
}

#[test]
fn keys_keep_the_order_of_the_document() {
    let keys: Vec<String> = (0..100).map(|n| format!("k{}", n * 37 % 100)).collect();
    let members: Vec<String> = keys.iter().map(|key| format!("\"{key}\":{}", text(key))).collect();
    let config = Config::parse(format!("{{\"f\":{{{}}}}}", members.join(","))).unwrap();
    assert_eq!(config.keys().collect::<Vec<_>>(), keys);
    let all = config.evaluate_all(None).map(|(key, evaluation)| {
        assert_eq!(evaluation.unwrap().value().as_text(), Some(key));
        key
    });
    assert_eq!(all.collect::<Vec<_>>(), keys);
}

#[test]
fn names_of_more_than_4_kib_are_faults_of_their_place() {
    let (longest, too_long) = ("é".repeat(2048), "é".repeat(2048) + "x");
    let hashed = flag_if(json!([{"u": {"a": "A", "c": 20, "s": "x"}}]));
    let in_segment = |index: usize| flag_if(json!([{"s": {"s": index, "c": 1}}]));
    let of = |salt: &str| {
        parse(&json!({
            "p": {"s": salt},
            "s": [{"n": longest, "r": [is_u()["u"]]}, {"n": too_long, "r": [is_u()["u"]]}],
            "f": {
                "hashed": hashed,
                "good segment": in_segment(0),
                "bad segment": in_segment(1),
                longest.as_str(): flag(true),
                too_long.as_str(): flag(true),
                "plain": flag(true),
                "dependent": flag_if(json!([prerequisite(&too_long, &json!({"b": true}))])),
            },
        }))
    };
    let user = User::new("x").custom("A", "x");
    let key_fault = format!("f.{}…: setting key has 4097 bytes, more than 4 KiB", "é".repeat(32));
    for (config, is_salt_good) in [(of(&longest), true), (of(&too_long), false)] {
        if is_salt_good {
            assert_eq!(value(&config, "hashed", &user), false.into());
        } else {
            assert_eq!(error(&config, "hashed", &user), "p.s: salt has 4097 bytes, more than 4 KiB");
            // Only the hash needs the salt.
            assert_eq!(value(&config, "hashed", None), false.into());
        }
        for key in ["good segment", longest.as_str(), "plain"] {
            assert_eq!(value(&config, key, &user), true.into());
        }
        assert_eq!(
            error(&config, "bad segment", &user),
            "s[1].n: segment name has 4097 bytes, more than 4 KiB"
        );
        let log = config.explain("bad segment", &user).to_string();
        assert!(log.contains("User IS NOT IN SEGMENT '<invalid name>'"), "{log}");
        assert!(config.keys().any(|key| key == too_long), "it is listed");
        for key in [too_long.as_str(), "dependent"] {
            assert_eq!(error(&config, key, &user), key_fault);
        }
        assert_eq!(config.setting_type(&too_long), None);
    }
}

#[test]
fn keys_of_more_than_4_kib_are_faults_in_every_form() {
    let key = "k".repeat(4097);
    for json in [
        json!({"f": {key.as_str(): {"t": 0, "v": true}, "a": {"t": 0, "v": true}}}),
        json!({key.as_str(): {"t": 0, "v": true}, "a": {"t": 0, "v": true}}),
        json!({"flags": {key.as_str(): true, "a": true}}),
    ] {
        let config = Config::parse_overrides(json.to_string()).unwrap();
        assert_eq!(value(&config, "a", None), true.into());
        let error = config.evaluate(&key, None).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::TooLong { what: "setting key", length: 4097 });
    }
}

/// Returns all orders of the items.
fn orders(items: &[String]) -> Vec<Vec<String>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in items {
        let others: Vec<String> = items.iter().filter(|item| *item != first).cloned().collect();
        all.extend(orders(&others).into_iter().map(|order| [vec![first.clone()], order].concat()));
    }
    all
}

#[test]
fn the_members_of_a_setting_may_have_any_order() {
    // The first value has the type of the setting, or another one, or is no value.
    let values = [r#"{"b":true}"#, r#"{"b":true,"i":5}"#, r#"{"s":"x","i":6}"#, r#"{"i":7}"#, "{}", "0"];
    for value in values {
        for code in 0..5 {
            let condition = r#"{"u":{"a":"Email","c":0,"l":["ann@x.org"]}}"#;
            let members = [
                format!(r#""t":{code}"#),
                format!(
                    r#""r":[{{"c":[{condition}],"s":{{"v":{value},"i":"r"}}}},{{"c":[],"p":[{{"p":0,"v":{value}}}]}}]"#
                ),
                format!(r#""p":[{{"p":50,"v":{value},"i":"p"}},{{"p":50,"v":{{"i":8}}}}]"#),
                r#""v":{"b":false,"s":"y","i":9,"d":0.5}"#.to_owned(),
                r#""a":"Country""#.to_owned(),
            ];
            let shown = |members: &[String]| {
                let config = Config::parse(format!(r#"{{"f":{{"k":{{{}}}}}}}"#, members.join(","))).unwrap();
                let users = [
                    User::new("1").email("ann@x.org"),
                    User::new("2"),
                    User::new("3").country("A"),
                    User::new("4").country("B"),
                ];
                let results = users.map(|user| format!("{:?}", config.evaluate("k", &user)));
                (results, format!("{:?}", config.describe("k")))
            };
            let expected = shown(&members);
            for order in orders(&members) {
                assert_eq!(shown(&order), expected, "{order:?}");
            }
        }
    }
}

#[test]
fn the_last_of_several_types_of_a_setting_counts() {
    let json = r#"{"f":{"k":{"t":0,"p":[{"p":100,"v":{"b":true,"i":5}}],"v":{"b":true,"i":6},"t":2}}}"#;
    let config = Config::parse(json).unwrap();
    assert_eq!(config.evaluate("k", &User::new("1")).unwrap().value().as_int(), Some(5));
}
