//! The evaluation of a flag as Rust code, to be copied into a program.

use configcat_eval::{AttributeValue, SettingType, User};

/// Returns the code that gets the value of a flag for the user with these attributes.
pub(crate) fn code(key: &str, setting_type: SettingType, attributes: &[(&str, AttributeValue)]) -> String {
    let default = match setting_type {
        SettingType::Bool => "false",
        SettingType::Text => "\"\"",
        SettingType::Int => "0_i64",
        SettingType::Double => "0.0",
    };
    if attributes.is_empty() {
        return format!("let value = client.get_value({key:?}, {default}, None);");
    }
    let identifier = attributes.iter().find(|(name, _)| *name == User::IDENTIFIER);
    let identifier = identifier.map_or_else(|| "\"\"".to_owned(), |(_, value)| literal(value));
    let others = attributes.iter().filter(|(name, _)| *name != User::IDENTIFIER);
    let calls: String = others
        .map(|(name, value)| match *name {
            User::EMAIL => format!("\n    .email({})", literal(value)),
            User::COUNTRY => format!("\n    .country({})", literal(value)),
            _ => format!("\n    .custom({name:?}, {})", literal(value)),
        })
        .collect();
    format!(
        "let user = User::new({identifier}){calls};\nlet value = client.get_value({key:?}, {default}, &user);"
    )
}

// The `Debug` forms of texts and numbers are literals of Rust.
fn literal(value: &AttributeValue) -> String {
    match value {
        // A literal without a type is an `i32`.
        AttributeValue::Int(number) if i32::try_from(*number).is_err() => format!("{number}_i64"),
        AttributeValue::Int(number) => number.to_string(),
        AttributeValue::Float(number) => format!("{number:?}"),
        AttributeValue::DateTime(time) => format!("DateTime::from_unix_millis({})", time.unix_millis()),
        AttributeValue::List(items) => format!("{items:?}"),
        _ => format!("{:?}", value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use configcat::{Client, SettingType, Value, time::DateTime};

    use super::code;
    use crate::copied::copied;

    /// The expected code, as text.
    const COPIED: &str = include_str!("copied.rs");

    #[test]
    fn the_code_is_rust_and_makes_the_same_user() {
        let attributes = [
            ("Country", "HU".into()),
            ("Identifier", "#1001".into()),
            ("Email", "\"Jane\"\\\n<jane@example.com>".into()),
            ("Orders", 42.into()),
            ("Big", i64::MAX.into()),
            ("Rating", 4.0.into()),
            ("RegisteredAt", DateTime::from_unix_millis(-1).into()),
            ("Roles", ["admin", "edi{}tor"].into()),
        ];
        let (_, inner) = COPIED.split_once("-> (User, i64) {\n").unwrap();
        let inner = inner.trim_end().strip_suffix('}').unwrap().trim_end();
        let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
        let told = code("limit", SettingType::Int, &attributes);
        assert_eq!(lines(&format!("{told}\n(user, value)")), lines(inner));

        let client = Client::builder(configcat_testkit::SDK_KEY).offline(true).build().unwrap();
        let (user, value) = copied(&client);
        for (name, attribute) in &attributes {
            assert_eq!(user.get(name), Some(attribute), "{name}");
        }
        assert_eq!(value, 0);
    }

    #[test]
    fn the_default_has_the_type_of_the_flag() {
        let client = Client::builder(configcat_testkit::SDK_KEY).offline(true).build().unwrap();
        for (setting_type, default, value) in [
            (SettingType::Bool, "false", Value::from(client.get_value("k", false, None))),
            (SettingType::Text, "\"\"", client.get_value("k", "", None).into()),
            (SettingType::Int, "0_i64", client.get_value("k", 0_i64, None).into()),
            (SettingType::Double, "0.0", client.get_value("k", 0.0, None).into()),
        ] {
            assert_eq!(value.setting_type(), setting_type);
            let expected = format!("let value = client.get_value(\"k\", {default}, None);");
            assert_eq!(code("k", setting_type, &[]), expected);
        }
    }
}
