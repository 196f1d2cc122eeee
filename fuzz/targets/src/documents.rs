//! Documents by the grammar of the config JSON, with some faults.

use serde_json::{Map, Value as Json, json};

use crate::{choices::Choices, naive::conditions::salted, users::ATTRIBUTES};

pub(crate) const SALT: &str = "jd3RtzA1";
pub(crate) const KEYS: [&str; 6] = ["flag", "b", "c", "d", "v", "é \""];
const SEGMENTS: [&str; 3] = ["Beta", "é", ""];
/// The keys, and the names of segments: the contexts of hashes.
pub(crate) const CONTEXTS: [&str; 9] = ["flag", "b", "c", "d", "v", "é \"", "Beta", "é", ""];

/// A function that makes a member.
type Make<'m> = &'m dyn Fn(&mut Choices<'_>) -> Json;

/// Returns the member, or sometimes a value of another kind.
fn faulty(choices: &mut Choices<'_>, make: Make<'_>) -> Json {
    if !choices.once_in(64) {
        return make(choices);
    }
    let faults = json!([null, true, -1, 7, 0.5, "x", [], {}, [null], {"s": "x", "b": true}, 1e300, u64::MAX, 99, [{}], "", 1.0]);
    faults[choices.below(16)].clone()
}

fn object(choices: &mut Choices<'_>, members: &[(&str, Make<'_>)]) -> Json {
    let mut object = Map::new();
    for (name, make) in members {
        if !choices.once_in(100) {
            object.insert((*name).to_owned(), faulty(choices, make));
        }
    }
    object.into()
}

fn list(choices: &mut Choices<'_>, end: usize, item: Make<'_>) -> Json {
    choices.list(end, |choices| faulty(choices, item)).into()
}

/// Returns a comparison text: plain, or as one of its hashes.
fn comparison_text(choices: &mut Choices<'_>) -> Json {
    let text = choices.text();
    let context = |choices: &mut Choices<'_>| choices.pick(&CONTEXTS);
    match choices.below(6) {
        0..=3 => text,
        4 => salted(text.as_bytes(), SALT, context(choices)),
        _ => {
            let slice = &text.as_bytes()[..choices.below(text.len().min(255) + 1)];
            format!("{}_{}", slice.len(), salted(slice, SALT, context(choices)))
        }
    }
    .into()
}

/// Returns a user condition with each kind of comparison value. Its comparator uses one of them.
pub(crate) fn user_condition(choices: &mut Choices<'_>) -> Json {
    object(
        choices,
        &[
            ("a", &|choices| choices.pick(&ATTRIBUTES).into()),
            ("c", &|choices| choices.below(37).into()),
            ("s", &comparison_text),
            ("d", &|choices| choices.number().into()),
            ("l", &|choices| choices.list(14, comparison_text).into()),
        ],
    )
}

fn bare_value(choices: &mut Choices<'_>, kind: usize) -> Json {
    match kind {
        0 => (choices.byte() % 2 == 1).into(),
        1 => choices.text().into(),
        2 => (choices.byte() as i8).into(),
        _ => choices.number().into(),
    }
}

fn value(choices: &mut Choices<'_>, kind: usize) -> Json {
    object(choices, &[(["b", "s", "i", "d"][kind], &|choices| bare_value(choices, kind))])
}

fn condition(choices: &mut Choices<'_>) -> Json {
    match choices.below(6) {
        0..=3 => object(choices, &[("u", &user_condition)]),
        4 => {
            let segment: Make<'_> = &|choices| (choices.below(4)).into();
            let comparator: Make<'_> = &|choices| choices.below(2).into();
            object(choices, &[("s", &|choices| object(choices, &[("s", segment), ("c", comparator)]))])
        }
        _ => {
            let key: Make<'_> = &|choices| choices.pick(&[&KEYS[..], &["gone"]].concat()).into();
            let comparator: Make<'_> = &|choices| choices.below(2).into();
            let compared: Make<'_> = &|choices| {
                let kind = choices.below(4);
                value(choices, kind)
            };
            let members = [("f", key), ("c", comparator), ("v", compared)];
            object(choices, &[("p", &|choices| object(choices, &members))])
        }
    }
}

fn share(choices: &mut Choices<'_>) -> Json {
    match choices.below(4) {
        0..=2 => choices.pick(&[100, 50, 25, 0, 99, 1]).into(),
        _ => (choices.byte() as i8).into(),
    }
}

fn options(choices: &mut Choices<'_>, kind: usize) -> Json {
    let value: Make<'_> = &|choices| value(choices, kind);
    list(choices, 5, &|choices| object(choices, &[("p", &share), ("v", value), ("i", &variation_id)]))
}

fn variation_id(choices: &mut Choices<'_>) -> Json {
    choices.text().into()
}

fn rule(choices: &mut Choices<'_>, kind: usize) -> Json {
    let conditions: Make<'_> = &|choices| list(choices, 4, &condition);
    let value: Make<'_> = &|choices| value(choices, kind);
    let served: Make<'_> = &|choices| object(choices, &[("v", value), ("i", &variation_id)]);
    match choices.below(4) {
        0..=2 => object(choices, &[("c", conditions), ("s", served)]),
        _ => object(choices, &[("c", conditions), ("p", &|choices| options(choices, kind))]),
    }
}

pub(crate) fn setting(choices: &mut Choices<'_>) -> Json {
    let kind = choices.below(4);
    object(
        choices,
        &[
            ("t", &|_| kind.into()),
            ("r", &|choices| list(choices, 4, &|choices| rule(choices, kind))),
            ("p", &|choices| options(choices, kind)),
            ("v", &|choices| value(choices, kind)),
            ("a", &|choices| choices.pick(&ATTRIBUTES).into()),
            ("i", &variation_id),
        ],
    )
}

pub(crate) fn legacy_setting(choices: &mut Choices<'_>) -> Json {
    let kind = choices.below(4);
    let order: Make<'_> = &|choices| (choices.byte() as i8).into();
    let value: Make<'_> = &|choices| bare_value(choices, kind);
    let comparison: Make<'_> = &|choices| choices.list(6, Choices::text).join(",").into();
    let rule = [
        ("o", order),
        ("a", &|choices| choices.pick(&ATTRIBUTES).into()),
        ("t", &|choices| choices.below(19).into()),
        ("c", comparison),
        ("v", value),
        ("i", &variation_id),
    ];
    let option = [("o", order), ("v", value), ("p", &share as Make<'_>), ("i", &variation_id)];
    object(
        choices,
        &[
            ("t", &|_| kind.into()),
            ("v", value),
            ("r", &|choices| list(choices, 4, &|choices| object(choices, &rule))),
            ("p", &|choices| list(choices, 4, &|choices| object(choices, &option))),
            ("i", &variation_id),
        ],
    )
}

fn settings(choices: &mut Choices<'_>, setting: Make<'_>) -> Json {
    let members = KEYS.map(|key| (key, setting));
    let count = 1 + choices.below(KEYS.len());
    object(choices, &members[..count])
}

/// Returns a document of version 6, or sometimes of version 5 or 4.
pub(crate) fn document(choices: &mut Choices<'_>) -> Json {
    match choices.below(8) {
        0..=5 => {
            let name: Make<'_> = &|choices| choices.pick(&SEGMENTS).into();
            let conditions: Make<'_> = &|choices| list(choices, 3, &user_condition);
            let segment: Make<'_> = &|choices| object(choices, &[("n", name), ("r", conditions)]);
            let salt: Make<'_> = &|choices| object(choices, &[("s", &|_| SALT.into())]);
            let settings: Make<'_> = &|choices| settings(choices, &setting);
            object(choices, &[("f", settings), ("s", &|choices| list(choices, 4, segment)), ("p", salt)])
        }
        6 => object(choices, &[("f", &|choices| settings(choices, &legacy_setting)), ("p", &|_| json!({}))]),
        _ => settings(choices, &legacy_setting),
    }
}

/// Gives most user conditions of a document the attribute and the comparison values of the one
/// before, and makes a third of them conditions on the first segment: so rules often overlap,
/// exclude each other, or have bounds that meet.
pub(crate) fn align_conditions(choices: &mut Choices<'_>, document: &mut Json) {
    let mut before: Option<Map<String, Json>> = None;
    each_object(document, &mut |members| {
        if members.contains_key("u") && choices.byte() % 3 == 0 {
            members.clear();
            members.insert("s".to_owned(), json!({"s": 0, "c": choices.byte() % 2}));
        }
        if !members.get("a").is_some_and(Json::is_string) || !members.contains_key("l") {
            return;
        }
        if let (Some(before), true) = (&before, choices.byte() % 4 != 0) {
            for name in ["a", "s", "d", "l"] {
                if let (Some(member), Some(other)) = (members.get_mut(name), before.get(name)) {
                    *member = other.clone();
                }
            }
        }
        // Comparators on numbers, of which each has a bound: few of 37 by chance.
        if let (Some(comparator), true) = (members.get_mut("c"), choices.byte() % 2 == 0) {
            *comparator = (10 + choices.below(6)).into();
        }
        before = Some(members.clone());
    });
}

/// Makes each list of percentage options add up to 99, 100 or 101, by the identifier: by chance few
/// sums are next to 100, where the answer to "does each user get an option" changes.
pub(crate) fn align_percentages(choices: &mut Choices<'_>, document: &mut Json) {
    each_object(document, &mut |members| {
        let Some(options) = members.get_mut("p").and_then(Json::as_array_mut) else { return };
        let mut left = 99 + choices.below(3);
        let count = options.len();
        for (index, option) in options.iter_mut().enumerate() {
            let share = if index + 1 == count { left } else { choices.below(left + 1) };
            left -= share;
            if let Some(option) = option.as_object_mut() {
                option.insert("p".to_owned(), share.into());
            }
        }
        members.remove("a");
    });
}

/// Calls the function with each object of a document.
fn each_object(json: &mut Json, function: &mut dyn FnMut(&mut Map<String, Json>)) {
    match json {
        Json::Object(members) => {
            function(members);
            members.values_mut().for_each(|member| each_object(member, function));
        }
        Json::Array(items) => items.iter_mut().for_each(|item| each_object(item, function)),
        _ => {}
    }
}

/// Returns a document in the simple form of override files.
pub(crate) fn simple_form(choices: &mut Choices<'_>) -> Json {
    let flag: Make<'_> = &|choices| {
        let kind = choices.below(4);
        bare_value(choices, kind)
    };
    object(choices, &[("flags", &|choices| settings(choices, flag))])
}
