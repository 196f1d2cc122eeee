//! Flags that are checked in each config that is published.

use arc_swap::ArcSwap;

use crate::{
    evaluate::{flag::AnyFlag, flag_check::FlagCheck},
    sync::primitives::{
        Arc,
        atomic::{AtomicU64, Ordering},
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
}

impl CheckedFlags {
    pub(crate) fn new() -> Self {
        Self(ArcSwap::from_pointee(Vec::new()))
    }

    /// Adds flags that the caller checks in the config of this generation. A flag that is in the
    /// list stays there once.
    pub(crate) fn add(&self, flags: &[&dyn AnyFlag], generation: u64) {
        self.0.rcu(|known| {
            let mut all = Vec::clone(known);
            for flag in flags.iter().map(|flag| flag.flag_check()) {
                let is_same = |known: &&Arc<CheckedFlag>| {
                    known.flag.key == flag.key && known.flag.type_name == flag.type_name
                };
                match all.iter().find(is_same) {
                    Some(known) => known.generation.store(generation, Ordering::Relaxed),
                    None => {
                        all.push(Arc::new(CheckedFlag { flag, generation: AtomicU64::new(generation) }));
                    }
                }
            }
            all
        });
    }

    /// Returns the flags that were not checked yet in the config of this generation. They count as
    /// checked from now on.
    pub(crate) fn take_unchecked(&self, generation: u64) -> Vec<FlagCheck> {
        // Relaxed: the number guards no other memory. Of two threads, one checks a flag.
        let is_new =
            |known: &&Arc<CheckedFlag>| known.generation.swap(generation, Ordering::Relaxed) != generation;
        self.0.load().iter().filter(is_new).map(|known| known.flag).collect()
    }
}
