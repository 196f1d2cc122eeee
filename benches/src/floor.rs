//! The floor: a hand-written evaluator of just the workloads, with nothing that a product needs.
//!
//! One atomic load, one map look-up, a linear find of the attribute, and the one comparison or hash that the
//! workload is about. No log, no hooks, no types but bool.

use std::sync::Arc;

use arc_swap::ArcSwap;
use configcat_eval::{AttributeValue, User};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use serde_json::Value as Json;
use sha1::{Digest, Sha1};
use sha2::Sha256;

/// A config that is read as fast as can be.
pub struct Floor {
    config: ArcSwap<HashMap<String, Setting, RandomState>>,
    user: Vec<(&'static str, String)>,
}

struct Setting {
    key: String,
    test: Test,
    default: bool,
}

enum Test {
    None,
    Half,
    EndsWith(&'static str, String),
    OneOf(&'static str, HashSet<String, RandomState>),
    HashedOneOf(&'static str, String, HashSet<[u8; 32], RandomState>),
    HashedPrefix(&'static str, String, usize, HashSet<[u8; 32], RandomState>),
}

impl Floor {
    /// The floor for a document of [`workloads`](crate::workloads); `None` for those that it does not know.
    #[must_use]
    pub fn new(json: &str, user: Option<&User>) -> Option<Self> {
        let document: Json = serde_json::from_str(json).ok()?;
        let salt = document["p"]["s"].as_str()?;
        let mut config = HashMap::default();
        for (key, setting) in document["f"].as_object()? {
            let test = test(setting, &format!("{salt}{key}"))?;
            config.insert(key.clone(), Setting { key: key.clone(), test, default: false });
        }
        let names = ["Identifier", "Email", "Country", "SubscriptionType"];
        let attributes = names.into_iter().filter_map(|name| match user?.get(name)? {
            AttributeValue::Text(text) => Some((name, text.clone())),
            _ => None,
        });
        Some(Self { config: ArcSwap::new(Arc::new(config)), user: attributes.collect() })
    }

    /// Evaluates.
    #[must_use]
    pub fn get(&self, key: &str, default: bool) -> bool {
        let config = self.config.load();
        let Some(setting) = config.get(key) else { return default };
        let attribute = |name: &str| {
            self.user
                .iter()
                .find_map(|(known, value)| (*known == name).then_some(value.as_str()))
                .unwrap_or("")
        };
        let salted = |value: &[u8], salt: &str| -> [u8; 32] {
            Sha256::new_with_prefix(value).chain_update(salt).finalize().into()
        };
        match &setting.test {
            Test::None => setting.default,
            Test::Half => {
                let hash =
                    Sha1::new_with_prefix(&setting.key).chain_update(attribute("Identifier")).finalize();
                let [a, b, c, d, ..] = <[u8; 20]>::from(hash);
                (u32::from_be_bytes([a, b, c, d]) >> 4) % 100 < 50
            }
            Test::EndsWith(name, suffix) => attribute(name).ends_with(suffix.as_str()),
            Test::OneOf(name, set) => set.contains(attribute(name)),
            Test::HashedOneOf(name, salt, set) => set.contains(&salted(attribute(name).as_bytes(), salt)),
            Test::HashedPrefix(name, salt, length, set) => attribute(name)
                .as_bytes()
                .get(..*length)
                .is_some_and(|slice| set.contains(&salted(slice, salt))),
        }
    }
}

impl std::fmt::Debug for Floor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Floor").finish_non_exhaustive()
    }
}

fn test(setting: &Json, salt: &str) -> Option<Test> {
    if setting.get("p").is_some() {
        return Some(Test::Half);
    }
    let Some(condition) = setting.pointer("/r/0/c/0/u") else { return Some(Test::None) };
    let name = match condition["a"].as_str()? {
        "Identifier" => "Identifier",
        "Email" => "Email",
        _ => return None,
    };
    let list: Vec<&str> = condition["l"].as_array()?.iter().filter_map(Json::as_str).collect();
    Some(match condition["c"].as_i64()? {
        0 => Test::OneOf(name, list.into_iter().map(str::to_owned).collect()),
        16 => Test::HashedOneOf(name, salt.to_owned(), list.into_iter().filter_map(digest).collect()),
        22 => {
            let hashes = list.iter().filter_map(|item| digest(item.split_once('_')?.1));
            Test::HashedPrefix(name, salt.to_owned(), 9, hashes.collect())
        }
        32 => Test::EndsWith(name, (*list.first()?).to_owned()),
        _ => return None,
    })
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    let bytes: Option<Vec<u8>> =
        (0..32).map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok()).collect();
    bytes?.try_into().ok()
}
