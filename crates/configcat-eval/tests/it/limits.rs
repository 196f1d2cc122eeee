//! Prerequisite flags that depend on each other deep or often: an end in time, however they do.

use configcat_eval::{Config, ErrorKind, User};
use serde_json::{Value as Json, json};

use crate::support::{document, error_kind, evaluate, flag, flag_if, parse, prerequisite, value};

fn is_on(key: &str) -> Json {
    prerequisite(key, &json!({"b": true}))
}

/// Flags `0` to `length`, each on if the next one is, and the last one on.
fn chain(length: usize, conditions: impl Fn(String) -> Json) -> Config {
    let mut settings = json!({length.to_string(): flag(true)});
    for n in 0..length {
        settings[n.to_string()] = flag_if(conditions((n + 1).to_string()));
    }
    parse(&document(settings))
}

#[test]
fn a_chain_ends_at_200() {
    for length in [201, 5000] {
        let config = chain(length, |next| json!([is_on(&next)]));
        assert_eq!(error_kind(&config, "0", None), ErrorKind::TooDeep);
        let deepest = (length - 200).to_string();
        assert_eq!(value(&config, &deepest, None), true.into());
        let error = config.evaluate("0", None).unwrap_err();
        assert_eq!(error.place(), "f.200.r[0].c[0].p");
    }
}

#[test]
fn chains_that_double_with_each_link_end_soon() {
    let config = chain(64, |next| json!([is_on(&next), is_on(&next)]));
    assert_eq!(error_kind(&config, "0", None), ErrorKind::TooComplex);
    // 2 + 4 + … + 2^16 conditions, each of which costs 128.
    assert_eq!(value(&config, "48", None), true.into());
    assert_eq!(error_kind(&config, "47", None), ErrorKind::TooComplex);
}

#[test]
fn the_limit_holds_for_each_evaluation_alone() {
    let config = chain(64, |next| json!([is_on(&next), is_on(&next)]));
    for _ in 0..3 {
        assert!(config.evaluate("0", None).is_err());
        assert_eq!(value(&config, "60", None), true.into());
    }
}

#[test]
fn a_prerequisite_is_evaluated_once_where_all_settings_are() {
    let config = chain(150, |next| json!([is_on(&next), is_on(&next)]));
    assert_eq!(error_kind(&config, "0", None), ErrorKind::TooComplex);
    let twice = |next: String| flag_if(json!([is_on(&next), is_on(&next)]));
    let settings = (0..150).map(|n| (format!("{n:03}"), twice(format!("{:03}", n + 1))));
    let mut backwards: serde_json::Map<_, _> = settings.collect();
    backwards.insert("150".to_owned(), flag(true));
    let config = parse(&document(backwards.into()));
    assert!(config.evaluate_all(None).all(|(_, result)| result.unwrap().value() == &true.into()));
}

#[test]
fn many_rules_with_the_same_prerequisite_are_fine() {
    // Each time that it is evaluated, it has 100 rules of one condition.
    let unmet = json!({"c": [{"u": {"a": "A", "c": 28, "s": "x"}}], "s": {"v": {"b": false}}});
    let base = json!({"t": 0, "v": {"b": true}, "r": vec![unmet; 100]});
    let rule = json!({"c": [prerequisite("base", &json!({"b": false}))], "s": {"v": {"b": true}}});
    let rules = |count: usize| json!({"t": 0, "v": {"b": false}, "r": vec![rule.clone(); count]});
    let config = parse(&document(json!({"base": base, "many": rules(1500), "too many": rules(1700)})));
    assert_eq!(value(&config, "many", None), false.into());
    assert_eq!(error_kind(&config, "too many", None), ErrorKind::TooComplex);
}

#[test]
fn rules_and_segments_do_not_multiply_without_end() {
    let condition = json!({"a": "A", "c": 28, "s": "x"});
    let rule = json!({"c": [{"s": {"s": 0, "c": 1}}], "s": {"v": {"b": true}}});
    let config = parse(&json!({
        "s": [{"n": "wide", "r": vec![condition; 1000]}],
        "f": {"k": {"t": 0, "v": {"b": false}, "r": vec![rule; 1000]}},
    }));
    let user = User::new("u").custom("A", "x");
    assert_eq!(error_kind(&config, "k", Some(&user)), ErrorKind::TooComplex);
}

#[test]
fn a_segment_in_each_setting_of_a_deep_chain_warns() {
    let mut document = document(json!({"2": flag_if(json!([{"s": {"s": 0, "c": 0}}]))}));
    for n in 0..2 {
        document["f"][n.to_string()] = flag_if(json!([is_on(&(n + 1).to_string())]));
    }
    document["s"] = json!([{"n": "S", "r": [{"a": "A", "c": 28, "s": "x"}]}]);
    assert!(evaluate(&parse(&document), "0", None).unwrap().has_warnings());
}
