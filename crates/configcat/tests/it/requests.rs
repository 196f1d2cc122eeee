//! Snapshots for one request: with a user of its own, and with other values for some flags.

use allocation_counter::measure;
use configcat::{
    AnyFlag, Client, Config, Flag, MapOverrides, OverrideBehavior, PollingMode, Snapshot, User, Value,
    details::EvaluationReason,
    request::{Overrides, OverridesError},
};

use crate::support::{
    Cdn, Log, Mailbox, ManualClock, bool_config, client, client_on, local, on_document, quietly,
};

/// `top` is on for users whose `base` is on, and `targeted` is on for users in HU.
const CONFIG: &str = r#"{"p": {"s": "salt"}, "f": {
    "base": {"t": 0, "v": {"b": false}, "i": "off-id"},
    "top": {"t": 0, "v": {"b": false}, "r": [
        {"c": [{"p": {"f": "base", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]},
    "targeted": {"t": 0, "v": {"b": false}, "r": [
        {"c": [{"u": {"a": "Country", "c": 28, "s": "HU"}}], "s": {"v": {"b": true}}}]},
    "title": {"t": 1, "v": {"s": "Hello"}},
    "limit": {"t": 2, "v": {"i": 5}},
    "share": {"t": 3, "v": {"d": 0.5}}}}"#;

fn overrides(text: &str) -> Overrides {
    text.parse().unwrap()
}

#[test]
fn a_snapshot_evaluates_for_its_user() {
    let client = on_document(CONFIG);
    client.set_default_user(User::new("default"));
    let hungarian = User::new("42").country("HU");
    let flags = client.snapshot().for_user(&hungarian);
    static TARGETED: Flag<bool> = Flag::new("targeted", false);
    assert!(flags.get_value("targeted", false, None) && flags.get(&TARGETED, None));
    assert!(flags.get_parsed("targeted", false, None));
    assert_eq!(flags.get_all_values(None).get("targeted"), Some(&true.into()));
    assert_eq!(flags.get_value_details("targeted", false, None).user, Some(hungarian.clone()));
    assert_eq!(flags.get_all_value_details(None)[0].user, Some(hungarian));
    assert!(flags.explain("targeted", None).unwrap().to_string().contains(r#""Country":"HU""#));
    // A user that is given counts, as with the default user.
    assert!(!flags.get_value("targeted", false, &User::new("43")));
    assert!(flags.clone().get_value("targeted", false, None));
    assert_eq!(client.get_value_details("base", false, None).user, Some(User::new("default")));
}

#[test]
fn an_override_is_for_one_snapshot_and_counts_in_prerequisite_conditions() {
    let client = on_document(CONFIG);
    let (sender, told) = Mailbox::new();
    client
        .hooks()
        .on_flag_evaluated(move |details| sender.send((details.key.clone(), details.is_overridden)));
    let before = client.snapshot();
    let flags = before.clone().with_overrides(&overrides("base=true;new=7"));
    assert!(flags.get_value("base", false, None) && flags.get_value("top", false, None));
    assert_eq!((flags.get_value("new", 0, None), flags.get_value("limit", 0, None)), (7, 5));
    for others in [&before, &client.snapshot()] {
        assert!(!others.get_value("base", true, None) && !others.get_value("top", true, None));
        assert_eq!(others.get_value("new", 0, None), 0);
    }
    let told = told.all();
    let of_view: Vec<_> =
        told[..4].iter().map(|(key, is_overridden)| (key.as_str(), *is_overridden)).collect();
    assert_eq!(of_view, [("base", true), ("top", false), ("new", true), ("limit", false)]);
    assert!(told[4..].iter().all(|(_, is_overridden)| !is_overridden));

    let details = flags.get_value_details("base", false, None);
    assert!(details.is_overridden && !details.is_default_value());
    assert_eq!((details.variation_id.as_deref(), details.reason()), (None, EvaluationReason::Static));
    // The default of the caller is no override.
    assert!(!flags.get_value_details("base", 1, None).is_overridden);
    assert_eq!(flags.get_all_keys().len(), 7);
    assert_eq!(flags.get_all_values(None).get("top"), Some(&true.into()));
    let all = flags.get_all_value_details(None);
    assert_eq!(all.iter().filter(|details| details.is_overridden).count(), 2);
    assert!(flags.explain("top", None).unwrap().to_string().ends_with("Returning 'true'."));
    assert!(flags.check(&[&Flag::new("new", 0_i64) as &dyn AnyFlag]).is_empty());
    let twice = flags.with_overrides(&overrides("base=false"));
    assert!(!twice.get_value("top", true, None) && twice.get_value("new", 0, None) == 7);
}

#[test]
fn overrides_of_a_request_are_those_of_a_client_over_the_cdn() {
    let values =
        || [("base", Value::from(true)), ("share", 2.into()), ("title", "x".into()), ("new", "y".into())];
    let cdn = Cdn::new(CONFIG);
    let remote = client(&cdn, PollingMode::manual()).build().unwrap();
    let merged = client(&cdn, PollingMode::manual())
        .overrides(OverrideBehavior::LocalOverRemote, MapOverrides::new(values()))
        .build()
        .unwrap();
    for client in [&remote, &merged] {
        client.force_refresh().unwrap();
    }
    let flags = remote.snapshot().with_overrides(&Overrides::new(values()));
    for user in [None, Some(&User::new("42").country("HU"))] {
        assert_eq!(flags.get_all_values(user), merged.get_all_values(user));
        assert_eq!(flags.get_all_keys(), merged.get_all_keys());
        let texts = |key: &str| {
            [flags.explain(key, user), merged.explain(key, user)].map(|trace| format!("{:#}", trace.unwrap()))
        };
        for key in flags.get_all_keys() {
            let [over, merged] = texts(&key);
            assert_eq!(over, merged);
        }
    }
    assert_eq!(flags.fetch_time(), remote.snapshot().fetch_time());
    assert_eq!(flags.get_value("share", 0.0, None), 2.0, "a whole number is read as a double too");
}

#[test]
fn a_text_is_read_as_the_type_of_its_flag() {
    let client = on_document(CONFIG);
    for (text, expected) in [
        ("base=true", Some(Value::from(true))),
        ("base=1", None),
        ("base=True", None),
        ("base=", None),
        ("title=true", Some("true".into())),
        ("title=10", Some("10".into())),
        ("title=a=b c", Some("a=b c".into())),
        ("title=", Some("".into())),
        (" title = x ; ", Some("x".into())),
        ("title=x;title=y", Some("y".into())),
        ("limit=-10", Some((-10).into())),
        ("limit=10.0", None),
        ("limit=9223372036854775808", None),
        ("limit=ten", None),
        ("share=0.25", Some(0.25.into())),
        ("share=10", Some(10.0.into())),
        ("share=1e400", None),
        ("share=NaN", None),
        ("share=inf", None),
        ("new=true", Some(true.into())),
        ("new=10", Some(10.into())),
        ("new=1.5", Some(1.5.into())),
        ("new=x", Some("x".into())),
    ] {
        let key = text.split('=').next().unwrap().trim();
        let value = |flags: configcat::Snapshot| flags.get_all_values(None).get(key).cloned();
        let log = Log::new();
        let found = value(client.snapshot().with_overrides(&overrides(text)));
        assert_eq!(found, expected.clone().or_else(|| value(client.snapshot())), "{text}");
        let is_refused = !log.events_of(3204).is_empty();
        assert!(!(is_refused && expected.is_some()), "{text}");
    }
    // The same for values of code.
    for (key, given, is_accepted) in [
        ("base", Value::from(1), false),
        ("title", true.into(), false),
        ("limit", 1.5.into(), false),
        ("share", 2.into(), true),
        ("limit", 7.into(), true),
    ] {
        let flags = client.snapshot().with_overrides(&Overrides::new([(key, given.clone())]));
        let is_over = flags.get_all_values(None).get(key) == Some(&given);
        assert_eq!(is_over, is_accepted, "{key}");
    }
}

#[test]
fn a_value_of_another_type_is_refused_and_logged_once() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    let text = overrides("base=secret1;limit=secret2;title=x");
    quietly(|| {
        for _ in 0..100 {
            let flags = client.snapshot().with_overrides(&text);
            assert_eq!((flags.get_value("base", true, None), flags.get_value("limit", 0, None)), (false, 5));
            assert_eq!(flags.get_value("title", "", None), "x", "the others count");
        }
    });
    clock.log().assert_events(&[3204, 3204]);
    let records = clock.log().events_of(3204);
    assert_eq!(
        records[0].text,
        "The override of setting 'base' for a request was refused: the setting is of type bool, and the value is not."
    );
    assert!(records.iter().all(|record| record.level == log::Level::Warn && !record.text.contains("secret")));
}

#[test]
fn without_a_config_nothing_is_overridden() {
    let (cdn, log) = (Cdn::empty(), Log::new());
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let flags = client.snapshot().with_overrides(&overrides("base=true"));
    assert!(!flags.get_value("base", false, None));
    log.assert_events(&[1000]);
    cdn.serve(&bool_config("base", false));
    client.force_refresh().unwrap();
    assert!(!flags.get_value("base", false, None), "the snapshot stays as it is");
    assert!(client.snapshot().with_overrides(&overrides("base=true")).get_value("base", false, None));
}

#[test]
fn a_text_has_limits_and_its_errors_do_not_quote_it() {
    let pairs = |count: usize| (0..count).map(|n| format!("k{n}=1;")).collect::<String>();
    for (text, expected) in [
        (String::new(), Ok(0)),
        (" ; ;".to_owned(), Ok(0)),
        (pairs(64), Ok(64)),
        (pairs(65), Err(OverridesError::TooMany)),
        (format!("{}=1", "k".repeat(255)), Ok(1)),
        (format!("a=1;{}=1", "k".repeat(256)), Err(OverridesError::KeyTooLong { part: 2 })),
        (format!("k={}", "v".repeat(2046)), Ok(1)),
        (format!("k={}", "v".repeat(2047)), Err(OverridesError::TooLong)),
        ("secret".to_owned(), Err(OverridesError::NoKey { part: 1 })),
        ("a=1;;=secret".to_owned(), Err(OverridesError::NoKey { part: 3 })),
    ] {
        assert_eq!(Overrides::parse(&text).map(|overrides| overrides.len()), expected, "{text}");
        if let Err(error) = Overrides::parse(&text) {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("secret") && !shown.contains("vvv") && !shown.contains("kkk"), "{shown}");
        }
    }
}

/// The evaluation log quotes keys and values as they are.
#[test]
fn a_text_has_no_control_characters() {
    for c in ['\n', '\r', '\0', '\t', '\u{1b}', '\u{7f}', '\u{85}'] {
        for text in [format!("a=1;title=x{c}y"), format!("a=1;ti{c}tle=x")] {
            let error = Overrides::parse(&text).map_err(|error| error.to_string());
            assert_eq!(error, Err("part 2 of the overrides has a control character".to_owned()), "{text:?}");
        }
    }
    assert_eq!(overrides("a=1;\n title = Grüße 𝄞 \r\n").len(), 2, "around a part it is white space");
}

#[test]
fn a_missing_key_is_explained_by_the_flags_of_the_request() {
    let client = on_document(r#"{"f": {"base": {"t": 0, "v": {"b": false}}}}"#);
    let message = |flags: &Snapshot| {
        let details = flags.get_value_details("other", false, None);
        details.error.unwrap().message().to_owned()
    };
    for _ in 0..2 {
        let with_overrides = client.snapshot().with_overrides(&"new=true".parse().unwrap());
        assert!(message(&client.snapshot()).contains("Available keys: ['base']"));
        assert!(message(&with_overrides).contains("Available keys: ['base', 'new']"));
    }
}

#[test]
fn of_values_with_the_same_key_the_last_counts() {
    let client = on_document(CONFIG);
    let limit = |over: &Overrides| client.snapshot().with_overrides(over).get_value("limit", 0, None);
    assert_eq!(limit(&overrides("limit=7;limit=8")), 8);
    assert_eq!(limit(&overrides("limit=7;limit=ten")), 5, "the last one is refused");
    let twice = overrides("new=1;limit=7;new=2");
    assert_eq!((twice.len(), twice.keys().collect::<Vec<_>>()), (2, vec!["new", "limit"]));
    let of_code = Overrides::new([("limit", Value::from(7)), ("limit", true.into())]);
    assert_eq!((of_code.len(), limit(&of_code)), (1, 5));
}

#[test]
fn overrides_over_overrides_are_of_the_type_of_the_flag() {
    let client = on_document(CONFIG);
    let over = |first: Overrides, second: Overrides| {
        client.snapshot().with_overrides(&first).with_overrides(&second)
    };
    let log = Log::new();
    assert_eq!(over(overrides("limit=7"), overrides("limit=1.5")).get_value("limit", 0, None), 7);
    assert_eq!(log.events_of(3204).len(), 1);
    let share = over(Overrides::new([("share", 2.into())]), overrides("share=3;limit=8"));
    assert_eq!((share.get_value("share", 0.0, None), share.get_value("limit", 0, None)), (3.0, 8));
    assert_eq!(share.get_all_values(None).get("share"), Some(&Value::from(3.0)));
    // A flag of the first overrides alone has the type of its value.
    assert!(over(overrides("new=true"), overrides("new=7")).get_value("new", false, None));
}

/// A request may have another text each time, and must not use up the record of the config.
#[test]
fn values_that_do_not_fit_are_logged_once_for_each_flag() {
    #[derive(Debug)]
    struct Nothing;

    impl std::str::FromStr for Nothing {
        type Err = String;

        fn from_str(text: &str) -> Result<Self, String> {
            Err(format!("'{text}' is something"))
        }
    }

    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    quietly(|| {
        for number in 0..100 {
            let flags = client.snapshot().with_overrides(&overrides(&format!("title={}", number / 2)));
            let Nothing = flags.get_parsed("title", Nothing, None);
            assert_eq!(flags.get_parsed("limit", 7_i8, None), 5);
        }
        clock.log().assert_events(&[2002]);
        let flags = client.snapshot().with_overrides(&overrides("title=Hello"));
        for _ in 0..2 {
            let Nothing = flags.get_parsed("title", Nothing, None);
            let Nothing = client.get_parsed("title", Nothing, None);
        }
        clock.log().assert_events(&[2002, 2002]);
    });
}

/// The time of it is measured by `cargo bench -p configcat-benches --bench evaluate -- request`.
#[test]
fn overrides_cost_the_same_over_ten_flags_and_ten_thousand() {
    let work = [10, 10_000].map(|count| {
        let flags = (0..count).map(|n| (format!("flag{n}"), Value::from(n)));
        let client =
            Client::builder("local").overrides(OverrideBehavior::LocalOnly, MapOverrides::new(flags));
        let (client, text) = (client.build().unwrap(), overrides("flag1=7;flag3=7;flag5=7;flag7=7;flag9=7"));
        let snapshot = client.snapshot();
        let mut flags = None;
        let made = measure(|| flags = Some(snapshot.with_overrides(&text)));
        let flags = flags.unwrap();
        quietly(|| {
            assert_eq!((flags.get_value("flag7", 0, None), flags.get_value("flag8", 0, None)), (7, 8));
            let evaluated = measure(|| assert_eq!(flags.get_value("flag9", 0, None), 7));
            assert_eq!(evaluated.count_total, 0);
        });
        (made.count_total, made.bytes_total)
    });
    assert_eq!(work[0], work[1]);
    assert!(work[1].0 <= 12, "{work:?}");
}

#[test]
fn the_config_of_a_snapshot_has_its_overrides() {
    let flags = local([("a", 1.into())]).snapshot().with_overrides(&overrides("a=2;b=3"));
    let config: &Config = flags.config().unwrap();
    assert!(config.keys().eq(["a", "b"]) && config.is_overlaid("a"));
}

#[cfg(feature = "signed-overrides")]
mod signed {
    use std::time::{Duration, UNIX_EPOCH};

    use configcat::request::{OverrideSigner, TokenError};

    use super::{CONFIG, overrides};
    use crate::support::{MINUTE, ManualClock, SECOND, client_on, quietly};

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn signer() -> OverrideSigner {
        OverrideSigner::new(KEY).unwrap()
    }

    #[test]
    fn a_token_is_valid_until_it_expires() {
        let clock = ManualClock::new();
        let client = client_on(&clock, CONFIG);
        let token = signer().sign("base=true;limit=9", clock.now() + MINUTE).unwrap();
        let view = || client.snapshot().with_signed_overrides(&signer(), &token);
        let values = || {
            let flags = view();
            (flags.get_value("top", false, None), flags.get_value("limit", 0, None))
        };
        assert_eq!(values(), (true, 9));
        clock.advance(MINUTE - SECOND);
        assert_eq!(values(), (true, 9));
        clock.advance(SECOND);
        assert_eq!(values(), (false, 5));
        clock.panic_next(1);
        assert_eq!(values(), (false, 5), "a clock that panics");
        clock.set_back(Duration::MAX);
        assert_eq!(values(), (false, 5), "the clock of a system before 1970");
        assert_eq!(signer().verify(&token, UNIX_EPOCH - SECOND), Err(TokenError::Expired));
        clock.log().assert_events(&[3204]);
        let record = &clock.log().events_of(3204)[0];
        assert_eq!(
            record.text,
            "The overrides of a request were refused, and no setting has another value: the token has expired."
        );
    }

    #[test]
    fn an_unsigned_or_changed_token_changes_nothing_and_is_logged_once_without_its_content() {
        let clock = ManualClock::new();
        let client = client_on(&clock, CONFIG);
        let token = signer().sign("base=true;secretKey=9", clock.now() + MINUTE).unwrap();
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{token}");
        let other = OverrideSigner::new("another key of 32 bytes or more.").unwrap();
        let later = signer().sign("base=true;secretKey=9", clock.now() + 2 * MINUTE).unwrap();
        let (content, signature) = token.rsplit_once('.').unwrap();
        // The expiry is signed: that of another token does not fit.
        let moved = format!("{}.{signature}", later.rsplit_once('.').unwrap().0);
        let mut refused = vec![
            String::new(),
            "base=true".to_owned(),
            content.to_owned(),
            format!("{content}."),
            format!("{content}.{}", &signature[..20]),
            format!("{token}A"),
            format!("{token}="),
            format!(" {token}"),
            other.sign("base=true", clock.now() + MINUTE).unwrap(),
            moved,
            "x".repeat(5000),
            format!("{}.{signature}", "x".repeat(5000)),
        ];
        // Each character replaced by another one of its kind.
        refused.extend((0..token.len()).map(|place| {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'5' { b'6' } else { b'5' };
            String::from_utf8(bytes).unwrap()
        }));
        quietly(|| {
            for text in &refused {
                let result = signer().verify(text, clock.now());
                assert!(
                    matches!(result, Err(TokenError::Malformed | TokenError::WrongSignature)),
                    "{text}: {result:?}"
                );
                let flags = client.snapshot().with_signed_overrides(&signer(), text);
                assert!(!flags.get_value("base", true, None), "{text}");
                assert_eq!(flags.get_all_keys().len(), 6);
            }
        });
        // Once for each of the two reasons.
        clock.log().assert_events(&[3204, 3204]);
        for record in clock.log().events_of(3204) {
            for part in [&token, content, signature, "secretKey", "base=true", KEY] {
                assert!(!record.line.contains(part), "{record:?}");
            }
        }
    }

    #[test]
    fn a_token_has_the_limits_of_its_text() {
        let expires = UNIX_EPOCH + Duration::from_secs(4_000_000_000);
        assert!(signer().sign(&format!("k={}", "v".repeat(2047)), expires).is_err());
        assert!(signer().sign("no value", expires).is_err());
        let longest = format!("title={}", "é".repeat(1021));
        let token = signer().sign(&longest, expires).unwrap();
        assert!(token.len() < 4096, "{} bytes", token.len());
        assert_eq!(signer().verify(&token, UNIX_EPOCH), Ok(overrides(&longest)));
        let ended = signer().sign("a=1", UNIX_EPOCH - Duration::from_secs(1)).unwrap();
        assert_eq!(signer().verify(&ended, UNIX_EPOCH), Err(TokenError::Expired));
    }

    #[test]
    fn a_key_is_long_and_never_shown() {
        for length in [0, 1, 31] {
            let error = OverrideSigner::new(vec![7; length]).unwrap_err();
            assert_eq!(error.to_string(), "the key for signed overrides has less than 32 bytes");
        }
        assert!(OverrideSigner::new([7; 32]).is_ok());
        assert_eq!(format!("{:?}", signer()), "OverrideSigner { .. }");
    }

    /// The form of the token is a promise: a tool in another language may sign.
    #[test]
    fn the_form_of_a_token_is_fixed() {
        let expires = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let token = signer().sign("isNew=true", expires).unwrap();
        assert_eq!(token, "1.1800000000.aXNOZXc9dHJ1ZQ.cjIIsv6SOpUfjYZR10ycwgUkiA0gih1PkXZnhKwXjPU");
    }
}
