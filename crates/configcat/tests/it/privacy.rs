//! Private attributes: their values are in no record, no trace, no detail and no telemetry.

use std::fmt::Write as _;

use configcat::{
    AttributeValue, Client, Flag, MapOverrides, OverrideBehavior, PollingMode, User, time::DateTime,
    user::PrivateAttributes,
};
use configcat_testkit::Evaluations;

use crate::support::{Cdn, Log, Mailbox, ManualClock, client, client_on, quietly};

/// Rules on the attribute `$A`: each cause of a warning, a broken rule, a segment, a prerequisite
/// flag and percentage options.
const CONFIG: &str = r#"{"p": {"s": "salt"}, "s": [{"n": "Beta", "r": [{"a": "$A", "c": 12, "d": 18}]}], "f": {
    "number": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "$A", "c": 12, "d": 18}}], "s": {"v": {"b": true}}}]},
    "version": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "$A", "c": 6, "s": "1.0.0"}}], "s": {"v": {"b": true}}}]},
    "time": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "$A", "c": 18, "d": 18}}], "s": {"v": {"b": true}}}]},
    "list": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "$A", "c": 34, "l": ["x"]}}], "s": {"v": {"b": true}}}]},
    "text": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "$A", "c": 29, "s": "x"}}], "s": {"v": {"b": true}}}]},
    "hash": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "$A", "c": 16, "l": ["00"]}}], "s": {"v": {"b": true}}}]},
    "segment": {"t": 0, "v": {"b": false}, "r": [{"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"b": true}}}]},
    "flag": {"t": 0, "v": {"b": false}, "r": [{"c": [{"p": {"f": "text", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]},
    "share": {"t": 1, "v": {"s": "none"}, "a": "$A", "p": [{"p": 50, "v": {"s": "a"}}, {"p": 50, "v": {"s": "b"}}]},
    "broken": {"t": 0, "v": {"b": false}, "r": [
        {"c": [{"u": {"a": "$A", "c": 12, "d": 18}}], "s": {"v": {"b": true}}},
        {"c": [{"u": {"a": "$A", "c": 99, "s": "x"}}], "s": {"v": {"b": true}}}]}}}"#;

const NAMES: [&str; 4] = ["Identifier", "Email", "Country", "Token"];

/// A secret, and the texts by which it is recognized.
type Secret = (AttributeValue, &'static [&'static str]);

fn secrets() -> Vec<Secret> {
    vec![
        ("SQVWXYZSTU\"\\\n\u{1}é".into(), &["SQVWXY", "YZSTU"]),
        ("73.14159265358".into(), &["14159", "65358"]),
        ("1.0.0-SQVWXYZ.77553311".into(), &["SQVWX", "77553", "53311"]),
        ("[\"SQVWXYZ\",\"UTSRQ\\u0041\"]".into(), &["SQVWX", "UTSRQ"]),
        ("[\"SQVWXYZ".into(), &["SQVWX"]),
        (8_877_665_544_332_i64.into(), &["88776", "44332", "8.87766"]),
        ((-8_877_665_544_332_i64).into(), &["88776", "44332", "8.87766"]),
        (18_877_665_544_332_u64.into(), &["88776", "44332", "1.88776"]),
        (0.000_000_987_654_3_f64.into(), &["98765", "9.87654"]),
        (987_654.3_f32.into(), &["98765"]),
        (f64::MAX.into(), &["17976", "1.79769"]),
        (DateTime::from_unix_millis(1_686_756_435_844).into(), &["16867", "35844", "2023-06-14", "15:27:15"]),
        (["SQVWXYZ", "UTSRQ\"", ""].into(), &["SQVWX", "UTSRQ"]),
        ("SQVWXYZ".repeat(100_000).into(), &["SQVWX", "WXYZS"]),
    ]
}

fn user(attribute: &str, value: AttributeValue) -> User {
    let user = User::new("42");
    match attribute {
        "Identifier" => User::new(value),
        "Email" => user.email(value),
        "Country" => user.country(value),
        _ => user.custom(attribute, value),
    }
    .custom("Plan", "visible")
}

/// Evaluates all flags for a user in each way, with each observer, and returns all texts that an
/// application can print without asking for the value of the attribute.
fn observed(client: &Client, user: &User) -> String {
    static NUMBER: Flag<bool> = Flag::new("number", false);

    let (log, mut text) = (Log::new(), String::new());
    let evaluations = Evaluations::of(client);
    let (sender, errors) = Mailbox::new();
    client.hooks().on_error(move |error| sender.send(error.clone()));
    let snapshot = client.snapshot().for_user(user);
    client.set_default_user(user.clone());
    for user in [Some(user), None] {
        for key in client.get_all_keys() {
            for observes in [true, false] {
                let evaluate = || {
                    client.get_value(&key, false, user);
                    client.get_value(&key, 0, user); // another type
                    client.get_parsed(&key, 0_u8, user);
                };
                if observes { evaluate() } else { quietly(evaluate) }
            }
            snapshot.get_value(&key, false, user);
            let details = client.get_value_details(&key, false, user);
            write!(text, "{details:?} {details:#?} {:?}", details.error).unwrap();
            let trace = client.explain(&key, user).unwrap();
            write!(text, "{trace} {trace:#} {trace:?} {trace:#?} {:?}", trace.warnings()).unwrap();
            write!(text, "{:?}", snapshot.explain(&key, user)).unwrap();
        }
        client.get(&NUMBER, user);
        write!(text, "{:?}", client.get_all_values(user)).unwrap();
        for details in client.get_all_value_details(user) {
            write!(text, "{details:?} {:?}", details.telemetry_attributes()).unwrap();
        }
    }
    write!(text, "{client:?} {snapshot:?}").unwrap();
    for details in evaluations.take() {
        write!(text, "{details:?} {:?}", details.telemetry_attributes()).unwrap();
        let user = details.user.unwrap();
        write!(text, "{user} {user:?}").unwrap();
        // A hook that reads the attributes, to send them elsewhere.
        NAMES.iter().for_each(|name| write!(text, "{:?}", user.get(name)).unwrap());
    }
    errors.all().iter().for_each(|error| write!(text, "{error:?} {}", error.message).unwrap());
    for record in log.records() {
        writeln!(text, "{}", record.line).unwrap();
    }
    text
}

#[test]
fn a_private_value_is_in_no_record_trace_detail_or_telemetry() {
    for attribute in NAMES {
        let config: &'static str = CONFIG.replace("$A", attribute).leak();
        let build = |private: Option<PrivateAttributes>| {
            let cdn = Cdn::new(config);
            let builder = client(&cdn, PollingMode::manual());
            let builder =
                private.into_iter().fold(builder, |builder, private| builder.private_attributes(private));
            let client = builder.build().unwrap();
            client.force_refresh().unwrap();
            client
        };
        for (secret, pieces) in secrets() {
            let (plain, only) = (user(attribute, secret), PrivateAttributes::only([attribute]));
            let cases = [
                (Some(only.clone()), plain.clone()),
                (Some(PrivateAttributes::all_except(["Plan"])), plain.clone()),
                (None, plain.clone().private_attributes(only.clone())),
            ];
            let open = build(None);
            for (private, user) in cases {
                let client = build(private);
                let text = observed(&client, &user);
                for piece in pieces {
                    assert!(!text.contains(piece), "{piece} of {attribute}");
                }
                assert!(text.contains("<private>") && text.contains("visible"));
                assert_eq!(client.get_all_values(&user), open.get_all_values(&plain), "evaluated as before");
            }
        }
        // The test finds the values where they are not private.
        let (secret, pieces) = secrets().swap_remove(0);
        let text = observed(&build(None), &user(attribute, secret));
        assert!(pieces.iter().all(|piece| text.contains(piece)));
    }
}

#[test]
fn private_attributes_of_a_client_add_up() {
    let builder = Client::builder("local")
        .overrides(OverrideBehavior::LocalOnly, MapOverrides::new([("isNew", true.into())]))
        .private_attributes(PrivateAttributes::only(["Email"]))
        .private_attributes(PrivateAttributes::only(["Country"]));
    let client = builder.build().unwrap();
    let user = User::new("42").email("jane@example.com").country("HU").custom("Age", 32);
    let user = user.private_attributes(PrivateAttributes::only(["Age"]));
    let expected = r#"{"Identifier":"42","Email":"<private>","Country":"<private>","Age":"<private>"}"#;
    assert_eq!(client.get_value_details("isNew", false, &user).user.unwrap().to_string(), expected);
    assert!(client.explain("isNew", &user).unwrap().to_string().contains(expected));
}

#[test]
fn details_have_the_user_without_private_values() {
    let client = client_on(&ManualClock::new(), r#"{"f": {"isNew": {"t": 0, "v": {"b": true}}}}"#);
    let user = User::new("42").email("jane@example.com");
    assert_eq!(client.get_value_details("isNew", false, &user).user, Some(user.clone()), "off by default");
    let marked = user.private_attributes(PrivateAttributes::only(["Email"]));
    let details = client.get_value_details("isNew", false, &marked);
    let found = details.user.as_ref().unwrap();
    assert_eq!(found.get("Email"), Some(&"<private>".into()));
    assert!(found.is_private("Email") && found.get("Identifier") == Some(&"42".into()));
    assert_eq!(marked.get("Email"), Some(&"jane@example.com".into()), "that of the application is unchanged");
    let id = |user: &User| {
        let evaluations = Evaluations::of(&client);
        client.get_value("isNew", false, user);
        let attributes = evaluations.take().pop().unwrap().telemetry_attributes();
        attributes
            .into_iter()
            .find(|(name, _)| *name == "feature_flag.context.id")
            .map(|(_, id)| id.to_string())
    };
    assert_eq!(id(&marked).as_deref(), Some("42"));
    let marked = marked.private_attributes(PrivateAttributes::all());
    assert_eq!(id(&marked).as_deref(), Some("<private>"));
}
