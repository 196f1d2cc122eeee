//! Percentage options: where users fall, and what is served when they fall nowhere.

use configcat_eval::{AttributeValue, OptionsTrace, User};
use serde_json::{Value as Json, json};

use crate::{
    comparators::millis,
    support::{KEY, document, error, evaluate, parse, value},
};

/// Identifiers with the place where [`KEY`] puts them, computed with another implementation.
const BUCKETS: [(&str, u32); 8] =
    [("u100", 0), ("u51", 1), ("u0", 49), ("u108", 50), ("u63", 89), ("u165", 90), ("u4", 98), ("u84", 99)];

/// Returns an option that serves its own share.
fn option(percentage: i64) -> Json {
    json!({"p": percentage, "v": {"i": percentage}, "i": format!("id-{percentage}")})
}

/// Returns an integer setting that is -1 unless options serve something else.
fn int_flag(members: Json) -> Json {
    let mut flag = json!({"t": 2, "v": {"i": -1}, "i": "default"});
    flag.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    flag
}

#[test]
fn users_get_the_option_that_every_sdk_selects() {
    let config = parse(&document(json!({KEY: int_flag(json!({"a": "A", "p": [option(100)]}))})));
    let others: [(AttributeValue, u32); 10] = [
        ("alice".into(), 79),
        (12.into(), 31),
        ("12".into(), 31),
        (0.5.into(), 99),
        (1e21.into(), 69),
        ("".into(), 41),
        (["a"].into(), 67),
        ("é𝄞".into(), 43),
        (millis(1_680_307_199_999).into(), 21),
        (f64::NAN.into(), 95),
    ];
    for (attribute, expected) in BUCKETS.map(|(id, bucket)| (id.into(), bucket)).into_iter().chain(others) {
        let user = User::new("u").custom("A", attribute);
        let trace = config.explain(KEY, &user);
        let Some(OptionsTrace::Hashed { attribute, bucket, .. }) = &trace.evaluation().options else {
            panic!("{trace}");
        };
        assert_eq!((attribute.as_str(), *bucket), ("A", expected), "{user}");
    }
}

#[test]
fn the_running_sum_decides() {
    let shares = [0, 1, 49, 40, 0, 10];
    let config = parse(&document(json!({KEY: int_flag(json!({"p": shares.map(option)}))})));
    let expected = [1, 2, 2, 3, 3, 5, 5, 5];
    for ((id, bucket), index) in BUCKETS.into_iter().zip(expected) {
        let evaluation = evaluate(&config, KEY, Some(&User::new(id))).unwrap();
        assert_eq!(evaluation.matched_option(), Some(index), "{bucket}");
        assert_eq!(evaluation.matched_rule(), None);
        assert_eq!(evaluation.value().as_int(), Some(shares[index]));
        assert_eq!(evaluation.variation_id(), Some(&*format!("id-{}", shares[index])));
    }
}

#[test]
fn shares_beyond_100_serve_no_user() {
    for shares in [vec![1000], vec![100, 100], vec![100, i64::MAX, i64::MAX], vec![i64::MAX, 1]] {
        let options: Vec<_> = shares.iter().copied().map(option).collect();
        let config = parse(&document(json!({KEY: int_flag(json!({"p": options}))})));
        for (id, _) in BUCKETS {
            let evaluation = evaluate(&config, KEY, Some(&User::new(id))).unwrap();
            assert_eq!(evaluation.matched_option(), Some(0), "{shares:?}");
        }
    }
}

#[test]
fn shares_below_100_fail_for_users_in_the_gap() {
    let config = parse(&document(json!({
        KEY: int_flag(json!({"p": [option(20), option(30)]})),
    })));
    for (id, bucket) in BUCKETS {
        let user = User::new(id);
        if bucket < 50 {
            assert!(evaluate(&config, KEY, Some(&user)).is_ok(), "{id}");
        } else {
            assert_eq!(error(&config, KEY, &user), "f.flag.p: the percentages sum to less than 100");
        }
    }
    // Without a user the options are not reached.
    assert_eq!(value(&config, KEY, None), (-1).into());
}

#[test]
fn a_negative_share_fails_when_the_walk_comes_to_it() {
    let config = parse(&document(json!({KEY: int_flag(json!({"p": [option(50), option(-1), option(51)]}))})));
    assert_eq!(value(&config, KEY, &User::new("u0")), 50.into());
    assert_eq!(error(&config, KEY, &User::new("u108")), "f.flag.p[1]: negative percentage -1");
}

#[test]
fn without_the_attribute_options_are_skipped() {
    let rule = json!({"c": [], "p": [option(100)]});
    let last = json!({"c": [], "s": {"v": {"i": 7}, "i": "rule"}});
    let config = parse(&document(json!({
        "options": int_flag(json!({"a": "A", "p": [option(100)]})),
        "rule": int_flag(json!({"a": "A", "r": [rule], "p": [option(100)]})),
        "rules": int_flag(json!({"a": "A", "r": [rule, last]})),
    })));
    let user = User::new("u");
    let with = User::new("u").custom("A", "");
    for (key, skipped, id, matched) in
        [("options", -1, "default", None), ("rule", -1, "default", Some(0)), ("rules", 7, "rule", Some(0))]
    {
        for user in [None, Some(&user)] {
            let evaluation = evaluate(&config, key, user).unwrap();
            assert_eq!(*evaluation.value(), skipped.into(), "{key}");
            assert_eq!(evaluation.variation_id(), Some(id));
            assert_eq!(evaluation.matched_rule(), (key == "rules").then_some(1));
            assert_eq!(evaluation.matched_option(), None);
        }
        // An empty text is there.
        let evaluation = evaluate(&config, key, Some(&with)).unwrap();
        assert_eq!(*evaluation.value(), 100.into(), "{key}");
        assert_eq!((evaluation.matched_rule(), evaluation.matched_option()), (matched, Some(0)), "{key}");
    }
}

#[test]
fn the_attribute_may_be_a_predefined_one() {
    let by = |name: Json| int_flag(json!({"a": name, "p": [option(1), option(99)]}));
    let config = parse(&document(json!({KEY: by(json!("Email"))})));
    assert_eq!(value(&config, KEY, &User::new("u100")), (-1).into());
    assert_eq!(value(&config, KEY, &User::new("u84").email("u100")), 1.into());
    assert_eq!(value(&config, KEY, &User::new("u100").email("u84")), 99.into());
    let config = parse(&document(json!({KEY: by(json!(null))})));
    assert_eq!(value(&config, KEY, &User::new("u100").email("u84")), 1.into());
}

#[test]
fn no_options_are_no_options() {
    for members in [json!({"p": []}), json!({"p": null}), json!({}), json!({"r": [], "p": []})] {
        let config = parse(&document(json!({KEY: int_flag(members)})));
        assert_eq!(value(&config, KEY, &User::new("u")), (-1).into());
        assert!(config.explain(KEY, None).warnings().is_empty());
    }
}

#[test]
fn the_hash_uses_the_key_of_the_setting_with_the_options() {
    // The same user falls elsewhere in each setting, also in one that is a prerequisite.
    let half =
        json!({"t": 0, "v": {"b": false}, "p": [{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]});
    let needs = json!({"p": {"f": KEY, "c": 0, "v": {"b": true}}});
    let config = parse(&document(json!({
        KEY: half,
        "top": int_flag(json!({"r": [{"c": [needs], "s": {"v": {"i": 1}}}]})),
    })));
    for (id, bucket) in BUCKETS {
        let expected = if bucket < 50 { 1 } else { -1 };
        assert_eq!(value(&config, "top", &User::new(id)), expected.into(), "{id}");
    }
}
