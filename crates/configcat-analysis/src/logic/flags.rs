//! The settings of a config that a question is about.

use std::collections::{BTreeMap, BTreeSet};

use configcat_eval::Config;

use super::flag::Flag;

/// The most settings that are looked at for one setting: itself, and the flags that it depends on.
// Far beyond any real config, in which a flag depends on a few others.
pub(crate) const MAX_FLAGS: usize = 256;

/// The most settings of which evaluation is known not to fail: it fails beyond 200 levels of
/// prerequisite flags.
const MAX_SOUND_FLAGS: usize = 100;

/// Settings of one config, by their keys.
pub(crate) struct Flags<'c> {
    pub(crate) config: &'c Config,
    by_key: BTreeMap<String, Flag>,
    /// `true` if flags are missing here, because there are too many.
    is_cut: bool,
}

impl<'c> Flags<'c> {
    /// Takes a setting, and the prerequisite flags that it depends on: so many in all at most, and
    /// always the setting itself.
    pub(crate) fn up_to(max: usize, config: &'c Config, key: &str) -> Self {
        let (mut by_key, mut is_cut) = (BTreeMap::new(), false);
        let (mut open, mut seen) = (vec![key.to_owned()], BTreeSet::from([key.to_owned()]));
        while let Some(key) = open.pop() {
            // A missing flag is a fault of the condition, which evaluation reports.
            let Some(setting) = config.setting(&key) else { continue };
            let flag = Flag::new(&setting);
            for key in flag.prerequisites() {
                if seen.contains(key) {
                    continue;
                }
                is_cut |= seen.len() >= max;
                if !is_cut {
                    seen.insert(key.to_owned());
                    open.push(key.to_owned());
                }
            }
            by_key.insert(key, flag);
        }
        Self { config, by_key, is_cut }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Flag> {
        self.by_key.get(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_key.len()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, &Flag)> {
        self.by_key.iter().map(|(key, flag)| (key.as_str(), flag))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Flag> {
        self.by_key.values()
    }

    /// Returns whether evaluation of one of the settings may fail for some user. In doubt, it may.
    pub(crate) fn may_fail(&self) -> bool {
        let is_large = self.is_cut || self.by_key.len() > MAX_SOUND_FLAGS;
        is_large || self.iter().any(Flag::may_fail) || self.has_circle()
    }

    /// Returns whether flags depend on each other: removes those that depend on no other flag, as
    /// long as there are such flags.
    fn has_circle(&self) -> bool {
        let needs = |flag: &Flag| flag.prerequisites().map(str::to_owned).collect::<BTreeSet<String>>();
        let mut open: BTreeMap<&str, BTreeSet<String>> =
            self.keys().map(|(key, flag)| (key, needs(flag))).collect();
        loop {
            let free: BTreeSet<&str> =
                open.iter().filter(|(_, needs)| needs.is_empty()).map(|(key, _)| *key).collect();
            if free.is_empty() {
                return !open.is_empty();
            }
            open.retain(|key, _| !free.contains(key));
            open.values_mut().for_each(|needs| needs.retain(|key| !free.contains(key.as_str())));
        }
    }
}
