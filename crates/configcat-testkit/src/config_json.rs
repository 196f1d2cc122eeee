//! Config JSONs from values.

use configcat::{SettingType, Value};
use serde_json::{Map, json};

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
        let (key, value) = (key.as_ref(), value.into());
        // The numbers of the types and the names of the members are those of config JSON version 6.
        let (code, value) = match value.setting_type() {
            SettingType::Bool => (0, json!({"b": value.as_bool()})),
            SettingType::Text => (1, json!({"s": value.as_text()})),
            SettingType::Int => (2, json!({"i": value.as_int()})),
            SettingType::Double => (3, json!({"d": value.as_double()})),
        };
        (key.to_owned(), json!({"t": code, "v": value, "i": format!("{key}-id")}))
    };
    let settings: Map<_, _> = values.into_iter().map(setting).collect();
    json!({"p": {"s": "salt"}, "f": settings}).to_string()
}
