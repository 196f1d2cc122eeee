//! Tests of the sample config with the three users.

use configcat::{Config, SettingType, trace::OutcomeTrace};
use console::users::users;

use crate::{SAMPLE_CONFIG, table, with_sale, with_sample_config};

fn config() -> Config {
    Config::parse(SAMPLE_CONFIG).unwrap()
}

#[test]
fn every_setting_has_the_expected_value_for_every_user() {
    let expected = [
        ("isSaleRunning", ["false", "false", "false"]),
        ("discount", ["0", "0", "0"]),
        ("isNewCheckoutEnabled", ["true", "true", "false"]),
        ("checkoutLayout", ["one page", "step by step", "classic"]),
        ("greeting", ["Jó napot!", "Guten Tag!", "Hello!"]),
        ("maxUploadMb", ["500", "100", "10"]),
        ("supportChannel", ["phone", "chat", "e-mail"]),
        ("isStaffToolbarVisible", ["true", "true", "false"]),
        ("recommendationWeight", ["0.75", "0.25", "1"]),
    ];
    let config = config();
    assert!(config.keys().eq(expected.iter().map(|(key, _)| *key)));
    for (key, values) in expected {
        for ((about, user), value) in users().iter().zip(values) {
            let evaluation = config.evaluate(key, user).unwrap();
            assert_eq!(evaluation.value().to_string(), value, "{key} for {about}");
            assert!(!evaluation.has_warnings(), "{key} for {about}");
            let variation_id = evaluation.variation_id().unwrap();
            assert_eq!(config.key_and_value(variation_id), Some((key, evaluation.value())));
        }
    }
}

#[test]
fn settings_are_of_all_types() {
    let config = config();
    let types: Vec<_> = config.keys().map(|key| config.setting_type(key).unwrap()).collect();
    for setting_type in [SettingType::Bool, SettingType::Text, SettingType::Int, SettingType::Double] {
        assert!(types.contains(&setting_type), "{setting_type}");
    }
}

#[test]
fn hashed_conditions_hold_for_those_who_are_meant() {
    let config = config();
    let [(_, jane), (_, bob), (_, mei)] = users();
    let table = [
        ("isNewCheckoutEnabled", 0, [true, false, false]),
        ("maxUploadMb", 0, [true, false, false]),
        ("isStaffToolbarVisible", 0, [true, false, false]),
        ("isStaffToolbarVisible", 1, [true, true, false]),
    ];
    for (key, rule, expected) in table {
        for (user, holds) in [&jane, &bob, &mei].into_iter().zip(expected) {
            let trace = config.explain(key, user);
            match trace.evaluation().rules.get(rule) {
                Some(rule) => assert_eq!(rule.outcome, Some(OutcomeTrace::Holds(holds)), "{trace}"),
                None => assert!(holds, "an earlier rule matched: {trace}"),
            }
        }
    }
}

#[test]
fn the_sale_changes_two_settings() {
    let (before, after) = (config(), Config::parse(with_sale(SAMPLE_CONFIG)).unwrap());
    let [(_, jane), ..] = users();
    let is_changed = |key: &&str| {
        before.evaluate(key, &jane).unwrap().value() != after.evaluate(key, &jane).unwrap().value()
    };
    assert_eq!(before.keys().filter(is_changed).collect::<Vec<_>>(), ["isSaleRunning", "discount"]);
}

#[test]
fn the_sample_runs_and_its_tables_fit() {
    let mut out = Vec::new();
    with_sample_config(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("isSaleRunning  false   true\n"), "{text}");
    let mut tables = text.split("How 'checkoutLayout'").take(1).flat_map(str::lines);
    assert!(tables.all(|line| line.chars().count() <= table::MAX_WIDTH), "{text}");
}
