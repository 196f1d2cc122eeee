//! Random users, and random documents with a fault here and there.

use configcat_eval::{AttributeValue, DateTime, User};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value as Json, json};

use crate::support::{SALT, hashed_for, hashed_slice};

/// Texts that often meet each other, and any others.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let known = [
        "",
        "a",
        "b",
        "ab",
        "é",
        "𝄞a",
        "1",
        "1.5",
        "2,5",
        "-0",
        "NaN",
        "Infinity",
        "1e400",
        "1.0.0",
        "1.0.0-b+1",
        "v2.0.0",
        "[]",
        r#"["a","b"]"#,
        r#"["a",1]"#,
        "1700000000",
        "1_x",
    ];
    prop_oneof![4 => select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>(), 1 => "[ab𝄞]{0,4}"]
}

pub(crate) fn attribute() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        4 => text().prop_map(AttributeValue::from),
        1 => any::<i64>().prop_map(AttributeValue::from),
        1 => any::<u64>().prop_map(AttributeValue::from),
        1 => (-3_i8..3).prop_map(AttributeValue::from),
        1 => number().prop_map(AttributeValue::from),
        1 => any::<u32>().prop_map(|bits| f32::from_bits(bits).into()),
        1 => any::<i64>().prop_map(|millis| DateTime::from_unix_millis(millis).into()),
        1 => vec(text(), 0..4).prop_map(AttributeValue::from),
    ]
}

/// Returns any `f64`, `NaN` included.
pub(crate) fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        (-3_i8..3).prop_map(f64::from),
        any::<f32>().prop_map(f64::from)
    ]
}

pub(crate) fn user() -> impl Strategy<Value = User> {
    let custom = vec((select(vec!["A", "B", "Email", "é\""]), attribute()), 0..4);
    (attribute(), option::of(attribute()), option::of(attribute()), custom).prop_map(
        |(identifier, email, country, custom)| {
            let mut user = User::new(identifier);
            if let Some(email) = email {
                user = user.email(email);
            }
            if let Some(country) = country {
                user = user.country(country);
            }
            custom.into_iter().fold(user, |user, (name, value)| user.custom(name, value))
        },
    )
}

pub(crate) const KEYS: [&str; 6] = ["flag", "b", "c", "d", "v", "é \""];

/// Returns a value of another type than expected, once in a while.
fn faulty<S: Strategy<Value = Json> + 'static>(good: S) -> BoxedStrategy<Json> {
    let faults = [
        json!(null),
        json!(true),
        json!(-1),
        json!(7),
        json!(0.5),
        json!("x"),
        json!([]),
        json!({}),
        json!([null]),
        json!({"s": "x", "b": true}),
        json!(1e300),
        json!(u64::MAX),
    ];
    prop_oneof![60 => good, 1 => select(faults.to_vec())].boxed()
}

/// Returns an object of which each member may be faulty or missing.
fn object<const N: usize>(members: [(&'static str, BoxedStrategy<Json>); N]) -> BoxedStrategy<Json> {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let values: Vec<_> =
        values.into_iter().map(|value| (faulty(value), prop::bool::weighted(0.99))).collect();
    let object = values.prop_map(move |values| {
        let members = names.iter().zip(values).filter(|(_, (_, there))| *there);
        Json::Object(members.map(|(name, (value, _))| ((*name).to_owned(), value)).collect())
    });
    object.boxed()
}

fn list(item: BoxedStrategy<Json>, length: std::ops::Range<usize>) -> BoxedStrategy<Json> {
    vec(faulty(item), length).prop_map(Json::Array).boxed()
}

fn json<T: Into<Json> + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Json> {
    value.prop_map(Into::into).boxed()
}

fn comparison_text() -> BoxedStrategy<Json> {
    let hash = (text(), select(KEYS.to_vec())).prop_map(|(text, key)| hashed_for(key, text));
    let slice = text().prop_map(hashed_slice);
    json(prop_oneof![4 => text(), 1 => hash, 1 => slice])
}

fn user_condition() -> BoxedStrategy<Json> {
    object([
        ("a", json(select(vec!["Identifier", "Email", "Country", "A", "B", "é\""]))),
        ("c", json(prop_oneof![40 => 0..36_i64, 1 => any::<i64>()])),
        ("s", comparison_text()),
        ("d", json(prop_oneof![number(), Just(1.5)])),
        ("l", vec(comparison_text(), 0..14).prop_map(Json::Array).boxed()),
    ])
}

/// Returns a value of the type, most of the time.
fn value(kind: i64) -> BoxedStrategy<Json> {
    let member = match kind {
        0 => object([("b", json(any::<bool>()))]),
        1 => object([("s", json(text()))]),
        2 => object([("i", json(-2..3_i64))]),
        _ => object([("d", json(prop_oneof![number(), Just(0.5)]))]),
    };
    faulty(member)
}

fn condition() -> BoxedStrategy<Json> {
    let index = prop_oneof![9 => 0..3_i64, 1 => any::<i64>()];
    let segment = object([("s", json(index)), ("c", json(0..2_i64))]);
    let prerequisite = object([
        ("f", json(select([&KEYS[..], &["gone"]].concat()))),
        ("c", json(0..2_i64)),
        ("v", (0..4_i64).prop_flat_map(value).boxed()),
    ]);
    prop_oneof![4 => object([("u", user_condition())]), 1 => object([("s", segment)]), 1 => object([("p", prerequisite)])]
        .boxed()
}

fn options(kind: i64) -> BoxedStrategy<Json> {
    let share = prop_oneof![4 => select(vec![0, 25, 50, 100_i64]), 1 => -1..102_i64];
    list(object([("p", json(share)), ("v", value(kind)), ("i", json(text()))]), 0..5)
}

fn rule(kind: i64) -> BoxedStrategy<Json> {
    let conditions = || list(condition(), 0..4);
    let served = object([("v", value(kind)), ("i", json(text()))]);
    prop_oneof![3 => object([("c", conditions()), ("s", served)]), 1 => object([("c", conditions()), ("p", options(kind))])]
        .boxed()
}

fn setting() -> BoxedStrategy<Json> {
    let of_kind = |kind| {
        object([
            ("t", Just(json!(kind)).boxed()),
            ("a", json(select(vec!["Identifier", "Email", "A"]))),
            ("r", list(rule(kind), 0..4)),
            ("p", options(kind)),
            ("v", value(kind)),
            ("i", json(text())),
        ])
    };
    (0..4_i64).prop_flat_map(of_kind).boxed()
}

/// Returns a document of version 6 with the settings [`KEYS`].
pub(crate) fn document() -> BoxedStrategy<Json> {
    let segment = object([("n", json(text())), ("r", list(user_condition(), 0..3))]);
    let settings = object(KEYS.map(|key| (key, setting())));
    object([("p", object([("s", Just(json!(SALT)).boxed())])), ("s", list(segment, 1..4)), ("f", settings)])
}

/// Returns a value of version 5 of the type, most of the time.
fn bare_value(kind: i64) -> BoxedStrategy<Json> {
    faulty(match kind {
        0 => json(any::<bool>()),
        1 => json(text()),
        2 => json(-2..3_i64),
        _ => json(prop_oneof![number(), Just(0.5)]),
    })
}

fn legacy_setting(kind: i64) -> BoxedStrategy<Json> {
    let order = || json(prop_oneof![0..4_i64, any::<i64>()]);
    let share = select(vec![0, 25, 50, 100_i64]);
    let option = [("o", order()), ("v", bare_value(kind)), ("p", json(share)), ("i", json(text()))];
    let rule = [
        ("o", order()),
        ("a", json(select(vec!["Identifier", "Email", "A"]))),
        ("t", json(prop_oneof![40 => 0..18_i64, 1 => any::<i64>()])),
        ("c", json(prop_oneof![text(), vec(text(), 0..14).prop_map(|items| items.join(","))])),
        ("v", bare_value(kind)),
        ("i", json(text())),
    ];
    object([
        ("t", Just(json!(kind)).boxed()),
        ("v", bare_value(kind)),
        ("i", json(text())),
        ("r", list(object(rule), 0..4)),
        ("p", list(object(option), 0..4)),
    ])
}

/// Returns a document of version 5 with the settings [`KEYS`].
pub(crate) fn legacy_document() -> BoxedStrategy<Json> {
    let settings = KEYS.map(|key| (key, (0..4_i64).prop_flat_map(legacy_setting).boxed()));
    object([("p", Just(json!({})).boxed()), ("f", object(settings))])
}

/// Returns any JSON, of the names and texts that documents have.
pub(crate) fn any_json() -> impl Strategy<Value = Json> {
    let names = ["f", "p", "s", "v", "t", "r", "c", "u", "a", "b", "d", "l", "i", "n", "o"];
    let scalar = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-1..40_i64).prop_map(Json::from),
        number().prop_map(Json::from),
        text().prop_map(Json::from),
    ];
    scalar.prop_recursive(8, 64, 6, move |inner| {
        let members = prop::collection::btree_map(select(names.to_vec()), inner.clone(), 0..6);
        let object = members.prop_map(|members| {
            Json::Object(members.into_iter().map(|(name, json)| (name.to_owned(), json)).collect())
        });
        prop_oneof![1 => vec(inner, 0..6).prop_map(Json::Array), 3 => object]
    })
}
