//! Prerequisite flags that depend on each other deep or often: an end in time, and within a small stack.

use std::thread;

use configcat_eval::{Config, ErrorKind, User};
use serde_json::{Value as Json, json};

use crate::support::{document, error_kind, evaluate, flag, flag_if, is_u, parse, prerequisite, value};

/// A stack that the limits must fit in, also without optimization: half of what Rust gives to a thread.
const SMALL_STACK: usize = 1 << 20;

/// Runs on a thread of its own with that much stack. Overflow would abort the whole process.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(SMALL_STACK).spawn(test).unwrap().join().unwrap();
}

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
fn a_chain_of_150_works_on_a_small_stack() {
    on_small_stack(|| {
        let config = chain(150, |next| json!([is_on(&next)]));
        assert_eq!(value(&config, "0", None), true.into());
        let log = config.explain("0", None).to_string();
        assert_eq!(log.matches("Evaluating prerequisite flag '").count(), 150);
    });
}

#[test]
fn a_chain_ends_at_200() {
    on_small_stack(|| {
        for length in [201, 5000] {
            let config = chain(length, |next| json!([is_on(&next)]));
            assert_eq!(error_kind(&config, "0", None), ErrorKind::TooComplex);
            let deepest = (length - 200).to_string();
            assert_eq!(value(&config, &deepest, None), true.into());
            let error = config.evaluate("0", None).unwrap_err();
            assert_eq!(error.place(), "f.200.r[0].c[0].p");
        }
    });
}

#[test]
fn a_deep_chain_with_segments_and_several_conditions_fits_a_small_stack() {
    on_small_stack(|| {
        let in_segment = json!({"s": {"s": 0, "c": 0}});
        let mut settings = json!({"200": flag(true)});
        for n in 0..200 {
            settings[n.to_string()] = flag_if(json!([in_segment, is_u(), is_on(&(n + 1).to_string())]));
        }
        let mut document = document(settings);
        document["s"] = json!([{"n": "S", "r": [is_u()["u"]]}]);
        let config = parse(&document);
        assert_eq!(value(&config, "0", &User::new("u")), true.into());
        assert!(evaluate(&config, "0", None).unwrap().has_warnings());
    });
}

#[test]
fn a_long_circle_is_an_error_too() {
    on_small_stack(|| {
        for (length, short) in [(100, true), (5000, false)] {
            let mut settings = json!({});
            for n in 0..length {
                settings[n.to_string()] = flag_if(json!([is_on(&((n + 1) % length).to_string())]));
            }
            let config = parse(&document(settings));
            match error_kind(&config, "0", None) {
                ErrorKind::CircularDependency { path } => {
                    assert!(short);
                    assert_eq!(path.len(), length + 1);
                }
                kind => assert_eq!((kind, short), (ErrorKind::TooComplex, false)),
            }
        }
    });
}

#[test]
fn chains_that_double_with_each_link_end_soon() {
    on_small_stack(|| {
        let config = chain(64, |next| json!([is_on(&next), is_on(&next)]));
        assert_eq!(error_kind(&config, "0", None), ErrorKind::TooComplex);
        // 2 + 4 + … + 2^15 flags of one rule and two conditions are 196,602 steps, with one link more twice as many.
        assert_eq!(value(&config, "48", None), true.into());
        assert_eq!(error_kind(&config, "47", None), ErrorKind::TooComplex);
    });
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
fn many_rules_with_the_same_prerequisite_are_fine() {
    // Each time that it is evaluated, it has 100 rules of one condition.
    let unmet = json!({"c": [{"u": {"a": "A", "c": 28, "s": "x"}}], "s": {"v": {"b": false}}});
    let base = json!({"t": 0, "v": {"b": true}, "r": vec![unmet; 100]});
    let rule = json!({"c": [prerequisite("base", &json!({"b": false}))], "s": {"v": {"b": true}}});
    let rules = |count: usize| json!({"t": 0, "v": {"b": false}, "r": vec![rule.clone(); count]});
    let config = parse(&document(json!({"base": base, "many": rules(1000), "too many": rules(1001)})));
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
    let user = configcat_eval::User::new("u").custom("A", "x");
    assert_eq!(error_kind(&config, "k", Some(&user)), ErrorKind::TooComplex);
}
