//! Settings of versions 4 and 5, written anew as those of version 6.

use serde_json::{Value as Json, json};

use super::{
    conditions::trim,
    fields::{Object, as_integer, optional},
};

/// A value that is malformed as a setting value, a string and a number.
const MALFORMED: fn() -> Json = || json!([]);

/// Returns the settings of a document of version 4 or 5; `None` if it has another version.
///
/// Version 4 has the settings at the root; versions 6 and 5 differ in whether values are objects or
/// bare.
pub(super) fn settings(document: &Json) -> Option<Object> {
    let has_salt = !document["p"]["s"].is_null();
    let settings = match document["f"].as_object() {
        Some(settings) if !is_one_setting(settings) => {
            let values: Vec<&Json> = settings.values().map(|setting| &setting["v"]).collect();
            let typed = values.iter().filter(|value| is_typed(value)).count();
            let bare = values.iter().filter(|value| is_bare(value)).count();
            if bare == 0 || bare < typed + usize::from(has_salt) {
                return None;
            }
            settings
        }
        _ if has_salt => return None,
        _ => document.as_object().filter(|members| is_map_of_settings(members))?,
    };
    Some(settings.iter().map(|(key, setting)| (key.clone(), upgrade(setting))).collect())
}

/// Returns whether one of the members is a value with a type, or all are values without one.
fn is_map_of_settings(members: &Object) -> bool {
    let has_value = |member: &Json| member.is_object() && is_bare(&member["v"]);
    let is_typed = |member: &Json| has_value(member) && as_integer(&member["t"]).is_some();
    let is_untyped = |member: &Json| has_value(member) && member["t"].is_null();
    members.values().any(is_typed) || (!members.is_empty() && members.values().all(is_untyped))
}

/// Returns whether `f` is a setting of version 4 with that key, and not a map of settings.
fn is_one_setting(f: &Object) -> bool {
    let has_object = f.values().any(|setting| setting.is_object() && !setting["v"].is_null());
    f.get("v").is_some_and(is_bare) && !has_object
}

fn is_bare(value: &Json) -> bool {
    value.is_boolean() || value.is_number() || value.is_string()
}

fn is_typed(value: &Json) -> bool {
    value
        .as_object()
        .is_some_and(|value| ["b", "s", "i", "d"].iter().any(|name| optional(value, name).is_some()))
}

fn upgrade(setting: &Json) -> Json {
    let Some(setting) = setting.as_object() else { return setting.clone() };
    let mut upgraded = json!({
        "t": setting.get("t"), "v": typed(setting.get("v")), "i": setting.get("i"),
        "r": ordered(setting.get("r"), rule), "p": ordered(setting.get("p"), option),
    });
    // A document of version 4 may leave the type to the value.
    if upgraded["t"].is_null() {
        upgraded["t"] = match setting.get("v") {
            Some(Json::Bool(_)) => json!(0),
            Some(Json::String(_)) => json!(1),
            Some(number @ Json::Number(_)) => json!(if as_integer(number).is_some() { 2 } else { 3 }),
            Some(Json::Null) | None => Json::Null,
            Some(_) => MALFORMED(),
        };
    }
    upgraded
}

/// Returns a list in its stated order; evaluation gets no further than to an item that is no
/// object.
fn ordered(list: Option<&Json>, upgrade: fn(&Object) -> Json) -> Json {
    let Some(Json::Array(list)) = list else { return list.cloned().unwrap_or_default() };
    let end = list.iter().position(|item| !item.is_object()).map_or(list.len(), |at| at + 1);
    let mut list = list[..end].to_vec();
    list.sort_by_key(|item| as_integer(&item["o"]).unwrap_or(0));
    list.iter().map(|item| item.as_object().map_or_else(|| item.clone(), upgrade)).collect()
}

fn option(option: &Object) -> Json {
    json!({"p": option.get("p"), "v": typed(option.get("v")), "i": option.get("i")})
}

fn rule(rule: &Object) -> Json {
    let comparison = match rule.get("c") {
        Some(Json::String(text)) => Ok(text.clone()),
        Some(scalar @ (Json::Bool(_) | Json::Number(_))) => Ok(scalar.to_string()),
        Some(Json::Null) | None => Err(Json::Null),
        Some(_) => Err(MALFORMED()),
    };
    let comparator = rule.get("t");
    let mut condition = json!({"a": rule.get("a"), "c": comparator});
    let (member, comparison) = match (comparator.and_then(as_integer), comparison) {
        (Some(0 | 1 | 4 | 5 | 16 | 17), comparison) => {
            ("l", comparison.map(|list| list.split(',').map(trim).filter(|item| !item.is_empty()).collect()))
        }
        (Some(2 | 3), comparison) => ("l", comparison.map(|text| json!([text]))),
        (Some(10..=15), comparison) => ("d", comparison.map(Json::from)),
        (_, comparison) => ("s", comparison.map(Json::from)),
    };
    // What is malformed as a list is no list.
    let malformed = |json: Json| if json.is_null() { json } else { json!({}) };
    condition[member] = comparison.unwrap_or_else(malformed);
    json!({"c": [{"u": condition}], "s": {"v": typed(rule.get("v")), "i": rule.get("i")}})
}

/// Returns a bare value as one of each type that it can be.
fn typed(value: Option<&Json>) -> Json {
    match value {
        Some(Json::Bool(value)) => json!({"b": value}),
        Some(Json::String(value)) => json!({"s": value}),
        Some(number @ Json::Number(_)) => json!({"i": as_integer(number), "d": number.as_f64()}),
        Some(Json::Null) | None => Json::Null,
        Some(_) => MALFORMED(),
    }
}
