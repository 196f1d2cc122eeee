//! Documents as a whole: what is rejected, and how; what is read in spite of its looks.

use std::error::Error;

use configcat_eval::{Config, ParseError, SettingType, User};
use serde_json::json;

use crate::support::{document, flag, parse, value};

/// A setting of which everything depends on `value`.
fn text(value: &str) -> String {
    format!(r#"{{"t":1,"v":{{"s":"{value}"}}}}"#)
}

#[test]
fn what_is_not_json_is_rejected_with_line_and_column() {
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
        assert!(matches!(error, ParseError::NotJson(_) | ParseError::NotUtf8(_)), "{end}: {error}");
    }
    assert_eq!(Config::parse(json).unwrap().keys().count(), 2);
}

#[test]
fn what_is_no_object_is_rejected() {
    for json in ["null", "true", "0", "-1.5", "\"{}\"", "[]", "[{\"f\": {}}]"] {
        let error = Config::parse(json).unwrap_err();
        assert!(matches!(error, ParseError::NotAnObject), "{json}: {error}");
        assert_eq!(error.to_string(), "config JSON is not a JSON object");
        assert!(error.source().is_none());
    }
}

#[test]
fn what_is_not_utf8_is_rejected() {
    for (json, valid) in
        [(&b"{\"f\": \xff}"[..], 6), (b"\xed\xa0\x80", 0), (b"{}\xc3", 2), (b"\xff\xfe{\0}\0", 0)]
    {
        let error = Config::parse(json).unwrap_err();
        let ParseError::NotUtf8(cause) = &error else { panic!("{error}") };
        assert_eq!(cause.valid_up_to(), valid);
        assert!(error.to_string().starts_with("config JSON is not UTF-8: "), "{error}");
        assert!(error.source().is_some());
    }
}

#[test]
fn a_byte_order_mark_is_not_json() {
    let error = Config::parse("\u{feff}{\"f\": {}}").unwrap_err();
    assert!(error.to_string().ends_with("expected value at line 1 column 1"), "{error}");
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
fn documents_without_settings() {
    for json in [
        "{}",
        "{\"f\": {}}",
        "{\"f\": null}",
        "{\"f\": []}",
        "{\"f\": 7}",
        "{\"p\": {\"u\": \"https://x\", \"r\": 0, \"s\": \"salt\"}}",
        "{\"p\": {\"s\": \"salt\"}, \"s\": [], \"f\": {}}",
        "{\"p\": null, \"s\": null, \"f\": null}",
        "{\"p\": 1, \"s\": 2, \"f\": 3}",
        "{\"flags\": {\"a\": true}}",
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
fn unknown_members_are_ignored() {
    let config = Config::parse(
        r#"{"x": 1, "p": {"s": "salt", "x": []}, "s": [{"n": "S", "r": [], "x": {}}], "f": {
            "a": {"t": 0, "v": {"b": true, "x": null}, "i": "id", "x": {"t": 1}, "T": 1, "": 7}}}"#,
    );
    assert_eq!(value(&config.unwrap(), "a", None), true.into());
}

#[test]
fn of_duplicate_members_the_last_counts() {
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
        ["", " ", "a.b", "a\"b\\", "é𝄞", "\0\n\u{7f}", "constructor", "__proto__", "a".repeat(10_000).leak()];
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
