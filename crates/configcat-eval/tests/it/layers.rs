//! Values laid over a config: the same as a merged config, without the work of merging.

use std::{collections::BTreeMap, sync::Arc};

use allocation_counter::measure;
use configcat_eval::{Config, User, Value};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use crate::{
    strategies::{KEYS, document, legacy_document, text, user},
    support::{cases, document as settings, facts, flag, flag_if, parse, prerequisite, value},
};

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-2..3_i64).prop_map(Value::from),
        (-2..3_i8).prop_map(|number| Value::from(f64::from(number) / 2.0)),
        text().prop_map(Value::from),
    ]
}

/// Values for some keys of the documents and for others.
fn values() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let keys: Vec<_> = KEYS.into_iter().chain(["A", "w", ""]).collect();
    vec((select(keys), any_value()), 0..6)
}

/// Asserts that no method tells the two configs apart.
fn assert_same(layered: &Config, merged: &Config, users: &[User]) {
    assert!(layered.keys().eq(merged.keys()));
    assert_eq!(layered.settings().len(), merged.settings().len());
    assert_eq!(format!("{layered:?}"), format!("{merged:?}"));
    assert!(layered.changes(merged).next().is_none() && merged.changes(layered).next().is_none());
    assert_eq!(format!("{:?}", layered.segments()), format!("{:?}", merged.segments()));
    for (index, setting) in merged.settings().enumerate() {
        let same = layered.setting_at(index).unwrap();
        assert_eq!((same.key(), same.index()), (setting.key(), index));
        assert_eq!(layered.setting(setting.key()).unwrap().index(), index);
        assert_eq!(format!("{:?}", same.describe()), format!("{:?}", setting.describe()));
        assert_eq!(format!("{:?}", same.faults()), format!("{:?}", setting.faults()));
        assert_eq!(same.rule_text(0), setting.rule_text(0));
    }
    assert!(layered.setting_at(merged.settings().len()).is_none() && layered.setting("missing").is_none());
    for user in users.iter().map(Some).chain([None]) {
        let mut all = layered.evaluate_all(user);
        assert_eq!(all.len(), merged.settings().len());
        for (index, (key, _)) in merged.evaluate_all(user).enumerate() {
            let picked = layered.evaluate_all(user).nth(index);
            assert_eq!(picked.map(|(key, _)| key), Some(key), "{index}");
        }
        for (key, expected) in merged.evaluate_all(user) {
            let (found, one) = all.next().unwrap();
            assert_eq!((found, facts(&one)), (key, facts(&expected)));
            assert_eq!(facts(&layered.evaluate(key, user)), facts(&merged.evaluate(key, user)));
            let [trace, expected] = [layered, merged].map(|config| config.explain(key, user));
            assert_eq!(format!("{trace:#}"), format!("{expected:#}"));
            assert_eq!((trace.warnings(), trace.work()), (expected.warnings(), expected.work()));
            assert_eq!(trace.evaluation(), expected.evaluation());
        }
        assert!(all.next().is_none());
        assert_eq!(layered.explain("missing", user).to_string(), merged.explain("missing", user).to_string());
    }
}

proptest! {
    #![proptest_config(cases(64, 15))]

    #[test]
    fn a_layer_is_the_same_as_a_merged_config(
        document in prop_oneof![3 => document(), 1 => legacy_document()],
        over in values(),
        above in values(),
        users in vec(user(), 2),
    ) {
        let Ok(config) = Config::parse(document.to_string()) else { return Ok(()) };
        let config = Arc::new(config);
        let layered = Arc::new(config.overlay(over.clone()));
        let merged = config.merge(&Config::from_values(over.clone()));
        assert_same(&layered, &merged, &users);
        // A layer over a layer, and layers in a merge.
        let twice = merged.merge(&Config::from_values(above.clone()));
        assert_same(&layered.overlay(above.clone()), &twice, &users);
        assert_same(&config.merge(&layered), &config.merge(&merged), &users);
        assert_same(&layered.merge(&config), &merged.merge(&config), &users);
        for key in KEYS {
            let is_over = over.iter().any(|(known, _)| *known == key);
            prop_assert_eq!(layered.is_overlaid(key), is_over);
        }
        let changed = |new: &Config| -> BTreeMap<String, String> {
            new.changes(&config).map(|change| (change.key.to_owned(), format!("{change:?}"))).collect()
        };
        prop_assert_eq!(changed(&layered), changed(&merged));
    }
}

#[test]
fn a_value_counts_in_prerequisite_conditions_at_any_depth() {
    let on = |key: &str| flag_if(json!([prerequisite(key, &json!({"b": true}))]));
    let document = settings(json!({"a": on("b"), "b": on("c"), "c": flag(false), "d": on("new")}));
    let config = Arc::new(parse(&document));
    assert!(config.evaluate("d", None).is_err(), "the flag is missing");
    let layered = config.overlay([("c", Value::from(true)), ("new", true.into())]);
    for key in ["a", "b", "c", "d", "new"] {
        assert_eq!(value(&layered, key, None), true.into(), "{key}");
    }
    assert_eq!(value(&config, "a", None), false.into(), "the config below is unchanged");
}

#[test]
fn a_layer_takes_memory_for_its_values_only() {
    let many = |count: usize| {
        Arc::new(Config::from_values((0..count).map(|n| (format!("flag{n}"), Value::from(false)))))
    };
    let over: Vec<(Arc<str>, Value)> =
        (0..5).map(|n| (Arc::from(format!("flag{}", 7 * n)), Value::from(true))).collect();
    let bytes = [100, 10_000].map(|count| {
        let config = many(count);
        let mut layered = None;
        let allocations = measure(|| layered = Some(config.overlay(over.clone())));
        assert_eq!(value(&layered.unwrap(), "flag28", None), true.into());
        (allocations.count_total, allocations.bytes_total)
    });
    assert_eq!(bytes[0], bytes[1], "a hundred times the flags");
    assert!(bytes[1].1 < 4096, "{bytes:?}");
}
