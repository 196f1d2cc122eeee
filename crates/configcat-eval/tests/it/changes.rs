//! The settings that differ between two configs: each kind of difference, and random pairs of
//! configs.

use std::{collections::BTreeMap, iter, time::Instant};

use allocation_counter::measure;
use configcat_eval::{ChangeKind, Config, User, Value};
use proptest::{collection::vec, option, prelude::*, sample::Index};
use serde_json::{Value as Json, json};

use crate::{
    mutations::places,
    naive::Naive,
    strategies::{KEYS, document as any_document, legacy_document, user},
    support::{
        self, KEY, SALT, comparing, document, facts, flag, flag_if, hashed, hashed_for, hashed_slice, is_u,
        parse, prerequisite,
    },
};

fn changes<'c>(new: &'c Config, old: &'c Config) -> Vec<(&'c str, ChangeKind)> {
    new.changes(old).map(|change| (change.key, change.kind)).collect()
}

/// Returns the keys, sorted: the order of the members of `Json` depends on a feature of
/// `serde_json`, which other crates of the workspace switch on.
fn changed_keys<'c>(new: &'c Config, old: &'c Config) -> Vec<&'c str> {
    by_key(new, old).into_keys().collect()
}

fn by_key<'c>(new: &'c Config, old: &'c Config) -> BTreeMap<&'c str, ChangeKind> {
    changes(new, old).into_iter().collect()
}

/// A document in which settings depend on each kind of part.
fn rich() -> Json {
    let user = |attribute: &str, comparator: i64, member: &str, comparison: Json| json!({"u": {"a": attribute, "c": comparator, member: comparison}});
    let served = |value: i64| json!({"v": {"i": value}, "i": format!("id-{value}")});
    let option =
        |percentage: i64, value: i64| json!({"p": percentage, "v": {"i": value}, "i": format!("id-{value}")});
    json!({
        "p": {"u": "https://cdn.example.com", "r": 0, "s": SALT},
        "s": [
            {"n": "Unused", "r": [{"a": "Email", "c": 0, "l": ["x"]}]},
            {"n": "Beta", "r": [{"a": "Email", "c": 16, "l": [hashed_for("Beta", "a"), hashed_for("Beta", "b")]}]},
            {"n": "Adults", "r": [{"a": "Age", "c": 15, "d": 18.0}]},
        ],
        "f": {
            "plain": {"t": 0, "v": {"b": true}, "i": "p"},
            "rules": {"t": 2, "v": {"i": 0}, "i": "0", "a": "Country", "r": [
                {"c": [user("Email", 0, "l", json!(["a", "b"])), user("Age", 12, "d", json!(18))], "s": served(1)},
                {"c": [user("Version", 9, "s", json!("2.0.0"))], "s": served(2)}]},
            "hashes": {"t": 2, "v": {"i": 0}, "r": [{"c": [user("Email", 20, "s", json!(hashed_for("hashes", "a")))], "s": served(1)}]},
            "shares": {"t": 2, "a": "Country", "v": {"i": 0}, "p": [option(40, 1), option(60, 2)]},
            "rule-shares": {"t": 2, "v": {"i": 0}, "r": [{"c": [user("Age", 12, "d", json!(18))], "p": [option(40, 1), option(60, 2)]}]},
            "in-beta": {"t": 2, "v": {"i": 0}, "r": [{"c": [{"s": {"s": 1, "c": 0}}], "s": served(1)}]},
            "adult": {"t": 2, "v": {"i": 0}, "r": [{"c": [{"s": {"s": 2, "c": 1}}], "s": served(1)}]},
            "top": {"t": 2, "v": {"i": 0}, "r": [{"c": [prerequisite("middle", &json!({"i": 1}))], "s": served(1)}]},
            "middle": {"t": 2, "v": {"i": 0}, "r": [{"c": [prerequisite("plain", &json!({"b": true}))], "s": served(1)}]},
            "circle-1": {"t": 2, "v": {"i": 0}, "r": [{"c": [prerequisite("circle-2", &json!({"i": 1}))], "s": served(1)}]},
            "circle-2": {"t": 2, "v": {"i": 0}, "r": [{"c": [is_u(), prerequisite("circle-1", &json!({"i": 1}))], "s": served(1)}]},
            "orphan": {"t": 2, "v": {"i": 0}, "r": [{"c": [prerequisite("gone", &json!({"b": true}))], "s": served(1)}]},
            "no-segment": {"t": 2, "v": {"i": 0}, "r": [{"c": [{"s": {"s": 9, "c": 0}}], "s": served(1)}]},
            "broken": 5,
            "broken-value": {"t": 2, "v": {"s": "x"}},
            "odd": {"t": 2, "v": {"i": 0}, "r": [{"c": [{"u": {"a": "Email", "c": 99, "s": "x"}}], "s": served(1)}]},
        },
    })
}

/// Returns the document with that member replaced, or removed if the replacement is null.
fn edited(document: &Json, pointer: &str, replacement: Json) -> Json {
    let mut document = document.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    match parent {
        Json::Object(members) if replacement.is_null() => drop(members.remove(name).unwrap()),
        Json::Object(members) => drop(members.insert(name.to_owned(), replacement)),
        Json::Array(items) => items[name.parse::<usize>().unwrap()] = replacement,
        _ => panic!("{pointer}"),
    }
    document
}

#[test]
fn each_difference_is_seen_where_it_counts() {
    let old = rich();
    let swapped = |pointer: &str| {
        let mut items = old.pointer(pointer).unwrap().as_array().unwrap().clone();
        items.swap(0, 1);
        Json::Array(items)
    };
    let rule = "/f/rules/r/0";
    let in_rule = |rest: &str| format!("{rule}{rest}");
    let hash = |text: &str| json!(hashed_for("hashes", text));
    let cases: Vec<(String, Json, &[&str])> = vec![
        ("/f/plain/v/b".into(), json!(false), &["plain", "top", "middle"]),
        ("/f/plain/i".into(), json!("q"), &["plain", "top", "middle"]),
        ("/f/plain/i".into(), Json::Null, &["plain", "top", "middle"]),
        ("/f/rules/v/i".into(), json!(9), &["rules"]),
        ("/f/rules/r".into(), swapped("/f/rules/r"), &["rules"]),
        ("/f/rules/r".into(), Json::Null, &["rules"]),
        (in_rule("/c"), swapped("/f/rules/r/0/c"), &["rules"]),
        (in_rule("/c"), Json::Null, &["rules"]),
        (in_rule("/c/0/u/a"), json!("email"), &["rules"]),
        (in_rule("/c/0/u/a"), json!("Country"), &["rules"]),
        (in_rule("/c/0/u/c"), json!(1), &["rules"]),
        (in_rule("/c/0/u/l"), json!(["a", "c"]), &["rules"]),
        (in_rule("/c/0/u/l"), json!(["ab", ""]), &["rules"]),
        // The order of a list makes no difference to users, and is a change nevertheless.
        (in_rule("/c/0/u/l"), json!(["b", "a"]), &["rules"]),
        (in_rule("/c/0/u/l"), json!(5), &["rules"]),
        (in_rule("/c/1/u/d"), json!(18.5), &["rules"]),
        (in_rule("/c/1/u/c"), json!(13), &["rules"]),
        (in_rule("/s/v/i"), json!(9), &["rules"]),
        (in_rule("/s/i"), json!("id-9"), &["rules"]),
        (in_rule("/s"), Json::Null, &["rules"]),
        ("/f/rules/r/1/c/0/u/s".into(), json!("2.0.1"), &["rules"]),
        ("/f/rules/r/1/c/0/u/s".into(), json!("2.0"), &["rules"]),
        // Without percentage options nothing reads the attribute.
        ("/f/rules/a".into(), json!("Email"), &[]),
        ("/f/rules/unknown".into(), json!("x"), &[]),
        ("/f/hashes/r/0/c/0/u/s".into(), hash("b"), &["hashes"]),
        ("/p/s".into(), json!("another"), &["hashes", "in-beta"]),
        ("/p/s".into(), Json::Null, &["hashes", "in-beta"]),
        ("/p/s".into(), json!(5), &["hashes", "in-beta"]),
        ("/p/u".into(), json!("https://other.example.com"), &[]),
        ("/f/shares/a".into(), json!("Email"), &["shares"]),
        ("/f/shares/a".into(), Json::Null, &["shares"]),
        ("/f/shares/a".into(), json!(5), &["shares"]),
        ("/f/shares/p/0/p".into(), json!(41), &["shares"]),
        ("/f/shares/p/0/v/i".into(), json!(9), &["shares"]),
        ("/f/shares/p/0/i".into(), json!("id-9"), &["shares"]),
        ("/f/shares/p".into(), swapped("/f/shares/p"), &["shares"]),
        ("/f/shares/p".into(), Json::Null, &["shares"]),
        ("/f/rule-shares/a".into(), json!("Email"), &["rule-shares"]),
        ("/f/rule-shares/r/0/p/1/p".into(), json!(59), &["rule-shares"]),
        ("/s/0/r/0/l".into(), json!(["y"]), &[]),
        ("/s/1/n".into(), json!("Gamma"), &["in-beta"]),
        ("/s/1/n".into(), Json::Null, &["in-beta"]),
        ("/s/1/r/0/l".into(), json!([hashed_for("Beta", "a"), hashed_for("Beta", "c")]), &["in-beta"]),
        ("/s/1/r/0/l".into(), swapped("/s/1/r/0/l"), &[]),
        ("/s/1".into(), json!(5), &["in-beta"]),
        ("/s/2/r/0/d".into(), json!(21), &["adult"]),
        ("/s".into(), json!([]), &["in-beta", "adult"]),
        ("/s".into(), swapped("/s"), &["in-beta"]),
        ("/f/adult/r/0/c/0/s/c".into(), json!(0), &["adult"]),
        ("/f/adult/r/0/c/0/s/c".into(), json!(9), &["adult"]),
        ("/f/adult/r/0/c/0/s/s".into(), json!(1), &["adult"]),
        ("/f/middle/r/0/c/0/p/c".into(), json!(1), &["top", "middle"]),
        ("/f/middle/r/0/c/0/p/v".into(), json!({"b": false}), &["top", "middle"]),
        ("/f/middle/r/0/c/0/p/v".into(), json!({"i": 1}), &["top", "middle"]),
        ("/f/middle/r/0/c/0/p/f".into(), json!("gone"), &["top", "middle"]),
        ("/f/top/r/0/c/0/p/f".into(), json!("rules"), &["top"]),
        ("/f/circle-2/v/i".into(), json!(9), &["circle-1", "circle-2"]),
        ("/f/circle-1/v/i".into(), json!(9), &["circle-1", "circle-2"]),
        ("/f/orphan/r/0/c/0/p/f".into(), json!("gone-too"), &["orphan"]),
        ("/f/no-segment/r/0/c/0/s/s".into(), json!(8), &["no-segment"]),
        ("/f/broken".into(), json!(6), &[]),
        ("/f/broken".into(), json!("x"), &["broken"]),
        ("/f/broken".into(), json!({}), &["broken"]),
        ("/f/broken-value/v/s".into(), json!("y"), &[]),
        ("/f/broken-value/v".into(), json!(5), &["broken-value"]),
        ("/f/odd/r/0/c/0/u/c".into(), json!(98), &["odd"]),
        ("/f/odd/r/0/c/0/u/s".into(), json!("y"), &[]),
    ];
    let old_config = parse(&old);
    assert!(old_config.changes(&parse(&old)).next().is_none());
    for (pointer, replacement, expected) in cases {
        let new = edited(&old, &pointer, replacement.clone());
        assert_ne!(new, old, "{replacement} at {pointer}");
        let new_config = parse(&new);
        let expected: BTreeMap<_, _> = expected.iter().map(|key| (*key, ChangeKind::Changed)).collect();
        assert_eq!(by_key(&new_config, &old_config), expected, "{replacement} at {pointer}");
        assert_eq!(by_key(&old_config, &new_config), expected, "back, {replacement} at {pointer}");
    }
}

#[test]
fn the_place_of_a_segment_is_no_change() {
    let old = rich();
    let mut new = old.clone();
    new["s"].as_array_mut().unwrap().reverse();
    for (key, place) in [("in-beta", 1), ("adult", 0)] {
        new["f"][key]["r"][0]["c"][0]["s"]["s"] = place.into();
    }
    assert_eq!(changed_keys(&parse(&new), &parse(&old)), [""; 0]);
}

#[test]
fn added_and_removed_settings_and_types_have_their_kinds() {
    use ChangeKind::{Added, Changed, Removed, TypeChanged};
    let needs = |key: &str| flag_if(json!([prerequisite(key, &json!({"b": true}))])).to_string();
    let old = format!(
        r#"{{"f": {{"z": {on}, "typed": {on}, "needs-a": {needs_a}, "needs-typed": {needs_typed}, "needs-z": {needs_z}, "lost": {{}}, "b": {on}}}}}"#,
        on = flag(true),
        needs_a = needs("a"),
        needs_typed = needs("typed"),
        needs_z = needs("z"),
    );
    let new = format!(
        r#"{{"f": {{"lost": {on}, "needs-z": {needs_z}, "a": {on}, "typed": {{"t": 1, "v": {{"s": "x"}}}}, "needs-a": {needs_a}, "needs-typed": {needs_typed}}}}}"#,
        on = flag(true),
        needs_a = needs("a"),
        needs_typed = needs("typed"),
        needs_z = needs("z"),
    );
    let (old, new) = (Config::parse(old).unwrap(), Config::parse(new).unwrap());
    let expected = [
        ("lost", TypeChanged),
        ("needs-z", Changed),
        ("a", Added),
        ("typed", TypeChanged),
        ("needs-a", Changed),
        ("needs-typed", Changed),
        ("z", Removed),
        ("b", Removed),
    ];
    assert_eq!(changes(&new, &old), expected, "in the order of the new config, then of the old one");
    let mut iterator = new.changes(&old);
    assert_eq!(iterator.by_ref().count(), expected.len());
    assert!(iterator.next().is_none());
    assert_eq!(
        format!("{:?}", new.changes(&old)).matches("Change {").count(),
        expected.len(),
        "{:?}",
        new.changes(&old)
    );
}

/// Returns two different comparison values for a comparator, with lists of that length.
fn comparisons(comparator: i64, length: usize) -> [Json; 2] {
    let lists = |item: &dyn Fn(usize) -> String| {
        [0, 1].map(|first| json!({"l": (first..first + length).map(item).collect::<Vec<_>>()}))
    };
    match comparator {
        4 | 5 => lists(&|n| format!("1.{n}.0")),
        6..=9 => [json!({"s": "1.2.3"}), json!({"s": "1.2.4"})],
        10..=15 | 18 | 19 => [json!({"d": 1.5}), json!({"d": 2})],
        16 | 17 | 26 | 27 => lists(&|n| hashed(n.to_string())),
        20 | 21 => [json!({"s": hashed("a")}), json!({"s": hashed("b")})],
        22..=25 => lists(&|n| hashed_slice(format!("{n}").repeat(1 + n % 3))),
        28 | 29 => [json!({"s": "a"}), json!({"s": "b"})],
        _ => lists(&|n| format!("item-{n}")),
    }
}

#[test]
fn each_comparator_is_the_same_as_itself_only() {
    for length in [1, 4, 30, 300] {
        for comparator in 0..=35 {
            let [one, other] = comparisons(comparator, length);
            let config = || comparing(comparator, &one);
            assert_eq!(changed_keys(&config(), &config()), [""; 0], "{comparator} {length}");
            assert_eq!(
                changed_keys(&config(), &comparing(comparator, &other)),
                [KEY],
                "{comparator} {length}"
            );
            for another in (0..=36).filter(|another| *another != comparator) {
                assert_eq!(
                    changed_keys(&comparing(another, &one), &config()),
                    [KEY],
                    "{comparator} {another}"
                );
            }
        }
    }
}

#[test]
fn the_order_of_hashes_is_no_change() {
    for (comparator, length) in [16, 17, 22, 23, 24, 25, 26, 27].into_iter().zip(iter::repeat([2, 30])) {
        for length in length {
            let [mut comparison, _] = comparisons(comparator, length);
            let config = comparing(comparator, &comparison);
            comparison["l"].as_array_mut().unwrap().reverse();
            assert_eq!(changed_keys(&comparing(comparator, &comparison), &config), [""; 0], "{comparator}");
        }
    }
    // An item without a hash ends the comparison with an error, unless an item before it matches.
    let [first, last] = [json!({"l": ["x", hashed_slice("a")]}), json!({"l": [hashed_slice("a"), "x"]})];
    assert_eq!(changed_keys(&comparing(22, &first), &comparing(22, &last)), [KEY]);
}

#[test]
fn versions_5_and_4_are_compared_with_version_6() {
    let options = |first: i64, second: i64| json!([{"o": 1, "p": second, "v": 60, "i": "60"}, {"o": 0, "p": first, "v": 40, "i": "40"}]);
    let version_5 = json!({"f": {
        "plain": {"t": 0, "v": true, "i": "p", "p": [], "r": []},
        "rule": {"t": 1, "v": "no", "i": "n", "p": [], "r": [{"o": 0, "a": "Email", "t": 2, "c": "@x.org", "v": "x", "i": "x"}]},
        "number": {"t": 1, "v": "no", "p": [], "r": [{"o": 0, "a": "Age", "t": 12, "c": "18", "v": "x"}]},
        "no-number": {"t": 1, "v": "no", "p": [], "r": [{"o": 0, "a": "Age", "t": 12, "c": "old", "v": "x"}]},
        "hash": {"t": 1, "v": "no", "p": [], "r": [{"o": 0, "a": "Email", "t": 16, "c": hashed("a"), "v": "x"}]},
        "shares": {"t": 2, "v": 0, "p": options(40, 60), "r": []},
        "incomplete": {"t": 2, "v": 0, "p": options(40, 50), "r": []},
    }});
    let rule = |condition: Json| json!({"t": 1, "v": {"s": "no"}, "r": [{"c": [{"u": condition}], "s": {"v": {"s": "x"}}}]});
    let shares = |first: i64, second: i64| json!({"t": 2, "v": {"i": 0}, "p": [{"p": first, "v": {"i": 40}, "i": "40"}, {"p": second, "v": {"i": 60}, "i": "60"}]});
    let mut version_6 = document(json!({
        "plain": {"t": 0, "v": {"b": true}, "i": "p"},
        "rule": rule(json!({"a": "Email", "c": 2, "l": ["@x.org"]})),
        "number": rule(json!({"a": "Age", "c": 12, "d": 18})),
        "no-number": rule(json!({"a": "Age", "c": 12, "s": "old"})),
        "hash": rule(json!({"a": "Email", "c": 16, "l": [hashed("a")]})),
        "shares": shares(40, 60),
        "incomplete": shares(40, 50),
    }));
    version_6["f"]["rule"]["i"] = "n".into();
    version_6["f"]["rule"]["r"][0]["s"]["i"] = "x".into();
    let new = parse(&version_6);
    let version_4 = parse(&version_5["f"]);
    let old = parse(&version_5);
    assert_eq!(changed_keys(&new, &old), ["hash", "incomplete", "no-number"]);
    assert_eq!(changed_keys(&version_4, &old), [""; 0]);
    let mut other = version_5;
    other["f"]["no-number"]["r"][0]["c"] = "older".into();
    other["f"]["number"]["r"][0]["c"] = "18.0".into();
    assert_eq!(
        changed_keys(&parse(&other), &old),
        [""; 0],
        "both texts are no number, and both numbers are 18"
    );
}

#[test]
fn merged_settings_are_compared_with_their_own_salt_and_segments() {
    let remote = rich();
    let values = |limit: i64| Config::from_values([("limit", Value::from(limit)), ("plain", true.into())]);
    let merged = |remote: &Json, limit: i64| parse(remote).merge(&values(limit));
    assert_eq!(changed_keys(&merged(&remote, 1), &merged(&remote, 1)), [""; 0]);
    assert_eq!(changed_keys(&merged(&remote, 1), &merged(&remote, 2)), ["limit"]);
    let other_salt = edited(&remote, "/p/s", json!("another"));
    assert_eq!(changed_keys(&merged(&other_salt, 1), &merged(&remote, 1)), ["hashes", "in-beta"]);
    // Settings of another document keep their own salt, which is the same here.
    let hashes = parse(&json!({"p": remote["p"], "f": {"hashes": remote["f"]["hashes"]}}));
    assert_eq!(changed_keys(&parse(&other_salt).merge(&hashes), &parse(&remote)), ["in-beta"]);
    // The override of a prerequisite flag is a change of the flags that need it.
    let off = Config::from_values([("plain", Value::from(false))]);
    assert_eq!(changed_keys(&parse(&remote).merge(&off), &parse(&remote)), ["middle", "plain", "top"]);
}

#[test]
fn an_integer_without_a_type_differs_from_an_int() {
    let declared = parse(&json!({"f": {"limit": {"t": 2, "v": {"i": 10}}, "on": flag(true)}}));
    let inferred = Config::from_values([("limit", Value::from(10)), ("on", true.into())]);
    assert_eq!(changes(&inferred, &declared), [("limit", ChangeKind::Changed)]);
    let doubles = [0.0, -0.0, f64::NAN].map(|double| Config::from_values([("double", Value::from(double))]));
    for (one, double) in doubles.iter().enumerate() {
        for (other, old) in doubles.iter().enumerate() {
            assert_eq!(double.changes(old).count(), usize::from(one != other), "{one} {other}");
        }
    }
}

/// A document of settings that are alike, with one rule and one segment each.
fn many(count: usize) -> Json {
    let setting = |n: usize| {
        let is_old = json!({"u": {"a": "Email", "c": 0, "l": [format!("user-{n}@example.com"), "x"]}});
        let mut setting = flag_if(json!([is_old, {"s": {"s": n % 10, "c": 0}}]));
        setting["i"] = format!("id-{n}").into();
        setting
    };
    let segment = |n: usize| json!({"n": n.to_string(), "r": [{"a": "Email", "c": 16, "l": [hashed_for(&n.to_string(), "a")]}]});
    let mut document = document((0..count).map(|n| (format!("flag-{n}"), setting(n))).collect());
    document["s"] = (0..10).map(segment).collect();
    document
}

#[test]
fn unchanged_settings_do_not_allocate() {
    let allocations = |count: usize| {
        let (new, old) = (parse(&many(count)), parse(&many(count)));
        measure(|| assert!(new.changes(&old).next().is_none())).count_total
    };
    // The kinds of all settings, and what is known of ten segments.
    assert!(allocations(20) < 20, "{}", allocations(20));
    assert_eq!(allocations(20), allocations(2000));
    let plain =
        |count: usize| parse(&document((0..count).map(|n| (format!("flag-{n}"), flag(true))).collect()));
    assert_eq!(measure(|| assert!(plain(0).changes(&plain(0)).next().is_none())).count_current, 0);
    let (new, old) = (plain(1000), plain(1000));
    assert_eq!(measure(|| assert!(new.changes(&old).next().is_none())).count_total, 1);
}

#[test]
fn a_long_chain_is_followed_on_a_small_stack() {
    let chain = |length: usize, last: bool| {
        let is_on = |n: usize| prerequisite(&format!("flag-{:05}", n + 1), &json!({"b": true}));
        let settings = (0..length).map(|n| (format!("flag-{n:05}"), flag_if(json!([is_on(n)]))));
        document(settings.chain([(format!("flag-{length:05}"), flag(last))]).collect())
    };
    let (new, old) = (parse(&chain(5000, true)), parse(&chain(5000, false)));
    crate::stacks::on_small_stack(move || assert_eq!(new.changes(&old).count(), 5001));
}

#[test]
fn a_large_segment_is_compared_once() {
    let items: Vec<String> = (0..30_000).map(|n| format!("{n:06}")).collect();
    let segment = json!({"n": "S", "r": [{"a": "Email", "c": 0, "l": items}]});
    let condition = json!({"s": {"s": 0, "c": 0}});
    let mut document = document(json!({KEY: flag_if(vec![condition; 30_000].into())}));
    document["s"] = json!([segment]);
    let text = document.to_string();
    let start = Instant::now();
    let (new, old) = (Config::parse(&text).unwrap(), Config::parse(&text).unwrap());
    let parsing = start.elapsed();
    assert!(new.changes(&old).next().is_none());
    // Compared for each condition, it would take some thousand times as long as parsing.
    assert!(start.elapsed() < 20 * parsing, "{parsing:?} {:?}", start.elapsed());
}

#[test]
fn segments_that_look_alike_have_a_limited_number_of_counterparts() {
    let config = |count: usize| {
        let setting = |n: usize| (format!("flag-{n}"), flag_if(json!([{"s": {"s": n % count, "c": 0}}])));
        let mut document = document((0..20).map(setting).collect());
        document["s"] = vec![json!({"n": "S", "r": [is_u()["u"]]}); count].into();
        parse(&document)
    };
    let (one, many) = (config(1), config(20));
    assert_eq!(one.changes(&many).count(), 12, "of twenty, eight are compared");
    assert_eq!(many.changes(&one).count(), 0, "each is compared with the one that is there");
}

/// Returns the settings that a setting may depend on: itself, and those whose key is anywhere in
/// it, again and again.
fn reachable<'d>(document: &'d Json, key: &str) -> BTreeMap<String, Option<&'d Json>> {
    let mut found = BTreeMap::new();
    let mut open = vec![key.to_owned()];
    while let Some(key) = open.pop() {
        if found.contains_key(&key) {
            continue;
        }
        let setting = document["f"].get(&key);
        let text = setting.map(Json::to_string).unwrap_or_default();
        let is_named = |other: &&str| text.contains(&format!("\"f\":{}", json!(other)));
        open.extend(KEYS.iter().chain(&["gone"]).copied().filter(is_named).map(str::to_owned));
        found.insert(key, setting);
    }
    found
}

/// Checks that settings that are not listed evaluate alike, and those whose documents say the same
/// are not listed. Returns the number of settings that are not listed and have rules.
fn check(new: &Config, old: &Config, users: &[User], documents: Option<[&Json; 2]>) -> usize {
    let listed = by_key(new, old);
    let mut count = 0;
    for key in new.keys().chain(old.keys()) {
        let (of_new, of_old) = (new.setting(key), old.setting(key));
        let expected = match (of_new, of_old) {
            (Some(_), None) => Some(ChangeKind::Added),
            (None, Some(_)) => Some(ChangeKind::Removed),
            (Some(new), Some(old)) if new.setting_type() != old.setting_type() => {
                Some(ChangeKind::TypeChanged)
            }
            _ => None,
        };
        let kind = listed.get(key).copied();
        match expected {
            Some(_) => assert_eq!(kind, expected, "{key}"),
            None => assert!(kind.is_none_or(|kind| kind == ChangeKind::Changed), "{key}"),
        }
        if let Some([new, old]) = documents {
            let is_legacy = |document| Naive::new(document).map(|naive| naive.is_legacy);
            let say_the_same = new["f"].get(key).is_some()
                && [&new["s"], &new["p"]] == [&old["s"], &old["p"]]
                && is_legacy(new) == is_legacy(old)
                && reachable(new, key) == reachable(old, key);
            assert!(!say_the_same || kind.is_none(), "{key} is listed");
        }
        if kind.is_some() {
            continue;
        }
        count += usize::from(of_new.is_some_and(|setting| setting.has_targeting()));
        for user in users.iter().map(Some).chain([None]) {
            let [new, old] = [new, old]
                .map(|config| facts(&config.evaluate(key, user)).map_err(|error| error.kind().clone()));
            assert_eq!(new, old, "{key} for {:?}", user.map(User::to_string));
        }
    }
    count
}

/// The difference of a random document to another one.
#[derive(Debug)]
struct Difference {
    /// For each of [`KEYS`], whether the setting is of another document; then the same for the
    /// segments, and whether the salt is another one.
    from_other: Vec<bool>,
    /// Members that get the value of another member of the same name.
    copied: Vec<(Index, Index)>,
    /// A member that is replaced.
    replaced: Option<(Index, Json)>,
}

fn difference() -> impl Strategy<Value = Difference> {
    (
        vec(prop::bool::weighted(0.1), KEYS.len() + 2),
        vec(any::<(Index, Index)>(), 0..4),
        option::weighted(0.3, (any::<Index>(), replacement())),
    )
        .prop_map(|(from_other, copied, replaced)| Difference { from_other, copied, replaced })
}

impl Difference {
    fn apply(&self, document: &Json, other: &Json) -> Json {
        let mut document = document.clone();
        for (key, _) in KEYS.iter().zip(&self.from_other).filter(|(_, is_other)| **is_other) {
            if let (Some(settings), Some(setting)) = (document["f"].as_object_mut(), other["f"].get(*key)) {
                settings.insert((*key).to_owned(), setting.clone());
            }
        }
        if self.from_other[KEYS.len()] {
            document["s"] = other["s"].clone();
        }
        if self.from_other[KEYS.len() + 1] {
            document["p"] = json!({"s": "another"});
        }
        for (to, from) in &self.copied {
            let pointers = pointers(&document);
            let to: &String = to.get(&pointers);
            let name = |pointer: &str| pointer.rsplit_once('/').map(|(_, name)| name.to_owned());
            let alike: Vec<_> = pointers.iter().filter(|from| name(from) == name(to)).collect();
            let from: &&String = from.get(&alike);
            let value = document.pointer(from).unwrap().clone();
            *document.pointer_mut(to).unwrap() = value;
        }
        if let Some((index, replacement)) = &self.replaced {
            let pointers = pointers(&document);
            let to: &String = index.get(&pointers);
            *document.pointer_mut(to).unwrap() = replacement.clone();
        }
        document
    }
}

fn pointers(document: &Json) -> Vec<String> {
    let mut pointers = Vec::new();
    places(document, "", &mut pointers);
    pointers
}

fn replacement() -> impl Strategy<Value = Json> {
    let known = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(50),
        json!("x"),
        json!("Email"),
        json!("flag"),
        json!([]),
        json!({}),
    ];
    prop::sample::select(known.to_vec())
}

fn check_pair(documents: [&Json; 2], users: &[User]) -> usize {
    let [Ok(new), Ok(old)] = documents.map(|document| Config::parse(document.to_string())) else { return 0 };
    let overrides = Config::from_values([("flag", Value::from(1)), ("b", true.into()), ("d", 0.5.into())]);
    for config in [&new, &old] {
        let again = config.merge(config);
        assert!(again.changes(config).next().is_none() && config.changes(&again).next().is_none());
    }
    check(&new.merge(&overrides), &old.merge(&overrides), users, None);
    check(&new.merge(&old), &old.merge(&new), users, None);
    check(&old, &old.merge(&new), users, None);
    check(&old, &new, users, Some([documents[1], documents[0]]));
    check(&new, &old, users, Some(documents))
}

proptest! {
    #![proptest_config(support::cases(64, 6000))]

    #[test]
    fn settings_that_are_not_listed_evaluate_alike(
        (one, other) in prop_oneof![
            3 => (any_document(), any_document()),
            1 => (legacy_document(), legacy_document()),
            1 => (legacy_document(), any_document()),
        ],
        difference in difference(),
        users in vec(user(), 4),
    ) {
        let new = difference.apply(&one, &other);
        check_pair([&new, &one], &users);
    }
}
