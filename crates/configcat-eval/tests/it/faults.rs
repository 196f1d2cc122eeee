//! Faults inside of a setting: the error and the place that it names.

use configcat_eval::{ErrorKind, User, Value};
use serde_json::{Value as Json, json};

use crate::support::{document, error, error_kind, flag, flag_if, is_u, parse, prerequisite, value};

/// Returns a user that meets [`is_u`], and is 50 of 100 for setting `k`.
fn user() -> User {
    User::new("u").custom("A", "x").custom("N", 1).custom("V", "1.0.0").custom("L", ["x"])
}

/// Returns the settings that the ones under test refer to.
fn with_others(setting: Json) -> Json {
    let mut document = document(json!({
        "k": setting,
        "text": {"t": 1, "v": {"s": "on"}},
        "int": {"t": 2, "v": {"i": 4}},
        "double": {"t": 3, "v": {"d": 4.5}},
        "broken": {"t": 0, "v": {"s": "no bool"}},
        "typeless": {"v": {"b": true}},
        "sibling": flag(true),
    }));
    document["s"] = json!([
        {"n": "good", "r": [is_u()["u"]]},
        {"r": [is_u()["u"]]},
        {"n": "bad", "r": [is_u()["u"], {"a": "A", "c": 77, "s": "x"}]},
        {"n": "list", "r": 7},
        8,
        null,
        {"n": "", "r": []},
        {"n": "null", "r": [null]},
    ]);
    document
}

fn check(table: &[(Json, &str)]) {
    for (setting, expected) in table {
        let config = parse(&with_others(setting.clone()));
        assert_eq!(error(&config, "k", &user()), *expected, "{setting}");
        assert_eq!(value(&config, "sibling", &user()), true.into());
        let trace = config.explain("k", &user()).returning("fallback");
        assert!(trace.to_string().ends_with("\n  Returning 'fallback'."), "{trace}");
    }
}

#[test]
fn settings() {
    check(&[
        (json!(7), "f.k: expected an object, found a number"),
        (json!(null), "f.k: setting is missing"),
        (json!([]), "f.k: expected an object, found a list"),
        (json!({}), "f.k: setting type is missing"),
        (json!({"t": "0", "v": {"b": true}}), "f.k.t: expected an integer, found a text"),
        (json!({"t": 4, "v": {"b": true}}), "f.k.t: unknown setting type 4"),
        (json!({"t": -1, "v": {"b": true}}), "f.k.t: unknown setting type -1"),
        (json!({"t": 0.5, "v": {"b": true}}), "f.k.t: expected an integer, found a number"),
        (json!({"t": 0}), "f.k: setting value is missing"),
        (json!({"t": 0, "v": null}), "f.k: setting value is missing"),
        (json!({"t": 0, "v": true}), "f.k.v: expected an object, found a bool"),
        (json!({"t": 0, "v": {}}), "f.k.v: bool value (b) is missing"),
        (json!({"t": 0, "v": {"i": 1}}), "f.k.v: bool value (b) is missing"),
        (json!({"t": 1, "v": {"b": true}}), "f.k.v: text value (s) is missing"),
        (json!({"t": 2, "v": {"d": 1}}), "f.k.v: int value (i) is missing"),
        (json!({"t": 3, "v": {"i": 1}}), "f.k.v: double value (d) is missing"),
        (json!({"t": 0, "v": {"b": 1}}), "f.k.v.b: expected a bool, found a number"),
        (json!({"t": 1, "v": {"s": true}}), "f.k.v.s: expected a text, found a bool"),
        (json!({"t": 2, "v": {"i": 1.5}}), "f.k.v.i: expected an integer, found a number"),
        (json!({"t": 2, "v": {"i": "1"}}), "f.k.v.i: expected an integer, found a text"),
        (json!({"t": 3, "v": {"d": "1"}}), "f.k.v.d: expected a number, found a text"),
        (json!({"t": 0, "v": {"b": true}, "r": {}}), "f.k.r: expected a list, found an object"),
        (json!({"t": 0, "v": {"b": true}, "p": "x"}), "f.k.p: expected a list, found a text"),
        (json!({"t": 0, "v": {"b": true}, "p": [{}]}), "f.k.p[0]: percentage is missing"),
        (
            json!({"t": 0, "v": {"b": true}, "p": [{"p": 1.5}]}),
            "f.k.p[0].p: expected an integer, found a number",
        ),
        (json!({"t": 0, "v": {"b": true}, "p": [{"p": 100}]}), "f.k.p[0]: setting value is missing"),
        (json!({"t": 0, "v": {"b": true}, "p": [{"p": 0}, null]}), "f.k.p[1]: percentage option is missing"),
        (
            json!({"t": 0, "v": {"b": true}, "p": [{"p": 100, "v": {}}]}),
            "f.k.p[0].v: bool value (b) is missing",
        ),
        (json!({"t": 0, "v": {"b": true}, "p": [{"p": 0}]}), "f.k.p: the percentages sum to less than 100"),
        (
            json!({"t": 0, "v": {"b": true}, "a": 1, "p": [{"p": 100}]}),
            "f.k.a: expected a text, found a number",
        ),
    ]);
}

#[test]
fn rules() {
    // The first rule, which does not match, is broken too.
    let no_match = json!({"c": [{"u": {"a": "Identifier", "c": 28, "s": "?"}}], "s": {"v": {}}});
    let second = |rule: Json| json!({"t": 0, "v": {"b": false}, "r": [no_match, rule]});
    let options = json!([{"p": 100, "v": {"b": true}}]);
    let served = json!({"v": {"b": true}});
    let not_either = "f.k.r[1]: expected either a served value or percentage options";
    let short = json!([{"p": 50, "v": {"b": true}}, {"p": 5}]);
    check(&[
        (second(json!({})), not_either),
        (second(json!({"c": []})), not_either),
        (second(json!({"s": served, "p": options})), not_either),
        (second(json!({"s": served, "p": []})), not_either),
        (second(json!({"s": null, "p": null})), not_either),
        (second(json!({"p": []})), not_either),
        (second(json!({"s": {}})), "f.k.r[1].s: setting value is missing"),
        (second(json!({"s": {"v": {"s": "x"}}})), "f.k.r[1].s.v: bool value (b) is missing"),
        (second(json!({"s": {"v": {"b": "x"}}})), "f.k.r[1].s.v.b: expected a bool, found a text"),
        (second(json!({"s": true})), "f.k.r[1].s: expected an object, found a bool"),
        (second(json!({"s": served, "p": 1})), "f.k.r[1].p: expected a list, found a number"),
        (second(json!({"p": [{"p": "100"}]})), "f.k.r[1].p[0].p: expected an integer, found a text"),
        (second(json!({"p": short})), "f.k.r[1].p: the percentages sum to less than 100"),
        (second(json!({"p": [{"p": 0}, {"p": -1}]})), "f.k.r[1].p[1]: negative percentage -1"),
        (second(json!(7)), "f.k.r[1]: expected an object, found a number"),
        (second(json!(null)), "f.k.r[1]: targeting rule is missing"),
        (second(json!({"c": 7})), "f.k.r[1].c: expected a list, found a number"),
        (second(json!({"c": [7]})), "f.k.r[1].c[0]: expected an object, found a number"),
        (second(json!({"c": [null]})), "f.k.r[1].c[0]: condition is missing"),
    ]);
}

#[test]
fn user_conditions() {
    let on = |condition: Json| flag_if(json!([is_u(), {"u": condition}]));
    let not_one = "f.k.r[0].c[1]: expected exactly one of the members u, s and p";
    let missing = "f.k.r[0].c[1].u: comparison value is missing";
    let mut table = vec![
        (flag_if(json!([is_u(), {}])), not_one),
        (flag_if(json!([is_u(), {"u": {}, "s": {}}])), not_one),
        (flag_if(json!([is_u(), {"u": {}, "s": {}, "p": {}}])), not_one),
        (flag_if(json!([is_u(), {"u": null}])), not_one),
        (flag_if(json!([is_u(), {"u": 1}])), "f.k.r[0].c[1].u: expected an object, found a number"),
        (on(json!({})), "f.k.r[0].c[1].u: attribute name is missing"),
        (on(json!({"a": 1})), "f.k.r[0].c[1].u.a: expected a text, found a number"),
        (on(json!({"a": "A"})), "f.k.r[0].c[1].u: comparator is missing"),
        (on(json!({"a": "A", "c": "28"})), "f.k.r[0].c[1].u.c: expected an integer, found a text"),
        (on(json!({"a": "A", "c": 36, "s": "x"})), "f.k.r[0].c[1].u: unknown comparator 36"),
        (on(json!({"a": "A", "c": -1, "s": "x"})), "f.k.r[0].c[1].u: unknown comparator -1"),
        (on(json!({"a": "A", "c": 28, "s": 7})), "f.k.r[0].c[1].u.s: expected a text, found a number"),
        (on(json!({"a": "N", "c": 10, "d": "7"})), "f.k.r[0].c[1].u.d: expected a number, found a text"),
        (
            on(json!({"a": "A", "c": 0, "l": "x"})),
            "f.k.r[0].c[1].u.l: expected a list of texts, found a text",
        ),
        (
            on(json!({"a": "A", "c": 0, "l": ["x", 1]})),
            "f.k.r[0].c[1].u.l: expected a list of texts, found a list",
        ),
        (
            on(json!({"a": "A", "c": 0, "l": ["x", null]})),
            "f.k.r[0].c[1].u.l: expected a list of texts, found a list",
        ),
    ];
    for comparator in 0..36 {
        let attribute = match comparator {
            4..=9 => "V",
            10..=15 | 18 | 19 => "N",
            26 | 27 | 34 | 35 => "L",
            _ => "A",
        };
        table.push((on(json!({"a": attribute, "c": comparator})), missing));
    }
    check(&table);
}

#[test]
fn segment_and_prerequisite_conditions() {
    let segment = |condition: Json| flag_if(json!([is_u(), {"s": condition}]));
    let needs = |condition: Json| flag_if(json!([is_u(), {"p": condition}]));
    let place = |message: &str| format!("f.k.r[0].c[1].{message}");
    check(&[
        (segment(json!(1)), &place("s: expected an object, found a number")),
        (segment(json!({})), &place("s: segment index is missing")),
        (segment(json!({"s": 0})), &place("s: comparator is missing")),
        (segment(json!({"s": "0", "c": 0})), &place("s.s: expected an integer, found a text")),
        (segment(json!({"s": 0, "c": 2})), &place("s: unknown comparator 2")),
        (segment(json!({"s": 8, "c": 0})), &place("s: there is no segment 8")),
        (segment(json!({"s": -1, "c": 1})), &place("s: there is no segment -1")),
        (segment(json!({"s": i64::MAX, "c": 1})), &place("s: there is no segment 9223372036854775807")),
        (segment(json!({"s": 1, "c": 0})), "s[1]: segment name is missing"),
        (segment(json!({"s": 2, "c": 0})), "s[2].r[1]: unknown comparator 77"),
        (segment(json!({"s": 3, "c": 0})), "s[3].r: expected a list, found a number"),
        (segment(json!({"s": 4, "c": 0})), "s[4]: expected an object, found a number"),
        (segment(json!({"s": 5, "c": 0})), "s[5]: segment is missing"),
        (segment(json!({"s": 6, "c": 0})), "s[6]: segment name is missing"),
        (segment(json!({"s": 7, "c": 0})), "s[7].r[0]: condition is missing"),
        (needs(json!([])), &place("p: expected an object, found a list")),
        (needs(json!({})), &place("p: prerequisite flag is missing")),
        (needs(json!({"f": 1})), &place("p.f: expected a text, found a number")),
        (needs(json!({"f": "text"})), &place("p: comparator is missing")),
        (needs(json!({"f": "text", "c": 0})), &place("p: comparison value is missing")),
        (needs(json!({"f": "text", "c": 0, "v": "on"})), &place("p.v: expected an object, found a text")),
        (needs(json!({"f": "text", "c": 2, "v": {"s": "on"}})), &place("p: unknown comparator 2")),
        (
            needs(json!({"f": "no", "c": 0, "v": {"s": "on"}})),
            &place("p: prerequisite flag 'no' is not in the config"),
        ),
        (needs(json!({"f": "broken", "c": 0, "v": {"b": true}})), "f.broken.v: bool value (b) is missing"),
        (needs(json!({"f": "typeless", "c": 0, "v": {"b": true}})), "f.typeless: setting type is missing"),
    ]);
}

#[test]
fn prerequisites_of_another_type() {
    let mismatch = |shown: &str, key: &str| {
        format!(
            "f.k.r[0].c[0].p: Type mismatch between comparison value '{shown}' and prerequisite flag '{key}'"
        )
    };
    for (key, compared, shown) in [
        ("text", json!({"b": true}), "true"),
        ("text", json!({"i": 4}), "4"),
        ("int", json!({"d": 4.0}), "4"),
        ("int", json!({"s": "4"}), "4"),
        ("double", json!({"i": 4}), "4"),
        ("sibling", json!({"s": "true"}), "true"),
        ("sibling", json!({}), "<invalid value>"),
        ("sibling", json!({"s": "true", "i": 1}), "<invalid value>"),
        ("sibling", json!({"b": "true"}), "<invalid value>"),
    ] {
        check(&[(flag_if(json!([prerequisite(key, &compared)])), &mismatch(shown, key))]);
    }
    let config = parse(&with_others(flag_if(json!([prerequisite("text", &json!({"i": 4}))]))));
    let kind =
        ErrorKind::PrerequisiteTypeMismatch { key: "text".into(), comparison_value: Some(Value::Int(4)) };
    assert_eq!(error_kind(&config, "k", None), kind);
}

#[test]
fn a_missing_salt() {
    for preferences in [json!(null), json!({}), json!({"s": null}), json!({"s": 7}), json!([])] {
        for comparator in [16, 17, 20, 21, 22, 23, 24, 25, 26, 27] {
            let attribute = if comparator > 25 { "L" } else { "A" };
            let condition = json!({"u": {"a": attribute, "c": comparator, "s": "x", "l": ["1_x"]}});
            let mut document = with_others(flag_if(json!([condition])));
            document["p"] = preferences.clone();
            let config = parse(&document);
            assert_eq!(error(&config, "k", &user()), "f.k.r[0].c[0].u: salt of the config (p.s) is missing");
            assert_eq!(value(&config, "sibling", &user()), true.into());
            assert_eq!(value(&config, "k", &User::new("u")), false.into(), "attribute missing");
        }
    }
}

#[test]
fn a_setting_that_is_not_there() {
    let config = parse(&with_others(flag(true)));
    assert_eq!(error(&config, "nope", &user()), "setting 'nope' is not in the config");
    assert_eq!(error_kind(&config, "", None), ErrorKind::SettingNotFound { key: String::new() });
    assert_eq!(config.evaluate("nope", None).unwrap_err().place(), "");
}

#[test]
fn ninety_nine_siblings_of_an_unknown_comparator() {
    let mut settings = json!({});
    for n in 0..100 {
        let comparator = if n == 41 { 99 } else { 28 };
        settings[format!("flag{n}")] = flag_if(json!([{"u": {"a": "A", "c": comparator, "s": "x"}}]));
    }
    let config = parse(&document(settings));
    let (failed, on): (Vec<_>, Vec<_>) =
        config.evaluate_all(&user()).partition(|(_, result)| result.is_err());
    assert_eq!(on.len(), 99);
    assert!(on.iter().all(|(_, result)| result.as_ref().unwrap().value() == &true.into()));
    let [(key, Err(error))] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!((*key, error.place()), ("flag41", "f.flag41.r[0].c[0].u"));
    assert_eq!(error.kind(), &ErrorKind::UnknownComparator(99));
}
