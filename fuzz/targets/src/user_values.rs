//! Target of an attribute of any type with any comparator.

use std::sync::LazyLock;

use configcat_eval::{AttributeValue, Config, User};
use serde_json::{Value as Json, json};

use crate::{
    choices::Choices,
    differential::compare,
    documents::{SALT, user_condition},
    naive::conditions::text_of,
    users::attribute,
};

/// Makes an attribute and a condition from the input, and checks them.
pub fn user_values(input: &[u8]) {
    let mut choices = Choices::new(input);
    let value = attribute(&mut choices);
    assert_eq!(value.to_string(), text_of(&value));
    let user = User::new("u").custom("A", value.clone());
    check_json(&user, &value);
    let mut condition = user_condition(&mut choices);
    condition["a"] = "A".into();
    // The comparator and its opposite.
    let comparator = condition["c"].as_u64().unwrap_or(99);
    for comparator in [comparator, comparator ^ 1] {
        condition["c"] = comparator.into();
        let conditions = json!([{"u": condition}]);
        let setting = json!({"t": 0, "v": {"b": false}, "r": [{"c": conditions, "s": {"v": {"b": true}}}]});
        compare(&json!({"p": {"s": SALT}, "f": {"flag": setting}}), std::slice::from_ref(&user));
    }
    percentages(&value, &user);
}

/// Checks that the user prints as JSON with the attribute.
fn check_json(user: &User, value: &AttributeValue) {
    let printed: Json = serde_json::from_str(&user.to_string()).expect("a user prints as JSON");
    let printed = &printed["A"];
    match value {
        AttributeValue::Text(text) => assert_eq!(printed, text),
        AttributeValue::Int(int) => assert_eq!(printed.as_i64(), Some(*int)),
        AttributeValue::UInt(int) => assert_eq!(printed.as_u64(), Some(*int)),
        AttributeValue::Float(float) => assert_eq!(printed.is_number(), float.is_finite()),
        AttributeValue::Float32(float) => assert_eq!(printed.is_number(), float.is_finite()),
        AttributeValue::DateTime(time) => assert_eq!(printed, &time.to_string()),
        AttributeValue::List(items) => assert_eq!(printed, &json!(items)),
        other => panic!("{other:?}"),
    }
}

/// A flag with a hundred options of one percent each, so that each hash has a value of its own.
static SHARES: LazyLock<Config> = LazyLock::new(|| {
    let options: Vec<_> = (0..100).map(|share| json!({"p": 1, "v": {"i": share}})).collect();
    let document = json!({"f": {"flag": {"t": 2, "a": "A", "v": {"i": -1}, "p": options}}});
    Config::parse(document.to_string()).expect("a document")
});

/// Checks that a value selects the same percentage option as its text.
fn percentages(value: &AttributeValue, user: &User) {
    let share = |user: &User| SHARES.evaluate("flag", user).map(|found| found.value().as_int());
    let as_text = User::new("u").custom("A", text_of(value));
    let (one, other) = (share(user), share(&as_text));
    assert_eq!(one, other);
    assert!(one.is_ok_and(|share| share.is_some_and(|share| (0..100).contains(&share))));
}
