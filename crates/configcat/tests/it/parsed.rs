//! Values of types that the evaluator does not have: parsed ones, and numbers of other sizes.

use std::{
    fmt::{self, Debug},
    net::IpAddr,
    str::FromStr,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use configcat::{
    Client, Flag, User, Value,
    details::{EvaluationFailureKind, EvaluationReason},
    flag::FlagType,
};
use log::Level;

use crate::support::{Log, Mailbox, local, on_document, quietly};

#[derive(Clone, PartialEq)]
enum Plan {
    Free,
    Pro,
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "free" => Ok(Self::Free),
            "pro" => Ok(Self::Pro),
            "mine" => panic!("a panic of mine"),
            other => Err(format!("there is no plan `{other}`")),
        }
    }
}

impl Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Free { "the free one" } else { "the other one" })
    }
}

#[test]
fn a_text_is_parsed_for_each_user() {
    let client = on_document(
        r#"{"f":{"plan":{"t":1,"v":{"s":"free"},"r":[
            {"c":[{"u":{"a":"Country","c":28,"s":"HU"}}],"s":{"v":{"s":"pro"}}},
            {"c":[{"u":{"a":"Country","c":28,"s":"DE"}}],"s":{"v":{"s":"gold"}}}]}}}"#,
    );
    for (country, plan) in [("HU", Plan::Pro), ("US", Plan::Free), ("DE", Plan::Pro)] {
        let user = User::new("42").country(country);
        assert_eq!(client.get_parsed("plan", Plan::Pro, &user), plan);
        assert_eq!(client.snapshot().get_parsed("plan", Plan::Pro, &user), plan);
    }
}

#[test]
fn values_of_all_settings_are_parsed() {
    let client =
        local([("bool", true.into()), ("int", 300.into()), ("double", 0.1.into()), ("text", "::1".into())]);
    assert!(client.get_parsed("bool", false, None));
    assert_eq!((client.get_parsed("int", 7_u16, None), client.get_parsed("int", 7_u8, None)), (300, 7));
    assert_eq!(client.get_parsed("double", 0_f32, None), 0.1);
    assert_eq!(
        client.get_parsed("text", IpAddr::from([127, 0, 0, 1]), None),
        IpAddr::from([0_u16, 0, 0, 0, 0, 0, 0, 1])
    );
    assert_eq!(client.get_parsed("text", String::new(), None), "::1");
    assert_eq!(client.get_parsed("missing", 7_u8, None), 7);
}

#[test]
fn a_text_that_cannot_be_parsed_is_logged_once_for_each_cause() {
    let client = on_document(
        r#"{"f":{"plan":{"t":1,"v":{"s":"gold"},"r":[
            {"c":[{"u":{"a":"Country","c":28,"s":"HU"}}],"s":{"v":{"s":"silver"}}}]}}}"#,
    );
    let user = User::new("42").country("HU");
    let log = Log::new();
    quietly(|| {
        for _ in 0..3 {
            assert_eq!(client.get_parsed("plan", Plan::Free, &User::new("42").country("US")), Plan::Free);
            assert_eq!(client.get_parsed("plan", Plan::Free, &user), Plan::Free);
        }
    });
    log.assert_events(&[2002, 2002]);
    let record = &log.records()[0];
    assert_eq!(record.level, Level::Error);
    let plan = std::any::type_name::<Plan>();
    assert_eq!(
        record.text,
        format!(
            "The value of a setting must fit the type of the specified default value. The value 'gold' of setting \
             'plan' cannot be read as {plan}: there is no plan `gold`. Returning the `default` parameter that you \
             specified in your application: 'the free one'."
        )
    );
}

/// Type that is parsed at every second attempt.
#[derive(Debug, PartialEq)]
struct Fickle(bool);

impl FromStr for Fickle {
    type Err = String;

    fn from_str(_: &str) -> Result<Self, String> {
        static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);
        let is_second = ATTEMPTS.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        if is_second { Ok(Self(true)) } else { Err("not at once".to_owned()) }
    }
}

#[test]
fn a_text_that_is_parsed_the_second_time_returns_the_default_and_names_the_type() {
    let (log, client) = (Log::new(), local([("plan", "pro".into())]));
    assert_eq!(client.get_parsed("plan", Fickle(false), None), Fickle(false));
    let record = log.assert_once(2002, Level::Error);
    assert!(
        record.text.contains("'pro' of setting 'plan' cannot be read as it::parsed::Fickle: parsing failed")
    );
}

#[test]
fn a_panic_while_parsing_returns_the_default() {
    let client = local([("plan", "mine".into())]);
    let log = Log::new();
    assert_eq!(client.get_parsed("plan", Plan::Free, None), Plan::Free);
    let record = log.assert_once(2002, Level::Error);
    assert!(record.text.contains("panicked: a panic of mine"), "{}", record.text);
}

#[test]
fn hooks_get_the_value_of_the_config_or_the_default_by_its_debug() {
    let client = local([("plan", "pro".into()), ("old", "gold".into())]);
    let (sender, evaluated) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(details.clone()));
    assert_eq!(client.get_parsed("plan", Plan::Free, None), Plan::Pro);
    let details = evaluated.next();
    assert_eq!((details.reason(), details.value), (EvaluationReason::Static, "pro".into()));
    assert_eq!(client.get_parsed("old", Plan::Free, None), Plan::Free);
    let details = evaluated.next();
    assert_eq!(details.value, "the free one".into());
    let failure = details.error.unwrap();
    assert_eq!(failure.kind, EvaluationFailureKind::TypeMismatch);
    assert!(failure.message().contains("cannot be read as"), "{failure}");
}

#[test]
fn a_number_without_a_type_is_an_i64() {
    let large = 3_000_000_000_i64;
    let client = local([("limit", large.into())]);
    assert_eq!(client.get_value("limit", 10, None), large);
    assert_eq!(client.snapshot().get_value("limit", -1, None).max(0), large);
    assert_eq!(client.get_value_details("limit", 10, None).value, large);
    let typed: i64 = client.get_value("limit", 10, None);
    assert_eq!(typed, large);
}

/// Returns the value of a flag of this type.
fn read<T: FlagType<Output = T> + Clone>(value: impl Into<Value>, default: T) -> T {
    local([("number", value.into())]).get(&Flag::new("number", default), None)
}

#[test]
fn an_integer_is_read_if_it_is_in_the_range_of_the_type() {
    assert_eq!([0, 255, 256, -1].map(|value| read(value, 7_u8)), [0, 255, 7, 7]);
    assert_eq!([-128, 127, 128].map(|value| read(value, 7_i8)), [-128, 127, 7]);
    assert_eq!([65_535, 65_536].map(|value| read(value, 7_u16)), [65_535, 7]);
    assert_eq!([-32_768, 32_768].map(|value| read(value, 7_i16)), [-32_768, 7]);
    assert_eq!([4_294_967_295_i64, 4_294_967_296].map(|value| read(value, 7_u32)), [u32::MAX, 7]);
    assert_eq!([-2_147_483_648_i64, 2_147_483_648].map(|value| read(value, 7_i32)), [i32::MIN, 7]);
    assert_eq!([i64::MAX, -1].map(|value| read(value, 7_u64)), [i64::MAX.unsigned_abs(), 7]);
    assert_eq!([i64::MIN, i64::MAX].map(|value| read(value, 7_i64)), [i64::MIN, i64::MAX]);
    assert_eq!([10, -1].map(|value| read(value, 7_usize)), [10, 7]);
    assert_eq!([-10, 10].map(|value| read(value, 7_isize)), [-10, 10]);
    // No setting has such a number, so the default is returned as it is.
    assert_eq!(read(-1, u64::MAX), u64::MAX);
}

#[test]
fn a_double_is_read_as_f32_if_it_has_the_same_digits() {
    let read_it = |value: f64| read(value, 7_f32);
    for (value, float) in
        [(0.5, 0.5), (0.1, 0.1), (-1e-3, -1e-3), (3.4e38, 3.4e38), (16_777_216.0, 16_777_216.0)]
    {
        assert_eq!(read_it(value), float);
    }
    for value in [0.123_456_789, 16_777_217.0, 1e300, 1e-50] {
        assert_eq!(read_it(value), 7.0, "{value}");
    }
    assert_eq!(read(10, 7_f32), 10.0, "a whole number of an override is read as either type");
}

#[test]
fn a_number_that_does_not_fit_is_logged_once_with_its_range() {
    static LIMIT: Flag<u8> = Flag::new("limit", 10);
    static SHARE: Flag<f32> = Flag::new("share", 0.1);
    static WRONG: Flag<u8> = Flag::new("share", 10);
    let client =
        on_document(r#"{"f":{"limit":{"t":2,"v":{"i":300}},"share":{"t":3,"v":{"d":0.123456789}}}}"#);
    let log = Log::new();
    quietly(|| {
        for _ in 0..3 {
            assert_eq!((client.get(&LIMIT, None), client.get(&SHARE, None)), (10, 0.1));
            assert_eq!((client.snapshot().get(&LIMIT, None), client.get(&WRONG, None)), (10, 10));
        }
    });
    let records = log.events_of(2002);
    let ends = [
        "The value '300' of setting 'limit' cannot be read as u8: it is not in 0 to 255.",
        "The value '0.123456789' of setting 'share' cannot be read as f32: it has more digits than an f32.",
        "Setting 'share' is of type double, but the default value's type is int.",
    ];
    assert_eq!(records.len(), ends.len(), "{records:#?}");
    for (record, text) in records.iter().zip(ends) {
        assert!(record.text.contains(text), "{}", record.text);
    }
    assert!(records[1].text.contains("application: '0.1'."), "{}", records[1].text);
    assert_eq!(client.check(&[&LIMIT, &SHARE]), [], "the types are right");
}

/// A type may log while it is parsed or printed, and the logger may evaluate the same flag.
#[test]
fn a_type_that_evaluates_its_own_flag_while_it_is_parsed_or_printed_gets_the_default() {
    static CLIENT: OnceLock<Client> = OnceLock::new();

    struct Nested(u32);

    fn evaluated(key: &str) -> u32 {
        CLIENT.get().unwrap().get_parsed(key, Nested(1), None).0
    }

    impl FromStr for Nested {
        type Err = String;

        fn from_str(text: &str) -> Result<Self, String> {
            let seen = evaluated("good");
            text.parse().map(|own: u32| Self(own + seen)).map_err(|error| error.to_string())
        }
    }

    impl Debug for Nested {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", evaluated("bad"))
        }
    }

    CLIENT.get_or_init(|| local([("good", "7".into()), ("bad", "x".into())]));
    assert_eq!(quietly(|| (evaluated("good"), evaluated("bad"))), (8, 1));
}
