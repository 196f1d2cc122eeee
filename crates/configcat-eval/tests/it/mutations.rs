//! Each member of a rich document replaced by something of each JSON type: what does not depend on
//! it evaluates as before, and what does fails with its place, if at all.

use configcat_eval::{Config, ErrorKind, ParseError, User};
use serde_json::{Value as Json, json};

use crate::support::{Facts, SALT, evaluate, facts, hashed_for, parse, prerequisite};

/// A document, and for each of its settings where in the document it depends on what.
struct Subject {
    document: Json,
    settings: Vec<(&'static str, Vec<&'static str>)>,
}

fn version_6() -> Subject {
    let user = |attribute: &str, comparator: i64, member: &str, comparison: Json| json!({"u": {"a": attribute, "c": comparator, member: comparison}});
    let on = json!({"v": {"b": true}, "i": "on"});
    let document = json!({
        "p": {"u": "https://cdn.example.com", "r": 0, "s": SALT},
        "s": [
            {"n": "Beta", "r": [
                {"a": "Email", "c": 16, "l": [hashed_for("Beta", "ann@x.org"), hashed_for("Beta", "bob@x.org")]},
                {"a": "Country", "c": 1, "l": ["AQ"]}]},
            {"n": "Adults", "r": [{"a": "Age", "c": 15, "d": 18.0}]},
        ],
        "f": {
            "plain": {"t": 0, "v": {"b": true}, "i": "p"},
            "number": {"t": 3, "v": {"d": 0.5}, "i": "n", "r": [
                {"c": [user("Age", 12, "d", json!(18))], "s": {"v": {"d": 1.5}, "i": "young"}}]},
            "versions": {"t": 1, "v": {"s": "old"}, "i": "o", "r": [
                {"c": [user("Version", 4, "l", json!(["1.0.0", "1.1.0"]))], "s": {"v": {"s": "listed"}, "i": "l"}},
                {"c": [user("Version", 9, "s", json!("2.0.0"))], "s": {"v": {"s": "new"}, "i": "n"}}]},
            "hashes": {"t": 0, "v": {"b": false}, "r": [
                {"c": [user("Email", 20, "s", json!(hashed_for("hashes", "ann@x.org")))], "s": on},
                {"c": [user("Roles", 26, "l", json!([hashed_for("hashes", "admin")]))], "s": on}]},
            "shares": {"t": 2, "a": "Country", "v": {"i": 0}, "i": "0", "p": [
                {"p": 40, "v": {"i": 40}, "i": "40"}, {"p": 60, "v": {"i": 60}, "i": "60"}]},
            "segments": {"t": 0, "v": {"b": false}, "r": [
                {"c": [{"s": {"s": 0, "c": 0}}, {"s": {"s": 1, "c": 1}}], "s": on},
                {"c": [user("Country", 32, "l", json!(["U", "Q"]))], "p": [{"p": 100, "v": {"b": true}, "i": "100"}]}]},
            "nested": {"t": 1, "v": {"s": "none"}, "r": [
                {"c": [prerequisite("number", &json!({"d": 1.5})), user("Age", 19, "d", json!(3))],
                 "s": {"v": {"s": "young"}, "i": "y"}},
                {"c": [{"p": {"f": "segments", "c": 1, "v": {"b": false}}}], "s": {"v": {"s": "in"}, "i": "i"}}]},
        },
    });
    let settings = vec![
        ("plain", vec!["/f/plain"]),
        ("number", vec!["/f/number"]),
        ("versions", vec!["/f/versions"]),
        ("hashes", vec!["/f/hashes", "/p/s"]),
        ("shares", vec!["/f/shares"]),
        ("segments", vec!["/f/segments", "/s/0", "/s/1", "/p/s"]),
        ("nested", vec!["/f/nested", "/f/number", "/f/segments", "/s/0", "/s/1", "/p/s"]),
    ];
    Subject { document, settings }
}

fn version_5() -> Subject {
    let document = json!({
        "p": {"u": "https://cdn.example.com", "r": 0},
        "f": {
            "plain": {"t": 0, "v": true, "i": "p", "p": [], "r": []},
            "text": {"t": 1, "v": "old", "i": "o", "p": [], "r": [
                {"o": 1, "a": "Version", "t": 4, "c": "1.0.0, 1.1.0", "v": "listed", "i": "l"},
                {"o": 0, "a": "Email", "t": 2, "c": "@x.org", "v": "x", "i": "x"}]},
            "shares": {"t": 2, "v": 0, "i": "0", "p": [
                {"o": 0, "p": 40, "v": 40, "i": "40"}, {"o": 1, "p": 60, "v": 60, "i": "60"}], "r": []},
            "number": {"t": 3, "v": 0.5, "p": [], "r": [{"o": 0, "a": "Age", "t": 12, "c": "18", "v": 1.5, "i": "y"}]},
        },
    });
    let settings = vec![
        ("plain", vec!["/f/plain"]),
        ("text", vec!["/f/text"]),
        ("shares", vec!["/f/shares"]),
        ("number", vec!["/f/number"]),
    ];
    Subject { document, settings }
}

fn version_4() -> Subject {
    let Subject { mut document, .. } = version_5();
    let settings = vec![
        ("plain", vec!["/plain"]),
        ("text", vec!["/text"]),
        ("shares", vec!["/shares"]),
        ("number", vec!["/number"]),
    ];
    Subject { document: document["f"].take(), settings }
}

fn users() -> [Option<User>; 4] {
    let ann = User::new("ann").email("ann@x.org").country("HU").custom("Age", 17).custom("Version", "1.0.0");
    let bob = User::new("bob").email("bob@x.org").country("US").custom("Age", 40).custom("Roles", ["admin"]);
    let odd = User::new("odd").email(7).country("AQ").custom("Age", "old").custom("Version", "2.1.0");
    [None, Some(ann), Some(bob), Some(odd)]
}

/// Returns the pointers to all members and items, at any depth.
pub(crate) fn places(json: &Json, pointer: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Json)> = match json {
        Json::Object(members) => members.iter().map(|(name, json)| (name.clone(), json)).collect(),
        Json::Array(items) => {
            items.iter().enumerate().map(|(index, json)| (index.to_string(), json)).collect()
        }
        _ => return,
    };
    for (name, json) in inner {
        let pointer = format!("{pointer}/{name}");
        places(json, &pointer, found);
        found.push(pointer);
    }
}

/// Returns whether one of the pointers leads to the other, or to a part of it.
fn meet(one: &str, other: &str) -> bool {
    let (shorter, longer) = if one.len() < other.len() { (one, other) } else { (other, one) };
    longer.strip_prefix(shorter).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn everything(config: &Config, subject: &Subject) -> Vec<Vec<Facts>> {
    let of_user = |user: Option<&User>| {
        subject.settings.iter().map(|(key, _)| facts(&evaluate(config, key, user))).collect()
    };
    users().iter().map(|user| of_user(user.as_ref())).collect()
}

/// Replaces everything by everything, and hands over what fails.
fn mutate(subject: &Subject, mut failed: impl FnMut(&str, &Json, &configcat_eval::EvaluationError)) {
    let before = everything(&parse(&subject.document), subject);
    let (mut pointers, mut harmed) = (Vec::new(), Vec::new());
    places(&subject.document, "", &mut pointers);
    for pointer in pointers {
        for replacement in [json!(null), json!(true), json!(7), json!("x"), json!([]), json!({})] {
            let mut document = subject.document.clone();
            *document.pointer_mut(&pointer).unwrap() = replacement.clone();
            let config = match Config::parse(document.to_string()) {
                Ok(config) => config,
                Err(error) => {
                    assert!(matches!(error, ParseError::NotAConfig { .. }), "{error}");
                    assert_eq!(pointer, "/f", "{replacement}");
                    continue;
                }
            };
            let after = everything(&config, subject);
            for (before, after) in before.iter().zip(&after) {
                for (((key, depends_on), before), after) in subject.settings.iter().zip(before).zip(after) {
                    if !depends_on.iter().any(|place| meet(place, &pointer)) {
                        if before != after {
                            harmed.push(format!("{key} with {replacement} at {pointer}: {after:?}"));
                        }
                    } else if let Err(error) = after {
                        failed(&pointer, &replacement, error);
                    }
                }
            }
        }
    }
    assert!(harmed.is_empty(), "{harmed:#?}");
}

#[test]
fn the_documents_evaluate_and_every_rule_matters() {
    for subject in [version_6(), version_5(), version_4()] {
        let before = everything(&parse(&subject.document), &subject);
        assert!(before.iter().flatten().all(Result::is_ok), "{before:?}");
        // Each setting but the plain one has a different value for someone.
        for (index, (key, _)) in subject.settings.iter().enumerate().skip(1) {
            assert!(before.iter().any(|of_user| of_user[index] != before[0][index]), "{key}");
        }
    }
}

#[test]
fn a_mutation_of_version_6_harms_only_what_depends_on_it_and_names_its_place() {
    let mut failures = 0;
    mutate(&version_6(), |pointer, replacement, error| {
        failures += 1;
        // The whole list of settings or segments, or the salt: the fault shows where it is needed.
        if matches!(pointer, "/f" | "/s" | "/p" | "/p/s") {
            return;
        }
        let place = error.place().replace(['.', '['], "/").replace(']', "");
        let (parent, _) = pointer.rsplit_once('/').unwrap();
        assert!(meet(&format!("/{place}"), parent), "{error} with {replacement} at {pointer}");
        assert!(!matches!(error.kind(), ErrorKind::SettingNotFound { .. }));
    });
    assert!(failures > 1000, "{failures}");
}

#[test]
fn a_mutation_of_version_5_or_4_harms_only_what_depends_on_it() {
    for subject in [version_5(), version_4()] {
        let mut failures = 0;
        mutate(&subject, |_, _, _| failures += 1);
        assert!(failures > 100, "{failures}");
    }
}

#[test]
fn a_document_may_be_built_of_anything() {
    let pieces =
        [json!(null), json!(true), json!(7), json!("x"), json!([]), json!({}), json!([{}]), json!({"v": {}})];
    for p in &pieces {
        for s in &pieces {
            for f in &pieces {
                for k in &pieces {
                    let document = json!({"p": p, "s": s, "f": {"f": f, "k": k, "p": p, "v": s}});
                    for json in [document.clone(), document["f"].clone()] {
                        let Ok(config) = Config::parse(json.to_string()) else { continue };
                        for key in ["p", "s", "f", "k", "v"] {
                            let _ = evaluate(&config, key, Some(&User::new("u")));
                        }
                    }
                }
            }
        }
    }
}
