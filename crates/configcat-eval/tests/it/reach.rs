//! Faults do no harm where evaluation does not come to them; circular dependencies among them.

use configcat_eval::{ErrorKind, User};
use serde_json::{Value as Json, json};

use crate::support::{
    document, error, error_kind, evaluate, flag, flag_if, is_u, parse, prerequisite, value,
};

fn rule(conditions: Json, then: Json) -> Json {
    json!({"c": conditions, "s": {"v": then}})
}

#[test]
fn a_fault_behind_a_rule_that_does_not_match() {
    let unknown = json!({"u": {"a": "Identifier", "c": 99}});
    let faults = [
        ("condition", rule(json!([is_u(), unknown]), json!({"b": true}))),
        ("served value", rule(json!([is_u()]), json!({"s": "x"}))),
        ("percentages", json!({"c": [is_u()], "p": [{"p": 0}]})),
        ("then part", json!({"c": [is_u()]})),
        ("segment", rule(json!([is_u(), {"s": {"s": 9, "c": 0}}]), json!({"b": true}))),
        ("prerequisite", rule(json!([is_u(), prerequisite("x", &json!({"b": true}))]), json!({"b": true}))),
        (
            "list item",
            rule(json!([is_u(), {"u": {"a": "Identifier", "c": 0, "l": [1]}}]), json!({"b": true})),
        ),
    ];
    for (name, faulty) in faults {
        let good = rule(json!([{"u": {"a": "Email", "c": 28, "s": "e"}}]), json!({"b": true}));
        let config = parse(&document(json!({"k": {"t": 0, "v": {"b": false}, "r": [good, faulty]}})));
        // The rule before matches; the rule does not match; there is no user; then it is reached.
        assert_eq!(value(&config, "k", &User::new("u").email("e")), true.into(), "{name}");
        assert_eq!(value(&config, "k", &User::new("other")), false.into(), "{name}");
        assert_eq!(value(&config, "k", None), false.into(), "{name}");
        assert!(error(&config, "k", &User::new("u")).starts_with("f.k.r[1]"), "{name}");
    }
}

#[test]
fn a_faulty_default_is_reached_last() {
    let config = parse(&document(json!({
        "rule": {"t": 0, "r": [rule(json!([is_u()]), json!({"b": true}))]},
        "options": {"t": 0, "p": [{"p": 100, "v": {"b": true}}], "v": {"s": "x"}},
    })));
    assert_eq!(value(&config, "rule", &User::new("u")), true.into());
    assert_eq!(error(&config, "rule", None), "f.rule: setting value is missing");
    assert_eq!(value(&config, "options", &User::new("u")), true.into());
    assert_eq!(error(&config, "options", None), "f.options.v: bool value (b) is missing");
}

#[test]
fn a_faulty_option_fails_for_the_users_that_it_serves() {
    // For setting `flag`, u100 is 0 and u84 is 99.
    for faulty in [json!({"p": 50}), json!({"p": 50, "v": {}}), json!(null), json!({"v": {"b": true}})] {
        let options = json!([{"p": 50, "v": {"b": true}}, faulty]);
        let config = parse(&document(json!({"flag": {"t": 0, "v": {"b": false}, "p": options}})));
        assert_eq!(value(&config, "flag", &User::new("u100")), true.into());
        assert!(error(&config, "flag", &User::new("u84")).starts_with("f.flag.p[1]"));
    }
}

#[test]
fn a_faulty_comparison_value_is_not_reached_if_the_attribute_is_missing_or_invalid() {
    for (comparator, invalid) in
        [(4, "1"), (6, "v1"), (10, "one"), (15, "1x"), (18, "now"), (26, "x"), (34, "[1]")]
    {
        let condition = json!({"u": {"a": "A", "c": comparator}});
        let config = parse(&document(json!({"k": flag_if(json!([condition]))})));
        assert_eq!(value(&config, "k", None), false.into());
        assert_eq!(value(&config, "k", &User::new("u")), false.into());
        assert_eq!(value(&config, "k", &User::new("u").custom("A", "")), false.into());
        assert_eq!(value(&config, "k", &User::new("u").custom("A", invalid)), false.into());
    }
}

#[test]
fn a_faulty_segment_is_not_reached_without_a_user() {
    let mut document = document(json!({
        "no segment": flag_if(json!([{"s": {"s": 7, "c": 0}}])),
        "no name": flag_if(json!([{"s": {"s": 0, "c": 0}}])),
        "unknown comparator": flag_if(json!([{"s": {"s": 1, "c": 5}}])),
    }));
    document["s"] = json!([{"r": []}, {"n": "Beta", "r": [{"a": "A", "c": 28, "s": "x"}]}]);
    let config = parse(&document);
    for key in ["no segment", "no name", "unknown comparator"] {
        assert_eq!(value(&config, key, None), false.into(), "{key}");
    }
    // The comparator of the segment condition is looked at when the user is known to be in or out.
    assert_eq!(value(&config, "unknown comparator", &User::new("u")), false.into());
    let user = User::new("u").custom("A", "y");
    assert_eq!(
        error(&config, "unknown comparator", &user),
        "f.unknown comparator.r[0].c[0].s: unknown comparator 5"
    );
}

#[test]
fn a_faulty_prerequisite_fails_the_flags_that_reach_it() {
    let config = parse(&document(json!({
        "a": flag_if(json!([is_u(), prerequisite("b", &json!({"b": true}))])),
        "b": {"t": 0, "v": {"b": 1}},
    })));
    assert_eq!(value(&config, "a", &User::new("other")), false.into());
    assert_eq!(error(&config, "a", &User::new("u")), "f.b.v.b: expected a bool, found a number");
}

#[test]
fn circular_dependencies_name_their_path() {
    let to = |key: &str| flag_if(json!([prerequisite(key, &json!({"b": true}))]));
    let config = parse(&document(json!({
        "key1": to("key1"),
        "key2": to("key3"),
        "key3": to("key2"),
        "key4": to("key3"),
        "key'5": to("key4"),
    })));
    let path = "Circular dependency detected between the following depending flags: ";
    for (key, place, keys) in [
        ("key1", "key1", "'key1' -> 'key1'"),
        ("key2", "key3", "'key2' -> 'key3' -> 'key2'"),
        ("key4", "key2", "'key4' -> 'key3' -> 'key2' -> 'key3'"),
        ("key'5", "key2", "'key'5' -> 'key4' -> 'key3' -> 'key2' -> 'key3'"),
    ] {
        assert_eq!(error(&config, key, None), format!("f.{place}.r[0].c[0].p: {path}{keys}"));
    }
    let ErrorKind::CircularDependency { path } = error_kind(&config, "key2", None) else { panic!() };
    assert_eq!(path.iter().map(|key| &**key).collect::<Vec<_>>(), ["key2", "key3", "key2"]);
}

#[test]
fn a_cycle_behind_a_rule_that_does_not_match_does_no_harm() {
    let config = parse(&document(json!({
        "a": flag_if(json!([is_u(), prerequisite("b", &json!({"b": false}))])),
        "b": flag_if(json!([prerequisite("a", &json!({"b": true}))])),
        "after": flag_if(json!([prerequisite("b", &json!({"b": true})), is_u()])),
    })));
    let other = User::new("other");
    assert_eq!(value(&config, "a", &other), false.into());
    assert_eq!(value(&config, "b", &other), false.into());
    assert_eq!(value(&config, "a", None), false.into());
    for key in ["a", "b", "after"] {
        let kind = error_kind(&config, key, &User::new("u"));
        assert!(matches!(kind, ErrorKind::CircularDependency { .. }), "{key}: {kind:?}");
    }
}

#[test]
fn a_flag_may_be_a_prerequisite_on_several_ways() {
    let is = |key: &str| prerequisite(key, &json!({"b": true}));
    let config = parse(&document(json!({
        "base": flag(true),
        "left": flag_if(json!([is("base")])),
        "right": flag_if(json!([is("base"), is("base")])),
        "top": flag_if(json!([is("left"), is("right"), is("base")])),
    })));
    assert_eq!(value(&config, "top", None), true.into());
}

#[test]
fn a_type_mismatch_comes_before_a_cycle() {
    let config = parse(&document(json!({
        "a": flag_if(json!([prerequisite("b", &json!({"b": true}))])),
        "b": flag_if(json!([prerequisite("a", &json!({"s": "x"}))])),
    })));
    let kind = error_kind(&config, "a", None);
    assert!(matches!(kind, ErrorKind::PrerequisiteTypeMismatch { .. }), "{kind:?}");
}

#[test]
fn a_rule_without_conditions_always_matches() {
    for conditions in [json!([]), json!(null)] {
        let config = parse(&document(json!({"k": flag_if(conditions)})));
        assert_eq!(evaluate(&config, "k", None).unwrap().matched_rule(), Some(0));
        assert!(config.explain("k", None).warnings().is_empty());
    }
}
