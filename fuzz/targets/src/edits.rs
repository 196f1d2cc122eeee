//! Edits of a document, as people make them on the dashboard, and some that they cannot make.

use serde_json::{Value as Json, json};

use crate::{
    choices::{Choices, TEXTS},
    documents::{self, CONTEXTS, KEYS},
    users::ATTRIBUTES,
};

/// Makes one edit. `making` has the decisions on new parts.
pub(crate) fn edit(choices: &mut Choices<'_>, making: &mut Choices<'_>, document: &mut Json) {
    match choices.below(12) {
        0..=3 => scalar(choices, document),
        4 => copy(choices, document),
        5 => remove(choices, document),
        6 | 7 => list(choices, document),
        8 => setting(choices, making, document),
        9 => document["p"] = json!({"s": choices.pick(&["another", "", documents::SALT])}),
        10 => permute_segments(choices, document),
        _ => change_form(document),
    }
}

/// Returns the places of the members and items that fit, in the order of the document.
fn places(document: &Json, fits: impl Fn(&Json) -> bool) -> Vec<String> {
    fn walk(json: &Json, pointer: &str, found: &mut Vec<(String, Json)>) {
        let members: Vec<(String, &Json)> = match json {
            Json::Object(members) => members
                .iter()
                .map(|(name, member)| (name.replace('~', "~0").replace('/', "~1"), member))
                .collect(),
            Json::Array(items) => items.iter().enumerate().map(|(n, item)| (n.to_string(), item)).collect(),
            _ => Vec::new(),
        };
        for (name, member) in members {
            let pointer = format!("{pointer}/{name}");
            walk(member, &pointer, found);
            found.push((pointer, member.clone()));
        }
    }
    let mut found = Vec::new();
    walk(document, "", &mut found);
    found.into_iter().filter(|(_, json)| fits(json)).map(|(pointer, _)| pointer).collect()
}

/// Returns one of these places, and its last name.
fn pick_place(choices: &mut Choices<'_>, document: &Json, fits: impl Fn(&Json) -> bool) -> Option<String> {
    let mut places = places(document, fits);
    (!places.is_empty()).then(|| places.swap_remove(choices.index(places.len())))
}

fn last_name(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(_, name)| name)
}

/// Changes a text, a number or a switch a little, or to another one that is known.
fn scalar(choices: &mut Choices<'_>, document: &mut Json) {
    let Some(place) = pick_place(choices, document, |json| !json.is_object() && !json.is_array()) else {
        return;
    };
    let Some(scalar) = document.pointer_mut(&place) else { return };
    *scalar = match (&*scalar, last_name(&place)) {
        (Json::Bool(value), _) => (!value).into(),
        (Json::String(_), "a") => choices.pick(&ATTRIBUTES).into(),
        (Json::String(_), "f" | "n") => choices.pick(&CONTEXTS).into(),
        (Json::String(text), _) => match choices.below(3) {
            0 => format!("{text}{}", choices.pick(&TEXTS)),
            1 => text.chars().skip(1).collect(),
            _ => choices.pick(&TEXTS).to_owned(),
        }
        .into(),
        (Json::Number(number), _) => match (number.as_i64(), choices.below(4)) {
            (Some(number), 0) => number.saturating_add(1).into(),
            (Some(number), 1) => number.saturating_sub(1).into(),
            // The same number, written as a double.
            (_, 2) => number.as_f64().into(),
            _ => choices.number().into(),
        },
        _ => Json::Null,
    };
}

/// Replaces a member by one of the same name from another place.
fn copy(choices: &mut Choices<'_>, document: &mut Json) {
    let Some(to) = pick_place(choices, document, |_| true) else { return };
    let mut alike = places(document, |_| true);
    alike.retain(|from| last_name(from) == last_name(&to));
    let from = document.pointer(&alike[choices.index(alike.len())]).cloned();
    if let (Some(from), Some(to)) = (from, document.pointer_mut(&to)) {
        *to = from;
    }
}

fn remove(choices: &mut Choices<'_>, document: &mut Json) {
    let Some(place) = pick_place(choices, document, |_| true) else { return };
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    let name = name.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Json::Object(members)) => drop(members.remove(&name)),
        Some(Json::Array(items)) => drop(name.parse().map(|index: usize| items.remove(index))),
        _ => {}
    }
}

/// Reorders a list, repeats an item of it, or moves one to its end.
fn list(choices: &mut Choices<'_>, document: &mut Json) {
    let place = pick_place(choices, document, |json| json.as_array().is_some_and(|items| items.len() > 1));
    let Some(Json::Array(items)) = place.and_then(|place| document.pointer_mut(&place)) else { return };
    let (one, other) = (choices.index(items.len()), choices.index(items.len()));
    match choices.below(4) {
        0 => items.reverse(),
        1 => items.swap(one, other),
        2 => items.insert(one, items[other].clone()),
        _ => {
            let item = items.remove(one);
            items.push(item);
        }
    }
}

/// Adds, replaces or removes a setting.
fn setting(choices: &mut Choices<'_>, making: &mut Choices<'_>, document: &mut Json) {
    let key = choices.pick(&KEYS);
    let is_legacy = !is_version_6(document);
    let settings = if document["f"].is_object() { &mut document["f"] } else { document };
    let Some(settings) = settings.as_object_mut() else { return };
    match choices.below(3) {
        0 => drop(settings.remove(key)),
        _ if is_legacy => drop(settings.insert(key.to_owned(), documents::legacy_setting(making))),
        _ => drop(settings.insert(key.to_owned(), documents::setting(making))),
    }
}

/// Puts the segments in another order, and each condition on them to its segment's new place.
fn permute_segments(choices: &mut Choices<'_>, document: &mut Json) {
    let Some(segments) = document["s"].as_array_mut() else { return };
    let count = segments.len();
    let shift = choices.below(count.max(1));
    segments.rotate_right(shift);
    for place in places(document, |json| json["s"].is_u64() && json["c"].is_u64()) {
        // User conditions have an attribute, and a text in `s`.
        let Some(condition) = document.pointer_mut(&place) else { continue };
        if let Some(index) = condition["s"].as_u64().filter(|index| *index < count as u64) {
            condition["s"] = ((index + shift as u64) % count as u64).into();
        }
    }
}

fn is_version_6(document: &Json) -> bool {
    document["f"]
        .as_object()
        .is_some_and(|settings| settings.values().any(|setting| setting["v"].is_object()))
}

/// Writes a document of version 4 as one of version 5, and one of version 5 as one of version 6.
fn change_form(document: &mut Json) {
    let Some(members) = document.as_object() else { return };
    if !members.contains_key("f") && !members.contains_key("p") {
        *document = json!({"f": members, "p": {}});
    } else if !is_version_6(document) {
        for setting in document["f"].as_object_mut().into_iter().flat_map(|settings| settings.values_mut()) {
            *setting = upgraded(setting);
        }
    }
}

/// Returns a setting of version 5 as one of version 6.
fn upgraded(setting: &Json) -> Json {
    let member = ["b", "s", "i", "d"][setting["t"].as_u64().map_or(0, |kind| kind.min(3) as usize)];
    let served = |of: &Json| json!({"v": {member: of["v"]}, "i": of["i"]});
    let ordered = |list: &Json| {
        let mut list = list.as_array().cloned().unwrap_or_default();
        list.sort_by_key(|item| item["o"].as_i64().unwrap_or(0));
        list
    };
    let option = |option: &Json| {
        let mut served = served(option);
        served["p"] = option["p"].clone();
        served
    };
    let rule = |rule: &Json| json!({"c": [{"u": condition(rule)}], "s": served(rule)});
    let mut upgraded = served(setting);
    upgraded["t"] = setting["t"].clone();
    upgraded["r"] = ordered(&setting["r"]).iter().map(rule).collect();
    upgraded["p"] = ordered(&setting["p"]).iter().map(option).collect();
    upgraded
}

/// Returns the condition of a rule of version 5 as one of version 6.
fn condition(rule: &Json) -> Json {
    let text = rule["c"].as_str().unwrap_or_default();
    let mut condition = json!({"a": rule["a"], "c": rule["t"]});
    match rule["t"].as_u64() {
        Some(0 | 1 | 4 | 5 | 16 | 17) => {
            condition["l"] = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
        }
        Some(2 | 3) => condition["l"] = json!([text]),
        Some(10..=15) => condition["d"] = text.replace(',', ".").parse::<f64>().ok().into(),
        _ => condition["s"] = text.into(),
    }
    condition
}
