//! Faults that are found without evaluating: each is the error of an evaluation that reaches it.

use configcat_eval::{Config, User};
use serde_json::{Value as Json, json};

use crate::support::{document, flag, is_u, parse, prerequisite};

fn faults(config: &Config, key: &str) -> Vec<String> {
    config.setting(key).unwrap().faults().iter().map(ToString::to_string).collect()
}

#[test]
fn the_fault_is_the_error_of_an_evaluation_that_reaches_it() {
    let on = json!({"v": {"b": true}});
    let with = |conditions: Json| json!({"t": 0, "v": {"b": false}, "r": [{"c": conditions, "s": on}]});
    let of = |condition: Json| with(json!([{"u": condition}]));
    let settings = [
        json!(5),
        json!({"t": 9, "v": {"b": true}}),
        json!({"t": 0, "v": {"s": "x"}}),
        json!({"t": 0, "v": {"b": true}, "r": 5}),
        json!({"t": 0, "v": {"b": true}, "p": 5}),
        json!({"t": 0, "v": {"b": true}, "p": [5]}),
        json!({"t": 0, "v": {"b": true}, "p": [{"p": -1, "v": {"b": true}}]}),
        json!({"t": 0, "v": {"b": true}, "p": [{"p": 100, "v": {"s": ""}}]}),
        json!({"t": 0, "a": 5, "v": {"b": true}, "p": [{"p": 100, "v": {"b": true}}]}),
        json!({"t": 0, "v": {"b": true}, "r": [5]}),
        json!({"t": 0, "v": {"b": true}, "r": [{"c": 5, "s": on}]}),
        json!({"t": 0, "v": {"b": true}, "r": [{"c": [5], "s": on}]}),
        json!({"t": 0, "v": {"b": true}, "r": [{"c": []}]}),
        json!({"t": 0, "v": {"b": true}, "r": [{"c": [], "s": {"v": {"i": 1}}}]}),
        json!({"t": 0, "v": {"b": true}, "r": [{"c": [], "p": [{"p": "x"}]}]}),
        of(json!({"a": "Identifier", "c": 99, "s": "u"})),
        of(json!({"a": "Identifier", "c": 28})),
        of(json!({"a": "Identifier", "c": 0, "l": [5]})),
        of(json!({"a": "Identifier", "c": 22, "l": ["x"]})),
        of(json!({"a": "Identifier", "c": 20, "s": "00"})),
        with(json!([{"s": {"s": 7, "c": 0}}])),
        with(json!([{"s": {"s": -1, "c": 0}}])),
        with(json!([{"s": {"s": 0, "c": 2}}])),
        with(json!([prerequisite("gone", &json!({"b": true}))])),
        with(json!([prerequisite("on", &json!({"s": "true"}))])),
        with(json!([{"p": {"f": "on", "c": 7, "v": {"b": true}}}])),
    ];
    for setting in settings {
        let mut document = document(json!({"k": setting, "on": flag(true)}));
        document["p"] = json!({});
        document["s"] = json!([{"n": "S", "r": [is_u()["u"]]}]);
        let config = parse(&document);
        let error = config.evaluate("k", &User::new("u")).unwrap_err().to_string();
        assert_eq!(faults(&config, "k"), [error], "{setting}");
    }
}

#[test]
fn a_malformed_item_of_hashed_prefixes_is_a_fault() {
    let condition = json!({"u": {"a": "Identifier", "c": 22, "l": ["x"]}});
    let rule = json!({"c": [condition], "s": {"v": {"b": true}}});
    let mut document = document(json!({"k": {"t": 0, "v": {"b": false}, "r": [rule]}}));
    document["p"] = json!({"s": "salt"});
    let config = parse(&document);
    let error = config.evaluate("k", &User::new("u")).unwrap_err().to_string();
    assert_eq!(faults(&config, "k"), [error]);
}

#[test]
fn a_sound_setting_has_no_fault() {
    let rule = json!({"c": [is_u(), prerequisite("on", &json!({"b": true}))], "s": {"v": {"b": true}}});
    let setting = json!({"t": 0, "v": {"b": false}, "r": [rule], "p": [{"p": 100, "v": {"b": true}}]});
    assert!(faults(&parse(&document(json!({"k": setting, "on": flag(true)}))), "k").is_empty());
}

#[test]
fn all_faults_are_returned_in_the_order_of_their_places() {
    let setting =
        json!({"t": 0, "v": {}, "r": [{"c": [], "s": {"v": {}}}, {"c": [5], "p": [{"p": 1}]}], "p": [5]});
    assert_eq!(
        faults(&parse(&document(json!({ "k": setting }))), "k"),
        [
            "f.k.r[0].s.v: bool value (b) is missing",
            "f.k.p[0]: expected an object, found a number",
            "f.k.v: bool value (b) is missing"
        ]
    );
}
