//! The reason for a value, and evaluations as events of OpenTelemetry.

use configcat::{Client, EvaluationDetails, PollingMode, User, Value, details::EvaluationReason};
use configcat_testkit::Evaluations;

use crate::{
    details::CONFIG,
    support::{Cdn, ManualClock, client, client_on},
};

#[test]
fn the_reason_matches_the_evaluation() {
    let client = client_on(&ManualClock::new(), CONFIG);
    let (john, jane) = (User::new("1").email("john@example.com").country("HU"), User::new("2"));
    let reason = |key: &str, default: Value, user: Option<&User>| match default {
        Value::Bool(default) => client.get_value_details(key, default, user).reason(),
        Value::Int(default) => client.get_value_details(key, default, user).reason(),
        Value::Double(default) => client.get_value_details(key, default, user).reason(),
        Value::Text(default) => client.get_value_details(key, default, user).reason(),
    };
    for (key, default, user, expected) in [
        ("share", Value::from(0.0), Some(&john), EvaluationReason::Static),
        ("share", 0.0.into(), None, EvaluationReason::Static),
        ("isOn", false.into(), Some(&john), EvaluationReason::TargetingMatch),
        ("isOn", false.into(), Some(&jane), EvaluationReason::Default),
        ("isOn", false.into(), None, EvaluationReason::Default),
        ("title", "".into(), Some(&john), EvaluationReason::Split),
        ("limit", 0.into(), Some(&jane), EvaluationReason::Split),
        ("limit", 0.into(), None, EvaluationReason::Default),
        ("limit", false.into(), Some(&jane), EvaluationReason::Error),
        ("broken", false.into(), None, EvaluationReason::Error),
        ("missing", false.into(), None, EvaluationReason::Error),
    ] {
        assert_eq!(reason(key, default, user), expected, "{key} for {user:?}");
    }
    let all: Vec<_> = client.get_all_value_details(None).iter().map(|details| details.reason()).collect();
    let [default, fixed] = [EvaluationReason::Default, EvaluationReason::Static];
    assert_eq!(all, [default, default, default, fixed]);
}

/// Returns the attributes of the last evaluation of this client.
fn attributes(client: &Client, evaluate: impl FnOnce(&Client)) -> Vec<(&'static str, Value)> {
    let seen = Evaluations::of(client);
    evaluate(client);
    seen.take().pop().unwrap().telemetry_attributes()
}

#[test]
fn an_evaluation_is_an_event_of_open_telemetry() {
    assert_eq!(EvaluationDetails::TELEMETRY_EVENT, "feature_flag.evaluation");
    let client = client_on(&ManualClock::new(), CONFIG);
    let user = User::new("42").email("john@example.com");
    let found = attributes(&client, |client| {
        client.get_value("isOn", false, &user);
    });
    let expected = [
        ("feature_flag.key", "isOn"),
        ("feature_flag.provider.name", "ConfigCat"),
        ("feature_flag.result.variant", "on-id"),
        ("feature_flag.result.reason", "targeting_match"),
        ("feature_flag.version", "dec400fb5cb557cc"),
        ("feature_flag.context.id", "42"),
    ];
    assert_eq!(found, expected.map(|(name, value)| (name, Value::from(value))));
}

#[test]
fn the_value_replaces_a_missing_variant() {
    let client = client_on(&ManualClock::new(), CONFIG);
    let found = attributes(&client, |client| {
        client.get_value("share", 0.0, None);
    });
    assert_eq!(found[2], ("feature_flag.result.value", Value::Double(0.5)));
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn an_error_has_a_type_and_a_message() {
    let with_config = client_on(&ManualClock::new(), CONFIG);
    let empty = client(&Cdn::empty(), PollingMode::manual()).build().unwrap();
    for (client, key, kind, message) in [
        (&with_config, "missing", "flag_not_found", "the key was not found"),
        (&with_config, "broken", "parse_error", "Error occurred while evaluating"),
        (&with_config, "limit", "type_mismatch", "is of type int"),
        (&empty, "isOn", "provider_not_ready", "Config JSON is not present"),
    ] {
        let found = attributes(client, |client| {
            client.get_value(key, true, None);
        });
        let value = ("feature_flag.result.value", true.into());
        assert_eq!(found[2..4], [value, ("feature_flag.result.reason", "error".into())]);
        // Between them is the version, if there is a config.
        let [.., error, (name, text)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((error, *name), (&("error.type", kind.into()), "feature_flag.error.message"));
        assert!(text.as_text().unwrap().contains(message), "{found:?}");
    }
}
