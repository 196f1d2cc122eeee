//! Documents of all forms as config JSON of version 6, the one that SDKs ask for since 2024.

use std::collections::BTreeMap;

use configcat_eval::{Config, SettingType};
use serde_json::{Map, Value as Json, json, value::RawValue};

/// A document as version 6, and the form that it had.
#[derive(Debug)]
pub(super) struct Converted {
    pub(super) json: String,
    pub(super) form: Form,
    /// The URL that the document forces clients to. The converted one does not.
    pub(super) forced_url: Option<String>,
}

/// The form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A config JSON of this version.
    Version(u8),
    /// Override flags without rules.
    Simple,
}

/// The members of an object, each as it is written.
type Members = BTreeMap<String, Box<RawValue>>;

/// Converts a document to version 6.
///
/// A document of version 6 stays as it is, byte for byte, except for a forced redirect, which would
/// lead clients away from this server. For any other one, each flag of the result evaluates as in
/// the document. Otherwise the result is the reason for which there is no such document.
pub(super) fn to_version_6(json: &str, config: &Config) -> Result<Converted, String> {
    let root: Members = serde_json::from_str(json).map_err(|cause| cause.to_string())?;
    let (form, settings) = form(&root);
    if form == Form::Version(6) {
        let (json, forced_url) = match forced_redirect(&root) {
            Some((url, preferences)) => {
                (with_preferences(root, &preferences).map_err(|cause| cause.to_string())?, Some(url))
            }
            None => (json.to_owned(), None),
        };
        return Ok(Converted { json, form, forced_url });
    }
    if config.keys().next().is_none() && form != Form::Simple {
        return Err("it has no flags, and only names the URL that has them".to_owned());
    }
    let json = converted(config, form, &settings.unwrap_or(root))?;
    check(&json, form, config)?;
    Ok(Converted { json, form, forced_url: None })
}

/// Returns the form of a valid document, and the settings if they are not at its root.
fn form(root: &Members) -> (Form, Option<Members>) {
    let Some(settings) = root.get("f").and_then(|settings| members(settings)) else {
        return match root.get("flags").and_then(|flags| members(flags)) {
            Some(flags) => (Form::Simple, Some(flags)),
            None => (Form::Version(4), None),
        };
    };
    let values = || settings.values().filter_map(|setting| members(setting)?.remove("v"));
    let is_bare = |value: &RawValue| !value.get().starts_with('{');
    // In version 4, `f` may be the key of a setting.
    if settings.get("v").is_some_and(|value| is_bare(value)) && values().next().is_none() {
        return (Form::Version(4), None);
    }
    // The form of most settings counts: one with a fault does not change the others.
    let (bare, typed): (Vec<_>, Vec<_>) = values().partition(|value| is_bare(value));
    let is_version_5 = !bare.is_empty() && bare.len() >= typed.len();
    (Form::Version(if is_version_5 { 5 } else { 6 }), Some(settings))
}

fn members(json: &RawValue) -> Option<Members> {
    serde_json::from_str(json.get()).ok()
}

/// Returns the URL of a forced redirect, and the preferences without it.
// The other redirect modes lead no client away that has a base URL.
fn forced_redirect(root: &Members) -> Option<(String, Json)> {
    let mut preferences: Json = serde_json::from_str(root.get("p")?.get()).ok()?;
    let url = preferences.get("u")?.as_str()?.to_owned();
    let mode = preferences.get_mut("r").filter(|mode| mode.as_f64() == Some(2.0))?;
    *mode = 0.into();
    Some((url, preferences))
}

fn with_preferences(mut root: Members, preferences: &Json) -> serde_json::Result<String> {
    root.insert("p".to_owned(), RawValue::from_string(preferences.to_string())?);
    serde_json::to_string(&root)
}

/// Returns the settings as a document of version 6, in the same order.
fn converted(config: &Config, form: Form, settings: &Members) -> Result<String, String> {
    let mut json = String::from(r#"{"p":{"r":0,"s":""},"f":{"#);
    for (position, key) in config.keys().enumerate() {
        let setting = settings.get(key).and_then(|setting| serde_json::from_str(setting.get()).ok());
        let setting = setting.and_then(|setting: Json| match form {
            Form::Simple => simple(setting),
            Form::Version(_) => legacy(&setting),
        });
        let setting = setting.ok_or_else(|| no_counterpart(key))?;
        if position > 0 {
            json.push(',');
        }
        json += &format!("{}:{setting}", Json::from(key));
    }
    json.push_str("}}");
    Ok(json)
}

fn no_counterpart(key: &str) -> String {
    format!(
        "version 6 of the config JSON has no exact counterpart of {}: its value or type is wrong, it compares SHA-1 \
         hashes, a comparison value is no number or version, or its percentages add up to less than 100",
        Json::from(key)
    )
}

/// Checks that all flags evaluate the same in both documents.
fn check(json: &str, form: Form, original: &Config) -> Result<(), String> {
    let config = Config::parse(json).map_err(|cause| cause.to_string())?;
    let value = |config: &Config, key: &str| Some(config.evaluate(key, None).ok()?.value().clone());
    // An integer of the simple form is a double too, which no setting of version 6 is.
    let is_integer = |key: &str| {
        let is_int = form == Form::Simple && original.setting_type(key) == Some(SettingType::Int);
        is_int && value(&config, key) == value(original, key)
    };
    match config.changes(original).find(|change| !is_integer(change.key)) {
        Some(change) => Err(no_counterpart(change.key)),
        None => Ok(()),
    }
}

/// Converts a value of the simple form to a setting.
fn simple(value: Json) -> Option<Json> {
    let setting_type = inferred_type(&value)?;
    Some(json!({"t": setting_type, "v": typed(&value, setting_type)?}))
}

/// Returns the type of a setting that does not name one.
fn inferred_type(value: &Json) -> Option<u64> {
    match value {
        Json::Bool(_) => Some(0),
        Json::String(_) => Some(1),
        Json::Number(number) => Some(if number.is_f64() { 3 } else { 2 }),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn typed(value: &Json, setting_type: u64) -> Option<Json> {
    let member = match (setting_type, value) {
        (0, Json::Bool(_)) => "b",
        (1, Json::String(_)) => "s",
        (2, Json::Number(_)) => "i",
        (3, Json::Number(_)) => "d",
        _ => return None,
    };
    Some(json!({member: value}))
}

/// Converts a setting of version 4 or 5.
fn legacy(setting: &Json) -> Option<Json> {
    let value = setting.get("v")?;
    let setting_type = match setting.get("t") {
        None | Some(Json::Null) => inferred_type(value)?,
        Some(setting_type) => setting_type.as_u64()?,
    };
    let served = |part: &Json| {
        let mut served = Map::from_iter([("v".to_owned(), typed(part.get("v")?, setting_type)?)]);
        served.extend(part.get("i").filter(|id| !id.is_null()).map(|id| ("i".to_owned(), id.clone())));
        Some(served)
    };
    let rule = |rule| Some(json!({"c": [{"u": user_condition(rule)?}], "s": served(rule)?}));
    let option = |option: &Json| {
        let mut converted = served(option)?;
        converted.insert("p".to_owned(), option.get("p")?.clone());
        Some(Json::Object(converted))
    };
    let mut converted = served(setting)?;
    converted.insert("t".to_owned(), setting_type.into());
    converted.insert("r".to_owned(), ordered(setting, "r").into_iter().map(rule).collect::<Option<_>>()?);
    converted.insert("p".to_owned(), ordered(setting, "p").into_iter().map(option).collect::<Option<_>>()?);
    Some(Json::Object(converted))
}

/// Returns the items of a list in the order that they state.
fn ordered<'j>(setting: &'j Json, list: &str) -> Vec<&'j Json> {
    let mut items: Vec<&Json> = setting.get(list).and_then(Json::as_array).into_iter().flatten().collect();
    items.sort_by_key(|item| item.get("o").and_then(Json::as_i64).unwrap_or(0));
    items
}

/// Returns the condition of a rule of version 4 or 5, in which the comparator decides how the one
/// string is read.
fn user_condition(rule: &Json) -> Option<Json> {
    let (attribute, comparator) = (rule.get("a")?, rule.get("t")?.as_u64()?);
    let comparison = match rule.get("c")? {
        Json::String(text) => text.clone(),
        bare @ (Json::Bool(_) | Json::Number(_)) => bare.to_string(),
        Json::Null | Json::Array(_) | Json::Object(_) => return None,
    };
    let (member, comparison) = match comparator {
        0 | 1 | 4 | 5 => {
            let items = comparison.split(',').map(str::trim).filter(|item| !item.is_empty());
            ("l", items.collect::<Json>())
        }
        2 | 3 => ("l", json!([comparison])),
        6..=9 => ("s", comparison.into()),
        10..=15 => ("d", comparison.trim().replacen(',', ".", 1).parse::<f64>().ok()?.into()),
        _ => return None,
    };
    Some(json!({"a": attribute, "c": comparator, member: comparison}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(document: &str) -> Result<Converted, String> {
        to_version_6(document, &Config::parse_overrides(document).unwrap())
    }

    fn convert(document: &str) -> (Form, String) {
        let converted = converted(document).unwrap();
        (converted.form, converted.json)
    }

    // The order of members in an object depends on the features of the build.
    fn parsed(json: &str) -> Json {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn version_6_stays_as_it_is() {
        let document =
            r#"{ "p" : {"u":"https://x.example","r":1}, "f":{"b" :{"t":0,"v":{"b":true}},"a":{"t":9}}}"#;
        assert_eq!(convert(document), (Form::Version(6), document.to_owned()));
        assert_eq!(convert(r#"{"f": {}}"#), (Form::Version(6), r#"{"f": {}}"#.to_owned()));
    }

    #[test]
    fn a_forced_redirect_leads_no_client_away() {
        let document = r#"{"p": {"u": "https://x.example", "r": 2, "s": "salt"}, "f": {"b": {"t": 0, "v": {"b": true}}}}"#;
        let converted = converted(document).unwrap();
        assert_eq!(converted.forced_url.as_deref(), Some("https://x.example"));
        assert_eq!(parsed(&converted.json), parsed(&document.replace("\"r\": 2", "\"r\": 0")));
    }

    #[test]
    fn simple_flags_become_settings_in_the_same_order() {
        let document =
            r#"{"flags": {"title": "Hi", "isNew": true, "limit": 10, "share": 0.5, "whole": 2.0}}"#;
        let expected = concat!(
            r#"{"p":{"r":0,"s":""},"f":{"title":{"t":1,"v":{"s":"Hi"}},"isNew":{"t":0,"v":{"b":true}},"#,
            r#""limit":{"t":2,"v":{"i":10}},"share":{"t":3,"v":{"d":0.5}},"whole":{"t":3,"v":{"d":2.0}}}}"#,
        );
        assert_eq!(convert(document), (Form::Simple, expected.to_owned()));
    }

    #[test]
    fn versions_4_and_5_are_converted() {
        let settings = r#"{"k": {"t": 1, "v": "none", "i": "a0",
            "r": [{"o": 1, "a": "Age", "t": 14, "c": " 1,5", "v": "num", "i": "a1"},
                  {"o": 0, "a": "Email", "t": 0, "c": "a@x, b@x,,", "v": "list"},
                  {"o": 2, "a": "Version", "t": 6, "c": "1.2.3", "v": "old", "i": null},
                  {"o": 3, "a": "Email", "t": 2, "c": "@x, y", "v": "part"}],
            "p": [{"o": 1, "p": 40, "v": "B", "i": "b"}, {"o": 0, "p": 60, "v": "A", "i": "a"}]}}"#;
        let expected = concat!(
            r#"{"p":{"r":0,"s":""},"f":{"k":{"i":"a0","p":[{"i":"a","p":60,"v":{"s":"A"}},{"i":"b","p":40,"v":{"s":"B"}}],"r":["#,
            r#"{"c":[{"u":{"a":"Email","c":0,"l":["a@x","b@x"]}}],"s":{"v":{"s":"list"}}},"#,
            r#"{"c":[{"u":{"a":"Age","c":14,"d":1.5}}],"s":{"i":"a1","v":{"s":"num"}}},"#,
            r#"{"c":[{"u":{"a":"Version","c":6,"s":"1.2.3"}}],"s":{"v":{"s":"old"}}},"#,
            r#"{"c":[{"u":{"a":"Email","c":2,"l":["@x, y"]}}],"s":{"v":{"s":"part"}}}],"t":1,"v":{"s":"none"}}}}"#,
        );
        let version_5 = format!(r#"{{"p": {{"u": "https://x.example", "r": 2}}, "f": {settings}}}"#);
        for (document, version) in [(settings, 4), (&version_5, 5)] {
            let (form, json) = convert(document);
            assert_eq!((form, parsed(&json)), (Form::Version(version), parsed(expected)));
        }
    }

    #[test]
    fn a_setting_named_f_is_one_of_version_4() {
        let (form, json) = convert(r#"{"f": {"t": 0, "v": true, "p": [], "r": []}}"#);
        assert_eq!(form, Form::Version(4));
        let expected =
            r#"{"p": {"r": 0, "s": ""}, "f": {"f": {"t": 0, "v": {"b": true}, "p": [], "r": []}}}"#;
        assert_eq!(parsed(&json), parsed(expected));
    }

    #[test]
    fn a_document_without_an_exact_counterpart_is_refused() {
        let rule = |comparator: u8, comparison: &str| {
            format!(
                r#"{{"k": {{"t": 0, "v": false, "r": [{{"a": "A", "t": {comparator}, "c": "{comparison}", "v": true}}]}}}}"#
            )
        };
        for document in [
            rule(16, "0a4d55a8d778e5022fab701977c5d840bbc486d0"),
            rule(10, "ten"),
            r#"{"k": {"t": 0, "v": false, "p": [{"p": 60, "v": true}]}}"#.to_owned(),
            r#"{"k": {"t": 1, "v": true}}"#.to_owned(),
            r#"{"flags": {"k": null}}"#.to_owned(),
        ] {
            assert!(
                converted(&document)
                    .unwrap_err()
                    .starts_with(r#"version 6 of the config JSON has no exact counterpart of "k":"#)
            );
        }
        assert!(converted(r#"{"p": {"u": "https://x.example", "r": 1}}"#).unwrap_err().contains("no flags"));
    }
}
