//! The settings of a config that a question is about.

use std::collections::{BTreeMap, BTreeSet};

use configcat_eval::Config;

use super::flag::{Condition, Flag};

/// The most settings that are looked at for one setting: itself, and the flags that it depends on.
// Far beyond any real config, in which a flag depends on a few others.
const MAX_FLAGS: usize = 256;

/// Settings of one config, by their keys.
pub(crate) struct Flags<'c> {
    pub(crate) config: &'c Config,
    by_key: BTreeMap<String, Flag>,
}

impl<'c> Flags<'c> {
    /// Takes a setting, and the prerequisite flags that it depends on.
    pub(crate) fn of(config: &'c Config, key: &str) -> Self {
        let mut by_key = BTreeMap::new();
        let (mut open, mut seen) = (vec![key.to_owned()], BTreeSet::from([key.to_owned()]));
        while let Some(key) = open.pop() {
            // A missing flag is a fault of the condition, which evaluation reports.
            let Some(setting) = config.setting(&key) else { continue };
            let flag = Flag::new(&setting);
            let conditions = flag.rules.iter().flat_map(|rule| &rule.conditions);
            for condition in conditions {
                if let Condition::Prerequisite { key, .. } = condition {
                    if seen.len() < MAX_FLAGS && seen.insert(key.clone()) {
                        open.push(key.clone());
                    }
                }
            }
            by_key.insert(key, flag);
        }
        Self { config, by_key }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Flag> {
        self.by_key.get(key)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, &Flag)> {
        self.by_key.iter().map(|(key, flag)| (key.as_str(), flag))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Flag> {
        self.by_key.values()
    }
}
