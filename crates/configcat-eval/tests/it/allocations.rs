//! Evaluating allocates nothing: counted for every comparator, over lists of every size.
//!
//! There are exceptions, all of them of what users have: a list of more than 256 bytes that is
//! compared as text, and a JSON array in a text that has escapes or is broken.

use allocation_counter::measure;
use configcat_eval::{AttributeValue, Config, DateTime, User};
use serde_json::{Value as Json, json};

use crate::support::{KEY, SALT, comparing, document, flag, flag_if, is_u, parse, prerequisite};

/// Returns the hash of `value` in the documents made here.
fn hashed(value: &str) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(format!("{value}{SALT}{KEY}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns comparison values for a comparator, with lists of each length.
fn comparisons(comparator: i64, lengths: &[usize]) -> Vec<Json> {
    let lists = |item: &dyn Fn(usize) -> String| -> Vec<Json> {
        lengths.iter().map(|&length| json!({"l": (0..length).map(item).collect::<Vec<_>>()})).collect()
    };
    match comparator {
        4 | 5 => lists(&|n| format!("1.{n}.0-rc.{n}.with.a.long.name+build.{n}")),
        6..=9 => vec![json!({"s": "1.2.3-rc.1.with.a.long.name"}), json!({"s": "none"})],
        10..=15 | 18 | 19 => vec![json!({"d": 1_700_000_000.5})],
        16 | 17 | 26 | 27 => lists(&|n| hashed(&format!("item-{n}"))),
        20 | 21 => vec![json!({"s": hashed("item-1")})],
        22..=25 => lists(&|n| format!("{}_{}", 1 + n % 7, hashed(&format!("item-{n}")))),
        28 | 29 => vec![json!({"s": "item-1"})],
        _ => lists(&|n| format!("item-{n}")),
    }
}

fn values() -> Vec<AttributeValue> {
    vec![
        "item-1".into(),
        "no item, but a text that is too long to be hashed in one block or in two blocks, and so in more than that; \
         it is longer than it seems at first"
            .into(),
        "1.2.3-rc.1.with.a.long.name+and.a.build".into(),
        " 1700000000,5 ".into(),
        r#"["item-1", "item-2", "x"]"#.into(),
        vec!["item-1", "x"].into(),
        12.into(),
        u64::MAX.into(),
        (-1.234e-300).into(),
        f64::NAN.into(),
        DateTime::from_unix_millis(1_680_307_199_999).into(),
    ]
}

/// Evaluates once, to see that it goes without an error, and then counts.
fn assert_no_allocations(config: &Config, key: &str, user: Option<&User>, context: &str) {
    let result = config.evaluate(key, user).map(|evaluation| evaluation.value().clone());
    assert!(result.is_ok(), "{context}: {result:?}");
    let allocations = measure(|| {
        let evaluation = config.evaluate(key, user);
        assert!(evaluation.is_ok_and(|evaluation| evaluation.value().as_text() != Some("none")));
    });
    assert_eq!(allocations.count_total, 0, "{context}");
}

#[test]
fn no_comparator_allocates() {
    for comparator in 0..=35 {
        for comparison in comparisons(comparator, &[1, 4, 30, 300]) {
            let config = comparing(comparator, &comparison);
            for value in values() {
                let context = format!("{value:?} by comparator {comparator}");
                let user = User::new("u").custom("A", value);
                assert_no_allocations(&config, KEY, Some(&user), &context);
            }
        }
    }
}

fn long_list() -> AttributeValue {
    (0..30).map(|n| format!("item-{n}")).collect::<Vec<_>>().into()
}

#[test]
fn lists_of_any_length_are_looked_through_in_place() {
    for comparator in [26, 27, 34, 35] {
        for comparison in comparisons(comparator, &[1, 300]) {
            let user = User::new("u").custom("A", long_list());
            assert_no_allocations(&comparing(comparator, &comparison), KEY, Some(&user), "a long list");
        }
    }
}

#[test]
fn the_exceptions_allocate() {
    let escaped = r#"["\u0061"]"#;
    for (comparator, value) in [(0, long_list()), (34, escaped.into())] {
        let config = comparing(comparator, &json!({"l": ["a"]}));
        let user = User::new("u").custom("A", value);
        assert_ne!(measure(|| assert!(config.evaluate(KEY, &user).is_ok())).count_total, 0, "{comparator}");
    }
}

#[test]
fn comparators_of_older_versions_do_not_allocate() {
    for comparator in 0..=17 {
        let comparison = if (6..=15).contains(&comparator) { "1,5" } else { "1.0.0, 2.0.0, item-1" };
        let rule = json!({"o": 0, "a": "A", "t": comparator, "c": comparison, "v": true, "i": "on"});
        let config = parse(&json!({"f": {KEY: {"v": false, "t": 0, "r": [rule], "p": []}}}));
        for value in values() {
            let context = format!("{value:?} by comparator {comparator}");
            let user = User::new("u").custom("A", value);
            assert_no_allocations(&config, KEY, Some(&user), &context);
        }
    }
}

#[test]
fn percentages_segments_and_prerequisites_do_not_allocate() {
    let options = json!([{"p": 50, "v": {"b": true}, "i": "on"}, {"p": 50, "v": {"b": false}, "i": "off"}]);
    let mut document = document(json!({
        "plain": flag(true),
        "text": {"t": 1, "v": {"s": "a text"}},
        "options": {"t": 0, "v": {"b": false}, "p": options},
        "by-custom": {"t": 0, "v": {"b": false}, "a": "A", "p": options},
        "segment": flag_if(json!([{"s": {"s": 0, "c": 0}}, {"s": {"s": 0, "c": 1}}])),
        "on": flag_if(json!([is_u()])),
        "dependent": flag_if(json!([prerequisite("on", &json!({"b": true})), is_u()])),
        "on-text": flag_if(json!([prerequisite("text", &json!({"s": "a text"}))])),
    }));
    document["s"] = json!([{"n": "Beta", "r": [{"a": "Identifier", "c": 0, "l": ["u", "v"]}]}]);
    let config = parse(&document);
    let keys: Vec<String> = config.keys().map(str::to_owned).collect();
    for key in &keys {
        for value in values() {
            let user = User::new("u").custom("A", value);
            assert_no_allocations(&config, key, Some(&user), key);
        }
        assert_no_allocations(&config, key, None, key);
    }
    let user = User::new("u");
    let allocations =
        measure(|| assert_eq!(config.evaluate_all(&user).filter(|(_, e)| e.is_ok()).count(), 8));
    assert_eq!(allocations.count_total, 0);
    let allocations = measure(|| {
        for position in 0..keys.len() {
            assert!(config.setting_at(position).is_some_and(|setting| setting.evaluate(&user).is_ok()));
        }
    });
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn four_levels_of_prerequisites_do_not_allocate() {
    let is_on = |key: usize| prerequisite(&key.to_string(), &json!({"b": true}));
    let mut settings = json!({"5": flag_if(json!([is_u()]))});
    for n in 0..5 {
        settings[n.to_string()] = flag_if(json!([is_on(n + 1)]));
    }
    let config = parse(&document(settings));
    let user = User::new("u");
    let count = |key: &str| measure(|| assert!(config.evaluate(key, &user).is_ok())).count_total;
    assert_eq!(count("1"), 0);
    assert!(count("0") > 0, "the fifth level is the exception");
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(String::from("a")))).count_total, 1);
}
