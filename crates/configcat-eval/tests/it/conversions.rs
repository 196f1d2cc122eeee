//! Attributes as text, and the warnings about them.

use std::borrow::Cow;

use configcat_eval::{AttributeValue, IntoAttribute, User};
use serde_json::json;

use crate::{
    comparators::{millis, pair, yes},
    support::{KEY, Verdict, comparing, document, evaluate, flag, flag_if, hashed, parse, value, verdict},
};

#[test]
fn every_value_reads_as_text() {
    let table: [(AttributeValue, &str); 40] = [
        (true.into(), "true"),
        (false.into(), "false"),
        (0.into(), "0"),
        ((-125_i8).into(), "-125"),
        (i64::MIN.into(), "-9223372036854775808"),
        (u64::MAX.into(), "18446744073709551615"),
        (7_usize.into(), "7"),
        (0.0.into(), "0"),
        ((-0.0).into(), "0"),
        (4.0.into(), "4"),
        (0.12345.into(), "0.12345"),
        (1e20.into(), "100000000000000000000"),
        (1e21.into(), "1e+21"),
        (123_456_789_012_345_680_000.0.into(), "123456789012345680000"),
        (1.5e300.into(), "1.5e+300"),
        ((-1.234_567_89e96).into(), "-1.23456789e+96"),
        (1e-6.into(), "0.000001"),
        (9.99e-7.into(), "9.99e-7"),
        (5e-324.into(), "5e-324"),
        (f64::MAX.into(), "1.7976931348623157e+308"),
        (0.1_f32.into(), "0.1"),
        (16_777_217_f32.into(), "16777216"),
        (f32::MAX.into(), "3.4028235e+38"),
        (f32::NAN.into(), "NaN"),
        (f32::NEG_INFINITY.into(), "-Infinity"),
        ((0.1 + 0.2).into(), "0.30000000000000004"),
        (f64::NAN.into(), "NaN"),
        (f64::INFINITY.into(), "Infinity"),
        (f64::NEG_INFINITY.into(), "-Infinity"),
        (millis(1_680_307_199_999).into(), "1680307199.999"),
        (millis(1_680_307_199_990).into(), "1680307199.99"),
        (millis(1_680_307_200_000).into(), "1680307200"),
        (millis(-1).into(), "-0.001"),
        (millis(0).into(), "0"),
        (Vec::<String>::new().into(), "[]"),
        (["a", "b"].into(), r#"["a","b"]"#),
        (["\"", "\\", "/", "\n\t\u{1}\u{7f}"].into(), "[\"\\\"\",\"\\\\\",\"/\",\"\\n\\t\\u0001\u{7f}\"]"),
        (["é", "𝄞", "<&>", "\u{2028}"].into(), "[\"é\",\"𝄞\",\"<&>\",\"\u{2028}\"]"),
        ([""].into(), r#"[""]"#),
        ('x'.into(), "x"),
    ];
    for (attribute, text) in table {
        pair(28, 29, &json!({"s": text}), &[yes(attribute)]);
    }
}

/// Each type that makes an attribute, and an `Option` of it.
#[test]
fn all_types_of_attributes_can_be_set() {
    fn set<T: Clone + IntoAttribute>(value: T) -> AttributeValue
    where
        Option<T>: IntoAttribute,
    {
        let user = User::new("u").custom("A", value.clone()).custom("B", Some(value.clone()));
        let user = user.email(value.clone()).country(value).custom("C", None::<T>);
        let value = user.get("A").unwrap().clone();
        for name in ["B", User::EMAIL, User::COUNTRY] {
            assert_eq!(user.get(name), Some(&value));
        }
        assert_eq!(user.get("C"), None);
        value
    }
    let text = String::from("x");
    let list = AttributeValue::List(vec!["x".to_owned()]);
    let table = [
        (set("x"), AttributeValue::Text("x".to_owned())),
        (set(&text), "x".into()),
        (set(text.clone()), "x".into()),
        (set(text.clone().into_boxed_str()), "x".into()),
        (set(Cow::Borrowed("x")), "x".into()),
        (set('x'), "x".into()),
        (set(true), "true".into()),
        (set(false), "false".into()),
        (set(1_i8), AttributeValue::Int(1)),
        (set(1_i16), AttributeValue::Int(1)),
        (set(1), AttributeValue::Int(1)),
        (set(1_i64), AttributeValue::Int(1)),
        (set(1_isize), AttributeValue::Int(1)),
        (set(1_i128), AttributeValue::Int(1)),
        (set(1_u8), AttributeValue::UInt(1)),
        (set(1_u16), AttributeValue::UInt(1)),
        (set(1_u32), AttributeValue::UInt(1)),
        (set(1_u64), AttributeValue::UInt(1)),
        (set(1_usize), AttributeValue::UInt(1)),
        (set(1_u128), AttributeValue::UInt(1)),
        (set(0.5_f32), AttributeValue::Float32(0.5)),
        (set(0.5), AttributeValue::Float(0.5)),
        (set(millis(1)), AttributeValue::DateTime(millis(1))),
        (set(["x"]), list.clone()),
        (set([text.clone()]), list.clone()),
        (set(vec!["x"]), list.clone()),
        (set(vec![text.clone()]), list.clone()),
        (set(&["x"][..]), list.clone()),
        (set(&[text][..]), list.clone()),
        (set(AttributeValue::Int(1)), AttributeValue::Int(1)),
        (set(list.clone()), list),
    ];
    for (set, expected) in table {
        assert_eq!(set, expected);
    }
}

/// The date-times of other crates, each behind its feature.
#[cfg(all(feature = "std", feature = "chrono", feature = "jiff", feature = "time"))]
#[test]
fn all_types_of_date_times_can_be_set() {
    let epoch = || Some(AttributeValue::DateTime(millis(0)));
    let zoned = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    let attributes = [
        std::time::UNIX_EPOCH.into_attribute(),
        chrono::DateTime::UNIX_EPOCH.into_attribute(),
        jiff::Timestamp::UNIX_EPOCH.into_attribute(),
        (&zoned).into_attribute(),
        zoned.into_attribute(),
        time::OffsetDateTime::UNIX_EPOCH.into_attribute(),
        time::UtcDateTime::UNIX_EPOCH.into_attribute(),
        Some(std::time::UNIX_EPOCH).into_attribute(),
    ];
    attributes.into_iter().for_each(|attribute| assert_eq!(attribute, epoch()));
}

/// Returns the ids of the warnings about an attribute that compares so.
fn warnings(comparator: i64, attribute: impl Into<AttributeValue>) -> Vec<u16> {
    let user = User::new("u").custom("A", attribute);
    let comparison = json!({"s": "1.0.0", "d": 1, "l": []});
    let config = comparing(comparator, &comparison);
    config.explain(KEY, &user).warnings().iter().map(configcat_eval::Warning::id).collect()
}

#[test]
fn reading_another_type_as_text_warns() {
    let text_comparators = [0, 1, 2, 3, 28, 29, 30, 31, 32, 33];
    let hashed = [16, 17, 20, 21, 22, 23, 24, 25];
    for comparator in text_comparators.into_iter().chain(hashed) {
        assert_eq!(warnings(comparator, "text"), [0; 0], "{comparator}");
        assert_eq!(warnings(comparator, ""), [3003], "{comparator}");
        for attribute in [1.into(), 1.5.into(), millis(1).into(), AttributeValue::from(["a"])] {
            assert_eq!(warnings(comparator, attribute), [3005], "{comparator}");
        }
    }
}

#[test]
fn an_attribute_without_the_form_that_the_comparator_needs_warns() {
    for (comparators, good, bad) in [
        (4..=9, AttributeValue::from("1.0.0"), AttributeValue::from("1.0")),
        (10..=15, "1".into(), "one".into()),
        (10..=15, 1.into(), ["1"].into()),
        (18..=19, millis(0).into(), "today".into()),
        (18..=19, 1.5.into(), ["1"].into()),
        (26..=27, ["a"].into(), "a".into()),
        (34..=35, "[]".into(), 1.into()),
    ] {
        for comparator in comparators {
            assert_eq!(warnings(comparator, good.clone()), [0; 0], "{comparator}");
            assert_eq!(warnings(comparator, bad.clone()), [3004], "{comparator}");
            assert_eq!(warnings(comparator, ""), [3003], "{comparator}");
        }
    }
}

#[test]
fn each_condition_warns_of_its_attribute_but_a_missing_user_is_warned_of_once_a_setting() {
    let a = json!({"u": {"a": "A", "c": 0, "l": ["x"]}});
    let needs = json!({"p": {"f": "base", "c": 0, "v": {"b": false}}});
    let config = parse(&document(json!({
        "base": {"t": 0, "v": {"b": false}, "r": [
            {"c": [a], "s": {"v": {"b": true}}},
            {"c": [a], "s": {"v": {"b": true}}}],
            "a": "B", "p": [{"p": 100, "v": {"b": true}}]},
        "top": flag_if(json!([needs, needs, a])),
        "free": flag(true),
    })));
    let ids = |key, user: Option<&User>| -> Vec<u16> {
        config.explain(key, user).warnings().iter().map(configcat_eval::Warning::id).collect()
    };
    let user = User::new("u");
    assert_eq!(ids("base", Some(&user)), [3003, 3003, 3003]);
    assert_eq!(ids("base", None), [3001]);
    // The prerequisite is evaluated twice.
    assert_eq!(ids("top", None), [3001, 3001, 3001]);
    assert_eq!(ids("free", None), [0; 0]);
    assert!(!evaluate(&config, "free", None).unwrap().has_warnings());
    assert!(evaluate(&config, "base", None).unwrap().has_warnings());
}

#[test]
fn predefined_and_custom_attributes_have_their_names() {
    let condition = |name: &str| json!([{"u": {"a": name, "c": 28, "s": "x"}}]);
    let keys = ["Identifier", "Email", "Country", "email", "A b", "é", ""];
    let flags = keys.iter().map(|key| ((*key).to_owned(), flag_if(condition(key)))).collect();
    let config = parse(&document(serde_json::Value::Object(flags)));
    let users = [
        User::new("x"),
        User::new("u").email("x"),
        User::new("u").country("x"),
        User::new("u").custom("email", "x"),
        User::new("u").custom("A b", "x"),
        User::new("u").custom("é", "x"),
        User::new("u").custom("", "x"),
    ];
    for (user, is) in users.iter().zip(keys) {
        for key in keys {
            let on = evaluate(&config, key, Some(user)).unwrap().value().as_bool();
            assert_eq!(on, Some(key == is), "{key} for {user}");
        }
    }
    // Custom attributes never replace the predefined ones.
    let user = User::new("u").custom("Identifier", "x").custom("Email", "x").custom("Country", "x");
    for key in ["Identifier", "Email", "Country"] {
        assert_eq!(evaluate(&config, key, Some(&user)).unwrap().value().as_bool(), Some(false), "{key}");
    }
}

#[test]
fn only_empty_text_is_missing() {
    let config = comparing(29, &json!({"s": "x"}));
    assert_eq!(verdict(&config, &"".into()), Verdict::Missing);
    for attribute in [" ".into(), "\0".into(), AttributeValue::from([""]), 0.into(), f64::NAN.into()] {
        assert_eq!(verdict(&config, &attribute), Verdict::True, "{attribute:?}");
    }
    let config = comparing(35, &json!({"l": ["x"]}));
    assert_eq!(verdict(&config, &Vec::<String>::new().into()), Verdict::True);
}

#[test]
fn an_f32_is_the_same_text_everywhere_and_compares_by_its_value() {
    let user = User::new(0.1_f32).custom("A", 0.1_f32).custom("Nan", f32::NAN);
    assert_eq!(user.to_string(), r#"{"Identifier":0.1,"A":0.1,"Nan":null}"#);
    // In a text, in a hash and in percentages.
    assert_eq!(verdict(&comparing(28, &json!({"s": "0.1"})), &0.1_f32.into()), Verdict::True);
    assert_eq!(verdict(&comparing(20, &json!({"s": hashed("0.1")})), &0.1_f32.into()), Verdict::True);
    let options: Vec<_> = (0..100).map(|n| json!({"p": 1, "v": {"i": n}})).collect();
    let config = parse(&document(json!({KEY: {"t": 2, "v": {"i": -1}, "p": options}})));
    assert_eq!(value(&config, KEY, &User::new(0.1_f32)), value(&config, KEY, &User::new("0.1")));
    // As a number it is what it is.
    for (comparator, number, expected) in [
        (10, f64::from(0.1_f32), Verdict::True),
        (10, 0.1, Verdict::False),
        (14, 0.1, Verdict::True),
        (18, 0.2, Verdict::True),
    ] {
        assert_eq!(verdict(&comparing(comparator, &json!({"d": number})), &0.1_f32.into()), expected);
    }
    assert_eq!(verdict(&comparing(10, &json!({"d": 0.5})), &0.5_f32.into()), Verdict::True);
}

#[test]
fn texts_that_are_numbers() {
    for (text, number) in [
        ("NaN", None),
        ("Infinity", Some(f64::INFINITY)),
        ("+Infinity", Some(f64::INFINITY)),
        ("-Infinity", Some(f64::NEG_INFINITY)),
        (" 1,5\n", Some(1.5)),
        (".5", Some(0.5)),
        ("5.", Some(5.0)),
        ("+5", Some(5.0)),
        ("1e5", Some(1e5)),
        ("1E-2", Some(0.01)),
        ("007", Some(7.0)),
    ] {
        // At least and at most as large: NaN is neither.
        let shown =
            number.map_or(
                json!(0),
                |number| if number.is_finite() { json!(number) } else { json!(number.signum()) },
            );
        let expected = match number {
            None => [Verdict::False, Verdict::False],
            Some(number) if number.is_infinite() => {
                [number > 0.0, number < 0.0].map(|holds| if holds { Verdict::True } else { Verdict::False })
            }
            Some(_) => [Verdict::True, Verdict::True],
        };
        let found =
            [15, 13].map(|comparator| verdict(&comparing(comparator, &json!({"d": shown})), &text.into()));
        assert_eq!(found, expected, "{text}");
    }
    for text in [
        "inf", "INFINITY", "infinity", "+inf", "nan", "NAN", "-NaN", "0x10", "1_000", "1 000", " ", "1,5,5",
        "1.5,5", "e5", "1e", "--1", "x",
    ] {
        for comparator in [10, 11, 15, 18] {
            assert_eq!(
                verdict(&comparing(comparator, &json!({"d": 1})), &text.into()),
                Verdict::Invalid,
                "{text}"
            );
        }
    }
    assert_eq!(verdict(&comparing(11, &json!({"d": 1})), &"".into()), Verdict::Missing);
}

#[test]
fn every_integer_type_of_rust_is_an_attribute() {
    let table: [(AttributeValue, &str); 13] = [
        (i8::MIN.into(), "-128"),
        (i16::MIN.into(), "-32768"),
        (i32::MIN.into(), "-2147483648"),
        (i64::MIN.into(), "-9223372036854775808"),
        (isize::MIN.into(), "-9223372036854775808"),
        (u8::MAX.into(), "255"),
        (u16::MAX.into(), "65535"),
        (u32::MAX.into(), "4294967295"),
        (u64::MAX.into(), "18446744073709551615"),
        ((u64::MAX / 2 + 1).into(), "9223372036854775808"),
        (usize::MAX.into(), "18446744073709551615"),
        (i128::from(u64::MAX).into(), "18446744073709551615"),
        (u128::MAX.into(), "3.402823669209385e+38"),
    ];
    for (attribute, text) in table {
        assert_eq!(attribute.to_string(), text);
        let number: f64 = text.parse().unwrap();
        assert_eq!(verdict(&comparing(10, &json!({"d": number})), &attribute), Verdict::True, "{text}");
    }
    let texts = [String::from("a")];
    for list in [
        AttributeValue::from(["a"]),
        vec!["a"].into(),
        texts.to_vec().into(),
        texts.clone().into(),
        (&texts[..]).into(),
    ] {
        assert_eq!(verdict(&comparing(34, &json!({"l": ["a"]})), &list), Verdict::True);
    }
}
