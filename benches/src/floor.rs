//! The floor: a hand-written evaluator of the workloads only, without the features of a product. No
//! evaluator can be much faster, so all figures are shown relative to it.
//!
//! It does one atomic load, one map look-up, a linear search for the attribute, and the one
//! comparison or hash of the workload. It has no log, no hooks, and only the type bool.

use std::sync::Arc;

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use semver::Version;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::{
    Setting,
    setting::{Condition, SALT, Test, digest},
};

/// A config in the form that is fastest to read.
pub struct Floor {
    config: ArcSwap<HashMap<String, Compiled, RandomState>>,
}

struct Compiled {
    key: String,
    test: Question,
    default: bool,
}

enum Question {
    None,
    Half,
    EndsWith(String, String),
    OneOf(String, HashSet<String, RandomState>),
    HashedOneOf(String, String, HashSet<[u8; 32], RandomState>),
    HashedPrefix(String, String, usize, HashSet<[u8; 32], RandomState>),
    SemverLess(String, Version),
}

impl Floor {
    /// Creates the floor for these settings; `None` if it does not support one of them.
    #[must_use]
    pub fn new(settings: &[Setting]) -> Option<Self> {
        let compile = |setting: &Setting| {
            let (key, test) = (setting.key.clone(), question(setting)?);
            Some((key.clone(), Compiled { key, test, default: setting.default }))
        };
        let config: Option<HashMap<_, _, _>> = settings.iter().map(compile).collect();
        Some(Self { config: ArcSwap::from_pointee(config?) })
    }

    /// Evaluates one setting for a user.
    #[must_use]
    #[inline]
    pub fn get(&self, key: &str, default: bool, user: &[(String, String)]) -> bool {
        self.config.load().get(key).map_or(default, |setting| setting.get(user))
    }

    /// Evaluates all settings for a user.
    #[must_use]
    pub fn all(&self, user: &[(String, String)]) -> HashMap<String, bool, RandomState> {
        let config: Arc<_> = self.config.load_full();
        config.iter().map(|(key, setting)| (key.clone(), setting.get(user))).collect()
    }
}

impl Compiled {
    #[inline]
    fn get(&self, user: &[(String, String)]) -> bool {
        let attribute = |name: &String| {
            user.iter().find_map(|(known, value)| (known == name).then_some(value.as_str())).unwrap_or("")
        };
        let salted = |value: &[u8], salt: &str| -> [u8; 32] {
            Sha256::new_with_prefix(value).chain_update(salt).finalize().into()
        };
        match &self.test {
            Question::None => self.default,
            Question::Half => {
                let identifier = user.first().map_or("", |(_, value)| value);
                let hash = Sha1::new_with_prefix(&self.key).chain_update(identifier).finalize();
                let [a, b, c, d, ..] = <[u8; 20]>::from(hash);
                (u32::from_be_bytes([a, b, c, d]) >> 4) % 100 < 50
            }
            Question::EndsWith(name, suffix) => attribute(name).ends_with(suffix.as_str()),
            Question::OneOf(name, set) => set.contains(attribute(name)),
            Question::HashedOneOf(name, salt, set) => set.contains(&salted(attribute(name).as_bytes(), salt)),
            Question::HashedPrefix(name, salt, length, set) => attribute(name)
                .as_bytes()
                .get(..*length)
                .is_some_and(|slice| set.contains(&salted(slice, salt))),
            Question::SemverLess(name, version) => {
                Version::parse(attribute(name)).is_ok_and(|own| own < *version)
            }
        }
    }
}

impl std::fmt::Debug for Floor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Floor").finish_non_exhaustive()
    }
}

fn question(setting: &Setting) -> Option<Question> {
    let (attribute, test) = match setting.rules.as_slice() {
        [] => return Some(if setting.half { Question::Half } else { Question::None }),
        [Condition { attribute, test }] if !setting.half => (attribute.clone(), test),
        _ => return None,
    };
    let salt = || format!("{SALT}{}", setting.key);
    let digests = |items: &[String]| items.iter().map(|item| digest(item.as_bytes(), &setting.key)).collect();
    Some(match test {
        Test::EndsWith(items) => match items.as_slice() {
            [suffix] => Question::EndsWith(attribute, suffix.clone()),
            _ => return None,
        },
        Test::OneOf(items) => Question::OneOf(attribute, items.iter().cloned().collect()),
        Test::HashedOneOf(items) => Question::HashedOneOf(attribute, salt(), digests(items)),
        Test::HashedStartsWith(items) => {
            let length = items.first()?.len();
            if items.iter().any(|item| item.len() != length) {
                return None;
            }
            Question::HashedPrefix(attribute, salt(), length, digests(items))
        }
        Test::SemverLess(version) => Question::SemverLess(attribute, Version::parse(version).ok()?),
        // The fastest search depends on the list, so no single hand-written floor exists.
        Test::StartsWith(_) | Test::Contains(_) => return None,
    })
}
