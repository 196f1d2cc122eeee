//! Each lint: a config with the fault, and one that nearly has it.

use configcat_analysis::{Diagnostic, Lint, Severity, lint};
use configcat_eval::Config;
use serde_json::{Value as Json, json};

fn diagnostics(document: &Json) -> Vec<Diagnostic> {
    lint(&Config::parse(document.to_string()).unwrap())
}

/// Returns the lints that the document has, with their places.
fn found(document: &Json) -> Vec<String> {
    diagnostics(document).iter().map(|found| format!("{} {}", found.lint, found.place)).collect()
}

fn on() -> Json {
    json!({"v": {"b": true}})
}

fn user(attribute: &str, comparator: u8, comparison: Json) -> Json {
    let member = match comparison {
        Json::Array(_) => "l",
        Json::Number(_) => "d",
        _ => "s",
    };
    json!({"u": {"a": attribute, "c": comparator, member: comparison}})
}

fn rule(conditions: &[Json]) -> Json {
    json!({"c": conditions, "s": on()})
}

fn off(conditions: &[Json]) -> Json {
    json!({"c": conditions, "s": {"v": {"b": false}}})
}

/// Returns a config of a bool flag with these rules, and a flag that is on.
fn with(rules: &[Json]) -> Json {
    json!({"p": {"s": "salt"}, "f": {
        "k": {"t": 0, "v": {"b": false}, "r": rules},
        "on": {"t": 0, "v": {"b": true}}}})
}

fn with_condition(condition: Json) -> Json {
    with(&[rule(&[condition])])
}

fn prerequisite(key: &str, value: Json) -> Json {
    json!({"p": {"f": key, "c": 0, "v": value}})
}

/// Returns a config with a condition on a flag that serves "a" and "b".
fn with_two(comparator: u8, value: &str) -> Json {
    let mut document = with_condition(json!({"p": {"f": "two", "c": comparator, "v": {"s": value}}}));
    document["f"]["two"] = json!({"t": 1, "v": {"s": "a"}, "r": [
        {"c": [user("A", 28, json!("x"))], "s": {"v": {"s": "b"}}}]});
    document
}

/// Checks that the first document has exactly this finding, and the second one no finding.
fn check(faulty: &Json, expected: &str, nearly: &Json) {
    assert_eq!(found(faulty), [expected], "{faulty}");
    assert_eq!(found(nearly), [] as [&str; 0], "{nearly}");
}

#[test]
fn malformed() {
    check(
        &with_condition(json!({"u": {"a": "Age", "c": 14, "s": "18"}})),
        "malformed f.k.r[0].c[0].u",
        &with_condition(user("Age", 14, json!(18))),
    );
}

#[test]
fn prerequisite_missing() {
    let two =
        json!({"t": 0, "v": {"b": false}, "p": [{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]});
    let mut nearly = with_condition(prerequisite("two", json!({"b": true})));
    nearly["f"]["two"] = two;
    check(
        &with_condition(prerequisite("gone", json!({"b": true}))),
        "prerequisite-missing f.k.r[0].c[0].p",
        &nearly,
    );
}

#[test]
fn prerequisite_type() {
    check(
        &with_condition(prerequisite("on", json!({"s": "true"}))),
        "prerequisite-type f.k.r[0].c[0].p",
        &with_condition(user("Age", 10, json!(1))),
    );
}

#[test]
fn prerequisite_cycle() {
    let document = |last: &str| {
        let needs = |key: &str| json!({"t": 0, "v": {"b": false}, "r": [rule(&[prerequisite(key, json!({"b": true}))])]});
        let end = json!({"t": 0, "v": {"b": false}, "r": [rule(&[user("A", 28, json!("a"))])]});
        json!({"f": {"a": needs("b"), "b": needs("c"), "c": needs(last), "end": end}})
    };
    check(&document("a"), "prerequisite-cycle f.c.r[0].c[0].p", &document("end"));
    let message = &diagnostics(&document("b"))[0].message;
    assert_eq!(message, "the flag depends on itself: 'b' -> 'c' -> 'b'");
}

#[test]
fn percentages_not_100() {
    let document = |first: u32| json!({"f": {"k": {"t": 0, "v": {"b": false}, "p": [{"p": first, "v": {"b": true}}, {"p": 60, "v": {"b": false}}]}}});
    check(&document(39), "percentages-not-100 f.k.p", &document(40));
    let severity = |document: &Json| diagnostics(document)[0].severity;
    assert_eq!((severity(&document(39)), severity(&document(41))), (Severity::Error, Severity::Warning));
    let in_rule = with(&[json!({"c": [], "p": [{"p": 10, "v": {"b": true}}, {"p": 10, "v": {"b": false}}]})]);
    assert_eq!(found(&in_rule), ["percentages-not-100 f.k.r[0].p"]);
    // In version 4, the other users get the default.
    let legacy = json!({"k": {"t": 0, "v": false, "p": [{"p": 10, "v": true}], "r": []}});
    assert_eq!(severity(&legacy), Severity::Note);
}

#[test]
fn invalid_comparison_value() {
    let place = "invalid-comparison-value f.k.r[0].c[0].u";
    let of = |comparator, comparison| with_condition(user("A", comparator, comparison));
    check(&of(6, json!("1.0")), place, &of(6, json!(" 1.0.0 ")));
    check(&of(4, json!(["1.0.0", "v2"])), place, &of(4, json!(["1.0.0", " "])));
    check(&of(18, json!(1_700_000_000_000_u64)), place, &of(18, json!(1_700_000_000)));
    let legacy = |number: &str| json!({"k": {"t": 0, "v": false, "p": [], "r": [{"o": 0, "a": "A", "t": 10, "c": number, "v": true}]}});
    check(&legacy("ten"), place, &legacy("1,5"));
}

#[test]
fn condition_never_true() {
    let place = "condition-never-true f.k.r[0].c[0].u";
    let of = |comparator, comparison| with_condition(user("A", comparator, comparison));
    for comparator in [0, 2, 4, 30, 32, 34] {
        let item = if comparator == 4 { json!(["1.0.0"]) } else { json!(["a"]) };
        check(&of(comparator, json!([])), place, &of(comparator, item));
    }
    // Empty text counts as an absent attribute.
    check(&of(28, json!("")), place, &of(28, json!(" ")));
    check(&of(0, json!([""])), place, &of(0, json!(["", "a"])));
    check(&of(31, json!(["", "a"])), place, &of(31, json!(["a"])));
    check(&of(6, json!("0.0.0-0")), place, &of(7, json!("0.0.0-0")));
    check(&with_two(0, "c"), "condition-never-true f.k.r[0].c[0].p", &with_two(0, "a"));
}

/// A flag without rules is a switch for all users, which may be turned any time.
#[test]
fn a_condition_on_a_switch_is_no_finding() {
    for value in [true, false] {
        assert_eq!(found(&with_condition(prerequisite("on", json!({ "b": value })))), [] as [&str; 0]);
    }
}

#[test]
fn condition_always_true() {
    let place = "condition-always-true f.k.r[0].c[0].u";
    let of = |comparator, comparison| with_condition(user("A", comparator, comparison));
    for comparator in [1, 3, 31, 33, 35] {
        check(&of(comparator, json!([])), place, &of(comparator, json!(["a"])));
    }
    check(&of(5, json!([""])), place, &of(5, json!(["1.0.0"])));
    check(&of(29, json!("")), place, &of(29, json!("a")));
    check(&of(2, json!(["a", ""])), place, &of(2, json!(["a", " "])));
    check(&of(9, json!("0.0.0-0")), place, &of(9, json!("0.0.0")));
    check(&with_two(1, "c"), "condition-always-true f.k.r[0].c[0].p", &with_two(1, "a"));
    let segment = |conditions: Json| {
        let mut document = with_condition(json!({"s": {"s": 0, "c": 0}}));
        document["s"] = json!([{"n": "S", "r": conditions}]);
        document
    };
    check(
        &segment(json!([])),
        "condition-always-true f.k.r[0].c[0].s",
        &segment(json!([user("A", 28, json!("a"))["u"]])),
    );
}

#[test]
fn conditions_contradict() {
    let of = |one: (u8, Json), other: (u8, Json)| {
        with(&[rule(&[user("A", one.0, one.1), user("A", other.0, other.1)])])
    };
    let table = [
        ((14, json!(5)), (12, json!(3)), (12, json!(6))),
        ((14, json!(5)), (12, json!(5)), (13, json!(5.1))),
        ((10, json!(5)), (11, json!(5)), (11, json!(6))),
        ((15, json!(5)), (18, json!(4)), (18, json!(6))),
        ((0, json!(["a", "b"])), (0, json!(["c"])), (0, json!(["b"]))),
        ((0, json!(["a", "b"])), (1, json!(["b", "a"])), (1, json!(["b"]))),
        ((28, json!("abc")), (30, json!(["b"])), (30, json!(["a"]))),
        ((30, json!(["ab"])), (31, json!(["a"])), (31, json!(["abc"]))),
        ((32, json!(["@a.com"])), (3, json!(["@a"])), (3, json!(["b"]))),
        ((30, json!(["a"])), (30, json!(["b"])), (30, json!(["ab"]))),
        ((8, json!("2.0.0")), (7, json!("2.0.0+1")), (7, json!("2.0.1-a"))),
        ((4, json!(["1.0.0"])), (5, json!(["1.0.0+7"])), (5, json!(["1.0.1"]))),
        ((34, json!(["a"])), (35, json!(["a", "b"])), (35, json!(["b"]))),
        ((9, json!("1.0.0")), (14, json!(1)), (30, json!(["1"]))),
        ((34, json!(["1"])), (10, json!(1)), (30, json!(["["]))),
    ];
    for (one, contrary, near) in table {
        check(&of(one.clone(), contrary), "conditions-contradict f.k.r[0].c", &of(one, near));
    }
    let flags = |value: &str| {
        let mut document = with(&[rule(&[
            prerequisite("two", json!({"s": "a"})),
            prerequisite("two", json!({ "s": value })),
        ])]);
        document["f"]["two"] = json!({"t": 1, "v": {"s": "a"}, "r": [
            {"c": [user("A", 28, json!("x"))], "s": {"v": {"s": "b"}}}]});
        document
    };
    check(&flags("b"), "conditions-contradict f.k.r[0].c", &flags("a"));
}

#[test]
fn rule_unreachable() {
    let place = "rule-unreachable f.k.r[1]";
    let of = |first: &[Json], second: &[Json]| with(&[rule(first), off(second)]);
    let is = |comparator, comparison| user("A", comparator, comparison);
    let table = [
        (is(0, json!(["a", "b"])), is(28, json!("a")), is(28, json!("c"))),
        (is(32, json!(["@a.com"])), is(28, json!("x@a.com")), is(28, json!("x@a.org"))),
        (is(2, json!(["b"])), is(30, json!(["abc", "b"])), is(30, json!(["abc", "a"]))),
        (is(1, json!(["a"])), is(1, json!(["a", "b"])), is(1, json!(["b"]))),
        (is(1, json!(["c"])), is(0, json!(["a", "b"])), is(0, json!(["a", "c"]))),
        (is(14, json!(5)), is(14, json!(6)), is(14, json!(4))),
        (is(14, json!(5)), is(10, json!(6)), is(10, json!(5))),
        (is(11, json!(5)), is(12, json!(5)), is(13, json!(5))),
        // A date-time is no number, but a number is a time.
        (is(19, json!(5)), is(14, json!(5)), is(15, json!(5))),
        (is(14, json!(5)), is(10, json!(7)), is(19, json!(5))),
        (is(6, json!("2.0.0")), is(7, json!("2.0.0-rc")), is(7, json!("2.0.0"))),
        (is(6, json!("2.0.0")), is(4, json!(["1.0.0", "1.1.0"])), is(4, json!(["1.0.0", "2.0.0"]))),
        (is(34, json!(["a", "b"])), is(34, json!(["a"])), is(34, json!(["c"]))),
        // Without the attribute the first rule does not match.
        (is(29, json!("a")), is(28, json!("b")), user("B", 28, json!("b"))),
    ];
    for (first, second, near) in table {
        let first = [first];
        check(&of(&first, &[second]), place, &of(&first, &[near]));
    }
    let (a, b) = (is(28, json!("a")), user("B", 28, json!("b")));
    let (one, both) = ([a.clone()], [b, a]);
    check(&of(&one, &both), place, &of(&both, &one));
}

#[test]
fn percentages_take_all_users_who_have_the_attribute() {
    let options = json!([{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]);
    let document = |attribute: &str, condition: Json| {
        let mut document = with(&[json!({"c": [], "p": options}), rule(&[condition])]);
        document["f"]["k"]["a"] = attribute.into();
        document
    };
    let email = user("Email", 28, json!("e"));
    check(
        &document("Identifier", email.clone()),
        "rule-unreachable f.k.r[1]",
        &document("Company", email.clone()),
    );
    check(
        &document("Email", email.clone()),
        "rule-unreachable f.k.r[1]",
        &document("Email", user("A", 28, json!("e"))),
    );
    // Without a User Object there are no percentages.
    let mut flag = document("Identifier", prerequisite("two", json!({"b": true})));
    flag["f"]["two"] = json!({"t": 0, "v": {"b": false}, "p": options});
    assert_eq!(found(&flag), [] as [&str; 0]);
}

#[test]
fn several_rules_together_take_all_users() {
    let is = |comparator, comparison| user("A", comparator, comparison);
    let document =
        |last: Json| with(&[rule(&[is(28, json!("a"))]), off(&[is(30, json!(["b"]))]), rule(&[is(0, last)])]);
    check(&document(json!(["a", "bc"])), "rule-unreachable f.k.r[2]", &document(json!(["a", "c"])));
}

#[test]
fn options_behind_a_rule_for_all_are_unreachable() {
    let document = |conditions: &[Json]| {
        let mut document = with(&[rule(&[user("A", 28, json!("a"))]), off(conditions)]);
        document["f"]["k"]["p"] = json!([{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]);
        document
    };
    check(&document(&[]), "rule-unreachable f.k.p", &document(&[user("B", 28, json!("a"))]));
}

#[test]
fn same_for_everybody() {
    check(
        &with(&[off(&[user("A", 28, json!("a"))])]),
        "same-for-everybody f.k",
        &with(&[rule(&[user("A", 28, json!("a"))])]),
    );
    let options = json!({"f": {"k": {"t": 0, "v": {"b": true}, "p": [{"p": 100, "v": {"b": true}}]}}});
    assert_eq!(found(&options), ["same-for-everybody f.k"]);
}

#[test]
fn a_flag_whose_evaluation_may_fail_is_not_the_same_for_everybody() {
    let is_same = |document: &Json| found(document).contains(&"same-for-everybody f.k".to_owned());
    let segment = |name: &str| {
        let mut document = with(&[off(&[json!({"s": {"s": 0, "c": 0}})])]);
        document["s"] = json!([{"n": name, "r": [user("A", 28, json!("a"))["u"]]}]);
        document
    };
    assert!(is_same(&segment("S")));
    assert!(!is_same(&segment("")));
    let mut malformed = segment("S");
    malformed["s"][0] = json!([null]);
    assert!(!is_same(&malformed));
    let hashed = |items: Json| with(&[off(&[user("A", 22, items)])]);
    assert!(is_same(&hashed(json!([format!("1_{}", "0".repeat(64))]))));
    assert!(!is_same(&hashed(json!(["x"]))));
    // A prerequisite flag without an option for each user, one that needs another one that is not
    // there, and one in a circle.
    let prerequisite = |other: Json| {
        let needs = json!({"p": {"f": "other", "c": 0, "v": {"b": true}}});
        let mut document = with(&[off(&[needs])]);
        document["f"]["other"] = other;
        document
    };
    let options =
        |percentage: u8| json!({"t": 0, "v": {"b": false}, "p": [{"p": percentage, "v": {"b": true}}]});
    let needs = |key: &str| {
        let condition = json!({"p": {"f": key, "c": 0, "v": {"b": true}}});
        json!({"t": 0, "v": {"b": false}, "r": [rule(&[condition])]})
    };
    assert!(is_same(&prerequisite(options(100))));
    for other in [options(99), needs("gone"), needs("k")] {
        assert!(!is_same(&prerequisite(other.clone())), "{other}");
    }
}

#[test]
fn segment_unused() {
    let document = |condition: Json| {
        let mut document = with_condition(condition);
        document["s"] = json!([{"n": "S", "r": [user("A", 28, json!("a"))["u"]]}]);
        document
    };
    check(
        &document(user("A", 28, json!("a"))),
        "segment-unused s[0]",
        &document(json!({"s": {"s": 0, "c": 1}})),
    );
}

#[test]
fn duplicate_item_and_items_that_differ_in_case() {
    let of = |items| with_condition(user("A", 0, items));
    check(&of(json!(["a", "b", "a"])), "duplicate-item f.k.r[0].c[0].u.l[2]", &of(json!(["a", "b", "a "])));
    check(
        &of(json!(["a", "É", "é"])),
        "items-differ-in-case f.k.r[0].c[0].u.l[2]",
        &of(json!(["a", "É", "e"])),
    );
}

#[test]
fn attributes_differ_in_case() {
    let of = |name: &str| with(&[rule(&[user("Plan", 28, json!("a"))]), off(&[user(name, 28, json!("b"))])]);
    check(&of("plan"), "attributes-differ-in-case f.k.r[1].c[0].u", &of("Plans"));
    check(
        &with_condition(user("email", 28, json!("a"))),
        "attributes-differ-in-case f.k.r[0].c[0].u",
        &with_condition(user("Email", 28, json!("a"))),
    );
}

#[test]
fn hashed_and_plain() {
    let hashed = user("A", 16, json!(["0".repeat(64)]));
    let hashed = [hashed];
    let of = |other: Json| with(&[rule(&hashed), off(&[other])]);
    check(&of(user("A", 0, json!(["a"]))), "hashed-and-plain f.k.r[1].c[0].u", &of(user("A", 14, json!(5))));
}

#[test]
fn same_value_in_a_row() {
    let of = |one: Json, other: Json| with(&[rule(&[one]), rule(&[other])]);
    let is = |comparator, comparison| user("A", comparator, comparison);
    let place = "same-value-in-a-row f.k.r[1]";
    check(
        &of(is(0, json!(["a"])), is(0, json!(["b"]))),
        place,
        &of(is(0, json!(["a"])), user("B", 0, json!(["b"]))),
    );
    check(
        &of(is(28, json!("ab")), is(30, json!(["a"]))),
        place,
        &of(is(28, json!("ab")), is(30, json!(["b"]))),
    );
    check(
        &of(is(1, json!(["a", "b"])), is(1, json!(["a"]))),
        place,
        &of(is(1, json!(["a"])), is(3, json!(["b"]))),
    );
}

#[test]
fn conditions_of_segments_are_checked_at_their_place() {
    let mut document = with_condition(json!({"s": {"s": 0, "c": 1}}));
    document["s"] = json!([
        {"n": "S", "r": [user("A", 14, json!(5))["u"], user("A", 12, json!(3))["u"]]},
        {"n": "T", "r": [user("A", 0, json!([]))["u"], 5]}]);
    assert_eq!(
        found(&document),
        [
            "conditions-contradict s[0].r",
            "malformed s[1].r[1]",
            "condition-never-true s[1].r[0]",
            "segment-unused s[1]"
        ]
    );
}

#[test]
fn each_lint_has_its_id_and_description() {
    for lint in Lint::ALL {
        assert_eq!(lint.id().parse(), Ok(*lint));
        assert!(
            lint.description().ends_with('.') && !lint.description().contains("  "),
            "{}",
            lint.description()
        );
    }
    assert!("malformed ".parse::<Lint>().is_err());
}

#[test]
fn the_sample_config_is_clean() {
    let config = include_str!("../../../../examples/flags.json").parse().unwrap();
    assert_eq!(lint(&config), []);
}
