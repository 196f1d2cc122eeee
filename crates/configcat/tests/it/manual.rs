//! Tables of the manual that repeat the code.

use std::collections::BTreeMap;

use configcat::{AttributeValue, Config, User, describe::ConditionDescription, time::DateTime};

const PAGE: &str = include_str!("../../src/docs/comparators.rs");

/// Returns the cells of the first table of a page, without its head.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let rows = page.lines().skip_while(|line| !line.starts_with("//! | code |")).skip(2);
    let rows = rows.map_while(|line| line.strip_prefix("//! | ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").collect()).collect()
}

/// Returns a config with one rule, a comparator and each form of a comparison value.
fn config(comparator: i64) -> Config {
    let json = format!(
        r#"{{"p": {{"s": "salt"}}, "f": {{"flag": {{"t": 0, "v": {{"b": false}}, "r": [{{
            "c": [{{"u": {{"a": "A", "c": {comparator}, "s": "1.0.0", "d": 1, "l": ["1_00"]}}}}],
            "s": {{"v": {{"b": true}}}}}}]}}}}}}"#
    );
    Config::parse(json).unwrap()
}

/// Returns the name of the comparator in the evaluation log.
fn name(config: &Config) -> &'static str {
    let setting = config.describe("flag").unwrap();
    match setting.rules[0].conditions[0] {
        ConditionDescription::User { comparator, .. } => comparator,
        ref other => panic!("{other:?}"),
    }
}

/// Returns the warning about an attribute of this value.
fn warning(config: &Config, value: impl Into<AttributeValue>) -> Option<u16> {
    let trace = config.explain("flag", &User::new("42").custom("A", value));
    trace.warnings().first().map(|warning| warning.id())
}

#[test]
fn the_page_of_comparators_has_each_with_its_name_and_its_attribute() {
    let mut readings = BTreeMap::new();
    for row in rows(PAGE) {
        let codes = row[0].split(", ").map(|code| code.parse().unwrap());
        let names = row[1].split(", ").map(|name| name.trim_matches('`'));
        for (code, written) in codes.zip(names) {
            assert_eq!(name(&config(code)), written, "{code}");
            assert_eq!(readings.insert(code, row[2]), None, "{code} is there twice");
        }
    }
    assert_eq!(readings.keys().copied().collect::<Vec<i64>>(), (0..36).collect::<Vec<_>>());

    // As the second table of the page says, the warnings for a number, a date-time and a list tell
    // the readings apart.
    for (code, reading) in readings {
        let config = config(code);
        let warnings = [
            warning(&config, 1.5),
            warning(&config, DateTime::from_unix_millis(0)),
            warning(&config, ["a"]),
            warning(&config, "x"),
        ];
        let expected = match reading {
            "text" => [Some(3005), Some(3005), Some(3005), None],
            "version" => [Some(3004), Some(3004), Some(3004), Some(3004)],
            "number" => [None, Some(3004), Some(3004), Some(3004)],
            "time" => [None, None, Some(3004), Some(3004)],
            "list" => [Some(3004), Some(3004), None, Some(3004)],
            other => panic!("{other}"),
        };
        assert_eq!(warnings, expected, "{code}, {reading}");
        assert_eq!(warning(&config, ""), Some(3003), "{code}");
    }
}
