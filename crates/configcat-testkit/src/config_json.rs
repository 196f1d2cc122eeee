//! Config JSONs from values.

use configcat::{SettingType, Value};
use serde_json::{Map, Value as Json, json};

/// Returns a config JSON (version 6) of settings with these values for all users, and the variation
/// ids `{key}-id`.
///
/// An integer makes an int setting, which cannot be evaluated as a double. NaN and infinity, which
/// JSON does not have, become `null`: evaluating such a setting fails.
///
/// ```
/// use configcat::{Config, Value};
/// use configcat_testkit::config_json;
///
/// let json = config_json([("isNew", Value::from(true)), ("title", "Hello".into()), ("limit", 10.into())]);
/// let config = Config::parse(&json)?;
/// assert_eq!(config.evaluate("title", None)?.value().as_text(), Some("Hello"));
/// assert_eq!(config.evaluate("title", None)?.variation_id(), Some("title-id"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn config_json<K: AsRef<str>, V: Into<Value>>(values: impl IntoIterator<Item = (K, V)>) -> String {
    let setting = |(key, value): (K, V)| {
        let (key, (code, value)) = (key.as_ref(), code_and_value(&value.into()));
        (key.to_owned(), json!({"t": code, "v": value, "i": format!("{key}-id")}))
    };
    let settings: Map<_, _> = values.into_iter().map(setting).collect();
    json!({"p": {"s": "salt"}, "f": settings}).to_string()
}

/// Returns the code of the type of a value, and the value as a member of a setting.
pub(crate) fn code_and_value(value: &Value) -> (u8, Json) {
    // The numbers of the types and the names of the members are those of config JSON version 6.
    match value.setting_type() {
        SettingType::Bool => (0, json!({"b": value.as_bool()})),
        SettingType::Text => (1, json!({"s": value.as_text()})),
        SettingType::Int => (2, json!({"i": value.as_int()})),
        SettingType::Double => (3, json!({"d": value.as_double()})),
    }
}
