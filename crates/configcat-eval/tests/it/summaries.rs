//! What settings a config has.

use configcat_eval::{Config, SettingSummary, SettingType, Value};

type Summary<'c> = (&'c str, Option<SettingType>, Option<Value>, usize, usize);

fn summaries<'c>(config: &'c Config) -> Vec<Summary<'c>> {
    let tuple = |setting: SettingSummary<'c>| {
        let default = setting.default.cloned();
        (setting.key, setting.setting_type, default, setting.targeting_rules, setting.percentage_options)
    };
    let all: Vec<_> = config.settings().map(tuple).collect();
    assert!(config.keys().eq(all.iter().map(|setting| setting.0)));
    all
}

#[test]
fn types_defaults_and_counts_are_told() {
    let config = Config::parse(
        r#"{"f": {
            "plain": {"t": 1, "v": {"s": "x"}},
            "targeted": {"t": 0, "v": {"b": false}, "r": [
                {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "p": [
                    {"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]},
                {"c": [{"u": {"a": "Plan", "c": 99, "s": "pro"}}], "s": {"v": {"b": true}}}]},
            "split": {"t": 3, "v": {"d": 0.5}, "p": [
                {"p": 20, "v": {"d": 1}}, {"p": 30, "v": {"d": 2}}, {"p": 50, "v": {"d": 3}}]}}}"#,
    );
    let expected = [
        ("plain", Some(SettingType::Text), Some("x".into()), 0, 0),
        ("targeted", Some(SettingType::Bool), Some(false.into()), 2, 0),
        ("split", Some(SettingType::Double), Some(0.5.into()), 0, 3),
    ];
    assert_eq!(summaries(&config.unwrap()), expected);
}

#[test]
fn faults_are_told_apart() {
    let config = Config::parse(
        r#"{"f": {"no setting": 5, "no type": {"t": 9, "v": {"b": true}}, "no default": {"t": 2, "v": {"b": true}},
            "no rules": {"t": 0, "v": {"b": true}, "r": 7}}}"#,
    );
    let expected = [
        ("no setting", None, None, 0, 0),
        ("no type", None, None, 0, 0),
        ("no default", Some(SettingType::Int), None, 0, 0),
        ("no rules", Some(SettingType::Bool), Some(true.into()), 0, 0),
    ];
    assert_eq!(summaries(&config.unwrap()), expected);
}

#[test]
fn bare_values_are_settings_too() {
    let config = Config::from_values([("limit", Value::from(10))]);
    assert_eq!(summaries(&config), [("limit", Some(SettingType::Int), Some(10.into()), 0, 0)]);
}
