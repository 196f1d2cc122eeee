//! Users with attributes of every type.

use configcat_eval::{AttributeValue, DateTime, User};

use crate::choices::Choices;

/// The attribute names of conditions and users: few, so that they often match.
pub(crate) const ATTRIBUTES: [&str; 6] = ["Identifier", "Email", "Country", "A", "B", "é\""];

pub(crate) fn attribute(choices: &mut Choices<'_>) -> AttributeValue {
    match choices.below(11) {
        0..=3 => choices.text().into(),
        4 => (choices.u64() as i64).into(),
        5 => choices.u64().into(),
        6 => i64::from(choices.byte() as i8).into(),
        7 => choices.number().into(),
        8 => {
            let millis = (choices.u64() as i64) >> choices.below(64);
            DateTime::from_unix_millis(millis).into()
        }
        9 => (choices.number() as f32).into(),
        _ => choices.list(5, Choices::text).into(),
    }
}

pub(crate) fn user(choices: &mut Choices<'_>) -> User {
    let mut user = User::new(attribute(choices));
    for _ in 0..choices.below(6) {
        let value = attribute(choices);
        user = with(user, choices.pick(&ATTRIBUTES), value);
    }
    user
}

/// Returns the user with that attribute, as a predefined one if it has the name of one.
pub(crate) fn with(user: User, name: &str, value: AttributeValue) -> User {
    match name {
        "Email" => user.email(value),
        "Country" => user.country(value),
        _ => user.custom(name, value),
    }
}

/// Returns the users for a document without users of its own.
pub(crate) fn some_users() -> [User; 3] {
    let text = User::new("u").email("ab").country("é").custom("A", "1.0.0").custom("B", r#"["a","b"]"#);
    let number = User::new(7).email("1.5").country("").custom("A", 1.5).custom("B", -3);
    let other =
        User::new("ab").custom("A", ["a", "é"]).custom("B", DateTime::from_unix_millis(1_700_000_000_999));
    [text, number, other]
}
