//! The workloads: one setting each, and what it takes to evaluate it.

use std::fmt::Write;

use configcat_eval::User;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// The salt of all documents.
const SALT: &str = "Ek7zO8wQS0yKjv8t7bXJxg==";
/// The key of all settings but the fillers.
const KEY: &str = "isNewFeature12345";

/// A document with one setting to evaluate.
#[derive(Debug, Clone)]
pub struct Workload {
    /// What it is called in tables.
    pub name: &'static str,
    /// The config JSON.
    pub json: String,
    /// The key of the setting.
    pub key: &'static str,
    /// Whom to evaluate it for.
    pub user: Option<User>,
}

/// A user of four attributes.
#[must_use]
pub fn user() -> User {
    User::new("user-4711-of-many")
        .email("jane.doe@example.com")
        .country("Hungary")
        .custom("SubscriptionType", "Pro")
}

/// The hash that stands for `value` in a confidential comparison of the setting.
#[must_use]
pub fn hashed(value: &str) -> String {
    let digest = Sha256::new_with_prefix(value).chain_update(SALT).chain_update(KEY).finalize();
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// All workloads on single evaluations.
#[must_use]
pub fn workloads() -> Vec<Workload> {
    let plain = |n: usize| (0..n).map(|i| format!("user-{i}-of-a-list")).collect::<Vec<_>>();
    let hashes = |n: usize| plain(n).iter().map(|item| hashed(item)).collect::<Vec<_>>();
    let prefixes = |n: usize| hashes(n).iter().map(|hash| format!("9_{hash}")).collect::<Vec<_>>();
    let targeted = |name, condition| workload(name, 1, rule(condition), Some(user()));
    vec![
        workload("W1 bool, no rules", 1, json!({}), None),
        workload("W1k bool among 1,000 flags", 1000, json!({}), None),
        targeted("W2 email ends with", json!({"a": "Email", "c": 32, "l": ["@example.com"]})),
        workload("W3 50/50", 1, fifty_fifty(), Some(user())),
        targeted("W4 is one of 10", json!({"a": "Identifier", "c": 0, "l": plain(10)})),
        targeted("W4 is one of 1,000", json!({"a": "Identifier", "c": 0, "l": plain(1000)})),
        targeted("W4 is one of 100,000", json!({"a": "Identifier", "c": 0, "l": plain(100_000)})),
        targeted("W4b hashed is one of 10", json!({"a": "Identifier", "c": 16, "l": hashes(10)})),
        targeted("W4b hashed is one of 1,000", json!({"a": "Identifier", "c": 16, "l": hashes(1000)})),
        targeted("W4b hashed starts with 10", json!({"a": "Identifier", "c": 22, "l": prefixes(10)})),
        targeted("W4b hashed starts with 1,000", json!({"a": "Identifier", "c": 22, "l": prefixes(1000)})),
        targeted("contains any of 10", json!({"a": "Email", "c": 2, "l": plain(10)})),
        targeted("contains any of 1,000", json!({"a": "Email", "c": 2, "l": plain(1000)})),
        targeted("semver <", json!({"a": "SubscriptionType", "c": 6, "s": "1.2.3"})),
    ]
}

fn rule(condition: Json) -> Json {
    json!({"r": [{"c": [{"u": condition}], "s": {"v": {"b": true}, "i": "on"}}]})
}

fn fifty_fifty() -> Json {
    json!({"p": [{"p": 50, "v": {"b": true}, "i": "on"}, {"p": 50, "v": {"b": false}, "i": "off"}]})
}

fn workload(name: &'static str, flags: usize, members: Json, user: Option<User>) -> Workload {
    let setting = |mut members: Json| {
        members["t"] = 0.into();
        members["v"] = json!({"b": false});
        members["i"] = "off".into();
        members
    };
    let fillers = (1..flags).map(|i| (format!("filler-flag-{i:05}"), setting(fifty_fifty())));
    let settings: serde_json::Map<_, _> = fillers.chain([(KEY.to_owned(), setting(members))]).collect();
    let json = json!({"p": {"u": "https://cdn-global.configcat.com", "r": 0, "s": SALT}, "f": settings});
    Workload { name, json: json.to_string(), key: KEY, user }
}
