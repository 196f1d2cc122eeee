//! Properties of all documents, users and comparison values.

use configcat_eval::{AttributeValue, Config, ParseError, User, Value};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value as Json, json};

use crate::{
    strategies::{KEYS, any_json, attribute, document, legacy_document, number, text, user},
    support::{KEY, cases, comparing, evaluate, facts, hashed, hashed_slice, parse, verdict},
};

/// Evaluates all settings for all users. Nothing panics, and all ways to evaluate agree.
fn evaluate_all(config: &Config, users: &[User]) {
    let users = users.iter().map(Some).chain([None]);
    for user in users {
        let mut keys = config.keys();
        for (key, evaluation) in config.evaluate_all(user) {
            assert_eq!(Some(key), keys.next());
            assert_eq!(facts(&evaluation), facts(&evaluate(config, key, user)));
            if let Ok(evaluation) = &evaluation {
                assert_eq!(Some(evaluation.value().setting_type()), config.setting_type(key));
            }
            if let Some(id) = evaluation.ok().and_then(|evaluation| evaluation.variation_id()) {
                assert!(config.key_and_value(id).is_some(), "{id}");
            }
        }
        assert_eq!(keys.next(), None);
    }
}

proptest! {
    #![proptest_config(cases(512, 5000))]

    #[test]
    fn any_bytes_parse_or_give_an_error(bytes in vec(any::<u8>(), 0..64)) {
        let _ = Config::parse(bytes).map(|config| evaluate_all(&config, &[]));
    }

    #[test]
    fn any_text_parses_or_gives_an_error(text in any::<String>(), jsonish in r#"[\[\]{}:,"fvt0-9.e\\ ]{0,32}"#) {
        for text in [text, jsonish] {
            let _ = Config::parse(text).map(|config| evaluate_all(&config, &[]));
        }
    }

    #[test]
    fn any_json_parses_or_gives_an_error(json in any_json(), user in user()) {
        match Config::parse(json.to_string()) {
            Ok(config) => evaluate_all(&config, &[user]),
            Err(ParseError::NotAConfig { .. }) => prop_assert!(json.is_object()),
            Err(error) => prop_assert!(!json.is_object(), "{error}"),
        }
    }
}

proptest! {
    #![proptest_config(cases(256, 5000))]

    #[test]
    fn any_document_evaluates_or_gives_an_error(document in document(), users in vec(user(), 3)) {
        let _ = Config::parse(document.to_string()).map(|config| evaluate_all(&config, &users));
    }

    #[test]
    fn any_document_of_version_5_or_4_evaluates_or_gives_an_error(document in legacy_document(), users in vec(user(), 3)) {
        for document in [&document, &document["f"]] {
            let _ = Config::parse(document.to_string()).map(|config| evaluate_all(&config, &users));
        }
    }

    #[test]
    fn any_damaged_document_parses_or_gives_an_error(
        document in document(),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<Index>()),
        user in user(),
    ) {
        let mut bytes = document.to_string().into_bytes();
        for (index, byte) in damage {
            *index.get_mut(&mut bytes) = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = Config::parse(bytes).map(|config| evaluate_all(&config, &[user]));
    }

    #[test]
    fn unknown_members_and_null_change_nothing(document in document(), user in user()) {
        // Else `f` may be a setting of version 4.
        prop_assume!(document["f"].is_object() && !(document["f"]["v"].is_boolean() || document["f"]["v"].is_number() || document["f"]["v"].is_string()));
        let mut padded = document.clone();
        // A member of `f` would be one more setting.
        let mut settings = padded["f"].take();
        pad(&mut padded);
        settings.as_object_mut().into_iter().flat_map(|settings| settings.values_mut()).for_each(pad);
        padded["f"] = settings;
        let (document, padded) = (parse(&document), parse(&padded));
        for key in KEYS {
            for user in [None, Some(&user)] {
                prop_assert_eq!(facts(&evaluate(&document, key, user)), facts(&evaluate(&padded, key, user)));
            }
        }
    }

    #[test]
    fn merging_prefers_the_second_config(a in document(), b in document(), user in user()) {
        prop_assume!(a["f"].is_object() && b["f"].is_object());
        // Prerequisites are looked up in the merged config, so without them.
        let alone = |mut document: Json| {
            remove_prerequisites(&mut document);
            parse(&document)
        };
        let (a, b) = (alone(a), alone(b));
        let merged = a.merge(&b);
        for key in KEYS {
            let from = if b.keys().any(|known| known == key) { &b } else { &a };
            for user in [None, Some(&user)] {
                prop_assert_eq!(facts(&evaluate(&merged, key, user)), facts(&evaluate(from, key, user)));
            }
        }
        let new = b.keys().filter(|key| !a.keys().any(|known| known == *key));
        prop_assert_eq!(merged.keys().collect::<Vec<_>>(), a.keys().chain(new).collect::<Vec<_>>());
    }

    #[test]
    fn bare_values_evaluate_to_themselves(values in vec((text(), bare_value()), 0..8), user in user()) {
        let config = Config::from_values(values.clone());
        for (key, _) in &values {
            let (_, last) = values.iter().rfind(|(known, _)| known == key).unwrap();
            for user in [None, Some(&user)] {
                prop_assert_eq!(evaluate(&config, key, user).unwrap().value(), last);
            }
        }
    }
}

fn bare_value() -> impl Strategy<Value = Value> {
    let finite = any::<f64>().prop_filter("NaN is no value of a setting", |number| !number.is_nan());
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        finite.prop_map(Value::from),
        text().prop_map(Value::from),
    ]
}

/// Adds members to every object.
fn pad(json: &mut Json) {
    match json {
        Json::Object(members) => {
            members.values_mut().for_each(pad);
            members.insert("unknown".into(), json!([{"v": [1e300, null]}]));
            for member in ["a", "b", "c", "d", "i", "l", "n", "p", "r", "s", "t", "u", "v"] {
                members.entry(member).or_insert(Json::Null);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(pad),
        _ => {}
    }
}

fn remove_prerequisites(json: &mut Json) {
    match json {
        Json::Object(members) => {
            if members.get("p").is_some_and(|p| p.get("f").is_some()) {
                members.remove("p");
            }
            members.values_mut().for_each(remove_prerequisites);
        }
        Json::Array(items) => items.iter_mut().for_each(remove_prerequisites),
        _ => {}
    }
}

/// Texts with items that often are one, or the start or the end of one.
fn text_and_items(most: usize) -> impl Strategy<Value = (String, Vec<String>)> {
    let text = "[ab é𝄞]{1,6}";
    text.prop_flat_map(move |text| {
        let chars: Vec<char> = text.chars().collect();
        let length = chars.len();
        let slice = (0..=length, 0..=length)
            .prop_map(move |(from, to)| chars[from.min(to)..from.max(to)].iter().collect::<String>());
        let item = prop_oneof![1 => slice, 6 => "[ab é𝄞]{0,6}"];
        (Just(text), vec(item, 0..most))
    })
}

proptest! {
    #![proptest_config(cases(512, 5000))]

    #[test]
    fn hashed_comparators_agree_with_their_plain_twins((text, items) in text_and_items(6), other in attribute()) {
        let hashes: Vec<_> = items.iter().map(hashed).collect();
        let slices: Vec<_> = items.iter().map(hashed_slice).collect();
        let list: Vec<_> = text.split(' ').map(str::to_owned).collect();
        let attributes = [text.as_str().into(), list.clone().into(), json!(list).to_string().into(), other];
        let first = items.first().cloned().unwrap_or_default();
        for (twin, plain, hashed_comparison, plain_comparison) in [
            (16, 0, json!({"l": hashes}), json!({"l": items})),
            (20, 28, json!({"s": hashed(&first)}), json!({"s": first})),
            (22, 30, json!({"l": slices}), json!({"l": items})),
            (24, 32, json!({"l": slices}), json!({"l": items})),
            (26, 34, json!({"l": hashes}), json!({"l": items})),
        ] {
            for negated in [0, 1] {
                let (twin, plain) = (comparing(twin + negated, &hashed_comparison), comparing(plain + negated, &plain_comparison));
                for attribute in &attributes {
                    prop_assert_eq!(verdict(&twin, attribute), verdict(&plain, attribute), "{:?}", attribute);
                }
            }
        }
    }

    #[test]
    fn short_and_long_lists_agree_with_a_naive_check((text, items) in text_and_items(20), list in vec("[ab é𝄞]{0,3}", 0..4)) {
        let any = |test: &dyn Fn(&str) -> bool| items.iter().any(|item| test(item));
        let text_attribute = AttributeValue::from(text.as_str());
        let list_attribute = AttributeValue::from(list.clone());
        for (comparator, attribute, expected) in [
            (0, &text_attribute, any(&|item| text == item)),
            (2, &text_attribute, any(&|item| text.contains(item))),
            (30, &text_attribute, any(&|item| text.starts_with(item))),
            (32, &text_attribute, any(&|item| text.ends_with(item))),
            (34, &list_attribute, any(&|item| list.iter().any(|element| element == item))),
        ] {
            for (comparator, expected) in [(comparator, expected), (comparator + 1, !expected)] {
                let config = comparing(comparator, &json!({"l": items}));
                let user = User::new("u").custom("A", attribute.clone());
                prop_assert_eq!(evaluate(&config, KEY, Some(&user)).unwrap().value(), &expected.into(), "{}", comparator);
            }
        }
    }

    #[test]
    fn number_comparators_agree_with_rust(left in number(), right in number(), equal in any::<bool>()) {
        prop_assume!(right.is_finite()); // as every number in a document
        let left = if equal { right } else { left };
        let expected = [left == right, left != right, left < right, left <= right, left > right, left >= right];
        let texts = [left.to_string().replace("inf", "Infinity"), format!(" {left:e} ").replace("inf", "Infinity").replace('.', ",")];
        for (comparator, expected) in (10..).zip(expected) {
            let config = comparing(comparator, &json!({"d": right}));
            for attribute in [left.into(), AttributeValue::from(&texts[0]), AttributeValue::from(&texts[1])] {
                let user = User::new("u").custom("A", attribute);
                let evaluation = evaluate(&config, KEY, Some(&user)).unwrap();
                prop_assert_eq!(evaluation.value(), &expected.into(), "{} {}", user, comparator);
                prop_assert!(!evaluation.has_warnings());
            }
        }
    }

    #[test]
    fn numbers_as_text_read_back(number in number()) {
        let user = User::new(number);
        let text = user.get("Identifier").unwrap().to_string();
        let back: f64 = text.parse().unwrap();
        prop_assert!(back == number || number.is_nan() && text == "NaN", "{}", text);
    }

    #[test]
    fn numbers_of_single_precision_print_by_their_own_digits(bits in any::<u32>()) {
        let number = f32::from_bits(bits);
        let text = AttributeValue::from(number).to_string();
        prop_assert_eq!(&text, &crate::naive::conditions::text_of(&number.into()));
        let back: f32 = text.parse().unwrap();
        prop_assert!(back == number || number.is_nan() && text == "NaN", "{}", text);
    }

    #[test]
    fn users_print_as_json(user in user()) {
        let json: Json = serde_json::from_str(&user.to_string()).unwrap();
        for (name, printed) in json.as_object().unwrap() {
            match user.get(name).unwrap() {
                AttributeValue::Text(text) => prop_assert_eq!(printed, text),
                AttributeValue::Int(int) => prop_assert_eq!(printed.as_i64(), Some(*int)),
                AttributeValue::UInt(int) => prop_assert_eq!(printed.as_u64(), Some(*int)),
                AttributeValue::List(items) => prop_assert_eq!(printed, &json!(items)),
                AttributeValue::DateTime(time) => prop_assert_eq!(printed, &json!(time.to_string())),
                AttributeValue::Float(float) if float.is_finite() => {
                    prop_assert!(printed.as_f64().is_some_and(|back| (back - float).abs() <= float.abs() * 1e-15));
                }
                AttributeValue::Float32(float) if float.is_finite() => {
                    let back: f32 = printed.to_string().parse().unwrap();
                    prop_assert!(back == *float || (back - float).abs() <= float.abs() * 1e-6, "{printed}");
                }
                _ => prop_assert!(printed.is_null()),
            }
        }
    }

    #[test]
    fn percentages_that_sum_to_100_serve_everybody(
        shares in select(vec![vec![100], vec![50, 50], vec![0, 1, 99], vec![33, 33, 33, 1], vec![1; 100]]),
        attribute in attribute(),
    ) {
        let options: Vec<_> = shares.iter().map(|share| json!({"p": share, "v": {"b": true}})).collect();
        let config = parse(&json!({"f": {KEY: {"t": 0, "a": "A", "v": {"b": false}, "p": options}}}));
        let user = User::new("u").custom("A", attribute.clone());
        let evaluation = evaluate(&config, KEY, Some(&user)).unwrap();
        prop_assert!(evaluation.matched_option().is_some_and(|index| shares[index] > 0));
        // A value of another type falls where its text does.
        let as_text = User::new("u").custom("A", attribute.to_string());
        prop_assert_eq!(facts(&Ok(evaluation)), facts(&evaluate(&config, KEY, Some(&as_text))));
    }
}
