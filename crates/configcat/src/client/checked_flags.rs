//! Flags that are checked in each config that is published.

use arc_swap::ArcSwap;

use crate::{
    evaluate::{flag::AnyFlag, flag_check::FlagCheck},
    sync::primitives::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// Flags that are checked in each config. A program has a fixed number of them, so the list needs
/// no limit.
// An `ArcSwap`, as the lists of the hooks: a fork copies it as it is.
pub(crate) struct CheckedFlags(ArcSwap<Vec<Arc<CheckedFlag>>>);

struct CheckedFlag {
    flag: FlagCheck,
    /// Generation of the last config in which the flag was checked.
    generation: AtomicU64,
    /// `true` if the last config in which the flag is valid is kept. Never `false` again.
    keeps_valid: AtomicBool,
}

impl CheckedFlags {
    pub(crate) fn new() -> Self {
        Self(ArcSwap::from_pointee(Vec::new()))
    }

    /// Adds flags that the caller checks in the config of this generation. A flag that is in the
    /// list stays there once. Returns whether the last valid config of one of them was not kept
    /// before, and is from now on.
    pub(crate) fn add(&self, flags: &[&dyn AnyFlag], generation: u64, keeps_valid: bool) -> bool {
        let mut is_new = false;
        self.0.rcu(|known| {
            let mut all = Vec::clone(known);
            for flag in flags.iter().map(|flag| flag.flag_check()) {
                let is_same = |known: &&Arc<CheckedFlag>| {
                    known.flag.key == flag.key && known.flag.type_name == flag.type_name
                };
                match all.iter().find(is_same) {
                    // The larger one: a refresh may have checked the flag in a later config.
                    Some(known) => {
                        known.generation.fetch_max(generation, Ordering::Relaxed);
                        is_new |= keeps_valid && !known.keeps_valid.fetch_or(keeps_valid, Ordering::Relaxed);
                    }
                    None => {
                        is_new |= keeps_valid;
                        all.push(Arc::new(CheckedFlag {
                            flag,
                            generation: AtomicU64::new(generation),
                            keeps_valid: AtomicBool::new(keeps_valid),
                        }));
                    }
                }
            }
            all
        });
        is_new
    }

    /// Returns the flags that were not checked yet in the config of this generation or in a later
    /// one. They count as checked from now on.
    pub(crate) fn take_unchecked(&self, generation: u64) -> Vec<FlagCheck> {
        // Relaxed: the number guards no other memory. Of two threads, one checks a flag.
        let is_new = |known: &&Arc<CheckedFlag>| {
            known.generation.fetch_max(generation, Ordering::Relaxed) < generation
        };
        self.0.load().iter().filter(is_new).map(|known| known.flag).collect()
    }

    /// Returns the flags whose last valid config is kept.
    pub(crate) fn keeping_valid(&self) -> Vec<FlagCheck> {
        let flags = self.0.load();
        let keeping = flags.iter().filter(|known| known.keeps_valid.load(Ordering::Relaxed));
        keeping.map(|known| known.flag).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::CheckedFlags;
    use crate::evaluate::{flag::Flag, flag_value::Parsed};

    static LIMIT: Flag<u8> = Flag::new("limit", 0);

    #[test]
    fn a_flag_is_checked_once_in_each_config_and_in_no_older_one() {
        let flags = CheckedFlags::new();
        let unchecked = |generation| flags.take_unchecked(generation).len();
        flags.add(&[&LIMIT], 5, false);
        assert_eq!([5, 6, 6].map(unchecked), [0, 1, 0]);
        // Threads that have loaded the state before the last one.
        flags.add(&[&LIMIT], 5, false);
        assert_eq!([6, 5, 6, 7].map(unchecked), [0, 0, 0, 1]);
    }

    #[test]
    fn a_key_is_checked_for_each_type_of_its_flags() {
        static PARSED: Flag<Parsed<u8>> = Flag::new("limit", Parsed(0));
        let flags = CheckedFlags::new();
        flags.add(&[&LIMIT, &PARSED, &LIMIT, &Flag::new("limit", 7_u8)], 1, false);
        assert_eq!(flags.take_unchecked(2).len(), 2);
    }
}
