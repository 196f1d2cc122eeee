//! The tree that explains an evaluation.

use configcat_eval::{
    ConditionTrace, Config, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace, SettingTrace,
    User, Value,
};
use serde_json::json;

use crate::support::{document, flag, is_u, parse, prerequisite};

fn config() -> Config {
    let email = json!({"u": {"a": "Email", "c": 28, "s": "e"}});
    let age = json!({"u": {"a": "Age", "c": 14, "d": 17.5}});
    let on = json!({"v": {"b": true}, "i": "on"});
    let mut document = document(json!({
        "plain": flag(true),
        "rules": {"t": 0, "v": {"b": false}, "r": [
            {"c": [is_u(), email, age], "s": on}, {"c": [age], "s": on}, {"c": [], "s": on}, {"c": [is_u()], "s": on}]},
        "segments": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"s": {"s": 0, "c": 1}}], "s": on}, {"c": [{"s": {"s": 9, "c": 1}}], "s": on}]},
        "nested": {"t": 1, "v": {"s": "off"}, "i": "n0", "r": [
            {"c": [is_u(), prerequisite("shares", &json!({"i": 2}))], "s": {"v": {"s": "x"}}},
            {"c": [prerequisite("segments", &json!({"b": true}))], "s": {"v": {"s": "y"}}}]},
        "shares": {"t": 2, "a": "Team", "v": {"i": 0}, "r": [
            {"c": [is_u()], "p": [{"p": 100, "v": {"i": 1}, "i": "r"}]}],
            "p": [{"p": 0, "v": {"i": 2}}, {"p": 100, "v": {"i": 3}, "i": "p"}]},
    }));
    document["s"] = json!([{"n": "S", "r": [{"a": "Identifier", "c": 28, "s": "u"}, {"a": "Email", "c": 0, "l": ["e"]}]}]);
    parse(&document)
}

fn holds(rule: &RuleTrace) -> Option<bool> {
    match rule.outcome {
        Some(OutcomeTrace::Holds(holds)) => Some(holds),
        _ => None,
    }
}

fn missing(attribute: &str) -> Option<OutcomeTrace> {
    Some(OutcomeTrace::CannotEvaluate(ObstacleTrace::AttributeMissing(attribute.into())))
}

fn texts(conditions: &[ConditionTrace]) -> Vec<&str> {
    conditions.iter().map(|condition| &*condition.text).collect()
}

#[test]
fn a_setting_without_rules_has_an_empty_tree() {
    let config = config();
    let trace = config.explain("plain", &User::new("u"));
    assert_eq!(trace.key(), "plain");
    assert_eq!(trace.evaluation(), &SettingTrace::default());
    assert!(trace.warnings().is_empty());
    assert_eq!(trace.result().unwrap(), &Value::Bool(true));
    assert_eq!(config.explain("other", None).evaluation(), &SettingTrace::default());
    assert!(config.explain("other", None).result().is_err());
}

#[test]
fn rules_up_to_the_one_that_matched_and_conditions_up_to_the_first_that_fails() {
    let config = config();
    let user = User::new("u").email("x").custom("Age", "old");
    let trace = config.explain("rules", &user);
    let [first, second, third] = &trace.evaluation().rules[..] else { panic!("{trace}") };
    assert_eq!(texts(&first.conditions), ["User.Identifier EQUALS 'u'", "User.Email EQUALS 'e'"]);
    assert_eq!((first.condition_count, &*first.then, holds(first)), (3, "'true'", Some(false)));
    assert_eq!(first.conditions[0].outcome, Some(OutcomeTrace::Holds(true)));
    assert_eq!(first.conditions[1].outcome, Some(OutcomeTrace::Holds(false)));
    let reason = "'old' is not a valid decimal number".to_owned();
    let invalid = ObstacleTrace::AttributeInvalid { attribute: "Age".into(), reason };
    assert_eq!(
        invalid.to_string(),
        "cannot evaluate, the User.Age attribute is invalid ('old' is not a valid decimal number)"
    );
    assert_eq!(second.outcome, Some(OutcomeTrace::CannotEvaluate(invalid)));
    assert_eq!(second.conditions[0].outcome, second.outcome);
    assert_eq!((third.conditions.len(), third.condition_count, holds(third)), (0, 0, Some(true)));
    assert!(trace.evaluation().options.is_none());
    assert_eq!(trace.variation_id(), Some("on"));
    assert_eq!(trace.warnings().iter().map(configcat_eval::Warning::id).collect::<Vec<_>>(), [3004]);
}

#[test]
fn segments_are_nested_in_their_condition() {
    let config = config();
    let segment = |user: &User| {
        let trace = config.explain("segments", user);
        let condition = trace.evaluation().rules[0].conditions[0].clone();
        let Some(NestedTrace::Segment { name, conditions, outcome }) = condition.nested else {
            panic!("{trace}")
        };
        assert_eq!((name.as_str(), condition.text.as_str()), ("S", "User IS NOT IN SEGMENT 'S'"));
        (conditions, outcome, condition.outcome)
    };
    let (conditions, inside, outcome) = segment(&User::new("u").email("e"));
    assert_eq!(texts(&conditions), ["User.Identifier EQUALS 'u'", "User.Email IS ONE OF ['e']"]);
    assert_eq!((inside, outcome), (Some(OutcomeTrace::Holds(true)), Some(OutcomeTrace::Holds(false))));
    let (conditions, inside, outcome) = segment(&User::new("x"));
    assert_eq!(conditions.len(), 1);
    assert_eq!((inside, outcome), (Some(OutcomeTrace::Holds(false)), Some(OutcomeTrace::Holds(true))));
    let (_, inside, outcome) = segment(&User::new("u"));
    assert_eq!((inside, outcome), (missing("Email"), missing("Email")));
}

#[test]
fn without_a_user_a_segment_is_not_looked_into() {
    let config = config();
    let trace = config.explain("segments", None);
    for (rule, text) in trace.evaluation().rules.iter().zip(["'S'", "'<invalid reference>'"]) {
        let condition = &rule.conditions[0];
        assert_eq!(condition.text, format!("User IS NOT IN SEGMENT {text}"));
        assert_eq!(condition.nested, None);
        assert_eq!(condition.outcome, Some(OutcomeTrace::CannotEvaluate(ObstacleTrace::NoUser)));
    }
    assert_eq!(trace.evaluation().rules.len(), 2);
}

#[test]
fn prerequisites_are_nested_in_their_condition() {
    let config = config();
    let user = User::new("u").email("x").custom("Team", "blue");
    let trace = config.explain("nested", &user);
    let [first, second] = &trace.evaluation().rules[..] else { panic!("{trace}") };
    let Some(NestedTrace::Prerequisite { key, evaluation, value }) = &first.conditions[1].nested else {
        panic!("{trace}")
    };
    assert_eq!((key.as_str(), value), ("shares", &Some(1.into())));
    assert_eq!(**evaluation, *config.explain("shares", &user).evaluation());
    assert_eq!(holds(first), Some(false));
    let Some(NestedTrace::Prerequisite { evaluation, .. }) = &second.conditions[0].nested else {
        panic!("{trace}")
    };
    assert!(matches!(evaluation.rules[0].conditions[0].nested, Some(NestedTrace::Segment { .. })));
    assert_eq!(holds(second), Some(true));
}

#[test]
fn options_of_rules_and_of_settings_have_their_own_places() {
    let config = config();
    let options = |user: Option<&User>| {
        let trace = config.explain("shares", user);
        (trace.evaluation().rules[0].options.clone(), trace.evaluation().options.clone())
    };
    let hashed = |index, value: &'static str| {
        move |options: Option<OptionsTrace>| {
            let Some(OptionsTrace::Hashed { attribute, bucket, selected: Some(selected) }) = options else {
                panic!()
            };
            assert_eq!((attribute.as_str(), bucket < 100), ("Team", true));
            assert_eq!((selected.index, selected.percentage, selected.value.as_str()), (index, 100, value));
        }
    };
    let (rule, setting) = options(Some(&User::new("u").custom("Team", "blue")));
    hashed(0, "1")(rule);
    assert_eq!(setting, None);
    let (rule, setting) = options(Some(&User::new("x").custom("Team", "blue")));
    assert_eq!(rule, None);
    hashed(1, "3")(setting);
    let skipped = |obstacle| Some(OptionsTrace::Skipped(obstacle));
    let no_team = || ObstacleTrace::AttributeMissing("Team".into());
    assert_eq!(options(Some(&User::new("u"))), (skipped(no_team()), skipped(no_team())));
    assert_eq!(options(Some(&User::new("x"))), (None, skipped(no_team())));
    assert_eq!(options(None), (None, skipped(ObstacleTrace::NoUser)));
}

#[test]
fn an_error_leaves_open_what_it_came_between() {
    let config = config();
    let trace = config.explain("segments", &User::new("u").email("e"));
    let [_, second] = &trace.evaluation().rules[..] else { panic!("{trace}") };
    assert_eq!((second.outcome.clone(), second.conditions[0].outcome.clone()), (None, None));
    assert_eq!(trace.result().unwrap_err().place(), "f.segments.r[1].c[0].s");
    // The prerequisite flag fails: it has no value, and nothing around it an outcome.
    let user = User::new("other");
    let trace = config.explain("nested", &user);
    assert!(trace.result().is_ok());
    let user = User::new("u").email("e").custom("Team", 1);
    let trace = config.explain("nested", &user);
    let [_, second] = &trace.evaluation().rules[..] else { panic!("{trace}") };
    let Some(NestedTrace::Prerequisite { value: None, evaluation, .. }) = &second.conditions[0].nested else {
        panic!("{trace}");
    };
    assert_eq!((second.outcome.clone(), evaluation.rules[1].outcome.clone()), (None, None));
}

#[test]
fn the_default_shows_after_an_error_only() {
    let config = config();
    for (key, default, last) in [
        ("plain", Some(Value::Bool(false)), "  Returning 'true'."),
        ("other", Some(false.into()), "  Returning 'false'."),
        ("other", Some(1.5e300.into()), "  Returning '1.5e+300'."),
        ("other", Some("".into()), "  Returning ''."),
        ("other", None, "  Returning the default value."),
    ] {
        let mut trace = config.explain(key, None);
        if let Some(default) = default.filter(|_| trace.result().is_err()) {
            trace = trace.returning(default);
        }
        assert_eq!(trace.to_string().lines().last(), Some(last));
        assert_eq!(trace.to_string(), trace.clone().to_string());
    }
}

#[test]
fn the_rule_that_matched_reads_on_one_line() {
    let config = config();
    let text = |key, user: &User| config.evaluate(key, user).unwrap().matched_rule_text();
    let user = User::new("u").email("e").custom("Age", 18).custom("Team", 1);
    let and = "IF User.Identifier EQUALS 'u' AND User.Email EQUALS 'e' AND User.Age > '17.5' THEN 'true'";
    assert_eq!(text("rules", &user).as_deref(), Some(and));
    assert_eq!(text("rules", &User::new("x")).as_deref(), Some("THEN 'true'"));
    assert_eq!(text("shares", &user).as_deref(), Some("IF User.Identifier EQUALS 'u' THEN % options"));
    assert_eq!(
        text("segments", &User::new("x")).as_deref(),
        Some("IF User IS NOT IN SEGMENT 'S' THEN 'true'")
    );
    assert_eq!(text("nested", &User::new("x")).as_deref(), Some("IF Flag 'segments' EQUALS 'true' THEN 'y'"));
    assert_eq!(text("shares", &User::new("x").custom("Team", 1)), None);
    assert_eq!(text("plain", &user), None);
}
