//! Hints of a trace: likely mistakes, beside the log.

use configcat_eval::{Config, Hint, User, Value};
use serde_json::{Value as Json, json};

use crate::support::{document, flag, is_u, parse, prerequisite};

fn condition(attribute: &str) -> Json {
    json!({"u": {"a": attribute, "c": 28, "s": "x"}})
}

fn config() -> Config {
    let rule = |condition: Json| json!({"c": [condition], "s": {"v": {"b": true}}});
    let targeted = |rules: Vec<Json>| json!({"t": 0, "v": {"b": false}, "r": rules});
    parse(&document(json!({
        "maxUploadMb": flag(true),
        "plan": targeted(vec![rule(condition("Plan")), rule(condition("Plan")), rule(condition("Email"))]),
        "team": {"t": 0, "a": "Team", "v": {"b": false}, "p": [{"p": 100, "v": {"b": true}}]},
        "nested": targeted(vec![rule(prerequisite("plan", &json!({"b": true})))]),
        "broken": targeted(vec![rule(json!({"u": {"a": "Identifier", "c": 99, "s": "x"}}))]),
        "many": targeted((0..20).map(|n| rule(condition(&format!("attribute{n}")))).collect()),
        "long": targeted(vec![rule(condition(&"x".repeat(300)))]),
        "first": targeted(vec![rule(is_u()), rule(condition("Plan"))]),
    })))
}

fn hints(key: &str, user: Option<&User>) -> Vec<String> {
    config().explain(key, user).hints().iter().map(ToString::to_string).collect()
}

#[test]
fn hints_name_the_likely_mistake() {
    let user = User::new("u");
    let plan = |name: &str| user.clone().custom(name, "x").email("");
    let empty = "the attribute 'Email' of the user is empty text, which counts as missing";
    let by_case = "the user has no attribute 'Plan', and has 'plan'; names are case-sensitive";
    for (key, user, expected) in [
        ("maxUploadMb", None, &[][..]),
        ("maxUploadMB", None, &["the config has no setting 'maxUploadMB'; did you mean 'maxUploadMb'?"]),
        ("discount", None, &["the config has no setting 'discount'"]),
        ("plan", None, &["no user was given, and targeting rules and percentage options need one"]),
        ("team", None, &["no user was given, and targeting rules and percentage options need one"]),
        ("plan", Some(&plan("plan")), &[by_case, empty]),
        ("plan", Some(&plan("Plans")), &["the user has no attribute 'Plan', and has 'Plans'", empty]),
        ("plan", Some(&plan("Subscription")), &[empty]),
        ("nested", Some(&plan("plan")), &[by_case, empty]),
        (
            "team",
            Some(&user.clone().custom("team", 1)),
            &["the user has no attribute 'Team', and has 'team'; names are case-sensitive"],
        ),
        ("broken", Some(&user), &["the evaluation failed: f.broken.r[0].c[0].u: unknown comparator 99"]),
        // The first rule matches, so the second one is not evaluated.
        ("first", Some(&user.clone().custom("plan", "x")), &[]),
        ("long", Some(&user.clone().custom("X".repeat(300), "x")), &[]),
    ] {
        assert_eq!(hints(key, user), expected, "{key} {user:?}");
    }
}

#[test]
fn the_number_of_hints_is_limited() {
    let user = (0..20).fold(User::new("u"), |user, n| user.custom(format!("Attribute{n}"), ""));
    assert_eq!(hints("many", Some(&user)).len(), 10);
}

#[test]
fn the_log_is_the_same_and_hints_follow_in_the_other_format() {
    let config = config();
    let user = User::new("u").custom("plan", "x");
    let trace = config.explain("plan", &user);
    let log = trace.to_string();
    assert!(log.ends_with("  Returning 'false'.") && !log.contains("Hint"), "{log}");
    let hint = "\nHint: the user has no attribute 'Plan', and has 'plan'; names are case-sensitive";
    assert_eq!(format!("{trace:#}"), format!("{log}{hint}"));
    let trace = config.explain("maxUploadMb", &user);
    assert_eq!(format!("{trace:#}"), trace.to_string());
}

/// Otherwise a name could forge a hint, or a record of a log.
#[test]
fn a_hint_has_one_line() {
    let config = config();
    let other: Config = [("is\nNew", Value::from(true))].into_iter().collect();
    let document = document(json!({"f": {"t": 0, "v": {"b": false}, "r": [
        {"c": [condition("Plan\n\u{1b}[2J")], "s": {"v": {"b": true}}}]}}));
    let user = User::new("u").custom("plan\n\u{1b}[2J", "x");
    for (trace, expected) in [
        (other.explain("Is\nNew", None), r"the config has no setting 'Is\nNew'; did you mean 'is\nNew'?"),
        (config.explain("a\u{85}b", None), r"the config has no setting 'a\u{85}b'"),
        (
            parse(&document).explain("f", &user),
            r"the user has no attribute 'Plan\n\u{1b}[2J', and has 'plan\n\u{1b}[2J'; names are case-sensitive",
        ),
    ] {
        let hint = trace.hints()[0].to_string();
        assert_eq!(hint, expected);
        assert!(format!("{trace:#}").ends_with(&format!("\nHint: {expected}")));
    }
}

#[test]
fn hints_are_data() {
    let config = Config::from_values([("isNew", Value::from(true))]);
    let expected = Hint::UnknownKey { key: "isnew".into(), similar: Some("isNew".into()) };
    assert_eq!(config.explain("isnew", None).hints(), [expected]);
    assert!(config.explain("isNew", None).hints().is_empty());
}

/// A search costs little, however many keys there are.
#[test]
fn a_similar_key_is_found_among_many() {
    let keys = (0..100_000).map(|n| format!("flag{n}")).chain(["isNewUiEnabled".to_owned()]);
    let config: Config = keys.map(|key| (key, Value::from(true))).collect();
    assert_eq!(config.similar_key("isNewUIEnabled"), Some("isNewUiEnabled"));
    assert_eq!(config.similar_key("somethingElse"), None);
}
