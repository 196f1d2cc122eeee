//! Descriptions of settings.

use std::{fmt::Write, sync::Arc};

use configcat_eval::{
    ConditionDescription, Config, OptionDescription, ServedDescription, SettingDescription, SettingType,
    ThenDescription,
};
use serde_json::json;

use crate::support::{document, flag, is_u, parse, prerequisite};

/// Returns the description in words, a line each.
fn draw(setting: &SettingDescription) -> String {
    let mut text = String::new();
    for rule in &setting.rules {
        let conditions: Vec<String> = rule.conditions.iter().map(condition).collect();
        write!(text, "if {} then ", conditions.join(" and ")).unwrap();
        match &rule.then {
            ThenDescription::Served(value) => writeln!(text, "{}", served(value)).unwrap(),
            ThenDescription::Options(shares) => writeln!(text, "{}", options(shares)).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    if let Some(attribute) = &setting.options_attribute {
        writeln!(text, "by {attribute}: {}", options(&setting.options)).unwrap();
    }
    text + "else " + &served(&setting.default)
}

fn condition(condition: &ConditionDescription) -> String {
    match condition {
        ConditionDescription::User { attribute, comparator, comparison, .. } => {
            format!("{attribute} {comparator} {comparison:?}")
        }
        ConditionDescription::Segment { name, is_inside, conditions, .. } => {
            let conditions: Vec<String> = conditions.iter().map(self::condition).collect();
            format!("inside {name} {is_inside} ({})", conditions.join(" and "))
        }
        ConditionDescription::Prerequisite { key, is_equal, value } => format!("{key} {is_equal} {value:?}"),
        _ => "?".to_owned(),
    }
}

fn options(options: &[OptionDescription]) -> String {
    let shares = options.iter().map(|option| format!("{}% {}", option.percentage, served(&option.served)));
    shares.collect::<Vec<_>>().join(", ")
}

fn served(served: &ServedDescription) -> String {
    let id = served.variation_id.as_deref().unwrap_or("-");
    served.value.as_ref().map_or_else(|| format!("? {id}"), |value| format!("{value} {id}"))
}

fn drawn(config: &Config, key: &str) -> String {
    draw(&config.describe(key).unwrap())
}

#[test]
fn rules_options_and_default_are_described() {
    let mut document = document(json!({
        "plain": flag(true),
        "full": {"t": 1, "a": "Team", "v": {"s": "rest"}, "i": "i0", "r": [
            {"c": [is_u(), {"u": {"a": "Age", "c": 14, "d": 17.5}}], "s": {"v": {"s": "adult"}, "i": "i1"}},
            {"c": [{"s": {"s": 0, "c": 1}}, prerequisite("plain", &json!({"b": true}))],
             "p": [{"p": 30, "v": {"s": "a"}, "i": "i2"}, {"p": 70, "v": {"s": "b"}}]}],
            "p": [{"p": 100, "v": {"s": "c"}, "i": "i3"}]},
    }));
    document["s"] = json!([{"n": "S", "r": [{"a": "Email", "c": 0, "l": ["e", "f"]}]}]);
    let config = parse(&document);
    assert_eq!(drawn(&config, "plain"), "else true -");
    assert_eq!(
        drawn(&config, "full"),
        "if Identifier EQUALS Text(\"u\") and Age > Number(17.5) then adult i1
if inside S false (Email IS ONE OF List([\"e\", \"f\"])) and plain true Some(Bool(true)) then 30% a i2, 70% b -
by Team: 100% c i3
else rest i0"
    );
    assert_eq!(config.describe("other"), None);
}

#[test]
fn comparison_values_are_data() {
    let comparisons = [
        (
            json!({"a": "A", "c": 19, "d": 1_693_497_600}),
            "AFTER Time(DateTime { unix_millis: 1693497600000 })",
        ),
        (json!({"a": "A", "c": 19, "d": 1e300}), "AFTER Number(1e300)"),
        (json!({"a": "A", "c": 18, "d": 0.0001}), "BEFORE Number(0.0001)"),
        (json!({"a": "A", "c": 9, "s": "1.2.3"}), ">= Text(\"1.2.3\")"),
        (json!({"a": "A", "c": 4, "l": ["1.2.3", "x"]}), "IS ONE OF List([\"1.2.3\", \"x\"])"),
        (json!({"a": "A", "c": 20, "s": "00"}), "EQUALS Hashed(1)"),
        (json!({"a": "A", "c": 26, "l": ["00", "01"]}), "ARRAY CONTAINS ANY OF Hashed(2)"),
    ];
    for (comparison, expected) in comparisons {
        let on = json!({"v": {"b": true}});
        let setting = json!({"t": 0, "v": {"b": false}, "r": [{"c": [{"u": comparison}], "s": on}]});
        let config = parse(&document(json!({ "flag": setting })));
        let expected = format!("if A {expected} then true -\nby Identifier: \nelse false -");
        assert_eq!(drawn(&config, "flag"), expected);
    }
}

#[test]
fn a_list_ends_with_its_malformed_item() {
    let on = json!({"v": {"b": true}});
    let rules = [
        (json!(5), "if ? then ? -"),
        (json!({"c": 5, "s": on}), "if ? then true -"),
        (json!({"c": [is_u(), 5, is_u()], "s": on}), "if Identifier EQUALS Text(\"u\") and ? then true -"),
        (json!({"c": [{"u": {"a": "Age", "c": 99, "d": 1}}], "s": on}), "if ? then true -"),
        (json!({"c": [{"u": {"a": "Age", "c": 14, "s": "text"}}], "s": on}), "if ? then true -"),
        (json!({"c": [{"s": {"s": 7, "c": 0}}], "s": on}), "if ? then true -"),
        (json!({"c": [], "s": {"v": {"s": "text"}}}), "if  then ? -"),
        (json!({"c": []}), "if  then ? -"),
    ];
    for (rule, expected) in rules {
        let setting = json!({"t": 0, "v": {"b": false}, "i": "i0", "r": [rule]});
        let config = parse(&document(json!({ "broken": setting })));
        assert_eq!(drawn(&config, "broken"), format!("{expected}\nby Identifier: \nelse false i0"), "{rule}");
    }
    let config =
        parse(&document(json!({"broken": {"t": 0, "v": {"s": "text"}, "r": [5, {"c": [], "s": on}]}})));
    assert_eq!(drawn(&config, "broken"), "if ? then ? -\nby Identifier: \nelse ? -");
}

#[test]
fn rules_share_the_description_of_a_segment() {
    let rule = json!({"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"b": true}}});
    let config = parse(&json!({
        "s": [{"n": "wide", "r": vec![is_u()["u"].clone(); 3]}],
        "f": {"k": {"t": 0, "v": {"b": false}, "r": vec![rule; 2]}},
    }));
    let setting = config.describe("k").unwrap();
    let shared = setting.rules.iter().map(|rule| match rule.conditions.as_slice() {
        [ConditionDescription::Segment { name, conditions, .. }] => (name, conditions),
        other => panic!("{other:?}"),
    });
    let [first, second] = shared.collect::<Vec<_>>()[..] else { panic!() };
    assert!(Arc::ptr_eq(first.0, second.0) && Arc::ptr_eq(first.1, second.1));
    assert_eq!((&**first.0, first.1.len()), ("wide", 3));
}

#[test]
fn sound_types_and_defaults_are_described() {
    let config = Config::parse(
        r#"{"f": {"no setting": 5, "no type": {"t": 9, "v": {"b": true}}, "no default": {"t": 2, "v": {"b": true}},
            "no rules": {"t": 0, "v": {"b": true}, "r": 7}, "sound": {"t": 3, "v": {"d": 0.5}}}}"#,
    );
    let config = config.unwrap();
    let told = config.keys().map(|key| {
        let setting = config.describe(key).unwrap();
        (key, setting.setting_type, setting.default.value)
    });
    let expected = [
        ("no setting", None, None),
        ("no type", None, None),
        ("no default", Some(SettingType::Int), None),
        ("no rules", Some(SettingType::Bool), Some(true.into())),
        ("sound", Some(SettingType::Double), Some(0.5.into())),
    ];
    assert!(told.eq(expected));
}

#[test]
fn comparators_have_the_code_of_the_document() {
    for code in 0..36 {
        let condition = json!({"a": "A", "c": code, "s": "1.0.0", "d": 1, "l": ["1_00"]});
        let rule = json!({"c": [{"u": condition}], "s": {"v": {"b": true}}});
        let config = parse(&document(json!({"k": {"t": 0, "v": {"b": false}, "r": [rule]}})));
        let described = config.describe("k").unwrap();
        let ConditionDescription::User { comparator_code, .. } = described.rules[0].conditions[0] else {
            panic!("{described:?}")
        };
        assert_eq!(comparator_code, code);
    }
}

#[test]
fn segments_are_described_with_their_use_and_faults() {
    let config = parse(&json!({
        "s": [{"n": "used", "r": [is_u()["u"]]}, {"n": "", "r": []}, 5, {"n": "x", "r": [{"a": "A", "c": 99}, 7]},
            {"n": "hashed", "r": [{"a": "A", "c": 16, "l": []}]}],
        "f": {"k": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"s": {"s": 0, "c": 1}}], "s": {"v": {"b": true}}}]}},
    }));
    let drawn: Vec<String> = config
        .segments()
        .iter()
        .map(|segment| {
            let faults: Vec<String> = segment.faults.iter().map(ToString::to_string).collect();
            let conditions: Vec<String> = segment.conditions.iter().map(condition).collect();
            let name = segment.name.as_deref().unwrap_or("-");
            format!(
                "{} {name} {} {} {}",
                segment.index,
                segment.is_used,
                conditions.join("; "),
                faults.join("; ")
            )
        })
        .collect();
    assert_eq!(
        drawn,
        [
            "0 used true Identifier EQUALS Text(\"u\") ",
            "1 - false  s[1]: segment name is missing",
            "2 - false  s[2]: expected an object, found a number",
            "3 x false ?; ? s[3].r[0]: unknown comparator 99; s[3].r[1]: expected an object, found a number",
            "4 hashed false A IS ONE OF Hashed(0) s[4].r[0]: salt of the config (p.s) is missing",
        ]
    );
}
