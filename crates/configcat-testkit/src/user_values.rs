//! Values of flags for single users, as targeting rules of a config JSON.

use std::collections::BTreeMap;

use configcat::{User, Value};
use serde_json::{Map, Value as Json, json};

use crate::config_json::code_and_value;

/// Values by the key of the flag, then by the identifier of the user.
pub(crate) type UserValues = BTreeMap<String, BTreeMap<String, Value>>;

/// Returns a config JSON of the flags that have values for single users: for all other users they
/// are as in `values`, or as in `document`, a config JSON.
pub(crate) fn user_document(
    document: &Json,
    values: &BTreeMap<String, Value>,
    user_values: &UserValues,
) -> Json {
    let setting = |(key, users): (&String, _)| (key.clone(), setting(document, values, key, users).into());
    let settings: Map<String, Json> = user_values.iter().map(setting).collect();
    // The salt and the segments belong to the rules of the document.
    json!({"p": document.get("p"), "s": document.get("s"), "f": settings})
}

fn setting(
    document: &Json,
    values: &BTreeMap<String, Value>,
    key: &str,
    users: &BTreeMap<String, Value>,
) -> Map<String, Json> {
    let known = document.get("f").and_then(|settings| settings.get(key)).and_then(Json::as_object);
    let mut setting = match (values.get(key), known) {
        (Some(value), _) => members(value),
        // Only version 6 has values in objects, and rules such as those below.
        (None, Some(known)) if known.get("v").is_some_and(Json::is_object) => known.clone(),
        // Without a default value: other users get the default of the caller.
        _ => users.values().take(1).flat_map(members).filter(|(name, _)| name == "t").collect(),
    };
    let of_user = |(identifier, value): (&String, &Value)| {
        // 28 is the code of EQUALS.
        let condition = json!({"u": {"a": User::IDENTIFIER, "c": 28, "s": identifier}});
        json!({"c": [condition], "s": {"v": code_and_value(value).1}})
    };
    // Before the rules of the document, so that these count for all other users.
    let mut rules: Vec<Json> = users.iter().map(of_user).collect();
    if let Some(Json::Array(known)) = setting.remove("r") {
        rules.extend(known);
    }
    setting.insert("r".to_owned(), rules.into());
    setting
}

/// Returns a setting with this value for all users.
fn members(value: &Value) -> Map<String, Json> {
    let (code, value) = code_and_value(value);
    [("t".to_owned(), code.into()), ("v".to_owned(), value)].into_iter().collect()
}
