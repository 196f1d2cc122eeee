//! Limits of work.

use std::time::{Duration, Instant};

use configcat_analysis::{compare, lint};
use configcat_eval::Config;
use serde_json::{Value as Json, json};

use crate::random_configs::{self, Random};

/// Returns a config of so many flags with rules.
fn large(flags: usize) -> Config {
    let random = &mut Random(3);
    let mut document = json!({"f": {}, "s": []});
    for number in 0..flags.div_ceil(4) {
        let part = random_configs::config(random);
        document["s"] = part["s"].clone();
        for (key, setting) in part["f"].as_object().unwrap() {
            // Prerequisite flags are those of the first part.
            document["f"][if number == 0 { key.clone() } else { format!("{key}-{number}") }] =
                setting.clone();
        }
    }
    Config::parse(document.to_string()).unwrap()
}

/// In a release build this takes a tenth of a second for 10,000 flags.
#[test]
fn thousand_flags_are_linted_in_moments() {
    let flags = if cfg!(debug_assertions) { 1_000 } else { 10_000 };
    let config = large(flags);
    let begin = Instant::now();
    let found = lint(&config);
    println!("{flags} flags, {} findings: {:?}", found.len(), begin.elapsed());
    assert!(begin.elapsed() < Duration::from_secs(5));
}

/// Returns a rule with this condition.
fn rule(condition: Json, value: bool) -> Json {
    json!({"c": [condition], "s": {"v": {"b": value}}})
}

#[test]
fn hostile_configs_take_bounded_work() {
    let list: Vec<String> = (0..2_000).map(|number| format!("user{number}@example.com")).collect();
    let large_list = json!({"u": {"a": "Email", "c": 0, "l": list}});
    let small = |number: usize| json!({"u": {"a": "Age", "c": 10, "d": number}});
    let many_conditions: Vec<Json> =
        (0..5_000).map(|_| json!({"u": {"a": "Email", "c": 1, "l": ["a"]}})).collect();
    let settings = [
        json!((0..100).map(|_| rule(large_list.clone(), true)).collect::<Vec<_>>()),
        json!((0..5_000).map(|number| rule(small(number), number % 2 == 0)).collect::<Vec<_>>()),
        json!([{"c": many_conditions, "s": {"v": {"b": true}}}]),
    ];
    for rules in settings {
        let document = |default: bool| {
            let setting = json!({"t": 0, "v": {"b": default}, "r": rules});
            Config::parse(json!({"f": {"k": setting}}).to_string()).unwrap()
        };
        let begin = Instant::now();
        let _ = lint(&document(true));
        assert_eq!(compare(&document(true), &document(false)).changes.len(), 1);
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    }
}

#[test]
fn a_long_chain_of_flags_does_not_need_a_deep_stack() {
    let mut settings = serde_json::Map::new();
    for number in 0..20_000 {
        let next = (number + 1) % 20_000;
        let condition = json!({"p": {"f": format!("k{next}"), "c": 0, "v": {"b": true}}});
        settings
            .insert(format!("k{number}"), json!({"t": 0, "v": {"b": false}, "r": [rule(condition, true)]}));
    }
    let config = Config::parse(json!({ "f": settings }).to_string()).unwrap();
    let circles = lint(&config).into_iter().filter(|found| found.lint.id() == "prerequisite-cycle").count();
    assert_eq!(circles, 1);
}

#[test]
fn flags_that_all_depend_on_each_other_take_bounded_work() {
    const FLAGS: usize = 5_000;
    let document = |default: bool| {
        let mut settings = serde_json::Map::new();
        for number in 0..FLAGS {
            // Each reaches all others in a few steps.
            let conditions = [1, 7, 61, 997].map(|step| {
                let next = (number + step) % FLAGS;
                json!({"p": {"f": format!("k{next}"), "c": 0, "v": {"b": true}}})
            });
            let rules = conditions.map(|condition| rule(condition, true)).to_vec();
            settings.insert(format!("k{number}"), json!({"t": 0, "v": {"b": default}, "r": rules}));
        }
        Config::parse(json!({ "f": settings }).to_string()).unwrap()
    };
    let begin = Instant::now();
    let _ = lint(&document(true));
    assert_eq!(compare(&document(true), &document(false)).changes.len(), FLAGS);
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}
