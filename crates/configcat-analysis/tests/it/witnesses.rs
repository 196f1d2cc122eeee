//! Users that notice a change.

use configcat_analysis::{Witness, compare};
use configcat_eval::{Config, User, Value};
use serde_json::{Value as Json, json};

fn parse(document: &Json) -> Config {
    Config::parse(document.to_string()).unwrap()
}

/// Returns the witness for `flag`.
fn witness(old: &Json, new: &Json) -> Witness {
    let comparison = compare(&parse(old), &parse(new));
    comparison.changes.into_iter().find(|change| change.key == "flag").unwrap().witness
}

/// Returns a config of a bool flag with these rules, each with one value.
fn flag(rules: &[(Json, bool)]) -> Json {
    let rules: Vec<Json> =
        rules.iter().map(|(conditions, value)| json!({"c": conditions, "s": {"v": {"b": value}}})).collect();
    json!({"p": {"s": "salt"}, "f": {"flag": {"t": 0, "v": {"b": false}, "r": rules}}})
}

fn is(attribute: &str, comparator: u8, comparison: Json) -> Json {
    let member = match comparison {
        Json::Array(_) => "l",
        Json::Number(_) => "d",
        _ => "s",
    };
    json!([{"u": {"a": attribute, "c": comparator, member: comparison}}])
}

/// Checks that there is a witness, which both configs evaluate as it says.
fn assert_found(old: &Json, new: &Json) -> Option<User> {
    let Witness::User { user, old: old_result, new: new_result } = witness(old, new) else {
        panic!("{:?}: {old}, {new}", witness(old, new));
    };
    let value = |document: &Json| {
        parse(document).evaluate("flag", user.as_ref()).ok().map(|found| found.value().clone())
    };
    assert_ne!(value(old), value(new), "{user:?}");
    assert_eq!(value(old), old_result.ok().map(|served| served.value));
    assert_eq!(value(new), new_result.ok().map(|served| served.value));
    user
}

#[test]
fn each_comparator_gets_a_witness_for_another_comparison_value() {
    let table = [
        (0, json!(["a", "b"]), json!(["a", "c"])),
        (1, json!(["a", "b"]), json!(["a"])),
        (2, json!(["abc"]), json!(["ab"])),
        (3, json!(["x"]), json!(["x", "y"])),
        (4, json!(["1.0.0"]), json!(["1.0.0", "2.0.0"])),
        (5, json!(["1.0.0"]), json!(["1.0.1"])),
        (6, json!("1.0.0"), json!("1.0.1")),
        (7, json!("1.0.0-a"), json!("1.0.0-a.0")),
        (8, json!("1.0.0"), json!("1.0.0-rc")),
        (9, json!("1.0.0"), json!("1.0.0-rc")),
        (10, json!(1), json!(2)),
        (11, json!(1), json!(2)),
        (12, json!(1), json!(1.000_000_1)),
        (13, json!(0.1), json!(0.3)),
        (14, json!(5), json!(7)),
        (15, json!(-5), json!(-6)),
        (18, json!(1_700_000_000), json!(1_700_000_001)),
        (19, json!(1_700_000_000), json!(1_600_000_000)),
        (28, json!("a"), json!("b")),
        (29, json!("a"), json!("b")),
        (30, json!(["ab"]), json!(["abc"])),
        (31, json!(["ab"]), json!(["abc"])),
        (32, json!(["@a.com"]), json!(["x@a.com"])),
        (33, json!(["@a.com"]), json!(["x@a.com"])),
        (34, json!(["a"]), json!(["a", "b"])),
        (35, json!(["a"]), json!(["b"])),
    ];
    for (comparator, old, new) in table {
        assert_found(&flag(&[(is("A", comparator, old), true)]), &flag(&[(is("A", comparator, new), true)]));
    }
}

#[test]
fn a_witness_meets_all_conditions_and_fails_the_earlier_rules() {
    let conditions = |country: &str| {
        json!([
            {"u": {"a": "Email", "c": 30, "l": ["ann"]}}, {"u": {"a": "Email", "c": 32, "l": ["@a.com"]}},
            {"u": {"a": "Email", "c": 3, "l": ["test"]}}, {"u": {"a": "Age", "c": 15, "d": 18}},
            {"u": {"a": "Age", "c": 13, "d": 18}}, {"u": {"a": "Country", "c": 28, "s": country}}])
    };
    let earlier =
        || vec![(is("Email", 2, json!(["ann@"])), false), (is("Identifier", 1, json!(["7"])), false)];
    let with = |country: &str| {
        let mut rules = earlier();
        rules.push((conditions(country), true));
        flag(&rules)
    };
    let user = assert_found(&with("HU"), &with("AT")).unwrap();
    assert_eq!(user.get("Age"), Some(&18.into()));
    assert_eq!(user.get("Identifier"), Some(&"7".into()));
}

#[test]
fn segments_and_prerequisites_are_solved() {
    let document = |domain: &str, other: bool| {
        json!({"s": [{"n": "Staff", "r": [{"a": "Email", "c": 32, "l": [domain]}, {"a": "Age", "c": 14, "d": 20}]}],
            "f": {
                "base": {"t": 1, "v": {"s": "none"}, "r": [
                    {"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"s": "staff"}}}]},
                "flag": {"t": 0, "v": {"b": false}, "r": [
                    {"c": [{"p": {"f": "base", "c": 0, "v": {"s": "staff"}}}, {"u": {"a": "Country", "c": 0, "l": ["HU"]}}],
                        "s": {"v": {"b": true}}},
                    {"c": [{"s": {"s": 0, "c": 1}}], "s": {"v": {"b": other}}}]}}})
    };
    assert_found(&document("@a.com", false), &document("@b.com", false));
    assert_found(&document("@a.com", false), &document("@a.com", true));
}

#[test]
fn percentages_get_a_user_of_the_changed_part() {
    let document = |first: u32, attribute: &str| {
        json!({"f": {"flag": {"t": 0, "a": attribute, "v": {"b": false}, "r": [
            {"c": [{"u": {"a": "Email", "c": 32, "l": ["@a.com"]}}], "p": [
                {"p": first, "v": {"b": true}}, {"p": 100 - first, "v": {"b": false}}]}]}}})
    };
    assert_found(&document(50, "Identifier"), &document(51, "Identifier"));
    assert_found(&document(50, "Email"), &document(51, "Email"));
    assert_found(&document(50, "Identifier"), &document(50, "Email"));
}

#[test]
fn added_removed_and_retyped_flags_have_a_witness() {
    let one = json!({"f": {"flag": {"t": 0, "v": {"b": true}}}});
    let none = json!({"f": {}});
    let other = json!({"f": {"flag": {"t": 2, "v": {"i": 1}}}});
    for (old, new) in [(&one, &none), (&none, &one), (&one, &other)] {
        assert_eq!(assert_found(old, new), None);
    }
}

#[test]
fn a_fault_is_a_difference() {
    let sound = flag(&[(is("A", 0, json!(["a"])), true)]);
    let broken = flag(&[(json!([{"u": {"a": "A", "c": 99}}]), true)]);
    assert!(matches!(witness(&sound, &broken), Witness::User { new: Err(_), .. }));
}

#[test]
fn another_variation_id_alone_is_found() {
    let document = |id: &str| json!({"f": {"flag": {"t": 0, "v": {"b": true}, "i": id}}});
    let Witness::User { old, new, .. } = witness(&document("a"), &document("b")) else { panic!() };
    let (old, new) = (old.unwrap(), new.unwrap());
    assert_eq!((&old.value, &new.value), (&Value::Bool(true), &Value::Bool(true)));
    assert_ne!(old.variation_id, new.variation_id);
}

#[test]
fn no_value_is_invented_for_a_hash() {
    let hash = |digit: &str| flag(&[(is("Email", 16, json!([digit.repeat(64)])), true)]);
    assert_eq!(witness(&hash("0"), &hash("1")), Witness::Hidden);
    // What is not hidden is found beside it.
    let with = |value: bool| {
        flag(&[(is("Email", 16, json!(["0".repeat(64)])), true), (is("Age", 14, json!(5)), value)])
    };
    assert_found(&with(true), &with(false));
}

#[test]
fn changes_without_effect_are_proved_equal() {
    let on = |comparison: Json| (is("A", 0, comparison), true);
    let table = [
        (flag(&[on(json!(["a", "b"]))]), flag(&[on(json!(["b", "a", "a"]))])),
        // The last rule is never reached.
        (
            flag(&[on(json!(["a"])), (is("A", 28, json!("a")), false)]),
            flag(&[on(json!(["a"])), (is("A", 28, json!("a")), true)]),
        ),
        // No value is in an empty list.
        (flag(&[on(json!([]))]), flag(&[])),
        // The rule serves the default.
        (flag(&[(is("A", 28, json!("a")), false)]), flag(&[])),
    ];
    for (old, new) in table {
        assert_eq!(witness(&old, &new), Witness::Equal, "{old} {new}");
    }
    let nearly =
        (flag(&[on(json!(["a"])), (is("A", 28, json!("b")), false)]), flag(&[on(json!(["a", "b"]))]));
    assert_found(&nearly.0, &nearly.1);
}

#[test]
fn options_count_up_to_a_sum_of_100() {
    let options = |first: u8, second: u8, value: i64| {
        let option = |percentage: u8, value: i64| json!({"p": percentage, "v": {"i": value}});
        json!({"f": {"flag": {"t": 2, "v": {"i": 0}, "p": [option(first, 1), option(second, value)]}}})
    };
    for (first, second) in [(0, 100), (1, 99), (50, 50), (98, 2), (99, 1), (99, 5)] {
        assert_found(&options(first, second, 2), &options(first, second, 3));
    }
    for (first, second) in [(100, 0), (100, 1), (101, 50)] {
        let [old, new] = [2, 3].map(|value| options(first, second, value));
        assert_eq!(witness(&old, &new), Witness::Equal, "{first} {second}");
    }
}

#[test]
fn a_flag_that_may_fail_at_a_segment_is_not_equal() {
    // No user gets the value of the rule, but users that reach the segment get an error.
    let document = |name: &str, conditions: Json, items: Json| {
        let mut conditions_of_rule = is("A", 34, items);
        let of_rule = conditions_of_rule.as_array_mut().unwrap();
        of_rule.extend([json!({"s": {"s": 0, "c": 0}}), json!({"s": {"s": 0, "c": 1}})]);
        let mut document = flag(&[(conditions_of_rule, true)]);
        document["s"] = json!([{"n": name, "r": conditions}]);
        document
    };
    let sound = json!([{"a": "Email", "c": 28, "s": "a"}]);
    let pair = |name: &str, conditions: &Json| {
        [json!(["a"]), json!(["b"])].map(|items| document(name, conditions.clone(), items))
    };
    let [old, new] = pair("S", &sound);
    assert_eq!(witness(&old, &new), Witness::Equal);
    for (name, conditions) in [("", &sound), ("S", &json!([5])), ("S", &json!(5))] {
        let [old, new] = pair(name, conditions);
        assert_ne!(witness(&old, &new), Witness::Equal, "{name} {conditions}");
    }
    let malformed = pair("S", &sound).map(|mut document| {
        document["s"][0] = json!([null]);
        document
    });
    assert_ne!(witness(&malformed[0], &malformed[1]), Witness::Equal);
}

#[test]
fn a_changed_prerequisite_flag_is_followed_to_the_flags_that_need_it() {
    let document = |value: bool| {
        json!({"f": {"base": {"t": 0, "v": {"b": value}}, "flag": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"p": {"f": "base", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]}}})
    };
    assert_found(&document(false), &document(true));
}
