//! Settings of the benchmarks, and their config JSON.
//!
//! The floor and other SDKs get the settings, this SDK the JSON.

use std::fmt::Write;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// The salt of all documents, an arbitrary text.
pub(crate) const SALT: &str = "Ek7zO8wQS0yKjv8t7bXJxg==";

/// A bool setting: true if a rule matches or the user is in the half, else the default.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The key.
    pub key: String,
    /// Rules of one condition each, which serve true.
    pub rules: Vec<Condition>,
    /// `true` if half of the users get true when no rule matches, and the others false.
    pub half: bool,
    /// The value for all other users.
    pub default: bool,
}

/// A condition on an attribute.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The name of the attribute.
    pub attribute: String,
    /// The comparison with the attribute.
    pub test: Test,
}

/// A comparator and its comparison value. Hashed comparators have the texts from before hashing.
#[derive(Debug, Clone)]
pub enum Test {
    /// ENDS WITH ANY OF.
    EndsWith(Vec<String>),
    /// STARTS WITH ANY OF.
    StartsWith(Vec<String>),
    /// CONTAINS ANY OF.
    Contains(Vec<String>),
    /// IS ONE OF.
    OneOf(Vec<String>),
    /// IS ONE OF (hashed).
    HashedOneOf(Vec<String>),
    /// STARTS WITH ANY OF (hashed).
    HashedStartsWith(Vec<String>),
    /// < (SemVer).
    SemverLess(String),
}

impl Setting {
    /// Creates a setting that is false for all users.
    #[must_use]
    pub fn off(key: impl Into<String>) -> Self {
        Self { key: key.into(), rules: Vec::new(), half: false, default: false }
    }

    /// Creates a setting that is true for all users.
    #[must_use]
    pub fn on(key: impl Into<String>) -> Self {
        Self { default: true, ..Self::off(key) }
    }

    /// Creates a setting that is true for half of the users.
    #[must_use]
    pub fn half(key: impl Into<String>) -> Self {
        Self { half: true, ..Self::off(key) }
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, attribute: impl Into<String>, test: Test) -> Self {
        self.rules.push(Condition { attribute: attribute.into(), test });
        self
    }

    fn json(&self) -> Json {
        let mut json = json!({"t": 0, "v": {"b": self.default}, "i": "default"});
        if !self.rules.is_empty() {
            let rules = self
                .rules
                .iter()
                .map(|rule| json!({"c": [{"u": rule.json(&self.key)}], "s": {"v": {"b": true}, "i": "on"}}));
            json["r"] = rules.collect();
        }
        if self.half {
            let option = |value| json!({"p": 50, "v": {"b": value}, "i": if value { "on" } else { "off" }});
            json["p"] = json!([option(true), option(false)]);
        }
        json
    }
}

impl Condition {
    fn json(&self, key: &str) -> Json {
        let hashes = |items: &[String]| items.iter().map(|item| hashed(item, key)).collect::<Vec<_>>();
        let (comparator, list): (u8, Json) = match &self.test {
            Test::EndsWith(items) => (32, json!(items)),
            Test::StartsWith(items) => (30, json!(items)),
            Test::Contains(items) => (2, json!(items)),
            Test::OneOf(items) => (0, json!(items)),
            Test::HashedOneOf(items) => (16, json!(hashes(items))),
            Test::HashedStartsWith(items) => {
                let items = items.iter().map(|item| format!("{}_{}", item.len(), hashed(item, key)));
                (22, items.collect())
            }
            Test::SemverLess(version) => {
                return json!({"a": self.attribute, "c": 6, "s": version});
            }
        };
        json!({"a": self.attribute, "c": comparator, "l": list})
    }
}

/// Returns the config JSON of these settings.
#[must_use]
pub fn document(settings: &[Setting]) -> String {
    let settings: serde_json::Map<_, _> =
        settings.iter().map(|setting| (setting.key.clone(), setting.json())).collect();
    json!({"p": {"u": "https://cdn-global.configcat.com", "r": 0, "s": SALT}, "f": settings}).to_string()
}

/// Returns the hash of `value` for a confidential comparison of the setting `key`.
pub(crate) fn hashed(value: &str, key: &str) -> String {
    digest(value.as_bytes(), key).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Returns the digest of [`hashed`].
pub(crate) fn digest(value: &[u8], key: &str) -> [u8; 32] {
    Sha256::new_with_prefix(value).chain_update(SALT).chain_update(key).finalize().into()
}
