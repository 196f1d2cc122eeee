//! Tests of config JSONs from values.

use configcat::{Config, Value};
use configcat_testkit::config_json;

#[test]
fn all_types_are_read_back() {
    let values = [
        ("yes", Value::from(true)),
        ("no", false.into()),
        ("text", "quotes \" and \\ and \n, é".into()),
        ("empty", "".into()),
        ("most", i64::MAX.into()),
        ("least", i64::MIN.into()),
        ("share", 0.1.into()),
        ("whole", 2.0.into()),
        ("a \"key\"", 1.into()),
    ];
    let config = Config::parse(config_json(values.clone())).unwrap();
    assert_eq!(config.keys().count(), values.len());
    for (key, value) in values {
        let evaluation = config.evaluate(key, None).unwrap();
        assert_eq!(*evaluation.value(), value, "{key}");
        assert_eq!(evaluation.variation_id(), Some(&*format!("{key}-id")));
    }
}

#[test]
fn what_json_has_no_number_for_is_broken_alone() {
    let config = Config::parse(config_json([("nan", f64::NAN), ("one", 1.0)])).unwrap();
    assert!(config.evaluate("nan", None).is_err());
    assert_eq!(config.evaluate("one", None).unwrap().value().as_double(), Some(1.0));
}

#[test]
fn no_settings_are_a_config_too() {
    assert_eq!(Config::parse(config_json::<&str, bool>([])).unwrap().keys().count(), 0);
}
