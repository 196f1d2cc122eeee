//! Documents of overrides: the simple form or a config, told apart by their members.

use configcat_eval::{Config, ErrorKind, ParseError, SettingType, Value};
use serde_json::json;

use crate::support::{document, error, flag_if, parse, prerequisite, value};

fn overrides(json: &str) -> Config {
    Config::parse_overrides(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn the_simple_form_has_bare_values() {
    let config = overrides(
        r#"{"$schema": "x", "flags": {"z": true, "text": "é\n𝄞", "int": 10, "double": 0.5, "a": "", "big": 9223372036854775808,
            "small": -9223372036854775808, "exponent": 1e2, "whole": 2.0, "\u006b": false, "zero": -0}, "p": {"s": "salt"}}"#,
    );
    let expected: [(&str, Value); 11] = [
        ("z", true.into()),
        ("text", "é\n𝄞".into()),
        ("int", 10.into()),
        ("double", 0.5.into()),
        ("a", "".into()),
        ("big", 9_223_372_036_854_775_808.0.into()),
        ("small", i64::MIN.into()),
        ("exponent", 100.0.into()),
        ("whole", 2.0.into()),
        ("k", false.into()),
        ("zero", 0.into()),
    ];
    assert!(config.keys().eq(expected.iter().map(|(key, _)| *key)), "in the order of the file");
    for (key, expected) in &expected {
        assert_eq!(value(&config, key, None), *expected, "{key}");
        assert_eq!(config.setting_type(key), Some(expected.setting_type()));
    }
}

#[test]
fn only_what_is_written_as_an_integer_reads_as_both_numbers() {
    let config = overrides(r#"{"flags": {"int": 2, "double": 2.0}}"#);
    for (key, kind, reads) in [
        ("int", SettingType::Int, true),
        ("int", SettingType::Double, true),
        ("int", SettingType::Bool, false),
        ("double", SettingType::Int, false),
        ("double", SettingType::Double, true),
    ] {
        assert_eq!(config.setting(key).unwrap().is_readable_as(kind), reads, "{key} {kind}");
        assert_eq!(config.evaluate(key, None).unwrap().as_double(), Some(2.0), "{key}");
        // A prerequisite condition gives the same answer.
        for (member, of_member) in [("i", SettingType::Int), ("d", SettingType::Double)] {
            if of_member == kind {
                let top = flag_if(json!([prerequisite(key, &json!({member: 2}))]));
                let merged = parse(&document(json!({"top": top}))).merge(&config);
                assert_eq!(merged.evaluate("top", None).is_ok(), reads, "{key} {kind}");
            }
        }
    }
}

#[test]
fn one_bad_flag_fails_alone_and_names_its_place() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let kinds = "expected a bool, a number or a text, found";
    for (bad, message) in [
        ("null", "setting value is missing".to_owned()),
        ("{\"v\": true}", format!("{kinds} an object")),
        ("[true]", format!("{kinds} a list")),
        ("\"\\ud800\"", format!("{kinds} a text with a lone surrogate")),
        ("{\"\\ud800\": \"\\ud800\"}", format!("{kinds} an object")),
        ("1e400", format!("{kinds} a number that is too large")),
        ("-1e400", format!("{kinds} a number that is too large")),
        (&deep, format!("{kinds} a list")),
    ] {
        let config = overrides(&format!(
            "{{\"flags\": {{\"a\": true, \"isLoud\": {bad}, \"b\": \"x\"}}, \"x\": {bad}}}"
        ));
        assert_eq!(error(&config, "isLoud", None), format!("flags.isLoud: {message}"));
        assert!(config.keys().eq(["a", "isLoud", "b"]));
        assert_eq!((value(&config, "a", None), value(&config, "b", None)), (true.into(), "x".into()));
        assert_eq!((config.setting_type("isLoud"), config.setting("isLoud").is_some()), (None, true));
        // As a prerequisite and merged, too.
        let top = flag_if(json!([prerequisite("isLoud", &json!({"b": true}))]));
        let merged = parse(&document(json!({"top": top}))).merge(&config);
        assert_eq!(error(&merged, "top", None), format!("flags.isLoud: {message}"));
    }
}

#[test]
fn one_bad_flag_fails_alone_in_a_config_too() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for bad in ["null", "{}", "[true]", "\"\\ud800\"", "1e400", &deep] {
        for (a, form) in [
            ("{\"t\": 0, \"v\": {\"b\": true}}", "f"),
            ("{\"t\": 0, \"v\": true}", "f"),
            ("{\"t\": 0, \"v\": true}", ""),
        ] {
            let settings = format!("{{\"a\": {a}, \"isLoud\": {bad}, \"b\": {a}}}");
            let config =
                overrides(&if form.is_empty() { settings } else { format!("{{\"f\": {settings}}}") });
            assert!(error(&config, "isLoud", None).starts_with("f.isLoud: "), "{bad}");
            assert!(config.keys().eq(["a", "isLoud", "b"]));
            assert_eq!((value(&config, "a", None), value(&config, "b", None)), (true.into(), true.into()));
        }
    }
}

#[test]
fn a_config_of_any_version_is_read() {
    for json in [
        r#"{"f": {"a": {"t": 0, "v": {"b": true}}}}"#,
        r#"{"f": {"a": {"t": 0, "v": true}}}"#,
        r#"{"a": {"t": 0, "v": true}}"#,
        r#"{"flags": null, "f": {"a": {"t": 0, "v": {"b": true}}}}"#,
        r#"{"flags": {"a": true}, "f": null}"#,
    ] {
        assert_eq!(value(&overrides(json), "a", None), true.into(), "{json}");
    }
    assert_eq!(overrides(r#"{"f": {}}"#).keys().count(), 0);
    assert_eq!(overrides(r#"{"flags": {}}"#).keys().count(), 0);
    assert_eq!(overrides(r#"{"p": {"u": "https://x"}}"#).keys().count(), 0);
    // Of a map of version 4, `flags` is the simple form.
    let config = overrides(r#"{"flags": {"t": 0, "v": true}}"#);
    assert!(config.keys().eq(["t", "v"]));
}

#[test]
fn a_document_with_both_forms_is_an_error() {
    for json in [
        r#"{"flags": {"a": true}, "f": {"b": {"t": 0, "v": {"b": true}}}}"#,
        r#"{"f": {}, "flags": {}}"#,
        r#"{"f": 7, "flags": {}}"#,
        r#"{"f": {}, "flags": 7}"#,
    ] {
        let error = Config::parse_overrides(json).unwrap_err();
        assert!(matches!(error, ParseError::FlagsAndConfig), "{json}: {error:?}");
        assert_eq!(
            error.to_string(),
            r#"both "flags" and "f" (a config JSON), of which only one can count: remove the other"#
        );
    }
}

#[test]
fn a_document_of_neither_form_is_an_error_that_says_what_to_write() {
    let long = format!(r#"{{"{}": true}}"#, "k".repeat(1000));
    for (json, hint) in [
        ("{}", r#"write {"flags": {"isNew": true}}"#),
        (r#"{"flags": null}"#, r#"write {"flags": {"isNew": true}}"#),
        (r#"{"f": []}"#, r#"write {"flags": {"isNew": true}}"#),
        (r#"{"a": {}, "b": []}"#, r#"write {"flags": {"isNew": true}}"#),
        (&long, r#"write {"flags": {"isNew": true}}"#),
        (r#"{"Flags": {}}"#, r#"names are case-sensitive, write "flags""#),
        (r#"{"FLAGS": {"a": true}, "x": 1}"#, r#"names are case-sensitive, write "flags""#),
        (r#"{"F": {"a": true}}"#, r#"names are case-sensitive, write "f""#),
        (r#"{"isLoud": true}"#, r#"settings belong into "flags", as {"flags": {"isLoud": true}}"#),
        (
            r#"{"a": {}, "t\"\n": "x\ny", "b": 1}"#,
            r#"settings belong into "flags", as {"flags": {"t\"\n": "x\ny"}}"#,
        ),
    ] {
        let error = Config::parse_overrides(json).unwrap_err();
        assert!(matches!(error, ParseError::NoFlags { .. }), "{json}: {error:?}");
        assert_eq!(error.to_string(), format!(r#"neither "flags" nor a config JSON: {hint}"#), "{json}");
    }
    for (found, json) in [("a list", "[]"), ("a bool", "true"), ("a text", "\"x\"")] {
        let error = Config::parse_overrides(format!("{{\"flags\": {json}}}")).unwrap_err();
        assert_eq!(error.to_string(), format!("flags: expected an object, found {found}"));
    }
    for json in ["[]", "7", "\"flags\"", "null"] {
        assert!(matches!(Config::parse_overrides(json), Err(ParseError::NotAnObject)));
    }
    for json in ["", "{\"flags\": {\"a\": tru}}", "{\"flags\": {\"a\": 1}", "{\"flags\": {\"a\": \"\n\"}}"] {
        let error = Config::parse_overrides(json).unwrap_err();
        assert!(matches!(error, ParseError::NotJson(_)), "{json}");
        assert!(error.to_string().contains(" at line "), "{error}");
    }
}

#[test]
fn the_last_of_duplicate_flags_counts() {
    let config = overrides(r#"{"flags": {"a": 1, "b": 2, "a": 3}}"#);
    assert!(config.keys().eq(["a", "b"]));
    assert_eq!(value(&config, "a", None), 3.into());
    let config = overrides(r#"{"flags": {"a": 1}, "flags": {"b": 2}}"#);
    assert!(config.keys().eq(["b"]));
    let config = overrides(r#"{"flags": {"a": 1, "a": null}}"#);
    assert_eq!(config.evaluate("a", None).unwrap_err().kind(), &ErrorKind::Missing { what: "setting value" });
}
